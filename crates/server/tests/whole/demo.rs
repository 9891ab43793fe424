//! The demo: what it prints can be typed, what it shows is true, and it empties nothing that
//! is not its own.
//!
//! What a story holds is read from its manifest and its truth, which the demo writes and the
//! product is not told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::said::Said;
use crate::stage::Stage;

/// How long the demo may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);
/// The file of the data folder of a demo.
const DATA: &str = ".demo/data";

/// A demo that was played, and what is true of its story.
struct Played {
    stage: Stage,
    said: Said,
    /// The account lines of the truth, by account.
    accounts: BTreeMap<String, Value>,
    /// Its waves.
    waves: Vec<Value>,
}

impl Played {
    fn new() -> Self {
        let stage = Stage::new();
        let said = stage.seawall(&["demo"]).ended(0);
        let truth = std::fs::read_to_string(stage.path(".demo/truth.jsonl")).unwrap();
        let (mut accounts, mut waves) = (BTreeMap::new(), Vec::new());
        for line in truth.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            match line["type"].as_str().unwrap() {
                "account" => {
                    accounts.insert(line["account"].as_str().unwrap().to_owned(), line);
                }
                "wave" => waves.push(line),
                _ => {}
            }
        }
        Self { stage, said, accounts, waves }
    }

    /// The commands that it proposes, in order.
    fn proposed(&self) -> Vec<&str> {
        proposed(&self.said.out)
    }

    /// The case that a proposed command names behind such words.
    fn named(&self, words: &str) -> String {
        let found = self.proposed().into_iter().find_map(|line| line.split_once(words));
        let (_, rest) = found.unwrap_or_else(|| panic!("`{words}` is not proposed"));
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// A case as it is shown to programs.
    fn case(&self, id: &str) -> Value {
        self.stage.seawall(&["case", "show", id, "--json", "--dir", DATA]).ended(0).json()
    }

    /// Every case in brief.
    fn cases(&self) -> Vec<Value> {
        let list = ["case", "list", "--limit", "100000", "--json", "--dir", DATA];
        let said = self.stage.seawall(&list).ended(0);
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What the truth says of the account of a case.
    fn truth_of(&self, case: &Value) -> &Value {
        &self.accounts[case["content"]["account"]["id"].as_str().unwrap()]
    }
}

/// The commands that a run proposes under "next", without what is said about them.
fn proposed(out: &str) -> Vec<&str> {
    let mut lines = out.lines().skip_while(|line| *line != "next");
    assert_eq!(lines.next(), Some("next"), "{out}");
    let lines = lines.map_while(|line| line.strip_prefix("  "));
    lines.filter(|line| !line.starts_with('#')).collect()
}

/// A number as people read it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.char_indices();
    let with = places.map(|(place, digit)| {
        let comma = if place > 0 && (digits.len() - place).is_multiple_of(3) { "," } else { "" };
        format!("{comma}{digit}")
    });
    with.collect()
}

#[test]
fn every_command_the_demo_proposes_works_as_it_is_printed() {
    let played = Played::new();
    let out = &played.said.out;
    let events: u64 = std::fs::read_dir(played.stage.path(".demo/data/log"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".db"))
        .map(|name| {
            let count = "SELECT CAST(count(*) AS TEXT) FROM event";
            let rows = played.stage.rows(&format!(".demo/data/log/{name}"), count);
            rows[0].parse::<u64>().unwrap()
        })
        .sum();
    let taken = format!("{} events in all, 0 refused", grouped(events));
    assert!(out.contains(&taken), "{taken}: {out}");
    assert!(out.contains("`seawall serve` runs at http://127.0.0.1:"), "{out}");
    let commands = played.proposed();
    let named = |word: &str| commands.iter().filter(|command| command.contains(word)).count();
    let expect = [
        (" tide ", 3),
        (" case list ", 1),
        (" case show ", 3),
        (" case decide ", 2),
        (" case undo ", 1),
        (" replay ", 1),
        (" doctor ", 1),
        ("--help", 1),
    ];
    assert_eq!(expect.map(|(word, _)| (word, named(word))), expect, "{out}");
    let comeback = played.named("case decide ");
    let mut said = BTreeMap::new();
    for command in &commands {
        let done = played.stage.shell(command, None).ended(0);
        assert!(!done.out.trim().is_empty(), "{command} says nothing");
        said.insert(command.split_once(" case ").map_or(*command, |(_, words)| words), done.out);
    }
    let said_by = |words: &str| {
        let found = said.iter().find(|(command, _)| command.contains(words));
        found.map(|(_, out)| out).unwrap_or_else(|| panic!("{words}: {said:#?}"))
    };
    let notice = said_by("--notice both");
    for words in
        ["تحية طيبة وبعد،", "إشعار بتعليق حسابكم", "Dear account holder,", "appeal against"]
    {
        assert!(notice.contains(words), "{words}: {notice}");
    }
    let undone = said_by("undo d");
    for words in ["is overturned by", "reinstate the account", &format!("{comeback} is open again")]
    {
        assert!(undone.contains(words), "{words}: {undone}");
    }
    let case = played.case(&comeback);
    assert_eq!((case["state"].as_str(), &case["in_force"]), (Some("open"), &Value::Array(vec![])));
    assert!(said_by("replay").contains(", 0 differing"));
    assert!(said_by("doctor").contains("nothing to do"));
}

