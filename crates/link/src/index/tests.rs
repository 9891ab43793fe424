//! The index held against a plain scan of all profiles.

use super::*;
use crate::simulate::{Account, Draws, MODEL};
use crate::{Seen, score};

struct World {
    removed: Vec<Account>,
    index: Index,
    seen: Seen,
}

fn world(count: u64, seed: u64) -> World {
    let mut draws = Draws(seed << 40);
    let removed: Vec<Account> = (0..count).map(|_| Account::draw(&mut draws)).collect();
    let (mut index, mut seen) = (Index::new(), Seen::new());
    for (id, account) in (1..).zip(&removed) {
        let sketch = account.sketch();
        seen.add(&sketch);
        index.insert(EntryId(id), sketch).unwrap();
    }
    World { removed, index, seen }
}

/// The oracle: every profile is scored.
fn best_of_all(world: &World, new: &Profile, model: &LinkModel) -> Option<(EntryId, MatchWeight)> {
    let rare = Populations { seen: &world.seen, removed: &world.index };
    let ids = (1..=world.removed.len() as u64).map(EntryId);
    ids.filter_map(|id| Some((id, score(new, world.index.get(id)?, model, &rare))))
        .filter(|(_, weight)| families(weight) != Families::NONE)
        .max_by_key(|(id, weight)| (weight.total, Reverse(*id)))
}

#[test]
fn within_its_bounds_the_index_finds_what_a_plain_scan_finds() {
    let model = &*MODEL;
    let mut scratch = Scratch::new();
    let (mut found, mut complete) = (0, 0);
    for seed in 0..8 {
        let mut world = world(150, seed);
        let mut draws = Draws(seed);
        for number in 0..40 {
            let account = match number % 2 {
                0 => world.removed[number].returned(&mut draws),
                _ => Account::draw(&mut draws),
            };
            let new = account.sketch();
            world.seen.add(&new);
            let best = world.index.best(&new, model, &world.seen, &mut scratch);
            assert_eq!(best, best_of_all(&world, &new, model), "{seed} {number}");
            found += usize::from(best.is_some());
            complete += usize::from(scratch.work().keys_left_out == 0);
        }
    }
    assert_eq!(complete, 320, "the bounds must not bind here");
    assert!((150..320).contains(&found), "{found}");
}

/// Recall of the plain scan's best among 20,000, and what it costs.
#[test]
fn among_many_the_index_finds_nearly_all_that_a_plain_scan_finds() {
    let model = &*MODEL;
    let mut world = world(20_000, 99);
    let mut draws = Draws(7);
    let mut scratch = Scratch::new();
    let (mut likely, mut same, mut own, mut returns) = (0, 0, 0, 0);
    let (mut read, mut candidates, mut all) = (0, 0, 0);
    for number in 0..80 {
        let parent = number * 197;
        let new = world.removed[parent].returned(&mut draws).sketch();
        world.seen.add(&new);
        let best = world.index.best(&new, model, &world.seen, &mut scratch);
        let work = scratch.work();
        assert!(work.read <= 10_000 && work.candidates <= 200, "{work:?}");
        (read, candidates, all) = (read + work.read, candidates + work.candidates, all + 1);
        let oracle = best_of_all(&world, &new, model);
        // What is worth a person's time: likelier than not one person in a hundred.
        let Some(oracle) = oracle.filter(|(_, weight)| weight.total >= MilliBits(-7_000)) else {
            continue;
        };
        likely += 1;
        same += usize::from(best == Some(oracle));
        returns += usize::from(oracle.0.0 == parent as u64 + 1);
        own += usize::from(best.is_some_and(|(id, _)| id.0 == parent as u64 + 1));
    }
    let figures = format!(
        "of {likely} likely returns the same best for {same}; the true one {own} of {returns}; \
         per account {} votes read, {} candidates",
        read / all,
        candidates / all
    );
    println!("{figures}");
    assert!(likely >= 35, "{figures}");
    assert!(same * 100 >= likely * 95, "{figures}");
    assert!(own * 100 >= returns * 95, "{figures}");
}

