//! Types of expressions, inferred from the leaves up.
//!
//! What another check refused has no type, and fits everywhere. Left out: operators
//! (`operators`).

use std::collections::BTreeMap;

use super::annotations::{self, Annotated, Extraction};
use super::{Definition, Program};
use crate::catalogue::{Constancy, Function, Outcome, ParameterKind, Presence, present};
use crate::diagnostic::{Finding, Validator};
use crate::source::Span;
use crate::syntax::ast::{
    Annotation, Assign, Call, Comparator, Expr, ExprKind, Junction, Part, Statement,
};
use crate::types::{Id, Secrecy, Type};

/// Infers the type of every definition and checks every expression.
pub(crate) fn check(program: &mut Program, findings: &mut Vec<Finding>) {
    let mut types = BTreeMap::new();
    for module in program.order.clone() {
        let count = program.modules.get(module).map_or(0, |module| module.file.statements.len());
        for statement in 0..count {
            let at = Definition { module, statement };
            let mut checker = Typer {
                program,
                at,
                types: &types,
                narrowed: Vec::new(),
                findings,
                annotated: None,
            };
            let found = &program.modules[module].file.statements[statement];
            match found {
                Statement::Assign(assign) => {
                    let found = checker.assign(assign);
                    types.insert(at, found);
                }
                Statement::Call(call) => {
                    checker.infer(call);
                }
            }
        }
    }
    program.types = types;
}

/// A type, and whether the value is secret.
pub(super) type Inferred = (Type, Secrecy);

pub(super) struct Typer<'p, 'f> {
    program: &'p Program,
    at: Definition,
    types: &'p BTreeMap<Definition, Inferred>,
    /// Names that a comparison beside this expression has shown not to be `None`.
    narrowed: Vec<Box<str>>,
    findings: &'f mut Vec<Finding>,
    /// What the definition's annotation says.
    annotated: Option<Annotated>,
}

