//! Which letters are one letter, which characters are nothing, and which need no care.
//!
//! Tables and small functions on single characters; `fold` puts them together. Leaves
//! out look-alikes across scripts.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// What becomes of a character of the Arabic block, U+0600 to U+06FF.
#[derive(Clone, Copy)]
pub(crate) enum Arabic {
    /// It becomes this letter, digit or sign.
    Letter(char),
    /// It is a mark or invisible.
    Nothing,
    /// It stands for several characters.
    Compound,
}

/// The Arabic block, made once by the compiler.
pub(crate) static ARABIC: [Arabic; 256] = {
    let mut table = [Arabic::Nothing; 256];
    let mut index: u32 = 0;
    while index < 256 {
        table[index as usize] = arabic(0x0600 + index);
        index += 1;
    }
    table
};

const fn arabic(code: u32) -> Arabic {
    let Some(letter) = char::from_u32(code) else { return Arabic::Nothing };
    match code {
        // Format characters, tatweel, the high hamza, and the marks of the block.
        0x0600..=0x0605 | 0x061C | 0x06DD | 0x0640 | 0x0674 => Arabic::Nothing,
        0x0610..=0x061A | 0x064B..=0x065F | 0x0670 => Arabic::Nothing,
        0x06D6..=0x06DC | 0x06DF..=0x06E4 | 0x06E7..=0x06E8 | 0x06EA..=0x06ED => Arabic::Nothing,
        0x0675..=0x0678 => Arabic::Compound,
        _ => Arabic::Letter(one_letter(letter)),
    }
}

/// The letter that stands for a group of letters which are swapped for each other.
pub(crate) const fn one_letter(letter: char) -> char {
    match letter {
        'آ' | 'أ' | 'إ' | 'ٱ' | '\u{0672}' | '\u{0673}' => 'ا',
        'ؤ' => 'و',
        'ئ' | 'ى' | 'ی' | 'ے' | 'ۓ' => 'ي',
        'ة' | 'ہ' | 'ۂ' | 'ۃ' | 'ھ' | 'ە' | 'ۀ' => 'ه',
        'ک' | 'ڪ' => 'ك',
        '٠' | '۰' => '0',
        '١' | '۱' => '1',
        '٢' | '۲' => '2',
        '٣' | '۳' => '3',
        '٤' | '۴' => '4',
        '٥' | '۵' => '5',
        '٦' | '۶' => '6',
        '٧' | '۷' => '7',
        '٨' | '۸' => '8',
        '٩' | '۹' => '9',
        'ς' => 'σ',
        other => other,
    }
}

/// Whether a character is invisible, or shows a mark or a stroke without a letter.
pub(crate) fn is_nothing(c: char) -> bool {
    match c {
        // Isolated Arabic marks; NFKC would make a space of them, inside a word.
        '\u{FE70}'..='\u{FE72}' | '\u{FE74}' | '\u{FE76}'..='\u{FE7F}' => true,
        '\u{FC5E}'..='\u{FC63}' | '\u{FCF2}'..='\u{FCF4}' => true,
        '\u{0640}' | '\u{0674}' => true,
        _ => match category(c) {
            GeneralCategory::Format => true,
            GeneralCategory::Control => !c.is_whitespace(),
            _ => const { CodePointSetData::new::<DefaultIgnorableCodePoint>() }.contains(c),
        },
    }
}

/// Whether a character is a non-spacing mark.
pub(crate) fn is_mark(c: char) -> bool {
    category(c) == GeneralCategory::NonspacingMark
}

/// Whether a character may stand inside a hashtag because it changes a letter.
pub(crate) fn is_any_mark(c: char) -> bool {
    matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
}

fn category(c: char) -> GeneralCategory {
    const { CodePointMapData::<GeneralCategory>::new() }.get(c)
}

/// Whether a character outside ASCII and the Arabic block is an everyday one, starts a cluster,
/// is its own NFKC, and has one lower-case form that is too.
///
/// A test holds each of them against the long way.
pub(crate) fn is_plain(c: char) -> bool {
    match c {
        // Latin.
        'À'..='Ö' | 'Ø'..='ö' | 'ø'..='į' | 'ı' | 'Ĵ'..='ľ' | 'Ł'..='ň' | 'Ŋ'..='ž' => {
            true
        }
        // Greek without ς, Cyrillic, Hebrew.
        'Α'..='Ρ' | 'Σ'..='ρ' | 'σ'..='ώ' | 'Ѐ'..='џ' | 'א'..='ת' => true,
        // Kana, Han, Hangul.
        'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣' => true,
        // Dashes, quotation marks, the bullet.
        '\u{2013}'..='\u{2014}' | '\u{2018}'..='\u{201F}' | '\u{2022}' => true,
        // Pictographs.
        '\u{1F300}'..='\u{1F64F}' | '\u{1F680}'..='\u{1F6C5}' | '\u{1F910}'..='\u{1F9FF}' => true,
        _ => false,
    }
}
