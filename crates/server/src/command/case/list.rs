//! The list of cases: what waits first, by the strength of its evidence, then by age.

use seawall_model::{CaseId, MilliBits};
use seawall_review::{Case, CaseState, RestsOnMissing};
use serde_json::json;

use super::super::args::{CaseList, CaseWanted, Global};
use super::super::{Ended, show};
use super::desk::{Desk, ago, minute};
use super::{evidence, law};

pub(super) fn run(global: &Global, given: &CaseList) -> anyhow::Result<Ended> {
    let mut desk = Desk::open(global)?;
    let found = found(&desk, given);
    let shown = &found[..found.len().min(given.limit)];
    if given.json {
        for (id, case) in shown {
            json(&mut desk, *id, case)?;
        }
        return Ok(Ended::Fine);
    }
    tell_counts(&desk, given, found.len())?;
    for (id, case) in shown {
        tell(&mut desk, *id, case)?;
    }
    if found.len() > shown.len() {
        say!("\n{} more; see them with --limit", show::count((found.len() - shown.len()) as u64))?;
    }
    if let Some((id, _)) = shown.first() {
        say!("\nnext\n  {}", desk.command(&format!("show {id}")))?;
    }
    Ok(Ended::Fine)
}

/// The cases that are asked for, in order.
fn found(desk: &Desk, given: &CaseList) -> Vec<(CaseId, Case)> {
    let is_wanted = |case: &Case| {
        let state = match given.state {
            CaseWanted::All => true,
            wanted => wanted == state(case),
        };
        state && given.policy.as_deref().is_none_or(|policy| *case.policy == *policy)
    };
    let all = desk.judge().cases().all();
    let wanted = all.filter(|(_, case)| is_wanted(case));
    let mut found: Vec<(CaseId, Case)> = wanted.map(|(id, case)| (id, case.clone())).collect();
    found.sort_by_cached_key(|(id, case)| {
        let is_open = case.state == CaseState::Open;
        let bits = evidence::comebacks(case).first().map(evidence::Comeback::total);
        let strength = (evidence::is_exact(case), bits.unwrap_or(i64::MIN));
        (std::cmp::Reverse(is_open), std::cmp::Reverse(strength), case.at, *id)
    });
    found
}

fn state(case: &Case) -> CaseWanted {
    match case.state {
        CaseState::Open => CaseWanted::Open,
        CaseState::Decided(_) => CaseWanted::Decided,
        CaseState::Withdrawn => CaseWanted::Withdrawn,
    }
}

/// A case's state in a word.
pub(super) fn state_word(case: &Case) -> &'static str {
    match case.state {
        CaseState::Open => "open",
        CaseState::Decided(_) => "decided",
        CaseState::Withdrawn => "withdrawn",
    }
}

fn tell_counts(desk: &Desk, given: &CaseList, found: usize) -> anyhow::Result<()> {
    let count = |wanted: &str| {
        desk.judge().cases().all().filter(|(_, case)| state_word(case) == wanted).count() as u64
    };
    let all = desk.judge().cases().all().count() as u64;
    say!(
        "{}: {} open, {} decided, {} withdrawn",
        show::counted(all, "case", "cases"),
        show::count(count("open")),
        show::count(count("decided")),
        show::count(count("withdrawn"))
    )?;
    if found == 0 && all > 0 {
        say!("none of them is what you asked for")?;
    }
    if all == 0 {
        say!("rules open cases: see `seawall rules list`, and what is known: `seawall bank list`")?;
    }
    if given.limit < found {
        say!(
            "the first {} of {} are shown",
            show::count(given.limit as u64),
            show::count(found as u64)
        )?;
    }
    Ok(())
}

fn tell(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<()> {
    let restricted = match desk.judge().actions().of_case(id).find(|a| a.decision.is_none()) {
        Some(_) => ", restricted unattended",
        None => "",
    };
    say!(
        "\n{:<5} {}{restricted}  {}  of {}, {} ago",
        id.to_string(),
        state_word(case),
        desk.subject(case.subject)?,
        minute(case.at),
        ago(case.at, desk.now)
    )?;
    say!("      {}: {}", policy_word(case), evidence::brief(case))?;
    if case.rests == RestsOnMissing::Yes {
        say!("      rests on a missing or failed input")?;
    }
    say!("      needs {}", law::brief(desk, id, case)?)?;
    Ok(())
}

/// The policy of a case, which one about an entry may lack.
fn policy_word(case: &Case) -> &str {
    if case.policy.is_empty() { "no policy" } else { &case.policy }
}

fn json(desk: &mut Desk, id: CaseId, case: &Case) -> anyhow::Result<()> {
    let row = json!({
        "case": id.to_string(),
        "state": state_word(case),
        "version": case.version,
        "subject": case.subject,
        "about": desk.subject(case.subject)?,
        "policy": case.policy,
        "rule": case.rule,
        "why": evidence::brief(case),
        "needs": law::brief(desk, id, case)?,
        "is_exact": evidence::is_exact(case),
        "comeback": evidence::comebacks(case)
            .first()
            .map(|comeback| MilliBits(comeback.total()).0),
        "rests_on_missing": case.rests == RestsOnMissing::Yes,
        "restricted_unattended":
            desk.judge().actions().of_case(id).any(|action| action.decision.is_none()),
        "at": case.at.to_string(),
        "age_seconds": desk.now.seconds_since(case.at),
    });
    say!("{row}")?;
    Ok(())
}
