//! Jetstream: what a commit, an identity or an account message means here.
//!
//! Both versions of the stream tell the same things in other words; `v1` and `v2` read
//! the words, this module gives them one meaning, so that one commit read from either
//! is one event. `record` reads posts and profiles. Sequence numbers and cursors are
//! the stream's and are left out, as is a like's own claim of its time.

mod record;
pub(crate) mod v1;
pub(crate) mod v2;

use std::borrow::Cow;
use std::fmt::Write as _;

use seawall_model::{
    Engagement, EngagementKind, Event, EventBody, EventId, Extra, Follow, InvalidId, Limits,
    PlatformId, Profile, Rejection, Standing, State, Timestamp,
};
use sha2::{Digest, Sha256};

use crate::json::{self, At, Object};
use crate::{Decoded, FIX_THE_SENDER, compact};

const POST: &str = "app.bsky.feed.post";
const LIKE: &str = "app.bsky.feed.like";
const REPOST: &str = "app.bsky.feed.repost";
const FOLLOW: &str = "app.bsky.graph.follow";
const PROFILE: &str = "app.bsky.actor.profile";

/// One change of one record.
struct Commit<'a> {
    did: PlatformId,
    at: Timestamp,
    rev: Cow<'a, str>,
    operation: Cow<'a, str>,
    collection: Cow<'a, str>,
    rkey: Cow<'a, str>,
    cid: Option<Cow<'a, str>>,
    record: Option<&'a str>,
}

