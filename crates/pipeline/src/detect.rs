//! Step one: what is found on an event, and what the rules make of it.
//!
//! Terms, fingerprints and the comeback score are observed; the rules are asked; what they
//! want opened becomes a finding, a message to the one owner of cases. Left out: whether
//! anything is done about it.

use std::collections::BTreeMap;

use seawall_link::{Frequencies, MatchWeight, Scratch};
use seawall_media::{MATCH_DISTANCE_BITS, Match, Pdq};
use seawall_model::journal::{EvidenceSeen, SubjectSeen};
use seawall_model::{
    Accepted, Embedded, EntryId, Event, EventBody, Family, Folded, MediaItem, MediaRef, MilliBits,
    PlatformId, Position, Signal, SignalKind, SignalValue, Subject, TraceId,
};
use seawall_review::{Change, Content, EVIDENCE_MAX, Finding, RestsOnMissing};
use seawall_rule::{Input, Observation, Observations, Observed, Rests, Value};
use seawall_text::{TermMatch, TermScratch};
use seawall_wave::{TraceKey, post_key};

use crate::active::Active;
use crate::posts::Tells;
use crate::reason::{self, Asked};

/// Terms that a case names at most; rules are told of all of them.
const TERMS_NAMED_MAX: usize = 16;

/// Buffers that are used again for every event.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    terms: TermScratch,
    found_terms: Vec<TermMatch>,
    found_hashes: Vec<Match>,
    pub(crate) links: Scratch,
    json: String,
}

/// What was noted on one event.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pieces: Vec<EvidenceSeen>,
    /// Named after all else: words must not take the room of what weighs more.
    words: Vec<EvidenceSeen>,
    /// By list: how many of its entries stand in the text. `None` without a text.
    terms: Option<BTreeMap<Box<str>, i64>>,
    /// By bank: the nearest match in bits.
    banks: BTreeMap<Box<str>, i64>,
    media: Inputs,
    comeback: Option<Observation>,
}

/// Whether the inputs of a detector were there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inputs {
    /// There was nothing to look at.
    #[default]
    Nothing,
    /// Everything was there.
    Complete,
    /// Something was there without what it is compared by.
    Missing,
}

impl Noted {
    /// Looks for terms in a text.
    pub(crate) fn text(
        &mut self,
        folded: &Folded,
        position: Position,
        active: &Active,
        buffers: &mut Buffers,
    ) {
        self.terms.get_or_insert_default();
        if active.lists().is_empty() {
            return;
        }
        buffers.found_terms.clear();
        active.lists().find(folded, &mut buffers.terms, &mut buffers.found_terms);
        let mut entries: Vec<EntryId> = buffers.found_terms.iter().map(|m| m.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        for entry in entries {
            let Some(list) = active.lists().list(entry) else { continue };
            let counts = self.terms.get_or_insert_default();
            *counts.entry(list.into()).or_default() += 1;
            if self.words.len() == TERMS_NAMED_MAX {
                continue;
            }
            self.words.push(EvidenceSeen {
                kind: "term".into(),
                // Naming a group is no evidence of any family: law 2.
                family: None,
                entry: Some(entry.0),
                milli_bits: None,
                distance: None,
                position: position.0,
            });
        }
    }

    /// Looks a picture or file up in the banks.
    pub(crate) fn media(
        &mut self,
        media: &MediaRef,
        position: Position,
        active: &Active,
        buffers: &mut Buffers,
    ) {
        let pdq = media.pdq.map(Pdq::from_bytes).filter(Pdq::is_telling);
        let is_known = media.sha256.is_some() || pdq.is_some();
        if !is_known {
            self.media = Inputs::Missing;
            return;
        }
        if self.media == Inputs::Nothing {
            self.media = Inputs::Complete;
        }
        let found = &mut buffers.found_hashes;
        found.clear();
        if let Some(sha256) = &media.sha256 {
            found.extend(active.bank().exact(sha256).map(|entry| Match { entry, distance: 0 }));
        }
        let exact = found.len();
        if let Some(pdq) = &pdq {
            seawall_media::search(active.bank(), pdq, MATCH_DISTANCE_BITS, found);
        }
        let found = std::mem::take(found);
        for (number, Match { entry, distance }) in found.iter().enumerate() {
            let Some((bank, _)) = active.hash(*entry) else { continue };
            let bits = i64::from(*distance);
            let nearest = self.banks.entry(bank.into()).or_insert(bits);
            *nearest = (*nearest).min(bits);
            self.push(EvidenceSeen {
                kind: "bank_match".into(),
                family: Some(Family::Content.as_str().into()),
                entry: Some(entry.0),
                milli_bits: None,
                // Only the file's own hash says that it is the same file; a picture that
                // looks the same is one bit away at least.
                distance: Some(if number < exact { 0 } else { (*distance).max(1) }),
                position: position.0,
            });
        }
        buffers.found_hashes = found;
    }

    /// Notes what the comparison with removed profiles gave; `None` if there was nothing to
    /// compare.
    pub(crate) fn comeback(&mut self, bests: &[(EntryId, MatchWeight)], position: Position) {
        self.comeback = Some(match bests.first() {
            Some((_, weight)) => Observation::Real(weight.total.0 as f64 / 1_000.0),
            None => Observation::Nothing,
        });
        for (entry, weight) in bests {
            self.resembles(*entry, weight, position);
        }
    }

    /// Names one removed profile, family by family.
    fn resembles(&mut self, entry: EntryId, weight: &MatchWeight, position: Position) {
        let mut families: BTreeMap<Family, MilliBits> = BTreeMap::new();
        for term in weight.terms() {
            families.entry(term.family).or_default().0 += term.bits.0;
        }
        for (family, bits) in families {
            self.push(EvidenceSeen {
                kind: "comeback".into(),
                family: Some(family.as_str().into()),
                entry: Some(entry.0),
                milli_bits: Some(bits.0),
                distance: None,
                position: position.0,
            });
        }
    }

    /// Says that a profile is there and shows nothing to compare.
    pub(crate) fn no_profile(&mut self) {
        self.comeback = Some(Observation::Unknown);
    }

    fn push(&mut self, piece: EvidenceSeen) {
        if self.pieces.len() < EVIDENCE_MAX {
            self.pieces.push(piece);
        }
    }
}

/// What rules can ask about one event.
struct Answers<'a> {
    noted: &'a Noted,
    signals: &'a [Signal],
}

