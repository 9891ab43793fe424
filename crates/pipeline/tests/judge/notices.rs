//! Notices that an order withholds: how long, and that they go out when it ends.

use crate::desk::*;

use seawall_model::journal::{AppealRuled, Body, Says, Withholding};
use seawall_model::knowledge::{Known, Policy};
use seawall_model::{CaseId, ReviewerId, Timestamp};
use seawall_pipeline::{Withheld, WithholdError};
use seawall_review::AppealState;

use crate::unattended::restricted;

const WEEK_HOURS: i64 = 7 * 24;

/// A post of account 5, about which there is a case.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    desk
}

fn order(case: u64, until: Timestamp) -> Body {
    Body::NoticesWithheld(Withholding { case, reviewer: 1, order: "N-2026/118".into(), until })
}

/// Whether somebody else may than who took the first order down.
fn may(desk: &Desk, case: u64, until: Timestamp) -> Result<(), WithholdError> {
    may_by(desk, 2, case, until)
}

fn may_by(desk: &Desk, by: u64, case: u64, until: Timestamp) -> Result<(), WithholdError> {
    desk.pipeline.judge().may_withhold(CaseId(case), (ReviewerId(by), until), desk.now)
}

fn until(desk: &Desk) -> Option<Timestamp> {
    desk.pipeline.judge().withheld(CaseId(1)).and_then(|withheld| withheld.until)
}

#[test]
fn what_an_order_withholds_goes_out_when_it_ends_and_not_before() {
    let mut desk = desk();
    let began = desk.now;
    let ends = began.plus_seconds(3 * 3_600);
    assert_eq!(desk.say(order(1, ends)), []);
    desk.snapshot_is_whole();
    decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    assert_eq!(desk.pipeline.next_due(), Some(ends));
    desk.now = ends.plus_seconds(-1);
    assert_eq!(desk.say(Body::Tick), []);
    assert_eq!(until(&desk), Some(ends));
    desk.now = ends;
    assert_eq!(desk.say(Body::Tick), [Body::NoticesDue { case: 1 }]);
    desk.snapshot_is_whole();
    let withheld = desk.pipeline.judge().withheld(CaseId(1));
    assert_eq!(withheld, Some(Withheld { since: began, until: None }));
    desk.now = ends.plus_seconds(3_600);
    assert_eq!(desk.say(Body::Tick), [], "once");
}

#[test]
fn an_order_is_extended_and_lifted() {
    let mut desk = desk();
    let ends = desk.now.plus_seconds(3_600);
    desk.say(order(1, ends));
    let later = ends.plus_seconds(3_600);
    assert_eq!(desk.say(order(1, later)), []);
    desk.now = ends;
    assert_eq!(desk.say(Body::Tick), [], "it was extended");
    assert_eq!(desk.pipeline.judge().may_lift(CaseId(1)), Ok(()));
    assert_eq!(desk.say(order(1, ends)), [Body::NoticesDue { case: 1 }]);
    let over = WithholdError::Over(CaseId(1));
    assert_eq!(desk.pipeline.judge().may_lift(CaseId(1)), Err(over));
    assert_eq!(may(&desk, 1, later), Err(over), "what was told is not withheld again");
    assert_eq!(desk.say(order(1, later)), [], "nor by an entry that should not be there");
    assert_eq!(until(&desk), None);
}

#[test]
fn an_order_lasts_six_weeks_and_is_extended_by_six_at_most() {
    let mut desk = desk();
    let began = desk.now;
    let after = |weeks: i64| began.plus_seconds(weeks * WEEK_HOURS * 3_600);
    assert_eq!(may(&desk, 2, after(1)), Err(WithholdError::NoCase(CaseId(2))));
    assert_eq!(may(&desk, 1, began), Err(WithholdError::Ended));
    let long = after(6).plus_seconds(1);
    assert_eq!(may(&desk, 1, long), Err(WithholdError::TooLong(after(6))));
    assert_eq!(may(&desk, 1, after(6)), Ok(()));
    let none = desk.pipeline.judge().may_lift(CaseId(1));
    assert_eq!(none, Err(WithholdError::NotWithheld(CaseId(1))));
    desk.say(order(1, after(6)));
    desk.now = after(5);
    assert_eq!(may(&desk, 1, after(11)), Ok(()));
    desk.say(order(1, after(11)));
    desk.now = after(10);
    assert_eq!(may(&desk, 1, after(13)), Err(WithholdError::TooLong(after(12))));
    assert_eq!(may(&desk, 1, after(12)), Ok(()));
}

#[test]
fn whoever_took_an_order_down_does_not_make_it_last_longer() {
    let mut desk = desk();
    let ends = desk.now.plus_seconds(3_600);
    let later = ends.plus_seconds(3_600);
    assert_eq!(may_by(&desk, 1, 1, ends), Ok(()));
    desk.say(order(1, ends));
    let same = WithholdError::SamePerson { by: ReviewerId(1), until: ends };
    assert_eq!(may_by(&desk, 1, 1, later), Err(same));
    assert_eq!(may_by(&desk, 1, 1, ends.plus_seconds(-1)), Ok(()), "it may end before");
    assert_eq!(may_by(&desk, 2, 1, later), Ok(()));
    let Body::NoticesWithheld(second) = order(1, later) else { unreachable!() };
    desk.say(Body::NoticesWithheld(Withholding { reviewer: 2, ..second }));
    desk.snapshot_is_whole();
    let longer = later.plus_seconds(3_600);
    assert_eq!(may_by(&desk, 1, 1, longer), Err(same), "nor what somebody else extended");
    assert_eq!(may_by(&desk, 2, 1, longer), Ok(()));
}

