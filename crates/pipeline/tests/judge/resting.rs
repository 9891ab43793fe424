//! What becomes of decisions and cases when what they rest on lapses or is withdrawn, and who
//! confirms what they bring in.

use std::collections::BTreeSet;

use crate::desk::*;

use seawall_model::journal::{Body, GroundSeen, Says};
use seawall_model::knowledge::{BankHash, FileClass, FileHash, Known, Removed, RemovedProfile};
use seawall_model::{DecisionId, EntryId, EventBody, MediaRef, Profile, ReviewerId, Standing};
use seawall_review::CaseState;

/// A return that was suspended for its links to the profile, and the decision.
fn suspended(desk: &mut Desk) -> (u64, u64) {
    let profile = desk.add(removed(Some(50), "copper pot"), &[1, 2]);
    desk.account(60, 10, "copper pot");
    assert_eq!(names(&desk.found()), ["case_opened"]);
    let done = desk.decide(1, 1, "suspend", "links");
    (profile, decided(&done).unwrap())
}

#[test]
fn what_lapsed_carries_no_ruling_when_its_case_is_opened_again() {
    let mut desk = Desk::new();
    let (profile, decision) = suspended(&mut desk);
    desk.event(50, 11, EventBody::AccountReinstated(Standing::default()), None);
    assert_eq!(names(&desk.found()), ["entries_lapsed"]);
    assert!(!desk.pipeline.active().contains(EntryId(profile)));
    assert_eq!(desk.state(1), CaseState::Decided(DecisionId(decision)), "it stays decided");
    assert_eq!(desk.case(1).evidence, [], "and is not to rest on it again");
    let bodies = desk.rule(2, Says::Overturn { decision }).unwrap();
    let Body::Overturned { cases_reopened, .. } = &bodies[1] else { panic!("{bodies:?}") };
    assert_eq!((cases_reopened.as_slice(), desk.state(1)), (&[1][..], CaseState::Open));
    for (ruled, saw) in [("suspend", "links"), ("restrict", "links"), ("restrict", "file")] {
        let refused = desk.try_to_decide(1, 3, ruled, saw).unwrap_err();
        assert!(refused.contains("to see"), "{ruled} says what it lacks: {refused}");
    }
    desk.snapshot_is_whole();
}

#[test]
fn a_case_that_is_opened_again_waits_for_people_whatever_is_left_of_it() {
    let mut desk = Desk::new();
    desk.post(5, 10, "to the boil", Some(CLIP));
    desk.found();
    let decision = decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    desk.rule(2, Says::Overturn { decision }).unwrap();
    desk.rule(2, Says::Withdraw { entries: vec![2, 3] }).unwrap();
    assert_eq!((desk.state(1), desk.case(1).evidence.len()), (CaseState::Open, 0));
    // A rule that asks for nothing known leaves no evidence in the first place.
    let rules = "
Kind: str = JsonData(path='$.type')
Any = Rule(when_all=[Kind == 'post.created'], description='any')
WhenRules(rules_any=[Any], then=[OpenCase(policy='kettles', reason='any')])
";
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    desk.post(6, 11, "good morning", None);
    assert_eq!(names(&desk.found()), ["case_opened"]);
    let decision = decided(&desk.decide(2, 1, "remove", "content")).unwrap();
    let bodies = desk.rule(2, Says::Overturn { decision }).unwrap();
    let Body::Overturned { cases_reopened, .. } = &bodies[1] else { panic!("{bodies:?}") };
    assert_eq!((cases_reopened.as_slice(), desk.state(2)), (&[2][..], CaseState::Open));
    desk.snapshot_is_whole();
}

