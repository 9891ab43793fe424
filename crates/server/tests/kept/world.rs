//! A data folder of its own, the program run on it, and what must hold afterwards.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use seawall_model::journal::{Body, Class};
use seawall_model::{Position, Timestamp};
use seawall_store::{Access, Content, Folder, Recorded, Stored};
use tempfile::TempDir;

use crate::story::{CLIP, REMOVED};

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_seawall");
/// When tests take place: after every invented event.
const CLOCK: &str = "2026-12-01T00:00:00Z";
/// What takes the place of chance.
const SEED: &str = "7";
/// Small files and frequent snapshots, so that short runs turn them over. What else
/// fills the test machine's disk is no finding.
pub const SMALL: &str = "[log]\nsegment_events_max = 700\n[snapshots]\nevery_events = 500\n\
                         [disk]\nfree_mib_min = 0\n";

/// A data folder with what is needed to run the program on it.
pub struct World {
    temporary: TempDir,
    /// The data folder.
    pub dir: PathBuf,
    /// What its clock says.
    pub clock: Timestamp,
}

impl World {
    /// An empty folder under the small configuration.
    pub fn new() -> Self {
        Self::with(SMALL)
    }

    /// An empty folder under a configuration.
    pub fn with(config: &str) -> Self {
        let temporary = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let dir = temporary.path().canonicalize().unwrap().join("data");
        std::fs::write(temporary.path().join("seawall.toml"), config).unwrap();
        Self { temporary, dir, clock: Timestamp::parse(CLOCK).unwrap() }
    }

    /// A folder in which people have brought in what they know, under the small
    /// configuration: each stream does things that it recognises.
    pub fn knowing() -> Self {
        Self::knowing_with(SMALL)
    }

