//! A backup made while events come in is whole, and what is not whole is refused.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::channel;

use rusqlite::Connection;
use seawall_model::Position;

use crate::story::Stream;
use crate::world::World;

const STREAM: Stream = Stream("backup");
/// Lines that wait for one acknowledgement.
const LINES: u64 = 16;

/// A folder with all kinds of files in it.
fn filled() -> World {
    let world = World::new();
    let text = STREAM.lines(0, 1_500) + "refused\n";
    world.run(&["import", &world.file("events.jsonl", &text)]).ended(1);
    world.stream(&STREAM.lines(1_500, 1_600)).ended(0);
    world
}

fn restored(backup: &str) -> World {
    let world = World::new();
    world.fine(&["restore", backup]);
    world
}

#[test]
fn a_backup_under_load_holds_all_that_was_acknowledged_before_it() {
    let world = World::new();
    let mut command = world.command(&["import", "-", "--ack"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let (stop, stopped) = channel::<()>();
    let (tell, told) = channel();
    // Each few lines wait for an acknowledgement: a steady stream, however fast the machine.
    let feeder = std::thread::spawn(move || {
        let mut sent = 0;
        while stopped.try_recv().is_err() {
            input.write_all(STREAM.lines(sent, sent + LINES).as_bytes()).unwrap();
            sent += LINES;
            told.recv().unwrap();
        }
        sent
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acked: u64 = 0;
    while acked < 1_040 {
        let line = lines.next().unwrap().unwrap();
        acked = line.strip_prefix("acked ").unwrap().parse().unwrap();
        tell.send(()).unwrap();
    }
    let rest = std::thread::spawn(move || {
        // Once the feeder has ended, nobody listens.
        lines.map_while(Result::ok).map(|_| u64::from(tell.send(()).is_ok())).sum::<u64>()
    });
    let backup = world.path("backup").to_str().unwrap().to_owned();
    world.fine(&["backup", &backup]);
    stop.send(()).unwrap();
    let sent = feeder.join().unwrap();
    assert!(child.wait().unwrap().success() && rest.join().unwrap() > 0);
    assert_eq!(world.ids().len() as u64, sent, "the import was not disturbed");
    world.sound();

    let restored = restored(&backup);
    let replayed = restored.fine(&["replay"]);
    assert!(replayed.out.contains(", 0 differing"), "{replayed:#?}");
    let ids = restored.ids();
    let missing = (0..acked).find(|n| !ids.contains_key(&STREAM.id(*n)));
    assert_eq!(missing, None, "of {acked} acknowledged, with {} restored", ids.len());
    let again = restored.stream(&STREAM.lines(0, sent)).ended(0);
    assert_eq!(again.count("duplicates"), ids.len() as u64);
    assert_eq!(again.count("accepted") + again.count("duplicates"), sent);
    restored.sound();
    assert_eq!(restored.log().last().unwrap().placed.position, Position(sent));
}

#[test]
fn a_backup_that_was_changed_is_refused() {
    let world = filled();
    let backup = world.path("backup");
    let name = backup.to_str().unwrap();
    world.fine(&["backup", name]);
    let mut folders = vec![backup.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() >= 8, "{files:?}");
    let into = World::new();
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&file, changed).unwrap();
            let ran = into.run(&["restore", name]).ended(2);
            assert!(ran.err.contains("the backup is not usable"), "{}: {ran:#?}", file.display());
            assert!(!into.dir.exists(), "nothing is written");
        }
        std::fs::remove_file(&file).unwrap();
        into.run(&["restore", name]).ended(2);
        std::fs::write(&file, whole).unwrap();
    }
    into.fine(&["restore", name]);
    into.sound();
    into.run(&["restore", name]).ended(2);
    world.run(&["backup", name]).ended(2);
}

#[test]
fn a_folder_of_a_newer_version_is_refused_with_what_to_do() {
    let world = filled();
    let log = "log/00000000000000000001.db";
    for name in ["accounts.db", "journal.db", "tables.db", "rejects.db", log] {
        let copy = world.twin();
        let database = Connection::open(copy.dir.join(name)).unwrap();
        database.pragma_update(None, "user_version", 99).unwrap();
        drop(database);
        let ran = copy.run(&["erase", "--run"]).ended(2);
        assert!(ran.err.contains("open it with a newer seawall"), "{name}: {ran:#?}");
        assert!(ran.err.contains("schema version 99"), "{name}: {ran:#?}");
    }
}

#[test]
fn a_backup_of_an_older_version_is_brought_up_to_date() {
    let world = filled();
    let accounts = Connection::open(world.dir.join("accounts.db")).unwrap();
    accounts
        .execute_batch(
            "DROP TABLE asked; DELETE FROM refinery_schema_history WHERE version = 2;
             PRAGMA user_version = 1",
        )
        .unwrap();
    drop(accounts);
    let backup = world.path("backup");
    world.fine(&["backup", backup.to_str().unwrap()]);
    let restored = restored(backup.to_str().unwrap());
    // Looking needs nothing of the new schema, and changes nothing.
    restored.fine(&["replay"]);
    restored.fine(&["tide", "--json"]);
    restored.fine(&["erase", &STREAM.account(3)]);
    restored.fine(&["erase", "--run"]);
    restored.sound();
    assert_eq!(
        restored.ids().keys().filter(|id| id.starts_with("backup-")).count(),
        restored.ids().len()
    );
}
