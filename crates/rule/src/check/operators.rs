//! Which types an operator takes and what it gives.
//!
//! Leaves out what it does at run time.

use super::types::Typer;
use crate::diagnostic::Finding;
use crate::syntax::ast::{Arithmetic, Comparator, Expr};
use crate::types::Type;

/// An operand with its type.
type Operand<'e> = (&'e Expr, &'e Type);

impl Typer<'_, '_> {
    /// The type of a sum, a product and the like.
    pub(super) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        expr: &Expr,
        left: Operand<'_>,
        right: Operand<'_>,
    ) -> Type {
        match result(operator, &left.1.unwrapped(), &right.1.unwrapped()) {
            Some(kind) => kind,
            None => {
                self.unsupported(operator.sign(), expr, left, right);
                Type::Any
            }
        }
    }

    fn unsupported(&mut self, sign: &str, expr: &Expr, left: Operand<'_>, right: Operand<'_>) {
        let message = format!("unsupported operand types for `{sign}`");
        let hint = format!("no implementation for `{} {sign} {}`", left.1, right.1);
        let finding = self.finding(expr.span, message, hint);
        let finding = self.operands(finding, left, right);
        self.push(finding);
    }

    fn operands(&self, mut finding: Finding, left: Operand<'_>, right: Operand<'_>) -> Finding {
        for (operand, kind) in [left, right] {
            finding = finding.and(self.path(), operand.span, format!("has type `{kind}`"));
            if let Some((path, span, hint)) = self.origin(operand, kind) {
                finding = finding.and(&path, span, hint);
            }
        }
        finding
    }

    pub(super) fn negated(&mut self, expr: &Expr, operand: &Expr, kind: &Type) -> Type {
        let plain = kind.unwrapped();
        if matches!(plain, Type::Int | Type::Float | Type::Any) {
            return plain;
        }
        let message = format!("bad operand type for unary -: `<class '{kind}'>`");
        let hint = "unary `-` should be used on `int` types or `float` types like `-3`";
        let finding = self.finding(expr.span, message, hint);
        let finding = finding.and(self.path(), operand.span, format!("has type `{kind}`"));
        self.push(finding);
        Type::Any
    }

    pub(super) fn inverted(&mut self, expr: &Expr, operand: &Expr, kind: &Type) {
        if kind.fits(&Type::Bool) {
            return;
        }
        let hint = "`not` should be used on `bool` types like `not (X == Y)`";
        let finding = self.finding(expr.span, "`not` only works on `bool` types", hint);
        let finding = finding.and(self.path(), operand.span, format!("has type `{kind}`"));
        self.push(finding);
    }

    pub(super) fn compared(
        &mut self,
        operator: Comparator,
        expr: &Expr,
        left: Operand<'_>,
        right: Operand<'_>,
    ) {
        match operator {
            Comparator::Equal | Comparator::NotEqual => {
                if left.1.overlaps(right.1) {
                    return;
                }
                let result = if operator == Comparator::Equal { "False" } else { "True" };
                let hint = format!("comparison will always result in `{result}`");
                let message = "left and right sides have incompatible types";
                let finding = self.finding(expr.span, message, hint);
                let finding = self.operands(finding, left, right);
                self.push(finding);
            }
            Comparator::In | Comparator::NotIn => {
                let fits = match right.1.unwrapped() {
                    Type::Any => true,
                    Type::Str => matches!(left.1.unwrapped(), Type::Str | Type::Any),
                    Type::List(inner) => left.1.overlaps(&inner),
                    _ => false,
                };
                if !fits {
                    self.unsupported(operator.sign(), expr, left, right);
                }
            }
            _ => {
                let number = |kind: &Type| {
                    let plain = kind.unwrapped();
                    plain
                        .members()
                        .iter()
                        .all(|kind| matches!(kind.unwrapped(), Type::Int | Type::Float | Type::Any))
                };
                if !number(left.1) || !number(right.1) {
                    self.unsupported(operator.sign(), expr, left, right);
                }
            }
        }
    }
}

/// The type that an operator gives for plain types; `None` if it does not take them.
fn result(operator: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    if let (Type::Union(_), _) | (_, Type::Union(_)) = (left, right) {
        let mut kinds = Vec::new();
        for left in left.members() {
            for right in right.members() {
                kinds.push(result(operator, &left.unwrapped(), &right.unwrapped())?);
            }
        }
        return Some(Type::union(kinds));
    }
    let number = |kind: &Type| matches!(kind, Type::Int | Type::Float);
    match (operator, left, right) {
        (_, Type::Any, _) | (_, _, Type::Any) => Some(Type::Any),
        (Arithmetic::Add, Type::Str, Type::Str)
        | (Arithmetic::Multiply, Type::Str, Type::Int)
        | (Arithmetic::Multiply, Type::Int, Type::Str) => Some(Type::Str),
        (
            Arithmetic::ShiftLeft
            | Arithmetic::ShiftRight
            | Arithmetic::Or
            | Arithmetic::Xor
            | Arithmetic::And,
            left,
            right,
        ) => (*left == Type::Int && *right == Type::Int).then_some(Type::Int),
        (_, left, right) if !number(left) || !number(right) => None,
        (Arithmetic::Divide, _, _) => Some(Type::Float),
        (_, Type::Int, Type::Int) => Some(Type::Int),
        _ => Some(Type::Float),
    }
}
