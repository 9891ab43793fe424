//! `POST /v1/events`: events in, answered once they are durable.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use seawall_event::cloudevents::decode_binary;
use seawall_event::records::{Shape, Splitter};
use seawall_event::{Decoded, Format};
use seawall_model::{Limits, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::problem::{Code, Problem, ProblemTold};
use crate::access::Operation;
use crate::desk::view::NoticeView;
use crate::import::{Decoder, Fate, Item};
use crate::service::{Answer, Telling, Verdict, Wants, Word};

/// Refused records that one answer describes; all are counted and kept.
const REFUSED_TOLD_MAX: usize = 100;

/// How events are taken in.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// What the answer waits for: `durable` (the default), or `verdict`.
    #[serde(default)]
    pub wait: Wait,
    /// The format of the records, where it is not the canonical one: `canonical`,
    /// `cloudevents`, `jetstream_v1` or `jetstream_v2`. CloudEvents are told by their
    /// content type.
    pub format: Option<String>,
}

/// What the answer waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// That every event survives a power cut.
    #[default]
    Durable,
    /// That, and a verdict on each.
    Verdict,
}

/// What became of the events.
#[derive(Clone, Serialize, ToSchema)]
pub struct EventsAnswer {
    /// Events that were new.
    pub accepted: u64,
    /// Events that were there already, with the same bytes.
    pub duplicates: u64,
    /// Messages that have no meaning here, such as a block list.
    pub ignored: u64,
    /// Records that were refused; each is kept where it can be looked at.
    pub rejected: u64,
    /// The first refused records.
    pub rejections: Vec<RejectionTold>,
    /// Position of the last accepted event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// With `?wait=verdict`, one for each record that was accepted or a duplicate, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Vec<VerdictTold>>,
}

/// A refused record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RejectionTold {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Why, as a stable name.
    pub code: String,
    /// JSON pointer within the record; empty for all of it.
    pub pointer: String,
    /// What was wrong.
    pub detail: String,
    /// What to do.
    pub remedy: String,
}

/// A verdict on one event.
#[derive(Clone, Serialize, ToSchema)]
pub struct VerdictTold {
    /// Its place in the request, from 0.
    pub index: usize,
    /// What the platform may do with it now.
    pub verdict: VerdictWord,
    /// The case about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "c12")]
    pub case: Option<String>,
    /// The action that restricts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "a7")]
    pub action: Option<String>,
    /// When the restriction lapses by itself, RFC 3339. Absent for what people decided, which stays
    /// until it is undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The notice to the author, as the message of the action gives it; null while an order
    /// withholds it. Absent where nothing is restricted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NoticeView>)]
    pub notice: Option<Option<NoticeView>>,
    /// Until when an order forbids that the author be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_withheld_until: Option<String>,
    /// By what the author appeals, as the message of the action gives it; null while an order
    /// withholds the notice. Absent where nothing is restricted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AppealLinkTold>)]
    pub appeal: Option<Option<AppealLinkTold>>,
    /// Whether what is known rests on a missing or failed input.
    pub rests_on_missing: bool,
}

/// By what somebody appeals against one action.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub struct AppealLinkTold {
    /// The token of `POST /v1/appeals`.
    pub token: String,
    /// The address of the form, where the public sees one.
    pub url: Option<String>,
}

/// What the platform may do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// Publish it.
    Publish,
    /// Publish it with restricted reach, until the time told.
    Restricted,
    /// Keep it back: until the time told, where the platform said that it cannot restrict reach;
    /// without a time, where people removed it or suspended its account.
    Hold,
}

/// Takes events in.
///
/// The body is NDJSON (`application/x-ndjson`), one JSON object or an array
/// (`application/json`), or CloudEvents (`application/cloudevents+json`,
/// `application/cloudevents-batch+json`). The answer comes once everything accepted survives
/// a power cut. Sending the same events again is safe: they are counted as duplicates.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "events",
    params(EventsQuery),
    request_body(content(
        (String = "application/x-ndjson"),
        (serde_json::Value = "application/json"),
        (serde_json::Value = "application/cloudevents+json"),
        (serde_json::Value = "application/cloudevents-batch+json"),
    )),
    responses(
        (status = 200, description = "Durable; refused records are told", body = EventsAnswer),
        (status = 422, description = "Every record was refused, or a parameter is not allowed",
            content(
                (EventsAnswer = "application/json"),
                (ProblemTold = "application/problem+json"),
            )),
    ),
    extensions(("x-operation" = json!("events.write"))),
)]
pub async fn post_events(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    if query.wait == Wait::Verdict {
        caller.may(Operation::EventsVerdict)?;
    }
    let reading = Reading::of(&headers, query.format.as_deref())?;
    let limits = app.limits().clone();
    let read = move || read(&body, &reading, &limits);
    let (items, ignored) =
        tokio::task::spawn_blocking(read).await.map_err(|error| Problem::defect(&error))??;
    let wants = match query.wait {
        Wait::Durable => Wants::Durable,
        Wait::Verdict => Wants::Verdict,
    };
    let answer = app.service().submit(items, wants).await?;
    Ok(told(&app, answer, ignored, wants))
}

