//! Invented accounts for the tests: names of syllables, and how those who return change them.

use std::sync::LazyLock;

use seawall_model::MediaRef;

use crate::name::mix;
use crate::{COMEBACK_1, Fields, HandleForm, LinkModel, Profile, SketchKey};

pub(crate) const KEY: SketchKey = SketchKey([9; 32]);

/// The model that ships, read once.
pub(crate) static MODEL: LazyLock<LinkModel> =
    LazyLock::new(|| LinkModel::parse(COMEBACK_1).unwrap());

/// Seeded numbers.
#[derive(Clone)]
pub(crate) struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(mix(self.0)) % most
    }

    pub fn holds(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// An index whose frequency falls with its rank.
    fn ranked(&mut self, most: u64) -> u64 {
        let most = self.below(most) + 1;
        self.below(most)
    }

    fn word(&mut self) -> String {
        const PARTS: [&str; 40] = [
            "ba", "di", "fu", "ga", "ho", "ja", "ka", "li", "mo", "na", "ra", "sa", "ti", "wa",
            "yu", "za", "sha", "khi", "bra", "stu", "lee", "noo", "mar", "sam", "dun", "fer",
            "gol", "hin", "jas", "kel", "lor", "min", "nor", "pel", "ros", "sil", "tam", "val",
            "wen", "yar",
        ];
        (0..2 + self.below(2)).map(|_| PARTS[usize::try_from(self.below(40)).unwrap()]).collect()
    }
}

/// An account before it is sketched.
#[derive(Clone)]
pub(crate) struct Account {
    pub handle: String,
    pub name: Option<String>,
    pub picture: Option<u64>,
    pub version: u64,
    pub links: Vec<String>,
}

impl Account {
    pub fn draw(draws: &mut Draws) -> Self {
        let word = draws.word();
        let handle = match draws.below(3) {
            0 => format!("{word}{}", draws.below(2_000)),
            1 => format!("{word}_{}", draws.word()),
            _ => format!("{word}{}", draws.word()),
        };
        // Some 300 given names, a few of them very frequent.
        let given = Draws(draws.ranked(300) * 7_919).word();
        let name = match draws.below(10) {
            0 => None,
            1..=3 => Some(given),
            4..=7 => Some(format!("{given} {}", Draws(draws.ranked(3_000) * 104_729).word())),
            _ => Some(format!("{given} {}", draws.below(100))),
        };
        // One in five takes a picture of the circle.
        let picture = if draws.holds(20) { draws.ranked(30) } else { 100 + draws.below(1 << 40) };
        let links = (0..draws.below(3)).map(|_| link(draws)).collect();
        Self { handle, name, picture: draws.holds(85).then_some(picture), version: 0, links }
    }

    /// The next account of the same person: each part is kept more often than not.
    pub fn returned(&self, draws: &mut Draws) -> Self {
        let fresh = Self::draw(draws);
        let letters = self.handle.trim_end_matches(|c: char| c.is_ascii_digit());
        let handle = match draws.below(10) {
            0..=3 => format!("{letters}_{}", draws.below(100)),
            4 | 5 => format!("{letters}{}", draws.word()),
            6 => format!("the{letters}"),
            _ => fresh.handle,
        };
        let name = if draws.holds(45) { self.name.clone() } else { fresh.name };
        let is_kept = draws.holds(40);
        let picture = if is_kept { self.picture } else { fresh.picture };
        let version = if draws.holds(50) { 1 + draws.below(3) } else { 0 };
        let links = if draws.holds(40) { self.links.clone() } else { fresh.links };
        Self { handle, name, picture, version, links }
    }

    pub fn sketch(&self) -> Profile {
        let avatar = self.picture.map(|picture| self.media(picture));
        let links: Vec<&str> = self.links.iter().map(String::as_str).collect();
        let fields = Fields {
            handle: Some(&self.handle),
            form: HandleForm::Plain,
            name: self.name.as_deref(),
            links: &links,
            avatar: avatar.as_ref(),
        };
        Profile::of(&fields, &KEY)
    }

    /// Another version differs in all bytes and in 9 bits of PDQ for each number.
    fn media(&self, picture: u64) -> MediaRef {
        let mut pdq = [0; 32];
        let mut sha256 = [0; 32];
        for (at, byte) in (0_u64..).zip(&mut pdq) {
            *byte = mix(picture << 8 | at).to_le_bytes()[0];
        }
        for (at, byte) in (0_u64..).zip(&mut sha256) {
            *byte = mix(picture << 16 | self.version << 8 | at).to_le_bytes()[1];
        }
        for byte in pdq.iter_mut().take(usize::try_from(self.version * 9).unwrap()) {
            *byte ^= 1;
        }
        MediaRef { sha256: Some(sha256), pdq: Some(pdq), ..MediaRef::default() }
    }
}

fn link(draws: &mut Draws) -> String {
    let host = draws.ranked(200);
    let page = if draws.holds(30) { draws.ranked(20) } else { draws.below(1 << 30) };
    format!("https://kettle{host}.example/{page}")
}
