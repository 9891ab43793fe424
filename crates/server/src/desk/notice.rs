//! Notices: the statements of reasons of what was done, and of what was undone.
//!
//! Facts are the account's own post, dates, the policy and the measure: what law 8 permits,
//! and nothing of the evidence. Left out: sending them.

mod appealed;
mod unattended;
mod withheld;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::Range;

use seawall_decision::statement;
use seawall_decision::statement::{
    Circumstance, Detection, Digits, Facts, Initiative, Language, Lasting, Measure, OutOfCourt,
    Phrase, Policy as PolicyTold, Redress, Restored, RestrictedBy, Scope, Statement, Taken,
    Territory, UnattendedHours, Undone, Why,
};
use seawall_model::journal::{Body, EvidenceSeen, GroundSeen, SubjectSeen};
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known, Policy};
use seawall_model::{
    AccountId, ActionId, ActionKind, CaseId, DecisionId, EventKind, PlatformId, Position, Timestamp,
};
use seawall_review::Case;
use seawall_store::Stored;

use super::{DecidedTold, Desk, DeskError, Done, stored_at};

/// Seconds in an hour.
const HOUR_SECONDS: i64 = 3_600;
/// Events of one moment among which the report is looked for that opened a case.
const AT_ONCE_READ: u32 = 1_000;

pub use appealed::{of_appeal, of_appeals};
pub use unattended::of_unattended;
pub use withheld::span;

/// Of what a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// What was done.
    Taken,
    /// That it was undone.
    Ended,
    /// What became of an appeal that undid nothing.
    Appeal,
}

/// A notice in both languages.
#[derive(Clone)]
pub struct Letter {
    /// Of what it tells.
    pub tells: Tells,
    /// Of which action.
    pub action: u64,
    /// What it is about, as the desk calls it.
    pub about: SubjectSeen,
    /// In Arabic.
    pub arabic: Statement,
    /// In English.
    pub english: Statement,
}

impl Letter {
    fn of(
        tells: Tells,
        done: &Done,
        facts: impl Fn(Language) -> Option<Statement>,
    ) -> Option<Self> {
        let arabic = facts(Language::Arabic(Digits::Western))?;
        let english = facts(Language::English)?;
        let (action, about) = (done.action.action, done.action.subject);
        Some(Self { tells, action, about, arabic, english })
    }
}

/// The notices of a case, the newest first: of everything that was done on it, by people or
/// without them, and of everything that ended before its time or with it.
///
/// What a later decision put something else in the place of has no notice of its end: the one
/// of that decision tells what holds now.
///
/// # Errors
/// [`DeskError`] if log, journal or knowledge cannot be read.
///
/// Cost: where anything was done on the case, all decisions and their ends are read.
pub fn of_case(desk: &mut Desk<'_>, case: CaseId) -> Result<Vec<Letter>, DeskError> {
    of_case_within(desk, case, 0..u64::MAX)
}

/// As [`of_case`], of these entries of the journal.
///
/// # Errors
/// As there.
pub fn of_case_within(
    desk: &mut Desk<'_>,
    case: CaseId,
    entries: Range<u64>,
) -> Result<Vec<Letter>, DeskError> {
    let mut letters = Vec::new();
    let done = desk.actions_on(case)?;
    if done.is_empty() {
        return Ok(letters);
    }
    let types = [
        "decided",
        "restricted_unattended",
        "overturned",
        "withdrawn",
        "actions_lapsed",
        "appeal_decided",
    ];
    for recorded in desk.of_types(&types)? {
        let at = recorded.entry.at;
        if !entries.contains(&recorded.entry.seq) {
            continue;
        }
        let mut ended = |numbers: &[u64], why: &dyn Fn(&Done) -> Ended| {
            let of_case = numbers.iter().filter_map(|number| done.get(number));
            letters.extend(of_case.filter_map(|done| {
                let Ended { at, why } = why(done);
                restored(done, at, why)
            }));
        };
        match &recorded.entry.body {
            Body::ActionsLapsed { actions } => ended(actions, &|done| lapsed(desk, done, at)),
            Body::Overturned { decision, actions_reversed, .. }
            | Body::Withdrawn { by: decision, actions_reversed, .. } => {
                let overturned = DecisionId(*decision);
                let of_case = actions_reversed.iter().filter_map(|number| done.get(number));
                letters.extend(
                    of_case.filter_map(|done| restored(done, at, why(desk, done, overturned))),
                );
            }
            Body::Decided { actions, released, .. } if actions.is_empty() => {
                ended(released, &|_| Ended { at, why: Why::Review });
            }
            Body::Decided { case: Some(of), actions, .. } if *of == case.0 => {
                let decided = DecidedTold::of(recorded.entry.body.clone(), at);
                for done in actions.iter().filter_map(|planned| done.get(&planned.action)) {
                    letters.extend(taken(desk, done, decided.as_ref())?);
                }
            }
            body @ Body::AppealDecided { .. } => {
                letters.extend(appealed::decided(desk, body, at, |action| done.get(&action))?);
            }
            Body::RestrictedUnattended { action, .. } => {
                if let Some(done) = done.get(&action.action) {
                    letters.extend(taken(desk, done, None)?);
                }
            }
            _ => {}
        }
    }
    letters.reverse();
    Ok(letters)
}

