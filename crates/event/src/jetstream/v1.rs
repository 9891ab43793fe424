//! Jetstream's `/subscribe`: `did`, `time_us`, `kind` and an object named by the kind.
//!
//! Newer servers add `cursor`, which is the stream's own and is left out.

use seawall_model::{Limits, Rejection, Timestamp};

use super::Commit;
use crate::json::{At, Object};
use crate::{Decoded, FIX_THE_SENDER};

/// Reads one message.
pub(crate) fn decode(text: &str, limits: &Limits) -> Result<Decoded, Rejection> {
    let at = At::ROOT;
    let mut object = Object::read(text, &at, limits)?;
    let kind = object.required_word("kind")?;
    if !["commit", "identity", "account"].contains(&&*kind) {
        return Ok(Decoded::ignored(&kind));
    }
    let did = object.required_id("did", FIX_THE_SENDER)?;
    let witnessed = witnessed(&mut object)?;
    let decoded = object.object(&kind, |mut inner| match &*kind {
        "commit" => Commit::read(&mut inner, did, witnessed)?.meaning(inner.at, inner.limits),
        "identity" => super::identity(did, witnessed, inner),
        _ => super::account(did, witnessed, inner),
    })?;
    decoded.ok_or_else(|| at.key(&kind).missing(FIX_THE_SENDER))
}

/// `time_us`: microseconds since 1970 at which the stream saw the message.
fn witnessed(object: &mut Object<'_, '_>) -> Result<Timestamp, Rejection> {
    let micros = object.count("time_us")?;
    let at = object.at.key("time_us");
    let micros = micros.ok_or_else(|| at.missing(FIX_THE_SENDER))?;
    i64::try_from(micros).ok().and_then(|micros| Timestamp::from_micros(micros).ok()).ok_or_else(
        || at.invalid("the time is not between 1970 and 9999", "send microseconds since 1970"),
    )
}
