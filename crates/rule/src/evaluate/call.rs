//! Functions: their arguments taken apart, their results put together.
//!
//! Leaves out the functions that need more than values: rules, effects' blocks, JSON.

use std::sync::Arc;

use sha2::{Digest as _, Sha256, Sha512};

use super::text::{self, Ends};
use super::{Failure, Run, Valued, operate};
use crate::catalogue::Builtin;
use crate::datum::Datum;
use crate::ir::{NodeId, Prepared};
use crate::outcome::{Effect, EvaluationError, Rests};
use crate::syntax::ast::Comparator;

/// Arguments as they were given, in the order of the parameters.
struct Given<'a, 'r, 's> {
    run: &'a mut Run<'r>,
    nodes: &'s [Option<NodeId>],
    rests: Rests,
}

type Text = Arc<str>;

impl Given<'_, '_, '_> {
    /// An argument that may be left out; a failed one fails the call.
    fn option(&mut self, index: usize) -> Result<Option<Datum>, Failure> {
        let Some(node) = self.nodes.get(index).copied().flatten() else { return Ok(None) };
        let (datum, rests) = self.run.get(node)?;
        self.rests = self.rests.or(rests);
        Ok(Some(datum))
    }

    /// An argument that may be left out or `None`, and is `None` if it failed.
    fn nullable(&mut self, index: usize) -> Result<Option<Datum>, Failure> {
        let Some(node) = self.nodes.get(index).copied().flatten() else { return Ok(None) };
        let (datum, rests) = self.run.get_or_null(node)?;
        self.rests = self.rests.or(rests);
        Ok(Some(datum).filter(|datum| *datum != Datum::Null))
    }

    fn datum(&mut self, index: usize) -> Result<Datum, Failure> {
        self.option(index)?.ok_or(Failure::Silent)
    }

    fn text(&mut self, index: usize) -> Result<Text, Failure> {
        self.datum(index)?.text().ok_or(EvaluationError::Operands.into())
    }

    fn nullable_text(&mut self, index: usize) -> Result<Option<Text>, Failure> {
        match self.nullable(index)? {
            None => Ok(None),
            Some(datum) => datum.text().map(Some).ok_or(EvaluationError::Operands.into()),
        }
    }

    fn whole(&mut self, index: usize, default: i128) -> Result<i128, Failure> {
        match self.option(index)? {
            None => Ok(default),
            Some(datum) => datum.whole().ok_or(EvaluationError::Operands.into()),
        }
    }

    fn truth(&mut self, index: usize) -> Result<bool, Failure> {
        match self.option(index)? {
            None => Ok(false),
            Some(datum) => datum.truth().ok_or(EvaluationError::Operands.into()),
        }
    }

    fn list(&mut self, index: usize) -> Result<Arc<[Datum]>, Failure> {
        match self.datum(index)? {
            Datum::List(items) => Ok(items),
            _ => Err(EvaluationError::Operands.into()),
        }
    }

    fn texts(&mut self, index: usize) -> Result<Vec<Text>, Failure> {
        let texts = self.list(index)?.iter().map(Datum::text).collect::<Option<Vec<Text>>>();
        let texts = texts.ok_or(EvaluationError::Operands)?;
        let bytes: usize = texts.iter().map(|text| text.len() / 64 + 1).sum();
        self.run.spend(u64::try_from(bytes).unwrap_or(u64::MAX))?;
        Ok(texts)
    }
}

