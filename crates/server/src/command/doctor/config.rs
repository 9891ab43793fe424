//! `seawall doctor --config FILE` and `seawall config`: whether a configuration is right, and what
//! one can say.

use std::path::Path;

use super::super::Ended;
use super::super::args::ConfigWhat;
use super::show;
use crate::config::{Weight, check, schema, table};

/// Tells what is wrong with a configuration; gives whether it can be used.
pub(super) fn tell(path: &Path) -> std::io::Result<bool> {
    let found = check(path);
    let file = path.display();
    for finding in &found {
        let place = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        let key = match finding.key.as_str() {
            "" => String::new(),
            key => format!(" {key}:"),
        };
        let word = if finding.weight == Weight::Wrong { "PROBLEM" } else { "note   " };
        let (what, remedy) = (&finding.what, &finding.remedy);
        say!("{word} {file}{place}:{key} {what}\n        what to do: {remedy}")?;
    }
    let wrong = found.iter().filter(|finding| finding.weight == Weight::Wrong).count() as u64;
    match wrong {
        0 => say!("ok      {file}: it can be used")?,
        _ => say!("{file}: {} found", show::counted(wrong, "problem", "problems"))?,
    }
    Ok(wrong == 0)
}

pub(in crate::command) fn configured(what: ConfigWhat) -> anyhow::Result<Ended> {
    match what {
        ConfigWhat::Schema => say!("{}", serde_json::to_string_pretty(&schema())?)?,
        ConfigWhat::Keys => say!("{}", table().trim_end())?,
    }
    Ok(Ended::Fine)
}
