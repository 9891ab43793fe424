//! An import of a file that was cut off goes on to the same end as one that was not.

use crate::crash::SIGKILL;
use crate::fault;
use crate::story::Stream;
use crate::world::{Chance, Ran, World, rounds};

const STREAM: Stream = Stream("file");
/// Events committed in one step: `BATCH_EVENTS_MAX` of the import.
const BATCH_EVENTS: u64 = 10_000;
/// Events of the file: two batches.
const FILE_EVENTS: u64 = BATCH_EVENTS + 600;

/// A file with all that an import tells apart: new events, repeats, refused lines, and ids
/// that come again with other bytes.
fn mixed_file() -> String {
    let mut text = String::new();
    for n in 0..FILE_EVENTS {
        // Out of order: the file is sorted before it is taken in.
        let n = n ^ 5;
        text += &STREAM.line(n);
        text += match n % 1_000 {
            17 => "\nno event\n",
            _ => "\n",
        };
        if n % 1_000 == 501 {
            text += &STREAM.lines(n, n + 1);
        }
        if n % 1_000 == 502 {
            text += &STREAM.line(n).replace("\"like\"", "\"repost\"");
            text += "\n";
        }
    }
    text
}

/// What an import says of itself, and what it leaves.
fn outcome(world: &World, ran: &Ran) -> (Vec<u64>, Vec<String>, Vec<String>) {
    let words = ["accepted", "duplicates", "ignored", "rejected"];
    let counts = words.iter().map(|word| ran.count(word)).collect();
    let mut rejects: Vec<String> =
        world.fine(&["rejects", "--json"]).out.lines().map(String::from).collect();
    rejects.sort();
    (counts, world.derived(), rejects)
}

#[test]
fn a_file_that_was_interrupted_by_kill_9_goes_on_to_the_same_end() {
    let text = mixed_file();
    let whole = World::new();
    let file = whole.file("events.jsonl", &text);
    let expect = outcome(&whole, &whole.run(&["import", &file]).ended(1));
    assert!(expect.0[1] > 0 && expect.0[3] > 20, "{:?}", expect.0);
    let mut chance = Chance(2);
    let mut killed = 0;
    for _ in 0..(rounds(12) / 4) {
        let world = World::new();
        std::fs::create_dir(&world.dir).unwrap();
        // The first batch is durable after about 1,400 changes; all is after about 2,500.
        let kills = [1_200 + chance.below(1_000), 100 + chance.below(700)];
        for change in kills {
            let mut command = world.command(&["import", &file]);
            fault::arm(&mut command, &world.dir, &world.path("undo.log"));
            let ran = Ran::of(command.env("POWERCUT_AFTER", change.to_string()));
            killed += u64::from(ran.signal == Some(SIGKILL));
        }
        let ran = world.run(&["import", &file]).ended(1);
        assert_eq!(outcome(&world, &ran), expect, "killed at changes {kills:?}");
        world.sound();
    }
    assert!(killed >= (rounds(12) / 4), "only {killed} were killed");
}

#[test]
fn a_file_goes_on_after_the_turn_to_the_next_log_file_was_cut_off() {
    let text = mixed_file();
    let whole = World::new();
    let file = whole.file("events.jsonl", &text);
    let expect = outcome(&whole, &whole.run(&["import", &file]).ended(1));
    for point in ["log.turned:1", "log.closed:1", "log.committed:2"] {
        let world = World::new();
        let killed = Ran::of(world.command(&["import", &file]).env("SEAWALL_FAILPOINT", point));
        assert!(killed.signal.is_some(), "{point}: {killed:#?}");
        let ran = world.run(&["import", &file]).ended(1);
        assert!(ran.out.contains("went on where an earlier run had stopped"), "{ran:#?}");
        assert_eq!(outcome(&world, &ran), expect, "{point}");
    }
}

#[test]
fn a_file_goes_on_in_the_same_order_when_its_future_has_come_meanwhile() {
    let mut world = World::new();
    let future = STREAM.line(FILE_EVENTS).replace(":\"2026-03-", ":\"2026-12-");
    let file = world.file("future.jsonl", &(future + "\n" + &STREAM.lines(0, FILE_EVENTS)));
    let mut command = world.command(&["import", &file]);
    let killed = Ran::of(command.env("SEAWALL_FAILPOINT", "log.committed:2"));
    assert!(killed.signal.is_some(), "{killed:#?}");
    assert_eq!(world.ids().len() as u64, BATCH_EVENTS, "the first batch");
    world.clock = world.clock.plus_seconds(30 * 86_400);
    let ran = world.fine(&["import", &file]);
    assert_eq!((ran.count("accepted"), ran.count("rejected")), (FILE_EVENTS + 1, 0));
    assert_eq!(world.ids().len() as u64, FILE_EVENTS + 1);
}

#[test]
fn an_unfinished_import_keeps_its_number_and_its_refused_inputs() {
    let world = World::new();
    let cut = world.file("cut.jsonl", &(STREAM.lines(0, 10) + "no event\n"));
    let other = world.file("other.jsonl", &(STREAM.lines(0, 10) + "nothing\n"));
    let killed =
        Ran::of(world.command(&["import", &cut]).env("SEAWALL_FAILPOINT", "log.accounts:2"));
    assert!(killed.signal.is_some(), "{killed:#?}");
    world.run(&["import", &other]).ended(1);
    world.run(&["import", &cut]).ended(1);
    let refused = world.fine(&["rejects"]).out;
    assert!(refused.contains("2 refused inputs"), "{refused}");
    world.sound();
}
