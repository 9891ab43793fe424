//! Jetstream's `network.bsky.jetstream.subscribeEvents`, framed or bare.
//!
//! `#sync` and `#info` say something of the stream, not of an account: they are ignored,
//! as are error frames.

use seawall_model::{Limits, Rejection};

use super::Commit;
use crate::json::{At, Object};
use crate::{Decoded, FIX_THE_SENDER};

/// Reads one frame, or the payload of one.
pub(crate) fn decode(text: &str, limits: &Limits) -> Result<Decoded, Rejection> {
    let at = At::ROOT;
    let mut frame = Object::read(text, &at, limits)?;
    let name = frame.required_word("$type")?;
    match &*name {
        "message" => {
            let decoded = frame.object("payload", |mut payload| {
                let name = payload.required_word("$type")?;
                message(&name, payload)
            })?;
            decoded.ok_or_else(|| at.key("payload").missing(FIX_THE_SENDER))
        }
        "error" => {
            let error = frame.word("error")?.unwrap_or_default();
            Ok(Decoded::ignored(&format!("error:{error}")))
        }
        _ => message(&name, frame),
    }
}

fn message(name: &str, mut payload: Object<'_, '_>) -> Result<Decoded, Rejection> {
    let kind = name.rsplit_once('#').map_or(name, |(_, kind)| kind);
    if !["commit", "identity", "account"].contains(&kind) {
        return Ok(Decoded::ignored(&format!("#{kind}")));
    }
    let did = payload.required_id("did", FIX_THE_SENDER)?;
    let witnessed = payload.time("time")?;
    let witnessed = witnessed.ok_or_else(|| payload.at.key("time").missing(FIX_THE_SENDER))?;
    if kind == "commit" {
        return Commit::read(&mut payload, did, witnessed)?.meaning(payload.at, payload.limits);
    }
    let decoded = payload.object(kind, |inner| match kind {
        "identity" => super::identity(did, witnessed, inner),
        _ => super::account(did, witnessed, inner),
    })?;
    decoded.ok_or_else(|| payload.at.key(kind).missing(FIX_THE_SENDER))
}
