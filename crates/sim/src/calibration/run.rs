//! Runs a world for calibration and keeps what the figures need.

use hashbrown::HashMap;
use seawall_model::{Event, EventBody, PlatformId};

use crate::account::{DAY, Moment, OPEN};
use crate::class::Class;
use crate::item::{Cause, Deed, Item, Truth};
use crate::parameters::{Parameters, Pictures};
use crate::policy::Policy;
use crate::words::{Language, PackError};
use crate::world::World;

/// Posts of the network whose words, tags and links are counted, one in so many.
const RENDERED: u64 = 5;

/// A world to run.
pub(super) struct Setting {
    pub seed: u64,
    pub policy: Policy,
    pub days: u32,
    /// Actors of each of four networks.
    pub actors: u32,
    /// What an innocent does each day, on average.
    pub deeds_daily: f64,
    /// When something happens in the field, to each network in turn.
    pub field_day: Option<u32>,
}

impl Setting {
    pub fn new(seed: u64) -> Self {
        let policy = Policy::low();
        Self { seed, policy, days: 120, actors: 800, deeds_daily: 1.0, field_day: None }
    }
}

/// An account of a network.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub class: Class,
    pub language: Language,
    pub actor: Option<u32>,
    pub born: Moment,
    /// When it began to act, where that is later.
    pub begun: Moment,
    pub closed: Moment,
    /// When its owner deleted it, which is no closing; [`OPEN`] if nobody did.
    pub left: Moment,
    pub cause: Option<Cause>,
    pub followers: u32,
    /// The account it comes back for.
    pub parent: Option<PlatformId>,
    pub is_backup: bool,
    pub is_reported: bool,
}

/// Posts that were rendered, and what they carried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried {
    pub posts: u64,
    pub with_tag: u64,
    pub tags: u64,
    pub with_link: u64,
    pub arabic: u64,
    pub tatweel: u64,
    pub vowelled: u64,
}

/// An innocent who was closed by the platform.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong {
    pub closed: Moment,
    /// Days until it was given back, where it was.
    pub back_after: Option<f64>,
}

/// What a run gave.
#[derive(Default)]
pub(super) struct Run {
    pub days: u32,
    pub lives: HashMap<PlatformId, Life>,
    pub network: Carried,
    pub innocent: Carried,
    /// Posts and reposts of the networks by day.
    pub posts: Vec<u64>,
    pub reposts: u64,
    /// Interactions that the networks' posts received: own, of opponents, all.
    pub own: u64,
    pub opposed: u64,
    pub interactions: u64,
    /// Closings of innocents by the platform.
    pub wrong: Vec<Wrong>,
    /// Accounts of networks made in the 24 hours after a sweep began.
    pub made_after_sweep: u64,
    /// How often each word stands in what innocents write, by language.
    pub words: [HashMap<String, u64>; 4],
}

/// Runs a world.
pub(super) fn run(setting: &Setting) -> Result<Run, PackError> {
    let base = Parameters::weeks();
    let parameters = Parameters {
        name: "calibration",
        days: setting.days,
        accounts: 3_000,
        alike: 0.7,
        deeds_daily: setting.deeds_daily,
        networks: 4,
        actors: setting.actors,
        field_days: setting.field_day.map_or(vec![], |day| vec![day; 4]),
        throwaways: 0.0,
        policy: setting.policy.clone(),
        pictures: Pictures::Ids,
        ..base
    };
    let start = parameters.start;
    let sweep = parameters.policy.sweeps.first().map(|s| Moment::from(s.day) * DAY);
    let mut world = World::new(parameters, setting.seed)?;
    let mut run = Run { days: setting.days, ..Run::default() };
    run.posts.resize(setting.days as usize, 0);
    let mut wrongs = HashMap::new();
    while !world.is_over() {
        let step = world.step(&[]);
        for truth in step.truths {
            run.learn(truth, start.micros(), sweep, &mut wrongs);
        }
        for (number, item) in (step.before..).zip(&step.items) {
            run.count(&world, number, item);
        }
    }
    Ok(run)
}

