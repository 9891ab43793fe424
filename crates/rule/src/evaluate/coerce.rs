//! JSON values to the types that annotations ask for, as Python's `T(value)` does it.
//!
//! Unlike Python, the texts `true` and `false` mean what they say, lists and objects have
//! no text, and a float is a whole number only where floats are exact.

use std::sync::Arc;

use crate::datum::Datum;
use crate::limits::LIST_ITEMS_MAX;
use crate::python;
use crate::types::Type;
use crate::value::Value;

/// Whether a value of another type may be turned into the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coercion {
    Allowed,
    Refused,
}

/// Whether a type has room for `None`.
pub(super) fn takes_none(kind: &Type) -> bool {
    kind.members().contains(&Type::None)
}

/// The value as that type; `None` if it is none.
pub(super) fn coerce(kind: &Type, value: &Value, coercion: Coercion) -> Option<Datum> {
    match (kind, value) {
        (Type::Union(members), value) => {
            let exact = members.iter().find_map(|kind| coerce(kind, value, Coercion::Refused));
            let turned = || members.iter().find_map(|kind| coerce(kind, value, coercion));
            exact.or_else(turned)
        }
        (Type::None, Value::Null) => Some(Datum::Null),
        (Type::List(inner), Value::List(items)) if items.len() <= LIST_ITEMS_MAX => {
            let items = items.iter().map(|item| coerce(inner, item, coercion));
            Some(Datum::List(items.collect::<Option<Arc<[Datum]>>>()?))
        }
        (Type::Str, Value::Str(text)) => Some(Datum::Str(Arc::clone(text))),
        (Type::Int, Value::Int(value)) => Some(Datum::Int(*value)),
        (Type::Float, Value::Float(value)) => Some(Datum::Float(*value)),
        (Type::Float, Value::Int(_)) => float(value),
        (Type::Bool, Value::Bool(value)) => Some(Datum::Bool(*value)),
        (kind, value) if coercion == Coercion::Allowed => turned(kind, value),
        _ => None,
    }
}

fn turned(kind: &Type, value: &Value) -> Option<Datum> {
    match (kind, value) {
        (_, Value::Null) => None,
        (Type::Str, Value::Bool(value)) => {
            Some(Datum::Str(if *value { "True" } else { "False" }.into()))
        }
        (Type::Str, Value::Int(value)) => Some(Datum::Str(value.to_string().into())),
        (Type::Str, Value::Float(value)) => Some(Datum::Str(python::float_text(*value))),
        (Type::Int, Value::Str(text)) => python::parse_int(text).map(Datum::Int),
        (Type::Int, Value::Float(value)) => python::truncate(*value).map(Datum::Int),
        (Type::Float, Value::Str(text)) => python::parse_float(text).map(Datum::Float),
        (Type::Bool, value) => Some(Datum::Bool(match value {
            Value::Str(text) if text.eq_ignore_ascii_case("false") => false,
            Value::Str(text) => !text.is_empty(),
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::List(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::Bool(value) => *value,
            Value::Null => return None,
        })),
        _ => None,
    }
}

fn float(value: &Value) -> Option<Datum> {
    match value {
        Value::Int(value) => Some(Datum::Float(super::operate::to_float(*value))),
        _ => None,
    }
}
