//! Reads our own JSON, version 1; its written form is `docs/reference/events.md`.
//!
//! Also reads the body that a CloudEvent carries, whose envelope may hold what the
//! body lacks. Writing is `encode`.

use seawall_model::{
    ActionId, Appeal, Embedded, Engagement, EngagementKind, Event, EventBody, EventId, EventKind,
    Extra, FieldEvent, Follow, Limits, MediaItem, MediaRef, PlatformId, Post, Profile, Rejection,
    RejectionCode, Report, Standing, State, Subject, Timestamp,
};

use crate::compact;
use crate::json::{self, At, Object};

/// The version of the written form.
pub(crate) const VERSION: &str = "1";

/// What an envelope says of the event, for fields that the event itself lacks.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) id: Option<EventId>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) kind: Option<EventKind>,
}

/// Reads one event that stands alone.
pub(crate) fn decode(text: &str, limits: &Limits) -> Result<Event, Rejection> {
    read(text, &At::ROOT, &Envelope::default(), limits)
}

/// Reads one event at `at`; what stands in both event and envelope must agree.
pub(crate) fn read(
    text: &str,
    at: &At<'_>,
    envelope: &Envelope,
    limits: &Limits,
) -> Result<Event, Rejection> {
    let mut object = Object::read(text, at, limits)?;
    check_version(&mut object)?;
    let kind = kind(&mut object, envelope)?;
    let id = match object.take("id") {
        Some(value) => Some(json::event_id(value, &at.key("id"))?),
        None => None,
    };
    let id = agreed(id, envelope.id.as_ref(), &at.key("id"), "add the platform's id of the event")?;
    let time = object.time("at")?;
    let remedy = "add the time it happened in RFC 3339";
    let time = agreed(time, envelope.at.as_ref(), &at.key("at"), remedy)?;
    let account = object.id("account")?;
    let profile = object.object("profile", profile)?.map(Box::new);
    let (body, nested, within) = body(kind, &mut object)?;
    check_account(&body, account.as_ref(), at)?;
    let mut extra = object.rest()?;
    nest(&mut extra, within, nested);
    Ok(Event { id, at: time, account, profile, body, extra })
}

fn check_version(object: &mut Object<'_, '_>) -> Result<(), Rejection> {
    match object.take("v") {
        None | Some(VERSION) => Ok(()),
        Some(_) => Err(object.at.key("v").reject(
            RejectionCode::Unknown,
            "the version of the event is not 1",
            "send version 1, or use a seawall that knows this version",
        )),
    }
}

fn kind(object: &mut Object<'_, '_>, envelope: &Envelope) -> Result<EventKind, Rejection> {
    let at = object.at.key("type");
    let named = match object.take("type") {
        Some(value) => Some(kind_named(&json::exact(value, &at)?, &at)?),
        None => None,
    };
    agreed(named, envelope.kind.as_ref(), &at, "add the type, such as post.created")
}

/// The kind with this name.
pub(crate) fn kind_named(name: &str, at: &At<'_>) -> Result<EventKind, Rejection> {
    EventKind::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let remedy = format!("use one of {}", names.join(", "));
        at.reject(RejectionCode::Unknown, "the type of event is not known", remedy)
    })
}

/// What event or envelope say; both may, if they say the same.
fn agreed<T: Clone + PartialEq>(
    own: Option<T>,
    envelope: Option<&T>,
    at: &At<'_>,
    remedy: &str,
) -> Result<T, Rejection> {
    match (own, envelope) {
        (Some(own), Some(other)) if own != *other => {
            let remedy = "send the field once, or the same value in both";
            Err(at.invalid("the event and its envelope differ", remedy))
        }
        (Some(own), _) => Ok(own),
        (None, Some(other)) => Ok(other.clone()),
        (None, None) => Err(at.missing(remedy)),
    }
}

