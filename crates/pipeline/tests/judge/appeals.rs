//! Appeals: who may appeal, who rules on it, and what is taken back.

use crate::desk::*;

use seawall_model::journal::{AppealRuled, Body, Says};
use seawall_model::knowledge::{Known, Policy};
use seawall_model::{AppealId, EventBody, Standing};
use seawall_review::{AppealState, CaseState};

use AppealRuled::{Overturn, Uphold};

/// A post of account 5 that reviewer 1 saw and removed: action 1.
fn removed_post() -> Desk {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    assert!(decided(&desk.decide(1, 1, "remove", "content")).is_some());
    desk
}

/// A post of account 5, of a day ago, whose reach was restricted for as many hours: action 1.
fn restricted(hours: u32) -> Desk {
    let mut desk = Desk::new();
    let Known::Policy(policy) = policy() else { unreachable!() };
    if hours < policy.unattended_hours {
        desk.add(Known::Policy(Policy { version: 2, unattended_hours: hours, ..policy }), &[1]);
    }
    desk.stand(2, 2);
    desk.account(5, 970, "new here");
    desk.post(5, 990, "look", Some(CLIP));
    assert!(names(&desk.found()).contains(&"restricted_unattended"));
    desk
}

fn why(bodies: &[Body]) -> &str {
    match bodies {
        [Body::AppealRefused { why, .. }] => why,
        _ => panic!("{bodies:?}"),
    }
}

fn state(desk: &Desk, appeal: u64) -> AppealState {
    desk.pipeline.judge().appeals().get(AppealId(appeal)).unwrap().state
}

#[test]
fn who_is_concerned_appeals_once_and_nobody_else() {
    let mut desk = removed_post();
    assert_eq!(why(&desk.appeal(6, 1)), "not_concerned");
    assert_eq!(why(&desk.appeal(5, 2)), "unknown_action");
    assert_eq!(why(&desk.appeal(5, 0)), "unknown_action");
    let opened = desk.appeal(5, 1);
    let decision = desk.pipeline.judge().decisions().last().map(|(id, _)| id.0);
    let expected = Body::AppealOpened {
        appeal: 1,
        action: 1,
        decision,
        case: 1,
        account: 5,
        position: desk.position,
    };
    assert_eq!(opened, [expected]);
    assert_eq!(why(&desk.appeal(5, 1)), "already_open");
    desk.rule_appeal(1, 1, Uphold).unwrap_err();
    desk.rule_appeal(1, 3, Uphold).unwrap();
    assert_eq!(why(&desk.appeal(5, 1)), "already_decided");
    assert_eq!(desk.pipeline.judge().appeals().refused(), 5);
    desk.snapshot_is_whole();
}

#[test]
fn an_action_on_what_nobody_is_known_to_have_posted_is_nobodys_to_appeal_against() {
    let mut desk = Desk::new();
    let rules = RULES.to_owned()
        + "
Kind: str = JsonData(path='$.type')
Told = Rule(when_all=[Kind == 'report'], description='a report')
WhenRules(rules_any=[Told], then=[OpenCase(policy='kettles', reason='a report')])
";
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    let report = seawall_model::Report {
        subject: seawall_model::Subject::Post(seawall_model::PlatformId::new("p9").unwrap()),
        reason: None,
        text: None,
        extra: Vec::new(),
    };
    desk.event(5, 10, EventBody::Report(Box::new(report)), None);
    assert_eq!(names(&desk.found()), ["case_opened"]);
    assert!(decided(&desk.decide(1, 1, "remove", "content")).is_some());
    assert_eq!(why(&desk.appeal(5, 1)), "not_concerned");
}

#[test]
fn what_somebody_says_for_themselves_is_no_evidence_and_stays_sealed() {
    let mut desk = removed_post();
    let rules = RULES.to_owned()
        + "
Kind: str = JsonData(path='$.type')
Told = Rule(when_all=[Kind == 'appeal'], description='an appeal')
WhenRules(rules_any=[Told], then=[OpenCase(policy='kettles', reason='an appeal')])
";
    desk.add(Known::Rules(vec![("main.sml".into(), rules.into())]), &[1]);
    let opened = desk.appeal(5, 1);
    assert_eq!(names(&opened), ["appeal_opened"]);
    let holds = |bytes: &[u8]| bytes.windows(WORDS.len()).any(|part| part == WORDS.as_bytes());
    assert!(!holds(&desk.pipeline.snapshot()));
    for (body, _) in &desk.record {
        assert!(!holds(format!("{body:?}").as_bytes()));
    }
}