impl Run {
    fn learn(
        &mut self,
        truth: Truth,
        start: i64,
        sweep: Option<Moment>,
        wrongs: &mut HashMap<PlatformId, usize>,
    ) {
        let moment = |at: seawall_model::Timestamp| (at.micros() - start) / 1_000;
        match truth {
            Truth::Account {
                account, class, actor, born, returns, is_backup, language, ..
            } => {
                if !class.is_network() {
                    return;
                }
                let born = moment(born);
                let is_after = |sweep| (sweep..sweep + DAY).contains(&born);
                self.made_after_sweep += u64::from(sweep.is_some_and(is_after));
                let life = Life {
                    class,
                    language,
                    actor,
                    born,
                    begun: if is_backup { OPEN } else { born },
                    closed: OPEN,
                    left: OPEN,
                    cause: None,
                    followers: 0,
                    parent: returns.map(|(parent, _)| parent),
                    is_backup,
                    is_reported: false,
                };
                self.lives.insert(account, life);
            }
            // Who leaves by themselves was not closed by the platform. They stay counted, as a
            // study that knows of closings alone counts them: without them those who live long
            // would be missed more than others.
            Truth::Closed { account, at, cause: Cause::Owner, .. } => {
                if let Some(life) = self.lives.get_mut(&account) {
                    life.left = moment(at);
                }
            }
            Truth::Closed { account, at, cause, followers } => match self.lives.get_mut(&account) {
                Some(life) => {
                    (life.closed, life.cause, life.followers) =
                        (moment(at), Some(cause), followers);
                }
                // An account that is closed again waits as long again: it counts once.
                None if wrongs.contains_key(&account) => {}
                None => {
                    wrongs.insert(account, self.wrong.len());
                    self.wrong.push(Wrong { closed: moment(at), back_after: None });
                }
            },
            Truth::Reopened { account, at } => {
                if let Some(index) = wrongs.get(&account) {
                    let wrong = &mut self.wrong[*index];
                    wrong.back_after.get_or_insert(days(moment(at) - wrong.closed));
                }
            }
            Truth::Activated { account, at } => {
                if let Some(life) = self.lives.get_mut(&account) {
                    life.begun = moment(at);
                }
            }
            Truth::Network { .. } | Truth::Wave { .. } => {}
        }
    }

    fn count(&mut self, world: &World, number: u64, item: &Item) {
        let class = world.class(item.account);
        let to = match item.deed {
            Deed::Post(said) => said.reply,
            Deed::Like(post) | Deed::Repost(post) => Some(post),
            _ => None,
        };
        if to.is_some_and(|(author, _)| world.class(author).is_network()) {
            self.interactions += 1;
            self.own += u64::from(class.is_network());
            self.opposed += u64::from(matches!(class, Class::Counter | Class::Condemner));
        }
        match item.deed {
            Deed::Post(_) => {
                if class.is_network() {
                    let day = usize::try_from(item.at / DAY).unwrap_or(0);
                    self.posts[day] += 1;
                }
                if number.is_multiple_of(RENDERED) {
                    let carried =
                        if class.is_network() { &mut self.network } else { &mut self.innocent };
                    let event = world.event(number, item);
                    carried.add(&event);
                    if !class.is_near() {
                        self.add_words(&event);
                    }
                }
            }
            Deed::Repost(_) if class.is_network() => self.reposts += 1,
            Deed::ReportAccount(subject) if class != Class::Campaigner => {
                if let Some(life) = self.lives.get_mut(&world.id(subject)) {
                    life.is_reported = true;
                }
            }
            _ => {}
        }
    }
}

impl Run {
    /// Counts the words of a post whose language is told; tags, links and names are none.
    fn add_words(&mut self, event: &Event) {
        let EventBody::PostCreated(post) = &event.body else { return };
        let tag = post.languages.first().map_or("", |tag| tag);
        let language = Language::ALL.into_iter().position(|language| language.tag() == tag);
        let (Some(language), Some(text)) = (language, &post.text) else { return };
        let plain = |word: &&str| !word.starts_with(['#', '@']) && !word.starts_with("https:");
        for word in text.split_whitespace().filter(plain) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            if !word.is_empty() {
                *self.words[language].entry(word).or_default() += 1;
            }
        }
    }
}

impl Carried {
    fn add(&mut self, event: &Event) {
        let EventBody::PostCreated(post) = &event.body else { return };
        let text = post.text.as_deref().unwrap_or("");
        self.posts += 1;
        self.with_tag += u64::from(!post.tags.is_empty());
        self.tags += post.tags.len() as u64;
        self.with_link += u64::from(!post.links.is_empty());
        if text.contains(|c: char| ('ء'..='ي').contains(&c)) {
            self.arabic += 1;
            self.tatweel += u64::from(text.contains('ـ'));
            self.vowelled +=
                u64::from(text.contains(|c: char| ('\u{64b}'..='\u{652}').contains(&c)));
        }
    }
}

/// Accounts of a network that act, throwaways aside.
pub(super) fn acting(run: &Run) -> impl Iterator<Item = &Life> {
    run.lives.values().filter(|life| life.class != Class::Throwaway && life.begun != OPEN)
}

pub(super) fn days(moments: i64) -> f64 {
    moments as f64 / DAY as f64
}
