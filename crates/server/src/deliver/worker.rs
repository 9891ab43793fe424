//! The deliverer: sends what is due, and notes what came of it.
//!
//! An attempt is noted before it is sent, and its outcome is told to the journal before the
//! outbox settles it. So a crash anywhere leads at worst to the same instruction sent once more
//! under the same `webhook-id`, and none is lost. The database is asked on threads that may
//! wait. Leaves out what feeds the outbox.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use seawall_model::Timestamp;
use seawall_store::{
    AttemptSeen, Chance, DeliveryState, DueInstruction, Error, InstructionId, Outbox,
};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::client::{ClientError, GuardedClient};
use super::config::{DeliverSettings, Mode};
use super::schedule::{Consequence, Schedule, consequence};
use crate::clock::Clock;

/// Longest time between two looks into the outbox.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Time before something is tried again that failed on our side.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// The outbox, shared with who feeds and shows it.
pub type SharedOutbox = Arc<Mutex<Outbox>>;

/// What became of an instruction, for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which instruction.
    pub id: InstructionId,
    /// What became of it; never waiting.
    pub outcome: DeliveryState,
    /// HTTP status of the last answer; `None` where none came.
    pub status: Option<u16>,
    /// Attempts made.
    pub attempts: u32,
}

/// Takes an outcome into the journal, durably, before it returns. May wait.
type OnSettled = Arc<dyn Fn(&Settled) -> Result<(), String> + Send + Sync>;

/// What a deliverer works with.
pub struct Surroundings {
    /// The outbox.
    pub outbox: SharedOutbox,
    /// The time.
    pub clock: Clock,
    /// For the jitter.
    pub chance: Box<dyn Chance>,
    /// Journals an outcome. If it fails it is asked again each second, and the instruction is
    /// not settled before. After a crash between it and the outbox, the same outcome may be told
    /// twice, unless the journal's entry is fed to [`Outbox::apply`] first.
    pub on_settled: OnSettled,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// Sends what is due until it is stopped. Dropped, it stops at once, in the middle of things: the
/// outbox must then be opened anew, for it takes what was in flight to be so still.
#[derive(Debug)]
pub struct Deliverer {
    wake: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Deliverer {
    /// Starts sending. To be called within a runtime of tokio.
    ///
    /// # Errors
    /// [`ClientError`] if no client can be made.
    pub fn start(
        settings: DeliverSettings,
        surroundings: Surroundings,
    ) -> Result<Self, ClientError> {
        let wake = Arc::new(Notify::new());
        let (stop, stopped) = watch::channel(false);
        let line = Line {
            client: GuardedClient::new(settings.guard, settings.connect_timeout)?,
            mode: settings.mode,
            schedule: settings.schedule,
            timeout: settings.timeout,
            at_once_max: settings.at_once_max,
            folder: settings.folder,
            outbox: surroundings.outbox,
            clock: surroundings.clock,
            chance: Mutex::new(surroundings.chance),
            on_settled: surroundings.on_settled,
            wake: wake.clone(),
        };
        let task = tokio::spawn(run(Arc::new(line), stopped));
        Ok(Self { wake, stop, task })
    }

    /// Says that something new is in the outbox.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends nothing new, and returns once what is in flight is answered and noted.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if (&mut self.task).await.is_err() {
            tracing::error!("delivery ended by a defect");
        }
    }
}

impl Drop for Deliverer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What all deliveries share.
struct Line {
    client: GuardedClient,
    mode: Mode,
    schedule: Schedule,
    timeout: Duration,
    at_once_max: usize,
    folder: String,
    outbox: SharedOutbox,
    clock: Clock,
    chance: Mutex<Box<dyn Chance>>,
    on_settled: OnSettled,
    wake: Arc<Notify>,
}

