//! Names: defined once, before they are read, and locals read at least once.
//!
//! Leaves out functions, which `calls` looks up.

use std::collections::{BTreeMap, BTreeSet};

use super::{Definition, Program, is_local};
use crate::diagnostic::{Finding, Validator};
use crate::limits::{SIMILAR_NAMES_MAX, SIMILAR_SEARCHES_MAX};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Part, Statement};

/// Fills in what names stand for; a name defined twice is a finding.
pub(crate) fn define(program: &mut Program, findings: &mut Vec<Finding>) {
    let mut features: BTreeMap<Box<str>, Vec<Definition>> = BTreeMap::new();
    let mut locals: BTreeMap<(usize, Box<str>), Vec<Definition>> = BTreeMap::new();
    for (at, statement) in program.statements() {
        let Statement::Assign(assign) = statement else { continue };
        let name = assign.name.clone();
        if is_local(&name) {
            locals.entry((at.module, name)).or_default().push(at);
        } else {
            features.entry(name).or_default().push(at);
        }
    }
    for places in features.values() {
        let message = "features must be unique across all rule files";
        let hint = "this feature is defined in multiple locations";
        repeated(program, places, message, hint, findings);
    }
    for places in locals.values() {
        let message = "local variables must be unique in their file";
        let hint = "this local variable is defined in multiple locations in this file";
        repeated(program, places, message, hint, findings);
    }
    let first = |places: Vec<Definition>| places.into_iter().next();
    let features = features.into_iter().filter_map(|(name, places)| Some((name, first(places)?)));
    program.features = features.collect();
    for ((module, name), places) in locals {
        if let (Some(module), Some(place)) = (program.modules.get_mut(module), first(places)) {
            module.locals.insert(name, place);
        }
    }
}

fn name_span(program: &Program, at: Definition) -> Span {
    program.assign(at).map_or(Span::default(), |assign| assign.name_span)
}

fn repeated(
    program: &Program,
    places: &[Definition],
    message: &str,
    hint: &str,
    findings: &mut Vec<Finding>,
) {
    let [first, rest @ ..] = places else { return };
    if rest.is_empty() {
        return;
    }
    let span = name_span(program, *first);
    let path = program.path(first.module);
    let mut finding =
        Finding::new(Validator::UniqueStoredNames, path, span, message, hint).joined("such as:");
    for place in rest {
        finding = finding.and(program.path(place.module), name_span(program, *place), "");
    }
    findings.push(finding);
}

/// Every name that is read is defined, and every local is read.
pub(crate) fn check(program: &Program, findings: &mut Vec<Finding>) {
    let mut read: BTreeSet<(usize, &str)> = BTreeSet::new();
    let mut searches = 0;
    for (at, statement) in program.statements() {
        let value = match statement {
            Statement::Assign(assign) => &assign.value,
            Statement::Call(call) => call,
        };
        for (name, span) in names_in(value) {
            if is_local(name) {
                read.insert((at.module, name));
            }
            if program.resolve(at, name).is_none() {
                findings.push(undefined(program, at, name, span, &mut searches));
            }
        }
    }
    for (index, module) in program.modules.iter().enumerate() {
        for (name, place) in &module.locals {
            if !read.contains(&(index, name)) {
                let message = "unused local variable";
                let hint = "remove it, or drop the `_` to store it with the event";
                let span = name_span(program, *place);
                let validator = Validator::NoUnusedLocals;
                findings.push(Finding::new(validator, &module.path, span, message, hint));
            }
        }
    }
}

/// The names that an expression reads, in order.
fn names_in(expr: &Expr) -> Vec<(&str, Span)> {
    let mut names = Vec::new();
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        match &expr.kind {
            ExprKind::Name(name) => names.push((&**name, expr.span)),
            ExprKind::Format(parts) => {
                names.extend(parts.iter().filter_map(|part| match part {
                    Part::Name { name, span } => Some((&**name, *span)),
                    Part::Text(_) => None,
                }));
            }
            _ => stack.extend(expr.children().into_iter().rev()),
        }
    }
    names
}

fn undefined(
    program: &Program,
    at: Definition,
    name: &str,
    span: Span,
    searches: &mut usize,
) -> Finding {
    let path = program.path(at.module);
    let finding = |message: &str, hint: String| {
        Finding::new(Validator::VariablesMustBeDefined, path, span, message, hint)
    };
    let elsewhere = if is_local(name) {
        program.modules.get(at.module).and_then(|module| module.locals.get(name))
    } else {
        program.features.get(name)
    };
    if elsewhere == Some(&at) {
        return finding("unknown identifier", "a name cannot be defined by itself".into());
    }
    if is_local(name) && elsewhere.is_none() {
        let hint = format!(
            "`{name}` does not exist in this file\nvariables that start with `_` can only be \
             used in the file they're declared in"
        );
        return finding("unknown local variable", hint);
    }
    if let Some(found) = elsewhere {
        return finding(
            "unknown identifier",
            "this identifier was not imported into this file".into(),
        )
        .joined("however, it was found here:")
        .and(program.path(found.module), name_span(program, *found), "");
    }
    *searches += 1;
    let similar = (*searches <= SIMILAR_SEARCHES_MAX).then(|| similar(program, at, name)).flatten();
    match similar {
        Some(found) => finding("unknown identifier", "this identifier not found".into())
            .joined("however, a similar in-scope identifier was found here:")
            .and(program.path(found.module), name_span(program, found), ""),
        None => {
            let hint = format!("`{name}` does not exist in any rule files. typo, perhaps?");
            finding("unknown identifier", hint)
        }
    }
}

/// A name in scope that differs by a letter or two.
fn similar(program: &Program, at: Definition, name: &str) -> Option<Definition> {
    let allowed = (name.chars().count() / 4).min(2);
    let names = program.features.iter().take(SIMILAR_NAMES_MAX);
    let near = names.filter(|(other, _)| program.resolve(at, other).is_some());
    let near = near.map(|(other, found)| (distance(name, other), *found));
    near.filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, found)| found)
}

/// Letters to change, add or drop to get from one name to the other.
fn distance(one: &str, other: &str) -> usize {
    const NAME_CHARS_MAX: usize = 64;
    let one: Vec<char> = one.chars().take(NAME_CHARS_MAX).collect();
    let other: Vec<char> = other.chars().take(NAME_CHARS_MAX).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, mine) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (at, theirs) in other.iter().enumerate() {
            let changed = diagonal + usize::from(mine != theirs);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_letters() {
        assert_eq!(distance("Text", "Text"), 0);
        assert_eq!(distance("PostTxt", "PostText"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
