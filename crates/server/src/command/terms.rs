//! `seawall terms`: lists of words and phrases that are looked for.

use std::path::Path;

use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known, Term};
use seawall_pipeline::Active;
use serde_json::{Map, json};

use super::args::{Global, Terms, TermsAdd, TermsList};
use super::knowledge::list::{self, Row};
use super::knowledge::table::{self, BadLines, Columns, Skip};
use super::knowledge::{self, Desk};
use super::{Ended, show};

/// The columns of a list.
const COLUMNS: Columns = Columns { needed: &["term"], other: &["near", "not_near", "window"] };
/// Words that count as near where a line does not say.
const WINDOW_WORDS: u32 = 10;
/// Words that may be said at most.
const WINDOW_WORDS_MAX: u32 = 200;

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
    let mut keep = |term: Term| {
        if term.term.chars().all(is_sign) && !term.term.trim().is_empty() {
            return Err("term: there are only signs of punctuation in it, which stand in every \
                        text: write a word"
                .into());
        }
        let entry = knowledge::entry(&given.given, Known::Term(term));
        alone.check(std::slice::from_ref(&entry)).map_err(|error| said_of_line(&error))?;
        entries.push(entry);
        Ok(())
    };
    let bad = if table::has_header(file, "term")? {
        table::read(file, COLUMNS, &mut |_, row| keep(from_row(&row, &given.list)?))?
    } else {
        table::lines(file, &mut |_, text| {
            if text.contains(',') {
                return Err("a comma in a file without a header: begin the file with the line \
                            term,near,not_near,window, or take the comma out"
                    .into());
            }
            keep(plain(text, &given.list))
        })?
    };
    Ok((entries, bad))
}

/// Whether a character is a blank or a sign of punctuation, which no term consists of. Other
/// symbols, such as faces, may be telling.
fn is_sign(c: char) -> bool {
    let is_other = matches!(c, '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}'
        | '\u{bf}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{640}' | '\u{66a}'..='\u{66d}'
        | '\u{6d4}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff1f}');
    c.is_whitespace() || c.is_ascii_punctuation() || is_other
}

fn plain(text: &str, list: &str) -> Term {
    Term {
        list: list.into(),
        term: text.into(),
        near: Vec::new(),
        not_near: Vec::new(),
        window: WINDOW_WORDS,
    }
}

fn from_row(row: &table::Row<'_>, list: &str) -> Result<Term, String> {
    let window = match row.cell("window") {
        "" => WINDOW_WORDS,
        text => {
            let window = text.parse().ok().filter(|words| (1..=WINDOW_WORDS_MAX).contains(words));
            window.ok_or_else(|| {
                format!(
                    "window: {} is no number of words from 1 to {WINDOW_WORDS_MAX}",
                    show::foreign(text, 40)
                )
            })?
        }
    };
    let mut term = plain(row.cell("term"), list);
    (term.near, term.not_near, term.window) = (row.parts("near"), row.parts("not_near"), window);
    Ok(term)
}

/// What is wrong with a line: the entry has no number that would tell anybody anything.
pub(super) fn said_of_line(error: &dyn std::fmt::Display) -> String {
    let said = error.to_string();
    let rest = said.strip_prefix("entry k");
    let rest = rest.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.and_then(|rest| rest.strip_prefix([',', ':'])).map_or(said.clone(), |s| s.trim().into())
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
    let fields = Map::from_iter([
        ("list".into(), json!(term.list)),
        ("term".into(), json!(term.term)),
        ("near".into(), json!(term.near)),
        ("not_near".into(), json!(term.not_near)),
        ("window".into(), json!(term.window)),
    ]);
    Row { of: term.list.to_string(), what, fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_line_does_not_name_an_entry() {
        assert_eq!(said_of_line(&"entry k12, term: it is empty"), "term: it is empty");
        assert_eq!(said_of_line(&"entry k12: it is full"), "it is full");
        assert_eq!(said_of_line(&"the disk is full"), "the disk is full");
    }
}
