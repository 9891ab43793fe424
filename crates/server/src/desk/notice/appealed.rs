//! What is told of an appeal: that it undid nothing, and why. Where it undid something, the notice
//! of that tells it.

use seawall_decision::statement;
use seawall_decision::statement::{
    AppealOutcome, Appealed, Facts, OutOfCourt, Policy as PolicyTold,
};
use seawall_model::journal::Body;
use seawall_model::{ActionId, AppealId, Timestamp};
use seawall_review::{Appeal, AppealState};

use super::{Letter, Tells, phrases, policy_of};
use crate::desk::{Desk, DeskError, Done};

/// The notices of appeals that were decided in what followed a ruling, and undid nothing.
///
/// # Errors
/// [`DeskError`] if journal or knowledge cannot be read.
pub fn of_appeals(desk: &Desk<'_>, followed: &[Body]) -> Result<Vec<Letter>, DeskError> {
    let letters = followed.iter().map(|body| of_appeal(desk, body, desk.now()));
    letters.filter_map(Result::transpose).collect()
}

/// The notice of an appeal that was decided then, where it undid nothing; none for any other entry.
///
/// # Errors
/// As [`of_appeals`].
pub fn of_appeal(desk: &Desk<'_>, body: &Body, at: Timestamp) -> Result<Option<Letter>, DeskError> {
    let Body::AppealDecided { appeal, .. } = body else { return Ok(None) };
    let Some(appeal) = desk.judge().appeals().get(AppealId(*appeal)) else { return Ok(None) };
    let done = desk.actions_on(appeal.case)?;
    decided(desk, body, at, |action| done.get(&action))
}

/// Whether somebody granted an appeal against an action.
pub(super) fn is_granted(desk: &Desk<'_>, done: &Done) -> bool {
    let against = desk.judge().appeals().against(done.action.action);
    against.is_some_and(|(_, appeal)| matches!(appeal.state, AppealState::Granted(Some(_))))
}

/// The notice of an appeal that was decided then, where it undid nothing and is against one of
/// the actions that are asked for.
pub(super) fn decided<'a>(
    desk: &Desk<'_>,
    body: &Body,
    at: Timestamp,
    done: impl Fn(u64) -> Option<&'a Done>,
) -> Result<Option<Letter>, DeskError> {
    let Body::AppealDecided { appeal, upheld, by } = body else { return Ok(None) };
    let Some(appeal) = desk.judge().appeals().get(AppealId(*appeal)).copied() else {
        return Ok(None);
    };
    let Some(done) = done(appeal.action) else { return Ok(None) };
    match (upheld, by) {
        (true, _) => of_upheld(desk, done, &appeal, at),
        (false, None) => Ok(of_ended(done, &appeal)),
        (false, Some(_)) => Ok(None),
    }
}

fn of_upheld(
    desk: &Desk<'_>,
    done: &Done,
    appeal: &Appeal,
    at: Timestamp,
) -> Result<Option<Letter>, DeskError> {
    let case = desk.case(appeal.case)?;
    let decided = appeal.decision.map(|decision| desk.decision(decision)).transpose()?;
    let Some(policy) = policy_of(desk, done, decided.as_ref(), case)? else { return Ok(None) };
    let told = |language| {
        let [title, version, reference] = phrases(&policy, language)?;
        let policy = PolicyTold { title: &title, version: &version, reference: &reference };
        // No policy says yet whether the platform is bound to one: it promises none.
        let out_of_court = OutOfCourt::NotOffered;
        let outcome = AppealOutcome::Upheld { at, policy, out_of_court };
        Some(statement(&Facts::Appealed(facts(done, appeal, outcome)), language))
    };
    Ok(Letter::of(Tells::Appeal, done, told))
}

fn of_ended(done: &Done, appeal: &Appeal) -> Option<Letter> {
    let ended = Facts::Appealed(facts(done, appeal, AppealOutcome::Ended));
    Letter::of(Tells::Appeal, done, |language| Some(statement(&ended, language)))
}

fn facts<'a>(done: &Done, appeal: &Appeal, outcome: AppealOutcome<'a>) -> Appealed<'a> {
    let (taken_at, appealed_at) = (done.at, appeal.at);
    Appealed { action: ActionId(appeal.action), taken_at, appealed_at, outcome }
}