impl Observations for Answers<'_> {
    fn observed(&self, what: Observed<'_>) -> Observation {
        match what {
            Observed::TermMatches { list } => match &self.noted.terms {
                Some(counts) => Observation::Whole(counts.get(list).copied().unwrap_or(0)),
                None => Observation::Unknown,
            },
            Observed::BankDistance { bank } => match (self.noted.banks.get(bank), self.noted.media)
            {
                (Some(bits), _) => Observation::Whole(*bits),
                (None, Inputs::Missing) => Observation::Unknown,
                (None, _) => Observation::Nothing,
            },
            Observed::ComebackBits => self.noted.comeback.unwrap_or(Observation::Nothing),
            Observed::SignalNumber { kind } => {
                let kind = SignalKind::ALL.into_iter().find(|of| of.as_str() == kind);
                let signal = kind.and_then(|kind| self.signals.iter().find(|s| s.kind == kind));
                match signal.map(|signal| signal.value) {
                    Some(SignalValue::Number(number)) => Observation::Whole(number),
                    _ => Observation::Unknown,
                }
            }
        }
    }
}

/// Asks the rules about an event, and gives what they want put before people.
pub(crate) fn judge(
    accepted: &Accepted<'_>,
    noted: Noted,
    signals: &[Signal],
    (active, key): (&Active, &TraceKey),
    buffers: &mut Buffers,
) -> Option<Finding> {
    let (rules, subject) = (active.rules()?, subject(accepted)?);
    let pieces: Vec<EvidenceSeen> =
        noted.pieces.iter().chain(&noted.words).take(EVIDENCE_MAX).cloned().collect();
    buffers.json.clear();
    seawall_event::encode_onto(accepted.event, &mut buffers.json);
    let data = Value::from_json(buffers.json.as_bytes()).ok()?;
    let input = Input {
        data,
        secret: Value::Null,
        action_id: accepted.position.0.cast_signed(),
        action_name: accepted.event.kind().as_str().into(),
        timestamp: accepted.event.at,
    };
    let answers = Answers { noted: &noted, signals };
    let evaluation = seawall_rule::evaluate(rules, &input, &answers);
    let asked = Asked { rules, active, accepted, pieces: &pieces, key };
    let (reasons, rests) = reason::of(&evaluation.effects, &asked);
    let first = reasons.first()?;
    Some(Finding {
        subject,
        policy: first.policy.clone(),
        rule: Some(first.rule.clone()),
        rests: match rests {
            Rests::No if !is_of_unknown_place(accepted.event) => RestsOnMissing::No,
            Rests::No | Rests::Yes => RestsOnMissing::Yes,
        },
        evidence: pieces,
        reasons,
        at: accepted.event.at,
        created_at: None,
        post: post_of(accepted.event).map(|post| post_key(post, key)),
        // What is known of the account and of the post itself is told at the hand-over.
        content: 0,
        is_deleted: false,
    })
}

