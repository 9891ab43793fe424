//! `seawall tide`: activity over time with its baseline, waves and field events.
//!
//! Left out: gathering it ([`crate::tide`]) and drawing it.

use seawall_model::Timestamp;
use seawall_store::{Access, Folder};

use super::args::{Global, Tide};
use super::{Ended, settings, tide_chart, tide_list};
use crate::chance;
use crate::tide::{Asked, gather};

pub(super) fn run(global: &Global, given: &Tide) -> anyhow::Result<Ended> {
    let settings = settings(global)?;
    let folder = Folder::open(&global.dir, Access::Read, &mut *chance::source(settings.test_seed))?;
    if let Some(listed) = given.list {
        let times = match given.hour {
            Some(hour) => hour.hour().start()..hour.hour().end(),
            None => given.from.unwrap_or(Timestamp::MIN)..given.to.unwrap_or(Timestamp::MAX),
        };
        return tide_list::run(&folder, listed, times, given);
    }
    let by = given.by.map(Into::into);
    let asked = Asked { from: given.from, to: given.to, by, trace: given.trace.clone() };
    let shown = gather(&folder, &asked)?;
    let mut out = std::io::stdout().lock();
    if given.json {
        tide_chart::json(&shown, &mut out)?;
    } else {
        tide_chart::draw(&shown, &global.dir, &mut out)?;
    }
    Ok(Ended::Fine)
}
