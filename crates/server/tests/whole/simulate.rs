//! Worlds on disk: the same bytes whatever the threads and interruptions, the bytes that are
//! frozen, and events that the product takes in whole.

use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::stage::{PROGRAM, Stage};

/// SHA-256 of worlds of three seeds, of each preset: see the file itself.
const FROZEN: &str = include_str!("../../../sim/FROZEN");

fn sums(folder: &Path) -> [String; 2] {
    ["events.jsonl", "truth.jsonl"].map(|name| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    })
}

fn simulated(stage: &Stage, args: &[&str], out: &str) -> [String; 2] {
    stage.seawall(&[&["simulate", "--out", out], args].concat()).ended(0);
    sums(&stage.path(out))
}

#[test]
fn three_seeds_give_the_bytes_that_are_frozen() {
    let stage = Stage::new();
    let mut lines = String::new();
    // Small worlds of the other presets too: a sweep, eight networks, months.
    let story: &[&str] = &["--preset", "story"];
    let weeks: &[&str] = &["--preset", "weeks", "--accounts", "1500", "--days", "35"];
    let million: &[&str] = &["--preset", "million", "--accounts", "3000", "--days", "10"];
    for (name, preset) in [("story", story), ("weeks", weeks), ("million", million)] {
        for seed in ["1", "2", "3"] {
            let out = format!("{name}-{seed}");
            let [events, truth] = simulated(&stage, &[preset, &["--seed", seed]].concat(), &out);
            lines += &format!("{name} {seed} {events} {truth}\n");
        }
    }
    let frozen: String = FROZEN
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(
        lines, frozen,
        "another world from the same seed: raise VERSION, and measure and print again all \
         that rests on it, as crates/sim/FROZEN says"
    );
}

#[test]
fn threads_do_not_change_a_byte() {
    let stage = Stage::new();
    let args = |threads| ["--preset", "story", "--days", "4", "--threads", threads];
    let one = simulated(&stage, &args("1"), "one");
    for threads in ["2", "5"] {
        assert_eq!(simulated(&stage, &args(threads), threads), one);
    }
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_same_bytes() {
    let args = ["--preset", "weeks", "--accounts", "1500", "--days", "9", "--late", "0.02"];
    let stage = Stage::new();
    let whole = simulated(&stage, &args, "whole");
    let mut child = Command::new(PROGRAM)
        .args(["simulate", "--out"])
        .arg(stage.path("cut"))
        .args(args)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let reached = stage.path("cut/reached.json");
    loop {
        let text = std::fs::read_to_string(&reached).unwrap_or_default();
        let hours = text.split("\"hours\": ").nth(1).and_then(|rest| rest.split(',').next());
        if hours.and_then(|hours| hours.parse::<u32>().ok()).is_some_and(|hours| hours >= 24) {
            break;
        }
        assert!(child.try_wait().unwrap().is_none(), "it was to be killed at work");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!stage.path("cut/manifest.json").exists());
    assert_eq!(simulated(&stage, &args, "cut"), whole);
    assert!(!reached.exists());
    // Asked again it says the same and does nothing; asked for another world it refuses.
    assert_eq!(simulated(&stage, &args, "cut"), whole);
    let other = ["simulate", "--out", "cut", "--preset", "story"];
    stage.seawall(&other).refused(&["holds something else", "--out"]);
    // A finished world is read again: a line taken away is told.
    let events = std::fs::read(stage.path("cut/events.jsonl")).unwrap();
    std::fs::write(stage.path("cut/events.jsonl"), &events[..events.len() - 1]).unwrap();
    let again = [&["simulate", "--out", "cut"], &args[..]].concat();
    stage.seawall(&again).refused(&["events.jsonl", "is not what this world wrote"]);
}

#[test]
fn what_others_wrote_is_kept_and_what_was_taken_away_is_told() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("mine")).unwrap();
    stage.write("mine/truth.jsonl", "do not lose this");
    stage.seawall(&["simulate", "--out", "mine"]).refused(&["holds something else"]);
    assert_eq!(
        std::fs::read_to_string(stage.path("mine/truth.jsonl")).unwrap(),
        "do not lose this"
    );
    // A run that had reached its second day, whose events are then gone.
    let args = ["--preset", "story", "--days", "2"];
    simulated(&stage, &args, "cut");
    let manifest = std::fs::read_to_string(stage.path("cut/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let reached = serde_json::json!({
        "world": manifest["world"], "hours": 24, "events_bytes": 1_000, "truth_bytes": 1_000,
        "events": {}, "truths": 0,
    });
    std::fs::remove_file(stage.path("cut/manifest.json")).unwrap();
    stage.write("cut/reached.json", reached.to_string());
    stage.write("cut/events.jsonl", "{}\n");
    let again = [&["simulate", "--out", "cut"], &args[..]].concat();
    stage.seawall(&again).refused(&["events.jsonl", "holds something else"]);
}

#[test]
fn a_story_is_taken_in_whole_and_its_wave_is_seen() {
    let stage = Stage::new();
    simulated(&stage, &["--preset", "story"], "story");
    let said = stage.still(&["import", "story/events.jsonl"]).ended(0);
    let lines = std::fs::read_to_string(stage.path("story/events.jsonl")).unwrap().lines().count();
    said.counted(&[("accepted", lines as u64)]);
    let tide = stage.seawall(&["tide", "--json"]).ended(0).json();
    assert!(!tide["waves"].as_array().unwrap().is_empty(), "{tide}");
    stage.seawall(&["replay"]).ended(0);
}

#[test]
fn events_in_disorder_are_counted_late_and_doubled() {
    let stage = Stage::new();
    let args = ["--preset", "story", "--days", "4", "--late", "0.03", "--doubled", "0.02"];
    simulated(&stage, &args, "story");
    let bytes = std::fs::read(stage.path("story/events.jsonl")).unwrap();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    let said = stage.fed(&["import", "-"], &[(&bytes, lines)]).ended(0);
    let counts = said.counts();
    let share = |name: &str| counts[name] as f64 / lines as f64;
    assert!((share("duplicates") - 0.02).abs() < 0.006, "{counts:?}");
    assert!(super::input::late(&stage) * 100 > lines * 2);
}

#[test]
fn pictures_are_files_with_the_hashes_that_the_events_tell() {
    let stage = Stage::new();
    simulated(&stage, &["--preset", "story", "--days", "1", "--pictures"], "story");
    let events = std::fs::read_to_string(stage.path("story/events.jsonl")).unwrap();
    let mut compared = 0;
    for (id, rest) in events.split("{\"id\":\"m-").skip(1).filter_map(|rest| rest.split_once('"')) {
        let sum = rest.split_once("\"sha256\":\"").unwrap().1.split_once('"').unwrap().0;
        let bytes = std::fs::read(stage.path(&format!("story/pictures/m-{id}.bmp"))).unwrap();
        let found: String =
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sum);
        compared += 1;
    }
    assert!(compared > 1_000);
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let stage = Stage::new();
    stage.seawall(&["simulate", "--out", "x", "--preset", "years"]).refused(&["weeks", "million"]);
    stage
        .seawall(&["simulate", "--out", "x", "--policy", "none"])
        .refused(&["census, low or high"]);
    stage.seawall(&["simulate", "--out", "x", "--late", "2"]).refused(&["from 0 to 0.5"]);
    stage.seawall(&["simulate"]).refused(&["--out"]);
}
