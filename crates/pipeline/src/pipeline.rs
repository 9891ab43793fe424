//! The pipeline itself: events and inputs in, signals and entries out.

use seawall_link::{Profile, Seen};
use seawall_model::journal::Body;
use seawall_model::{
    Accepted, AccountId, EventBody, EventKind, Hour, Position, Signal, Timestamp, TraceId,
};
use seawall_wave::{
    Assembly, Finding, QUIET_HOURS_MAX, Sighting, Trace, TraceKey, TraceKind, Windows,
};
use sha2::{Digest, Sha256};

use crate::account::{Accounts, FollowMessage, Timely};
use crate::active::{Active, Contents};
use crate::detect::Buffers;
use crate::hours::Hours;
use crate::judge::{Brought, Judge};
use crate::posts::{Posts, Tells};
use crate::sketches::Sketches;
use crate::{Constants, PARTITIONS, Reading, partition};

/// Microseconds after which what waits for a hand-over is due on a quiet platform.
const HAND_OVER_WAIT_MICROS: i64 = 60_000_000;

/// The types of entries that tell of waves.
pub const WAVES: [&str; 3] = ["wave_opened", "wave_joined", "wave_closed"];

/// A derived entry, before the shell numbers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The last position before it.
    pub after: Position,
    /// `now` when it was derived.
    pub at: Timestamp,
    /// What it says.
    pub body: Body,
}

/// What the pipeline appends to.
#[derive(Debug, Default)]
pub struct Output {
    /// Derived entries, in order.
    pub entries: Vec<Derived>,
    /// Signals of the events applied, in order. The shell empties it.
    pub signals: Vec<Signal>,
}

/// All state of all partitions, embedded in one process and one order.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) constants: Constants,
    pub(crate) key: TraceKey,
    pub(crate) accounts: Vec<Accounts>,
    pub(crate) windows: Vec<Windows>,
    pub(crate) assembly: Assembly,
    pub(crate) hours: Hours,
    pub(crate) order: Order,
    pub(crate) waiting: Waiting,
    pub(crate) active: Active,
    pub(crate) judge: Judge,
    pub(crate) sketches: Vec<Sketches>,
    pub(crate) posts: Posts,
    pub(crate) seen: Seen,
    scratch: Vec<Trace>,
    pub(crate) buffers: Buffers,
    late_seen: u64,
}

/// Where the pipeline stands in the log and in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Order {
    /// The last position applied.
    pub(crate) position: Position,
    /// `received_at` of the last thing applied.
    pub(crate) now: Timestamp,
    /// The newest event time.
    pub(crate) newest: Timestamp,
    /// Whether the last event came within the lateness of its time: a live stream.
    pub(crate) is_live: bool,
    /// An event to pass over.
    pub(crate) set_aside: Position,
    /// The last hour closed and counted.
    pub(crate) counted: Option<Hour>,
}

/// What waits for the next hand-over.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) first: Option<(Position, Timestamp)>,
    pub(crate) commitments: Vec<u8>,
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) follows: Vec<FollowMessage>,
    /// Sketches of accounts that are to be counted.
    pub(crate) profiles: Vec<(AccountId, Profile)>,
    /// What the owner of cases is told, in the order of the events.
    pub(crate) told: Vec<Told>,
    pub(crate) reinstated: Vec<AccountId>,
    pub(crate) appealed: Vec<Brought>,
}

/// What one event tells the owner of cases.
#[derive(Debug)]
pub(crate) enum Told {
    /// What a rule found, who acted, and what it tells of its post.
    Found(seawall_review::Finding, Option<AccountId>, Tells),
    /// That something happened to a post, who acted, and what it tells.
    Changed(seawall_review::Change, Option<AccountId>, Tells),
    /// That an account was created earlier than was known.
    Dated(AccountId, Timestamp),
}