#[test]
fn a_withdrawal_takes_out_what_rested_on_the_entry_alone() {
    let mut desk = Desk::new();
    let (profile, decision) = suspended(&mut desk);
    let brought = desk.lay(removed(Some(60), "velvet lantern"), Some(decision));
    let bodies = desk.rule(3, Says::Withdraw { entries: vec![profile] }).unwrap();
    let by = decided(&bodies).unwrap();
    let expect = Body::Withdrawn {
        entries: vec![profile],
        by,
        entries_withdrawn: vec![brought],
        entries_reopened: vec![],
        matches_withdrawn: vec![],
        unlinked: vec![(decision, profile)],
        decisions_fallen: vec![decision],
        actions_reversed: vec![1],
        cases_reopened: vec![1],
    };
    assert_eq!(bodies[1..], [expect]);
    assert_eq!(desk.state(1), CaseState::Open);
    assert_eq!(desk.pipeline.judge().actions().next(), 2);
    assert!(!desk.pipeline.active().contains(EntryId(brought)));
    desk.snapshot_is_whole();
}

#[test]
fn a_decision_that_was_seen_stands_when_its_entry_is_withdrawn() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    let decision = decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    let bodies = desk.rule(3, Says::Withdraw { entries: vec![2] }).unwrap();
    let Body::Withdrawn { decisions_fallen, cases_reopened, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!((decisions_fallen.len(), cases_reopened.len()), (0, 0));
    assert_eq!(desk.state(1), CaseState::Decided(DecisionId(decision)));
}

#[test]
fn nobody_is_asked_about_an_entry_that_was_withdrawn() {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    desk.rule(3, Says::Withdraw { entries: vec![2] }).unwrap();
    let bodies = desk.rule(3, Says::Overturn { decision: 2 }).unwrap();
    assert_eq!(names(&bodies), ["decided", "overturned"]);
    let Body::Overturned { entries_reopened, .. } = &bodies[1] else { unreachable!() };
    assert_eq!(entries_reopened, &[] as &[u64]);
    // Nor again about one that was kept before it went.
    let mut desk = Desk::new();
    let second = desk.stand(2, 2).unwrap();
    desk.rule(3, Says::Overturn { decision: second }).unwrap();
    let kept = decided(&desk.decide(1, 1, "keep", "content")).unwrap();
    desk.rule(3, Says::Withdraw { entries: vec![2] }).unwrap();
    let bodies = desk.rule(3, Says::Overturn { decision: kept }).unwrap();
    let Body::Overturned { cases_reopened, .. } = &bodies[1] else { panic!("{bodies:?}") };
    assert_eq!((cases_reopened.len(), desk.state(1)), (0, CaseState::Withdrawn));
}

#[test]
fn a_light_ruling_falls_with_what_carried_it_whatever_was_looked_at() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    // No account is behind it that would be a return: nobody can have seen its links.
    assert!(desk.try_to_decide(1, 1, "restrict", "links").unwrap_err().contains("no links"));
    let done = desk.decide(1, 1, "restrict", "file");
    let Body::Decided { decision, grounds, .. } = &done[0] else { panic!("{done:?}") };
    assert_eq!(grounds, &[GroundSeen::Match { entry: 2 }]);
    let bodies = desk.rule(3, Says::Withdraw { entries: vec![2] }).unwrap();
    let Body::Withdrawn { decisions_fallen, .. } = &bodies[1] else { panic!("{bodies:?}") };
    assert_eq!(decisions_fallen, &[*decision]);
}

#[test]
fn who_signed_without_having_seen_confirms_nothing() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    assert_eq!(names(&desk.decide_file(1, 2, "file", "news")), ["ruling_held"]);
    let done = desk.decide_file(1, 1, "content", "support");
    let Body::Decided { decision, reviewers, confirmed_by, .. } = &done[0] else {
        panic!("{done:?}")
    };
    assert_eq!((reviewers.as_slice(), confirmed_by.as_slice()), (&[2, 1][..], &[1][..]));
    let hash = FileHash::Sha256([0xd2; 32]);
    let known = BankHash { bank: "confirmed".into(), hash, class: FileClass::Support };
    let entry = desk.lay(Known::Hash(known), Some(*decision));
    let supports = |desk: &Desk| desk.pipeline.judge().supports().confirmed_by(EntryId(entry));
    assert_eq!(supports(&desk), [ReviewerId(1)].into());
    // Having looked at it since, they stand for it as anybody may.
    desk.stand(entry, 2).unwrap();
    assert_eq!(supports(&desk), [ReviewerId(1), ReviewerId(2)].into());
    desk.snapshot_is_whole();
}

