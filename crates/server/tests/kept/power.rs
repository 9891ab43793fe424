//! Power cuts: what was acknowledged is there even if all that was not synced is lost.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use seawall_model::PlatformId;

use crate::fault::{self, Mode};
use crate::story::Stream;
use crate::world::{Chance, Ran, World, rounds};

const STREAM: Stream = Stream("power");
/// Events that are fed at most.
const EVENTS: u64 = 900;
/// Lines written at once, so that the log commits often.
const LINES: u64 = 30;
/// Changes of the disk until a new folder has all its files.
const MAKING: u64 = 280;
/// What the journal says once an erasure was asked for.
const ASKED: &str = "erasure_asked";

/// A world whose every change is recorded, to be taken back.
struct Powered(World);

impl Powered {
    fn new() -> Self {
        let world = World::new();
        std::fs::create_dir(&world.dir).unwrap();
        Self(world)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.0.command(args);
        fault::arm(&mut command, &self.0.dir, &self.0.path("undo.log"));
        command
    }

    fn cut(&self, mode: Mode) -> usize {
        fault::apply(&self.0.dir, &self.0.path("undo.log"), mode).unwrap()
    }

    /// Feeds events until so many were acknowledged, then kills; or until the program died
    /// by itself. Says how many were.
    fn feed(&self, mut command: Command, from: u64, until: u64) -> u64 {
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut acked, mut sent) = (from, from);
        while acked < until {
            let fed = input.write_all(STREAM.lines(sent, sent + LINES).as_bytes());
            sent += LINES;
            let Some(Ok(line)) = lines.next() else { break };
            acked = from + line.strip_prefix("acked ").unwrap().parse::<u64>().unwrap();
            if fed.is_err() {
                break;
            }
        }
        // It may have died by itself already, which is as good.
        let _ = child.kill();
        for line in lines.map_while(Result::ok) {
            acked = from + line.strip_prefix("acked ").unwrap().parse::<u64>().unwrap();
        }
        child.wait().unwrap();
        acked
    }
}

/// The journal as it stands, byte for byte.
fn entries(world: &World) -> Vec<Vec<u8>> {
    if world.dir.join("key").exists() && world.dir.join("journal.db").exists() {
        world.journal().into_iter().map(|recorded| recorded.bytes).collect()
    } else {
        Vec::new()
    }
}

