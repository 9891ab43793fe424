//! What happens without a person, and to whom: restrictions, what ends them, and whom a
//! case is about.

use crate::desk::*;

use seawall_model::journal::{Body, Says, SubjectSeen};
use seawall_model::knowledge::{BankHash, FileClass, FileHash, Ground, Known, Policy, Protected};
use seawall_model::{AccountId, EventBody, MediaRef, PlatformId, Profile};

#[test]
fn reach_is_restricted_unattended_only_on_what_two_confirmed_and_never_in_good_standing() {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    // Of a day ago; of two months ago; of an age that nobody told; of the register.
    desk.account(5, 970, "new here");
    desk.account(6, -24 * 60, "an old newsroom");
    desk.account(8, 970, "young archive");
    desk.add(Known::Protected(Protected { account: AccountId(8), ground: Ground::Archive }), &[1]);
    desk.found();
    for account in [5, 6, 7, 8] {
        desk.post(account, 990, "look", Some(CLIP));
    }
    let found = desk.found();
    let restricted: Vec<u64> = found
        .iter()
        .filter_map(|body| match body {
            Body::RestrictedUnattended { action, .. } => {
                assert!(action.until.is_some(), "it lapses by itself");
                let SubjectSeen::Post { account, .. } = action.subject else { return None };
                account
            }
            _ => None,
        })
        .collect();
    assert_eq!(restricted, [5]);
    assert_eq!(names(&found).iter().filter(|name| **name == "case_opened").count(), 4);
    desk.snapshot_is_whole();
    // It lapses at its time and not before.
    let lapsed = |desk: &mut Desk, hours| {
        desk.pipeline.input(&Body::Tick, at(hours), &desk.shelf, &mut desk.out);
        names(&desk.found())
    };
    assert!(!lapsed(&mut desk, 1_071).contains(&"actions_lapsed"));
    assert!(lapsed(&mut desk, 1_072).contains(&"actions_lapsed"));
}

/// An account of a day ago, whose post of the clip was restricted.
pub fn restricted() -> Desk {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    desk.account(5, 970, "new here");
    desk.post(5, 990, "look", Some(CLIP));
    assert!(names(&desk.found()).contains(&"restricted_unattended"));
    desk
}

#[test]
fn a_restriction_ends_with_what_it_rests_on() {
    // A confirmation is taken back; the entry is withdrawn; the account is protected.
    let confirmation = restricted().rule(3, Says::Overturn { decision: 2 }).unwrap();
    let withdrawal = restricted().rule(3, Says::Withdraw { entries: vec![2] }).unwrap();
    let mut desk = restricted();
    let guard = Protected { account: AccountId(5), ground: Ground::Archive };
    let entry = desk.lay(Known::Protected(guard), None);
    let protection = desk.rule(1, Says::Knowledge { first: entry, last: entry }).unwrap();
    for bodies in [confirmation, withdrawal, protection] {
        assert!(bodies.contains(&Body::ActionsLapsed { actions: vec![1] }), "{bodies:?}");
    }
    // It is taken once: another post, however it is dated, does not begin the hours anew.
    let mut desk = restricted();
    desk.pipeline.input(&Body::Tick, at(1_030), &desk.shelf, &mut desk.out);
    desk.found();
    desk.post(5, 980, "look again", Some(CLIP));
    assert!(!names(&desk.found()).contains(&"restricted_unattended"));
}

#[test]
fn what_happened_long_ago_restricts_nobody_now() {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    desk.account(5, 0, "new then");
    desk.post(5, 24, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), ["case_opened"]);
}

#[test]
fn a_file_that_is_also_called_something_else_restricts_nobody() {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    let hash = FileHash::Sha256(CLIP);
    let news = BankHash { bank: "clips".into(), hash, class: FileClass::News };
    desk.add(Known::Hash(news), &[1, 2]);
    desk.account(5, 970, "new here");
    desk.post(5, 990, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), ["case_opened"]);
}

