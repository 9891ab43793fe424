//! `GET /v1/live`: what happens, as server-sent events, for what a console shows live.
//!
//! Each event is an entry of the journal, which holds no content; its id is the entry's number, so a
//! reader that was cut off goes on with `Last-Event-ID`. Rulings are not among them: who
//! reads second must not see what the first ruled.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;

use super::App;
use super::problem::{Code, Problem};

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
/// How often something is sent where nothing happens, so that proxies keep the line.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happens, from now on or from `Last-Event-ID`.
///
/// The event's name is the type of the entry, its id the entry's number, its data the entry.
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
    let live = Live { app, reached, ending, after, ready: VecDeque::new() };
    let stream = unfold(live, |mut live| async move {
        let event = live.next().await?;
        Some((Ok(event), live))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Live {
    app: App,
    reached: watch::Receiver<u64>,
    ending: watch::Receiver<bool>,
    after: u64,
    ready: VecDeque<Event>,
}

impl Live {
    /// The next event; `None` when the server ends or the journal cannot be read.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let after = self.after;
            tokio::select! {
                reached = self.reached.wait_for(|reached| *reached > after) => {
                    reached.ok()?;
                }
                _ = self.ending.wait_for(|ending| *ending) => return None,
            }
            let read = move |app: &App| app.service().journal()?.read(after, ENTRIES_PER_READ);
            let read = self.app.blocking(read).await.ok()?;
            for recorded in read {
                self.after = recorded.entry.seq;
                let name = recorded.entry.body.name();
                if TOLD.contains(&name) {
                    let data = String::from_utf8_lossy(&recorded.bytes).into_owned();
                    let id = recorded.entry.seq.to_string();
                    self.ready.push_back(Event::default().event(name).id(id).data(data));
                }
            }
        }
    }
}
