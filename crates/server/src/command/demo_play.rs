//! How the demo's story is lived: hour by hour, and what happens in it in plain words.
//!
//! What Seawall did is read from its journal, by the platform's key, as anybody could who
//! watches it; what the platform did and who came back is told by the simulator. The words name
//! nobody's content. Nothing here decides anything.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use seawall_model::Timestamp;
use seawall_sim::{Action, Parameters};
use serde_json::Value;
use zeroize::Zeroizing;

use super::demo_live::{Client, Server};
use super::show;
use crate::clock::{Clock, Hand, Stopwatch};
use crate::deliver::SigningSecrets;
use crate::simulate::{Live, Living, Pace, Passed, Receiving};

/// How often a person who reads is looked after.
const LOOK: Duration = Duration::from_millis(100);
/// Hours of the story that are told in a line.
const HOURS_A_LINE: u32 = 4;
/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// What happened so far, by number.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    waves: u64,
    cases: u64,
    restricted: u64,
    decided: u64,
    lapsed: u64,
    overturned: u64,
    verified: u64,
    taken_back: u64,
    obeyed: u64,
    returned: u64,
}

/// How the demo goes on while its story is lived.
pub(super) struct Play<'a> {
    pub(super) client: &'a Client,
    server: &'a Server,
    key: &'a str,
    pub(super) stop: &'a AtomicBool,
    hand: Hand,
    /// When the field event comes.
    surge: Timestamp,
    /// The last entry of the journal that was looked at.
    seen: u64,
    before: u64,
    cases_told: u64,
    counts: Counts,
    /// Accounts that were suspended because a person ruled so.
    suspended: Vec<String>,
}

