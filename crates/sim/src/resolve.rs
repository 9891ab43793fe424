//! Makes deeds of wishes: what is posted, whose post is answered, who is followed.

use crate::account::{Account, HOUR, Life, Moment, days, purpose};
use crate::chance::{Chance, hash};
use crate::class::{Class, PostClass};
use crate::habit;
use crate::item::{Deed, PostKey, Said};
use crate::ring::Recent;
use crate::wish::{Planned, Wish};
use crate::world::World;

/// Of the interactions that the network's posts receive, the shares that come from itself
/// and from its opponents (Alfifi and others 2019). The others are anybody's.
const INWARD: f64 = 0.75;
const OPPOSED: f64 = 0.08;
/// The share of the network's posts that its neighbours see.
const SEEN_OUTSIDE: f64 = 0.06;
/// The share of a network's answers and reposts that go to its own posts.
const LOOKS_INWARD: f64 = 0.78;
/// The share of those known to somebody who are of the network: to its own, and to those
/// near it.
const KNOWS_NETWORK: [f64; 2] = [0.70, 0.38];

/// Posts looked at by somebody who wants to answer one.
const TRIES: u32 = 5;
/// Of those who speak against the cause, the share that answers a network itself.
const AT_NETWORK: f64 = 0.7;
/// The share of a network's posts in the hours after a field event that take the wave's tag.
const CAPTURES: f64 = 0.3;
/// Hours for which they do.
const CAPTURED_HOURS: Moment = 9;

impl World {
    /// Resolves what is wished for in an hour, in order of time.
    pub(crate) fn resolve_hour(&mut self, from: Moment) {
        let mut wishes = std::mem::take(&mut self.planned[self.hour as usize % 24]);
        wishes.extend(self.later.remove(&self.hour).unwrap_or_default());
        wishes.sort_unstable_by_key(|planned| (planned.at, planned.account, planned.draw));
        self.inward.fill(0);
        for planned in &wishes {
            // What was wished too late for its hour is done at the hour's beginning.
            let at = planned.at.clamp(from, from + HOUR - 1);
            self.resolve(Planned { at, ..*planned });
        }
        wishes.clear();
        self.planned[self.hour as usize % 24] = wishes;
    }

    fn resolve(&mut self, planned: Planned) {
        let Planned { at, account: number, draw, wish } = planned;
        let account = self.accounts[number as usize];
        if !account.is_open(at) {
            return;
        }
        let day = u64::from(Self::day(at));
        let words = [purpose::DEED, u64::from(number), day, u64::from(draw)];
        let mut chance = Chance::of(self.seed, &words);
        match wish {
            Wish::Deed => self.deed(number, &account, at, &mut chance),
            Wish::Post(topic) => {
                let class = drawn_class(account.class, &mut chance);
                self.post(number, at, class, topic, None, None, &mut chance);
            }
            Wish::Say(class, topic, network) => {
                self.post(number, at, class, topic, network, None, &mut chance);
            }
            Wish::Comeback => {
                self.post(number, at, PostClass::Comeback, 0, None, None, &mut chance);
            }
            Wish::Shoutout(friend) => {
                let class = PostClass::Shoutout;
                self.post(number, at, class, 0, None, Some(friend), &mut chance);
            }
            Wish::Follow(target) => self.follow(number, at, target, &mut chance),
            Wish::Report(subject) => self.push(at, number, Deed::ReportAccount(subject)),
        }
    }

    fn deed(&mut self, number: u32, account: &Account, at: Moment, chance: &mut Chance) {
        if account.class == Class::Campaigner && chance.holds(0.1) {
            return self.campaign(number, account, at, chance);
        }
        let own = habit::own(self.seed, number, account.class);
        match chance.weighted(&own.deeds) {
            0 => {
                let class = drawn_class(account.class, chance);
                let topic = self.captured(account, at, chance);
                self.post(number, at, class, topic, None, None, chance);
            }
            1 => self.engage(number, account, own.reposts, at, chance),
            _ => match chance.below(40) {
                0 => self.resolve_profile(number, at),
                1 => self.unfollow(number, at, chance),
                _ => self.follow(number, at, None, chance),
            },
        }
    }