#[test]
fn answers_do_not_depend_on_the_order_of_inserting() {
    let mut ordered = world(3_000, 5);
    let mut mixed = Index::new();
    let mut ids: Vec<u64> = (1..=3_000).collect();
    ids.sort_unstable_by_key(|id| mix(*id));
    for id in &ids {
        let profile = ordered.removed[usize::try_from(*id).unwrap() - 1].sketch();
        mixed.insert(EntryId(id + 10_000), profile.clone()).unwrap();
        mixed.insert(EntryId(*id), profile).unwrap();
    }
    for id in ids {
        assert!(mixed.remove(EntryId(id + 10_000)).is_some());
    }
    let mut draws = Draws(3);
    let (mut one, mut two) = (Scratch::new(), Scratch::new());
    for number in 0..60 {
        let new = ordered.removed[number].returned(&mut draws).sketch();
        ordered.seen.add(&new);
        let expect = ordered.index.candidates(&new, &mut one);
        assert!(expect.len() > 20);
        assert_eq!(mixed.candidates(&new, &mut two), expect);
        assert_eq!(one.work(), two.work());
        let model = &*MODEL;
        assert_eq!(
            mixed.best(&new, model, &ordered.seen, &mut two),
            ordered.index.best(&new, model, &ordered.seen, &mut one)
        );
    }
}

#[test]
fn what_was_removed_is_as_if_it_had_never_been() {
    let mut world = world(500, 1);
    let model = &*MODEL;
    let mut scratch = Scratch::new();
    let new = world.removed[0].sketch();
    let best = |world: &World, scratch: &mut Scratch| {
        world.index.best(&new, model, &world.seen, scratch).map(|(id, _)| id)
    };
    assert_eq!(best(&world, &mut scratch), Some(EntryId(1)));
    assert_eq!(world.index.remove(EntryId(1)).as_ref(), Some(&new));
    assert_eq!(world.index.remove(EntryId(1)), None);
    assert_ne!(best(&world, &mut scratch), Some(EntryId(1)));
    world.index.insert(EntryId(1), new.clone()).unwrap();
    world.index.insert(EntryId(1), new.clone()).unwrap();
    assert_eq!((world.index.len(), world.index.slots.len()), (500, 500));
    assert_eq!(best(&world, &mut scratch), Some(EntryId(1)));
    for id in 1..=500 {
        assert!(world.index.remove(EntryId(id)).is_some());
    }
    assert!(world.index.is_empty() && world.index.keys.is_empty() && world.index.pdqs.is_empty());
    assert_eq!(world.index.totals, [0; FEATURE_KINDS]);
    assert_eq!(best(&world, &mut scratch), None);
}

#[test]
fn a_link_of_a_removed_profile_is_known() {
    let mut profile = Profile::default();
    profile.add_link(crate::LinkHash { link: 3, host: 4 });
    let mut index = Index::new();
    index.insert(EntryId(1), profile).unwrap();
    assert!(index.knows(Feature { kind: FeatureKind::Link, hash: 3 }));
    assert!(!index.knows(Feature { kind: FeatureKind::Link, hash: 4 }));
    assert!(!index.knows(Feature { kind: FeatureKind::Host, hash: 3 }));
}

#[test]
fn a_search_keeps_its_memory() {
    let world = world(2_000, 2);
    let model = &*MODEL;
    let mut scratch = Scratch::new();
    let sketches: Vec<Profile> = world.removed[..200].iter().map(Account::sketch).collect();
    let mut search = || {
        for sketch in &sketches {
            world.index.best(sketch, model, &world.seen, &mut scratch);
        }
        let Scratch { votes, voted, lists, ranked, .. } = &scratch;
        [votes.capacity(), voted.capacity(), lists.capacity(), ranked.capacity()]
    };
    assert_eq!(search(), search());
}

#[test]
fn a_picture_alone_is_found_within_31_bits() {
    let face = |changed: usize| {
        let mut pdq = [0x5555_5555_5555_5555; 4];
        (0..changed).for_each(|bit| pdq[bit % 4] ^= 1 << bit);
        let avatar = crate::profile::Avatar { sha256: None, pdq: Some(pdq) };
        Profile { avatar, ..Profile::default() }
    };
    let mut index = Index::new();
    for changed in [0, 10, 31, 32, 60] {
        index.insert(EntryId(changed as u64), face(changed)).unwrap();
    }
    let mut scratch = Scratch::new();
    assert_eq!(index.candidates(&face(0), &mut scratch), [EntryId(0), EntryId(10), EntryId(31)]);
    let best = index.best(&face(0), &MODEL, &crate::Uncounted, &mut scratch);
    assert_eq!(best.map(|(id, _)| id), Some(EntryId(0)));
}
