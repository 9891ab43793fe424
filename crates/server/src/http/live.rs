//! `GET /v1/live`: what happens, as server-sent events, for what a console shows live.
//!
//! Each event is an entry of the journal, which holds no content; its id is the entry's number, so a
//! reader that was cut off goes on with `Last-Event-ID`. Rulings are not among them: who
//! reads second must not see what the first ruled. Nor is anything of a case that the reader may
//! not see. Whether they may is asked anew before each event and whenever the line is kept alive;
//! where they may no longer, the stream ends.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use seawall_model::journal::Body;
use seawall_model::{CaseId, DecisionId};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use zeroize::Zeroizing;

use super::App;
use super::caller::Caller;
use super::cases::cleared;
use super::problem::{Code, Problem};
use crate::access::{Identity, Operation, permits};
use crate::desk::{Desk, DeskError};

/// Types of entries that are told: what opens or changes a case, an action, a wave.
const TOLD: [&str; 14] = [
    "case_opened",
    "case_grew",
    "decided",
    "post_changed",
    "overturned",
    "withdrawn",
    "restricted_unattended",
    "actions_lapsed",
    "entries_lapsed",
    "wave_opened",
    "wave_joined",
    "wave_closed",
    "knowledge_added",
    "hour_counted",
];
/// Entries read from the journal at once.
const ENTRIES_PER_READ: u32 = 200;
/// How often something is sent where nothing happens, so that proxies keep the line, and the
/// longest that a stream outlives the leave to read it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happens, from now on or from `Last-Event-ID`.
///
/// The event's name is the type of the entry, its id the entry's number, its data the entry. What
/// names a case is told to those who may see that case only, and where it names several, to those
/// who may see all. The stream ends with the session, and when the caller may not read it any more.
#[utoipa::path(
    get,
    path = "/v1/live",
    tag = "journal",
    params(("last-event-id" = Option<u64>, Header, description = "Go on after this entry")),
    responses((status = 200, description = "Server-sent events",
        content_type = "text/event-stream", body = String)),
    extensions(("x-operation" = json!("live.read"))),
)]
pub async fn get_live(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let reached = app.service().reached();
    let after = match headers.get("last-event-id") {
        None => *reached.borrow(),
        Some(id) => id.to_str().ok().and_then(|id| id.parse().ok()).ok_or_else(|| {
            Problem::new(Code::Invalid, "last-event-id is the number of an entry")
                .at("last-event-id")
        })?,
    };
    let ending = app.ending().subscribe();
    let mut keep_alive = interval(KEEP_ALIVE);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (token, seen_as) = (caller.token()?, standing(caller.identity));
    let ready = VecDeque::new();
    let live = Live { app, token, seen_as, reached, ending, keep_alive, after, ready };
    let stream = unfold(live, |mut live| async move {
        let event = live.next().await?;
        Some((Ok(event), live))
    });
    Ok(Sse::new(stream))
}

/// Who somebody is, apart from what changes nothing of what they may see here.
fn standing(identity: Identity) -> Identity {
    match identity {
        Identity::Person(mut person) => {
            person.stepped_up_until = None;
            Identity::Person(person)
        }
        other => other,
    }
}

struct Live {
    app: App,
    token: Zeroizing<String>,
    /// Whose sight chose what is ready.
    seen_as: Identity,
    reached: watch::Receiver<u64>,
    ending: watch::Receiver<bool>,
    keep_alive: Interval,
    /// The last entry that was read.
    after: u64,
    /// What may be told, each with its entry's number.
    ready: VecDeque<(u64, Event)>,
}

