//! Ruling on a case and overturning a decision: each signed, and told with what followed.

use anyhow::Context;
use seawall_model::journal::{ActionPlanned, Body, PolicyCited, Ruling, Says, SubjectSeen};
use seawall_model::{CaseId, DecisionId, EntryId};
use seawall_review::{Case, Ruled, Saw};
use seawall_store::Entries;
use serde_json::{Value, json};

use super::super::args::{CaseDecide, CaseUndo, Global, NoticeWanted};
use super::super::{Ended, show};
use super::desk::{DecidedTold, Desk, minute};
use super::notice::Letter;
use super::{law, look, notice};
use crate::chance;
use crate::signing::ReviewerKey;

/// Paragraphs of a notice that are told at once: what was done, and for how long.
const PARAGRAPHS_SHOWN: usize = 3;
/// Entries of the journal that tell what a decision brought in, at most: one for each file.
const FOLLOWED_MAX: u32 = 1_000;

pub(super) fn decide(global: &Global, given: &CaseDecide) -> anyhow::Result<Ended> {
    let key = ReviewerKey::read(&given.key)?;
    let mut desk = Desk::open(global)?;
    let case = desk.case(given.case)?;
    check(&mut desk, given, &case)?;
    let says = Says::Case {
        case: given.case.0,
        version: given.as_read.unwrap_or(case.version),
        ruled: given.ruling.as_str().to_owned(),
        policy: cited(&desk, given, &case.policy)?,
        saw: given.saw.as_str().to_owned(),
        class: given.class.map(|class| class.as_str().to_owned()),
    };
    let followed = ruled(&mut desk, &key, says)?;
    if given.json {
        let decision = followed.iter().find_map(decision_of);
        let letters = match decision {
            Some(decision) => notice::of_decision(&mut desk, decision)?,
            None => Vec::new(),
        };
        tell_json(&followed, &letters)?;
    } else {
        tell_decided(&mut desk, given.case, &followed)?;
    }
    let is_held = followed.iter().any(|body| matches!(body, Body::RulingHeld { .. }));
    Ok(if is_held { Ended::Findings } else { Ended::Fine })
}

/// Refuses what cannot be meant, before it is signed: acting on what there is nothing to see
/// of, on an entry of knowledge, and a class that would count for nothing.
fn check(desk: &mut Desk, given: &CaseDecide, case: &Case) -> anyhow::Result<()> {
    let id = given.case;
    let Ruled::Act(kind) = given.ruling else {
        anyhow::ensure!(
            given.class.is_none(),
            "--class says what a file is that is acted on, and {} acts on nothing: leave it out; \
             a file that is known is put into another class with `{} bank add`",
            given.ruling.as_str(),
            show::program()
        );
        return Ok(());
    };
    let kind = kind.as_str();
    if let SubjectSeen::Entry { entry } = case.subject {
        anyhow::bail!(
            "{id} is about {} and about nothing on the platform, so that {kind} does not fit: \
             confirm or withdraw the entry, or keep it; `{}` says how",
            desk.entry_called(entry)?,
            desk.command(&format!("show {id}"))
        );
    }
    if given.saw != Saw::Content || desk.has_content(case)? {
        return Ok(());
    }
    let links = "say --saw links if it is for its links";
    match case.subject {
        SubjectSeen::Account { .. } => anyhow::bail!(
            "there is nothing to see: no post of the account of {id} is in the log; {links}, or \
             keep it"
        ),
        _ => anyhow::bail!(
            "there is nothing to see: the content of {id} is gone, or its post is not in the log; it \
             can only be kept"
        ),
    }
}

/// The policy that a ruling cites: none where nothing is done.
fn cited(desk: &Desk, given: &CaseDecide, own: &str) -> anyhow::Result<Option<PolicyCited>> {
    let is_kept = matches!(given.ruling, Ruled::Keep | Ruled::KeepDocuments);
    if is_kept && given.policy.is_none() {
        return Ok(None);
    }
    let id = given.policy.as_deref().unwrap_or(own);
    let policy = desk.active().policy(id).with_context(|| {
        format!(
            "there is no policy {} in force; name one with --policy, or see `seawall policy list`",
            show::foreign(id, 60)
        )
    })?;
    Ok(Some(PolicyCited { id: policy.id.to_string(), version: policy.version }))
}

/// Signs a ruling and takes it; gives what followed, what it brings into knowledge included.
pub(super) fn ruled(desk: &mut Desk, key: &ReviewerKey, says: Says) -> anyhow::Result<Vec<Body>> {
    let derivation = &mut desk.opened.derivation;
    let reviewer = derivation.reviewer_of(&key.public())?;
    let ruling = Ruling { reviewer: reviewer.0, says };
    let signature = key.sign(&ruling.to_bytes());
    let mut followed = derivation.rule(ruling, signature, desk.now)?;
    let (told, _) = derivation.journal().head();
    let mut chance = chance::source(desk.settings.test_seed);
    derivation.follow(&desk.opened.folder, &mut *chance, desk.now)?;
    let added = derivation.journal().read(told, FOLLOWED_MAX)?;
    let is_some =
        |body: &Body| matches!(body, Body::KnowledgeAdded { first, last, .. } if first <= last);
    followed.extend(added.into_iter().map(|recorded| recorded.entry.body).filter(is_some));
    Ok(followed)
}

