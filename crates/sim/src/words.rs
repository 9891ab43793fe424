//! The text packs: phrases of four languages, and sentences made of them.
//!
//! A pack is a text file of slots and templates, the most frequent first: what stands at
//! rank r is drawn in proportion to 1/r, so that words have the frequencies of real text.
//! What is made is invented and harmless; the packs hold no name of a person or place.
//! `{~masculine/feminine}` is written in the form of its author's gender.

use hashbrown::HashMap;

use crate::chance::Chance;
use crate::class::PostClass;

/// A language of the simulated platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Language {
    /// Arabic, in its written form and in four dialects.
    Arabic,
    /// English.
    English,
    /// French.
    French,
    /// Turkish.
    Turkish,
}

impl Language {
    /// Every language, in order of its number.
    pub const ALL: [Self; 4] = [Self::Arabic, Self::English, Self::French, Self::Turkish];

    /// Its BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::English => "en",
            Self::French => "fr",
            Self::Turkish => "tr",
        }
    }

    fn pack(self) -> &'static str {
        match self {
            Self::Arabic => include_str!("../words/ar.txt"),
            Self::English => include_str!("../words/en.txt"),
            Self::French => include_str!("../words/fr.txt"),
            Self::Turkish => include_str!("../words/tr.txt"),
        }
    }
}

/// How a language speaks of an author.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gender {
    /// As of a woman.
    Feminine,
    /// As of a man, or of somebody of whom nothing is known.
    #[default]
    Masculine,
}

/// A pack that does not hold what the simulator needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("words/{language}.txt, line {line}: {what}")]
pub struct PackError {
    /// The pack's language.
    pub language: &'static str,
    /// The line, from 1; 0 for the whole pack.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// What the simulator itself puts into a sentence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fills<'a> {
    /// The group's name.
    pub faction: &'a str,
    /// Its short form.
    pub faction_short: &'a str,
    /// The name of the group's action of the day.
    pub campaign: &'a str,
    /// A handle with its sign.
    pub friend: &'a str,
    /// Its author's.
    pub gender: Gender,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Text(&'static str),
    /// Of a man and of a woman.
    Gendered(&'static str, &'static str),
    Slot(usize),
    Faction,
    FactionShort,
    Campaign,
    Friend,
    Count,
    Hour,
}

type Template = Vec<Part>;

/// The templates of one topic, the most frequent first.
#[derive(Clone, Debug, Default)]
struct Topic {
    name: &'static str,
    templates: Vec<Template>,
}

/// The phrases and sentences of one language.
#[derive(Clone, Debug)]
pub struct Words {
    slots: Vec<Vec<Template>>,
    /// By post class, each topic of it.
    posts: Vec<Vec<Topic>>,
    /// Posts in the language but another alphabet; empty if there are none.
    latin: Vec<Template>,
    /// What anything is answered with.
    replies: Vec<Template>,
    /// What a post of the league is answered with by who is against it.
    cause_replies: Vec<Template>,
    /// What is added to a post that is edited.
    edits: Vec<Template>,
    /// Plain lists: names and stems.
    lists: HashMap<&'static str, Vec<&'static str>>,
    /// Biographies, by whose they are.
    bios: HashMap<&'static str, Vec<Template>>,
    /// Words as people write them who add vowel signs.
    vowelled: HashMap<&'static str, &'static str>,
}

/// Topics that are drawn by the account, not by the post.
const DIALECTS: [&str; 4] = ["egy", "lev", "gulf", "mgh"];
/// The share of a dialect speaker's ordinary posts that are in it.
const DIALECT_SHARE: f64 = 0.6;

impl Words {
    /// Reads the pack of a language.
    ///
    /// # Errors
    /// [`PackError`] with the line.
    pub fn read(language: Language) -> Result<Self, PackError> {
        let mut words = Reading::new(language).run(language.pack())?;
        if language == Language::Arabic {
            words.vowelled = vowelled();
        }
        Ok(words)
    }

