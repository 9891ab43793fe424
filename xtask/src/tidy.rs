//! The house rules that no compiler checks, each a function that can fail on its own.
//!
//! Every check takes text and gives findings, so that its test feeds it a bad string.
//! Checks scan text instead of parsing Rust: an error in a half-written file must not
//! hide the other findings, and a parser would be the largest dependency of all.
//! Exceptions stand with their reasons in `xtask/tidy-allow.txt`; an exception that
//! nothing needs any more is itself a finding.

mod allow;
mod arrows;
mod links;
mod manifests;
mod purity;
mod shape;
mod source;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use allow::AllowList;
use source::{SourceFile, read_tree};

/// Where the exceptions are.
const ALLOW_PATH: &str = "xtask/tidy-allow.txt";

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path from the workspace root.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Short name of the rule, as `xtask/tidy-allow.txt` spells it.
    pub rule: &'static str,
    /// What it met: a word, a path, a crate. An exception names the same.
    pub subject: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}: {}", self.file, self.line, self.rule, self.subject, self.remedy)
    }
}

/// The folder this workspace is built in.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs every check on the workspace at `root`.
///
/// # Errors
/// If a file, the exceptions, or the workspace's metadata cannot be read.
pub fn run(root: &Path) -> Result<Vec<Finding>> {
    let files = read_tree(root)?;
    let allowed = files.iter().find(|file| file.path == ALLOW_PATH);
    let allow = AllowList::parse(allowed.and_then(|file| file.text.as_deref()).unwrap_or(""))?;
    let mut findings = Vec::new();
    for file in &files {
        check_file(file, &mut findings);
    }
    links::check(&files, &mut findings);
    arrows::check(&arrows::metadata(root)?, &mut findings)?;
    manifests::check(&files, &mut findings)?;
    let mut findings = allow.filter(findings);
    findings.sort_by(|a, b| (&a.file, a.line, a.rule).cmp(&(&b.file, b.line, b.rule)));
    findings.dedup();
    Ok(findings)
}

fn check_file(file: &SourceFile, findings: &mut Vec<Finding>) {
    shape::size(file, findings);
    words::file_name(file, findings);
    let Some(text) = &file.text else { return };
    shape::machine_paths(&file.path, text, findings);
    if file.is_prose_or_code() {
        words::banned(&file.path, text, findings);
        shape::unfinished(&file.path, text, findings);
    }
    if let Some(code) = &file.code {
        shape::header(&file.path, text, findings);
        shape::length(&file.path, code, findings);
        shape::allow_attributes(&file.path, code, findings);
        shape::ignored_tests(&file.path, code, findings);
        shape::sleeping_tests(&file.path, code, findings);
        purity::effects(&file.path, code, findings);
        purity::serde_derives(&file.path, code, findings);
    }
}

/// Reads the path of the workspace's metadata for the error message.
fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