impl Run<'_> {
    /// Runs a function on its arguments.
    pub(super) fn function(
        &mut self,
        builtin: Builtin,
        nodes: &[Option<NodeId>],
        prepared: &Prepared,
    ) -> Valued {
        if builtin == Builtin::ResolveOptional {
            return self.resolve_optional(nodes);
        }
        let mut given = Given { run: self, nodes, rests: Rests::No };
        let datum = match builtin {
            Builtin::RegexMatch | Builtin::RegexMatchMap | Builtin::CountRegexMatches => {
                matched(prepared, &mut given)?
            }
            Builtin::ListLength | Builtin::ListRead | Builtin::ListSort => {
                list_function(builtin, &mut given)?
            }
            Builtin::DeclareVerdict | Builtin::OpenCase => effect(builtin, &mut given)?,
            Builtin::GetActionName => Datum::Str(Arc::clone(&given.run.input.action_name)),
            Builtin::GetActionId => Datum::Int(given.run.input.action_id.into()),
            Builtin::TimeDelta | Builtin::TimeSince | Builtin::GetTimestampBucket => {
                time_function(builtin, &mut given)?
            }
            builtin => text_function(builtin, &mut given)?,
        };
        let rests = given.rests;
        self.spend(datum.cost())?;
        Ok((datum, rests))
    }

    /// The value, or the default for one that is `None` or failed.
    fn resolve_optional(&mut self, nodes: &[Option<NodeId>]) -> Valued {
        let mut given = Given { run: self, nodes, rests: Rests::No };
        if let Some(value) = given.nullable(0)? {
            return Ok((value, given.rests));
        }
        match given.nullable(1)? {
            Some(default) => Ok((default, given.rests)),
            None if given.truth(2)? => Err(EvaluationError::OptionalIsNone.into()),
            None => Err(Failure::Silent),
        }
    }
}

fn matched(prepared: &Prepared, given: &mut Given<'_, '_, '_>) -> Result<Datum, Failure> {
    Ok(match prepared {
        Prepared::AnyOf(regex) => {
            Datum::Bool(given.texts(0)?.iter().any(|text| regex.is_match(text)))
        }
        Prepared::AllOf(regex) => {
            Datum::Bool(given.texts(0)?.iter().all(|text| regex.is_match(text)))
        }
        Prepared::One(regex) => Datum::Bool(regex.is_match(&given.text(0)?)),
        Prepared::Count(regexes) => {
            let target = given.text(0)?;
            let count = u64::try_from(regexes.len()).unwrap_or(u64::MAX);
            let cost = Datum::Str(Arc::clone(&target)).cost().saturating_add(1);
            given.run.spend(cost.saturating_mul(count))?;
            let found = regexes.iter().filter(|regex| regex.is_match(&target)).count();
            Datum::Int(i128::try_from(found).unwrap_or(0))
        }
        Prepared::None => return Err(EvaluationError::Operands.into()),
    })
}

