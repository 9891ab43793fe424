//! A full disk: the program says so and what to do, and loses nothing that it had told.
//!
//! The fault layer plays the disk, so that no test needs rights or room of its own.

use std::io::Write;
use std::process::Stdio;

use crate::fault;
use crate::story::Stream;
use crate::world::{Ran, World};

const STREAM: Stream = Stream("disk");
/// Events that are taken in.
const EVENTS: u64 = 1_500;

/// Runs a command on a disk with so many bytes of room, its input given.
fn on_full_disk(world: &World, args: &[&str], room: u64, input: &str) -> Ran {
    std::fs::create_dir_all(&world.dir).unwrap();
    let mut command = world.command(args);
    fault::arm(&mut command, &world.dir, &world.path("undo.log"));
    command.env("POWERCUT_ROOM", room.to_string()).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It ends before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::new(child.wait_with_output().unwrap())
}

#[track_caller]
fn check_told(ran: &Ran, room: u64) {
    assert_eq!(ran.code, Some(2), "{room} bytes: {ran:#?}");
    assert!(ran.err.contains("the disk is full"), "{room} bytes: {ran:#?}");
    assert!(ran.err.contains("make room and run the command again"), "{room} bytes: {ran:#?}");
    assert!(!ran.err.contains("backup"), "{room} bytes: {ran:#?}");
}

#[test]
fn an_import_stops_on_a_full_disk_and_goes_on_when_there_is_room() {
    // The disk is full at the first file, at each kind of file, and late in the log.
    for room in [10, 40_000, 130_000, 200_000, 300_000, 400_000, 600_000, 700_000] {
        let world = World::new();
        let file = world.file("events.jsonl", &(STREAM.lines(0, EVENTS) + "refused\n"));
        let ran = on_full_disk(&world, &["import", &file], room, "");
        check_told(&ran, room);
        let again = world.run(&["import", &file]).ended(1);
        assert_eq!(again.count("accepted"), EVENTS, "{room}: {again:#?}");
        assert_eq!(again.count("rejected"), 1, "{room}: {again:#?}");
        world.sound();
    }
}

#[test]
fn what_a_stream_acknowledged_is_kept_on_a_full_disk() {
    for room in [250_000, 500_000, 900_000] {
        let world = World::new();
        let text = STREAM.lines(0, 3 * EVENTS);
        let ran = on_full_disk(&world, &["import", "-", "--ack"], room, &text);
        check_told(&ran, room);
        let last = ran.out.lines().last().map_or("0", |line| line.strip_prefix("acked ").unwrap());
        let acked: u64 = last.parse().unwrap();
        let again = world.stream(&text).ended(0);
        assert!(again.count("duplicates") >= acked, "{room}: {acked} acknowledged: {again:#?}");
        assert_eq!(again.count("accepted") + again.count("duplicates"), 3 * EVENTS, "{room}");
        world.sound();
    }
}

#[test]
fn an_erasure_that_finds_the_disk_full_is_done_later() {
    let before = World::new();
    before.stream(&STREAM.lines(0, EVENTS)).ended(0);
    before.fine(&["erase", &STREAM.account(0)]);
    for room in [0, 4_000, 20_000, 60_000] {
        let world = before.twin();
        check_told(&on_full_disk(&world, &["erase", "--run"], room, ""), room);
        world.sound();
        world.fine(&["erase", "--run"]);
        assert!(world.fine(&["erase", "--list"]).out.contains("0 accounts waiting, 1 erased"));
        world.sound();
    }
}