/// Opens the folder again and checks that all that was acknowledged is in it.
fn check_kept(powered: &Powered, acked: u64, told: &[Vec<u8>], what: &str) {
    let world = &powered.0;
    let again = world.stream(&STREAM.lines(0, EVENTS)).ended(0);
    assert!(again.count("duplicates") >= acked, "{what}: {acked} acknowledged, {again:#?}");
    assert_eq!(again.count("accepted") + again.count("duplicates"), EVENTS, "{what}");
    let ids = world.ids();
    assert!(ids.len() as u64 == EVENTS && ids.values().all(|count| *count == 1), "{what}");
    let now = entries(world);
    assert!(now.starts_with(told), "{what}: what the journal said is kept");
    world.sound();
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    for seed in 0..rounds(4) {
        let powered = Powered(World::knowing());
        let mut chance = Chance(seed);
        let args = ["import", "-", "--ack"];
        let first = powered.feed(powered.command(&args), 0, 1 + chance.below(EVENTS / 2));
        // Opened again, so the journal says what it had missed; and a request is told as noted.
        let asked = Ran::of(&mut powered.command(&["erase", &STREAM.account(0)])).ended(0);
        assert!(asked.out.starts_with("1 account will be erased"));
        let told = entries(&powered.0);
        let last = String::from_utf8(told.last().unwrap().clone()).unwrap();
        assert!(last.contains(ASKED), "{last}");
        let acked =
            powered.feed(powered.command(&args), first, first + 1 + chance.below(EVENTS / 2));
        let mode = if seed % 4 == 0 { Mode::All } else { Mode::Torn { seed } };
        powered.cut(mode);
        check_kept(&powered, acked, &told, &format!("seed {seed}, {mode:?}"));
        let listed = powered.0.fine(&["erase", "--list"]).out;
        assert!(listed.contains("1 account waiting"), "seed {seed}: {listed}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_cut_at_any_change() {
    let (mut died, mut undone) = (0, 0);
    for seed in 0..rounds(6) {
        let powered = Powered(World::knowing());
        let change = 30 + Chance(1_000 + seed).below(770);
        let mut command = powered.command(&["import", "-", "--ack"]);
        command.env("POWERCUT_AFTER", change.to_string());
        let acked = powered.feed(command, 0, EVENTS);
        died += u64::from(acked < EVENTS);
        let mode = if seed % 3 == 0 { Mode::All } else { Mode::Torn { seed } };
        undone += powered.cut(mode);
        check_kept(&powered, acked, &[], &format!("change {change}, seed {seed}, {mode:?}"));
    }
    assert!(died * 2 > rounds(6), "{died} were cut");
    assert!(undone > 0, "there was something to lose");
}

#[test]
fn a_folder_that_is_being_made_survives_a_cut_at_any_change() {
    let mut died = 0;
    // Every change in a long run; else every few of the making of all files.
    let step = if rounds(1) > 1 { 1 } else { 11 };
    for change in (1..MAKING).step_by(step) {
        let powered = Powered::new();
        let mut command = powered.command(&["import", "-"]);
        command.env("POWERCUT_AFTER", change.to_string()).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(STREAM.lines(0, 2).as_bytes());
        died += u64::from(Ran::new(child.wait_with_output().unwrap()).signal.is_some());
        if change % 2 == 0 {
            powered.cut(Mode::Torn { seed: change });
        }
        let again = powered.0.stream(&STREAM.lines(0, 2)).ended(0);
        assert_eq!(again.count("accepted") + again.count("duplicates"), 2, "change {change}");
        powered.0.sound();
    }
    assert!(died > 10, "{died} were cut");
}

#[test]
fn an_erasure_survives_a_power_cut_or_is_done_again() {
    let before = World::knowing();
    before.stream(&STREAM.lines(0, 300)).ended(0);
    before.fine(&["erase", &STREAM.account(0)]);
    let name = PlatformId::new(STREAM.account(0)).unwrap();
    for seed in 0..rounds(4) {
        let powered = Powered(before.twin());
        let mut command = powered.command(&["erase", "--run"]);
        let change = 1 + Chance(2_000 + seed).below(110);
        let ran = Ran::of(command.env("POWERCUT_AFTER", change.to_string()));
        powered.cut(Mode::Torn { seed });
        let world = &powered.0;
        let is_known = world.open().accounts().unwrap().find(&name).unwrap().is_some();
        assert!(!(is_known && ran.out.contains("erased 1 account")), "change {change}: {ran:#?}");
        world.fine(&["erase", "--run"]);
        assert_eq!(world.open().accounts().unwrap().find(&name).unwrap(), None, "change {change}");
        assert!(world.fine(&["erase", "--list"]).out.contains("0 accounts waiting, 1 erased"));
        world.sound();
    }
}

/// Acknowledged events that are gone after a cut; nothing if the folder cannot be opened,
/// which says nothing of how many there are.
fn lost(mode: Mode, synchronous: &str) -> Option<u64> {
    let powered = Powered::new();
    let mut command = powered.command(&["import", "-", "--ack"]);
    command.env(format!("SEAWALL_TEST_SYNCHRONOUS_{synchronous}"), "1");
    let acked = powered.feed(command, 0, EVENTS / 2);
    powered.cut(mode);
    let again = powered.0.stream(&STREAM.lines(0, acked));
    (again.code == Some(0)).then(|| again.count("accepted"))
}

/// The same cuts as with every commit synced, so that it is the syncs that keep events.
#[test]
fn without_a_sync_at_every_commit_events_would_be_lost() {
    let modes = [Mode::All, Mode::Torn { seed: 1 }, Mode::Torn { seed: 2 }, Mode::Torn { seed: 3 }];
    let synced: Vec<Option<u64>> = modes.iter().map(|mode| lost(*mode, "FULL")).collect();
    assert_eq!(synced, [Some(0); 4]);
    let unsynced: Vec<Option<u64>> = modes.iter().map(|mode| lost(*mode, "NORMAL")).collect();
    let counted: u64 = unsynced.iter().flatten().sum();
    assert!(counted > 0, "the layer would prove nothing: {unsynced:?}");
    eprintln!("without syncs: {unsynced:?}");
}