impl Pipeline {
    /// An empty pipeline. `key` is the data folder's key for traces.
    #[must_use]
    pub fn new(constants: Constants, key: [u8; 32]) -> Self {
        let windows = || Windows::new(constants.wave.clone());
        let mut judge = Judge::default();
        judge.limit(&constants);
        Self {
            accounts: (0..PARTITIONS).map(|_| Accounts::default()).collect(),
            windows: (0..PARTITIONS).map(|_| windows()).collect(),
            assembly: Assembly::new(constants.wave.clone()),
            hours: Hours::default(),
            order: Order::default(),
            waiting: Waiting::default(),
            active: Active::new(key),
            judge,
            sketches: (0..PARTITIONS).map(|_| Sketches::default()).collect(),
            posts: Posts::default(),
            seen: Seen::new(),
            scratch: Vec::new(),
            buffers: Buffers::default(),
            late_seen: 0,
            key: TraceKey(key),
            constants,
        }
    }

    /// The last position applied.
    #[must_use]
    pub fn position(&self) -> Position {
        self.order.position
    }

    /// The constants in force.
    #[must_use]
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// Accounts in state.
    #[must_use]
    pub fn accounts_held(&self) -> usize {
        self.accounts.iter().map(Accounts::len).sum()
    }

    /// Late events applied since this value was made; no part of the state.
    #[must_use]
    pub fn late_seen(&self) -> u64 {
        self.late_seen
    }

