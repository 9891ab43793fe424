//! Cases: what is put before people, and what became of it.
//!
//! [`Cases::observe`] takes a finding in: one open case per subject, which grows with what
//! becomes known. [`Cases::hear`] takes a ruling in, and holds it until law 1 is content.
//! [`Appeals`] are those of people concerned.
//! Left out: whether rulings suffice (`decision`), what is done then (`action`), queues and
//! sampling.

mod appeal;
mod case;
mod reason;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use seawall_model::journal::{Body, EvidenceSeen, ReasonSeen, SubjectSeen};
use seawall_model::{AccountId, CaseId, ReviewerId, Timestamp, TraceId};

pub use appeal::{APPEALS_MAX, Appeal, AppealState, Appeals};
pub use case::{
    Case, CaseState, Change, Content, Finding, Heard, RestsOnMissing, Ruled, Saw, confirmers,
    file_class,
};
pub use reason::{REASONS_MAX, Reason, Settled};

/// Open cases at most. Raising it costs about 500 bytes each; what is beyond is held in the
/// journal and opened by nobody.
pub const CASES_OPEN_MAX: usize = 1_000_000;
/// Pieces of evidence of one case at most; more of the same shows nothing new.
pub const EVIDENCE_MAX: usize = 64;

/// Why a ruling cannot be heard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no case of this number.
    #[error("there is no case {0}; see `seawall case list`")]
    NoCase(CaseId),
    /// The case was decided, or its evidence is gone.
    #[error("{0} is not open; see `seawall case show {0}`")]
    NotOpen(CaseId),
    /// The case has grown since it was read.
    #[error(
        "{case} has changed since version {read}: read it again with `seawall case show {case}`"
    )]
    Stale {
        /// The case.
        case: CaseId,
        /// The version that was read.
        read: u64,
    },
}

/// All cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cases {
    cases: BTreeMap<CaseId, Case>,
    newest: HashMap<SubjectSeen, CaseId>,
    posts: HashMap<TraceId, SubjectSeen>,
    /// When the accounts that cases are about were created, as far as that is known.
    ages: HashMap<AccountId, Option<Timestamp>>,
    open: usize,
    given: u64,
}

impl Cases {
    /// Takes a finding in, and says what changed: a case that was opened or has grown, or
    /// nothing if everything was known.
    ///
    /// A subject whose last case was closed gets another one only for evidence that rests on
    /// what its cases did not know, or for a rule that wants people to look at what they did not
    /// rule on: another rule, or the same about another version, file or kind of report.
    pub fn observe(&mut self, mut finding: Finding) -> Option<Body> {
        // An edit of a post, and a file told apart from it, are about the same post.
        if let Some(subject) = finding.post.and_then(|post| self.posts.get(&post)) {
            finding.subject = *subject;
        }
        if let Some(id) = self.newest.get(&finding.subject).copied() {
            let case = self.cases.get_mut(&id)?;
            let fresh = case.fresh(&finding.evidence);
            let reasons = case.fresh_reasons(finding.reasons, &fresh);
            if fresh.is_empty() && reasons.is_empty() {
                return None;
            }
            if case.state == CaseState::Open {
                case.grow(&fresh, &reasons, finding.rests);
                return Some(Body::CaseGrew {
                    case: id.0,
                    version: case.version,
                    rests_on_missing: finding.rests == RestsOnMissing::Yes,
                    evidence: fresh,
                    reasons: reasons.iter().map(Reason::seen).collect(),
                });
            }
            return self.open(Finding { evidence: fresh, reasons, ..finding });
        }
        self.open(finding)
    }

    /// The newest case that a finding is about.
    #[must_use]
    pub fn of(&self, finding: &Finding) -> Option<(CaseId, &Case)> {
        let of_post = finding.post.and_then(|post| self.posts.get(&post));
        self.about(of_post.copied().unwrap_or(finding.subject))
    }

    fn open(&mut self, mut finding: Finding) -> Option<Body> {
        finding.evidence.truncate(EVIDENCE_MAX);
        finding.reasons.truncate(REASONS_MAX);
        if let Some(first) = finding.reasons.first() {
            // Those before it were ruled on, or fell.
            finding.policy.clone_from(&first.policy);
            finding.rule = Some(first.rule.clone());
        }
        if self.open >= CASES_OPEN_MAX {
            let rule = finding.rule.unwrap_or_default().into_string();
            return Some(Body::CaseHeld { subject: finding.subject, rule });
        }
        self.given += 1;
        self.open += 1;
        let id = CaseId(self.given);
        let body = Body::CaseOpened {
            case: id.0,
            subject: finding.subject,
            policy: finding.policy.to_string(),
            rule: finding.rule.as_deref().map(str::to_owned),
            rests_on_missing: finding.rests == RestsOnMissing::Yes,
            first_at: finding.at,
            account_created_at: finding.created_at,
            post: finding.post.map(|post| post.to_string()),
            deleted: finding.is_deleted,
            content: match finding.subject {
                SubjectSeen::Post { position, .. } => {
                    Some(finding.content).filter(|content| *content != position)
                }
                SubjectSeen::Account { .. } | SubjectSeen::Entry { .. } => None,
            },
            evidence: finding.evidence.clone(),
            reasons: finding.reasons.iter().map(Reason::seen).collect(),
        };
        self.keep(id, finding);
        Some(body)
    }

