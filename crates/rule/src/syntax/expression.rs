//! Expressions by Python's grammar: precedence climbing over tokens.
//!
//! Everything Python 3.11 allows is recognised, so that what SML lacks is refused by its
//! name. Left out: statements (`statement`) and the refusals (`lower`).

use super::atom;
use super::token::{Fault, Kind, Token};
use super::tree::{Node, Shape};
use crate::limits::NESTING_MAX;
use crate::source::Span;

/// Tokens and a place among them.
pub(crate) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    /// Calls of the parser that are open, bounded like the tree.
    depth: u32,
}

/// What parsing gives; the fault ends the statement.
pub(crate) type Parsed<T> = Result<T, Fault>;

impl<'t, 'a> Cursor<'t, 'a> {
    pub(crate) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens, at: 0, depth: 0 }
    }

    /// The next token; the last one for ever.
    pub(crate) fn peek(&self) -> Token<'a> {
        self.ahead(0)
    }

    pub(crate) fn ahead(&self, count: usize) -> Token<'a> {
        let last = Token { kind: Kind::End, span: Span::default() };
        self.tokens.get(self.at + count).or(self.tokens.last()).copied().unwrap_or(last)
    }

    pub(crate) fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len());
        token
    }

    /// Where the last token taken ended.
    pub(crate) fn last(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(Span::default(), |token| token.span)
    }

    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek().kind, Kind::Sign(found) if found == sign)
    }

    pub(crate) fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek().kind, Kind::Keyword(found) if found == keyword)
    }

    pub(crate) fn take_sign(&mut self, sign: &str) -> Option<Span> {
        self.is_sign(sign).then(|| self.next().span)
    }

    pub(crate) fn take_keyword(&mut self, keyword: &str) -> Option<Span> {
        self.is_keyword(keyword).then(|| self.next().span)
    }

    pub(crate) fn expect_sign(&mut self, sign: &str) -> Parsed<Span> {
        self.take_sign(sign).ok_or_else(|| self.unexpected())
    }

    /// The fault of the next token, which has no place where it stands.
    ///
    /// A broken token has been reported by the scanner: its fault is empty.
    pub(crate) fn unexpected(&self) -> Fault {
        let token = self.peek();
        let message = match token.kind {
            Kind::Broken => "",
            Kind::Indent => "unexpected indent",
            _ => "invalid syntax",
        };
        Fault::new(token.span, message)
    }

    /// Runs `parse` one level deeper.
    pub(crate) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            let message = format!("the expression nests deeper than {NESTING_MAX} levels");
            let hint = "give parts of it a name of their own";
            return Err(Fault::hinted(self.peek().span, message, hint));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }
}

/// One expression, or several with commas, which make a tuple.
pub(crate) fn expressions(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let first = starred(cursor)?;
    if !cursor.is_sign(",") {
        return Ok(first);
    }
    let mut items = vec![first];
    while cursor.take_sign(",").is_some() && starts_expression(cursor) {
        items.push(starred(cursor)?);
    }
    let span = items.first().map_or(cursor.last(), |first| first.extent).to(cursor.last());
    let depth = Node::deepest(&items);
    Node::over(Shape::Tuple(items), span, depth)
}

/// Whether an expression may begin here.
pub(crate) fn starts_expression(cursor: &Cursor<'_, '_>) -> bool {
    match cursor.peek().kind {
        Kind::Name(_) | Kind::Number(_) | Kind::Text(_) | Kind::Broken => true,
        Kind::Keyword(word) => {
            matches!(word, "None" | "True" | "False" | "not" | "lambda" | "await" | "yield")
        }
        Kind::Sign(sign) => {
            matches!(sign, "(" | "[" | "{" | "-" | "+" | "~" | "..." | "*" | "**")
        }
        _ => false,
    }
}

fn starred(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    match cursor.take_sign("*") {
        Some(span) => {
            let value = binary(cursor, 0)?;
            Node::over(Shape::Other("Starred"), span.to(value.extent), value.depth)
        }
        None => named(cursor),
    }
}

/// An expression that may be `name := value`, or starred, as in brackets and calls.
pub(crate) fn element(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    starred(cursor)
}

/// An expression that may be `name := value`.
pub(crate) fn named(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let value = expression(cursor)?;
    if matches!(value.shape, Shape::Name(_)) && cursor.take_sign(":=").is_some() {
        let right = expression(cursor)?;
        return Node::over(Shape::Other("NamedExpr"), value.extent.to(right.extent), right.depth);
    }
    Ok(value)
}

/// One expression, without commas.
pub(crate) fn expression(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    cursor.deeper(|cursor| {
        if cursor.is_keyword("lambda") {
            return lambda(cursor);
        }
        if cursor.is_keyword("yield") {
            return yielded(cursor);
        }
        let value = disjunction(cursor)?;
        if cursor.take_keyword("if").is_none() {
            return Ok(value);
        }
        disjunction(cursor)?;
        if cursor.take_keyword("else").is_none() {
            return Err(Fault::new(value.span, "expected 'else' after 'if' expression"));
        }
        let other = expression(cursor)?;
        let depth = value.depth.max(other.depth);
        Node::over(Shape::Other("IfExp"), value.extent.to(other.extent), depth)
    })
}

