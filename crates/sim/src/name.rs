//! Handles and display names, and how those who come back change theirs.
//!
//! One generator names everybody, so that no form belongs to the network: numbers,
//! underscores, doubled letters, other spellings and reversed words occur among innocents
//! as well. Handles end in a reserved suffix and can be nobody's.

use crate::account::NOBODY;
use crate::chance::{Chance, hash};
use crate::words::{Gender, Language, Words};
use crate::world::World;

/// What every handle ends in; reserved by RFC 2606.
pub const SUFFIX: &str = ".example";

/// What a handle and a name are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// First word.
    pub first: u16,
    /// Second word.
    pub second: u16,
    /// A number, where the form has one.
    pub number: u16,
    /// How they are put together.
    pub form: Form,
    /// How the first word is spelled: 0 is the usual way.
    pub spelling: u8,
    /// What the display name is made of: 0 for none.
    pub name: u8,
    /// The word of the display name.
    pub word: u16,
}

/// How words and number become a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Form {
    /// `naseem`
    One,
    /// `naseem77`
    Numbered,
    /// `naseem_77`
    Underscored,
    /// `naseem_bahr`
    Two,
    /// `naseembahr`
    Joined,
    /// `naseembahr7`
    JoinedNumbered,
    /// `77naseem`
    Leading,
    /// `nnaseem_77`
    Doubled,
}

impl Form {
    const ALL: [Self; 8] = [
        Self::One,
        Self::Numbered,
        Self::Underscored,
        Self::Two,
        Self::Joined,
        Self::JoinedNumbered,
        Self::Leading,
        Self::Doubled,
    ];
    /// How frequent each is, among innocents and in the network alike.
    const WEIGHTS: [f64; 8] = [2.0, 22.0, 16.0, 18.0, 14.0, 18.0, 3.0, 7.0];
}

/// Which part of a name stays when its owner comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another number, an underscore more or less, or a letter doubled.
    Slight,
    /// The words in the other order.
    Reversed,
    /// The words in another spelling, with another number.
    Spelled,
    /// All of it is new.
    Invented,
}

impl Naming {
    /// A name for anybody, from the words of a language.
    pub fn draw(words: &Words, chance: &mut Chance) -> Self {
        let (first, second) = (word(words, chance), word(words, chance));
        let form = Form::ALL[chance.weighted(&Form::WEIGHTS)];
        let number = number(chance);
        let spelling = if chance.holds(0.15) { 1 + small(chance.below(3)) } else { 0 };
        let (name, word) = draw_name(words, first, chance);
        Self { first, second, number, form, spelling, name, word }
    }

    /// The same with a number, more often than not, and now and then without a display name:
    /// who makes many accounts takes what is left.
    #[must_use]
    pub fn numbered(self, chance: &mut Chance) -> Self {
        let form = match self.form {
            Form::One | Form::Two | Form::Joined if chance.holds(0.8) => {
                [Form::Numbered, Form::Underscored, Form::JoinedNumbered][chance.index(3)]
            }
            form => form,
        };
        let name = if chance.holds(0.25) { 0 } else { self.name };
        Self { form, name, ..self }
    }

    /// The same without a display name.
    #[must_use]
    pub fn nameless(self) -> Self {
        Self { name: 0, ..self }
    }

    /// The same with another display name.
    #[must_use]
    pub fn renamed(self, words: &Words, chance: &mut Chance) -> Self {
        let fresh = Self::draw(words, chance);
        Self { name: fresh.name, word: fresh.word, ..self }
    }

    /// The name of the same person's next account.
    #[must_use]
    pub fn changed(self, change: Change, words: &Words, chance: &mut Chance) -> Self {
        let fresh = Self::draw(words, chance);
        // The display name is changed by itself: half of those with a new handle keep it.
        let (name, word) = if chance.holds(0.45) {
            (self.name, self.word)
        } else if chance.holds(0.5) {
            (fresh.name, self.word)
        } else {
            (fresh.name, fresh.word)
        };
        let handle = match change {
            Change::Slight => {
                let form = match chance.below(3) {
                    0 => self.form,
                    1 => Form::Doubled,
                    _ => Form::Underscored,
                };
                Self { number: fresh.number, form, ..self }
            }
            Change::Reversed => Self {
                first: self.second,
                second: self.first,
                form: if chance.holds(0.5) { Form::Two } else { Form::Joined },
                ..self
            },
            Change::Spelled => {
                let spelling = 1 + (self.spelling + small(chance.below(2))) % 3;
                Self { spelling, number: fresh.number, ..self }
            }
            Change::Invented => fresh,
        };
        Self { name, word, ..handle }
    }

    /// The handle, without its suffix.
    #[must_use]
    pub fn handle(&self, words: &Words) -> String {
        let first = spelled(&stem(words, self.first), self.spelling);
        let second = stem(words, self.second);
        let number = self.number;
        match self.form {
            Form::One => first,
            Form::Numbered => format!("{first}{number}"),
            Form::Underscored => format!("{first}_{number}"),
            Form::Two => format!("{first}_{second}"),
            Form::Joined => format!("{first}{second}"),
            Form::JoinedNumbered => format!("{first}{second}{}", number % 100),
            Form::Leading => format!("{number}{first}"),
            Form::Doubled => {
                let last = first.chars().last().unwrap_or('a');
                format!("{first}{last}_{}", number % 100)
            }
        }
    }

