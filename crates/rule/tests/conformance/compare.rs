//! Says how an answer differs from the recorded one.
//!
//! Hints are not compared: they are our own sentences.

use seawall_rule::{Diagnostics, Effect, Evaluation, Value};

use super::case::Case;

/// How an evaluation differs from what was recorded; empty if it does not.
pub fn evaluation(case: &Case, found: &Evaluation) -> String {
    let mut differences = String::new();
    let mut features: Vec<(&str, &Value)> =
        found.features.iter().map(|feature| (&*feature.name, &feature.value)).collect();
    features.sort_by_key(|(name, _)| *name);
    let expected = case.expect["features"].as_object().unwrap();
    let same = expected.len() == features.len()
        && features.iter().all(|(name, value)| {
            expected.get(*name).is_some_and(|expected| equal(value, expected))
        });
    if !same {
        differences.push_str(&format!("features {features:?}, expected {expected:?}; "));
    }
    let mut verdicts = Vec::new();
    let mut effects = Vec::new();
    for fired in &found.effects {
        let Effect::DeclareVerdict { outcome } = &fired.effect else { continue };
        verdicts.push(outcome.to_string());
        effects
            .push((outcome.to_string(), fired.rules.iter().map(|rule| rule.to_string()).collect()));
    }
    let recorded: Vec<(String, Vec<String>)> =
        case.expect["effects"].as_array().unwrap().iter().map(effect).collect();
    if effects != recorded {
        differences.push_str(&format!("effects {effects:?}, expected {recorded:?}; "));
    }
    let declared: Vec<String> = serde_json::from_value(case.expect["verdicts"].clone()).unwrap();
    if verdicts != declared {
        differences.push_str(&format!("verdicts {verdicts:?}, expected {declared:?}; "));
    }
    let mut errors: Vec<(String, u64, u64)> = found
        .errors
        .iter()
        .map(|error| (error.path.to_string(), error.place.line.into(), error.place.column.into()))
        .collect();
    let mut recorded: Vec<(String, u64, u64)> =
        case.expect["errors"].as_array().unwrap().iter().map(place).collect();
    errors.sort();
    recorded.sort();
    if errors != recorded {
        let found: Vec<String> = found.errors.iter().map(|error| error.error.to_string()).collect();
        differences.push_str(&format!("errors {errors:?} {found:?}, expected {recorded:?}; "));
    }
    differences.push_str(&blocks(case, found));
    differences
}

/// The record of each `WhenRules`.
fn blocks(case: &Case, found: &Evaluation) -> String {
    let names = |names: &[std::sync::Arc<str>]| names.iter().map(|name| name.to_string()).collect();
    let found: Vec<[Vec<String>; 3]> = found
        .blocks
        .iter()
        .map(|block| [names(&block.evaluated), names(&block.matched), names(&block.failed)])
        .collect();
    let list = |block: &serde_json::Value, name: &str| -> Vec<String> {
        serde_json::from_value(block[name].clone()).unwrap()
    };
    let recorded: Vec<[Vec<String>; 3]> = case.expect["rule_audit"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| ["evaluated", "matched", "failed"].map(|name| list(block, name)))
        .collect();
    if found == recorded {
        String::new()
    } else {
        format!("blocks {found:?}, expected {recorded:?}")
    }
}

fn effect(effect: &serde_json::Value) -> (String, Vec<String>) {
    let rules = effect["rules"].as_array().unwrap().iter();
    let rules = rules.map(|rule| rule["name"].as_str().unwrap().to_owned()).collect();
    (effect["value"].as_str().unwrap().to_owned(), rules)
}

fn place(error: &serde_json::Value) -> (String, u64, u64) {
    let number = |name: &str| error[name].as_u64().unwrap();
    (error["path"].as_str().unwrap().to_owned(), number("line"), number("col"))
}

/// Numbers by value, so that 2 is 2.0.
fn equal(value: &Value, expected: &serde_json::Value) -> bool {
    match value {
        Value::Null => expected.is_null(),
        Value::Bool(value) => expected.as_bool() == Some(*value),
        Value::Int(value) => {
            expected.as_i64().map(i128::from) == Some(*value)
                || expected.as_f64() == Some(*value as f64)
        }
        Value::Float(value) => expected.as_f64() == Some(*value),
        Value::Str(text) => expected.as_str() == Some(text),
        Value::List(items) => expected.as_array().is_some_and(|expected| {
            expected.len() == items.len()
                && items.iter().zip(expected).all(|(item, expected)| equal(item, expected))
        }),
        Value::Object(_) => false,
    }
}

/// One error: path, line, column, message, validator.
pub type Told = (String, u64, u64, String, String);

/// What was recorded.
pub fn recorded(case: &Case) -> Vec<Told> {
    let mut recorded: Vec<Told> = case.expect["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let (path, line, column) = place(error);
            let text = |name: &str| error[name].as_str().unwrap().to_owned();
            (path, line, column, text("message"), text("validator"))
        })
        .collect();
    recorded.sort();
    recorded
}

/// What was found.
pub fn found(diagnostics: &Diagnostics) -> Vec<Told> {
    let mut found: Vec<Told> = diagnostics
        .found
        .iter()
        .map(|found| {
            let place = found.at.place;
            let validator = found.validator.as_str().to_owned();
            let path = found.at.path.to_string();
            (path, place.line.into(), place.column.into(), found.message.clone(), validator)
        })
        .collect();
    found.sort();
    found
}
