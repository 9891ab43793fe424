//! Written types to types; what is no type of the language is refused where it stands.
//!
//! Leaves out whether a value has the type.

use crate::source::Span;
use crate::syntax::ast::{Annotation, AnnotationShape};
use crate::types::{Id, Secrecy, Type};

/// A type as an annotation gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Annotated {
    pub(crate) kind: Type,
    pub(crate) secrecy: Secrecy,
    pub(crate) extraction: Extraction,
}

/// Whether an annotation says that the value is stored with the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extraction {
    /// As the value is: constants are not stored, secrets are not.
    Usual,
    /// Stored, though constant or secret.
    Forced,
}

/// Why an annotation is none.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: String,
}

const NO_TYPE: &str = "can only check dynamic return values of simple types or `Entity`, \
                       `ExtractLiteral`, `ExtractSecret`, `List`, `Optional`, `Secret`, `Union` \
                       generics";

/// Reads an annotation.
pub(crate) fn read(annotation: &Annotation) -> Result<Annotated, Refused> {
    if let AnnotationShape::Generic(name, items) = &annotation.shape {
        let marked = match &**name {
            "Secret" => Some((Secrecy::Secret, Extraction::Usual)),
            "ExtractSecret" => Some((Secrecy::Secret, Extraction::Forced)),
            "ExtractLiteral" => Some((Secrecy::Open, Extraction::Forced)),
            _ => None,
        };
        if let Some((secrecy, extraction)) = marked {
            let kind = simple(only(annotation, name, items)?)?;
            return Ok(Annotated { kind, secrecy, extraction });
        }
    }
    let kind = simple(annotation)?;
    Ok(Annotated { kind, secrecy: Secrecy::Open, extraction: Extraction::Usual })
}

fn refused(annotation: &Annotation, hint: impl Into<String>) -> Refused {
    Refused { span: annotation.span, message: NO_TYPE.into(), hint: hint.into() }
}

fn only<'a>(
    annotation: &Annotation,
    name: &str,
    items: &'a [Annotation],
) -> Result<&'a Annotation, Refused> {
    match items {
        [only] => Ok(only),
        _ => Err(refused(annotation, format!("`{name}` takes one type: `{name}[T]`"))),
    }
}

fn simple(annotation: &Annotation) -> Result<Type, Refused> {
    match &annotation.shape {
        AnnotationShape::Name(name) => named(annotation, name),
        AnnotationShape::Union(members) => {
            Ok(Type::union(members.iter().map(simple).collect::<Result<Vec<_>, _>>()?))
        }
        AnnotationShape::Generic(name, items) => generic(annotation, name, items),
    }
}

fn named(annotation: &Annotation, name: &str) -> Result<Type, Refused> {
    Ok(match name {
        "str" => Type::Str,
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "None" => Type::None,
        "Entity" | "ExtractLiteral" | "ExtractSecret" | "List" | "Optional" | "Secret"
        | "Union" => {
            let hint = format!(
                "`{name}` is generic, try `{name}[T]` where `T` is a type like `str` or `int`"
            );
            return Err(refused(annotation, hint));
        }
        other => {
            return Err(refused(annotation, format!("got unknown non-generic type `{other}`")));
        }
    })
}

fn generic(annotation: &Annotation, name: &str, items: &[Annotation]) -> Result<Type, Refused> {
    match name {
        "List" => Ok(Type::List(Box::new(simple(only(annotation, name, items)?)?))),
        "Entity" => match simple(only(annotation, name, items)?)? {
            Type::Str => Ok(Type::Entity(Id::Str)),
            Type::Int => Ok(Type::Entity(Id::Int)),
            other => {
                Err(refused(annotation, format!("an entity's id is `str` or `int`, not `{other}`")))
            }
        },
        "Optional" | "Union" => joined(annotation, name, items),
        "Secret" | "ExtractSecret" | "ExtractLiteral" => {
            Err(refused(annotation, format!("`{name}` stands outermost: `{name}[...]`")))
        }
        other => Err(refused(annotation, format!("got unknown generic type `{other}[...]`"))),
    }
}

fn joined(annotation: &Annotation, name: &str, items: &[Annotation]) -> Result<Type, Refused> {
    let members = items.iter().map(simple).collect::<Result<Vec<_>, _>>()?;
    let refused = |message: &str, hint: String| {
        Err(Refused { span: annotation.span, message: message.into(), hint })
    };
    match (name, members.as_slice()) {
        ("Optional", [only]) => Ok(only.clone().optional()),
        ("Optional", members) => {
            let names: Vec<String> = members.iter().map(Type::to_string).collect();
            let hint = format!("got {} arguments", names.join(" and "));
            refused("`Optional` can't have arguments of different types or duplicate types", hint)
        }
        (_, [only]) => {
            let message = "a `Union` of one item should be represented as the item by itself";
            refused(message, format!("assign it to a variable as `A: {only} = ...` instead"))
        }
        (_, _) => {
            let count = members.len();
            let union = Type::union(members);
            if union.members().len() < count {
                let hint = format!("the types are `{union}`");
                return refused("a `Union` can't name a type twice", hint);
            }
            Ok(union)
        }
    }
}
