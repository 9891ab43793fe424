//! A simulated platform that lives beside a server: it sends what happens on it at a multiple
//! of real time, receives webhooks, and obeys them; its network answers as it always does.
//!
//! The world is stepped an hour at a time, and what it was told by then is done when the hour
//! begins: the same seed and the same instructions by the same hours give the same events. In
//! lock-step it goes on only when all that the server decided was carried out, so that two runs
//! beside two servers under a test clock are the same. Left out: going on with a run that ended.

mod hook;
mod obey;
mod send;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use seawall_model::PlatformId;
use seawall_sim::{Action, Item, PackError, Parameters, Sending, Truth as True, World};
use url::Url;
use zeroize::Zeroizing;

use self::hook::Hook;
use self::send::Sender;
use super::write::{sent, told};
use crate::clock::{Clock, Stopwatch};
use crate::deliver::{SecretError, SigningSecrets};

/// Events of a request, at most: enough for an hour of a small platform.
const EVENTS_PER_REQUEST: usize = 5_000;
/// Bytes of a request at which it is sent, below what a server takes by default.
const BYTES_PER_REQUEST: usize = 4 << 20;
/// How often a run that waits looks whether it is to end.
const STOP_PAUSE: Duration = Duration::from_millis(100);
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// How fast simulated time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many times as fast as real time.
    Times(f64),
    /// As fast as all that was decided is carried out.
    LockStep,
}

/// Where the platform receives webhooks.
#[derive(Debug)]
pub struct Receiving {
    /// Where they come, at the path `/hook`.
    pub listener: std::net::TcpListener,
    /// What verifies them.
    pub secrets: SigningSecrets,
}

/// A simulated platform beside a server.
#[derive(Debug)]
pub struct Live {
    /// The world.
    pub parameters: Parameters,
    /// Its seed.
    pub seed: u64,
    /// The server, such as `http://127.0.0.1:8640`.
    pub server: Url,
    /// The platform's API key, with `events:write`, `verdicts:read` and, in lock-step,
    /// `delivery:read`.
    pub key: Zeroizing<String>,
    /// How fast.
    pub pace: Pace,
    /// Hours of the world that the server has already; they are lived and not sent.
    pub from_hour: u32,
    /// Where webhooks come, if anything is to be obeyed.
    pub receiving: Option<Receiving>,
    /// The file for the truth, if it is wanted.
    pub truth: Option<PathBuf>,
    /// By which webhooks are new or old.
    pub clock: Clock,
}

/// An hour that passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Hours of the world that are over.
    pub hour: u32,
    /// Events that the server took, in all.
    pub accepted: u64,
    /// Events that it had already, in all.
    pub duplicates: u64,
    /// Webhooks that were acted on, in all.
    pub obeyed: u64,
    /// Webhooks that were refused: not signed, too old, or not understood.
    pub refused: u64,
    /// What was done to the world as this hour began.
    pub actions: Vec<Action>,
    /// Accounts by which somebody came back in this hour, each after the closed one. It is true,
    /// and the server is not told.
    pub returned: Vec<(PlatformId, PlatformId)>,
}

