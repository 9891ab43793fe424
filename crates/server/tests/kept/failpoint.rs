//! The program dies at every named point between two durable writes, and goes on after it.
//!
//! The points are found in the source, so that a new one cannot be forgotten: each must
//! be passed by one of the scenarios here, and each scenario is killed at the first, the
//! second and the last passage of every point that it passes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use seawall_model::journal::Body;
use seawall_model::knowledge::Known;
use seawall_model::{EntryId, PlatformId};
use seawall_store::{Access, Content, Folder};

use crate::story::Stream;
use crate::world::{Ran, World};

const STREAM: Stream = Stream("point");
/// The signal of an abort.
const SIGABRT: i32 = 6;
/// Events of each of the three files of the import: a hand-over comes within the last.
const FILE_EVENTS: u64 = 350;
/// Files turn over and snapshots are written within and between them.
const TIGHT: &str = "[log]\nsegment_events_max = 200\n[snapshots]\nevery_events = 200\n\
                     [disk]\nfree_mib_min = 0\n";
/// Points that only a server passes: `tests/served/killed.rs` and `tests/served/media` die at each
/// of them.
const OF_THE_SERVER: [&str; 7] = [
    "media.kept",
    "media.marked",
    "media.moved",
    "media.written",
    "outbox.enqueued",
    "outbox.settled",
    "outbox.taken",
];
/// Later than every retention.
const DAYS_LATER: i64 = 250;

/// A command that is killed, run again, and then looked at.
struct Scenario {
    /// What lies there before.
    before: World,
    /// The command, beside the folder.
    args: Vec<String>,
    /// How it may end when it is run again: a ruling that was taken is not taken twice.
    again: &'static [i32],
    /// What must hold once the command was run again.
    check: fn(&World, &World),
}

impl Scenario {
    fn command(&self, world: &World) -> std::process::Command {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        world.command(&args)
    }

    /// How often the command passes each point.
    fn passages(&self) -> (World, BTreeMap<String, u64>) {
        let world = self.before.twin();
        let trace = world.path("trace");
        let ran = Ran::of(self.command(&world).env("SEAWALL_FAILPOINT_TRACE", &trace));
        assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
        let mut passages = BTreeMap::new();
        for name in std::fs::read_to_string(trace).unwrap().lines() {
            *passages.entry(name.to_owned()).or_default() += 1;
        }
        (world, passages)
    }

    /// Kills at one passage of every point, runs again, and checks.
    fn killed_at(&self, passage: fn(u64) -> Option<u64>) {
        let (whole, passages) = self.passages();
        (self.check)(&whole, &whole);
        for (name, last) in passages {
            let Some(passage) = passage(last) else { continue };
            let at = format!("{name}:{passage}");
            eprintln!("killed at {at} of {last}");
            let world = self.before.twin();
            let ran = Ran::of(self.command(&world).env("SEAWALL_FAILPOINT", &at));
            assert_eq!(ran.signal, Some(SIGABRT), "{at}: {ran:#?}");
            let again = Ran::of(&mut self.command(&world));
            let ended = again.code.unwrap();
            assert!(self.again.contains(&ended), "{at}: {again:#?}");
            (self.check)(&world, &whole);
        }
    }
}

fn first(_: u64) -> Option<u64> {
    Some(1)
}

fn second(last: u64) -> Option<u64> {
    (last > 1).then_some(2)
}

fn last(last: u64) -> Option<u64> {
    (last > 2).then_some(last)
}

/// Files with refused lines and with ids that come again with other bytes.
fn files(world: &World) -> Vec<String> {
    let file = |part: u64| {
        let from = part * FILE_EVENTS;
        let mut text = STREAM.lines(from, from + FILE_EVENTS);
        text += &STREAM.line(from + 3).replace("Cup", "Mug");
        text += &format!("\nnot an event of {}\n", STREAM.account(part));
        world.file(&format!("{part}.jsonl"), &text)
    };
    (0..3).map(file).collect()
}

fn import() -> Scenario {
    let before = World::knowing_with(TIGHT);
    let args = [vec!["import".to_owned()], files(&before)].concat();
    Scenario { before, args, again: &[0, 1], check: check_import }
}

/// An import into a folder that is not there yet.
fn begin() -> Scenario {
    let before = World::with(TIGHT);
    std::fs::create_dir(&before.dir).unwrap();
    let args = vec!["import".to_owned(), before.file("one.jsonl", &STREAM.lines(0, 40))];
    Scenario { before, args, again: &[0], check: check_begun }
}

/// A ruling that brings the profile of an account into knowledge.
fn rule() -> Scenario {
    let before = imported();
    let key = before.path("amal.key").to_str().unwrap().to_owned();
    let case = first_case(&before);
    let args = ["case", "decide", &case, "suspend", "--saw", "content", "--key", &key];
    let args = args.map(String::from).into();
    Scenario { before, args, again: &[0, 2], check: check_ruled }
}

