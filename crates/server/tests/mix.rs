//! The event mix of the benchmarks is what the design says: shares, forms, equal bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../benches/mix/mod.rs"]
mod mix;

use std::collections::{HashMap, HashSet};

use mix::Mix;
use seawall_event::{Decoded, Format};
use seawall_model::{EngagementKind, Event, EventBody, EventKind, Limits, Timestamp};

const EVENTS: u64 = 60_000;

fn small() -> Mix {
    Mix { accounts: 5_000, weeks: 8, posts_per_account: 6.0, seed: 7 }
}

fn bytes(mix: &Mix, events: u64) -> Vec<u8> {
    let mut out = Vec::new();
    mix.write_jsonl(events, &mut out).unwrap();
    out
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn decode(line: &[u8]) -> Event {
    match seawall_event::decode(line, Format::Canonical, &Limits::default()).unwrap() {
        Decoded::Event(event) => *event,
        Decoded::Ignored(name) => panic!("ignored: {name}"),
    }
}

fn events(mix: &Mix, events: u64) -> Vec<Event> {
    lines(&bytes(mix, events)).map(decode).collect()
}

/// Texts and languages of the posts.
fn posts(events: &[Event]) -> Vec<(&str, &str)> {
    let posts = events.iter().filter_map(Event::post);
    posts.map(|post| (post.text.as_deref().unwrap(), &*post.languages[0])).collect()
}

/// Checks a share of a whole, within one hundredth of the whole.
#[track_caller]
fn check(counted: usize, of: usize, expect_milli: usize) {
    let distance = (counted * 1000).abs_diff(of * expect_milli);
    assert!(distance <= of * 10, "{counted} of {of}, expected {expect_milli} of 1,000");
}

#[test]
fn kinds_have_their_shares() {
    let events = events(&small(), EVENTS);
    let count = |kind| events.iter().filter(|event| event.kind() == kind).count();
    check(count(EventKind::PostCreated), events.len(), 300);
    check(count(EventKind::Engagement), events.len(), 600);
    check(count(EventKind::Follow), events.len(), 90);
    check(count(EventKind::AccountCreated), events.len(), 10);
    let kinds: Vec<EngagementKind> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::Engagement(engagement) => {
                let is_view = engagement.kind == EngagementKind::View;
                assert_eq!(is_view, event.account.is_none() && engagement.count > 1);
                Some(engagement.kind)
            }
            _ => None,
        })
        .collect();
    let count = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
    check(count(EngagementKind::Like), kinds.len(), 700);
    check(count(EngagementKind::Repost), kinds.len(), 200);
    check(count(EngagementKind::View), kinds.len(), 100);
}

#[test]
fn posts_have_their_shares_of_tags_links_and_stock_texts() {
    let events = events(&small(), EVENTS);
    let posts = posts(&events);
    let with = |has: fn(&str) -> bool| posts.iter().filter(|(text, _)| has(text)).count();
    check(with(|text| seawall_text::tags(text).count() == 1), posts.len(), 400);
    check(with(|text| seawall_text::links(text).count() == 1), posts.len(), 200);
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (text, _) in &posts {
        *times.entry(text).or_default() += 1;
    }
    let repeated: Vec<usize> = times.values().copied().filter(|times| *times > 1).collect();
    check(repeated.iter().sum(), posts.len(), 300);
    assert!(repeated.len() <= mix::STOCK_TEXTS);
}

#[test]
fn texts_are_8_to_40_words_of_four_languages() {
    let events = events(&small(), EVENTS / 3);
    let mut spoken = HashMap::new();
    for (text, language) in posts(&events) {
        let words = text.split(' ').filter(|word| !word.starts_with("https://"));
        let words = words.filter(|word| !word.starts_with('#')).count();
        assert!((8..=40).contains(&words), "{words} words");
        let is_arabic = text.starts_with(|c| ('\u{600}'..='\u{6ff}').contains(&c));
        assert_eq!(is_arabic, language == "ar", "{text}");
        *spoken.entry(language).or_insert(0_usize) += 1;
    }
    let mut languages: Vec<&str> = spoken.keys().copied().collect();
    languages.sort_unstable();
    assert_eq!(languages, ["ar", "en", "fr", "tr"]);
    assert!(spoken.values().all(|posts| *posts > 300), "{spoken:?}");
}

