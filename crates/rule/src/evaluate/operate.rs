//! Arithmetic and comparison as Python does them, checked: nothing wraps, nothing is endless.
//!
//! Operands are plain: entities, rules and lengths of time are unwrapped before.

use super::{Failure, text};
use crate::datum::Datum;
use crate::limits::INTEGER_BITS;
use crate::outcome::{EvaluationError, Rests};
use crate::syntax::ast::{Arithmetic, Comparator};

/// A result; `Rests::Yes` where the number is made up, as Osprey does for division by 0.
type Made = Result<(Datum, Rests), Failure>;

/// Joins two values.
pub(super) fn binary(operator: Arithmetic, left: &Datum, right: &Datum) -> Made {
    match (left, right) {
        (Datum::Int(left), Datum::Int(right)) => whole(operator, *left, *right),
        (Datum::Str(left), Datum::Str(right)) if operator == Arithmetic::Add => {
            text::limited(left.len().saturating_add(right.len()))?;
            Ok((Datum::Str(format!("{left}{right}").into()), Rests::No))
        }
        (Datum::Str(text), Datum::Int(times)) | (Datum::Int(times), Datum::Str(text))
            if operator == Arithmetic::Multiply =>
        {
            let times = usize::try_from((*times).max(0)).unwrap_or(usize::MAX);
            text::limited(text.len().saturating_mul(times))?;
            Ok((Datum::Str(text.repeat(times).into()), Rests::No))
        }
        (left, right) => {
            let (left, right) = (number(left)?, number(right)?);
            real(operator, left, right)
        }
    }
}

fn number(datum: &Datum) -> Result<f64, Failure> {
    match datum {
        // Only where a comparison has ruled `None` out beside it: nobody's fault.
        Datum::Null => Err(Failure::Silent),
        Datum::Int(value) => Ok(to_float(*value)),
        Datum::Float(value) => Ok(*value),
        _ => Err(EvaluationError::Operands.into()),
    }
}

/// The nearest float.
pub(super) fn to_float(value: i128) -> f64 {
    value as f64
}

fn whole(operator: Arithmetic, left: i128, right: i128) -> Made {
    let checked = |value: Option<i128>| {
        value.map(|value| (Datum::Int(value), Rests::No)).ok_or(EvaluationError::TooLarge.into())
    };
    match operator {
        Arithmetic::Add => checked(left.checked_add(right)),
        Arithmetic::Subtract => checked(left.checked_sub(right)),
        Arithmetic::Multiply => checked(left.checked_mul(right)),
        Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Modulo if right == 0 => {
            Ok((Datum::Int(0), Rests::Yes))
        }
        Arithmetic::Divide => finite(to_float(left) / to_float(right)),
        Arithmetic::FloorDivide => {
            let Some(quotient) = left.checked_div(right) else { return checked(None) };
            let inexact = left.checked_rem(right) != Some(0);
            let below = inexact && (left < 0) != (right < 0);
            checked(quotient.checked_sub(i128::from(below)))
        }
        Arithmetic::Modulo => {
            let Some(rest) = left.checked_rem(right) else { return checked(Some(0)) };
            let shifted = rest != 0 && (rest < 0) != (right < 0);
            checked(if shifted { rest.checked_add(right) } else { Some(rest) })
        }
        Arithmetic::Power => match u32::try_from(right) {
            Ok(power) => checked(left.checked_pow(power)),
            Err(_) if right < 0 && left == 0 => Err(EvaluationError::ZeroToNegativePower.into()),
            Err(_) if right < 0 => finite(libm::pow(to_float(left), to_float(right))),
            Err(_) => match left {
                0 | 1 => checked(Some(left)),
                -1 => checked(Some(if right % 2 == 0 { 1 } else { -1 })),
                _ => checked(None),
            },
        },
        Arithmetic::ShiftLeft | Arithmetic::ShiftRight if right < 0 => {
            Err(EvaluationError::NegativeShift.into())
        }
        Arithmetic::ShiftLeft => {
            let power = u32::try_from(right).ok().filter(|power| *power < INTEGER_BITS);
            match power {
                Some(power) => checked(left.checked_mul(1_i128 << power)),
                None if left == 0 => checked(Some(0)),
                None => checked(None),
            }
        }
        Arithmetic::ShiftRight => {
            let power = u32::try_from(right).unwrap_or(INTEGER_BITS).min(INTEGER_BITS);
            checked(Some(left >> power))
        }
        Arithmetic::Or => checked(Some(left | right)),
        Arithmetic::Xor => checked(Some(left ^ right)),
        Arithmetic::And => checked(Some(left & right)),
    }
}

fn finite(value: f64) -> Made {
    if value.is_finite() {
        Ok((Datum::Float(value), Rests::No))
    } else {
        Err(EvaluationError::NotFinite.into())
    }
}

