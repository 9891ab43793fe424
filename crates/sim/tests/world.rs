//! A world keeps its promises: it is the same each time, nothing in it is a shortcut, and it
//! reacts to what is done to it.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::{EventBody, PlatformId, Post};
use seawall_sim::{
    Action, Cause, Class, Deed, Disorder, Item, Last, Parameters, Picture, PostClass, Sending,
    Truth, World,
};

/// A small world with two networks and a sweep.
fn small() -> Parameters {
    let weeks = Parameters::preset("weeks").unwrap();
    let mut policy = weeks.policy.clone();
    policy.sweeps[0].day = 10;
    Parameters {
        days: 20,
        accounts: 2_000,
        networks: 2,
        actors: 40,
        field_days: vec![5, 12],
        policy,
        ..weeks
    }
}

struct Told {
    world: World,
    items: Vec<Item>,
    truths: Vec<Truth>,
}

fn told(parameters: Parameters, seed: u64, mut act: impl FnMut(&World) -> Vec<Action>) -> Told {
    let mut world = World::new(parameters, seed).unwrap();
    let (mut items, mut truths) = (Vec::new(), Vec::new());
    while !world.is_over() {
        let actions = act(&world);
        let step = world.step(&actions);
        assert_eq!(step.before, items.len() as u64);
        items.extend(step.items);
        truths.extend(step.truths);
    }
    Told { world, items, truths }
}

fn nothing(_: &World) -> Vec<Action> {
    Vec::new()
}

#[test]
fn a_world_is_the_same_each_time_and_another_with_another_seed() {
    let first = told(small(), 5, nothing);
    let again = told(small(), 5, nothing);
    let other = told(small(), 6, nothing);
    assert_eq!(first.items, again.items);
    assert_eq!(first.truths, again.truths);
    assert_ne!(first.items, other.items);
    let event = |told: &Told, at: usize| told.world.event(at as u64, &told.items[at]);
    for at in (0..first.items.len()).step_by(997) {
        assert_eq!(event(&first, at), event(&again, at));
    }
}

#[test]
fn events_are_in_order_and_of_accounts_that_are_open() {
    let told = told(small(), 5, nothing);
    assert!(told.items.is_sorted_by_key(|item| item.at));
    let mut closed: BTreeMap<u32, bool> = BTreeMap::new();
    for item in &told.items {
        match item.deed {
            Deed::Suspended | Deed::Deleted => {
                assert_ne!(closed.insert(item.account, true), Some(true), "closed twice");
            }
            Deed::Reinstated => assert_eq!(closed.insert(item.account, false), Some(true)),
            Deed::Field(_) | Deed::PostDeleted(_) => {}
            _ => assert_ne!(closed.get(&item.account), Some(&true), "{item:?} of a closed account"),
        }
    }
    assert!(closed.len() > 50);
}

/// Uses from which on a phrase stands often, in a small world.
const OFTEN: u32 = 20;

/// What posts and profiles of one side hold.
#[derive(Default)]
struct Seen {
    classes: BTreeSet<PostClass>,
    /// How often each tag stands.
    tags: BTreeMap<String, u32>,
    hosts: BTreeSet<String>,
    clips: BTreeSet<u32>,
    handles: BTreeSet<String>,
    /// Of posts that are no proverbs: how often Arabic is adorned in each way.
    adorned: BTreeMap<&'static str, u32>,
    bios: u32,
    /// Posts in each language, and how often each run of three words stands in them.
    posts: BTreeMap<String, u32>,
    phrases: BTreeMap<(String, String), u32>,
}

impl Seen {
    /// Counts the phrases of a post whose language is told; tags, names and links are none.
    fn read(&mut self, post: &Post) {
        let (Some(language), Some(text)) = (post.languages.first(), &post.text) else { return };
        *self.posts.entry(language.to_string()).or_default() += 1;
        let plain = |word: &&str| !word.starts_with(['#', '@']) && !word.starts_with("https:");
        let words: Vec<&str> = text.split_whitespace().filter(plain).collect();
        for words in words.windows(3) {
            *self.phrases.entry((language.to_string(), words.join(" "))).or_default() += 1;
        }
    }

