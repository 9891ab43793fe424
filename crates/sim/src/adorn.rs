//! Adorns Arabic as people write it: drawn-out lines and letters, vowel signs, signs of no width.
//!
//! Which words are vowelled, and how, is told by the pack. Left out: other languages.

use crate::chance::Chance;
use crate::class::{Class, PostClass};
use crate::saying::is_formal;
use crate::words::Words;

/// How often Arabic is written with each adornment: tatweel, vowel signs, a letter
/// repeated, a sign of no width. Of 2,000 posts of each kind: 5.3 and 8.9 % have tatweel,
/// 16 and 22.6 % vowel signs, none and 0.7 % signs of no width. Of vowel signs, the packs
/// bring most by themselves.
pub(crate) fn rates(class: Class, post: PostClass) -> [f64; 4] {
    if is_formal(post) {
        return [0.0, 0.02, 0.0, 0.0];
    }
    if class.is_network() { [0.053, 0.02, 0.05, 0.002] } else { [0.089, 0.03, 0.06, 0.007] }
}

/// Adorns Arabic text as people do.
pub(crate) fn adorn(text: &mut String, rates: [f64; 4], words: &Words, chance: &mut Chance) {
    let [tatweel, vowels, repeats, no_width] = rates;
    if chance.holds(tatweel) {
        insert(text, "ـــ", is_joined, chance);
        return;
    }
    if chance.holds(vowels) && !is_vowelled(text) {
        vowel(text, words, chance);
    }
    if chance.holds(repeats)
        && !is_vowelled(text)
        && let Some((at, letter)) = place(text, is_drawn_out, chance)
    {
        text.insert_str(at, &String::from_iter([letter, letter]));
    }
    if chance.holds(no_width) {
        insert(text, "\u{200c}", ends_word, chance);
    }
}

/// Writes one of its words with the signs that people give it.
fn vowel(text: &mut String, words: &Words, chance: &mut Chance) {
    let mut known = Vec::new();
    let mut at = 0;
    for part in text.split_inclusive(|c| !is_letter(c)) {
        let word = part.trim_end_matches(|c| !is_letter(c));
        known.extend(words.vowelled(word).map(|vowelled| (at..at + word.len(), vowelled)));
        at += part.len();
    }
    if known.is_empty() {
        return;
    }
    let (range, vowelled) = known.swap_remove(chance.index(known.len()));
    text.replace_range(range, vowelled);
}

fn insert(
    text: &mut String,
    added: &str,
    fits: impl Fn(&str, usize, char) -> bool,
    chance: &mut Chance,
) {
    if let Some((at, _)) = place(text, fits, chance) {
        text.insert_str(at, added);
    }
}

/// The end of a letter within the text that fits, and the letter; from a place by chance on.
fn place(
    text: &str,
    fits: impl Fn(&str, usize, char) -> bool,
    chance: &mut Chance,
) -> Option<(usize, char)> {
    let letters: Vec<(usize, char)> =
        text.char_indices().filter(|(_, c)| ('ء'..='ي').contains(c)).collect();
    if letters.len() < 4 {
        return None;
    }
    let from = chance.index(letters.len() - 2);
    let mut chosen = letters.iter().cycle().skip(from).take(letters.len());
    let (at, letter) = chosen.find(|(at, letter)| fits(text, *at, *letter))?;
    Some((at + letter.len_utf8(), *letter))
}

fn is_vowelled(text: &str) -> bool {
    text.contains(|c: char| ('\u{64b}'..='\u{652}').contains(&c))
}

/// Whether a letter ends its word, where a sign of no width changes nothing to the eye.
fn ends_word(text: &str, at: usize, letter: char) -> bool {
    text[at + letter.len_utf8()..].starts_with(' ')
}

