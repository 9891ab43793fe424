//! What removed profiles are recognised by, so that an import that is begun again brings none in
//! twice.
//!
//! Left out: what is compared with accounts, which is the pipeline's.

use std::collections::HashSet;

use seawall_model::knowledge::{Knowledge, Known, Removed, RemovedProfile};
use sha2::{Digest, Sha256};

/// Short digest of one thing by which an entry is recognised.
type Mark = [u8; 16];

/// Entries that were seen, by their account, where it is known here, and by their profile, each
/// with the time they were removed.
///
/// An account may become known between two imports: its profile tells it then. Two accounts
/// that are known here are two, whatever they look like.
#[derive(Default)]
pub(super) struct Marks {
    accounts: HashSet<Mark>,
    profiles: HashSet<Mark>,
    /// Profiles of entries whose account is not known here.
    of_nobody: HashSet<Mark>,
}

impl Marks {
    /// Whether an entry was seen.
    pub(super) fn has(&self, entry: &Knowledge) -> bool {
        let Known::Removed(removed) = &entry.known else { return false };
        match mark_of_account(removed) {
            Some(account) => {
                self.accounts.contains(&account) || self.of_nobody.contains(&of_profile(removed))
            }
            None => self.profiles.contains(&of_profile(removed)),
        }
    }

    /// Notes an entry.
    pub(super) fn add(&mut self, entry: &Knowledge) {
        let Known::Removed(removed) = &entry.known else { return };
        let profile = of_profile(removed);
        self.profiles.insert(profile);
        match mark_of_account(removed) {
            Some(account) => self.accounts.insert(account),
            None => self.of_nobody.insert(profile),
        };
    }
}

fn mark_of_account(removed: &Removed) -> Option<Mark> {
    let profile = RemovedProfile::default();
    removed
        .account
        .map(|account| mark(Removed { account: Some(account), profile, ..bare(removed) }))
}

fn of_profile(removed: &Removed) -> Mark {
    mark(Removed { profile: removed.profile.clone(), ..bare(removed) })
}

/// An entry of which only the time is told.
fn bare(removed: &Removed) -> Removed {
    let (policy, reason, profile) = ("".into(), "".into(), RemovedProfile::default());
    Removed { account: None, policy, reason, at: removed.at, profile }
}

fn mark(removed: Removed) -> Mark {
    let knowledge = Knowledge { source: "".into(), expires: None, known: Known::Removed(removed) };
    let mut mark = Mark::default();
    mark.copy_from_slice(&Sha256::digest(knowledge.to_bytes())[..16]);
    mark
}

#[cfg(test)]
mod tests {
    use seawall_model::{AccountId, Timestamp};

    use super::*;

    fn entry(account: Option<u64>, name: &str) -> Knowledge {
        let profile = RemovedProfile { name: Some(name.into()), ..RemovedProfile::default() };
        let (account, at) = (account.map(AccountId), Timestamp::MIN.plus_seconds(1));
        let removed = Removed { account, policy: "p".into(), reason: "r".into(), at, profile };
        Knowledge { source: "s".into(), expires: None, known: Known::Removed(removed) }
    }

    #[test]
    fn two_accounts_that_look_the_same_are_two_and_one_that_becomes_known_is_one() {
        let mut marks = Marks::default();
        marks.add(&entry(Some(1), "a pot"));
        assert!(marks.has(&entry(Some(1), "another name by now")));
        assert!(!marks.has(&entry(Some(2), "a pot")), "another account");
        assert!(marks.has(&entry(None, "a pot")), "it was known before, and erased since");
        marks.add(&entry(None, "a kettle"));
        assert!(marks.has(&entry(Some(3), "a kettle")), "it has become known since");
        assert!(marks.has(&entry(None, "a kettle")) && !marks.has(&entry(None, "a lid")));
    }
}
