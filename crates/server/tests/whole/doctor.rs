//! Damage of every kind, found by the doctor and told with what to do about it.

use std::io::{Read, Seek, SeekFrom, Write};

use crate::said::Said;
use crate::stage::{CLOCK, Stage};

/// When the doctor comes: after the story, and not before this program was written.
const LATER: &str = "2026-12-01T00:00:00Z";
const LOG: &str = "log/00000000000000000001.db";
const PAGE_BYTES: u64 = 4096;
const RESTORE: &str = "restore the newest backup";

fn doctor(stage: &Stage) -> Said {
    stage.still_at(LATER, &["doctor"])
}

/// What a look finds: subject, what is wrong, and what to do.
fn problems(said: &Said) -> Vec<(String, String, String)> {
    let lines: Vec<&str> = said.out.lines().collect();
    let found: Vec<_> = lines
        .windows(2)
        .filter_map(|pair| {
            let (subject, what) = pair[0].strip_prefix("PROBLEM ")?.split_once(": ")?;
            let remedy = pair[1].trim_start().strip_prefix("what to do: ").unwrap();
            Some((subject.to_owned(), what.to_owned(), remedy.to_owned()))
        })
        .collect();
    let told = match found.len() {
        0 => "nothing to do".to_owned(),
        1 => "1 problem found".to_owned(),
        more => format!("{more} problems found"),
    };
    assert_eq!(lines.last(), Some(&&*told), "{said:#?}");
    found
}

/// Checks that exactly these subjects have a problem, the first with these words.
#[track_caller]
fn check(stage: &Stage, subjects: &[&str], words: &str, remedy: &str) {
    let said = doctor(stage).ended(1);
    let found = problems(&said);
    let names: Vec<&str> = found.iter().map(|(subject, ..)| &**subject).collect();
    assert_eq!(names, subjects, "{said:#?}");
    assert!(found[0].1.contains(words), "{said:#?}");
    assert!(found[0].2.contains(remedy), "{said:#?}");
}

/// Changes bytes where the cells of a page lie: pages are filled from their end.
fn flip(stage: &Stage, name: &str, page: u64) {
    let path = stage.path("seawall-data").join(name);
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    assert!(file.metadata().unwrap().len() > page * PAGE_BYTES);
    flip_bytes(&mut file, page * PAGE_BYTES - 64, 32);
}

fn flip_bytes(file: &mut std::fs::File, at: u64, count: usize) {
    let mut bytes = vec![0; count];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut bytes).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 0xff);
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&bytes).unwrap();
}

/// The page in the middle of those that hold a table's or index's rows, from 1.
fn page_of(stage: &Stage, file: &str, table: &str) -> u64 {
    let sql = format!(
        "SELECT CAST(pageno AS TEXT) FROM dbstat WHERE name = '{table}' AND pagetype = 'leaf'
         ORDER BY pageno"
    );
    let pages = stage.rows(&format!("seawall-data/{file}"), &sql);
    pages[pages.len() / 2].parse().unwrap()
}