/// One event that the server itself writes of what it was asked.
///
/// # Errors
/// A [`Problem`] that says what of it cannot be.
pub(super) fn one(app: &App, event: &serde_json::Value) -> Result<Item, Rejection> {
    let bytes = event.to_string().into_bytes();
    let event = match Decoder::Messages(Format::Canonical).decode(&bytes, app.limits())? {
        Decoded::Event(event) => event,
        Decoded::Ignored(what) => unreachable!("{what} is no canonical event"),
    };
    let canonical = seawall_event::encode(&event);
    Ok(Item { line: 0, offset: None, result: Ok(event), bytes: canonical })
}

/// How the body of a request is read.
#[derive(Clone, Debug)]
enum Reading {
    /// Records, whose shape is found out where the content type does not say it.
    Records(Option<Shape>, Format),
    /// One CloudEvent in binary mode, whose attributes are these headers.
    Binary(Vec<(String, String)>),
}

impl Reading {
    fn of(headers: &HeaderMap, format: Option<&str>) -> Result<Self, Problem> {
        if headers.contains_key("ce-specversion") {
            let text = |value: &axum::http::HeaderValue| {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            let wanted = |name: &str| name.starts_with("ce-") || name == "content-type";
            let named = headers.iter().filter(|(name, _)| wanted(name.as_str()));
            let named = named.map(|(name, value)| (name.as_str().to_owned(), text(value)));
            return Ok(Self::Binary(named.collect()));
        }
        let named = format.map(|name| {
            Format::from_name(name).ok_or_else(|| {
                let detail = format!(
                    "there is no format `{name}`: use canonical, cloudevents, jetstream_v1 or \
                     jetstream_v2"
                );
                Problem::new(Code::Invalid, detail).at("format")
            })
        });
        let named = named.transpose()?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let (shape, format) = match essence.trim().to_ascii_lowercase().as_str() {
            "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                (Some(Shape::Lines), named.unwrap_or(Format::Canonical))
            }
            "application/json" => (None, named.unwrap_or(Format::Canonical)),
            "application/cloudevents+json" => (None, Format::CloudEvent),
            "application/cloudevents-batch+json" => (Some(Shape::Array), Format::CloudEvent),
            _ => {
                let detail = "send application/x-ndjson, application/json, \
                              application/cloudevents+json or \
                              application/cloudevents-batch+json";
                return Err(Problem::new(Code::MediaType, detail).at("content-type"));
            }
        };
        Ok(Self::Records(shape, format))
    }
}

/// Reads the records of a body. Gives them with the number of those without meaning here.
fn read(body: &[u8], reading: &Reading, limits: &Limits) -> Result<(Vec<Item>, u64), Problem> {
    let (shape, format) = match reading {
        Reading::Binary(headers) => return Ok((vec![binary(body, headers, limits)], 0)),
        Reading::Records(shape, format) => (*shape, *format),
    };
    let trimmed = body.trim_ascii_start();
    // One object may be written over several lines: it is read as an array of one.
    let one;
    let (shape, body) = match (shape, trimmed.first()) {
        (Some(shape), _) => (shape, body),
        (None, Some(b'[')) => (Shape::Array, body),
        (None, _) => {
            one = [b"[".as_slice(), trimmed, b"]"].concat();
            (Shape::Array, one.as_slice())
        }
    };
    let decoder = Decoder::Messages(format);
    let mut records = Records { decoder, limits, items: Vec::new(), ignored: 0 };
    let mut splitter = Splitter::new(shape, limits);
    let mut chunk = body;
    while let Some(item) = splitter.next_record(&mut chunk) {
        records.take(item)?;
    }
    while let Some(item) = splitter.finish() {
        records.take(item)?;
    }
    if records.items.is_empty() && records.ignored == 0 {
        return Err(Problem::new(Code::Missing, "the body has no event: send at least one"));
    }
    Ok((records.items, records.ignored))
}

fn binary(body: &[u8], headers: &[(String, String)], limits: &Limits) -> Item {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let (result, bytes) = match decode_binary(headers, body, limits) {
        Ok(event) => {
            let canonical = seawall_event::encode(&event);
            (Ok(Box::new(event)), canonical)
        }
        Err(rejection) => (Err(rejection), body.to_vec()),
    };
    Item { line: 0, offset: None, result, bytes }
}

