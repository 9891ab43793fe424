//! The templates of the notices, and how they are filled: numbers with the right form of
//! their noun, dates, text that keeps its own direction.
//!
//! The words stand in `words/ar.txt` and `words/en.txt`, for people to read and mend.
//! Leaves out which template is used when.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use icu_locale_core::locale;
use icu_plurals::{PluralCategory, PluralRules};
use jiff::tz::Offset;
use seawall_model::Timestamp;

use super::facts::Country;
use super::phrase::isolated;

/// The language of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Arabic, with these digits.
    Arabic(Digits),
    /// English.
    English,
}

/// How Arabic writes numbers: the west of the Arab world 123, the east ١٢٣.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// 0 to 9.
    Western,
    /// ٠ to ٩.
    ArabicIndic,
}

/// What stands for a name in a template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// A number, told with its noun.
    Count(u32),
    /// A day.
    Date(Timestamp),
    /// Text from outside; keeps its own direction.
    Foreign(&'a str),
    /// The name of a country.
    Country(Country),
}

type Templates = BTreeMap<&'static str, &'static str>;

static ARABIC: LazyLock<Templates> = LazyLock::new(|| parse(include_str!("../../words/ar.txt")));
static ENGLISH: LazyLock<Templates> = LazyLock::new(|| parse(include_str!("../../words/en.txt")));

/// Below this a number is written without separators: 9999, but 10,000.
const UNGROUPED_MAX: u32 = 9_999;

fn parse(words: &'static str) -> Templates {
    let lines = words.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(key, it)| (key.trim(), it.trim())).collect()
}

fn templates(language: Language) -> &'static Templates {
    match language {
        Language::Arabic(_) => &ARABIC,
        Language::English => &ENGLISH,
    }
}

/// A template.
pub(crate) fn text(language: Language, key: &str) -> Option<&'static str> {
    templates(language).get(key).copied()
}

/// The codes of the countries that have a name in Arabic.
pub(crate) fn countries() -> impl Iterator<Item = &'static str> {
    ARABIC.keys().filter_map(|key| key.strip_prefix("country."))
}

/// A template, filled. A name without a value becomes nothing, as does a template that is
/// not there; the tests fill every template there is and find either.
pub(crate) fn fill(language: Language, key: &str, values: &[(&str, Value<'_>)]) -> String {
    let mut rest = text(language, key).unwrap_or_default();
    let mut filled = String::new();
    // Each round takes one name out of the template; what is put in is not read again.
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        let stem = name.split('.').next().unwrap_or(name);
        if let Some((_, value)) = values.iter().find(|(named, _)| *named == stem) {
            filled.push_str(&shown(language, name, *value));
        }
        rest = after;
    }
    filled + rest
}

fn shown(language: Language, name: &str, value: Value<'_>) -> String {
    match value {
        Value::Count(count) => counted(language, name, count),
        Value::Date(time) => date(language, time),
        Value::Foreign(foreign) => isolated(foreign),
        Value::Country(country) => {
            let key = format!("country.{}", country.code());
            text(language, &key).unwrap_or_default().to_owned()
        }
    }
}

/// A number with its noun, in the form and case that language asks for.
fn counted(language: Language, noun: &str, count: u32) -> String {
    let exact = format!("noun.{noun}.{count}");
    let by_rule = || format!("noun.{noun}.{}", category(language, count));
    let form = text(language, &exact).or_else(|| text(language, &by_rule()));
    form.unwrap_or_default().replace("{n}", &number(language, count))
}

/// The CLDR category of a number.
fn category(language: Language, count: u32) -> &'static str {
    let locale = match language {
        Language::Arabic(_) => locale!("ar"),
        Language::English => locale!("en"),
    };
    // The rules are compiled in: this is a look-up, and cannot fail for these two.
    let rules = PluralRules::try_new_cardinal(locale.into());
    match rules.map_or(PluralCategory::Other, |rules| rules.category_for(count)) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// A number in the language's digits, its thousands apart from 10,000 on.
fn number(language: Language, count: u32) -> String {
    let plain = count.to_string();
    let separator = match language {
        _ if count <= UNGROUPED_MAX => "",
        Language::Arabic(Digits::ArabicIndic) => "٬",
        Language::Arabic(Digits::Western) | Language::English => ",",
    };
    let mut grouped = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push_str(separator);
        }
        grouped.push(digit);
    }
    digits(language, &grouped)
}

fn digits(language: Language, text: &str) -> String {
    if language != Language::Arabic(Digits::ArabicIndic) {
        return text.to_owned();
    }
    let east = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(0x660 + digit));
    text.chars().map(|c| east(c).unwrap_or(c)).collect()
}

