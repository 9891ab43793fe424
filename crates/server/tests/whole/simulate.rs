//! Worlds on disk: the same bytes whatever the threads and interruptions, the bytes that are
//! frozen, and events that the product takes in whole.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use seawall_server::simulate::{PictureFiles, Task, simulate};
use seawall_sim::{Cause, Class, Language, Parameters, PostClass};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stage::{PROGRAM, Stage};

/// The schema of truth and manifest.
const SCHEMA: &str = include_str!("../../../../docs/reference/truth.schema.json");

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
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let reached = json!({
        "world": manifest["world"], "hours": 24, "events_bytes": 1_000, "truth_bytes": 1_000,
        "events": {}, "truths": 0, "pictures": null,
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
fn pictures_that_are_missing_or_were_not_asked_for_are_told() {
    let stage = Stage::new();
    let small = ["--preset", "story", "--days", "1"];
    let asked = |out, pictures: &[&str]| {
        stage.seawall(&[&["simulate", "--out", out], &small[..], pictures].concat())
    };
    let written = |out: &str| {
        let manifest = std::fs::read(stage.path(out).join("manifest.json")).unwrap();
        serde_json::from_slice::<Value>(&manifest).unwrap()["pictures"].as_u64()
    };
    asked("without", &[]).ended(0);
    assert_eq!(written("without"), None);
    asked("with", &["--pictures"]).ended(0);
    // Asked for when the world is whole already, they are added, and it stays what it was.
    let before = sums(&stage.path("without"));
    asked("without", &["--pictures"]).ended(0);
    assert_eq!(sums(&stage.path("without")), before);
    assert_eq!(written("without"), written("with"));
    let manifests = ["with", "without"]
        .map(|out| std::fs::read_to_string(stage.path(out).join("manifest.json")).unwrap());
    assert_eq!(manifests[0], manifests[1]);
    // A world whose events tell no hashes was made without them.
    let ids = ["--preset", "million", "--accounts", "300", "--days", "1", "--out", "ids"];
    stage.seawall(&[&["simulate"], &ids[..]].concat()).ended(0);
    let refused = stage.seawall(&[&["simulate"], &ids[..], &["--pictures"]].concat());
    refused.refused(&["without pictures", "--out", "--pictures"]);
    let files: Vec<_> = std::fs::read_dir(stage.path("with/pictures")).unwrap().collect();
    assert_eq!(written("with"), Some(files.len() as u64));
    asked("with", &[]).ended(0);
    for file in files.into_iter().take(3) {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    asked("with", &["--pictures"]).refused(&["3 of the", "pictures", "are missing"]);
    asked("with", &[]).refused(&["3 of the", "pictures", "are missing"]);
}

#[test]
fn a_run_is_stopped_within_an_hour_and_goes_on() {
    let stage = Stage::new();
    let run = |out: &str, pictures, stop: bool| {
        let parameters = Parameters { days: 2, ..Parameters::preset("story").unwrap() };
        let task = Task { parameters, seed: 1, out: stage.path(out), threads: 2, pictures };
        simulate(&task, &AtomicBool::new(stop))
    };
    let stopped = run("cut", PictureFiles::Written, true).unwrap();
    assert!(!stopped.is_whole());
    let reached = std::fs::read(stage.path("cut/reached.json")).unwrap();
    let reached: Value = serde_json::from_slice(&reached).unwrap();
    assert_eq!(reached["hours"], 0, "it waited for the end of a day");
    assert!(std::fs::metadata(stage.path("cut/events.jsonl")).unwrap().len() > 0);
    // Half of the pictures would be missing, which nobody would see.
    let fault = run("cut", PictureFiles::Named, false).unwrap_err().to_string();
    assert!(fault.contains("begun with pictures"), "{fault}");
    let whole = run("cut", PictureFiles::Written, false).unwrap();
    assert_eq!(whole, run("whole", PictureFiles::Written, false).unwrap());
}

#[test]
fn truth_and_manifest_are_what_the_schema_says() {
    let stage = Stage::new();
    let sweep = ["--preset", "weeks", "--accounts", "300", "--days", "34"];
    simulated(&stage, &sweep, "weeks");
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let valid = jsonschema::validator_for(&schema).unwrap();
    let mut found = std::collections::BTreeMap::<String, u32>::new();
    for line in std::fs::read_to_string(stage.path("weeks/truth.jsonl")).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let fault = valid.validate(&line).err().map(|fault| fault.to_string());
        assert_eq!(fault, None, "{line}");
        *found.entry(line["type"].as_str().unwrap().to_owned()).or_default() += 1;
        // Whatever is left out or added is no truth.
        let mut less = line.clone();
        less.as_object_mut().unwrap().remove("account");
        let mut more = line.clone();
        more["more"] = 1.into();
        assert!(!valid.is_valid(&more) && (less == line || !valid.is_valid(&less)), "{line}");
    }
    let kinds: Vec<&str> = found.keys().map(String::as_str).collect();
    let all = ["account", "activated", "closed", "network", "post", "reopened", "wave"];
    assert_eq!(kinds, all);
    let manifest = json!({ "$ref": "#/$defs/manifest", "$defs": schema["$defs"] });
    let manifest = jsonschema::validator_for(&manifest).unwrap();
    let told = std::fs::read(stage.path("weeks/manifest.json")).unwrap();
    let mut told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(manifest.validate(&told).err().map(|fault| fault.to_string()), None);
    assert_eq!(
        (&told["world"]["preset"], &told["world"]["accounts"]),
        (&json!("weeks"), &json!(300))
    );
    told["world"]["policy"] = "high".into();
    assert!(!manifest.is_valid(&told));
}

#[test]
fn the_schema_and_the_page_name_every_class_and_cause() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let page = include_str!("../../../../docs/reference/simulator.md");
    let causes = [Cause::Policy, Cause::Sweep, Cause::Action, Cause::Owner].map(Cause::as_str);
    for (name, values) in [
        ("class", Class::ALL.map(Class::as_str).to_vec()),
        ("post_class", PostClass::ALL.map(PostClass::as_str).to_vec()),
        ("cause", causes.to_vec()),
        ("language", Language::ALL.map(Language::tag).to_vec()),
    ] {
        assert_eq!(schema["$defs"][name]["enum"], json!(values), "{name}");
        for value in values {
            assert!(page.contains(&format!("| `{value}` |")) || name == "language", "{value}");
        }
    }
}

/// A world that is stepped: the lines asked so far are answered.
struct Stepped {
    child: std::process::Child,
    asked: Option<std::process::ChildStdin>,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Stepped {
    fn new(stage: &Stage, args: &[&str]) -> Self {
        let mut command = stage.command(&[&["simulate", "--step"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let asked = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, asked, answers }
    }

    fn ask(&mut self, line: &Value) {
        writeln!(self.asked.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The events of the next hour, and which hour it was.
    fn hour(&mut self) -> (Vec<String>, u64) {
        self.ask(&json!({ "action": "step" }));
        let mut events = Vec::new();
        loop {
            let line = self.answers.next().expect("an hour ends with its number").unwrap();
            match serde_json::from_str::<Value>(&line).unwrap()["hour"].as_u64() {
                Some(hour) => return (events, hour),
                None => events.push(line),
            }
        }
    }
}

#[test]
fn a_world_that_is_stepped_without_actions_is_the_one_that_is_written() {
    let stage = Stage::new();
    let args = ["--preset", "story", "--days", "2", "--late", "0.05"];
    simulated(&stage, &args, "written");
    let mut stepped = Stepped::new(&stage, &[&["--out", "stepped"], &args[..]].concat());
    let mut events = Vec::new();
    for hour in 1..=48 {
        let (more, told) = stepped.hour();
        assert_eq!(told, hour);
        events.extend(more);
    }
    // After its last hour the program ends of itself.
    assert!(stepped.child.wait().unwrap().success());
    let read = |file| std::fs::read_to_string(stage.path(file)).unwrap();
    assert_eq!(events.join("\n") + "\n", read("written/events.jsonl"));
    assert!(read("written/truth.jsonl") == read("stepped/truth.jsonl"));
    let again = [&["simulate", "--step", "--out", "stepped"], &args[..]].concat();
    stage.seawall(&again).refused(&["holds a world already", "--out"]);
}

#[test]
fn an_account_that_a_program_suspends_is_closed_and_comes_back() {
    let stage = Stage::new();
    let mut stepped = Stepped::new(&stage, &["--out", "world", "--preset", "story", "--days", "5"]);
    stepped.hour();
    let truth = |stage: &Stage| -> Vec<Value> {
        let truth = std::fs::read_to_string(stage.path("world/truth.jsonl")).unwrap();
        truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    // Those who act: a backup that waits has nobody to come back for it.
    let members: Vec<String> = truth(&stage)
        .into_iter()
        .filter(|line| line["actor"].is_string() && line["returns"].is_null())
        .map(|line| line["account"].as_str().unwrap().to_owned())
        .collect();
    assert!(members.len() > 20, "{}", members.len());
    for member in &members {
        stepped.ask(&json!({ "action": "suspend", "account": member }));
    }
    let (events, _) = stepped.hour();
    let suspended = |member: &String| {
        let is_theirs = |event: &&String| {
            event.contains("account.suspended") && event.contains(&format!("\"{member}\""))
        };
        events.iter().any(|event| is_theirs(&event))
    };
    assert!(members.iter().all(suspended));
    for _ in 2..120 {
        stepped.hour();
    }
    assert!(stepped.child.wait().unwrap().success());
    let truth = truth(&stage);
    let closed = |line: &&Value| line["type"] == "closed" && line["cause"] == "action";
    assert_eq!(truth.iter().filter(closed).count(), members.len());
    // Under another account, or with one that had waited.
    let back = truth.iter().filter(|line| {
        let parent = line["returns"].as_str().unwrap_or_default();
        let is_new = line["backup"] == false && members.iter().any(|member| member == parent);
        is_new || line["type"] == "activated"
    });
    assert!(back.count() >= 3, "of {} nobody came back", members.len());
}

#[test]
fn a_line_that_asks_for_nothing_known_ends_the_world() {
    let stage = Stage::new();
    let mut stepped = Stepped::new(&stage, &["--out", "world", "--days", "1"]);
    stepped.hour();
    stepped.ask(&json!({ "action": "forgive" }));
    drop(stepped.asked.take());
    let said = stepped.child.wait_with_output().unwrap();
    let told = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(2), "{told}");
    assert!(told.contains("line 2 of standard input") && told.contains("suspend"), "{told}");
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
    for accounts in ["0", "99", "5000001"] {
        let asked = ["simulate", "--out", "x", "--accounts", accounts];
        stage.seawall(&asked).refused(&["--accounts is from 100 to 5,000,000"]);
    }
    stage.write("x", "a file");
    stage.seawall(&["simulate", "--out", "x"]).refused(&["is a file and not a folder", "--out"]);
    assert_eq!(std::fs::read_to_string(stage.path("x")).unwrap(), "a file");
}
