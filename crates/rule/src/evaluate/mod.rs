//! Runs a compiled rule set on one event.
//!
//! File by file, node by node, each once; a failed node costs only what reads it. Beside
//! every value goes whether it rests on something missing. Left out: what operators
//! (`operate`) and functions (`call`) do.

mod call;
mod coerce;
mod junction;
mod operate;
mod text;
mod when;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::datum::{Datum, Slot};
use crate::ir::{Json, NodeId, Op, Piece, Question, Ruleset};
use crate::limits::{LIST_ITEMS_MAX, STEPS_MAX, STRING_BYTES_MAX};
use crate::observe::{Observation, Observations};
use crate::outcome::{
    Evaluation, EvaluationError, Feature, ReportedError, Rests, RuleVerdict, Verdict,
};
use crate::path::Reached;
use crate::value::{Input, Value};

/// Why a node has no value.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// Expected, such as a field that need not come; or something it reads has failed.
    Silent,
    /// Nobody's wish.
    Reported(EvaluationError),
}

impl std::convert::From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        Self::Reported(error)
    }
}

/// A value with whether it rests on something missing.
pub(crate) type Valued = Result<(Datum, Rests), Failure>;

/// Runs a rule set on one event.
pub(crate) fn run(set: &Ruleset, input: &Input, observations: &dyn Observations) -> Evaluation {
    let mut run = Run {
        set,
        input,
        observations,
        slots: vec![Slot::Unset; set.nodes.len()],
        files: vec![FileState::Idle; set.files.len()],
        doubted: vec![false; set.files.len()],
        queue: VecDeque::new(),
        spent: 0,
        out: Evaluation::default(),
        file: 0,
        rests: Rests::No,
    };
    run.queue.push_back((0, Rests::No));
    while let Some((file, rests)) = run.queue.pop_front() {
        run.activate(file, rests);
    }
    run.finish()
}

/// Whether a file has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileState {
    Idle,
    Ran,
}

struct Run<'r> {
    set: &'r Ruleset,
    input: &'r Input,
    observations: &'r dyn Observations,
    slots: Vec<Slot>,
    files: Vec<FileState>,
    /// Files of which it is not known whether they should have run.
    doubted: Vec<bool>,
    /// Files that are to run, with whether that rests on something missing.
    queue: VecDeque<(usize, Rests)>,
    /// Steps taken.
    spent: u64,
    out: Evaluation,
    /// The file that runs.
    file: usize,
    /// Whether that it runs rests on something missing.
    rests: Rests,
}

