//! The language itself: what is left when everything that SML lacks is refused.
//!
//! Every node knows its place. Names are not looked up here.

use crate::source::Span;

/// One file.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// `Name: Type = value`.
    Assign(Assign),
    /// `Function(…)`.
    Call(Expr),
}

/// A definition.
#[derive(Clone, Debug)]
pub(crate) struct Assign {
    pub(crate) name: Box<str>,
    pub(crate) name_span: Span,
    pub(crate) annotation: Option<Annotation>,
    pub(crate) value: Expr,
}

/// A type as written.
#[derive(Clone, Debug)]
pub(crate) struct Annotation {
    pub(crate) shape: AnnotationShape,
    pub(crate) span: Span,
}

/// What a written type is.
#[derive(Clone, Debug)]
pub(crate) enum AnnotationShape {
    /// `str`, or `None`.
    Name(Box<str>),
    /// `List[str]`.
    Generic(Box<str>, Vec<Annotation>),
    /// `int | None`.
    Union(Vec<Annotation>),
}

/// One expression.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Name(Box<str>),
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Box<str>),
    Format(Vec<Part>),
    List(Vec<Expr>),
    Call(Call),
    Binary { operator: Arithmetic, left: Box<Expr>, right: Box<Expr> },
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Compare { operator: Comparator, left: Box<Expr>, right: Box<Expr> },
    Boolean { operator: Junction, operands: Vec<Expr> },
}

/// A piece of an f-string.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(Box<str>),
    Name { name: Box<str>, span: Span },
}

/// A call; every argument has a name, and no name stands twice.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: Box<str>,
    pub(crate) arguments: Vec<Argument>,
}

/// `name=value`.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: Box<str>,
    pub(crate) value: Expr,
}

/// What two values are joined by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    Or,
    Xor,
    And,
}

impl Arithmetic {
    /// As written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "**",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::Or => "|",
            Self::Xor => "^",
            Self::And => "&",
        }
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

impl Comparator {
    /// As written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

/// `and` or `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Junction {
    And,
    Or,
}

impl Junction {
    /// As written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

impl Expr {
    /// What Osprey calls this kind of node.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.kind {
            ExprKind::Name(_) => "Name",
            ExprKind::None => "None_",
            ExprKind::Bool(_) => "Boolean",
            ExprKind::Int(_) | ExprKind::Float(_) => "Number",
            ExprKind::Text(_) => "String",
            ExprKind::Format(_) => "FormatString",
            ExprKind::List(_) => "List",
            ExprKind::Call(_) => "Call",
            ExprKind::Binary { .. } => "BinaryOperation",
            ExprKind::Negate(_) | ExprKind::Not(_) => "UnaryOperation",
            ExprKind::Compare { .. } => "BinaryComparison",
            ExprKind::Boolean { .. } => "BooleanOperation",
        }
    }

    /// Whether it is a literal, or a list of literals: constant by its looks.
    pub(crate) fn is_literal(&self) -> bool {
        match &self.kind {
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Text(_) => true,
            ExprKind::List(items) => items.iter().all(Self::is_literal),
            _ => false,
        }
    }

    /// The expressions directly below.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::List(items) | ExprKind::Boolean { operands: items, .. } => {
                items.iter().collect()
            }
            ExprKind::Call(call) => call.arguments.iter().map(|argument| &argument.value).collect(),
            ExprKind::Binary { left, right, .. } | ExprKind::Compare { left, right, .. } => {
                vec![left, right]
            }
            ExprKind::Negate(operand) | ExprKind::Not(operand) => vec![operand],
            _ => Vec::new(),
        }
    }
}
