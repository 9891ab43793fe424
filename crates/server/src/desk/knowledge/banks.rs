//! Banks of fingerprints: what is known of one already, and what is told of it.

use seawall_model::EntryId;
use seawall_model::knowledge::{BankHash, FileHash};
use seawall_pipeline::Active;

use super::view::HashSaid;
use super::words::short;
use crate::media::Marks;

/// The first entry in force that says this already.
#[must_use]
pub fn known(active: &Active, wanted: &BankHash) -> Option<EntryId> {
    let same = |id: &EntryId| {
        active.hash(*id).is_some_and(|(bank, class)| *bank == *wanted.bank && class == wanted.class)
    };
    active.of_fingerprint(&wanted.hash).into_iter().find(same)
}

impl HashSaid {
    /// What is told of an entry: of a file that is marked, nothing but that it is.
    #[must_use]
    pub fn of(entry: &BankHash, marks: &Marks) -> Self {
        let (algorithm, hash) = match &entry.hash {
            FileHash::Sha256(hash) => ("sha256", hash),
            FileHash::Pdq(hash) => ("pdq", hash),
        };
        let is_marked = marks.covers_hash(&entry.hash);
        Self {
            bank: entry.bank.to_string(),
            algorithm,
            hash_start: (!is_marked).then(|| short(hash)),
            is_marked,
            class: entry.class.as_str(),
        }
    }
}
