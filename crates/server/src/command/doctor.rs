//! `seawall doctor`: prints what the doctor finds, as it goes.

mod config;

use seawall_pipeline::BUILD;

use super::args::{Doctor, Global};
use super::{Ended, settings, show};
use crate::doctor::{Found, Look, Reading, look};

pub(super) use config::configured;

pub(super) fn run(global: &Global, given: &Doctor) -> anyhow::Result<Ended> {
    let dir = &global.dir;
    if let Some(path) = &global.config {
        let is_usable = config::tell(path)?;
        if !is_usable || !dir.exists() {
            return Ok(if is_usable { Ended::Fine } else { Ended::Findings });
        }
    }
    let settings = settings(global)?;
    let given = Look {
        dir: dir.clone(),
        reading: if given.quick { Reading::Quick } else { Reading::Whole },
        free_mib_min: settings.config.disk.free_mib_min,
        now: settings.clock.now(),
        test_seed: settings.test_seed,
    };
    let (mut damages, mut is_begun) = (0, false);
    look(&given, &mut |subject, found| {
        if !std::mem::replace(&mut is_begun, true) {
            let version = env!("CARGO_PKG_VERSION");
            say!("seawall {version} (deriving build {BUILD}), folder {}", dir.display())?;
        }
        match found {
            Found::Sound(text) => say!("ok      {subject}: {text}"),
            Found::Note(text) => say!("note    {subject}: {text}"),
            Found::Damage { what, remedy } => {
                damages += 1;
                say!("PROBLEM {subject}: {what}\n        what to do: {remedy}")
            }
        }
    })?;
    if damages == 0 {
        say!("nothing to do")?;
        return Ok(Ended::Fine);
    }
    say!("{} found", show::counted(damages, "problem", "problems"))?;
    Ok(Ended::Findings)
}
