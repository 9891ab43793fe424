//! The checked tree to a flat list of nodes, each definition once.
//!
//! Linear in the size of the sources. Only a rule set without findings comes here; what a
//! check should have refused and did not is a bug, and becomes a constant failure.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::{Builtin, Function, present};
use crate::check::{Definition, Extraction, Program, literal, read_annotation, require_glob};
use crate::datum::Datum;
use crate::ir::{
    FeaturePlan, FilePlan, From, Json, Node, NodeId, Op, Piece, Prepared, Question, Ruleset,
};
use crate::path::Path;
use crate::pattern::{self, Case};
use crate::syntax::ast::{Assign, Call, Expr, ExprKind, Part, Statement};
use crate::types::{Secrecy, Type};

/// Compiles a rule set that every check has passed.
pub(crate) fn compile(program: &Program, digest: [u8; 32]) -> Ruleset {
    let mut compiler = Compiler {
        program,
        nodes: Vec::new(),
        defined: BTreeMap::new(),
        rules: Vec::new(),
        at: Definition { module: 0, statement: 0 },
    };
    let mut plans: Vec<(usize, FilePlan)> = Vec::with_capacity(program.modules.len());
    for (rank, module) in program.order.iter().enumerate() {
        plans.push((*module, compiler.file(*module, rank)));
    }
    plans.sort_by_key(|(module, _)| *module);
    let files = plans.into_iter().map(|(_, plan)| plan).collect();
    Ruleset { nodes: compiler.nodes, files, rules: compiler.rules, digest }
}

struct Compiler<'p> {
    program: &'p Program,
    nodes: Vec<Node>,
    defined: BTreeMap<Definition, NodeId>,
    rules: Vec<Arc<str>>,
    at: Definition,
}

impl<'p> Compiler<'p> {
    fn file(&mut self, module: usize, rank: usize) -> FilePlan {
        let source = &self.program.modules[module];
        let start = self.nodes.len();
        let first_rule = self.rules.len();
        let mut features = Vec::new();
        for (statement, found) in source.file.statements.iter().enumerate() {
            self.at = Definition { module, statement };
            match found {
                Statement::Call(call) => {
                    self.expr(call, None);
                }
                Statement::Assign(assign) => {
                    let node = self.expr(&assign.value, Some(assign));
                    self.defined.insert(self.at, node);
                    if self.is_stored(assign) {
                        features.push(FeaturePlan { name: (*assign.name).into(), node });
                    }
                }
            }
        }
        FilePlan {
            path: (*source.path).into(),
            nodes: start..self.nodes.len(),
            imports: source.imports.iter().map(|(import, _)| *import).collect(),
            rank,
            features: features.into(),
            rules: (first_rule..self.rules.len()).collect(),
        }
    }

    /// Features are stored unless they are local, constant, secret or effects.
    fn is_stored(&self, assign: &Assign) -> bool {
        let annotated =
            assign.annotation.as_ref().and_then(|annotation| read_annotation(annotation).ok());
        let forced = annotated.is_some_and(|annotated| annotated.extraction == Extraction::Forced);
        let (kind, secrecy) = match self.program.types.get(&self.at) {
            Some((kind, secrecy)) => (kind, *secrecy),
            None => (&Type::Any, Secrecy::Open),
        };
        let effect = match kind {
            Type::Effect => true,
            Type::List(inner) => **inner == Type::Effect,
            _ => false,
        };
        let plain = !assign.value.is_literal() && secrecy == Secrecy::Open;
        !crate::check::is_local(&assign.name) && !effect && (forced || plain)
    }

    fn push(&mut self, op: Op, expr: &Expr) -> NodeId {
        let lines = &self.program.modules[self.at.module].lines;
        self.nodes.push(Node { op, place: lines.place(expr.span.start) });
        self.nodes.len() - 1
    }

    fn constant(&mut self, datum: Datum, expr: &Expr) -> NodeId {
        self.push(Op::Constant(datum), expr)
    }

    fn all(&mut self, exprs: &'p [Expr]) -> Box<[NodeId]> {
        exprs.iter().map(|expr| self.expr(expr, None)).collect()
    }

    fn name(&self, name: &str) -> Option<NodeId> {
        let definition = self.program.resolve(self.at, name)?;
        self.defined.get(&definition).copied()
    }

    /// The node of an expression; `assign` is the definition whose whole value it is.
    fn expr(&mut self, expr: &'p Expr, assign: Option<&'p Assign>) -> NodeId {
        let op = match &expr.kind {
            ExprKind::Name(name) => match self.name(name) {
                Some(node) => return node,
                None => Op::Constant(Datum::Null),
            },
            ExprKind::None => Op::Constant(Datum::Null),
            ExprKind::Bool(value) => Op::Constant(Datum::Bool(*value)),
            ExprKind::Int(value) => Op::Constant(Datum::Int(*value)),
            ExprKind::Float(value) => Op::Constant(Datum::Float(*value)),
            ExprKind::Text(text) => Op::Constant(Datum::Str((**text).into())),
            ExprKind::Format(parts) => Op::Format(self.pieces(parts)),
            ExprKind::List(items) => Op::List(self.all(items)),
            ExprKind::Binary { operator, left, right } => {
                let (left, right) = (self.expr(left, None), self.expr(right, None));
                Op::Binary { operator: *operator, left, right }
            }
            ExprKind::Negate(operand) => Op::Negate(self.expr(operand, None)),
            ExprKind::Not(operand) => Op::Not(self.expr(operand, None)),
            ExprKind::Compare { operator, left, right } => {
                let (left, right) = (self.expr(left, None), self.expr(right, None));
                Op::Compare { operator: *operator, left, right }
            }
            ExprKind::Boolean { operator, operands } => {
                Op::Junction { operator: *operator, operands: self.all(operands) }
            }
            ExprKind::Call(call) => self.call(expr, call, assign),
        };
        self.push(op, expr)
    }