async fn run(line: Arc<Line>, mut stopped: watch::Receiver<bool>) {
    let mut sends = JoinSet::new();
    loop {
        let is_stopped = *stopped.borrow_and_update();
        if is_stopped && sends.is_empty() {
            return;
        }
        let free = line.at_once_max - sends.len();
        let mut pause = LOOK_PAUSE;
        if !is_stopped && free > 0 {
            match line.look(free).await {
                Ok((due, next)) => {
                    pause = next.min(LOOK_PAUSE);
                    for due in due {
                        sends.spawn(deliver(line.clone(), due, stopped.clone()));
                    }
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the outbox cannot be read");
                    pause = FAILURE_PAUSE;
                }
            }
        }
        tokio::select! {
            Some(ended) = sends.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    // It stays in flight until the next start, so that it cannot fail in a loop.
                    tracing::error!("a delivery ended by a defect; it is tried at the next start");
                }
            }
            () = line.wake.notified() => {}
            changed = stopped.changed(), if !is_stopped => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

impl Line {
    /// What is to be sent now, and the time until more may be.
    async fn look(self: &Arc<Self>, max: usize) -> Result<(Vec<DueInstruction>, Duration), Error> {
        let now = self.clock.now();
        self.ask(move |outbox| {
            let due = outbox.take(now, max)?;
            for id in outbox.found_damaged() {
                tracing::error!(%id, "a row of outbox.db is damaged: it is refused and not sent");
            }
            let next = outbox.next_at(now)?;
            let wait = next.map_or(i64::MAX, |next| next.micros() - now.micros());
            Ok((due, Duration::from_micros(u64::try_from(wait).unwrap_or(0))))
        })
        .await
    }

    /// Asks the outbox on a thread that may wait.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Outbox) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let outbox = self.outbox.clone();
        let asked = tokio::task::spawn_blocking(move || {
            question(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match asked.await {
            Ok(answer) => answer,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn webhook_id(&self, id: InstructionId) -> String {
        format!("{}-{id}", self.folder)
    }

    /// Sends an instruction once. `None` if it is only shown.
    async fn attempt(&self, due: &DueInstruction) -> Option<(Consequence, AttemptSeen)> {
        let Mode::Live { url, secrets } = &self.mode else { return None };
        // The platform never heard of the action that this one takes back.
        if due.takes_back == Some(DeliveryState::DryRun) {
            return None;
        }
        let id = self.webhook_id(due.id);
        let now = self.clock.now();
        let signature = secrets.sign(&id, now, &due.payload);
        let seconds = now.seconds_since(Timestamp::MIN).to_string();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("webhook-id", &id),
            ("webhook-timestamp", &seconds),
            ("webhook-signature", &signature),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let answer = self.client.post(url, headers, due.payload.clone(), self.timeout).await;
        Some(consequence(&answer, &id, self.clock.now()))
    }

    fn pause(&self, due: &DueInstruction, asked: Option<Duration>) -> Option<Duration> {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        self.schedule.pause(due.round_attempt, asked, &mut **chance)
    }
}

/// Sends one instruction and notes what came of it.
async fn deliver(line: Arc<Line>, due: DueInstruction, stopped: watch::Receiver<bool>) {
    let attempted = line.attempt(&due).await;
    let (consequence, seen) = attempted.unzip();
    let seen = seen.unwrap_or(AttemptSeen { status: None, error: None });
    let now = line.clock.now();
    let later =
        |pause: Duration| now.plus_micros(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX));
    let outcome = match consequence {
        None => Ok(DeliveryState::DryRun),
        Some(Consequence::Delivered) => Ok(DeliveryState::Delivered),
        Some(Consequence::Refused) => Ok(DeliveryState::Refused),
        Some(Consequence::Gone) => Err((now, Endpoint::Gone)),
        Some(Consequence::Retry(asked)) => match line.pause(&due, asked) {
            Some(pause) => Err((later(pause), Endpoint::There)),
            None => Ok(DeliveryState::Dead),
        },
    };
    let id = due.id;
    let came_to = match &outcome {
        Ok(outcome) => outcome.as_str(),
        Err((_, Endpoint::Gone)) => "gone",
        Err((_, Endpoint::There)) => "retried",
    };
    metrics::counter!("seawall_delivery_attempts_total", "outcome" => came_to).increment(1);
    match outcome {
        Ok(outcome) => {
            tracing::info!(
                %id, outcome = outcome.as_str(), status = seen.status, attempts = due.attempt,
                "an instruction is settled"
            );
            let settled = Settled { id, outcome, status: seen.status, attempts: due.attempt };
            if journal(&line, settled, stopped.clone()).await {
                let number = due.number;
                persist(&line, stopped, move |outbox| outbox.settle(number, outcome, seen, now))
                    .await;
            }
        }
        Err((at, endpoint)) => {
            tracing::warn!(
                %id, status = seen.status, error = seen.error, attempt = due.attempt,
                "an instruction was not delivered"
            );
            let number = due.number;
            persist(&line, stopped, move |outbox| {
                if endpoint == Endpoint::Gone {
                    tracing::error!(
                        "the endpoint answered 410; nothing is sent before POST /v1/delivery/reopen"
                    );
                    outbox.endpoint_gone(now)?;
                }
                outbox.retry_later(number, at, seen)
            })
            .await;
        }
    }
}

/// Whether the endpoint said that it is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    There,
    Gone,
}

/// Tells an outcome to the journal, until it has it. Says whether it does: at a stop it is asked
/// once more and no longer.
async fn journal(line: &Arc<Line>, settled: Settled, stopped: watch::Receiver<bool>) -> bool {
    loop {
        let on_settled = line.on_settled.clone();
        let told = tokio::task::spawn_blocking(move || on_settled(&settled)).await;
        match told {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::error!(id = %settled.id, %error, "not journaled"),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        if *stopped.borrow() {
            return false;
        }
        tokio::time::sleep(FAILURE_PAUSE).await;
    }
}

/// Writes to the outbox, until it is written or delivery stops.
async fn persist(
    line: &Arc<Line>,
    stopped: watch::Receiver<bool>,
    change: impl Fn(&mut Outbox) -> Result<(), Error> + Clone + Send + 'static,
) {
    while let Err(error) = line.ask(change.clone()).await {
        tracing::error!(error = %chain(&error), "the outbox cannot be written");
        if *stopped.borrow() {
            return;
        }
        tokio::time::sleep(FAILURE_PAUSE).await;
    }
}
