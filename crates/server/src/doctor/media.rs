//! What the doctor asks of media: whether the files are there, whether marked ones wait, and whether
//! this system confines the process that decodes.

use std::process::{Command, Stdio};

use seawall_store::{Access, Error, Folder};

use super::{Found, RESTORE, damage};
use crate::show;

/// What to do where the process cannot be confined.
const UNCONFINED: &str = "run seawall on Linux with seccomp, outside of a container that forbids \
                          it; until then no thumbnail is made, and nothing else is missing";
/// What to do about files that are not there.
const MISSING: &str = "have the platform send them again, or restore the newest backup: what was \
                       marked is in none";

pub(super) fn files(folder: &Folder) -> Found {
    if !folder.path().join("media.db").exists() {
        return Found::Sound("none".into());
    }
    let totals = match folder.media(Access::Read).and_then(|media| media.totals()) {
        Ok(totals) => totals,
        Err(error @ Error::Missing(_)) => return Found::Note(error.to_string()),
        Err(error) => return damage(&error, RESTORE),
    };
    let told = format!(
        "{}, {} bytes; {} marked; {} noted",
        show::counted(totals.objects, "file", "files"),
        show::count(totals.bytes),
        show::count(totals.marked),
        show::counted(totals.readings, "look", "looks"),
    );
    if totals.missing > 0 {
        let missing = show::counted(totals.missing, "file", "files");
        return Found::Damage { what: format!("{missing} missing of {told}"), remedy: MISSING };
    }
    match totals.waiting {
        0 => Found::Sound(told),
        waiting => {
            let waiting = show::counted(waiting, "marked file waits", "marked files wait");
            Found::Note(format!("{told}; {waiting} to be handed over"))
        }
    }
}

/// Starts the process as the server does, and has it try what it must not be able to do.
pub(super) fn decoding() -> Found {
    let tried = Command::new("/proc/self/exe")
        .args(["decode-media", "--attempt"])
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let could = match &tried {
        Err(error) => format!("the process could not be started: {error}"),
        Ok(output) if output.status.success() => {
            return Found::Sound("confined: no file, no network, no process".into());
        }
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().replace('\n', ", "),
    };
    match could.is_empty() {
        true => Found::Note(format!("the process could not be confined: {UNCONFINED}")),
        false => {
            let what = format!("the process that decodes pictures {could}");
            Found::Damage { what, remedy: UNCONFINED }
        }
    }
}