    /// Phrases that stand here often, that the other side would have eight times or more if it
    /// spoke alike, and that it has not.
    fn own<'a>(&'a self, other: &'a Self) -> Vec<&'a (String, String)> {
        let expected = |language: &String, times: u32| {
            let posts = other.posts.get(language).copied().unwrap_or_default();
            times * posts / self.posts[language]
        };
        let often = self
            .phrases
            .iter()
            .filter(|((language, _), times)| **times >= OFTEN && expected(language, **times) >= 8);
        often.map(|(phrase, _)| phrase).filter(|p| !other.phrases.contains_key(p)).collect()
    }
}

/// What adorns a text: vowel signs, drawn-out lines, a letter repeated, signs of no width.
fn adornments(text: &str) -> impl Iterator<Item = &'static str> {
    let letters: Vec<char> = text.chars().collect();
    let is_repeated =
        letters.windows(3).any(|w| w[0] == w[1] && w[1] == w[2] && "اوي".contains(w[0]));
    let has = |of: std::ops::RangeInclusive<char>| letters.iter().any(|c| of.contains(c));
    let found = [
        ("fatha", has('\u{64e}'..='\u{64e}')),
        ("shadda", has('\u{651}'..='\u{651}')),
        ("tatweel", has('ـ'..='ـ')),
        ("repeated", is_repeated),
        ("no width", has('\u{200c}'..='\u{200c}')),
    ];
    found.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name)
}

/// The form of a handle: letters, digits and the rest, each once.
fn form(handle: &str) -> String {
    let mut form = String::new();
    for letter in handle.trim_end_matches(".example").chars() {
        let kind = match letter {
            'a'..='z' => 'a',
            '0'..='9' => '9',
            other => other,
        };
        if !form.ends_with(kind) {
            form.push(kind);
        }
    }
    form
}

fn world_class(world: &World, item: &Item) -> Option<PostClass> {
    world.post_truth(item).map(|(_, class)| class)
}

/// The pictures of a post that are an outlet's pieces, whichever version of them.
fn clips(post: &Post, seed: u64) -> impl Iterator<Item = u32> {
    let picture = move |id: &PlatformId| Picture::from_id(id.as_str(), seed).unwrap().number;
    let pictures = post.media.iter().filter_map(|media| media.id.as_ref()).map(picture);
    pictures.filter(|number| *number >= 3_000_000_000)
}

/// Whether a tag is a loud one with a thing or place of somebody's taste added.
fn is_of_taste(tag: &str, all: &BTreeMap<String, u32>) -> bool {
    tag.match_indices('_').any(|(at, _)| all.contains_key(&tag[..at]))
}