struct Records<'a> {
    decoder: Decoder,
    limits: &'a Limits,
    items: Vec<Item>,
    ignored: u64,
}

impl Records<'_> {
    fn take(&mut self, item: seawall_event::records::Item<'_>) -> Result<(), Problem> {
        if self.items.len() >= self.limits.batch_events_max {
            let detail = format!(
                "a request holds at most {} events: send the rest in another one",
                self.limits.batch_events_max
            );
            return Err(Problem::new(Code::TooLarge, detail));
        }
        let made = |result, bytes| Item { line: 0, offset: None, result, bytes };
        let item = match item.content {
            Err(uncut) => made(Err(uncut.rejection), uncut.head.to_vec()),
            Ok(bytes) => match self.decoder.decode(bytes, self.limits) {
                Ok(Decoded::Ignored(_)) => {
                    self.ignored += 1;
                    return Ok(());
                }
                Ok(Decoded::Event(event)) => {
                    let canonical = seawall_event::encode(&event);
                    made(Ok(event), canonical)
                }
                Err(rejection) => made(Err(rejection), bytes.to_vec()),
            },
        };
        self.items.push(item);
        Ok(())
    }
}

fn told(app: &App, answer: Answer, ignored: u64, wants: Wants) -> Response {
    let mut told = EventsAnswer {
        accepted: 0,
        duplicates: 0,
        ignored,
        rejected: 0,
        rejections: Vec::new(),
        position: None,
        verdicts: (wants == Wants::Verdict).then(Vec::new),
    };
    for (index, fate) in answer.fates.iter().enumerate() {
        match fate {
            Fate::Accepted(placed) => {
                told.accepted += 1;
                told.position = Some(placed.position.0);
            }
            Fate::Duplicate(_) => told.duplicates += 1,
            Fate::Refused(rejection) => {
                told.rejected += 1;
                if told.rejections.len() < REFUSED_TOLD_MAX {
                    told.rejections.push(rejection_told(index, rejection));
                }
            }
        }
    }
    if let Some(verdicts) = &mut told.verdicts {
        let spoken = answer.verdicts.into_iter().enumerate();
        verdicts.extend(
            spoken.filter_map(|(index, verdict)| Some(verdict_told(app, index, &verdict?))),
        );
    }
    count(&told);
    let is_refused = told.rejected > 0 && told.accepted + told.duplicates + told.ignored == 0;
    match is_refused {
        true => (axum::http::StatusCode::UNPROCESSABLE_ENTITY, Json(told)).into_response(),
        false => Json(told).into_response(),
    }
}

fn count(told: &EventsAnswer) {
    let counts = [
        ("accepted", told.accepted),
        ("duplicate", told.duplicates),
        ("ignored", told.ignored),
        ("rejected", told.rejected),
    ];
    for (fate, count) in counts {
        metrics::counter!("seawall_events_total", "fate" => fate).increment(count);
    }
}

fn rejection_told(index: usize, rejection: &Rejection) -> RejectionTold {
    RejectionTold {
        index,
        code: rejection.code.as_str().to_owned(),
        pointer: rejection.pointer.clone(),
        detail: rejection.detail.clone(),
        remedy: rejection.remedy.clone(),
    }
}

fn verdict_told(app: &App, index: usize, verdict: &Verdict) -> VerdictTold {
    let spoken = verdict.spoken.as_ref();
    let (notice, withheld_until, appeal) = match spoken.map(|spoken| (spoken, &spoken.telling)) {
        None => (None, None, None),
        Some((_, Telling::Withheld(until))) => (Some(None), Some(until.to_string()), Some(None)),
        Some((spoken, Telling::Now(letter))) => {
            let notice = letter.as_deref().map(NoticeView::from);
            let link = app.carrier().links().told(spoken.action);
            (Some(notice), None, Some(serde_json::from_value(link).ok()))
        }
    };
    VerdictTold {
        index,
        verdict: match verdict.word {
            Word::Publish => VerdictWord::Publish,
            Word::Restricted => app.restricted_word(),
            Word::Hold => VerdictWord::Hold,
        },
        case: verdict.case.map(|case| case.to_string()),
        action: spoken.map(|spoken| format!("a{}", spoken.action)),
        until: spoken.and_then(|spoken| spoken.until).map(|until| until.to_string()),
        notice,
        notice_withheld_until: withheld_until,
        appeal,
        rests_on_missing: verdict.rests == seawall_review::RestsOnMissing::Yes,
    }
}