/// Most events have an actor; counted engagements, uploads and notices may have none.
fn check_account(
    body: &EventBody,
    account: Option<&PlatformId>,
    at: &At<'_>,
) -> Result<(), Rejection> {
    let at = at.key("account");
    let needed = match body {
        EventBody::Engagement(engagement) => {
            engagement.count == 1 && engagement.kind != EngagementKind::View
        }
        EventBody::Report(_) | EventBody::Media(_) => false,
        EventBody::FieldEvent(_) if account.is_some() => {
            let remedy = "leave the account out; name who says so in field_event.source";
            return Err(at.invalid("a field event is no account's act", remedy));
        }
        EventBody::FieldEvent(_) => false,
        _ => true,
    };
    if needed && account.is_none() {
        return Err(at.missing("add the platform's id of the account that acted"));
    }
    Ok(())
}

/// The body, unknown fields for which the body has no place, and the name of the object in
/// which they stood.
fn body(
    kind: EventKind,
    object: &mut Object<'_, '_>,
) -> Result<(EventBody, Extra, &'static str), Rejection> {
    let body = match kind {
        EventKind::AccountCreated => EventBody::AccountCreated,
        EventKind::AccountUpdated => EventBody::AccountUpdated,
        EventKind::AccountDeleted => EventBody::AccountDeleted,
        EventKind::AccountSuspended => {
            EventBody::AccountSuspended(object.object("standing", standing)?.unwrap_or_default())
        }
        EventKind::AccountReinstated => {
            EventBody::AccountReinstated(object.object("standing", standing)?.unwrap_or_default())
        }
        EventKind::PostCreated => EventBody::PostCreated(Box::new(required(object, "post", post)?)),
        EventKind::PostEdited => EventBody::PostEdited(Box::new(required(object, "post", post)?)),
        EventKind::PostDeleted => {
            let (post, nested) = required(object, "post", |mut post| {
                let id = post.required_id("id", "add the id of the post that was deleted")?;
                Ok((id, post.rest()?))
            })?;
            return Ok((EventBody::PostDeleted { post }, nested, "post"));
        }
        EventKind::Follow => EventBody::Follow(required(object, "follow", follow)?),
        EventKind::Engagement => EventBody::Engagement(required(object, "engagement", engagement)?),
        EventKind::Report => EventBody::Report(Box::new(required(object, "report", report)?)),
        EventKind::Media => EventBody::Media(Box::new(required(object, "media", media_item)?)),
        EventKind::FieldEvent => {
            EventBody::FieldEvent(Box::new(required(object, "field_event", field_event)?))
        }
        EventKind::Appeal => {
            let (appeal, nested) = required(object, "appeal", appeal)?;
            return Ok((EventBody::Appeal(appeal), nested, "appeal"));
        }
    };
    Ok((body, Extra::new(), ""))
}

fn required<'a, T>(
    object: &mut Object<'a, '_>,
    name: &str,
    read: impl FnOnce(Object<'a, '_>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let read = object.object(name, read)?;
    read.ok_or_else(|| object.at.key(name).missing("add the object that belongs to this type"))
}

fn profile(mut object: Object<'_, '_>) -> Result<Profile, Rejection> {
    Ok(Profile {
        handle: object.short("handle")?,
        name: object.short("name")?,
        bio: object.text("bio")?,
        location: object.short("location")?,
        avatar: object.object("avatar", media_ref)?,
        banner: object.object("banner", media_ref)?,
        links: object.shorts("links")?,
        created_at: object.time("created_at")?,
        followers: object.count("followers")?,
        following: object.count("following")?,
        posts: object.count("posts")?,
        language: object.short("language")?,
        client: object.short("client")?,
        extra: object.rest()?,
    })
}

fn standing(mut object: Object<'_, '_>) -> Result<Standing, Rejection> {
    Ok(Standing {
        status: object.short("status")?,
        reason: object.text("reason")?,
        policy: object.short("policy")?,
        extra: object.rest()?,
    })
}

