//! Types of values, how they are written, and which may stand for which.
//!
//! Leaves out inference, which needs expressions (`check::types`).

use std::fmt;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Nothing is known, or nothing need be: fits everywhere.
    Any,
    /// The type of an empty list's elements: stands for every type.
    Never,
    None,
    Bool,
    Int,
    Float,
    Str,
    /// A length of time; unwraps to seconds.
    TimeDelta,
    /// A rule; unwraps to a truth value.
    Rule,
    /// What `WhenRules` carries out.
    Effect,
    /// A typed identity; unwraps to its id.
    Entity(Id),
    List(Box<Type>),
    /// At least two members, none of them a union, in the order written.
    Union(Vec<Type>),
}

/// What an entity's id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    Str,
    Int,
    /// Either, found out for each event.
    Either,
}

/// Whether a value may be stored with the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Open,
    Secret,
}

impl Type {
    /// One type out of several; members that stand twice are merged.
    pub(crate) fn union(members: impl IntoIterator<Item = Self>) -> Self {
        let mut kept: Vec<Self> = Vec::new();
        for member in members {
            let inner = match member {
                Self::Union(inner) => inner,
                member => vec![member],
            };
            for member in inner {
                if !kept.contains(&member) {
                    kept.push(member);
                }
            }
        }
        match (kept.pop(), kept.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                kept.push(last);
                Self::Union(kept)
            }
            (None, _) => Self::Never,
        }
    }

    /// This type or `None`.
    pub(crate) fn optional(self) -> Self {
        Self::union([self, Self::None])
    }

    /// This type when a comparison has ruled `None` out.
    pub(crate) fn without_none(&self) -> Self {
        match self {
            Self::Union(members) => {
                Self::union(members.iter().filter(|member| **member != Self::None).cloned())
            }
            other => other.clone(),
        }
    }

    /// The members of a union, or the type itself.
    pub(crate) fn members(&self) -> &[Self] {
        match self {
            Self::Union(members) => members,
            other => std::slice::from_ref(other),
        }
    }

    /// The plain type behind a wrapper.
    pub(crate) fn unwrapped(&self) -> Self {
        match self {
            Self::Rule => Self::Bool,
            Self::TimeDelta => Self::Float,
            Self::Entity(Id::Str) => Self::Str,
            Self::Entity(Id::Int) => Self::Int,
            Self::Entity(Id::Either) => Self::Union(vec![Self::Str, Self::Int]),
            other => other.clone(),
        }
    }

    /// Whether a value of this type may stand where `expected` is.
    pub(crate) fn fits(&self, expected: &Self) -> bool {
        match (self, expected) {
            (Self::Any | Self::Never, _) | (_, Self::Any) => true,
            (Self::Union(members), _) => members.iter().all(|member| member.fits(expected)),
            (_, Self::Union(members)) => members.iter().any(|member| self.fits(member)),
            (Self::Int, Self::Float) => true,
            (Self::Entity(mine), Self::Entity(other)) => {
                mine == other || *mine == Id::Either || *other == Id::Either
            }
            (Self::List(mine), Self::List(other)) => {
                // Lists of numbers do not widen; rules in a list count as truth values.
                mine == other
                    || matches!(**mine, Self::Never | Self::Any | Self::Rule | Self::Effect)
                        && mine.fits(other)
                    || matches!(**other, Self::Any)
            }
            (mine, other) if mine == other => true,
            (mine @ (Self::Rule | Self::TimeDelta | Self::Entity(_)), other) => {
                mine.unwrapped().fits(other)
            }
            _ => false,
        }
    }

    /// Whether two values of these types can ever be equal.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let pair = |mine: &Self, other: &Self| match (mine, other) {
            (Self::Any | Self::Never | Self::None, _)
            | (_, Self::Any | Self::Never | Self::None) => true,
            (Self::List(mine), Self::List(other)) => mine.overlaps(other),
            (mine, other) if mine == other => true,
            (mine, other) => {
                let (mine, other) = (mine.unwrapped(), other.unwrapped());
                let numbers = |kind: &Self| matches!(kind, Self::Int | Self::Float);
                mine.members().iter().any(|mine| {
                    other
                        .members()
                        .iter()
                        .any(|other| mine == other || (numbers(mine) && numbers(other)))
                })
            }
        };
        self.members().iter().any(|mine| other.members().iter().any(|other| pair(mine, other)))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("Any"),
            Self::Never => f.write_str("<nothing>"),
            Self::None => f.write_str("None"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Str => f.write_str("str"),
            Self::TimeDelta => f.write_str("TimeDeltaT"),
            Self::Rule => f.write_str("RuleT"),
            Self::Effect => f.write_str("EffectBase"),
            Self::Entity(Id::Str) => f.write_str("Entity[str]"),
            Self::Entity(Id::Int) => f.write_str("Entity[int]"),
            Self::Entity(Id::Either) => f.write_str("Entity[str | int]"),
            Self::List(inner) => write!(f, "list[{inner}]"),
            Self::Union(members) => {
                for (index, member) in members.iter().enumerate() {
                    write!(f, "{}{member}", if index == 0 { "" } else { " | " })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_fit_as_in_the_language() {
        let list = |inner| Type::List(Box::new(inner));
        assert!(Type::Int.fits(&Type::Float));
        assert!(!Type::Float.fits(&Type::Int));
        assert!(!Type::Bool.fits(&Type::Int));
        assert!(Type::Int.fits(&Type::Int.optional()));
        assert!(!Type::Int.optional().fits(&Type::Int));
        assert!(Type::Rule.fits(&Type::Bool));
        assert!(!Type::Bool.fits(&Type::Rule));
        assert!(list(Type::Rule).fits(&list(Type::Bool)));
        assert!(!list(Type::Int).fits(&list(Type::Float)));
        assert!(list(Type::Never).fits(&list(Type::Str)));
        assert!(!list(Type::Bool).fits(&list(Type::Effect)));
        assert!(!Type::Entity(Id::Str).fits(&Type::Entity(Id::Int)));
        assert!(Type::Entity(Id::Str).fits(&Type::Str));
        assert_eq!(Type::Int.optional().to_string(), "int | None");
    }
}
