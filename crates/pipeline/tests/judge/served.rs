//! What the platform did, and what else the shell tells: recorded, and of no effect but on views.

use crate::desk::*;

use seawall_model::journal::{Body, Effect, Outcome, Reconciled, Says};

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
        Body::Reconciled(Reconciled {
            listed: 3,
            agreed: 0,
            missing: vec![1],
            ended: vec![2],
            foreign: 3,
        }),
        Body::MediaMarked { media: media.clone(), reviewer, entries: Vec::new() },
        Body::MediaOpened { media: media.clone(), reviewer, case: 1 },
        Body::MediaHandedOver { media, reviewer, route: "north".into() },
    ] {
        assert_eq!(desk.say(body), []);
        assert!(desk.pipeline.snapshot() == before);
    }
}

#[test]
fn nothing_is_compared_with_a_marked_file_and_what_was_decided_stands() {
    let mut desk = Desk::new();
    let gone = desk.add(removed(Some(50), "copper pot"), &[1, 2]);
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    decided(&desk.decide(1, 1, "remove", "content")).unwrap();
    assert_eq!(desk.in_force(), [1]);
    let of_clip = desk.pipeline.active().of_file(&CLIP, &[]);
    let of_clip: Vec<u64> = of_clip.into_iter().map(|entry| entry.0).collect();
    assert_eq!(of_clip, [2]);
    let media = "ab".repeat(16);
    let marked = |entries| Body::MediaMarked { media: media.clone(), reviewer: 1, entries };
    assert_eq!(desk.say(marked(vec![2, gone])), []);
    desk.snapshot_is_whole();
    assert!(desk.pipeline.active().of_file(&CLIP, &[]).is_empty());
    assert_eq!(desk.in_force(), [1], "what was removed is not brought back");
    desk.post(6, 20, "look", Some(CLIP));
    assert_eq!(desk.found(), []);
    // Who comes back is known by the name, and no more by the picture.
    desk.account(7, 30, "copper pot");
    let families: Vec<_> = desk
        .found()
        .iter()
        .filter_map(|body| match body {
            Body::CaseOpened { evidence, .. } => Some(evidence.clone()),
            _ => None,
        })
        .flatten()
        .filter_map(|piece| piece.family)
        .collect();
    assert!(families.iter().any(|family| family == "name"), "{families:?}");
    assert!(!families.iter().any(|family| family == "face"), "{families:?}");
    // What is laid down already and comes in force later is compared with nothing either.
    let waits = desk.lay(clip(), None);
    desk.say(marked(vec![waits]));
    desk.stand(waits, 2);
    assert!(desk.pipeline.active().contains(seawall_model::EntryId(waits)));
    desk.post(8, 40, "look", Some(CLIP));
    assert_eq!(desk.found(), []);
    desk.snapshot_is_whole();
    // Taken back, it is found again; an entry that left force meanwhile stays out.
    desk.rule(2, Says::Withdraw { entries: vec![waits] }).unwrap();
    desk.say(Body::MediaUnmarked { media, reviewer: 2, entries: vec![2, gone, waits] });
    let found = desk.pipeline.active().of_file(&CLIP, &[]);
    assert_eq!(found.into_iter().map(|entry| entry.0).collect::<Vec<_>>(), [2]);
    desk.post(9, 50, "look", Some(CLIP));
    assert_eq!(names(&desk.found())[0], "case_opened");
    desk.snapshot_is_whole();
}