fn post(mut object: Object<'_, '_>) -> Result<Post, Rejection> {
    let limits = object.limits;
    Ok(Post {
        id: object.required_id("id", "add the platform's id of the post")?,
        text: object.text("text")?,
        languages: object.shorts("languages")?,
        tags: object.shorts("tags")?,
        links: object.shorts("links")?,
        mentions: object.list("mentions", json::platform_id)?,
        media: object
            .list("media", |item, at| Object::read(item, at, limits).and_then(media_ref))?,
        reply_to: object.id("reply_to")?,
        quote_of: object.id("quote_of")?,
        claimed_at: object.time("claimed_at")?,
        client: object.short("client")?,
        extra: object.rest()?,
    })
}

fn media_ref(mut object: Object<'_, '_>) -> Result<MediaRef, Rejection> {
    let media = known_media(&mut object)?;
    Ok(MediaRef { extra: object.rest()?, ..media })
}

fn known_media(object: &mut Object<'_, '_>) -> Result<MediaRef, Rejection> {
    Ok(MediaRef {
        id: object.id("id")?,
        sha256: hash(object, "sha256")?,
        pdq: hash(object, "pdq")?,
        mime: object.short("mime")?,
        alt: object.text("alt")?,
        extra: Extra::new(),
    })
}

fn media_item(mut object: Object<'_, '_>) -> Result<MediaItem, Rejection> {
    let media = known_media(&mut object)?;
    if media.id.is_none() && media.sha256.is_none() && media.pdq.is_none() {
        return Err(object.at.key("id").missing("add one of id, sha256 and pdq"));
    }
    let embedded = match object.word("for")?.as_deref() {
        None => Embedded::Unknown,
        Some("post") => Embedded::Post,
        Some("avatar") => Embedded::Avatar,
        Some("banner") => Embedded::Banner,
        Some(_) => {
            let (detail, remedy) = ("the use is not known", "use post, avatar or banner");
            return Err(object.at.key("for").reject(RejectionCode::Unknown, detail, remedy));
        }
    };
    Ok(MediaItem {
        post: object.id("post")?,
        embedded,
        bytes: object.count("bytes")?,
        width: object.count("width")?,
        height: object.count("height")?,
        media: MediaRef { extra: object.rest()?, ..media },
    })
}

/// 32 bytes as 64 hexadecimal digits.
fn hash(object: &mut Object<'_, '_>, name: &str) -> Result<Option<[u8; 32]>, Rejection> {
    let Some(word) = object.word(name)? else { return Ok(None) };
    let parsed = parse_hash(word.as_bytes());
    parsed.map(Some).ok_or_else(|| {
        let detail = "the hash is not 64 hexadecimal digits";
        object.at.key(name).invalid(detail, "send 64 digits from 0-9 and a-f")
    })
}

fn parse_hash(digits: &[u8]) -> Option<[u8; 32]> {
    fn value(digit: u8) -> Option<u8> {
        match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            b'A'..=b'F' => Some(digit - b'A' + 10),
            _ => None,
        }
    }
    let mut hash = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (value(pair[0])? << 4) | value(pair[1])?;
    }
    Some(hash)
}

fn state(object: &mut Object<'_, '_>) -> Result<State, Rejection> {
    let withdrawn = object.boolean("withdrawn")?;
    Ok(if withdrawn == Some(true) { State::Withdrawn } else { State::Made })
}

fn follow(mut object: Object<'_, '_>) -> Result<Follow, Rejection> {
    let (target, of) = (object.id("target")?, object.id("of")?);
    let state = state(&mut object)?;
    check_tie(target.as_ref(), of.as_ref(), state, &object.at.key("target"))?;
    Ok(Follow { target, of, state, extra: object.rest()? })
}

