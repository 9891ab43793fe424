//! Worlds by chance: people, platform and time do anything in any order.
//!
//! After every step the record is taken as it stands ([`Desk::taken`]); the whole is run
//! again with a snapshot between any two steps, and must say the same. What the laws ask is
//! counted from the record alone, by other code than what keeps it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::changed::file;
use crate::desk::*;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use seawall_model::journal::{AppealRuled, Body, Class, Effect, Outcome, Says};
use seawall_model::{CaseId, Embedded, EventBody, Timestamp};
use seawall_pipeline::{Constants, Pipeline};
use seawall_review::CaseState;

/// Worlds; more of them, under other seeds, were run when this was written.
const WORLDS: u32 = 16;
/// The quotas of these worlds.
const ACTIONS_MAX: u64 = 2;
const UNATTENDED_MAX: u64 = 1;
const DAY_SECONDS: i64 = 24 * 3_600;

#[derive(Clone, Debug)]
enum Step {
    Post { account: u64, is_more: u8 },
    File { account: u64, post: u64 },
    Delete { post: u64 },
    Account(u64),
    Decide { case: u64, reviewer: u64, ruled: u8, saw: u8 },
    Stand { entry: u64, reviewer: u64 },
    Overturn { decision: u64, reviewer: u64 },
    Withdraw { entry: u64, reviewer: u64 },
    Appeal { account: u64, action: u64 },
    RuleAppeal { appeal: u64, reviewer: u64, ruled: AppealRuled },
    Owed,
    Delivered { action: u64, outcome: u8 },
    Dismiss(u64),
    Hours(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let account = || 5..10_u64;
    let reviewer = || 1..6_u64;
    // The clip, and what came after the first entries.
    let entry = prop_oneof![Just(2), 5..9_u64];
    let ruled = prop_oneof![Just(AppealRuled::Uphold), Just(AppealRuled::Overturn)];
    let step = prop_oneof![
        6 => (account(), any::<u8>()).prop_map(|(account, is_more)| Step::Post { account, is_more }),
        2 => (account(), 3..40_u64).prop_map(|(account, post)| Step::File { account, post }),
        1 => (0..6_u64).prop_map(|post| Step::Delete { post }),
        2 => account().prop_map(Step::Account),
        8 => (1..9_u64, reviewer(), any::<u8>(), any::<u8>())
            .prop_map(|(case, reviewer, ruled, saw)| Step::Decide { case, reviewer, ruled, saw }),
        1 => (1..8_u64, reviewer()).prop_map(|(entry, reviewer)| Step::Stand { entry, reviewer }),
        2 => (1..16_u64, reviewer())
            .prop_map(|(decision, reviewer)| Step::Overturn { decision, reviewer }),
        1 => (entry, reviewer()).prop_map(|(entry, reviewer)| Step::Withdraw { entry, reviewer }),
        6 => (account(), 0..9_u64).prop_map(|(account, action)| Step::Appeal { account, action }),
        4 => (1..4_u64, reviewer(), ruled)
            .prop_map(|(appeal, reviewer, ruled)| Step::RuleAppeal { appeal, reviewer, ruled }),
        2 => Just(Step::Owed),
        1 => (1..9_u64, any::<u8>()).prop_map(|(action, outcome)| Step::Delivered { action, outcome }),
        1 => (4..6_u64).prop_map(Step::Dismiss),
        3 => (1..30_i64).prop_map(Step::Hours),
    ];
    prop::collection::vec(step, 1..50)
}

fn take(desk: &mut Desk, step: &Step) {
    // What is refused changes nothing.
    match step {
        Step::Post { account, is_more } => {
            let hours = hours(desk);
            let text = match is_more % 6 {
                0 | 3 => "to the boil",
                1 => "steam",
                _ => "look",
            };
            let file = (is_more % 4 > 0).then_some(CLIP);
            if is_more % 5 == 0 {
                let post = told(&format!("p{}", is_more % 20), text, file);
                desk.event(*account, hours, EventBody::PostEdited(Box::new(post)), None);
            } else {
                desk.post(*account, hours, text, file);
            }
            desk.found();
        }
        Step::File { account, post } => {
            // Of a post that is there or comes later, sent by whoever.
            let (hours, post) = (hours(desk), format!("p{post}"));
            desk.event(*account, hours, file(Some(&post), Embedded::Post), None);
            desk.found();
        }
        Step::Delete { post } => {
            desk.deleted(5, &format!("p{post}"));
            desk.found();
        }
        Step::Account(account) => {
            let hours = hours(desk);
            desk.account(*account, hours, "copper pot");
            desk.found();
        }
        Step::Decide { case, reviewer, ruled, saw } => {
            decide(desk, (*case, *reviewer), *ruled, *saw);
        }
        Step::Stand { entry: first, reviewer } => {
            let says = Says::Knowledge { first: *first, last: *first };
            let _ = desk.rule(*reviewer, says);
        }
        Step::Overturn { decision, reviewer } => {
            let _ = desk.rule(*reviewer, Says::Overturn { decision: *decision });
        }
        Step::Withdraw { entry, reviewer } => {
            let _ = desk.rule(*reviewer, Says::Withdraw { entries: vec![*entry] });
        }
        Step::Appeal { account, action } => {
            let (account, action) = concerned(desk, *account, *action);
            desk.appeal(account, action);
        }
        Step::RuleAppeal { appeal, reviewer, ruled } => {
            let _ = desk.rule_appeal(*appeal, *reviewer, *ruled);
        }
        Step::Owed => {
            for decision in desk.pipeline.judge().owed() {
                desk.lay(removed(Some(5), "velvet lantern"), Some(decision.0));
            }
        }
        Step::Delivered { action, outcome } => {
            let outcome = Outcome::ALL[usize::from(*outcome) % Outcome::ALL.len()];
            let (action, effect) = (*action, Effect::Do);
            desk.say(Body::Delivered { action, effect, outcome, status: None, attempts: 1 });
        }
        Step::Dismiss(reviewer) => {
            let (reviewer, by, signature) = (*reviewer, 1, String::new());
            desk.say(Body::ReviewerWithdrawn { reviewer, by, signature });
        }
        Step::Hours(hours) => {
            desk.now = desk.now.plus_seconds(hours * 3_600);
            desk.say(Body::Tick);
        }
    }
}

/// Who appeals against what: often whom it concerns, against what is in force.
fn concerned(desk: &Desk, account: u64, action: u64) -> (u64, u64) {
    let in_force: Vec<_> = desk.pipeline.judge().actions().all().collect();
    let place = usize::try_from(action).unwrap().checked_rem(in_force.len());
    let concerned = place.filter(|_| !account.is_multiple_of(3)).and_then(|place| {
        let planned = &in_force[place].planned;
        Some((planned.subject.account()?.0, planned.action))
    });
    concerned.unwrap_or((account, action))
}

/// The hours of its clock.
fn hours(desk: &Desk) -> i64 {
    desk.now.seconds_since(at(0)) / 3_600
}

fn decide(desk: &mut Desk, (case, reviewer): (u64, u64), ruled: u8, saw: u8) {
    let found = desk.pipeline.judge().cases().get(CaseId(case));
    let Some(version) = found.map(|case| case.version) else { return };
    let ruled = ["keep", "restrict", "remove", "suspend", "remove"][usize::from(ruled) % 5];
    let policy = (ruled != "keep")
        .then(|| seawall_model::journal::PolicyCited { id: "kettles".into(), version: 1 });
    let saw = ["content", "content", "links", "file"][usize::from(saw) % 4].to_owned();
    let ruled = ruled.to_owned();
    let says = Says::Case { case, version, ruled, policy, saw, class: None };
    let _ = desk.rule(reviewer, says);
}

/// People, a clip that two stand for, a removed profile, and posts of the clip: one was
/// restricted and removed, the others would have been restricted if there were room.
fn begun() -> Desk {
    let mut desk = Desk::with(Constants {
        actions_per_day_max: ACTIONS_MAX,
        unattended_per_day_max: UNATTENDED_MAX,
        ..Constants::default()
    });
    // The other tests look at each of these steps.
    desk.adopts = Adopts::WhenAsked;
    for reviewer in 4..6 {
        let (key, by, signature) = (String::new(), None, None);
        desk.say(Body::ReviewerAdded { reviewer, key, by, signature });
    }
    desk.stand(2, 2);
    desk.add(removed(Some(50), "copper pot"), &[1, 2]);
    for account in 5..8 {
        desk.account(account, 970, "new here");
        desk.post(account, 990, "look", Some(CLIP));
    }
    desk.found();
    desk.decide(1, 3, "remove", "content");
    desk
}

/// What the laws ask of any record.
fn is_lawful(desk: &Desk) {
    let mut told = Told::default();
    for (body, at) in &desk.record {
        told.take(body, *at);
    }
    for (of, max) in [(&told.acted, ACTIONS_MAX), (&told.unattended, UNATTENDED_MAX)] {
        for at in of {
            let within = |other: &&Timestamp| {
                let before = at.seconds_since(**other);
                (0..DAY_SECONDS).contains(&before)
            };
            assert!(of.iter().filter(within).count() as u64 <= max, "{of:?}");
        }
    }
    let in_force: BTreeSet<u64> = desk.in_force().into_iter().collect();
    assert_eq!(told.in_force, in_force);
    for (_, action) in told.open {
        assert!(in_force.contains(&action), "an open appeal is against what is in force");
    }
    for (case, _) in desk.pipeline.judge().held() {
        let case = desk.pipeline.judge().cases().get(case).unwrap();
        assert_eq!(case.state, CaseState::Open, "what waits is an open case");
    }
}

/// The record, counted.
#[derive(Default)]
struct Told {
    acted: Vec<Timestamp>,
    unattended: Vec<Timestamp>,
    in_force: BTreeSet<u64>,
    appealed: BTreeSet<u64>,
    open: BTreeMap<u64, u64>,
    /// Who signed on a case.
    signed: BTreeMap<u64, BTreeSet<u64>>,
    case_of: BTreeMap<u64, u64>,
}

impl Told {
    fn take(&mut self, body: &Body, at: Timestamp) {
        match body {
            Body::Decided { decision, case, actions, released, reviewers, .. } => {
                self.in_force.retain(|action| !released.contains(action));
                self.in_force.extend(actions.iter().map(|action| action.action));
                self.acted.extend(actions.iter().map(|_| at));
                let Some(case) = case else { return };
                self.signed.entry(*case).or_default().extend(reviewers);
                self.case_of.extend(actions.iter().map(|action| (action.action, *case)));
                assert!(*decision > 0);
            }
            Body::RestrictedUnattended { action, .. } => {
                self.in_force.insert(action.action);
                self.unattended.push(at);
            }
            Body::ActionsLapsed { actions: ended }
            | Body::Overturned { actions_reversed: ended, .. }
            | Body::Withdrawn { actions_reversed: ended, .. } => {
                self.in_force.retain(|action| !ended.contains(action));
            }
            Body::AppealOpened { appeal, action, .. } => {
                assert!(self.appealed.insert(*action), "one appeal per action");
                assert_eq!(*appeal, self.appealed.len() as u64, "numbers from 1");
                self.open.insert(*appeal, *action);
            }
            Body::AppealDecided { appeal, by, upheld } => {
                let action = self.open.remove(appeal).expect("it was open");
                assert!(by.is_some() || !upheld, "nobody upholds by not looking");
                assert_eq!(self.in_force.contains(&action), by.is_some());
                let signed = self.case_of.get(&action).and_then(|case| self.signed.get(case));
                let is_signer = |by: &u64| signed.is_some_and(|signed| signed.contains(by));
                assert!(!by.as_ref().is_some_and(is_signer), "somebody else");
            }
            _ => {}
        }
    }
}

/// What these worlds must have brought about, or they tell nothing.
const BROUGHT_ABOUT: [&str; 11] = [
    "appeal_decided by nobody",
    "appeal_decided by somebody",
    "appeal_opened",
    "appeal_refused",
    "decided at a tick",
    "overturned",
    "post_changed",
    "restricted_unattended",
    "restriction_held",
    "ruling_held for want of room",
    "withdrawn",
];

fn brought_about(desk: &Desk) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut is_tick = false;
    for (body, _) in &desk.record {
        found.insert(match body {
            Body::AppealDecided { by: None, .. } => "appeal_decided by nobody",
            Body::AppealDecided { .. } => "appeal_decided by somebody",
            Body::RulingHeld { missing, .. } if *missing == ["quota"] => {
                "ruling_held for want of room"
            }
            Body::Decided { .. } if is_tick => "decided at a tick",
            body => body.name(),
        });
        if body.class() == Class::Input {
            is_tick = matches!(body, Body::Tick);
        }
    }
    found
}

#[test]
fn any_world_is_lawful_and_says_the_same_from_any_snapshot() {
    // Of twelve seeds, two bring about everything that is looked for below.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[0; 32]);
    let mut runner = TestRunner::new_with_rng(Config::with_cases(WORLDS), rng);
    let found = RefCell::new(BTreeSet::new());
    let ran = runner.run(&steps(), |steps| {
        let mut desk = begun();
        let mut again = begun();
        desk.adopts = Adopts::EveryStep;
        for step in &steps {
            take(&mut desk, step);
            take(&mut again, step);
            let state = again.pipeline.snapshot();
            again.pipeline = Pipeline::restore(&state, KEY, &again.shelf).unwrap();
            prop_assert!(again.pipeline.snapshot() == state, "a snapshot reads what it writes");
        }
        prop_assert!(desk.record == again.record, "equal inputs, equal entries");
        prop_assert!(desk.pipeline.snapshot() == again.pipeline.snapshot());
        is_lawful(&desk);
        found.borrow_mut().extend(brought_about(&desk));
        Ok(())
    });
    ran.unwrap();
    let found = found.into_inner();
    for wanted in BROUGHT_ABOUT {
        assert!(found.contains(wanted), "{wanted}: {found:?}");
    }
}
