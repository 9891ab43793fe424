//! Expressions as Python would read them, before anything is refused.
//!
//! What SML has no word for keeps only its name and place ([`Shape::Other`]).

use super::token::Fault;
use crate::limits::DEPTH_MAX;
use crate::source::Span;

/// One expression.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) shape: Shape,
    pub(crate) span: Span,
    /// Its place with the brackets around it, which are part of what it stands in.
    pub(crate) extent: Span,
    /// Levels below it, itself counted.
    pub(crate) depth: u32,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Name(Box<str>),
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Box<str>),
    /// A constant that is not part of the language, as Python would print it.
    OtherConstant(Box<str>),
    Format(Vec<FormatPiece>),
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Call {
        function: Box<Node>,
        positional: Positional,
        keywords: Vec<Keyword>,
    },
    Attribute {
        base: Box<Node>,
    },
    Subscript {
        base: Box<Node>,
        index: Box<Node>,
    },
    Binary {
        sign: &'static str,
        left: Box<Node>,
        right: Box<Node>,
    },
    Unary {
        sign: &'static str,
        operand: Box<Node>,
    },
    Boolean {
        sign: &'static str,
        operands: Vec<Node>,
    },
    Compare {
        first: Box<Node>,
        rest: Vec<(&'static str, Node)>,
    },
    /// Anything else, by the name of Python's node.
    Other(&'static str),
}

/// A piece of an f-string.
#[derive(Clone, Debug)]
pub(crate) enum FormatPiece {
    Text(Box<str>),
    Hole { node: Node, spec: super::string::Spec },
}

/// Whether a call has arguments without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Positional {
    None,
    Some,
}

/// `name=value`; without a name it is `**value`.
#[derive(Clone, Debug)]
pub(crate) struct Keyword {
    pub(crate) name: Option<Box<str>>,
    pub(crate) name_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// An expression over what stands below it.
    ///
    /// # Errors
    /// If it nests deeper than [`DEPTH_MAX`].
    pub(crate) fn over(shape: Shape, span: Span, below: u32) -> Result<Self, Fault> {
        let depth = below + 1;
        if depth > DEPTH_MAX {
            let message = format!("the expression nests deeper than {DEPTH_MAX} levels");
            return Err(Fault::hinted(span, message, "give parts of it a name of their own"));
        }
        Ok(Self { shape, span, extent: span, depth })
    }

    /// An expression with nothing below it.
    pub(crate) fn leaf(shape: Shape, span: Span) -> Self {
        Self { shape, span, extent: span, depth: 1 }
    }

    /// The deepest of several.
    pub(crate) fn deepest<'n>(nodes: impl IntoIterator<Item = &'n Self>) -> u32 {
        nodes.into_iter().map(|node| node.depth).max().unwrap_or(0)
    }
}
