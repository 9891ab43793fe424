//! Text as it compares: folded, with an exact way back to the original.
//!
//! [`fold`] is the normal form in which texts, hashtags and terms are compared
//! everywhere; [`tags`] and [`links`] find what a platform did not list;
//! [`terms::TermLists`] finds listed terms. Everything is pure and the same on every
//! machine.
//!
//! Left out: look-alikes of other scripts, Arabic written in Latin letters and digits,
//! the dotless skeleton and near-duplicates. They come on top of this form and do not
//! change it.

mod find;
mod fold;
mod letter;
pub mod terms;

use seawall_model::Folded;

pub use find::{links, tags};
pub use terms::{TermEntry, TermError, TermLists, TermMatch, TermScratch};

/// Bytes of one text that are folded; a platform's texts are limited far below.
///
/// The map counts in 32 bits. What lies beyond is left out of the folded text.
pub const TEXT_BYTES_MAX: usize = u32::MAX as usize;

/// Most bytes of folded text for one byte of the original.
///
/// Reached by U+FDFA, one character of three bytes that stands for eighteen.
pub const GROWTH_MAX: usize = 11;

/// Brings a text into the form in which texts compare.
///
/// In this order, and so that folding twice changes nothing:
/// 1. invisible characters go: formats (Cf), controls, fillers, and tatweel;
/// 2. NFKC, so that presentation forms, full-width letters and ligatures are plain;
/// 3. lower case, and ς as σ;
/// 4. non-spacing marks (Mn) go, those that NFKC has made part of a letter stay: é is
///    a letter, Arabic vowel signs are not;
/// 5. Arabic letters that are swapped for each other become one. A hamza carried by
///    another letter is a mark and goes: أإآٱ→ا, ؤ→و, ئ→ي; a hamza alone stays. ىیے→ي,
///    ةہھە→ه, کڪ→ك. Gaf (گ) stays, because in Persian, Urdu, Kurdish and Gulf dialects
///    it tells words apart; as a disguise of kaf it is a look-alike. Telling ه from ە
///    in Kurdish or Uyghur is given up: this form compares, it does not spell;
/// 6. Arabic-Indic and Persian digits become ASCII;
/// 7. three or more of the same letter in a row become one; digits and signs stay;
/// 8. white space becomes one space, and none at the ends.
///
/// Never longer than [`GROWTH_MAX`] times the original. The map never falls; each
/// folded character's origin is a whole character or more of the original, and
/// characters that came from one ligature share its origin.
///
/// Cost: one pass, two allocations for ordinary text.
#[must_use]
pub fn fold(text: &str) -> Folded {
    let text = within_limit(text);
    let mut folded = String::with_capacity(text.len());
    let mut map = Vec::with_capacity(text.len() + 1);
    fold::run(text, &mut folded, &mut map);
    map.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
    Folded::new(folded, map)
}

/// Appends the folded text alone, where nothing needs the way back.
///
/// As [`fold`], without the map; `out` may be used again and again.
pub fn fold_into(text: &str, out: &mut String) {
    fold::run(within_limit(text), out, &mut fold::NoMap);
}

