//! The power-cut layer itself: it takes back exactly what was not made durable.
//!
//! Each test runs this program again as its own child, under the layer, and kills it.
//! The bundled SQLite and the standard library are the witnesses, since those two are all
//! that writes beneath a data folder.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod fault;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fault::Mode;
use rusqlite::Connection;
use tempfile::TempDir;

/// Set in a child: what it does, and in which folder.
const WORK: &str = "POWERCUT_TEST_WORK";
const FOLDER: &str = "POWERCUT_TEST_FOLDER";

/// Commits that a child makes before the parent kills it.
const COMMITS: u64 = 60;

struct Bench {
    _temporary: TempDir,
    folder: PathBuf,
    log: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let temporary = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let folder = temporary.path().canonicalize().unwrap().join("data");
        fs::create_dir(&folder).unwrap();
        let log = folder.with_file_name("undo.log");
        Self { _temporary: temporary, folder, log }
    }

    fn command(&self, work: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["child", "--exact", "--nocapture"])
            .env(WORK, work)
            .env(FOLDER, &self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        fault::arm(&mut command, &self.folder, &self.log);
        command
    }

    /// Runs until `count` commits were acknowledged, kills, and says how many were.
    fn acknowledged(&self, work: &str, count: u64) -> u64 {
        let mut child = self.command(work).spawn().unwrap();
        acknowledged(&mut child, count)
    }

    fn cut(&self, mode: Mode) -> usize {
        fault::apply(&self.folder, &self.log, mode).unwrap()
    }
}

/// How many seeds a test tries: more when asked for a long run.
fn rounds(ordinary: u64) -> u64 {
    let asked = std::env::var("SEAWALL_CRASH_ROUNDS").ok().map(|text| text.parse().unwrap());
    asked.unwrap_or(ordinary).max(ordinary)
}

/// Reads acknowledgements, kills the child at the `count`-th, and returns the last.
fn acknowledged(child: &mut Child, count: u64) -> u64 {
    let mut last = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let Ok(line) = line else { break };
        if let Some(number) = line.strip_prefix("acknowledged ") {
            last = number.parse().unwrap();
        }
        if last >= count {
            // It may have died by itself already, which is as good.
            let _ = child.kill();
        }
    }
    child.wait().unwrap();
    last
}

/// Rows found after the cut; the database must be whole and without a gap.
fn rows(folder: &Path) -> u64 {
    let connection = Connection::open(folder.join("rows.db")).unwrap();
    let whole: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    let count = "SELECT count(*), coalesce(max(number), 0) FROM numbers";
    let counted = connection.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let (count, last): (i64, i64) = match counted {
        // Nothing was acknowledged before the table existed.
        Err(rusqlite::Error::SqliteFailure(_, Some(text))) if text.contains("no such table") => {
            (0, 0)
        }
        counted => counted.unwrap(),
    };
    assert_eq!(count, last, "rows without a gap");
    count.cast_unsigned()
}

/// Not a check of its own: the program that the tests run and kill. Without the
/// variable, in an ordinary run, there is nothing for it to do.
#[test]
fn child() {
    let Ok(work) = std::env::var(WORK) else { return };
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    match work.as_str() {
        "full" => commit_rows(&folder, "FULL", 1_000_000),
        "normal" => commit_rows(&folder, "NORMAL", 1_000_000),
        "short" => commit_rows(&folder, "FULL", 6),
        "files" => change_files(&folder),
        other => panic!("unknown work {other}"),
    }
}

fn commit_rows(folder: &Path, synchronous: &str, count: u64) {
    let mut connection = Connection::open(folder.join("rows.db")).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", synchronous).unwrap();
    // Small, so that a run passes through many checkpoints and restarts of the WAL. With
    // NORMAL a checkpoint is the only sync, so there it would hide the loss.
    let pages = if synchronous == "FULL" { 10 } else { 100_000 };
    connection.pragma_update(None, "wal_autocheckpoint", pages).unwrap();
    connection.execute_batch("CREATE TABLE IF NOT EXISTS numbers (number, filler)").unwrap();
    if synchronous != "FULL" {
        let _: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    }
    for number in 1..=count {
        let transaction = connection.transaction().unwrap();
        let filler = vec![7_u8; 900];
        transaction
            .execute("INSERT INTO numbers VALUES (?1, ?2)", (number.cast_signed(), filler))
            .unwrap();
        transaction.commit().unwrap();
        println!("acknowledged {number}");
    }
}

fn write(path: &Path, text: &str) {
    let mut file = File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.sync_all().unwrap();
}