fn engagement(mut object: Object<'_, '_>) -> Result<Engagement, Rejection> {
    let at = object.at.key("kind");
    let word =
        object.word("kind")?.ok_or_else(|| at.missing("add the kind, such as like or repost"))?;
    let kind = EngagementKind::from_name(&word).ok_or_else(|| {
        let remedy = "use like, repost, view, click, share, bookmark or other; with other, \
                      add the platform's word as a field of your own";
        at.reject(RejectionCode::Unknown, "the kind of engagement is not known", remedy)
    })?;
    let (post, of) = (object.id("post")?, object.id("of")?);
    let state = state(&mut object)?;
    check_tie(post.as_ref(), of.as_ref(), state, &object.at.key("post"))?;
    let count = object.count("count")?.unwrap_or(1);
    let max = object.limits.engagement_count_max;
    if count == 0 || count > max {
        let detail = format!("the count is not from 1 to {max}");
        let remedy = "send how many engagements the event stands for";
        return Err(object.at.key("count").invalid(detail, remedy));
    }
    Ok(Engagement { kind, post, of, count, state, extra: object.rest()? })
}

/// A tie that is made names its end; one that is taken back may name itself instead.
fn check_tie(
    end: Option<&PlatformId>,
    own: Option<&PlatformId>,
    state: State,
    at: &At<'_>,
) -> Result<(), Rejection> {
    match (state, end, own) {
        (_, Some(_), _) | (State::Withdrawn, None, Some(_)) => Ok(()),
        (State::Withdrawn, None, None) => {
            Err(at.missing("name what is withdrawn, here or in `of`"))
        }
        (State::Made, None, _) => Err(at.missing("name what it is about")),
    }
}

fn report(mut object: Object<'_, '_>) -> Result<Report, Rejection> {
    let (subject, nested) = required(&mut object, "subject", |mut subject| {
        let both = (subject.id("account")?, subject.id("post")?);
        let named = match both {
            (Some(account), None) => Subject::Account(account),
            (None, Some(post)) => Subject::Post(post),
            (None, None) => return Err(subject.at.missing("add subject.account or subject.post")),
            (Some(_), Some(_)) => {
                let remedy = "send one report for the account and one for the post";
                return Err(subject.at.invalid("the report has two subjects", remedy));
            }
        };
        Ok((named, subject.rest()?))
    })?;
    let (reason, text) = (object.short("reason")?, object.text("text")?);
    let mut extra = object.rest()?;
    nest(&mut extra, "subject", nested);
    Ok(Report { subject, reason, text, extra })
}

fn field_event(mut object: Object<'_, '_>) -> Result<FieldEvent, Rejection> {
    let name = object.short("name")?.filter(|name| !name.trim().is_empty());
    Ok(FieldEvent {
        name: name.ok_or_else(|| object.at.key("name").missing("add what people call it"))?,
        place: object.short("place")?,
        source: object.short("source")?,
        ends_at: object.time("ends_at")?,
        extra: object.rest()?,
    })
}

/// An appeal, and unknown fields for which it has no place.
fn appeal(mut object: Object<'_, '_>) -> Result<(Appeal, Extra), Rejection> {
    let at = object.at.key("action");
    let remedy = "add the number of the action as its notice names it, such as a12";
    let word = object.word("action")?.ok_or_else(|| at.missing(remedy))?;
    let action = action(&word).ok_or_else(|| {
        at.invalid("no action is named so", "send the number as the notice has it, such as a12")
    })?;
    let text = object.text("text")?;
    Ok((Appeal { action: action.0, text }, object.rest()?))
}

/// The action that a word names. Each has one name, and it is a whole number that JSON keeps.
fn action(word: &str) -> Option<ActionId> {
    let action = ActionId::parse(word)?;
    let is_plain = action.0 > 0 && action.0 < 1 << 53 && action.to_string() == word;
    is_plain.then_some(action)
}

/// Keeps the unknown fields of an object that has no place for them with its parent,
/// under the object's name. `encode` puts them back.
fn nest(extra: &mut Extra, name: &str, nested: Extra) {
    if nested.is_empty() {
        return;
    }
    let place = extra.partition_point(|(other, _)| **other < *name);
    extra.insert(place, (name.into(), compact::object(&nested).into()));
}