    /// Takes a case as the journal tells it, under the number that it has there.
    pub fn recorded(&mut self, id: CaseId, finding: Finding) {
        self.given = self.given.max(id.0);
        self.open += 1;
        self.keep(id, finding);
    }

    fn keep(&mut self, id: CaseId, finding: Finding) {
        let before = self.newest.insert(finding.subject, id);
        self.posts.extend(finding.post.map(|post| (post, finding.subject)));
        if let Some(account) = finding.subject.account() {
            self.concern(account, finding.created_at);
        }
        let mut case = Case::new(finding);
        // What became of the post since the first case about it holds for the next one too.
        if let Some(before) = before.and_then(|before| self.cases.get(&before)) {
            let Case { content, edited, is_deleted, .. } = *before;
            (case.content, case.edited, case.is_deleted) = (content, edited, is_deleted);
            case.settled = Settled::after(before);
        }
        self.cases.insert(id, case);
    }

    /// Keeps when an account that a case is about was created: the oldest date told.
    fn concern(&mut self, account: AccountId, created_at: Option<Timestamp>) {
        let known = self.ages.entry(account).or_default();
        *known = known.iter().copied().chain(created_at).min();
    }

    /// Takes in that an account was created earlier than was known, and says so if a case is
    /// about it.
    pub fn date(&mut self, account: AccountId, created_at: Timestamp) -> Option<Body> {
        let known = self.ages.get_mut(&account)?;
        if known.is_some_and(|known| known <= created_at) {
            return None;
        }
        *known = Some(created_at);
        Some(Body::AccountDated { account: account.0, created_at })
    }

    /// Whether a case is about an account, or a post of its.
    #[must_use]
    pub fn concerns(&self, account: AccountId) -> bool {
        self.ages.contains_key(&account)
    }

    /// When an account that a case is about was created, where that is known.
    #[must_use]
    pub fn created(&self, account: AccountId) -> Option<Timestamp> {
        self.ages.get(&account).copied().flatten()
    }

    /// Whose account a case is about: also where that was learned by a later case about the same
    /// post.
    #[must_use]
    pub fn account_of(&self, id: CaseId) -> Option<AccountId> {
        let case = self.cases.get(&id)?;
        let newest = || self.posts.get(&case.post?);
        case.subject.account().or_else(|| newest().and_then(|subject| subject.account()))
    }

    /// Takes in that something happened to a post, and says so if a case is about it. A closed
    /// one is told it too: it may be opened again, and then its newest words count. The case
    /// learns who the author is, where it did not know.
    pub fn change(&mut self, change: &Change, author: Option<AccountId>) -> Option<Body> {
        let id = *self.newest.get(self.posts.get(&change.post)?)?;
        let case = self.cases.get_mut(&id)?;
        let deleted = change.content == Content::Deleted;
        if change.position <= case.content || deleted && case.is_deleted {
            return None;
        }
        case.change(change.content);
        let version = case.version;
        let author = author.filter(|_| case.subject.account().is_none());
        if let Some(author) = author {
            self.learn(id, author);
        }
        let (account, position) = (author.map(|author| author.0), change.position);
        Some(Body::PostChanged { case: id.0, version, position, deleted, account })
    }

    /// Learns whose post the newest case about it is about.
    fn learn(&mut self, id: CaseId, author: AccountId) {
        let Some(case) = self.cases.get_mut(&id) else { return };
        let SubjectSeen::Post { position, account } = &mut case.subject else { return };
        let before = SubjectSeen::Post { position: *position, account: account.replace(author.0) };
        let (now, post) = (case.subject, case.post);
        self.newest.remove(&before);
        self.newest.insert(now, id);
        self.posts.extend(post.map(|post| (post, now)));
        self.concern(author, None);
    }

    /// Takes in what the journal says that happened to the post of a case.
    pub fn recorded_change(&mut self, body: &Body) {
        let Body::PostChanged { case, position, deleted, account, .. } = body else { return };
        if let Some(case) = self.cases.get_mut(&CaseId(*case)) {
            case.change(if *deleted { Content::Deleted } else { Content::At(*position) });
        }
        if let Some(author) = account {
            self.learn(CaseId(*case), AccountId(*author));
        }
    }

