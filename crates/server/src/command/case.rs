//! `seawall case`: what waits for people, why it is here, what they rule and undo.
//!
//! The state of cases is the pipeline's, so the folder is opened as for writing and held as
//! long as the command runs. Left out: what law 1 permits, which it is asked.

pub(crate) mod folder;
mod list;
mod look;
mod rule;
mod tour;

use super::Ended;
use super::args::{Case, Global};

pub(super) use crate::desk::minute;
pub(super) use rule::{tell_end, tell_letters};
pub(super) use tour::{Toured, tour};

pub(super) fn run(global: &Global, given: &Case) -> anyhow::Result<Ended> {
    match given {
        Case::List(given) => list::run(global, given),
        Case::Show(given) => look::run(global, given),
        Case::Decide(given) => rule::decide(global, given),
        Case::Undo(given) => rule::undo(global, given),
        Case::Appeal(given) => rule::appeal(global, given),
    }
}
