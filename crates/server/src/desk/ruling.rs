//! Rulings: said, signed, taken by the engine, with what follows from them.
//!
//! One way for a key in a file and for a person at the server. Left out: who may sign for
//! whom, and the words in which it is told.

use seawall_model::journal::{Body, PolicyCited, Ruling, Says, SubjectSeen};
use seawall_model::knowledge::FileClass;
use seawall_model::{CaseId, DecisionId, ReviewerId, Timestamp};
use seawall_review::{Case, Ruled, Saw};
use seawall_store::{Chance, Entries, Folder};

use super::{Desk, DeskError};
use crate::engine::{Derivation, PeopleError};
use crate::signing::ReviewerKey;

/// Entries of the journal that tell what a decision brought in, at most: one for each file.
const FOLLOWED_MAX: u32 = 1_000;

/// What a reviewer asks to rule on a case.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The case.
    pub case: CaseId,
    /// Its version as they read it; the one of now if not given.
    pub version: Option<u64>,
    /// What they rule.
    pub ruled: Ruled,
    /// What they saw.
    pub saw: Saw,
    /// The policy it is ruled under, in its newest version; the case's if not given.
    pub policy: Option<String>,
    /// What they say the file is.
    pub class: Option<FileClass>,
}

/// Why something cannot be meant: it is refused before it is signed.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be looked up.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A class says what a file is that is acted on.
    #[error("`class` says what a file is that is acted on, and {0} acts on nothing: leave it out")]
    ClassOfNothing(&'static str),
    /// A case about an entry of knowledge is about nothing on the platform.
    #[error(
        "{case} is about {called} and about nothing on the platform, so that {ruled} does not \
         fit: confirm or withdraw the entry, or keep it"
    )]
    AboutEntry {
        /// The case.
        case: CaseId,
        /// The entry, in words.
        called: String,
        /// What was to be ruled.
        ruled: &'static str,
    },
    /// Nobody can have seen what is not there: no post of an account is in the log.
    #[error(
        "there is nothing to see: no post of the account of {0} is in the log; say `saw`: \
         `links` if it is for its links, or keep it"
    )]
    NoPosts(CaseId),
    /// Nobody can have seen what is not there: the content of a post is gone, or was never told.
    #[error(
        "there is nothing to see: the content of {0} is gone, or its post is not in the log; it \
         can only be kept"
    )]
    ContentGone(CaseId),
    /// There is no such policy in force.
    #[error("there is no policy `{0}` in force; name one with `policy`")]
    NoPolicy(String),
}

/// What is signed for what is asked, once it can be meant: acting on what there is nothing to
/// see of, on an entry of knowledge, and a class that would count for nothing cannot.
///
/// # Errors
/// [`Unfit`] says why it cannot.
pub fn says(desk: &mut Desk<'_>, asked: &Asked) -> Result<Says, Unfit> {
    let case = desk.case(asked.case)?;
    check(desk, asked, case)?;
    Ok(Says::Case {
        case: asked.case.0,
        version: asked.version.unwrap_or(case.version),
        ruled: asked.ruled.as_str().to_owned(),
        policy: cited(desk, asked, &case.policy)?,
        saw: asked.saw.as_str().to_owned(),
        class: asked.class.map(|class| class.as_str().to_owned()),
    })
}

fn check(desk: &mut Desk<'_>, asked: &Asked, case: &Case) -> Result<(), Unfit> {
    let ruled = asked.ruled.as_str();
    let Ruled::Act(_) = asked.ruled else {
        return asked.class.map_or(Ok(()), |_| Err(Unfit::ClassOfNothing(ruled)));
    };
    if let SubjectSeen::Entry { entry } = case.subject {
        let called = desk.entry_called(entry)?;
        return Err(Unfit::AboutEntry { case: asked.case, called, ruled });
    }
    if is_untold(case) {
        return Err(Unfit::ContentGone(asked.case));
    }
    if asked.saw != Saw::Content || desk.has_content(case)? {
        return Ok(());
    }
    Err(match case.subject {
        SubjectSeen::Account { .. } => Unfit::NoPosts(asked.case),
        _ => Unfit::ContentGone(asked.case),
    })
}

/// Whether a case is about a post that nobody told: whatever was seen, there is none to act on.
pub(super) fn is_untold(case: &Case) -> bool {
    case.content == 0 && matches!(case.subject, SubjectSeen::Post { .. })
}

/// The policy that a ruling cites: none where nothing is done.
fn cited(desk: &Desk<'_>, asked: &Asked, own: &str) -> Result<Option<PolicyCited>, Unfit> {
    let is_kept = matches!(asked.ruled, Ruled::Keep | Ruled::KeepDocuments);
    if is_kept && asked.policy.is_none() {
        return Ok(None);
    }
    let id = asked.policy.as_deref().unwrap_or(own);
    let policy = desk.active().policy(id).ok_or_else(|| Unfit::NoPolicy(id.to_owned()))?;
    Ok(Some(PolicyCited { id: policy.id.to_string(), version: policy.version }))
}

/// Who signs a ruling.
pub enum Signer<'a> {
    /// A key at hand, of a reviewer of the folder.
    Key(&'a ReviewerKey),
    /// A signature that was made elsewhere, over [`Ruling::to_bytes`].
    Signed {
        /// Whose it is.
        reviewer: ReviewerId,
        /// Hexadecimal, as [`ReviewerKey::sign`] gives it.
        signature: String,
    },
}

impl Signer<'_> {
    /// Who signs.
    ///
    /// # Errors
    /// [`PeopleError::Stranger`] if the key is of no reviewer of the folder.
    pub fn reviewer(&self, derivation: &Derivation) -> Result<ReviewerId, PeopleError> {
        match self {
            Self::Key(key) => derivation.reviewer_of(&key.public()),
            Self::Signed { reviewer, .. } => Ok(*reviewer),
        }
    }
}

/// Signs a ruling and takes it; gives what followed: the derived entries, and those that tell
/// what it brought into knowledge.
///
/// # Errors
/// [`PeopleError`] if it cannot be taken, and nothing is journaled then; or the engine failed.
pub fn rule(
    derivation: &mut Derivation,
    folder: &Folder,
    says: Says,
    signer: &Signer<'_>,
    chance: &mut dyn Chance,
    now: Timestamp,
) -> Result<Vec<Body>, PeopleError> {
    let reviewer = signer.reviewer(derivation)?;
    let ruling = Ruling { reviewer: reviewer.0, says };
    let signature = match signer {
        Signer::Key(key) => key.sign(&ruling.to_bytes()),
        Signer::Signed { signature, .. } => signature.clone(),
    };
    let mut followed = derivation.rule(ruling, signature, now)?;
    let (told, _) = derivation.journal().head();
    derivation.follow(folder, chance, now)?;
    let added = derivation.journal().read(told, FOLLOWED_MAX)?;
    let is_some =
        |body: &Body| matches!(body, Body::KnowledgeAdded { first, last, .. } if first <= last);
    followed.extend(added.into_iter().map(|recorded| recorded.entry.body).filter(is_some));
    Ok(followed)
}

/// The decision on a case that followed, if one did: otherwise the ruling is held. What
/// waited for room on other cases may be decided in the same step.
#[must_use]
pub fn decision_of(followed: &[Body], of: CaseId) -> Option<DecisionId> {
    followed.iter().find_map(|body| match body {
        Body::Decided { decision, case: Some(case), .. } if *case == of.0 => {
            Some(DecisionId(*decision))
        }
        _ => None,
    })
}
