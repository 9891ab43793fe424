//! `seawall terms`: lists of words and phrases that are looked for.

use std::path::Path;

use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known, Term};
use seawall_pipeline::Active;

use super::args::{Global, Terms, TermsAdd, TermsList};
use super::knowledge::list::{self, Row};
use super::knowledge::table::{self, BadLines, Columns, Skip};
use super::knowledge::{self, Desk};
use super::{Ended, show};
use crate::desk::knowledge::said_of_one;
use crate::desk::knowledge::terms::{self, TermGiven};
use crate::desk::knowledge::view::TermSaid;

/// The columns of a list.
const COLUMNS: Columns = Columns { needed: &["term"], other: &["near", "not_near", "window"] };
pub(super) fn run(global: &Global, given: &Terms) -> anyhow::Result<Ended> {
    match given {
        Terms::Add(given) => add(global, given),
        Terms::List(given) => list(global, given),
        Terms::Confirm(given) => knowledge::confirm(global, given, KnowledgeKind::Term),
        Terms::Withdraw(given) => knowledge::withdraw(global, given, KnowledgeKind::Term),
    }
}

fn add(global: &Global, given: &TermsAdd) -> anyhow::Result<Ended> {
    let (mut entries, bad) = read(&given.file, given)?;
    let ended = bad.settle(&given.file, Skip::asked(&given.skip_bad))?;
    let file = given.file.display();
    anyhow::ensure!(bad.count > 0 || !entries.is_empty(), "{file} holds no term: one a line");
    let mut desk = Desk::open_to_rule(global)?;
    knowledge::check_expiry(given.given.expires, desk.now)?;
    let person = desk.person(&given.given.key)?;
    let known = desk.known_already(KnowledgeKind::Term, &mut entries)?;
    if !known.is_empty() {
        say!(
            "{} in force already, and not added again",
            show::counted(known.len() as u64, "term is", "terms are")
        )?;
    }
    if entries.is_empty() {
        say!("nothing was added")?;
        return Ok(ended);
    }
    let added = desk.add(&person, &entries)?;
    say!(
        "{} of {} in force as {}",
        show::counted(entries.len() as u64, "term", "terms"),
        show::foreign(&given.list, 64),
        knowledge::shown(&added)
    )?;
    knowledge::tell_missing(&desk, &added, KnowledgeKind::Term)?;
    Ok(ended)
}

/// Reads a file: a table, or one plain term a line.
fn read(file: &Path, given: &TermsAdd) -> anyhow::Result<(Vec<Knowledge>, BadLines)> {
    let mut entries = Vec::new();
    // Nothing is in force here: each line is judged by itself, so that it can be named.
    let alone = Active::new([0; 32]);
    let mut keep = |term: TermGiven| {
        let entry = knowledge::entry(&given.given, terms::term(&given.list, term)?);
        alone.check(std::slice::from_ref(&entry)).map_err(|error| said_of_one(&error))?;
        entries.push(entry);
        Ok(())
    };
    let bad = if table::has_header(file, "term")? {
        table::read(file, COLUMNS, &mut |_, row| keep(from_row(&row)?))?
    } else {
        table::lines(file, &mut |_, text| {
            if text.contains(',') {
                return Err("a comma in a file without a header: begin the file with the line \
                            term,near,not_near,window, or take the comma out"
                    .into());
            }
            keep(TermGiven { term: text.into(), ..TermGiven::default() })
        })?
    };
    Ok((entries, bad))
}

fn from_row(row: &table::Row<'_>) -> Result<TermGiven, String> {
    let window = match row.cell("window") {
        "" => None,
        text => {
            let window = text.parse().ok();
            Some(window.ok_or_else(|| terms::no_window(&show::foreign(text, 40)))?)
        }
    };
    let (near, not_near) = (row.parts("near"), row.parts("not_near"));
    Ok(TermGiven { term: row.cell("term").into(), near, not_near, window })
}

fn list(global: &Global, given: &TermsList) -> anyhow::Result<Ended> {
    let desk = Desk::open(global)?;
    list::run(&desk, KnowledgeKind::Term, (&given.listing).into(), &|entry| {
        let Known::Term(term) = &entry.known else { return None };
        let is_wanted = given.list.as_ref().is_none_or(|wanted| **wanted == *term.list);
        is_wanted.then(|| row(term))
    })
}

fn row(term: &Term) -> Row {
    let mut what = show::foreign(&term.term, 80);
    for (word, context) in [("near", &term.near), ("not near", &term.not_near)] {
        if !context.is_empty() {
            what.push_str(&format!(" {word} {}", show::foreign(&context.join("|"), 80)));
        }
    }
    if !(term.near.is_empty() && term.not_near.is_empty()) {
        what.push_str(&format!(" within {} words", term.window));
    }
    Row { of: term.list.to_string(), what, fields: list::fields(TermSaid::from(term)) }
}
