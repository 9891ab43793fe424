//! The thread that commits: what waits when one group is durable becomes the next group.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use seawall_model::{AccountId, Position, TraceId};
use seawall_pipeline::post_seen;
use seawall_store::{Folder, LogReader};
use tokio::sync::oneshot;

use super::verdict::{self, Verdict, Wanted};
use crate::clock::Clock;
use crate::engine::Settings;
use crate::import::{
    BATCH_EVENTS_MAX, CursorAt, End, Fate, Finished, ImportError, Item, Keeper, Report, SERVED,
    Work, conclude, stream_source,
};

/// What the sender waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// That what it sent survives a power cut.
    Durable,
    /// That, and what the rules and law 1 say of it.
    Verdict,
}

/// What became of a submission.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What became of each record, in order.
    pub fates: Vec<Fate>,
    /// A verdict for each record that was not refused, in order; empty if none is wanted.
    pub verdicts: Vec<Option<Verdict>>,
}

pub(super) struct Submission {
    pub(super) items: Vec<Item>,
    pub(super) wants: Wants,
    pub(super) reply: oneshot::Sender<Answer>,
}

pub(super) struct Writer {
    keeper: Keeper,
    to_derive: Sender<Work>,
    import: u64,
    source: [u8; 32],
    /// Records taken in by this run.
    done: u64,
    trace_key: [u8; 32],
    /// Tells who sent what is there already.
    reader: LogReader,
    /// What notices are written from, beside it.
    notices: Arc<Mutex<LogReader>>,
    clock: Clock,
    settings: Settings,
}

impl Writer {
    /// Takes the number of the import for its own, durably.
    pub(super) fn begin(
        mut keeper: Keeper,
        import: u64,
        folder: &Folder,
        settings: &Settings,
    ) -> Result<Self, ImportError> {
        let source = stream_source(import);
        keeper.commit(Vec::new(), CursorAt { source, done: 0 })?;
        let (to_derive, settings) = (keeper.asking(), settings.clone());
        let (reader, trace_key) = (folder.log_reader()?, folder.keys().trace_key());
        Ok(Self {
            keeper,
            to_derive,
            import,
            source,
            done: 0,
            trace_key,
            reader,
            notices: Arc::new(Mutex::new(folder.log_reader()?)),
            clock: settings.clock,
            settings,
        })
    }

    /// Commits until its sender is gone, then concludes.
    pub(super) fn run(mut self, submitted: &Receiver<Submission>) -> Result<Finished, ImportError> {
        while let Ok(first) = submitted.recv() {
            let mut count = first.items.len();
            let mut group = vec![first];
            while count < BATCH_EVENTS_MAX
                && let Ok(next) = submitted.try_recv()
            {
                count += next.items.len();
                group.push(next);
            }
            self.commit(group)?;
        }
        self.finish()
    }

    fn commit(&mut self, group: Vec<Submission>) -> Result<(), ImportError> {
        let mut items = Vec::new();
        let mut waiting = Vec::with_capacity(group.len());
        for submission in group {
            let posts = match submission.wants {
                Wants::Durable => Vec::new(),
                Wants::Verdict => self.posts(&submission.items),
            };
            waiting.push((submission.items.len(), posts, submission.wants, submission.reply));
            for mut item in submission.items {
                self.done += 1;
                item.line = self.done;
                items.push(item);
            }
        }
        let cursor = CursorAt { source: self.source, done: self.done };
        let mut fates = self.keeper.commit(items, cursor)?.into_iter();
        for (count, posts, wants, reply) in waiting {
            let fates: Vec<Fate> = fates.by_ref().take(count).collect();
            match wants {
                Wants::Durable => {
                    // Whoever sent it may have gone away; it is durable all the same.
                    let _ = reply.send(Answer { fates, verdicts: Vec::new() });
                }
                Wants::Verdict => self.speak(fates, posts, reply)?,
            }
        }
        Ok(())
    }

    /// The posts that records are about, by which their cases are found.
    fn posts(&self, items: &[Item]) -> Vec<Option<TraceId>> {
        let post =
            |item: &Item| item.result.as_ref().ok().and_then(|e| post_seen(e, self.trace_key));
        items.iter().map(post).collect()
    }

    /// Asks for verdicts, behind the events in the queue of the deriving thread.
    fn speak(
        &mut self,
        fates: Vec<Fate>,
        posts: Vec<Option<TraceId>>,
        reply: oneshot::Sender<Answer>,
    ) -> Result<(), ImportError> {
        let mut wanted = Vec::with_capacity(fates.len());
        for (fate, post) in fates.iter().zip(posts) {
            wanted.push(match fate {
                Fate::Accepted(placed) => Wanted::Of { account: placed.account, post },
                Fate::Duplicate(there) => Wanted::Of { account: self.account_at(*there)?, post },
                Fate::Refused(_) => Wanted::Nothing,
            });
        }
        let (clock, notices) = (self.clock, self.notices.clone());
        let ask = Work::Ask(Box::new(move |derivation| {
            let mut reader = notices.lock().unwrap_or_else(PoisonError::into_inner);
            let verdicts = verdict::speak(derivation, &mut reader, &wanted, clock.now())?;
            let _ = reply.send(Answer { fates, verdicts });
            Ok(())
        }));
        let stopped = crate::engine::EngineError::Stopped;
        self.to_derive.send(ask).map_err(|_| ImportError::Engine(stopped))
    }

    /// Who acted in an event that is there already.
    fn account_at(&mut self, there: Position) -> Result<Option<AccountId>, ImportError> {
        let before = Position(there.0.saturating_sub(1));
        let stored = self.reader.chunk(before, there, 1)?;
        Ok(stored.first().and_then(|stored| stored.placed.account))
    }

    fn finish(self) -> Result<Finished, ImportError> {
        let Self { keeper, to_derive, import, source, settings, .. } = self;
        let last = keeper.last();
        // The deriving thread runs as long as anybody can send to it.
        drop(to_derive);
        let finished = keeper.finish()?;
        let report = Report {
            import,
            format: SERVED.to_owned(),
            tally: finished.tally.clone(),
            rejected_lines: Vec::new(),
            is_resumed: false,
            end: End::Reached,
            late: finished.derivation.pipeline().late_seen(),
            last,
        };
        conclude(finished, &report, &source, &settings)
    }
}