#[test]
fn overturning_what_took_something_back_is_refused() {
    let mut desk = Desk::new();
    let bodies = desk.rule(1, Says::Withdraw { entries: vec![2] }).unwrap();
    let decision = decided(&bodies).unwrap();
    let refused = desk.rule(2, Says::Overturn { decision }).unwrap_err();
    assert!(refused.contains("took something back"), "{refused}");
}

#[test]
fn what_a_withdrawn_key_ruled_seconds_nothing() {
    let mut desk = Desk::new();
    let profile = desk.lay(removed(None, "copper pot"), None);
    assert_eq!(desk.stand(profile, 1), None);
    desk.say(Body::ReviewerWithdrawn { reviewer: 1, by: 3, signature: String::new() });
    assert_eq!(desk.stand(profile, 2), None, "the first to stand for it now");
    assert!(desk.stand(profile, 3).is_some());
}

#[test]
fn an_edit_is_about_the_same_post() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    desk.decide(1, 1, "keep_documents", "content");
    let post = told("p0", "look again", Some(CLIP));
    desk.event(5, 11, EventBody::PostEdited(Box::new(post)), None);
    assert_eq!(names(&desk.found()), ["post_changed"], "and no other case");
}

#[test]
fn a_report_is_about_who_is_reported() {
    let mut desk = Desk::new();
    let rules = RULES.to_owned()
        + "
Kind: str = JsonData(path='$.type')
Told = Rule(when_all=[Kind == 'report'], description='a report')
WhenRules(rules_any=[Told], then=[OpenCase(policy='kettles', reason='a report')])
";
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    let report = seawall_model::Report {
        subject: seawall_model::Subject::Account(PlatformId::new("acct9").unwrap()),
        reason: None,
        text: None,
        extra: Vec::new(),
    };
    desk.reported(5, 9, EventBody::Report(Box::new(report)));
    let found = desk.found();
    let Some(Body::CaseOpened { subject, .. }) = found.first() else { panic!("{found:?}") };
    assert_eq!(*subject, SubjectSeen::Account { account: 9 });
}

#[test]
fn a_verdict_that_rests_on_something_missing_restricts_nobody() {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    let rules = RULES.replace("[Clip != None]", "[Clip != 7]");
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    desk.account(5, 0, "new here");
    desk.found();
    // A picture without fingerprints: the bank cannot say.
    let media = MediaRef { id: PlatformId::new("m").ok(), ..MediaRef::default() };
    let body = EventBody::Media(Box::new(seawall_model::MediaItem {
        media,
        post: PlatformId::new("p9").ok(),
        embedded: seawall_model::Embedded::Post,
        bytes: None,
        width: None,
        height: None,
    }));
    desk.event(5, 24, body, None);
    let found = desk.found();
    assert_eq!(names(&found), ["case_opened"]);
    let Body::CaseOpened { rests_on_missing, .. } = &found[0] else { unreachable!() };
    assert!(rests_on_missing);
}

#[test]
fn a_restriction_ends_with_its_policy() {
    // Its decision is overturned; a version that gives no hours takes its place.
    let overturned = restricted().rule(3, Says::Overturn { decision: 1 }).unwrap();
    let mut desk = restricted();
    let Known::Policy(policy) = policy() else { unreachable!() };
    let without = Policy { version: 2, unattended_hours: 0, ..policy };
    let entry = desk.lay(Known::Policy(without), None);
    let replaced = desk.rule(1, Says::Knowledge { first: entry, last: entry }).unwrap();
    for bodies in [overturned, replaced] {
        assert!(bodies.contains(&Body::ActionsLapsed { actions: vec![1] }), "{bodies:?}");
    }
}

#[test]
fn the_earliest_creation_that_was_told_counts() {
    let old = at(-24 * 365);
    for told in [[old, at(970)], [at(970), old]] {
        let mut desk = Desk::new();
        desk.stand(2, 2);
        for created_at in told {
            let profile = Profile { created_at: Some(created_at), ..Profile::default() };
            desk.event(5, 980, EventBody::AccountUpdated, Some(profile));
        }
        desk.post(5, 990, "look", Some(CLIP));
        assert_eq!(names(&desk.found()), ["case_opened"], "it is in good standing: {told:?}");
    }
}
