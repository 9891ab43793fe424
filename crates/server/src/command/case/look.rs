//! One case in full: why it is here, what it is about, what each ruling needs, what was done.

use seawall_action::InForce;
use seawall_model::journal::SubjectSeen;
use seawall_model::{CaseId, EntryId};
use seawall_review::{Case, CaseState, Saw};
use serde_json::{Value, json};

use super::super::args::{CaseShow, Global, NoticeWanted};
use super::super::{Ended, knowledge};
use super::folder::{CaseFolder, Typed};
use crate::desk::list::State;
use crate::desk::notice::Letter;
use crate::desk::{Desk, Viewer, ago, content, evidence, law, minute, notice, told, view};
use crate::signing::ReviewerKey;

pub(super) fn run(global: &Global, given: &CaseShow) -> anyhow::Result<Ended> {
    let mut folder = CaseFolder::open(global)?;
    let (typed, people) = (folder.typed(), folder.people()?);
    let reader = match &given.key {
        Some(key) => {
            // A case that is not there is no reason to read the register.
            folder.desk().case(given.case)?;
            Some(folder.read_register(&ReviewerKey::read(key)?)?)
        }
        None => None,
    };
    let mut desk = folder.desk();
    if reader.is_some() {
        desk = desk.telling_register();
    }
    let case = desk.case(given.case)?;
    desk.seat(given.case, &people)?;
    if let Some(wanted) = given.notice.filter(|_| !given.json) {
        return tell_notice(&mut desk, given.case, wanted);
    }
    if given.json {
        let told = json(&mut desk, given.case)?;
        say!("{told:#}")?;
        return Ok(Ended::Fine);
    }
    tell(&mut desk, &typed, given.case, case)?;
    if let Some(reader) = reader {
        say!("\nthat {reader} read the register is in the journal")?;
    }
    Ok(Ended::Fine)
}

fn tell_notice(desk: &mut Desk<'_>, id: CaseId, wanted: NoticeWanted) -> anyhow::Result<Ended> {
    let letters = notice::of_case(desk, id)?;
    if letters.is_empty() {
        say!("nothing was done on {id}, so that nobody is told anything")?;
    }
    for (index, letter) in letters.iter().enumerate() {
        if index > 0 {
            say!("\n===\n")?;
        }
        tell_letter(letter, wanted)?;
    }
    Ok(Ended::Fine)
}

/// Tells a notice in the language asked for.
pub(super) fn tell_letter(letter: &Letter, wanted: NoticeWanted) -> std::io::Result<()> {
    if wanted != NoticeWanted::En {
        say!("{}", letter.arabic)?;
    }
    if wanted == NoticeWanted::Both {
        say!("\n---\n")?;
    }
    if wanted != NoticeWanted::Ar {
        say!("{}", letter.english)?;
    }
    Ok(())
}

