//! What the tide left behind, told below the chart: returns, cases, decisions and actions.

use super::show;
use crate::tide::CasesView;

/// What is told below the chart.
pub(super) fn draw(cases: &CasesView, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    writeln!(out, "\nreturns, cases and decisions (as they stand now)")?;
    writeln!(
        out,
        "  {:>12} among {} (of the rules' finding, for people to confirm)",
        show::counted(cases.returns_of_accounts_created, "return", "returns"),
        show::counted(cases.accounts_created, "account created", "accounts created")
    )?;
    if cases.returns_of_older_accounts > 0 {
        let more = show::counted(cases.returns_of_older_accounts, "return", "returns");
        writeln!(out, "  {more:>12} of accounts made before, which changed their profile")?;
    }
    writeln!(
        out,
        "  {:>12} opened, {} of them decided",
        show::counted(cases.opened, "case", "cases"),
        show::count(cases.decided)
    )?;
    writeln!(
        out,
        "  {:>12} and {} in force",
        show::counted(cases.decisions, "decision", "decisions"),
        show::counted(cases.actions_in_force, "action", "actions")
    )?;
    if cases.held > 0 {
        let held = show::counted(cases.held, "finding", "findings");
        writeln!(out, "  {held:>12} held for want of room: decide open cases")?;
    }
    if cases.over_quota > 0 {
        let cases = show::counted(cases.over_quota, "case", "cases");
        writeln!(out, "  {cases:>12} not restricted without a person: the day's quota was spent")?;
    }
    if cases.appeals > 0 {
        let appeals = show::counted(cases.appeals, "appeal", "appeals");
        writeln!(out, "  {appeals:>12}, {} of them waiting", show::count(cases.appeals_waiting))?;
    }
    Ok(())
}
