//! The functions that can be evaluated, by name.
//!
//! Signatures are Osprey's where the name is; the last five are Seawall's own.

use super::Constancy::{Evaluated, Literal};
use super::ParameterKind::{
    Any, AnyList, Bool, BoolList, EffectList, Id, Int, RuleList, Str, StrList,
};
use super::Presence::{Defaulted, Optional, Required, RequiredOptional};
use super::{Builtin, Constancy, Function, Outcome, Parameter, ParameterKind, Presence};

/// The function of this name.
pub(crate) fn present(name: &str) -> Option<&'static Function> {
    PRESENT.iter().find(|function| function.name == name)
}

const fn parameter(
    name: &'static str,
    kind: ParameterKind,
    constancy: Constancy,
    presence: Presence,
) -> Parameter {
    Parameter { name, kind, constancy, presence }
}

const fn function(
    name: &'static str,
    builtin: Builtin,
    parameters: &'static [Parameter],
    result: Outcome,
) -> Function {
    Function { name, builtin, parameters, result }
}

const S: Parameter = parameter("s", Str, Evaluated, Required);
const CHARS: Parameter = parameter("chars", Str, Evaluated, Optional);
const PATH: Parameter = parameter("path", Str, Literal, Required);
const REQUIRED: Parameter = parameter("required", Bool, Evaluated, Defaulted);
const COERCE: Parameter = parameter("coerce_type", Bool, Evaluated, Defaulted);
const TYPE: Parameter = parameter("type", Str, Literal, Required);
const CASE_INSENSITIVE: Parameter = parameter("case_insensitive", Bool, Literal, Defaulted);
const PATTERN: Parameter = parameter("pattern", Str, Literal, Required);
const INPUT: Parameter = parameter("input", Str, Evaluated, Required);

