//! For any event: the canonical bytes give it back. For any bytes: no panic.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use seawall_event::{Decoded, Format, decode, encode, reopen};
use seawall_model::{
    Appeal, Embedded, Engagement, EngagementKind, Event, EventBody, EventId, Extra, FieldEvent,
    Follow, Limits, MediaItem, MediaRef, PlatformId, Post, Profile, Report, Standing, State,
    Subject, Timestamp,
};

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof!["[a-zé\"\\\\\n\u{0}\u{7f}غ🫖/<]{0,12}", any::<String>()].prop_map(Into::into)
}

fn id() -> impl Strategy<Value = PlatformId> {
    "[a-zé\"\\\\غ /:#]{1,20}".prop_map(|id| PlatformId::new(id).unwrap())
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..=Timestamp::MAX.micros()).prop_map(|micros| Timestamp::from_micros(micros).unwrap())
}

fn extra() -> impl Strategy<Value = Extra> {
    let value = prop::sample::select(
        &["1", "1.50", "-2e9", "null", "true", "\"a\\\"b\"", "[]", r#"{"b":[1,{"a":null}],"a":2}"#]
            [..],
    );
    prop::collection::btree_map("x[a-z\"é]{0,3}", value, 0..3)
        .prop_map(|map| map.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
}

fn media() -> impl Strategy<Value = MediaRef> {
    (of(id()), of(any::<[u8; 32]>()), of(any::<[u8; 32]>()), of(text()), of(text()), extra())
        .prop_map(|(id, sha256, pdq, mime, alt, extra)| MediaRef {
            id,
            sha256,
            pdq,
            mime,
            alt,
            extra,
        })
}

fn profile() -> impl Strategy<Value = Profile> {
    let texts = (of(text()), of(text()), of(text()), of(text()), of(text()), of(text()));
    let counts = (of(any::<u64>()), of(any::<u64>()), of(any::<u64>()));
    (texts, counts, of(media()), of(media()), vec(text(), 0..3), of(time()), extra()).prop_map(
        |(texts, counts, avatar, banner, links, created_at, extra)| Profile {
            handle: texts.0,
            name: texts.1,
            bio: texts.2,
            location: texts.3,
            avatar,
            banner,
            links,
            created_at,
            followers: counts.0,
            following: counts.1,
            posts: counts.2,
            language: texts.4,
            client: texts.5,
            extra,
        },
    )
}

fn post() -> impl Strategy<Value = Post> {
    let lists = (vec(text(), 0..3), vec(text(), 0..3), vec(text(), 0..3));
    let others = (vec(id(), 0..3), vec(media(), 0..3));
    (id(), of(text()), lists, others, of(id()), of(id()), of(time()), of(text()), extra()).prop_map(
        |(id, text, lists, others, reply_to, quote_of, claimed_at, client, extra)| Post {
            id,
            text,
            languages: lists.0,
            tags: lists.1,
            links: lists.2,
            mentions: others.0,
            media: others.1,
            reply_to,
            quote_of,
            claimed_at,
            client,
            extra,
        },
    )
}

fn standing() -> impl Strategy<Value = Standing> {
    (of(text()), of(text()), of(text()), extra())
        .prop_map(|(status, reason, policy, extra)| Standing { status, reason, policy, extra })
}

fn engagement() -> impl Strategy<Value = Engagement> {
    let kind = prop::sample::select(&EngagementKind::ALL[..]);
    let state = prop_oneof![Just(State::Made), Just(State::Withdrawn)];
    (kind, id(), of(id()), 1..1_000_000_u64, state, extra()).prop_map(
        |(kind, post, of, count, state, extra)| Engagement {
            kind,
            post: Some(post),
            of,
            count,
            state,
            extra,
        },
    )
}

fn media_item() -> impl Strategy<Value = MediaItem> {
    let embedded = prop::sample::select(
        &[Embedded::Post, Embedded::Avatar, Embedded::Banner, Embedded::Unknown][..],
    );
    (media(), id(), of(id()), embedded, of(any::<u64>()), of(any::<u64>()), of(any::<u64>()))
        .prop_map(|(media, id, post, embedded, bytes, width, height)| MediaItem {
            media: MediaRef { id: Some(id), ..media },
            post,
            embedded,
            bytes,
            width,
            height,
        })
}

fn body() -> impl Strategy<Value = EventBody> {
    let follow = (id(), of(id()), extra()).prop_map(|(target, of, extra)| {
        EventBody::Follow(Follow { target: Some(target), of, state: State::Made, extra })
    });
    let withdrawn = (of(id()), id(), extra()).prop_map(|(target, of, extra)| {
        EventBody::Follow(Follow { target, of: Some(of), state: State::Withdrawn, extra })
    });
    let subject = prop_oneof![id().prop_map(Subject::Account), id().prop_map(Subject::Post)];
    let report =
        (subject, of(text()), of(text()), extra()).prop_map(|(subject, reason, text, extra)| {
            EventBody::Report(Box::new(Report { subject, reason, text, extra }))
        });
    let named = text().prop_filter("a name", |name| !name.trim().is_empty());
    let field = (named, of(text()), of(text()), of(time()), extra()).prop_map(
        |(name, place, source, ends_at, extra)| {
            EventBody::FieldEvent(Box::new(FieldEvent { name, place, source, ends_at, extra }))
        },
    );
    let appeal = (1..1_u64 << 53, of(text()))
        .prop_map(|(action, text)| EventBody::Appeal(Appeal { action, text }));
    prop_oneof![
        Just(EventBody::AccountCreated),
        Just(EventBody::AccountUpdated),
        Just(EventBody::AccountDeleted),
        standing().prop_map(EventBody::AccountSuspended),
        standing().prop_map(EventBody::AccountReinstated),
        post().prop_map(|post| EventBody::PostCreated(Box::new(post))),
        post().prop_map(|post| EventBody::PostEdited(Box::new(post))),
        id().prop_map(|post| EventBody::PostDeleted { post }),
        follow,
        withdrawn,
        engagement().prop_map(EventBody::Engagement),
        report,
        media_item().prop_map(|item| EventBody::Media(Box::new(item))),
        field,
        appeal,
    ]
}

fn event() -> impl Strategy<Value = Event> {
    (id(), time(), id(), of(profile()), body(), extra()).prop_map(
        |(id, at, account, profile, body, extra)| Event {
            id: EventId::new(id.as_str()).unwrap(),
            at,
            account: Some(account).filter(|_| !matches!(body, EventBody::FieldEvent(_))),
            profile: profile.map(Box::new),
            body,
            extra,
        },
    )
}

proptest! {
    #[test]
    fn canonical_bytes_give_the_event_back(event in event()) {
        let bytes = encode(&event);
        prop_assert!(!bytes.contains(&b'\n'));
        prop_assert_eq!(reopen(&bytes), Ok(event.clone()));
        let limits = Limits { event_bytes_max: usize::MAX, ..Limits::default() };
        let again = decode(&bytes, Format::Canonical, &limits);
        prop_assert_eq!(again, Ok(Decoded::from(event)));
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..200)) {
        for format in Format::ALL {
            let _ = decode(&bytes, format, &Limits::default());
        }
    }

    /// Fixtures with one part cut out or put elsewhere get much further than noise.
    #[test]
    fn spoilt_fixtures_are_answered(
        pick in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0_usize..12,
        insert in "[\"\\\\{}\\[\\]:,0-9a\u{0}é]{0,4}",
    ) {
        let files = [
            (Format::Canonical, include_str!("../data/canonical.jsonl")),
            (Format::CloudEvent, include_str!("../data/cloudevents.jsonl")),
            (Format::JetstreamV1, include_str!("../data/jetstream_v1.jsonl")),
            (Format::JetstreamV2, include_str!("../data/jetstream_v2.jsonl")),
        ];
        let lines: Vec<_> =
            files.iter().flat_map(|(f, file)| file.lines().map(|line| (*f, line))).collect();
        let (format, line) = lines[pick.index(lines.len())];
        let mut bytes = line.as_bytes().to_vec();
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, insert.bytes());
        if let Ok(Decoded::Event(event)) = decode(&bytes, format, &Limits::default()) {
            prop_assert_eq!(reopen(&encode(&event)), Ok(*event));
        }
    }
}
