//! Notices that an order withholds: how long, and that they go out when it ends.

use crate::desk::*;

use seawall_model::journal::{Body, Withholding};
use seawall_model::{CaseId, Timestamp};
use seawall_pipeline::{Withheld, WithholdError};

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

fn may(desk: &Desk, case: u64, until: Timestamp) -> Result<(), WithholdError> {
    desk.pipeline.judge().may_withhold(CaseId(case), until, desk.now)
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