/// When something ended, and why.
struct Ended {
    at: Timestamp,
    why: Why,
}

/// What ended by itself did so at its time; before that, an appeal was granted, or law 1
/// permitted it no more.
fn lapsed(desk: &Desk<'_>, done: &Done, at: Timestamp) -> Ended {
    if appealed::is_granted(desk, done) {
        return Ended { at, why: Why::Appeal };
    }
    match done.action.until.filter(|until| *until <= at) {
        Some(until) => Ended { at: until, why: Why::Lapsed },
        None => Ended { at, why: Why::Support },
    }
}

/// The notices of one decision: of what it does, and of what ends because it does nothing.
///
/// # Errors
/// [`DeskError`] if log, journal or knowledge cannot be read.
pub fn of_decision(desk: &mut Desk<'_>, decision: DecisionId) -> Result<Vec<Letter>, DeskError> {
    let decided = desk.decision(decision)?;
    let Body::Decided { actions, released, .. } = &decided.body else { return Ok(Vec::new()) };
    let mut letters = Vec::new();
    if actions.is_empty() && !released.is_empty() {
        let before = desk.actions()?;
        let ended = released.iter().filter_map(|number| before.get(number));
        letters.extend(ended.filter_map(|done| restored(done, decided.at, Why::Review)));
    }
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
    let letters = done.filter_map(|done| restored(done, desk.now(), why(desk, done, undone)));
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
    match policy_of(desk, done, decided, case)? {
        Some(policy) => taken_under(desk, done, decided, &policy),
        None => Ok(None),
    }
}

/// What is told of an action under a policy.
fn taken_under(
    desk: &mut Desk<'_>,
    done: &Done,
    decided: Option<&DecidedTold>,
    policy: &Policy,
) -> Result<Option<Letter>, DeskError> {
    let case = done.case.and_then(|case| desk.judge().cases().get(case));
    let Some((case, measure)) = case.zip(measure(done)) else { return Ok(None) };
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
    let circumstance = circumstance(decided, case);
    let initiative = initiative(desk, case)?;
    let action = ActionId(done.action.action);
    let told = Told { action, measure, at: done.at, post, detection, circumstance, initiative };
    Ok(Letter::of(Tells::Taken, done, |language| written(&told, policy, language)))
}

/// The policy that something was done under, as it stood then.
fn policy_of(
    desk: &Desk<'_>,
    done: &Done,
    decided: Option<&DecidedTold>,
    case: &Case,
) -> Result<Option<Policy>, DeskError> {
    match decided.and_then(|told| told.policy.as_ref()) {
        Some(cited) => desk.policy(cited),
        None => policy_then(desk, &case.policy, done.action.action),
    }
}

/// What is told of an action, without its policy.
struct Told {
    action: ActionId,
    measure: Measure,
    at: Timestamp,
    post: Option<PlatformId>,
    detection: Detection,
    circumstance: Circumstance,
    initiative: Initiative,
}

/// How a case came to be looked at: because of a notice where the event that opened it is a
/// report. Its row in the log says so, also where what it says was erased.
fn initiative(desk: &mut Desk<'_>, case: &Case) -> Result<Initiative, DeskError> {
    let first = case.reasons.first().map(|reason| reason.position);
    if let Some(stored) = first.and_then(|position| stored_at(desk.reader, position)) {
        let is_reported = stored.kind == EventKind::Report;
        return Ok(if is_reported { Initiative::Notice } else { Initiative::Own });
    }
    // As older journals tell it, which tell no reasons.
    let is_reported = match case.subject {
        SubjectSeen::Post { position, account } => match stored_at(desk.reader, position) {
            Some(stored) => stored.kind == EventKind::Report,
            // A post is told with its author, and a report without: it says who reports.
            None => account.is_none(),
        },
        SubjectSeen::Account { account } => is_reported(desk, case, AccountId(account))?,
        SubjectSeen::Entry { .. } => false,
    };
    Ok(if is_reported { Initiative::Notice } else { Initiative::Own })
}

/// Whether the first event behind a case about an account is a report on it.
fn is_reported(desk: &mut Desk<'_>, case: &Case, account: AccountId) -> Result<bool, DeskError> {
    for piece in &case.evidence {
        let stored = stored_at(desk.reader, piece.position);
        if let Some(stored) = stored.filter(|stored| stored.at == case.at) {
            return Ok(stored.kind == EventKind::Report);
        }
    }
    let Ok(after) = Timestamp::from_micros(case.at.micros() + 1) else { return Ok(false) };
    let then = desk.reader.chunk_between(Position::START, case.at..after, AT_ONCE_READ)?;
    let is_it =
        |stored: &Stored| stored.kind == EventKind::Report && stored.placed.other == Some(account);
    Ok(then.iter().any(is_it))
}

