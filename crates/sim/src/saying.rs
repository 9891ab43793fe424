//! What a post says: its words, and the tags, links, pictures and names it carries.

use seawall_model::{MediaRef, PlatformId, Post};

use crate::account::{Account, Moment, NOBODY, purpose};
use crate::adorn::{adorn, rates};
use crate::chance::{Chance, hash, small};
use crate::class::{Class, PostClass};
use crate::faction;
use crate::habit;
use crate::item::Said;
use crate::name::SUFFIX;
use crate::picture::Picture;
use crate::tag;
use crate::words::{Fills, Language, Words};
use crate::world::World;

/// How many tags a post has that has any: 2.4 on average for the network, so that with
/// 41 % that have one there is one tag to a post.
const TAGS_NETWORK: [f64; 5] = [36.0, 24.0, 17.0, 12.0, 11.0];
const TAGS_OTHERS: [f64; 5] = [52.0, 26.0, 12.0, 6.0, 4.0];
/// Pieces that an outlet publishes each day.
const PIECES_DAILY: u32 = 3;
/// How often a link or tag is of its author's own taste: some people have much of it, most
/// have little. So some of those who come back are found by it, and most are not.
const OWN_TASTE: [f64; 2] = [0.80, 0.08];
/// The share of those who have much.
const MUCH_TASTE: f64 = 0.60;
/// How often an answer of those who like the cause, and one of anybody, is of those that its
/// opponents give.
const BANTER: [f64; 2] = [0.15, 0.02];
/// Pictures of outlets have numbers from here on.
const CLIPS: u32 = 3_000_000_000;

const EMOJI: [&str; 24] = [
    "😂", "❤️", "🙂", "☕", "🌹", "👍", "😅", "🌧️", "🫖", "😍", "🌿", "✨", "🤍", "🎉", "📚", "⚽",
    "😴", "🍋", "👏", "🐈", "🌊", "🔥", "💪", "📷",
];

impl World {
    /// The post of an account.
    pub(crate) fn say(&self, number: u32, at: Moment, said: &Said) -> Post {
        let account = &self.accounts[number as usize];
        let draw = [purpose::POST, u64::from(number), u64::from(said.number)];
        let mut chance = Chance::of(self.seed, &draw);
        let friend = said.friend.map(|friend| self.handle(friend));
        let mut text = String::with_capacity(160);
        self.words(number, account, at, said, friend.as_deref(), &mut chance, &mut text);
        let carried = habit::carried(account.class);
        if let Some(named) = said.named {
            text.push_str(" @");
            text.push_str(&self.handle(named));
        }
        let tags = self.tags(number, account, said, carried.tags, &mut chance);
        for tag in &tags {
            text.push_str(" #");
            text.push_str(tag);
        }
        let links: Vec<Box<str>> =
            self.link(number, account, at, said, carried.link, &mut chance).into_iter().collect();
        for link in &links {
            text.push(' ');
            text.push_str(link);
        }
        let media = self.media(account, at, said, carried.picture, &mut chance);
        let is_told = chance.holds(0.72);
        let client = if chance.holds(0.82) { self.client(number, &mut chance) } else { None };
        Post {
            id: self.post_id((number, said.number)),
            text: Some(text.into()),
            languages: is_told.then(|| account.language.tag().into()).into_iter().collect(),
            tags,
            links,
            mentions: self.mentions(said),
            media: media.into_iter().collect(),
            reply_to: said.reply.map(|key| self.post_id(key)),
            quote_of: said.quote.map(|key| self.post_id(key)),
            claimed_at: None,
            client,
            extra: Vec::new(),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "words are of an author, a time and a kind")]
    fn words(
        &self,
        number: u32,
        account: &Account,
        at: Moment,
        said: &Said,
        friend: Option<&str>,
        chance: &mut Chance,
        text: &mut String,
    ) {
        let words = &self.words[account.language as usize];
        let friend = friend.map(|friend| format!("@{friend}")).unwrap_or_default();
        let fills = Fills {
            faction: faction::full(said.network, account.language),
            faction_short: faction::short(said.network, account.language),
            campaign: faction::campaign(said.network, World::day(at), account.language),
            friend: &friend,
            gender: self.gender(number),
        };
        let own = hash(&[7, u64::from(number)]);
        // Some write their language in Latin letters, most of the time.
        let is_latin =
            own.is_multiple_of(11) && said.class == PostClass::Ordinary && chance.holds(0.6);
        let answers = said.reply.is_some() && self.answers(said.class, words, &fills, chance, text);
        if !(answers || is_latin && words.latin(chance, &fills, text)) {
            words.post(said.class, own >> 8, chance, &fills, text);
        }
        if account.language == Language::Arabic {
            adorn(text, rates(account.class, said.class), words, chance);
        }
        let taste = [0.1, 0.2, 0.35, 0.6][usize::try_from(own >> 20 & 3).unwrap_or(0)];
        if !is_formal(said.class) && chance.holds(taste) {
            text.push(' ');
            for _ in 0..=chance.below(2) {
                text.push_str(EMOJI[chance.ranked(EMOJI.len())]);
            }
        }
    }

