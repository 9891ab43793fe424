//! Statements, line by line; a fault costs one statement and the next is read again.
//!
//! Python's other statements are recognised by their first word and passed over with
//! their blocks, so that one `for` is one diagnostic.

use super::expression::{Cursor, Parsed, expression, expressions};
use super::token::{Fault, Kind, Token};
use super::tree::{Node, Shape};
use crate::source::Span;

/// One statement as Python reads it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) shape: LineShape,
    pub(crate) span: Span,
}

/// What a statement is.
#[derive(Clone, Debug)]
pub(crate) enum LineShape {
    /// `a = b = value`.
    Assign { targets: Vec<Node>, value: Node },
    /// `a: annotation = value`.
    Annotated { target: Node, annotation: Node, value: Option<Node> },
    /// An expression alone.
    Bare(Node),
    /// Anything else, by the name of Python's node.
    Other(&'static str),
}

/// Reads every statement.
pub(crate) fn statements(tokens: &[Token<'_>], faults: &mut Vec<Fault>) -> Vec<Line> {
    let mut cursor = Cursor::new(tokens);
    let mut lines = Vec::new();
    loop {
        match cursor.peek().kind {
            Kind::End => return lines,
            Kind::Newline | Kind::Dedent => {
                cursor.next();
            }
            Kind::Indent => {
                faults.push(cursor.unexpected());
                cursor.next();
            }
            _ => {
                if let Err(fault) = statement(&mut cursor, &mut lines) {
                    // An empty message: the scanner has told it already.
                    if !fault.message.is_empty() {
                        faults.push(fault);
                    }
                    skip_line(&mut cursor);
                    skip_block(&mut cursor);
                }
            }
        }
    }
}

/// One line of statements, or one statement with its block.
fn statement(cursor: &mut Cursor<'_, '_>, lines: &mut Vec<Line>) -> Parsed<()> {
    if cursor.is_sign("@") {
        while cursor.is_sign("@") {
            skip_line(cursor);
            cursor.next();
        }
        if !matches!(cursor.peek().kind, Kind::Keyword("def" | "class" | "async")) {
            return Err(cursor.unexpected());
        }
    }
    if let Some(name) = compound(cursor) {
        let span = cursor.peek().span;
        if !header_ends_in_colon(cursor) {
            return Err(Fault::new(span, "expected ':'"));
        }
        lines.push(Line { shape: LineShape::Other(name), span });
        pass_over(cursor);
        return Ok(());
    }
    loop {
        let start = cursor.peek().span;
        let shape = simple(cursor)?;
        let line = Line { shape, span: start.to(cursor.last()) };
        let more = cursor.take_sign(";").is_some();
        let ends = matches!(cursor.peek().kind, Kind::Newline | Kind::End);
        if !more && !ends {
            return Err(cursor.unexpected());
        }
        lines.push(line);
        if ends {
            return Ok(());
        }
    }
}

/// The name of the statement with a block that begins here.
fn compound(cursor: &Cursor<'_, '_>) -> Option<&'static str> {
    let Kind::Keyword(word) = cursor.peek().kind else {
        let soft = matches!(cursor.peek().kind, Kind::Name("match"));
        let subject = !matches!(cursor.ahead(1).kind, Kind::Sign(":" | "=" | "." | ","));
        return (soft && subject && header_ends_in_colon(cursor)).then_some("Match");
    };
    Some(match word {
        "if" => "If",
        "for" => "For",
        "while" => "While",
        "def" => "FunctionDef",
        "class" => "ClassDef",
        "try" => "Try",
        "with" => "With",
        "async" => match cursor.ahead(1).kind {
            Kind::Keyword("def") => "AsyncFunctionDef",
            Kind::Keyword("for") => "AsyncFor",
            Kind::Keyword("with") => "AsyncWith",
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether this line has a `:` that a block may follow.
fn header_ends_in_colon(cursor: &Cursor<'_, '_>) -> bool {
    let mut ahead = 0;
    let mut depth = 0_usize;
    let soft = matches!(cursor.peek().kind, Kind::Name(_));
    loop {
        match cursor.ahead(ahead).kind {
            Kind::Newline | Kind::End => return false,
            Kind::Sign("(" | "[" | "{") => depth += 1,
            Kind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            Kind::Sign(":") if depth == 0 => {
                let block = matches!(cursor.ahead(ahead + 1).kind, Kind::Newline);
                if block || !soft {
                    return true;
                }
            }
            _ => {}
        }
        ahead += 1;
    }
}

/// Passes over a statement with its block and the clauses that continue it.
fn pass_over(cursor: &mut Cursor<'_, '_>) {
    loop {
        skip_line(cursor);
        skip_block(cursor);
        if !matches!(cursor.peek().kind, Kind::Keyword("elif" | "else" | "except" | "finally")) {
            return;
        }
    }
}

fn skip_line(cursor: &mut Cursor<'_, '_>) {
    while !matches!(cursor.peek().kind, Kind::Newline | Kind::End) {
        cursor.next();
    }
}

fn skip_block(cursor: &mut Cursor<'_, '_>) {
    if matches!(cursor.peek().kind, Kind::Newline) {
        cursor.next();
    }
    if !matches!(cursor.peek().kind, Kind::Indent) {
        return;
    }
    let mut depth = 0_usize;
    loop {
        match cursor.next().kind {
            Kind::Indent => depth += 1,
            Kind::Dedent if depth <= 1 => return,
            Kind::Dedent => depth -= 1,
            Kind::End => return,
            _ => {}
        }
    }
}

fn simple(cursor: &mut Cursor<'_, '_>) -> Parsed<LineShape> {
    if let Kind::Keyword(word) = cursor.peek().kind
        && let Some(name) = named_statement(word)
    {
        cursor.next();
        while !matches!(cursor.peek().kind, Kind::Newline | Kind::End | Kind::Sign(";")) {
            if matches!(cursor.peek().kind, Kind::Broken) {
                return Err(cursor.unexpected());
            }
            cursor.next();
        }
        return Ok(LineShape::Other(name));
    }
    let first = expressions(cursor)?;
    if cursor.take_sign(":").is_some() {
        let annotation = expression(cursor)?;
        let value = match cursor.take_sign("=") {
            Some(_) => Some(expressions(cursor)?),
            None => None,
        };
        return Ok(LineShape::Annotated { target: first, annotation, value });
    }
    if let Kind::Sign(
        "+=" | "-=" | "*=" | "/=" | "//=" | "%=" | "**=" | ">>=" | "<<=" | "&=" | "|=" | "^="
        | "@=",
    ) = cursor.peek().kind
    {
        cursor.next();
        expressions(cursor)?;
        return Ok(LineShape::Other("AugAssign"));
    }
    let mut targets = Vec::new();
    let mut value = first;
    while cursor.take_sign("=").is_some() {
        assignable(&value)?;
        targets.push(std::mem::replace(&mut value, expressions(cursor)?));
    }
    Ok(if targets.is_empty() {
        LineShape::Bare(value)
    } else {
        LineShape::Assign { targets, value }
    })
}

/// The name of the statement without a block that a keyword begins.
fn named_statement(word: &str) -> Option<&'static str> {
    Some(match word {
        "pass" => "Pass",
        "break" => "Break",
        "continue" => "Continue",
        "return" => "Return",
        "raise" => "Raise",
        "assert" => "Assert",
        "del" => "Delete",
        "global" => "Global",
        "nonlocal" => "Nonlocal",
        "import" => "Import",
        "from" => "ImportFrom",
        _ => return None,
    })
}

/// Python itself refuses to assign to these.
fn assignable(target: &Node) -> Parsed<()> {
    let what = match target.shape {
        Shape::None => "None",
        Shape::Bool(true) => "True",
        Shape::Bool(false) => "False",
        Shape::Int(_) | Shape::Float(_) | Shape::Text(_) | Shape::OtherConstant(_) => "literal",
        Shape::Format(_) => "f-string expression",
        Shape::Call { .. } => "function call",
        Shape::Compare { .. } => "comparison",
        Shape::Binary { .. } | Shape::Unary { .. } | Shape::Boolean { .. } => "expression",
        _ => return Ok(()),
    };
    Err(Fault::new(target.span, format!("cannot assign to {what}")))
}
