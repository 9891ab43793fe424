//! Values that come in with an event and go out as features.
//!
//! Leaves out what only evaluation knows: rules, lengths of time, effects.

use std::fmt;
use std::sync::Arc;

use seawall_model::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value as JSON has it.
///
/// Whole numbers are exact within 127 bits. JSON's whole numbers beyond 64 bits arrive as
/// [`Value::Float`]: their last digits are lost, and reading one as `int` fails.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// An array.
    List(Vec<Self>),
    /// An object: names in the order they came, each once.
    Object(Vec<(Arc<str>, Self)>),
}

impl Value {
    /// Reads JSON; of a name that stands twice in an object, the last value counts.
    ///
    /// # Errors
    /// [`InvalidJson`] if the bytes are none, or nest deeper than 127 levels.
    ///
    /// Cost: one pass; an object's names are compared with each other once they are many.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidJson> {
        serde_json::from_slice(bytes)
            .map_err(|error| InvalidJson { line: error.line(), column: error.column() })
    }

    /// The field of an object.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => {
                fields.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// What Python calls its type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Object(_) => "dict",
        }
    }
}

/// Bytes that are no JSON; says where, never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not JSON from line {line}, column {column}")]
pub struct InvalidJson {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// One event, as rules see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The event's data.
    pub data: Value,
    /// Data that may be compared but never stored, read by `Secret[...]` features.
    pub secret: Value,
    /// The event's number.
    pub action_id: i64,
    /// The event's kind.
    pub action_name: Arc<str>,
    /// When it happened.
    pub timestamp: Timestamp,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Str(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            fields.push((name.into(), value));
        }
        Ok(Value::Object(without_repetition(fields)))
    }
}

/// Keeps the first place and the last value of each name, as Python does.
fn without_repetition(mut fields: Vec<(Arc<str>, Value)>) -> Vec<(Arc<str>, Value)> {
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by(|one, other| fields[*one].0.cmp(&fields[*other].0));
    let mut dropped = Vec::new();
    let mut first = 0;
    for at in 1..=order.len() {
        let same = order.get(at).is_some_and(|index| fields[*index].0 == fields[order[first]].0);
        if same {
            continue;
        }
        if at - first > 1 {
            let (keep, last) = (order[first], order[at - 1]);
            fields[keep].1 = std::mem::take(&mut fields[last].1);
            dropped.extend_from_slice(&order[first + 1..at]);
        }
        first = at;
    }
    if dropped.is_empty() {
        return fields;
    }
    dropped.sort_unstable();
    let kept = fields.into_iter().enumerate();
    let kept = kept.filter(|(index, _)| dropped.binary_search(index).is_err());
    kept.map(|(_, field)| field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_order_and_the_last_of_a_name() {
        let value = Value::from_json(br#"{"b":1,"a":2,"b":[true,null,1.5,"x"]}"#).unwrap();
        let Value::Object(fields) = &value else { panic!("an object") };
        let names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["b", "a"]);
        let list = vec![Value::Bool(true), Value::Null, Value::Float(1.5), Value::Str("x".into())];
        assert_eq!(value.field("b"), Some(&Value::List(list)));
        assert_eq!(value.field("a"), Some(&Value::Int(2)));
    }

    #[test]
    fn numbers_keep_64_bits() {
        let read = |text: &str| Value::from_json(text.as_bytes()).unwrap();
        assert_eq!(read("18446744073709551615"), Value::Int(18_446_744_073_709_551_615));
        assert_eq!(read("-9223372036854775808"), Value::Int(-9_223_372_036_854_775_808));
        assert!(matches!(read("1208925819614629174706176"), Value::Float(_)));
    }

    #[test]
    fn what_is_no_json_is_refused_without_its_content() {
        let error = Value::from_json(b"{\"secret\": nope}").unwrap_err();
        assert!(!error.to_string().contains("nope"), "{error}");
        assert!(Value::from_json("[".repeat(1_000).as_bytes()).is_err());
    }
}
