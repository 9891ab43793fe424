//! What the demo shows of cases: the return with its bits, and one file in many hands.

use seawall_model::{AccountId, CaseId, DecisionId};
use seawall_review::{Case, CaseState};

use super::super::args::Global;
use super::desk::Desk;
use super::{evidence, law};

/// Posts of the file that are told one by one.
const POSTS_SHOWN: usize = 12;

/// What was shown, for the commands that can be typed next.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Toured {
    /// The strongest return that is open.
    pub(in crate::command) comeback: Option<CaseId>,
    /// A post of the file by somebody who is not of the network.
    pub(in crate::command) innocent: Option<CaseId>,
    /// The number that the next decision gets.
    pub(in crate::command) next: DecisionId,
}

/// Who an account is in truth, by its id on the platform.
pub(in crate::command) type ClassOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Shows what was found.
pub(in crate::command) fn tour(global: &Global, class_of: ClassOf<'_>) -> anyhow::Result<Toured> {
    let mut desk = Desk::open(global)?;
    let all = desk.judge().cases().all();
    let cases: Vec<(CaseId, Case)> = all.map(|(id, case)| (id, case.clone())).collect();
    let comeback = tell_returns(&mut desk, &cases, class_of)?;
    let innocent = tell_file(&mut desk, &cases, class_of)?;
    let last = desk.judge().decisions().last().map_or(0, |(id, _)| id.0);
    Ok(Toured { comeback, innocent, next: DecisionId(last + 1) })
}

fn tell_returns(
    desk: &mut Desk,
    cases: &[(CaseId, Case)],
    class_of: ClassOf<'_>,
) -> anyhow::Result<Option<CaseId>> {
    let is_open = |case: &Case| case.state == CaseState::Open;
    let bits = |case: &Case| evidence::comebacks(case).first().map(evidence::Comeback::total);
    let mut found: Vec<(i64, &CaseId, &Case)> = cases
        .iter()
        .filter(|(_, case)| is_open(case))
        .filter_map(|(id, case)| Some((bits(case)?, id, case)))
        .collect();
    found.sort_by_key(|(bits, id, _)| (std::cmp::Reverse(*bits), **id));
    say!("accounts that may be the return of a removed one: {}\n", found.len())?;
    for (_, id, case) in &found {
        let class = class(desk, case, class_of)?;
        say!("  {id}  {} (in truth: {class})", desk.subject(case.subject)?)?;
    }
    let Some((_, id, case)) = found.first() else { return Ok(None) };
    say!("\n  the strongest, {id}:")?;
    for line in evidence::lines(desk, case)? {
        say!("    {line}")?;
    }
    say!("")?;
    Ok(Some(**id))
}

fn tell_file(
    desk: &mut Desk,
    cases: &[(CaseId, Case)],
    class_of: ClassOf<'_>,
) -> anyhow::Result<Option<CaseId>> {
    let mut found: Vec<&(CaseId, Case)> =
        cases.iter().filter(|(_, case)| evidence::is_exact(case)).collect();
    found.sort_by_key(|(id, case)| (case.at, *id));
    say!(
        "posts with the known file: {}. The file is the same; who posts it is not:\n",
        found.len()
    )?;
    let mut innocent = None;
    for (id, case) in found.iter().take(POSTS_SHOWN) {
        let class = class(desk, case, class_of)?;
        let is_innocent = ["newsroom", "archive"].contains(&&*class);
        innocent = innocent.or(is_innocent.then_some(*id));
        say!("  {id}  {} (in truth: {class})", desk.subject(case.subject)?)?;
        let restricted =
            desk.judge().actions().of_case(*id).find(|action| action.decision.is_none());
        match restricted.and_then(|action| action.planned.until) {
            Some(_) => say!("       its reach is restricted until people look, 72 hours at most")?,
            None => {
                say!("       a case; the post stays as it is:")?;
                for line in law::unattended(desk, case)? {
                    say!("         {line}")?;
                }
            }
        }
    }
    say!("")?;
    Ok(innocent)
}

/// Who the account of a case is in truth.
fn class(desk: &mut Desk, case: &Case, class_of: ClassOf<'_>) -> anyhow::Result<String> {
    let Some(AccountId(account)) = case.subject.account() else { return Ok("nobody".into()) };
    let person = desk.person(AccountId(account))?;
    let class = person.id.as_deref().and_then(class_of);
    Ok(class.unwrap_or_else(|| "not told".into()))
}
