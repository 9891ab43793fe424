//! The tide as it is shown: from when to when, and in which order.

use crate::league;
use crate::stage::Stage;

/// A post at a minute of a day.
fn post(id: &str, time: &str) -> String {
    format!(
        r#"{{"type":"post.created","id":"{id}","at":"2026-05-{time}:00Z","account":"lid","post":{{"id":"p-{id}"}}}}"#
    ) + "\n"
}

fn streamed(posts: &[(&str, &str)]) -> Stage {
    let stage = Stage::new();
    let text: String = posts.iter().map(|(id, time)| post(id, time)).collect();
    stage.fed(&["import", "-"], &[(text.as_bytes(), posts.len() as u64)]).ended(0);
    stage
}

#[test]
fn posts_are_listed_by_the_time_of_the_event_and_then_as_they_came() {
    let stage = streamed(&[
        ("b", "04T10:30"),
        ("a", "04T09:15"),
        ("d", "04T10:45"),
        ("c", "04T10:30"),
        ("other-day", "03T10:00"),
    ]);
    let list = ["tide", "--list", "posts", "--from", "2026-05-04", "--json"];
    let said = stage.seawall(&list).ended(0);
    let row = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let rows: Vec<_> = said.out.lines().map(row).collect();
    let shown: Vec<_> = rows.iter().map(|row| row["post"].as_str().unwrap()).collect();
    assert_eq!(shown, ["p-a", "p-b", "p-c", "p-d"]);
    assert_eq!(rows[1]["position"].as_u64(), Some(1));
    assert_eq!(rows[0]["at"].as_str(), Some("2026-05-04T09:15:00Z"));
}

#[test]
fn the_chart_says_when_its_last_bucket_ends() {
    let stage = streamed(&[("a", "04T09:15"), ("b", "06T10:30")]);
    for (by, range) in [
        ("hour", "per hour, 2026-05-04 09:00 to 2026-05-06 11:00 (UTC)"),
        ("day", "per day, 2026-05-04 09:00 to 2026-05-06 11:00 (UTC)"),
        ("week", "per week, 2026-05-04 09:00 to 2026-05-06 11:00 (UTC)"),
    ] {
        let said = stage.seawall(&["tide", "--by", by]).ended(0);
        assert!(said.out.contains(range), "{}", said.out);
    }
}

/// What the tide tells of returns, cases and decisions.
fn told(stage: &Stage, more: &[&str]) -> serde_json::Value {
    stage.still(&[&["tide", "--json"], more].concat()).ended(0).json()
}

#[test]
fn returns_and_decisions_stand_in_the_tide_as_they_are_now() {
    let stage = league::watched();
    let numbers = |tide: &serde_json::Value| {
        let names = ["opened", "decided", "decisions", "actions_in_force"];
        names.map(|name| tide["cases"][name].as_u64().unwrap())
    };
    let tide = told(&stage, &[]);
    assert_eq!(tide["cases"]["returns_of_accounts_created"].as_u64(), Some(1));
    assert_eq!(tide["cases"]["accounts_created"].as_u64(), Some(2));
    assert_eq!(numbers(&tide), [4, 0, 0, 1], "one is restricted without a person");
    let buckets = tide["buckets"].as_array().unwrap();
    let nine = buckets.iter().find(|bucket| bucket["start"] == "2026-05-20T09:00:00Z").unwrap();
    assert_eq!((nine["cases_opened"].as_u64(), nine["returns"].as_u64()), (Some(4), Some(1)));
    league::decide(&stage, league::OF_SPOUT, "remove", &[]).ended(0);
    let said = league::decide(&stage, league::OF_RETURN, "suspend", &["--saw", "links"]).ended(0);
    assert_eq!(numbers(&told(&stage, &[])), [4, 2, 2, 2], "people's actions, not the restriction");
    let said_by = said.out.split(':').next().unwrap();
    league::undo(&stage, said_by, "badr.key").ended(0);
    assert_eq!(numbers(&told(&stage, &[])), [4, 1, 1, 1], "what was undone stands no more");
    let out = stage.still(&["tide"]).ended(0).out;
    for words in [
        "1 return among 2 accounts created (of the rules' finding, for people to confirm)",
        "4 cases opened, 1 of them decided",
        "1 decision and 1 action in force",
        "case list --dir seawall-data",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert_eq!(numbers(&told(&stage, &["--to", "2026-05-20T09:00:00Z"])), [0; 4]);
    // Nobody returns from a removal that fell.
    stage.still(&["removed", "withdraw", "k6", "--key", "badr.key"]).ended(0);
    let tide = told(&stage, &[]);
    assert_eq!(tide["cases"]["returns_of_accounts_created"].as_u64(), Some(0));
    let nine = |tide: &serde_json::Value| {
        let buckets = tide["buckets"].as_array().unwrap();
        let nine = buckets.iter().find(|bucket| bucket["start"] == "2026-05-20T09:00:00Z");
        nine.and_then(|bucket| bucket["returns"].as_u64())
    };
    assert_eq!((nine(&tide), numbers(&tide)[0]), (Some(0), 4), "its case was opened all the same");
    assert!(told(&stage, &["--trace", "#kettle"])["cases"].is_null(), "cases are of no trace");
}
