//! Which file brings in which: imports, their order and circles, and files run on a condition.
//!
//! Leaves out names, which `names` looks up along these links.

use std::collections::BTreeMap;

use super::{Definition, Module, Program};
use crate::diagnostic::{Finding, Validator};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Part, Statement};

/// Finds the imports of every module, an order among them, and what is wrong with them.
pub(crate) fn link(program: &mut Program, findings: &mut Vec<Finding>) {
    for index in 0..program.modules.len() {
        let imports = imports(program, index, findings);
        if let Some(module) = program.modules.get_mut(index) {
            module.visible = imports.iter().map(|(import, _)| *import).collect();
            module.imports = imports;
        }
    }
    program.order = order(program, findings);
    for (at, statement) in program.statements() {
        if let Statement::Call(call) = statement {
            requires(program, at, call, findings);
        }
    }
}

fn argument<'e>(call: &'e Expr, function: &str, name: &str) -> Option<&'e Expr> {
    let ExprKind::Call(call) = &call.kind else { return None };
    let argument = call.arguments.iter().find(|argument| &*argument.name == name)?;
    (&*call.function == function).then_some(&argument.value)
}

/// The modules that one imports; what is no list of texts is left to `calls`.
fn imports(program: &Program, index: usize, findings: &mut Vec<Finding>) -> Vec<(usize, Span)> {
    let mut imports: Vec<(usize, Span)> = Vec::new();
    let Some(module) = program.modules.get(index) else { return imports };
    for statement in &module.file.statements {
        let Statement::Call(call) = statement else { continue };
        let Some(list) = argument(call, "Import", "rules") else { continue };
        let ExprKind::List(items) = &list.kind else { continue };
        let paths: Vec<(&str, Span)> = items
            .iter()
            .filter_map(|item| match &item.kind {
                ExprKind::Text(path) => Some((&**path, item.span)),
                _ => None,
            })
            .collect();
        listed(module, list, &paths, findings);
        for (path, span) in paths {
            match program.by_path.get(path) {
                Some(target) => imports.push((*target, span)),
                None => findings.push(missing(&module.path, path, span)),
            }
        }
    }
    imports
}

fn missing(module: &str, path: &str, span: Span) -> Finding {
    let message = format!("unknown rule file: `{path}`");
    let hint = "paths are relative to the folder of `main.sml` and end in `.sml`";
    Finding::new(Validator::ValidateCallKwargs, module, span, message, hint)
}

/// Lists of imports are sorted and without repetition, so that changes merge cleanly.
fn listed(module: &Module, list: &Expr, paths: &[(&str, Span)], findings: &mut Vec<Finding>) {
    let mut sorted: Vec<&str> = paths.iter().map(|(path, _)| *path).collect();
    sorted.sort_unstable();
    let given = paths.iter().map(|(path, _)| path);
    if !sorted.iter().eq(given) {
        let list_: Vec<String> = sorted.iter().map(|path| format!("'{path}'")).collect();
        let hint =
            format!("sort imports lexicographically:\n`Import(rules=[{}])`", list_.join(", "));
        let message = "import rules are not sorted";
        let validator = Validator::ValidateCallKwargs;
        findings.push(Finding::new(validator, &module.path, list.span, message, hint));
    }
    let mut places: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for (path, span) in paths {
        places.entry(path).or_default().push(*span);
    }
    for (path, spans) in places {
        let Some((first, rest)) = spans.split_first() else { continue };
        if rest.is_empty() {
            continue;
        }
        let message = format!("import has a duplicated items for rule: {path}");
        let hint = "first import attempted here";
        let validator = Validator::ValidateCallKwargs;
        let mut finding = Finding::new(validator, &module.path, *first, message, hint)
            .joined("further ones found here");
        for span in rest {
            finding = finding.and(&module.path, *span, "");
        }
        findings.push(finding);
    }
}

/// Where a module stands in the search for circles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Unseen,
    Open,
    Closed,
}

