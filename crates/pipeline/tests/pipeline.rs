//! The pipeline as a whole: equal inputs, equal entries; snapshots; late events; ticks.
#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

use proptest::prelude::*;
use seawall_model::journal::Body;
use seawall_model::{
    Accepted, AccountId, Appeal, Event, EventBody, EventId, FieldEvent, Follow, PlatformId,
    Position, Post, Profile, Signal, SignalKind, SignalValue, State, Timestamp,
};
use seawall_pipeline::{Constants, Derived, NoContents, Output, Pipeline};

const KEY: [u8; 32] = [7; 32];

fn at(minutes: i64) -> Timestamp {
    Timestamp::parse("2026-03-02T00:00:00Z").unwrap().plus_seconds(minutes * 60)
}

fn post(number: u64, text: &str) -> EventBody {
    EventBody::PostCreated(Box::new(Post {
        id: PlatformId::new(format!("p{number}")).unwrap(),
        text: Some(text.into()),
        languages: Vec::new(),
        tags: Vec::new(),
        links: Vec::new(),
        mentions: Vec::new(),
        media: Vec::new(),
        reply_to: None,
        quote_of: None,
        claimed_at: None,
        client: None,
        extra: Vec::new(),
    }))
}

fn event(number: u64, at: Timestamp, body: EventBody) -> Event {
    let id = EventId::new(format!("e{number}")).unwrap();
    Event { id, at, account: None, profile: None, body, extra: Vec::new() }
}

/// A pipeline with the position and arrival of what it is given next.
struct Play {
    pipeline: Pipeline,
    out: Output,
    position: u64,
    arrival: Timestamp,
}

impl Play {
    fn new(constants: Constants) -> Self {
        let pipeline = Pipeline::new(constants, KEY);
        Self { pipeline, out: Output::default(), position: 0, arrival: at(1_000_000) }
    }

    fn give(&mut self, event: &Event, account: u64, other: Option<u64>) -> Vec<Signal> {
        self.position += 1;
        let accepted = Accepted {
            position: Position(self.position),
            received_at: self.arrival,
            account: Some(AccountId(account)),
            other: other.map(AccountId),
            commitment: [u8::try_from(self.position % 251).unwrap(); 32],
            event,
        };
        self.pipeline.apply(&accepted, &mut self.out);
        std::mem::take(&mut self.out.signals)
    }

    fn tick(&mut self, now: Timestamp) {
        self.pipeline.input(&Body::Tick, now, &NoContents, &mut self.out);
    }

    fn names(&self) -> Vec<&'static str> {
        self.out.entries.iter().map(|entry| entry.body.name()).collect()
    }
}

fn quick() -> Constants {
    Constants { hand_over_positions: 10, ..Constants::default() }
}

fn value(signals: &[Signal], kind: SignalKind) -> SignalValue {
    signals.iter().find(|signal| signal.kind == kind).unwrap().value
}

/// A surge on a hashtag after quiet days, with a field event before it.
fn story(play: &mut Play) {
    let mut number = 0;
    for hour in 0..72 {
        for n in 0..6u64 {
            number += 1;
            let text = format!("kettle number {number} #kettle");
            play.give(&event(number, at(hour * 60 + 5), post(number, &text)), n, None);
        }
    }
    let field = FieldEvent {
        name: "Grand Final".into(),
        place: None,
        source: None,
        ends_at: None,
        extra: Vec::new(),
    };
    number += 1;
    play.give(&event(number, at(72 * 60), EventBody::FieldEvent(Box::new(field))), 900, None);
    for n in 0..300u64 {
        number += 1;
        let text = format!("surge number {n} #kettle");
        play.give(&event(number, at(72 * 60 + 30), post(number, &text)), 100 + n % 90, None);
    }
    for hour in 73..80 {
        number += 1;
        play.give(&event(number, at(hour * 60), post(number, "quiet again today")), 5, None);
    }
    play.tick(play.arrival);
}

#[test]
fn a_surge_after_a_field_event_is_one_wave_that_opens_and_closes() {
    let mut play = Play::new(quick());
    story(&mut play);
    let waves: Vec<&Derived> =
        play.out.entries.iter().filter(|entry| entry.body.name().starts_with("wave")).collect();
    let Body::WaveOpened { burst, field_event, .. } = &waves[0].body else { panic!() };
    assert_eq!(burst.hour, at(72 * 60));
    assert_eq!(*field_event, Some(433));
    assert!(burst.count >= 20 && burst.count > burst.upper);
    assert!(matches!(waves.last().unwrap().body, Body::WaveClosed { .. }));
    // It was found while the hour ran, not at its end.
    assert!(waves[0].after < Position(433 + 300));
}

