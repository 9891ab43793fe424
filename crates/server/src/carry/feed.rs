//! Which entries of the journal give instructions, and which tell what became of them.

use std::sync::PoisonError;
use std::time::Duration;

use seawall_model::journal::{Body, Effect as JournalEffect, Outcome};
use seawall_model::{CaseId, Timestamp};
use seawall_store::{
    DeliveryState, Effect, Enqueued, Entries, Feed, InstructionId, NewInstruction, Recorded,
};
use tokio::sync::watch;

use super::say::{Asked, Saying};
use crate::config::Config;
use crate::deliver::SharedOutbox;
use crate::desk::Desk;
use crate::service::Service;

/// Entries of the journal read at once.
const ENTRIES_PER_READ: u32 = 500;
/// How long to wait after a failure of the disk before it is tried again.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// Feeds the outbox from the journal.
pub(super) struct Feeder {
    service: Service,
    outbox: SharedOutbox,
    saying: Saying,
    hold_back: Duration,
    feed: Feed,
    reached: watch::Receiver<u64>,
}

impl Feeder {
    pub(super) fn new(
        service: Service,
        outbox: SharedOutbox,
        config: &Config,
    ) -> anyhow::Result<Self> {
        let journal = service.journal()?;
        let is_new = lock(&outbox).reached()? == 0;
        // An outbox that is new beside a journal that tells of deliveries was lost: what is
        // missing in it was perhaps sent. Where nothing was ever sent, it is simply new.
        let was_lost = is_new && journal.last_of_type("delivered")?.is_some();
        let feed = if was_lost { Feed::Rebuild } else { Feed::Live };
        let saying = Saying::new(service.folder().keys().appeal_key(), &config.serve);
        let (reached, hold_back) = (service.reached(), config.deliver.hold_back());
        Ok(Self { service, outbox, saying, hold_back, feed, reached })
    }

    /// Feeds all that the journal holds by now.
    pub(super) async fn catch_up(&mut self) -> anyhow::Result<()> {
        let goal = self.service.journal()?.head().0;
        while self.step().await? < goal {}
        self.feed = Feed::Live;
        Ok(())
    }

    /// Waits for entries and feeds them; `false` once the service has ended.
    pub(super) async fn next(&mut self) -> bool {
        match self.step().await {
            Ok(at) => self.reached.wait_for(|reached| *reached > at).await.is_ok(),
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be fed; it is tried again");
                tokio::time::sleep(FAILURE_PAUSE).await;
                !*self.service.failed().borrow()
            }
        }
    }

    /// Feeds some entries, and gives the last one that the outbox knows.
    async fn step(&mut self) -> anyhow::Result<u64> {
        let from = lock(&self.outbox).reached()?;
        let read = self.service.journal()?.read(from, ENTRIES_PER_READ)?;
        let Some(last) = read.last().map(|recorded| recorded.entry.seq) else { return Ok(from) };
        let (saying, hold_back) = (self.saying.clone(), self.hold_back);
        let service = self.service.clone();
        let now = service.clock().now();
        let made = self.service.ask(move |derivation| -> anyhow::Result<_> {
            let mut reader = service.folder().log_reader()?;
            let mut desk = Desk::over(derivation, &mut reader, now);
            let mut steps = Vec::new();
            for recorded in &read {
                steps.push((recorded.entry.seq, told(&mut desk, recorded, &saying, hold_back)?));
            }
            Ok(steps)
        });
        for (seq, step) in made.await?? {
            // What gives nothing is passed over in one step with what follows.
            if !matches!(step, Step::Nothing) || seq == last {
                self.keep(seq, step, now).await?;
            }
        }
        Ok(last)
    }

    async fn keep(&mut self, seq: u64, step: Step, now: Timestamp) -> anyhow::Result<()> {
        let (outbox, feed) = (self.outbox.clone(), self.feed);
        let kept = tokio::task::spawn_blocking(move || {
            let mut outbox = lock(&outbox);
            match step {
                Step::Nothing => outbox.enqueue(seq, &[], feed, now),
                Step::Instructions(new) => outbox.enqueue(seq, &new, feed, now),
                Step::Outcome { id, state, attempts, status } => {
                    outbox.apply(seq, id, (state, attempts), status, now)?;
                    Ok(Enqueued::default())
                }
            }
        });
        for id in kept.await??.cancelled {
            let body = super::entry(id, DeliveryState::Cancelled, None, 0);
            self.service.ask_engine(move |derivation| derivation.input(body, now)).await?;
        }
        Ok(())
    }
}

fn lock(outbox: &SharedOutbox) -> std::sync::MutexGuard<'_, seawall_store::Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an entry means for the outbox.
enum Step {
    Nothing,
    Instructions(Vec<NewInstruction>),
    Outcome { id: InstructionId, state: DeliveryState, attempts: u32, status: Option<u16> },
}

fn told(
    desk: &mut Desk<'_>,
    recorded: &Recorded,
    saying: &Saying,
    hold_back: Duration,
) -> anyhow::Result<Step> {
    let at = recorded.entry.at;
    let held = at.plus_micros(i64::try_from(hold_back.as_micros()).unwrap_or(i64::MAX));
    let mut asked = Vec::new();
    match &recorded.entry.body {
        Body::Decided { actions, released, decision, case, .. } => {
            asked.extend(released.iter().map(|number| Asked::undo(*number, at)));
            for planned in actions {
                asked.push(Asked::done(planned, Some(*decision), *case, (at, held)));
            }
        }
        // It lapses by itself within hours: it is not held back.
        Body::RestrictedUnattended { case, action, .. } => {
            asked.push(Asked::done(action, None, Some(*case), (at, at)));
        }
        Body::ActionsLapsed { actions }
        | Body::Overturned { actions_reversed: actions, .. }
        | Body::Withdrawn { actions_reversed: actions, .. } => {
            asked.extend(actions.iter().map(|number| Asked::undo(*number, at)));
        }
        Body::Delivered { action, effect, outcome, status, attempts } => {
            let effect = match effect {
                JournalEffect::Do => Effect::Do,
                JournalEffect::Undo => Effect::Undo,
                JournalEffect::Notice => Effect::Notice,
                JournalEffect::Answer => Effect::Answer,
            };
            let id = InstructionId { action: *action, effect };
            let state = state_of(*outcome);
            return Ok(Step::Outcome { id, state, attempts: *attempts, status: *status });
        }
        Body::AppealDecided { .. } => {
            let answer = saying.answer(desk, recorded)?;
            return Ok(Step::Instructions(answer.into_iter().collect()));
        }
        Body::NoticesDue { case } => {
            return Ok(Step::Instructions(saying.withheld(desk, CaseId(*case), at)?));
        }
        _ => return Ok(Step::Nothing),
    }
    let mut new = Vec::with_capacity(asked.len());
    for asked in asked {
        new.extend(saying.instruction(desk, asked, recorded.entry.seq)?);
    }
    Ok(Step::Instructions(new))
}

fn state_of(outcome: Outcome) -> DeliveryState {
    match outcome {
        Outcome::Delivered => DeliveryState::Delivered,
        Outcome::Refused => DeliveryState::Refused,
        Outcome::Dead => DeliveryState::Dead,
        Outcome::Cancelled => DeliveryState::Cancelled,
        Outcome::DryRun => DeliveryState::DryRun,
    }
}