/// Whether an event tells a file without telling where it stands: of which post, or on whose
/// profile. Nothing automatic follows from what is missing (law 4).
fn is_of_unknown_place(event: &Event) -> bool {
    matches!(&event.body, EventBody::Media(item)
        if item.post.is_none() && matches!(item.embedded, Embedded::Post | Embedded::Unknown))
}

/// What a case about an event is about. Whose post it is, is told at the hand-over: who sends a
/// file, reports or edits need not be its author.
fn subject(accepted: &Accepted<'_>) -> Option<SubjectSeen> {
    let (position, account) = (accepted.position.0, accepted.account.map(|account| account.0));
    match &accepted.event.body {
        EventBody::PostCreated(_) | EventBody::PostEdited(_) => {
            Some(SubjectSeen::Post { position, account: None })
        }
        EventBody::Media(item) => match account.filter(|_| post_of_media(item).is_none()) {
            // A picture of the account itself, such as its avatar, or one that no post is named of.
            Some(account) => Some(SubjectSeen::Account { account }),
            None => Some(SubjectSeen::Post { position, account: None }),
        },
        // What is reported, never who reports it.
        EventBody::Report(report) => match report.subject {
            Subject::Post(_) => Some(SubjectSeen::Post { position, account: None }),
            Subject::Account(_) => {
                accepted.other.map(|other| SubjectSeen::Account { account: other.0 })
            }
        },
        _ => account.map(|account| SubjectSeen::Account { account }),
    }
}

/// The keyed hash of the platform's id of the post that an event is about, by which a case
/// about it is found; `key` is the data folder's key for traces.
#[must_use]
pub fn post_seen(event: &Event, key: [u8; 32]) -> Option<TraceId> {
    post_of(event).map(|post| post_key(post, &TraceKey(key)))
}

/// The platform's id of the post that an event is about.
fn post_of(event: &Event) -> Option<&str> {
    match &event.body {
        EventBody::PostCreated(post) | EventBody::PostEdited(post) => Some(post.id.as_str()),
        EventBody::Media(item) => post_of_media(item).map(PlatformId::as_str),
        EventBody::Report(report) => match &report.subject {
            Subject::Post(post) => Some(post.as_str()),
            Subject::Account(_) => None,
        },
        _ => None,
    }
}

/// The post that a file is told of; none for what stands on a profile.
fn post_of_media(item: &MediaItem) -> Option<&PlatformId> {
    match item.embedded {
        Embedded::Avatar | Embedded::Banner => None,
        Embedded::Post | Embedded::Unknown => item.post.as_ref(),
    }
}

/// What an event tells of the post that it names.
pub(crate) fn tells(event: &Event) -> Tells {
    match event.body {
        EventBody::PostCreated(_) => Tells::Creation,
        EventBody::PostEdited(_) | EventBody::PostDeleted { .. } => Tells::Change,
        _ => Tells::Mention,
    }
}

/// What an event tells of a post as such; `None` if it tells nothing of one.
pub(crate) fn change(accepted: &Accepted<'_>, key: &TraceKey) -> Option<Change> {
    let position = accepted.position.0;
    let (post, content) = match &accepted.event.body {
        EventBody::PostCreated(post) | EventBody::PostEdited(post) => {
            (&post.id, Content::At(position))
        }
        EventBody::PostDeleted { post } => (post, Content::Deleted),
        _ => return None,
    };
    Some(Change { post: post_key(post.as_str(), key), position, content })
}

/// The removed profiles that a sketch resembles most: several where they weigh the same; never
/// the account's own.
pub(crate) fn bests(
    profile: &seawall_link::Profile,
    accepted: &Accepted<'_>,
    seen: &impl Frequencies,
    active: &Active,
    buffers: &mut Buffers,
) -> Vec<(EntryId, MatchWeight)> {
    let mut bests = active.removed().bests(profile, active.model(), seen, &mut buffers.links);
    bests.retain(|(entry, _)| {
        active.removed_account(*entry).is_none_or(|own| Some(own) != accepted.account)
    });
    bests
}