/// `hours` hours of a platform with ten ordinary hashtags, 24 posts each an hour.
fn ordinary(play: &mut Play, hours: std::ops::Range<i64>) {
    for hour in hours {
        for n in 0..240 {
            let number = play.position + 1;
            let text = format!("ordinary {number} #tag{}", n % 10);
            play.give(&event(number, at(hour * 60 + 10), post(number, &text)), n, None);
        }
    }
}

fn surge(play: &mut Play, hour: i64) {
    for n in 0..300 {
        let number = play.position + 1;
        let text = format!("surge {number} #tag3");
        play.give(&event(number, at(hour * 60 + 20), post(number, &text)), 1000 + n, None);
    }
    ordinary(play, hour + 1..hour + 4);
}

fn waves_opened(play: &Play) -> Vec<Timestamp> {
    let opened = play.out.entries.iter().filter_map(|entry| match &entry.body {
        Body::WaveOpened { burst, .. } => Some(burst.hour),
        _ => None,
    });
    opened.collect()
}

#[test]
fn a_platform_without_history_has_no_waves_and_one_with_a_day_of_it_has() {
    let mut play = Play::new(quick());
    ordinary(&mut play, 0..20);
    surge(&mut play, 20);
    assert_eq!(waves_opened(&play), [], "what is ordinary is not known in the first day");
    ordinary(&mut play, 24..60);
    assert_eq!(waves_opened(&play), []);
    surge(&mut play, 60);
    assert_eq!(waves_opened(&play), [at(60 * 60)]);
}

#[test]
fn after_months_without_posts_nothing_rises_until_a_day_is_known() {
    let mut play = Play::new(quick());
    ordinary(&mut play, 0..30);
    let later = 30 + 24 * 90;
    ordinary(&mut play, later..later + 48);
    assert_eq!(waves_opened(&play), []);
    surge(&mut play, later + 48);
    assert_eq!(waves_opened(&play), [at((later + 48) * 60)]);
}

#[test]
fn accounts_made_before_the_first_post_are_no_history_of_posts() {
    let mut play = Play::new(quick());
    for hour in 0..72 {
        let number = play.position + 1;
        play.give(&event(number, at(hour * 60), EventBody::AccountCreated), number, None);
    }
    ordinary(&mut play, 72..130);
    assert_eq!(waves_opened(&play), []);
}

#[test]
fn what_is_known_of_the_platform_is_in_its_snapshot() {
    let run = |cut: i64| {
        let mut play = Play::new(quick());
        ordinary(&mut play, 0..cut);
        let state = play.pipeline.snapshot();
        play.pipeline = Pipeline::restore(&state, KEY, &NoContents).unwrap();
        assert!(play.pipeline.snapshot() == state);
        ordinary(&mut play, cut..30);
        surge(&mut play, 30);
        (play.out.entries, play.pipeline.snapshot())
    };
    let whole = run(0);
    assert!(whole == run(10) && whole == run(26));
}

#[test]
fn two_runs_derive_the_same_and_another_constant_does_not() {
    let run = |constants: Constants| {
        let mut play = Play::new(constants);
        story(&mut play);
        (play.out.entries, play.pipeline.snapshot())
    };
    assert_eq!(run(quick()), run(quick()));
    let mut other = quick();
    other.set("wave.burst_posts_min", 5_000).unwrap();
    assert_ne!(run(quick()).0, run(other).0);
}

#[test]
fn a_snapshot_taken_anywhere_goes_on_as_if_nothing_had_happened() {
    let made = |n: u64| {
        let minutes = i64::try_from(n / 3).unwrap() * 4;
        event(n, at(minutes), post(n, &format!("#tag{} words", n % 5)))
    };
    let events: Vec<Event> = (1..400).map(made).collect();
    let whole = {
        let mut play = Play::new(quick());
        for (n, event) in (0..).zip(&events) {
            play.give(event, n % 40, None);
        }
        (play.out.entries, play.pipeline.snapshot())
    };
    for cut in [0, 1, 9, 10, 11, 137, 398] {
        let mut play = Play::new(quick());
        for (n, event) in (0..).zip(&events) {
            if n == cut {
                let state = play.pipeline.snapshot();
                play.pipeline = Pipeline::restore(&state, KEY, &NoContents).unwrap();
                assert!(play.pipeline.snapshot() == state, "equal states, equal bytes");
            }
            play.give(event, n % 40, None);
        }
        assert!(play.out.entries == whole.0, "cut at {cut}");
        assert!(play.pipeline.snapshot() == whole.1, "cut at {cut}");
    }
}

