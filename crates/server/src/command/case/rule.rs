//! Ruling on a case and overturning a decision: each signed, and told with what followed.

use seawall_model::journal::{ActionPlanned, Body, Says};
use seawall_model::{AppealId, CaseId, DecisionId, EntryId};
use seawall_review::AppealState;
use serde_json::{Value, json};

use super::super::args::{CaseAppeal, CaseDecide, CaseUndo, Global, NoticeWanted};
use super::super::{Ended, show};
use super::folder::{CaseFolder, Typed};
use super::look;
use crate::desk::notice::{self, Letter};
use crate::desk::ruling::{self, Asked, Unfit};
use crate::desk::view::NoticeView;
use crate::desk::{DecidedTold, Desk, law, minute, told};
use crate::signing::ReviewerKey;

/// Paragraphs of a notice that are told at once: what was done, and for how long.
const PARAGRAPHS_SHOWN: usize = 3;

pub(super) fn decide(global: &Global, given: &CaseDecide) -> anyhow::Result<Ended> {
    let key = ReviewerKey::read(&given.key)?;
    let mut folder = CaseFolder::open(global)?;
    let typed = folder.typed();
    let asked = Asked {
        case: given.case,
        version: given.as_read,
        ruled: given.ruling,
        saw: given.saw,
        policy: given.policy.clone(),
        class: given.class,
    };
    let says = ruling::says(&mut folder.desk(), &asked).map_err(|unfit| in_words(unfit, &typed))?;
    let followed = folder.rule(&key, says)?;
    let mut desk = folder.desk();
    if given.json {
        let letters = match ruling::decision_of(&followed, given.case) {
            Some(decision) => notice::of_decision(&mut desk, decision)?,
            None => Vec::new(),
        };
        tell_json(&followed, &letters)?;
    } else {
        tell_decided(&mut desk, &typed, given.case, &followed)?;
    }
    let is_decided = ruling::decision_of(&followed, given.case).is_some();
    Ok(if is_decided { Ended::Fine } else { Ended::Findings })
}

/// Why a ruling cannot be meant, with what to type instead.
fn in_words(unfit: Unfit, typed: &Typed) -> anyhow::Error {
    match unfit {
        Unfit::Desk(error) => error.into(),
        Unfit::ClassOfNothing(ruled) => anyhow::anyhow!(
            "--class says what a file is that is acted on, and {ruled} acts on nothing: leave it \
             out; a file that is known is put into another class with `{} bank add`",
            show::program()
        ),
        Unfit::AboutEntry { case, called, ruled } => anyhow::anyhow!(
            "{case} is about {called} and about nothing on the platform, so that {ruled} does not \
             fit: confirm or withdraw the entry, or keep it; `{}` says how",
            typed.case(&format!("show {case}"))
        ),
        Unfit::NoPosts(case) => anyhow::anyhow!(
            "there is nothing to see: no post of the account of {case} is in the log; say --saw \
             links if it is for its links, or keep it"
        ),
        Unfit::ContentGone(_) => unfit.into(),
        Unfit::NoPolicy(id) => anyhow::anyhow!(
            "there is no policy {} in force; name one with --policy, or see `seawall policy list`",
            show::foreign(&id, 60)
        ),
    }
}

fn tell_decided(
    desk: &mut Desk<'_>,
    typed: &Typed,
    id: CaseId,
    followed: &[Body],
) -> anyhow::Result<()> {
    let decided = ruling::decision_of(followed, id);
    for body in followed {
        match body {
            Body::RulingHeld { case, reviewer, missing } => {
                tell_held(typed, case.map_or(id, CaseId), *reviewer, missing)?;
            }
            Body::AppealDecided { .. } => tell_appeal(body)?,
            Body::Decided { actions, released, second_reading_due, .. } => {
                tell_decision(desk, body)?;
                tell_actions(desk, actions, released)?;
                if let Some(due) = second_reading_due {
                    say!("  a second person reads it until {}", minute(*due))?;
                }
            }
            Body::KnowledgeAdded { first, last, .. } => tell_brought_in(desk, *first, *last)?,
            Body::RulingLetGo { .. } => tell_let_go(body)?,
            _ => {}
        }
    }
    let Some(decision) = decided else { return Ok(()) };
    let letters = notice::of_decision(desk, decision)?;
    for letter in &letters {
        tell_beginning(letter)?;
    }
    say!("\nnext")?;
    if !letters.is_empty() {
        say!("  {}", typed.case(&format!("show {id} --notice both")))?;
    }
    say!("  {}", typed.case(&format!("undo {decision} --key KEYFILE")))?;
    Ok(())
}

