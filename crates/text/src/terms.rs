//! Term lists: which entries of many lists stand in a text, and where.
//!
//! All terms of all lists are one automaton, so that a text is read once however many
//! there are. What stands beside a term is judged in `edge`, separators in `separated`.
//! Leaves out reading lists from files, and what a match means: a name or a verse is
//! listed to be looked at, and never weighs by itself.

mod build;
mod edge;
mod error;
mod separated;

use std::ops::Range;

use aho_corasick::AhoCorasick;
use seawall_model::{EntryId, Folded};

pub use error::{TermError, TermField};

use edge::{Edge, fits};
use separated::Separated;

/// Entries of all lists together.
pub const ENTRIES_MAX: usize = 100_000;
/// Bytes of one term, before folding.
pub const TERM_BYTES_MAX: usize = 256;
/// Bytes of a list's name.
pub const LIST_NAME_BYTES_MAX: usize = 128;
/// Terms in `near`, and as many in `not_near`, of one entry.
pub const CONTEXT_TERMS_MAX: usize = 32;
/// Words between a term and its context.
pub const WINDOW_TOKENS_MAX: u16 = 200;
/// Bytes of all different terms together, after folding.
///
/// Bounds the automaton: as many take 100 MB, and 2 s and 400 MB to build.
pub const LISTS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Matches reported for one entry in one text: the first ones.
pub const MATCHES_PER_ENTRY_MAX: usize = 16;
/// Times that one term is looked at in one text, as a match or as context: the first ones.
pub const OCCURRENCES_MAX: u16 = 1_000;

/// One entry of a term list, as an analyst wrote it.
///
/// A term is a word or a phrase, in any script. Arabic words are best listed without the
/// article, which is found attached; listed with it, they are found only with it. A
/// term that begins with `#` is found in hashtags alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermEntry {
    /// Its own number; no two entries have the same.
    pub id: EntryId,
    /// The list that it belongs to, 1 to [`LIST_NAME_BYTES_MAX`] bytes.
    pub list: Box<str>,
    /// What is looked for, 1 to [`TERM_BYTES_MAX`] bytes.
    pub term: Box<str>,
    /// At least one of these stands near; empty for no such condition.
    pub near: Vec<Box<str>>,
    /// None of these stands near.
    pub not_near: Vec<Box<str>>,
    /// How far near is, 1 to [`WINDOW_TOKENS_MAX`]: 1 is the next word. Means nothing
    /// where both conditions are empty.
    pub window_tokens: u16,
}

/// One place where an entry's term stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TermMatch {
    /// The entry.
    pub entry: EntryId,
    /// Where, in bytes of the folded text: the term alone, without what is attached to it.
    /// [`Folded::original`] leads to the original.
    pub part: Range<usize>,
}

/// Term lists, compiled.
///
/// Never changed: to add or withdraw an entry, build again. Measured on one core:
/// 10,000 terms 40 ms and 1 MB; 100,000 terms half a second and 7 MB.
#[derive(Clone, Debug)]
pub struct TermLists {
    automaton: AhoCorasick,
    /// Each different term, by the automaton's number.
    patterns: Vec<Pattern>,
    /// Places in `entries`, put together by pattern.
    carried: Vec<usize>,
    /// In order of id.
    entries: Vec<Entry>,
    /// Names of lists, in order.
    lists: Vec<Box<str>>,
}

/// One term after folding; entries may share it, as their term or as context.
#[derive(Clone, Debug)]
struct Pattern {
    left: Edge,
    right: Edge,
    /// The entries whose term it is, as a range of `carried`.
    carried: Range<usize>,
}

#[derive(Clone, Debug)]
struct Entry {
    id: EntryId,
    /// Place in `lists`.
    list: usize,
    context: Option<Context>,
}

/// Conditions on what stands around, as numbers of patterns.
#[derive(Clone, Debug)]
struct Context {
    near: Vec<usize>,
    not_near: Vec<usize>,
    window: usize,
}

/// Memory that finding uses again, so that a text without matches allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct TermScratch {
    separated: Separated,
    hits: Vec<Hit>,
    /// How often each pattern was met; all 0 between two texts.
    met: Vec<u16>,
    word_starts: Vec<usize>,
}

