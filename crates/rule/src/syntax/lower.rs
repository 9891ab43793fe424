//! Python's tree to the language: everything that SML lacks is refused by name and place.
//!
//! One fault a statement, the outermost first, as rule authors know it from Osprey.

use super::ast::{
    Annotation, AnnotationShape, Argument, Arithmetic, Assign, Call, Comparator, Expr, ExprKind,
    Junction, Part, Statement,
};
use super::expression::Parsed;
use super::statement::{Line, LineShape};
use super::string::Spec;
use super::token::Fault;
use super::tree::{FormatPiece, Keyword, Node, Positional, Shape};
use crate::source::Span;

const SUBSET: &str = "SML is a small part of Python\nassign the value of one expression to one \
                      name, or call `Import`, `Require` or `WhenRules`";
const ANNOTATION: &str = "annotation must be in the form of `Target: Annotation = Value`, where \
                          `Annotation` is a `Name` or `Name[Name, ...]`";
const ONE_LEVEL: &str = "you can only access attributes one level deep\nfor example:\n - \
                         `Foo.Bar` is OK\n - `Foo.Bar.Baz` is not OK";
const NO_SPEC: &str = "format strings must be simple, for example:\n - `{Foo}` is OK, but:\n - \
                       `{Foo!r}` is not, as it has a `!r` or format spec attached";
const ONLY_NAMES: &str = "format strings are simple, and only interpolate names, for example:\n \
                          - `{Foo}` is OK, but:\n - `{1 + 1}`, `{\"hello\"}` or \
                          `{SomeFunc(bar=\"baz\")}` is not!";

/// One statement of the language.
pub(crate) fn statement(line: Line) -> Parsed<Statement> {
    let span = line.span;
    match line.shape {
        LineShape::Other(name) => Err(unexpected(name, span)),
        LineShape::Bare(node) if matches!(node.shape, Shape::Call { .. }) => {
            expr(node).map(Statement::Call)
        }
        LineShape::Bare(_) => Err(Fault::hinted(
            span,
            "a bare expression is not allowed, unless it is a function call",
            "consider prefixing this with a variable assignment: `Foo =`",
        )),
        LineShape::Assign { mut targets, value } => {
            let target = targets.pop().filter(|_| targets.is_empty());
            let target = target
                .ok_or_else(|| Fault::new(span, "an assignment can only have a single target"))?;
            assign(target, None, value)
        }
        LineShape::Annotated { target, annotation, value } => {
            let value = value.ok_or_else(|| Fault::new(span, "assignment must have a value"))?;
            let annotation = self::annotation(annotation, span)?;
            assign(target, Some(annotation), value)
        }
    }
}

fn assign(target: Node, annotation: Option<Annotation>, value: Node) -> Parsed<Statement> {
    let Shape::Name(name) = target.shape else {
        let message = format!("expected `Name`, got `{}`", python_name(&target.shape));
        return Err(Fault::new(target.span, message));
    };
    let value = expr(value)?;
    Ok(Statement::Assign(Assign { name, name_span: target.span, annotation, value }))
}

fn annotation(node: Node, statement: Span) -> Parsed<Annotation> {
    let span = node.span;
    let refused = |shape: &Shape| {
        let message = format!("unexpected node: `{}`", python_name(shape));
        Err(Fault::hinted(statement, message, ANNOTATION))
    };
    let shape = match node.shape {
        Shape::Name(name) => AnnotationShape::Name(name),
        Shape::None => AnnotationShape::Name("None".into()),
        Shape::Subscript { base, index } => {
            let Shape::Name(name) = base.shape else { return refused(&base.shape) };
            let items = match index.shape {
                Shape::Tuple(items) => items,
                shape => vec![Node { shape, ..*index }],
            };
            let items = items.into_iter().map(|item| annotation(item, statement));
            AnnotationShape::Generic(name, items.collect::<Parsed<_>>()?)
        }
        Shape::Binary { sign: "|", left, right } => {
            let mut members = Vec::new();
            for side in [*left, *right] {
                match annotation(side, statement)? {
                    Annotation { shape: AnnotationShape::Union(inner), .. } => {
                        members.extend(inner);
                    }
                    member => members.push(member),
                }
            }
            AnnotationShape::Union(members)
        }
        shape => return refused(&shape),
    };
    Ok(Annotation { shape, span })
}

