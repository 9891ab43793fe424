//! The text packs: phrases of four languages, and sentences made of them.
//!
//! A pack is a text file of slots and templates, the most frequent first: what stands at
//! rank r is drawn in proportion to 1/r, so that words have the frequencies of real text.
//! What is made is invented and harmless; the packs hold no name of a person or place.

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
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Text(&'static str),
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
    /// Plain lists: names and stems.
    lists: HashMap<&'static str, Vec<&'static str>>,
    /// Biographies, by whose they are.
    bios: HashMap<&'static str, Vec<Template>>,
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
        Reading::new(language).run(language.pack())
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
        let mut template = &topic.templates[chance.ranked(topic.templates.len())];
        // Who speaks of nobody says nothing that needs a name.
        while fills.friend.is_empty() && template.iter().any(|p| matches!(p, Part::Friend)) {
            template = &topic.templates[chance.ranked(topic.templates.len())];
        }
        self.fill(template, chance, fills, out);
    }

    /// Writes an ordinary post in Latin letters, where the language has such; says whether.
    pub fn latin(&self, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) -> bool {
        if self.latin.is_empty() {
            return false;
        }
        let template = &self.latin[chance.ranked(self.latin.len())];
        self.fill(template, chance, fills, out);
        true
    }

    /// Writes a biography of a list, such as `bio ordinary`.
    pub fn bio(&self, list: &str, chance: &mut Chance) -> String {
        let templates = self.bios.get(list).map_or(&[][..], Vec::as_slice);
        let mut out = String::new();
        if let Some(template) = templates.get(chance.ranked(templates.len())) {
            self.fill(template, chance, &Fills::default(), &mut out);
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

    fn fill(&self, template: &Template, chance: &mut Chance, fills: &Fills<'_>, out: &mut String) {
        for part in template {
            match part {
                Part::Text(text) => out.push_str(text),
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
                lists: HashMap::new(),
                bios: HashMap::new(),
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
        let is_free = |template: &Template| !template.iter().any(|p| matches!(p, Part::Friend));
        for class in PostClass::ALL {
            let topics = &self.words.posts[class as usize];
            if class != PostClass::Shoutout
                && topics.iter().any(|topic| !topic.templates.iter().any(is_free))
            {
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
        match self.section {
            Section::Slot(slot) => self.words.slots[slot].push(template),
            Section::Post(class, topic) => {
                self.words.posts[class as usize][topic].templates.push(template);
            }
            Section::Latin => self.words.latin.push(template),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_is_whole() {
        for language in Language::ALL {
            let words = Words::read(language).unwrap();
            for class in PostClass::ALL {
                for n in 0..200 {
                    let mut out = String::new();
                    let fills =
                        Fills { faction: "F", faction_short: "F", campaign: "C", friend: "@f" };
                    words.post(class, n, &mut Chance::of(1, &[n]), &fills, &mut out);
                    assert!(!out.is_empty() && !out.contains(['{', '}', '#']), "{out}");
                }
            }
            for list in ["name given", "name by", "stem"] {
                assert!(words.entries(list) > 10, "{language:?} {list}");
            }
            let kinds =
                ["ordinary", "support", "press", "fan", "spam", "scholar", "archive", "proverb"];
            for kind in kinds {
                for n in 0..200 {
                    let bio = words.bio(&format!("bio {kind}"), &mut Chance::of(2, &[n]));
                    assert!(!bio.is_empty() && !bio.contains(['{', '}', '#']), "{bio}");
                }
            }
        }
    }
}