impl<'a> Play<'a> {
    /// Begins at a time, with a surge some time later.
    pub(super) fn new(
        (client, server): (&'a Client, &'a Server),
        key: &'a str,
        (begins, surge): (Timestamp, Timestamp),
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            client,
            server,
            key,
            stop,
            hand: Hand::at(begins),
            surge,
            seen: 0,
            before: 0,
            cases_told: 0,
            counts: Counts::default(),
            suspended: Vec::new(),
        }
    }

    /// Whether nobody has ended the demo.
    pub(super) fn is_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Begins the simulated platform beside the server.
    pub(super) fn begin(
        &self,
        parameters: Parameters,
        (seed, from_hour): (u64, u32),
        (listener, secrets): (std::net::TcpListener, SigningSecrets),
        (pace, truth): (Pace, &Path),
    ) -> anyhow::Result<Living> {
        let live = Live {
            parameters,
            seed,
            server: self.client.url.parse()?,
            key: Zeroizing::new(self.key.to_owned()),
            pace,
            from_hour,
            receiving: Some(Receiving { listener, secrets }),
            truth: Some(truth.into()),
            clock: Clock::Told(self.hand),
        };
        Ok(self.client.runtime.block_on(live.start())?)
    }

    /// Lives so many hours, or until the story is over, and tells what happens.
    pub(super) fn hours(&mut self, living: &mut Living, hours: u32) -> anyhow::Result<Passed> {
        let mut last = Passed::default();
        for _ in 0..hours {
            let at = living.now();
            // What was signed is verified before the clock of both goes on.
            self.client.runtime.block_on(living.quiet())?;
            self.tell_moments()?;
            self.server.set_clock(at.plus_seconds(HOUR))?;
            self.hand.set(at.plus_seconds(HOUR));
            let Some(passed) = self.client.runtime.block_on(living.hour(self.stop))? else {
                return Ok(last);
            };
            self.tell_platform(&passed)?;
            self.tell_moments()?;
            let hour = passed.hour;
            last = passed;
            if hour.is_multiple_of(HOURS_A_LINE) {
                self.tell_line(at, &last)?;
            }
        }
        self.client.runtime.block_on(living.quiet())?;
        self.tell_moments()?;
        Ok(last)
    }

    /// Tells of the last hours in a line.
    fn tell_line(&mut self, at: Timestamp, passed: &Passed) -> anyhow::Result<()> {
        let events = passed.accepted - self.before;
        self.before = passed.accepted;
        let bar = "▇".repeat(usize::try_from(events / 24).unwrap_or(0).min(40));
        let cases = self.counts.cases - self.cases_told;
        self.cases_told = self.counts.cases;
        let told = match cases {
            0 => String::new(),
            _ => format!("  {} opened", show::counted(cases, "case", "cases")),
        };
        say!("  {}  {:>5} {bar}{told}", crate::desk::minute(at), show::count(events))?;
        Ok(())
    }

    /// Tells what was done to the world, and how it answers.
    fn tell_platform(&mut self, passed: &Passed) -> anyhow::Result<()> {
        for action in &passed.actions {
            self.counts.obeyed += 1;
            if let Action::Suspend(account) = action {
                self.suspended.push(account.as_str().to_owned());
            }
            say!("      the platform obeys: {}", super::simulate::done(action))?;
        }
        for (account, closed) in &passed.returned {
            self.counts.returned += 1;
            if self.suspended.iter().any(|suspended| suspended == closed.as_str()) {
                say!(
                    "      the network returns: whoever ran {} goes on as {} (the server is not told)",
                    closed.as_str(),
                    account.as_str()
                )?;
            }
        }
        Ok(())
    }

    /// Tells what the journal holds since it was asked last.
    fn tell_moments(&mut self) -> anyhow::Result<()> {
        for entry in self.news()? {
            for line in self.moment(&entry) {
                say!("      {line}")?;
            }
        }
        Ok(())
    }

    /// What an entry says to somebody who watches; nothing for most.
    fn moment(&mut self, entry: &Value) -> Vec<String> {
        let number = |name: &str| entry[name].as_u64().unwrap_or_default();
        let counts = &mut self.counts;
        match entry["type"].as_str() {
            Some("wave_opened") => {
                counts.waves += 1;
                let at = entry["at"].as_str().and_then(|at| Timestamp::parse(at).ok());
                let surges = at.is_some_and(|at| at >= self.surge);
                vec![
                    if surges { "the surge rises: a wave is found" } else { "a wave is found" }
                        .into(),
                ]
            }
            Some("case_opened") => {
                counts.cases += 1;
                let first = counts.cases == 1;
                let told =
                    format!("the first case is opened, c{}: it waits for people", number("case"));
                if first { vec![told] } else { Vec::new() }
            }
            Some("restricted_unattended") => {
                counts.restricted += 1;
                let (case, action) = (number("case"), &entry["action"]);
                let until = action["until"].as_str().and_then(|at| Timestamp::parse(at).ok());
                let until = until.map(crate::desk::minute).unwrap_or_default();
                vec![
                    format!(
                        "case c{case}: an exact copy of a file that Amal and Badr both confirmed, by a new"
                    ),
                    format!(
                        "  account. By law 1 its reach is restricted without a person, a{}, until",
                        action["action"]
                    ),
                    format!("  {until} at the latest; people see it first"),
                ]
            }
            Some("decided") => {
                counts.decided += 1;
                let ruled = entry["ruled"].as_str().unwrap_or_default();
                vec![format!("a person decided, d{}: {ruled}", number("decision"))]
            }
            Some("overturned") => {
                counts.overturned += 1;
                vec![format!("somebody else took it back, d{}", number("decision"))]
            }
            Some("actions_lapsed") => {
                let actions = entry["actions"].as_array().cloned().unwrap_or_default();
                counts.lapsed += actions.len() as u64;
                actions
                    .iter()
                    .map(|action| format!("a{action} lapses: it ends by itself"))
                    .collect()
            }
            Some("delivered") => self.carried(entry),
            _ => Vec::new(),
        }
    }

    /// What became of telling the platform.
    fn carried(&mut self, entry: &Value) -> Vec<String> {
        let (action, status) = (&entry["action"], &entry["status"]);
        if entry["outcome"] != "delivered" {
            return vec![format!("a{action} did not reach the platform: {}", entry["outcome"])];
        }
        self.counts.verified += 1;
        let what = match entry["effect"].as_str() {
            Some("do") => "the action is sent",
            Some("undo") => {
                self.counts.taken_back += 1;
                "its inverse is sent"
            }
            _ => "a notice is sent",
        };
        vec![format!(
            "a{action}: {what}, signed; the receiver verifies the signature, and answers {status}"
        )]
    }

    /// Entries of the journal since it was asked last.
    fn news(&mut self) -> anyhow::Result<Vec<Value>> {
        let mut news = Vec::new();
        loop {
            let path = format!("/v1/journal?limit=1000&cursor={}", self.seen);
            let page = self.client.get(&path, self.key)?;
            for told in page["entries"].as_array().into_iter().flatten() {
                self.seen = told["entry"]["seq"].as_u64().unwrap_or(self.seen);
                news.push(told["entry"].clone());
            }
            if page["next"].is_null() {
                return Ok(news);
            }
        }
    }

    /// Passes over what the journal holds by now.
    pub(super) fn look_away(&mut self) -> anyhow::Result<()> {
        self.news().map(|_| ())
    }

    /// The strongest return that is open, of an account that is there, on which one person may
    /// rule.
    pub(super) fn open_return(&self) -> anyhow::Result<Option<String>> {
        let page = self.client.get("/v1/cases?state=open&limit=200", self.key)?;
        let mut cases = page["cases"].as_array().cloned().unwrap_or_default();
        cases.retain(|case| case["comeback"].is_i64());
        cases.sort_by_key(|case| std::cmp::Reverse(case["comeback"].as_i64()));
        for brief in cases {
            let id = brief["case"].as_str().unwrap_or_default();
            let case = self.client.get(&format!("/v1/cases/{id}"), self.key)?;
            let is_there = case["content"]["account"]["platform"]["kind"] != "account.suspended";
            if is_there && case["proposed"]["ruling"] == "suspend" {
                return Ok(Some(id.to_owned()));
            }
        }
        Ok(None)
    }

    /// Tells what happened so far in a few lines.
    pub(super) fn summary(&self) -> anyhow::Result<()> {
        let Counts { waves, cases, restricted, decided, lapsed, overturned, .. } = self.counts;
        let Counts { verified, taken_back, obeyed, returned, .. } = self.counts;
        let of = |count, one: &str, more: &str| show::counted(count, one, more);
        say!("\nin short")?;
        say!("  {} found, {} opened", of(waves, "wave", "waves"), of(cases, "case", "cases"))?;
        say!(
            "  without a person: {} of new accounts restricted, {} lapsed; nothing else",
            of(restricted, "post", "posts"),
            show::count(lapsed)
        )?;
        say!(
            "  by people: {}, {} taken back by somebody else",
            of(decided, "decision", "decisions"),
            show::count(overturned)
        )?;
        say!(
            "  {} signed, sent, and verified by the receiver, {} of them to undo something",
            of(verified, "webhook", "webhooks"),
            show::count(taken_back)
        )?;
        say!(
            "  {} on the platform; {} in truth",
            of(obeyed, "change", "changes"),
            of(returned, "return", "returns")
        )?;
        Ok(())
    }
}

/// Waits until the person presses Enter; `false` if they end the demo.
pub(super) fn entered(lines: &Receiver<()>, stop: &AtomicBool) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        match lines.recv_timeout(LOOK) {
            Ok(()) => return true,
            Err(RecvTimeoutError::Timeout) => {}
            // Nobody can press it any more: the demo stays until it is ended.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK),
        }
    }
}

/// Waits a while; whether the person pressed Enter in it.
pub(super) fn held(lines: &Receiver<()>, wait: Duration, stop: &AtomicBool) -> bool {
    let waiting = Stopwatch::start();
    while waiting.elapsed() < wait && !stop.load(Ordering::Relaxed) {
        match lines.recv_timeout(LOOK) {
            Ok(()) => return true,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    false
}

/// Hears each line that the person enters.
pub(super) fn heard() -> Receiver<()> {
    use std::io::BufRead as _;
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || tell.send(()).is_err() {
                break;
            }
        }
    });
    lines
}