fn tell_held(typed: &Typed, id: CaseId, reviewer: u64, missing: &[String]) -> anyhow::Result<()> {
    if missing == [law::QUOTA] {
        say!("the ruling of r{reviewer} on {id} is held: {}", law::QUOTA_WORDS)?;
        say!("\nnext\n  {}", typed.case(&format!("show {id}")))?;
        return Ok(());
    }
    say!("the ruling of r{reviewer} on {id} is held; it is not enough by itself:")?;
    for name in missing {
        say!("  {}", law::lacking(name))?;
    }
    say!("\nnext\n  {}", typed.case(&format!("show {id}")))?;
    Ok(())
}

fn tell_decision(desk: &Desk<'_>, body: &Body) -> anyhow::Result<()> {
    let Some(decided) = DecidedTold::of(body.clone(), desk.now()) else { return Ok(()) };
    say!("{}", told::decided_words(&decided))?;
    Ok(())
}

fn tell_actions(
    desk: &mut Desk<'_>,
    actions: &[ActionPlanned],
    released: &[u64],
) -> anyhow::Result<()> {
    for action in actions {
        say!("  {}", told::action_words(desk, action)?)?;
    }
    if actions.is_empty() {
        say!("  nothing is done on the platform")?;
    }
    let before = desk.actions()?;
    for number in released {
        let Some(done) = before.get(number) else { continue };
        let subject = desk.subject(done.action.subject)?;
        let what = match done.decision {
            None => "the restriction without a person ends".to_owned(),
            Some(decision) => format!("what {decision} did ends"),
        };
        say!("  {} the {subject}: {what}", done.action.inverse)?;
    }
    Ok(())
}

fn tell_brought_in(desk: &Desk<'_>, first: u64, last: u64) -> anyhow::Result<()> {
    for entry in first..=last {
        let until = desk.entry(entry)?.and_then(|knowledge| knowledge.expires);
        let until = until.map_or(String::new(), |at| format!(", until {}", minute(at)));
        let stands = desk.judge().supports().supporters(EntryId(entry)).count();
        let how =
            if stands > 1 { "one more decision stands for" } else { "from now on compared with:" };
        say!("  {how} {}{until}", desk.entry_called(entry)?)?;
    }
    Ok(())
}

/// The first lines of a notice, in both languages.
fn tell_beginning(letter: &Letter) -> anyhow::Result<()> {
    for statement in [&letter.arabic, &letter.english] {
        say!("\n  {}", statement.subject_line)?;
        for paragraph in statement.paragraphs.iter().skip(1).take(PARAGRAPHS_SHOWN - 1) {
            say!("  {paragraph}")?;
        }
    }
    Ok(())
}

fn tell_json(followed: &[Body], letters: &[Letter]) -> anyhow::Result<()> {
    let letters: Vec<NoticeView> = letters.iter().map(NoticeView::from).collect();
    let told: Value = json!({ "followed": followed, "notices": letters });
    say!("{told:#}")?;
    Ok(())
}

pub(super) fn undo(global: &Global, given: &CaseUndo) -> anyhow::Result<Ended> {
    let key = ReviewerKey::read(&given.key)?;
    let mut folder = CaseFolder::open(global)?;
    let typed = folder.typed();
    let followed = folder.rule(&key, Says::Overturn { decision: given.decision.0 })?;
    let mut desk = folder.desk();
    let letters = notice::of_overturn(&desk, given.decision, &followed)?;
    if given.json {
        tell_json(&followed, &letters)?;
        return Ok(Ended::Fine);
    }
    tell_undone(&mut desk, &typed, &followed, &letters)?;
    Ok(Ended::Fine)
}

pub(super) fn appeal(global: &Global, given: &CaseAppeal) -> anyhow::Result<Ended> {
    let key = ReviewerKey::read(&given.key)?;
    let mut folder = CaseFolder::open(global)?;
    let typed = folder.typed();
    let CaseAppeal { appeal, ruling, .. } = given;
    let followed = folder.rule(&key, Says::Appeal { appeal: appeal.0, ruled: *ruling })?;
    let mut desk = folder.desk();
    let against = desk.judge().appeals().get(*appeal).and_then(|appeal| appeal.decision);
    let mut letters = notice::of_appeals(&desk, &followed)?;
    letters.extend(notice::of_overturn(&desk, against.unwrap_or(DecisionId(0)), &followed)?);
    if given.json {
        tell_json(&followed, &letters)?;
        return Ok(Ended::Fine);
    }
    tell_undone(&mut desk, &typed, &followed, &letters)?;
    Ok(Ended::Fine)
}

