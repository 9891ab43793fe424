//! The smallest expressions: names, constants, brackets, calls, strings.
//!
//! Leaves out what joins them (`expression`).

use super::expression::{Cursor, Parsed, element, expression, expressions, starts_expression};
use super::number::{Number, number};
use super::scan::scan_inside;
use super::string::{self, Form, Piece};
use super::token::{Fault, Kind, Token};
use super::tree::{FormatPiece, Keyword, Node, Positional, Shape};
use crate::source::Span;

/// An atom with the calls, attributes and subscripts behind it.
pub(crate) fn primary(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let mut node = atom(cursor)?;
    loop {
        let start = node.extent;
        if cursor.take_sign(".").is_some() {
            let Kind::Name(_) = cursor.peek().kind else { return Err(cursor.unexpected()) };
            let span = start.to(cursor.next().span);
            let depth = node.depth;
            let shape = Shape::Attribute { base: Box::new(node) };
            node = Node::over(shape, span, depth)?;
        } else if cursor.is_sign("(") {
            node = call(cursor, node)?;
        } else if cursor.take_sign("[").is_some() {
            let index = subscript(cursor)?;
            let span = start.to(cursor.expect_sign("]")?);
            let depth = node.depth.max(index.depth);
            let shape = Shape::Subscript { base: Box::new(node), index: Box::new(index) };
            node = Node::over(shape, span, depth)?;
        } else {
            return Ok(node);
        }
    }
}

/// What stands in square brackets behind a value: expressions and slices.
fn subscript(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.peek().span;
    let mut items = Vec::new();
    let mut commas = 0_usize;
    while !cursor.is_sign("]") {
        items.push(slice(cursor)?);
        if cursor.take_sign(",").is_none() {
            break;
        }
        commas += 1;
    }
    match (items.pop(), commas) {
        (Some(only), 0) => Ok(only),
        (Some(last), _) => {
            items.push(last);
            let depth = Node::deepest(&items);
            Node::over(Shape::Tuple(items), start.to(cursor.last()), depth)
        }
        (None, _) => Err(cursor.unexpected()),
    }
}

fn slice(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.peek().span;
    let first = if cursor.is_sign(":") { None } else { Some(element(cursor)?) };
    if !cursor.is_sign(":") {
        return first.ok_or_else(|| cursor.unexpected());
    }
    while cursor.take_sign(":").is_some() {
        if !cursor.is_sign(":") && starts_expression(cursor) {
            expression(cursor)?;
        }
    }
    Ok(Node::leaf(Shape::Other("Slice"), start.to(cursor.last())))
}

fn call(cursor: &mut Cursor<'_, '_>, function: Node) -> Parsed<Node> {
    cursor.expect_sign("(")?;
    let mut positional = Positional::None;
    let mut keywords = Vec::new();
    let mut depth = function.depth;
    while !cursor.is_sign(")") {
        let name_span = cursor.peek().span;
        if cursor.take_sign("**").is_some() {
            let value = expression(cursor)?;
            depth = depth.max(value.depth);
            keywords.push(Keyword { name: None, name_span, value });
        } else if let (Kind::Name(name), Kind::Sign("=")) =
            (cursor.peek().kind, cursor.ahead(1).kind)
        {
            cursor.next();
            cursor.next();
            let value = expression(cursor)?;
            depth = depth.max(value.depth);
            keywords.push(Keyword { name: Some(normal(name)), name_span, value });
        } else {
            let value = element(cursor)?;
            comprehension(cursor)?;
            if positional == Positional::None && !keywords.is_empty() {
                let starred = matches!(value.shape, Shape::Other("Starred"));
                if !starred {
                    let message = "positional argument follows keyword argument";
                    return Err(Fault::new(value.span, message));
                }
            }
            positional = Positional::Some;
        }
        if cursor.take_sign(",").is_none() {
            break;
        }
    }
    let span = function.extent.to(cursor.expect_sign(")")?);
    let function = Box::new(function);
    Node::over(Shape::Call { function, positional, keywords }, span, depth)
}

