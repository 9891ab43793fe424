//! Time in a stream: late, out of order, repeated, altered, and from the future.

use seawall_model::Timestamp;

use super::{late, totals};
use crate::stage::{CLOCK, Stage, story};

/// A post so many seconds before the test clock.
fn post(id: &str, seconds_before: i64, text: &str) -> String {
    let at = Timestamp::parse(CLOCK).unwrap().plus_seconds(-seconds_before);
    format!(
        r##"{{"v":1,"type":"post.created","id":"{id}","at":"{at}","account":"kettle","post":{{"id":"p-{id}","text":"{text}"}}}}"##
    ) + "\n"
}

/// Posts from ten hours before the clock until now, one every ten minutes.
fn steady() -> Vec<String> {
    (0..60).map(|n| post(&format!("s{n}"), 36_000 - n * 600, "The kettle is on")).collect()
}

fn streamed(lines: &[String], code: i32) -> (Stage, crate::said::Said) {
    let stage = Stage::new();
    let text = lines.concat();
    let said = stage.fed(&["import", "-"], &[(text.as_bytes(), lines.len() as u64)]).ended(code);
    stage.seawall(&["replay"]).ended(0);
    (stage, said)
}

#[test]
fn an_event_is_late_when_it_is_more_than_an_hour_behind_the_newest() {
    let mut lines = steady();
    // The newest is 600 seconds before the clock: an hour behind it is 4,200 before.
    lines.push(post("out-of-order", 1_800, "A little later"));
    lines.push(post("just-in-time", 4_200, "Just in time"));
    lines.push(post("late", 4_201, "Too late for the live windows"));
    lines.push(post("very-late", 30_000, "Much too late"));
    let (stage, said) = streamed(&lines, 0);
    said.counted(&[("accepted", 64)]);
    assert_eq!(late(&stage), 2);
    // History and measures hold the late ones too.
    assert_eq!(totals(&stage).into_iter().collect::<Vec<_>>(), [("post.created".into(), 64)]);

    let file = Stage::new();
    file.write("events.jsonl", lines.concat());
    file.still(&["import", "events.jsonl"]).ended(0).counted(&[("accepted", 64)]);
    assert_eq!(late(&file), 0, "a closed file is sorted before it is taken in");
    let tide = |stage: &Stage| stage.seawall(&["tide", "--json", "--by", "hour"]).ended(0).out;
    assert_eq!(tide(&stage), tide(&file), "history does not depend on the order of arrival");
}

#[test]
fn the_story_has_fourteen_late_events_as_it_comes() {
    let story = std::fs::read(story()).unwrap();
    let stage = Stage::new();
    let said = stage.fed(&["import", "-"], &[(&story, 2_982)]).ended(1);
    assert_eq!((said.counts()["accepted"], late(&stage)), (2_978, 14));
}

#[test]
fn the_future_begins_five_minutes_after_the_clock() {
    let mut lines = steady();
    lines.push(post("in-five-minutes", -300, "Clocks differ a little"));
    lines.push(post("later", -301, "Clocks differ too much"));
    lines.push(post("in-a-year", -31_536_000, "Somebody wants to be on top for ever"));
    lines.push(post("now", 0, "The kettle is off"));
    let (stage, said) = streamed(&lines, 1);
    said.counted(&[("accepted", 62), ("rejected", 2), ("rejected/future", 2)]);
    assert_eq!(said.rejected_lines(), [(62, "future".into()), (63, "future".into())]);
    let rejects = stage.seawall(&["rejects"]).ended(0);
    assert!(rejects.out.contains("set the sender's clock"), "{}", rejects.out);
    let file = Stage::new();
    file.write("events.jsonl", lines.concat());
    let said = file.still(&["import", "events.jsonl"]).ended(1);
    said.counted(&[("accepted", 62), ("rejected", 2), ("rejected/future", 2)]);
}

#[test]
fn a_repeated_event_is_counted_and_an_altered_one_refused() {
    let mut lines = steady();
    lines.push(post("once", 900, "Said once"));
    lines.push(post("once", 900, "Said once"));
    // The same event in other words of JSON is still the same.
    lines.push(
        post("once", 900, "Said once").replace("\":", "\" : ").replace("once\"", "onc\\u0065\""),
    );
    lines.push(post("once", 900, "Said otherwise"));
    lines.push(post("once", 901, "Said once"));
    let (stage, said) = streamed(&lines, 1);
    said.counted(&[("accepted", 61), ("duplicates", 2), ("rejected", 2), ("rejected/altered", 2)]);
    assert_eq!(said.rejected_lines(), [(64, "altered".into()), (65, "altered".into())]);
    assert!(said.out.contains("is at position 61"), "{}", said.out);

    let again = lines.concat();
    let said = stage.fed(&["import", "-"], &[(again.as_bytes(), 65)]).ended(1);
    said.counted(&[("duplicates", 63), ("rejected", 2), ("rejected/altered", 2)]);
    assert_eq!(totals(&stage)["post.created"], 61);
    stage.seawall(&["replay"]).ended(0);
}
