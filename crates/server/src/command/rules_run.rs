//! `seawall rules run`: rules over a file of events, without any state.
//!
//! Each event stands alone, one after another, so that a file may be of any length. What
//! asks for knowledge or for counts is Unknown, and said so. Left out: duplicates, order.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use seawall_event::records::Shape;
use seawall_event::{Decoded, Format};
use seawall_model::{Event, Limits};
use seawall_rule::{Effect, Input, Rests, Ruleset, Unobserved, Value, Verdict, evaluate};
use serde_json::json;

use super::args::RulesRun;
use super::knowledge::table::{self, BadLines, Skip};
use super::{Ended, rules, show};

/// How often a rule said what.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    matched: u64,
    not_matched: u64,
    unknown: u64,
    /// Verdicts, of any kind, that would perhaps be others had nothing been missing.
    resting: u64,
}

/// What came of all events.
#[derive(Default)]
struct Outcome {
    events: u64,
    failures: u64,
    rules: BTreeMap<Arc<str>, Counts>,
    /// Effects by what they are and the rule that asked first; how often, and how often
    /// resting on what is missing.
    effects: BTreeMap<(String, Arc<str>), (u64, u64)>,
}

pub(super) fn run(given: &RulesRun) -> anyhow::Result<Ended> {
    let files = rules::read(&given.rules)?;
    let rules = rules::load(&files, &given.rules)?;
    let mut outcome = Outcome::default();
    let mut bad = BadLines::default();
    let limits = Limits::default();
    let mut json = String::new();
    table::records(&given.events, Shape::Lines, &mut |line, record| {
        let decoded = record.and_then(|bytes| {
            let decoded = seawall_event::decode(bytes, Format::Canonical, &limits);
            decoded.map_err(|rejection| rejection.to_string())
        });
        match decoded {
            Ok(Decoded::Event(event)) => judge(&rules, &event, &mut json, &mut outcome),
            Ok(Decoded::Ignored(_)) => {}
            Err(why) => bad.push(line, why),
        }
        Ok(())
    })?;
    if given.json {
        tell_json(&rules, &outcome, bad.count)?;
    } else {
        tell(&rules, &outcome)?;
    }
    let file =
        if given.events.as_os_str() == "-" { Path::new("standard input") } else { &given.events };
    bad.settle(file, Skip::Bad)
}

fn judge(rules: &Ruleset, event: &Event, json: &mut String, outcome: &mut Outcome) {
    json.clear();
    seawall_event::encode_onto(event, json);
    outcome.events += 1;
    let Ok(data) = Value::from_json(json.as_bytes()) else {
        outcome.failures += 1;
        return;
    };
    let input = Input {
        data,
        secret: Value::Null,
        action_id: outcome.events.cast_signed(),
        action_name: event.kind().as_str().into(),
        timestamp: event.at,
    };
    let evaluation = evaluate(rules, &input, &Unobserved);
    outcome.failures += u64::from(!evaluation.errors.is_empty());
    for rule in evaluation.rules {
        let counts = outcome.rules.entry(rule.name).or_default();
        counts.resting += u64::from(rule.rests_on_missing == Rests::Yes);
        match rule.verdict {
            Verdict::Matched => counts.matched += 1,
            Verdict::NotMatched => counts.not_matched += 1,
            Verdict::Unknown => counts.unknown += 1,
        }
    }
    for fired in evaluation.effects {
        let what = match &fired.effect {
            Effect::OpenCase { policy, .. } => format!("open_case {policy}"),
            Effect::DeclareVerdict { outcome } => format!("declare {outcome}"),
        };
        let rule = fired.rules.first().cloned().unwrap_or_else(|| "".into());
        let counts = outcome.effects.entry((what, rule)).or_default();
        counts.0 += 1;
        counts.1 += u64::from(fired.rests_on_missing == Rests::Yes);
    }
}

/// Events of which a rule said nothing: its file was not asked.
fn not_asked(outcome: &Outcome, counts: Counts) -> u64 {
    outcome.events.saturating_sub(counts.matched + counts.not_matched + counts.unknown)
}

fn tell(rules: &Ruleset, outcome: &Outcome) -> anyhow::Result<()> {
    say!("{} judged, each by itself", show::counted(outcome.events, "event", "events"))?;
    let columns = ["matched", "not matched", "unknown", "not asked", "on missing"];
    say!("{}  rule", columns.map(|column| format!("{column:>12}")).join(""))?;
    for name in rules.rules() {
        let counts = outcome.rules.get(name).copied().unwrap_or_default();
        let Counts { matched, not_matched, unknown, resting } = counts;
        let cells = [matched, not_matched, unknown, not_asked(outcome, counts), resting];
        let cells = cells.map(|cell| format!("{:>12}", show::count(cell))).join("");
        say!("{cells}  {}", show::foreign(name, 80))?;
    }
    for ((what, rule), (count, resting)) in &outcome.effects {
        say!(
            "{:>12} times {}, for {}; {} rest on something missing",
            show::count(*count),
            show::foreign(what, 100),
            show::foreign(rule, 80),
            show::count(*resting)
        )?;
    }
    if outcome.rules.values().any(|counts| counts.resting > 0) {
        say!("on missing: the verdict might be another with terms, banks, profiles and counts")?;
    }
    if outcome.effects.is_empty() {
        say!("no rule asked for anything")?;
    }
    if outcome.failures > 0 {
        say!("on {} something failed", show::counted(outcome.failures, "event", "events"))?;
    }
    Ok(())
}

fn tell_json(rules: &Ruleset, outcome: &Outcome, refused: u64) -> anyhow::Result<()> {
    for name in rules.rules() {
        let counts = outcome.rules.get(name).copied().unwrap_or_default();
        let row = json!({
            "rule": name, "matched": counts.matched, "not_matched": counts.not_matched,
            "unknown": counts.unknown, "not_asked": not_asked(outcome, counts),
            "rests_on_missing": counts.resting,
        });
        say!("{row}")?;
    }
    for ((what, rule), (count, resting)) in &outcome.effects {
        let (effect, of) = what.split_once(' ').unwrap_or((what, ""));
        let row = json!({
            "effect": effect, "of": of, "rule": &**rule, "count": count,
            "rests_on_missing": resting,
        });
        say!("{row}")?;
    }
    let row = json!({
        "events": outcome.events, "refused": refused, "failed": outcome.failures,
    });
    say!("{row}")?;
    Ok(())
}
