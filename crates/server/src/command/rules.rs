//! `seawall rules`: rules are checked, tried on events, and put in force.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_rule::{Diagnostics, Place, Ruleset};

use super::args::{Global, Rules, RulesAdd, RulesCheck};
use super::knowledge::list::{self, Row};
use super::knowledge::{self, Desk};
use super::{Ended, rules_run, show};
use crate::desk::knowledge::rules::{
    Asks, Missing, RuleFiles, are_current, current, unknown_names, unknown_signals,
};
use crate::desk::knowledge::view::RulesSaid;

/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 8;
/// Faults that are told one by one; more are only counted.
const FAULTS_SHOWN_MAX: usize = 20;
/// Characters of a line of a file that are told.
const LINE_CHARS_MAX: usize = 200;
/// The data folder where none is named.
const DEFAULT_DIR: &str = "seawall-data";

pub(super) fn run(global: &Global, given: &Rules) -> anyhow::Result<Ended> {
    match given {
        Rules::Check(given) => check(global, given),
        Rules::Add(given) => add(global, given),
        Rules::Run(given) => rules_run::run(given),
        Rules::List(given) => list_all(global, given.into()),
        Rules::Withdraw(given) => knowledge::withdraw(global, given, KnowledgeKind::Rules),
    }
}

fn check(global: &Global, given: &RulesCheck) -> anyhow::Result<Ended> {
    let files = read(&given.rules)?;
    let rules = match seawall_rule::load(&files.sources) {
        Ok(rules) => rules,
        Err(found) => {
            say!("{}", told(&found))?;
            let count = found.found.len() + found.left_out;
            say!("\n{}", show::counted(count as u64, "error", "errors"))?;
            return Ok(Ended::Findings);
        }
    };
    let is_named = global.dir != Path::new(DEFAULT_DIR);
    let mut missing = unknown_signals(&rules);
    let against = if is_named || global.dir.exists() {
        let desk = Desk::open(global)?;
        missing.extend(unknown_names(&rules, desk.opened.derivation.pipeline().active()));
        format!("with the knowledge of {}", global.dir.display())
    } else {
        "by themselves; name a data folder with --dir to check policies, lists and banks too".into()
    };
    for missing in &missing {
        say!("{}\n", told_missing(missing))?;
    }
    let count = show::counted(rules.rules().count() as u64, "rule", "rules");
    if missing.is_empty() {
        check_some(&rules, &given.rules)?;
        say!("{count} in {}: sound {against}", given.rules.display())?;
        return Ok(Ended::Fine);
    }
    say!("{}", show::counted(missing.len() as u64, "error", "errors"))?;
    Ok(Ended::Findings)
}