impl Live {
    /// The next event; `None` when the server ends, the journal cannot be read, or the reader may
    /// not read on.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.ready.is_empty() {
                let seen_as = self.who().await?;
                let (seq, event) = self.ready.pop_front()?;
                if seen_as == self.seen_as {
                    return Some(event);
                }
                // They see other cases by now: what was chosen for them is chosen anew.
                self.seen_as = seen_as;
                self.ready.clear();
                self.after = seq - 1;
            }
            let after = self.after;
            let is_quiet = tokio::select! {
                reached = self.reached.wait_for(|reached| *reached > after) => {
                    reached.ok()?;
                    false
                }
                _ = self.keep_alive.tick() => true,
                _ = self.ending.wait_for(|ending| *ending) => return None,
            };
            self.seen_as = self.who().await?;
            if is_quiet {
                return Some(Event::default().comment(""));
            }
            self.read_on().await?;
        }
    }

    /// Who reads, as they are now; `None` if they may not any more.
    async fn who(&self) -> Option<Identity> {
        let (token, now) = (self.token.clone(), self.app.service().clock().now());
        let look = move |app: &App| Ok(app.door().glance(&token, now));
        let identity = self.app.blocking(look).await.ok()?.ok()?;
        permits(&identity, Operation::LiveRead).ok()?;
        Some(standing(identity))
    }

    /// Reads the next entries and makes ready what the reader may see of them.
    async fn read_on(&mut self) -> Option<()> {
        let after = self.after;
        let read = move |app: &App| app.service().journal()?.read(after, ENTRIES_PER_READ);
        let mut read = self.app.blocking(read).await.ok()?;
        self.after = read.last().map_or(after, |last| last.entry.seq);
        read.retain(|recorded| TOLD.contains(&recorded.entry.body.name()));
        let named: Vec<Named> =
            read.iter().map(|recorded| Named::of(&recorded.entry.body)).collect();
        let may_see = match named.iter().any(Named::is_some) {
            false => vec![true; read.len()],
            true => {
                let identity = self.seen_as.clone();
                let look = move |desk: &mut Desk<'_>| {
                    let may_see = named.iter().map(|named| named.may_be_seen(desk, &identity));
                    may_see.collect::<Result<Vec<bool>, DeskError>>()
                };
                self.app.desk(look).await.ok()?
            }
        };
        let seen = read.into_iter().zip(may_see).filter(|(_, may_see)| *may_see);
        self.ready.extend(seen.map(|(recorded, _)| {
            let (seq, name) = (recorded.entry.seq, recorded.entry.body.name());
            let data = String::from_utf8_lossy(&recorded.bytes).into_owned();
            (seq, Event::default().event(name).id(seq.to_string()).data(data))
        }));
        Some(())
    }
}

/// The cases and decisions that an entry names.
#[derive(Default)]
struct Named {
    cases: Vec<u64>,
    decisions: Vec<u64>,
}

impl Named {
    fn of(body: &Body) -> Self {
        match body {
            Body::CaseOpened { case, .. }
            | Body::CaseGrew { case, .. }
            | Body::PostChanged { case, .. }
            | Body::RestrictedUnattended { case, .. } => {
                Self { cases: vec![*case], ..Self::default() }
            }
            Body::Decided { case, .. } => {
                Self { cases: case.iter().copied().collect(), ..Self::default() }
            }
            Body::Overturned {
                by,
                matches_withdrawn,
                unlinked,
                decisions_fallen,
                cases_reopened,
                ..
            }
            | Body::Withdrawn {
                by,
                matches_withdrawn,
                unlinked,
                decisions_fallen,
                cases_reopened,
                ..
            } => {
                let overturned = match body {
                    Body::Overturned { decision, .. } => Some(*decision),
                    _ => None,
                };
                let first = |pairs: &[(u64, u64)]| pairs.iter().map(|pair| pair.0).collect();
                let (matches, unlinked): (Vec<_>, Vec<_>) =
                    (first(matches_withdrawn), first(unlinked));
                let by: Vec<u64> = overturned.into_iter().chain([*by]).collect();
                Self {
                    cases: [&matches[..], cases_reopened].concat(),
                    decisions: [&by[..], &unlinked, decisions_fallen].concat(),
                }
            }
            _ => Self::default(),
        }
    }

    fn is_some(&self) -> bool {
        !self.cases.is_empty() || !self.decisions.is_empty()
    }

    /// Whether somebody may see all of these cases, and those of the decisions.
    fn may_be_seen(&self, desk: &mut Desk<'_>, identity: &Identity) -> Result<bool, DeskError> {
        let judge = desk.judge();
        let decided = self.decisions.iter().filter_map(|id| judge.decision(DecisionId(*id))?.case);
        let mut cases: Vec<CaseId> =
            self.cases.iter().copied().map(CaseId).chain(decided).collect();
        cases.sort_unstable();
        cases.dedup();
        for case in cases {
            match cleared(desk, identity, case) {
                Ok(Ok(())) => {}
                // What nobody can look at any more is told to nobody.
                Ok(Err(_)) | Err(DeskError::Case(_) | DeskError::Unreadable(_)) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