/// Whether a record stands after the commit.
#[derive(Clone, Copy)]
enum Change<'a> {
    Created(&'a str),
    Updated(&'a str),
    Deleted,
}

impl<'a> Commit<'a> {
    /// Reads the fields that v1 has under `commit` and v2 has at the top.
    fn read(
        object: &mut Object<'a, '_>,
        did: PlatformId,
        at: Timestamp,
    ) -> Result<Self, Rejection> {
        Ok(Self {
            did,
            at,
            rev: object.required_word("rev")?,
            operation: object.required_word("operation")?,
            collection: object.required_word("collection")?,
            rkey: object.required_word("rkey")?,
            cid: object.word("cid")?,
            record: object.take("record"),
        })
    }

    /// What the commit means; `at` is where its fields stand.
    fn meaning(&self, at: &At<'_>, limits: &Limits) -> Result<Decoded, Rejection> {
        if ![POST, LIKE, REPOST, FOLLOW, PROFILE].contains(&&*self.collection) {
            return Ok(Decoded::ignored(&self.collection));
        }
        let record_at = at.key("record");
        let change = match (&*self.operation, self.record) {
            ("create", Some(record)) => Change::Created(record),
            ("update", Some(record)) => Change::Updated(record),
            ("create" | "update", None) => return Err(record_at.missing(FIX_THE_SENDER)),
            ("delete", _) => Change::Deleted,
            (other, _) => return Ok(Decoded::ignored(&format!("operation:{other}"))),
        };
        let own = PlatformId::new(format!("at://{}/{}/{}", self.did, self.collection, self.rkey))
            .map_err(|error| json::invalid_id(&error, &at.key("rkey")))?;
        let (body, profile) = match &*self.collection {
            POST => (self.post(own, change, &record_at, limits)?, None),
            PROFILE => {
                let profile = self.profile(change, &record_at, limits)?;
                (EventBody::AccountUpdated, Some(Box::new(profile)))
            }
            FOLLOW => (follow(own, change, &record_at, limits)?, None),
            _ => match engagement(&self.collection, own, change, &record_at, limits)? {
                Some(engagement) => (EventBody::Engagement(engagement), None),
                None => return Ok(Decoded::ignored(&format!("{}:other", self.collection))),
            },
        };
        let parts =
            [self.did.as_str(), &*self.rev, &*self.collection, &*self.rkey, &*self.operation];
        let id = event_id(&parts, at)?;
        let account = Some(self.did.clone());
        let extra = Extra::new();
        Ok(Event { id, at: self.at, account, profile, body, extra }.into())
    }

    fn post(
        &self,
        own: PlatformId,
        change: Change<'_>,
        at: &At<'_>,
        limits: &Limits,
    ) -> Result<EventBody, Rejection> {
        let cid = self.cid.as_deref();
        let read = |record| record::post(record, own.clone(), cid, at, limits).map(Box::new);
        Ok(match change {
            Change::Created(record) => EventBody::PostCreated(read(record)?),
            Change::Updated(record) => EventBody::PostEdited(read(record)?),
            Change::Deleted => EventBody::PostDeleted { post: own },
        })
    }

    fn profile(
        &self,
        change: Change<'_>,
        at: &At<'_>,
        limits: &Limits,
    ) -> Result<Profile, Rejection> {
        match change {
            Change::Created(record) | Change::Updated(record) => {
                record::profile(record, at, limits)
            }
            Change::Deleted => {
                let extra = vec![("record_deleted".into(), "true".into())];
                Ok(Profile { extra, ..Profile::default() })
            }
        }
    }
}

fn follow(
    own: PlatformId,
    change: Change<'_>,
    at: &At<'_>,
    limits: &Limits,
) -> Result<EventBody, Rejection> {
    let (target, state, extra) = match change {
        Change::Deleted => (None, State::Withdrawn, Extra::new()),
        Change::Created(record) | Change::Updated(record) => {
            let mut record = Object::read(record, at, limits)?;
            let target = record.required_id("subject", FIX_THE_SENDER)?;
            (Some(target), State::Made, kept(record)?)
        }
    };
    Ok(EventBody::Follow(Follow { target, of: Some(own), state, extra }))
}

/// A like or a repost; `None` if it is of something other than a post.
fn engagement(
    collection: &str,
    own: PlatformId,
    change: Change<'_>,
    at: &At<'_>,
    limits: &Limits,
) -> Result<Option<Engagement>, Rejection> {
    let kind = if collection == LIKE { EngagementKind::Like } else { EngagementKind::Repost };
    let (post, state, extra) = match change {
        Change::Deleted => (None, State::Withdrawn, Extra::new()),
        Change::Created(record) | Change::Updated(record) => {
            let mut record = Object::read(record, at, limits)?;
            let post = record.object("subject", |mut s| s.required_id("uri", FIX_THE_SENDER))?;
            let post = post.ok_or_else(|| at.key("subject").missing(FIX_THE_SENDER))?;
            if !is_post(post.as_str()) {
                return Ok(None);
            }
            (Some(post), State::Made, kept(record)?)
        }
    };
    Ok(Some(Engagement { kind, post, of: Some(own), count: 1, state, extra }))
}

/// Whether an `at://` address is a post's.
fn is_post(uri: &str) -> bool {
    uri.strip_prefix("at://").and_then(|rest| rest.split('/').nth(1)) == Some(POST)
}

/// A record's unknown fields, under one name of ours, so that none can pass for a
/// field that the canonical form knows.
fn kept(mut record: Object<'_, '_>) -> Result<Extra, Rejection> {
    record.take("$type");
    record.take("createdAt");
    let unknown = record.rest()?;
    let mut extra = Extra::new();
    if !unknown.is_empty() {
        extra.push(("record".into(), compact::object(&unknown).into()));
    }
    Ok(extra)
}

/// A change of an account's name in the network.
fn identity(
    did: PlatformId,
    witnessed: Timestamp,
    mut identity: Object<'_, '_>,
) -> Result<Decoded, Rejection> {
    let Some(handle) = identity.short("handle")? else {
        return Ok(Decoded::ignored("identity"));
    };
    let id = upstream_id(&did, "identity", witnessed, &mut identity)?;
    let profile = Profile { handle: Some(handle), ..Profile::default() };
    Ok(Event {
        id,
        at: witnessed,
        account: Some(did),
        profile: Some(Box::new(profile)),
        body: EventBody::AccountUpdated,
        extra: Extra::new(),
    }
    .into())
}

/// A change of an account's standing on its server.
///
/// `takendown` and `suspended` are the platform's act, `deleted` ends the account.
/// Everything else is the owner's or the server's doing: `deactivated` is a choice, and
/// `active` is said of every new account too, so neither may pass for a suspension or a
/// reinstatement. Both become an update that keeps `active` and `status`; who knows of
/// an earlier suspension reads `"active":true` as its end.
fn account(
    did: PlatformId,
    witnessed: Timestamp,
    mut account: Object<'_, '_>,
) -> Result<Decoded, Rejection> {
    let active = account.boolean("active")?;
    let active = active.ok_or_else(|| account.at.key("active").missing(FIX_THE_SENDER))?;
    let status = account.short("status")?;
    let id = upstream_id(&did, "account", witnessed, &mut account)?;
    let mut extra = Extra::new();
    let body = match (active, status.as_deref()) {
        (false, Some("takendown" | "suspended")) => {
            EventBody::AccountSuspended(Standing { status, ..Standing::default() })
        }
        (false, Some("deleted")) => EventBody::AccountDeleted,
        (active, status) => {
            extra.push(("active".into(), active.to_string().into()));
            if let Some(status) = status {
                extra.push(("status".into(), compact::string(status).into()));
            }
            EventBody::AccountUpdated
        }
    };
    Ok(Event { id, at: witnessed, account: Some(did), profile: None, body, extra }.into())
}

/// The id of a message that its origin numbered, else timed, else that was witnessed.
fn upstream_id(
    did: &PlatformId,
    kind: &str,
    witnessed: Timestamp,
    object: &mut Object<'_, '_>,
) -> Result<EventId, Rejection> {
    let (seq, time) = (object.count("seq")?, object.word("time")?);
    let part = match (seq, time) {
        (Some(seq), _) => seq.to_string(),
        (None, Some(time)) => time.into_owned(),
        (None, None) => witnessed.to_string(),
    };
    event_id(&[did.as_str(), kind, &part], object.at)
}

/// Parts joined by `/`, or their hash where that is too long for an id.
fn event_id(parts: &[&str], at: &At<'_>) -> Result<EventId, Rejection> {
    match EventId::new(parts.join("/")) {
        Err(InvalidId::TooLong { .. }) => {}
        id => return id.map_err(|error| json::invalid_id(&error, at)),
    }
    let mut id = String::from("jetstream:");
    for byte in Sha256::digest(parts.join("/").as_bytes()) {
        let _ = write!(id, "{byte:02x}");
    }
    EventId::new(id).map_err(|error| json::invalid_id(&error, at))
}
