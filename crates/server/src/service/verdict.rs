//! What the platform is told before it publishes: publish, restricted, or hold.
//!
//! A verdict only repeats what is in force on the post, or else on its account: nothing is decided
//! here. Unattended, law 1 lets reach be restricted for a time on an exact match, and nothing else;
//! so there is no verdict that removes, and what people removed is to be held. Where nothing is in
//! force the word is publish, also where a case was opened: a case restricts nobody.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_action::InForce;
use seawall_model::journal::{Body, SubjectSeen};
use seawall_model::{AccountId, ActionKind, CaseId, Timestamp, TraceId};
use seawall_pipeline::Judge;
use seawall_review::{Case, RestsOnMissing};
use seawall_store::LogReader;

use crate::desk::notice::{self, Letter, Tells};
use crate::desk::{Desk, DeskError};
use crate::engine::{Derivation, EngineError};

/// The word of a verdict, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// Nothing speaks against it that may act by itself.
    Publish,
    /// Its reach is restricted: for a time without a person, or as people decided.
    Restricted,
    /// People removed the post or suspended its account.
    Hold,
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
    /// When it lapses by itself; `None` for what people decided until it is undone.
    pub until: Option<Timestamp>,
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
/// Cost: a look at a case or two for each record, and for each action among them two events of the
/// log, of which there are no more than law 5 lets be in force unattended. The notice of what people
/// decided is read from the journal, once a request.
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
        let Wanted::Of { account, post } = wanted else { return None };
        let cases = judge.cases();
        let of_post = post.and_then(|post| cases.about_post(post));
        let of_account = account.map(|account| SubjectSeen::Account { account: account.0 });
        let of_account = of_account.and_then(|account| cases.about(account));
        let in_force = |found: &Found<'_>| spoken(judge, found.0).is_some();
        let first = [of_post, of_account].into_iter().flatten().find(in_force);
        // Where nothing is in force, the case of an account is told of what is about the account.
        let first = first.or(of_post).or(of_account.filter(|_| post.is_none()));
        Some(of_case(judge, first, |case, action| {
            let known = tellings.entry(action);
            known.or_insert_with(|| telling(&mut desk, case, action)).clone()
        }))
    };
    Ok(wanted.iter().map(&mut verdict).collect())
}

/// A case and its number.
type Found<'a> = (CaseId, &'a Case);

fn of_case(
    judge: &Judge,
    case: Option<Found<'_>>,
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
    let spoken = spoken(judge, id);
    Verdict {
        word: spoken.map_or(Word::Publish, |(word, _)| word),
        case: Some(id),
        spoken: spoken.map(|(_, in_force)| {
            let (action, until) = (in_force.planned.action, in_force.planned.until);
            Spoken { action, until, telling: telling(id, action) }
        }),
        rests: case.rests,
    }
}

/// The action in force on a case that a verdict repeats, the gravest first. A label stops nothing.
fn spoken(judge: &Judge, case: CaseId) -> Option<(Word, &InForce)> {
    let words = |in_force| Some((word_of(in_force)?, in_force));
    judge.actions().of_case(case).filter_map(words).min_by_key(|(word, _)| Reverse(*word))
}

fn word_of(in_force: &InForce) -> Option<Word> {
    match ActionKind::from_name(&in_force.planned.kind)? {
        ActionKind::Label | ActionKind::Share => None,
        ActionKind::Restrict | ActionKind::Interstitial => Some(Word::Restricted),
        ActionKind::Remove | ActionKind::Suspend | ActionKind::Destroy => Some(Word::Hold),
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
    let decision = judge.actions().in_force(action).and_then(|in_force| in_force.decision);
    let letter = match decision {
        None => notice::of_unattended(desk, action),
        Some(decision) => notice::of_decision(desk, decision).map(|letters| {
            letters.into_iter().find(|it| (it.tells, it.action) == (Tells::Taken, action))
        }),
    };
    let letter = letter.unwrap_or_else(|error: DeskError| {
        tracing::error!(%error, action, "no notice for a verdict");
        None
    });
    Telling::Now(letter.map(Arc::new))
}
