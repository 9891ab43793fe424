//! The demo's story: what of its truth people would have known while it happened.
//!
//! The moment at which they begin to work is chosen so that somebody who was removed before
//! it comes back after it, and so that a file of the network is posted by others too, best by
//! a newsroom and an archive. Nothing else of the truth is used.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use seawall_model::Timestamp;
use serde_json::Value;

/// An account as the truth tells it.
#[derive(Clone, Debug)]
struct Told {
    class: String,
    is_of_network: bool,
    returns: Option<String>,
}

/// A profile that an account told.
#[derive(Clone, Debug)]
struct Shown {
    at: Timestamp,
    profile: Value,
}

/// What happened, by what the choice asks.
#[derive(Debug, Default)]
struct Happened {
    told: BTreeMap<String, Told>,
    closed: BTreeMap<String, Timestamp>,
    shown: BTreeMap<String, Vec<Shown>>,
    /// By the SHA-256 of a file: when it was posted, and by whom.
    posted: BTreeMap<String, Vec<(Timestamp, String)>>,
}

/// What people know at the moment they begin.
#[derive(Debug)]
pub(super) struct Story {
    /// That moment.
    pub(super) from: Timestamp,
    /// The file they know, as hexadecimal SHA-256.
    pub(super) file: String,
    /// Accounts of the network that were removed before: by platform id, when, how they looked.
    removed: Vec<(String, Timestamp, Value)>,
    told: BTreeMap<String, Told>,
}

impl Story {
    /// Reads a simulated story and chooses.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut happened = Happened::default();
        each_line(&folder.join("truth.jsonl"), &mut |_, line| happened.truth(line))?;
        each_line(&folder.join("events.jsonl"), &mut |_, line| happened.event(line))?;
        let (from, file) = happened.chosen().context("nobody comes back in this story")?;
        let removed = happened.removed(from);
        Ok(Self { from, file, removed, told: happened.told })
    }

    /// Divides the events at that moment.
    pub(super) fn divide(&self, events: &Path, before: &Path, after: &Path) -> anyhow::Result<()> {
        let make = |path: &Path| -> anyhow::Result<_> {
            let file = std::fs::File::create(path);
            Ok(BufWriter::new(file.with_context(|| format!("cannot make {}", path.display()))?))
        };
        let (mut before, mut after) = (make(before)?, make(after)?);
        each_line(events, &mut |text, line| {
            let is_before = at(line)? <= self.from;
            let file = if is_before { &mut before } else { &mut after };
            Ok(writeln!(file, "{text}")?)
        })?;
        before.flush()?;
        Ok(after.flush()?)
    }

    /// Writes the accounts that were removed, as `import removed` takes them. Gives how many.
    pub(super) fn write_removed(&self, path: &Path) -> anyhow::Result<u64> {
        let mut out = csv::Writer::from_path(path)?;
        out.write_record(["account", "removed_at", "handle", "name", "avatar_sha256", "links"])?;
        for (account, at, profile) in &self.removed {
            let links: Vec<&str> = profile["links"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            out.write_record([
                account.as_str(),
                &at.to_string(),
                profile["handle"].as_str().unwrap_or_default(),
                profile["name"].as_str().unwrap_or_default(),
                profile["avatar"]["sha256"].as_str().unwrap_or_default(),
                &links.join("|"),
            ])?;
        }
        out.flush()?;
        Ok(self.removed.len() as u64)
    }

    /// Who an account is in truth.
    pub(super) fn class(&self, account: &str) -> Option<&str> {
        self.told.get(account).map(|told| &*told.class)
    }

    /// Whether an account is a return in truth.
    pub(super) fn is_return(&self, account: &str) -> bool {
        self.told.get(account).is_some_and(|told| told.returns.is_some())
    }
}