/// `yield`, with what it yields.
fn yielded(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.next().span;
    if cursor.take_keyword("from").is_some() {
        expression(cursor)?;
        return Ok(Node::leaf(Shape::Other("YieldFrom"), start.to(cursor.last())));
    }
    if starts_expression(cursor) {
        expressions(cursor)?;
    }
    Ok(Node::leaf(Shape::Other("Yield"), start.to(cursor.last())))
}

/// `lambda parameters: value`; parameters are passed over.
fn lambda(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let start = cursor.next().span;
    while !cursor.is_sign(":") {
        match cursor.peek().kind {
            Kind::Name(_) => {
                cursor.next();
                if cursor.take_sign("=").is_some() {
                    expression(cursor)?;
                }
            }
            Kind::Sign("," | "*" | "**" | "/") => {
                cursor.next();
            }
            _ => return Err(cursor.unexpected()),
        }
    }
    cursor.expect_sign(":")?;
    let value = expression(cursor)?;
    Node::over(Shape::Other("Lambda"), start.to(value.extent), value.depth)
}

/// An expression that is no `… if … else …`.
pub(crate) fn disjunction(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    boolean(cursor, "or", |cursor| boolean(cursor, "and", inversion))
}

/// Operands joined by one of `and` and `or`; Python keeps them in one node.
fn boolean(
    cursor: &mut Cursor<'_, '_>,
    sign: &'static str,
    operand: impl Fn(&mut Cursor<'_, '_>) -> Parsed<Node>,
) -> Parsed<Node> {
    let first = operand(cursor)?;
    if !cursor.is_keyword(sign) {
        return Ok(first);
    }
    let start = first.extent;
    let mut operands = vec![first];
    while cursor.take_keyword(sign).is_some() {
        operands.push(operand(cursor)?);
    }
    let depth = Node::deepest(&operands);
    Node::over(Shape::Boolean { sign, operands }, start.to(cursor.last()), depth)
}

fn inversion(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let Some(span) = cursor.take_keyword("not") else { return comparison(cursor) };
    let operand = cursor.deeper(inversion)?;
    let (span, depth) = (span.to(operand.extent), operand.depth);
    Node::over(Shape::Unary { sign: "not", operand: Box::new(operand) }, span, depth)
}

fn comparison(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let first = binary(cursor, 0)?;
    let mut rest = Vec::new();
    while let Some(sign) = comparator(cursor) {
        rest.push((sign, binary(cursor, 0)?));
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let span = first.extent.to(cursor.last());
    let depth = Node::deepest(rest.iter().map(|(_, node)| node)).max(first.depth);
    Node::over(Shape::Compare { first: Box::new(first), rest }, span, depth)
}

/// Takes a comparison sign; `is` and `in` may have `not` beside them.
fn comparator(cursor: &mut Cursor<'_, '_>) -> Option<&'static str> {
    match cursor.peek().kind {
        Kind::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => {
            cursor.next();
            Some(sign)
        }
        Kind::Keyword("in") => {
            cursor.next();
            Some("in")
        }
        Kind::Keyword("is") => {
            cursor.next();
            Some(if cursor.take_keyword("not").is_some() { "is not" } else { "is" })
        }
        Kind::Keyword("not") if matches!(cursor.ahead(1).kind, Kind::Keyword("in")) => {
            cursor.next();
            cursor.next();
            Some("not in")
        }
        _ => None,
    }
}

/// How tightly a sign between two operands binds.
fn strength(sign: &str) -> Option<u8> {
    Some(match sign {
        "|" => 1,
        "^" => 2,
        "&" => 3,
        "<<" | ">>" => 4,
        "+" | "-" => 5,
        "*" | "/" | "//" | "%" | "@" => 6,
        _ => return None,
    })
}

/// Operands joined by signs that bind more tightly than `above`.
pub(crate) fn binary(cursor: &mut Cursor<'_, '_>, above: u8) -> Parsed<Node> {
    let mut left = unary(cursor)?;
    while let Kind::Sign(sign) = cursor.peek().kind {
        let Some(strength) = strength(sign).filter(|strength| *strength > above) else { break };
        cursor.next();
        let right = binary(cursor, strength)?;
        let (span, depth) = (left.extent.to(right.extent), left.depth.max(right.depth));
        let shape = Shape::Binary { sign, left: Box::new(left), right: Box::new(right) };
        left = Node::over(shape, span, depth)?;
    }
    Ok(left)
}

fn unary(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let Kind::Sign(sign @ ("-" | "+" | "~")) = cursor.peek().kind else { return power(cursor) };
    let span = cursor.next().span;
    let operand = cursor.deeper(unary)?;
    let (span, depth) = (span.to(operand.extent), operand.depth);
    Node::over(Shape::Unary { sign, operand: Box::new(operand) }, span, depth)
}

/// `**` binds more tightly than a sign before it and less than one behind it.
fn power(cursor: &mut Cursor<'_, '_>) -> Parsed<Node> {
    let left = if let Some(start) = cursor.take_keyword("await") {
        let value = atom::primary(cursor)?;
        Node::over(Shape::Other("Await"), start.to(value.extent), value.depth)?
    } else {
        atom::primary(cursor)?
    };
    if cursor.take_sign("**").is_none() {
        return Ok(left);
    }
    let right = cursor.deeper(unary)?;
    let (span, depth) = (left.extent.to(right.extent), left.depth.max(right.depth));
    let shape = Shape::Binary { sign: "**", left: Box::new(left), right: Box::new(right) };
    Node::over(shape, span, depth)
}