/// The first case of the likeness of a removed account.
fn first_case(world: &World) -> String {
    let case = |recorded: seawall_store::Recorded| match recorded.entry.body {
        Body::CaseOpened { case, evidence, .. } => {
            evidence.iter().any(|piece| piece.kind == "comeback").then_some(case)
        }
        _ => None,
    };
    format!("c{}", world.journal().into_iter().find_map(case).unwrap())
}

/// The whole import lies there before.
fn imported() -> World {
    let Scenario { before, args, .. } = import();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    before.run(&args).ended(1);
    before
}

fn erase() -> Scenario {
    let before = imported();
    before.fine(&["erase", &STREAM.account(0), &STREAM.account(1)]);
    let args = ["erase", "--run"].map(String::from).into();
    Scenario { before, args, again: &[0, 1], check: check_erase }
}

fn retain() -> Scenario {
    let mut before = imported();
    before.clock = before.clock.plus_seconds(DAYS_LATER * 86_400);
    let args = ["erase", "--run"].map(String::from).into();
    Scenario { before, args, again: &[0, 1], check: check_retention }
}

/// A stream that was cut off, and an import after it.
fn cut_off() -> Scenario {
    let before = World::with(TIGHT);
    std::fs::create_dir(&before.dir).unwrap();
    let mut command = before.command(&["import", "-"]);
    command.env("SEAWALL_FAILPOINT", "log.committed:2").stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(STREAM.lines(2_000, 2_100).as_bytes()).unwrap();
    assert_eq!(Ran::new(child.wait_with_output().unwrap()).signal, Some(SIGABRT));
    let args = [vec!["import".to_owned()], files(&before)].concat();
    Scenario { before, args, again: &[0, 1], check: check_cut_off }
}

/// A backup of the import, and nothing where it is to go.
fn restore() -> Scenario {
    let from = imported();
    let backup = from.path("backup");
    from.fine(&["backup", backup.to_str().unwrap()]);
    let before = World::with(TIGHT);
    std::fs::create_dir(&before.dir).unwrap();
    // Beside the folder, so that it lives as long as the scenario.
    let kept = before.path("backup");
    crate::world::copy(&backup, &kept);
    let args = ["restore", kept.to_str().unwrap()].map(String::from).into();
    Scenario { before, args, again: &[0, 1], check: check_restore }
}

/// Refused inputs without the number of the import, which grows with each run.
fn refused(world: &World) -> BTreeSet<String> {
    let lines = world.fine(&["rejects", "--json"]).out;
    let shown = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["import"] = 0.into();
        value.to_string()
    };
    lines.lines().map(shown).collect()
}

/// Every event once, and every entry as without the crash.
fn check_import(world: &World, whole: &World) {
    world.sound();
    let ids = world.ids();
    assert_eq!(ids.len() as u64, 3 * FILE_EVENTS);
    assert!(ids.values().all(|count| *count == 1), "{ids:?}");
    assert_eq!(world.derived(), whole.derived());
    assert!(world.cases() > 0, "what is known was recognised");
    assert_eq!(refused(world), refused(whole));
    let journal = world.journal();
    let count = |wanted: fn(&Body) -> bool| {
        journal.iter().filter(|recorded| wanted(&recorded.entry.body)).count()
    };
    assert_eq!(count(|body| matches!(body, Body::SpanStarted { .. })), 1);
    assert_eq!(count(|body| matches!(body, Body::KnowledgeActivated { .. })), 1);
    let mut numbers: Vec<u64> = journal
        .iter()
        .filter_map(|recorded| match recorded.entry.body {
            Body::Imported { import, .. } => Some(import),
            _ => None,
        })
        .collect();
    numbers.sort_unstable();
    assert!(numbers.is_sorted_by(|a, b| a < b), "no import is told twice: {numbers:?}");
}

fn check_begun(world: &World, _: &World) {
    world.sound();
    assert_eq!(world.ids().len(), 40);
}

/// One ruling, one decision, and what it brings in once, readable.
fn check_ruled(world: &World, whole: &World) {
    world.sound();
    let count = |world: &World, wanted: &dyn Fn(&Body) -> bool| {
        world.journal().iter().filter(|recorded| wanted(&recorded.entry.body)).count()
    };
    let of_case = |body: &Body| matches!(body, Body::Decided { case: Some(_), .. });
    let brought = |body: &Body| matches!(body, Body::KnowledgeAdded { decision: Some(_), .. });
    assert_eq!((count(world, &of_case), count(world, &brought)), (1, 1));
    assert_eq!(world.last_entry(), whole.last_entry());
    let chance = &mut *seawall_server::chance::source(Some(0));
    let folder = Folder::open(&world.dir, Access::Read, chance).unwrap();
    let entry = folder.knowledge(Access::Read).unwrap().read(EntryId(world.last_entry()));
    assert!(matches!(entry.unwrap().unwrap().known, Known::Removed(_)));
}