#[test]
fn the_return_is_one_and_the_copies_of_those_who_document_stay_with_an_empty_register() {
    let played = Played::new();
    let comeback = played.case(&played.named("case decide "));
    let truth = played.truth_of(&comeback);
    assert!(truth["returns"].is_string(), "{truth} comes back for nobody");
    assert!(comeback["evidence"]["comebacks"][0]["total_milli_bits"].as_i64().unwrap() > 0);
    let register = ["protected", "list", "--key", ".demo/amal.key", "--dir", DATA];
    let register = played.stage.seawall(&register).ended(0);
    assert!(register.out.starts_with("0 entries, 0 in force"), "{}", register.out);
    let mut classes = BTreeSet::new();
    for brief in played.cases().iter().filter(|case| case["is_exact"] == true) {
        let case = played.case(brief["case"].as_str().unwrap());
        let class = played.truth_of(&case)["class"].as_str().unwrap().to_owned();
        for action in case["in_force"].as_array().unwrap() {
            assert_eq!(action["action"]["kind"].as_str(), Some("restrict"), "{case:#}");
        }
        if ["newsroom", "archive"].contains(&&*class) {
            assert_eq!(case["state"].as_str(), Some("open"), "{case:#}");
            assert_eq!(case["in_force"].as_array().map(Vec::len), Some(0), "{case:#}");
            let why = case["not_restricted_because"].to_string();
            assert!(why.contains("good standing"), "{why}");
            // The demo says it too, beside who it is.
            let row = format!("  {}", brief["case"].as_str().unwrap());
            let line = played.said.out.lines().find(|line| line.starts_with(&format!("{row} ")));
            let line = line.unwrap_or_else(|| panic!("{row}: {}", played.said.out));
            assert!(line.contains(&class) && line.contains("nothing ["), "{line}");
            classes.insert(class);
        }
    }
    assert_eq!(classes, ["archive", "newsroom"].map(String::from).into(), "{}", played.said.out);
}

#[test]
fn the_demo_shows_the_wave_with_the_field_event_before_it() {
    let played = Played::new();
    let (_, waves) = played.said.out.split_once("\nwaves (").unwrap();
    let [wave] = played.waves.as_slice() else { panic!("{:?}", played.waves) };
    // As Seawall writes tags: letters that people mix up are one.
    let tag = wave["tag"].as_str().unwrap().replace('ة', "ه");
    for words in [&*format!("\u{2068}#{tag}"), "soon after \u{2068}Public boiling"] {
        assert!(waves.contains(words), "{words} is not in {waves}");
    }
    // It was found after it began, and within half a day; matches and festivals are found too.
    let (before, _) = waves.split_once("soon after").unwrap();
    let found = before.lines().rev().find_map(|line| line.strip_prefix("  20")).unwrap();
    let found =
        seawall_model::Timestamp::parse(&format!("20{}:00Z", found[..14].replace(' ', "T")));
    let (found, began) = (found.unwrap(), wave["from"].as_str().unwrap());
    let began = seawall_model::Timestamp::parse(began).unwrap();
    let after = found.seconds_since(began.hour().start());
    assert!((0..=12 * 3_600).contains(&after), "found {after} seconds after {began}");
}

