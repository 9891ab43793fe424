//! What is given with knowledge: its origin, its names, its entries. What is wrong is told by
//! its place in the body.

use std::ops::RangeInclusive;

use seawall_model::knowledge::{Knowledge, Known};
use seawall_model::{EntryId, Timestamp};
use seawall_store::LAID_DOWN_MAX;

use super::super::App;
use super::super::problem::{Code, Problem};
use crate::desk::knowledge::words::{self, run};
use crate::desk::knowledge::{check_expiry, said_of_one};

/// Where entries come from, and when they lapse.
pub(super) struct Origin {
    source: Box<str>,
    expires: Option<Timestamp>,
}

impl Origin {
    pub(super) fn of(app: &App, source: &str, expires: Option<&str>) -> Result<Self, Problem> {
        let invalid = |why: String, at: &str| Problem::new(Code::Invalid, why).at(at);
        let source = words::name(source).map_err(|why| invalid(why, "/source"))?;
        let expires = expires.map(|text| {
            let told = || "a time is written like 2027-06-01T00:00:00Z".to_owned();
            Timestamp::parse(text).map_err(|_| invalid(told(), "/expires"))
        });
        let expires = expires.transpose()?;
        check_expiry(expires, app.service().clock().now())
            .map_err(|why| invalid(why, "/expires"))?;
        Ok(Self { source: source.into(), expires })
    }

    pub(super) fn entry(&self, known: Known) -> Knowledge {
        Knowledge { source: self.source.clone(), expires: self.expires, known }
    }
}

/// The name of a list, bank or policy.
pub(super) fn word(text: &str, at: &str) -> Result<String, Problem> {
    words::word(text).map_err(|why| Problem::new(Code::Invalid, why).at(at))
}

/// Refuses an empty list, and one that is too long.
pub(super) fn check_count(count: usize, at: &str) -> Result<(), Problem> {
    match count {
        0 => Err(Problem::new(Code::Missing, "there is nothing to add").at(at)),
        count if count > LAID_DOWN_MAX => {
            let detail =
                format!("a request adds at most {LAID_DOWN_MAX} entries: send the rest next");
            Err(Problem::new(Code::TooLarge, detail).at(at))
        }
        _ => Ok(()),
    }
}

/// What is wrong with one of several: `term: it is empty` points at its field.
pub(super) fn at_field(place: &str, why: &str) -> Problem {
    match why.split_once(": ") {
        Some((field, why))
            if field.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()) =>
        {
            Problem::new(Code::Invalid, why).at(format!("{place}/{field}"))
        }
        _ => Problem::new(Code::Invalid, why).at(place),
    }
}

/// As [`at_field`], of an error over one entry.
pub(super) fn of_one(place: &str, error: &dyn std::fmt::Display) -> Problem {
    at_field(place, &said_of_one(error))
}

/// The number of an entry as people write it.
pub(super) fn entry_id(text: &str) -> Result<EntryId, Problem> {
    EntryId::parse(text).ok_or_else(|| Problem::new(Code::NotFound, "an entry is named like `k3`"))
}

/// The runs of entries that are named.
pub(super) fn runs(given: &[String]) -> Result<Vec<RangeInclusive<u64>>, Problem> {
    let mut runs = Vec::with_capacity(given.len().min(LAID_DOWN_MAX));
    let mut count = 0_u64;
    for (place, text) in given.iter().enumerate() {
        let at = || format!("/entries/{place}");
        let run = run(text).map_err(|why| Problem::new(Code::Invalid, why).at(at()))?;
        count = count.saturating_add((run.end() - run.start()).saturating_add(1));
        if count > LAID_DOWN_MAX as u64 {
            let detail =
                format!("a request names at most {LAID_DOWN_MAX} entries: send the rest next");
            return Err(Problem::new(Code::TooLarge, detail).at(at()));
        }
        runs.push(run);
    }
    match runs.is_empty() {
        false => Ok(runs),
        true => Err(Problem::new(Code::Missing, "name at least one entry").at("/entries")),
    }
}
