//! One case in full: why it is here, what it is about, what each ruling needs, what was done.

use seawall_decision::law::{Protection, Repute};
use seawall_decision::support::DecisionState;
use seawall_model::journal::{ActionPlanned, Body};
use seawall_model::{CaseId, DecisionId, Timestamp};
use seawall_review::{Case, CaseState, RestsOnMissing};
use serde_json::{Value, json};

use super::super::args::{CaseShow, Global, NoticeWanted};
use super::super::{Ended, show};
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
    section("how the account stands", &standing_lines(desk, case)?)?;
    if desk.judge().actions().of_case(id).next().is_none() && case.state == CaseState::Open {
        section("why nothing was restricted by itself", &law::unattended(desk, case)?)?;
    }
    section("in force", &in_force_lines(desk, id)?)?;
    section("rulings held", &held_lines(case))?;
    if case.state == CaseState::Open {
        section("what each ruling needs", &law::lines(desk, case))?;
    }
    section("decisions", &decision_lines(desk, id)?)?;
    say!("\nnext")?;
    for line in next_lines(desk, id, case) {
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

fn standing_lines(desk: &mut Desk, case: &Case) -> anyhow::Result<Vec<String>> {
    let Some(account) = case.subject.account() else { return Ok(Vec::new()) };
    let created_at = desk.person(account)?.created_at;
    let (protection, repute) = desk.judge().standing(case, created_at, desk.active());
    let protection = match protection {
        Protection::Protected => {
            "protected: it is in the register, and nothing unattended is done to it"
        }
        Protection::Unprotected => "not in the protected register",
        Protection::Unknown => "whether it is protected is Unknown",
    };
    let age = created_at.map(|created| ago(created, case.at));
    let repute = match (repute, age) {
        (Repute::Good, Some(age)) => {
            format!("in good standing then: {age} old, and nothing upheld against it in 30 days")
        }
        (Repute::Good, None) => "in good standing then".into(),
        (Repute::NotGood, Some(age)) => format!(
            "not in good standing then: {age} old, where 30 days without an upheld decision are asked"
        ),
        (Repute::NotGood, None) => "not in good standing then: a decision was upheld".into(),
        (Repute::Unknown, _) => {
            "its age is Unknown, so that nothing unattended is done to it".into()
        }
    };
    Ok(vec![protection.into(), repute])
}

fn in_force_lines(desk: &mut Desk, id: CaseId) -> anyhow::Result<Vec<String>> {
    let of_case = desk.judge().actions().of_case(id);
    let actions: Vec<(ActionPlanned, Option<DecisionId>)> =
        of_case.map(|action| (action.planned.clone(), action.decision)).collect();
    let mut lines = Vec::new();
    for (action, decision) in actions {
        let why = match decision {
            Some(decision) => format!("by {decision}"),
            None => "without a person, as law 1 allows".into(),
        };
        lines.push(format!("{} {why}", action_words(desk, &action)?));
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

fn held_lines(case: &Case) -> Vec<String> {
    if case.state != CaseState::Open {
        return Vec::new();
    }
    let held = case.heard.iter().map(|heard| {
        let (ruled, saw) = (heard.ruled.as_str(), heard.saw.as_str());
        format!("{}: {ruled}, having seen the {saw}", heard.reviewer)
    });
    held.collect()
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

fn next_lines(desk: &Desk, id: CaseId, case: &Case) -> Vec<String> {
    let mut lines = Vec::new();
    let as_read = format!("--as-read {} --key KEYFILE", case.version);
    match case.state {
        CaseState::Open => {
            for ruled in ["keep", "keep-documents"] {
                let words = format!("decide {id} {ruled} --saw content {as_read}");
                lines.push(desk.command(&words));
            }
            if let Some(kind) = law::gravest(case) {
                let words = format!("decide {id} {} --saw content {as_read}", kind.as_str());
                lines.push(desk.command(&words));
            }
        }
        CaseState::Decided(decision) => {
            lines.push(desk.command(&format!("show {id} --notice both")));
            lines.push(desk.command(&format!("undo {decision} --key KEYFILE")));
        }
        CaseState::Withdrawn => {}
    }
    lines.push(desk.command("list"));
    lines
}

fn json(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<Value> {
    let created_at = match case.subject.account() {
        Some(account) => desk.person(account)?.created_at,
        None => None,
    };
    let (protection, repute) = desk.judge().standing(case, created_at, desk.active());
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
        "is_protected": match protection {
            Protection::Protected => Some(true),
            Protection::Unprotected => Some(false),
            Protection::Unknown => None,
        },
        "in_good_standing": match repute {
            Repute::Good => Some(true),
            Repute::NotGood => Some(false),
            Repute::Unknown => None,
        },
        "needs": law::json(desk, case),
        "not_restricted_because": unattended,
        "in_force": actions,
        "held": held,
        "decisions": decisions,
        "notices": notices,
    }))
}
