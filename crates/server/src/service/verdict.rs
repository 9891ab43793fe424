//! What the platform is told before it publishes: publish, restricted, or hold.
//!
//! A verdict only repeats what is in force: nothing is decided here. Unattended, law 1 lets
//! reach be restricted for a time on an exact match, and nothing else; so there is no verdict
//! that removes. Where nothing is restricted the word is publish, also where a case was
//! opened: a case restricts nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_model::journal::{Body, SubjectSeen};
use seawall_model::{AccountId, CaseId, Timestamp, TraceId};
use seawall_pipeline::Judge;
use seawall_review::{Case, RestsOnMissing};
use seawall_store::LogReader;

use crate::desk::notice::{self, Letter};
use crate::desk::{Desk, DeskError};
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct Spoken {
    /// The action.
    pub action: u64,
    /// When it lapses by itself.
    pub until: Timestamp,
    /// What the account is told of it.
    pub telling: Telling,
}

/// What the account is told of a restriction.
#[derive(Clone)]
pub enum Telling {
    /// The notice that goes with the action; `None` where nothing is left to write it from.
    Now(Option<Arc<Letter>>),
    /// Nothing before then: an order forbids it.
    Withheld(Timestamp),
}

impl std::fmt::Debug for Telling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // It says what was posted.
            Self::Now(_) => f.write_str("Now"),
            Self::Withheld(until) => f.debug_tuple("Withheld").field(until).finish(),
        }
    }
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
///
/// Cost: a look at a case for each record, and two events of the log for each action among them:
/// there are no more of those than law 5 lets be in force unattended.
pub(super) fn speak(
    derivation: &mut Derivation,
    reader: &mut LogReader,
    wanted: &[Wanted],
    now: Timestamp,
) -> Result<Vec<Option<Verdict>>, EngineError> {
    if derivation.pipeline().has_findings() {
        derivation.input(Body::Tick, now)?;
    }
    let mut desk = Desk::over(derivation, reader, now);
    let mut tellings = BTreeMap::new();
    let judge = desk.judge();
    let mut verdict = |wanted: &Wanted| {
        let case = match wanted {
            Wanted::Nothing => return None,
            Wanted::Of { post: Some(post), .. } => judge.cases().about_post(*post),
            Wanted::Of { account: Some(account), post: None } => {
                judge.cases().about(SubjectSeen::Account { account: account.0 })
            }
            Wanted::Of { account: None, post: None } => None,
        };
        Some(of_case(judge, case, |case, action| {
            let known = tellings.entry(action);
            known.or_insert_with(|| telling(&mut desk, case, action)).clone()
        }))
    };
    Ok(wanted.iter().map(&mut verdict).collect())
}

fn of_case(
    judge: &Judge,
    case: Option<(CaseId, &Case)>,
    mut telling: impl FnMut(CaseId, u64) -> Telling,
) -> Verdict {
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
        let (action, until) = (action.planned.action, action.planned.until?);
        Some(Spoken { action, until, telling: telling(id, action) })
    });
    Verdict {
        word: if spoken.is_some() { Word::Restricted } else { Word::Publish },
        case: Some(id),
        spoken,
        rests: case.rests,
    }
}

/// What the account is told of an action. A notice that cannot be read does not hold a verdict
/// up: the action's own message is tried again until it can be.
fn telling(desk: &mut Desk<'_>, case: CaseId, action: u64) -> Telling {
    let judge = desk.judge();
    let until = judge.withheld(case).and_then(|withheld| withheld.until);
    if let Some(until) = until.filter(|_| judge.is_untold(action)) {
        return Telling::Withheld(until);
    }
    let letter = notice::of_unattended(desk, action);
    let letter = letter.unwrap_or_else(|error: DeskError| {
        tracing::error!(%error, action, "no notice for a verdict");
        None
    });
    Telling::Now(letter.map(Arc::new))
}
