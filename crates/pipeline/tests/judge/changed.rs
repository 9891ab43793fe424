//! A post that is edited or deleted after its case was opened: what was read, matched and held
//! was about other words. And what there is to see of a post in the first place.

use crate::desk::*;
use crate::unattended::restricted;

use seawall_model::journal::{Body, Says, SubjectSeen};
use seawall_model::knowledge::Known;
use seawall_model::{Embedded, EventBody, MediaItem, MediaRef, PlatformId};
use seawall_review::CaseState;

/// The post that `restricted` tells of, at position 2.
const POST: &str = "p1";

#[test]
fn an_edit_that_takes_the_clip_out_ends_the_restriction_and_is_another_version() {
    let mut desk = restricted();
    desk.edited(5, POST, "nothing to see", None);
    let found = desk.found();
    assert_eq!(names(&found), ["post_changed", "actions_lapsed"]);
    let (version, deleted, account) = (2, false, None);
    let changed = Body::PostChanged { case: 1, version, position: 3, deleted, account };
    assert_eq!(found[0], changed);
    assert_eq!(desk.case(1).evidence[0].position, 2, "it stays told, with its place");
    let says = |version| Says::Case {
        case: 1,
        version,
        ruled: "keep".into(),
        policy: None,
        saw: "content".into(),
        class: None,
    };
    assert!(desk.rule(1, says(1)).unwrap_err().contains("read it again"));
    // Nobody saw a file of the newest content, for it has none.
    for ruled in ["remove", "restrict"] {
        assert!(desk.try_to_decide(1, 1, ruled, "file").unwrap_err().contains("no file to see"));
    }
    assert_eq!(names(&desk.rule(1, says(2)).unwrap()), ["decided"]);
    desk.snapshot_is_whole();
}

#[test]
fn an_edit_that_keeps_the_clip_keeps_the_restriction_and_the_match_is_of_the_new_words() {
    let mut desk = restricted();
    desk.edited(5, POST, "look again", Some(CLIP));
    assert_eq!(names(&desk.found()), ["post_changed", "case_grew"]);
    assert_eq!((desk.case(1).version, desk.case(1).content), (3, 3));
    let positions: Vec<u64> = desk.case(1).evidence.iter().map(|piece| piece.position).collect();
    assert_eq!(positions, [3]);
    assert_eq!(desk.pipeline.judge().actions().unattended().count(), 1);
    // Taken out and put back: the hours run on from the first.
    desk.pipeline.input(&Body::Tick, at(1_030), &desk.shelf, &mut desk.out);
    desk.found();
    desk.edited(5, POST, "nothing", None);
    assert_eq!(names(&desk.found()), ["post_changed", "actions_lapsed"]);
    desk.edited(5, POST, "and again", Some(CLIP));
    let found = desk.found();
    let Some(Body::RestrictedUnattended { action, .. }) = found.last() else { panic!("{found:?}") };
    assert_eq!(action.until, Some(at(1_072)));
    desk.edited(6, "another", "nothing", None);
    assert_eq!(names(&desk.found()), [] as [&str; 0], "no case is about it");
    desk.snapshot_is_whole();
}

#[test]
fn a_deleted_post_is_restricted_no_more_and_its_case_stays_open_to_be_kept() {
    let mut desk = restricted();
    desk.deleted(5, POST);
    let found = desk.found();
    assert_eq!(names(&found), ["post_changed", "actions_lapsed"]);
    let (version, deleted, account) = (2, true, None);
    let changed = Body::PostChanged { case: 1, version, position: 3, deleted, account };
    assert_eq!(found[0], changed);
    assert_eq!((desk.state(1), desk.case(1).content), (CaseState::Open, 2));
    desk.deleted(5, POST);
    assert_eq!(names(&desk.found()), [] as [&str; 0], "twice is once");
    let policy = Some(seawall_model::journal::PolicyCited { id: "kettles".into(), version: 1 });
    let says = Says::Case {
        case: 1,
        version: 2,
        ruled: "remove".into(),
        policy,
        saw: "content".into(),
        class: None,
    };
    let refused = desk.rule(1, says).unwrap_err();
    assert!(refused.contains("deleted it") && refused.contains("keep it"), "{refused}");
    assert_eq!(names(&desk.decide(1, 1, "keep", "content")), ["decided"]);
    desk.snapshot_is_whole();
}

#[test]
fn what_was_ruled_on_other_words_is_held_no_more() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    assert_eq!(names(&desk.decide(1, 1, "remove", "file")), ["ruling_held"]);
    desk.edited(5, "p0", "look again", Some(CLIP));
    assert_eq!(names(&desk.found()), ["post_changed", "ruling_let_go", "case_grew"]);
    assert!(desk.case(1).heard.is_empty());
    let done = desk.decide(1, 2, "remove", "content");
    let Body::Decided { reviewers, .. } = &done[0] else { panic!("{done:?}") };
    assert_eq!(reviewers, &[2]);
}

#[test]
fn a_decided_case_that_is_opened_again_is_about_the_newest_words() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    let decision = decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    desk.edited(5, "p0", "sorry", None);
    assert_eq!(names(&desk.found()), ["post_changed"]);
    assert_eq!(desk.state(1), CaseState::Decided(seawall_model::DecisionId(decision)));
    desk.rule(2, Says::Overturn { decision }).unwrap();
    assert_eq!((desk.state(1), desk.case(1).content), (CaseState::Open, 2));
    assert!(desk.try_to_decide(1, 1, "remove", "file").unwrap_err().contains("no file to see"));
}

/// A desk whose rules open a case for any report and any file that is told apart.
pub fn told_apart() -> Desk {
    let mut desk = Desk::new();
    let rules = RULES.to_owned()
        + "
Kind: str = JsonData(path='$.type')
Told = Rule(when_all=[Kind == 'report' or Kind == 'media'], description='told')
WhenRules(rules_any=[Told], then=[OpenCase(policy='kettles', reason='told')])
";
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    desk
}

pub fn file(post: Option<&str>, embedded: Embedded) -> EventBody {
    EventBody::Media(Box::new(MediaItem {
        media: MediaRef { sha256: Some(CLIP), ..MediaRef::default() },
        post: post.and_then(|post| PlatformId::new(post).ok()),
        embedded,
        bytes: None,
        width: None,
        height: None,
    }))
}

#[test]
fn a_picture_of_a_profile_is_about_the_account_and_one_of_a_post_about_the_post() {
    let mut desk = told_apart();
    for (account, post, embedded) in [
        (5, None, Embedded::Avatar),
        (6, Some("p"), Embedded::Avatar),
        (7, None, Embedded::Unknown),
    ] {
        desk.event(account, 10, file(post, embedded), None);
        let found = desk.found();
        let Some(Body::CaseOpened { subject, post, .. }) = found.first() else {
            panic!("{found:?}")
        };
        assert_eq!((*subject, post.as_deref()), (SubjectSeen::Account { account }, None));
    }
    desk.event(8, 10, file(Some("p8"), Embedded::Post), None);
    let found = desk.found();
    let Some(Body::CaseOpened { subject, .. }) = found.first() else { panic!("{found:?}") };
    assert_eq!(*subject, SubjectSeen::Post { position: 4, account: None }, "whose was not told");
}