fn within_limit(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
    use proptest::prelude::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(fold(text).as_str(), expect, "{text}");
    }

    fn folded(text: &str) -> String {
        let mut out = String::new();
        fold_into(text, &mut out);
        out
    }

    #[test]
    fn arabic_that_reads_alike_folds_alike() {
        check("الشَّايُ", "الشاي");
        check("شــــاي", "شاي");
        check("أحمر إبريق آلة ٱسم", "احمر ابريق اله اسم");
        check("مسؤول رئيس ماء", "مسوول رييس ماء");
        check("مقهى مقهي مقهی", "مقهي مقهي مقهي");
        check("كأس کأس ڪأس", "كاس كاس كاس");
        check("قهوة قهوہ", "قهوه قهوه");
        check("ﺷﺎﻱ ﻻ ﷲ", "شاي لا الله");
        check("گرم", "گرم");
        check("ش\u{200B}ا\u{202E}ي\u{FEFF}", "شاي");
        check("شاﹶي", "شاي");
        check("١٢٣ ۴۵۶", "123 456");
        check("يي\u{654} و\u{654} ا\u{653}", "يي و ا");
    }

    #[test]
    fn latin_and_other_scripts_fold_by_nfkc_and_case() {
        check("  The  KETTLE\t\nLeague ", "the kettle league");
        check("Ｋｅｔｔｌｅ ﬁne ²", "kettle fine 2");
        check("CAFÉ cafe\u{301} e\u{200D}\u{301}", "café café é");
        check("İstanbul ΣΑΣ σας", "istanbul σασ σασ");
        check("ÉTÉ k\u{336}e\u{336}t", "été ket");
        check("ｶﾞ が か\u{3099}", "ガ が が");
        check("한글 \u{1112}\u{1161}\u{11AB}", "한글 한");
        check("ᄒᄒ하 하하하한 가가가\u{1100}\u{1161} ᄒᄒᄒᄒ\u{1161}", "ᄒᄒ하 하한 가 ᄒ하");
        check("a\u{0}b\u{1F}c", "abc");
    }

    #[test]
    fn three_of_a_letter_are_one_and_two_stay() {
        check("kettttle ketttttttle kettle", "ketle ketle kettle");
        check("ههههههه شاااي شااي", "ه شاي شااي");
        check("10000 !!!! ٠٠٠", "10000 !!!! 000");
        check("kett\u{200B}t\u{64B}tle", "ketle");
        check("AaAaA", "a");
        check("ﷺﷺ", "صلي الله عليه وسلمصلي الله عليه وسلم");
    }

    #[test]
    fn a_part_leads_back_to_the_original_with_its_marks() {
        let text = "  أَهْلاً  بالشــاي ﷺ!";
        let folded = fold(text);
        assert_eq!(folded.as_str(), "اهلا بالشاي صلي الله عليه وسلم!");
        let original = |part: &str| {
            let start = folded.as_str().find(part).unwrap();
            folded.original(start..start + part.len()).map(|range| &text[range])
        };
        assert_eq!(original("اهلا"), Some("أَهْلاً"));
        assert_eq!(original("شاي"), Some("شــاي"));
        assert_eq!(original("صلي الله عليه وسلم"), Some("ﷺ"));
        assert_eq!(original("!"), Some("!"));
        assert_eq!(fold("kettttle").original(2..3), Some(2..6));
    }

    #[test]
    fn every_single_character_folds_the_same_twice_and_within_the_bound() {
        let mut widest = 0;
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let once = folded(&text);
            assert_eq!(folded(&once), once, "U+{:04X}", u32::from(c));
            assert!(once.len() <= GROWTH_MAX * text.len(), "U+{:04X}", u32::from(c));
            widest = widest.max(once.len() / text.len());
        }
        assert_eq!(widest, GROWTH_MAX, "the bound is reached");
    }

    /// The short way is only a short cut: behind a character that can take no mark and
    /// before one that forces the long way, the result is the same.
    #[test]
    fn the_short_way_gives_what_the_long_way_gives() {
        for c in ('\0'..=char::MAX).filter(|c| letter::is_plain(*c) || c.is_ascii_graphic()) {
            let long = folded(&format!("{c}\u{FE0F}"));
            assert_eq!(folded(&c.to_string()), long, "U+{:04X}", u32::from(c));
        }
    }

    /// Plain and slow: whole-text steps of the standard, one after another.
    fn oracle(text: &str) -> String {
        let seen: String = text.chars().filter(|c| !letter::is_nothing(*c)).collect();
        let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(&seen).into_owned();
        let letters: String = plain
            .chars()
            .filter(|c| !letter::is_nothing(*c))
            .flat_map(char::to_lowercase)
            .filter(|c| !letter::is_mark(*c))
            .map(letter::one_letter)
            .collect();
        let mut runs: Vec<(char, usize)> = Vec::new();
        for c in letters.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
            match runs.last_mut().filter(|run| run.0 == c) {
                Some(run) => run.1 += 1,
                None => runs.push((c, 1)),
            }
        }
        let short = |(c, n): (char, usize)| if n > 2 && c.is_alphabetic() { 1 } else { n };
        runs.into_iter().flat_map(|run| std::iter::repeat_n(run.0, short(run))).collect()
    }

    /// Letters, marks, joiners and oddities, so that they meet more often than chance.
    fn mixed() -> impl Strategy<Value = String> {
        let pool: Vec<char> = "aAeéÉoKk1 .#\u{301}\u{327}\u{306}\u{323}\u{654}\u{653}\
            \u{64B}\u{651}\u{640}\u{200D}\u{200B}\u{FE0F}\u{FEFF}اأآويىئہۀةکكگلاﻻﷺﷲ٣۳İΣςﬁＫが\u{3099}ｶﾞ\
            \u{1112}\u{1161}\u{11AB}하한\u{9C7}\u{9BE}\u{102E}\u{1025}😀\t\u{A0}\u{85}\u{0}\u{3164}ẞ½"
            .chars()
            .collect();
        proptest::collection::vec(proptest::sample::select(pool), 0..12)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8_000))]

        #[test]
        fn folding_twice_changes_nothing(text in prop_oneof![mixed(), any::<String>()]) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn canonically_equal_texts_fold_alike(text in prop_oneof![mixed(), any::<String>()]) {
            let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(&text);
            prop_assert_eq!(folded(&apart), folded(&text));
        }

        #[test]
        fn the_map_leads_to_whole_characters(text in prop_oneof![mixed(), any::<String>()]) {
            let folded = fold(&text);
            let mut whole = String::new();
            fold_into(&text, &mut whole);
            prop_assert_eq!(&whole, folded.as_str());
            prop_assert!(whole.len() <= GROWTH_MAX * text.len());
            let mut before = 0;
            for (at, c) in whole.char_indices() {
                let origin = folded.original(at..at + c.len_utf8()).unwrap();
                prop_assert!(text.is_char_boundary(origin.start));
                prop_assert!(text.is_char_boundary(origin.end));
                prop_assert!(before <= origin.start && origin.start < text.len());
                // From here to the end there is always something.
                let rest = folded.original(at..whole.len()).unwrap();
                prop_assert!(rest.start < rest.end);
                before = origin.start;
            }
        }

        #[test]
        fn the_pass_agrees_with_the_standards_steps(text in mixed()) {
            // The oracle does not compose again what stands together only once marks
            // between have gone.
            let text = text.replace('\u{102E}', "");
            let steps = oracle(&text);
            let again = ComposingNormalizerBorrowed::new_nfc().normalize(&steps).into_owned();
            prop_assume!(again == steps);
            prop_assert_eq!(folded(&text), steps);
        }
    }
}