/// Makes a folder durable, then changes everything in it without a sync.
fn change_files(folder: &Path) {
    for name in ["grown", "cut", "replaced", "removed", "moved", "rewritten"] {
        write(&folder.join(name), name);
    }
    write(&folder.join("written"), "made durable");
    fs::create_dir(folder.join("inner")).unwrap();
    write(&folder.join("inner/kept"), "kept");
    File::open(folder.join("inner")).unwrap().sync_all().unwrap();
    File::open(folder).unwrap().sync_all().unwrap();

    File::options().append(true).open(folder.join("grown")).unwrap().write_all(b" more").unwrap();
    File::options().write(true).open(folder.join("cut")).unwrap().set_len(1).unwrap();
    write(&folder.join("draft"), "new");
    fs::rename(folder.join("draft"), folder.join("replaced")).unwrap();
    fs::remove_file(folder.join("removed")).unwrap();
    fs::rename(folder.join("moved"), folder.join("inner/moved")).unwrap();
    File::create(folder.join("rewritten")).unwrap().write_all(b"other").unwrap();
    fs::copy(folder.join("written"), folder.join("copied")).unwrap();
    fs::create_dir(folder.join("unnamed")).unwrap();
    write(&folder.join("unnamed/file"), "its folder has no durable name");
    // rustix, beneath tempfile, is built to call libc; by itself it would pass us by.
    let draft = tempfile::NamedTempFile::new_in(folder).unwrap();
    draft.persist(folder.join("persisted")).unwrap();
    println!("acknowledged 1");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn listing(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = listing(&path).into_iter();
            found.extend(inner.map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn files_return_to_what_was_made_durable() {
    let bench = Bench::new();
    assert_eq!(bench.acknowledged("files", 1), 1);
    let before: Vec<String> = listing(&bench.folder).into_iter().map(|(name, _)| name).collect();
    assert!(before.contains(&"copied".into()) && !before.contains(&"removed".into()));
    assert!(bench.cut(Mode::All) > 10);
    let expect = [
        ("cut", "cut"),
        ("grown", "grown"),
        ("inner/kept", "kept"),
        ("moved", "moved"),
        ("removed", "removed"),
        ("replaced", "replaced"),
        ("rewritten", "rewritten"),
        ("written", "made durable"),
    ];
    assert_eq!(listing(&bench.folder), expect.map(|(name, text)| (name.into(), text.into())));
    assert_eq!(bench.cut(Mode::All), 0, "a second cut finds nothing to undo");
}

#[test]
fn a_torn_cut_leaves_some_of_each() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..rounds(12) {
        let bench = Bench::new();
        bench.acknowledged("files", 1);
        bench.cut(Mode::Torn { seed });
        let files = listing(&bench.folder);
        assert!(files.contains(&("written".into(), "made durable".into())), "{files:?}");
        assert!(files.contains(&("inner/kept".into(), "kept".into())), "{files:?}");
        seen.insert(files);
    }
    assert!(seen.len() > 3, "seeds differ: {}", seen.len());
}

#[test]
fn commits_with_full_synchronous_survive_the_loss_of_all() {
    let bench = Bench::new();
    let acknowledged = bench.acknowledged("full", COMMITS);
    bench.cut(Mode::All);
    let rows = rows(&bench.folder);
    assert!(rows >= acknowledged, "{rows} of {acknowledged}");
}

#[test]
fn commits_with_full_synchronous_survive_torn_pages() {
    for seed in 0..rounds(8) {
        let bench = Bench::new();
        let acknowledged = bench.acknowledged("full", COMMITS + seed);
        bench.cut(Mode::Torn { seed });
        let rows = rows(&bench.folder);
        assert!(rows >= acknowledged, "seed {seed}: {rows} of {acknowledged}");
    }
}

#[test]
fn commits_with_normal_synchronous_are_lost() {
    let bench = Bench::new();
    let acknowledged = bench.acknowledged("normal", COMMITS);
    bench.cut(Mode::All);
    let rows = rows(&bench.folder);
    assert!(rows < acknowledged, "{rows} of {acknowledged}: the layer would prove nothing");
}

#[test]
fn a_cut_at_every_single_change_loses_no_commit() {
    let mut undone = 0;
    for point in 1.. {
        let mut finished = true;
        for mode in [Mode::All, Mode::Torn { seed: point }] {
            let bench = Bench::new();
            let mut command = bench.command("short");
            let mut child = command.env("POWERCUT_AFTER", point.to_string()).spawn().unwrap();
            let acknowledged = acknowledged(&mut child, u64::MAX);
            finished &= child.wait().unwrap().success();
            undone += bench.cut(mode);
            let rows = rows(&bench.folder);
            assert!(rows >= acknowledged, "point {point}, {mode:?}: {rows} of {acknowledged}");
        }
        if finished {
            assert!(point > 60 && undone > 200, "only {point} points, {undone} changes undone");
            break;
        }
    }
}
