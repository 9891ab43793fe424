//! What the demo shows of cases: the return with its bits, and one file in many hands.

use std::fmt::Write as _;

use seawall_model::{AccountId, CaseId, DecisionId, MilliBits};
use seawall_review::{Case, CaseState, Saw};

use super::super::args::Global;
use super::super::demo_story::{ARCHIVE, NEWSROOM};
use super::super::show;
use super::folder::CaseFolder;
use crate::desk::{Desk, evidence, law, minute};

/// Posts of the file that are told one by one.
const POSTS_SHOWN: usize = 12;

/// What was shown, for the commands that can be typed next.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Toured {
    /// The strongest return that is open and on which one person can rule, and what they have
    /// to have seen.
    pub(in crate::command) comeback: Option<(CaseId, Saw)>,
    /// A post of the file by somebody who is not of the network.
    pub(in crate::command) innocent: Option<CaseId>,
    /// The number that the next decision gets.
    pub(in crate::command) next: DecisionId,
}

/// Who an account is in truth, by its id on the platform.
pub(in crate::command) type ClassOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Shows what was found.
pub(in crate::command) fn tour(global: &Global, class_of: ClassOf<'_>) -> anyhow::Result<Toured> {
    let mut folder = CaseFolder::open(global)?;
    let mut desk = folder.desk();
    let all = desk.judge().cases().all();
    let cases: Vec<(CaseId, Case)> = all.map(|(id, case)| (id, case.clone())).collect();
    let comeback = tell_returns(&mut desk, &cases, class_of)?;
    let innocent = tell_file(&mut desk, &cases, class_of)?;
    let last = desk.judge().decisions().last().map_or(0, |(id, _)| id.0);
    Ok(Toured { comeback, innocent, next: DecisionId(last + 1) })
}

fn tell_returns(
    desk: &mut Desk<'_>,
    cases: &[(CaseId, Case)],
    class_of: ClassOf<'_>,
) -> anyhow::Result<Option<(CaseId, Saw)>> {
    let is_open = |case: &Case| case.state == CaseState::Open;
    let bits = |case: &Case| evidence::comebacks(case).first().map(evidence::Comeback::total);
    let mut found: Vec<(i64, &CaseId, &Case)> = cases
        .iter()
        .filter(|(_, case)| is_open(case))
        .filter_map(|(id, case)| Some((bits(case)?, id, case)))
        .collect();
    found.sort_by_key(|(bits, id, _)| (std::cmp::Reverse(*bits), **id));
    let count = show::counted(found.len() as u64, "account", "accounts");
    say!("{count} that may be the return of a removed one\n")?;
    let mut rows = vec![["case", "account", "in truth", "weighs"].map(str::to_owned)];
    for (bits, id, case) in &found {
        let class = class(desk, case, class_of)?;
        let called = desk.called(case.subject.account().map(|account| account.0))?;
        rows.push([id.to_string(), called, class, MilliBits(*bits).to_string()]);
    }
    table(&rows)?;
    // Rather one that its links alone carry, so that nobody has to be believed to have looked.
    let mut chosen: Option<(CaseId, &Case, Saw)> = None;
    for (_, id, case) in &found {
        let Some((_, saw)) = law::proposed(desk, case)? else { continue };
        let is_better = chosen.is_none() || (saw == Saw::Links);
        if is_better {
            chosen = Some((**id, case, saw));
        }
        if saw == Saw::Links {
            break;
        }
    }
    let Some((id, case, saw)) = chosen else { return Ok(None) };
    if let Some(strongest) = evidence::comebacks(case).first() {
        say!("\n  {id}: {}", evidence::waterfall(desk, case, strongest)?.join("\n  "))?;
    }
    say!("")?;
    Ok(Some((id, saw)))
}

fn tell_file(
    desk: &mut Desk<'_>,
    cases: &[(CaseId, Case)],
    class_of: ClassOf<'_>,
) -> anyhow::Result<Option<CaseId>> {
    let mut found: Vec<&(CaseId, Case)> =
        cases.iter().filter(|(_, case)| evidence::is_exact(case)).collect();
    found.sort_by_key(|(id, case)| (case.at, *id));
    let count = show::counted(found.len() as u64, "post", "posts");
    say!("{count} of a known file. The file is the same; who posts it is not\n")?;
    let (mut innocent, mut reasons) = (None, Vec::new());
    let mut rows = vec![["case", "posted by", "in truth", "without a person"].map(str::to_owned)];
    for (id, case) in found.iter().take(POSTS_SHOWN) {
        let class = class(desk, case, class_of)?;
        let is_innocent = [NEWSROOM, ARCHIVE].contains(&&*class);
        innocent = innocent.or(is_innocent.then_some(*id));
        let called = desk.called(case.subject.account().map(|account| account.0))?;
        let done = without_a_person(desk, *id, case, &mut reasons)?;
        rows.push([id.to_string(), called, class, done]);
    }
    table(&rows)?;
    let hidden = found.len().saturating_sub(POSTS_SHOWN);
    if hidden > 0 {
        say!("  and {hidden} more")?;
    }
    if !reasons.is_empty() {
        say!("\n  nothing is removed without a person; why the others were not even restricted:")?;
    }
    for (index, reason) in reasons.iter().enumerate() {
        say!("  [{}] {reason}", index + 1)?;
    }
    say!("")?;
    Ok(innocent)
}

/// What was done on a case by itself; reasons why not are gathered and named by number.
fn without_a_person(
    desk: &mut Desk<'_>,
    id: CaseId,
    case: &Case,
    reasons: &mut Vec<String>,
) -> anyhow::Result<String> {
    let mut of_case = desk.judge().actions().of_case(id);
    let restricted =
        of_case.find_map(|action| action.planned.until.filter(|_| action.decision.is_none()));
    drop(of_case);
    if let Some(until) = restricted {
        return Ok(format!("restricted until {}", minute(until)));
    }
    let mut words = "nothing".to_owned();
    for reason in law::unattended(desk, case)? {
        let index = reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
            reasons.push(reason);
            reasons.len() - 1
        });
        let _ = write!(words, " [{}]", index + 1);
    }
    Ok(words)
}

/// Rows beneath a header, each column as wide as its widest cell.
fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> std::io::Result<()> {
    let width = |column: usize| rows.iter().map(|row| show::width(&row[column])).max();
    let widths: Vec<usize> = (0..COLUMNS).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| show::padded(cell, *width));
        say!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// Who the account of a case is in truth.
fn class(desk: &mut Desk<'_>, case: &Case, class_of: ClassOf<'_>) -> anyhow::Result<String> {
    let Some(AccountId(account)) = case.subject.account() else { return Ok("nobody".into()) };
    let person = desk.person(AccountId(account))?;
    let class = person.id.as_deref().and_then(class_of);
    Ok(class.unwrap_or_else(|| "not told".into()))
}