#[test]
fn words_and_tags_have_heavy_tails() {
    let events = events(&small(), EVENTS);
    let mut words: HashMap<&str, usize> = HashMap::new();
    let mut tags: HashMap<&str, usize> = HashMap::new();
    for (text, _) in posts(&events).into_iter().filter(|(_, language)| *language == "en") {
        for word in text.split(' ') {
            *words.entry(word).or_default() += 1;
        }
        for tag in seawall_text::tags(text) {
            *tags.entry(tag).or_default() += 1;
        }
    }
    assert!(words["the"] > 10 * words["laughed"] && words["laughed"] > 0);
    let most = tags.values().max().unwrap();
    let once = tags.values().filter(|times| **times == 1).count();
    assert!(*most >= 10 && once * 3 > tags.len(), "{most} {once} of {}", tags.len());
}

#[test]
fn every_line_is_canonical_and_no_id_comes_twice() {
    let bytes = bytes(&small(), EVENTS / 3);
    let mut ids = HashSet::new();
    for line in lines(&bytes) {
        let event = decode(line);
        assert_eq!(seawall_event::encode(&event), line, "{}", String::from_utf8_lossy(line));
        assert!(ids.insert(event.id), "{}", String::from_utf8_lossy(line));
    }
    assert_eq!(bytes.last(), Some(&b'\n'));
    assert_eq!(ids.len(), usize::try_from(EVENTS / 3).unwrap());
}

#[test]
fn equal_seeds_give_equal_bytes() {
    let one = bytes(&small(), 5_000);
    assert_eq!(one, bytes(&small(), 5_000));
    assert_ne!(one, bytes(&Mix { seed: 8, ..small() }, 5_000));
    for few in [0, 1, 7, 1_343, 1_345] {
        let counted = lines(&bytes(&small(), few)).count();
        assert_eq!(counted, usize::try_from(few).unwrap());
    }
}

#[test]
fn times_never_fall_and_follow_the_day_through_all_weeks() {
    let events = events(&small(), EVENTS / 3);
    assert!(events.is_sorted_by_key(|event| event.at));
    let from = Timestamp::parse("2025-09-01T00:00:00Z").unwrap();
    let until = Timestamp::parse("2025-10-27T00:00:00Z").unwrap();
    assert!(events.iter().all(|event| (from..until).contains(&event.at)));
    let mut weeks = [0_usize; 8];
    let mut hours = [0_usize; 24];
    for event in &events {
        let hour = event.at.hour().hours_since(from.hour());
        weeks[usize::try_from(hour / 168).unwrap()] += 1;
        hours[usize::try_from(hour % 24).unwrap()] += 1;
    }
    for week in weeks {
        check(week, events.len(), 125);
    }
    assert!(hours[20] > 5 * hours[3], "{hours:?}");
}

#[test]
fn accounts_are_as_many_as_said_and_the_created_ones_are_the_last() {
    let mix = small();
    let events = events(&mix, EVENTS);
    let index = |event: &Event| -> u32 {
        event.account.as_ref().map_or(0, |id| id.as_str()[1..].parse().unwrap())
    };
    let created: Vec<u32> = events
        .iter()
        .filter(|event| event.kind() == EventKind::AccountCreated)
        .map(|event| {
            let profile = event.profile.as_ref().unwrap();
            assert!(profile.handle.is_some() && profile.language.is_some());
            index(event)
        })
        .collect();
    assert!(created.windows(2).all(|pair| pair[1] == pair[0] + 1));
    check(created[0] as usize, mix.accounts as usize, 880);
    let all: HashSet<u32> =
        events.iter().filter(|event| event.account.is_some()).map(index).collect();
    check(all.len(), mix.accounts as usize, 1_000);
    let authors: HashSet<u32> =
        events.iter().filter(|event| event.post().is_some()).map(index).collect();
    // 18,000 posts of six each come from at most 3,000 authors, some of whom are silent.
    assert!((2_000..=3_000).contains(&authors.len()), "{}", authors.len());
}
