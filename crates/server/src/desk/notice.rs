//! Notices: the statements of reasons of what was done, and of what was undone.
//!
//! Facts are the account's own post, dates, the policy and the measure: what law 8 permits,
//! and nothing of the evidence. Left out: sending them.

use std::num::NonZeroU32;

use seawall_decision::statement;
use seawall_decision::statement::{
    Circumstance, Detection, Digits, Facts, Initiative, Language, Lasting, Measure, OutOfCourt,
    Phrase, Policy as PolicyTold, Redress, Restored, RestrictedBy, Scope, Statement, Taken,
    Territory, UnattendedHours, Undone, Why,
};
use seawall_model::journal::{Body, GroundSeen, PolicyCited, SubjectSeen};
use seawall_model::knowledge::Policy;
use seawall_model::{ActionKind, CaseId, DecisionId, PlatformId, Timestamp};

use super::{DecidedTold, Desk, DeskError, Done};

/// Seconds in an hour.
const HOUR_SECONDS: i64 = 3_600;

/// A notice in both languages.
#[derive(Clone)]
pub struct Letter {
    /// What it is about, as the desk calls it.
    pub about: SubjectSeen,
    /// In Arabic.
    pub arabic: Statement,
    /// In English.
    pub english: Statement,
}

impl Letter {
    fn of(about: SubjectSeen, facts: impl Fn(Language) -> Option<Statement>) -> Option<Self> {
        let arabic = facts(Language::Arabic(Digits::Western))?;
        Some(Self { about, arabic, english: facts(Language::English)? })
    }
}

/// The notices of a case, the newest first: that what its last decision did was undone, if it
/// was, and what it did; without any decision, what was restricted without a person.
///
/// # Errors
/// [`DeskError`] if log, journal or knowledge cannot be read.
pub fn of_case(desk: &mut Desk<'_>, case: CaseId) -> Result<Vec<Letter>, DeskError> {
    let decisions = desk.decisions_on(case)?;
    let decided = decisions.last();
    let wanted = decided.map(|told| told.decision);
    let of_case = desk.actions_on(case)?.into_values();
    let done: Vec<Done> = of_case.filter(|done| done.decision == wanted).collect();
    let mut letters = Vec::new();
    if done.is_empty() {
        return Ok(letters);
    }
    for undone in desk.reversals()?.iter().rev() {
        let reversed = done.iter().filter(|done| undone.actions.contains(&done.action.action));
        letters.extend(
            reversed.filter_map(|done| restored(done, undone.at, why(done, undone.decision))),
        );
    }
    for done in &done {
        letters.extend(taken(desk, done, decided)?);
    }
    Ok(letters)
}

/// The notices of one decision.
///
/// # Errors
/// [`DeskError`] if log, journal or knowledge cannot be read.
pub fn of_decision(desk: &mut Desk<'_>, decision: DecisionId) -> Result<Vec<Letter>, DeskError> {
    let decided = desk.decision(decision)?;
    let Body::Decided { actions, .. } = &decided.body else { return Ok(Vec::new()) };
    let mut letters = Vec::new();
    for action in actions {
        let (action, case, at) = (action.clone(), decided.case, decided.at);
        let done = Done { action, case, decision: Some(decision), at };
        letters.extend(taken(desk, &done, Some(&decided))?);
    }
    Ok(letters)
}

/// The notices of an overturn: to those whose actions it reversed.
///
/// # Errors
/// [`DeskError`] if the journal cannot be read.
pub fn of_overturn(
    desk: &Desk<'_>,
    undone: DecisionId,
    followed: &[Body],
) -> Result<Vec<Letter>, DeskError> {
    let actions = desk.actions()?;
    let reversed = followed.iter().filter_map(|body| match body {
        Body::Overturned { actions_reversed, .. } | Body::Withdrawn { actions_reversed, .. } => {
            Some(actions_reversed)
        }
        Body::ActionsLapsed { actions } => Some(actions),
        _ => None,
    });
    let done = reversed.flatten().filter_map(|number| actions.get(number));
    let letters = done.filter_map(|done| restored(done, desk.now(), why(done, undone)));
    Ok(letters.collect())
}

/// What is told of an action.
fn taken(
    desk: &mut Desk<'_>,
    done: &Done,
    decided: Option<&DecidedTold>,
) -> Result<Option<Letter>, DeskError> {
    let case = done.case.and_then(|case| desk.judge().cases().get(case));
    let Some(case) = case else { return Ok(None) };
    let cited = decided.and_then(|told| told.policy.clone()).or_else(|| {
        let policy = desk.active().policy(&case.policy)?;
        Some(PolicyCited { id: policy.id.to_string(), version: policy.version })
    });
    let Some(cited) = cited else { return Ok(None) };
    let Some(policy) = desk.policy(&cited)? else { return Ok(None) };
    let Some(measure) = measure(done) else { return Ok(None) };
    let post = match done.action.subject {
        SubjectSeen::Post { .. } => {
            desk.newest(case)?.and_then(|event| event.post().map(|post| post.id.clone()))
        }
        _ => None,
    };
    let detection = match &case.rule {
        Some(_) => Detection::Automated,
        None => Detection::People,
    };
    let told = Told { measure, at: done.at, post, detection, circumstance: circumstance(decided) };
    Ok(Letter::of(done.action.subject, |language| written(&told, &policy, language)))
}

