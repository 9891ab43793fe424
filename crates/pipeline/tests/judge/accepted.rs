//! Whatever is done and ruled, in whatever order: a ruling that is accepted comes to a decision,
//! or says what it lacks; and another build that takes the record has the same state.

use proptest::prelude::*;
use seawall_model::journal::{Body, PolicyCited, Says};
use seawall_model::knowledge::{BankHash, FileClass, FileHash, Known};
use seawall_model::{
    Embedded, EventBody, MediaItem, MediaRef, PlatformId, Report, Standing, Subject,
};

use crate::desk::*;

#[derive(Clone, Debug)]
enum Step {
    Account(u64, u8),
    Post { id: u8, account: u64, clip: bool, words: bool },
    Edit { id: u8, clip: bool },
    Delete(u8),
    Report(u8),
    Media(u8),
    Reinstate(u64),
    Bring(u8),
    Rule(u64, Says),
    Dismiss(u64),
}

/// Names that come back.
const NAMES: [&str; 3] = ["copper pot keeper", "velvet lantern", "orchard whistle"];

fn case() -> impl Strategy<Value = Says> {
    let ruled = prop::sample::select(
        &[
            "keep",
            "keep_documents",
            "restrict",
            "interstitial",
            "label",
            "remove",
            "suspend",
            "destroy",
            "banish",
        ][..],
    );
    let saw = prop::sample::select(&["content", "content", "file", "links", "it"][..]);
    let class = prop::sample::select(&[None, Some("support"), Some("news"), Some("nice")][..]);
    (1..6_u64, 1..6_u64, ruled, saw, class, 0..3_u32).prop_map(
        |(case, version, ruled, saw, class, cited)| {
            let policy = (cited > 0).then(|| PolicyCited { id: "kettles".into(), version: cited });
            let (ruled, saw, class) = (ruled.into(), saw.into(), class.map(Into::into));
            Says::Case { case, version, ruled, policy, saw, class }
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let entries = prop::collection::vec(1..9_u64, 0..3);
    let says = prop_oneof![
        12 => case(),
        2 => (1..10_u64, 0..2_u64).prop_map(|(first, more)| {
            Says::Knowledge { first, last: first + more }
        }),
        1 => entries.prop_map(|entries| Says::Withdraw { entries }),
        3 => (1..14_u64).prop_map(|decision| Says::Overturn { decision }),
    ];
    let post = (0..3_u8, 5..8_u64, any::<bool>(), any::<bool>());
    let step = prop_oneof![
        2 => (10..13_u64, 0..3_u8).prop_map(|(account, name)| Step::Account(account, name)),
        4 => post.prop_map(|(id, account, clip, words)| Step::Post { id, account, clip, words }),
        2 => (0..3_u8, any::<bool>()).prop_map(|(id, clip)| Step::Edit { id, clip }),
        1 => (0..3_u8).prop_map(Step::Delete),
        1 => (0..3_u8).prop_map(Step::Report),
        1 => (0..3_u8).prop_map(Step::Media),
        1 => (50..52_u64).prop_map(Step::Reinstate),
        2 => (0..4_u8).prop_map(Step::Bring),
        14 => (1..4_u64, says).prop_map(|(reviewer, says)| Step::Rule(reviewer, says)),
        1 => (1..4_u64).prop_map(Step::Dismiss),
    ];
    prop::collection::vec(step, 20..60)
}

/// What is laid down beside what the desk has.
fn known(which: u8) -> Known {
    let hash = |class| {
        let hash = FileHash::Sha256(CLIP);
        Known::Hash(BankHash { bank: "clips".into(), hash, class })
    };
    match which {
        0 => removed(Some(50), NAMES[0]),
        1 => removed(Some(51), NAMES[1]),
        2 => hash(FileClass::Support),
        _ => hash(FileClass::News),
    }
}

fn id(id: u8) -> String {
    format!("post-{id}")
}

/// Does a step. A ruling that is accepted comes to something.
fn apply(desk: &mut Desk, step: Step) {
    let clip = |is: bool| is.then_some(CLIP);
    let body = match step {
        Step::Account(account, name) => {
            return desk.account(account, 970, NAMES[usize::from(name)]);
        }
        Step::Rule(reviewer, says) => return rule(desk, reviewer, says),
        Step::Bring(which) => {
            desk.lay(known(which), None);
            return;
        }
        Step::Dismiss(reviewer) => {
            desk.say(Body::ReviewerWithdrawn { reviewer, by: 4, signature: String::new() });
            return;
        }
        Step::Post { id: post, account, clip: is, words } => {
            let text = if words { "to the boil" } else { "look" };
            let post = told(&id(post), text, clip(is));
            return desk.event(account, 980, EventBody::PostCreated(Box::new(post)), None);
        }
        Step::Edit { id: post, clip: is } => {
            EventBody::PostEdited(Box::new(told(&id(post), "look again", clip(is))))
        }
        Step::Delete(post) => EventBody::PostDeleted { post: PlatformId::new(id(post)).unwrap() },
        Step::Report(post) => {
            let subject = Subject::Post(PlatformId::new(id(post)).unwrap());
            EventBody::Report(Box::new(Report { subject, reason: None, text: None, extra: vec![] }))
        }
        Step::Media(post) => EventBody::Media(Box::new(MediaItem {
            media: MediaRef { sha256: Some(CLIP), ..MediaRef::default() },
            post: PlatformId::new(id(post)).ok(),
            embedded: Embedded::Post,
            bytes: None,
            width: None,
            height: None,
        })),
        Step::Reinstate(account) => {
            let back = EventBody::AccountReinstated(Standing::default());
            return desk.event(account, 981, back, None);
        }
    };
    desk.event(5, 981, body, None);
}

fn rule(desk: &mut Desk, reviewer: u64, mut says: Says) {
    if let Says::Case { case, version, .. } = &mut says
        && let Some(known) = desk.pipeline.judge().cases().get(seawall_model::CaseId(*case))
        && *version > 1
    {
        // Mostly as it was read.
        *version = known.version;
    }
    let told = format!("{says:?}");
    let Ok(bodies) = desk.rule(reviewer, says) else { return };
    let comes_to = |body: &Body| matches!(body, Body::Decided { .. } | Body::RulingHeld { .. });
    assert!(bodies.iter().any(comes_to), "{told} came to {bodies:?}");
    let lacks =
        |body: &Body| matches!(body, Body::RulingHeld { missing, .. } if missing.is_empty());
    assert!(!bodies.iter().any(lacks), "{told} lacks nothing that is told: {bodies:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_ruling_that_is_accepted_comes_to_a_decision_or_says_what_it_lacks(steps in steps()) {
        let mut desk = Desk::adopting(Adopts::WhenAsked);
        let (reviewer, key, by, signature) = (4, String::new(), None, None);
        desk.say(Body::ReviewerAdded { reviewer, key, by, signature });
        for step in steps {
            apply(&mut desk, step);
            desk.found();
            // Nothing in force rests on what is not, and no unattended act on what is gone.
            for (_, case) in desk.pipeline.judge().cases().all() {
                for entry in case.evidence.iter().filter_map(|piece| piece.entry) {
                    let entry = seawall_model::EntryId(entry);
                    prop_assert!(desk.pipeline.active().contains(entry), "{entry} is gone");
                }
            }
        }
        desk.adopt();
        desk.snapshot_is_whole();
    }
}