    /// The display name; `None` for an account without one.
    #[must_use]
    pub fn name(&self, words: &Words) -> Option<String> {
        let given = words.entry("name given", self.word.into());
        let by = words.entry("name by", usize::from(self.word) * 7 + usize::from(self.number % 5));
        match self.name {
            0 => None,
            1 => Some(given.to_owned()),
            2 => Some(format!("{given} {by}")),
            3 => Some(format!("{given} {}", self.number % 100)),
            4 => Some(format!("{given} {}", SIGNS[usize::from(self.word) % SIGNS.len()])),
            5 => Some(stretched(given)),
            _ => Some(stem(words, self.first)),
        }
    }
}

impl Naming {
    /// The gender of the display name, where its word is the name of one.
    fn gender(&self, words: &Words) -> Option<Gender> {
        let given = words.entry("name given", self.word.into());
        match self.name {
            1..=5 if words.lists("name feminine", given) => Some(Gender::Feminine),
            1..=5 if words.lists("name masculine", given) => Some(Gender::Masculine),
            _ => None,
        }
    }
}

impl World {
    /// How an account speaks of itself: as its name does, or else as its person does.
    pub(crate) fn gender(&self, number: u32) -> Gender {
        let account = &self.accounts[number as usize];
        if matches!(account.language, Language::English | Language::Turkish) {
            return Gender::default();
        }
        let words = &self.words[account.language as usize];
        let person = match account.actor {
            NOBODY => [13, u64::from(number)],
            actor => [14, u64::from(actor)],
        };
        let own = [Gender::Feminine, Gender::Masculine][usize::from(hash(&person) % 5 > 1)];
        self.naming(number).gender(words).unwrap_or(own)
    }
}

/// Words of handles that are of no pack, but made of syllables: most people's are.
const MADE: u16 = 60_000;
/// The share of words that are of a pack.
const PACKED: f64 = 0.07;

/// A word for a handle: one of the pack's stems, or one of the many that are made.
fn word(words: &Words, chance: &mut Chance) -> u16 {
    let stems = words.entries("stem");
    let number = if chance.holds(PACKED) {
        chance.ranked(stems)
    } else {
        stems + chance.index(usize::from(MADE) - stems)
    };
    u16::try_from(number).unwrap_or(0)
}

/// The word with this number in Latin letters.
fn stem(words: &Words, number: u16) -> String {
    const ONSETS: [&str; 20] = [
        "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "r", "s", "t", "w", "y", "z", "sh", "kh",
        "br", "st",
    ];
    const VOWELS: [&str; 8] = ["a", "i", "u", "o", "e", "aa", "ee", "ou"];
    const ENDS: [&str; 10] = ["", "", "", "n", "r", "l", "m", "s", "d", "h"];
    if usize::from(number) < words.entries("stem") {
        return words.entry("stem", number.into()).to_owned();
    }
    let mut chance = Chance::of(0, &[0x57e3, number.into()]);
    let mut out = String::new();
    for _ in 0..2 + chance.below(2) {
        out.push_str(ONSETS[chance.index(ONSETS.len())]);
        out.push_str(VOWELS[chance.ranked(VOWELS.len())]);
    }
    out.push_str(ENDS[chance.index(ENDS.len())]);
    out
}

const SIGNS: [&str; 8] = ["🌙", "☕", "🌿", "🫖", "🌊", "🍋", "⚽", "📷"];

fn draw_name(words: &Words, first: u16, chance: &mut Chance) -> (u8, u16) {
    let given = words.entries("name given");
    let is_same = usize::from(first) < given && chance.holds(0.6);
    let word = if is_same { first } else { u16::try_from(chance.ranked(given)).unwrap_or(0) };
    let form = chance.weighted(&[6.0, 34.0, 26.0, 8.0, 14.0, 4.0, 8.0]);
    (u8::try_from(form).unwrap_or(1), word)
}

fn number(chance: &mut Chance) -> u16 {
    let number = match chance.below(4) {
        0 => 1 + chance.below(9),
        1 => 10 + chance.below(90),
        2 => 100 + chance.below(900),
        _ => 1_950 + chance.below(8_000),
    };
    u16::try_from(number).unwrap_or(7)
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

/// Another way to write the same word in Latin letters.
fn spelled(stem: &str, spelling: u8) -> String {
    match spelling {
        0 => stem.to_owned(),
        1 => stem.replace("ee", "i").replace("ou", "u").replace('a', "e"),
        2 => stem.replace('i', "ee").replace('u', "ou"),
        _ => {
            let mut letters = stem.chars();
            let head: String = letters.next().into_iter().collect();
            head + &letters
                .filter(|letter| !matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u'))
                .collect::<String>()
        }
    }
}

/// A word with its middle letter stretched.
fn stretched(word: &str) -> String {
    let middle = word.chars().count() / 2;
    let mut out = String::with_capacity(word.len() + 8);
    for (index, letter) in word.chars().enumerate() {
        out.push(letter);
        if index == middle && letter.is_alphabetic() {
            out.push(letter);
            out.push(letter);
        }
    }
    out
}
