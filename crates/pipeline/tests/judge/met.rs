//! Where quotas and appeals meet what goes: a post that changes, an entry that is withdrawn, a
//! policy that is replaced.

use crate::desk::*;

use seawall_model::AppealId;
use seawall_model::journal::{Body, PolicyCited, Says};
use seawall_model::knowledge::{Known, Policy};
use seawall_pipeline::Constants;
use seawall_review::{AppealState, CaseState};

/// A day with room for one action by people, which is spent, and one ruling that waits: on case 2,
/// about post `p1` of account 2.
fn waiting() -> Desk {
    let mut desk = Desk::with(Constants { actions_per_day_max: 1, ..Constants::default() });
    for account in 1..=3 {
        desk.post(account, 10, "look", Some(CLIP));
    }
    desk.found();
    assert!(decided(&desk.decide(1, 1, "remove", "content")).is_some());
    assert_eq!(names(&desk.decide_file(2, 1, "content", "support")), ["ruling_held"]);
    assert_eq!(desk.pipeline.judge().held().count(), 1);
    desk
}

/// An account of a day ago, whose post of the clip was restricted by itself, where that may be
/// done so often in a day.
fn restricted(unattended_per_day_max: u64) -> Desk {
    let mut desk = Desk::with(Constants { unattended_per_day_max, ..Constants::default() });
    desk.stand(2, 2);
    desk.account(5, 970, "new here");
    desk.post(5, 990, "look", Some(CLIP));
    assert!(names(&desk.found()).contains(&"restricted_unattended"));
    desk
}

#[test]
fn what_waits_for_room_is_let_go_when_its_post_changes() {
    let mut edited = waiting();
    edited.edited(2, "p1", "look", None);
    let mut deleted = waiting();
    deleted.deleted(2, "p1");
    for mut desk in [edited, deleted] {
        assert_eq!(names(&desk.found()), ["post_changed", "ruling_let_go"]);
        assert_eq!(desk.pipeline.judge().held().count(), 0);
        assert_eq!(desk.tick(1_024), [], "it was about other words");
        assert_eq!((desk.state(2), desk.in_force()), (CaseState::Open, vec![1]));
        desk.snapshot_is_whole();
    }
}

#[test]
fn what_waits_for_room_is_let_go_when_its_evidence_falls() {
    let mut desk = waiting();
    // A term keeps the case open when the clip goes.
    desk.edited(2, "p1", "to the boil", Some(CLIP));
    desk.found();
    assert_eq!(names(&desk.decide(2, 1, "remove", "content")), ["ruling_held"]);
    desk.rule(2, Says::Withdraw { entries: vec![2] }).unwrap();
    assert_eq!(desk.state(2), CaseState::Open);
    assert!(desk.case(2).heard.is_empty());
    assert_eq!(desk.pipeline.judge().held().count(), 0);
    assert_eq!(desk.tick(1_024), []);
}

#[test]
fn what_could_not_be_ruled_any_more_waits_no_more_and_says_why() {
    let mut desk = waiting();
    let Known::Policy(policy) = policy() else { unreachable!() };
    let entry = desk.lay(Known::Policy(Policy { version: 2, ..policy }), None);
    let bodies = desk.rule(1, Says::Knowledge { first: entry, last: entry }).unwrap();
    assert_eq!(names(&bodies), ["decided", "ruling_held"]);
    let missing = vec!["a_policy_in_force".to_owned()];
    assert_eq!(bodies[1], Body::RulingHeld { case: Some(2), reviewer: 1, missing });
    assert_eq!(desk.pipeline.judge().held().count(), 0);
    assert_eq!(desk.tick(1_024), [], "it is told once");
    let cited = |version| Some(PolicyCited { id: "kettles".into(), version });
    let (ruled, saw) = ("remove".to_owned(), "content".to_owned());
    let says = Says::Case { case: 2, version: 1, ruled, policy: cited(2), saw, class: None };
    let anew = desk.rule(1, says).unwrap();
    let [Body::Decided { policy, .. }] = &anew[..] else { panic!("{anew:?}") };
    assert_eq!(policy, &cited(2));
}

