//! Cases, rulings and decisions through the whole pipeline: who may do what, what rests on
//! what, and what an overturn takes out again.

use crate::desk::*;

use seawall_model::journal::{Body, Says, SubjectSeen};
use seawall_model::{DecisionId, EntryId, EventBody};
use seawall_review::CaseState;

#[test]
fn a_copy_of_a_clip_is_a_case_and_is_removed_only_by_who_saw_it() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), ["case_opened"], "one person's entry restricts nobody");
    let held = desk.decide(1, 1, "remove", "file");
    let Body::RulingHeld { missing, .. } = &held[0] else { panic!("{held:?}") };
    assert!(missing.contains(&"copy_is_a_case".to_owned()), "{missing:?}");
    let done = desk.decide(1, 1, "remove", "content");
    let Body::Decided { actions, grounds, .. } = &done[0] else { panic!("{done:?}") };
    assert_eq!((actions[0].kind.as_str(), actions[0].inverse.as_str()), ("remove", "restore"));
    assert_eq!(grounds.len(), 1);
    assert_eq!(desk.state(1), CaseState::Decided(DecisionId(decided(&done).unwrap())));
    desk.snapshot_is_whole();
}

#[test]
fn one_key_cannot_read_second() {
    let mut desk = Desk::new();
    let says = Says::Knowledge { first: 2, last: 2 };
    let error = desk.rule(1, says.clone()).unwrap_err();
    assert!(error.contains("one key cannot read second"), "{error}");
    desk.rule(2, says).unwrap();
    // Past suspensions are two people's decision.
    let entry = desk.lay(removed(None, "copper pot"), None);
    let says = Says::Knowledge { first: entry, last: entry };
    let held = desk.rule(1, says.clone()).unwrap();
    assert_eq!(names(&held), ["ruling_held"]);
    assert!(desk.rule(1, says.clone()).unwrap_err().contains("one key cannot read second"));
    assert!(!desk.pipeline.active().contains(EntryId(entry)), "not before the second");
    assert_eq!(names(&desk.rule(3, says).unwrap()), ["decided"]);
    assert!(desk.pipeline.active().contains(EntryId(entry)));
    assert!(desk.rule(9, Says::Overturn { decision: 1 }).unwrap_err().contains("r9"));
}

