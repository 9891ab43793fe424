//! Whose post it is: who reports it, sends a file of it or edits it need not be its author.

use seawall_decision::law::{Protection, Repute};
use seawall_model::journal::{Body, SubjectSeen};
use seawall_model::knowledge::{Ground, Known, Protected};
use seawall_model::{AccountId, CaseId, Embedded, EventBody, PlatformId, Profile, Report, Subject};

use crate::changed::{file, told_apart};
use crate::desk::*;

const AUTHOR: u64 = 5;
const OTHER: u64 = 9;

fn report(post: &str) -> EventBody {
    EventBody::Report(Box::new(Report {
        subject: Subject::Post(PlatformId::new(post).unwrap()),
        reason: None,
        text: None,
        extra: Vec::new(),
    }))
}

/// A desk whose banned clip two people confirmed, and an author of some age in hours.
fn desk(author_since: i64) -> Desk {
    let mut desk = told_apart();
    desk.stand(2, 2);
    desk.account(AUTHOR, author_since, "a new pot");
    desk
}

fn subject(bodies: &[Body]) -> SubjectSeen {
    match bodies.first() {
        Some(Body::CaseOpened { subject, .. }) => *subject,
        other => panic!("{other:?}"),
    }
}

fn standing(desk: &Desk, case: u64) -> (Protection, Repute) {
    let judge = desk.pipeline.judge();
    judge.standing(judge.cases().get(CaseId(case)).unwrap(), desk.now, desk.pipeline.active())
}

#[test]
fn a_file_of_a_known_post_is_its_authors_whoever_sends_it() {
    let mut desk = desk(970);
    desk.post(AUTHOR, 990, "look", None);
    desk.event(OTHER, 991, file(Some("p1"), Embedded::Post), None);
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened", "restricted_unattended"]);
    let of_author = SubjectSeen::Post { position: 3, account: Some(AUTHOR) };
    assert_eq!((subject(&found), desk.case(1).content), (of_author, 2));
    let Body::RestrictedUnattended { action, .. } = &found[1] else { panic!("{found:?}") };
    let action = action.action;
    assert_eq!(names(&desk.appeal(OTHER, action)), ["appeal_refused"], "it is not theirs");
    assert_eq!(names(&desk.appeal(AUTHOR, action)), ["appeal_opened"]);
    desk.snapshot_is_whole();
}

#[test]
fn the_register_and_the_standing_of_the_author_count_and_nobody_elses() {
    // In good standing: 30 days and more.
    let mut desk = desk(0);
    desk.account(OTHER, 999, "newer");
    desk.post(AUTHOR, 990, "look", None);
    desk.event(OTHER, 991, file(Some("p2"), Embedded::Post), None);
    assert_eq!(names(&desk.found()), ["case_opened"]);
    assert_eq!(standing(&desk, 1), (Protection::Unprotected, Repute::Good));
    // Protected.
    let mut desk = self::desk(970);
    let ground = Ground::Press;
    desk.add(Known::Protected(Protected { account: AccountId(AUTHOR), ground }), &[1]);
    desk.post(AUTHOR, 990, "look", None);
    desk.event(OTHER, 991, file(Some("p1"), Embedded::Post), None);
    assert_eq!(names(&desk.found()), ["case_opened"]);
    assert_eq!(standing(&desk, 1), (Protection::Protected, Repute::NotGood));
}

#[test]
fn a_reported_post_is_its_authors_and_there_is_something_to_see() {
    let mut desk = desk(970);
    desk.post(AUTHOR, 990, "look", None);
    desk.event(OTHER, 991, report("p1"), None);
    let found = desk.found();
    assert_eq!(subject(&found), SubjectSeen::Post { position: 3, account: Some(AUTHOR) });
    assert_eq!(desk.case(1).content, 2, "the post itself");
    assert_eq!(standing(&desk, 1).1, Repute::NotGood, "the author's age is known");
    // A deleted post is told to be one.
    desk.post(AUTHOR, 990, "and look", None);
    desk.deleted(AUTHOR, "p3");
    desk.event(OTHER, 993, report("p3"), None);
    desk.found();
    assert!(desk.case(2).is_deleted && desk.case(2).content == 4);
    desk.snapshot_is_whole();
}