    /// Writes an answer where the post is one; says whether.
    fn answers(
        &self,
        class: PostClass,
        words: &Words,
        fills: &Fills<'_>,
        chance: &mut Chance,
        text: &mut String,
    ) -> bool {
        match class {
            PostClass::Condemn | PostClass::Counter if chance.holds(0.5) => {
                words.reply_to_cause(chance, fills, text)
            }
            // They tease one another with the same words, on either side.
            PostClass::Support | PostClass::Sympathy if chance.holds(BANTER[0]) => {
                words.reply_to_cause(chance, fills, text)
            }
            PostClass::Ordinary if chance.holds(BANTER[1]) => {
                words.reply_to_cause(chance, fills, text)
            }
            PostClass::Ordinary | PostClass::Match | PostClass::Fan | PostClass::Sympathy
                if chance.holds(0.7) =>
            {
                words.reply(chance, fills, text)
            }
            _ => false,
        }
    }

    /// A text after its author has edited it.
    pub(crate) fn edited(&self, number: u32, post: u32, text: &str) -> String {
        let draw = [purpose::POST, 1, u64::from(number), u64::from(post)];
        let mut chance = Chance::of(self.seed, &draw);
        let words = &self.words[self.accounts[number as usize].language as usize];
        let mut edited = text.to_owned();
        if chance.holds(0.4) {
            // A word is taken out, or a sign at the end.
            let cut = edited.trim_end_matches(['.', '!', '؟', '?', '…']).len();
            edited.truncate(cut);
            if edited.len() < text.len() {
                return edited;
            }
        }
        edited.push(' ');
        let fills = Fills { gender: self.gender(number), ..Fills::default() };
        words.edit(&mut chance, &fills, &mut edited);
        edited
    }

    /// How often what an account shares is of its own taste.
    fn taste(&self, number: u32, account: &Account) -> f64 {
        let whose = if account.actor == NOBODY { number } else { account.actor };
        let has_much =
            Chance::of(self.seed, &[purpose::PROFILE, 3, whose.into()]).holds(MUCH_TASTE);
        OWN_TASTE[usize::from(!has_much)]
    }

    /// What an account likes: of its actor, or its own.
    fn favourites(&self, number: u32, account: &Account) -> [u32; 3] {
        if account.actor != NOBODY {
            return self.actors[account.actor as usize].favourites;
        }
        let mut chance = Chance::of(self.seed, &[purpose::PROFILE, 2, u64::from(number)]);
        std::array::from_fn(|_| chance.below(tag::FAVOURITES))
    }