/// What a ruling took back, or left as it is, and the letters about it.
fn tell_undone(
    desk: &mut Desk<'_>,
    typed: &Typed,
    followed: &[Body],
    letters: &[Letter],
) -> anyhow::Result<()> {
    for body in followed {
        match body {
            Body::Overturned { .. } => tell_overturned(desk, body)?,
            Body::CaseOpened { case, subject, .. } => {
                let about = desk.subject(*subject)?;
                say!("  c{case} is opened: {about} has lost a support and keeps others")?;
            }
            body => tell_end(desk, body)?,
        }
    }
    tell_letters(desk, letters)?;
    say!("\nnext\n  {}", typed.case("list"))?;
    Ok(())
}

/// What ends with something that was taken back, in words: restrictions without a person, appeals
/// and rulings that were held.
pub(in crate::command) fn tell_end(desk: &mut Desk<'_>, body: &Body) -> anyhow::Result<()> {
    match body {
        Body::ActionsLapsed { actions } => tell_ended(desk, actions)?,
        Body::AppealDecided { .. } => tell_appeal(body)?,
        Body::RulingLetGo { .. } => tell_let_go(body)?,
        _ => {}
    }
    Ok(())
}

/// Letters to those concerned, each with whom it goes to.
pub(in crate::command) fn tell_letters(
    desk: &mut Desk<'_>,
    letters: &[Letter],
) -> anyhow::Result<()> {
    for letter in letters {
        let about = desk.subject(letter.about)?;
        say!("\nnotice to the account concerned ({about})\n")?;
        look::tell_letter(letter, NoticeWanted::Both)?;
    }
    Ok(())
}

/// A ruling that was held and counts no more, in words.
fn tell_let_go(body: &Body) -> std::io::Result<()> {
    let Body::RulingLetGo { case, .. } = body else { return Ok(()) };
    let case = case.map_or(String::new(), |case| format!(" on {}", CaseId(case)));
    told::let_go_words(body).map_or(Ok(()), |words| say!("  a ruling{case} of {words}"))
}

/// An appeal that was decided, in words.
fn tell_appeal(body: &Body) -> anyhow::Result<()> {
    let Body::AppealDecided { appeal, upheld, by } = body else { return Ok(()) };
    let appeal = AppealId(*appeal);
    match (upheld, by) {
        (true, Some(by)) => say!("  the appeal {appeal} is decided by r{by}: the action stands")?,
        (_, Some(by)) => say!("  the appeal {appeal} is granted by r{by}")?,
        (_, None) => say!("  the appeal {appeal} is granted: what it was against has ended")?,
    }
    Ok(())
}

/// What was done without a person and ended before its time, and why.
fn tell_ended(desk: &mut Desk<'_>, actions: &[u64]) -> anyhow::Result<()> {
    let known = desk.actions()?;
    for done in actions.iter().filter_map(|number| known.get(number)) {
        let subject = desk.subject(done.action.subject)?;
        let (number, inverse) = (done.action.action, &done.action.inverse);
        let against = desk.judge().appeals().against(number).map(|(_, appeal)| appeal.state);
        let why = match against {
            Some(AppealState::Granted(Some(_))) => "an appeal was granted",
            _ => "what it rested on is gone",
        };
        say!("  {inverse} the {subject}: action {number} ends, for {why}")?;
    }
    Ok(())
}

/// An overturn in words: everything that follows from it.
fn tell_overturned(desk: &mut Desk<'_>, body: &Body) -> anyhow::Result<()> {
    let Body::Overturned {
        decision,
        by,
        entries_withdrawn,
        entries_reopened,
        matches_withdrawn,
        unlinked,
        decisions_fallen,
        actions_reversed,
        cases_reopened,
    } = body
    else {
        return Ok(());
    };
    say!("d{decision} is overturned by d{by}")?;
    let actions = desk.actions()?;
    for done in actions_reversed.iter().filter_map(|number| actions.get(number)) {
        let subject = desk.subject(done.action.subject)?;
        let (number, kind) = (done.action.action, &done.action.kind);
        say!("  {} the {subject}: action {number}, {kind}, is reversed", done.action.inverse)?;
    }
    for entry in entries_withdrawn {
        let called = desk.entry_called(*entry)?;
        say!("  no longer compared with: {called}")?;
    }
    for entry in entries_reopened {
        say!("  stays, for others stand for it: {}", desk.entry_called(*entry)?)?;
    }
    for (case, entry) in matches_withdrawn {
        say!("  {} no longer rests on {}", CaseId(*case), EntryId(*entry))?;
    }
    for (decision, entry) in unlinked {
        say!("  {} is no longer tied to {}", DecisionId(*decision), EntryId(*entry))?;
    }
    for decision in decisions_fallen {
        say!("  {} rested on nothing else and falls with it", DecisionId(*decision))?;
    }
    for case in cases_reopened {
        let case = CaseId(*case);
        let about = match desk.judge().cases().get(case).map(|case| case.subject) {
            Some(subject) => desk.subject(subject)?,
            None => String::new(),
        };
        say!("  {case} is open again: {about}")?;
    }
    Ok(())
}
