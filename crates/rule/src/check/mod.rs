//! Everything that can be known to be wrong before the first event, all at once.
//!
//! Each check stands alone and pushes findings; a later one passes over what an earlier
//! one refused. Left out: what only an event can show.

mod annotations;
mod calls;
mod config;
mod modules;
mod names;
mod operators;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Finding, Validator};
use crate::source::{ENTRY, Lines, Sources, Span};
use crate::syntax::ast::{Assign, Expr, ExprKind, File, Statement};
use crate::types::{Secrecy, Type};

pub(crate) use annotations::{Extraction, read as read_annotation};
pub(crate) use calls::literal;
pub(crate) use modules::require_glob;

/// A rule set that was read, with what its names stand for.
#[derive(Debug)]
pub(crate) struct Program {
    /// The entry first, then by path.
    pub(crate) modules: Vec<Module>,
    /// Modules by path.
    pub(crate) by_path: BTreeMap<Box<str>, usize>,
    /// Features that are visible where their file is imported; the first definition counts.
    pub(crate) features: BTreeMap<Box<str>, Definition>,
    /// Modules in an order in which each comes after those it imports.
    pub(crate) order: Vec<usize>,
    /// The type of each definition, by module and statement.
    pub(crate) types: BTreeMap<Definition, (Type, Secrecy)>,
}

/// One file of rules.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) path: Box<str>,
    pub(crate) file: File,
    pub(crate) lines: Lines,
    /// Modules imported, with the place of their name.
    pub(crate) imports: Vec<(usize, Span)>,
    /// The same modules, to look up.
    pub(crate) visible: BTreeSet<usize>,
    /// Names that only this file sees.
    pub(crate) locals: BTreeMap<Box<str>, Definition>,
}

/// Where a name is defined: a module and a statement in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Definition {
    pub(crate) module: usize,
    pub(crate) statement: usize,
}

/// Reads and checks a rule set.
pub(crate) fn check(sources: &Sources) -> (Program, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut program = read(sources, &mut findings);
    config::check(sources, &mut findings);
    modules::link(&mut program, &mut findings);
    names::define(&mut program, &mut findings);
    names::check(&program, &mut findings);
    calls::check(&program, &mut findings);
    types::check(&mut program, &mut findings);
    (program, findings)
}

fn read(sources: &Sources, findings: &mut Vec<Finding>) -> Program {
    let mut modules = Vec::new();
    let mut files: Vec<(&str, &str)> = sources.rules().collect();
    files.sort_by_key(|(path, _)| (*path != ENTRY, *path));
    if files.first().is_none_or(|(path, _)| *path != ENTRY) {
        let message = format!("the rule set has no `{ENTRY}`");
        let hint = "evaluation begins there: import or require the other files from it";
        findings.push(Finding::new(Validator::Parse, ENTRY, Span::default(), message, hint));
    }
    for (path, text) in files {
        let (file, faults) = crate::syntax::parse(text);
        findings.extend(faults.into_iter().map(|fault| {
            Finding::new(Validator::Parse, path, fault.span, fault.message, fault.hint)
        }));
        let lines = Lines::of(text);
        let (imports, visible, locals) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        modules.push(Module { path: path.into(), file, lines, imports, visible, locals });
    }
    let paths = modules.iter().enumerate().map(|(index, module)| (module.path.clone(), index));
    let by_path = paths.collect();
    let (features, types) = (BTreeMap::new(), BTreeMap::new());
    Program { modules, by_path, features, order: Vec::new(), types }
}

impl Program {
    /// The definition that `name` stands for in a statement of a module.
    pub(crate) fn resolve(&self, at: Definition, name: &str) -> Option<Definition> {
        let module = self.modules.get(at.module)?;
        let found = if name.starts_with('_') {
            *module.locals.get(name)?
        } else {
            *self.features.get(name)?
        };
        let seen = if found.module == at.module {
            found.statement < at.statement
        } else {
            module.visible.contains(&found.module)
        };
        seen.then_some(found)
    }

    /// The statement that defines something.
    pub(crate) fn assign(&self, at: Definition) -> Option<&Assign> {
        match self.modules.get(at.module)?.file.statements.get(at.statement)? {
            Statement::Assign(assign) => Some(assign),
            Statement::Call(_) => None,
        }
    }

    /// The path of a module.
    pub(crate) fn path(&self, module: usize) -> &str {
        self.modules.get(module).map_or("", |module| &module.path)
    }

    /// The expression itself, or what the name that it is was bound to, one step away.
    ///
    /// With the definition in whose file the answer stands.
    pub(crate) fn one_step<'p>(&'p self, at: Definition, expr: &'p Expr) -> (Definition, &'p Expr) {
        if let ExprKind::Name(name) = &expr.kind
            && let Some(definition) = self.resolve(at, name)
            && let Some(assign) = self.assign(definition)
        {
            return (definition, &assign.value);
        }
        (at, expr)
    }

    /// Every statement with its place.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (Definition, &Statement)> {
        self.modules.iter().enumerate().flat_map(|(module, source)| {
            source
                .file
                .statements
                .iter()
                .enumerate()
                .map(move |(statement, found)| (Definition { module, statement }, found))
        })
    }
}

/// Whether a name is seen by its file alone.
pub(crate) fn is_local(name: &str) -> bool {
    name.starts_with('_')
}