/// What is wrong, as people read it: the first faults, lines that fit a screen, and no sign
/// of a file that would move the cursor.
fn told(found: &Diagnostics) -> String {
    let shown: Vec<String> = found
        .found
        .iter()
        .take(FAULTS_SHOWN_MAX)
        .map(|fault| {
            let text = fault.to_string();
            let lines = text.lines().map(|line| show::plain(line, LINE_CHARS_MAX));
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    let hidden = (found.found.len() - shown.len() + found.left_out) as u64;
    let more = format!("\n\nand {} more", show::count(hidden));
    format!("{}{}", shown.join("\n\n"), if hidden > 0 { &more } else { "" })
}

/// What a rule asks for that there is not, with what to type.
fn told_missing(missing: &Missing) -> String {
    let program = show::program();
    let hint = match missing.asks {
        Asks::Signal => String::new(),
        Asks::Policy => format!("; add it with `{program} policy add`"),
        Asks::Terms => format!("; fill it with `{program} terms add`"),
        Asks::Bank => format!("; fill it with `{program} bank add`"),
    };
    let Place { line, column } = missing.place;
    let what = show::plain(&format!("{missing}{hint}"), LINE_CHARS_MAX);
    let path = show::plain(&missing.path, LINE_CHARS_MAX);
    format!("error: {what}\n--> {path}:{line}:{column}")
}

fn add(global: &Global, given: &RulesAdd) -> anyhow::Result<Ended> {
    let files = read(&given.rules)?;
    let rules = load(&files, &given.rules)?;
    let mut desk = Desk::open_to_rule(global)?;
    let person = desk.person(&given.key)?;
    let mut missing = unknown_signals(&rules);
    missing.extend(unknown_names(&rules, desk.opened.derivation.pipeline().active()));
    for missing in &missing {
        eprintln!("{}\n", told_missing(missing));
    }
    anyhow::ensure!(
        missing.is_empty(),
        "the rules of {} ask for what there is not, and nothing was added",
        given.rules.display()
    );
    let known = Known::Rules(files.files);
    if are_current(&desk.opened.derivation, &known)? {
        say!("these rules are in force already; nothing was added")?;
        return Ok(Ended::Fine);
    }
    let current = current(&desk.opened.derivation)?;
    let source = format!("folder {}", given.rules.display());
    let entry = Knowledge { source: source.into(), expires: None, known };
    let added = desk.add(&person, &[entry])?;
    let count = show::counted(rules.rules().count() as u64, "rule", "rules");
    say!("{count} in force as {}, from the next event on", knowledge::shown(&added))?;
    if let Some(before) = current {
        say!("they take the place of {before}")?;
    }
    Ok(Ended::Fine)
}

/// Compiles rules, or tells all that is wrong with them.
pub(super) fn load(files: &RuleFiles, folder: &Path) -> anyhow::Result<Ruleset> {
    let rules = seawall_rule::load(&files.sources).map_err(|found| {
        eprintln!("{}", told(&found));
        let count = found.found.len() + found.left_out;
        let errors = show::counted(count as u64, "error", "errors");
        anyhow::anyhow!("{errors} in the rules of {}", folder.display())
    })?;
    check_some(&rules, folder)?;
    Ok(rules)
}

/// Refuses rules without any rule: they would open no case, and nobody would be told.
fn check_some(rules: &Ruleset, folder: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        rules.rules().next().is_some(),
        "there is no rule in {}: {} and what it imports hold none",
        folder.display(),
        seawall_rule::ENTRY
    );
    Ok(())
}

fn list_all(global: &Global, form: list::Form) -> anyhow::Result<Ended> {
    let desk = Desk::open(global)?;
    let ended = list::run(&desk, KnowledgeKind::Rules, form, &|entry| match &entry.known {
        Known::Rules(files) => Some(row(files)),
        _ => None,
    })?;
    if form == list::Form::Text {
        match current(&desk.opened.derivation)? {
            Some(id) => say!("{id} is what events are judged by")?,
            None => say!("no rules are in force: nothing opens a case")?,
        }
    }
    Ok(ended)
}

fn row(files: &[(Box<str>, Box<str>)]) -> Row {
    let said = RulesSaid::from(files);
    let shown: Vec<String> = said.rules.iter().map(|name| show::foreign(name, 60)).collect();
    let what = format!("{} ({})", said.digest_start, shown.join(", "));
    let of = show::counted(files.len() as u64, "file", "files");
    Row { of, what, fields: list::fields(said) }
}

/// Reads the files of a rule set. What is neither rules nor configuration is named and left.
pub(super) fn read(folder: &Path) -> anyhow::Result<RuleFiles> {
    let unread = || format!("cannot read {}", folder.display());
    anyhow::ensure!(
        std::fs::metadata(folder).with_context(unread)?.is_dir(),
        "{} is no folder: name the one that holds {}",
        folder.display(),
        seawall_rule::ENTRY
    );
    let mut paths = BTreeSet::new();
    gather(folder, Path::new(""), 0, &mut paths)?;
    let mut read = RuleFiles::default();
    for path in paths {
        let whole = folder.join(&path);
        let name = path
            .to_str()
            .with_context(|| format!("the name of {} is not UTF-8: rename it", whole.display()))?;
        if !is_of_rules(&path) {
            eprintln!("seawall: {} is no rules, and was not read", show::foreign(name, 200));
            continue;
        }
        // A pipe or a device would be waited for, or never end.
        let kind = std::fs::metadata(&whole);
        anyhow::ensure!(
            kind.with_context(|| format!("cannot read {}", whole.display()))?.is_file(),
            "{} is no regular file: rules are read from files only",
            whole.display()
        );
        let text = std::fs::read_to_string(&whole)
            .with_context(|| format!("cannot read {}", whole.display()))?;
        read.insert(name, &text).with_context(|| format!("in {}", folder.display()))?;
    }
    let has_entry = read.has_entry();
    let (entry, shown) = (seawall_rule::ENTRY, folder.display());
    anyhow::ensure!(has_entry, "there is no {entry} in {shown}: rules begin there");
    Ok(read)
}

fn is_of_rules(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["sml", "yaml", "yml"].iter().any(|of| end == *of))
}

/// Finds files, beneath one another, without hidden ones.
fn gather(
    root: &Path,
    below: &Path,
    depth: usize,
    paths: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<()> {
    let folder = root.join(below);
    let unread = || format!("cannot read {}", folder.display());
    anyhow::ensure!(depth <= DEPTH_MAX, "{} lies too deep", folder.display());
    for entry in std::fs::read_dir(&folder).with_context(unread)? {
        let entry = entry.with_context(unread)?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let path = below.join(&name);
        if std::fs::metadata(entry.path()).with_context(unread)?.is_dir() {
            gather(root, &path, depth + 1, paths)?;
        } else {
            paths.insert(path);
        }
        let most = seawall_rule::limits::FILES_MAX;
        anyhow::ensure!(paths.len() <= most, "more than {most} files in {}", root.display());
    }
    Ok(())
}