    /// When a tick is due, if nothing else happens before.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.waiting.first.map(|(_, at)| at.plus_micros(HAND_OVER_WAIT_MICROS));
        let closing = self
            .hours
            .first_open()
            .filter(|_| self.order.is_live)
            .map(|hour| hour.end().plus_seconds(self.constants.lateness_seconds));
        waiting.into_iter().chain(closing).chain(self.judge.next_lapse(&self.active)).min()
    }

    /// Whether anything waits for a hand-over.
    #[must_use]
    pub fn has_waiting(&self) -> bool {
        self.waiting.first.is_some()
    }

    /// Whether something waits that opens or changes a case at the next hand-over: what a rule
    /// found, or that the post of a case was edited or deleted.
    ///
    /// Cost: a look-up for each post that waits.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        self.waiting.told.iter().any(|told| match told {
            Told::Found(..) => true,
            Told::Changed(change, ..) => self.judge.cases().about_post(change.post).is_some(),
            Told::Dated(account, _) => self.judge.cases().concerns(*account),
        })
    }

    /// Knowledge in force.
    #[must_use]
    pub fn active(&self) -> &Active {
        &self.active
    }

    /// Cases, decisions and what rests on them.
    #[must_use]
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Takes in the event at the next position.
    ///
    /// # Panics
    /// If the position is not above the last one: a defect of the shell.
    pub fn apply(&mut self, accepted: &Accepted<'_>, out: &mut Output) {
        assert!(accepted.position > self.order.position, "positions rise");
        self.order.position = accepted.position;
        self.order.now = self.order.now.max(accepted.received_at);
        self.wait(accepted);
        if accepted.position != self.order.set_aside {
            self.observe(accepted, out);
        }
        if accepted.position.0.is_multiple_of(self.constants.hand_over_positions) {
            self.hand_over(out);
        }
    }

    /// Passes over a position whose content is gone: only its place is known.
    pub fn pass(
        &mut self,
        position: Position,
        received_at: Timestamp,
        commitment: [u8; 32],
        out: &mut Output,
    ) {
        self.order.position = position;
        self.order.now = self.order.now.max(received_at);
        self.waiting.first.get_or_insert((position, received_at));
        self.waiting.commitments.extend_from_slice(&commitment);
        if position.0.is_multiple_of(self.constants.hand_over_positions) {
            self.hand_over(out);
        }
    }

    fn wait(&mut self, accepted: &Accepted<'_>) {
        self.waiting.first.get_or_insert((accepted.position, accepted.received_at));
        self.waiting.commitments.extend_from_slice(&accepted.commitment);
    }

    fn observe(&mut self, accepted: &Accepted<'_>, out: &mut Output) {
        let event = accepted.event;
        let timely = self.timely(accepted);
        self.scratch.clear();
        let reading = event.post().map(Reading::new);
        if let (EventBody::PostCreated(_), Some(reading)) = (&event.body, &reading) {
            reading.traces(&self.key, &mut self.scratch);
        }
        let first_signal = out.signals.len();
        if let Some(account) = accepted.account {
            let text = self.text_trace();
            let accounts = &mut self.accounts[partition(account.0)];
            let learned = accounts.observe(accepted, account, text, timely, &mut out.signals);
            self.waiting.told.extend(learned.map(|created_at| Told::Dated(account, created_at)));
        }
        self.detect(accepted, reading.as_ref(), &out.signals[first_signal..]);
        if timely == Timely::Late {
            self.hours.count_late();
            self.late_seen += 1;
            return;
        }
        self.hours.count(event.at.hour(), event.kind(), &out.signals[first_signal..]);
        self.send(accepted);
    }

    /// Moves event time on and says whether the event is in time.
    fn timely(&mut self, accepted: &Accepted<'_>) -> Timely {
        let at = accepted.event.at;
        let lateness = self.constants.lateness_seconds;
        self.order.is_live = accepted.received_at.seconds_since(at) <= lateness;
        let is_late = at < self.order.newest.plus_seconds(-lateness);
        self.order.newest = self.order.newest.max(at);
        if is_late { Timely::Late } else { Timely::InTime }
    }

    fn text_trace(&self) -> Option<TraceId> {
        self.scratch.iter().find(|trace| trace.kind == TraceKind::Text).map(|trace| trace.id)
    }

    /// Leaves messages for other keys, to be applied at the next hand-over.
    fn send(&mut self, accepted: &Accepted<'_>) {
        let event = accepted.event;
        let hour = event.at.hour();
        for trace in &self.scratch {
            self.waiting.sightings.push(Sighting {
                trace: *trace,
                account: accepted.account,
                hour,
                position: accepted.position,
            });
        }
        if let (EventBody::Follow(follow), Some(to)) = (&event.body, accepted.other) {
            self.waiting.follows.push(FollowMessage { to, state: follow.state });
        }
        if event.kind() == EventKind::PostCreated {
            self.assembly.note_post(hour);
        }
        if event.kind() == EventKind::FieldEvent {
            self.assembly.note_field_event(accepted.position, event.at);
        }
    }

    /// Takes in what cannot be derived. `contents` gives what entries of knowledge say.
    pub fn input(
        &mut self,
        body: &Body,
        now: Timestamp,
        contents: &dyn Contents,
        out: &mut Output,
    ) {
        self.order.now = self.order.now.max(now);
        match body {
            Body::Tick => {
                if self.order.is_live {
                    self.order.newest = self.order.newest.max(now);
                }
                self.hand_over(out);
            }
            Body::KnowledgeActivated { name, added, .. } if name == "constants" => {
                self.set_constants(added);
            }
            Body::Erased { accounts, .. } => {
                for account in accounts {
                    self.forget(AccountId(*account));
                }
                self.posts.forget(&accounts.iter().copied().map(AccountId).collect());
            }
            Body::SetAside { position } => self.order.set_aside = Position(*position),
            _ => self.people(body, contents, out),
        }
    }

    /// Takes waves, cases, decisions and knowledge as they stand in the journal, where a new
    /// span begins. `recorded` are the entries of [`WAVES`] and [`Judge::RECORD`] in order,
    /// each with its time.
    ///
    /// Waves that do not fit one another are left as they are: they are the record of another
    /// build, and not this one's to mend.
    pub fn adopt(&mut self, recorded: &[(Body, Timestamp)], contents: &dyn Contents) {
        let bodies = recorded.iter().map(|(body, _)| body);
        let waves: Vec<Body> =
            bodies.filter(|body| WAVES.contains(&body.name())).cloned().collect();
        self.adopt_waves(&waves);
        self.judge = Judge::default();
        self.judge.limit(&self.constants);
        self.active = Active::new(self.key.0);
        for (body, at) in recorded {
            self.judge.adopt(body, *at, &mut self.active, contents);
        }
        self.judge.forget_settled();
    }

    fn adopt_waves(&mut self, recorded: &[Body]) {
        let mut bursting: Vec<TraceId> =
            self.windows.iter().flat_map(|windows| windows.bursting()).collect();
        bursting.sort_unstable();
        let _ = self.assembly.adopt(recorded, &bursting);
    }

    fn forget(&mut self, account: AccountId) {
        self.accounts[partition(account.0)].forget(account);
        for windows in &mut self.windows {
            windows.forget_account(account);
        }
        self.assembly.forget_account(account);
        for sighting in &mut self.waiting.sightings {
            if sighting.account == Some(account) {
                sighting.account = None;
            }
        }
        for told in &mut self.waiting.told {
            if let Told::Found(_, by, _) | Told::Changed(_, by, _) = told {
                *by = by.filter(|by| *by != account);
            }
        }
        self.waiting.follows.retain(|message| message.to != account);
        self.waiting.profiles.retain(|(of, _)| *of != account);
        self.sketches[partition(account.0)].forget(account);
    }

    /// Step two and step three, and what is sealed and counted with them.
    fn hand_over(&mut self, out: &mut Output) {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some((first, _)) = waiting.first {
            let digest = hex(&Sha256::digest(&waiting.commitments));
            let last = self.order.position.0;
            self.emit(out, Body::LogSealed { first: first.0, last, digest });
        }
        for message in waiting.follows {
            self.accounts[partition(message.to.0)].receive(message);
        }
        for (_, profile) in &waiting.profiles {
            self.seen.add(profile);
        }
        self.review(waiting.told, &waiting.reinstated, &waiting.appealed, out);
        self.make_room();
        let mut findings = Vec::new();
        self.step_two(&waiting.sightings, &mut findings);
        self.step_three(&findings, out);
        self.close_hours(out);
    }

    fn make_room(&mut self) {
        let share = self.constants.accounts_max.div_ceil(PARTITIONS as u64);
        let share = usize::try_from(share).unwrap_or(usize::MAX);
        for accounts in &mut self.accounts {
            accounts.make_room(share);
            self.hours.accounts_dropped += accounts.take_dropped();
        }
        for sketches in &mut self.sketches {
            self.hours.sketches_dropped += sketches.take_dropped();
        }
    }

    fn step_two(&mut self, sightings: &[Sighting], findings: &mut Vec<Finding>) {
        for sighting in sightings {
            self.windows[seawall_wave::partition(sighting.trace.id)].observe(sighting);
        }
        let newest = self.order.newest.hour();
        let from = findings.len();
        for windows in &mut self.windows {
            windows.hand_over(newest, self.assembly.shape(), findings);
            let dropped = windows.take_dropped();
            self.hours.traces_dropped += dropped.once + dropped.watched;
        }
        // A wave begins with the burst that rose first, not with the one whose keyed hash
        // is smallest. The sort is stable: what is told of one trace stays in order.
        findings[from..].sort_by_key(|finding| match finding {
            Finding::Rose(burst) | Finding::Grew(burst) => burst.hour,
            Finding::Fell(fall) => fall.last_hour,
        });
    }

    fn step_three(&mut self, findings: &[Finding], out: &mut Output) {
        let mut changes = Vec::new();
        let watermark = self.order.newest.hour();
        self.assembly.assemble(findings, self.order.position, watermark, &mut changes);
        for change in changes {
            self.emit(out, change.body());
        }
    }

    /// Closes the hours that no event in time can reach any more.
    fn close_hours(&mut self, out: &mut Output) {
        let reachable = self.order.newest.plus_seconds(-self.constants.lateness_seconds).hour();
        for closed in self.hours.close(reachable) {
            self.count_hour(closed.hour, closed.posts);
            self.emit(out, closed.entry);
        }
    }

    /// Teaches the platform's week. A short gap was quiet; a long one is Unknown: the
    /// platform was not listened to.
    fn count_hour(&mut self, hour: Hour, posts: u64) {
        if let Some(last) = self.order.counted {
            let gap = hour.hours_since(last).saturating_sub(1);
            let mut quiet = last;
            for _ in 0..if gap <= QUIET_HOURS_MAX { gap } else { 0 } {
                quiet = quiet.next();
                self.assembly.count_hour(quiet, 0);
            }
        }
        self.assembly.count_hour(hour, posts);
        self.order.counted = Some(hour);
    }

    pub(crate) fn emit(&self, out: &mut Output, body: Body) {
        out.entries.push(Derived { after: self.order.position, at: self.order.now, body });
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
