//! One case.

use std::collections::BTreeSet;

use seawall_model::journal::{EvidenceSeen, PolicyCited, SubjectSeen};
use seawall_model::knowledge::FileClass;
use seawall_model::{ActionKind, DecisionId, ReviewerId, Timestamp, TraceId};

use crate::reason::{Reason, Settled};

/// Whether a verdict rests on a missing or failed input. Law 4: nothing automatic follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestsOnMissing {
    /// Every input was there.
    No,
    /// One was missing or failed.
    Yes,
}

impl From<bool> for RestsOnMissing {
    /// As the journal writes it.
    fn from(is_missing: bool) -> Self {
        if is_missing { Self::Yes } else { Self::No }
    }
}

/// What a rule found on a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub subject: SubjectSeen,
    /// The policy.
    pub policy: Box<str>,
    /// The rule; `None` where no rule found it.
    pub rule: Option<Box<str>>,
    /// Whether the verdict rests on something missing.
    pub rests: RestsOnMissing,
    /// What is known.
    pub evidence: Vec<EvidenceSeen>,
    /// The rules that want people to look; none where no rule found it.
    pub reasons: Vec<Reason>,
    /// When the event that showed it happened.
    pub at: Timestamp,
    /// When the account of the subject was created, where known.
    pub created_at: Option<Timestamp>,
    /// The keyed hash of the platform's id of the post, where it is about one: an edit is
    /// the same post.
    pub post: Option<TraceId>,
    /// Position of the event that told the newest content of the post; 0 where none did.
    pub content: u64,
    /// Whether the post was deleted since.
    pub is_deleted: bool,
}

/// Something happened to a post: it was posted, edited or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The keyed hash of the platform's id of the post.
    pub post: TraceId,
    /// Position of the event that tells it.
    pub position: u64,
    /// What it came to.
    pub content: Content,
}

/// What became of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The event at this position has its newest content.
    At(u64),
    /// Its author deleted it.
    Deleted,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseState {
    /// It waits for people.
    Open,
    /// It was decided.
    Decided(DecisionId),
    /// Its evidence is gone.
    Withdrawn,
}

/// What a reviewer saw before ruling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Saw {
    /// The content itself.
    Content,
    /// Its file, which was decided before.
    File,
    /// The links to what was removed.
    Links,
}

impl Saw {
    /// Every one, in order.
    pub const ALL: [Self; 3] = [Self::Content, Self::File, Self::Links];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::File => "file",
            Self::Links => "links",
        }
    }

    /// What a stable name says.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|saw| saw.as_str() == name)
    }
}

/// What a reviewer rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruled {
    /// It stays, and nothing is wrong with it.
    Keep,
    /// It stays: it documents or condemns.
    KeepDocuments,
    /// Something is done.
    Act(ActionKind),
}

impl Ruled {
    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::KeepDocuments => "keep_documents",
            Self::Act(kind) => kind.as_str(),
        }
    }

    /// What a stable name says.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "keep" => Some(Self::Keep),
            "keep_documents" => Some(Self::KeepDocuments),
            _ => ActionKind::from_name(name).map(Self::Act),
        }
    }

    /// The action, if one follows.
    #[must_use]
    pub fn action(self) -> Option<ActionKind> {
        match self {
            Self::Act(kind) => Some(kind),
            Self::Keep | Self::KeepDocuments => None,
        }
    }
}

/// A ruling that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who ruled.
    pub reviewer: ReviewerId,
    /// What.
    pub ruled: Ruled,
    /// What they saw.
    pub saw: Saw,
    /// The policy they cite.
    pub policy: Option<PolicyCited>,
    /// What they say the file is.
    pub class: Option<FileClass>,
}

/// One subject under review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it is about.
    pub subject: SubjectSeen,
    /// The policy it was opened under.
    pub policy: Box<str>,
    /// The rule that opened it.
    pub rule: Option<Box<str>>,
    /// Counts changes, from 1: a ruling names the version that was read.
    pub version: u64,
    /// Where it stands.
    pub state: CaseState,
    /// Whether a verdict behind it rests on something missing.
    pub rests: RestsOnMissing,
    /// What is known.
    pub evidence: Vec<EvidenceSeen>,
    /// The rules that want people to look.
    pub reasons: Vec<Reason>,
    /// What people ruled on in earlier cases about the subject.
    pub settled: Settled,
    /// Rulings that are held, in order.
    pub heard: Vec<Heard>,
    /// Everybody who ever ruled on it, whatever became of that, in order of their numbers.
    pub ruled_by: BTreeSet<ReviewerId>,
    /// When the first event behind it happened.
    pub at: Timestamp,
    /// The keyed hash of the platform's id of the post, where it is about one.
    pub post: Option<TraceId>,
    /// Position of the event that told the newest content of the post; 0 where it is not about a
    /// post, or nobody told the post itself.
    pub content: u64,
    /// Position of the event that edited the post last since it was first told; 0 if none did.
    pub edited: u64,
    /// Whether the post was deleted since.
    pub is_deleted: bool,
    /// Whether it was decided before: then people look at it, whatever is left of it.
    pub is_reopened: bool,
}