#[test]
fn of_two_decisions_behind_an_entry_one_overturn_reopens_it_and_both_remove_it() {
    let mut desk = Desk::new();
    let first = 2;
    let second = desk.stand(2, 2).unwrap();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    let bodies = desk.rule(3, Says::Overturn { decision: first }).unwrap();
    let Body::Overturned { entries_reopened, entries_withdrawn, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!((entries_reopened.as_slice(), entries_withdrawn.as_slice()), (&[2][..], &[][..]));
    let about = SubjectSeen::Entry { entry: 2 };
    assert!(desk.pipeline.judge().cases().about(about).is_some(), "it is put before people");
    assert_eq!(desk.state(1), CaseState::Open);
    let bodies = desk.rule(3, Says::Overturn { decision: second }).unwrap();
    let Body::Overturned { entries_withdrawn, matches_withdrawn, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!(entries_withdrawn, &[2]);
    assert_eq!(matches_withdrawn, &[(1, 2)]);
    assert_eq!(desk.state(1), CaseState::Withdrawn);
    assert_eq!(desk.state(2), CaseState::Withdrawn, "nobody is asked about what is gone");
    assert!(!desk.pipeline.active().contains(EntryId(2)));
    // And nothing matches it any more.
    desk.post(6, 11, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), [] as [&str; 0]);
    desk.snapshot_is_whole();
}

/// A root that was removed for what it posted, and four returns: each comes under the name
/// and the face of the one before, changes both, and is removed as its return. The one at
/// `seen` was also seen at it.
fn chain(desk: &mut Desk, seen: Option<usize>) -> Vec<u64> {
    const NAMES: [&str; 5] =
        ["copper pot keeper", "velvet lantern", "orchard whistle", "marble spoon", "quiet quay"];
    desk.post(100, 1, "look", Some(CLIP));
    desk.found();
    let mut decisions = vec![decided(&desk.decide(1, 1, "remove", "content")).unwrap()];
    desk.lay(removed(Some(100), NAMES[0]), Some(decisions[0]));
    for place in 1..NAMES.len() {
        let account = 100 + place as u64;
        desk.account(account, 10 * i64::try_from(place).unwrap(), NAMES[place - 1]);
        let found = desk.found();
        let Some(Body::CaseOpened { case, .. }) = found.first() else { panic!("{found:?}") };
        let saw = if seen == Some(place) { "content" } else { "links" };
        let decision = decided(&desk.decide(*case, 1, "suspend", saw)).unwrap();
        desk.lay(removed(Some(account), NAMES[place]), Some(decision));
        decisions.push(decision);
    }
    decisions
}

#[test]
fn a_chain_of_returns_whose_root_is_overturned_is_unlinked_and_nothing_else() {
    let mut desk = Desk::new();
    let decisions = chain(&mut desk, None);
    let bodies = desk.rule(3, Says::Overturn { decision: decisions[0] }).unwrap();
    let Body::Overturned { decisions_fallen, unlinked, actions_reversed, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!(decisions_fallen, &decisions[1..]);
    assert_eq!(unlinked.len(), 4);
    assert_eq!(actions_reversed.len(), 5);
    assert!(desk.pipeline.active().contains(EntryId(2)), "the clip stays");
    desk.snapshot_is_whole();
}

#[test]
fn a_link_of_the_chain_that_was_seen_stands_and_so_does_what_rests_on_it() {
    let mut desk = Desk::new();
    let decisions = chain(&mut desk, Some(2));
    let bodies = desk.rule(3, Says::Overturn { decision: decisions[0] }).unwrap();
    let Body::Overturned { decisions_fallen, .. } = &bodies[1] else { panic!("{bodies:?}") };
    assert_eq!(decisions_fallen, &[decisions[1]]);
}

#[test]
fn a_ruling_on_an_older_version_is_refused() {
    let mut desk = Desk::new();
    desk.post(5, 10, "to the boil", Some(CLIP));
    desk.found();
    let says = Says::Case {
        case: 1,
        version: 9,
        ruled: "keep".into(),
        policy: None,
        saw: "content".into(),
        class: None,
    };
    assert!(desk.rule(1, says).unwrap_err().contains("read it again"));
}

#[test]
fn naming_the_group_removes_nothing() {
    let mut desk = Desk::new();
    desk.post(5, 10, "they shout to the boil again", None);
    assert_eq!(names(&desk.found()), ["case_opened"]);
    for saw in ["links", "file"] {
        assert!(desk.try_to_decide(1, 1, "remove", saw).unwrap_err().contains("to see"));
    }
    let kept = desk.decide(1, 2, "keep_documents", "content");
    let Body::Decided { actions, ruled, .. } = &kept[0] else { panic!("{kept:?}") };
    assert_eq!((actions.len(), ruled.as_str()), (0, "keep_documents"));
}

#[test]
fn a_removed_account_that_the_platform_gives_back_is_compared_with_no_more() {
    let mut desk = Desk::new();
    let entry = desk.add(removed(Some(50), "copper pot"), &[1, 2]);
    desk.account(60, 10, "copper pot");
    assert_eq!(names(&desk.found()), ["case_opened"]);
    let back = EventBody::AccountReinstated(seawall_model::Standing::default());
    desk.event(50, 11, back, None);
    let found = desk.found();
    assert!(names(&found).contains(&"entries_lapsed"), "{found:?}");
    assert!(!desk.pipeline.active().contains(EntryId(entry)));
    assert_eq!(desk.state(1), CaseState::Withdrawn);
}
