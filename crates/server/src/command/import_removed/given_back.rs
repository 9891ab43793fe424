//! Which accounts were given back after they were removed: by the platform, as the log tells,
//! or because a decision of our own was taken back.
//!
//! Left out: what is reinstated later, which drops the profile when it comes.

use std::collections::BTreeMap;

use seawall_model::journal::Body;
use seawall_model::{AccountId, ActionKind, DecisionId, EventKind, PlatformId, Timestamp};
use seawall_review::Ruled;
use seawall_store::LogReader;

use super::super::case::minute;
use super::super::knowledge::Desk;

/// Accounts that were given back after they were removed: nobody compares with them again.
pub(super) struct GivenBack {
    reader: LogReader,
    /// When the platform last gave an account back.
    reinstated: BTreeMap<AccountId, Timestamp>,
    /// When a decision of our own to suspend an account was last taken back.
    overturned: BTreeMap<AccountId, Timestamp>,
}

impl GivenBack {
    pub(super) fn of(desk: &Desk) -> anyhow::Result<Self> {
        let derivation = &desk.opened.derivation;
        let judge = derivation.pipeline().judge();
        let suspended = |decision: u64| {
            let made = judge.decision(DecisionId(decision))?;
            let is_suspended = made.ruled == Some(Ruled::Act(ActionKind::Suspend));
            let case = made.case.filter(|_| is_suspended)?;
            judge.cases().get(case)?.subject.account()
        };
        let mut overturned = BTreeMap::new();
        for recorded in derivation.journal().of_types(&["overturned", "withdrawn"])? {
            let at = recorded.entry.at;
            let fell = match recorded.entry.body {
                Body::Overturned { decision, mut decisions_fallen, .. } => {
                    decisions_fallen.push(decision);
                    decisions_fallen
                }
                Body::Withdrawn { decisions_fallen, .. } => decisions_fallen,
                _ => continue,
            };
            // In order of time, so that the last one stays.
            overturned.extend(fell.into_iter().filter_map(suspended).map(|account| (account, at)));
        }
        let reader = desk.opened.folder.log_reader()?;
        let reinstated = reader.latest_of(EventKind::AccountReinstated)?;
        Ok(Self { reader, reinstated, overturned })
    }

    /// Refuses an account that was given back later than it was removed.
    pub(super) fn check(&mut self, name: &PlatformId, removed_at: Timestamp) -> Result<(), String> {
        let failed =
            |error: seawall_store::Error| format!("account: the log cannot be read: {error}");
        let Some(account) = self.reader.accounts().find(name).map_err(failed)? else {
            return Ok(());
        };
        let back = self.reinstated.get(&account).filter(|at| **at > removed_at);
        if let Some(at) = back {
            return Err(format!(
                "removed_at: the platform gave the account back at {}, after it was removed: leave \
                 the row out, or name a removal after that",
                minute(*at)
            ));
        }
        match self.overturned.get(&account).filter(|at| **at > removed_at) {
            Some(at) => Err(format!(
                "removed_at: the decision to suspend the account was taken back at {}, after it \
                 was removed: leave the row out, or name a removal after that",
                minute(*at)
            )),
            None => Ok(()),
        }
    }
}
