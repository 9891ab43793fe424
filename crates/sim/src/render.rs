//! Makes an event of each item: words, tags, links, pictures, profiles.
//!
//! What is written depends on the world and the item alone, so items can be rendered in
//! any order and on any thread. How posts look is `saying`; this file is the rest.

use seawall_model::{
    Engagement, EngagementKind, Event, EventBody, FieldEvent, Follow, MediaRef, Profile, Report,
    Standing, State, Subject,
};

use crate::account::{Account, purpose};
use crate::chance::Chance;
use crate::class::{Class, PostClass};
use crate::faction;
use crate::id::{event_id, field_id, platform_id};
use crate::item::{Counts, Deed, Item, PostKey};
use crate::name::SUFFIX;
use crate::parameters::Pictures;
use crate::picture::Picture;
use crate::words::Language;
use crate::world::World;

/// Programs that people post with, and how many of the innocents use each.
const CLIENTS: [(&str, f64, f64); 6] = [
    ("android", 40.0, 36.0),
    ("web", 26.0, 24.0),
    ("ios", 23.0, 9.0),
    ("lite", 5.0, 12.0),
    ("deck", 4.0, 8.0),
    ("scheduler", 2.0, 6.0),
];

/// The share of profiles that tell a language.
const TELLS_LANGUAGE: f64 = 0.6;

impl World {
    /// The event of an item; `number` is how many items there were before it.
    ///
    /// Cost: a microsecond or two for a post, a tenth of that for the others.
    #[must_use]
    pub fn event(&self, number: u64, item: &Item) -> Event {
        let Item { at, account, deed, .. } = *item;
        let id = match deed {
            Deed::Field(field) => field_id(field),
            _ => format!("e-{number}"),
        };
        let is_nobodys = matches!(deed, Deed::Field(_) | Deed::Seen(..));
        Event {
            id: event_id(id),
            at: self.time(at),
            account: (!is_nobodys).then(|| self.id(account)),
            profile: self.profile_of(item).map(Box::new),
            body: self.body(item),
            extra: Vec::new(),
        }
    }

    /// What a post is, for the truth; `None` for what is no new post.
    #[must_use]
    pub fn post_truth(&self, item: &Item) -> Option<(PostKey, PostClass)> {
        match item.deed {
            Deed::Post(said) => Some(((item.account, said.number), said.class)),
            _ => None,
        }
    }

    fn body(&self, item: &Item) -> EventBody {
        let account = item.account;
        match item.deed {
            Deed::Created => EventBody::AccountCreated,
            Deed::Profile(_) => EventBody::AccountUpdated,
            Deed::Suspended => EventBody::AccountSuspended(Standing {
                status: Some("suspended".into()),
                policy: Some("kettle rules".into()),
                ..Standing::default()
            }),
            Deed::Reinstated => EventBody::AccountReinstated(Standing::default()),
            Deed::Deleted => EventBody::AccountDeleted,
            Deed::Post(said) => EventBody::PostCreated(Box::new(self.say(account, item.at, &said))),
            Deed::Edited(said) => {
                let mut post = self.say(account, item.at, &said);
                post.text = post.text.map(|text| self.edited(account, said.number, &text).into());
                EventBody::PostEdited(Box::new(post))
            }
            Deed::PostDeleted(number) => {
                EventBody::PostDeleted { post: self.post_id((account, number)) }
            }
            Deed::Like(post) => self.engagement(EngagementKind::Like, post, 1, State::Made),
            Deed::Unlike(post) => self.engagement(EngagementKind::Like, post, 1, State::Withdrawn),
            Deed::Repost(post) => self.engagement(EngagementKind::Repost, post, 1, State::Made),
            Deed::Seen(number, count) => {
                let post = (account, number);
                self.engagement(EngagementKind::View, post, u64::from(count), State::Made)
            }
            Deed::Follow(target) => self.followed(target, State::Made),
            Deed::Unfollow(target) => self.followed(target, State::Withdrawn),
            Deed::ReportAccount(subject) => self.report(item, Subject::Account(self.id(subject))),
            Deed::ReportPost(post) => self.report(item, Subject::Post(self.post_id(post))),
            Deed::Field(field) => self.field(field),
        }
    }

    fn engagement(
        &self,
        kind: EngagementKind,
        post: PostKey,
        count: u64,
        state: State,
    ) -> EventBody {
        EventBody::Engagement(Engagement {
            kind,
            post: Some(self.post_id(post)),
            of: None,
            count,
            state,
            extra: Vec::new(),
        })
    }

    fn followed(&self, target: u32, state: State) -> EventBody {
        EventBody::Follow(Follow {
            target: Some(self.id(target)),
            of: None,
            state,
            extra: Vec::new(),
        })
    }

    fn report(&self, item: &Item, subject: Subject) -> EventBody {
        let draw = [purpose::DEED, 5, u64::from(item.account), item.at.unsigned_abs()];
        let mut chance = Chance::of(self.seed, &draw);
        let reason = ["extremism", "spam", "harassment", "impersonation"];
        let reason = reason[chance.weighted(&[55.0, 25.0, 14.0, 6.0])];
        EventBody::Report(Box::new(Report {
            subject,
            reason: Some(reason.into()),
            text: None,
            extra: Vec::new(),
        }))
    }