/// What whoever holds the link of action 1 learns of it, and whether 2 can be told of.
fn known(desk: &Desk) -> (bool, Option<AppealState>, bool) {
    let judge = desk.pipeline.judge();
    let appeal = judge.known_appeal(1, desk.now).map(|(_, appeal)| appeal.state);
    assert_eq!(judge.known_appeal(2, desk.now), None);
    (judge.known_in_force(1, desk.now), appeal, judge.known_in_force(2, desk.now))
}

/// A restriction until hour 1072, under an order of so many hours.
fn ordered(hours: i64) -> Desk {
    let mut desk = restricted();
    let (key, by, signature) = (String::new(), None, None);
    desk.say(Body::ReviewerAdded { reviewer: 4, key, by, signature });
    let until = desk.now.plus_seconds(hours * 3_600);
    desk.say(order(1, until));
    desk
}

/// What is decided while the order is in force.
type Decides = fn(&mut Desk);
const DECIDED: [Decides; 4] = [
    |_| {},
    |desk| assert!(decided(&desk.decide(1, 3, "remove", "content")).is_some()),
    |desk| assert!(decided(&desk.decide(1, 3, "keep", "content")).is_some()),
    |desk| drop(desk.rule(3, Says::Withdraw { entries: vec![2] }).unwrap()),
];

#[test]
fn whoever_holds_a_link_learns_nothing_by_it_of_what_is_decided_under_an_order() {
    let open = Some(AppealState::Open);
    let ended = Some(AppealState::Granted(None));
    for decides in DECIDED {
        let mut desk = ordered(20 * 24);
        assert_eq!(known(&desk), (true, None, false));
        decides(&mut desk);
        assert_eq!(known(&desk), (true, None, false));
        desk.snapshot_is_whole();
        assert_eq!(names(&desk.appeal(5, 1)), ["appeal_opened"], "as against what is in force");
        assert_eq!(known(&desk), (true, open, false));
        desk.tick(1_071);
        assert_eq!(known(&desk), (true, open, false));
        // This much the account was told before.
        let passed = names(&desk.tick(1_072)).contains(&"appeal_decided");
        assert!(passed, "it lapses by itself");
        assert_eq!(known(&desk), (false, ended, false));
        desk.snapshot_is_whole();
    }
}

#[test]
fn what_becomes_of_an_appeal_under_an_order_is_known_when_it_ends() {
    for ruled in [AppealRuled::Uphold, AppealRuled::Overturn] {
        let mut desk = ordered(20);
        desk.appeal(5, 1);
        desk.rule_appeal(1, 4, ruled).unwrap();
        assert_eq!(known(&desk), (true, Some(AppealState::Open), false));
        assert_eq!(names(&desk.appeal(5, 1)), ["appeal_refused"], "as before");
        desk.tick(1_020);
        let (in_force, state) = match ruled {
            AppealRuled::Uphold => (true, AppealState::Upheld(ReviewerId(4))),
            AppealRuled::Overturn => (false, AppealState::Granted(Some(ReviewerId(4)))),
        };
        assert_eq!(known(&desk), (in_force, Some(state), false));
    }
    // What was decided before the order was told, and stays so.
    let mut desk = restricted();
    desk.appeal(5, 1);
    desk.rule_appeal(1, 3, AppealRuled::Uphold).unwrap();
    let upheld = Some(AppealState::Upheld(ReviewerId(3)));
    desk.say(order(1, desk.now.plus_seconds(3_600)));
    assert_eq!(known(&desk), (true, upheld, false));
    decided(&desk.decide(1, 3, "remove", "content")).unwrap();
    assert_eq!(known(&desk), (true, upheld, false));
    desk.snapshot_is_whole();
}

#[test]
fn an_appeal_against_what_ended_under_an_order_is_granted_when_that_is_over() {
    let mut desk = ordered(20);
    desk.appeal(5, 1);
    decided(&desk.decide(1, 3, "remove", "content")).unwrap();
    assert_eq!(desk.in_force(), [2]);
    let refused = desk.rule_appeal(1, 4, AppealRuled::Uphold).unwrap_err();
    assert!(refused.contains("granted by itself when the order ends"), "{refused}");
    assert_eq!(desk.tick(1_019), []);
    let over = desk.tick(1_020);
    let granted = Body::AppealDecided { appeal: 1, upheld: false, by: None };
    assert_eq!(over, [Body::NoticesDue { case: 1 }, granted]);
    let judge = desk.pipeline.judge();
    assert!(judge.known_in_force(2, desk.now) && !judge.is_untold(2), "it is told now");
}

#[test]
fn what_restricts_unattended_says_since_when_and_under_which_version_of_its_policy() {
    let mut desk = restricted();
    let began = desk.now;
    assert_eq!(desk.pipeline.judge().restricted_under(1), Some((began, 1)));
    desk.snapshot_is_whole();
    desk.now = began.plus_seconds(3_600);
    let Known::Policy(policy) = policy() else { unreachable!() };
    desk.add(Known::Policy(Policy { version: 2, ..policy }), &[1]);
    assert_eq!(desk.pipeline.judge().restricted_under(1), Some((began, 1)), "as it was then");
    decided(&desk.decide(1, 3, "keep", "content")).unwrap();
    assert_eq!([1, 2].map(|action| desk.pipeline.judge().restricted_under(action)), [None; 2]);
}