fn list_function(builtin: Builtin, given: &mut Given<'_, '_, '_>) -> Result<Datum, Failure> {
    let items = given.list(0)?;
    match builtin {
        Builtin::ListLength => Ok(Datum::Int(i128::try_from(items.len()).unwrap_or(0))),
        Builtin::ListRead => {
            let index = given.whole(1, 0)?;
            let length = i128::try_from(items.len()).unwrap_or(0);
            let index = if index < 0 { index.saturating_add(length) } else { index };
            let item = usize::try_from(index).ok().and_then(|index| items.get(index));
            item.cloned().ok_or(Failure::Silent)
        }
        _ => {
            let backwards = given.truth(1)?;
            sorted(&items, if backwards { Order::Falling } else { Order::Rising })
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Rising,
    Falling,
}

/// `sorted`; numbers with numbers, texts with texts.
fn sorted(items: &[Datum], order: Order) -> Result<Datum, Failure> {
    let mut items = items.to_vec();
    let texts = items.iter().all(|item| matches!(item, Datum::Str(_)));
    for pair in items.windows(2) {
        if !texts {
            operate::ordered(Comparator::Less, &pair[0].plain(), &pair[1].plain())?;
        }
    }
    let compare = |one: &Datum, other: &Datum| match (one, other) {
        (Datum::Str(one), Datum::Str(other)) => one.cmp(other),
        (one, other) => {
            let (one, other) = (one.plain(), other.plain());
            let less = |one: &Datum, other: &Datum| {
                operate::ordered(Comparator::Less, one, other).unwrap_or(false)
            };
            less(&other, &one).cmp(&less(&one, &other))
        }
    };
    // Equal elements keep their order in both directions, as in Python.
    items.sort_by(|one, other| match order {
        Order::Rising => compare(one, other),
        Order::Falling => compare(other, one),
    });
    Ok(Datum::List(items.into()))
}

fn effect(builtin: Builtin, given: &mut Given<'_, '_, '_>) -> Result<Datum, Failure> {
    let effect = if builtin == Builtin::OpenCase {
        Effect::OpenCase { policy: given.text(0)?, reason: given.text(1)? }
    } else {
        Effect::DeclareVerdict { outcome: given.text(0)? }
    };
    Ok(Datum::Effect(Arc::new(effect)))
}

fn time_function(builtin: Builtin, given: &mut Given<'_, '_, '_>) -> Result<Datum, Failure> {
    const MICROS: f64 = 1e6;
    match builtin {
        Builtin::TimeDelta => {
            let mut seconds = 0_i128;
            for (index, unit) in [604_800, 86_400, 3_600, 60, 1].into_iter().enumerate() {
                let part = given.whole(index, 0)?.checked_mul(unit);
                let sum = part.and_then(|part| seconds.checked_add(part));
                seconds = sum.ok_or(EvaluationError::TooLarge)?;
            }
            Ok(Datum::Seconds(operate::to_float(seconds)))
        }
        Builtin::TimeSince => {
            let then = micros(&given.text(0)?).ok_or(EvaluationError::NotATime)?;
            let now = i128::from(given.run.input.timestamp.micros());
            Ok(Datum::Seconds(operate::to_float(now - then) / MICROS))
        }
        _ => {
            let (time, size) = (given.whole(0, 0)?, given.whole(1, 1)?);
            if size <= 0 {
                return Err(EvaluationError::Operands.into());
            }
            time.checked_sub(time.rem_euclid(size))
                .map(Datum::Int)
                .ok_or(EvaluationError::TooLarge.into())
        }
    }
}

/// Microseconds since 1970 of a time in ISO 8601; without an offset it is UTC.
fn micros(text: &str) -> Option<i128> {
    let text = text.trim();
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_microsecond().into());
    }
    let time = text.parse::<jiff::civil::DateTime>().ok()?;
    let time = jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?;
    Some(time.as_microsecond().into())
}

fn text_function(builtin: Builtin, given: &mut Given<'_, '_, '_>) -> Result<Datum, Failure> {
    let text = |text: String| {
        text::limited(text.len())?;
        Ok(Datum::Str(text.into()))
    };
    let s = given.text(0)?;
    match builtin {
        Builtin::StringLength => Ok(Datum::Int(i128::try_from(s.chars().count()).unwrap_or(0))),
        Builtin::StringToLower => text(s.to_lowercase()),
        Builtin::StringToUpper => text(s.to_uppercase()),
        Builtin::StringStartsWith => Ok(Datum::Bool(s.starts_with(&*given.text(1)?))),
        Builtin::StringEndsWith => Ok(Datum::Bool(s.ends_with(&*given.text(1)?))),
        Builtin::StringStrip | Builtin::StringLStrip | Builtin::StringRStrip => {
            let ends = match builtin {
                Builtin::StringLStrip => Ends::Left,
                Builtin::StringRStrip => Ends::Right,
                _ => Ends::Both,
            };
            let chars = given.nullable_text(1)?;
            Ok(Datum::Str(text::strip(&s, chars.as_deref(), ends).into()))
        }
        Builtin::StringReplace => {
            let (old, new) = (given.text(1)?, given.text(2)?);
            text(text::replace(&s, &old, &new)?)
        }
        Builtin::StringJoin => text(text::join(&s, &given.texts(1)?)?),
        Builtin::StringSplit => {
            let separator = given.nullable_text(1)?;
            let most = given.whole(2, -1)?;
            Ok(Datum::List(text::split(&s, separator.as_deref(), most)?.into()))
        }
        Builtin::StringSlice => text(text::slice(&s, given.whole(1, 0)?, given.whole(2, 0)?)),
        Builtin::HashSha256 => text(hexadecimal(&Sha256::digest(s.as_bytes()))),
        Builtin::HashSha512 => text(hexadecimal(&Sha512::digest(s.as_bytes()))),
        Builtin::EmailLocalPart => match s.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
                text(local.to_owned())
            }
            _ => Err(Failure::Silent),
        },
        _ => Err(EvaluationError::Operands.into()),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