#[test]
fn nothing_of_the_network_is_its_own() {
    let told = told(Parameters { days: 30, ..small() }, 5, nothing);
    let mut sides = [Seen::default(), Seen::default()];
    for (number, item) in (0..).zip(&told.items) {
        let side = &mut sides[usize::from(told.world.class(item.account).is_network())];
        if let Some((_, class)) = told.world.post_truth(item) {
            side.classes.insert(class);
        }
        let event = told.world.event(number, item);
        if let Some(handle) = event.profile.as_ref().and_then(|profile| profile.handle.as_ref()) {
            assert!(handle.ends_with(".example"));
            side.handles.insert(form(handle));
        }
        side.bios += u32::from(event.profile.as_ref().is_some_and(|p| p.bio.is_some()));
        let EventBody::PostCreated(post) = &event.body else { continue };
        let is_proverb = world_class(&told.world, item) == Some(PostClass::Proverb);
        for name in adornments(post.text.as_deref().unwrap_or_default()).filter(|_| !is_proverb) {
            *side.adorned.entry(name).or_default() += 1;
        }
        side.read(post);
        for tag in &post.tags {
            *side.tags.entry(tag.to_string()).or_default() += 1;
        }
        for link in &post.links {
            let host = link.strip_prefix("https://").unwrap().split_once('/').unwrap().0;
            assert!(host.ends_with(".example"));
            side.hosts.insert(host.to_owned());
        }
        side.clips.extend(clips(post, told.world.seed()));
    }
    let [innocents, network] = sides;
    assert_eq!(innocents.adorned.len(), 5);
    for (name, times) in &innocents.adorned {
        assert!(*times > 20 && network.adorned[name] > 2, "{name}: {times}");
    }
    assert!(innocents.bios > 100 && network.bios > 20);
    assert_eq!(innocents.classes.len(), PostClass::ALL.len());
    assert_eq!(innocents.classes, network.classes);
    assert_eq!(network.handles.difference(&innocents.handles).next(), None);
    let shared = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.intersection(b).count();
    // Tags and links of one person's taste apart, and what a small world has once or twice,
    // everything occurs on both sides.
    let frequent = network.tags.iter().filter(|(_, times)| **times > 2).map(|(tag, _)| tag);
    let own: Vec<&String> = frequent
        .filter(|tag| !is_of_taste(tag, &innocents.tags) && !innocents.tags.contains_key(*tag))
        .collect();
    assert_eq!(own, Vec::<&String>::new());
    assert!(shared(&network.hosts, &innocents.hosts) * 100 > network.hosts.len() * 97);
    assert!(network.phrases.values().filter(|times| **times >= OFTEN).count() > 50);
    assert_eq!(network.own(&innocents), Vec::<&(String, String)>::new());
    let own = innocents.own(&network).len();
    let often = innocents.phrases.values().filter(|times| **times >= OFTEN).count();
    assert!(own * 100 < often, "{own} of {often}: {:?}", innocents.own(&network));
    let clips = network.clips.intersection(&innocents.clips).count();
    assert!(
        clips > 20 && clips * 100 > network.clips.len() * 90,
        "{clips} of {}",
        network.clips.len()
    );
}

#[test]
fn both_sides_quote_delete_and_follow_when_they_are_new() {
    let told = told(Parameters { days: 40, accounts: 6_000, ..small() }, 5, nothing);
    let (mut quoting, mut quoted) = (BTreeSet::new(), BTreeSet::new());
    // By side: accounts and posts deleted by their owners.
    let mut deleted = [[0_u32; 2]; 2];
    // Of those who sign up: when, and whom they follow within a day.
    let mut new: BTreeMap<u32, (i64, u32)> = BTreeMap::new();
    for item in &told.items {
        let class = told.world.class(item.account);
        let side = usize::from(class.is_network());
        match item.deed {
            Deed::Post(said) if said.quote.is_some() => {
                quoting.insert(class);
                quoted.insert(said.class);
            }
            Deed::Deleted => deleted[side][0] += 1,
            Deed::PostDeleted(_) => deleted[side][1] += 1,
            Deed::Created => {
                new.insert(item.account, (item.at, 0));
            }
            Deed::Follow(_) => {
                if let Some((born, follows)) = new.get_mut(&item.account) {
                    *follows += u32::from(item.at - *born < 86_400_000);
                }
            }
            _ => {}
        }
    }
    assert_eq!(quoting.len(), Class::ALL.len(), "{quoting:?}");
    assert_eq!(quoted.len(), PostClass::ALL.len(), "{quoted:?}");
    assert!(deleted.as_flattened().iter().all(|times| *times > 0), "{deleted:?}");
    let [innocents, network] = [false, true].map(|side| {
        let of_side =
            new.iter().filter(|(account, _)| told.world.class(**account).is_network() == side);
        let follows: Vec<f64> = of_side.map(|(_, (_, follows))| f64::from(*follows)).collect();
        assert!(follows.len() > 50 && follows.contains(&0.0));
        follows.iter().sum::<f64>() / follows.len() as f64
    });
    assert!((innocents - network).abs() < 1.0, "{innocents} and {network}");
}