/// Removes a database with the files that SQLite keeps beside it.
fn remove(stage: &Stage, file: &str) {
    let path = stage.path("seawall-data").join(file);
    std::fs::remove_file(&path).unwrap();
    for suffix in ["-wal", "-shm"] {
        // They are there only if a reader was the last to close it.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

fn change(stage: &Stage, file: &str, sql: &str) {
    let db = rusqlite::Connection::open(stage.path("seawall-data").join(file)).unwrap();
    db.execute_batch(sql).unwrap();
}

#[test]
fn a_healthy_folder_has_nothing_to_do() {
    let stage = Stage::with_story();
    let said = doctor(&stage).ended(0);
    assert_eq!(problems(&said), []);
    for subject in ["journal: chain of ", "log: 2,978 events as written", "snapshots: 1 whole"] {
        assert!(said.out.contains(subject), "{}", said.out);
    }
    let quick = stage.still_at(LATER, &["doctor", "--quick"]).ended(0);
    assert!(quick.out.contains("log: not read"), "{}", quick.out);
}

#[test]
fn a_damaged_page_is_found_in_every_database() {
    let healthy = Stage::with_story();
    let files = [
        ("accounts.db", "account", RESTORE),
        ("journal.db", "entry", RESTORE),
        (LOG, "event", RESTORE),
        ("rejects.db", "reject", RESTORE),
        ("tables.db", "activity", "delete tables.db"),
    ];
    for (name, table, remedy) in files {
        let stage = healthy.twin();
        let page = page_of(&stage, name, table);
        let path = stage.path("seawall-data").join(name);
        let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
        // Its head: what kind of page it is and where its cells lie.
        flip_bytes(&mut file, (page - 1) * PAGE_BYTES, 16);
        let found = problems(&doctor(&stage).ended(1));
        let whole = found.iter().find(|(subject, ..)| subject == name);
        let (_, what, told) = whole.unwrap_or_else(|| panic!("{name}: {found:#?}"));
        assert!(what.contains("damaged") && told.contains(remedy), "{found:#?}");
    }
}

#[test]
fn bytes_changed_in_the_cells_of_a_page_are_found_where_they_matter() {
    let healthy = Stage::with_story();
    for (name, table, subject) in [
        ("accounts.db", "account", "log"),
        ("journal.db", "entry", "journal"),
        (LOG, "event", "log"),
    ] {
        let stage = healthy.twin();
        flip(&stage, name, page_of(&stage, name, table));
        let found = problems(&doctor(&stage).ended(1));
        let known =
            found.iter().any(|(s, _, told)| (s == subject || s == name) && told.contains(RESTORE));
        assert!(known, "{name}: {found:#?}");
    }
}

#[test]
fn a_log_that_is_a_whole_database_and_not_what_was_written_is_found() {
    let healthy = Stage::with_story();
    let cases = [
        (
            "UPDATE event SET body = zeroblob(length(body)) WHERE position = 1500",
            "position 1500 is damaged",
        ),
        ("UPDATE event SET kind = kind + 1 WHERE position = 1500", "position 1500 is damaged"),
        (
            "UPDATE event SET commitment = zeroblob(32) WHERE position = 1500",
            "position 1500 is damaged",
        ),
        ("DELETE FROM event WHERE position = 1500", "after position 1499 the next one is 1501"),
        (
            "DELETE FROM event WHERE position > 2970",
            "ends at position 2970, but the journal tells of 2978",
        ),
    ];
    for (sql, words) in cases {
        let stage = healthy.twin();
        change(&stage, LOG, sql);
        check(&stage, &["log"], words, RESTORE);
    }
}

#[test]
fn an_account_that_lost_its_key_is_not_taken_for_an_erased_one() {
    let stage = Stage::with_story();
    change(&stage, "accounts.db", "DELETE FROM account WHERE own = 60");
    check(&stage, &["log"], "has no key, and its account was not erased", RESTORE);

    let stage = Stage::with_story();
    let within_retention = "2026-07-01T00:00:00Z";
    stage.still_at(within_retention, &["erase", "pebble12"]).ended(0);
    stage.still_at(within_retention, &["erase", "--run"]).ended(0);
    let said = doctor(&stage).ended(0);
    assert!(!said.out.contains(" 0 erased") && said.out.contains(" erased"), "{}", said.out);
    assert!(said.out.contains("snapshots: 2 whole"), "{}", said.out);
}

#[test]
fn a_broken_chain_is_found_at_its_entry() {
    let healthy = Stage::with_story();
    let changes = [
        r#"UPDATE entry SET body = CAST(replace(body, '"late":0', '"late":9') AS BLOB) WHERE seq = 5"#,
        "UPDATE entry SET hash = zeroblob(32) WHERE seq = 5",
        "UPDATE entry SET type = 'tick' WHERE seq = 5",
        "DELETE FROM entry WHERE seq = 5",
    ];
    for sql in changes {
        let stage = healthy.twin();
        let open = "DROP TRIGGER entry_is_final; DROP TRIGGER entry_is_kept;";
        change(&stage, "journal.db", &format!("{open} {sql}"));
        check(&stage, &["journal"], "chain breaks at entry 5", RESTORE);
    }
}

#[test]
fn a_clock_that_cannot_be_right_is_found() {
    let stage = Stage::with_story();
    let said = stage.still_at(LATER, &["erase", "--run"]).ended(0);
    assert!(said.out.contains("0 differing"), "{}", said.out);
    for (clock, words) in [
        (CLOCK, "before this program was written"),
        ("2026-11-30T23:59:00Z", "60 seconds before the newest journal entry"),
        ("2029-01-01T00:00:00Z", "more than a year after the newest entry"),
    ] {
        let found = problems(&stage.still_at(clock, &["doctor"]).ended(1));
        assert_eq!(found.len(), 1, "{found:#?}");
        let (subject, what, remedy) = &found[0];
        assert!(subject == "clock" && what.contains(words), "{found:#?}");
        assert!(remedy.contains("set the machine's clock"), "{found:#?}");
    }
}

#[test]
fn a_disk_that_is_almost_full_is_told_with_what_is_asked_of_it() {
    let stage = Stage::with_story();
    stage.write("seawall.toml", "[disk]\nfree_mib_min = 1000000000000\n");
    let said = stage.still_at(LATER, &["doctor", "--config", "seawall.toml"]).ended(1);
    let found = problems(&said);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].0 == "disk" && found[0].1.ends_with("MiB free, less than 1000000000000"));
    assert!(found[0].2.contains("make room"), "{found:#?}");
}

