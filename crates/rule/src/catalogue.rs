//! Every function of the language: its parameters, its result, and whether it is here.
//!
//! Osprey's standard library is known whole, so that a rule that needs a function this
//! version lacks is refused by that function's name. Left out: what functions do.

mod absent;
mod present;

use crate::types::Type;

pub(crate) use absent::absent;
pub(crate) use present::present;

/// A function that can be evaluated.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) builtin: Builtin,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) result: Outcome,
}

/// One parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: ParameterKind,
    pub(crate) constancy: Constancy,
    pub(crate) presence: Presence,
}

/// Whether an argument must be a literal, or a name bound to one, one step away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constancy {
    Literal,
    Evaluated,
}

/// Whether an argument may be left out, and what it gets when its value failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Must be given; the call fails with it.
    Required,
    /// May be left out; the call fails with it.
    Defaulted,
    /// May be left out; `None` is allowed, and stands for a failed value.
    Optional,
    /// Must be given; `None` is allowed, and stands for a failed value.
    RequiredOptional,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    Any,
    Bool,
    Int,
    Str,
    Id,
    StrList,
    AnyList,
    BoolList,
    RuleList,
    EffectList,
}

impl ParameterKind {
    /// As a type.
    pub(crate) fn as_type(self) -> Type {
        let list = |inner| Type::List(Box::new(inner));
        match self {
            Self::Any => Type::Any,
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Str => Type::Str,
            Self::Id => Type::Any,
            Self::StrList => list(Type::Str),
            Self::AnyList => list(Type::Any),
            Self::BoolList => list(Type::Bool),
            Self::RuleList => list(Type::Rule),
            Self::EffectList => list(Type::Effect),
        }
    }
}

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing: the call is a statement.
    Nothing,
    Bool,
    Int,
    Str,
    StrList,
    /// `int | None`.
    OptionalInt,
    /// `float | None`.
    OptionalFloat,
    TimeDelta,
    Rule,
    Effect,
    /// `Entity[T]`, where `T` is the type of `id`.
    Entity,
    /// Whatever the annotation says.
    Annotated,
    /// `Entity[T]`, where the annotation says `T`.
    AnnotatedEntity,
    /// The type of `optional_value` without `None`.
    Resolved,
    /// The type of `list`.
    SameList,
}

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    Import,
    Require,
    Rule,
    WhenRules,
    JsonData,
    EntityJson,
    Entity,
    GetActionName,
    GetActionId,
    DeclareVerdict,
    OpenCase,
    ResolveOptional,
    ListLength,
    ListRead,
    ListSort,
    StringLength,
    StringToLower,
    StringToUpper,
    StringStartsWith,
    StringEndsWith,
    StringStrip,
    StringLStrip,
    StringRStrip,
    StringReplace,
    StringJoin,
    StringSplit,
    StringSlice,
    RegexMatch,
    RegexMatchMap,
    CountRegexMatches,
    HashSha256,
    HashSha512,
    EmailLocalPart,
    TimeDelta,
    TimeSince,
    GetTimestampBucket,
    TermMatches,
    BankDistance,
    ComebackBits,
    SignalNumber,
}

impl Function {
    /// The parameter of this name, with its index.
    pub(crate) fn parameter(&self, name: &str) -> Option<(usize, &Parameter)> {
        self.parameters.iter().enumerate().find(|(_, parameter)| parameter.name == name)
    }
}