#[test]
fn words_that_mean_nothing_are_refused() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    let says = |saw: &str, class: Option<&str>| Says::Case {
        case: 1,
        version: 1,
        ruled: "keep".into(),
        policy: None,
        saw: saw.into(),
        class: class.map(Into::into),
    };
    assert!(desk.rule(1, says("it", None)).unwrap_err().contains("content, file or links"));
    assert!(desk.rule(1, says("file", Some("nice"))).unwrap_err().contains("no class of files"));
    assert!(desk.rule(1, says("file", Some("news"))).is_ok());
}

#[test]
fn of_two_removed_accounts_that_look_the_same_both_are_told_and_one_suffices() {
    let mut desk = Desk::new();
    let twins = [50, 51].map(|of| desk.add(removed(Some(of), "copper pot"), &[1, 2]));
    desk.account(60, 10, "copper pot");
    let found = desk.found();
    let [Body::CaseOpened { evidence, reasons, .. }] = &found[..] else { panic!("{found:?}") };
    let told: BTreeSet<u64> = evidence.iter().filter_map(|piece| piece.entry).collect();
    assert_eq!((told, &*reasons[0].entries), (BTreeSet::from(twins), &twins[..]));
    // Their own removal is no return from it, and hides no other.
    desk.account(50, 11, "copper pot");
    let found = desk.found();
    let [Body::CaseOpened { evidence, .. }] = &found[..] else { panic!("{found:?}") };
    assert!(evidence.iter().all(|piece| piece.entry == Some(twins[1])), "{evidence:?}");
    let done = desk.decide(1, 1, "suspend", "links");
    let Body::Decided { grounds, .. } = &done[0] else { panic!("{done:?}") };
    assert_eq!(grounds, &twins.map(|entry| GroundSeen::Link { entry }));
    let bodies = desk.rule(3, Says::Withdraw { entries: vec![twins[0]] }).unwrap();
    let Body::Withdrawn { unlinked, decisions_fallen, actions_reversed, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!((unlinked.len(), decisions_fallen.len(), actions_reversed.len()), (1, 0, 0));
    desk.snapshot_is_whole();
}

#[test]
fn a_name_of_one_removed_account_and_the_face_of_another_are_no_two_families() {
    let mut desk = Desk::new();
    // One family alone is little beside what speaks against any return.
    let rules = RULES.replace("Bits > 0.0", "Bits > -99.0");
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    let mut add = |profile: RemovedProfile| {
        let Known::Removed(known) = removed(Some(50), "copper pot") else { unreachable!() };
        desk.add(Known::Removed(Removed { profile, ..known }), &[1, 2])
    };
    let name = Some("copper pot of the harbour".into());
    let named = add(RemovedProfile { name: name.clone(), ..RemovedProfile::default() });
    let avatar_sha256 = Some(face("copper pot"));
    let faced = add(RemovedProfile { avatar_sha256, ..RemovedProfile::default() });
    let avatar = Some(MediaRef { sha256: avatar_sha256, ..MediaRef::default() });
    for profile in
        [Profile { name, ..Profile::default() }, Profile { avatar, ..Profile::default() }]
    {
        desk.event(60, 10, EventBody::AccountUpdated, Some(profile));
    }
    assert_eq!(names(&desk.found()), ["case_opened", "case_grew"]);
    let told: Vec<_> = desk.case(1).evidence.iter().map(|piece| piece.entry).collect();
    assert_eq!(told, [Some(named), Some(faced)]);
    assert_eq!(names(&desk.decide(1, 1, "suspend", "links")), ["ruling_held"]);
}
