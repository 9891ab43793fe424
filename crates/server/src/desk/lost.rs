//! What a case or a decision rested on and rests on no more: which entry, and how it fell.
//!
//! The journal tells what a case was opened on and grew by; what of that the case does not
//! hold any more was taken out of it. Left out: what falls when, which is the pipeline's.

use seawall_model::journal::{Body, EvidenceSeen, GroundSeen};
use seawall_model::knowledge::Known;
use seawall_model::{CaseId, DecisionId, EntryId, Timestamp};
use seawall_review::{Case, CaseState};

use super::{DecidedTold, Desk, DeskError, minute};

/// Entries of the journal by which entries of knowledge fall.
const FALLS: [&str; 3] = ["overturned", "withdrawn", "entries_lapsed"];

/// What a case was opened on or grew by and rests on no more, in order: what it still holds
/// although its entry is in force no more, and what was taken out of it.
///
/// # Errors
/// [`DeskError::Store`] if the journal cannot be read.
///
/// Cost: nothing for an open case that never changed; else what opened all cases is read.
pub fn evidence(desk: &Desk<'_>, id: CaseId, case: &Case) -> Result<Vec<EvidenceSeen>, DeskError> {
    let fallen = case.evidence.iter().filter(|piece| is_fallen(desk, piece)).cloned();
    let mut lost: Vec<EvidenceSeen> = fallen.collect();
    lost.extend(taken_out(desk, id, case)?);
    let mut once: Vec<EvidenceSeen> = Vec::new();
    for piece in lost {
        // A comparison is of several families, and fell as one.
        if once.iter().all(|other| (&other.kind, other.entry) != (&piece.kind, piece.entry)) {
            once.push(piece);
        }
    }
    Ok(once)
}

/// Whether nothing that a case holds counts any more; true where it holds nothing.
#[must_use]
pub fn is_all_fallen(desk: &Desk<'_>, case: &Case) -> bool {
    case.evidence.iter().all(|piece| is_fallen(desk, piece))
}

fn is_fallen(desk: &Desk<'_>, piece: &EvidenceSeen) -> bool {
    let is_out = |entry| !desk.active().contains(EntryId(entry));
    piece.kind != "support_lost" && piece.entry.is_some_and(is_out)
}

/// What the journal says that a case was opened on or grew by, and that it does not hold.
fn taken_out(desk: &Desk<'_>, id: CaseId, case: &Case) -> Result<Vec<EvidenceSeen>, DeskError> {
    let mut lost: Vec<EvidenceSeen> = Vec::new();
    // What changed nothing took nothing out; what was decided is no other version by that.
    if case.version <= 1 && case.state == CaseState::Open || desk.of_types(&FALLS)?.is_empty() {
        return Ok(lost);
    }
    for recorded in desk.of_types(&["case_opened", "case_grew"])? {
        let (Body::CaseOpened { case: of, evidence, .. }
        | Body::CaseGrew { case: of, evidence, .. }) = recorded.entry.body
        else {
            continue;
        };
        if of == id.0 {
            lost.extend(evidence);
        }
    }
    let is_held = |piece: &EvidenceSeen, by: &[EvidenceSeen]| {
        by.iter().any(|other| {
            (&other.kind, other.entry, &other.family) == (&piece.kind, piece.entry, &piece.family)
        })
    };
    lost.retain(|piece| piece.entry.is_some() && !is_held(piece, &case.evidence));
    Ok(lost)
}

/// What of a case was taken out of it, in words, a line each.
///
/// # Errors
/// As [`evidence`], or knowledge cannot be read.
pub fn lines(desk: &Desk<'_>, id: CaseId, case: &Case) -> Result<Vec<String>, DeskError> {
    let lost = evidence(desk, id, case)?;
    lost.iter().map(|piece| line(desk, piece)).collect()
}

/// One piece that was taken out, in words.
///
/// # Errors
/// As [`lines`].
pub fn line(desk: &Desk<'_>, piece: &EvidenceSeen) -> Result<String, DeskError> {
    let entry = piece.entry.unwrap_or_default();
    Ok(format!("no longer rests on {}, which {}", desk.entry_called(entry)?, fate(desk, entry)?))
}

/// What a case lost, in a few words; `None` if it lost nothing.
///
/// # Errors
/// As [`evidence`].
pub fn brief(desk: &Desk<'_>, id: CaseId, case: &Case) -> Result<Option<String>, DeskError> {
    let lost = evidence(desk, id, case)?;
    let names = lost.iter().filter_map(|piece| piece.entry).map(|entry| EntryId(entry).to_string());
    let names: Vec<String> = names.collect();
    Ok((!names.is_empty()).then(|| format!("what it rested on is gone ({})", names.join(", "))))
}

/// What a decision rested on and is in force no more, in words to follow those about it; empty
/// where everything still is.
///
/// # Errors
/// As [`lines`].
pub fn of_decision(desk: &Desk<'_>, decided: &DecidedTold) -> Result<String, DeskError> {
    let Body::Decided { grounds, .. } = &decided.body else { return Ok(String::new()) };
    let mut words = String::new();
    for ground in grounds {
        let (GroundSeen::Match { entry } | GroundSeen::Link { entry }) = ground else { continue };
        if !desk.active().contains(EntryId(*entry)) {
            let called = desk.entry_called(*entry)?;
            words += &format!("; it rested on {called}, which {}", fate(desk, *entry)?);
        }
    }
    Ok(words)
}

/// How an entry that is in force no more fell.
fn fate(desk: &Desk<'_>, entry: u64) -> Result<String, DeskError> {
    let mut last: Option<(Option<DecisionId>, Timestamp)> = None;
    for recorded in desk.of_types(&FALLS)? {
        let at = recorded.entry.at;
        match recorded.entry.body {
            Body::Overturned { decision, entries_withdrawn, .. }
                if entries_withdrawn.contains(&entry) =>
            {
                last = Some((Some(DecisionId(decision)), at));
            }
            Body::Withdrawn { by, entries_withdrawn, .. } if entries_withdrawn.contains(&entry) => {
                last = Some((Some(DecisionId(by)), at));
            }
            Body::Withdrawn { entries, .. } | Body::EntriesLapsed { entries }
                if entries.contains(&entry) =>
            {
                last = Some((None, at));
            }
            _ => {}
        }
    }
    if desk.active().contains(EntryId(entry)) {
        return Ok("did not count any more then, and is in force again".into());
    }
    let Some((overturned, at)) = last else { return Ok("is not in force any more".into()) };
    let at_time = minute(at);
    if let Some(decision) = overturned {
        return Ok(format!("fell with {decision}, the last that stood for it, at {at_time}"));
    }
    let knowledge = desk.entry(entry)?;
    let expired = knowledge.as_ref().and_then(|known| known.expires).is_some_and(|end| end <= at);
    Ok(match knowledge.map(|knowledge| knowledge.known) {
        _ if expired => format!("reached its expiry at {at_time}"),
        Some(Known::Removed(_)) => {
            format!("was withdrawn, or its account was given back by the platform, at {at_time}")
        }
        Some(_) => format!("was withdrawn at {at_time}"),
        None => format!("was withdrawn or reached its expiry at {at_time}"),
    })
}