#[test]
fn who_took_part_rules_on_no_appeal_but_may_take_back_their_own_error() {
    // Reviewer 1 decided, and stands for the entry that it rests on.
    let mut desk = Desk::new();
    let entry = desk.add(removed(Some(50), "copper pot"), &[1, 2]);
    desk.account(60, 10, "copper pot");
    desk.found();
    let decision = decided(&desk.decide(1, 3, "suspend", "links")).unwrap();
    desk.appeal(60, 1);
    for (reviewer, ruled) in [(3, Overturn), (1, Uphold), (2, Overturn)] {
        let refused = desk.rule_appeal(1, reviewer, ruled).unwrap_err();
        assert!(refused.contains("uninvolved reviewer"), "k{entry}: {refused}");
    }
    assert_eq!(desk.uninvolved(1), [] as [u64; 0], "somebody from outside is invited");
    desk.say(Body::ReviewerAdded { reviewer: 4, key: String::new(), by: None, signature: None });
    assert_eq!(desk.uninvolved(1), [4]);
    desk.say(Body::ReviewerWithdrawn { reviewer: 4, by: 1, signature: String::new() });
    assert_eq!(desk.uninvolved(1), [] as [u64; 0]);
    assert!(desk.rule_appeal(1, 4, Overturn).unwrap_err().contains("signs no more"));
    // It takes a measure back, and so no second person is asked.
    let undone = desk.rule(3, Says::Overturn { decision }).unwrap();
    assert_eq!(names(&undone), ["decided", "overturned", "appeal_decided"]);
}

#[test]
fn who_overturned_it_before_is_involved_when_it_is_decided_again() {
    let mut desk = removed_post();
    desk.appeal(5, 1);
    assert_eq!(desk.uninvolved(1), [2, 3]);
    desk.rule_appeal(1, 2, Overturn).unwrap();
    assert_eq!(desk.state(1), CaseState::Open);
    desk.say(Body::ReviewerAdded { reviewer: 4, key: String::new(), by: None, signature: None });
    decided(&desk.decide(1, 3, "remove", "content")).unwrap();
    assert_eq!(names(&desk.appeal(5, 2)), ["appeal_opened"]);
    assert_eq!(desk.uninvolved(2), [4], "1 removed it before, 2 overturned that");
    assert!(desk.rule_appeal(2, 2, Overturn).unwrap_err().contains("r2 took part in what p2"));
    desk.rule_appeal(2, 4, Uphold).unwrap();
}

#[test]
fn an_appeal_that_is_upheld_leaves_everything_and_one_that_is_not_takes_all_of_it_back() {
    let mut desk = removed_post();
    desk.appeal(5, 1);
    let upheld = desk.rule_appeal(1, 2, Uphold).unwrap();
    assert_eq!(upheld, [Body::AppealDecided { appeal: 1, upheld: true, by: Some(2) }]);
    assert_eq!(desk.in_force(), [1]);
    assert_eq!(state(&desk, 1), AppealState::Upheld(seawall_model::ReviewerId(2)));

    let mut desk = removed_post();
    let decision = desk.pipeline.judge().decisions().last().unwrap().0;
    let entry = desk.lay(removed(Some(5), "copper pot"), Some(decision.0));
    desk.account(60, 12, "copper pot");
    let Some(Body::CaseOpened { case, .. }) = desk.found().first().cloned() else { panic!() };
    let fallen = decided(&desk.decide(case, 3, "suspend", "links")).unwrap();
    desk.appeal(5, 1);
    let granted = desk.rule_appeal(1, 2, Overturn).unwrap();
    assert_eq!(names(&granted), ["appeal_decided", "decided", "overturned"]);
    assert_eq!(granted[0], Body::AppealDecided { appeal: 1, upheld: false, by: Some(2) });
    let Body::Overturned { actions_reversed, entries_withdrawn, decisions_fallen, by, .. } =
        &granted[2]
    else {
        panic!("{granted:?}")
    };
    assert_eq!(
        (actions_reversed.as_slice(), entries_withdrawn.as_slice()),
        (&[1, 2][..], &[entry][..])
    );
    assert_eq!(decisions_fallen, &[fallen]);
    assert_eq!(Some(*by), decided(&granted));
    assert_eq!(desk.in_force(), [] as [u64; 0]);
    desk.snapshot_is_whole();
}

#[test]
fn an_appeal_is_decided_once() {
    let mut desk = removed_post();
    assert!(desk.rule_appeal(1, 2, Uphold).unwrap_err().contains("there is no appeal p1"));
    desk.appeal(5, 1);
    desk.rule_appeal(1, 2, Uphold).unwrap();
    assert!(desk.rule_appeal(1, 3, Overturn).unwrap_err().contains("p1 is decided"));
    assert_eq!(desk.in_force(), [1]);
}

