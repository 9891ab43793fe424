//! Paths into an event's data: the part of JSONPath that `jsonpath-rw` reads, without filters.
//!
//! The first match wins. Left out: `parent`, `where`, and bare keys beyond ASCII, which are
//! written in quotes.

use crate::limits::{PATH_STEPS_MAX, PATH_VISITS_MAX};
use crate::value::Value;

/// Names of an object that are compared at the cost of one visit.
const FIELDS_PER_VISIT: usize = 16;

/// A path that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    steps: Vec<Step>,
    text: Box<str>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// One of these fields, in this order.
    Fields(Vec<Box<str>>),
    /// Every field, in the order they came.
    AnyField,
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
    /// The rest of the path, here or anywhere below.
    Descend,
}

/// Why a path is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {what}")]
pub(crate) struct PathError {
    column: usize,
    what: &'static str,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reached<'v> {
    Value(&'v Value),
    /// An index into a text leads to a character.
    Character(char),
    Nothing,
    /// An index into what has no places, such as an object.
    Unreachable,
    /// More values than [`PATH_VISITS_MAX`].
    TooMany,
}

impl Path {
    /// Reads a path.
    pub(crate) fn parse(text: &str) -> Result<Self, PathError> {
        let mut parser = Parser { text, at: 0 };
        let mut steps = Vec::new();
        if parser.take("$").is_none() && !text.starts_with('[') {
            steps.push(parser.fields()?);
        }
        while parser.at < text.len() {
            if parser.take("..").is_some() {
                steps.push(Step::Descend);
                if !parser.rest().starts_with('[') {
                    steps.push(parser.fields()?);
                }
            } else if parser.take(".").is_some() {
                if !parser.rest().starts_with('[') {
                    steps.push(parser.fields()?);
                }
            } else if parser.take("[").is_some() {
                steps.push(parser.bracket()?);
            } else {
                return Err(parser.error("expected `.` or `[`"));
            }
            if steps.len() > PATH_STEPS_MAX {
                return Err(parser.error("too many steps"));
            }
        }
        if text.is_empty() || steps.last() == Some(&Step::Descend) {
            return Err(parser.error("the path ends too soon"));
        }
        Ok(Self { steps, text: text.into() })
    }

    /// As written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Follows the path to its first match, and counts the values it visits.
    pub(crate) fn reach<'v>(&self, value: &'v Value, visits: &mut usize) -> Reached<'v> {
        follow(&self.steps, value, visits)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn error(&self, what: &'static str) -> PathError {
        let column = self.text[..self.at.min(self.text.len())].chars().count() + 1;
        PathError { column, what }
    }

    fn take(&mut self, sign: &str) -> Option<()> {
        self.rest().starts_with(sign).then(|| self.at += sign.len())
    }

    /// Fields with commas, or `*`.
    fn fields(&mut self) -> Result<Step, PathError> {
        if self.take("*").is_some() {
            return Ok(Step::AnyField);
        }
        let mut names = vec![self.field()?];
        while self.take(",").is_some() {
            self.spaces();
            names.push(self.field()?);
        }
        Ok(Step::Fields(names))
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
    }

    fn field(&mut self) -> Result<Box<str>, PathError> {
        let rest = self.rest();
        if let Some(quote @ ('\'' | '"')) = rest.chars().next() {
            let mut name = String::new();
            let mut escaped = false;
            for (at, c) in rest.char_indices().skip(1) {
                match c {
                    c if escaped => {
                        name.push(c);
                        escaped = false;
                    }
                    '\\' => escaped = true,
                    c if c == quote => {
                        self.at += at + 1;
                        return Ok(name.into());
                    }
                    c => name.push(c),
                }
            }
            return Err(self.error("the quoted key does not end"));
        }
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@');
        let part = |c: char| begins(c) || c.is_ascii_digit() || c == '-';
        if !rest.starts_with(begins) {
            return Err(self.error("expected a key of ASCII letters; write others in quotes"));
        }
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        self.at += length;
        Ok(rest[..length].into())
    }

    fn bracket(&mut self) -> Result<Step, PathError> {
        self.spaces();
        let step = if self.take("*").is_some() {
            Step::Slice { start: None, end: None, step: 1 }
        } else if self.rest().starts_with(|c: char| c == ':' || c == '-' || c.is_ascii_digit()) {
            self.numbers()?
        } else {
            self.fields()?
        };
        self.spaces();
        match self.take("]") {
            Some(()) => Ok(step),
            None => Err(self.error("expected `]`")),
        }
    }

    fn numbers(&mut self) -> Result<Step, PathError> {
        let first = self.number()?;
        if self.take(":").is_none() {
            return first.map(Step::Index).ok_or_else(|| self.error("expected a number"));
        }
        let end = self.number()?;
        let step = if self.take(":").is_some() { self.number()?.unwrap_or(1) } else { 1 };
        if step < 1 {
            return Err(self.error("a slice goes forwards"));
        }
        Ok(Step::Slice { start: first, end, step })
    }

    fn number(&mut self) -> Result<Option<i64>, PathError> {
        let rest = self.rest();
        let part = |c: char| c == '-' || c.is_ascii_digit();
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        if length == 0 {
            return Ok(None);
        }
        let number = rest[..length].parse().map_err(|_| self.error("expected a number"))?;
        self.at += length;
        Ok(Some(number))
    }
}

fn follow<'v>(steps: &[Step], value: &'v Value, visits: &mut usize) -> Reached<'v> {
    *visits += 1;
    if *visits > PATH_VISITS_MAX {
        return Reached::TooMany;
    }
    let Some((step, rest)) = steps.split_first() else { return Reached::Value(value) };
    match step {
        Step::Fields(names) => {
            if let Value::Object(fields) = value {
                *visits += names.len() * (fields.len() / FIELDS_PER_VISIT);
            }
            first(names.iter().filter_map(|name| value.field(name)), rest, visits)
        }
        Step::AnyField => match value {
            Value::Object(fields) => first(fields.iter().map(|(_, value)| value), rest, visits),
            _ => Reached::Nothing,
        },
        Step::Index(index) => match place(value, *index) {
            Reached::Value(inner) => follow(rest, inner, visits),
            Reached::Character(_) if !rest.is_empty() => Reached::Nothing,
            other => other,
        },
        Step::Slice { start, end, step } => {
            let items = match value {
                Value::List(items) => items.as_slice(),
                other => std::slice::from_ref(other),
            };
            let bound = |given: Option<i64>, default: usize| match given {
                None => default,
                Some(index) => absolute(index, items.len()).unwrap_or(0).min(items.len()),
            };
            let (start, end) = (bound(*start, 0), bound(*end, items.len()));
            let step = usize::try_from(*step).unwrap_or(1).max(1);
            first(items.get(start..end).unwrap_or(&[]).iter().step_by(step), rest, visits)
        }
        Step::Descend => {
            let here = follow(rest, value, visits);
            // What cannot be reached here may be reached below.
            if !matches!(here, Reached::Nothing | Reached::Unreachable) {
                return here;
            }
            match value {
                Value::List(items) => first(items.iter(), steps, visits),
                Value::Object(fields) => {
                    first(fields.iter().map(|(_, value)| value), steps, visits)
                }
                _ => Reached::Nothing,
            }
        }
    }
}

