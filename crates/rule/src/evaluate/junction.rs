//! Comparisons, `and`, `or` and rules over values of which some are not known.
//!
//! Values are Osprey's: in `==` a failed operand is `None`, in `and` and `or` it is false.
//! Beside them stands whether they are certain: `False and Unknown` is, whatever the
//! unknown would have been.

use super::{Failure, Run, Valued, operate};
use crate::datum::{Datum, Slot};
use crate::ir::NodeId;
use crate::outcome::{EvaluationError, Rests};
use crate::syntax::ast::{Comparator, Junction};

impl Run<'_> {
    pub(super) fn compare(&mut self, operator: Comparator, left: NodeId, right: NodeId) -> Valued {
        let (left, right) = match operator {
            Comparator::Equal | Comparator::NotEqual => {
                (self.get_or_null(left)?, self.get_or_null(right)?)
            }
            Comparator::In | Comparator::NotIn => (self.get_or_null(left)?, self.get(right)?),
            _ => (self.get(left)?, self.get(right)?),
        };
        let rests = left.1.or(right.1);
        let (left, right) = (left.0, right.0);
        let result = match operator {
            Comparator::Equal => operate::equal(&left, &right),
            Comparator::NotEqual => !operate::equal(&left, &right),
            Comparator::In => self.contains(&right, &left)?,
            Comparator::NotIn => !self.contains(&right, &left)?,
            operator => operate::ordered(operator, &left.plain(), &right.plain())?,
        };
        Ok((Datum::Bool(result), rests))
    }

    fn contains(&mut self, whole: &Datum, part: &Datum) -> Result<bool, Failure> {
        match (whole.plain(), part.plain()) {
            (Datum::List(items), _) => {
                for item in items.iter() {
                    self.spend(item.cost())?;
                    if operate::equal(item, part) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Datum::Str(whole), Datum::Str(part)) => Ok(whole.contains(&*part)),
            _ => Err(EvaluationError::Operands.into()),
        }
    }

    /// `and` and `or`: never fail; a failed operand counts as false.
    pub(super) fn junction(&self, operator: Junction, operands: &[NodeId]) -> (Datum, Rests) {
        let operands = operands.iter().map(|operand| match &self.slots[*operand] {
            Slot::Done(datum, rests) => (datum.truth() == Some(true), *rests),
            Slot::Failed | Slot::Unset => (false, Rests::Yes),
        });
        let (value, rests) = joined(operator, operands);
        (Datum::Bool(value), rests)
    }

    /// A rule: fails with any of its signals, or with its description.
    pub(super) fn rule(&mut self, rule: usize, signals: NodeId, description: NodeId) -> Valued {
        let signals = self.elements(signals).ok_or(Failure::Silent)?;
        let mut known = Vec::with_capacity(signals.len());
        for signal in &signals {
            match signal {
                Slot::Done(datum, rests) => known.push((datum.truth() == Some(true), *rests)),
                Slot::Failed | Slot::Unset => return Err(Failure::Silent),
            }
        }
        self.get(description)?;
        let (value, rests) = joined(Junction::And, known.into_iter());
        Ok((Datum::Rule(rule, value), rests))
    }
}

/// The value, and whether it is certain: one operand that decides by itself is enough.
pub(super) fn joined(
    operator: Junction,
    operands: impl Iterator<Item = (bool, Rests)>,
) -> (bool, Rests) {
    let decides = operator == Junction::Or;
    let mut all = Rests::No;
    let mut decided = None;
    for (value, rests) in operands {
        all = all.or(rests);
        if value == decides {
            // The most certain of those that decide.
            decided = Some(decided.map_or(rests, |before: Rests| before.min(rests)));
        }
    }
    match decided {
        Some(rests) => (decides, rests),
        None => (!decides, all),
    }
}
