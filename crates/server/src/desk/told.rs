//! Cases, decisions and actions in words: how one was opened, how its account stands, what is
//! in force.
//!
//! Left out: evidence, content and law, which have modules of their own, and what can be typed
//! next.

use std::collections::BTreeMap;

use seawall_decision::law::Repute;
use seawall_decision::support::DecisionState;
use seawall_model::journal::{ActionPlanned, Body, Outcome};
use seawall_model::{AppealId, CaseId, DecisionId, ReviewerId, Timestamp};
use seawall_review::{Appeal, AppealState, Case, CaseState, Reason, RestsOnMissing};
use seawall_store::Recorded;

use super::{
    DecidedTold, Desk, DeskError, NAME_CHARS_MAX, Viewer, ago, law, lost, minute, register,
};
use crate::show;

/// Reviewers named who may rule on an appeal.
const MAY_RULE_SHOWN: usize = 8;
/// Characters shown of what somebody says in an appeal.
const APPEAL_CHARS_MAX: usize = 2_000;

/// The policy of a case and what opened it, a line each.
#[must_use]
pub fn opened_lines(desk: &Desk<'_>, case: &Case) -> Vec<String> {
    let mut lines = Vec::new();
    let policy = desk.active().policy(&case.policy);
    if let Some(policy) = policy {
        let [_, title] = &policy.title;
        let title = show::foreign(title, NAME_CHARS_MAX);
        lines.push(format!("under {}, {title}, version {}", policy.id, policy.version));
    } else if !case.policy.is_empty() {
        lines.push(format!("under {}, which is not in force any more", case.policy));
    }
    lines.push(match &case.rule {
        Some(rule) => format!("opened by the rule {}", show::foreign(rule, NAME_CHARS_MAX)),
        None => "opened because a decision was overturned".into(),
    });
    let others = case.reasons.iter().filter(|reason| Some(&reason.rule) != case.rule.as_ref());
    for Reason { rule, policy, .. } in others {
        let rule = show::foreign(rule, NAME_CHARS_MAX);
        let under = match *policy == case.policy {
            true => String::new(),
            false => format!(" under {}", show::foreign(policy, NAME_CHARS_MAX)),
        };
        lines.push(format!("asked for by the rule {rule}{under} too"));
    }
    if case.rests == RestsOnMissing::Yes {
        lines.push("rests on a missing or failed input: nothing automatic follows".into());
    }
    lines
}

/// How old it is and what was upheld, and whether anything happens to it unattended. Why not
/// is not told in full: the register of protected accounts is read with a key, and journaled.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn standing_lines(
    desk: &mut Desk<'_>,
    id: CaseId,
    case: &Case,
) -> Result<Vec<String>, DeskError> {
    let Some(account) = case.subject.account() else { return Ok(Vec::new()) };
    let created_at = desk.judge().cases().created(account).or(desk.person(account)?.created_at);
    let (_, repute) = desk.judge().standing(case, desk.now(), desk.active());
    let is_restricted = desk.judge().actions().of_case(id).any(|action| action.decision.is_none());
    let age = created_at.map(|created| ago(created, desk.now()));
    let age = age.map_or("of an age that is Unknown now".into(), |age| format!("{age} old"));
    let repute = match repute {
        Repute::Good if is_restricted => {
            format!("in good standing by now: {age}; it was not when it was restricted")
        }
        Repute::Good => {
            format!(
                "in good standing: {age}, and nothing upheld against it in 30 days: nothing \
                 unattended is done to it"
            )
        }
        Repute::NotGood => format!(
            "not in good standing: {age}, where 30 days without an upheld decision are asked"
        ),
        Repute::Unknown if is_restricted => {
            "its age is Unknown now: what told it is gone since it was restricted".into()
        }
        Repute::Unknown if created_at.is_some() => {
            "its age was not known to this case and counts as Unknown: nothing unattended is done \
             to it, though the profile tells when it was created"
                .into()
        }
        Repute::Unknown => "its age is Unknown: nothing unattended is done to it".into(),
    };
    let mut lines = vec![repute];
    lines.extend(register::lines(desk, account)?);
    Ok(lines)
}

