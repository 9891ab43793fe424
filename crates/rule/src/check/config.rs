//! `config.yaml` and `config/*.yaml`: well formed, known keys, values that can be meant.
//!
//! Leaves out using them: labels and sampling are Osprey's; a rule set that carries them
//! is read, and they change nothing here.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, Span as Mark};

use crate::diagnostic::{Finding, Validator};
use crate::limits::DEPTH_MAX;
use crate::source::{Lines, Sources, Span};

/// Keys that a configuration may have at its top.
const KEYS: [&str; 4] = ["actions", "acl", "labels", "ui_config"];

/// A value of the configuration with its place.
#[derive(Debug)]
struct Item {
    value: Value,
    line: u32,
    column: u32,
}

#[derive(Debug)]
enum Value {
    Scalar(String),
    List(Vec<Item>),
    Map(Vec<(Item, Item)>),
}

/// Checks every configuration file.
pub(crate) fn check(sources: &Sources, findings: &mut Vec<Finding>) {
    let mut seen = BTreeMap::new();
    for (path, text) in sources.configs() {
        let file = File { path, lines: Lines::of(text), text };
        let root = match read(text) {
            Ok(Some(root)) => root,
            Ok(None) => continue,
            Err((line, column, message)) => {
                file.report(line, column, message, "write it as YAML", findings);
                continue;
            }
        };
        let Value::Map(entries) = &root.value else {
            let hint = "write `key: value` lines";
            file.report(
                root.line,
                root.column,
                "the configuration is not a mapping",
                hint,
                findings,
            );
            continue;
        };
        for (key, value) in entries {
            let Value::Scalar(name) = &key.value else { continue };
            if !KEYS.contains(&name.as_str()) {
                let message = format!("invalid top-level config key `{name}`");
                let hint =
                    format!("make sure there is a config model registered for the `{name}` key");
                file.report(key.line, key.column, message, &hint, findings);
                continue;
            }
            section(&file, name, value, &mut seen, findings);
        }
    }
}

/// One section: `actions` and `labels` have a shape, the rest is passed over.
fn section(
    file: &File<'_>,
    section: &str,
    value: &Item,
    seen: &mut BTreeMap<String, Box<str>>,
    findings: &mut Vec<Finding>,
) {
    if !matches!(section, "actions" | "labels") {
        return;
    }
    let Value::Map(entries) = &value.value else { return };
    for (key, value) in entries {
        let Value::Scalar(name) = &key.value else { continue };
        let full = format!("{section}.{name}");
        if let Some(other) = seen.get(&full) {
            let message = format!("config value at `{full}` is given twice");
            let hint = format!("it stands in `{other}` too");
            file.report(key.line, key.column, message, &hint, findings);
        }
        seen.insert(full, file.path.into());
        let Value::Map(fields) = &value.value else { continue };
        for (field, value) in fields {
            let Value::Scalar(field) = &field.value else { continue };
            let fault = match (section, field.as_str(), &value.value) {
                ("labels", "valid_for", Value::Scalar(_) | Value::Map(_)) => {
                    "value is not a valid list (type=type_error.list)"
                }
                ("actions", "sample_rate", Value::Scalar(rate)) => rate_fault(rate),
                _ => "",
            };
            if !fault.is_empty() {
                let at = format!("{section}.{section}.{name}.{field}");
                let message = format!("invalid config value at `{at}`");
                file.report(key.line, key.column, message, fault, findings);
            }
        }
    }
}

fn rate_fault(rate: &str) -> &'static str {
    match rate.parse::<i64>() {
        Err(_) => "value is not a valid integer (type=type_error.integer)",
        Ok(rate) if rate > 100 => {
            "ensure this value is less than or equal to 100 (type=value_error.number.not_le)"
        }
        Ok(rate) if rate < 0 => {
            "ensure this value is greater than or equal to 0 (type=value_error.number.not_ge)"
        }
        Ok(_) => "",
    }
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
    lines: Lines,
}

impl File<'_> {
    fn report(
        &self,
        line: u32,
        column: u32,
        message: impl Into<String>,
        hint: &str,
        findings: &mut Vec<Finding>,
    ) {
        let start = self.lines.start(line);
        let from = usize::try_from(start).unwrap_or(0).min(self.text.len());
        let chars = usize::try_from(column).unwrap_or(0);
        // The parser counts characters, places here count bytes.
        let bytes: usize = self.text[from..].chars().take(chars).map(char::len_utf8).sum();
        let at = start.saturating_add(u32::try_from(bytes).unwrap_or(0));
        let span = Span::new(at, at);
        findings.push(Finding::new(Validator::Config, self.path, span, message, hint));
    }
}

type Fault = (u32, u32, String);

fn fault(mark: Mark, message: impl Into<String>) -> Fault {
    let (line, column) = place(mark);
    (line, column, message.into())
}

fn place(mark: Mark) -> (u32, u32) {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    (number(mark.start.line()), number(mark.start.col()))
}

/// Reads one document; `None` if the file is empty.
fn read(text: &str) -> Result<Option<Item>, Fault> {
    // Open containers, each with the key that waits for its value.
    let mut open: Vec<(Item, Option<Item>)> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, mark) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col());
            let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
            (number(line), number(column), error.info().to_owned())
        })?;
        let (line, column) = place(mark);
        let item = |value| Item { value, line, column };
        let done = match event {
            Event::Scalar(text, ..) => item(Value::Scalar(text.into_owned())),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= usize::try_from(DEPTH_MAX).unwrap_or(0) {
                    return Err(fault(mark, "the configuration nests too deep"));
                }
                let list = matches!(event, Event::SequenceStart(..));
                let value = if list { Value::List(Vec::new()) } else { Value::Map(Vec::new()) };
                open.push((item(value), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((item, _)) => item,
                None => continue,
            },
            Event::Alias(_) => return Err(fault(mark, "anchors and aliases are not available")),
            Event::DocumentStart(_) if root.is_some() => {
                return Err(fault(mark, "one file holds one document"));
            }
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some((container, waiting)) => match (&mut container.value, waiting.take()) {
                (Value::List(items), _) => items.push(done),
                (Value::Map(entries), Some(key)) => entries.push((key, done)),
                (Value::Map(_), None) => *waiting = Some(done),
                (Value::Scalar(_), _) => {}
            },
        }
    }
    Ok(root.filter(
        |root| !matches!(&root.value, Value::Scalar(text) if text.is_empty() || text == "~"),
    ))
}
