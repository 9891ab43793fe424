//! One case in full: why it is here, what it is about, what each ruling needs, what was done.

use seawall_action::InForce;
use seawall_decision::law::{Protection, Repute};
use seawall_decision::support::DecisionState;
use seawall_model::journal::{ActionPlanned, Body, Outcome, SubjectSeen};
use seawall_model::{AppealId, CaseId, EntryId, ReviewerId, Timestamp};
use seawall_review::{Appeal, AppealState, Case, CaseState, RestsOnMissing, Saw};
use serde_json::{Value, json};

use super::super::args::{CaseShow, Global, NoticeWanted};
use super::super::{Ended, knowledge, show};
use super::desk::{DecidedTold, Desk, NAME_CHARS_MAX, ago, minute};
use super::{content, evidence, law, list, notice};

pub(super) fn run(global: &Global, given: &CaseShow) -> anyhow::Result<Ended> {
    let mut desk = Desk::open(global)?;
    let case = desk.case(given.case)?;
    if let Some(wanted) = given.notice.filter(|_| !given.json) {
        return tell_notice(&mut desk, given.case, wanted);
    }
    if given.json {
        let told = json(&mut desk, given.case, &case)?;
        say!("{told:#}")?;
        return Ok(Ended::Fine);
    }
    tell(&mut desk, given.case, &case)?;
    Ok(Ended::Fine)
}

fn tell_notice(desk: &mut Desk, id: CaseId, wanted: NoticeWanted) -> anyhow::Result<Ended> {
    let letters = notice::of_case(desk, id)?;
    if letters.is_empty() {
        say!("nothing was done on {id}, so that nobody is told anything")?;
    }
    for (index, letter) in letters.iter().enumerate() {
        if index > 0 {
            say!("\n===\n")?;
        }
        letter.say(wanted)?;
    }
    Ok(Ended::Fine)
}

fn tell(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<()> {
    let about = desk.subject(case.subject)?;
    say!("{id}: {about}, {}, version {}", list::state_word(case), case.version)?;
    say!("  of {}, {} ago", minute(case.at), ago(case.at, desk.now))?;
    for line in opened_lines(desk, case) {
        say!("  {line}")?;
    }
    section("why it is here", &evidence::lines(desk, case)?)?;
    section("what it is about", &content::lines(desk, case)?)?;
    section("how the account stands", &standing_lines(desk, id, case)?)?;
    if desk.judge().actions().of_case(id).next().is_none() && case.state == CaseState::Open {
        section("why nothing was restricted by itself", &law::unattended(desk, case)?)?;
    }
    section("in force", &in_force_lines(desk, id)?)?;
    section("rulings held", &held_lines(desk, id, case))?;
    section("appeals", &appeal_lines(desk, id))?;
    if case.state == CaseState::Open {
        section("what each ruling needs", &law::lines(desk, case)?)?;
    }
    section("decisions", &decision_lines(desk, id)?)?;
    say!("\nnext")?;
    for line in next_lines(desk, id, case)? {
        say!("  {line}")?;
    }
    Ok(())
}

fn section(title: &str, lines: &[String]) -> std::io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    say!("\n{title}")?;
    lines.iter().try_for_each(|line| say!("  {line}"))
}

fn opened_lines(desk: &Desk, case: &Case) -> Vec<String> {
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
    if case.rests == RestsOnMissing::Yes {
        lines.push("rests on a missing or failed input: nothing automatic follows".into());
    }
    lines
}