    /// Writes a post of this class. `dialect` chooses among the dialects of its author.
    pub fn post(
        &self,
        class: PostClass,
        dialect: u64,
        chance: &mut Chance,
        fills: &Fills<'_>,
        out: &mut String,
    ) {
        let topics = &self.posts[class as usize];
        let is_dialect = |topic: &Topic| DIALECTS.contains(&topic.name);
        let own = topics
            .iter()
            .filter(|topic| is_dialect(topic))
            .nth(usize::try_from(dialect % DIALECTS.len() as u64).unwrap_or(0));
        let topic = match own {
            Some(own) if chance.holds(DIALECT_SHARE) => own,
            _ => {
                let written = topics.iter().filter(|topic| !is_dialect(topic)).count();
                let index = chance.index(written);
                match topics.iter().filter(|topic| !is_dialect(topic)).nth(index) {
                    Some(topic) => topic,
                    None => return,
                }
            }
        };
        // Who speaks of nobody says nothing that needs a name.
        let fits = |template: &&Template| !fills.friend.is_empty() || is_free(template);
        let count = topic.templates.iter().filter(fits).count();
        if let Some(template) = topic.templates.iter().filter(fits).nth(chance.ranked(count)) {
            self.fill(template, chance, fills, out);
        }
    }

    /// Writes an ordinary post in Latin letters, where the language has such; says whether.
    pub fn latin(&self, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) -> bool {
        self.one_of(&self.latin, chance, fills, out)
    }

    /// Writes an answer that fits any post; says whether the pack has such. Names nobody.
    pub fn reply(&self, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) -> bool {
        self.one_of(&self.replies, chance, fills, out)
    }

    /// Writes an answer of somebody who is against the league to a post of it; says whether
    /// the pack has such. Names nobody.
    pub fn reply_to_cause(&self, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) -> bool {
        self.one_of(&self.cause_replies, chance, fills, out)
    }

    /// Writes what is added to a post that is edited; says whether the pack has such. Names
    /// nobody.
    pub fn edit(&self, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) -> bool {
        self.one_of(&self.edits, chance, fills, out)
    }

    /// Writes a biography of a list, such as `bio ordinary`.
    pub fn bio(&self, list: &str, gender: Gender, chance: &mut Chance) -> String {
        let templates = self.bios.get(list).map_or(&[][..], Vec::as_slice);
        let mut out = String::new();
        if let Some(template) = templates.get(chance.ranked(templates.len())) {
            self.fill(template, chance, &Fills { gender, ..Fills::default() }, &mut out);
        }
        out
    }

    /// One entry of a plain list, such as `name given` or `stem`.
    #[must_use]
    pub fn entry(&self, list: &str, index: usize) -> &'static str {
        let entries = self.lists.get(list).map_or(&[][..], Vec::as_slice);
        entries.get(index % entries.len().max(1)).copied().unwrap_or("")
    }

    /// How many entries a plain list has.
    #[must_use]
    pub fn entries(&self, list: &str) -> usize {
        self.lists.get(list).map_or(0, Vec::len)
    }

    /// Whether a plain list has this entry.
    #[must_use]
    pub fn lists(&self, list: &str, entry: &str) -> bool {
        self.lists.get(list).is_some_and(|entries| entries.contains(&entry))
    }

    /// A word with the vowel signs that people give it, where it is one that gets them.
    #[must_use]
    pub fn vowelled(&self, word: &str) -> Option<&'static str> {
        self.vowelled.get(word).copied()
    }

    /// Writes one of these templates; says whether there is any.
    fn one_of(
        &self,
        templates: &[Template],
        chance: &mut Chance,
        fills: &Fills<'_>,
        out: &mut String,
    ) -> bool {
        if templates.is_empty() {
            return false;
        }
        self.fill(&templates[chance.ranked(templates.len())], chance, fills, out);
        true
    }

    fn fill(&self, template: &Template, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) {
        for part in template {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Gendered(masculine, feminine) => out.push_str(match fills.gender {
                    Gender::Feminine => feminine,
                    Gender::Masculine => masculine,
                }),
                Part::Slot(slot) => {
                    let entries = &self.slots[*slot];
                    self.fill(&entries[chance.ranked(entries.len())], chance, fills, out);
                }
                Part::Faction => out.push_str(fills.faction),
                Part::FactionShort => out.push_str(fills.faction_short),
                Part::Campaign => out.push_str(fills.campaign),
                Part::Friend => out.push_str(fills.friend),
                Part::Count => push_number(out, 2 + chance.ranked(399)),
                Part::Hour => push_number(out, 1 + chance.index(12)),
            }
        }
    }
}

/// Whether a sentence needs no name.
fn is_free(template: &Template) -> bool {
    !template.iter().any(|part| matches!(part, Part::Friend))
}

/// Each line a word and the same with vowel signs.
fn vowelled() -> HashMap<&'static str, &'static str> {
    let lines = include_str!("../words/ar-vowelled.txt").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect()
}

