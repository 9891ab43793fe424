//! Which entries of the journal give instructions, and which tell what became of them.

use std::sync::PoisonError;
use std::time::Duration;

use seawall_model::journal::{Body, Outcome, PolicyCited};
use seawall_model::{CaseId, Timestamp};
use seawall_store::{DeliveryState, Enqueued, Entries, Feed, InstructionId, Outbox, Recorded};
use tokio::sync::watch;

use super::letters::after_undo;
use super::say::{Asked, Said, Saying};
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
                Step::Instructions(said) => {
                    say_anew(&mut outbox, &said)?;
                    let new: Vec<_> = said.into_iter().map(|said| said.instruction).collect();
                    outbox.enqueue(seq, &new, feed, now)
                }
                Step::Outcome { id, state, attempts, status } => {
                    outbox.apply(seq, id, (state, attempts), status, now)?;
                    Ok(Enqueued::default())
                }
            }
        });
        let Enqueued { cancelled, untold, .. } = kept.await??;
        for id in &untold {
            tracing::error!(seq, %id, "an instruction is not sent: see GET /v1/delivery?state=refused");
        }
        let cancelled = cancelled.into_iter().map(|id| (id, DeliveryState::Cancelled));
        let untold = untold.into_iter().map(|id| (id, DeliveryState::Dead));
        for (id, state) in cancelled.chain(untold) {
            let body = super::entry(id, state, None, 0);
            self.service.ask_engine(move |derivation| derivation.input(body, now)).await?;
        }
        Ok(())
    }
}

/// What still waits to tell of actions that are now taken back is said anew: it may arrive after
/// the undo, which waits for no notice (law 5), and must not tell then that they hold.
fn say_anew(outbox: &mut Outbox, said: &[Said]) -> Result<(), seawall_store::Error> {
    for undo in said.iter().filter(|said| said.is_undo()) {
        let telling = outbox.telling(undo.instruction.id.action)?;
        let last = telling.len().saturating_sub(1);
        for (place, (id, payload)) in telling.iter().enumerate() {
            // The last of them tells how it ended.
            let ended = undo.notice.as_ref().filter(|_| place == last);
            if let Some(anew) = after_undo(payload, ended) {
                outbox.resay(*id, &anew)?;
            }
        }
    }
    Ok(())
}

fn lock(outbox: &SharedOutbox) -> std::sync::MutexGuard<'_, seawall_store::Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an entry means for the outbox.
enum Step {
    Nothing,
    Instructions(Vec<Said>),
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
        Body::Decided { actions, released, decision, case, policy, .. } => {
            // What people replace stays until they have had their time to think again.
            let ends = if actions.is_empty() { at } else { held };
            asked.extend(released.iter().map(|number| Asked::replaced(*number, (at, ends))));
            for planned in actions {
                let done = Asked::done(planned, Some(*decision), *case, (at, held));
                asked.push(done.under(policy.clone()));
            }
        }
        // It lapses by itself within hours: it is not held back.
        Body::RestrictedUnattended { case, action, .. } => {
            let policy = cited(desk, *case, action.action);
            asked.push(Asked::done(action, None, Some(*case), (at, at)).under(policy));
        }
        Body::ActionsLapsed { actions }
        | Body::Overturned { actions_reversed: actions, .. }
        | Body::Withdrawn { actions_reversed: actions, .. } => {
            asked.extend(actions.iter().map(|number| Asked::undo(*number, at)));
        }
        Body::Delivered { action, effect, outcome, status, attempts } => {
            let id = InstructionId { action: *action, effect: super::effect_of(*effect) };
            let state = state_of(*outcome);
            return Ok(Step::Outcome { id, state, attempts: *attempts, status: *status });
        }
        Body::DeliveryReleased(released) => {
            let effect = super::effect_of(released.effect);
            let id = InstructionId { action: released.action, effect };
            let (state, attempts) = (DeliveryState::Cancelled, released.attempts);
            return Ok(Step::Outcome { id, state, attempts, status: None });
        }
        Body::AppealDecided { .. } => {
            let answer = saying.answer(desk, recorded)?;
            return Ok(Step::Instructions(answer.into_iter().collect()));
        }
        Body::NoticesDue { case } => {
            return Ok(Step::Instructions(saying.withheld(
                desk,
                CaseId(*case),
                (recorded.entry.seq, at),
            )?));
        }
        _ => return Ok(Step::Nothing),
    }
    let mut new = Vec::with_capacity(asked.len());
    for asked in asked {
        new.extend(saying.instruction(desk, &asked, recorded.entry.seq)?);
    }
    Ok(Step::Instructions(new))
}

/// The policy under which something in force was restricted without a person.
fn cited(desk: &Desk<'_>, case: u64, action: u64) -> Option<PolicyCited> {
    let judge = desk.judge();
    let (_, version) = judge.restricted_under(action)?;
    let case = judge.cases().get(CaseId(case))?;
    Some(PolicyCited { id: case.policy.to_string(), version })
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
