//! The demo's story: what of its truth people would have known while it happened.
//!
//! The moment at which they begin to work, and the files they know then, are chosen so that
//! somebody who was removed before it comes back after it, looking alike, and so that a file
//! that the network had posted is posted later by a newsroom and by an archive that have been
//! there for long; and by a new account of the network, early enough for what is done about it
//! unattended to lapse before the end. Nothing else of the truth is used, and a story without all
//! of it is none for a demo.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use seawall_model::Timestamp;
use serde_json::Value;

/// The class of newsrooms in the truth.
pub(super) const NEWSROOM: &str = "newsroom";
/// The class of archives in the truth.
pub(super) const ARCHIVE: &str = "archive";
/// Posts of the files that are shown at most, so that they can be read.
const POSTS_MAX: usize = 12;
/// Seconds for which an account is there before nothing unattended is done to it, and a day.
const OLD_SECONDS: i64 = 31 * 86_400;

/// Seconds for which an account is too young to be in good standing, less a day.
const YOUNG_SECONDS: i64 = 29 * 86_400;
/// Seconds in which what is done unattended has lapsed, and a little more.
const LAPSE_SECONDS: i64 = 76 * 3_600;

/// An account as the truth tells it.
#[derive(Clone, Debug)]
struct Told {
    class: String,
    is_of_network: bool,
    born: Timestamp,
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
    ends: Option<Timestamp>,
    told: BTreeMap<String, Told>,
    closed: BTreeMap<String, Timestamp>,
    shown: BTreeMap<String, Vec<Shown>>,
    /// By the SHA-256 of a file: when it was posted, and by whom.
    posted: BTreeMap<String, Vec<(Timestamp, String)>>,
}

/// While a return can be met: from when the account before was closed until it shows itself.
#[derive(Clone, Copy, Debug)]
struct Span {
    closed: Timestamp,
    shown: Timestamp,
    /// Whether two of name, picture and links are as before: families, on two of which an
    /// account may be suspended for its links.
    is_twofold: bool,
}

/// A moment and files that would do.
#[derive(Clone, Debug)]
struct Choice {
    from: Timestamp,
    files: Vec<String>,
    /// Posts of the files after it, and among them those of young accounts of the network.
    posts: usize,
    young: usize,
    /// Whether a return with two families is met after it.
    is_twofold: bool,
}

impl Choice {
    /// The best is the least: a return with two families, something that may be restricted,
    /// one file, and not many posts.
    fn rank(&self) -> (bool, bool, usize, usize, Timestamp) {
        (!self.is_twofold, self.young == 0, self.files.len(), self.posts, self.from)
    }
}

/// What people know at the moment they begin.
#[derive(Debug)]
pub(super) struct Story {
    /// That moment.
    pub(super) from: Timestamp,
    /// The files they know, as hexadecimal SHA-256: one to three.
    pub(super) files: Vec<String>,
    /// Accounts of the network that were removed before: by platform id, when, how they looked.
    removed: Vec<(String, Timestamp, Value)>,
    told: BTreeMap<String, Told>,
}

impl Story {
    /// Reads a simulated story and chooses; `None` if it has not all that is to be shown.
    pub(super) fn read(folder: &Path, ends: Timestamp) -> anyhow::Result<Option<Self>> {
        let mut happened = Happened { ends: Some(ends), ..Happened::default() };
        each_line(&folder.join("truth.jsonl"), &mut |_, line| happened.truth(line))?;
        each_line(&folder.join("events.jsonl"), &mut |_, line| happened.event(line))?;
        let Some(Choice { from, files, .. }) = happened.chosen() else { return Ok(None) };
        let removed = happened.removed(from);
        Ok(Some(Self { from, files, removed, told: happened.told }))
    }

