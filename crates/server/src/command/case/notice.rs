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
use serde_json::{Value, json};

use super::super::args::NoticeWanted;
use super::desk::{DecidedTold, Desk, Done};

/// Seconds in an hour.
const HOUR_SECONDS: i64 = 3_600;

/// A notice in both languages.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// What it is about, as the desk calls it.
    pub(super) about: SubjectSeen,
    pub(super) arabic: Statement,
    pub(super) english: Statement,
}

impl Letter {
    fn of(about: SubjectSeen, facts: impl Fn(Language) -> Option<Statement>) -> Option<Self> {
        let arabic = facts(Language::Arabic(Digits::Western))?;
        Some(Self { about, arabic, english: facts(Language::English)? })
    }

    /// Tells it in the language asked for.
    pub(super) fn say(&self, wanted: NoticeWanted) -> std::io::Result<()> {
        if wanted != NoticeWanted::En {
            say!("{}", self.arabic)?;
        }
        if wanted == NoticeWanted::Both {
            say!("\n---\n")?;
        }
        if wanted != NoticeWanted::Ar {
            say!("{}", self.english)?;
        }
        Ok(())
    }

    pub(super) fn json(&self) -> Value {
        let letter = |statement: &Statement| json!({ "subject": statement.subject_line, "paragraphs": statement.paragraphs });
        json!({ "ar": letter(&self.arabic), "en": letter(&self.english) })
    }
}

/// The notices of a case, the newest first: that what its last decision did was undone, if it
/// was, and what it did; without any decision, what was restricted without a person.
pub(super) fn of_case(desk: &mut Desk, case: CaseId) -> anyhow::Result<Vec<Letter>> {
    let decisions = desk.decisions()?;
    let decided = decisions.iter().rev().find(|told| told.case == Some(case));
    let actions = desk.actions()?;
    let wanted = decided.map(|told| told.decision);
    let of_case = actions.values().filter(|done| done.case == Some(case));
    let done: Vec<Done> = of_case.filter(|done| done.decision == wanted).cloned().collect();
    let mut letters = Vec::new();
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
pub(super) fn of_decision(desk: &mut Desk, decision: DecisionId) -> anyhow::Result<Vec<Letter>> {
    let decisions = desk.decisions()?;
    let decided = decisions.iter().find(|told| told.decision == decision);
    let actions = desk.actions()?;
    let mut letters = Vec::new();
    for done in actions.values().filter(|done| done.decision == Some(decision)) {
        letters.extend(taken(desk, done, decided)?);
    }
    Ok(letters)
}

/// What is told of an action.
fn taken(
    desk: &mut Desk,
    done: &Done,
    decided: Option<&DecidedTold>,
) -> anyhow::Result<Option<Letter>> {
    let case = done.case.and_then(|case| desk.judge().cases().get(case).cloned());
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
            desk.newest(&case)?.and_then(|event| event.post().map(|post| post.id.clone()))
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
pub(super) fn why(done: &Done, overturned: DecisionId) -> Why {
    if done.decision == Some(overturned) { Why::Review } else { Why::Support }
}

/// What is told of an action that was reversed.
pub(super) fn restored(done: &Done, now: Timestamp, why: Why) -> Option<Letter> {
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
