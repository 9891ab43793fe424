//! What the platform did, and what else the shell tells: recorded, and of no effect but on views.

use crate::desk::*;

use seawall_model::journal::{Body, Effect, Outcome};

fn delivered(action: u64, effect: Effect, outcome: Outcome) -> Body {
    Body::Delivered { action, effect, outcome, status: Some(200), attempts: 1 }
}

#[test]
fn an_action_in_force_says_whether_the_platform_did_it() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    let carried =
        |desk: &Desk| desk.pipeline.judge().actions().in_force(1).and_then(|action| action.carried);
    assert_eq!(carried(&desk), None);
    for outcome in Outcome::ALL {
        assert_eq!(desk.say(delivered(1, Effect::Do, outcome)), []);
        assert_eq!(carried(&desk), Some(outcome));
        desk.snapshot_is_whole();
    }
    desk.say(delivered(1, Effect::Do, Outcome::Delivered));
    // Of what is in force nothing was undone, and of what is not there nothing is kept.
    desk.say(delivered(1, Effect::Undo, Outcome::Dead));
    assert_eq!(carried(&desk), Some(Outcome::Delivered));
    let before = desk.pipeline.snapshot();
    desk.say(delivered(7, Effect::Do, Outcome::Dead));
    assert!(desk.pipeline.snapshot() == before);
}

#[test]
fn what_is_only_recorded_changes_nothing() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    let before = desk.pipeline.snapshot();
    let (media, reviewer) = ("ab".repeat(16), 1);
    for body in [
        Body::Reconciled { listed: 3, agreed: 0, missing: vec![1], foreign: 3 },
        Body::NoticeSent { action: 1, effect: Effect::Do, channel: "platform".into() },
        Body::MediaMarked { media: media.clone(), reviewer },
        Body::MediaHandedOver { media, reviewer, route: "north".into() },
    ] {
        assert_eq!(desk.say(body), []);
        assert!(desk.pipeline.snapshot() == before);
    }
}
