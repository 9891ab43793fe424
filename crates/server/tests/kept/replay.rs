//! A journal made again from the log and the inputs is the same bytes, and what does not
//! follow from them is found.

use std::path::Path;

use rusqlite::{Connection, params};
use seawall_model::journal::{Body, CHAIN_START, Class, Entry, chain};
use seawall_store::Recorded;

use crate::story::Stream;
use crate::world::World;

const STREAM: Stream = Stream("replay");

/// The folder of a story, a stream after it, and an erasure that was asked for.
fn told() -> World {
    let world = World::knowing();
    let story =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/kettle-week/story.jsonl");
    world.run(&["import", story.to_str().unwrap()]).ended(1);
    world.stream(&STREAM.lines(0, 700)).ended(0);
    world.stream(&STREAM.lines(600, 1_100)).ended(0);
    world.fine(&["erase", &STREAM.account(1)]);
    world
}

fn open(world: &World, name: &str) -> Connection {
    Connection::open(world.dir.join(name)).unwrap()
}

/// The one file of the log that holds the first events.
fn first_file(world: &World) -> Connection {
    open(world, "log/00000000000000000001.db")
}

/// Everything in the tables, in words.
fn tables(world: &World) -> Vec<String> {
    let tables = open(world, "tables.db");
    let mut shown = Vec::new();
    for table in ["activity", "field_event", "reached"] {
        let mut rows = tables.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = rows.column_count();
        let row = rows.query_map([], |row| {
            let values: Result<Vec<i64>, _> = (0..columns).map(|at| row.get(at)).collect();
            Ok(format!("{table} {:?}", values?))
        });
        shown.extend(row.unwrap().map(Result::unwrap));
    }
    shown
}

/// Lets a test do to the journal what its schema refuses.
fn unguarded(world: &World) -> Connection {
    let journal = open(world, "journal.db");
    journal.execute_batch("DROP TRIGGER entry_is_kept; DROP TRIGGER entry_is_final").unwrap();
    journal
}

/// Takes away all that can be made again.
fn without_what_follows(world: &World) -> World {
    let copy = world.twin();
    let journal = unguarded(&copy);
    let mut deleted = 0;
    for Recorded { entry, .. } in world.journal() {
        if entry.body.class() == Class::Derived {
            let delete = "DELETE FROM entry WHERE seq = ?1";
            deleted += journal.execute(delete, [entry.seq.cast_signed()]).unwrap();
        }
    }
    assert!(deleted > 100, "{deleted}");
    for name in ["tables.db", "tables.db-wal", "tables.db-shm"] {
        let _ = std::fs::remove_file(copy.dir.join(name));
    }
    std::fs::remove_dir_all(copy.dir.join("snapshots")).unwrap();
    copy
}

#[test]
fn log_and_inputs_alone_give_the_same_journal_and_tables() {
    let world = told();
    let copy = without_what_follows(&world);
    let made = World::new();
    let ran = copy.fine(&["replay", "--into", made.dir.to_str().unwrap()]);
    assert!(ran.out.contains("there was nothing to compare"), "{ran:#?}");
    let (journal, _) = seawall_store::journal_and_tables(&made.dir).unwrap();
    let (expect, again) = (world.journal(), journal.read(0, u32::MAX).unwrap());
    let differing = expect.iter().zip(&again).find(|(expect, again)| expect != again);
    assert_eq!(differing, None);
    assert_eq!(expect.len(), again.len());
    assert!(journal.verify().is_ok());
    // The heads it tells are equal where the folder has its whole journal.
    let second = World::new();
    let said = world.fine(&["replay", "--into", second.dir.to_str().unwrap()]).out;
    let heads = said.lines().find_map(|line| line.strip_prefix("journal: head ")).unwrap();
    let (made_again, recorded) = heads.split_once(", recorded ").unwrap();
    assert_eq!((made_again, made_again.len()), (recorded, 64));
    assert!(ran.out.contains(made_again), "{ran:#?}");
    assert_eq!(tables(&made), tables(&world));
}

#[test]
fn another_constant_is_told_as_a_difference() {
    let world = told();
    world.fine(&["replay"]);
    let ran = world.run(&["replay", "--set", "wave.burst_posts_min=5"]).ended(1);
    assert!(!ran.out.contains(", 0 differing"), "{ran:#?}");
    assert!(ran.out.contains("after position ") && ran.out.contains("  derived  "), "{ran:#?}");
    world.run(&["replay", "--set", "wave.no_such=5"]).ended(2);
    world.sound();
}

