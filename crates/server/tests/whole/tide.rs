//! The tide as it is shown: from when to when, and in which order.

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