/// The version of a policy that an action without a person was taken under: the newest that was
/// in force then, whatever became of it since; else the newest that ever was.
fn policy_then(desk: &Desk<'_>, id: &str, action: u64) -> Result<Option<Policy>, DeskError> {
    let mut versions: BTreeMap<u64, Policy> = BTreeMap::new();
    let knowledge = desk.derivation.knowledge();
    for entry in knowledge.of_kind(KnowledgeKind::Policy)? {
        if let Some(Knowledge { known: Known::Policy(policy), .. }) = knowledge.read(entry)?
            && &*policy.id == id
        {
            versions.insert(entry.0, policy);
        }
    }
    let (mut then, mut ever) = (BTreeSet::new(), BTreeSet::new());
    let types = ["decided", "restricted_unattended", "overturned", "withdrawn", "entries_lapsed"];
    for recorded in desk.of_types(&types)? {
        match recorded.entry.body {
            Body::RestrictedUnattended { action: planned, .. } if planned.action == action => break,
            Body::Decided { supports, .. } => {
                let is_in = |entry: &&u64| {
                    supports.iter().any(|(first, last)| (first..=last).contains(entry))
                };
                let came: Vec<u64> = versions.keys().filter(is_in).copied().collect();
                then.extend(came.iter().copied());
                ever.extend(came);
            }
            Body::Overturned { entries_withdrawn: gone, .. }
            | Body::EntriesLapsed { entries: gone } => then.retain(|entry| !gone.contains(entry)),
            Body::Withdrawn { entries, entries_withdrawn, .. } => {
                then.retain(|entry| !entries.contains(entry) && !entries_withdrawn.contains(entry));
            }
            _ => {}
        }
    }
    let of = if then.is_empty() { ever } else { then };
    let newest = of.into_iter().max_by_key(|entry| versions.get(entry).map(|it| it.version));
    Ok(newest.and_then(|entry| versions.remove(&entry)))
}

fn written(told: &Told, policy: &Policy, language: Language) -> Option<Statement> {
    let [title, version, reference] = phrases(policy, language)?;
    let taken = Taken {
        action: told.action,
        measure: told.measure,
        taken_at: told.at,
        excerpt: told.post.as_ref(),
        territory: Territory::Everywhere,
        circumstance: told.circumstance,
        policy: PolicyTold { title: &title, version: &version, reference: &reference },
        initiative: told.initiative,
        detection: told.detection,
        redress: Redress {
            appeal_days: NonZeroU32::new(policy.appeal_days).unwrap_or(NonZeroU32::MIN),
            // No policy says yet whether the platform is bound to one: it promises none.
            out_of_court: OutOfCourt::NotOffered,
        },
    };
    Some(statement(&Facts::Taken(taken), language))
}

/// The title of a policy in a language, its version and where its text is.
fn phrases(policy: &Policy, language: Language) -> Option<[Phrase; 3]> {
    let [arabic, english] = &policy.title;
    let title = match language {
        Language::Arabic(_) => arabic,
        Language::English => english,
    };
    let phrase = |text: &str| Phrase::new(text).ok();
    Some([phrase(title)?, phrase(&policy.version.to_string())?, phrase(&policy.reference)?])
}

/// What was found: people saw the content, or it was a copy, or a return.
fn circumstance(decided: Option<&DecidedTold>, case: &Case) -> Circumstance {
    let Some(Body::Decided { grounds, .. }) = decided.map(|told| &told.body) else {
        return Circumstance::Copy;
    };
    let has = |is: fn(&GroundSeen) -> bool| grounds.iter().any(is);
    // What fell since is no exact copy any more that could be shown.
    let is_exact = |ground: &GroundSeen| {
        let is_it = |piece: &EvidenceSeen, entry| piece.entry == entry && piece.distance == Some(0);
        match ground {
            GroundSeen::Match { entry } => {
                case.evidence.iter().any(|piece| is_it(piece, Some(*entry)))
            }
            _ => false,
        }
    };
    if has(|ground| matches!(ground, GroundSeen::Seen)) {
        Circumstance::Seen
    } else if has(|ground| matches!(ground, GroundSeen::Link { .. })) {
        Circumstance::Return
    } else if grounds.iter().any(is_exact) {
        Circumstance::Copy
    } else {
        Circumstance::Alike
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

/// Why an action was reversed: an appeal against it was granted, or a decision was overturned: its
/// own, or one it rested on.
fn why(desk: &Desk<'_>, done: &Done, overturned: DecisionId) -> Why {
    if appealed::is_granted(desk, done) {
        return Why::Appeal;
    }
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
    Letter::of(Tells::Ended, done, written)
}

#[cfg(test)]
mod tests;