/// What neither the columns nor the seal of an event may hide.
#[track_caller]
fn check_damage_is_found(world: &World, sql: &str) {
    let copy = world.twin();
    assert!(first_file(&copy).execute(sql, []).unwrap() > 0);
    let ran = copy.run(&["replay"]).ended(2);
    assert!(ran.err.contains("damaged; run `seawall doctor`"), "{sql}: {ran:#?}");
    let ran = copy.run(&["doctor"]).ended(1);
    assert!(ran.out.contains("PROBLEM log: the event at position 2"), "{sql}: {ran:#?}");
}

#[test]
fn an_event_that_was_changed_in_the_log_is_found() {
    let world = told();
    let swapped = |column: &str| {
        format!(
            "UPDATE event SET {column} = (SELECT other.{column} FROM event AS other
             WHERE other.position = 49 - event.position) WHERE position IN (20, 29)"
        )
    };
    for column in ["body", "commitment", "received_at + 1", "at", "kind + 1", "account"] {
        let name = column.split(' ').next().unwrap();
        let sql = swapped(name).replacen(&format!("other.{name}"), &format!("other.{column}"), 1);
        check_damage_is_found(&world, &sql);
    }
}

#[test]
fn an_event_that_was_taken_out_of_the_log_is_found() {
    let world = told();
    assert_eq!(first_file(&world).execute("DELETE FROM event WHERE position = 500", []), Ok(1));
    let ran = world.run(&["replay"]).ended(1);
    assert!(ran.out.contains("log_sealed"), "{ran:#?}");
}

#[test]
fn an_entry_that_was_forged_with_its_chain_is_found() {
    let world = told();
    let journal = unguarded(&world);
    let (mut hash, mut forged) = (CHAIN_START, 0);
    for Recorded { entry, bytes, .. } in world.journal() {
        let text = String::from_utf8(bytes).unwrap();
        let mut bytes = text.clone();
        if forged == 0 && text.contains("\"type\":\"hour_counted\"") {
            bytes = text.replacen("\"late\":0", "\"late\":1", 1);
            forged = entry.seq;
        }
        hash = chain(&hash, bytes.as_bytes());
        assert_eq!(Entry::from_bytes(bytes.as_bytes()).unwrap().seq, entry.seq);
        let update = "UPDATE entry SET body = ?1, hash = ?2 WHERE seq = ?3";
        let row = params![bytes.as_bytes(), hash, entry.seq.cast_signed()];
        journal.execute(update, row).unwrap();
    }
    assert!(forged > 0);
    // The chain holds, so only the replay can tell.
    world.fine(&["doctor"]);
    let ran = world.run(&["replay"]).ended(1);
    assert!(!ran.out.contains(", 0 differing") && ran.out.contains("\"late\":1"), "{ran:#?}");
}

#[test]
fn a_ruling_that_was_signed_by_nobody_is_found() {
    let world = told();
    world.fine(&["doctor"]);
    let journal = unguarded(&world);
    let mut hash = CHAIN_START;
    let mut forged = None;
    for Recorded { mut entry, mut bytes, .. } in world.journal() {
        if let (Body::Ruled { ruling, .. }, None) = (&mut entry.body, forged) {
            ruling.reviewer = 2;
            bytes = entry.to_bytes();
            forged = Some(entry.seq);
        }
        hash = chain(&hash, &bytes);
        let update = "UPDATE entry SET body = ?1, hash = ?2 WHERE seq = ?3";
        journal.execute(update, params![bytes, hash, entry.seq.cast_signed()]).unwrap();
    }
    let ran = world.run(&["doctor"]).ended(1);
    let what = format!("PROBLEM signatures: entry {} of the journal", forged.unwrap());
    assert!(ran.out.contains(&what), "{ran:#?}");
}

#[test]
fn knowledge_that_was_changed_is_found() {
    let world = told();
    let knowledge = open(&world, "knowledge.db");
    let sql = "DELETE FROM entry WHERE number = 2";
    assert_eq!(knowledge.execute(sql, []), Ok(1));
    let ran = world.run(&["doctor"]).ended(1);
    let what = "PROBLEM knowledge: k2 to k9 are not what was laid down";
    assert!(ran.out.contains(what), "{ran:#?}");
}