/// Words that people draw out in writing as they do in speech. Others are left alone: nobody
/// draws out a verb of the written language.
const DRAWN_OUT: [&str; 60] = [
    "لا",
    "يا",
    "صباح",
    "مساء",
    "الناس",
    "الجو",
    "كثير",
    "قليل",
    "جديد",
    "الجديد",
    "كبير",
    "جميل",
    "طويل",
    "قديم",
    "حلو",
    "حلوة",
    "كتير",
    "هنا",
    "أين",
    "وين",
    "ليش",
    "ليه",
    "مين",
    "شو",
    "شنو",
    "بزاف",
    "زوين",
    "جماعة",
    "تمام",
    "خير",
    "بخير",
    "الخير",
    "معقول",
    "كامل",
    "واحد",
    "شاي",
    "الشاي",
    "قهوة",
    "القهوة",
    "البيت",
    "النار",
    "الدنيا",
    "قريب",
    "كلام",
    "صفير",
    "الصفير",
    "البخار",
    "الغليان",
    "إيه",
    "شوية",
    "كيف",
    "لماذا",
    "علاش",
    "واش",
    "مبروك",
    "رائع",
    "يوم",
    "اليوم",
    "شي",
    "حاجة",
];

/// Whether a letter is the last long vowel of a word that people draw out.
fn is_drawn_out(text: &str, at: usize, letter: char) -> bool {
    if !is_long(letter) {
        return false;
    }
    let begin = text[..at]
        .rfind(|c| !is_letter(c))
        .map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8));
    let end = text[at..].find(|c| !is_letter(c)).map_or(text.len(), |end| at + end);
    let is_last = !text[at + letter.len_utf8()..end].contains(is_long);
    is_last && DRAWN_OUT.contains(&&text[begin..end])
}

fn is_letter(c: char) -> bool {
    ('ء'..='ي').contains(&c) && c != 'ـ'
}

fn is_long(c: char) -> bool {
    "اوي".contains(c)
}

/// Whether a letter is joined to the next one, so that the line between can be drawn out;
/// lam and alef are one sign, which nobody draws out, nor does anybody what follows the article.
fn is_joined(text: &str, at: usize, letter: char) -> bool {
    const APART: &str = "اأإآءؤدذرزوةى";
    let next = text[at + letter.len_utf8()..].chars().next();
    let is_lam_alef = letter == 'ل' && next.is_some_and(|next| "اأإآ".contains(next));
    let is_letter = next.is_some_and(|next| ('ء'..='ي').contains(&next));
    !APART.contains(letter) && is_letter && !is_lam_alef && !is_article(text, at, letter)
}

/// Whether a letter is the lam of the article, or of what stands for it after a preposition.
fn is_article(text: &str, at: usize, letter: char) -> bool {
    let begin = text[..at].rfind(|c: char| !('ء'..='ي').contains(&c));
    let begin = begin.map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8));
    let before = text[begin..at].trim_start_matches(['و', 'ف', 'ب', 'ك']);
    letter == 'ل' && matches!(before, "ا" | "ل")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letters of a text that fit, each with the word it is in.
    fn fitting(text: &str, fits: impl Fn(&str, usize, char) -> bool) -> String {
        let fitting = text.char_indices().filter(|(at, c)| is_letter(*c) && fits(text, *at, *c));
        fitting.map(|(_, c)| c).collect()
    }

    #[test]
    fn no_line_follows_the_article() {
        assert_eq!(fitting("الماء", is_joined), "م");
        assert_eq!(fitting("والقهوة", is_joined), "قه");
        assert_eq!(fitting("للبيت", is_joined), "لبي");
        assert_eq!(fitting("جالس", is_joined), "جل");
    }

    #[test]
    fn verbs_of_the_written_language_are_not_drawn_out() {
        assert_eq!(fitting("أعرف أن الوسم صار لغيرنا، وقالوا كثير", is_drawn_out), "ي");
        assert_eq!(fitting("صباح الخير يا جماعة", is_drawn_out), "اياا");
    }
}
