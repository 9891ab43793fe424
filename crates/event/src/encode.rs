//! Writes the canonical bytes of an event: one line of JSON, one spelling.
//!
//! The order of names is fixed and absent fields are left out, so equal events have
//! equal bytes and an altered duplicate shows. Reading is `canonical`.

use std::fmt::Write as _;

use seawall_model::{
    ActionId, Appeal, Embedded, Engagement, Event, EventBody, Extra, FieldEvent, Follow, MediaItem,
    MediaRef, Post, Profile, Report, Standing, State, Subject, Timestamp,
};

use crate::{canonical, compact};

/// The canonical bytes: what the log keeps and duplicates are compared by.
///
/// One line of JSON without a line feed, in the order `v`, `type`, `id`, `at`,
/// `account`, `profile`, the body, then unknown fields by name. Equal events give equal
/// bytes, and [`crate::reopen`] gives the event back.
///
/// The event must hold what `decode` makes: unknown fields sorted, each once, none with
/// a name the format knows, each value JSON.
///
/// Cost: one allocation for most events.
#[must_use]
pub fn encode(event: &Event) -> Vec<u8> {
    let mut out = String::with_capacity(512);
    encode_onto(event, &mut out);
    out.into_bytes()
}

/// Appends the canonical bytes, as [`encode`] makes them, to a text.
///
/// Cost: none but the writing, where the text has room.
pub fn encode_onto(event: &Event, out: &mut String) {
    let mut writer = Writer { out };
    writer.out.push('{');
    writer.raw("v", canonical::VERSION);
    writer.text("type", Some(event.kind().as_str()));
    writer.text("id", Some(event.id.as_str()));
    writer.time("at", Some(event.at));
    writer.text("account", event.account.as_ref().map(|id| id.as_str()));
    if let Some(profile) = &event.profile {
        writer.object("profile", |writer| writer.profile(profile));
    }
    let nested = writer.body(&event.body, &event.extra);
    writer.extra(&event.extra, nested);
    writer.out.push('}');
}

struct Writer<'o> {
    out: &'o mut String,
}