#[test]
fn a_damaged_snapshot_is_found_and_not_needed() {
    let stage = Stage::with_story();
    let name = "seawall-data/snapshots/00000000000000002978.snap";
    let mut file = std::fs::File::options().read(true).write(true).open(stage.path(name)).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    flip_bytes(&mut file, middle, 1);
    check(&stage, &["snapshots"], "00000000000000002978.snap is damaged", "nothing");
    let said = stage.still_at(LATER, &["erase", "--list"]).ended(0);
    assert!(said.out.contains("0 accounts waiting"), "{}", said.out);
    stage.seawall(&["replay"]).ended(0);
}

#[test]
fn tables_that_are_deleted_as_the_remedy_says_are_made_again() {
    let stage = Stage::with_story();
    let sql = "SELECT hour || ' ' || kind || ' ' || events FROM activity ORDER BY hour, kind";
    let before = stage.rows("seawall-data/tables.db", sql);
    assert!(before.len() > 100, "{}", before.len());
    remove(&stage, "tables.db");
    check(&stage, &["tables.db"], "missing", "the next import makes it again");
    let words = ["tables.db is missing", "seawall doctor"];
    stage.seawall(&["tide"]).refused(&words);
    stage.write("none.jsonl", known());
    stage.still_at(LATER, &["import", "none.jsonl"]).ended(0);
    assert_eq!(stage.rows("seawall-data/tables.db", sql), before);
    doctor(&stage).ended(0);
    stage.seawall(&["tide"]).ended(0);
}

#[test]
fn a_journal_that_is_gone_is_not_begun_anew() {
    let stage = Stage::with_story();
    remove(&stage, "journal.db");
    let found = problems(&doctor(&stage).ended(1));
    assert!(
        found.iter().any(|(s, what, told)| {
            s == "journal.db" && what == "missing" && told.contains(RESTORE)
        }),
        "{found:#?}"
    );
    let words = ["the journal is gone", "position 2978", "restore the newest backup"];
    stage.write("none.jsonl", known());
    stage.still_at(LATER, &["import", "none.jsonl"]).refused(&words);
    assert!(!stage.path("seawall-data/journal.db").exists());
    for reading in ["replay", "tide"] {
        stage.seawall(&[reading]).refused(&["journal.db is missing", "seawall doctor"]);
    }
}

#[test]
fn accounts_that_are_gone_are_not_begun_anew() {
    let stage = Stage::with_story();
    remove(&stage, "accounts.db");
    let words = ["accounts.db is missing", "position 2978", "restore the newest backup"];
    stage.write("none.jsonl", known());
    stage.still_at(LATER, &["import", "none.jsonl"]).refused(&words);
    stage.still_at(LATER, &["erase", "--run"]).refused(&words);
    assert!(!stage.path("seawall-data/accounts.db").exists());
    let found = problems(&doctor(&stage).ended(1));
    let (subject, what, remedy) = &found[0];
    assert_eq!((&**subject, &**what), ("accounts.db", "missing"));
    assert!(remedy.contains(RESTORE), "{found:#?}");
}

