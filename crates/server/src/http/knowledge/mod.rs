//! Knowledge over HTTP: lists, additions, confirmations and withdrawals, as the commands do
//! them ([`crate::desk::knowledge`]).
//!
//! What a person adds they stand for, signed with the key of their session. What a machine adds
//! waits until a person confirms it. Left out: what the entries of one kind say, in the files
//! of that kind.

pub mod banks;
mod given;
pub mod policies;
pub mod protected;
pub mod removed;
pub mod rules;
pub mod terms;

use std::ops::RangeInclusive;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use seawall_model::journal::Body as Entry;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_model::{AppealId, CaseId, DecisionId, EntryId, Timestamp};
use seawall_store::LogReader;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::page::limit;
use super::problem::{Code, Problem};
use super::ruling::{self, Hand, Signed, of_people};
use crate::access::Identity;
use crate::chance;
use crate::desk::knowledge::view::{self, EntryView, Standing, Wanted};
use crate::desk::knowledge::words::shown;
use crate::desk::knowledge::{
    Changing, KnowledgeError, check_kind, confirmed_by, decision_of, known_already,
};
use crate::engine::{Derivation, PeopleError};
use crate::media::Marks;
use crate::signing::ReviewerKey;
use given::{Origin, at_field, check_count, entry_id, of_one, runs, word};

/// Entries of one answer, at most.
const ENTRIES_MAX: usize = 500;
/// Entries of one answer, when not told.
const ENTRIES: usize = 100;

/// Which entries are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// Only of this bank, list, policy or ground.
    pub of: Option<String>,
    /// `in_force`, `waiting`, `lapsed` or `withdrawn`; all if left out.
    pub standing: Option<String>,
    /// Where the list goes on.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: u64,
    /// How many, at most 500. Default 100.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<usize>,
}

/// Entries of knowledge, in order of their numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntriesPage<S> {
    /// The entries. There may be fewer than asked for, and more after them.
    pub entries: Vec<EntryView<S>>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The version of all knowledge: it counts additions.
    pub version: u64,
}

/// Entries that somebody stands for, or withdraws.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntriesAsked {
    /// Entries such as `k3`, or runs such as `k1..k9`, where both ends count. With a signature
    /// made elsewhere, one run.
    #[schema(example = json!(["k3"]))]
    pub entries: Vec<String>,
    /// A signature made elsewhere; needed of machines, not of people.
    #[serde(default)]
    pub signed: Option<Signed>,
}

/// What an addition came to. What was added does not stand here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AddedAnswer {
    /// The new entries, such as `k3..k9`; null if all of it was there already.
    pub entries: Option<String>,
    /// Whether they count: `in_force`, or `waiting` for a person to confirm them.
    pub standing: Option<Standing>,
    /// Entries in force that say the same already: nothing was added for them.
    pub known: Vec<String>,
    /// How many people stand for the new ones.
    pub confirmed_by: usize,
    /// What is missing before they have their full weight, in words.
    pub missing: Option<String>,
}

/// What a confirmation came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConfirmedAnswer {
    /// The entries, as they were asked for.
    pub entries: Vec<String>,
    /// The decisions that support them now.
    pub decisions: Vec<String>,
    /// How many people stand for each of them, at least.
    pub confirmed_by: usize,
    /// What is missing before they have their full weight, in words.
    pub missing: Option<String>,
}

/// What a withdrawal took with it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct WithdrawnAnswer {
    /// The entries, as they were asked for.
    pub entries: Vec<String>,
    /// The decisions that withdrew them.
    pub decisions: Vec<String>,
    /// Other entries that rested on nothing else, and are no longer compared with.
    pub entries_fallen: Vec<String>,
    /// Decisions that rested on nothing else.
    pub decisions_fallen: Vec<String>,
    /// Actions that are reversed.
    pub actions_reversed: Vec<String>,
    /// Cases that are open again.
    pub cases_reopened: Vec<String>,
    /// Appeals that are granted, since what they were against has ended.
    pub appeals_granted: Vec<String>,
}

/// Looks knowledge up, between two batches of events.
pub(super) async fn look<T: Send + 'static>(
    app: &App,
    look: impl FnOnce(&Derivation, &mut LogReader, Timestamp) -> Result<T, KnowledgeError>
    + Send
    + 'static,
) -> Result<T, Problem> {
    let service = app.service().clone();
    let looked = app.service().ask(move |derivation| {
        let mut reader = service.folder().log_reader()?;
        look(derivation, &mut reader, service.clock().now())
    });
    looked.await?.map_err(|error| of_knowledge(&error))
}