/// Passes over `for … in …`; whether there was one.
fn comprehension(cursor: &mut Cursor<'_, '_>) -> Parsed<Option<Span>> {
    let mut found = None;
    loop {
        if cursor.is_keyword("async") && matches!(cursor.ahead(1).kind, Kind::Keyword("for")) {
            cursor.next();
        }
        let Some(span) = cursor.take_keyword("for") else { return Ok(found) };
        found = Some(span);
        target(cursor)?;
        if cursor.take_keyword("in").is_none() {
            return Err(cursor.unexpected());
        }
        condition(cursor)?;
        while cursor.take_keyword("if").is_some() {
            condition(cursor)?;
        }
    }
}

/// A condition of a comprehension: no ternary, because `if` begins the next one.
fn condition(cursor: &mut Cursor<'_, '_>) -> Parsed<()> {
    cursor.deeper(super::expression::disjunction).map(|_| ())
}

fn target(cursor: &mut Cursor<'_, '_>) -> Parsed<()> {
    loop {
        cursor.take_sign("*");
        primary(cursor)?;
        if cursor.take_sign(",").is_none() || cursor.is_keyword("in") {
            return Ok(());
        }
    }
}

fn atom(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let Token { kind, span } = cursor.peek();
    let shape = match kind {
        Kind::Name(name) => Shape::Name(normal(name)),
        Kind::Keyword("None") => Shape::None,
        Kind::Keyword("True") => Shape::Bool(true),
        Kind::Keyword("False") => Shape::Bool(false),
        Kind::Sign("...") => Shape::OtherConstant("Ellipsis".into()),
        Kind::Number(text) => match number(text) {
            Ok(Number::Int(value)) => Shape::Int(value),
            Ok(Number::Float(value)) => Shape::Float(value),
            Ok(Number::Imaginary) => Shape::OtherConstant(text.into()),
            Err(message) => return Err(Fault::new(span, message)),
        },
        Kind::Text(_) => return strings(cursor),
        Kind::Sign("(") => return parenthesised(cursor),
        Kind::Sign("[") => return list(cursor),
        Kind::Sign("{") => return braces(cursor),
        _ => return Err(cursor.unexpected()),
    };
    cursor.next();
    Ok(Node::leaf(shape, span))
}

fn parenthesised(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.next().span;
    if cursor.is_sign(")") {
        let span = start.to(cursor.next().span);
        return Ok(Node::leaf(Shape::Tuple(Vec::new()), span));
    }
    let mut inner = expressions(cursor)?;
    if comprehension(cursor)?.is_some() {
        let span = start.to(cursor.expect_sign(")")?);
        return Ok(Node::leaf(Shape::Other("GeneratorExp"), span));
    }
    let end = cursor.expect_sign(")")?;
    // Brackets of a tuple are part of it; others leave the place of what they hold.
    inner.extent = start.to(end);
    if matches!(inner.shape, Shape::Tuple(_)) {
        inner.span = inner.extent;
    }
    Ok(inner)
}

fn list(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.next().span;
    let mut items = Vec::new();
    while !cursor.is_sign("]") {
        items.push(element(cursor)?);
        if items.len() == 1 && comprehension(cursor)?.is_some() {
            let span = start.to(cursor.expect_sign("]")?);
            return Ok(Node::leaf(Shape::Other("ListComp"), span));
        }
        if cursor.take_sign(",").is_none() {
            break;
        }
    }
    let span = start.to(cursor.expect_sign("]")?);
    let depth = Node::deepest(&items);
    Node::over(Shape::List(items), span, depth)
}