#[test]
fn ids_of_pictures_do_not_tell_who_posts_them() {
    let told = told(Parameters { days: 12, ..small() }, 5, nothing);
    let mut sides = [BTreeSet::new(), BTreeSet::new()];
    for (number, item) in (0..).zip(&told.items) {
        if let EventBody::PostCreated(post) = told.world.event(number, item).body {
            let side = &mut sides[usize::from(told.world.class(item.account).is_network())];
            let ids = post.media.into_iter().filter_map(|media| media.id);
            side.extend(ids.map(|id| u64::from_str_radix(&id.as_str()[2..], 36).unwrap()));
        }
    }
    let [innocents, network] = &sides;
    let own: Vec<u64> = network.difference(innocents).copied().collect();
    assert!(own.len() > 200 && innocents.len() > 1_000, "{} {}", own.len(), innocents.len());
    // Whoever guesses by the order of the ids guesses as well as a coin, within its error.
    let before: usize = own.iter().map(|id| innocents.range(..id).count()).sum();
    let area = before as f64 / (own.len() * innocents.len()) as f64;
    assert!((area - 0.5).abs() < 0.06, "{area}");
}

fn accounts(told: &Told) -> impl Iterator<Item = (&PlatformId, Class, Option<&PlatformId>)> {
    told.truths.iter().filter_map(|truth| match truth {
        Truth::Account { account, class, returns, .. } => {
            Some((account, *class, returns.as_ref().map(|(parent, _)| parent)))
        }
        _ => None,
    })
}