/// A pattern that stands alone, in bytes of the separated text.
#[derive(Clone, Copy, Debug)]
struct Hit {
    pattern: usize,
    start: usize,
    end: usize,
}

impl TermLists {
    /// Compiles entries, in any order.
    ///
    /// Terms and context are folded as texts are, and `_` in them is a space.
    ///
    /// # Errors
    /// [`TermError`] names the first entry, its field, and what to do.
    ///
    /// Cost: see [`TermLists`].
    pub fn build(entries: impl IntoIterator<Item = TermEntry>) -> Result<Self, TermError> {
        build::build(entries)
    }

    /// Appends where the entries' terms stand in a text.
    ///
    /// In order of place, then of entry. Matches of different entries may overlap and
    /// all are found; of one entry the first [`MATCHES_PER_ENTRY_MAX`] that its
    /// conditions allow.
    ///
    /// *Words.* A term stands alone: where it begins or ends with a letter or digit, no
    /// other letter or digit stands beside it. Scripts written without spaces (Han, kana, Thai,
    /// Lao, Khmer, Burmese) have no such edges. In a phrase, white space and `_` are
    /// the same, and so `#two_words` has the phrase; other signs are kept apart.
    ///
    /// *Arabic.* To a word of three letters or more may be attached: و, or the article as
    /// ال بال كال لل, alone or after و ف, in front; ها هم هن كم نا ات ون ين behind. To
    /// four letters or more also: ف ب ك ل in front, alone or after و ف; س before the ا ي ت ن
    /// of a verb; ه (also for ة) ي يه ا ك ان behind. Shorter words would become other ones:
    /// تاب is in كتاب. The article goes with no pronoun. Light10's affixes (Larkey, Ballesteros and
    /// Connell 2007), and the one-letter particles. A ة that became ت, broken plurals
    /// and verb forms are other words, to be listed.
    ///
    /// *Not found.* Words run together (`#greentea`), pulled apart (`t e a`) or with signs
    /// between (`green.tea`); a term with a doubled letter that the text repeats three
    /// times or more (`kettttle`), which folds to one.
    ///
    /// *Context.* Distance is counted in runs of letters and digits: 0 where the two share
    /// one, 1 for the next. Context stands alone in the same sense, on either side.
    ///
    /// Cost: one pass; about 5 µs for an Arabic post of 140 characters and 10,000 terms,
    /// three times what folding it takes.
    pub fn find(&self, folded: &Folded, scratch: &mut TermScratch, out: &mut Vec<TermMatch>) {
        let TermScratch { separated, hits, met, word_starts } = scratch;
        separated.take(folded.as_str());
        let text = separated.text(folded.as_str());
        self.collect(text, met, hits);
        if hits.is_empty() {
            return;
        }
        hits.sort_unstable_by_key(|hit| (hit.pattern, hit.start));
        word_starts.clear();
        let before = out.len();
        for same in hits.chunk_by(|a, b| a.pattern == b.pattern) {
            for place in &self.carried[self.patterns[same[0].pattern].carried.clone()] {
                let entry = &self.entries[*place];
                if entry.context.is_some() && word_starts.is_empty() {
                    find_words(text, word_starts);
                }
                let around = Around { hits, word_starts };
                let parts = same.iter().filter(|hit| around.allow(entry, hit));
                out.extend(parts.take(MATCHES_PER_ENTRY_MAX).map(|hit| TermMatch {
                    entry: entry.id,
                    part: separated.origin(hit.start..hit.end),
                }));
            }
        }
        out[before..].sort_unstable_by_key(|found| (found.part.start, found.part.end, found.entry));
    }