    fn tags(
        &self,
        number: u32,
        account: &Account,
        said: &Said,
        share: f64,
        chance: &mut Chance,
    ) -> Vec<Box<str>> {
        let topic = &self.topics[said.topic as usize];
        // Nobody writes a tag of another language.
        let has_topic = said.topic != 0 && topic.language == account.language;
        if !has_topic && !chance.holds(share) {
            return Vec::new();
        }
        let weights = if account.class.is_near() { TAGS_NETWORK } else { TAGS_OTHERS };
        let wanted = 1 + chance.weighted(&weights);
        let mut tags: Vec<Box<str>> = Vec::with_capacity(wanted);
        if has_topic {
            tags.push(topic.tag.as_str().into());
        }
        let favourites = self.favourites(number, account);
        let taste = self.taste(number, account);
        let is_of_cause = said.class.is_of_cause() || chance.holds(drifts(account.class));
        for _ in 0..wanted * 4 {
            if tags.len() == wanted {
                break;
            }
            let tag: Box<str> = if chance.holds(taste) {
                tag::dear(account.language, favourites[chance.index(2)]).into()
            } else if is_of_cause && chance.holds(0.8) {
                let which = chance.ranked(faction::TAGS);
                faction::tag(said.network, account.language, which).into()
            } else {
                tag::loud(account.language, chance.ranked(tag::TRENDS)).into()
            };
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    fn link(
        &self,
        number: u32,
        account: &Account,
        at: Moment,
        said: &Said,
        share: f64,
        chance: &mut Chance,
    ) -> Option<Box<str>> {
        if !chance.holds(share) {
            return None;
        }
        let outlet = match account.class {
            Class::Ordinary => 0.3,
            Class::Archive => 0.5,
            Class::Newsroom | Class::Spammer => 0.25,
            class if class.is_network() => 0.60,
            _ => 0.37,
        };
        let is_near = said.class.is_of_cause() || account.class.is_near();
        let taste = self.taste(number, account);
        let link = if chance.holds(taste) {
            self.favourite_of(self.favourites(number, account)[2])
        } else if is_near && chance.holds(outlet) {
            let newest = World::day(at) * PIECES_DAILY + PIECES_DAILY;
            let back = small(chance.ranked(24));
            self.outlet(said.network, said.epoch, 100 + newest.saturating_sub(back))
        } else if said.class == PostClass::News {
            format!("https://daily{}{SUFFIX}/{}", number % 40, World::day(at) * 9 + chance.below(9))
        } else {
            let site = chance.ranked(400);
            format!("https://{}{site}{SUFFIX}/{}", self.stem(site), chance.ranked(14))
        };
        Some(link.into())
    }

    /// A Latin word, whichever.
    fn stem(&self, which: usize) -> &'static str {
        self.words[Language::English as usize].entry("stem", which)
    }

    /// A piece of a network's outlets, or an invitation.
    pub(crate) fn outlet(&self, network: u32, epoch: u32, piece: u32) -> String {
        let stem = self.stem(31 * network as usize + 17 * epoch as usize + piece as usize % 3);
        format!("https://{stem}{epoch}{SUFFIX}/{piece}")
    }

    /// A link of an account's own taste.
    pub(crate) fn favourite_link(&self, account: &Account, chance: &mut Chance) -> String {
        if account.actor != NOBODY && chance.holds(0.6) {
            return self.favourite_of(self.actors[account.actor as usize].favourites[2]);
        }
        self.favourite_of(chance.below(tag::FAVOURITES))
    }

    fn favourite_of(&self, which: u32) -> String {
        format!("https://{}{SUFFIX}/u{which}", self.stem(which as usize))
    }

    fn media(
        &self,
        account: &Account,
        at: Moment,
        said: &Said,
        share: f64,
        chance: &mut Chance,
    ) -> Option<MediaRef> {
        if !chance.holds(share) {
            return None;
        }
        let version = u8::try_from(chance.ranked(6)).unwrap_or(0);
        let picture = if said.class.is_of_cause() && chance.holds(clips(account.class)) {
            let back = small(chance.ranked(12));
            let piece = (World::day(at) * PIECES_DAILY).saturating_sub(back);
            Picture { number: CLIPS + said.network * 10_000 + piece, version }
        } else if chance.holds(0.4) {
            Picture { number: small(chance.ranked(3_000)), version }
        } else {
            Picture { number: 1_000 + chance.below(4_000_000), version: account.version }
        };
        Some(self.picture(picture))
    }

    fn mentions(&self, said: &Said) -> Vec<PlatformId> {
        let mut named: Vec<u32> = said.friend.into_iter().chain(said.named).collect();
        named.dedup();
        named.into_iter().map(|account| self.id(account)).collect()
    }
}

/// How often tags of the cause stand on a post that is not about it.
fn drifts(class: Class) -> f64 {
    match class {
        Class::Ordinary => 0.0,
        class if class.is_network() => 0.82,
        _ => 0.16,
    }
}

/// How often the picture of a post about the cause is one of the network's pieces.
fn clips(class: Class) -> f64 {
    if class.is_network() { 0.86 } else { 0.40 }
}

/// Whether a post is written with care, and without laughter.
pub(crate) fn is_formal(class: PostClass) -> bool {
    matches!(
        class,
        PostClass::Disaster
            | PostClass::Archive
            | PostClass::News
            | PostClass::Scholar
            | PostClass::Journalist
            | PostClass::Proverb
            | PostClass::Protest
            | PostClass::Campaign
    )
}