    /// As [`World::knowing`], under another configuration.
    pub fn knowing_with(config: &str) -> Self {
        static MADE: OnceLock<World> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let world = Self::new();
            world.bring_in();
            world
        });
        let twin = Self::with(config);
        copy(&made.dir, &twin.dir);
        for key in ["amal.key", "badr.key"] {
            std::fs::copy(made.path(key), twin.path(key)).unwrap();
        }
        twin
    }

    /// Two people bring in a policy, words, a file, two removed accounts and rules.
    fn bring_in(&self) {
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/kettle-league");
        let shipped = |name: &str| policies.join(name).to_str().unwrap().to_owned();
        let key = |name: &str| self.path(name).to_str().unwrap().to_owned();
        let (amal, badr) = (key("amal.key"), key("badr.key"));
        let signed = ["--source", "a test", "--key", &amal];
        let type_in = |words: &[&str]| self.fine(words);
        type_in(&["reviewer", "add", "amal", "--key", &amal]);
        type_in(&["reviewer", "add", "badr", "--key", &badr, "--by", &amal]);
        type_in(&["policy", "add", &shipped("policy.toml"), "--key", &amal]);
        let terms = shipped("terms.csv");
        type_in(&[&["terms", "add", &terms, "--list", "cheers"][..], &signed].concat());
        let clip = ["bank", "add", "--bank", "clips", "--sha256", CLIP, "--class", "support"];
        type_in(&[&clip[..], &signed].concat());
        let entry = self.last_entry();
        type_in(&["bank", "confirm", &format!("k{entry}"), "--key", &badr]);
        type_in(&["rules", "add", &shipped("rules"), "--key", &amal]);
        let mut rows = "account,removed_at,handle,name\n".to_owned();
        for (n, (handle, name)) in REMOVED.iter().enumerate() {
            rows += &format!("removed-{n},2026-02-01T00:00:00Z,{handle},{name}\n");
        }
        let rows = self.file("removed.csv", &rows);
        let import = ["import", "removed", &rows, "--policy", "kettle-league"];
        type_in(&[&import[..], &signed, &["--key", &badr]].concat());
    }

    /// The last entry of knowledge that the journal tells of.
    pub fn last_entry(&self) -> u64 {
        let last = |recorded: Recorded| match recorded.entry.body {
            Body::KnowledgeAdded { last, .. } => Some(last),
            _ => None,
        };
        self.journal().into_iter().filter_map(last).max().unwrap()
    }

    /// How many cases were opened.
    pub fn cases(&self) -> usize {
        let is_case = |recorded: &Recorded| matches!(recorded.entry.body, Body::CaseOpened { .. });
        self.journal().iter().filter(|recorded| is_case(recorded)).count()
    }

    /// Another world with a copy of this folder as it stands.
    pub fn twin(&self) -> Self {
        let config = std::fs::read_to_string(self.path("seawall.toml")).unwrap();
        let twin = Self { clock: self.clock, ..Self::with(&config) };
        copy(&self.dir, &twin.dir);
        for key in ["amal.key", "badr.key"] {
            if self.path(key).exists() {
                std::fs::copy(self.path(key), twin.path(key)).unwrap();
            }
        }
        twin
    }

    /// A path beside the data folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    /// Writes a file beside the data folder and gives its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program on this folder, not yet run.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).arg("--dir").arg(&self.dir);
        command.arg("--config").arg(self.path("seawall.toml"));
        command.args(["--test-clock", &self.clock.to_string(), "--test-seed", SEED]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    /// Runs the program, which must find nothing wrong.
    #[track_caller]
    pub fn fine(&self, args: &[&str]) -> Ran {
        self.run(args).ended(0)
    }

    /// Takes in a stream to its end.
    #[track_caller]
    pub fn stream(&self, text: &str) -> Ran {
        let mut child = self.command(&["import", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // A program that ends early is told by its exit.
        let _ = input.write_all(text.as_bytes());
        drop(input);
        Ran::new(child.wait_with_output().unwrap())
    }

    /// What must hold of every folder that was opened again: the journal follows from the
    /// log, and nothing is damaged.
    #[track_caller]
    pub fn sound(&self) {
        let replayed = self.fine(&["replay"]);
        assert!(replayed.out.contains(", 0 differing"), "{replayed:#?}");
        assert!(!replayed.out.contains("not journaled yet"), "{replayed:#?}");
        self.fine(&["doctor"]);
    }

    /// The folder, open for reading.
    pub fn open(&self) -> Folder {
        let mut chance = seawall_server::chance::source(Some(0));
        Folder::open(&self.dir, Access::Read, &mut *chance).unwrap()
    }

    /// Everything in the log.
    pub fn log(&self) -> Vec<Stored> {
        let mut reader = self.open().log_reader().unwrap().verifying();
        let mut stored: Vec<Stored> = Vec::new();
        loop {
            let after = stored.last().map_or(Position::START, |last| last.placed.position);
            let chunk = reader.chunk(after, Position(u64::MAX), 2_000).unwrap();
            if chunk.is_empty() {
                return stored;
            }
            stored.extend(chunk);
        }
    }

    /// How often each id stands in the log; what was erased has none.
    pub fn ids(&self) -> BTreeMap<String, u64> {
        let mut ids = BTreeMap::new();
        for stored in self.log() {
            if let Content::Bytes(bytes) = stored.content {
                let event = seawall_event::reopen(&bytes).unwrap();
                *ids.entry(event.id.as_str().to_owned()).or_default() += 1;
            }
        }
        ids
    }

    /// The whole journal.
    pub fn journal(&self) -> Vec<Recorded> {
        self.open().journal(Access::Read).unwrap().read(0, u32::MAX).unwrap()
    }

    /// The derived entries without their numbers and digests: what must not depend on
    /// crashes. The digests are over commitments, whose salts are drawn anew.
    pub fn derived(&self) -> Vec<String> {
        let mut shown = Vec::new();
        for recorded in self.journal() {
            let mut entry = recorded.entry;
            if entry.body.class() == Class::Derived {
                if let Body::LogSealed { digest, .. } = &mut entry.body {
                    digest.clear();
                }
                shown.push(format!("{} {} {:?}", entry.after, entry.at, entry.body));
            }
        }
        shown
    }

    /// Every file of the folder with its bytes.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    found.push((path, bytes));
                }
            }
        }
        found.sort();
        found
    }
}

/// Copies a folder with all in it.
pub fn copy(from: &Path, to: &Path) {
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

/// How a run of the program ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code, if it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        Self::new(command.output().unwrap())
    }

    /// What a finished run said.
    pub fn new(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The count beside a word, such as `accepted`; of all sources that the run took in.
    #[track_caller]
    pub fn count(&self, word: &str) -> u64 {
        let number = |line: &str| {
            let (first, rest) = line.trim().split_once(' ')?;
            let number = if first == word { rest } else { return None };
            number.trim().replace(',', "").parse::<u64>().ok()
        };
        let found: Vec<u64> = self.out.lines().filter_map(number).collect();
        assert!(!found.is_empty(), "no `{word}` in {self:#?}");
        found.iter().sum()
    }
}

/// How many rounds a test makes: more when asked for a long run.
pub fn rounds(ordinary: u64) -> u64 {
    let asked = std::env::var("SEAWALL_CRASH_ROUNDS").ok().map(|text| text.parse().unwrap());
    asked.unwrap_or(ordinary)
}

/// Seeded choice.
#[derive(Clone, Copy, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// A number below `limit`. Source: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