/// Dictionaries and sets: known, not part of the language.
fn braces(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.next().span;
    let mut name = "Dict";
    let mut first = true;
    while !cursor.is_sign("}") {
        let pair = if cursor.take_sign("**").is_some() {
            super::expression::binary(cursor, 0)?;
            true
        } else {
            element(cursor)?;
            let pair = cursor.take_sign(":").is_some();
            if pair {
                expression(cursor)?;
            }
            pair
        };
        if first && !pair {
            name = "Set";
        }
        if first && comprehension(cursor)?.is_some() {
            name = if pair { "DictComp" } else { "SetComp" };
            break;
        }
        first = false;
        if cursor.take_sign(",").is_none() {
            break;
        }
    }
    let span = start.to(cursor.expect_sign("}")?);
    Ok(Node::leaf(Shape::Other(name), span))
}

/// String literals in a row are one.
fn strings(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.peek().span;
    let mut pieces = Vec::new();
    let mut forms = Vec::new();
    let mut written = String::new();
    while let Token { kind: Kind::Text(text), span } = cursor.peek() {
        cursor.next();
        let literal = string::open(text, span.start);
        forms.push(literal.form);
        match literal.form {
            Form::Bytes => written.push_str(text),
            Form::Plain => pieces.push(FormatPiece::Text(literal.text()?.into())),
            Form::Format => {
                for piece in literal.pieces()? {
                    pieces.push(hole(cursor, piece)?);
                }
            }
        }
    }
    let span = start.to(cursor.last());
    let bytes = forms.iter().filter(|form| **form == Form::Bytes).count();
    if bytes == forms.len() {
        return Ok(Node::leaf(Shape::OtherConstant(written.into()), span));
    }
    if bytes > 0 {
        return Err(Fault::new(span, "cannot mix bytes and nonbytes literals"));
    }
    let pieces = joined(pieces);
    if forms.contains(&Form::Format) {
        let depth = pieces.iter().map(|piece| match piece {
            FormatPiece::Text(_) => 0,
            FormatPiece::Hole { node, .. } => node.depth,
        });
        let depth = depth.max().unwrap_or(0);
        return Node::over(Shape::Format(pieces), span, depth);
    }
    let text = pieces.into_iter().next().map_or("".into(), |piece| match piece {
        FormatPiece::Text(text) => text,
        FormatPiece::Hole { .. } => "".into(),
    });
    Ok(Node::leaf(Shape::Text(text), span))
}

fn hole(cursor: &mut Cursor<'_, '_>, piece: Piece<'_>) -> Parsed<FormatPiece> {
    let (text, start, spec) = match piece {
        Piece::Text(text) => return Ok(FormatPiece::Text(text.into())),
        Piece::Hole { text, start, spec } => (text, start, spec),
    };
    cursor.deeper(|_| {
        let mut faults = Vec::new();
        let tokens = scan_inside(text, start, &mut faults);
        if let Some(fault) = faults.into_iter().next() {
            return Err(fault);
        }
        // A string inside a hole has no holes of its own that matter: the hole is refused.
        let mut inner = Cursor::new(&tokens);
        let node = expressions(&mut inner)?;
        match inner.peek().kind {
            Kind::End => Ok(FormatPiece::Hole { node, spec }),
            _ => Err(Fault::new(inner.peek().span, "f-string: invalid syntax")),
        }
    })
}

/// Neighbouring texts become one.
fn joined(pieces: Vec<FormatPiece>) -> Vec<FormatPiece> {
    let mut joined = Vec::new();
    let mut text = String::new();
    for piece in pieces {
        match piece {
            FormatPiece::Text(more) => text.push_str(&more),
            hole @ FormatPiece::Hole { .. } => {
                if !text.is_empty() {
                    joined.push(FormatPiece::Text(std::mem::take(&mut text).into()));
                }
                joined.push(hole);
            }
        }
    }
    if !text.is_empty() {
        joined.push(FormatPiece::Text(text.into()));
    }
    joined
}

/// A name in the form in which Python compares names (NFKC).
pub(crate) fn normal(name: &str) -> Box<str> {
    if name.is_ascii() {
        return name.into();
    }
    icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().normalize(name).into()
}
