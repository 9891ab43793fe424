//! The notice of what was restricted without a person, as a verdict gives it: from what the judge
//! keeps of it, without the journal. Left out: its words, which are those of any notice.

use seawall_model::journal::PolicyCited;

use super::{Letter, taken_under};
use crate::desk::{Desk, DeskError, Done};

/// The notice of an action in force that was taken without a person: the one that goes with it.
/// `None` for other actions.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
///
/// Cost: two events of the log and, where another version of the policy is in force since, the
/// versions of policies. The journal is not read.
pub fn of_unattended(desk: &mut Desk<'_>, action: u64) -> Result<Option<Letter>, DeskError> {
    let judge = desk.judge();
    let known = judge.restricted_under(action).zip(judge.actions().in_force(action));
    let Some(((at, version), in_force)) = known else { return Ok(None) };
    let case = desk.case(in_force.case)?;
    let policy = match desk.active().policy(&case.policy) {
        Some(policy) if policy.version == version => Some(policy.clone()),
        _ => desk.policy(&PolicyCited { id: case.policy.to_string(), version })?,
    };
    let done =
        Done { action: in_force.planned.clone(), case: Some(in_force.case), decision: None, at };
    match policy {
        Some(policy) => taken_under(desk, &done, None, &policy),
        None => Ok(None),
    }
}