    /// The tag that a network takes after a field event, for one of its own in that language.
    fn captured(&self, account: &Account, at: Moment, chance: &mut Chance) -> u32 {
        let network = self.networks.get(account.community as usize / 2);
        let Some(network) = network.filter(|_| account.class.is_network()) else { return 0 };
        let is_soon = network.event.is_some_and(|event| at - event < CAPTURED_HOURS * HOUR);
        let speaks = self.topics[network.topic as usize].language == account.language;
        if is_soon && speaks && chance.holds(CAPTURES) { network.topic } else { 0 }
    }

    fn resolve_profile(&mut self, number: u32, at: Moment) {
        let counts = self.counts(number);
        self.push(at, number, Deed::Profile(counts));
    }

    /// One of a campaign reports accounts of the network, the known ones, and others.
    fn campaign(&mut self, number: u32, account: &Account, at: Moment, chance: &mut Chance) {
        let network = account.community / 2;
        let members = &self.networks[network as usize].members;
        let subject = if chance.holds(0.75) && !members.is_empty() {
            Some(members[chance.ranked(members.len().min(24))])
        } else {
            let class = [Class::Sympathiser, Class::Archive, Class::Newsroom, Class::Victim];
            self.somebody(class[chance.index(class.len())], network, chance)
        };
        if let Some(subject) = subject {
            self.push(at, number, Deed::ReportAccount(subject));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a post is of an author, a moment and a kind")]
    fn post(
        &mut self,
        number: u32,
        at: Moment,
        class: PostClass,
        topic: u32,
        network: Option<u32>,
        friend: Option<u32>,
        chance: &mut Chance,
    ) {
        let account = self.accounts[number as usize];
        let about = network.unwrap_or(account.community / 2 % self.parameters.networks.max(1));
        let carried = habit::carried(account.class);
        let answered = match chance.holds(carried.reply) {
            true => self.answerable(&account, class, about, at, chance),
            false => None,
        };
        let key = |recent: Recent| (recent.account, recent.number);
        let quotes = answered.is_none() && chance.holds(habit::quotes(class));
        let quoted = match quotes {
            true => self.answerable(&account, class, about, at, chance),
            false => None,
        };
        let friend = friend.or_else(|| match class {
            PostClass::Shoutout => self.known(&account, chance),
            _ => None,
        });
        let posts = account.posts;
        self.accounts[number as usize].posts += 1;
        let said = Said {
            number: posts,
            class,
            topic,
            network: about,
            epoch: self.networks.get(about as usize).map_or(0, |network| network.epoch),
            reply: answered.map(key),
            quote: quoted.map(key),
            friend,
            named: self.named(&account, chance),
        };
        self.push(at, number, Deed::Post(said));
        self.note_inward(&account, answered);
        self.remember(&account, Recent { account: number, number: posts, at, class }, chance);
        self.look_after(number, said, at, account.followers, chance);
    }

    /// What becomes of a post: it is edited, deleted or seen, minutes or a day later. What is
    /// not of this hour is done in its own.
    fn look_after(
        &mut self,
        number: u32,
        said: Said,
        at: Moment,
        followers: u32,
        chance: &mut Chance,
    ) {
        let draw = chance.share();
        if draw < 0.008 {
            let after = 5_000 + days(chance.waiting(0.01));
            self.push(at + after, number, Deed::Edited(said));
        } else if draw < 0.014 {
            let after = 20_000 + days(chance.waiting(0.35));
            self.deleted.insert((number, said.number), at + after);
            self.push(at + after, number, Deed::PostDeleted(said.number));
        } else if draw < 0.03 {
            let seen = 1 + followers / 4 + chance.below(followers / 2 + 4);
            let after = 10_000 + days(chance.waiting(0.03));
            self.push(at + after, number, Deed::Seen(said.number, seen));
        }
    }

    /// A post that can be answered or quoted: it stands, and is in the answerer's language.
    /// Who is against the cause answers those who speak for it.
    fn answerable(
        &self,
        account: &Account,
        class: PostClass,
        about: u32,
        at: Moment,
        chance: &mut Chance,
    ) -> Option<Recent> {
        let opposes = matches!(class, PostClass::Condemn | PostClass::Counter);
        for _ in 0..TRIES {
            let found = if opposes && chance.holds(AT_NETWORK) {
                self.ring_of(about, chance)
            } else {
                self.answered(account, chance)
            };
            let Some(recent) = found.filter(|recent| self.stands(recent, at)) else { continue };
            let of = self.accounts[recent.account as usize];
            if of.language == account.language && (!opposes || recent.class.is_of_cause()) {
                return Some(recent);
            }
        }
        None
    }

    /// Whether a post is still there, and its author too.
    fn stands(&self, recent: &Recent, at: Moment) -> bool {
        let key = (recent.account, recent.number);
        let gone = self.deleted.get(&key);
        gone.is_none_or(|gone| *gone > at)
            && !self.hidden.contains(&key)
            && self.accounts[recent.account as usize].is_open(at)
    }

    fn remember(&mut self, account: &Account, recent: Recent, chance: &mut Chance) {
        if account.life == Life::Restricted {
            return;
        }
        if !account.class.is_network() {
            self.rings[account.community as usize].push(recent);
        } else {
            self.networks[account.community as usize / 2].ring.push(recent);
            if chance.holds(SEEN_OUTSIDE) {
                self.rings[account.community as usize].push(recent);
            }
        }
    }

    /// The newest posts of a network, or one of them.
    fn ring_of(&self, network: u32, chance: &mut Chance) -> Option<Recent> {
        self.networks.get(network as usize)?.ring.pick(chance)
    }

    /// The post that somebody answers or reposts.
    fn answered(&self, account: &Account, chance: &mut Chance) -> Option<Recent> {
        if account.class.is_network() && chance.holds(LOOKS_INWARD) {
            return self.ring_of(account.community / 2, chance);
        }
        let community = if chance.holds(0.85) {
            account.community
        } else {
            chance.below(u32::try_from(self.rings.len()).unwrap_or(1))
        };
        self.rings[community as usize].pick(chance)
    }

    /// Somebody whom an account knows. Whoever is near a network knows its accounts and
    /// its neighbours alike.
    fn known(&self, account: &Account, chance: &mut Chance) -> Option<u32> {
        let networks = &self.networks;
        let knows = KNOWS_NETWORK[usize::from(!account.class.is_network())];
        let members = match networks.get(account.community as usize / 2) {
            Some(network) if account.class.is_near() && chance.holds(knows) => &network.members,
            _ => &self.members[account.community as usize],
        };
        (!members.is_empty()).then(|| members[chance.ranked(members.len())])
    }

    /// Somebody whom a post calls.
    fn named(&self, account: &Account, chance: &mut Chance) -> Option<u32> {
        let share = if account.class.is_near() { 0.10 } else { 0.06 };
        if chance.holds(share) { self.known(account, chance) } else { None }
    }

    fn engage(
        &mut self,
        number: u32,
        account: &Account,
        reposts: f64,
        at: Moment,
        chance: &mut Chance,
    ) {
        let Some(recent) = self.answered(account, chance) else { return };
        if recent.account == number || !self.stands(&recent, at) {
            return;
        }
        let post = (recent.account, recent.number);
        let is_repost = chance.holds(reposts);
        // Nobody likes a post twice.
        if !self.engaged.insert(hash(&[
            number.into(),
            post.0.into(),
            post.1.into(),
            is_repost.into(),
        ])) {
            return;
        }
        let deed = if is_repost { Deed::Repost(post) } else { Deed::Like(post) };
        self.push(at, number, deed);
        self.note_inward(account, Some(recent));
        let later = at + 2_000 + days(chance.waiting(0.02));
        if !is_repost && chance.holds(0.01) {
            self.push(later, number, Deed::Unlike(post));
        } else if chance.holds(0.002) {
            self.push(later, number, Deed::ReportPost(post));
        } else if chance.holds(0.0008) {
            self.push(later, number, Deed::ReportAccount(post.0));
        }
    }

    /// Counts what a network does with its own posts.
    fn note_inward(&mut self, account: &Account, to: Option<Recent>) {
        let Some(to) = to else { return };
        let of = self.accounts[to.account as usize];
        if account.class.is_network() && of.class.is_network() {
            self.inward[of.community as usize / 2] += 1;
        }
    }

    fn follow(&mut self, number: u32, at: Moment, target: Option<u32>, chance: &mut Chance) {
        for _ in 0..3 {
            let target = match target {
                Some(target) => target,
                None => match self.followable(number, chance) {
                    Some(target) => target,
                    None => continue,
                },
            };
            let is_open = self.accounts[target as usize].is_open(at);
            if target != number && is_open && self.follows.insert(edge(number, target)) {
                self.accounts[target as usize].followers += 1;
                self.accounts[number as usize].following += 1;
                return self.push(at, number, Deed::Follow(target));
            }
        }
    }

    /// Whom an account may follow: of its community, the oldest most of all; else anybody.
    fn followable(&self, number: u32, chance: &mut Chance) -> Option<u32> {
        let account = self.accounts[number as usize];
        let community = if chance.holds(0.8) {
            account.community
        } else {
            chance.below(u32::try_from(self.members.len()).unwrap_or(1))
        };
        let members = &self.members[community as usize];
        (!members.is_empty()).then(|| members[chance.ranked(members.len())])
    }

    fn unfollow(&mut self, number: u32, at: Moment, chance: &mut Chance) {
        for _ in 0..8 {
            let Some(target) = self.followable(number, chance) else { return };
            if self.follows.remove(&edge(number, target)) {
                let followed = &mut self.accounts[target as usize].followers;
                *followed = followed.saturating_sub(1);
                let following = &mut self.accounts[number as usize].following;
                *following = following.saturating_sub(1);
                return self.push(at, number, Deed::Unfollow(target));
            }
        }
    }

    /// What opponents and anybody do with the network's posts of this hour, so that the
    /// shares are those of the study.
    pub(crate) fn interact(&mut self, from: Moment) {
        for network in 0..self.networks.len() {
            let draw = [purpose::HOUR, 3, network as u64, from.unsigned_abs()];
            let mut chance = Chance::of(self.seed, &draw);
            let inward = f64::from(self.inward[network]);
            let number = u32::try_from(network).unwrap_or(0);
            for _ in 0..chance.poisson(inward * OPPOSED / INWARD) {
                let class = if chance.holds(0.5) { Class::Counter } else { Class::Condemner };
                if let Some(account) = self.somebody(class, number, &mut chance) {
                    self.oppose(account, number, from, &mut chance);
                }
            }
            // Some of the others come by themselves, by what the neighbours see.
            for _ in 0..chance.poisson(inward * (1.0 - INWARD - OPPOSED) / INWARD * 0.8) {
                let account = match chance.holds(0.6) {
                    true => self.somebody(Class::Sympathiser, number, &mut chance),
                    false => Some(chance.below(self.parameters.accounts)),
                };
                if let Some(account) = account {
                    self.touch(account, number, from, &mut chance);
                }
            }
        }
    }

    /// The post and moment at which somebody outside meets a network's post.
    fn met(
        &self,
        account: u32,
        network: u32,
        from: Moment,
        chance: &mut Chance,
    ) -> Option<(PostKey, Moment)> {
        let recent = self.ring_of(network, chance)?;
        let at = from.max(recent.at + 5_000) + Moment::from(chance.below(3_000_000));
        let at = at.min(from + HOUR - 1);
        let is_open = self.accounts[account as usize].is_open(at);
        (is_open && at > recent.at).then_some(((recent.account, recent.number), at))
    }

    fn oppose(&mut self, account: u32, network: u32, from: Moment, chance: &mut Chance) {
        let Some((post, at)) = self.met(account, network, from, chance) else { return };
        let of = self.accounts[account as usize];
        let class =
            if of.class == Class::Counter { PostClass::Counter } else { PostClass::Condemn };
        let posts = of.posts;
        self.accounts[account as usize].posts += 1;
        let said = Said {
            number: posts,
            class,
            topic: 0,
            network,
            epoch: self.networks[network as usize].epoch,
            reply: Some(post),
            quote: None,
            friend: None,
            named: None,
        };
        self.push(at, account, Deed::Post(said));
    }

    fn touch(&mut self, account: u32, network: u32, from: Moment, chance: &mut Chance) {
        let Some((post, at)) = self.met(account, network, from, chance) else { return };
        let own = habit::own(self.seed, account, self.accounts[account as usize].class);
        let deed = if chance.holds(own.reposts) { Deed::Repost(post) } else { Deed::Like(post) };
        self.push(at, account, deed);
    }
}

/// What a post of an account is.
fn drawn_class(class: Class, chance: &mut Chance) -> PostClass {
    let posts = habit::posts(class);
    let mut left = chance.share() * posts.iter().map(|(_, weight)| weight).sum::<f64>();
    for (post, weight) in posts {
        left -= weight;
        if left < 0.0 {
            return *post;
        }
    }
    PostClass::Ordinary
}

fn edge(from: u32, to: u32) -> u64 {
    u64::from(from) << 32 | u64::from(to)
}
