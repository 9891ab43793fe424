//! Why a ruling cannot be taken: told to who ruled, and journaled nowhere.

use seawall_decision::support::SupportError;
use seawall_model::{AppealId, CaseId, DecisionId, ReviewerId};
use seawall_review::Refused;

/// Why a ruling cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulingError {
    /// The case cannot be ruled on.
    #[error(transparent)]
    Case(#[from] Refused),
    /// The supports cannot take it.
    #[error(transparent)]
    Support(#[from] SupportError),
    /// Nobody was admitted under this number, or their key was withdrawn.
    #[error("{0} is no reviewer here, or signs no more; see `seawall reviewer list`")]
    Reviewer(ReviewerId),
    /// The word is no ruling.
    #[error(
        "`{0}` is no ruling: use keep, keep_documents, restrict, interstitial, label, remove or suspend"
    )]
    Word(String),
    /// Such a subject cannot be treated so.
    #[error(
        "{ruled} does not fit the subject of {case}: a post is removed, an account is suspended"
    )]
    DoesNotFit {
        /// The case.
        case: CaseId,
        /// The ruling.
        ruled: String,
    },
    /// The word is nothing that can be seen.
    #[error("`{0}` is nothing that can be seen: use content, file or links")]
    Sight(String),
    /// There is nothing of what is said to have been seen.
    #[error(
        "{case} has no {saw} to see, so that nobody can have seen any: say `content` if that was \
         seen, or keep it"
    )]
    NothingSeen {
        /// The case.
        case: CaseId,
        /// What is said to have been seen.
        saw: &'static str,
    },
    /// The word is no class of files.
    #[error("`{0}` is no class of files; see `seawall bank add --help`")]
    Class(String),
    /// The author deleted the post.
    #[error(
        "the author of the post of {case} deleted it, so that {ruled} would do nothing: keep it; \
         what the account did is ruled on in a case about the account"
    )]
    Deleted {
        /// The case.
        case: CaseId,
        /// The ruling.
        ruled: String,
    },
    /// There is no such version of a policy.
    #[error("there is no policy `{id}` of version {version}; see `seawall policy list`")]
    NoPolicy {
        /// Its name.
        id: String,
        /// Its version.
        version: u32,
    },
    /// A ruling that does something cites a policy.
    #[error("a ruling that does something cites a policy")]
    NoPolicyCited,
    /// The entries are neither laid down nor in force.
    #[error("k{0} to k{1} are not entries that can be stood for; see `seawall bank list`")]
    NoEntries(u64, u64),
    /// Nothing comes back by overturning what took it back.
    #[error(
        "{0} took something back, and overturning it would bring nothing back: rule on the case \
         again, or add the entry again"
    )]
    TakesBack(DecisionId),
    /// One key cannot read second.
    #[error("{0} has stood for these entries already: one key cannot read second")]
    Second(ReviewerId),
    /// There is no appeal of this number.
    #[error("there is no appeal {0}")]
    NoAppeal(AppealId),
    /// Somebody ruled on the appeal, or what it is against has ended.
    #[error("{0} is decided: an appeal is decided once")]
    AppealDecided(AppealId),
    /// What the appeal is against has ended, and an order forbids to say so.
    #[error(
        "what {0} is against has ended: it is granted by itself when the order ends that withholds \
         the notices of its case"
    )]
    AppealMoot(AppealId),
    /// An appeal goes to somebody who took no part in what it is against.
    #[error(
        "{reviewer} took part in what {appeal} is against: it goes to an uninvolved reviewer, or \
         to an invited one from outside where none is left"
    )]
    Involved {
        /// Who would rule.
        reviewer: ReviewerId,
        /// The appeal.
        appeal: AppealId,
    },
}

impl RulingError {
    /// What a ruling that waited for room lacks since, by its name in the journal.
    pub(super) fn lacks(&self) -> &'static str {
        match self {
            Self::NoPolicy { .. } | Self::NoPolicyCited => "a_policy_in_force",
            Self::Deleted { .. } => "a_post_that_is_there",
            _ => "an_action_that_fits",
        }
    }
}