    /// Tells who is who by the truth of the story as it was lived: what was done on the platform
    /// changed it.
    pub(super) fn retell(&mut self, truth: &Path) -> anyhow::Result<()> {
        let mut happened = Happened::default();
        each_line(truth, &mut |_, line| happened.truth(line))?;
        self.told = happened.told;
        Ok(())
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

    /// Writes the files they know, as `bank add` takes them.
    pub(super) fn write_files(&self, path: &Path) -> anyhow::Result<()> {
        let mut out = csv::Writer::from_path(path)?;
        out.write_record(["sha256", "class"])?;
        for file in &self.files {
            out.write_record([file.as_str(), "support"])?;
        }
        Ok(out.flush()?)
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
                    born: Timestamp::parse(line["born"].as_str().unwrap_or_default())
                        .context("an account of the truth has no `born`")?,
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

    /// The moment and the files; the fewest posts of them after it, then the earliest.
    fn chosen(&self) -> Option<Choice> {
        let returns: Vec<Span> = self.told.iter().filter_map(|(a, t)| self.span(a, t)).collect();
        let known: Vec<(&String, Timestamp)> =
            self.posted.iter().filter_map(|(file, posts)| Some((file, self.met(posts)?))).collect();
        let of = |class: &'static str| {
            let last = |posts| self.last_of(posts, class);
            known
                .iter()
                .filter_map(move |(file, met)| Some((*file, *met, last(&self.posted[*file])?)))
        };
        let (newsrooms, archives): (Vec<_>, Vec<_>) =
            (of(NEWSROOM).collect(), of(ARCHIVE).collect());
        let mut best: Option<Choice> = None;
        for span in &returns {
            for (news, news_met, news_last) in &newsrooms {
                for (archive, archive_met, archive_last) in &archives {
                    let from = span.closed.max(*news_met).max(*archive_met);
                    if from >= span.shown || from >= *news_last || from >= *archive_last {
                        continue;
                    }
                    let mut choice = self.choice(from, [*news, *archive].into());
                    choice.is_twofold = span.is_twofold;
                    let is_fit = choice.posts <= POSTS_MAX;
                    if is_fit && best.as_ref().is_none_or(|best| choice.rank() < best.rank()) {
                        best = Some(choice);
                    }
                }
            }
        }
        let best = best?;
        if best.young > 0 {
            return Some(best);
        }
        // One more, of which a copy may be restricted, so that both can be seen.
        let files: BTreeSet<&String> = best.files.iter().collect();
        let more = known.iter().filter(|(_, met)| *met <= best.from);
        let more = more.map(|(file, _)| {
            let files = files.iter().copied().chain([*file]).collect();
            Choice { is_twofold: best.is_twofold, ..self.choice(best.from, files) }
        });
        let fit = more.filter(|choice| choice.young > 0 && choice.posts <= POSTS_MAX);
        fit.min_by_key(Choice::rank)
    }

    fn choice(&self, from: Timestamp, files: BTreeSet<&String>) -> Choice {
        let posts = files.iter().flat_map(|file| &self.posted[*file]);
        let later: Vec<_> = posts.filter(|(at, _)| *at > from).collect();
        let is_young = |at: Timestamp, account: &str| {
            let told = self.told.get(account).filter(|told| told.is_of_network);
            let lapsed = at.plus_seconds(LAPSE_SECONDS);
            told.is_some_and(|told| at.seconds_since(told.born) < YOUNG_SECONDS)
                && self.ends.is_some_and(|ends| lapsed <= ends)
        };
        Choice {
            from,
            files: files.into_iter().cloned().collect(),
            posts: later.len(),
            young: later.iter().filter(|(at, account)| is_young(*at, account)).count(),
            is_twofold: false,
        }
    }

    /// When the account was closed that this one comes back for, and when it shows itself,
    /// if it then has the name or the picture of the one before.
    fn span(&self, account: &str, told: &Told) -> Option<Span> {
        let before = told.returns.as_ref()?;
        let closed = *self.closed.get(before)?;
        let shown = self.shown.get(account)?.iter().find(|shown| shown.at > closed)?;
        let last = self.shown.get(before)?.iter().rev().find(|shown| shown.at <= closed)?;
        let is_alike = |field: &Value, other: &Value| field.is_string() && field == other;
        let (now, then) = (&shown.profile, &last.profile);
        let has_name = is_alike(&now["name"], &then["name"]);
        let has_face = is_alike(&now["avatar"]["sha256"], &then["avatar"]["sha256"]);
        let links = |profile: &Value| profile["links"].as_array().cloned().unwrap_or_default();
        let has_links = links(now).iter().any(|link| links(then).contains(link));
        let is_twofold = [has_name, has_face, has_links].into_iter().filter(|has| *has).count() > 1;
        (has_name || has_face).then_some(Span { closed, shown: shown.at, is_twofold })
    }

    /// When the network posted a file first.
    fn met(&self, posts: &[(Timestamp, String)]) -> Option<Timestamp> {
        let told = |account: &String| self.told.get(account);
        let of_network =
            posts.iter().filter(|(_, account)| told(account).is_some_and(|t| t.is_of_network));
        of_network.map(|(at, _)| *at).min()
    }

    /// When a class posted a file last, by an account that was there for long.
    fn last_of(&self, posts: &[(Timestamp, String)], class: &str) -> Option<Timestamp> {
        let is_wanted = |at: Timestamp, account: &String| {
            let told = self.told.get(account);
            told.is_some_and(|told| {
                told.class == class && at.seconds_since(told.born) > OLD_SECONDS
            })
        };
        let wanted = posts.iter().filter(|(at, account)| is_wanted(*at, account));
        wanted.map(|(at, _)| *at).max()
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