/// What is told of an action, without its policy.
struct Told {
    measure: Measure,
    at: Timestamp,
    post: Option<PlatformId>,
    detection: Detection,
    circumstance: Circumstance,
}

fn written(told: &Told, policy: &Policy, language: Language) -> Option<Statement> {
    let [arabic, english] = &policy.title;
    let title = match language {
        Language::Arabic(_) => arabic,
        Language::English => english,
    };
    let title = Phrase::new(title).ok()?;
    let version = Phrase::new(&policy.version.to_string()).ok()?;
    let reference = Phrase::new(&policy.reference).ok()?;
    let taken = Taken {
        measure: told.measure,
        taken_at: told.at,
        excerpt: told.post.as_ref(),
        territory: Territory::Everywhere,
        circumstance: told.circumstance,
        policy: PolicyTold { title: &title, version: &version, reference: &reference },
        initiative: Initiative::Own,
        detection: told.detection,
        redress: Redress {
            appeal_days: NonZeroU32::new(policy.appeal_days).unwrap_or(NonZeroU32::MIN),
            // No policy says yet whether the platform is bound to one: it promises none.
            out_of_court: OutOfCourt::NotOffered,
        },
    };
    Some(statement(&Facts::Taken(taken), language))
}

/// What was found: people saw the content, or it was a copy, or a return.
fn circumstance(decided: Option<&DecidedTold>) -> Circumstance {
    let Some(Body::Decided { grounds, .. }) = decided.map(|told| &told.body) else {
        return Circumstance::Copy;
    };
    let has = |is: fn(&GroundSeen) -> bool| grounds.iter().any(is);
    if has(|ground| matches!(ground, GroundSeen::Seen)) {
        Circumstance::Seen
    } else if has(|ground| matches!(ground, GroundSeen::Link { .. })) {
        Circumstance::Return
    } else {
        Circumstance::Copy
    }
}

/// An action as a notice calls it; `None` for what nobody is told of here.
fn measure(done: &Done) -> Option<Measure> {
    let one = NonZeroU32::MIN;
    let scope = scope(done.action.subject);
    Some(match ActionKind::from_name(&done.action.kind)? {
        ActionKind::Restrict => {
            let by = match (done.decision, done.action.until) {
                (None, Some(until)) => {
                    RestrictedBy::Rule(UnattendedHours::new(hours(done.at, until))?)
                }
                (_, Some(until)) => RestrictedBy::People(Lasting::Hours(hours(done.at, until))),
                (_, None) => RestrictedBy::People(Lasting::Open),
            };
            Measure::Restrict { scope, by }
        }
        ActionKind::Interstitial => Measure::Interstitial(one),
        ActionKind::Label => Measure::Label(scope),
        ActionKind::Remove => Measure::Remove(one),
        ActionKind::Suspend => Measure::Suspend(Lasting::Open),
        ActionKind::Share | ActionKind::Destroy => return None,
    })
}

fn scope(subject: SubjectSeen) -> Scope {
    match subject {
        SubjectSeen::Post { .. } => Scope::Posts(NonZeroU32::MIN),
        SubjectSeen::Account { .. } | SubjectSeen::Entry { .. } => Scope::Account,
    }
}

/// Whole hours from one moment to another, rounded to the nearest.
fn hours(from: Timestamp, until: Timestamp) -> u32 {
    let seconds = until.seconds_since(from) + HOUR_SECONDS / 2;
    u32::try_from(seconds / HOUR_SECONDS).unwrap_or(0)
}

/// Why an action was reversed by the overturn of a decision: its own, or one it rested on.
fn why(done: &Done, overturned: DecisionId) -> Why {
    if done.decision == Some(overturned) { Why::Review } else { Why::Support }
}

/// What is told of an action that was reversed.
fn restored(done: &Done, now: Timestamp, why: Why) -> Option<Letter> {
    let one = NonZeroU32::MIN;
    let scope = scope(done.action.subject);
    let undone = match ActionKind::from_name(&done.action.kind)? {
        ActionKind::Restrict => Undone::Restrict(scope),
        ActionKind::Interstitial => Undone::Interstitial(one),
        ActionKind::Label => Undone::Label(scope),
        ActionKind::Remove => Undone::Remove(one),
        ActionKind::Suspend => Undone::Suspend,
        ActionKind::Share => Undone::Share(one),
        ActionKind::Destroy => return None,
    };
    let restored = Restored { undone, taken_at: done.at, restored_at: now, why };
    let written = |language| Some(statement(&Facts::Restored(restored), language));
    Letter::of(done.action.subject, written)
}

#[cfg(test)]
mod tests;