/// Changes knowledge, between two batches of events. What has reached its time lapses first.
pub(super) async fn change<T: Send + 'static>(
    app: &App,
    change: impl FnOnce(&mut Changing<'_>) -> Result<Result<T, Problem>, KnowledgeError>
    + Send
    + 'static,
) -> Result<T, Problem> {
    let (service, seed) = (app.service().clone(), app.test_seed());
    let changed = app.service().ask_engine(move |derivation| {
        let now = service.clock().now();
        derivation.tick_if_due(now)?;
        let mut chance = chance::source(seed);
        let folder = service.folder();
        let mut changing = Changing { derivation, folder, chance: &mut *chance, now };
        match change(&mut changing) {
            Ok(changed) => Ok(changed),
            Err(KnowledgeError::People(PeopleError::Engine(error))) => Err(error),
            Err(refused) => Ok(Err(of_knowledge(&refused))),
        }
    });
    changed.await?
}

/// A page of entries; `say` gives what one says, or `None` for one that is not wanted.
async fn list<S: Send + 'static>(
    app: &App,
    kind: KnowledgeKind,
    query: EntriesQuery,
    say: impl Fn(&Known, &Marks) -> Option<(String, S)> + Send + 'static,
) -> Result<EntriesPage<S>, Problem> {
    let (wanted, of) = asked(kind, query)?;
    let page = look(app, move |derivation, _, now| {
        let mut said = |entry: &Knowledge| {
            let said = say(&entry.known, derivation.marks());
            let is_wanted = |name: &str| of.as_deref().is_none_or(|of| of == name);
            Ok(said.and_then(|(name, said)| is_wanted(&name).then_some(said)))
        };
        let (entries, next) = view::page(derivation, wanted, now, &mut said)?;
        let version = derivation.pipeline().judge().version();
        Ok(EntriesPage { entries, next, version })
    });
    page.await
}

/// What a query asks for, and of what.
fn asked(kind: KnowledgeKind, query: EntriesQuery) -> Result<(Wanted, Option<String>), Problem> {
    let standing = query.standing.as_deref().map(|name| {
        Standing::from_name(name).ok_or_else(|| {
            let names = Standing::ALL.map(Standing::as_str).join(", ");
            Problem::new(Code::Invalid, format!("use {names}")).at("standing")
        })
    });
    let limit = limit(query.limit, ENTRIES, ENTRIES_MAX)?;
    Ok((Wanted { kind, standing: standing.transpose()?, after: query.cursor, limit }, query.of))
}

/// One entry of a kind; `say` gives what it says.
async fn show<S: Send + 'static>(
    app: &App,
    kind: KnowledgeKind,
    entry: &str,
    say: impl Fn(&Known, &Marks) -> Option<S> + Send + 'static,
) -> Result<EntryView<S>, Problem> {
    let id = entry_id(entry)?;
    look(app, move |derivation, _, now| one(derivation, kind, id, now, &say)).await
}

/// One entry of a kind, as it is told.
fn one<S>(
    derivation: &Derivation,
    kind: KnowledgeKind,
    id: EntryId,
    now: Timestamp,
    say: &dyn Fn(&Known, &Marks) -> Option<S>,
) -> Result<EntryView<S>, KnowledgeError> {
    check_kind(derivation, &(id.0..=id.0), kind)?;
    let knowledge = derivation.knowledge().read(id)?.ok_or(KnowledgeError::NoEntry(id))?;
    let said = say(&knowledge.known, derivation.marks()).ok_or(KnowledgeError::NoEntry(id))?;
    Ok(view::view(derivation, id, &knowledge, said, now))
}