/// An order in which each module comes after those it imports; circles are findings.
///
/// A stack of our own: the depth is the rule author's, not ours.
fn order(program: &Program, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut visits = vec![Visit::Unseen; program.modules.len()];
    let mut order = Vec::with_capacity(program.modules.len());
    for root in 0..program.modules.len() {
        if visits[root] != Visit::Unseen {
            continue;
        }
        visits[root] = Visit::Open;
        let mut stack = vec![(root, 0_usize)];
        while let Some((module, next)) = stack.last_mut() {
            let (from, imports) = (*module, &program.modules[*module].imports);
            let Some((target, span)) = imports.get(*next).copied() else {
                visits[from] = Visit::Closed;
                order.push(from);
                stack.pop();
                continue;
            };
            *next += 1;
            match visits[target] {
                Visit::Unseen => {
                    visits[target] = Visit::Open;
                    stack.push((target, 0));
                }
                Visit::Open => findings.push(circle(program, &stack, target, span)),
                Visit::Closed => {}
            }
        }
    }
    order
}

fn circle(program: &Program, stack: &[(usize, usize)], target: usize, span: Span) -> Finding {
    let last = stack.last().map_or(0, |(module, _)| *module);
    let mut finding = Finding::new(
        Validator::ImportsMustNotHaveCycles,
        program.path(last),
        span,
        "import cycle detected here",
        "this import results in a cyclic dependency",
    )
    .joined("the import chain is displayed below:");
    let start = stack.iter().position(|(module, _)| *module == target).unwrap_or(0);
    for pair in stack.get(start..).unwrap_or(&[]).windows(2) {
        let [(from, next), (to, _)] = pair else { continue };
        let import = next.checked_sub(1).and_then(|at| program.modules[*from].imports.get(at));
        if let Some((_, span)) = import {
            let hint = format!("imports `{}`", program.path(*to));
            finding = finding.and(program.path(*from), *span, hint);
        }
    }
    finding
}

fn requires(program: &Program, at: Definition, call: &Expr, findings: &mut Vec<Finding>) {
    let Some(rule) = argument(call, "Require", "rule") else { return };
    let path = program.path(at.module);
    let validator = Validator::ValidateCallKwargs;
    match &rule.kind {
        ExprKind::Text(target) if !program.by_path.contains_key(target) => {
            findings.push(missing(path, target, rule.span));
        }
        ExprKind::Format(parts) if require_glob(program, parts).is_empty() => {
            let message = "no rule file can match this path";
            let hint = "each `{Name}` stands for any text: add a file that fits, or mend the path";
            findings.push(Finding::new(validator, path, rule.span, message, hint));
        }
        ExprKind::Text(_) | ExprKind::Format(_) => {}
        _ => {
            let message = format!("invalid argument type: `{}`", rule.kind_name());
            let hint = "expected type `String` or `FormatString`";
            findings.push(Finding::new(validator, path, rule.span, message, hint));
        }
    }
}

/// The modules that a path with holes can name; a hole stands for any text, `/` too.
pub(crate) fn require_glob(program: &Program, parts: &[Part]) -> Vec<usize> {
    let fits = |path: &str| {
        let mut rest = path;
        let mut open = false;
        for (index, part) in parts.iter().enumerate() {
            let Part::Text(text) = part else {
                open = true;
                continue;
            };
            let last = index + 1 == parts.len();
            let found = match (open, last) {
                (false, _) => rest.starts_with(&**text).then_some(0),
                (true, true) => rest.ends_with(&**text).then(|| rest.len() - text.len()),
                (true, false) => rest.find(&**text),
            };
            let Some(at) = found else { return false };
            rest = rest.get(at + text.len()..).unwrap_or("");
            open = false;
        }
        open || rest.is_empty()
    };
    program.by_path.iter().filter(|(path, _)| fits(path)).map(|(_, index)| *index).collect()
}