#[test]
fn who_ruled_otherwise_meanwhile_confirms_nothing_of_what_waited() {
    let mut desk = waiting();
    // Heard after the first, and waits too: the newest word on the case is not what is decided.
    assert_eq!(names(&desk.decide(2, 2, "restrict", "content")), ["ruling_held"]);
    let bodies = desk.tick(1_024);
    let [Body::Decided { decision, reviewers, confirmed_by, .. }, Body::RulingLetGo { .. }] =
        &bodies[..]
    else {
        panic!("{bodies:?}")
    };
    assert_eq!((reviewers.as_slice(), confirmed_by.as_slice()), (&[1][..], &[1][..]));
    let owed: Vec<u64> = desk.pipeline.judge().owed().iter().map(|owed| owed.0).collect();
    assert_eq!(owed, [*decision]);
}

#[test]
fn what_a_withdrawal_reverses_is_granted_to_who_appealed() {
    let begin = || {
        let mut desk = Desk::new();
        desk.post(5, 10, "look", Some(CLIP));
        desk.found();
        assert!(decided(&desk.decide(1, 1, "restrict", "file")).is_some());
        desk
    };
    let withdraw = Says::Withdraw { entries: vec![2] };
    let mut desk = begin();
    assert_eq!(names(&desk.appeal(5, 1)), ["appeal_opened"]);
    let bodies = desk.rule(3, withdraw.clone()).unwrap();
    assert_eq!(names(&bodies), ["decided", "withdrawn", "appeal_decided"]);
    assert_eq!(bodies[2], Body::AppealDecided { appeal: 1, upheld: false, by: None });
    let appeal = desk.pipeline.judge().appeals().get(AppealId(1)).unwrap();
    assert_eq!(appeal.state, AppealState::Granted(None));
    assert_eq!((desk.in_force(), desk.state(1)), (vec![], CaseState::Open));
    desk.snapshot_is_whole();
    // Who appeals afterwards: what ended is remembered.
    let mut desk = begin();
    desk.rule(3, withdraw).unwrap();
    assert_eq!(names(&desk.appeal(5, 1)), ["appeal_opened", "appeal_decided"]);
    desk.snapshot_is_whole();
}

#[test]
fn what_an_edit_ends_is_granted_to_who_appealed_and_remembered() {
    let mut desk = restricted(200);
    assert_eq!(names(&desk.appeal(5, 1)), ["appeal_opened"]);
    desk.edited(5, "p1", "nothing to see", None);
    let found = desk.found();
    assert_eq!(names(&found), ["post_changed", "actions_lapsed", "appeal_decided"]);
    let mut desk = restricted(200);
    desk.deleted(5, "p1");
    assert_eq!(names(&desk.found()), ["post_changed", "actions_lapsed"]);
    assert_eq!(names(&desk.appeal(5, 1)), ["appeal_opened", "appeal_decided"]);
    desk.snapshot_is_whole();
}

#[test]
fn a_restriction_that_is_made_again_for_the_hours_left_counts_again() {
    let again = |desk: &mut Desk| {
        desk.edited(5, "p1", "nothing", None);
        assert_eq!(names(&desk.found()), ["post_changed", "actions_lapsed"]);
        desk.edited(5, "p1", "look again", Some(CLIP));
        desk.found()
    };
    let mut full = restricted(1);
    let held = Body::RestrictionHeld { case: 1, entry: 2 };
    assert_eq!(again(&mut full).last(), Some(&held));
    let mut desk = restricted(2);
    assert!(names(&again(&mut desk)).contains(&"restricted_unattended"));
    assert_eq!(desk.in_force(), [2]);
    desk.account(6, 970, "also new");
    desk.post(6, 990, "look", Some(CLIP));
    let found = desk.found();
    assert_eq!(found.last(), Some(&Body::RestrictionHeld { case: 2, entry: 2 }), "{found:?}");
    assert_eq!(desk.tick(1_024), [], "it is not tried again by itself");
}