#[test]
fn what_ends_by_other_means_is_decided_for_who_appealed() {
    let granted = Body::AppealDecided { appeal: 1, upheld: false, by: None };
    // Its decision is overturned.
    let mut desk = removed_post();
    let decision = desk.pipeline.judge().decisions().last().unwrap().0.0;
    desk.appeal(5, 1);
    let bodies = desk.rule(1, Says::Overturn { decision }).unwrap();
    assert_eq!(bodies.last(), Some(&granted));
    // It lapses.
    let mut desk = restricted(72);
    desk.appeal(5, 1);
    assert_eq!(names(&desk.tick(1_071)), [] as [&str; 0]);
    assert_eq!(names(&desk.tick(1_072)), ["actions_lapsed", "appeal_decided"]);
    assert_eq!(state(&desk, 1), AppealState::Granted(None));
    // What it rested on is gone.
    let mut desk = restricted(72);
    desk.appeal(5, 1);
    let bodies = desk.rule(3, Says::Withdraw { entries: vec![2] }).unwrap();
    assert_eq!(bodies.last(), Some(&granted));
    // Another decision takes its place.
    let mut desk = restricted(72);
    desk.appeal(5, 1);
    let bodies = desk.decide(1, 3, "remove", "content");
    assert_eq!(bodies.last(), Some(&granted));
    // The decision that it rested on through another falls.
    let mut desk = removed_post();
    let root = desk.pipeline.judge().decisions().last().unwrap().0.0;
    desk.lay(removed(Some(5), "copper pot"), Some(root));
    desk.account(60, 12, "copper pot");
    desk.found();
    decided(&desk.decide(2, 3, "suspend", "links")).unwrap();
    desk.appeal(60, 2);
    assert_eq!(desk.rule(2, Says::Overturn { decision: root }).unwrap().last(), Some(&granted));
}

#[test]
fn an_appeal_against_what_has_ended_is_taken_and_decided_at_once() {
    let mut desk = restricted(72);
    desk.tick(1_072);
    assert_eq!(names(&desk.appeal(5, 1)), ["appeal_opened", "appeal_decided"]);
    assert_eq!(why(&desk.appeal(5, 1)), "already_decided");
    assert_eq!(why(&desk.appeal(6, 1)), "not_concerned");
}

#[test]
fn an_appeal_against_a_restriction_without_a_person_ends_it_for_good_and_the_case_stays() {
    let mut desk = restricted(24);
    desk.appeal(5, 1);
    assert_eq!(desk.uninvolved(1), [3], "1 and 2 stand for the entry");
    assert!(desk.rule_appeal(1, 2, Overturn).is_err());
    let granted = desk.rule_appeal(1, 3, Overturn).unwrap();
    let lapsed = Body::ActionsLapsed { actions: vec![1] };
    assert_eq!(granted[1..], [lapsed]);
    assert_eq!((desk.state(1), desk.in_force().len()), (CaseState::Open, 0));
    desk.snapshot_is_whole();
    // More becomes known of the case: it would be restricted again, if nobody had appealed.
    let more = |desk: &mut Desk| {
        let post = told("p1", "look, to the boil", Some(CLIP));
        desk.event(5, 996, EventBody::PostEdited(Box::new(post)), None);
        names(&desk.found())
    };
    assert_eq!(more(&mut desk), ["post_changed", "case_grew"]);
    let mut desk = restricted(24);
    desk.tick(1_024);
    let without = ["post_changed", "case_grew", "restricted_unattended"];
    assert_eq!(more(&mut desk), without, "as without an appeal");
}

#[test]
fn an_upheld_restriction_without_a_person_lapses_by_itself() {
    let mut desk = restricted(72);
    desk.appeal(5, 1);
    assert_eq!(names(&desk.rule_appeal(1, 3, Uphold).unwrap()), ["appeal_decided"]);
    assert_eq!(desk.in_force(), [1]);
    assert_eq!(names(&desk.tick(1_072)), ["actions_lapsed"]);
}

#[test]
fn a_decision_that_was_taken_back_on_appeal_cannot_be_taken_back_again() {
    let mut desk = removed_post();
    let decision = desk.pipeline.judge().decisions().last().unwrap().0;
    desk.appeal(5, 1);
    let by = decided(&desk.rule_appeal(1, 2, Overturn).unwrap()).unwrap();
    assert!(desk.rule(3, Says::Overturn { decision: decision.0 }).is_err());
    assert!(desk.rule(3, Says::Overturn { decision: by }).unwrap_err().contains("took something"));
    assert_eq!(desk.state(1), CaseState::Open);
}

#[test]
fn an_account_that_the_platform_gives_back_keeps_its_appeal() {
    let mut desk = removed_post();
    desk.appeal(5, 1);
    let back = EventBody::AccountReinstated(Standing::default());
    desk.event(5, 996, back, None);
    assert_eq!(names(&desk.found()), [] as [&str; 0]);
    assert_eq!(state(&desk, 1), AppealState::Open);
}

#[test]
fn who_ruled_otherwise_on_its_case_is_involved_too() {
    let mut desk = Desk::new();
    desk.account(5, 970, "somebody");
    desk.post(5, 990, "look", Some(CLIP));
    desk.found();
    assert_eq!(decided(&desk.decide(1, 3, "remove", "file")), None, "it is held");
    decided(&desk.decide(1, 1, "restrict", "content")).unwrap();
    desk.appeal(5, 1);
    assert_eq!(desk.uninvolved(1), [2]);
    assert!(desk.rule_appeal(1, 3, Uphold).unwrap_err().contains("r3 took part"));
    desk.snapshot_is_whole();
}