impl Run<'_> {
    /// Runs a file and what it imports, each once, imports first.
    fn activate(&mut self, file: usize, rests: Rests) {
        let set = self.set;
        let mut wanted = Vec::new();
        let mut stack = vec![file];
        while let Some(file) = stack.pop() {
            let Some(plan) = set.files.get(file) else { continue };
            if self.files[file] == FileState::Idle {
                self.files[file] = FileState::Ran;
                wanted.push(file);
                stack.extend(plan.imports.iter());
            }
        }
        wanted.sort_by_key(|file| set.files[*file].rank);
        for file in wanted {
            self.file = file;
            self.rests = rests;
            for node in set.files[file].nodes.clone() {
                let slot = match self.node(node) {
                    Ok((datum, inner)) => Slot::Done(datum, inner.or(rests)),
                    Err(failure) => {
                        self.failed(node, failure);
                        Slot::Failed
                    }
                };
                self.slots[node] = slot;
            }
            self.store(file);
        }
    }

    fn failed(&mut self, node: NodeId, failure: Failure) {
        let Failure::Reported(error) = failure else { return };
        // One report says that the budget is used up; the rest follows from it.
        let again = self.out.errors.last().is_some_and(|last| last.error == error);
        if error == EvaluationError::StepsExceeded && again {
            return;
        }
        let path = Arc::clone(&self.set.files[self.file].path);
        let place = self.set.nodes[node].place;
        self.out.errors.push(ReportedError { error, path, place });
    }

    /// Stores the features and the rules' verdicts of a file that ran.
    fn store(&mut self, file: usize) {
        let set = self.set;
        for feature in &set.files[file].features {
            let (datum, rests) = self.slots[feature.node].or_null();
            let (name, value) = (Arc::clone(&feature.name), datum.to_value());
            self.out.features.push(Feature { name, value, rests_on_missing: rests });
        }
        for node in set.files[file].nodes.clone() {
            let Op::Rule { rule, description, .. } = &set.nodes[node].op else { continue };
            let (verdict, rests) = match &self.slots[node] {
                Slot::Done(Datum::Rule(_, true), rests) => (Verdict::Matched, *rests),
                Slot::Done(_, rests) => (Verdict::NotMatched, *rests),
                Slot::Failed | Slot::Unset => (Verdict::Unknown, Rests::Yes),
            };
            let known = verdict != Verdict::Unknown;
            let description = self.slots[*description].or_null().0.text().filter(|_| known);
            let name = Arc::clone(&set.rules[*rule]);
            self.out.rules.push(RuleVerdict {
                name,
                verdict,
                rests_on_missing: rests,
                description,
            });
        }
    }

    /// Adds the rules of files that perhaps should have run.
    fn finish(mut self) -> Evaluation {
        let set = self.set;
        for (file, plan) in set.files.iter().enumerate() {
            if !self.doubted[file] || self.files[file] == FileState::Ran {
                continue;
            }
            for rule in &plan.rules {
                self.out.rules.push(RuleVerdict {
                    name: Arc::clone(&set.rules[*rule]),
                    verdict: Verdict::Unknown,
                    rests_on_missing: Rests::Yes,
                    description: None,
                });
            }
        }
        self.out
    }

    /// Takes steps out of the event's budget.
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), Failure> {
        self.spent = self.spent.saturating_add(steps);
        if self.spent > STEPS_MAX { Err(EvaluationError::StepsExceeded.into()) } else { Ok(()) }
    }

    /// The value of a node that must not have failed.
    pub(crate) fn get(&mut self, node: NodeId) -> Valued {
        let (datum, rests) = match &self.slots[node] {
            Slot::Done(datum, rests) => (datum.clone(), *rests),
            Slot::Failed | Slot::Unset => return Err(Failure::Silent),
        };
        self.spend(datum.cost())?;
        Ok((datum, rests))
    }

    /// The value of a node, `None` standing for a failed one.
    pub(crate) fn get_or_null(&mut self, node: NodeId) -> Valued {
        let (datum, rests) = self.slots[node].or_null();
        let (cost, found) = (datum.cost(), (datum.clone(), rests));
        self.spend(cost)?;
        Ok(found)
    }

    /// The elements of a list: nodes where it is written out, else values.
    ///
    /// Written-out lists are looked into, so that one failed element does not hide the rest.
    pub(crate) fn elements(&self, list: NodeId) -> Option<Vec<Slot>> {
        if let Op::List(items) = &self.set.nodes[list].op {
            return Some(items.iter().map(|item| self.slots[*item].clone()).collect());
        }
        match &self.slots[list] {
            Slot::Done(Datum::List(items), rests) => {
                Some(items.iter().map(|item| Slot::Done(item.clone(), *rests)).collect())
            }
            _ => None,
        }
    }

    fn node(&mut self, node: NodeId) -> Valued {
        self.spend(1)?;
        let set = self.set;
        match &set.nodes[node].op {
            Op::Constant(datum) => Ok((datum.clone(), Rests::No)),
            Op::Json(json) => self.json(json),
            Op::Entity { kind, id } => {
                let (id, rests) = self.get(*id)?;
                entity(kind, &id).map(|entity| (entity, rests))
            }
            Op::Binary { operator, left, right } => {
                let ((left, one), (right, other)) = (self.get(*left)?, self.get(*right)?);
                let (datum, made) = operate::binary(*operator, &left.plain(), &right.plain())?;
                self.spend(datum.cost())?;
                Ok((datum, one.or(other).or(made)))
            }
            Op::Negate(operand) => {
                let (datum, rests) = self.get(*operand)?;
                operate::negate(&datum.plain()).map(|datum| (datum, rests))
            }
            Op::Not(operand) => {
                let (datum, rests) = self.get(*operand)?;
                let truth = datum.truth().ok_or(EvaluationError::Operands)?;
                Ok((Datum::Bool(!truth), rests))
            }
            Op::Compare { operator, left, right } => self.compare(*operator, *left, *right),
            Op::Junction { operator, operands } => Ok(self.junction(*operator, operands)),
            Op::List(items) => {
                if items.len() > LIST_ITEMS_MAX {
                    return Err(EvaluationError::ListTooLong.into());
                }
                let mut rests = Rests::No;
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    let (datum, inner) = self.get(*item)?;
                    rests = rests.or(inner);
                    list.push(datum);
                }
                Ok((Datum::List(list.into()), rests))
            }
            Op::Format(pieces) => self.format(pieces),
            Op::Call { builtin, arguments, prepared } => {
                self.function(*builtin, arguments, prepared)
            }
            Op::Observe(question) => self.observe(question),
            Op::Rule { rule, signals, description } => self.rule(*rule, *signals, *description),
            Op::When { rules, then } => Ok(self.when(node, *rules, *then)),
            Op::Require { file, condition, candidates } => {
                self.require(*file, *condition, candidates);
                Ok((Datum::Null, Rests::No))
            }
        }
    }

    fn format(&mut self, pieces: &[Piece]) -> Valued {
        let mut text = String::new();
        let mut rests = Rests::No;
        for piece in pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Node(node) => {
                    let (datum, inner) = self.get(*node)?;
                    rests = rests.or(inner);
                    text.push_str(&text::written(&datum).ok_or(EvaluationError::Operands)?);
                }
            }
            if text.len() > STRING_BYTES_MAX {
                return Err(EvaluationError::StringTooLong.into());
            }
        }
        Ok((Datum::Str(text.into()), rests))
    }

    fn json(&mut self, json: &Json) -> Valued {
        let mut option = |node: Option<NodeId>| match node {
            None => Ok((true, Rests::No)),
            Some(node) => {
                let (datum, rests) = self.get(node)?;
                Ok::<_, Failure>((datum.truth().unwrap_or(true), rests))
            }
        };
        let ((required, one), (coerced, other)) = (option(json.required)?, option(json.coerce)?);
        let rests = one.or(other);
        let source = match json.from {
            crate::ir::From::Data => &self.input.data,
            crate::ir::From::Secret => &self.input.secret,
        };
        let path = || json.path.as_str().into();
        let character;
        let mut visits = 0;
        let reached = json.path.reach(source, &mut visits);
        self.spend(u64::try_from(visits).unwrap_or(u64::MAX))?;
        let value = match reached {
            Reached::Value(value) => value,
            Reached::Character(c) => {
                character = Value::Str(c.to_string().into());
                &character
            }
            Reached::Nothing if coerce::takes_none(&json.kind) => {
                return Ok((Datum::Null, Rests::Yes));
            }
            Reached::Nothing if required => {
                return Err(EvaluationError::MissingJsonPath { path: path() }.into());
            }
            Reached::Nothing => return Err(Failure::Silent),
            Reached::Unreachable => {
                return Err(EvaluationError::Unreachable { path: path() }.into());
            }
            Reached::TooMany => return Err(EvaluationError::TooManyVisits { path: path() }.into()),
        };
        let coercion = if coerced { coerce::Coercion::Allowed } else { coerce::Coercion::Refused };
        let Some(datum) = coerce::coerce(&json.kind, value, coercion) else {
            if matches!(value, Value::Null) && !required {
                return Err(Failure::Silent);
            }
            let (has, expected) = (value.type_name(), json.kind.to_string().into());
            return Err(EvaluationError::InvalidJsonType { path: path(), has, expected }.into());
        };
        self.spend(datum.cost())?;
        // What the platform sends as null is as good as missing.
        let missing = if datum == Datum::Null { Rests::Yes } else { Rests::No };
        let datum = match &json.entity {
            Some(kind) => entity(kind, &datum)?,
            None => datum,
        };
        Ok((datum, rests.or(missing)))
    }

    fn observe(&mut self, question: &Question) -> Valued {
        let nothing = match question {
            Question::TermMatches(_) | Question::SignalNumber(_) => Datum::Int(0),
            Question::BankDistance(_) | Question::ComebackBits => Datum::Null,
        };
        let real = matches!(question, Question::ComebackBits);
        let datum = match self.observations.observed(question.observed()) {
            Observation::Nothing => nothing,
            Observation::Unknown => return Err(Failure::Silent),
            Observation::Real(value) if real && value.is_finite() => Datum::Float(value),
            Observation::Whole(value) if !real => Datum::Int(value.into()),
            Observation::Real(_) | Observation::Whole(_) => {
                return Err(EvaluationError::WrongObservation.into());
            }
        };
        Ok((datum, Rests::No))
    }
}

/// A typed identity; only texts and whole numbers can be one.
fn entity(kind: &Arc<str>, id: &Datum) -> Result<Datum, Failure> {
    match id.plain() {
        id @ (Datum::Str(_) | Datum::Int(_)) => Ok(Datum::Entity(Arc::new((Arc::clone(kind), id)))),
        other => Err(EvaluationError::EntityId { got: other.type_name() }.into()),
    }
}

/// Whether any holds, and whether that is certain.
fn joined_rests(verdicts: Vec<(bool, Rests)>) -> (bool, Rests) {
    junction::joined(crate::syntax::ast::Junction::Or, verdicts.into_iter())
}
