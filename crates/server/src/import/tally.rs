//! What became of each input of an import.

use std::collections::BTreeMap;

use seawall_model::journal::Body;
use seawall_model::{Position, Rejection};

/// Names of ignored messages counted apart; more are counted together.
const IGNORED_NAMES_MAX: usize = 200;
/// Names of ignored messages that the journal may hold: those that formats define.
const IGNORED_KNOWN: [&str; 20] = [
    "#info",
    "#sync",
    "app.bsky.actor.status",
    "app.bsky.feed.generator",
    "app.bsky.feed.like:other",
    "app.bsky.feed.postgate",
    "app.bsky.feed.repost:other",
    "app.bsky.feed.threadgate",
    "app.bsky.graph.block",
    "app.bsky.graph.list",
    "app.bsky.graph.listblock",
    "app.bsky.graph.listitem",
    "app.bsky.graph.starterpack",
    "app.bsky.graph.verification",
    "app.bsky.labeler.service",
    "app.bsky.notification.declaration",
    "chat.bsky.actor.declaration",
    "error:ConsumerTooSlow",
    "identity",
    "…",
];
/// Rejected lines described in a report; all are kept in the rejects.
const REJECTED_LINES_SHOWN_MAX: usize = 20;

/// Counts of one import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events appended.
    pub accepted: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Messages without meaning here, by name.
    pub ignored: BTreeMap<String, u64>,
    /// Inputs refused, by code.
    pub rejected: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts an ignored message.
    pub fn ignore(&mut self, name: &str) {
        let is_known = self.ignored.contains_key(name);
        let name = if is_known || self.ignored.len() < IGNORED_NAMES_MAX { name } else { "…" };
        *self.ignored.entry(name.to_owned()).or_default() += 1;
    }

    /// The most frequent names, and the others counted together.
    pub(crate) fn most_frequent(ignored: BTreeMap<Box<str>, u64>) -> BTreeMap<String, u64> {
        let mut names: Vec<_> = ignored.into_iter().collect();
        names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut kept = BTreeMap::new();
        for (index, (name, count)) in names.into_iter().enumerate() {
            let name = if index < IGNORED_NAMES_MAX { String::from(name) } else { "…".into() };
            *kept.entry(name).or_default() += count;
        }
        kept
    }

    /// Counts a rejection.
    pub fn reject(&mut self, rejection: &Rejection) {
        *self.rejected.entry(rejection.code.as_str().to_owned()).or_default() += 1;
    }

    /// Inputs refused.
    #[must_use]
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Messages ignored.
    #[must_use]
    pub fn ignored_total(&self) -> u64 {
        self.ignored.values().sum()
    }

    /// The journal entry that tells of the import.
    #[must_use]
    pub fn entry(&self, import: u64, format: &str, end: End) -> Body {
        Body::Imported {
            import,
            format: format.to_owned(),
            complete: end == End::Reached,
            accepted: self.accepted,
            duplicates: self.duplicates,
            ignored: self.known_ignored(),
            rejected: self.rejected.clone(),
        }
    }
}

impl Tally {
    /// The ignored messages as the journal may tell of them: a name that a sender made up
    /// is content, and the journal holds none.
    pub(crate) fn known_ignored(&self) -> BTreeMap<String, u64> {
        let mut known = BTreeMap::new();
        for (name, count) in &self.ignored {
            let name = if IGNORED_KNOWN.contains(&name.as_str()) { name } else { "other" };
            *known.entry(name.to_owned()).or_default() += count;
        }
        known
    }
}

/// Whether an import came to its source's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It did.
    Reached,
    /// It was interrupted.
    Interrupted,
}

/// One refused input, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    /// Line of the source, from 1.
    pub line: u64,
    /// What was wrong and what to do.
    pub rejection: Rejection,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its own number.
    pub import: u64,
    /// The format it read.
    pub format: String,
    /// What became of the inputs, those of an interrupted run of it included.
    pub tally: Tally,
    /// The first refused inputs.
    pub rejected_lines: Vec<RejectedLine>,
    /// Whether it went on where an interrupted run had stopped.
    pub is_resumed: bool,
    /// Whether the end was reached.
    pub end: End,
    /// Accepted events that came after their hour: in history, not in live windows.
    pub late: u64,
    /// The last position of the log.
    pub last: Position,
}

/// Collects the first refused lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct RejectedLines(Vec<RejectedLine>);

impl RejectedLines {
    pub(crate) fn add(&mut self, line: u64, rejection: &Rejection) {
        if self.0.len() < REJECTED_LINES_SHOWN_MAX {
            self.0.push(RejectedLine { line, rejection: rejection.clone() });
        }
    }

    pub(crate) fn into_sorted(mut self) -> Vec<RejectedLine> {
        self.0.sort_by_key(|rejected| rejected.line);
        self.0
    }
}
