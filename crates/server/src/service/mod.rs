//! The engine while it serves: one thread appends to the log, one derives, and whoever serves
//! asks them.
//!
//! [`Service::submit`] takes events in and answers once they are durable, with their verdicts
//! if those are wanted. [`Service::ask`] does something with the derivation between two
//! batches. Both refuse at once when too much waits. Left out: HTTP, who may, delivery.

mod verdict;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use seawall_store::{Checkpointer, Entries, Folder, Journal};
use tokio::sync::{oneshot, watch};

pub use verdict::{Spoken, Telling, Verdict, Word};
pub use writer::{Answer, Wants};

use crate::clock::Clock;
use crate::engine::{Derivation, EngineError, Opened, Settings};
use crate::import::{Ask, Beside, Finished, ImportError, Item, Keeper, SERVED, next_import};

/// Submissions that may wait for the log. More are refused, and their sender is told to wait.
const SUBMISSIONS_MAX: usize = 256;
/// Questions that may wait for the derivation.
const ASKS_MAX: usize = 256;

/// How often what was committed is moved into the databases: with so little at a time that
/// whoever waits for a commit never waits for that.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);

/// Why the service cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Too much waits; nothing of this was taken in.
    #[error("too much waits to be taken in: send it again in a second")]
    Busy,
    /// The service is ending, or has failed.
    #[error("seawall is stopping: send it again when it is back")]
    Stopping,
}

/// The engine while it serves. Clones speak to the same one.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Folder,
    clock: Clock,
    submit: Mutex<Option<Sender<writer::Submission>>>,
    asks: Sender<Ask>,
    reached: watch::Receiver<u64>,
    failed: watch::Receiver<bool>,
    writing: Mutex<Option<std::thread::JoinHandle<Result<Finished, ImportError>>>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("folder", &self.inner.folder.path()).finish_non_exhaustive()
    }
}

impl Service {
    /// Starts the threads on an open folder. What this run takes in is one import, so that
    /// its refused inputs are found together.
    ///
    /// # Errors
    /// [`ImportError`] if log or journal fail.
    pub fn start(opened: Opened, settings: &Settings) -> Result<Self, ImportError> {
        let import = next_import(&opened)?;
        let head = opened.derivation.journal().head().0;
        let (tell, reached) = watch::channel(head);
        let (fail, failed) = watch::channel(false);
        let (asks, asked) = bounded(ASKS_MAX);
        let after = move |derivation: &Derivation| {
            let head = derivation.journal().head().0;
            tell.send_if_modified(|told| std::mem::replace(told, head) != head);
        };
        let beside = Beside { asks: asked, after: Box::new(after) };
        let (keeper, folder) = Keeper::new(opened, settings, (import, SERVED), beside);
        let (submit, submitted) = bounded(SUBMISSIONS_MAX);
        let writer = writer::Writer::begin(keeper, import, &folder, settings)?;
        let checkpointer = folder.checkpointer();
        let writing = std::thread::spawn(move || {
            let (ended, is_over) = bounded(0);
            let beside = std::thread::spawn(move || checkpoint(checkpointer, &is_over));
            let result = writer.run(&submitted);
            // Nobody holds the files any more when the folder is let go.
            drop(ended);
            let _ = beside.join();
            if result.is_err() {
                fail.send_replace(true);
            }
            result
        });
        Ok(Self {
            inner: Arc::new(Inner {
                folder,
                clock: settings.clock,
                submit: Mutex::new(Some(submit)),
                asks,
                reached,
                failed,
                writing: Mutex::new(Some(writing)),
            }),
        })
    }

    /// The clock that the service goes by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.inner.folder
    }

    /// The journal, to read beside the writer.
    ///
    /// # Errors
    /// [`seawall_store::Error`] if it cannot be opened.
    pub fn journal(&self) -> Result<Journal, seawall_store::Error> {
        self.inner.folder.journal(seawall_store::Access::Read)
    }

    /// The last entry of the journal, and each later one when it is there.
    #[must_use]
    pub fn reached(&self) -> watch::Receiver<u64> {
        self.inner.reached.clone()
    }

    /// Becomes true when the engine has failed: the process has to end.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<bool> {
        self.inner.failed.clone()
    }

    /// Takes records in. The answer comes once they survive a power cut.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] if too much waits; nothing was taken in then.
    /// [`ServiceError::Stopping`] means Unknown: what was sent may be durable, and sending it
    /// again under the same ids is safe.
    pub async fn submit(&self, items: Vec<Item>, wants: Wants) -> Result<Answer, ServiceError> {
        let (reply, answer) = oneshot::channel();
        let submission = writer::Submission { items, wants, reply };
        {
            let submit = self.inner.submit.lock().unwrap_or_else(PoisonError::into_inner);
            let submit = submit.as_ref().ok_or(ServiceError::Stopping)?;
            submit.try_send(submission).map_err(|error| match error {
                TrySendError::Full(_) => ServiceError::Busy,
                TrySendError::Disconnected(_) => ServiceError::Stopping,
            })?;
        }
        answer.await.map_err(|_| ServiceError::Stopping)
    }

    /// Does something with the derivation, between two batches, and gives what came of it.
    ///
    /// What it does must be short: events wait meanwhile.
    ///
    /// # Errors
    /// [`ServiceError`] if too much waits or the engine has ended.
    pub async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Derivation) -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        self.ask_engine(move |derivation| Ok(ask(derivation))).await
    }

    /// As [`Service::ask`], where an error of the engine ends it: what it left undone is made
    /// again at the next start.
    ///
    /// # Errors
    /// [`ServiceError`] as there.
    pub async fn ask_engine<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Derivation) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (reply, answer) = oneshot::channel();
        let boxed: Ask = Box::new(move |derivation| {
            // Whoever asked may have gone away.
            let _ = reply.send(ask(derivation)?);
            Ok(())
        });
        self.inner.asks.try_send(boxed).map_err(|error| match error {
            TrySendError::Full(_) => ServiceError::Busy,
            TrySendError::Disconnected(_) => ServiceError::Stopping,
        })?;
        answer.await.map_err(|_| ServiceError::Stopping)
    }

    /// Ends the service: what was submitted is kept, what it derives is recorded, and a
    /// snapshot is written. Blocks until then; later calls do nothing.
    ///
    /// # Errors
    /// [`ImportError`] if the engine failed.
    pub fn stop(&self) -> Result<(), ImportError> {
        let taken = self.inner.submit.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(taken);
        let writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(writing) = writing else { return Ok(()) };
        let finished = writing.join().unwrap_or(Err(ImportError::Engine(EngineError::Stopped)))?;
        drop(finished);
        Ok(())
    }
}

/// Makes checkpoints until the other end of `is_over` is gone.
fn checkpoint(mut checkpointer: Checkpointer, is_over: &Receiver<()>) {
    while is_over.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = checkpointer.run() {
            tracing::warn!(%error, "no checkpoint; it is tried again");
        }
    }
}
