//! Gives the pipeline what entries of knowledge say, and keeps what failed.
//!
//! The pipeline knows no errors of a disk: what cannot be read is missing to it, and the
//! shell stops before anything of it is recorded.

use std::cell::RefCell;

use seawall_model::EntryId;
use seawall_model::knowledge::Knowledge;
use seawall_pipeline::Contents;
use seawall_store::KnowledgeBase;

use super::EngineError;

/// The knowledge of a data folder, as the pipeline asks for it.
pub struct Shelf<'a> {
    base: &'a KnowledgeBase,
    failed: RefCell<Option<seawall_store::Error>>,
}

impl<'a> Shelf<'a> {
    /// Nothing has failed yet.
    #[must_use]
    pub fn new(base: &'a KnowledgeBase) -> Self {
        Self { base, failed: RefCell::new(None) }
    }

    /// Says whether everything could be read.
    ///
    /// # Errors
    /// [`EngineError`] with the first that could not.
    pub fn finish(&self) -> Result<(), EngineError> {
        self.failed.take().map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Contents for Shelf<'_> {
    fn content(&self, entry: EntryId) -> Option<Knowledge> {
        match self.base.read(entry) {
            Ok(knowledge) => knowledge,
            Err(error) => {
                self.failed.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
}
