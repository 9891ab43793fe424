//! What is put before people again: what a rule finds in the event itself, where no entry of
//! knowledge tells it from what was ruled on.

use crate::desk::*;

use seawall_model::journal::{Body, Says};
use seawall_model::knowledge::Known;
use seawall_model::{
    Engagement, EngagementKind, EventBody, PlatformId, Profile, Report, State, Subject,
};
use seawall_review::CaseState;

/// A desk whose rules also open a case for any report and for whatever an account likes.
fn asking() -> Desk {
    let mut desk = Desk::new();
    let rules = RULES.to_owned()
        + "
Kind: str = JsonData(path='$.type')
Told = Rule(when_all=[Kind == 'report'], description='reported')
Likes = Rule(when_all=[Kind == 'engagement'], description='a like')
WhenRules(rules_any=[Told, Likes], then=[OpenCase(policy='kettles', reason='told')])
";
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    desk
}

fn report(desk: &mut Desk, reporter: u64, subject: &Subject, reason: &str) -> Vec<&'static str> {
    let other = match subject {
        Subject::Account(_) => Some(5),
        Subject::Post(_) => None,
    };
    let (subject, text) = (subject.clone(), Some(format!("says {reporter}").into()));
    let report = Report { subject, reason: Some(reason.into()), text, extra: Vec::new() };
    desk.happened((reporter, other), 10, EventBody::Report(Box::new(report)), None);
    names(&desk.found())
}

