//! Why an event is put before people: the rules that want it, and what each verdict rests on.
//!
//! Left out: what was ruled on before, which the cases know.

use seawall_model::journal::EvidenceSeen;
use seawall_model::{Accepted, EntryId, Event, EventBody, EventKind, MediaRef, Profile, TraceId};
use seawall_review::Reason;
use seawall_rule::{Effect, Fired, Observed, Rests, Ruleset};
use seawall_wave::{TraceKey, fact_key};

use crate::active::Active;

/// What rules were asked about.
pub(crate) struct Asked<'a> {
    pub(crate) rules: &'a Ruleset,
    pub(crate) active: &'a Active,
    pub(crate) accepted: &'a Accepted<'a>,
    pub(crate) pieces: &'a [EvidenceSeen],
    pub(crate) key: &'a TraceKey,
}

/// The rules that want a case, in order, each once; and whether what the first of them asks for
/// rests on something missing.
pub(crate) fn of(effects: &[Fired], asked: &Asked<'_>) -> (Vec<Reason>, Rests) {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut rests = None;
    for fired in effects {
        let Effect::OpenCase { policy, .. } = &fired.effect else { continue };
        rests.get_or_insert(fired.rests_on_missing);
        for rule in &fired.rules {
            if reasons.iter().all(|known| *known.rule != **rule) {
                reasons.push(reason(rule, policy, asked));
            }
        }
    }
    (reasons, rests.unwrap_or(Rests::Yes))
}

fn reason(rule: &str, policy: &str, asked: &Asked<'_>) -> Reason {
    let questions = asked.rules.asked_by(rule);
    let is_asked = |piece: &&EvidenceSeen| questions.iter().any(|of| is_answer(*of, piece, asked));
    let entries = asked.pieces.iter().filter(is_asked).filter_map(|piece| piece.entry);
    let mut entries: Vec<u64> = entries.collect();
    entries.sort_unstable();
    entries.dedup();
    let fact = if entries.is_empty() { fact(asked.accepted.event, asked.key) } else { None };
    let position = asked.accepted.position.0;
    Reason { rule: rule.into(), policy: policy.into(), entries, fact, position }
}

/// Whether a piece of evidence answers what a rule asks.
fn is_answer(question: Observed<'_>, piece: &EvidenceSeen, asked: &Asked<'_>) -> bool {
    let Some(entry) = piece.entry.map(EntryId) else { return false };
    match question {
        Observed::TermMatches { list } => asked.active.lists().list(entry) == Some(list),
        Observed::BankDistance { bank } => {
            asked.active.hash(entry).is_some_and(|(of, _)| of == bank)
        }
        Observed::ComebackBits => piece.kind == "comeback",
        Observed::SignalNumber { .. } => false,
    }
}

/// What tells an event from another about the same subject, where it is not the content of a
/// post, whose place does: the category of a report, never its words, which are of everybody
/// other; the file; else the profile that the account shows. `None` where nothing does, as with
/// a like.
fn fact(event: &Event, key: &TraceKey) -> Option<TraceId> {
    match &event.body {
        EventBody::PostCreated(_) | EventBody::PostEdited(_) => None,
        EventBody::Report(report) => Some(told(event, key, &[bytes(report.reason.as_deref())])),
        EventBody::Media(item) => Some(told(event, key, &file(Some(&item.media)))),
        _ => event.profile.as_deref().map(|profile| shown(profile, key)),
    }
}

fn told(event: &Event, key: &TraceKey, parts: &[Option<&[u8]>]) -> TraceId {
    let kind: EventKind = event.kind();
    fact_key([bytes(Some(kind.as_str()))].into_iter().chain(parts.iter().copied()), key)
}

/// What an account says of itself; what is counted of it changes with every event, and says
/// nothing.
fn shown(profile: &Profile, key: &TraceKey) -> TraceId {
    let words = [&profile.handle, &profile.name, &profile.bio, &profile.location];
    let words = words.into_iter().map(|word| bytes(word.as_deref()));
    let pictures = [&profile.avatar, &profile.banner];
    let pictures = pictures.into_iter().flat_map(|picture| file(picture.as_ref()));
    let links = profile.links.iter().map(|link| bytes(Some(link)));
    fact_key(words.chain(pictures).chain(links), key)
}

/// A file by its hashes; by its place on the platform where it has none.
fn file(media: Option<&MediaRef>) -> [Option<&[u8]>; 3] {
    let sha256 = media.and_then(|media| media.sha256.as_ref());
    let pdq = media.and_then(|media| media.pdq.as_ref());
    let id = media.and_then(|media| media.id.as_ref()).map(|id| id.as_str().as_bytes());
    let is_known = sha256.is_some() || pdq.is_some();
    [sha256.map(|hash| &hash[..]), pdq.map(|hash| &hash[..]), id.filter(|_| !is_known)]
}

fn bytes(text: Option<&str>) -> Option<&[u8]> {
    text.map(str::as_bytes)
}
