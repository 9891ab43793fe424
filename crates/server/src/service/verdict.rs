//! What the platform is told before it publishes: publish, restricted, or hold.
//!
//! A verdict only repeats what is in force: nothing is decided here. Unattended, law 1 lets
//! reach be restricted for a time on an exact match, and nothing else; so there is no verdict
//! that removes. Where nothing is restricted the word is publish, also where a case was
//! opened: a case restricts nobody.

use seawall_model::journal::{Body, SubjectSeen};
use seawall_model::{AccountId, CaseId, Timestamp, TraceId};
use seawall_review::{Case, RestsOnMissing};

use crate::engine::{Derivation, EngineError};

/// The word of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing speaks against it that may act by itself.
    Publish,
    /// Its reach is restricted, for a time, without a person.
    Restricted,
}

/// What is said of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The word.
    pub word: Word,
    /// The case about it, where there is one.
    pub case: Option<CaseId>,
    /// What restricts it.
    pub spoken: Option<Spoken>,
    /// Whether the case rests on a missing or failed input: nothing automatic follows from it.
    pub rests: RestsOnMissing,
}

/// The restriction that a verdict repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The action.
    pub action: u64,
    /// When it lapses by itself.
    pub until: Timestamp,
}

/// Of what a verdict is wanted.
pub(super) enum Wanted {
    /// An event by this account, and the post that it is about.
    Of { account: Option<AccountId>, post: Option<TraceId> },
    /// A record that was refused.
    Nothing,
}

/// Gives verdicts. What rules found becomes cases first, so that nobody publishes between a
/// match and the hand-over.
pub(super) fn speak(
    derivation: &mut Derivation,
    wanted: &[Wanted],
    now: Timestamp,
) -> Result<Vec<Option<Verdict>>, EngineError> {
    if derivation.pipeline().has_findings() {
        derivation.input(Body::Tick, now)?;
    }
    let judge = derivation.pipeline().judge();
    let verdict = |wanted: &Wanted| {
        let case = match wanted {
            Wanted::Nothing => return None,
            Wanted::Of { post: Some(post), .. } => judge.cases().about_post(*post),
            Wanted::Of { account: Some(account), post: None } => {
                judge.cases().about(SubjectSeen::Account { account: account.0 })
            }
            Wanted::Of { account: None, post: None } => None,
        };
        Some(of_case(judge, case))
    };
    Ok(wanted.iter().map(verdict).collect())
}

fn of_case(judge: &seawall_pipeline::Judge, case: Option<(CaseId, &Case)>) -> Verdict {
    let Some((id, case)) = case else {
        return Verdict {
            word: Word::Publish,
            case: None,
            spoken: None,
            rests: RestsOnMissing::No,
        };
    };
    let unattended = judge.actions().of_case(id).find(|action| action.decision.is_none());
    let spoken = unattended.and_then(|action| {
        Some(Spoken { action: action.planned.action, until: action.planned.until? })
    });
    Verdict {
        word: if spoken.is_some() { Word::Restricted } else { Word::Publish },
        case: Some(id),
        spoken,
        rests: case.rests,
    }
}