fn keep(desk: &mut Desk, case: u64) {
    assert_eq!(names(&desk.decide(case, 1, "keep", "content")), ["decided"]);
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_word_that_no_list_has_asks_again_for_other_words_and_not_for_the_same() {
    let mut desk = Desk::new();
    desk.post(5, 10, "steam", None);
    let found = desk.found();
    let [Body::CaseOpened { rule: Some(rule), evidence, reasons, .. }] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((rule.as_str(), evidence.len(), reasons.len()), ("Steam", 0, 1));
    desk.edited(5, "p0", "steam", None);
    assert_eq!(names(&desk.found()), ["post_changed", "case_grew"], "it says so still");
    keep(&mut desk, 1);
    desk.edited(5, "p0", "nothing", None);
    assert_eq!(names(&desk.found()), ["post_changed"]);
    desk.edited(5, "p0", "steam", None);
    assert_eq!(names(&desk.found()), ["post_changed", "case_opened"]);
    assert_eq!((desk.state(2), desk.case(2).content), (CaseState::Open, 4));
    desk.snapshot_is_whole();
}

#[test]
fn a_kept_post_is_asked_about_again_for_another_kind_of_report_once() {
    let mut desk = asking();
    desk.post(5, 9, "look", None);
    let post = Subject::Post(PlatformId::new("p0").unwrap());
    assert_eq!(report(&mut desk, 8, &post, "spam"), ["case_opened"]);
    assert_eq!(report(&mut desk, 9, &post, "spam"), NOTHING, "who reports is no evidence");
    keep(&mut desk, 1);
    for reporter in 10..30 {
        assert_eq!(report(&mut desk, reporter, &post, "spam"), NOTHING);
    }
    assert_eq!(report(&mut desk, 9, &post, "threats"), ["case_opened"]);
    keep(&mut desk, 2);
    for reason in ["spam", "threats"] {
        assert_eq!(report(&mut desk, 11, &post, reason), NOTHING, "of the case before too");
    }
    desk.edited(5, "p0", "look again", None);
    assert_eq!(names(&desk.found()), ["post_changed"]);
    assert_eq!(report(&mut desk, 12, &post, "spam"), ["case_opened"], "of other words");
    desk.snapshot_is_whole();
}

#[test]
fn what_an_account_does_again_asks_again_only_where_it_shows_another_profile() {
    let mut desk = asking();
    let mut likes = |name: Option<&str>, followers: u64| {
        let (kind, state, extra) = (EngagementKind::Like, State::Made, Vec::new());
        let post = PlatformId::new("p9").ok();
        let body =
            EventBody::Engagement(Engagement { kind, post, of: None, count: 1, state, extra });
        let profile = name.map(|name| Profile {
            name: Some(name.into()),
            followers: Some(followers),
            ..Profile::default()
        });
        desk.event(5, 10, body, profile);
        let found = names(&desk.found());
        if found == ["case_opened"] {
            let newest = desk.pipeline.judge().cases().all().last().unwrap().0;
            keep(&mut desk, newest.0);
        }
        found
    };
    assert_eq!(likes(Some("a pot"), 1), ["case_opened"]);
    assert_eq!(likes(Some("a pot"), 2), NOTHING, "what is counted of it says nothing");
    assert_eq!(likes(None, 0), NOTHING, "nothing tells it from the one before");
    assert_eq!(likes(Some("a kettle"), 3), ["case_opened"]);
    assert_eq!(likes(Some("a pot"), 4), NOTHING);
}

#[test]
fn a_case_stays_open_while_a_rule_asks_for_what_no_entry_says() {
    let mut desk = asking();
    desk.post(5, 9, "steam", Some(CLIP));
    let found = desk.found();
    let [Body::CaseOpened { rule: Some(rule), reasons, .. }] = &found[..] else {
        panic!("{found:?}")
    };
    let told: Vec<_> = reasons.iter().map(|of| (&*of.rule, &of.entries[..])).collect();
    assert_eq!(
        (rule.as_str(), told),
        ("BannedClip", vec![("BannedClip", &[2][..]), ("Steam", &[])])
    );
    desk.rule(2, Says::Withdraw { entries: vec![2] }).unwrap();
    assert_eq!((desk.state(1), desk.case(1).evidence.len()), (CaseState::Open, 0));
    // Where nothing else asks for it, it is withdrawn; and a word opens another.
    let mut desk = Desk::new();
    desk.post(5, 9, "look", Some(CLIP));
    desk.found();
    desk.rule(2, Says::Withdraw { entries: vec![2] }).unwrap();
    assert_eq!(desk.state(1), CaseState::Withdrawn);
    desk.edited(5, "p0", "steam", None);
    assert_eq!(names(&desk.found()), ["post_changed", "case_opened"]);
    assert_eq!(desk.case(2).evidence, []);
}

#[test]
fn another_rule_about_a_kept_post_restricts_nobody_for_what_was_kept() {
    let mut desk = asking();
    desk.stand(2, 2);
    desk.account(5, 970, "new here");
    desk.post(5, 990, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), ["case_opened", "restricted_unattended"]);
    desk.decide(1, 1, "keep_documents", "content");
    desk.edited(5, "p1", "steam", Some(CLIP));
    let found = desk.found();
    assert_eq!(names(&found), ["post_changed", "case_opened"]);
    let Body::CaseOpened { evidence, reasons, .. } = &found[1] else { panic!("{found:?}") };
    assert_eq!((evidence.len(), &*reasons[0].rule, reasons.len()), (0, "Steam", 1));
    assert_eq!(desk.in_force(), [] as [u64; 0]);
}

#[test]
fn what_fell_before_the_hand_over_is_no_reason() {
    let mut desk = Desk::new();
    let added = std::collections::BTreeMap::from([("hand_over_positions".into(), 1_000)]);
    let (name, withdrawn, hash) = ("constants".into(), Vec::new(), String::new());
    desk.say(Body::KnowledgeActivated { name, version: 2, added, withdrawn, hash });
    desk.adopts = Adopts::WhenAsked;
    desk.post(5, 9, "look", Some(CLIP));
    desk.post(6, 9, "steam", Some(CLIP));
    desk.rule(2, Says::Withdraw { entries: vec![2] }).unwrap();
    let found = desk.tick(1_001);
    let [Body::CaseOpened { rule: Some(rule), evidence, .. }] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((rule.as_str(), evidence.len()), ("Steam", 0));
}