/// Every function that can be evaluated.
pub(crate) const PRESENT: &[Function] = &[
    function(
        "Import",
        Builtin::Import,
        &[parameter("rules", StrList, Literal, Required)],
        Outcome::Nothing,
    ),
    function(
        "Require",
        Builtin::Require,
        &[
            parameter("rule", Str, Evaluated, Required),
            parameter("require_if", Bool, Evaluated, Defaulted),
        ],
        Outcome::Nothing,
    ),
    function(
        "Rule",
        Builtin::Rule,
        &[
            parameter("when_all", BoolList, Evaluated, Required),
            parameter("description", Str, Evaluated, Required),
        ],
        Outcome::Rule,
    ),
    function(
        "WhenRules",
        Builtin::WhenRules,
        &[
            parameter("rules_any", RuleList, Evaluated, Required),
            parameter("then", EffectList, Evaluated, Required),
        ],
        Outcome::Nothing,
    ),
    function("JsonData", Builtin::JsonData, &[PATH, REQUIRED, COERCE], Outcome::Annotated),
    function(
        "EntityJson",
        Builtin::EntityJson,
        &[TYPE, PATH, REQUIRED, COERCE],
        Outcome::AnnotatedEntity,
    ),
    function(
        "Entity",
        Builtin::Entity,
        &[TYPE, parameter("id", Id, Evaluated, Required)],
        Outcome::Entity,
    ),
    function("GetActionName", Builtin::GetActionName, &[], Outcome::Str),
    function("GetActionId", Builtin::GetActionId, &[], Outcome::Int),
    function(
        "DeclareVerdict",
        Builtin::DeclareVerdict,
        &[parameter("verdict", Str, Evaluated, Required)],
        Outcome::Effect,
    ),
    function(
        "ResolveOptional",
        Builtin::ResolveOptional,
        &[
            parameter("optional_value", Any, Evaluated, RequiredOptional),
            parameter("default_value", Any, Evaluated, Optional),
            parameter("should_report_error", Bool, Evaluated, Defaulted),
        ],
        Outcome::Resolved,
    ),
    function(
        "ListLength",
        Builtin::ListLength,
        &[parameter("list", AnyList, Evaluated, Required)],
        Outcome::Int,
    ),
    function(
        "ListRead",
        Builtin::ListRead,
        &[
            parameter("list", StrList, Evaluated, Required),
            parameter("index", Int, Evaluated, Defaulted),
        ],
        Outcome::Str,
    ),
    function(
        "ListSort",
        Builtin::ListSort,
        &[
            parameter("list", AnyList, Evaluated, Required),
            parameter("reverse", Bool, Evaluated, Defaulted),
        ],
        Outcome::SameList,
    ),
    function("StringLength", Builtin::StringLength, &[S], Outcome::Int),
    function("StringToLower", Builtin::StringToLower, &[S], Outcome::Str),
    function("StringToUpper", Builtin::StringToUpper, &[S], Outcome::Str),
    function(
        "StringStartsWith",
        Builtin::StringStartsWith,
        &[S, parameter("start", Str, Evaluated, Required)],
        Outcome::Bool,
    ),
    function(
        "StringEndsWith",
        Builtin::StringEndsWith,
        &[S, parameter("end", Str, Evaluated, Required)],
        Outcome::Bool,
    ),
    function("StringStrip", Builtin::StringStrip, &[S, CHARS], Outcome::Str),
    function("StringLStrip", Builtin::StringLStrip, &[S, CHARS], Outcome::Str),
    function("StringRStrip", Builtin::StringRStrip, &[S, CHARS], Outcome::Str),
    function(
        "StringReplace",
        Builtin::StringReplace,
        &[
            S,
            parameter("old", Str, Evaluated, Required),
            parameter("new", Str, Evaluated, Required),
        ],
        Outcome::Str,
    ),
    function(
        "StringJoin",
        Builtin::StringJoin,
        &[S, parameter("iterable", StrList, Evaluated, Required)],
        Outcome::Str,
    ),
    function(
        "StringSplit",
        Builtin::StringSplit,
        &[
            S,
            parameter("sep", Str, Evaluated, Optional),
            parameter("maxsplit", Int, Evaluated, Defaulted),
        ],
        Outcome::StrList,
    ),
    function(
        "StringSlice",
        Builtin::StringSlice,
        &[S, parameter("start", Int, Literal, Required), parameter("end", Int, Literal, Required)],
        Outcome::Str,
    ),
    function(
        "RegexMatch",
        Builtin::RegexMatch,
        &[parameter("target", Str, Evaluated, Required), PATTERN, CASE_INSENSITIVE],
        Outcome::Bool,
    ),
    function(
        "RegexMatchMap",
        Builtin::RegexMatchMap,
        &[
            parameter("target", StrList, Evaluated, Required),
            PATTERN,
            parameter("mode", Str, Literal, Defaulted),
        ],
        Outcome::Bool,
    ),
    function(
        "CountRegexMatches",
        Builtin::CountRegexMatches,
        &[
            parameter("target", Str, Evaluated, Required),
            parameter("patterns", StrList, Literal, Required),
            CASE_INSENSITIVE,
        ],
        Outcome::Int,
    ),
    function("HashSha256", Builtin::HashSha256, &[INPUT], Outcome::Str),
    function("HashSha512", Builtin::HashSha512, &[INPUT], Outcome::Str),
    function(
        "EmailLocalPart",
        Builtin::EmailLocalPart,
        &[parameter("email", Str, Evaluated, Required)],
        Outcome::Str,
    ),
    function(
        "TimeDelta",
        Builtin::TimeDelta,
        &[
            parameter("weeks", Int, Literal, Defaulted),
            parameter("days", Int, Literal, Defaulted),
            parameter("hours", Int, Literal, Defaulted),
            parameter("minutes", Int, Literal, Defaulted),
            parameter("seconds", Int, Literal, Defaulted),
        ],
        Outcome::TimeDelta,
    ),
    function(
        "TimeSince",
        Builtin::TimeSince,
        &[parameter("timestamp", Str, Evaluated, Required)],
        Outcome::TimeDelta,
    ),
    function(
        "GetTimestampBucket",
        Builtin::GetTimestampBucket,
        &[
            parameter("timestamp", Int, Evaluated, Required),
            parameter("granularity_seconds", Int, Literal, Required),
        ],
        Outcome::Int,
    ),
    function(
        "TermMatches",
        Builtin::TermMatches,
        &[parameter("list", Str, Literal, Required)],
        Outcome::Int,
    ),
    function(
        "BankDistance",
        Builtin::BankDistance,
        &[parameter("bank", Str, Literal, Required)],
        Outcome::OptionalInt,
    ),
    function("ComebackBits", Builtin::ComebackBits, &[], Outcome::OptionalFloat),
    function(
        "SignalNumber",
        Builtin::SignalNumber,
        &[parameter("kind", Str, Literal, Required)],
        Outcome::Int,
    ),
    function(
        "OpenCase",
        Builtin::OpenCase,
        &[
            parameter("policy", Str, Literal, Required),
            parameter("reason", Str, Evaluated, Required),
        ],
        Outcome::Effect,
    ),
];
