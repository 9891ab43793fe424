//! `seawall removed`: which removed accounts are compared with what comes, and their withdrawal.
//!
//! Left out: what the profiles say, which is sealed, and taking them in, which is an import.

use seawall_model::knowledge::{KnowledgeKind, Known, Removed as Account};

use super::Ended;
use super::args::{Global, Listing, Removed};
use super::case::minute;
use super::knowledge::list::{self, Row};
use super::knowledge::{self, Desk};
use crate::desk::knowledge::view::RemovedSaid;

pub(super) fn run(global: &Global, given: &Removed) -> anyhow::Result<Ended> {
    match given {
        Removed::List(given) => list(global, given),
        Removed::Withdraw(given) => knowledge::withdraw(global, given, KnowledgeKind::Removed),
    }
}

fn list(global: &Global, given: &Listing) -> anyhow::Result<Ended> {
    let desk = Desk::open(global)?;
    list::run(&desk, KnowledgeKind::Removed, given.into(), &|entry| match &entry.known {
        Known::Removed(account) => Some(row(account)),
        _ => None,
    })
}

/// Own facts only: neither handle nor name, nor what they were called in a reason.
fn row(account: &Account) -> Row {
    let what = format!("removed {}", minute(account.at));
    let fields = list::fields(RemovedSaid::from(account));
    Row { of: account.policy.to_string(), what, fields }
}
