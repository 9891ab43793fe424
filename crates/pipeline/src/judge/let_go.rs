//! Rulings that are held and let go: no ruling ends without a word.
//!
//! What is let go, the cases know; here it is told. Whoever rules anew in the same case lets
//! their own go themselves, which is not told.

use seawall_model::journal::Body;
use seawall_model::{CaseId, ReviewerId};
use seawall_review::{Case, CaseState, Heard};

use super::Judge;

/// Why a ruling is let go, by its name in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetGo {
    /// Others decided the case.
    Decided,
    /// The post was edited or deleted: it was about other words.
    PostChanged,
    /// More became known: it was on less.
    CaseGrew,
    /// Evidence that it was on fell.
    EvidenceFell,
    /// The key signs no more.
    ReviewerWithdrawn,
    /// What the case was decided on lost another ground.
    CaseReopened,
}

impl LetGo {
    fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::PostChanged => "post_changed",
            Self::CaseGrew => "case_grew",
            Self::EvidenceFell => "evidence_fell",
            Self::ReviewerWithdrawn => "reviewer_withdrawn",
            Self::CaseReopened => "case_reopened",
        }
    }

    /// Tells it of a ruling on a case.
    pub(super) fn tell(self, case: CaseId, heard: &Heard) -> Body {
        let why = self.as_str().to_owned();
        let (reviewer, ruled) = (heard.reviewer.0, Some(heard.ruled.as_str().to_owned()));
        Body::RulingLetGo { case: Some(case.0), reviewer, ruled, why }
    }
}

/// The rulings that an open case holds.
pub(super) fn held(case: &Case) -> Vec<Heard> {
    if case.state == CaseState::Open { case.heard.clone() } else { Vec::new() }
}

/// Tells of all rulings that a case held before it changed.
pub(super) fn all(case: CaseId, held: &[Heard], why: LetGo, out: &mut Vec<Body>) {
    out.extend(held.iter().map(|heard| why.tell(case, heard)));
}

/// Tells of the rulings that took no part in the decision on their case.
pub(super) fn others(case: CaseId, before: &Case, agreed: &[&Heard], out: &mut Vec<Body>) {
    let took_part = |heard: &&Heard| agreed.iter().any(|other| other.reviewer == heard.reviewer);
    let others = before.heard.iter().filter(|heard| !took_part(heard));
    out.extend(others.map(|heard| LetGo::Decided.tell(case, heard)));
}

impl Judge {
    /// Takes a reviewer's key out of use.
    pub(crate) fn dismiss(&mut self, reviewer: u64, out: &mut Vec<Body>) {
        let reviewer = ReviewerId(reviewer);
        self.reviewers.insert(reviewer, false);
        let why = LetGo::ReviewerWithdrawn;
        // What they ruled and nobody seconded yet counts no more.
        for (id, case) in self.cases.all().filter(|(_, case)| case.state == CaseState::Open) {
            let own = case.heard.iter().filter(|heard| heard.reviewer == reviewer);
            out.extend(own.map(|heard| why.tell(id, heard)));
        }
        self.cases.drop_held(reviewer);
        for laid in self.laid.values_mut().filter(|laid| laid.by == Some(reviewer)) {
            laid.by = None;
            let why = why.as_str().to_owned();
            let (case, ruled) = (None, None);
            out.push(Body::RulingLetGo { case, reviewer: reviewer.0, ruled, why });
        }
    }
}
