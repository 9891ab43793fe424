//! Law 5: what is over the day's quota waits for room, and nothing that takes back ever does.

use std::collections::BTreeMap;

use crate::desk::*;

use seawall_model::journal::{AppealRuled, Body, Says};
use seawall_pipeline::Constants;
use seawall_review::CaseState;

/// A desk where people act so often in a day, and posts of so many accounts that carry the clip:
/// case 1 to so many.
fn posts(actions_per_day_max: u64, accounts: u64) -> Desk {
    let mut desk = Desk::with(Constants { actions_per_day_max, ..Constants::default() });
    for account in 1..=accounts {
        desk.post(account, 10, "look", Some(CLIP));
    }
    assert_eq!(desk.found().len() as u64, accounts);
    desk
}

fn remove(desk: &mut Desk, case: u64) -> Vec<Body> {
    desk.decide(case, 1, "remove", "content")
}

fn held(case: u64) -> Vec<Body> {
    vec![Body::RulingHeld { case: Some(case), reviewer: 1, missing: vec!["quota".into()] }]
}

/// The cases that were decided, in order.
fn cases(bodies: &[Body]) -> Vec<u64> {
    let case = |body: &Body| match body {
        Body::Decided { case, .. } => *case,
        _ => None,
    };
    bodies.iter().filter_map(case).collect()
}

#[test]
fn a_ruling_over_quota_is_held_and_decided_in_order_when_there_is_room() {
    let mut desk = posts(2, 5);
    assert!(decided(&remove(&mut desk, 1)).is_some());
    desk.tick(1_001);
    assert!(decided(&remove(&mut desk, 2)).is_some());
    for case in [5, 3, 4] {
        assert_eq!(remove(&mut desk, case), held(case));
        assert_eq!(desk.state(case), CaseState::Open);
    }
    assert_eq!(desk.pipeline.judge().held().count(), 3);
    desk.snapshot_is_whole();
    assert_eq!(desk.pipeline.next_due(), Some(at(1_024)), "a day after the first");
    assert_eq!(desk.tick(1_023), []);
    assert_eq!(cases(&desk.tick(1_024)), [5], "who came first");
    assert_eq!(desk.pipeline.next_due(), Some(at(1_025)));
    assert_eq!(cases(&desk.tick(1_025)), [3]);
    assert_eq!(cases(&desk.tick(1_048)), [4]);
    assert_eq!(desk.pipeline.judge().held().count(), 0);
    assert_eq!(desk.pipeline.next_due(), None);
}

#[test]
fn who_comes_when_there_is_room_again_does_not_pass_by_who_waits() {
    let mut desk = posts(1, 3);
    remove(&mut desk, 1);
    remove(&mut desk, 2);
    desk.now = at(1_030);
    let bodies = remove(&mut desk, 3);
    assert_eq!(names(&bodies), ["ruling_held", "decided"]);
    assert_eq!(cases(&bodies), [2]);
}

#[test]
fn what_takes_back_or_keeps_is_never_held() {
    let mut desk = posts(1, 3);
    let decision = decided(&remove(&mut desk, 1)).unwrap();
    assert_eq!(remove(&mut desk, 2), held(2));
    let kept = desk.decide(3, 1, "keep", "content");
    assert_eq!(cases(&kept), [3], "nothing is done to it");
    let undone = desk.rule(2, Says::Overturn { decision }).unwrap();
    assert_eq!(names(&undone), ["decided", "overturned"]);
    assert_eq!(desk.in_force(), [] as [u64; 0]);
    // What was done was done, and is counted: taking back makes no room.
    assert_eq!(desk.tick(1_023), []);
    assert_eq!(cases(&desk.tick(1_024)), [2]);
}