#[test]
fn a_file_of_a_newer_version_is_not_called_damaged() {
    let healthy = Stage::with_story();
    for (name, also) in [
        ("accounts.db", Some("log")),
        ("journal.db", Some("journal")),
        (LOG, Some("log")),
        ("rejects.db", Some("rejects")),
        ("tables.db", None),
    ] {
        let stage = healthy.twin();
        change(&stage, name, "PRAGMA user_version = 99");
        let found = problems(&doctor(&stage).ended(1));
        assert!(found[0].0 == name && found[0].1.contains("schema version 99"), "{found:#?}");
        assert_eq!(found.get(1).map(|(subject, ..)| &**subject), also, "{found:#?}");
        for (_, _, remedy) in found {
            assert!(remedy.contains("open it with a newer seawall"), "{remedy}");
            assert!(!remedy.contains("restore"), "{remedy}");
        }
    }
}

#[test]
fn a_start_does_not_go_on_after_a_damaged_journal() {
    let healthy = Stage::with_story();
    healthy.write("none.jsonl", known());
    let start = |stage: &Stage| stage.still_at(LATER, &["import", "none.jsonl"]);
    let page = page_of(&healthy, "journal.db", "entry");
    let stage = healthy.twin();
    flip(&stage, "journal.db", page);
    start(&stage).refused(&["seawall doctor"]);
    let stage = healthy.twin();
    let path = stage.path("seawall-data/journal.db");
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    flip_bytes(&mut file, (page - 1) * PAGE_BYTES, 16);
    start(&stage).refused(&["journal.db is damaged", "seawall doctor"]);
    start(&healthy).ended(0);
}

#[test]
fn tables_that_are_damaged_are_told_as_the_doctor_tells_it() {
    let stage = Stage::with_story();
    let page = page_of(&stage, "tables.db", "activity");
    let path = stage.path("seawall-data/tables.db");
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    flip_bytes(&mut file, (page - 1) * PAGE_BYTES, 16);
    let remedy = "delete tables.db, tables.db-wal and tables.db-shm: the next import makes them";
    assert!(doctor(&stage).ended(1).out.contains(remedy));
    stage.seawall(&["tide"]).refused(&["tables.db is damaged", remedy, "seawall doctor"]);
}

#[test]
fn a_folder_that_a_replay_made_is_told_as_what_it_is() {
    let stage = Stage::with_story();
    stage.seawall(&["replay", "--into", "again"]).ended(0);
    stage.write("none.jsonl", known());
    let commands: [&[&str]; 8] = [
        &["tide"],
        &["doctor"],
        &["replay"],
        &["rejects"],
        &["erase", "--list"],
        &["erase", "--run"],
        &["import", "none.jsonl"],
        &["backup", "kept"],
    ];
    for command in commands {
        let said = stage.still_at(LATER, &[command, &["--dir", "again"]].concat());
        let said = said.refused(&["again is what `seawall replay --into` made", "no events"]);
        assert!(!said.err.contains("restore") && !said.out.contains("restore"), "{said:#?}");
    }
    assert!(!stage.path("again/log").exists());
}

#[test]
fn a_key_that_is_gone_is_told() {
    let stage = Stage::with_story();
    std::fs::remove_file(stage.path("seawall-data/key")).unwrap();
    check(&stage, &["key"], "is missing", RESTORE);
    stage.seawall(&["tide"]).refused(&["the key file", "is missing"]);
    stage.still_at(LATER, &["erase", "--list"]).refused(&["the key file", "is missing"]);
}

/// An event that the story's folder already has: importing it changes nothing.
fn known() -> &'static str {
    let story = include_str!("../../../../scenarios/kettle-week/story.jsonl");
    story.lines().next().unwrap()
}