    /// Drops what a reviewer ruled and is still held: their key signs no more.
    pub fn drop_held(&mut self, reviewer: ReviewerId) {
        for case in self.cases.values_mut().filter(|case| case.state == CaseState::Open) {
            case.heard.retain(|heard| heard.reviewer != reviewer);
        }
    }

    /// Takes in what the journal says that an open case grew by.
    pub fn recorded_growth(
        &mut self,
        id: CaseId,
        evidence: &[EvidenceSeen],
        reasons: &[ReasonSeen],
        rests: RestsOnMissing,
    ) {
        let reasons: Vec<Reason> = reasons.iter().map(Reason::recorded).collect();
        if let Some(case) = self.cases.get_mut(&id) {
            case.grow(evidence, &reasons, rests);
        }
    }

    /// A case.
    #[must_use]
    pub fn get(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id)
    }

    /// The newest case about a subject.
    #[must_use]
    pub fn about(&self, subject: SubjectSeen) -> Option<(CaseId, &Case)> {
        let id = *self.newest.get(&subject)?;
        Some((id, self.cases.get(&id)?))
    }

    /// The newest case about a post, by the keyed hash of the platform's id.
    #[must_use]
    pub fn about_post(&self, post: TraceId) -> Option<(CaseId, &Case)> {
        self.about(*self.posts.get(&post)?)
    }

    /// Every case, in order of its number.
    pub fn all(&self) -> impl Iterator<Item = (CaseId, &Case)> {
        self.cases.iter().map(|(id, case)| (*id, case))
    }

    /// Whether a ruling on a case as it was read can be heard.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub fn may_hear(&self, id: CaseId, version: u64) -> Result<&Case, Refused> {
        let case = self.cases.get(&id).ok_or(Refused::NoCase(id))?;
        if case.state != CaseState::Open {
            return Err(Refused::NotOpen(id));
        }
        if case.version != version {
            return Err(Refused::Stale { case: id, read: version });
        }
        Ok(case)
    }

    /// Hears a ruling: it is held with those of others that rule the same. Another ruling by
    /// the same reviewer takes the place of their first.
    ///
    /// # Errors
    /// [`Refused`] as [`Cases::may_hear`].
    pub fn hear(&mut self, id: CaseId, version: u64, heard: Heard) -> Result<&Case, Refused> {
        self.may_hear(id, version)?;
        let case = self.cases.get_mut(&id).ok_or(Refused::NoCase(id))?;
        case.heard.retain(|other| other.reviewer != heard.reviewer);
        case.ruled_by.insert(heard.reviewer);
        case.heard.push(heard);
        Ok(case)
    }

    /// Closes a case by a decision.
    pub fn close(&mut self, id: CaseId, state: CaseState) {
        if let Some(case) = self.cases.get_mut(&id) {
            if case.state == CaseState::Open && state != CaseState::Open {
                self.open -= 1;
            }
            case.state = state;
        }
    }

    /// Opens a case again: what it was decided on fell. Its rulings are taken anew.
    pub fn reopen(&mut self, id: CaseId) {
        if let Some(case) = self.cases.get_mut(&id) {
            if case.state != CaseState::Open {
                self.open += 1;
            }
            case.state = CaseState::Open;
            case.is_reopened = true;
            case.heard.clear();
            case.version += 1;
        }
    }

    /// Takes the evidence away that rests on an entry of knowledge, and the rules that asked for
    /// nothing else. An open case without any evidence or rule left is closed, unless it was
    /// decided before and opened again: people look at it then, but never at an entry that is
    /// gone. A decided one keeps its decision. Gives what evidence it was.
    pub fn withdraw(&mut self, id: CaseId, entry: u64) -> Option<Vec<EvidenceSeen>> {
        let case = self.cases.get_mut(&id)?;
        let (gone, left): (Vec<_>, Vec<_>) =
            case.evidence.drain(..).partition(|evidence| evidence.entry == Some(entry));
        case.evidence = left;
        if gone.is_empty() {
            return None;
        }
        reason::fall(&mut case.reasons, entry);
        if case.state == CaseState::Open {
            case.version += 1;
            case.heard.clear();
            let is_asked = case.is_reopened && !matches!(case.subject, SubjectSeen::Entry { .. });
            if case.evidence.is_empty() && case.reasons.is_empty() && !is_asked {
                self.close(id, CaseState::Withdrawn);
            }
        }
        Some(gone)
    }

    /// Forgets that people looked at what rested on entries that are gone: should they be in
    /// force again, what they match is put before people again.
    pub fn forget_settled(&mut self, entries: &BTreeSet<u64>) {
        for case in self.cases.values_mut() {
            for entry in entries {
                case.settled.forget(*entry);
            }
        }
    }

    /// How many are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open
    }
}

#[cfg(test)]
mod tests;