#[test]
fn what_lapses_or_is_appealed_against_is_never_held() {
    let constants = Constants { actions_per_day_max: 1, ..Constants::default() };
    let mut desk = Desk::with(constants);
    desk.stand(2, 2);
    desk.account(5, 970, "new here");
    desk.post(5, 990, "look", Some(CLIP));
    desk.post(6, 10, "look", Some(CLIP));
    desk.found();
    assert_eq!(desk.in_force(), [1], "restricted unattended");
    assert!(decided(&remove(&mut desk, 2)).is_some());
    desk.appeal(6, 2);
    let granted = desk.rule_appeal(1, 3, AppealRuled::Overturn).unwrap();
    assert_eq!(names(&granted), ["appeal_decided", "decided", "overturned"]);
    assert_eq!(names(&desk.tick(1_072)), ["actions_lapsed"]);
}

#[test]
fn law_1_is_asked_again_when_there_is_room() {
    // One person alone may act on 25 accounts for the sake of one entry.
    let mut desk = posts(24, 27);
    for case in 1..=24 {
        assert!(decided(&remove(&mut desk, case)).is_some());
    }
    for case in 25..=27 {
        assert_eq!(remove(&mut desk, case), held(case));
    }
    let bodies = desk.tick(1_024);
    assert_eq!(cases(&bodies), [25]);
    let missing = vec!["many_accounts_need_two_people".to_owned()];
    for case in [26, 27] {
        let missing = missing.clone();
        let refused = Body::RulingHeld { case: Some(case), reviewer: 1, missing };
        assert!(bodies.contains(&refused), "{bodies:?}");
    }
    assert_eq!(desk.tick(1_025), [], "it is told once");
    assert!(decided(&desk.decide(26, 2, "remove", "content")).is_some(), "the first was kept");
}

#[test]
fn a_ruling_that_counts_no_more_waits_no_more() {
    // Its case has grown, was decided otherwise, was withdrawn; its key signs no more.
    let full = || {
        let mut desk = posts(1, 2);
        remove(&mut desk, 1);
        assert_eq!(remove(&mut desk, 2), held(2));
        desk
    };
    let mut grown = full();
    let post = told("p1", "to the boil", Some(CLIP));
    grown.event(2, 11, seawall_model::EventBody::PostEdited(Box::new(post)), None);
    assert_eq!(told_gone(&grown.found()), ["post_changed"]);
    let mut kept = full();
    let bodies = kept.decide(2, 2, "keep", "content");
    assert_eq!((cases(&bodies), told_gone(&bodies)), (vec![2], vec!["decided".to_owned()]));
    let mut withdrawn = full();
    let bodies = withdrawn.rule(2, Says::Withdraw { entries: vec![2] }).unwrap();
    assert_eq!(told_gone(&bodies), ["evidence_fell"]);
    let mut dismissed = full();
    let bodies =
        dismissed.say(Body::ReviewerWithdrawn { reviewer: 1, by: 2, signature: String::new() });
    assert_eq!(told_gone(&bodies), ["reviewer_withdrawn"]);
    for mut desk in [grown, kept, withdrawn, dismissed] {
        assert_eq!(desk.pipeline.judge().held().count(), 0);
        assert_eq!(desk.tick(1_024), []);
        assert_eq!(desk.in_force(), [1]);
    }
}

/// Why the ruling of the first on case 2 was let go, as often as it is told.
fn told_gone(bodies: &[Body]) -> Vec<String> {
    let gone = bodies.iter().filter_map(|body| match body {
        Body::RulingLetGo { case: Some(2), reviewer: 1, ruled: Some(ruled), why } => {
            assert_eq!(ruled, "remove");
            Some(why.clone())
        }
        _ => None,
    });
    gone.collect()
}

#[test]
fn of_two_that_wait_and_differ_the_second_is_told_that_the_case_was_decided() {
    let mut desk = posts(1, 2);
    remove(&mut desk, 1);
    assert_eq!(remove(&mut desk, 2), held(2));
    let other = desk.decide(2, 2, "restrict", "content");
    assert_eq!(names(&other), ["ruling_held"]);
    let bodies = desk.tick(1_024);
    assert_eq!(names(&bodies), ["decided", "ruling_let_go"]);
    let (case, ruled) = (Some(2), Some("restrict".into()));
    let gone = Body::RulingLetGo { case, reviewer: 2, ruled, why: "decided".into() };
    assert_eq!(bodies[1], gone);
    assert_eq!(desk.tick(1_048), [], "it is told once");
    // The same where it waited for a second person.
    let mut desk = posts(9, 1);
    assert_eq!(names(&desk.decide(1, 2, "remove", "file")), ["ruling_held"]);
    assert_eq!(names(&desk.decide(1, 3, "keep", "content")), ["decided", "ruling_let_go"]);
}