impl Happened {
    fn truth(&mut self, line: &Value) -> anyhow::Result<()> {
        let Some(account) = line["account"].as_str().map(str::to_owned) else { return Ok(()) };
        match line["type"].as_str() {
            Some("account") => {
                let told = Told {
                    class: line["class"].as_str().unwrap_or_default().to_owned(),
                    is_of_network: line["network"].is_string(),
                    returns: line["returns"].as_str().map(str::to_owned),
                };
                self.told.insert(account, told);
            }
            Some("closed") => {
                self.closed.entry(account).or_insert(at(line)?);
            }
            _ => {}
        }
        Ok(())
    }

    fn event(&mut self, line: &Value) -> anyhow::Result<()> {
        let Some(account) = line["account"].as_str().map(str::to_owned) else { return Ok(()) };
        let at = at(line)?;
        if line["profile"].is_object() {
            let shown = Shown { at, profile: line["profile"].clone() };
            self.shown.entry(account.clone()).or_default().push(shown);
        }
        for media in line["post"]["media"].as_array().into_iter().flatten() {
            if let Some(hash) = media["sha256"].as_str() {
                self.posted.entry(hash.to_owned()).or_default().push((at, account.clone()));
            }
        }
        Ok(())
    }

    /// The moment, and the file.
    fn chosen(&self) -> Option<(Timestamp, String)> {
        let mut best: Option<((u32, usize), Timestamp, String)> = None;
        let mut moments: Vec<Timestamp> =
            self.told.iter().filter_map(|(account, told)| self.moment(account, told)).collect();
        moments.sort_unstable();
        for moment in moments {
            let files = self.posted.iter().filter_map(|(file, posts)| {
                Some((self.rank(posts, moment)?, moment, file.clone()))
            });
            for found in files {
                if best.as_ref().is_none_or(|best| best.0 < found.0) {
                    best = Some(found);
                }
            }
        }
        best.map(|(_, moment, file)| (moment, file))
    }

    /// When the account was closed that this one comes back for, if it shows itself after.
    fn moment(&self, account: &str, told: &Told) -> Option<Timestamp> {
        let closed = *self.closed.get(told.returns.as_ref()?)?;
        let shown = self.shown.get(account)?.iter().any(|shown| shown.at > closed);
        shown.then_some(closed)
    }

    /// How well a file shows that a file is not a post; `None` if the network does not post it.
    fn rank(&self, posts: &[(Timestamp, String)], from: Timestamp) -> Option<(u32, usize)> {
        let later = posts.iter().filter(|(at, _)| *at > from);
        let told: Vec<&Told> = later.filter_map(|(_, account)| self.told.get(account)).collect();
        let classes: BTreeSet<&str> = told.iter().map(|told| &*told.class).collect();
        let innocent = ["newsroom", "archive"].map(|class| u32::from(classes.contains(class)));
        let is_of_network = told.iter().any(|told| told.is_of_network);
        is_of_network.then_some((innocent.iter().sum(), told.len()))
    }

    fn removed(&self, from: Timestamp) -> Vec<(String, Timestamp, Value)> {
        let closed = self.closed.iter().filter(|(_, at)| **at <= from);
        let of_network =
            closed.filter(|(account, _)| self.told.get(*account).is_some_and(|t| t.is_of_network));
        let looked = of_network.filter_map(|(account, at)| {
            let shown = self.shown.get(account)?.iter().rev().find(|shown| shown.at <= *at)?;
            Some((account.clone(), *at, shown.profile.clone()))
        });
        looked.collect()
    }
}

fn at(line: &Value) -> anyhow::Result<Timestamp> {
    let text = line["at"].as_str().context("a line of the story has no time")?;
    Ok(Timestamp::parse(text)?)
}

/// What is done with each line: its text, and what it says.
type See<'s> = &'s mut dyn FnMut(&str, &Value) -> anyhow::Result<()>;

fn each_line(path: &Path, see: See<'_>) -> anyhow::Result<()> {
    let unread = || format!("cannot read {}", path.display());
    for line in BufReader::new(std::fs::File::open(path).with_context(unread)?).lines() {
        let line = line.with_context(unread)?;
        see(&line, &serde_json::from_str(&line)?)?;
    }
    Ok(())
}