fn expr(node: Node) -> Parsed<Expr> {
    let span = node.span;
    let kind = match node.shape {
        Shape::Name(name) => ExprKind::Name(name),
        Shape::None => ExprKind::None,
        Shape::Bool(value) => ExprKind::Bool(value),
        Shape::Int(value) => ExprKind::Int(value),
        Shape::Float(value) => ExprKind::Float(value),
        Shape::Text(text) => ExprKind::Text(text),
        Shape::OtherConstant(text) => {
            return Err(Fault::new(span, format!("unexpected constant `{text}`")));
        }
        Shape::Format(pieces) => {
            let parts = pieces.into_iter().map(part).collect::<Parsed<Vec<Part>>>()?;
            ExprKind::Format(parts)
        }
        Shape::List(items) => ExprKind::List(all(items)?),
        Shape::Call { function, positional, keywords } => {
            call(*function, positional, keywords, span)?
        }
        Shape::Attribute { base } => return Err(attribute(&base.shape, span)),
        Shape::Binary { sign, left, right } => {
            let operator = arithmetic(sign, span)?;
            let (left, right) = (Box::new(expr(*left)?), Box::new(expr(*right)?));
            ExprKind::Binary { operator, left, right }
        }
        Shape::Unary { sign, operand } => match sign {
            "not" => ExprKind::Not(Box::new(expr(*operand)?)),
            "-" => ExprKind::Negate(Box::new(expr(*operand)?)),
            sign => {
                let name = if sign == "~" { "Invert" } else { "UAdd" };
                let message = format!("unsupported unary operator `{name}` encountered");
                return Err(Fault::new(span, message));
            }
        },
        Shape::Boolean { sign, operands } => {
            let operator = if sign == "and" { Junction::And } else { Junction::Or };
            ExprKind::Boolean { operator, operands: all(operands)? }
        }
        Shape::Compare { first, rest } => compare(*first, rest, span)?,
        Shape::Tuple(_) => return Err(unexpected("Tuple", span)),
        Shape::Subscript { .. } => return Err(unexpected("Subscript", span)),
        Shape::Other(name) => return Err(unexpected(name, span)),
    };
    Ok(Expr { kind, span })
}

fn all(nodes: Vec<Node>) -> Parsed<Vec<Expr>> {
    nodes.into_iter().map(expr).collect()
}

fn part(piece: FormatPiece) -> Parsed<Part> {
    match piece {
        FormatPiece::Text(text) => Ok(Part::Text(text)),
        FormatPiece::Hole { node, spec: Spec::Given } => {
            Err(Fault::hinted(node.span, "a format string cannot have a format spec", NO_SPEC))
        }
        FormatPiece::Hole { node: Node { shape: Shape::Name(name), span, .. }, .. } => {
            Ok(Part::Name { name, span })
        }
        FormatPiece::Hole { node, .. } => {
            let message = "a format string can only interpolate a `Name`";
            Err(Fault::hinted(node.span, message, ONLY_NAMES))
        }
    }
}

fn attribute(base: &Shape, span: Span) -> Fault {
    match base {
        Shape::Name(_) => Fault::hinted(
            span,
            "attributes are not available",
            "assign the value to a name with an underscore instead of the dot",
        ),
        base => {
            let message = format!("expected `Name`, got `{}`", python_name(base));
            Fault::hinted(span, message, ONE_LEVEL)
        }
    }
}