/// What the stream had given is told once, as not complete.
fn check_cut_off(world: &World, _: &World) {
    world.sound();
    let told: Vec<u64> = world
        .journal()
        .iter()
        .filter_map(|recorded| match recorded.entry.body {
            Body::Imported { complete: false, accepted, .. } => Some(accepted),
            _ => None,
        })
        .collect();
    assert!(told.len() == 1 && told[0] > 0, "{told:?}");
    assert_eq!(world.ids().len() as u64, told[0] + 3 * FILE_EVENTS);
}

/// All of it is there.
fn check_restore(world: &World, _: &World) {
    world.sound();
    assert_eq!(world.ids().len() as u64, 3 * FILE_EVENTS);
}

/// The accounts are gone with all that names them, and nothing else is.
fn check_erase(world: &World, _: &World) {
    world.sound();
    let listed = world.fine(&["erase", "--list"]).out;
    assert!(listed.contains("0 accounts waiting, 2 erased so far"), "{listed}");
    let names = [0, 1].map(|n| PlatformId::new(STREAM.account(n)).unwrap());
    let mut accounts = world.open().accounts().unwrap();
    assert!(names.iter().all(|name| accounts.find(name).unwrap().is_none()));
    let erased = world.log().iter().filter(|s| s.content == Content::Erased).count();
    let by = |n: &u64| names.iter().any(|name| name.as_str() == STREAM.account(*n));
    assert_eq!(erased, (0..3 * FILE_EVENTS).filter(by).count());
    let refused = refused(world);
    assert!(refused.len() == 4 && !refused.iter().any(|line| line.contains("point-account-31\"")));
}

/// Whole files are gone, and what comes after has its place after them.
fn check_retention(world: &World, _: &World) {
    world.sound();
    let last = 3 * FILE_EVENTS;
    let kept = world.log();
    assert_eq!(kept.len(), 0, "the file that was still open is closed by its age");
    assert!(kept.iter().all(|stored| stored.placed.position.0 <= last));
    assert!(refused(world).is_empty());
    let twin = world.twin();
    assert_eq!(twin.stream(&STREAM.lines(0, 30)).ended(0).count("accepted"), 30);
    assert_eq!(twin.log().last().unwrap().placed.position.0, last + 30);
    twin.sound();
}

/// The names of all points in the source.
fn points() -> BTreeSet<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut folders: Vec<_> = std::fs::read_dir(crates)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .filter(|path| path.is_dir())
        .collect();
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let found = text.split("point(\"").skip(1).filter_map(|rest| rest.split_once('"'));
                names.extend(found.map(|(name, _)| name.to_owned()));
            }
        }
    }
    names
}

#[test]
fn every_point_is_passed_by_a_scenario() {
    let scenarios = [begin(), import(), rule(), erase(), retain(), cut_off(), restore()];
    let mut passed: BTreeSet<String> =
        scenarios.iter().flat_map(|scenario| scenario.passages().1.into_keys()).collect();
    assert!(passed.len() > 10, "{passed:?}");
    passed.extend(OF_THE_SERVER.map(str::to_owned));
    assert_eq!(passed, points());
}

#[test]
fn an_import_goes_on_after_the_first_passage() {
    import().killed_at(first);
}

#[test]
fn an_import_goes_on_after_the_second_passage() {
    import().killed_at(second);
}

#[test]
fn an_import_goes_on_after_the_last_passage() {
    import().killed_at(last);
}

#[test]
fn a_folder_that_is_being_made_goes_on() {
    begin().killed_at(first);
}

#[test]
fn a_ruling_is_taken_once_and_brings_in_what_it_brings() {
    rule().killed_at(first);
    rule().killed_at(second);
    rule().killed_at(last);
}

#[test]
fn an_erasure_goes_on_after_any_passage() {
    erase().killed_at(first);
    erase().killed_at(second);
    erase().killed_at(last);
}

#[test]
fn retention_goes_on_after_any_passage() {
    retain().killed_at(first);
    retain().killed_at(second);
    retain().killed_at(last);
}

#[test]
fn a_stream_that_was_cut_off_is_told_after_any_passage() {
    let only_told = |passage: u64| (passage == 1).then_some(1);
    cut_off().killed_at(only_told);
}

#[test]
fn a_restore_is_whole_or_can_be_run_again() {
    restore().killed_at(first);
}
