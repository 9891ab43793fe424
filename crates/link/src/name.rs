//! Names in the form in which they compare: skeletons of handles, words of names, n-grams.
//!
//! Takes text that is folded already. Left out: look-alikes of other scripts and other
//! spellings of the same sounds, which folding does not undo either.

/// Characters of a skeleton or name that are compared; what lies beyond is passed over.
pub const NAME_CHARS_MAX: usize = 64;
/// Words of a name that are compared.
pub const NAME_WORDS_MAX: usize = 16;
/// Letters a skeleton needs; a shorter one says nothing, so digits stay.
pub const SKELETON_CHARS_MIN: usize = 3;

/// Characters of an n-gram.
const GRAM_CHARS: usize = 3;
/// Stands before and after a text, so that its first and last letters weigh as others do.
const EDGE: char = '\u{1}';

/// How a platform's handles are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleForm {
    /// A name, perhaps with `@` before it and an instance after another `@`.
    Plain,
    /// A domain name, of which only the first label is the account's own choice.
    Domain,
}

/// What stays of a handle when numbers, signs and doubled letters change.
///
/// `None` if nothing that compares is left. Digits between two Latin letters are read as
/// the letters they look like; other digits go, unless fewer than
/// [`SKELETON_CHARS_MIN`] letters would be left.
pub(crate) fn skeleton(handle: &str, form: HandleForm) -> Option<String> {
    let handle = handle.trim().trim_start_matches('@');
    let own = match form {
        HandleForm::Plain => handle.split('@').next(),
        HandleForm::Domain => handle.split('.').next(),
    };
    let chars: Vec<char> = own?.chars().take(2 * NAME_CHARS_MAX).collect();
    let letters = letters_of(&chars);
    if letters.chars().nth(SKELETON_CHARS_MIN - 1).is_some() {
        return Some(letters);
    }
    let kept: String = chars.iter().filter(|c| c.is_alphanumeric()).take(NAME_CHARS_MAX).collect();
    (!kept.is_empty()).then_some(kept)
}

fn letters_of(chars: &[char]) -> String {
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| chars.get(at)).is_some_and(|c: &char| c.is_ascii_alphabetic())
    };
    let mut out = String::new();
    let mut last = None;
    let mut length = 0;
    for (at, c) in chars.iter().enumerate() {
        let between = is_letter(at.checked_sub(1)) && is_letter(at.checked_add(1));
        let letter = if between { looks_like(*c) } else { None }.unwrap_or(*c);
        if letter.is_alphabetic() && last != Some(letter) && length < NAME_CHARS_MAX {
            out.push(letter);
            last = Some(letter);
            length += 1;
        }
    }
    out
}

/// The Latin letter that a digit or sign is written for.
fn looks_like(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        _ => return None,
    })
}

/// The words of a display name, without signs between; the name itself if it has no word.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut left = NAME_CHARS_MAX;
    let mut words = Vec::new();
    for word in name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word: String = word.chars().take(left).collect();
        left -= word.chars().count();
        if word.is_empty() || words.len() == NAME_WORDS_MAX {
            break;
        }
        words.push(word);
    }
    let whole: String = name.trim().chars().take(NAME_CHARS_MAX).collect();
    if words.is_empty() && !whole.is_empty() {
        words.push(whole);
    }
    words
}

/// The hashed n-grams of a text, sorted and each once.
///
/// The hash is of 32 bits: two n-grams of one pair of names meet by chance about once in
/// a million pairs.
pub(crate) fn grams(text: &str, seed: u64) -> Box<[u32]> {
    let chars: Vec<char> =
        std::iter::once(EDGE).chain(text.chars()).chain(std::iter::once(EDGE)).collect();
    let mut grams: Vec<u32> = chars
        .windows(GRAM_CHARS)
        .map(|gram| {
            let packed = gram.iter().fold(0, |packed, c| packed << 21 | u64::from(u32::from(*c)));
            upper_half(mix(packed ^ seed))
        })
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams.into()
}

fn upper_half(number: u64) -> u32 {
    u32::try_from(number >> 32).unwrap_or(u32::MAX)
}

/// Spreads a number over all 64 bits. Source: SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// How many numbers two sorted lists share, and how many they have together.
pub(crate) fn overlap<T: Ord>(a: &[T], b: &[T]) -> (usize, usize) {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        i += usize::from(x <= y);
        j += usize::from(y <= x);
        shared += usize::from(x == y);
    }
    (shared, a.len() + b.len() - shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(handle: &str, form: HandleForm, expect: Option<&str>) {
        assert_eq!(skeleton(handle, form).as_deref(), expect, "{handle}");
    }

    #[test]
    fn a_skeleton_outlives_numbers_signs_and_doubled_letters() {
        for handle in
            ["kettle", "kettle77", "_ket_tle.", "k3ttle_2", "77kettle", "kettlee_9", "@ket.tle"]
        {
            check(handle, HandleForm::Plain, Some("ketle"));
        }
        check("kettle_7.kettles.example", HandleForm::Domain, Some("ketle"));
        check("kettle@one.example", HandleForm::Plain, Some("ketle"));
        check("شاي_77", HandleForm::Plain, Some("شاي"));
        check("9_4711", HandleForm::Plain, Some("94711"));
        check("ab7", HandleForm::Plain, Some("ab7"));
        check("_._", HandleForm::Plain, None);
        check("", HandleForm::Domain, None);
    }

    #[test]
    fn long_names_are_cut_at_the_limit() {
        let long = "abcdefghij".repeat(40);
        assert_eq!(skeleton(&long, HandleForm::Plain).unwrap().chars().count(), NAME_CHARS_MAX);
        assert!(grams(&words(&long).join(" "), 1).len() <= NAME_CHARS_MAX);
        let many = "a b c d ".repeat(40);
        assert_eq!(words(&many).len(), NAME_WORDS_MAX);
    }

    #[test]
    fn words_are_what_signs_leave() {
        assert_eq!(words("the  kettle ☕ 77!"), ["the", "kettle", "77"]);
        assert_eq!(words("☕☕"), ["☕☕"]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn overlap_counts_both_ways_alike() {
        assert_eq!(overlap(&[1, 2, 5], &[2, 3, 5, 9]), (2, 5));
        assert_eq!(overlap(&[2, 3, 5, 9], &[1, 2, 5]), (2, 5));
        assert_eq!(overlap::<u32>(&[], &[]), (0, 0));
    }
}
