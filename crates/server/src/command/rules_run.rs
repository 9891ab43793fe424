//! `seawall rules run`: rules over a file of events, without any state.
//!
//! Each event stands alone, one after another, so that a file may be of any length. What
//! asks for knowledge or for counts is Unknown, and said so. Left out: duplicates, order.

use std::path::Path;

use seawall_event::records::Shape;
use seawall_event::{Decoded, Format};
use seawall_model::Limits;
use seawall_rule::Ruleset;
use serde_json::json;

use super::args::RulesRun;
use super::knowledge::table::{self, BadLines, Skip};
use super::{Ended, rules, show};
use crate::desk::knowledge::trial::{EffectTold, Trial};

pub(super) fn run(given: &RulesRun) -> anyhow::Result<Ended> {
    let files = rules::read(&given.rules)?;
    let rules = rules::load(&files, &given.rules)?;
    let mut trial = Trial::default();
    let mut bad = BadLines::default();
    let limits = Limits::default();
    table::records(&given.events, Shape::Lines, &mut |line, record| {
        let decoded = record.and_then(|bytes| {
            let decoded = seawall_event::decode(bytes, Format::Canonical, &limits);
            decoded.map_err(|rejection| rejection.to_string())
        });
        match decoded {
            Ok(Decoded::Event(event)) => trial.judge(&rules, &event),
            Ok(Decoded::Ignored(_)) => {}
            Err(why) => bad.push(line, why),
        }
        Ok(())
    })?;
    if given.json {
        tell_json(&rules, &trial, bad.count)?;
    } else {
        tell(&rules, &trial)?;
    }
    let file =
        if given.events.as_os_str() == "-" { Path::new("standard input") } else { &given.events };
    bad.settle(file, Skip::Bad)
}

fn tell(rules: &Ruleset, trial: &Trial) -> anyhow::Result<()> {
    say!("{} judged, each by itself", show::counted(trial.events(), "event", "events"))?;
    let columns = ["matched", "not matched", "unknown", "not asked", "on missing"];
    say!("{}  rule", columns.map(|column| format!("{column:>12}")).join(""))?;
    let told = trial.rules(rules);
    for rule in &told {
        let cells =
            [rule.matched, rule.not_matched, rule.unknown, rule.not_asked, rule.rests_on_missing];
        let cells = cells.map(|cell| format!("{:>12}", show::count(cell))).join("");
        say!("{cells}  {}", show::foreign(&rule.rule, 80))?;
    }
    let effects = trial.effects();
    for EffectTold { effect, of, rule, count, rests_on_missing } in &effects {
        say!(
            "{:>12} times {}, for {}; {} rest on something missing",
            show::count(*count),
            show::foreign(&format!("{effect} {of}"), 100),
            show::foreign(rule, 80),
            show::count(*rests_on_missing)
        )?;
    }
    if told.iter().any(|rule| rule.rests_on_missing > 0) {
        say!("on missing: the verdict might be another with terms, banks, profiles and counts")?;
    }
    if effects.is_empty() {
        say!("no rule asked for anything")?;
    }
    if trial.failures() > 0 {
        say!("on {} something failed", show::counted(trial.failures(), "event", "events"))?;
    }
    Ok(())
}

fn tell_json(rules: &Ruleset, trial: &Trial, refused: u64) -> anyhow::Result<()> {
    for rule in trial.rules(rules) {
        say!("{}", serde_json::to_value(rule)?)?;
    }
    for effect in trial.effects() {
        say!("{}", serde_json::to_value(effect)?)?;
    }
    let row = json!({
        "events": trial.events(), "refused": refused, "failed": trial.failures(),
    });
    say!("{row}")?;
    Ok(())
}
