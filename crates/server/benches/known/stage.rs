//! A folder with the program in it, as people use it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seawall_server::clock::Stopwatch;

use super::Known;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_seawall");

type Failure = Box<dyn std::error::Error>;

/// Where the program is run.
pub struct Stage {
    folder: PathBuf,
}

impl Stage {
    /// A stage in a folder that is there.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// A file of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Types a command, which must end well.
    fn type_in(&self, words: &[&str], dir: &str) -> Result<String, Failure> {
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--dir").arg(dir).current_dir(&self.folder);
        let ran = command.stdin(Stdio::null()).output()?;
        if !ran.status.success() {
            let said = String::from_utf8_lossy(&ran.stderr);
            return Err(format!("{words:?}: {said}").into());
        }
        Ok(String::from_utf8(ran.stdout)?)
    }

    /// Seconds of an import.
    pub fn import(&self, file: &Path, dir: &str) -> Result<f64, Failure> {
        let watch = Stopwatch::start();
        self.type_in(&["import", &file.display().to_string()], dir)?;
        Ok(watch.elapsed().as_secs_f64())
    }

    /// Brings in what is known, by the commands that people type.
    pub fn bring_in(&self, known: &Known) -> Result<(), Failure> {
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/kettle-league");
        let shipped = |name: &str| policies.join(name).display().to_string();
        std::fs::write(self.path("terms.txt"), known.terms_file())?;
        std::fs::write(self.path("hashes.csv"), known.hashes_file())?;
        std::fs::write(self.path("removed.csv"), known.removed_file())?;
        let by = ["--source", "a benchmark", "--key", "amal.key"];
        let type_in = |words: &[&str]| self.type_in(words, "data").map(drop);
        type_in(&["reviewer", "add", "amal", "--key", "amal.key"])?;
        type_in(&["reviewer", "add", "badr", "--key", "badr.key", "--by", "amal.key"])?;
        type_in(&["policy", "add", &shipped("policy.toml"), "--key", "amal.key"])?;
        type_in(&[&["terms", "add", "terms.txt", "--list", "cheers"][..], &by].concat())?;
        let bank = ["bank", "add", "--bank", "clips", "--file", "hashes.csv", "--class", "support"];
        type_in(&[&bank[..], &by].concat())?;
        std::fs::create_dir_all(self.path("rules/models"))?;
        for (name, text) in super::RULES {
            std::fs::write(self.path("rules").join(name), text)?;
        }
        type_in(&["rules", "add", "rules", "--key", "amal.key"])?;
        let removed = ["import", "removed", "removed.csv", "--policy", "kettle-league"];
        type_in(&[&removed[..], &by, &["--key", "badr.key"]].concat())
    }

    /// How many cases were opened.
    pub fn cases(&self, dir: &str) -> Result<u64, Failure> {
        let journal = rusqlite::Connection::open(self.path(dir).join("journal.db"))?;
        let sql = "SELECT count(*) FROM entry WHERE type = 'case_opened'";
        Ok(journal.query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }
}