/// What is in force on a case, a line each.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn in_force_lines(desk: &mut Desk<'_>, id: CaseId) -> Result<Vec<String>, DeskError> {
    let mut lines = Vec::new();
    for action in desk.judge().actions().of_case(id) {
        let words = action_words(desk, &action.planned)?;
        let carried = action.carried.map(|outcome| format!("; {}", carried_words(outcome)));
        let carried = carried.unwrap_or_default();
        lines.push(format!("{words} {}{carried}", because(action.decision)));
    }
    Ok(lines)
}

/// On whose word something was done.
#[must_use]
pub fn because(decision: Option<DecisionId>) -> String {
    match decision {
        Some(decision) => format!("by {decision}"),
        None => "without a person, as law 1 allows".into(),
    }
}

/// An action in words: what, on what, until when, and what takes it back.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn action_words(desk: &mut Desk<'_>, action: &ActionPlanned) -> Result<String, DeskError> {
    let until = |at: Timestamp| format!(" until {}", minute(at));
    Ok(format!(
        "{} the {}{} (action {}; {} takes it back)",
        action.kind,
        desk.subject(action.subject)?,
        action.until.map(until).unwrap_or_default(),
        action.action,
        action.inverse
    ))
}

/// What became of telling the platform, in words.
fn carried_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "the platform has done it",
        Outcome::Refused => "the platform refuses it: see why, and send it again",
        Outcome::Dead => "the platform could not be told: send it again",
        Outcome::Cancelled => "taken back before it was sent",
        Outcome::DryRun => "not sent: a dry run",
    }
}

/// The appeals on a case, what is said in them, and who may rule on those that wait, a line each.
#[must_use]
pub fn appeal_lines(desk: &mut Desk<'_>, id: CaseId) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, appeal) in desk.judge().appeals().all().filter(|(_, appeal)| appeal.case == id) {
        lines.push(appeal_line(desk, number, appeal));
        lines.push(match desk.said(appeal.position) {
            Some(text) => format!("  says: {}", show::foreign(&text, APPEAL_CHARS_MAX)),
            None => "  says nothing, or what it said was erased".into(),
        });
    }
    lines
}

fn appeal_line(desk: &Desk<'_>, number: AppealId, appeal: &Appeal) -> String {
    let state = match appeal.state {
        AppealState::Open if desk.is_moot(number) => {
            "granted when the order ends that withholds the notices: the action has ended".into()
        }
        AppealState::Open => match desk.may_rule(number).as_slice() {
            [] => "waits; everybody here took part: invite a reviewer from outside".into(),
            may => {
                let shown: Vec<String> =
                    may.iter().take(MAY_RULE_SHOWN).map(ToString::to_string).collect();
                let more = match may.len() - shown.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("waits for one of {}{more}", shown.join(", "))
            }
        },
        AppealState::Upheld(by) => format!("decided by {by}: the action stands"),
        AppealState::Granted(Some(by)) => format!("granted by {by}"),
        AppealState::Granted(None) => "granted: the action had ended".into(),
    };
    format!("{number} of {}, against action {}: {state}", minute(appeal.at), appeal.action)
}