fn push_number(out: &mut String, number: usize) {
    out.push_str(&number.to_string());
}

/// A pack while it is read.
struct Reading {
    language: &'static str,
    words: Words,
    names: HashMap<&'static str, usize>,
    /// Slots that were named before they were seen, with the line.
    wanted: Vec<(&'static str, usize)>,
    section: Section,
}

#[derive(Clone, Copy)]
enum Section {
    None,
    Slot(usize),
    Post(PostClass, usize),
    Latin,
    Reply,
    CauseReply,
    Edit,
    List(&'static str),
    Bio(&'static str),
}

impl Reading {
    fn new(language: Language) -> Self {
        Self {
            language: language.tag(),
            words: Words {
                slots: Vec::new(),
                posts: vec![Vec::new(); PostClass::ALL.len()],
                latin: Vec::new(),
                replies: Vec::new(),
                cause_replies: Vec::new(),
                edits: Vec::new(),
                lists: HashMap::new(),
                bios: HashMap::new(),
                vowelled: HashMap::new(),
            },
            names: HashMap::new(),
            wanted: Vec::new(),
            section: Section::None,
        }
    }

    fn run(mut self, pack: &'static str) -> Result<Words, PackError> {
        for (line, text) in (1..).zip(pack.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                Some(head) => {
                    self.section = self.section(head).ok_or_else(|| self.bad(line, head))?;
                }
                None => self.entry(text, line)?,
            }
        }
        let missing = self.wanted.iter().find(|(name, _)| {
            self.names.get(name).is_none_or(|slot| self.words.slots[*slot].is_empty())
        });
        if let Some((name, line)) = missing {
            return Err(self.bad(*line, &format!("no [slot {name}]")));
        }
        for class in PostClass::ALL {
            let topics = &self.words.posts[class as usize];
            if topics.iter().any(|topic| !topic.templates.iter().any(is_free)) {
                return Err(self.bad(0, &format!("[post {}] always names one", class.as_str())));
            }
            if topics.iter().all(|topic| topic.templates.is_empty()) {
                return Err(self.bad(0, &format!("no [post {}]", class.as_str())));
            }
        }
        Ok(self.words)
    }

    fn bad(&self, line: usize, what: &str) -> PackError {
        PackError { language: self.language, line, what: what.to_owned() }
    }

    fn section(&mut self, head: &'static str) -> Option<Section> {
        let (kind, name) = head.split_once(' ').unwrap_or((head, ""));
        match kind {
            "slot" => Some(Section::Slot(self.slot(name))),
            "post" if name == "arabizi" => Some(Section::Latin),
            "post" => {
                let (class, topic) = name.split_once('.').unwrap_or((name, ""));
                let class = PostClass::from_name(class)?;
                let topics = &mut self.words.posts[class as usize];
                topics.push(Topic { name: topic, templates: Vec::new() });
                Some(Section::Post(class, topics.len() - 1))
            }
            "reply" => match name {
                "" => Some(Section::Reply),
                "cause" => Some(Section::CauseReply),
                _ => None,
            },
            "edit" => Some(Section::Edit),
            "bio" => Some(Section::Bio(head)),
            "name" | "stem" => {
                self.words.lists.entry(head).or_default();
                Some(Section::List(head))
            }
            _ => None,
        }
    }

    fn slot(&mut self, name: &'static str) -> usize {
        *self.names.entry(name).or_insert_with(|| {
            self.words.slots.push(Vec::new());
            self.words.slots.len() - 1
        })
    }

    fn entry(&mut self, text: &'static str, line: usize) -> Result<(), PackError> {
        if let Section::List(list) = self.section {
            self.words.lists.entry(list).or_default().push(text);
            return Ok(());
        }
        let template = self.template(text, line)?;
        let names_nobody =
            matches!(self.section, Section::Reply | Section::CauseReply | Section::Edit);
        if names_nobody && !is_free(&template) {
            return Err(self.bad(line, "names a friend"));
        }
        match self.section {
            Section::Slot(slot) => self.words.slots[slot].push(template),
            Section::Post(class, topic) => {
                self.words.posts[class as usize][topic].templates.push(template);
            }
            Section::Latin => self.words.latin.push(template),
            Section::Reply => self.words.replies.push(template),
            Section::CauseReply => self.words.cause_replies.push(template),
            Section::Edit => self.words.edits.push(template),
            Section::Bio(list) => self.words.bios.entry(list).or_default().push(template),
            Section::None | Section::List(_) => return Err(self.bad(line, "no section yet")),
        }
        Ok(())
    }

    fn template(&mut self, text: &'static str, line: usize) -> Result<Template, PackError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| self.bad(line, "a brace is not closed"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before));
            }
            parts.push(match name {
                _ if name.starts_with('~') => self.gendered(name, line)?,
                "faction" => Part::Faction,
                "faction_short" => Part::FactionShort,
                "campaign" => Part::Campaign,
                "friend" => Part::Friend,
                "count" => Part::Count,
                "hour" => Part::Hour,
                _ => {
                    self.wanted.push((name, line));
                    Part::Slot(self.slot(name))
                }
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        Ok(parts)
    }

    /// `~masculine/feminine`; one of them may be empty.
    fn gendered(&self, name: &'static str, line: usize) -> Result<Part, PackError> {
        let forms = name[1..].split_once('/');
        match forms.filter(|(masculine, feminine)| masculine != feminine) {
            Some((masculine, feminine)) if !feminine.contains(['/', '{']) => {
                Ok(Part::Gendered(masculine, feminine))
            }
            _ => Err(self.bad(line, &format!("{{{name}}} has not two forms"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use hashbrown::HashSet;

    use super::*;

    #[test]
    fn every_pack_is_whole() {
        for language in Language::ALL {
            let words = Words::read(language).unwrap();
            for class in PostClass::ALL {
                for n in 0..200 {
                    let mut out = String::new();
                    let gender = [Gender::Feminine, Gender::Masculine][usize::from(n % 2 == 0)];
                    let fills = Fills {
                        faction: "F",
                        faction_short: "F",
                        campaign: "C",
                        friend: "@f",
                        gender,
                    };
                    words.post(class, n, &mut Chance::of(1, &[n]), &fills, &mut out);
                    assert!(!out.is_empty() && !out.contains(['{', '}', '#', '~']), "{out}");
                }
            }
            for list in ["name given", "name by", "stem"] {
                assert!(words.entries(list) > 10, "{language:?} {list}");
            }
            for list in ["name feminine", "name masculine"] {
                for index in 0..words.entries(list) {
                    let name = words.entry(list, index);
                    assert!(words.lists("name given", name), "{language:?} {name}");
                }
            }
            let kinds =
                ["ordinary", "support", "press", "fan", "spam", "scholar", "archive", "proverb"];
            for kind in kinds {
                for n in 0..200 {
                    let name = format!("bio {kind}");
                    let bio = words.bio(&name, Gender::Masculine, &mut Chance::of(2, &[n]));
                    assert!(!bio.is_empty() && !bio.contains(['{', '}', '#', '~']), "{bio}");
                }
            }
        }
    }

    /// A pack whose every post is this template.
    fn only(template: &str) -> Result<Words, PackError> {
        let posts = PostClass::ALL.map(|class| format!("[post {}]\n{template}\n", class.as_str()));
        Reading::new(Language::Arabic).run(Box::leak(posts.concat().into_boxed_str()))
    }

    #[test]
    fn every_pack_has_answers_and_edits() {
        for language in Language::ALL {
            let words = Words::read(language).unwrap();
            let most = if language == Language::Arabic { 45 } else { 25 };
            assert!(words.replies.len() >= most, "{language:?} {}", words.replies.len());
            assert!(words.cause_replies.len() >= 12, "{language:?} {}", words.cause_replies.len());
            assert!((6..=10).contains(&words.edits.len()), "{language:?} {}", words.edits.len());
            for n in 0..600 {
                let gender = [Gender::Feminine, Gender::Masculine][usize::from(n % 2 == 0)];
                let fills = Fills {
                    faction: "F",
                    faction_short: "F",
                    campaign: "C",
                    gender,
                    ..Fills::default()
                };
                for write in [Words::reply, Words::reply_to_cause, Words::edit] {
                    let mut out = String::new();
                    assert!(write(&words, &mut Chance::of(4, &[n]), &fills, &mut out));
                    assert!(!out.is_empty() && !out.contains(['{', '}', '#', '~', '@']), "{out}");
                }
            }
        }
    }

    #[test]
    fn a_pack_without_answers_writes_none() {
        let (words, mut out) = (only("أهلًا").unwrap(), String::new());
        for write in [Words::reply, Words::reply_to_cause, Words::edit] {
            assert!(!write(&words, &mut Chance::of(1, &[1]), &Fills::default(), &mut out));
        }
        assert_eq!(out, "");
    }

    #[test]
    fn answers_and_edits_name_nobody() {
        for head in ["reply", "reply cause", "edit"] {
            let pack = format!("[{head}]\n{{friend}} ok\n");
            let read = Reading::new(Language::English).run(Box::leak(pack.into_boxed_str()));
            assert_eq!(read.unwrap_err().what, "names a friend", "{head}");
        }
        let pack = "[reply other]\nok\n";
        assert!(Reading::new(Language::English).run(pack).is_err());
    }

    #[test]
    fn a_sentence_is_of_its_authors_gender() {
        let words = only("أنا {~تعبان/تعبانة} اليوم، {~/و}بس").unwrap();
        let by = |gender| {
            let (mut out, fills) = (String::new(), Fills { gender, ..Fills::default() });
            words.post(PostClass::Ordinary, 0, &mut Chance::of(1, &[1]), &fills, &mut out);
            out
        };
        assert_eq!(by(Gender::Masculine), "أنا تعبان اليوم، بس");
        assert_eq!(by(Gender::Feminine), "أنا تعبانة اليوم، وبس");
    }

    #[test]
    fn gendered_forms_are_two() {
        for wrong in ["{~تعبان}", "{~a/a}", "{~a/b/c}", "{~a/b", "{~/}"] {
            assert!(only(wrong).is_err(), "{wrong}");
        }
    }

    /// What no man writes of himself, and no woman.
    const OF_WOMEN: [&str; 12] = [
        "أنا عايزة",
        "مش عارفة",
        "مش فاهمة",
        "قادرة",
        "حاسة",
        "مستانسة",
        "توني واصلة",
        "عطشانة",
        "أنا الوحيدة",
        "je suis allée",
        "toute seule",
        "je suis ravie",
    ];
    const OF_MEN: [&str; 12] = [
        "أنا عايز",
        "مش عارف",
        "مش فاهم",
        "قادر",
        "حاسس",
        "مستانس",
        "توني واصل",
        "عطشان",
        "أنا الوحيد",
        "je suis allé",
        "tout seul",
        "je suis ravi",
    ];

    #[test]
    fn nobody_writes_the_other_gender() {
        let is_of = |text: &str, forms: &[&str]| {
            let text = format!(" {} ", text.replace(['،', '.', '؟', ','], " "));
            forms.iter().any(|form| text.contains(&format!(" {form} ")))
        };
        let sides =
            [(Gender::Masculine, &OF_WOMEN, &OF_MEN), (Gender::Feminine, &OF_MEN, &OF_WOMEN)];
        for (gender, others, own) in sides {
            let mut seen = 0;
            for language in [Language::Arabic, Language::French] {
                let words = Words::read(language).unwrap();
                let fills = Fills { gender, friend: "@f", ..Fills::default() };
                for (n, class) in (0..30_000).zip(PostClass::ALL.iter().cycle()) {
                    let mut out = String::new();
                    words.post(*class, n, &mut Chance::of(3, &[n]), &fills, &mut out);
                    assert!(!is_of(&out, others), "{gender:?}: {out}");
                    seen += usize::from(is_of(&out, own));
                }
            }
            assert!(seen > 20, "{gender:?} {seen}");
        }
    }

    #[test]
    fn vowel_signs_are_added_and_nothing_else() {
        let is_sign = |letter: &char| ('\u{64b}'..='\u{652}').contains(letter);
        let words = Words::read(Language::Arabic).unwrap();
        assert!(words.vowelled.len() > 120);
        for (plain, vowelled) in &words.vowelled {
            assert!(vowelled.chars().any(|letter| is_sign(&letter)), "{plain}");
            let bare: String = vowelled.chars().filter(|letter| !is_sign(letter)).collect();
            assert_eq!(bare, *plain);
        }
        let pack = Language::Arabic.pack().replace(|c: char| !('ء'..='ي').contains(&c), " ");
        let written: HashSet<&str> = pack.split(' ').collect();
        let idle: Vec<_> = words.vowelled.keys().filter(|word| !written.contains(*word)).collect();
        assert!(idle.is_empty(), "{idle:?}");
        assert_eq!(words.vowelled("كل"), Some("كُلّ"));
        assert_eq!(Words::read(Language::French).unwrap().vowelled("كل"), None);
    }
}