#[test]
fn another_who_agrees_signs_what_waits() {
    let mut desk = posts(1, 3);
    remove(&mut desk, 1);
    remove(&mut desk, 2);
    remove(&mut desk, 3);
    let seconded = desk.decide(2, 2, "remove", "content");
    assert_eq!(names(&seconded), ["ruling_held"]);
    let bodies = desk.tick(1_024);
    let [Body::Decided { case: Some(2), reviewers, .. }] = &bodies[..] else {
        panic!("{bodies:?}")
    };
    assert_eq!(reviewers, &[1, 2]);
    // Who rules otherwise gives up the place.
    let mut desk = posts(1, 3);
    for case in 1..=3 {
        remove(&mut desk, case);
    }
    desk.decide(2, 1, "restrict", "content");
    let waiting: Vec<u64> = desk.pipeline.judge().held().map(|(case, _)| case.0).collect();
    assert_eq!(waiting, [3, 2]);
}

#[test]
fn a_quota_that_is_raised_makes_room_at_the_next_tick() {
    let mut desk = posts(1, 3);
    for case in 1..=3 {
        remove(&mut desk, case);
    }
    let (name, added) = ("constants".into(), BTreeMap::from([("actions_per_day_max".into(), 9)]));
    let withdrawn = Vec::new();
    let hash = String::new();
    desk.say(Body::KnowledgeActivated { name, version: 2, added, withdrawn, hash });
    assert!(desk.pipeline.next_due().is_some_and(|due| due <= desk.now));
    assert_eq!(cases(&desk.tick(1_000)), [2, 3]);
}

#[test]
fn over_its_own_quota_nothing_is_restricted_unattended_and_the_case_is_open() {
    let mut desk = Desk::with(Constants { unattended_per_day_max: 2, ..Constants::default() });
    desk.stand(2, 2);
    for account in 5..9 {
        desk.account(account, 970, &format!("new here {account}"));
        desk.post(account, 990, "look", Some(CLIP));
    }
    let found = desk.found();
    let count = |name| names(&found).iter().filter(|other| **other == name).count();
    assert_eq!((count("case_opened"), count("restricted_unattended")), (4, 2));
    let held = |case| Body::RestrictionHeld { case, entry: 2 };
    assert!(found.contains(&held(3)) && found.contains(&held(4)), "{found:?}");
    assert_eq!(desk.in_force(), [1, 2], "what was done stays done");
    desk.snapshot_is_whole();
    // People's quota is another, and nothing is tried again by itself.
    assert!(decided(&remove(&mut desk, 3)).is_some());
    assert_eq!(desk.tick(1_030), []);
    // What becomes known later is asked anew.
    let post = told("p7", "look, to the boil", Some(CLIP));
    desk.event(8, 996, seawall_model::EventBody::PostEdited(Box::new(post)), None);
    assert_eq!(names(&desk.found()), ["post_changed", "case_grew", "restricted_unattended"]);
}

#[test]
fn a_file_that_is_laid_down_again_is_the_same_file() {
    let mut desk = posts(200, 25);
    for case in 1..=25 {
        assert!(decided(&remove(&mut desk, case)).is_some());
    }
    desk.rule(1, Says::Withdraw { entries: vec![2] }).unwrap();
    desk.add(clip(), &[1]);
    desk.post(90, 995, "look", Some(CLIP));
    let found = desk.found();
    let Some(Body::CaseOpened { case, .. }) = found.first() else { panic!("{found:?}") };
    let bodies = remove(&mut desk, *case);
    let Some(Body::RulingHeld { missing, .. }) = bodies.first() else { panic!("{bodies:?}") };
    assert_eq!(*missing, ["many_accounts_need_two_people"]);
    desk.snapshot_is_whole();
}