#[test]
fn a_case_learns_its_author_from_the_post_and_law_1_is_asked_then() {
    for (since, expected) in [
        (970, &["post_changed", "account_dated", "restricted_unattended"][..]),
        (0, &["post_changed", "account_dated"][..]),
    ] {
        let mut desk = desk(since);
        desk.event(OTHER, 990, file(Some("p2"), Embedded::Post), None);
        let found = desk.found();
        assert_eq!(names(&found), ["case_opened"], "whose it is was not told");
        assert_eq!(subject(&found), SubjectSeen::Post { position: 2, account: None });
        desk.snapshot_is_whole();
        desk.post(AUTHOR, 991, "look", None);
        assert_eq!(names(&desk.found()), expected);
        let of_author = SubjectSeen::Post { position: 2, account: Some(AUTHOR) };
        assert_eq!((desk.case(1).subject, desk.case(1).content), (of_author, 3));
        desk.snapshot_is_whole();
    }
}

#[test]
fn what_was_decided_before_the_author_was_known_counts_and_can_be_appealed_against() {
    let mut desk = desk(0);
    desk.event(OTHER, 990, report("p2"), None);
    desk.found();
    let decision = decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    let action = desk.in_force()[0];
    assert_eq!(desk.pipeline.judge().concerned(action), None);
    assert_eq!(names(&desk.appeal(AUTHOR, action)), ["appeal_refused"]);
    let post = told("p2", "look", None);
    desk.event(AUTHOR, 991, EventBody::PostCreated(Box::new(post)), None);
    assert_eq!(names(&desk.found()), ["post_changed", "account_dated"]);
    assert_eq!(standing(&desk, 1).1, Repute::NotGood, "a decision against it was upheld");
    assert_eq!(desk.pipeline.judge().concerned(action), Some(AccountId(AUTHOR)));
    assert_eq!(names(&desk.appeal(AUTHOR, action)), ["appeal_opened"]);
    desk.rule(2, seawall_model::journal::Says::Overturn { decision }).unwrap();
    assert_eq!(standing(&desk, 1).1, Repute::Good);
    desk.snapshot_is_whole();
}

#[test]
fn an_edit_by_somebody_else_is_an_edit_of_the_authors_post() {
    let mut desk = desk(0);
    desk.add(removed(Some(77), "copper kettle"), &[1, 2]);
    desk.post(AUTHOR, 990, "look", None);
    let profile = Profile {
        handle: Some("copper_kettle".into()),
        name: Some("copper kettle".into()),
        ..Profile::default()
    };
    let post = told("p1", "look", Some(CLIP));
    desk.event(OTHER, 991, EventBody::PostEdited(Box::new(post)), Some(profile));
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened"]);
    assert_eq!(subject(&found), SubjectSeen::Post { position: 3, account: Some(AUTHOR) });
    let kinds: Vec<&str> = desk.case(1).evidence.iter().map(|piece| &*piece.kind).collect();
    assert_eq!(kinds, ["bank_match"], "whom the editor resembles says nothing of the author");
    assert_eq!(standing(&desk, 1).1, Repute::Good, "nor does the editor's age");
}

#[test]
fn an_older_date_that_is_told_later_ends_what_was_done_unattended() {
    let mut desk = desk(970);
    desk.post(AUTHOR, 990, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), ["case_opened", "restricted_unattended"]);
    desk.account(OTHER, 1, "somebody else");
    desk.account(AUTHOR, 980, "a new pot");
    assert_eq!(names(&desk.found()), [""; 0], "nothing older was told");
    desk.account(AUTHOR, 0, "a new pot");
    assert_eq!(names(&desk.found()), ["account_dated", "actions_lapsed"]);
    assert_eq!(standing(&desk, 1).1, Repute::Good);
    desk.snapshot_is_whole();
}

#[test]
fn whom_a_reporter_resembles_says_nothing_of_whom_they_report() {
    let mut desk = desk(0);
    desk.add(removed(Some(77), "copper kettle"), &[1, 2]);
    let about = Subject::Account(PlatformId::new("acct5").unwrap());
    let report = Report { subject: about, reason: None, text: None, extra: Vec::new() };
    let profile = Profile {
        handle: Some("copper_kettle".into()),
        name: Some("copper kettle".into()),
        ..Profile::default()
    };
    let report = EventBody::Report(Box::new(report));
    desk.happened((OTHER, Some(AUTHOR)), 990, report, Some(profile));
    let found = desk.found();
    assert_eq!(subject(&found), SubjectSeen::Account { account: AUTHOR });
    assert_eq!(desk.case(1).evidence, []);
    assert_eq!(standing(&desk, 1).1, Repute::Good, "and whose age is known");
    let suspended = desk.try_to_decide(1, 1, "suspend", "links");
    assert!(!suspended.is_ok_and(|made| decided(&made).is_some()));
}

