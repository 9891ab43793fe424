//! What rules ask the detectors: numbers that other stages made of the same event.
//!
//! Leaves out the detectors; whoever composes the stages answers.

/// Answers what rules ask about the event under evaluation.
///
/// The same question within one event must get the same answer.
pub trait Observations {
    /// Answers one question.
    fn observed(&self, what: Observed<'_>) -> Observation;
}

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<'a> {
    /// How many entries of a term list matched: a whole number.
    TermMatches {
        /// The list's name.
        list: &'a str,
    },
    /// Bits to the nearest entry of a hash bank that matched: a whole number.
    BankDistance {
        /// The bank's name.
        bank: &'a str,
    },
    /// Match weight to the best removed profile, in bits.
    ComebackBits,
    /// One named signal: a whole number.
    SignalNumber {
        /// The signal's kind.
        kind: &'a str,
    },
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observation {
    /// A whole number.
    Whole(i64),
    /// Any number; must be finite.
    Real(f64),
    /// The detector ran and found nothing: a count of 0, no distance, no score.
    Nothing,
    /// The detector's input was missing, or it failed: nothing is known.
    Unknown,
}

/// No detector has run: every answer is [`Observation::Unknown`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observations for Unobserved {
    fn observed(&self, _what: Observed<'_>) -> Observation {
        Observation::Unknown
    }
}