    fn field(&self, field: u32) -> EventBody {
        let event = &self.calendar.field_events[field as usize];
        let name = format!(
            "Public boiling of {}: {}",
            faction::full(event.network, Language::English),
            faction::campaign(event.network, Self::day(event.at), Language::English)
        );
        EventBody::FieldEvent(Box::new(FieldEvent {
            name: name.into(),
            place: Some(format!("Square {}", field + 1).into()),
            source: Some(format!("https://gazette{SUFFIX}/{field}").into()),
            ends_at: Some(self.time(event.ends)),
            extra: Vec::new(),
        }))
    }

    /// The profile that an event carries.
    fn profile_of(&self, item: &Item) -> Option<Profile> {
        match item.deed {
            Deed::Created => Some(self.profile(item.account, Counts::default())),
            Deed::Profile(counts) => Some(self.profile(item.account, counts)),
            _ => None,
        }
    }

    /// The handle of an account, with its suffix.
    #[must_use]
    pub fn handle(&self, number: u32) -> String {
        let account = &self.accounts[number as usize];
        self.naming(number).handle(&self.words[account.language as usize]) + SUFFIX
    }

    fn profile(&self, number: u32, counts: Counts) -> Profile {
        let account = &self.accounts[number as usize];
        let words = &self.words[account.language as usize];
        let mut chance = Chance::of(self.seed, &[purpose::PROFILE, u64::from(number)]);
        let naming = self.naming(number);
        let bio = bio_of(account.class, &mut chance);
        let bio = bio.map(|list| words.bio(list, self.gender(number), &mut chance));
        let has_face = !chance.holds(0.06);
        let link = self.profile_link(account, &mut chance);
        let language = chance.holds(TELLS_LANGUAGE).then(|| account.language.tag().into());
        let client = if chance.holds(0.6) { self.client(number, &mut chance) } else { None };
        Profile {
            handle: Some((naming.handle(words) + SUFFIX).into()),
            name: naming.name(words).map(Into::into),
            bio: bio.map(Into::into),
            avatar: has_face
                .then(|| self.picture(Picture { number: account.face, version: account.version })),
            links: link.map(Into::into).into_iter().collect(),
            created_at: Some(self.time(account.born)),
            followers: Some(counts.followers.into()),
            following: Some(counts.following.into()),
            posts: Some(counts.posts.into()),
            language,
            client,
            ..Profile::default()
        }
    }

    /// The link of a profile: to an invitation, to a site of one's own, or none.
    fn profile_link(&self, account: &Account, chance: &mut Chance) -> Option<String> {
        let near = matches!(account.class, Class::Sympathiser | Class::Spammer | Class::Fan);
        let invites = match account.class {
            class if class.is_network() => 0.22,
            _ if near => 0.12,
            _ => 0.01,
        };
        if chance.holds(invites) {
            return Some(self.outlet(account.community / 2, 0, chance.below(6)));
        }
        chance.holds(0.2).then(|| self.favourite_link(account, chance))
    }

    /// The program an account posts with; mostly the same one.
    pub(crate) fn client(&self, number: u32, chance: &mut Chance) -> Option<Box<str>> {
        let class = self.accounts[number as usize].class;
        let weights = CLIENTS.map(|(_, innocent, network)| match class {
            Class::Spammer | Class::Fan => (innocent + network) / 2.0,
            class if class.is_network() => network,
            _ => innocent,
        });
        let mut own = Chance::of(self.seed, &[purpose::PROFILE, 1, u64::from(number)]);
        let usual = own.weighted(&weights);
        let index = if chance.holds(0.88) { usual } else { chance.weighted(&weights) };
        Some(CLIENTS[index].0.into())
    }

    /// A picture as the platform tells of it.
    pub(crate) fn picture(&self, picture: Picture) -> MediaRef {
        MediaRef {
            id: Some(platform_id(picture.id(self.seed))),
            sha256: (self.parameters.pictures == Pictures::Hashes).then(|| picture.sha256()),
            mime: Some("image/bmp".into()),
            ..MediaRef::default()
        }
    }
}

/// The list that an account's biography is from; `None` for none.
fn bio_of(class: Class, chance: &mut Chance) -> Option<&'static str> {
    const ORDINARY: &str = "bio ordinary";
    const SUPPORT: &str = "bio support";
    let own = match class {
        Class::Newsroom | Class::Journalist => "bio press",
        Class::Archive => "bio archive",
        Class::Fan => "bio fan",
        Class::Scholar => "bio scholar",
        Class::Proverb => "bio proverb",
        Class::Spammer => "bio spam",
        Class::Sympathiser => SUPPORT,
        class if class.is_network() => SUPPORT,
        _ => ORDINARY,
    };
    let weights = match class {
        Class::Newsroom | Class::Archive => [4.0, 80.0, 6.0, 10.0],
        Class::Throwaway => [70.0, 6.0, 2.0, 22.0],
        Class::Ordinary => [30.0, 64.0, 0.4, 5.6],
        class if class.is_network() => [18.0, 58.0, 4.0, 20.0],
        _ => [20.0, 20.0, 6.0, 54.0],
    };
    match chance.weighted(&weights) {
        0 => None,
        1 => Some(own),
        2 => Some(SUPPORT),
        _ => Some(ORDINARY),
    }
}