/// The key of the person who calls; none of a machine.
async fn own_key(app: &App, caller: &Caller) -> Result<Option<Box<ReviewerKey>>, Problem> {
    match &caller.identity {
        Identity::Person(_) => match ruling::signer(app, caller, None).await? {
            Hand::Own(key) => Ok(Some(key)),
            Hand::Elsewhere(..) => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Looks at what is to be added, with what is in force: what is stale or there already.
type Sift = dyn FnOnce(
        &Changing<'_>,
        &mut Vec<Knowledge>,
    ) -> Result<Result<Vec<EntryId>, Problem>, KnowledgeError>
    + Send;

/// Leaves out what entries in force say already.
fn sift_known(kind: KnowledgeKind) -> Box<Sift> {
    Box::new(move |changing, entries| Ok(Ok(known_already(changing.derivation, kind, entries)?)))
}

/// An addition that was asked for.
struct Adding {
    kind: KnowledgeKind,
    entries: Vec<Knowledge>,
    sift: Box<Sift>,
}

/// Adds entries: a person stands for them, what a machine adds waits.
async fn add(
    app: &App,
    caller: &Caller,
    Adding { kind, mut entries, sift }: Adding,
) -> Result<Response, Problem> {
    let key = own_key(app, caller).await?;
    let changed = change(app, move |changing| {
        let known = match sift(changing, &mut entries) {
            Ok(Ok(known)) => known.iter().map(ToString::to_string).collect(),
            Ok(Err(problem)) => return Ok(Err(problem)),
            // Nothing was begun: an entry that cannot be read ends no engine.
            Err(error) => return Ok(Err(of_knowledge(&error))),
        };
        if entries.is_empty() {
            let none = AddedAnswer {
                entries: None,
                standing: None,
                known,
                confirmed_by: 0,
                missing: None,
            };
            return Ok(Ok((StatusCode::OK, Json(none))));
        }
        let (added, standing, status) = match &key {
            Some(key) => (changing.add(key, &entries)?, Standing::InForce, StatusCode::CREATED),
            None => (changing.propose(&entries)?, Standing::Waiting, StatusCode::ACCEPTED),
        };
        let confirmed_by = confirmed_by(changing.derivation, &added);
        let answer = AddedAnswer {
            entries: Some(shown(&added)),
            standing: Some(standing),
            known,
            confirmed_by,
            missing: missing(kind, confirmed_by),
        };
        Ok(Ok((status, Json(answer))))
    });
    Ok(changed.await?.into_response())
}

/// Stands for entries.
async fn confirm(
    app: &App,
    caller: &Caller,
    kind: KnowledgeKind,
    given: EntriesAsked,
) -> Result<Response, Problem> {
    let (runs, hand) = signed_runs(app, caller, &given).await?;
    let changed = change(app, move |changing| {
        let decisions = changing.confirm(&hand.signer(), &runs, kind)?;
        let people = runs.iter().map(|run| confirmed_by(changing.derivation, run));
        let confirmed_by = people.min().unwrap_or(0);
        Ok(Ok(ConfirmedAnswer {
            entries: runs.iter().map(shown).collect(),
            decisions: decisions.iter().map(ToString::to_string).collect(),
            confirmed_by,
            missing: missing(kind, confirmed_by),
        }))
    });
    Ok(Json(changed.await?).into_response())
}

/// Takes entries out of force.
async fn withdraw(
    app: &App,
    caller: &Caller,
    kind: KnowledgeKind,
    given: EntriesAsked,
) -> Result<Response, Problem> {
    let (runs, hand) = signed_runs(app, caller, &given).await?;
    let changed = change(app, move |changing| {
        let followed = changing.withdraw(&hand.signer(), &runs, kind)?;
        Ok(Ok(withdrawn(&runs, &followed)))
    });
    Ok(Json(changed.await?).into_response())
}

/// The runs that are asked for, and who signs.
async fn signed_runs(
    app: &App,
    caller: &Caller,
    given: &EntriesAsked,
) -> Result<(Vec<RangeInclusive<u64>>, Hand), Problem> {
    let runs = runs(&given.entries)?;
    if given.signed.is_some() && runs.len() != 1 {
        let detail = "a signature is over one run: send one, or one request for each";
        return Err(Problem::new(Code::Invalid, detail).at("/entries"));
    }
    Ok((runs, ruling::signer(app, caller, given.signed.clone()).await?))
}

/// What is missing before entries have their full weight.
fn missing(kind: KnowledgeKind, people: usize) -> Option<String> {
    match (kind, people) {
        (_, 0) => Some("a person must confirm it before it counts".to_owned()),
        (KnowledgeKind::Hash, 1) => Some(
            "one more person must confirm it before anything unattended follows; until then a \
             match opens a case where rules ask for it"
                .to_owned(),
        ),
        _ => None,
    }
}

fn withdrawn(runs: &[RangeInclusive<u64>], followed: &[Entry]) -> WithdrawnAnswer {
    let mut told = WithdrawnAnswer {
        entries: runs.iter().map(shown).collect(),
        decisions: followed.iter().filter_map(decision_of).map(|id| id.to_string()).collect(),
        ..WithdrawnAnswer::default()
    };
    for body in followed {
        match body {
            Entry::AppealDecided { appeal, .. } => {
                told.appeals_granted.push(AppealId(*appeal).to_string());
            }
            Entry::Withdrawn {
                entries_withdrawn,
                decisions_fallen,
                actions_reversed,
                cases_reopened,
                ..
            } => {
                let entries = entries_withdrawn.iter().map(|id| EntryId(*id).to_string());
                told.entries_fallen.extend(entries);
                let fallen = decisions_fallen.iter().map(|id| DecisionId(*id).to_string());
                told.decisions_fallen.extend(fallen);
                let reversed = actions_reversed.iter().map(|action| format!("a{action}"));
                told.actions_reversed.extend(reversed);
                told.cases_reopened.extend(cases_reopened.iter().map(|id| CaseId(*id).to_string()));
            }
            _ => {}
        }
    }
    told
}

/// What is told where knowledge cannot be changed or read.
pub(super) fn of_knowledge(error: &KnowledgeError) -> Problem {
    match error {
        KnowledgeError::People(error) => of_people(error),
        KnowledgeError::NoEntry(_) => Problem::new(Code::NotFound, error.to_string()),
        KnowledgeError::OtherKind { .. } => {
            Problem::new(Code::NotFound, format!("{error}: it is listed there"))
        }
        KnowledgeError::Own { .. } => Problem::new(Code::Refused, error.to_string()),
        KnowledgeError::NotInForce(_) | KnowledgeError::Waiting => {
            Problem::new(Code::Conflict, error.to_string())
        }
        KnowledgeError::Nothing => Problem::new(Code::Missing, error.to_string()),
    }
}
