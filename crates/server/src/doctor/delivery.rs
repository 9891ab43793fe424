//! What the doctor asks of delivery: what the platform could not be told.

use seawall_store::{Access, DeliveryState, Folder};

use super::{Found, RESTORE, damage};
use crate::show;

/// How delivery stands: what waits, what is a dead letter, and what was never written.
pub(super) fn standing(folder: &Folder) -> Found {
    if !folder.path().join("outbox.db").exists() {
        return Found::Sound("none".into());
    }
    let counts = match folder.outbox(Access::Read).and_then(|outbox| outbox.counts()) {
        Ok(counts) => counts,
        Err(error) => return damage(&error, RESTORE),
    };
    let dead = counts.of(DeliveryState::Refused) + counts.of(DeliveryState::Dead);
    let mut told = format!(
        "{} waiting, {}",
        show::count(counts.of(DeliveryState::Waiting)),
        show::counted(dead, "dead letter", "dead letters"),
    );
    if counts.untold > 0 {
        told = format!("{told}, {} of them never written", show::count(counts.untold));
    }
    if let Some(at) = counts.gone_at {
        let how = "POST /v1/delivery/reopen";
        return Found::Note(format!(
            "{told}; nothing is sent since {at}: the endpoint is gone ({how})"
        ));
    }
    match dead {
        0 => Found::Sound(told),
        _ => Found::Note(format!("{told}: replay or release them")),
    }
}