fn decision_of(body: &Body) -> Option<DecisionId> {
    match body {
        Body::Decided { decision, .. } => Some(DecisionId(*decision)),
        _ => None,
    }
}

fn tell_decided(desk: &mut Desk, id: CaseId, followed: &[Body]) -> anyhow::Result<()> {
    let mut decided = None;
    for body in followed {
        match body {
            Body::RulingHeld { reviewer, missing, .. } => tell_held(desk, id, *reviewer, missing)?,
            Body::Decided { decision, actions, released, second_reading_due, .. } => {
                decided = Some(DecisionId(*decision));
                tell_decision(desk, body)?;
                tell_actions(desk, actions, released)?;
                if let Some(due) = second_reading_due {
                    say!("  a second person reads it until {}", minute(*due))?;
                }
            }
            Body::KnowledgeAdded { first, last, .. } => tell_brought_in(desk, *first, *last)?,
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
        say!("  {}", desk.command(&format!("show {id} --notice both")))?;
    }
    say!("  {}", desk.command(&format!("undo {decision} --key KEYFILE")))?;
    Ok(())
}

fn tell_held(desk: &Desk, id: CaseId, reviewer: u64, missing: &[String]) -> anyhow::Result<()> {
    say!("the ruling of r{reviewer} on {id} is held; it is not enough by itself:")?;
    for name in missing {
        match law::sentence(name) {
            Some(sentence) => say!("  {}", law::words(sentence))?,
            None => say!("  {name}")?,
        }
    }
    say!("\nnext\n  {}", desk.command(&format!("show {id}")))?;
    Ok(())
}

fn tell_decision(desk: &Desk, body: &Body) -> anyhow::Result<()> {
    let Body::Decided { decision, case, policy, .. } = body else { return Ok(()) };
    let told = DecidedTold {
        decision: DecisionId(*decision),
        case: case.map(CaseId),
        policy: policy.clone(),
        body: body.clone(),
        at: desk.now,
    };
    say!("{}", look::decided_words(&told))?;
    Ok(())
}

fn tell_actions(
    desk: &mut Desk,
    actions: &[ActionPlanned],
    released: &[u64],
) -> anyhow::Result<()> {
    for action in actions {
        say!("  {}", look::action_words(desk, action)?)?;
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

fn tell_brought_in(desk: &Desk, first: u64, last: u64) -> anyhow::Result<()> {
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
    let letters: Vec<Value> = letters.iter().map(Letter::json).collect();
    say!("{:#}", json!({ "followed": followed, "notices": letters }))?;
    Ok(())
}

pub(super) fn undo(global: &Global, given: &CaseUndo) -> anyhow::Result<Ended> {
    let key = ReviewerKey::read(&given.key)?;
    let mut desk = Desk::open(global)?;
    let followed = ruled(&mut desk, &key, Says::Overturn { decision: given.decision.0 })?;
    let letters = restored(&desk, given.decision, &followed)?;
    if given.json {
        tell_json(&followed, &letters)?;
        return Ok(Ended::Fine);
    }
    for body in &followed {
        match body {
            Body::Overturned { .. } => tell_overturned(&mut desk, body)?,
            Body::CaseOpened { case, subject, .. } => {
                let about = desk.subject(*subject)?;
                say!("  c{case} is opened: {about} has lost a support and keeps others")?;
            }
            Body::ActionsLapsed { actions } => tell_ended(&mut desk, actions)?,
            _ => {}
        }
    }
    for letter in &letters {
        let about = desk.subject(letter.about)?;
        say!("\nnotice to the account concerned ({about})\n")?;
        letter.say(NoticeWanted::Both)?;
    }
    say!("\nnext\n  {}", desk.command("list"))?;
    Ok(Ended::Fine)
}

/// What was done without a person and has nothing left to rest on.
fn tell_ended(desk: &mut Desk, actions: &[u64]) -> anyhow::Result<()> {
    let known = desk.actions()?;
    for done in actions.iter().filter_map(|number| known.get(number)) {
        let subject = desk.subject(done.action.subject)?;
        say!("  {} the {subject}: what it rested on is gone", done.action.inverse)?;
    }
    Ok(())
}

/// What those are told whose actions were reversed.
fn restored(desk: &Desk, undone: DecisionId, followed: &[Body]) -> anyhow::Result<Vec<Letter>> {
    let actions = desk.actions()?;
    let reversed = followed.iter().filter_map(|body| match body {
        Body::Overturned { actions_reversed, .. } => Some(actions_reversed),
        Body::ActionsLapsed { actions } => Some(actions),
        _ => None,
    });
    let done = reversed.flatten().filter_map(|number| actions.get(number));
    let letters =
        done.filter_map(|done| notice::restored(done, desk.now, notice::why(done, undone)));
    Ok(letters.collect())
}

/// An overturn in words: everything that follows from it.
fn tell_overturned(desk: &mut Desk, body: &Body) -> anyhow::Result<()> {
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