    fn pieces(&self, parts: &[Part]) -> Box<[Piece]> {
        let piece = |part: &Part| match part {
            Part::Text(text) => Piece::Text((**text).into()),
            Part::Name { name, .. } => match self.name(name) {
                Some(node) => Piece::Node(node),
                None => Piece::Text("".into()),
            },
        };
        parts.iter().map(piece).collect()
    }

    fn text(&self, call: &'p Call, name: &str) -> Arc<str> {
        match literal(self.program, self.at, call, name) {
            Some(ExprKind::Text(text)) => (**text).into(),
            _ => "".into(),
        }
    }

    fn case(&self, call: &'p Call) -> Case {
        match literal(self.program, self.at, call, "case_insensitive") {
            Some(ExprKind::Bool(true)) => Case::Insensitive,
            _ => Case::Sensitive,
        }
    }

    fn argument(&mut self, call: &'p Call, name: &str) -> Option<NodeId> {
        let argument = call.arguments.iter().find(|argument| &*argument.name == name)?;
        Some(self.expr(&argument.value, None))
    }

    /// An argument that every check says is there.
    fn needed(&mut self, expr: &Expr, call: &'p Call, name: &str) -> NodeId {
        match self.argument(call, name) {
            Some(node) => node,
            None => self.constant(Datum::Null, expr),
        }
    }

    fn call(&mut self, expr: &'p Expr, call: &'p Call, assign: Option<&'p Assign>) -> Op {
        let Some(function) = present(&call.function) else { return Op::Constant(Datum::Null) };
        match function.builtin {
            Builtin::Import => Op::Constant(Datum::Null),
            Builtin::Require => {
                let file = self.needed(expr, call, "rule");
                let condition = self.argument(call, "require_if");
                let rule = call.arguments.iter().find(|argument| &*argument.name == "rule");
                let candidates = match rule.map(|argument| &argument.value.kind) {
                    Some(ExprKind::Format(parts)) => require_glob(self.program, parts),
                    Some(ExprKind::Text(path)) => {
                        self.program.by_path.get(path).copied().into_iter().collect()
                    }
                    _ => Vec::new(),
                };
                Op::Require { file, condition, candidates: candidates.into() }
            }
            Builtin::Rule => {
                let signals = self.needed(expr, call, "when_all");
                let description = self.needed(expr, call, "description");
                self.rules.push(assign.map_or("", |assign| &assign.name).into());
                Op::Rule { rule: self.rules.len() - 1, signals, description }
            }
            Builtin::WhenRules => {
                let rules = self.needed(expr, call, "rules_any");
                let then = self.needed(expr, call, "then");
                Op::When { rules, then }
            }
            Builtin::JsonData | Builtin::EntityJson => self.json(function, call),
            Builtin::Entity => {
                let id = self.needed(expr, call, "id");
                Op::Entity { kind: self.text(call, "type"), id }
            }
            Builtin::TermMatches => Op::Observe(Question::TermMatches(self.text(call, "list"))),
            Builtin::BankDistance => Op::Observe(Question::BankDistance(self.text(call, "bank"))),
            Builtin::ComebackBits => Op::Observe(Question::ComebackBits),
            Builtin::SignalNumber => Op::Observe(Question::SignalNumber(self.text(call, "kind"))),
            builtin => {
                let parameters = function.parameters.iter();
                let arguments =
                    parameters.map(|parameter| self.argument(call, parameter.name)).collect();
                Op::Call { builtin, arguments, prepared: self.prepared(builtin, call) }
            }
        }
    }

    fn json(&mut self, function: &Function, call: &'p Call) -> Op {
        let text = self.text(call, "path");
        let (kind, secrecy) =
            self.program.types.get(&self.at).cloned().unwrap_or((Type::Any, Secrecy::Open));
        let entity = (function.builtin == Builtin::EntityJson).then(|| self.text(call, "type"));
        let kind = if entity.is_some() { kind.unwrapped() } else { kind };
        let Ok(path) = Path::parse(&text) else { return Op::Constant(Datum::Null) };
        let from = match secrecy {
            Secrecy::Open => From::Data,
            Secrecy::Secret => From::Secret,
        };
        let required = self.argument(call, "required");
        let coerce = self.argument(call, "coerce_type");
        Op::Json(Json { path, from, kind, entity, required, coerce })
    }

    fn prepared(&self, builtin: Builtin, call: &'p Call) -> Prepared {
        let case = self.case(call);
        let pattern = || pattern::compile(&self.text(call, "pattern"), case).ok();
        match builtin {
            Builtin::RegexMatch => pattern().map_or(Prepared::None, Prepared::One),
            Builtin::RegexMatchMap => match pattern() {
                Some(regex) if &*self.text(call, "mode") == "all" => Prepared::AllOf(regex),
                Some(regex) => Prepared::AnyOf(regex),
                None => Prepared::None,
            },
            Builtin::CountRegexMatches => {
                let Some(ExprKind::List(items)) = literal(self.program, self.at, call, "patterns")
                else {
                    return Prepared::None;
                };
                let regex = |item: &Expr| match &item.kind {
                    ExprKind::Text(text) => pattern::compile(text, case).ok(),
                    _ => None,
                };
                Prepared::Count(items.iter().filter_map(regex).collect())
            }
            _ => Prepared::None,
        }
    }
}