fn first<'v>(
    values: impl Iterator<Item = &'v Value>,
    rest: &[Step],
    visits: &mut usize,
) -> Reached<'v> {
    for value in values {
        match follow(rest, value, visits) {
            Reached::Nothing => {}
            found => return found,
        }
    }
    Reached::Nothing
}

/// An index from the start, or from the end if negative; `None` before the start.
fn absolute(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn place(value: &Value, index: i64) -> Reached<'_> {
    match value {
        Value::List(items) => match absolute(index, items.len()) {
            Some(at) => items.get(at).map_or(Reached::Nothing, Reached::Value),
            None => Reached::Unreachable,
        },
        Value::Str(text) => match absolute(index, text.chars().count()) {
            Some(at) => text.chars().nth(at).map_or(Reached::Nothing, Reached::Character),
            None => Reached::Unreachable,
        },
        _ => Reached::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, json: &str, expect: &str) {
        let value = Value::from_json(json.as_bytes()).unwrap();
        let shown = match Path::parse(path).unwrap().reach(&value, &mut 0) {
            Reached::Value(Value::Str(text)) => text.to_string(),
            Reached::Value(value) => format!("{value:?}"),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expect, "{path} {json}");
    }

    #[test]
    fn paths_lead_to_the_first_match() {
        check("$.a.b", r#"{"a":{"b":"x"}}"#, "x");
        check("a.b", r#"{"a":{"b":"x"}}"#, "x");
        check("$['a'][\"b c\"]", r#"{"a":{"b c":"x"}}"#, "x");
        check("$.a[-1]", r#"{"a":["p","q"]}"#, "q");
        check("$.a[1:]", r#"{"a":["p","q"]}"#, "q");
        check("$.a[-1:]", r#"{"a":["p","q"]}"#, "q");
        check("$.a[*].b", r#"{"a":[{"c":1},{"b":"x"}]}"#, "x");
        check("$.*.b", r#"{"z":{"c":1},"a":{"b":"x"}}"#, "x");
        check("$..b", r#"{"a":[{"c":{"b":"x"}}],"d":{"b":"y"}}"#, "x");
        check("$.a,b", r#"{"b":"y"}"#, "y");
        check("$.a[0]", r#"{"a":"text"}"#, "Character('t')");
        check("$.a[5]", r#"{"a":["p"]}"#, "Nothing");
        check("$.a[0]", r#"{"a":{"0":"x"}}"#, "Unreachable");
        check("$.a.b", r#"{"a":5}"#, "Nothing");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in
            ["", "$.", "$..", "$.ż", "$x", "$[", "$[a", "$['a", "$[1:2:0]", "$.a b", "$[--1]"]
        {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
