//! One case.

use seawall_model::journal::{EvidenceSeen, PolicyCited, SubjectSeen};
use seawall_model::knowledge::FileClass;
use seawall_model::{ActionKind, DecisionId, ReviewerId, Timestamp, TraceId};

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
    /// When the event that showed it happened.
    pub at: Timestamp,
    /// When the account of the subject was created, where known.
    pub created_at: Option<Timestamp>,
    /// The keyed hash of the platform's id of the post, where it is about one: an edit is
    /// the same post.
    pub post: Option<TraceId>,
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
    /// Rulings that are held, in order.
    pub heard: Vec<Heard>,
    /// When the first event behind it happened.
    pub at: Timestamp,
    /// When the account of the subject was created, where known then.
    pub created_at: Option<Timestamp>,
    /// The keyed hash of the platform's id of the post, where it is about one.
    pub post: Option<TraceId>,
}

impl Case {
    pub(crate) fn new(finding: Finding) -> Self {
        let Finding { subject, policy, rule, rests, evidence, at, created_at, post } = finding;
        let (state, heard) = (CaseState::Open, Vec::new());
        let version = 1;
        Self { subject, policy, rule, version, state, rests, evidence, heard, at, created_at, post }
    }

    /// What of this is not known yet.
    pub(crate) fn fresh(&self, evidence: &[EvidenceSeen]) -> Vec<EvidenceSeen> {
        let room = crate::EVIDENCE_MAX.saturating_sub(self.evidence.len());
        let is_known =
            |piece: &&EvidenceSeen| self.evidence.iter().any(|known| is_same(known, piece));
        evidence.iter().filter(|piece| !is_known(piece)).take(room).cloned().collect()
    }

    pub(crate) fn grow(&mut self, fresh: &[EvidenceSeen], rests: RestsOnMissing) {
        self.evidence.extend_from_slice(fresh);
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

/// Whether two pieces say the same: the position and the exact weight do not matter.
fn is_same(a: &EvidenceSeen, b: &EvidenceSeen) -> bool {
    a.kind == b.kind && a.entry == b.entry && a.family == b.family
}