/// The day of a time in UTC, in the Gregorian calendar.
fn date(language: Language, time: Timestamp) -> String {
    let Ok(time) = jiff::Timestamp::from_microsecond(time.micros()) else { return String::new() };
    let day = Offset::UTC.to_datetime(time).date();
    let month = text(language, &format!("month.{}", day.month())).unwrap_or_default();
    let pattern = text(language, "date").unwrap_or_default();
    pattern
        .replace("{day}", &digits(language, &day.day().to_string()))
        .replace("{month}", month)
        .replace("{year}", &digits(language, &day.year().to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const WEST: Language = Language::Arabic(Digits::Western);
    const EAST: Language = Language::Arabic(Digits::ArabicIndic);

    #[test]
    fn both_languages_have_the_same_templates() {
        let keys = |templates: &Templates| -> BTreeSet<&str> {
            templates.keys().copied().filter(|key| !key.starts_with("noun.")).collect()
        };
        assert_eq!(keys(&ARABIC), keys(&ENGLISH));
        assert!(ARABIC.values().chain(ENGLISH.values()).all(|text| !text.is_empty()));
    }

    #[test]
    fn no_template_is_written_twice() {
        for (words, templates) in [
            (include_str!("../../words/ar.txt"), &*ARABIC),
            (include_str!("../../words/en.txt"), &*ENGLISH),
        ] {
            let lines = words.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
            assert_eq!(lines.count(), templates.len());
        }
    }

    #[test]
    fn both_languages_fill_in_the_same_names() {
        let names = |text: &str| -> BTreeSet<String> {
            let parts = text.split('{').skip(1);
            let name = |part: &str| part.split(['.', '}']).next().unwrap().to_owned();
            parts.map(name).collect()
        };
        for (key, arabic) in ARABIC.iter().filter(|(key, _)| !key.starts_with("noun.")) {
            assert_eq!(names(arabic), names(ENGLISH[key]), "{key}");
        }
    }

    #[test]
    fn every_noun_a_template_asks_for_has_every_form() {
        for (language, templates) in [(WEST, &*ARABIC), (Language::English, &*ENGLISH)] {
            for (key, template) in templates {
                for part in template.split('{').skip(1) {
                    let name = part.split('}').next().unwrap();
                    let stem = name.split('.').next().unwrap();
                    if !["posts", "hours", "days"].contains(&stem) {
                        continue;
                    }
                    // A post or a day of appeal is at least one.
                    let least = u32::from(stem == "posts" || key.starts_with("redress"));
                    for count in [0, 1, 2, 3, 10, 11, 99, 100, 101, 102, 103, 111, 1_000] {
                        let told = counted(language, name, count.max(least));
                        assert!(!told.is_empty(), "{key}: {name} {count}");
                    }
                }
            }
        }
    }

    #[test]
    fn arabic_counts_as_it_should_in_every_case() {
        let check = |noun: &str, expect: &[(u32, &str)]| {
            for (count, told) in expect {
                assert_eq!(counted(WEST, noun, *count), *told);
            }
        };
        let nominative_hours = [
            (0, "أقلّ من ساعة"),
            (1, "ساعة واحدة"),
            (2, "ساعتان"),
            (3, "3 ساعات"),
            (10, "10 ساعات"),
            (11, "11 ساعة"),
            (72, "72 ساعة"),
            (100, "100 ساعة"),
            (103, "103 ساعات"),
        ];
        check("hours.nom", &nominative_hours);
        check("days.nom", &[(2, "يومان"), (7, "7 أيام"), (30, "30 يومًا"), (100, "100 يوم")]);
        check("days.gen", &[(1, "يوم واحد"), (2, "يومين"), (3, "3 أيام"), (99, "99 يومًا")]);
        check("posts.acc", &[(1, "منشورًا واحدًا"), (2, "منشورين"), (5, "5 منشورات")]);
        check("posts.gen", &[(1, "منشور واحد"), (12, "12 منشورًا"), (200, "200 منشور")]);
    }

    #[test]
    fn numbers_and_days_are_written_as_the_language_writes_them() {
        let day = Timestamp::parse("2026-03-01T23:59:59Z").unwrap();
        assert_eq!(date(WEST, day), "1 مارس 2026");
        assert_eq!(date(EAST, day), "١ مارس ٢٠٢٦");
        assert_eq!(date(Language::English, day), "1 March 2026");
        assert_eq!(counted(EAST, "posts.gen", 12_345), "١٢٬٣٤٥ منشورًا");
        assert_eq!(counted(Language::English, "posts", 1_234_567), "1,234,567 posts");
        assert_eq!(counted(Language::English, "hours", 0), "less than an hour");
        assert_eq!(number(WEST, 9_999), "9999");
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let values = [("excerpt", Value::Foreign("{excerpt}{posts.gen}"))];
        let told = fill(Language::English, "excerpt.single", &values);
        assert_eq!(
            told,
            "The post concerned has the identifier \u{2068}{excerpt}{posts.gen}\u{2069}."
        );
    }
}
