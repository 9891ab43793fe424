//! A folder of its own, and the program run in it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::said::Said;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_seawall");
/// When tests take place: after every invented story.
pub const CLOCK: &str = "2026-06-01T00:00:00Z";
/// What takes the place of chance.
pub const SEED: &str = "7";

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The story of `scenarios/kettle-week`.
pub fn story() -> PathBuf {
    repository().join("scenarios/kettle-week/story.jsonl")
}

/// An empty folder to run the program in.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    pub fn new() -> Self {
        Self { folder: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap() }
    }

    /// A folder with that story imported into `seawall-data`.
    pub fn with_story() -> Self {
        let stage = Self::new();
        stage.still(&["import", story().to_str().unwrap()]).ended(1);
        stage
    }

    /// Another folder with the same in it.
    pub fn twin(&self) -> Self {
        let twin = Self::new();
        copy(self.folder.path(), twin.folder.path());
        twin
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs the program under the machine's clock, as people do.
    pub fn seawall(&self, args: &[&str]) -> Said {
        Said::new(self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the program under the test clock and seed.
    pub fn still(&self, args: &[&str]) -> Said {
        self.still_at(CLOCK, args)
    }

    /// Runs the program under another test clock.
    pub fn still_at(&self, clock: &str, args: &[&str]) -> Said {
        let clock = ["--test-clock", clock, "--test-seed", SEED];
        self.seawall(&[args, &clock].concat())
    }

    /// Feeds the program a stream, a part at a time. Each part holds so many records, and
    /// the next is sent only when they are said to be durable.
    pub fn fed(&self, args: &[&str], parts: &[(&[u8], u64)]) -> Said {
        let clock = ["--test-clock", CLOCK, "--test-seed", SEED, "--ack"];
        let mut command = self.command(&[args, &clock].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut sent = 0;
        let mut acked = 0;
        for (part, records) in parts {
            input.write_all(part).unwrap();
            sent += records;
            while acked < sent {
                let line = lines.next().expect("the stream is acknowledged").unwrap();
                acked = line.strip_prefix("acked ").unwrap().parse().unwrap();
            }
        }
        let peak_kib = peak_kib(child.id());
        drop(input);
        let rest: Vec<String> =
            lines.map(Result::unwrap).filter(|line| !line.starts_with("acked ")).collect();
        let mut output = child.wait_with_output().unwrap();
        output.stdout = rest.join("\n").into_bytes();
        Said { peak_kib, ..Said::new(output) }
    }

    /// Runs a line as a shell does, in this folder.
    pub fn shell(&self, line: &str, path: Option<&Path>) -> Said {
        let mut command = self.shell_command(line);
        if let Some(first) = path {
            let rest = std::env::var("PATH").unwrap();
            command.env("PATH", format!("{}:{rest}", first.display()));
        }
        Said::new(command.output().unwrap())
    }

    fn shell_command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// The program, not yet run.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.folder.path());
        command
    }

    /// The journal's entries as they lie there: canonical JSON, one a line.
    pub fn journal(&self, dir: &str) -> Vec<String> {
        let sql = "SELECT CAST(body AS TEXT) FROM entry ORDER BY seq";
        self.rows(&format!("{dir}/journal.db"), sql)
    }

    /// The first column of what a query finds, as text.
    pub fn rows(&self, file: &str, sql: &str) -> Vec<String> {
        let db = rusqlite::Connection::open(self.path(file)).unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

/// The most memory that a running process has held, in KiB.
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