    /// The name of the list that an entry belongs to; `None` if there is no such entry.
    #[must_use]
    pub fn list(&self, entry: EntryId) -> Option<&str> {
        let place = self.entries.binary_search_by_key(&entry, |entry| entry.id).ok()?;
        self.lists.get(self.entries[place].list).map(AsRef::as_ref)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that the automaton takes, by far the most of the whole.
    #[must_use]
    pub fn automaton_bytes(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// Fills `hits` with every pattern that stands alone.
    fn collect(&self, text: &str, met: &mut Vec<u16>, hits: &mut Vec<Hit>) {
        hits.clear();
        met.resize(self.patterns.len(), 0);
        for found in self.automaton.find_overlapping_iter(text) {
            let hit =
                Hit { pattern: found.pattern().as_usize(), start: found.start(), end: found.end() };
            let pattern = &self.patterns[hit.pattern];
            let times = &mut met[hit.pattern];
            if *times < OCCURRENCES_MAX
                && fits(text, hit.start..hit.end, pattern.left, pattern.right)
            {
                *times += 1;
                hits.push(hit);
            }
        }
        for hit in hits.iter() {
            met[hit.pattern] = 0;
        }
    }
}

/// What stands in a text, for conditions: the hits in order of pattern and place, and where
/// words begin.
struct Around<'a> {
    hits: &'a [Hit],
    word_starts: &'a [usize],
}

impl Around<'_> {
    fn allow(&self, entry: &Entry, hit: &Hit) -> bool {
        let Some(context) = &entry.context else { return true };
        let is_near = |pattern: &usize| self.is_near(hit, *pattern, context.window);
        (context.near.is_empty() || context.near.iter().any(is_near))
            && !context.not_near.iter().any(is_near)
    }

    /// Whether the pattern stands within so many words of the hit, on either side.
    fn is_near(&self, hit: &Hit, pattern: usize, window: usize) -> bool {
        let words = self.word_starts;
        let first = words.partition_point(|start| *start <= hit.start);
        let last = words.partition_point(|start| *start < hit.end);
        // What ends after `from` and begins before `to` is within the window.
        let from = first.saturating_sub(window).checked_sub(1).map(|word| words[word]);
        let to = words.get(last + window);
        // Hits of one pattern have one length: their ends are in order as their starts are.
        let candidate = self.hits.partition_point(|other| {
            let too_early = from.is_some_and(|from| other.end <= from);
            other.pattern < pattern || other.pattern == pattern && too_early
        });
        self.hits
            .get(candidate)
            .is_some_and(|other| other.pattern == pattern && to.is_none_or(|to| other.start < *to))
    }
}