/// The rulings on an open case that are held, as far as the viewer may see them, a line each.
///
/// # Errors
/// [`DeskError`] if the journal cannot be read.
pub fn held_lines(
    desk: &Desk<'_>,
    id: CaseId,
    case: &Case,
    viewer: Viewer,
) -> Result<Vec<String>, DeskError> {
    if case.state != CaseState::Open || case.heard.is_empty() {
        return Ok(Vec::new());
    }
    // What each lacked when it was asked last, which may be long after it was signed.
    let mut lacks: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for recorded in desk.of_types(&["ruling_held"])? {
        if let Body::RulingHeld { case: Some(of), reviewer, missing } = recorded.entry.body
            && of == id.0
        {
            lacks.insert(reviewer, missing);
        }
    }
    let seen = case.heard.iter().filter(|heard| viewer.sees(heard.reviewer));
    let held = seen.map(|heard| {
        let (ruled, saw) = (heard.ruled.as_str(), heard.saw.as_str());
        let missing = lacks.get(&heard.reviewer.0).map_or(&[][..], Vec::as_slice);
        let missing: Vec<&str> = missing.iter().map(|name| law::lacking(name)).collect();
        let missing = match missing.as_slice() {
            [] => String::new(),
            some => format!(": {}", some.join("; ")),
        };
        format!("{}: {ruled}, having seen the {saw}{missing}", heard.reviewer)
    });
    Ok(held.collect())
}

/// The rulings on a case that were held and count no more, as far as the viewer may see them,
/// a line each.
///
/// # Errors
/// [`DeskError`] if the journal cannot be read.
pub fn let_go_lines(
    desk: &Desk<'_>,
    id: CaseId,
    case: &Case,
    viewer: Viewer,
) -> Result<Vec<String>, DeskError> {
    let all = desk.of_types(&["ruling_let_go"])?;
    let line = |recorded: Recorded| match &recorded.entry.body {
        Body::RulingLetGo { case: Some(of), reviewer, .. } if *of == id.0 => {
            // While others may still rule, they are blind to it.
            let is_seen = case.state != CaseState::Open || viewer.sees(ReviewerId(*reviewer));
            let words = let_go_words(&recorded.entry.body)?;
            is_seen.then(|| format!("{words}, at {}", minute(recorded.entry.at)))
        }
        _ => None,
    };
    Ok(all.into_iter().filter_map(line).collect())
}

/// A ruling that counts no more, in words; `None` for other entries.
#[must_use]
pub fn let_go_words(body: &Body) -> Option<String> {
    let Body::RulingLetGo { reviewer, ruled, why, .. } = body else { return None };
    let why = match why.as_str() {
        "decided" => "the case was decided by others",
        "post_changed" => "its post was edited or deleted",
        "case_grew" => "more became known of the case",
        "evidence_fell" => "evidence of the case fell",
        "case_reopened" => "what the case was decided on fell",
        "reviewer_withdrawn" => "the key of its reviewer signs no more",
        other => other,
    };
    let ruled = ruled.as_deref().unwrap_or("standing for removed profiles");
    Some(format!("{}: {ruled}, which counts no more: {why}", ReviewerId(*reviewer)))
}

/// The decisions on a case, a line each.
///
/// # Errors
/// [`DeskError`] if the journal cannot be read.
pub fn decision_lines(desk: &Desk<'_>, id: CaseId) -> Result<Vec<String>, DeskError> {
    let mut lines = Vec::new();
    for told in &desk.decisions_on(id)? {
        let state = match desk.judge().supports().decision(told.decision) {
            Some(DecisionState::Overturned) => ", overturned since",
            Some(DecisionState::Fallen) => ", fallen since with what it rested on",
            Some(DecisionState::Stands) | None => "",
        };
        lines.push(format!("{}{state}{}", decided_words(told), lost::of_decision(desk, told)?));
    }
    Ok(lines)
}

/// A decision in words.
#[must_use]
pub fn decided_words(told: &DecidedTold) -> String {
    let Body::Decided { ruled, reviewers, .. } = &told.body else { return String::new() };
    let reviewers: Vec<String> = reviewers.iter().map(|number| format!("r{number}")).collect();
    let policy = told.policy.as_ref().map(|cited| {
        format!(" under {} version {}", show::foreign(&cited.id, NAME_CHARS_MAX), cited.version)
    });
    let at = minute(told.at);
    let policy = policy.unwrap_or_default();
    format!("{}: {ruled} by {}{policy}, at {at}", told.decision, reviewers.join(" and "))
}