impl Writer<'_> {
    fn name(&mut self, name: &str) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
        compact::push_string(self.out, name);
        self.out.push(':');
    }

    fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.push_str(value);
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            compact::push_string(self.out, value);
        }
    }

    fn time(&mut self, name: &str, value: Option<Timestamp>) {
        if let Some(value) = value {
            self.name(name);
            // Writing to a string cannot fail, and no time in range does.
            let _ = write!(self.out, "\"{value}\"");
        }
    }

    fn count(&mut self, name: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.name(name);
            let _ = write!(self.out, "{value}");
        }
    }

    fn hash(&mut self, name: &str, value: Option<&[u8; 32]>) {
        if let Some(value) = value {
            self.name(name);
            self.out.push('"');
            for byte in value {
                let _ = write!(self.out, "{byte:02x}");
            }
            self.out.push('"');
        }
    }

    fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.name(name);
        self.out.push('{');
        write(self);
        self.out.push('}');
    }

    fn texts<'t>(&mut self, name: &str, values: impl ExactSizeIterator<Item = &'t str>) {
        if values.len() == 0 {
            return;
        }
        self.name(name);
        self.out.push('[');
        for value in values {
            if !self.out.ends_with('[') {
                self.out.push(',');
            }
            compact::push_string(self.out, value);
        }
        self.out.push(']');
    }

    /// Unknown fields, without the one that was written in its own object.
    fn extra(&mut self, extra: &Extra, without: Option<&str>) {
        for (name, value) in extra {
            if Some(&**name) != without {
                self.raw(name, value);
            }
        }
    }

    /// The unknown fields of an object that has no place for them; see `canonical::nest`.
    fn nested(&mut self, extra: &Extra, name: &'static str) -> Option<&'static str> {
        let (_, value) = extra.iter().find(|(other, _)| **other == *name)?;
        let inside = value.strip_prefix('{')?.strip_suffix('}')?;
        self.out.push(',');
        self.out.push_str(inside);
        Some(name)
    }

    /// Writes the body; the answer names the unknown field that was written within it.
    fn body(&mut self, body: &EventBody, extra: &Extra) -> Option<&'static str> {
        match body {
            EventBody::AccountCreated | EventBody::AccountUpdated | EventBody::AccountDeleted => {}
            EventBody::AccountSuspended(standing) | EventBody::AccountReinstated(standing) => {
                if *standing != Standing::default() {
                    self.object("standing", |writer| writer.standing(standing));
                }
            }
            EventBody::PostCreated(post) | EventBody::PostEdited(post) => {
                self.object("post", |writer| writer.post(post));
            }
            EventBody::PostDeleted { post } => {
                let mut nested = None;
                self.object("post", |writer| {
                    writer.text("id", Some(post.as_str()));
                    nested = writer.nested(extra, "post");
                });
                return nested;
            }
            EventBody::Follow(follow) => self.object("follow", |writer| writer.follow(follow)),
            EventBody::Engagement(engagement) => {
                self.object("engagement", |writer| writer.engagement(engagement));
            }
            EventBody::Report(report) => self.object("report", |writer| writer.report(report)),
            EventBody::Media(item) => self.object("media", |writer| writer.media_item(item)),
            EventBody::FieldEvent(event) => {
                self.object("field_event", |writer| writer.field_event(event));
            }
            EventBody::Appeal(appeal) => {
                let mut nested = None;
                self.object("appeal", |writer| nested = writer.appeal(appeal, extra));
                return nested;
            }
        }
        None
    }

    fn profile(&mut self, profile: &Profile) {
        self.text("handle", profile.handle.as_deref());
        self.text("name", profile.name.as_deref());
        self.text("bio", profile.bio.as_deref());
        self.text("location", profile.location.as_deref());
        if let Some(avatar) = &profile.avatar {
            self.object("avatar", |writer| writer.media_ref(avatar));
        }
        if let Some(banner) = &profile.banner {
            self.object("banner", |writer| writer.media_ref(banner));
        }
        self.texts("links", profile.links.iter().map(|link| &**link));
        self.time("created_at", profile.created_at);
        self.count("followers", profile.followers);
        self.count("following", profile.following);
        self.count("posts", profile.posts);
        self.text("language", profile.language.as_deref());
        self.text("client", profile.client.as_deref());
        self.extra(&profile.extra, None);
    }

    fn standing(&mut self, standing: &Standing) {
        self.text("status", standing.status.as_deref());
        self.text("reason", standing.reason.as_deref());
        self.text("policy", standing.policy.as_deref());
        self.extra(&standing.extra, None);
    }

    fn post(&mut self, post: &Post) {
        self.text("id", Some(post.id.as_str()));
        self.text("text", post.text.as_deref());
        self.texts("languages", post.languages.iter().map(|language| &**language));
        self.texts("tags", post.tags.iter().map(|tag| &**tag));
        self.texts("links", post.links.iter().map(|link| &**link));
        self.texts("mentions", post.mentions.iter().map(|id| id.as_str()));
        if !post.media.is_empty() {
            self.name("media");
            self.out.push('[');
            for media in &post.media {
                self.out.push_str(if self.out.ends_with('[') { "{" } else { ",{" });
                self.media_ref(media);
                self.out.push('}');
            }
            self.out.push(']');
        }
        self.text("reply_to", post.reply_to.as_ref().map(|id| id.as_str()));
        self.text("quote_of", post.quote_of.as_ref().map(|id| id.as_str()));
        self.time("claimed_at", post.claimed_at);
        self.text("client", post.client.as_deref());
        self.extra(&post.extra, None);
    }

    fn media_known(&mut self, media: &MediaRef) {
        self.text("id", media.id.as_ref().map(|id| id.as_str()));
        self.hash("sha256", media.sha256.as_ref());
        self.hash("pdq", media.pdq.as_ref());
        self.text("mime", media.mime.as_deref());
        self.text("alt", media.alt.as_deref());
    }

    fn media_ref(&mut self, media: &MediaRef) {
        self.media_known(media);
        self.extra(&media.extra, None);
    }

    fn media_item(&mut self, item: &MediaItem) {
        self.media_known(&item.media);
        self.text("post", item.post.as_ref().map(|id| id.as_str()));
        let embedded = match item.embedded {
            Embedded::Post => Some("post"),
            Embedded::Avatar => Some("avatar"),
            Embedded::Banner => Some("banner"),
            Embedded::Unknown => None,
        };
        self.text("for", embedded);
        self.count("bytes", item.bytes);
        self.count("width", item.width);
        self.count("height", item.height);
        self.extra(&item.media.extra, None);
    }

    fn state(&mut self, state: State) {
        if state == State::Withdrawn {
            self.raw("withdrawn", "true");
        }
    }

    fn follow(&mut self, follow: &Follow) {
        self.text("target", follow.target.as_ref().map(|id| id.as_str()));
        self.text("of", follow.of.as_ref().map(|id| id.as_str()));
        self.state(follow.state);
        self.extra(&follow.extra, None);
    }

    fn engagement(&mut self, engagement: &Engagement) {
        self.text("kind", Some(engagement.kind.as_str()));
        self.text("post", engagement.post.as_ref().map(|id| id.as_str()));
        self.text("of", engagement.of.as_ref().map(|id| id.as_str()));
        self.count("count", Some(engagement.count).filter(|count| *count != 1));
        self.state(engagement.state);
        self.extra(&engagement.extra, None);
    }

    fn report(&mut self, report: &Report) {
        let mut nested = None;
        self.object("subject", |writer| {
            match &report.subject {
                Subject::Account(account) => writer.text("account", Some(account.as_str())),
                Subject::Post(post) => writer.text("post", Some(post.as_str())),
            }
            nested = writer.nested(&report.extra, "subject");
        });
        self.text("reason", report.reason.as_deref());
        self.text("text", report.text.as_deref());
        self.extra(&report.extra, nested);
    }

    fn appeal(&mut self, appeal: &Appeal, extra: &Extra) -> Option<&'static str> {
        self.text("action", Some(&ActionId(appeal.action).to_string()));
        self.text("text", appeal.text.as_deref());
        self.nested(extra, "appeal")
    }

    fn field_event(&mut self, event: &FieldEvent) {
        self.text("name", Some(&event.name));
        self.text("place", event.place.as_deref());
        self.text("source", event.source.as_deref());
        self.time("ends_at", event.ends_at);
        self.extra(&event.extra, None);
    }
}
