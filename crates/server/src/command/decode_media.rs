//! `seawall decode-media`: the process that decodes one picture, confined. Left out: how.

use anyhow::Context;

use super::Ended;
use super::args::DecodeMedia;
use crate::media::sandbox::{Bounds, attempts, confine};
use crate::media::{self, Asked};

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

pub(super) fn run(given: &DecodeMedia) -> anyhow::Result<Ended> {
    let bounds = Bounds {
        memory_bytes: given.memory_mib.saturating_mul(MIB),
        cpu_seconds: given.cpu_seconds,
    };
    if given.attempt {
        confine(bounds).context("this process could not be confined")?;
        let could = attempts();
        for what in &could {
            say!("could {what}")?;
        }
        return Ok(if could.is_empty() { Ended::Fine } else { Ended::Findings });
    }
    let asked = Asked {
        look: given.look,
        side: given.side,
        bytes_max: given.bytes_max,
        side_max: given.side_max,
        pixels_max: given.pixels_max,
        bounds,
    };
    media::run(&asked)?;
    Ok(Ended::Fine)
}