impl Case {
    pub(crate) fn new(finding: Finding) -> Self {
        Self {
            subject: finding.subject,
            policy: finding.policy,
            rule: finding.rule,
            version: 1,
            state: CaseState::Open,
            rests: finding.rests,
            evidence: finding.evidence,
            reasons: finding.reasons,
            settled: Settled::default(),
            heard: Vec::new(),
            ruled_by: BTreeSet::new(),
            at: finding.at,
            post: finding.post,
            content: finding.content,
            edited: 0,
            is_deleted: finding.is_deleted,
            is_reopened: false,
        }
    }

    /// What of this is not known yet, or was known of older content only.
    pub(crate) fn fresh(&self, evidence: &[EvidenceSeen]) -> Vec<EvidenceSeen> {
        let mut room = crate::EVIDENCE_MAX.saturating_sub(self.evidence.len());
        let is_fresh = |piece: &&EvidenceSeen| {
            if self.settled.evidence.iter().any(|known| is_same(known, piece)) {
                return false;
            }
            if self.evidence.iter().any(|known| is_same(known, piece)) {
                return self.state == CaseState::Open && self.renewed(piece).is_some();
            }
            let is_room = room > 0;
            room = room.saturating_sub(1);
            is_room
        };
        evidence.iter().filter(is_fresh).cloned().collect()
    }

    /// The place of what a piece says again of newer content.
    fn renewed(&self, piece: &EvidenceSeen) -> Option<usize> {
        let is_older = |known: &EvidenceSeen| self.is_of_older(known) && is_same(known, piece);
        self.evidence.iter().position(is_older).filter(|_| !self.is_of_older(piece))
    }

    /// Whether a piece of evidence is about content that was edited since.
    fn is_of_older(&self, piece: &EvidenceSeen) -> bool {
        matches!(self.subject, SubjectSeen::Post { .. })
            && matches!(&*piece.kind, "bank_match" | "term")
            && piece.position < self.edited
    }

    /// Whether a piece of evidence is about what the post says now: nothing about its content is
    /// once it was deleted. What ties the account to another stays.
    #[must_use]
    pub fn is_current(&self, piece: &EvidenceSeen) -> bool {
        let is_of_content = matches!(&*piece.kind, "bank_match" | "term");
        !(self.is_of_older(piece) || self.is_deleted && is_of_content)
    }

    /// Whether the post was edited since the first case about it was opened.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.edited > 0
    }

    pub(crate) fn change(&mut self, to: Content) {
        self.version += 1;
        if self.state == CaseState::Open {
            // What was ruled was ruled on other words.
            self.heard.clear();
        }
        self.is_deleted = to == Content::Deleted;
        if let Content::At(position) = to {
            // What is told for the first time replaces nothing.
            if self.content > 0 {
                self.edited = position;
            } else if self.state != CaseState::Open {
                // Nobody ruled on what nobody could see.
                self.reasons.retain(|reason| !reason.stands_alone());
                self.settled.reasons.retain(|reason| !reason.stands_alone());
            }
            self.content = position;
        }
    }

    pub(crate) fn grow(
        &mut self,
        fresh: &[EvidenceSeen],
        reasons: &[Reason],
        rests: RestsOnMissing,
    ) {
        for piece in fresh {
            match self.renewed(piece) {
                Some(place) => self.evidence[place] = piece.clone(),
                None => self.evidence.push(piece.clone()),
            }
        }
        self.keep_reasons(reasons);
        self.version += 1;
        // What was ruled was ruled on less.
        self.heard.clear();
        if rests == RestsOnMissing::Yes {
            self.rests = RestsOnMissing::Yes;
        }
    }

    /// The reviewers that rule as the last one did, in order.
    #[must_use]
    pub fn agreed(&self) -> Vec<&Heard> {
        self.heard.last().map(|last| self.agreed_with(last.reviewer)).unwrap_or_default()
    }

    /// The reviewers that rule as this one did, in order, with them; nobody if they did not.
    #[must_use]
    pub fn agreed_with(&self, reviewer: ReviewerId) -> Vec<&Heard> {
        let of = self.heard.iter().find(|heard| heard.reviewer == reviewer);
        let Some(of) = of else { return Vec::new() };
        let agrees = |heard: &&Heard| heard.ruled == of.ruled && heard.policy == of.policy;
        self.heard.iter().filter(agrees).collect()
    }
}

/// What those who agree say that the file is: the last word on it.
#[must_use]
pub fn file_class(agreed: &[&Heard]) -> Option<FileClass> {
    agreed.iter().rev().find_map(|heard| heard.class)
}

/// Who of those who agree confirm what joins knowledge: they saw the content itself, and say
/// the same of its file. A key that signs without having seen confirms nothing.
#[must_use]
pub fn confirmers(agreed: &[&Heard]) -> Vec<ReviewerId> {
    let class = file_class(agreed);
    let confirms = |heard: &&&Heard| heard.saw == Saw::Content && heard.class == class;
    agreed.iter().filter(confirms).map(|heard| heard.reviewer).collect()
}

/// Whether two pieces say the same: the position and the exact weight do not matter.
fn is_same(a: &EvidenceSeen, b: &EvidenceSeen) -> bool {
    a.kind == b.kind && a.entry == b.entry && a.family == b.family
}
