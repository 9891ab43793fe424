//! Keys of reviewers: who is admitted, who signs no more, and whose signature something is.
//!
//! A reviewer is a number; a key that is lost is followed by another under the same number. Left
//! out: what they rule, and the keys' secret halves, which are never here.

use std::collections::BTreeMap;

use seawall_model::journal::Body;
use seawall_model::{ReviewerId, Timestamp};

use super::{Derivation, EngineError, PeopleError};
use crate::signing;

/// What is signed to admit another key of a reviewer: their number and the key.
#[must_use]
pub fn another_key(reviewer: ReviewerId, key: &str) -> String {
    format!("{reviewer} {key}")
}

impl Derivation {
    /// Admits a reviewer, by their public key. `by` is who admits them, and their signature
    /// over the key; nobody admits the first.
    ///
    /// # Errors
    /// [`PeopleError`] if the key is known, or the one who admits is not.
    pub fn admit(
        &mut self,
        key: &str,
        by: Option<(ReviewerId, String)>,
        now: Timestamp,
    ) -> Result<ReviewerId, PeopleError> {
        let keys = self.keys_but(key)?;
        match &by {
            None if !keys.is_empty() => return Err(PeopleError::NotFirst),
            None => {}
            Some((by, signature)) => self.verify(*by, key.as_bytes(), signature)?,
        }
        let last = keys.iter().map(|(known, _)| known.0).max().unwrap_or(0);
        self.admitted(ReviewerId(last + 1), key, by, now)
    }

    /// Admits another key of a reviewer whose own was lost: they are who they were, so that
    /// nobody reads second after themselves, or rules on an appeal against themselves. The key
    /// that was lost signs nothing any more. `by` signs over [`another_key`].
    ///
    /// # Errors
    /// [`PeopleError`] if the key is known, or the reviewer or the one who admits is not.
    pub fn admit_again(
        &mut self,
        reviewer: ReviewerId,
        key: &str,
        (by, signature): (ReviewerId, String),
        now: Timestamp,
    ) -> Result<ReviewerId, PeopleError> {
        let keys = self.keys_but(key)?;
        if !keys.iter().any(|(known, _)| *known == reviewer) {
            return Err(PeopleError::Stranger);
        }
        self.verify(by, another_key(reviewer, key).as_bytes(), &signature)?;
        self.admitted(reviewer, key, Some((by, signature)), now)
    }

    /// Every key that was ever admitted, if this is none of them.
    fn keys_but(&self, key: &str) -> Result<Vec<(ReviewerId, String)>, PeopleError> {
        let keys = self.all_keys()?;
        match keys.iter().find(|(_, other)| other == key) {
            Some((known, _)) => Err(PeopleError::Known(*known)),
            None => Ok(keys),
        }
    }

    fn admitted(
        &mut self,
        reviewer: ReviewerId,
        key: &str,
        by: Option<(ReviewerId, String)>,
        now: Timestamp,
    ) -> Result<ReviewerId, PeopleError> {
        let (by, signature) = by.map(|(by, signature)| (by.0, signature)).unzip();
        let body = Body::ReviewerAdded { reviewer: reviewer.0, key: key.to_owned(), by, signature };
        self.input(body, now)?;
        Ok(reviewer)
    }

    /// Whether a reviewer's key signs still.
    #[must_use]
    pub fn signs(&self, reviewer: ReviewerId) -> bool {
        self.pipeline.judge().reviewers().any(|(known, signs)| known == reviewer && signs)
    }

    /// How many reviewers' keys sign, those counted that were lost and not withdrawn.
    #[must_use]
    pub fn signing(&self) -> usize {
        self.pipeline.judge().reviewers().filter(|(_, signs)| *signs).count()
    }

    /// Says whether a reviewer may answer for a key that came of a link which `makers` made: the
    /// numbers of one person. As long as only one key signs, there is nobody else who could.
    ///
    /// # Errors
    /// [`PeopleError::OwnLink`].
    pub fn may_answer(&self, by: ReviewerId, makers: &[ReviewerId]) -> Result<(), PeopleError> {
        match makers.contains(&by) && self.signing() > 1 {
            true => Err(PeopleError::OwnLink(by)),
            false => Ok(()),
        }
    }

    /// Takes a reviewer's key out of use, and gives what follows from it: the derived entries.
    ///
    /// # Errors
    /// [`PeopleError`] if the signature does not fit.
    pub fn dismiss(
        &mut self,
        reviewer: ReviewerId,
        by: ReviewerId,
        signature: String,
        now: Timestamp,
    ) -> Result<Vec<Body>, PeopleError> {
        let said = format!("withdraw {reviewer}");
        self.verify(by, said.as_bytes(), &signature)?;
        if !self.public_keys()?.iter().any(|(known, _)| *known == reviewer) {
            return Err(PeopleError::Stranger);
        }
        self.followed(Body::ReviewerWithdrawn { reviewer: reviewer.0, by: by.0, signature }, now)
    }

    /// Notes that somebody read the protected register.
    ///
    /// # Errors
    /// [`PeopleError`] if the signature does not fit.
    pub fn register_read(
        &mut self,
        reviewer: ReviewerId,
        signature: String,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        self.verify(reviewer, b"read the register", &signature)?;
        Ok(self.input(Body::RegisterRead { reviewer: reviewer.0, signature }, now)?)
    }

    /// Public keys of all who were ever admitted, in order of their numbers: the last of each.
    ///
    /// # Errors
    /// [`EngineError`] if the journal cannot be read.
    pub fn public_keys(&self) -> Result<Vec<(ReviewerId, String)>, EngineError> {
        let newest: BTreeMap<ReviewerId, String> = self.all_keys()?.into_iter().collect();
        Ok(newest.into_iter().collect())
    }

    /// Every key that was ever admitted, in the order in which they were.
    fn all_keys(&self) -> Result<Vec<(ReviewerId, String)>, EngineError> {
        let recorded = self.journal.of_types(&["reviewer_added"])?;
        let key = |body| match body {
            Body::ReviewerAdded { reviewer, key, .. } => Some((ReviewerId(reviewer), key)),
            _ => None,
        };
        Ok(recorded.into_iter().filter_map(|recorded| key(recorded.entry.body)).collect())
    }

    /// The reviewer whose public key this is, if it signs still.
    ///
    /// # Errors
    /// [`PeopleError::Stranger`] if there is none.
    pub fn reviewer_of(&self, public: &str) -> Result<ReviewerId, PeopleError> {
        let keys = self.public_keys()?;
        let found = keys.iter().find(|(_, key)| key == public).map(|(reviewer, _)| *reviewer);
        found.filter(|id| self.signs(*id)).ok_or(PeopleError::Stranger)
    }

    pub(super) fn verify(
        &self,
        reviewer: ReviewerId,
        said: &[u8],
        signature: &str,
    ) -> Result<(), PeopleError> {
        let keys = self.public_keys()?;
        let key = keys.iter().find(|(known, _)| *known == reviewer);
        let (_, key) = key.ok_or(PeopleError::Stranger)?;
        if !self.signs(reviewer) {
            return Err(PeopleError::Stranger);
        }
        Ok(signing::verify(key, said, signature)?)
    }
}
