//! The list of cases: what waits first, by the strength of its evidence, then by age.

use seawall_model::CaseId;
use seawall_review::{Case, RestsOnMissing};

use super::super::args::{CaseList, CaseWanted, Global};
use super::super::{Ended, show};
use super::folder::CaseFolder;
use crate::desk::list::{self, State, Wanted};
use crate::desk::{Desk, Viewer, ago, evidence, law, minute, view};

pub(super) fn run(global: &Global, given: &CaseList) -> anyhow::Result<Ended> {
    let mut folder = CaseFolder::open(global)?;
    let typed = folder.typed();
    let mut desk = folder.desk();
    let wanted = wanted(given);
    let (shown, _) = list::page(&desk, &wanted, None, given.limit);
    if given.json {
        for id in shown {
            // As a value, so that its names stand in the order they always did.
            say!("{}", serde_json::to_value(view::row(&mut desk, id, Viewer::Folder)?)?)?;
        }
        return Ok(Ended::Fine);
    }
    let found = list::count(&desk, &wanted);
    tell_counts(&desk, given, found)?;
    for id in &shown {
        tell(&mut desk, *id)?;
    }
    if found > shown.len() {
        say!("\n{} more; see them with --limit", show::count((found - shown.len()) as u64))?;
    }
    if let Some(id) = shown.first() {
        say!("\nnext\n  {}", typed.case(&format!("show {id}")))?;
    }
    Ok(Ended::Fine)
}

fn wanted(given: &CaseList) -> Wanted {
    let state = match given.state {
        CaseWanted::All => None,
        CaseWanted::Open => Some(State::Open),
        CaseWanted::Decided => Some(State::Decided),
        CaseWanted::Withdrawn => Some(State::Withdrawn),
    };
    Wanted { state, policy: given.policy.clone() }
}

fn tell_counts(desk: &Desk<'_>, given: &CaseList, found: usize) -> anyhow::Result<()> {
    let count = |state| list::count(desk, &Wanted { state: Some(state), policy: None }) as u64;
    let all = list::count(desk, &Wanted::default()) as u64;
    say!(
        "{}: {} open, {} decided, {} withdrawn",
        show::counted(all, "case", "cases"),
        show::count(count(State::Open)),
        show::count(count(State::Decided)),
        show::count(count(State::Withdrawn))
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

fn tell(desk: &mut Desk<'_>, id: CaseId) -> anyhow::Result<()> {
    let case = desk.case(id)?;
    let restricted = match desk.judge().actions().of_case(id).find(|a| a.decision.is_none()) {
        Some(_) => ", restricted unattended",
        None => "",
    };
    say!(
        "\n{:<5} {}{restricted}  {}  of {}, {} ago",
        id.to_string(),
        State::of(case).as_str(),
        desk.subject(case.subject)?,
        minute(case.at),
        ago(case.at, desk.now())
    )?;
    say!("      {}: {}", policy_word(case), evidence::brief_of(desk, id, case)?)?;
    if case.rests == RestsOnMissing::Yes {
        say!("      rests on a missing or failed input")?;
    }
    say!("      needs {}", law::brief(desk, id, case, Viewer::Folder)?)?;
    Ok(())
}

/// The policy of a case, which one about an entry may lack.
fn policy_word(case: &Case) -> &str {
    if case.policy.is_empty() { "no policy" } else { &case.policy }
}
