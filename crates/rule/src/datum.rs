//! Values as evaluation holds them: JSON's, and what only rules make.
//!
//! Leaves out operators.

use std::sync::Arc;

use crate::outcome::{Effect, Rests};
use crate::value::Value;

/// A value under evaluation; cheap to copy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Arc<str>),
    List(Arc<[Self]>),
    /// A type and an id.
    Entity(Arc<(Arc<str>, Self)>),
    /// A rule's index, and whether it matched.
    Rule(usize, bool),
    /// A length of time.
    Seconds(f64),
    Effect(Arc<Effect>),
}

/// What became of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Slot {
    /// Not evaluated for this event.
    Unset,
    /// No value; always rests on something missing or failed.
    Failed,
    /// A value.
    Done(Datum, Rests),
}

impl Slot {
    /// The value, with `None` for a failed one, and whether it rests on something missing.
    pub(crate) fn or_null(&self) -> (&Datum, Rests) {
        match self {
            Self::Done(datum, rests) => (datum, *rests),
            Self::Failed | Self::Unset => (&Datum::Null, Rests::Yes),
        }
    }
}

impl Datum {
    /// The plain value behind an entity, a rule, or a length of time.
    pub(crate) fn plain(&self) -> Self {
        match self {
            Self::Entity(entity) => entity.1.clone(),
            Self::Rule(_, matched) => Self::Bool(*matched),
            Self::Seconds(seconds) => Self::Float(*seconds),
            other => other.clone(),
        }
    }

    /// The truth value that it is.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) | Self::Rule(_, value) => Some(*value),
            _ => None,
        }
    }

    /// The text that it is.
    pub(crate) fn text(&self) -> Option<Arc<str>> {
        match self {
            Self::Str(text) => Some(Arc::clone(text)),
            Self::Entity(entity) => entity.1.text(),
            _ => None,
        }
    }

    /// The whole number that it is.
    pub(crate) fn whole(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Entity(entity) => entity.1.whole(),
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
            Self::Entity(_) => "Entity",
            Self::Rule(..) => "RuleT",
            Self::Seconds(_) => "TimeDeltaT",
            Self::Effect(_) => "EffectBase",
        }
    }

    /// As it is stored with the event.
    pub(crate) fn to_value(&self) -> Value {
        match self.plain() {
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Str(text) => Value::Str(text),
            Self::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            _ => Value::Null,
        }
    }

    /// How many steps it costs to read it once.
    pub(crate) fn cost(&self) -> u64 {
        const BYTES_PER_STEP: usize = 64;
        const ITEMS_PER_STEP: usize = 8;
        let steps = match self {
            Self::Str(text) => text.len() / BYTES_PER_STEP,
            Self::List(items) => items.len() / ITEMS_PER_STEP,
            _ => 0,
        };
        u64::try_from(steps).unwrap_or(u64::MAX)
    }
}
