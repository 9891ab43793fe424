//! Carries decisions out: what the journal says is to be done becomes instructions in the
//! outbox, and what the platform answered becomes entries of the journal.
//!
//! An instruction follows from an entry alone, so the outbox can be lost and made again. Entries
//! are fed in their order, before anything is sent. Left out: how it is sent ([`deliver`]).
//!
//! [`deliver`]: crate::deliver

mod feed;
mod letters;
mod say;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seawall_model::journal::{Body, Effect as JournalEffect, Outcome};
use seawall_store::{DeliveryState, Effect, InstructionId, Outbox};
use tokio::runtime::Handle;

use crate::chance;
use crate::deliver::{DeliverConfig, Deliverer, Settled, SharedOutbox, Surroundings};
use crate::engine::Settings;
use crate::service::Service;

use feed::Feeder;
pub(crate) use say::AppealLinks;

/// Carries out what was decided, while the server runs.
pub struct Carrier {
    outbox: SharedOutbox,
    links: AppealLinks,
    running: Mutex<Option<Running>>,
}

struct Running {
    deliverer: Option<Arc<Deliverer>>,
    feeding: tokio::task::JoinHandle<()>,
}

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carrier(…)")
    }
}

impl Carrier {
    /// Feeds what the outbox missed, then starts sending, where something is configured.
    ///
    /// # Errors
    /// If the outbox, the journal or the configuration cannot be used.
    pub async fn start(service: &Service, settings: &Settings) -> anyhow::Result<Self> {
        let config = settings.config.deliver.clone();
        let outbox = service.folder().outbox(seawall_store::Access::Write)?;
        let outbox: SharedOutbox = Arc::new(Mutex::new(outbox));
        let mut feeder = Feeder::new(service.clone(), outbox.clone(), &settings.config)?;
        feeder.catch_up().await?;
        let chance = chance::source(settings.test_seed.map(|seed| seed ^ 0xde1));
        let deliverer = deliverer(service, &config, &outbox, chance)?.map(Arc::new);
        let waking = deliverer.clone();
        let feeding = tokio::spawn(async move {
            while feeder.next().await {
                if let Some(deliverer) = &waking {
                    deliverer.wake();
                }
            }
        });
        let key = service.folder().keys().appeal_key();
        let links = AppealLinks::new(key, settings.config.serve.public_url.clone());
        let running = Mutex::new(Some(Running { deliverer, feeding }));
        Ok(Self { outbox, links, running })
    }

    /// The signed links by which somebody appeals.
    pub(crate) fn links(&self) -> &AppealLinks {
        &self.links
    }

    /// The outbox. Waits for the disk: only on a thread that may wait.
    pub fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something may be sent.
    pub fn wake(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(deliverer) = running.as_ref().and_then(|running| running.deliverer.as_ref()) {
            deliverer.wake();
        }
    }

    /// Sends nothing new, and returns once what is in flight is answered and journaled.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { deliverer, feeding }) = running else { return };
        feeding.abort();
        let _ = feeding.await;
        if let Some(deliverer) = deliverer.and_then(Arc::into_inner) {
            deliverer.stop().await;
        }
    }
}

fn deliverer(
    service: &Service,
    config: &DeliverConfig,
    outbox: &SharedOutbox,
    chance: Box<dyn seawall_store::Chance>,
) -> anyhow::Result<Option<Deliverer>> {
    let Some(settings) = config.settings(&service.folder().keys().folder_id())? else {
        return Ok(None);
    };
    let (told, handle) = (service.clone(), Handle::current());
    let surroundings = Surroundings {
        outbox: outbox.clone(),
        clock: service.clock(),
        chance,
        on_settled: Arc::new(move |settled: &Settled| {
            let body = delivered(settled);
            let now = told.clock().now();
            let journal = told.ask_engine(move |derivation| derivation.input(body, now));
            handle.block_on(journal).map_err(|error| error.to_string())
        }),
    };
    Ok(Some(Deliverer::start(settings, surroundings)?))
}

fn delivered(settled: &Settled) -> Body {
    entry(settled.id, settled.outcome, settled.status, settled.attempts)
}

/// The entry that tells what became of an instruction.
pub(crate) fn entry(
    id: InstructionId,
    state: DeliveryState,
    status: Option<u16>,
    attempts: u32,
) -> Body {
    Body::Delivered {
        action: id.action,
        effect: journaled(id.effect),
        outcome: match state {
            // Only what is settled is told.
            DeliveryState::Waiting | DeliveryState::Dead => Outcome::Dead,
            DeliveryState::Delivered => Outcome::Delivered,
            DeliveryState::Refused => Outcome::Refused,
            DeliveryState::Cancelled => Outcome::Cancelled,
            DeliveryState::DryRun => Outcome::DryRun,
        },
        status,
        attempts,
    }
}

/// An effect as the journal tells it.
pub(crate) fn journaled(effect: Effect) -> JournalEffect {
    match effect {
        Effect::Do => JournalEffect::Do,
        Effect::Undo => JournalEffect::Undo,
        Effect::Notice => JournalEffect::Notice,
        Effect::Answer => JournalEffect::Answer,
        Effect::SecondNotice => JournalEffect::SecondNotice,
        Effect::ThirdNotice => JournalEffect::ThirdNotice,
    }
}

/// An effect that the journal told.
fn effect_of(told: JournalEffect) -> Effect {
    match told {
        JournalEffect::Do => Effect::Do,
        JournalEffect::Undo => Effect::Undo,
        JournalEffect::Notice => Effect::Notice,
        JournalEffect::Answer => Effect::Answer,
        JournalEffect::SecondNotice => Effect::SecondNotice,
        JournalEffect::ThirdNotice => Effect::ThirdNotice,
    }
}
