//! Waves: bursts of traces that rose together, as the journal tells them.
//!
//! A burst is no evidence of wrongdoing: news and matches rise too. Names of traces and of field
//! events are told to those who see content. Left out: the posts of a wave, which are cases where rules ask for it.

use axum::Json;
use axum::extract::{Path, Query, State};
use seawall_model::Timestamp;
use seawall_model::journal::BurstSeen;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::measures::{beside, window};
use super::page::limit;
use super::problem::{Code, Problem};
use crate::access::{View, view};
use crate::tide::{FieldEventShown, WaveShown, field_events, waves};

/// Waves of one answer, at most.
const WAVES_MAX: usize = 200;
/// Waves of one answer, when not told.
const WAVES: usize = 50;

/// Which waves are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WavesQuery {
    /// Those that rose from the hour of this time on, RFC 3339; a week before the end if left out.
    pub from: Option<String>,
    /// Those that rose before the hour of this time, RFC 3339; the hour after this one if left out.
    pub to: Option<String>,
    /// `open` or `closed`; all if left out.
    pub state: Option<String>,
    /// Waves to pass over: where the list goes on.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: usize,
    /// How many, at most 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// Waves, in the order in which they rose.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WavesPage {
    /// The waves.
    pub waves: Vec<WaveView>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
}

/// A wave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaveView {
    /// Its own id.
    pub wave: String,
    /// `open` or `closed`.
    pub state: &'static str,
    /// The hour in which it rose.
    pub rose_at: String,
    /// Its bursts, in the order of their hours.
    pub bursts: Vec<BurstView>,
    /// The field event that it rides, where one is known.
    pub field_event: Option<FieldEventView>,
    /// How it ended; null while it is open.
    pub closed: Option<ClosedView>,
}

/// A burst: a trace above its baseline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BurstView {
    /// Kind of the trace, such as `hashtag`.
    pub trace_kind: String,
    /// The trace; null to whom sees no content, and once it was erased.
    pub name: Option<String>,
    /// The hour it rose above its baseline.
    pub hour: String,
    /// Posts in that hour when it was found.
    pub posts: u64,
    /// Posts expected in that hour, in thousandths.
    pub expected_milli: u64,
    /// Most posts that the baseline's interval allows.
    pub upper: u64,
    /// Accounts seen in it so far, estimated.
    pub accounts: u64,
}

/// A field event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldEventView {
    /// When it was.
    pub at: String,
    /// Its name; null to whom sees no content, and once it was erased.
    pub name: Option<String>,
    /// Where it was; null as its name.
    pub place: Option<String>,
}

/// How a wave ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClosedView {
    /// Its last hour.
    pub last_hour: String,
    /// Posts in all.
    pub posts: u64,
    /// Posts of its highest hour.
    pub peak: u64,
}

/// Lists waves.
#[utoipa::path(
    get,
    path = "/v1/waves",
    tag = "measures",
    params(WavesQuery),
    responses((status = 200, description = "In the order in which they rose", body = WavesPage)),
    extensions(("x-operation" = json!("waves.list"))),
)]
pub async fn get_waves(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WavesQuery>,
) -> Result<Json<WavesPage>, Problem> {
    let limit = limit(query.limit, WAVES, WAVES_MAX)?;
    if !matches!(query.state.as_deref(), None | Some("open" | "closed")) {
        return Err(Problem::new(Code::Invalid, "use open or closed").at("state"));
    }
    let (_, from, to) = window(&app, query.from.as_deref(), query.to.as_deref())?;
    let is_wanted = move |wave: &WaveView| query.state.as_deref().is_none_or(|s| s == wave.state);
    let found = found(&app, &caller, from..to).await?;
    let wanted: Vec<WaveView> = found.into_iter().filter(is_wanted).collect();
    let next = query.cursor.saturating_add(limit);
    Ok(Json(WavesPage {
        next: (next < wanted.len()).then_some(next),
        waves: wanted.into_iter().skip(query.cursor).take(limit).collect(),
    }))
}

/// Reads a wave.
#[utoipa::path(
    get,
    path = "/v1/waves/{wave}",
    tag = "measures",
    params(("wave" = String, Path, description = "Its id")),
    responses((status = 200, description = "The wave", body = WaveView)),
    extensions(("x-operation" = json!("waves.read"))),
)]
pub async fn get_wave(
    State(app): State<App>,
    caller: Caller,
    Path(wave): Path<String>,
) -> Result<Json<WaveView>, Problem> {
    let all = found(&app, &caller, Timestamp::MIN..Timestamp::MAX).await?;
    let found = all.into_iter().find(|found| found.wave == wave);
    found.map(Json).ok_or_else(|| Problem::new(Code::NotFound, "there is no such wave"))
}

/// Waves of a time, as much as the caller sees.
async fn found(
    app: &App,
    caller: &Caller,
    times: std::ops::Range<Timestamp>,
) -> Result<Vec<WaveView>, Problem> {
    let seen = view(&caller.identity);
    let found = beside(app, move |folder| {
        let mut reader = folder.log_reader()?;
        let waves = waves(folder, &mut reader, &times)?;
        // A wave may ride an event of the days before it.
        let events = field_events(folder, &mut reader, &(Timestamp::MIN..times.end))?;
        Ok((waves, events))
    });
    let (waves, events) = found.await?;
    Ok(waves.into_iter().map(|wave| told(wave, &events, seen)).collect())
}

fn told(wave: WaveShown, events: &[FieldEventShown], seen: View) -> WaveView {
    let content = |text: Option<String>| text.filter(|_| seen == View::Content);
    let rose = wave.bursts.first().map_or(Timestamp::MIN, |burst| burst.hour);
    let ridden = |position| events.iter().find(|event| event.position == position);
    let names = wave.names.into_iter();
    WaveView {
        wave: wave.id,
        state: if wave.closed.is_some() { "closed" } else { "open" },
        rose_at: rose.to_string(),
        bursts: wave.bursts.iter().zip(names).map(|(b, name)| burst(b, content(name))).collect(),
        field_event: wave.field_event.and_then(ridden).map(|event| FieldEventView {
            at: event.at.to_string(),
            name: content(event.name.clone()),
            place: content(event.place.clone()),
        }),
        closed: wave.closed.map(|(last_hour, posts, peak)| ClosedView {
            last_hour: last_hour.to_string(),
            posts,
            peak,
        }),
    }
}

fn burst(burst: &BurstSeen, name: Option<String>) -> BurstView {
    BurstView {
        trace_kind: burst.trace_kind.clone(),
        name,
        hour: burst.hour.to_string(),
        posts: burst.count,
        expected_milli: burst.expected_milli,
        upper: burst.upper,
        accounts: burst.accounts,
    }
}
