//! Rules over events, each by itself and without any state: what asks for knowledge or for
//! counts is Unknown, and said so.
//!
//! Left out: where the events come from, duplicates, order.

use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_model::Event;
use seawall_rule::{Effect, Input, Rests, Ruleset, Unobserved, Value, Verdict, evaluate};

pub use crate::desk::view::knowledge::{EffectTold, RuleTold};

/// How often a rule said what.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    matched: u64,
    not_matched: u64,
    unknown: u64,
    /// Verdicts, of any kind, that would perhaps be others had nothing been missing.
    resting: u64,
}

/// What came of all events so far.
#[derive(Debug, Default)]
pub struct Trial {
    events: u64,
    failures: u64,
    rules: BTreeMap<Arc<str>, Counts>,
    /// Effects by what they are and the rule that asked first; how often, and how often
    /// resting on what is missing.
    effects: BTreeMap<(String, Arc<str>), (u64, u64)>,
    json: String,
}

impl Trial {
    /// Judges one event.
    pub fn judge(&mut self, rules: &Ruleset, event: &Event) {
        self.json.clear();
        seawall_event::encode_onto(event, &mut self.json);
        self.events += 1;
        let Ok(data) = Value::from_json(self.json.as_bytes()) else {
            self.failures += 1;
            return;
        };
        let input = Input {
            data,
            secret: Value::Null,
            action_id: self.events.cast_signed(),
            action_name: event.kind().as_str().into(),
            timestamp: event.at,
        };
        let evaluation = evaluate(rules, &input, &Unobserved);
        self.failures += u64::from(!evaluation.errors.is_empty());
        for rule in evaluation.rules {
            let counts = self.rules.entry(rule.name).or_default();
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
            let counts = self.effects.entry((what, rule)).or_default();
            counts.0 += 1;
            counts.1 += u64::from(fired.rests_on_missing == Rests::Yes);
        }
    }

    /// Events judged.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Events on which something failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// What each rule said, in the order of the rules.
    #[must_use]
    pub fn rules(&self, rules: &Ruleset) -> Vec<RuleTold> {
        let told = |name: &str| {
            let Counts { matched, not_matched, unknown, resting } =
                self.rules.get(name).copied().unwrap_or_default();
            RuleTold {
                rule: name.to_owned(),
                matched,
                not_matched,
                unknown,
                not_asked: self.events.saturating_sub(matched + not_matched + unknown),
                rests_on_missing: resting,
            }
        };
        rules.rules().map(told).collect()
    }

    /// What rules asked for, in order of its name.
    #[must_use]
    pub fn effects(&self) -> Vec<EffectTold> {
        let told = |((what, rule), (count, resting)): (&(String, Arc<str>), &(u64, u64))| {
            let (effect, of) = what.split_once(' ').unwrap_or((what, ""));
            EffectTold {
                effect: effect.to_owned(),
                of: of.to_owned(),
                rule: rule.to_string(),
                count: *count,
                rests_on_missing: *resting,
            }
        };
        self.effects.iter().map(told).collect()
    }
}
