//! Lists, a page at a time: cases by the strength of their evidence, decisions in order.
//!
//! A page goes on after the last row of the one before, by its place and not by its number, so
//! that what is opened or decided meanwhile moves nothing else. Left out: what a row tells.

use std::cmp::Reverse;
use std::fmt;

use seawall_model::{CaseId, Timestamp};
use seawall_pipeline::Active;
use seawall_review::{Case, CaseState};

use super::{DecidedTold, Desk, DeskError, decided, evidence};

/// Where a case stands, as it is asked for and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for people.
    Open,
    /// It was decided.
    Decided,
    /// Its evidence is gone.
    Withdrawn,
}

impl State {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Open, Self::Decided, Self::Withdrawn];

    /// The state of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        match case.state {
            CaseState::Open => Self::Open,
            CaseState::Decided(_) => Self::Decided,
            CaseState::Withdrawn => Self::Withdrawn,
        }
    }

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// What a stable name says.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Which cases are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this state; `None` for every one.
    pub state: Option<State>,
    /// Of this policy; `None` for every one.
    pub policy: Option<String>,
}

impl Wanted {
    fn is_met(&self, case: &Case) -> bool {
        self.state.is_none_or(|state| state == State::of(case))
            && self.policy.as_deref().is_none_or(|policy| policy == &*case.policy)
    }
}

/// The place of a case in the list: those that are open first, then the strongest evidence,
/// then the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    is_open: Reverse<bool>,
    strength: Reverse<(bool, i64)>,
    at: Timestamp,
    case: CaseId,
}

impl Cursor {
    fn of(id: CaseId, case: &Case, active: &Active) -> Self {
        let bits = evidence::comebacks(case).first().map(evidence::Comeback::total);
        Self {
            is_open: Reverse(case.state == CaseState::Open),
            strength: Reverse((evidence::is_exact_now(case, active), bits.unwrap_or(i64::MIN))),
            at: case.at,
            case: id,
        }
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let [is_open, is_exact, bits, at, case] = *parts else { return None };
        let truth = |digit: &str| match digit {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        Some(Self {
            is_open: Reverse(truth(is_open)?),
            strength: Reverse((truth(is_exact)?, bits.parse().ok()?)),
            at: Timestamp::from_micros(at.parse().ok()?).ok()?,
            case: CaseId::parse(case)?,
        })
    }
}

impl fmt::Display for Cursor {
    /// Letters, digits, points and dashes: fit for an address as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_exact, bits) = self.strength.0;
        let (is_open, is_exact) = (u8::from(self.is_open.0), u8::from(is_exact));
        write!(f, "{is_open}.{is_exact}.{bits}.{}.{}", self.at.micros(), self.case)
    }
}

/// How many cases there are of a state.
#[must_use]
pub fn count(desk: &Desk<'_>, wanted: &Wanted) -> usize {
    desk.judge().cases().all().filter(|(_, case)| wanted.is_met(case)).count()
}

/// A page of the cases that are asked for, in order, and where the next one begins; `None` if
/// there are no more.
///
/// Cost: one pass over all cases, and a sort of the page.
#[must_use]
pub fn page(
    desk: &Desk<'_>,
    wanted: &Wanted,
    after: Option<Cursor>,
    limit: usize,
) -> (Vec<CaseId>, Option<Cursor>) {
    let met = desk.judge().cases().all().filter(|(_, case)| wanted.is_met(case));
    let places = met.map(|(id, case)| Cursor::of(id, case, desk.active()));
    first(places.filter(|place| after.is_none_or(|after| *place > after)).collect(), limit)
}

/// The first of these, in order, and the last of them if there are more.
fn first(mut places: Vec<Cursor>, limit: usize) -> (Vec<CaseId>, Option<Cursor>) {
    let has_more = places.len() > limit;
    if has_more {
        if limit > 0 {
            places.select_nth_unstable(limit - 1);
        }
        places.truncate(limit);
    }
    places.sort_unstable();
    let next = places.last().copied().filter(|_| has_more);
    (places.into_iter().map(|place| place.case).collect(), next)
}

/// A page of all decisions, in order, after the entry of the journal that ended the page
/// before (0 for the first), and that of this one; `None` if there are no more.
///
/// # Errors
/// [`DeskError::Store`] if the journal cannot be read.
///
/// Cost: the page is read.
pub fn decisions(
    desk: &Desk<'_>,
    after: u64,
    limit: u32,
) -> Result<(Vec<DecidedTold>, Option<u64>), DeskError> {
    let journal = desk.derivation().journal();
    let mut found = journal.of_type_after("decided", after, limit.saturating_add(1))?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().map(|recorded| recorded.entry.seq).filter(|_| has_more);
    Ok((found.into_iter().filter_map(decided).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(state: State, strength: (bool, i64), at: i64, case: u64) -> Cursor {
        let at = Timestamp::from_micros(at).unwrap();
        let (is_open, strength) = (Reverse(state == State::Open), Reverse(strength));
        Cursor { is_open, strength, at, case: CaseId(case) }
    }

    fn places() -> Vec<Cursor> {
        vec![
            place(State::Decided, (true, i64::MIN), 1, 1),
            place(State::Open, (false, 7_000), 9, 2),
            place(State::Open, (false, -2_500), 3, 3),
            place(State::Open, (true, i64::MIN), 8, 4),
            place(State::Open, (false, 7_000), 2, 5),
            place(State::Open, (false, 7_000), 2, 6),
        ]
    }

    #[test]
    fn what_is_open_comes_first_then_the_strongest_then_the_oldest() {
        let (cases, next) = first(places(), 10);
        assert_eq!(cases, [4, 5, 6, 2, 3, 1].map(CaseId));
        assert_eq!(next, None);
    }

    #[test]
    fn pages_of_any_size_together_are_the_list_and_a_cursor_survives_being_written() {
        let (whole, _) = first(places(), 10);
        for limit in 1..=6 {
            let (mut told, mut after): (Vec<CaseId>, Option<Cursor>) = (Vec::new(), None);
            loop {
                let left = places().into_iter().filter(|place| after.is_none_or(|a| *place > a));
                let (page, next) = first(left.collect(), limit);
                assert!(page.len() <= limit);
                told.extend(page);
                let Some(next) = next else { break };
                after = Cursor::parse(&next.to_string());
                assert_eq!(after, Some(next));
            }
            assert_eq!(told, whole, "by {limit}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_not_taken_for_one() {
        for text in ["", "1.1.2.3", "2.0.1.1.c1", "1.0.x.1.c1", "1.0.1.1.1", "1.0.1.1.c1.0"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
