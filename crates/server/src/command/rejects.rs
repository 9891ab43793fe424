//! `seawall rejects`: inputs that were refused, where they can be looked at.

use std::io::Write;

use seawall_model::Timestamp;
use seawall_store::{Access, Folder};

use super::args::{Global, Rejects};
use super::{Ended, settings, show};
use crate::chance;

/// Rejects read at once.
const ROWS_PER_READ: u32 = 500;
/// Characters of a refused input shown on a terminal.
const SHOWN_CHARS_MAX: usize = 200;

pub(super) fn run(global: &Global, given: &Rejects) -> anyhow::Result<Ended> {
    let settings = settings(global)?;
    let access = if given.clear { Access::Write } else { Access::Read };
    if !global.dir.exists() {
        return Err(seawall_store::Error::NoFolder(global.dir.clone()).into());
    }
    let folder = Folder::open(&global.dir, access, &mut *chance::source(settings.test_seed))?;
    let mut rejects = folder.rejects(access)?;
    if given.clear {
        let dropped = rejects.drop_before(Timestamp::MAX)?;
        say!("destroyed {}", show::counted(dropped, "refused input", "refused inputs"))?;
        return Ok(Ended::Fine);
    }
    let mut out = std::io::stdout().lock();
    let mut after = 0;
    loop {
        let chunk = rejects.read(after, ROWS_PER_READ)?;
        let Some((last, _)) = chunk.last() else { break };
        after = *last;
        for (_, reject) in &chunk {
            let text = String::from_utf8_lossy(&reject.bytes);
            if given.json {
                let row = serde_json::json!({
                    "import": reject.import,
                    "line": reject.line,
                    "code": reject.code,
                    "pointer": reject.pointer,
                    "detail": reject.detail,
                    "remedy": reject.remedy,
                    "input": text,
                    "input_is_whole": reject.is_whole,
                });
                writeln!(out, "{row}")?;
            } else {
                let at = if reject.pointer.is_empty() { "" } else { ": " };
                writeln!(
                    out,
                    "import {} line {}: {}{at}{}: {} ({})\n    {}",
                    reject.import,
                    reject.line,
                    reject.code,
                    reject.pointer,
                    reject.detail,
                    reject.remedy,
                    show::foreign(&text, SHOWN_CHARS_MAX)
                )?;
            }
        }
    }
    if !given.json {
        writeln!(out, "{}", show::counted(rejects.count(), "refused input", "refused inputs"))?;
    }
    Ok(Ended::Fine)
}
