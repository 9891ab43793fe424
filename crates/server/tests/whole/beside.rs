//! Readers beside the program: one that looks while a stream runs, and ones that go away.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::said::Said;
use crate::stage::{Stage, story};

/// Looks until what was acknowledged must be seen: far more than the seconds promised, as
/// each look runs the program.
const LOOKS_MAX: u32 = 2_000;

/// Posts `from..until`, ten to the hour.
fn posts(from: u32, until: u32) -> String {
    let post = |n: u32| {
        let (hour, minute) = (n / 10, n % 10);
        format!(
            r#"{{"type":"post.created","id":"b{n}","at":"2026-03-01T{hour:02}:{minute:02}:00Z","account":"lid","post":{{"id":"bp{n}"}}}}"#
        ) + "\n"
    };
    (from..until).map(post).collect()
}

/// How many posts a second process counts.
fn counted(stage: &Stage) -> u64 {
    let tide = stage.seawall(&["tide", "--json"]).ended(0).json();
    let buckets = tide["buckets"].as_array().unwrap();
    buckets.iter().map(|bucket| bucket["posts"].as_u64().unwrap()).sum()
}

#[test]
fn what_a_stream_acknowledged_is_counted_while_it_is_open() {
    let stage = Stage::new();
    let mut command = stage.command(&["import", "-", "--ack"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (from, until) in [(0, 20), (20, 33)] {
        input.write_all(posts(from, until).as_bytes()).unwrap();
        let acked = format!("acked {until}");
        assert!(lines.any(|line| line.unwrap() == acked), "{acked}");
        let seen = (0..LOOKS_MAX).any(|_| counted(&stage) == u64::from(until));
        assert!(seen, "{} of {until} counted", counted(&stage));
        assert!(child.try_wait().unwrap().is_none(), "the stream is still open");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// Runs the program with a standard output that nobody reads.
fn unread(stage: &Stage, args: &[&str]) -> Said {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = stage.command(args);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Ours would keep the pipe's end open.
    drop(command);
    let said = Said::new(child.wait_with_output().unwrap());
    assert!(!said.err.contains("pipe"), "{args:?}: {said:#?}");
    said
}

#[test]
fn a_reader_that_went_away_is_no_error_of_any_command() {
    let stage = Stage::with_story();
    stage.write("one.jsonl", posts(0, 5));
    stage.write("two.jsonl", posts(5, 9));
    let cases: [(&[&str], i32); 16] = [
        (&["schema"], 0),
        (&["tide"], 0),
        (&["tide", "--json"], 0),
        (&["tide", "--list", "posts"], 0),
        (&["tide", "--list", "accounts", "--json"], 0),
        (&["rejects"], 0),
        (&["rejects", "--json"], 0),
        (&["replay"], 0),
        (&["replay", "--set", "wave.burst_posts_min=5"], 1),
        (&["doctor", "--test-clock", "2020-01-01T00:00:00Z"], 1),
        (&["backup", "kept"], 0),
        (&["restore", "kept", "--dir", "restored"], 0),
        (&["import", "one.jsonl", "two.jsonl"], 0),
        (&["erase", "pebble12"], 0),
        (&["erase", "--list"], 0),
        (&["demo"], 0),
    ];
    for (args, code) in cases {
        let said = unread(&stage, args);
        assert_eq!(said.code, code, "{args:?}: {said:#?}");
    }
    let imported = stage.still(&["import", "two.jsonl"]).ended(0);
    imported.counted(&[("duplicates", 4)]);
    unread(&stage, &["erase", "--run"]).ended(0);
    let said = stage.seawall(&["erase", "--list"]).ended(0);
    assert!(said.out.contains("0 accounts waiting, 1 erased"), "the run went on: {}", said.out);
    let story = story();
    stage.still(&["import", story.to_str().unwrap()]).ended(1);
}
