//! Which files are marked as suspected child abuse, for whoever shows, compares or takes something
//! in: asked for every file that is shown, so it is held in memory.
//!
//! A file is known by its SHA-256, and a copy that was changed a little by its perceptual hash. A
//! mark that is set counts for everybody at once. Left out: how it is kept, and told.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use seawall_media::{MATCH_DISTANCE_BITS, Pdq};
use seawall_model::knowledge::{BankHash, FileHash, Known, RemovedProfile};
use seawall_model::{Event, EventBody, MediaRef, Post};
use seawall_store::media::{Mark, MediaName};
use seawall_store::{Error, FolderKeys, Media};

/// The media type that stands in place of what a marked file is: it is of no other file.
pub const MARKED: &str = "application/vnd.seawall.marked";

/// The marks of a folder. Clones share them.
#[derive(Clone)]
pub struct Marks {
    keys: Arc<FolderKeys>,
    held: Arc<RwLock<Held>>,
}

#[derive(Default)]
struct Held {
    names: BTreeSet<MediaName>,
    pdqs: Vec<Pdq>,
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Marks({})", held.names.len())
    }
}

impl Marks {
    /// Reads what is marked.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read: then nothing may be shown.
    pub fn read(media: &Media, keys: Arc<FolderKeys>) -> Result<Self, Error> {
        let marks = Self { keys, held: Arc::default() };
        media.marks()?.iter().for_each(|mark| marks.set(mark));
        Ok(marks)
    }

    /// The same but for one file.
    ///
    /// # Errors
    /// As [`Marks::read`].
    pub fn without(&self, media: &Media, name: MediaName) -> Result<Self, Error> {
        let marks = Self { keys: self.keys.clone(), held: Arc::default() };
        let others = media.marks()?.into_iter().filter(|mark| mark.name != name);
        others.for_each(|mark| marks.set(&mark));
        Ok(marks)
    }

    /// These count from here on, for everybody.
    pub fn become_those(&self, others: &Self) {
        let new = std::mem::take(&mut *others.held.write().unwrap_or_else(PoisonError::into_inner));
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// A mark counts from here on.
    pub fn set(&self, mark: &Mark) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.names.insert(mark.name);
        for pdq in mark.pdqs.iter().copied().map(Pdq::from_bytes) {
            if pdq.is_telling() && !held.pdqs.contains(&pdq) {
                held.pdqs.push(pdq);
            }
        }
    }

    /// Whether the file with this SHA-256 is marked.
    #[must_use]
    pub fn has(&self, sha256: &[u8; 32]) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        // Most folders have none, and are asked for every file that is shown.
        !held.names.is_empty() && held.names.contains(&self.keys.media_name(sha256))
    }

    /// Whether a picture looks like one that is marked.
    fn is_like(&self, pdq: &[u8; 32]) -> bool {
        let (held, pdq) =
            (self.held.read().unwrap_or_else(PoisonError::into_inner), Pdq::from_bytes(*pdq));
        held.pdqs.iter().any(|marked| marked.distance(&pdq) <= MATCH_DISTANCE_BITS)
    }

    /// Whether a file, by any of its hashes, is marked.
    #[must_use]
    pub fn covers(&self, media: &MediaRef) -> bool {
        media.sha256.is_some_and(|sha256| self.has(&sha256))
            || media.pdq.is_some_and(|pdq| self.is_like(&pdq))
    }

    /// Whether a fingerprint is of a marked file.
    #[must_use]
    pub fn covers_hash(&self, hash: &FileHash) -> bool {
        match hash {
            FileHash::Sha256(sha256) => self.has(sha256),
            FileHash::Pdq(pdq) => self.is_like(pdq),
        }
    }

    /// Whether an entry of knowledge holds a fingerprint of a marked file.
    #[must_use]
    pub fn covers_known(&self, known: &Known) -> bool {
        match known {
            Known::Hash(BankHash { hash, .. }) => self.covers_hash(hash),
            Known::Removed(removed) => self.covers(&avatar(&removed.profile)),
            _ => false,
        }
    }

    /// Leaves of a marked file nothing but that it is marked.
    pub fn hide(&self, media: &mut MediaRef) {
        if self.covers(media) {
            *media = MediaRef { mime: Some(MARKED.into()), ..MediaRef::default() };
        }
    }

    /// The same for every file of a post.
    pub fn hide_in_post(&self, post: &mut Post) {
        post.media.iter_mut().for_each(|media| self.hide(media));
    }

    /// The same for every file that an event tells of.
    #[must_use]
    pub fn hidden(&self, mut event: Event) -> Event {
        match &mut event.body {
            EventBody::PostCreated(post) | EventBody::PostEdited(post) => self.hide_in_post(post),
            EventBody::Media(item) => self.hide(&mut item.media),
            _ => {}
        }
        if let Some(profile) = &mut event.profile {
            profile.avatar.iter_mut().chain(&mut profile.banner).for_each(|file| self.hide(file));
        }
        event
    }

    /// The same for the picture of a removed account: its hashes are gone.
    pub fn hide_in_profile(&self, profile: &mut RemovedProfile) {
        if self.covers(&avatar(profile)) {
            (profile.avatar_sha256, profile.avatar_pdq) = (None, None);
        }
    }
}

/// The picture of a removed account.
fn avatar(profile: &RemovedProfile) -> MediaRef {
    MediaRef { sha256: profile.avatar_sha256, pdq: profile.avatar_pdq, ..MediaRef::default() }
}