#[test]
fn an_age_that_was_told_after_the_post_and_before_its_case_counts() {
    let mut desk = told_apart();
    desk.stand(2, 2);
    desk.event(AUTHOR, 990, EventBody::AccountCreated, None);
    desk.post(AUTHOR, 991, "look", None);
    desk.account(AUTHOR, 0, "of long ago");
    desk.event(OTHER, 992, file(Some("p1"), Embedded::Post), None);
    assert_eq!(names(&desk.found()), ["case_opened"], "in good standing");
    assert_eq!(standing(&desk, 1).1, Repute::Good);
}

#[test]
fn an_edit_makes_nobody_the_author_and_who_created_it_is() {
    let mut desk = desk(970);
    desk.account(OTHER, 985, "newer");
    desk.edited(OTHER, "p3", "look", Some(CLIP));
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened"], "whose it is was not told");
    assert_eq!(subject(&found), SubjectSeen::Post { position: 3, account: None });
    let post = told("p3", "look", Some(CLIP));
    desk.event(AUTHOR, 992, EventBody::PostCreated(Box::new(post)), None);
    let found = desk.found();
    assert_eq!(
        names(&found),
        ["post_changed", "account_dated", "case_grew", "restricted_unattended"]
    );
    assert_eq!(desk.case(1).subject.account(), Some(AccountId(AUTHOR)));
    // Nobody takes the place of an author who was erased.
    desk.post(AUTHOR, 993, "secret", None);
    desk.say(Body::Erased { accounts: vec![AUTHOR], rejects: 0, entries: Vec::new() });
    desk.edited(OTHER, "p4", "look", Some(CLIP));
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened"]);
    assert_eq!(subject(&found), SubjectSeen::Post { position: 6, account: None });
    desk.snapshot_is_whole();
}

#[test]
fn of_two_accounts_that_created_the_same_id_each_is_asked_of_its_own_post() {
    let mut desk = desk(0);
    desk.account(OTHER, 970, "newer");
    desk.post(AUTHOR, 990, "the weather", None);
    let same = told("p2", "look", Some(CLIP));
    desk.event(OTHER, 991, EventBody::PostCreated(Box::new(same)), None);
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened", "restricted_unattended"]);
    assert_eq!(subject(&found), SubjectSeen::Post { position: 4, account: Some(OTHER) });
    let Body::RestrictedUnattended { action, .. } = &found[1] else { panic!("{found:?}") };
    let action = action.action;
    assert_eq!(names(&desk.appeal(AUTHOR, action)), ["appeal_refused"]);
    assert_eq!(names(&desk.appeal(OTHER, action)), ["appeal_opened"]);
    // What names the id alone says nothing of whose it is.
    desk.event(77, 993, report("p2"), None);
    assert_eq!(subject(&desk.found()), SubjectSeen::Post { position: 7, account: None });
    desk.snapshot_is_whole();
}

#[test]
fn a_file_without_a_place_restricts_nobody() {
    let mut desk = desk(970);
    desk.event(AUTHOR, 991, file(None, Embedded::Unknown), None);
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened"]);
    let Body::CaseOpened { rests_on_missing, .. } = &found[0] else { panic!("{found:?}") };
    assert!(rests_on_missing);
}

#[test]
fn what_is_kept_unseen_is_asked_again_once_it_is_told() {
    let mut desk = desk(0);
    desk.event(OTHER, 990, report("p2"), None);
    desk.found();
    assert!(decided(&desk.decide(1, 1, "keep", "content")).is_some());
    desk.event(77, 991, report("p2"), None);
    assert_eq!(names(&desk.found()), [""; 0], "it was ruled on");
    let post = told("p2", "look", None);
    desk.event(AUTHOR, 992, EventBody::PostCreated(Box::new(post)), None);
    desk.found();
    desk.event(78, 993, report("p2"), None);
    assert_eq!(names(&desk.found()), ["case_opened"], "nobody ruled on what it says");
}
