//! Tests of delivery against a receiver that fails in every way a network can.

mod receiver;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seawall_model::Timestamp;
use seawall_store::{
    Access, Chance, DeliveryState, Effect, Feed, Folder, InstructionId, NewInstruction, Outbox,
};
use tokio::sync::watch;

use self::receiver::{Acts, Mood, Receiver, Seen};
use super::{
    Allowed, DeliverSettings, Deliverer, Guard, Http, Mode, Schedule, Settled, SharedOutbox,
    SigningSecret, SigningSecrets, Surroundings,
};
use crate::chance::Seeded;
use crate::clock::Clock;

/// Time an attempt may take here.
const TIMEOUT: Duration = Duration::from_millis(1_500);
/// A test that takes longer has failed.
const TEST_TIME: Duration = Duration::from_secs(120);
/// Deliveries at once.
const AT_ONCE: usize = 8;

/// The sender's side: a folder, its outbox, and the journal's part.
struct Sender {
    folder: Folder,
    outbox: SharedOutbox,
    told: watch::Sender<usize>,
}

impl Sender {
    fn new(dir: &Path) -> Self {
        let folder = Folder::open(dir, Access::Write, &mut Seeded::new(1)).unwrap();
        let outbox = Arc::new(Mutex::new(folder.outbox(Access::Write).unwrap()));
        Self { folder, outbox, told: watch::channel(0).0 }
    }

    fn with<T>(&self, question: impl FnOnce(&mut Outbox) -> T) -> T {
        question(&mut self.outbox.lock().unwrap())
    }

    fn feed(&self, seq: u64, id: InstructionId, subject: u64) {
        let mut order_key = [0; 16];
        order_key[..8].copy_from_slice(&subject.to_be_bytes());
        let payload = format!("s{subject}").into_bytes();
        let new = NewInstruction { id, order_key, not_before: Timestamp::MIN, payload };
        self.with(|outbox| outbox.enqueue(seq, &[new], Feed::Live, Clock::Machine.now()).unwrap());
    }

    fn start(&self, receiver: &Receiver, seed: u64, schedule: &Schedule) -> Deliverer {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        // Whose request it is: one of a life before may arrive late.
        let life = receiver.book.lock().unwrap().life;
        let url = format!("http://127.0.0.1:{}/hook/{life}", receiver.port);
        let secrets = SigningSecrets::new(vec![secret]).unwrap();
        self.start_as(Mode::Live { url: url.parse().unwrap(), secrets }, receiver, seed, schedule)
    }

    fn start_as(
        &self,
        mode: Mode,
        receiver: &Receiver,
        seed: u64,
        schedule: &Schedule,
    ) -> Deliverer {
        let (book, told) = (receiver.book.clone(), self.told.clone());
        let life = book.lock().unwrap().life;
        let on_settled = move |settled: &Settled| {
            let mut book = book.lock().unwrap();
            if book.life != life {
                return Err("this process was killed".to_owned());
            }
            book.told.push(*settled);
            told.send_modify(|count| *count += 1);
            Ok(())
        };
        let settings = DeliverSettings {
            mode,
            guard: Guard::new(vec![Allowed::parse("127.0.0.1").unwrap()], Http::Allowed),
            schedule: schedule.clone(),
            timeout: TIMEOUT,
            connect_timeout: TIMEOUT,
            at_once_max: AT_ONCE,
            folder: "f1".to_owned(),
        };
        let surroundings = Surroundings {
            outbox: self.outbox.clone(),
            clock: Clock::Machine,
            chance: Box::new(Seeded::new(seed)),
            on_settled: Arc::new(on_settled),
        };
        Deliverer::start(settings, surroundings).unwrap()
    }

    /// As a kill and a new start: what ran is dropped where it stands, the outbox is opened
    /// anew, and hears what the journal was told.
    async fn reopen(&mut self, receiver: &Receiver) {
        // A kill ends all threads; here those that ask the old outbox are waited for.
        while Arc::strong_count(&self.outbox) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let told = {
            let mut book = receiver.book.lock().unwrap();
            book.life += 1;
            book.told.clone()
        };
        self.outbox = Arc::new(Mutex::new(self.folder.outbox(Access::Write).unwrap()));
        for settled in told {
            let state = (settled.outcome, settled.attempts);
            self.with(|outbox| {
                let seq = outbox.reached().unwrap();
                outbox.apply(seq, settled.id, state, settled.status, Clock::Machine.now()).unwrap();
            });
        }
    }

    /// Waits until nothing waits any more.
    async fn drained(&self) {
        let mut told = self.told.subscribe();
        let wait = async {
            while self.with(|outbox| outbox.counts().unwrap().of(DeliveryState::Waiting)) > 0 {
                let _ = tokio::time::timeout(Duration::from_millis(200), told.changed()).await;
            }
        };
        tokio::time::timeout(TEST_TIME, wait).await.expect("all is settled in time");
    }

