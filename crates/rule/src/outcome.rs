//! What evaluation says about one event.
//!
//! Leaves out what is done about it.

use std::sync::Arc;

use crate::source::Place;
use crate::value::Value;

/// Everything that a rule set says about one event.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Evaluation {
    /// Features that were evaluated, in the order of their evaluation.
    pub features: Vec<Feature>,
    /// Rules that were evaluated, and those of which it is not known whether they should
    /// have been.
    pub rules: Vec<RuleVerdict>,
    /// What `WhenRules` asked for, in order.
    pub effects: Vec<Fired>,
    /// One record for each `WhenRules`.
    pub blocks: Vec<Block>,
    /// Failures that are nobody's wish.
    pub errors: Vec<ReportedError>,
}

/// A named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: Arc<str>,
    /// Its value; `Null` if it failed.
    pub value: Value,
    /// Whether it would perhaps be another, had nothing been missing.
    pub rests_on_missing: Rests,
}

/// Whether a value rests on an input that was missing or failed.
///
/// `No` is a promise: whatever the missing inputs had been, the value would be the same.
/// So `Missing > 3 or Certain` with a true `Certain` does not rest on what is missing, and
/// `Missing != 1` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Rests {
    /// It stands by itself.
    #[default]
    No,
    /// It rests on something missing or failed; nothing automatic may follow.
    Yes,
}

impl Rests {
    /// `Yes` if either is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

/// A rule's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// All its conditions hold.
    Matched,
    /// One does not.
    NotMatched,
    /// One failed, or whether the rule applies is not known.
    Unknown,
}

/// What one rule says.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleVerdict {
    /// The rule.
    pub name: Arc<str>,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether the verdict rests on missing input; always for [`Verdict::Unknown`].
    pub rests_on_missing: Rests,
    /// Its description with the event's values; none if the verdict is unknown.
    pub description: Option<Arc<str>>,
}

/// Something that a rule set asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// What.
    pub effect: Effect,
    /// Rules that matched, as written; at least one.
    pub rules: Vec<Arc<str>>,
    /// Whether it rests on missing input. `No` if one of the rules matched for certain.
    pub rests_on_missing: Rests,
}

/// What a rule set can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Declares an outcome for synchronous callers.
    DeclareVerdict {
        /// The outcome; Osprey calls it a verdict.
        outcome: Arc<str>,
    },
    /// Opens a case for people.
    OpenCase {
        /// The policy that it is about.
        policy: Arc<str>,
        /// Why, in words.
        reason: Arc<str>,
    },
}

/// What became of one `WhenRules`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its file.
    pub path: Arc<str>,
    /// Its place there.
    pub place: Place,
    /// Rules whose verdict is known.
    pub evaluated: Vec<Arc<str>>,
    /// Rules that matched.
    pub matched: Vec<Arc<str>>,
    /// Rules that were passed over, because they failed.
    pub failed: Vec<Arc<str>>,
    /// How many effects fired.
    pub effects: usize,
    /// How many effects failed; they did not fire.
    pub effects_failed: usize,
    /// Whether firing or not rests on missing input.
    pub rests_on_missing: Rests,
}

/// A failure with its place in the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedError {
    /// What failed.
    pub error: EvaluationError,
    /// The file.
    pub path: Arc<str>,
    /// The expression that failed.
    pub place: Place,
}

/// Why an expression failed. Never holds content of the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A required field did not come.
    #[error("Missing Json data at path `{path}`.")]
    MissingJsonPath {
        /// Where it was sought.
        path: Box<str>,
    },
    /// A field came with a type that does not fit.
    #[error("Invalid type in Json data at path `{path}`. Has type `{has}`, expected `{expected}`.")]
    InvalidJsonType {
        /// Where it stands.
        path: Box<str>,
        /// What it is.
        has: &'static str,
        /// What the annotation says.
        expected: Box<str>,
    },
    /// A path asks for a place in something that has none.
    #[error("the path `{path}` asks for an index where there is no list")]
    Unreachable {
        /// The path.
        path: Box<str>,
    },
    /// A path would visit too many values.
    #[error("the path `{path}` visits too many values")]
    TooManyVisits {
        /// The path.
        path: Box<str>,
    },
    /// `<<` or `>>` by less than nothing.
    #[error("negative shift count")]
    NegativeShift,
    /// 0 to a negative power.
    #[error("0 cannot be raised to a negative power")]
    ZeroToNegativePower,
    /// A whole number of more than 127 bits.
    #[error("the number has more than 127 bits")]
    TooLarge,
    /// Not a number, or beyond what a float holds.
    #[error("the number is not finite")]
    NotFinite,
    /// A string beyond the limit.
    #[error("the string would be too long")]
    StringTooLong,
    /// A list beyond the limit.
    #[error("the list would be too long")]
    ListTooLong,
    /// `StringSplit` with `sep=''`.
    #[error("empty separator")]
    EmptySeparator,
    /// An entity of neither text nor whole number.
    #[error("Can only have `str` or `int` entities, got `{got}`")]
    EntityId {
        /// What it was given.
        got: &'static str,
    },
    /// `ResolveOptional` that should report.
    #[error("optional_value kwarg is None")]
    OptionalIsNone,
    /// `TimeSince` of something else.
    #[error("the text is no time in ISO 8601")]
    NotATime,
    /// Values that an operator does not take; only where types were not known before.
    #[error("the operator does not take these values")]
    Operands,
    /// A detector answered with a number of the wrong kind.
    #[error("the detector's answer is not a number of this kind")]
    WrongObservation,
    /// The event's budget is used up; everything after it fails.
    #[error("evaluation took more steps than allowed")]
    StepsExceeded,
}