fn real(operator: Arithmetic, left: f64, right: f64) -> Made {
    match operator {
        Arithmetic::Add => finite(left + right),
        Arithmetic::Subtract => finite(left - right),
        Arithmetic::Multiply => finite(left * right),
        Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Modulo if right == 0.0 => {
            Ok((Datum::Int(0), Rests::Yes))
        }
        Arithmetic::Divide => finite(left / right),
        Arithmetic::FloorDivide => {
            let rest = modulo(left, right);
            let quotient = (left - rest) / right;
            // The division above is exact but for rounding; the nearest whole is meant.
            finite(quotient.round())
        }
        Arithmetic::Modulo => finite(modulo(left, right)),
        Arithmetic::Power if left == 0.0 && right < 0.0 => {
            Err(EvaluationError::ZeroToNegativePower.into())
        }
        Arithmetic::Power => finite(libm::pow(left, right)),
        _ => Err(EvaluationError::Operands.into()),
    }
}

/// The rest of a division, with the sign of the divisor.
fn modulo(left: f64, right: f64) -> f64 {
    let rest = left % right;
    if rest != 0.0 && (rest < 0.0) != (right < 0.0) { rest + right } else { rest }
}

/// Unary `-`.
pub(super) fn negate(datum: &Datum) -> Result<Datum, Failure> {
    match datum {
        Datum::Int(value) => Ok(Datum::Int(value.checked_neg().ok_or(EvaluationError::TooLarge)?)),
        Datum::Float(value) => Ok(Datum::Float(-value)),
        Datum::Null => Err(Failure::Silent),
        _ => Err(EvaluationError::Operands.into()),
    }
}

/// `==`: numbers by value, entities by type and id, a wrapper with a plain value by what it
/// wraps.
pub(super) fn equal(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Entity(left), Datum::Entity(right)) => {
            left.0 == right.0 && equal(&left.1, &right.1)
        }
        (Datum::Rule(left, _), Datum::Rule(right, _)) => left == right,
        (Datum::List(left), Datum::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| equal(left, right))
        }
        (left, right) => match (left.plain(), right.plain()) {
            (Datum::Null, Datum::Null) => true,
            (Datum::Str(left), Datum::Str(right)) => left == right,
            (Datum::Bool(left), Datum::Bool(right)) => left == right,
            (Datum::Int(left), Datum::Int(right)) => left == right,
            (left, right) => match (numeric(&left), numeric(&right)) {
                (Some(left), Some(right)) => left == right,
                _ => false,
            },
        },
    }
}

/// The number that a value counts as in `==`; truth values are 0 and 1, as in Python.
fn numeric(datum: &Datum) -> Option<f64> {
    match datum {
        Datum::Bool(value) => Some(f64::from(u8::from(*value))),
        datum => number(datum).ok(),
    }
}

/// `<`, `<=`, `>`, `>=` of numbers.
pub(super) fn ordered(operator: Comparator, left: &Datum, right: &Datum) -> Result<bool, Failure> {
    let order = match (left, right) {
        (Datum::Int(left), Datum::Int(right)) => Some(left.cmp(right)),
        (left, right) => number(left)?.partial_cmp(&number(right)?),
    };
    let Some(order) = order else { return Ok(false) };
    Ok(match operator {
        Comparator::Less => order.is_lt(),
        Comparator::LessOrEqual => order.is_le(),
        Comparator::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(operator: Arithmetic, left: Datum, right: Datum, expect: Datum) {
        let made = binary(operator, &left, &right).map(|(datum, _)| datum);
        assert_eq!(made.ok(), Some(expect), "{left:?} {} {right:?}", operator.sign());
    }

    #[test]
    fn arithmetic_is_pythons() {
        use Arithmetic::{Divide, FloorDivide, Modulo, Power, ShiftRight};
        let (int, float) = (Datum::Int, Datum::Float);
        check(FloorDivide, int(-7), int(2), int(-4));
        check(FloorDivide, int(7), int(-2), int(-4));
        check(Modulo, int(-7), int(3), int(2));
        check(Modulo, int(7), int(-3), int(-2));
        check(FloorDivide, float(-7.5), int(2), float(-4.0));
        check(Modulo, float(-7.5), int(2), float(0.5));
        check(Divide, int(7), int(2), float(3.5));
        check(Power, int(2), int(-1), float(0.5));
        check(Power, int(-1), int(1 << 40), int(1));
        check(ShiftRight, int(-5), int(1), int(-3));
        check(Divide, int(1), int(0), int(0));
    }

    #[test]
    fn nothing_wraps_and_nothing_grows_without_end() {
        use Arithmetic::{Add, Multiply, Power, ShiftLeft};
        let int = Datum::Int;
        let text = Datum::Str("x".repeat(1000).into());
        for (operator, left, right) in [
            (Add, int(i128::MAX), int(1)),
            (Multiply, int(i128::MAX), int(2)),
            (Power, int(10), int(1_000)),
            (Power, int(10), int(i128::MAX)),
            (ShiftLeft, int(1), int(1_000_000)),
            (Multiply, text, int(1 << 60)),
            (Power, Datum::Float(1e300), int(2)),
            (Power, int(-8), Datum::Float(0.5)),
        ] {
            assert!(binary(operator, &left, &right).is_err(), "{}", operator.sign());
        }
    }
}