#[test]
fn a_late_event_is_counted_as_late_and_not_in_windows() {
    let mut play = Play::new(quick());
    play.give(&event(1, at(600), post(1, "on time")), 1, None);
    let in_time = play.give(&event(2, at(541), post(2, "a little behind")), 1, None);
    assert_eq!(value(&in_time, SignalKind::AccountPostsPerHour), SignalValue::Number(1));
    let late = play.give(&event(3, at(539), post(3, "too far behind")), 1, None);
    assert_eq!(value(&late, SignalKind::AccountPostsPerHour), SignalValue::Unknown);
    play.give(&event(4, at(900), post(4, "much later")), 1, None);
    play.tick(play.arrival);
    let counted: Vec<(u64, u64)> = play
        .out
        .entries
        .iter()
        .filter_map(|entry| match &entry.body {
            Body::HourCounted { events, late, .. } => Some((events.values().sum::<u64>(), *late)),
            _ => None,
        })
        .collect();
    assert_eq!(counted, [(1, 1), (1, 0)]);
}

#[test]
fn an_age_is_unknown_until_the_platform_tells_it() {
    let mut play = Play::new(quick());
    let first = play.give(&event(1, at(60), post(1, "who am I")), 1, None);
    assert_eq!(value(&first, SignalKind::AccountAgeSeconds), SignalValue::Unknown);
    let mut told = event(2, at(61), post(2, "now you know"));
    told.profile = Some(Box::new(Profile { created_at: Some(at(1)), ..Profile::default() }));
    let second = play.give(&told, 1, None);
    assert_eq!(value(&second, SignalKind::AccountAgeSeconds), SignalValue::Number(3_600));
}

#[test]
fn a_follow_reaches_the_other_account_at_the_next_hand_over() {
    let mut play = Play::new(quick());
    let follow = Follow { target: None, of: None, state: State::Made, extra: Vec::new() };
    play.give(&event(1, at(1), EventBody::Follow(follow)), 1, Some(2));
    let before = play.give(&event(2, at(2), post(2, "before")), 2, None);
    assert_eq!(value(&before, SignalKind::AccountFollowersSeen), SignalValue::Number(0));
    play.tick(play.arrival);
    let after = play.give(&event(3, at(3), post(3, "after")), 2, None);
    assert_eq!(value(&after, SignalKind::AccountFollowersSeen), SignalValue::Number(1));
}

#[test]
fn an_appeal_waits_for_the_next_hand_over_and_so_do_snapshots() {
    let mut play = Play::new(quick());
    let appeal = Appeal { action: 12, text: Some("it was a tea kettle".into()) };
    play.give(&event(1, at(1), EventBody::Appeal(appeal)), 1, None);
    let state = play.pipeline.snapshot();
    play.pipeline = Pipeline::restore(&state, KEY, &NoContents).unwrap();
    assert!(play.pipeline.snapshot() == state);
    assert_eq!(play.names(), [] as [&str; 0]);
    play.tick(play.arrival);
    let (action, why) = (12, "unknown_action".to_owned());
    let refused = Body::AppealRefused { action, why, account: Some(1), position: 1 };
    assert_eq!(play.out.entries[1].body, refused);
}

#[test]
fn a_tick_moves_event_time_only_while_the_stream_is_live() {
    let mut history = Play::new(quick());
    history.give(&event(1, at(30), post(1, "long ago")), 1, None);
    history.tick(history.arrival.plus_seconds(86_400));
    assert_eq!(history.names(), ["log_sealed"]);
    let mut live = Play::new(quick());
    live.arrival = at(31);
    live.give(&event(1, at(30), post(1, "just now")), 1, None);
    assert_eq!(live.pipeline.next_due(), Some(at(32)));
    live.tick(at(32));
    assert_eq!(live.names(), ["log_sealed"]);
    assert_eq!(live.pipeline.next_due(), Some(at(120)));
    live.tick(at(121));
    assert_eq!(live.names(), ["log_sealed", "hour_counted"]);
}

#[test]
fn a_forgotten_account_is_in_no_state() {
    let forgotten = |accounts: Vec<u64>| {
        let mut play = Play::new(quick());
        for n in 1..9 {
            play.give(&event(n, at(1), post(n, &format!("only one #tag{n}"))), 7_700_077, None);
        }
        let body = Body::Erased { accounts, rejects: 0, entries: Vec::new() };
        play.pipeline.input(&body, play.arrival, &NoContents, &mut play.out);
        play.tick(play.arrival);
        play.pipeline.snapshot()
    };
    let stands = |state: &[u8]| state.windows(8).any(|bytes| bytes == 7_700_077u64.to_le_bytes());
    assert!(stands(&forgotten(Vec::new())), "the search finds what is there");
    assert!(!stands(&forgotten(vec![7_700_077])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_bytes_make_restoring_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Pipeline::restore(&bytes, KEY, &NoContents).is_err());
        let mut state = Pipeline::new(Constants::default(), KEY).snapshot();
        let at = bytes.len() * 31 % state.len();
        state[at] ^= 0xff;
        let _ = Pipeline::restore(&state, KEY, &NoContents);
    }
}