#[test]
fn who_is_closed_by_an_action_comes_back() {
    let quiet = Parameters { policy: seawall_sim::Policy::census(), ..small() };
    let members = {
        let mut world = World::new(quiet.clone(), 5).unwrap();
        let truths = world.step(&[]).truths;
        truths
            .into_iter()
            .filter_map(|truth| match truth {
                Truth::Account { account, class, is_backup: false, .. } if class.is_network() => {
                    Some(account)
                }
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert!(members.len() > 60);
    let told = told(quiet, 5, |world| match world.hour() {
        48 => members.iter().cloned().map(Action::Suspend).collect(),
        _ => Vec::new(),
    });
    let closed = |truth: &&Truth| matches!(truth, Truth::Closed { cause: Cause::Action, .. });
    assert_eq!(told.truths.iter().filter(closed).count(), members.len());
    let parents: BTreeSet<&PlatformId> = members.iter().collect();
    let back = accounts(&told).filter(|(_, _, parent)| parent.is_some_and(|p| parents.contains(p)));
    let back = back.count();
    assert!(back > members.len() / 4 && back < members.len(), "{back} of {}", members.len());
}

#[test]
fn nobody_answers_an_account_that_is_restricted() {
    let plain = told(small(), 5, nothing);
    // The member whose posts are answered most, of those who are there from the start.
    let there = u32::try_from(World::new(small(), 5).unwrap().accounts()).unwrap();
    let mut answers: BTreeMap<u32, u32> = BTreeMap::new();
    let target = |item: &Item| match item.deed {
        Deed::Like((author, _)) | Deed::Repost((author, _)) => Some(author),
        _ => None,
    };
    for author in plain.items.iter().filter_map(target).filter(|author| *author < there) {
        *answers.entry(author).or_default() += u32::from(plain.world.class(author).is_network());
    }
    let (&loud, &most) = answers.iter().max_by_key(|(_, count)| **count).unwrap();
    assert!(most > 50);
    let id = plain.world.id(loud);
    assert_eq!(plain.world.account(&id), Some(loud));
    let restricted = told(small(), 5, |_| vec![Action::Restrict(id.clone())]);
    let left = restricted.items.iter().filter(|item| target(item) == Some(loud)).count();
    assert_eq!(left, 0);
}

#[test]
fn nobody_meets_a_post_that_is_hidden() {
    let plain = told(small(), 5, nothing);
    let target = |item: &Item| match item.deed {
        Deed::Like(post) | Deed::Repost(post) => Some(post),
        _ => None,
    };
    let mut met: BTreeMap<(u32, u32), Vec<i64>> = BTreeMap::new();
    for item in &plain.items {
        if let Some(post) = target(item) {
            met.entry(post).or_default().push(item.at);
        }
    }
    // The post that is met most after the hour in which it was met first.
    let hour = |at: i64| u32::try_from(at / 3_600_000).unwrap();
    let later = |times: &[i64]| times.iter().filter(|at| hour(**at) > hour(times[0])).count();
    let (&post, times) = met.iter().max_by_key(|(_, times)| later(times)).unwrap();
    let first = hour(times[0]);
    let after = |items: &[Item], hour: u32| {
        let from = i64::from(hour) * 3_600_000;
        items.iter().filter(|item| item.at >= from && target(item) == Some(post)).count()
    };
    assert!(after(&plain.items, first + 1) > 1);
    let id = plain.world.post_id(post);
    assert_eq!(plain.world.post_key(&id), Some(post));
    let hidden = told(small(), 5, |world| match world.hour() {
        hour if hour == first + 1 => vec![Action::Hide(id.clone())],
        _ => Vec::new(),
    });
    assert!(after(&hidden.items, 0) > 0, "it was met before");
    assert_eq!(after(&hidden.items, first + 1), 0);
    let is_told = hidden.items.iter().any(|item| match item.deed {
        Deed::PostDeleted(number) | Deed::Seen(number, _) => {
            (item.account, number) == post && item.at >= i64::from(first + 1) * 3_600_000
        }
        _ => false,
    });
    assert!(!is_told, "who hides a post tells nothing of it");
}

#[test]
fn a_post_that_is_removed_is_told_as_deleted() {
    let post = {
        let plain = told(Parameters { days: 2, ..small() }, 5, nothing);
        let first = plain.items.iter().find_map(|item| plain.world.post_truth(item)).unwrap();
        plain.world.post_id(first.0)
    };
    let told = told(Parameters { days: 2, ..small() }, 5, |world| match world.hour() {
        30 => vec![Action::Remove(post.clone())],
        _ => Vec::new(),
    });
    let removed =
        (0..).zip(&told.items).filter_map(|(n, item)| match told.world.event(n, item).body {
            EventBody::PostDeleted { post } => Some(post),
            _ => None,
        });
    assert_eq!(removed.filter(|gone| *gone == post).count(), 1);
}

#[test]
fn disorder_delays_and_doubles_the_shares_it_is_told() {
    let disorder = Disorder { late: 0.05, doubled: 0.02, shuffled: 0.1 };
    let mut world = World::new(Parameters { days: 3, ..small() }, 5).unwrap();
    let mut sending = Sending::new(disorder, 5);
    let (mut all, mut sent) = (0, Vec::new());
    while !world.is_over() {
        let step = world.step(&[]);
        all += step.items.len();
        let last = if world.is_over() { Last::Yes } else { Last::No };
        sent.extend(sending.send(&step, world.hour(), last));
    }
    let numbers: BTreeSet<u64> = sent.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), all, "nothing is lost");
    let share = |count: usize| count as f64 / all as f64;
    assert!((share(sent.len() - all) - 0.02).abs() < 0.005);
    let mut newest = 0;
    let late = sent.iter().filter(|(_, item)| {
        newest = newest.max(item.at);
        newest - item.at > 3_600_000
    });
    assert!((share(late.count()) - 0.06).abs() < 0.015);
}

#[test]
fn waves_bring_throwaways_that_post_on_the_tag_they_take() {
    let told = told(small(), 5, nothing);
    let waves: Vec<_> = told
        .truths
        .iter()
        .filter_map(|truth| match truth {
            Truth::Wave { tag, accounts, field_event, .. } => Some((tag, accounts, field_event)),
            _ => None,
        })
        .collect();
    assert_eq!(waves.len(), 2);
    for (tag, accounts, field_event) in waves {
        assert!(accounts.len() > 5 && field_event.starts_with("field-"));
        let own: BTreeSet<u32> =
            accounts.iter().map(|id| told.world.account(id).unwrap()).collect();
        let mut tagged = 0;
        for (number, item) in (0..).zip(&told.items).filter(|(_, item)| own.contains(&item.account))
        {
            if let EventBody::PostCreated(post) = told.world.event(number, item).body {
                tagged += usize::from(post.tags.iter().any(|own| **own == **tag));
            }
        }
        assert!(tagged > accounts.len(), "{tagged}");
    }
}