fn tell(desk: &mut Desk<'_>, typed: &Typed, id: CaseId, case: &Case) -> anyhow::Result<()> {
    let about = desk.subject(case.subject)?;
    say!("{id}: {about}, {}, version {}", State::of(case).as_str(), case.version)?;
    say!("  of {}, {} ago", minute(case.at), ago(case.at, desk.now()))?;
    for line in told::opened_lines(desk, case) {
        say!("  {line}")?;
    }
    section("why it is here", &evidence::lines(desk, id, case)?)?;
    section("what it is about", &content::lines(desk, case)?)?;
    section("how the account stands", &told::standing_lines(desk, id, case)?)?;
    if desk.judge().actions().of_case(id).next().is_none() && case.state == CaseState::Open {
        section("why nothing was restricted by itself", &law::unattended(desk, case)?)?;
    }
    section("in force", &told::in_force_lines(desk, id)?)?;
    section("rulings held", &told::held_lines(desk, id, case, Viewer::Folder)?)?;
    section("rulings let go", &told::let_go_lines(desk, id, case, Viewer::Folder)?)?;
    section("appeals", &told::appeal_lines(desk, id))?;
    if case.state == CaseState::Open {
        section("what each ruling needs", &needs_lines(desk, case)?)?;
    }
    section("decisions", &told::decision_lines(desk, id)?)?;
    say!("\nnext")?;
    for line in next_lines(desk, typed, id, case)? {
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

/// What each ruling needs, a line each, as it is typed.
fn needs_lines(desk: &mut Desk<'_>, case: &Case) -> anyhow::Result<Vec<String>> {
    if let SubjectSeen::Entry { .. } = case.subject {
        return Ok(vec![
            "keep closes it: one reviewer; what is done about the entry stands below".into(),
        ]);
    }
    let mut lines = vec!["keep, keep-documents: one reviewer".to_owned()];
    if let Some(missing) = law::without_policy(desk, case) {
        lines.push(format!("{missing}; then:"));
    }
    for need in law::needs(desk, case)? {
        let (kind, saw) = (need.kind.as_str(), need.saw.as_str());
        if need.missing.is_empty() {
            lines.push(format!("{kind} --saw {saw}: one reviewer"));
            continue;
        }
        lines.push(format!("{kind} --saw {saw} is not enough:"));
        lines.extend(need.missing.iter().map(|sentence| format!("  {}", law::words(*sentence))));
    }
    if case.is_deleted {
        lines.push("anything else: it was deleted, and there is nothing to act on".into());
    }
    if !desk.has_content(case)? {
        lines.push("--saw content: there is nothing to see".into());
    }
    Ok(lines)
}

fn next_lines(
    desk: &mut Desk<'_>,
    typed: &Typed,
    id: CaseId,
    case: &Case,
) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    match case.state {
        CaseState::Open => lines.extend(open_lines(desk, typed, id, case)?),
        CaseState::Decided(decision) => {
            lines.push(typed.case(&format!("show {id} --notice both")));
            lines.push(typed.case(&format!("undo {decision} --key KEYFILE")));
        }
        CaseState::Withdrawn => {}
    }
    let waiting = desk.judge().appeals().waiting().filter(|(_, appeal)| appeal.case == id);
    for (appeal, _) in waiting.filter(|(appeal, _)| !desk.is_moot(*appeal)) {
        for ruling in ["uphold", "overturn"] {
            lines.push(typed.case(&format!("appeal {appeal} {ruling} --key KEYFILE")));
        }
    }
    lines.push(typed.case("list"));
    Ok(lines)
}

/// What can be ruled on an open case, each as it is typed.
fn open_lines(
    desk: &mut Desk<'_>,
    typed: &Typed,
    id: CaseId,
    case: &Case,
) -> anyhow::Result<Vec<String>> {
    let as_read = format!("--as-read {} --key KEYFILE", case.version);
    let decide =
        |ruled: &str, saw: Saw| format!("decide {id} {ruled} --saw {} {as_read}", saw.as_str());
    let mut lines = Vec::new();
    if let SubjectSeen::Entry { entry } = case.subject {
        lines.extend(entry_next_lines(desk, typed, entry)?);
        lines.push(typed.case(&decide("keep", Saw::Content)));
        return Ok(lines);
    }
    let (sights, proposed) = (law::sights(desk, case)?, law::proposed(desk, case)?);
    let caution = law::caution(desk, case, proposed);
    lines.extend(caution.map(|caution| format!("# {caution}")));
    let saw = sights.first().copied().unwrap_or(Saw::Content);
    lines.push(typed.case(&decide("keep", saw)));
    if sights.contains(&Saw::Content) {
        lines.push(typed.case(&decide("keep-documents", Saw::Content)));
    }
    match proposed {
        Some((kind, saw)) => lines.push(typed.case(&decide(kind.as_str(), saw))),
        None if law::without_policy(desk, case).is_some() => {
            lines.push(typed.command("policy list"));
        }
        None => lines.push(typed.case(&format!("show {id}"))),
    }
    Ok(lines)
}

/// What can be done about an entry of knowledge that has lost a support.
fn entry_next_lines(desk: &Desk<'_>, typed: &Typed, entry: u64) -> anyhow::Result<Vec<String>> {
    let entry = EntryId(entry);
    let Some(knowledge) = desk.entry(entry.0)?.filter(|_| desk.active().contains(entry)) else {
        return Ok(Vec::new());
    };
    let kind = knowledge.known.kind();
    let verbs = knowledge::verbs(kind).iter();
    let typed = |verb: &&str| {
        typed.command(&format!("{} {verb} {entry} --key KEYFILE", knowledge::command(kind)))
    };
    Ok(verbs.map(typed).collect())
}

/// A case as the server tells it, and beside that as the journal does.
fn json(desk: &mut Desk<'_>, id: CaseId) -> anyhow::Result<Value> {
    let mut told = serde_json::to_value(view::case(desk, id, Viewer::Folder)?)?;
    let decisions = desk.decisions_on(id)?;
    let bodies: Vec<_> = decisions.iter().map(|decided| &decided.body).collect();
    told["decisions"] = json!(bodies);
    let planned = desk.judge().actions().of_case(id).map(|InForce { planned, .. }| planned);
    for (place, planned) in planned.enumerate() {
        told["in_force"][place]["action"] = json!(planned);
    }
    Ok(told)
}
