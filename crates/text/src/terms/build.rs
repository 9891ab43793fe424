//! Checks entries and compiles their terms.
//!
//! The order of the entries has no effect on what is found. Leaves out reading lists.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind};
use seawall_model::EntryId;

use super::edge::Edge;
use super::separated::separate_term;
use super::{
    CONTEXT_TERMS_MAX, Context, ENTRIES_MAX, Entry, LISTS_BYTES_MAX, Pattern, TermEntry, TermError,
    TermField, TermLists, WINDOW_TOKENS_MAX,
};

/// See [`TermLists::build`].
pub(super) fn build(entries: impl IntoIterator<Item = TermEntry>) -> Result<TermLists, TermError> {
    let mut draft = Draft::default();
    for entry in entries {
        draft.add(&entry)?;
    }
    draft.compile()
}

/// Different texts, numbered in the order in which they came.
#[derive(Default)]
struct Numbers(BTreeMap<Box<str>, usize>);

impl Numbers {
    fn of(&mut self, text: Box<str>) -> usize {
        let next = self.0.len();
        *self.0.entry(text).or_insert(next)
    }

    /// The texts in order of their numbers.
    fn into_texts(self) -> Vec<Box<str>> {
        let mut texts: Vec<(Box<str>, usize)> = self.0.into_iter().collect();
        texts.sort_unstable_by_key(|(_, number)| *number);
        texts.into_iter().map(|(text, _)| text).collect()
    }
}

#[derive(Default)]
struct Draft {
    patterns: Numbers,
    lists: Numbers,
    /// Each entry with the pattern of its term.
    entries: Vec<(Entry, usize)>,
    /// Bytes of the patterns.
    bytes: usize,
}

impl Draft {
    fn add(&mut self, entry: &TermEntry) -> Result<(), TermError> {
        let id = entry.id;
        if self.entries.len() == ENTRIES_MAX {
            return Err(TermError::TooManyEntries { entry: id });
        }
        check_length(id, TermField::List, &entry.list)?;
        if entry.list.trim().is_empty() {
            return Err(TermError::Empty { entry: id, field: TermField::List });
        }
        let term = self.pattern(id, TermField::Term, &entry.term)?;
        let near = self.patterns_of(id, TermField::Near, &entry.near)?;
        let not_near = self.patterns_of(id, TermField::NotNear, &entry.not_near)?;
        if let Some(place) = near.iter().position(|pattern| *pattern == term) {
            return Err(TermError::Repeated { entry: id, field: TermField::Near(place + 1) });
        }
        let again = |pattern: &usize| *pattern == term || near.contains(pattern);
        if let Some(place) = not_near.iter().position(again) {
            return Err(TermError::Repeated { entry: id, field: TermField::NotNear(place + 1) });
        }
        let context = if near.is_empty() && not_near.is_empty() {
            None
        } else if (1..=WINDOW_TOKENS_MAX).contains(&entry.window_tokens) {
            Some(Context { near, not_near, window: usize::from(entry.window_tokens) })
        } else {
            return Err(TermError::Window { entry: id, tokens: entry.window_tokens });
        };
        let list = self.lists.of(entry.list.clone());
        self.entries.push((Entry { id, list, context }, term));
        Ok(())
    }

    fn patterns_of(
        &mut self,
        entry: EntryId,
        field: fn(usize) -> TermField,
        terms: &[Box<str>],
    ) -> Result<Vec<usize>, TermError> {
        if terms.len() > CONTEXT_TERMS_MAX {
            let field = field(CONTEXT_TERMS_MAX + 1);
            return Err(TermError::TooManyContextTerms { entry, field });
        }
        terms
            .iter()
            .enumerate()
            .map(|(at, term)| self.pattern(entry, field(at + 1), term))
            .collect()
    }

    /// The number of a term's folded form.
    fn pattern(
        &mut self,
        entry: EntryId,
        field: TermField,
        term: &str,
    ) -> Result<usize, TermError> {
        check_length(entry, field, term)?;
        let mut folded = String::new();
        crate::fold_into(term, &mut folded);
        let term = separate_term(&folded);
        if term.is_empty() {
            return Err(TermError::Empty { entry, field });
        }
        let (bytes, known) = (term.len(), self.patterns.0.len());
        let number = self.patterns.of(term.into());
        if number == known {
            self.bytes += bytes;
        }
        if self.bytes > LISTS_BYTES_MAX {
            return Err(TermError::TooManyBytes { entry });
        }
        Ok(number)
    }

    fn compile(mut self) -> Result<TermLists, TermError> {
        self.entries.sort_unstable_by_key(|(entry, _)| entry.id);
        if let Some(pair) = self.entries.windows(2).find(|pair| pair[0].0.id == pair[1].0.id) {
            return Err(TermError::SameId { entry: pair[0].0.id });
        }
        let texts = self.patterns.into_texts();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            // A DFA would take a hundred times the memory.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .prefilter(false)
            .build(texts.iter().map(AsRef::<str>::as_ref))
            .map_err(|_| TermError::Automaton)?;
        let mut by_pattern: Vec<(usize, usize)> =
            self.entries.iter().enumerate().map(|(place, (_, term))| (*term, place)).collect();
        by_pattern.sort_unstable();
        let first = |pattern: usize| by_pattern.partition_point(|(term, _)| *term < pattern);
        let patterns = texts.iter().enumerate().map(|(number, text)| Pattern {
            left: Edge::left(text),
            right: Edge::right(text),
            carried: first(number)..first(number + 1),
        });
        Ok(TermLists {
            patterns: patterns.collect(),
            automaton,
            carried: by_pattern.iter().map(|(_, place)| *place).collect(),
            entries: self.entries.into_iter().map(|(entry, _)| entry).collect(),
            lists: self.lists.into_texts(),
        })
    }
}

fn check_length(entry: EntryId, field: TermField, text: &str) -> Result<(), TermError> {
    if text.len() > field.bytes_max() {
        return Err(TermError::TooLong { entry, field, bytes: text.len() });
    }
    Ok(())
}