#[test]
fn the_demo_can_be_run_again_and_from_a_folder_with_a_space() {
    let stage = Stage::new();
    let first = stage.seawall(&["demo", "--folder", "a demo"]).ended(0);
    let again = stage.seawall(&["demo", "--folder", "a demo"]).ended(0);
    // Traces of one hour stand in the order of their keyed hashes, which differ by folder,
    // and a restriction ends by the clock.
    let sorted = |out: &str| {
        let lines = out.lines().map(|line| match line.split_once("restricted until") {
            Some((line, _)) => line.to_owned(),
            // Each demo serves at a free port.
            None => line.split("http://127.0.0.1:").next().unwrap().to_owned(),
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&first.out), sorted(&again.out));
    for command in proposed(&again.out) {
        stage.shell(command, None).ended(0);
    }
}

/// A demo before a person, who reads what it says line by line.
struct Watched {
    child: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watched {
    fn start(stage: &Stage) -> Self {
        let mut command = stage.command(&["demo", "--stay"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        Self { child, lines }
    }

    /// What it says until a line with these words, that line included.
    fn until(&self, words: &str) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            said.push(line.unwrap_or_else(|_| panic!("`{words}` is not said: {said:#?}")));
            if said.last().unwrap().contains(words) {
                return said;
            }
        }
    }

    fn signal(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }
}

/// What can be typed while the story waits, as one script, and the command that takes a decision
/// back.
fn typeable(said: &[String]) -> (String, String) {
    let lines = said.iter().skip_while(|line| !line.contains("In another terminal"));
    let lines: Vec<&String> = lines.filter(|line| line.starts_with("  ")).collect();
    let (back, typed): (Vec<&String>, Vec<_>) =
        lines.into_iter().partition(|line| line.contains("/overturn"));
    let typed: Vec<&str> = typed.into_iter().map(String::as_str).collect();
    (typed.join("\n"), back.first().map_or(String::new(), |line| line.trim().to_owned()))
}

#[test]
fn a_person_rules_while_the_story_waits_and_ctrl_c_leaves_nothing() {
    let stage = Stage::new();
    let mut demo = Watched::start(&stage);
    let mut keys = demo.child.stdin.take().unwrap();
    let said = demo.until("to rule on it; else");
    let serves = said.iter().find_map(|line| line.split_once("runs at http://")).unwrap().1;
    let address = serves.split('.').take(4).collect::<Vec<_>>().join(".");
    keys.write_all(b"\n").unwrap();
    let (typed, _) = typeable(&demo.until("Press Enter:"));
    let ruled = stage.shell(&typed, None).ended(0).out;
    assert!(ruled.contains(r#""outcome":"decided""#), "{typed}: {ruled}");
    let (_, decision) = ruled.rsplit_once(r#""decision":""#).unwrap();
    let decision = decision.split('"').next().unwrap();
    keys.write_all(b"\n").unwrap();
    demo.until("a person decided, ");
    demo.until("the action is sent, signed; the receiver verifies the signature");
    demo.until("the platform obeys: ");
    demo.until("the network returns: ");
    demo.until("the surge rises: a wave is found");
    // Days have passed since: who comes back logs in again.
    let (typed, back) = typeable(&demo.until("Press Enter:"));
    let (log_in, _) = typed.split_once("  # what is open").unwrap();
    let back = back.replace("DECISION", decision);
    let undone = stage.shell(&format!("{log_in}\n{back}"), None).ended(0).json();
    assert_eq!(undone["outcome"], "overturned", "{undone}");
    keys.write_all(b"\n").unwrap();
    demo.until("its inverse is sent, signed; the receiver verifies the signature");
    demo.until("is reinstated");
    demo.signal();
    let said = demo.until("nothing is left of the demo");
    assert!(said.iter().any(|line| line == "in short"), "{said:#?}");
    assert!(demo.child.wait().unwrap().success());
    assert!(!stage.path(".demo").exists());
    let address: std::net::SocketAddr = address.trim_end_matches('.').parse().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err(), "the server has ended");
}

#[test]
fn without_a_person_only_reach_is_restricted_and_the_platform_is_told_obeys_and_is_told_again() {
    let played = Played::new();
    let mut lines = played.said.out.lines();
    let mut comes = |words: &str| {
        let found = lines.find(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("`{words}` is not said in turn: {}", played.said.out))
    };
    let told = comes("its reach is restricted without a person, a");
    let action = told.split(" a person, ").nth(1).unwrap().split(',').next().unwrap();
    comes(&format!("{action}: the action is sent, signed; the receiver verifies the signature"));
    let obeyed = comes("the platform obeys: ");
    let post = obeyed.split("obeys: ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(obeyed.ends_with("is shown to nobody"), "{obeyed}");
    comes(&format!("{action} lapses: it ends by itself"));
    comes(&format!("{action}: its inverse is sent, signed"));
    comes(&format!("the platform obeys: {post} is shown again"));
    comes("the surge rises: a wave is found");
    comes("by people: 0 decisions");
    // All that was done of itself stands in the journal as what law 1 allows.
    let count = "SELECT CAST(count(*) AS TEXT) FROM entry WHERE type = 'restricted_unattended'";
    assert_ne!(played.stage.rows(".demo/data/journal.db", count), ["0"]);
    let truth = std::fs::read_to_string(played.stage.path(".demo/truth.jsonl")).unwrap();
    assert!(!truth.contains(r#""cause":"action""#), "nobody was suspended by a machine");
}

#[test]
fn the_demo_empties_no_folder_that_is_not_its_own() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("letters")).unwrap();
    stage.write("letters/one.txt", "do not lose this");
    let words = ["letters is not the folder of an earlier demo", "--folder"];
    stage.seawall(&["demo", "--folder", "letters"]).refused(&words);
    assert_eq!(std::fs::read_to_string(stage.path("letters/one.txt")).unwrap(), "do not lose this");
    assert_eq!(std::fs::read_dir(stage.path("letters")).unwrap().count(), 1);
    stage.seawall(&["import", "letters/one.txt"]).ended(2);
    assert!(!stage.path("seawall-data").exists(), "a refused file makes no data folder");
    let story = include_str!("../../../../scenarios/kettle-week/story.jsonl");
    stage.write("first.jsonl", story.lines().next().unwrap());
    stage.seawall(&["import", "first.jsonl"]).ended(0);
    stage.seawall(&["demo", "--folder", "seawall-data"]).refused(&["not the folder of an earlier"]);
    stage.write("file", "do not lose this either");
    stage.seawall(&["demo", "--folder", "file"]).ended(2);
    assert!(stage.path("file").exists());
}