    fn state(&self, id: &str) -> DeliveryState {
        let id = InstructionId::parse(id).unwrap();
        self.with(|outbox| outbox.get(id).unwrap().unwrap().state)
    }
}

fn quick(attempts: usize) -> Schedule {
    let mut pauses = vec![Duration::ZERO];
    pauses.resize(attempts, Duration::from_millis(20));
    Schedule::new(pauses).unwrap()
}

fn id(action: u64, effect: Effect) -> InstructionId {
    InstructionId { action, effect }
}

/// Actions of the large test, over a quarter as many subjects.
const ACTIONS: u64 = 200;
const SUBJECTS: u64 = 50;
const KILLS: u32 = 12;

/// What the journal would say: each action, and every third taken back a little later.
fn history() -> Vec<(InstructionId, u64)> {
    let mut all = Vec::new();
    for action in 1..=ACTIONS {
        all.push((id(action, Effect::Do), action % SUBJECTS));
        let earlier = action.saturating_sub(20);
        if earlier > 0 && earlier % 3 == 0 {
            all.push((id(earlier, Effect::Undo), earlier % SUBJECTS));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_action_takes_effect_once_and_in_order_through_failures_and_kills() {
    let dir = tempfile::tempdir().unwrap();
    let mut sender = Sender::new(dir.path());
    let mut receiver = Receiver::start(11, None).await;
    let schedule = quick(100);
    let mut history = (1..).zip(history()).collect::<Vec<_>>().into_iter();
    let mut places = Seeded::new(5);
    for life in 0..=KILLS {
        let deliverer = sender.start(&receiver, u64::from(life), &schedule);
        for (seq, (id, subject)) in history.by_ref().take(21) {
            sender.feed(seq, id, subject);
            deliverer.wake();
        }
        if life == KILLS {
            assert!(history.next().is_none(), "all was fed");
            sender.drained().await;
            tokio::time::timeout(TEST_TIME, deliverer.stop()).await.expect("it stops");
            break;
        }
        let mut drawn = [0; 1];
        places.fill(&mut drawn);
        let goal = *receiver.requests.borrow() + usize::from(drawn[0] % 30);
        let reached = receiver.requests.wait_for(|count| *count >= goal);
        // With little left to send there may be no such request: it is killed at rest then.
        let _ = tokio::time::timeout(Duration::from_millis(500), reached).await;
        drop(deliverer);
        sender.reopen(&receiver).await;
    }
    check_effects(&sender, &receiver);
    check_repeats(&receiver);
}

/// Each instruction that was delivered took effect once, none that was cancelled did, and those
/// of a subject did in the order of the journal.
fn check_effects(sender: &Sender, receiver: &Receiver) {
    let book = receiver.book.lock().unwrap();
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut states: BTreeMap<DeliveryState, u64> = BTreeMap::new();
    for (id, subject) in history() {
        let state = sender.state(&id.to_string());
        *states.entry(state).or_default() += 1;
        if state == DeliveryState::Delivered {
            wanted.entry(format!("s{subject}")).or_default().push(format!("f1-{id}"));
        }
    }
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (subject, key) in &book.effects {
        found.entry(subject.clone()).or_default().push(key.clone());
    }
    assert_eq!(found, wanted);
    let known = [DeliveryState::Delivered, DeliveryState::Cancelled];
    assert!(states.keys().all(|state| known.contains(state)), "{states:?}");
    assert!(states[&DeliveryState::Delivered] >= ACTIONS, "{states:?}");
    let mut told: Vec<InstructionId> = book.told.iter().map(|settled| settled.id).collect();
    told.sort();
    let all = told.len();
    told.dedup();
    assert_eq!(told.len(), all, "the journal hears of each once");
    assert_eq!(all as u64, states[&DeliveryState::Delivered]);
}

/// A key comes again only where its answer was lost or late, or the sender was killed before it
/// could note it.
fn check_repeats(receiver: &Receiver) {
    let book = receiver.book.lock().unwrap();
    let mut last: BTreeMap<&str, &Seen> = BTreeMap::new();
    let (mut repeats, mut killed) = (0, 0);
    for seen in &book.requests {
        if let Some(before) = last.insert(&seen.key, seen) {
            repeats += 1;
            if before.is_answered {
                killed += 1;
                assert!(before.life < seen.life, "{before:?} was answered, then {seen:?} came");
            }
        }
    }
    assert!(repeats > 50, "the receiver was flaky: {repeats} repeats");
    assert!(killed <= KILLS as usize * AT_ONCE, "{killed} repeats of what was answered");
}

#[tokio::test]
async fn after_the_last_attempt_comes_the_dead_letter_which_can_be_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let sender = Sender::new(dir.path());
    let failing = Receiver::start(1, Some(Mood::Fail(Acts::No))).await;
    sender.feed(1, id(1, Effect::Do), 7);
    let deliverer = sender.start(&failing, 1, &quick(3));
    sender.drained().await;
    deliverer.stop().await;
    assert_eq!(failing.book.lock().unwrap().requests.len(), 3);
    let told = failing.book.lock().unwrap().told.clone();
    let outcome = DeliveryState::Dead;
    let id = id(1, Effect::Do);
    assert_eq!(told, [Settled { id, outcome, status: Some(500), attempts: 3 }]);
    let fine = Receiver::start(1, Some(Mood::Fine)).await;
    sender.with(|outbox| outbox.replay(id, Clock::Machine.now()).unwrap());
    let deliverer = sender.start(&fine, 1, &quick(3));
    sender.drained().await;
    deliverer.stop().await;
    assert_eq!(fine.book.lock().unwrap().effects, [("s7".to_owned(), "f1-a1".to_owned())]);
    assert_eq!(sender.state("a1"), DeliveryState::Delivered);
}

#[tokio::test]
async fn a_refusal_is_final_and_a_gone_endpoint_stops_all() {
    let dir = tempfile::tempdir().unwrap();
    let sender = Sender::new(dir.path());
    let refusing = Receiver::start(1, Some(Mood::Always(422))).await;
    sender.feed(1, id(1, Effect::Do), 7);
    let deliverer = sender.start(&refusing, 1, &quick(9));
    sender.drained().await;
    deliverer.stop().await;
    assert_eq!(refusing.book.lock().unwrap().requests.len(), 1);
    assert_eq!(sender.state("a1"), DeliveryState::Refused);
    let mut gone = Receiver::start(1, Some(Mood::Always(410))).await;
    sender.feed(2, id(2, Effect::Do), 8);
    let deliverer = sender.start(&gone, 1, &quick(9));
    gone.requests.wait_for(|count| *count > 0).await.unwrap();
    deliverer.stop().await;
    let counts = sender.with(|outbox| outbox.counts().unwrap());
    assert!(counts.gone_at.is_some());
    assert_eq!(counts.of(DeliveryState::Waiting), 1);
    assert!(gone.book.lock().unwrap().told.is_empty());
    let fine = Receiver::start(1, Some(Mood::Fine)).await;
    sender.with(|outbox| outbox.reopen().unwrap());
    let deliverer = sender.start(&fine, 1, &quick(9));
    sender.drained().await;
    deliverer.stop().await;
    assert_eq!(sender.state("a2"), DeliveryState::Delivered);
}

#[tokio::test]
async fn a_stop_waits_for_what_is_in_flight_and_sends_nothing_new() {
    let dir = tempfile::tempdir().unwrap();
    let sender = Sender::new(dir.path());
    let mut silent = Receiver::start(1, Some(Mood::Hang(Acts::No))).await;
    for action in 1..=20 {
        sender.feed(action, id(action, Effect::Do), action);
    }
    let deliverer = sender.start(&silent, 1, &quick(9));
    silent.requests.wait_for(|count| *count >= AT_ONCE).await.unwrap();
    deliverer.stop().await;
    assert_eq!(silent.book.lock().unwrap().requests.len(), AT_ONCE);
    let all = sender.with(|outbox| outbox.list(None, 0, 99).unwrap());
    let words: Vec<_> = all.iter().map(|row| (row.attempts, row.last_error.as_deref())).collect();
    let (tried, untried) = words.split_at(AT_ONCE);
    assert!(tried.iter().all(|row| *row == (1, Some("no answer in time"))), "{words:?}");
    assert!(untried.iter().all(|row| *row == (0, None)), "{words:?}");
}

#[tokio::test]
async fn a_dry_run_sends_nothing_and_what_it_showed_is_not_taken_back_later() {
    let dir = tempfile::tempdir().unwrap();
    let sender = Sender::new(dir.path());
    let receiver = Receiver::start(1, Some(Mood::Fine)).await;
    sender.feed(1, id(1, Effect::Do), 7);
    let deliverer = sender.start_as(Mode::DryRun, &receiver, 1, &quick(3));
    sender.drained().await;
    deliverer.stop().await;
    assert_eq!(sender.state("a1"), DeliveryState::DryRun);
    sender.feed(2, id(1, Effect::Undo), 7);
    sender.feed(3, id(2, Effect::Do), 7);
    let deliverer = sender.start(&receiver, 1, &quick(3));
    sender.drained().await;
    deliverer.stop().await;
    assert_eq!(sender.state("a1-undo"), DeliveryState::DryRun);
    let book = receiver.book.lock().unwrap();
    assert_eq!(book.effects, [("s7".to_owned(), "f1-a2".to_owned())]);
    assert_eq!(book.told.len(), 3);
}