/// Where runs of letters and digits begin.
fn find_words(text: &str, starts: &mut Vec<usize>) {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric();
        if is_word && !inside {
            starts.push(at);
        }
        inside = is_word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold;
    use proptest::prelude::*;

    fn entry(id: u64, term: &str) -> TermEntry {
        let (near, not_near) = (Vec::new(), Vec::new());
        TermEntry {
            id: EntryId(id),
            list: "list".into(),
            term: term.into(),
            near,
            not_near,
            window_tokens: 0,
        }
    }

    fn with(id: u64, term: &str, near: &[&str], not_near: &[&str], window: u16) -> TermEntry {
        let boxed = |terms: &[&str]| terms.iter().map(|term| Box::from(*term)).collect();
        TermEntry {
            near: boxed(near),
            not_near: boxed(not_near),
            window_tokens: window,
            ..entry(id, term)
        }
    }

    fn run(lists: &TermLists, folded: &Folded) -> Vec<(u64, Range<usize>)> {
        let mut out = Vec::new();
        lists.find(folded, &mut TermScratch::default(), &mut out);
        out.into_iter().map(|found| (found.entry.0, found.part)).collect()
    }

    /// The original text behind every match of the entries, in order.
    fn found<'a>(entries: &[TermEntry], text: &'a str) -> Vec<(u64, &'a str)> {
        let lists = TermLists::build(entries.to_vec()).unwrap();
        let folded = fold(text);
        let original = |part| &text[folded.original(part).unwrap()];
        run(&lists, &folded).into_iter().map(|(id, part)| (id, original(part))).collect()
    }

    fn check(term: &str, text: &str, expect: &[&str]) {
        let found = found(&[entry(1, term)], text);
        assert_eq!(
            found.iter().map(|(_, part)| *part).collect::<Vec<_>>(),
            expect,
            "{term}: {text}"
        );
    }

    #[test]
    fn a_term_stands_alone() {
        check("kettle", "The Kettle, a kettle's KETTLE.", &["Kettle", "kettle", "KETTLE"]);
        check("kettle", "kettles akettle kettle2 2kettle ékettle", &[]);
        check("green tea", "Green\n\tTEA, green, tea greentea", &["Green\n\tTEA"]);
        check("شاي", "شاي، (شاي) شاي2 مشاي شايب", &["شاي", "شاي"]);
        check("茶", "緑茶を飲む", &["茶"]);
        check("kettle", "緑kettle茶", &["kettle"]);
        check("🔥", "hot🔥🔥tea", &["🔥", "🔥"]);
        check("100", "100 1000 ١٠٠ 2100", &["100", "١٠٠"]);
    }

    #[test]
    fn hashtags_are_words() {
        check(
            "green tea",
            "#green_tea #Green__Tea _green_tea_ #greentea",
            &["green_tea", "Green__Tea", "green_tea"],
        );
        check("green_tea", "green tea", &["green tea"]);
        check("شاي أخضر", "اشرب #شاي_اخضر الآن", &["شاي_اخضر"]);
        check("شاي", "_ #الشاي_الأخضر", &["شاي"]);
        check("#kettle", "kettle #kettle #Kettle_club", &["#kettle", "#Kettle"]);
    }

    #[test]
    fn a_disguise_is_seen_through_and_shown_whole() {
        check(
            "إبريق",
            "هذا ا\u{64E}بـــر\u{650}يق\u{64C} جميل",
            &["ا\u{64E}بـــر\u{650}يق\u{64C}"],
        );
        check("إِبْرِيق", "ابريق أبريق ﺍﺑﺮﻳﻖ", &["ابريق", "أبريق", "ﺍﺑﺮﻳﻖ"]);
        check(
            "kettle",
            "a ke\u{200B}tt\u{AD}le, a \u{202E}ＫＥＴＴＬＥ",
            &["ke\u{200B}tt\u{AD}le", "ＫＥＴＴＬＥ"],
        );
        check("شاي أخضر", "شــايٌ ___ أخضـــر", &["شــايٌ ___ أخضـــر"]);
        check("ابريق", "لـلابرررريق وبالإبـريقِ", &["ابرررريق", "إبـريقِ"]);
    }

    #[test]
    fn particles_attach_to_arabic_words() {
        for text in ["وشاي", "الشاي", "والشاي", "بالشاي", "للشاي", "كالشاي", "فالشاي", "وبالشاي"]
        {
            check("شاي", text, &["شاي"]);
        }
        for text in ["شايها", "شايهم", "شايهن", "شايكم", "شاينا", "وشاينا", "شايات", "الشايات"]
        {
            check("شاي", text, &["شاي"]);
        }
        let long =
            ["بابريق", "فابريق", "كابريق", "لابريق", "وبابريق", "سابريق", "ابريقه", "ابريقان"];
        for text in long.into_iter().chain(["ابريقي", "ابريقية", "ابريقا", "ابريقك", "ولابريقك"])
        {
            check("ابريق", text, &["ابريق"]);
        }
        check("قهوة عربية", "بالقهوة عربيةً والقهوة العربية", &["قهوة عربيةً"]);
    }

    #[test]
    fn other_words_are_no_particles() {
        check("شاي", "بشاي لشاي شايه شايي شايك شايان سشاي", &[]);
        check("تاب", "كتاب", &[]);
        check("شاي", "الشاينا بالشايها ابالشاي شايهمم", &[]);
        check("ابريق", "مابريق ابريقهما يابريق ابريق2 xابريق", &[]);
        check("كتاب", "سكتاب", &[]);
        check("من", "ومن المن منها", &[]);
        check("tea", "والtea teaها", &[]);
        check("شاي2", "وشاي2 شاي2", &["شاي2"]);
    }

    #[test]
    fn overlapping_matches_of_different_entries_are_all_found() {
        let entries =
            [entry(4, "green tea"), entry(3, "tea"), entry(2, "tea leaf"), entry(1, "TEA")];
        let expect = [(4, "Green tea"), (1, "tea"), (3, "tea"), (2, "tea leaf")];
        assert_eq!(found(&entries, "Green tea leaf"), expect);
    }

    #[test]
    fn context_is_counted_in_words_on_both_sides() {
        let near = [with(1, "kettle", &["hot", "على النار"], &[], 3)];
        let check =
            |text: &str, count: usize| assert_eq!(found(&near, text).len(), count, "{text}");
        check("kettle", 0);
        check("hot kettle", 1);
        check("hot, one two kettle", 1);
        check("hot one two three kettle", 0);
        check("kettle (one) two hot", 1);
        check("kettle one two three hot", 0);
        check("kettle one two على النار", 1);
        check("kettle one two three على النار", 0);
        check("على النار one_two kettle", 1);
        check("hot kettle one two three four five six kettle", 1);
        check("shot kettle", 0);
        let not_near = [with(1, "kettle", &[], &["broken", "kettle club"], 2)];
        let check =
            |text: &str, count: usize| assert_eq!(found(&not_near, text).len(), count, "{text}");
        check("kettle", 1);
        check("broken kettle", 0);
        check("broken one two kettle", 1);
        check("kettle one broken", 0);
        check("kettle club", 0);
        check("kettle 1 2 3 kettle club", 1);
        let both = [with(1, "kettle", &["hot"], &["broken"], 5)];
        assert_eq!(found(&both, "hot kettle").len(), 1);
        assert_eq!(found(&both, "hot broken kettle").len(), 0);
    }

    #[test]
    fn an_entry_reports_its_first_matches_and_hides_no_other() {
        let text = format!("{} kettle", "tea ".repeat(5_000));
        let found = found(&[entry(1, "tea"), entry(2, "kettle"), entry(3, "tea tea")], &text);
        let count = |id| found.iter().filter(|(entry, _)| *entry == id).count();
        assert_eq!(
            (count(1), count(2), count(3)),
            (MATCHES_PER_ENTRY_MAX, 1, MATCHES_PER_ENTRY_MAX)
        );
    }

    #[test]
    fn memory_is_used_again_for_other_texts_and_lists() {
        let large = TermLists::build((0..50).map(|n| entry(n, &format!("word{n}")))).unwrap();
        let small = TermLists::build([entry(1, "tea")]).unwrap();
        let (mut scratch, mut out) = (TermScratch::default(), Vec::new());
        for _ in 0..3 {
            large.find(&fold("word7 #word49_word8"), &mut scratch, &mut out);
            small.find(&fold("tea"), &mut scratch, &mut out);
            small.find(&fold("#a_tea"), &mut scratch, &mut out);
        }
        let ids: Vec<u64> = out.iter().map(|found| found.entry.0).collect();
        assert_eq!(ids, [7, 49, 8, 1, 1].repeat(3));
        assert_eq!(out[4].part, 3..6);
    }

    #[test]
    fn an_entry_knows_its_list() {
        let mut entries = vec![entry(9, "tea"), entry(4, "kettle")];
        entries[0].list = "drinks".into();
        let lists = TermLists::build(entries).unwrap();
        assert_eq!(lists.list(EntryId(9)), Some("drinks"));
        assert_eq!(lists.list(EntryId(4)), Some("list"));
        assert_eq!(lists.list(EntryId(5)), None);
        assert_eq!((lists.len(), lists.is_empty()), (2, false));
        assert!(TermLists::build([]).unwrap().is_empty());
    }

    fn refused(entries: impl IntoIterator<Item = TermEntry>) -> TermError {
        TermLists::build(entries).unwrap_err()
    }

    #[test]
    fn a_refusal_names_entry_and_field_and_says_what_to_do() {
        let id = EntryId(7);
        let check = |entry: TermEntry, expect| assert_eq!(refused([entry]), expect);
        for term in ["", " \u{200B}", "\u{640}\u{64B}", "__"] {
            check(entry(7, term), TermError::Empty { entry: id, field: TermField::Term });
        }
        check(
            TermEntry { list: " ".into(), ..entry(7, "tea") },
            TermError::Empty { entry: id, field: TermField::List },
        );
        check(
            entry(7, &"x".repeat(257)),
            TermError::TooLong { entry: id, field: TermField::Term, bytes: 257 },
        );
        check(
            with(7, "tea", &["hot", ""], &[], 5),
            TermError::Empty { entry: id, field: TermField::Near(2) },
        );
        check(
            with(7, "tea", &[], &["hot", "TEA"], 5),
            TermError::Repeated { entry: id, field: TermField::NotNear(2) },
        );
        check(
            with(7, "tea", &["hot"], &["Hot"], 5),
            TermError::Repeated { entry: id, field: TermField::NotNear(1) },
        );
        for tokens in [0, 201] {
            check(with(7, "tea", &["hot"], &[], tokens), TermError::Window { entry: id, tokens });
        }
        let many: Vec<String> = (0..33).map(|n| format!("word{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(
            with(7, "tea", &[], &many, 5),
            TermError::TooManyContextTerms { entry: id, field: TermField::NotNear(33) },
        );
        assert_eq!(
            refused([entry(7, "a"), entry(1, "b"), entry(7, "c")]),
            TermError::SameId { entry: id }
        );
        let text = refused([with(7, "tea", &["hot", ""], &[], 5)]).to_string();
        assert!(text.starts_with("entry k7, near, 2: nothing is left of it"), "{text}");
    }

    #[test]
    fn the_limits_on_all_lists_are_held() {
        let too_many = (0..).map(|n| entry(n, "tea")).take(ENTRIES_MAX + 1);
        assert_eq!(refused(too_many), TermError::TooManyEntries { entry: EntryId(100_000) });
        let long = (0..).map(|n| entry(n, &format!("{n} {}", "ab".repeat(120)))).take(40_000);
        assert!(matches!(refused(long), TermError::TooManyBytes { entry } if entry.0 > 30_000));
    }

    /// The folded text's characters with their places, and words apart.
    fn plain(folded: &Folded) -> Vec<(char, usize)> {
        let mut chars: Vec<(char, usize)> = Vec::new();
        for (at, c) in folded.as_str().char_indices() {
            let c = if c == '_' { ' ' } else { c };
            if c != ' ' || chars.last().is_none_or(|last| last.0 != ' ') {
                chars.push((c, at));
            }
        }
        chars
    }

    fn is_letter(c: &char) -> bool {
        c.is_alphanumeric() && *c != '茶'
    }

    /// What may be attached, made by grammar instead of by list.
    fn prefixes(letters: usize, next: char) -> Vec<String> {
        let mut all = vec![String::new()];
        for before in ["", "و", "ف"] {
            all.extend(["ال", "بال", "كال", "لل"].map(|article| format!("{before}{article}")));
            if letters > 3 {
                all.extend(["", "ب", "ك", "ل"].map(|particle| format!("{before}{particle}")));
                all.extend("ايتن".contains(next).then(|| format!("{before}س")));
            }
        }
        all.push("و".into());
        all
    }

    fn suffixes(letters: usize) -> Vec<&'static str> {
        let long = ["ك", "ه", "ي", "يه", "ا", "ان"].into_iter().filter(|_| letters > 3);
        ["", "ها", "هم", "هن", "كم", "نا", "ات", "ون", "ين"].into_iter().chain(long).collect()
    }

    fn stands_alone(chars: &[char], part: Range<usize>) -> bool {
        let term = &chars[part.clone()];
        let before: Vec<&char> =
            chars[..part.start].iter().rev().take_while(|c| is_letter(c)).collect();
        let before: String = before.into_iter().rev().collect();
        let behind: String = chars[part.end..].iter().take_while(|c| is_letter(c)).collect();
        let letters = |word: Vec<&char>| {
            let arabic = word.iter().all(|c| ('ء'..='ۓ').contains(*c));
            if arabic && word.len() >= 3 { word.len() } else { 0 }
        };
        let left = letters(term.iter().take_while(|c| is_letter(c)).collect());
        let right = letters(term.iter().rev().take_while(|c| is_letter(c)).collect());
        let first = !is_letter(&term[0]);
        let last = !is_letter(&term[term.len() - 1]);
        let left_fits =
            before.is_empty() || first || left > 0 && prefixes(left, term[0]).contains(&before);
        let right_fits =
            behind.is_empty() || last || right > 0 && suffixes(right).contains(&behind.as_str());
        let article = !first && (before.ends_with("ال") || before.ends_with("لل"));
        let pronoun = !last && ["ها", "هم", "هن", "كم", "نا", "ك"].contains(&behind.as_str());
        left_fits && right_fits && !(article && pronoun)
    }

    /// One term after another, one place after another: the oracle.
    fn scan(entries: &[TermEntry], folded: &Folded) -> Vec<(u64, Range<usize>)> {
        let places = plain(folded);
        let chars: Vec<char> = places.iter().map(|(c, _)| *c).collect();
        let occurrences = |term: &str| -> Vec<Range<usize>> {
            let term: Vec<char> = plain(&fold(term)).into_iter().map(|(c, _)| c).collect();
            (0..chars.len())
                .filter(|at| chars[*at..].starts_with(&term))
                .map(|at| at..at + term.len())
                .filter(|part| stands_alone(&chars, part.clone()))
                .collect()
        };
        // The number of the word that each character is of, or comes after.
        let mut words = Vec::new();
        for (at, c) in chars.iter().enumerate() {
            let begins = c.is_alphanumeric() && (at == 0 || !chars[at - 1].is_alphanumeric());
            words.push(words.last().copied().unwrap_or(0) + usize::from(begins));
        }
        let gap = |a: &Range<usize>, b: &Range<usize>| {
            let (a, b) = (words[a.start]..=words[a.end - 1], words[b.start]..=words[b.end - 1]);
            b.start().saturating_sub(*a.end()).max(a.start().saturating_sub(*b.end()))
        };
        let mut found = Vec::new();
        for entry in entries {
            let near = |part: &Range<usize>, term: &str| {
                let window = usize::from(entry.window_tokens);
                occurrences(term).iter().any(|other| gap(part, other) <= window)
            };
            let allowed = |part: &Range<usize>| {
                (entry.near.is_empty() || entry.near.iter().any(|term| near(part, term)))
                    && !entry.not_near.iter().any(|term| near(part, term))
            };
            let parts = occurrences(&entry.term).into_iter().filter(allowed);
            for part in parts.take(MATCHES_PER_ENTRY_MAX) {
                let (last, at) = places[part.end - 1];
                found.push((entry.id.0, places[part.start].1..at + last.len_utf8()));
            }
        }
        found.sort_unstable_by_key(|(id, part)| (part.start, part.end, *id));
        found
    }

    const TERMS: [&str; 18] = [
        "شاي",
        "قهوة",
        "قهوة شاي",
        "تاب",
        "كتاب",
        "ياتي",
        "من",
        "tea",
        "tea_kettle",
        "kettle tea",
        "#tea",
        "茶",
        "tea茶",
        "🔥",
        "شاي 2",
        "tea tea",
        "k",
        "الشاي",
    ];

    fn texts() -> impl Strategy<Value = String> {
        let pieces = [
            "شاي", "قهوه", "تاب", "كتاب", "يأتي", "من", "tea", "kettle", " ", " ", " ", " ", "_",
            "#", "و", "ف", "ال", "ب", "ل", "ك", "س", "ها", "نا", "ات", "ه", "ي", "ان", ".", "2",
            "茶", "🔥", "ـ", "\u{64E}", "k", "\u{200B}",
        ];
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24)
            .prop_map(|pieces| pieces.concat())
    }

    /// Entries of different terms, so that none has its own term as context.
    fn lists() -> impl Strategy<Value = Vec<TermEntry>> {
        let terms = proptest::sample::subsequence(TERMS.to_vec(), 1..6).prop_shuffle();
        let entry = (terms, 0..3_usize, 1..5_u16).prop_map(|(terms, near, window)| {
            let (near, not_near) = terms[1..].split_at(near.min(terms.len() - 1));
            with(0, terms[0], near, not_near, window)
        });
        proptest::collection::vec(entry, 0..12).prop_map(|mut entries| {
            for (id, entry) in (0..).zip(&mut entries) {
                entry.id = EntryId(id);
            }
            entries
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn the_automaton_agrees_with_a_scan_for_each_term(entries in lists(), text in texts()) {
            let folded = fold(&text);
            let lists = TermLists::build(entries.clone()).unwrap();
            prop_assert_eq!(run(&lists, &folded), scan(&entries, &folded));
        }

        #[test]
        fn the_order_of_entries_changes_nothing(entries in lists(), text in texts()) {
            let folded = fold(&text);
            let lists = TermLists::build(entries.clone()).unwrap();
            let turned = TermLists::build(entries.into_iter().rev()).unwrap();
            prop_assert_eq!(run(&lists, &folded), run(&turned, &folded));
        }
    }
}
