//! How much of a list one answer holds.

use std::fmt::Display;

use super::problem::{Code, Problem};

/// What was asked for, within what is given at most; the usual where nothing was asked.
///
/// # Errors
/// A [`Problem`] that names the parameter, where it is out of its range.
pub(crate) fn limit<N: Copy + Display + PartialOrd + From<u8>>(
    asked: Option<N>,
    usual: N,
    max: N,
) -> Result<N, Problem> {
    let limit = asked.unwrap_or(usual);
    match limit >= N::from(1) && limit <= max {
        true => Ok(limit),
        false => Err(Problem::new(Code::Invalid, format!("limit is from 1 to {max}")).at("limit")),
    }
}