/// How old it is and what was upheld, and whether anything happens to it unattended. Why not
/// is not told in full: the register of protected accounts is read with a key, and journaled.
fn standing_lines(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<Vec<String>> {
    let Some(account) = case.subject.account() else { return Ok(Vec::new()) };
    let created_at = case.created_at.or(desk.person(account)?.created_at);
    let (protection, repute) = desk.judge().standing(case, desk.now, desk.active());
    let is_restricted = desk.judge().actions().of_case(id).any(|action| action.decision.is_none());
    let is_free = protection == Protection::Unprotected && repute == Repute::NotGood;
    let age = created_at.map(|created| ago(created, desk.now));
    let age = age.map_or("of an age that is Unknown now".into(), |age| format!("{age} old"));
    let repute = match repute {
        Repute::Good if is_restricted => {
            format!("in good standing by now: {age}; it was not when it was restricted")
        }
        Repute::Good => {
            format!("in good standing: {age}, and nothing upheld against it in 30 days")
        }
        Repute::NotGood => format!(
            "not in good standing: {age}, where 30 days without an upheld decision are asked"
        ),
        Repute::Unknown if is_restricted => {
            "its age is Unknown now: what told it is gone since it was restricted".into()
        }
        Repute::Unknown => "its age is Unknown".into(),
    };
    // What stands in force below was done before, and is not to be denied here.
    let mut lines = vec![repute];
    if !is_free && !is_restricted {
        lines.push("nothing unattended is done to it".into());
    }
    Ok(lines)
}

fn in_force_lines(desk: &mut Desk, id: CaseId) -> anyhow::Result<Vec<String>> {
    let of_case = desk.judge().actions().of_case(id);
    let actions: Vec<InForce> = of_case.cloned().collect();
    let mut lines = Vec::new();
    for InForce { planned: action, decision, carried, .. } in actions {
        let why = match decision {
            Some(decision) => format!("by {decision}"),
            None => "without a person, as law 1 allows".into(),
        };
        let carried = carried.map(|outcome| format!("; {}", carried_words(outcome)));
        let carried = carried.unwrap_or_default();
        lines.push(format!("{} {why}{carried}", action_words(desk, &action)?));
    }
    Ok(lines)
}

/// An action in words: what, on what, until when, and what takes it back.
pub(super) fn action_words(desk: &mut Desk, action: &ActionPlanned) -> anyhow::Result<String> {
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

fn held_lines(desk: &Desk, id: CaseId, case: &Case) -> Vec<String> {
    if case.state != CaseState::Open {
        return Vec::new();
    }
    let held = case.heard.iter().map(|heard| {
        let (ruled, saw) = (heard.ruled.as_str(), heard.saw.as_str());
        let is_it = |held: (CaseId, ReviewerId)| held == (id, heard.reviewer);
        let waits = match desk.judge().held().any(is_it) {
            true => format!(": {}", law::QUOTA_WORDS),
            false => String::new(),
        };
        format!("{}: {ruled}, having seen the {saw}{waits}", heard.reviewer)
    });
    held.collect()
}

/// The appeals on a case, and who may rule on those that wait.
fn appeal_lines(desk: &Desk, id: CaseId) -> Vec<String> {
    let judge = desk.judge();
    let of_case = judge.appeals().all().filter(|(_, appeal)| appeal.case == id);
    let line = |(number, appeal): (AppealId, &Appeal)| {
        let state = match appeal.state {
            AppealState::Open => {
                let may: Vec<String> =
                    judge.uninvolved(number).map(|reviewer| reviewer.to_string()).collect();
                match may.as_slice() {
                    [] => "waits; everybody here took part: invite a reviewer from outside".into(),
                    may => format!("waits for one of {}", may.join(", ")),
                }
            }
            AppealState::Upheld(by) => format!("decided by {by}: the action stands"),
            AppealState::Granted(Some(by)) => format!("granted by {by}"),
            AppealState::Granted(None) => "granted: the action had ended".into(),
        };
        format!("{number} of {}, against action {}: {state}", minute(appeal.at), appeal.action)
    };
    of_case.map(line).collect()
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

fn decision_lines(desk: &mut Desk, id: CaseId) -> anyhow::Result<Vec<String>> {
    let decisions = desk.decisions()?;
    let mut lines = Vec::new();
    for told in decisions.iter().filter(|told| told.case == Some(id)) {
        let state = match desk.judge().supports().decision(told.decision) {
            Some(DecisionState::Overturned) => ", overturned since",
            Some(DecisionState::Fallen) => ", fallen since with what it rested on",
            Some(DecisionState::Stands) | None => "",
        };
        lines.push(format!("{}{state}", decided_words(told)));
    }
    Ok(lines)
}

/// A decision in words.
pub(super) fn decided_words(told: &DecidedTold) -> String {
    let Body::Decided { ruled, reviewers, .. } = &told.body else { return String::new() };
    let reviewers: Vec<String> = reviewers.iter().map(|number| format!("r{number}")).collect();
    let policy = told.policy.as_ref().map(|cited| {
        format!(" under {} version {}", show::foreign(&cited.id, NAME_CHARS_MAX), cited.version)
    });
    let at = minute(told.at);
    let policy = policy.unwrap_or_default();
    format!("{}: {ruled} by {}{policy}, at {at}", told.decision, reviewers.join(" and "))
}

fn next_lines(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    match case.state {
        CaseState::Open => lines.extend(open_lines(desk, id, case)?),
        CaseState::Decided(decision) => {
            lines.push(desk.command(&format!("show {id} --notice both")));
            lines.push(desk.command(&format!("undo {decision} --key KEYFILE")));
        }
        CaseState::Withdrawn => {}
    }
    lines.push(desk.command("list"));
    Ok(lines)
}

/// What can be ruled on an open case, each as it is typed.
fn open_lines(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<Vec<String>> {
    let as_read = format!("--as-read {} --key KEYFILE", case.version);
    let decide =
        |ruled: &str, saw: Saw| format!("decide {id} {ruled} --saw {} {as_read}", saw.as_str());
    let mut lines = Vec::new();
    if let SubjectSeen::Entry { entry } = case.subject {
        lines.extend(entry_next_lines(desk, entry)?);
        lines.push(desk.command(&decide("keep", Saw::Content)));
        return Ok(lines);
    }
    let (sights, proposed) = (law::sights(desk, case)?, law::proposed(desk, case)?);
    let caution = law::caution(case, proposed);
    lines.extend(caution.map(|caution| format!("# {caution}")));
    let saw = sights.first().copied().unwrap_or(Saw::Content);
    lines.push(desk.command(&decide("keep", saw)));
    if sights.contains(&Saw::Content) {
        lines.push(desk.command(&decide("keep-documents", Saw::Content)));
    }
    match proposed {
        Some((kind, saw)) => lines.push(desk.command(&decide(kind.as_str(), saw))),
        None => lines.push(desk.command(&format!("show {id}"))),
    }
    Ok(lines)
}

/// What can be done about an entry of knowledge that has lost a support.
fn entry_next_lines(desk: &Desk, entry: u64) -> anyhow::Result<Vec<String>> {
    let entry = EntryId(entry);
    let Some(knowledge) = desk.entry(entry.0)?.filter(|_| desk.active().contains(entry)) else {
        return Ok(Vec::new());
    };
    let kind = knowledge.known.kind();
    let verbs = knowledge::verbs(kind).iter();
    let typed = |verb: &&str| {
        desk.typed(&format!("{} {verb} {entry} --key KEYFILE", knowledge::command(kind)))
    };
    Ok(verbs.map(typed).collect())
}

fn json(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<Value> {
    let (_, repute) = desk.judge().standing(case, desk.now, desk.active());
    let actions: Vec<Value> = desk
        .judge()
        .actions()
        .of_case(id)
        .map(|action| {
            json!({
                "action": action.planned,
                "decision": action.decision.map(|decision| decision.to_string()),
            })
        })
        .collect();
    let held: Vec<Value> = case
        .heard
        .iter()
        .map(|heard| {
            json!({
                "reviewer": heard.reviewer.to_string(),
                "ruled": heard.ruled.as_str(),
                "saw": heard.saw.as_str(),
            })
        })
        .collect();
    let decisions = desk.decisions()?;
    let decisions: Vec<&Body> =
        decisions.iter().filter(|told| told.case == Some(id)).map(|told| &told.body).collect();
    let notices: Vec<Value> = notice::of_case(desk, id)?.iter().map(notice::Letter::json).collect();
    let unattended = law::unattended(desk, case)?;
    Ok(json!({
        "case": id.to_string(),
        "state": list::state_word(case),
        "version": case.version,
        "subject": case.subject,
        "about": desk.subject(case.subject)?,
        "policy": case.policy,
        "rule": case.rule,
        "rests_on_missing": case.rests == RestsOnMissing::Yes,
        "at": case.at.to_string(),
        "evidence": evidence::json(case),
        "content": content::json(desk, case)?,
        "in_good_standing": match repute {
            Repute::Good => Some(true),
            Repute::NotGood => Some(false),
            Repute::Unknown => None,
        },
        "needs": law::json(desk, case)?,
        "not_restricted_because": unattended,
        "in_force": actions,
        "held": held,
        "decisions": decisions,
        "notices": notices,
    }))
}