fn call(
    function: Node,
    positional: Positional,
    keywords: Vec<Keyword>,
    span: Span,
) -> Parsed<ExprKind> {
    if positional == Positional::Some {
        return Err(Fault::new(span, "functions with non-keyword arguments are not supported"));
    }
    let function = match function.shape {
        Shape::Name(name) => name,
        Shape::Attribute { base } => return Err(attribute(&base.shape, function.span)),
        shape => {
            let message = format!("expected `Attribute` or `Name`, got `{}`", python_name(&shape));
            return Err(Fault::new(function.span, message));
        }
    };
    let mut arguments: Vec<Argument> = Vec::with_capacity(keywords.len());
    for Keyword { name, name_span, value } in keywords {
        let Some(name) = name else {
            let hint = "write every argument as `name=value`";
            return Err(Fault::hinted(name_span, "`**` in a call is not supported", hint));
        };
        if arguments.iter().any(|argument| argument.name == name) {
            let hint = "which value was meant cannot be known";
            return Err(Fault::hinted(
                name_span,
                format!("keyword argument repeated: {name}"),
                hint,
            ));
        }
        arguments.push(Argument { name, value: expr(value)? });
        if arguments.len() > crate::limits::ARGUMENTS_MAX {
            return Err(Fault::new(span, "too many arguments"));
        }
    }
    Ok(ExprKind::Call(Call { function, arguments }))
}

fn arithmetic(sign: &str, span: Span) -> Parsed<Arithmetic> {
    Ok(match sign {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "/" => Arithmetic::Divide,
        "//" => Arithmetic::FloorDivide,
        "%" => Arithmetic::Modulo,
        "**" => Arithmetic::Power,
        "<<" => Arithmetic::ShiftLeft,
        ">>" => Arithmetic::ShiftRight,
        "|" => Arithmetic::Or,
        "^" => Arithmetic::Xor,
        "&" => Arithmetic::And,
        _ => return Err(Fault::new(span, "unsupported operator `MatMult` encountered")),
    })
}

fn compare(first: Node, mut rest: Vec<(&'static str, Node)>, span: Span) -> Parsed<ExprKind> {
    let (Some((sign, second)), true) = (rest.pop(), rest.is_empty()) else {
        let hint = "join two comparisons: `A < B and B < C` instead of `A < B < C`";
        return Err(Fault::hinted(span, "only binary comparisons are supported", hint));
    };
    let operator = match sign {
        "==" => Comparator::Equal,
        "!=" => Comparator::NotEqual,
        "<" => Comparator::Less,
        "<=" => Comparator::LessOrEqual,
        ">" => Comparator::Greater,
        ">=" => Comparator::GreaterOrEqual,
        "in" => Comparator::In,
        "not in" => Comparator::NotIn,
        other => {
            let name = if other == "is" { "Is" } else { "IsNot" };
            let message = format!("unsupported comparator `{name}` encountered");
            return Err(Fault::hinted(span, message, "compare with `==` or `!=`"));
        }
    };
    let (left, right) = (Box::new(expr(first)?), Box::new(expr(second)?));
    Ok(ExprKind::Compare { operator, left, right })
}

fn unexpected(name: &str, span: Span) -> Fault {
    Fault::hinted(span, format!("unexpected node type `{name}`"), SUBSET)
}

/// What Python calls a node.
fn python_name(shape: &Shape) -> &'static str {
    match shape {
        Shape::Name(_) => "Name",
        Shape::None
        | Shape::Bool(_)
        | Shape::Int(_)
        | Shape::Float(_)
        | Shape::Text(_)
        | Shape::OtherConstant(_) => "Constant",
        Shape::Format(_) => "JoinedStr",
        Shape::List(_) => "List",
        Shape::Tuple(_) => "Tuple",
        Shape::Call { .. } => "Call",
        Shape::Attribute { .. } => "Attribute",
        Shape::Subscript { .. } => "Subscript",
        Shape::Binary { .. } => "BinOp",
        Shape::Unary { .. } => "UnaryOp",
        Shape::Boolean { .. } => "BoolOp",
        Shape::Compare { .. } => "Compare",
        Shape::Other(name) => name,
    }
}