/// Why a live simulation ended.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// There is no client.
    #[error("no HTTP client can be made; check that the system has root certificates")]
    Client(#[source] reqwest::Error),
    /// The address of the server is none.
    #[error("--live wants the address of a server, such as http://127.0.0.1:8640")]
    Url(#[source] url::ParseError),
    /// The server does not answer.
    #[error("the server does not answer; is `seawall serve` running there?")]
    Unheard(#[source] reqwest::Error),
    /// The server refuses.
    #[error("the server refuses with {status}: {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words.
        detail: String,
    },
    /// The server could not take it for long.
    #[error("the server had no room for long; lower --speed")]
    Busy,
    /// What was decided is not carried out.
    #[error("what the server decided does not reach the hook; see GET /v1/delivery of the server")]
    NotCarried,
    /// The hook cannot be listened at.
    #[error("cannot receive webhooks there; choose another --hook")]
    Hook(#[source] std::io::Error),
    /// The secrets cannot be used.
    #[error("--hook-secret cannot be used")]
    Secret(#[source] SecretError),
    /// The truth cannot be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A text pack lacks something.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl Live {
    /// Begins to receive, and lives the hours that the server has already.
    ///
    /// # Errors
    /// [`LiveError`].
    pub async fn start(self) -> Result<Living, LiveError> {
        let sender = Sender::new(&self.server, self.key)?;
        let hook = match self.receiving {
            None => None,
            Some(Receiving { listener, secrets }) => {
                let listening = Hook::listen(listener, secrets, self.clock);
                Some(listening.map_err(LiveError::Hook)?)
            }
        };
        let truth = self.truth.map(Truth::create).transpose()?;
        let world = World::new(self.parameters, self.seed)?;
        let sending = Sending::new(world.parameters().disorder, self.seed);
        let way = Way { sender, hook, pace: self.pace, running: Stopwatch::start() };
        let passed = Passed::default();
        let from_hour = self.from_hour;
        let backups = BTreeMap::new();
        let mut living = Living { world, sending, truth, way, from_hour, passed, backups };
        while living.world.hour() < from_hour && !living.world.is_over() {
            living.step(&[])?;
        }
        living.way.running = Stopwatch::start();
        Ok(living)
    }
}

/// A simulated platform that lives. Its hook answers as long as it is there.
pub struct Living {
    world: World,
    sending: Sending,
    truth: Option<Truth>,
    way: Way,
    from_hour: u32,
    passed: Passed,
    /// Accounts made before they are needed, and what each is to follow.
    backups: BTreeMap<PlatformId, PlatformId>,
}

impl std::fmt::Debug for Living {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Living").field("passed", &self.passed).finish_non_exhaustive()
    }
}

impl Living {
    /// Where webhooks are received.
    #[must_use]
    pub fn hook(&self) -> Option<SocketAddr> {
        self.way.hook.as_ref().map(|hook| hook.address)
    }

    /// The moment of the world, as a point in time.
    #[must_use]
    pub fn now(&self) -> seawall_model::Timestamp {
        self.world.time(i64::from(self.world.hour()) * HOUR_MS)
    }

    /// Tells new webhooks from old ones by another clock from now on.
    pub fn set_clock(&mut self, clock: Clock) {
        if let Some(hook) = &self.way.hook {
            hook.set_clock(clock);
        }
    }

    /// Lets the clock of the world begin anew: what waited for a person is not caught up with.
    pub fn resume(&mut self) {
        self.from_hour = self.world.hour();
        self.way.running = Stopwatch::start();
    }

    /// Waits until all that was decided so far was told to the platform, and journaled.
    ///
    /// # Errors
    /// [`LiveError`].
    pub async fn quiet(&self) -> Result<(), LiveError> {
        self.way.sender.quiet().await
    }

    /// Lets an hour pass, as long as it takes; `None` if the world is over or `stop` is set.
    ///
    /// # Errors
    /// [`LiveError`].
    pub async fn hour(&mut self, stop: &AtomicBool) -> Result<Option<Passed>, LiveError> {
        if self.world.is_over() || stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        if self.way.pace == Pace::LockStep {
            // What people decided since the last hour is heard before this one begins.
            self.way.sender.quiet().await?;
        }
        self.passed.actions = self.way.hook.as_ref().map(Hook::due).unwrap_or_default();
        let actions = std::mem::take(&mut self.passed.actions);
        let items = self.step(&actions)?;
        self.passed.actions = actions;
        let lived = i64::from(self.world.hour() - self.from_hour - 1) * HOUR_MS;
        self.way.hour(&self.world, &items, lived, stop, &mut self.passed).await?;
        if let Some(hook) = &self.way.hook {
            (self.passed.obeyed, self.passed.refused) = hook.counts();
        }
        Ok(Some(self.passed.clone()))
    }

    /// Steps the world, and writes what is true of it.
    fn step(&mut self, actions: &[Action]) -> Result<Vec<(u64, Item)>, LiveError> {
        let step = self.world.step(actions);
        self.passed.hour = self.world.hour();
        self.passed.returned.clear();
        for truth in &step.truths {
            match truth {
                True::Account { account, returns: Some((closed, _)), is_backup: true, .. } => {
                    self.backups.insert(account.clone(), closed.clone());
                }
                True::Account { account, returns: Some((closed, _)), .. } => {
                    self.passed.returned.push((account.clone(), closed.clone()));
                }
                True::Activated { account, .. } => {
                    let closed = self.backups.remove(account);
                    self.passed.returned.extend(closed.map(|closed| (account.clone(), closed)));
                }
                _ => {}
            }
        }
        if let Some(truth) = &mut self.truth {
            truth.write(&told(&self.world, &step).0)?;
        }
        let items = sent(&mut self.sending, &self.world, &step);
        Ok(items.unwrap_or_else(|| (step.before..).zip(step.items).collect()))
    }
}

/// The way from the world to the server.
struct Way {
    sender: Sender,
    hook: Option<Hook>,
    pace: Pace,
    running: Stopwatch,
}

impl Way {
    /// Sends an hour, each part when its time has come.
    async fn hour(
        &self,
        world: &World,
        items: &[(u64, Item)],
        lived: i64,
        stop: &AtomicBool,
        passed: &mut Passed,
    ) -> Result<(), LiveError> {
        let begins = i64::from(world.hour() - 1) * HOUR_MS;
        // What is sent at once happened within a second of real time, or within the hour.
        let span = match self.pace {
            Pace::Times(times) => part_ms(times),
            Pace::LockStep => HOUR_MS,
        };
        let mut left = items;
        let mut end = begins + span;
        while end < begins + HOUR_MS + span {
            let within = left.iter().take_while(|(_, item)| item.at < end).count();
            let is_last = end >= begins + HOUR_MS;
            let (part, rest) = left.split_at(if is_last { left.len() } else { within });
            left = rest;
            self.until(lived + (end - begins).min(HOUR_MS), stop).await;
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.part(world, part, passed).await?;
            end += span;
        }
        Ok(())
    }

    /// Sends a part, as one request or more.
    async fn part(
        &self,
        world: &World,
        part: &[(u64, Item)],
        passed: &mut Passed,
    ) -> Result<(), LiveError> {
        let (mut lines, mut count) = (String::new(), 0);
        for (index, (number, item)) in part.iter().enumerate() {
            seawall_event::encode_onto(&world.event(*number, item), &mut lines);
            lines.push('\n');
            count += 1;
            let is_full = count == EVENTS_PER_REQUEST || lines.len() >= BYTES_PER_REQUEST;
            if is_full || index + 1 == part.len() {
                let taken = self.request(std::mem::take(&mut lines)).await?;
                passed.accepted += taken.accepted;
                passed.duplicates += taken.duplicates;
                count = 0;
            }
        }
        // People may have decided meanwhile although nothing happened.
        if part.is_empty() && self.pace == Pace::LockStep {
            self.sender.quiet().await?;
        }
        Ok(())
    }

    async fn request(&self, lines: String) -> Result<send::Taken, LiveError> {
        if self.pace != Pace::LockStep {
            return self.sender.send(lines).await;
        }
        // Nothing is answered while events are derived, so that what was delivered is journaled
        // behind them and not among them.
        let held = match &self.hook {
            Some(hook) => Some(hook.hold().await),
            None => None,
        };
        let taken = self.sender.send(lines).await?;
        drop(held);
        self.sender.quiet().await?;
        Ok(taken)
    }

    /// Waits until so much of the world's time has passed since the first hour that is sent.
    async fn until(&self, lived_ms: i64, stop: &AtomicBool) {
        let Pace::Times(times) = self.pace else { return };
        let due = Duration::from_secs_f64((lived_ms.max(0) as f64 / 1_000.0 / times).min(1e9));
        while !stop.load(Ordering::Relaxed) {
            let left = due.saturating_sub(self.running.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(STOP_PAUSE)).await;
        }
    }
}

/// Milliseconds of the world that pass in a second, an hour at most.
fn part_ms(times: f64) -> i64 {
    let ms = (times * 1_000.0).clamp(1_000.0, HOUR_MS as f64);
    #[expect(clippy::cast_possible_truncation, reason = "between a second and an hour")]
    let ms = ms as i64;
    ms
}

/// The file of the truth.
struct Truth {
    path: PathBuf,
    file: std::fs::File,
}

impl Truth {
    fn create(path: PathBuf) -> Result<Self, LiveError> {
        match std::fs::File::create_new(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(LiveError::Io { path, source }),
        }
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), LiveError> {
        let failed = |source| LiveError::Io { path: self.path.clone(), source };
        self.file.write_all(lines).map_err(failed)
    }
}

/// Reads the secrets that verify webhooks.
///
/// # Errors
/// [`LiveError::Secret`].
pub fn hook_secrets(path: &Path) -> Result<SigningSecrets, LiveError> {
    SigningSecrets::read(path).map_err(LiveError::Secret)
}
