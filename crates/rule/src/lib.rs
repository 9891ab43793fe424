//! SML, the rule language: parse, check, compile, evaluate.
//!
//! [`load`] reads a rule set and either refuses it, with everything that is wrong told at
//! once and in its place, or compiles it. [`evaluate`] runs it on one event: features,
//! rules' verdicts, effects, each with whether it rests on an input that was missing or
//! failed ([`Rests`]). SML is Osprey's language (ROOST, 1.1.0): rule sets mean the same
//! here, as far as their functions are available; a function that is not is refused by name.
//!
//! Left out: labels, experiments, windows and counters, and functions that need tables;
//! files and their reloading; what becomes of an effect.

#![forbid(unsafe_code)]

mod catalogue;
mod check;
mod compile;
mod datum;
mod diagnostic;
mod evaluate;
mod ir;
pub mod limits;
mod observe;
mod outcome;
mod path;
mod pattern;
mod python;
mod source;
mod syntax;
mod types;
mod value;

pub use diagnostic::{Diagnostic, Diagnostics, Location, Validator};
pub use ir::Ruleset;
pub use observe::{Observation, Observations, Observed, Unobserved};
pub use outcome::{
    Block, Effect, Evaluation, EvaluationError, Feature, Fired, ReportedError, Rests, RuleVerdict,
    Verdict,
};
pub use source::{ENTRY, Place, SourceError, Sources};
pub use value::{Input, InvalidJson, Value};

/// Runs a rule set on one event.
///
/// Pure: the same rule set, event and observations give the same answer. Never panics on
/// what an event holds; what fails is told in [`Evaluation::errors`] and costs only what
/// reads it. Not short-circuited: every expression of a file that runs is evaluated.
///
/// Cost: one pass over the nodes of the files that run, within
/// [`limits::STEPS_MAX`] steps.
#[must_use]
pub fn evaluate(rules: &Ruleset, input: &Input, observations: &dyn Observations) -> Evaluation {
    evaluate::run(rules, input, observations)
}

/// Reads, checks and compiles a rule set.
///
/// # Errors
/// [`Diagnostics`] with everything that is wrong, by path and place.
///
/// Cost: linear in the size of the sources, but for the search of similar names, which is
/// bounded.
pub fn load(sources: &Sources) -> Result<Ruleset, Diagnostics> {
    let (program, findings) = check::check(sources);
    if findings.is_empty() {
        return Ok(compile::compile(&program, sources.digest()));
    }
    Err(diagnostic::collect(sources, findings))
}