impl<'p> Typer<'p, '_> {
    pub(super) fn finding(
        &self,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Finding {
        let path = self.path();
        Finding::new(Validator::ValidateStaticTypes, path, span, message, hint)
    }

    pub(super) fn path(&self) -> &'p str {
        self.program.path(self.at.module)
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn assign(&mut self, assign: &Assign) -> Inferred {
        let dynamic = match &assign.value.kind {
            ExprKind::Call(call) => present(&call.function).is_some_and(|function| {
                matches!(function.result, Outcome::Annotated | Outcome::AnnotatedEntity)
            }),
            _ => false,
        };
        let annotated = assign.annotation.as_ref().map(annotations::read);
        self.annotated = match &annotated {
            Some(Ok(annotated)) => Some(annotated.clone()),
            _ => None,
        };
        let (kind, secrecy) = self.infer(&assign.value);
        let secret = (kind.clone(), secrecy);
        match (assign.annotation.as_ref(), annotated) {
            (Some(_), Some(Ok(annotated))) if dynamic => (annotated.kind, annotated.secrecy),
            (Some(annotation), Some(Ok(annotated))) => {
                self.assigned(assign, annotation, &annotated, &kind);
                let marked = annotated.secrecy == Secrecy::Secret
                    || annotated.extraction == Extraction::Forced;
                if !marked {
                    self.leaked(assign, secrecy);
                }
                (annotated.kind, annotated.secrecy)
            }
            (Some(_), Some(Err(_))) if dynamic => (Type::Any, Secrecy::Open),
            (Some(_), Some(Err(refused))) => {
                let finding = self.finding(refused.span, refused.message, refused.hint);
                self.push(finding);
                (Type::Any, Secrecy::Open)
            }
            _ => {
                self.leaked(assign, secrecy);
                if kind == Type::List(Box::new(Type::Never)) {
                    let hint = "say what it would hold: `Name: List[str] = []`";
                    let finding =
                        self.finding(assign.value.span, "an empty list needs an annotation", hint);
                    self.push(finding);
                    return (Type::Any, Secrecy::Open);
                }
                secret
            }
        }
    }

    fn assigned(
        &mut self,
        assign: &Assign,
        annotation: &Annotation,
        annotated: &Annotated,
        kind: &Type,
    ) {
        if kind.fits(&annotated.kind) {
            return;
        }
        let hint = format!("has type `{kind}`, expected `{}`", annotated.kind);
        let due = format!("expected `{}` due to this", annotated.kind);
        let finding = self
            .finding(assign.value.span, "incompatible types in assignment", hint)
            .and(self.path(), annotation.span, due);
        self.push(finding);
    }

    /// A secret must not reach a definition that does not say so.
    fn leaked(&mut self, assign: &Assign, secrecy: Secrecy) {
        if secrecy == Secrecy::Open {
            return;
        }
        let message = "assignments can not include non-extractable features if they are not \
                       marked Secret";
        let hint = format!("name '{}' is not marked as non-extractable", assign.name);
        let finding = self.finding(assign.name_span, message, hint);
        self.push(finding);
    }

    /// The type of an expression; findings on the way.
    pub(super) fn infer(&mut self, expr: &Expr) -> Inferred {
        let open = |kind| (kind, Secrecy::Open);
        match &expr.kind {
            ExprKind::None => open(Type::None),
            ExprKind::Bool(_) => open(Type::Bool),
            ExprKind::Int(_) => open(Type::Int),
            ExprKind::Float(_) => open(Type::Float),
            ExprKind::Text(_) => open(Type::Str),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Format(parts) => self.format(parts),
            ExprKind::List(items) => self.list(expr, items),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Binary { operator, left, right } => {
                let (one, other) = (self.infer(left), self.infer(right));
                let kind = self.arithmetic(*operator, expr, (left, &one.0), (right, &other.0));
                (kind, both(one.1, other.1))
            }
            ExprKind::Negate(operand) => {
                let (kind, secrecy) = self.infer(operand);
                (self.negated(expr, operand, &kind), secrecy)
            }
            ExprKind::Not(operand) => {
                let (kind, _) = self.infer(operand);
                self.inverted(expr, operand, &kind);
                open(Type::Bool)
            }
            ExprKind::Compare { operator, left, right } => {
                let (one, other) = (self.infer(left).0, self.infer(right).0);
                self.compared(*operator, expr, (left, &one), (right, &other));
                open(Type::Bool)
            }
            ExprKind::Boolean { operator, operands } => {
                self.joined(*operator, operands);
                open(Type::Bool)
            }
        }
    }

    fn name(&self, name: &str) -> Inferred {
        let found = self.program.resolve(self.at, name).and_then(|at| self.types.get(&at));
        let (kind, secrecy) = found.cloned().unwrap_or((Type::Any, Secrecy::Open));
        if self.narrowed.iter().any(|narrowed| &**narrowed == name) {
            return (kind.without_none(), secrecy);
        }
        (kind, secrecy)
    }

    /// Where a name of a given type was defined, for the reader of an error.
    pub(super) fn origin(&self, expr: &Expr, kind: &Type) -> Option<(Box<str>, Span, String)> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        let at = self.program.resolve(self.at, name)?;
        let span = self.program.assign(at)?.name_span;
        let hint =
            format!("variable `{name}` with incompatible type `{kind}` originally defined here");
        Some((self.program.path(at.module).into(), span, hint))
    }

    fn format(&mut self, parts: &[Part]) -> Inferred {
        for part in parts {
            let Part::Name { name, span } = part else { continue };
            let (kind, secrecy) = self.name(name);
            if secrecy == Secrecy::Secret {
                let message = "format strings can not include non-extractable features";
                let hint = format!("name '{name}' is marked as non-extractable");
                let finding = self.finding(*span, message, hint);
                self.push(finding);
            }
            let plain = |kind: &Type| {
                matches!(kind, Type::Any | Type::Int | Type::Float | Type::Bool | Type::Str)
            };
            let fits = kind.members().iter().all(|member| {
                let member = member.unwrapped();
                member.members().iter().all(plain)
            });
            if !fits {
                let message = "unsupported type in format string";
                let hint = format!("has type `{kind}`, expected `int`, `float`, `bool` or `str`");
                let finding = self.finding(*span, message, hint);
                self.push(finding);
            }
        }
        let secret = parts.iter().any(|part| match part {
            Part::Name { name, .. } => self.name(name).1 == Secrecy::Secret,
            Part::Text(_) => false,
        });
        (Type::Str, if secret { Secrecy::Secret } else { Secrecy::Open })
    }

    fn list(&mut self, expr: &Expr, items: &[Expr]) -> Inferred {
        let mut secrecy = Secrecy::Open;
        let mut kinds: Vec<Type> = Vec::new();
        for item in items {
            let (kind, hidden) = self.infer(item);
            secrecy = both(secrecy, hidden);
            if kind != Type::Any && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let list = |kind| Type::List(Box::new(kind));
        let kind = match kinds.as_slice() {
            [] if items.is_empty() => list(Type::Never),
            [] => list(Type::Any),
            [only] => list(only.clone()),
            // Rules beside conditions are conditions.
            kinds if kinds.iter().all(|kind| kind.unwrapped() == Type::Bool) => list(Type::Bool),
            kinds => {
                let mut names: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
                names.sort();
                let message =
                    "found multiple different types in list literal, unable to infer type";
                let hint = format!("has types {}", names.join(", "));
                let finding = self.finding(expr.span, message, hint);
                self.push(finding);
                list(Type::Any)
            }
        };
        (kind, secrecy)
    }

    fn call(&mut self, call: &Call) -> Inferred {
        let Some(function) = present(&call.function) else {
            for argument in &call.arguments {
                self.infer(&argument.value);
            }
            return (Type::Any, Secrecy::Open);
        };
        let mut secrecy = Secrecy::Open;
        let mut given: Vec<(&str, Type)> = Vec::new();
        for argument in &call.arguments {
            let (kind, hidden) = self.infer(&argument.value);
            secrecy = both(secrecy, hidden);
            self.argument(function, &argument.name, &argument.value, &kind);
            given.push((&argument.name, kind));
        }
        let kind_of = |name: &str| {
            given.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.clone())
        };
        let kind = match function.result {
            Outcome::Nothing => Type::Any,
            Outcome::Bool => Type::Bool,
            Outcome::Int => Type::Int,
            Outcome::Str => Type::Str,
            Outcome::StrList => Type::List(Box::new(Type::Str)),
            Outcome::OptionalInt => Type::Int.optional(),
            Outcome::OptionalFloat => Type::Float.optional(),
            Outcome::TimeDelta => Type::TimeDelta,
            Outcome::Rule => Type::Rule,
            Outcome::Effect => Type::Effect,
            Outcome::Entity => Type::Entity(match kind_of("id").map(|kind| kind.unwrapped()) {
                Some(Type::Str) => Id::Str,
                Some(Type::Int) => Id::Int,
                _ => Id::Either,
            }),
            Outcome::Annotated | Outcome::AnnotatedEntity => {
                self.annotated.as_ref().map_or(Type::Any, |annotated| annotated.kind.clone())
            }
            Outcome::Resolved => kind_of("optional_value").unwrap_or(Type::Any).without_none(),
            Outcome::SameList => kind_of("list").unwrap_or(Type::Any),
        };
        (kind, secrecy)
    }

    fn argument(&mut self, function: &Function, name: &str, value: &Expr, kind: &Type) {
        let Some((_, parameter)) = function.parameter(name) else { return };
        // Kinds of literals are checked by `calls`; what is left is which number it is.
        let literal = parameter.constancy == Constancy::Literal;
        if literal && (parameter.kind != ParameterKind::Int || !matches!(kind, Type::Float)) {
            return;
        }
        let mut expected = parameter.kind.as_type();
        if matches!(parameter.presence, Presence::Optional | Presence::RequiredOptional) {
            expected = Type::union([expected, Type::None]);
        }
        let list = matches!(parameter.kind, ParameterKind::AnyList);
        let fits =
            if list { matches!(kind, Type::List(_) | Type::Any) } else { kind.fits(&expected) };
        if fits {
            return;
        }
        let shown = if literal { format!("ConstExpr[{expected}]") } else { expected.to_string() };
        let message = format!("argument `{name}` to `{}` has incompatible type", function.name);
        let hint = format!("has type `{kind}`, expected `{shown}`");
        let finding = self.finding(value.span, message, hint);
        self.push(finding);
    }

    /// `and` and `or`: each operand a truth value, the later ones knowing more of names.
    fn joined(&mut self, operator: Junction, operands: &[Expr]) {
        let before = self.narrowed.len();
        for operand in operands {
            let (kind, _) = self.infer(operand);
            if !kind.fits(&Type::Bool) {
                let message = format!("unsupported operand type for `{}`", operator.sign());
                let hint = format!("has type `{kind}`, expected `bool`");
                let finding = self.finding(operand.span, message, hint);
                self.push(finding);
            }
            self.narrow(operator, operand);
        }
        self.narrowed.truncate(before);
    }

    /// `X != None and …`, `X == None or …`: what follows knows that `X` is there.
    fn narrow(&mut self, operator: Junction, operand: &Expr) {
        if let ExprKind::Boolean { operator: inner, operands } = &operand.kind
            && *inner == operator
        {
            for operand in operands {
                self.narrow(operator, operand);
            }
            return;
        }
        let ExprKind::Compare { operator: comparator, left, right } = &operand.kind else { return };
        let wanted = match operator {
            Junction::And => Comparator::NotEqual,
            Junction::Or => Comparator::Equal,
        };
        if *comparator != wanted {
            return;
        }
        if let (ExprKind::Name(name), ExprKind::None) | (ExprKind::None, ExprKind::Name(name)) =
            (&left.kind, &right.kind)
        {
            self.narrowed.push(name.clone());
        }
    }
}

fn both(one: Secrecy, other: Secrecy) -> Secrecy {
    if one == Secrecy::Secret { one } else { other }
}
