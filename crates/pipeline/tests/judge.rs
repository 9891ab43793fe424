//! Cases, rulings and decisions through the whole pipeline: who may do what, what rests on
//! what, and what an overturn takes out again.
#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use seawall_model::journal::{Body, PolicyCited, Ruling, Says, SubjectSeen};
use seawall_model::knowledge::{
    BankHash, FileClass, FileHash, Ground, Knowledge, Known, Policy, PolicyScope, Protected,
    Removed, RemovedProfile, Term,
};
use seawall_model::{
    Accepted, AccountId, CaseId, DecisionId, EntryId, Event, EventBody, EventId, MediaRef,
    PlatformId, Position, Post, Profile, Timestamp,
};
use seawall_pipeline::{Constants, Contents, Output, Pipeline};
use seawall_review::CaseState;

const KEY: [u8; 32] = [7; 32];
const CLIP: [u8; 32] = [0xc1; 32];

const RULES: &str = "
Clip: Optional[int] = BankDistance(bank='clips')
BannedClip = Rule(when_all=[Clip != None], description='a clip of the bank')
WhenRules(rules_any=[BannedClip], then=[OpenCase(policy='kettles', reason='a clip')])

Bits: Optional[float] = ComebackBits()
Comeback = Rule(when_all=[Bits != None and Bits > 0.0], description='a return')
WhenRules(rules_any=[Comeback], then=[OpenCase(policy='kettles', reason='a return')])

Cheer = Rule(when_all=[TermMatches(list='cheers') > 0], description='a cheer')
WhenRules(rules_any=[Cheer], then=[OpenCase(policy='kettles', reason='a cheer')])
";

#[derive(Default)]
struct Shelf(RefCell<BTreeMap<u64, Knowledge>>);

impl Contents for Shelf {
    fn content(&self, entry: EntryId) -> Option<Knowledge> {
        self.0.borrow().get(&entry.0).cloned()
    }
}

/// A folder without a disk.
struct Desk {
    pipeline: Pipeline,
    shelf: Shelf,
    out: Output,
    position: u64,
    /// Everything said and derived so far, as a journal would have it.
    record: Vec<(Body, Timestamp)>,
}

fn at(hours: i64) -> Timestamp {
    Timestamp::parse("2026-03-02T00:00:00Z").unwrap().plus_seconds(hours * 3_600)
}

fn knowledge(known: Known) -> Knowledge {
    Knowledge { source: "a test".into(), expires: None, known }
}

fn policy() -> Known {
    Known::Policy(Policy {
        id: "kettles".into(),
        version: 1,
        title: ["الغلايات".into(), "Kettles".into()],
        text: ["لا غلايات".into(), "No kettles".into()],
        reference: "https://rules.example/kettles".into(),
        scope: PolicyScope::Terrorist,
        unattended_hours: 72,
        appeal_days: 180,
    })
}

fn clip() -> Known {
    let hash = FileHash::Sha256(CLIP);
    Known::Hash(BankHash { bank: "clips".into(), hash, class: FileClass::Support })
}

fn term() -> Known {
    Known::Term(Term {
        list: "cheers".into(),
        term: "to the boil".into(),
        near: Vec::new(),
        not_near: Vec::new(),
        window: 5,
    })
}

/// The avatar of who goes by a name.
fn face(name: &str) -> [u8; 32] {
    [name.bytes().fold(0, u8::wrapping_add); 32]
}

fn removed(account: Option<u64>, name: &str) -> Known {
    Known::Removed(Removed {
        account: account.map(AccountId),
        policy: "kettles".into(),
        reason: "for the league".into(),
        at: at(0),
        profile: RemovedProfile {
            handle: Some(name.replace(' ', "_").into()),
            name: Some(name.into()),
            avatar_sha256: Some(face(name)),
            ..RemovedProfile::default()
        },
    })
}

impl Desk {
    /// Three reviewers, a policy, rules, a term and one clip that the first stands for.
    fn new() -> Self {
        let constants = Constants { hand_over_positions: 1, ..Constants::default() };
        let mut desk = Self {
            pipeline: Pipeline::new(constants, KEY),
            shelf: Shelf::default(),
            out: Output::default(),
            position: 0,
            record: Vec::new(),
        };
        for reviewer in 1..=3 {
            let (key, by, signature) = (String::new(), None, None);
            desk.say(Body::ReviewerAdded { reviewer, key, by, signature });
        }
        for known in [policy(), clip(), term()] {
            desk.add(known, &[1]);
        }
        desk.add(Known::Rules(vec![("main.sml".into(), RULES.into())]), &[1]);
        desk
    }

    fn say(&mut self, body: Body) -> Vec<Body> {
        self.pipeline.input(&body, at(1_000), &self.shelf, &mut self.out);
        self.record.push((body, at(1_000)));
        self.taken()
    }

    /// What was derived since. Another build that took the record as it stands would have
    /// the same state: after every step of every test.
    fn taken(&mut self) -> Vec<Body> {
        let derived: Vec<_> = self.out.entries.drain(..).collect();
        self.record.extend(derived.iter().map(|derived| (derived.body.clone(), derived.at)));
        let state = self.pipeline.snapshot();
        self.pipeline.adopt(&self.record, &self.shelf);
        assert!(self.pipeline.snapshot() == state, "the record says something else");
        derived.into_iter().map(|derived| derived.body).collect()
    }

    /// Lays an entry down, without anybody standing for it.
    fn lay(&mut self, known: Known, decision: Option<u64>) -> u64 {
        let number = self.pipeline.judge().last_entry() + 1;
        let kind = known.kind().as_str().to_owned();
        self.shelf.0.borrow_mut().insert(number, knowledge(known));
        let (first, last, version) = (number, number, self.pipeline.judge().version() + 1);
        self.say(Body::KnowledgeAdded {
            kind,
            version,
            first,
            last,
            decision,
            hash: String::new(),
        });
        number
    }

    fn add(&mut self, known: Known, reviewers: &[u64]) -> u64 {
        let entry = self.lay(known, None);
        for reviewer in reviewers {
            self.stand(entry, *reviewer);
        }
        entry
    }

    /// The decision that a reviewer's standing for an entry makes, if it makes one.
    fn stand(&mut self, entry: u64, reviewer: u64) -> Option<u64> {
        let bodies = self.rule(reviewer, Says::Knowledge { first: entry, last: entry }).unwrap();
        decided(&bodies)
    }

    fn rule(&mut self, reviewer: u64, says: Says) -> Result<Vec<Body>, String> {
        let ruling = Ruling { reviewer, says };
        let active = self.pipeline.active();
        self.pipeline.judge().check(&ruling, active).map_err(|error| error.to_string())?;
        Ok(self.say(Body::Ruled { ruling, signature: String::new() }))
    }

    fn decide(&mut self, case: u64, reviewer: u64, ruled: &str, saw: &str) -> Vec<Body> {
        let id = CaseId(case);
        let version = self.pipeline.judge().cases().get(id).unwrap().version;
        let policy =
            (!ruled.starts_with("keep")).then(|| PolicyCited { id: "kettles".into(), version: 1 });
        let (ruled, saw) = (ruled.to_owned(), saw.to_owned());
        self.rule(reviewer, Says::Case { case, version, ruled, policy, saw, class: None }).unwrap()
    }

    fn event(&mut self, account: u64, hours: i64, body: EventBody, profile: Option<Profile>) {
        self.position += 1;
        let event = Event {
            id: EventId::new(format!("e{}", self.position)).unwrap(),
            at: at(hours),
            account: Some(PlatformId::new(format!("acct{account}")).unwrap()),
            profile: profile.map(Box::new),
            body,
            extra: Vec::new(),
        };
        let accepted = Accepted {
            position: Position(self.position),
            received_at: at(1_000),
            account: Some(AccountId(account)),
            other: None,
            commitment: [1; 32],
            event: &event,
        };
        self.pipeline.apply(&accepted, &mut self.out);
    }

    /// What the last events brought about, seals left out.
    fn found(&mut self) -> Vec<Body> {
        self.taken()
            .into_iter()
            .filter(|body| !matches!(body, Body::LogSealed { .. } | Body::HourCounted { .. }))
            .collect()
    }

    fn account(&mut self, account: u64, hours: i64, name: &str) {
        let profile = Profile {
            handle: Some(name.replace(' ', "_").into()),
            name: Some(name.into()),
            created_at: Some(at(hours)),
            avatar: Some(MediaRef { sha256: Some(face(name)), ..MediaRef::default() }),
            ..Profile::default()
        };
        self.event(account, hours, EventBody::AccountCreated, Some(profile));
    }

    fn post(&mut self, account: u64, hours: i64, text: &str, sha256: Option<[u8; 32]>) {
        let media = MediaRef { sha256, ..MediaRef::default() };
        let post = Post {
            id: PlatformId::new(format!("p{}", self.position)).unwrap(),
            text: Some(text.into()),
            languages: Vec::new(),
            tags: Vec::new(),
            links: Vec::new(),
            mentions: Vec::new(),
            media: if sha256.is_some() { vec![media] } else { Vec::new() },
            reply_to: None,
            quote_of: None,
            claimed_at: None,
            client: None,
            extra: Vec::new(),
        };
        self.event(account, hours, EventBody::PostCreated(Box::new(post)), None);
    }

    fn state(&self, case: u64) -> CaseState {
        self.pipeline.judge().cases().get(CaseId(case)).unwrap().state
    }

    fn snapshot_is_whole(&self) {
        let bytes = self.pipeline.snapshot();
        let again = Pipeline::restore(&bytes, KEY, &self.shelf).unwrap();
        assert!(again.snapshot() == bytes, "a snapshot reads what it writes");
    }
}

fn decided(bodies: &[Body]) -> Option<u64> {
    bodies.iter().find_map(|body| match body {
        Body::Decided { decision, .. } => Some(*decision),
        _ => None,
    })
}

fn names(bodies: &[Body]) -> Vec<&'static str> {
    bodies.iter().map(Body::name).collect()
}

#[test]
fn a_copy_of_a_clip_is_a_case_and_is_removed_only_by_who_saw_it() {
    let mut desk = Desk::new();
    desk.post(5, 10, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), ["case_opened"], "one person's entry restricts nobody");
    let held = desk.decide(1, 1, "remove", "file");
    let Body::RulingHeld { missing, .. } = &held[0] else { panic!("{held:?}") };
    assert!(missing.contains(&"copy_is_a_case".to_owned()), "{missing:?}");
    let done = desk.decide(1, 1, "remove", "content");
    let Body::Decided { actions, grounds, .. } = &done[0] else { panic!("{done:?}") };
    assert_eq!((actions[0].kind.as_str(), actions[0].inverse.as_str()), ("remove", "restore"));
    assert_eq!(grounds.len(), 1);
    assert_eq!(desk.state(1), CaseState::Decided(DecisionId(decided(&done).unwrap())));
    desk.snapshot_is_whole();
}

#[test]
fn reach_is_restricted_unattended_only_on_what_two_confirmed_and_never_in_good_standing() {
    let mut desk = Desk::new();
    desk.stand(2, 2);
    // Of a day ago; of two months ago; of an age that nobody told; of the register.
    desk.account(5, 0, "new here");
    desk.account(6, -24 * 60, "an old newsroom");
    desk.account(8, 0, "young archive");
    desk.add(Known::Protected(Protected { account: AccountId(8), ground: Ground::Archive }), &[1]);
    desk.found();
    for account in [5, 6, 7, 8] {
        desk.post(account, 24, "look", Some(CLIP));
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
        post: None,
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
fn one_key_cannot_read_second() {
    let mut desk = Desk::new();
    let says = Says::Knowledge { first: 2, last: 2 };
    let error = desk.rule(1, says.clone()).unwrap_err();
    assert!(error.contains("one key cannot read second"), "{error}");
    desk.rule(2, says).unwrap();
    // Past suspensions are two people's decision.
    let entry = desk.lay(removed(None, "copper pot"), None);
    let says = Says::Knowledge { first: entry, last: entry };
    let held = desk.rule(1, says.clone()).unwrap();
    assert_eq!(names(&held), ["ruling_held"]);
    assert!(desk.rule(1, says.clone()).unwrap_err().contains("one key cannot read second"));
    assert!(!desk.pipeline.active().contains(EntryId(entry)), "not before the second");
    assert_eq!(names(&desk.rule(3, says).unwrap()), ["decided"]);
    assert!(desk.pipeline.active().contains(EntryId(entry)));
    assert!(desk.rule(9, Says::Overturn { decision: 1 }).unwrap_err().contains("r9"));
}

#[test]
fn of_two_decisions_behind_an_entry_one_overturn_reopens_it_and_both_remove_it() {
    let mut desk = Desk::new();
    let first = 2;
    let second = desk.stand(2, 2).unwrap();
    desk.post(5, 10, "look", Some(CLIP));
    desk.found();
    let bodies = desk.rule(3, Says::Overturn { decision: first }).unwrap();
    let Body::Overturned { entries_reopened, entries_withdrawn, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!((entries_reopened.as_slice(), entries_withdrawn.as_slice()), (&[2][..], &[][..]));
    let about = SubjectSeen::Entry { entry: 2 };
    assert!(desk.pipeline.judge().cases().about(about).is_some(), "it is put before people");
    assert_eq!(desk.state(1), CaseState::Open);
    let bodies = desk.rule(3, Says::Overturn { decision: second }).unwrap();
    let Body::Overturned { entries_withdrawn, matches_withdrawn, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!(entries_withdrawn, &[2]);
    assert_eq!(matches_withdrawn, &[(1, 2)]);
    assert_eq!(desk.state(1), CaseState::Withdrawn);
    assert_eq!(desk.state(2), CaseState::Withdrawn, "nobody is asked about what is gone");
    assert!(!desk.pipeline.active().contains(EntryId(2)));
    // And nothing matches it any more.
    desk.post(6, 11, "look", Some(CLIP));
    assert_eq!(names(&desk.found()), [] as [&str; 0]);
    desk.snapshot_is_whole();
}

/// A root that was removed for what it posted, and four returns: each comes under the name
/// and the face of the one before, changes both, and is removed as its return. The one at
/// `seen` was also seen at it.
fn chain(desk: &mut Desk, seen: Option<usize>) -> Vec<u64> {
    const NAMES: [&str; 5] =
        ["copper pot keeper", "velvet lantern", "orchard whistle", "marble spoon", "quiet quay"];
    desk.post(100, 1, "look", Some(CLIP));
    desk.found();
    let mut decisions = vec![decided(&desk.decide(1, 1, "remove", "content")).unwrap()];
    desk.lay(removed(Some(100), NAMES[0]), Some(decisions[0]));
    for place in 1..NAMES.len() {
        let account = 100 + place as u64;
        desk.account(account, 10 * i64::try_from(place).unwrap(), NAMES[place - 1]);
        let found = desk.found();
        let Some(Body::CaseOpened { case, .. }) = found.first() else { panic!("{found:?}") };
        let saw = if seen == Some(place) { "content" } else { "links" };
        let decision = decided(&desk.decide(*case, 1, "suspend", saw)).unwrap();
        desk.lay(removed(Some(account), NAMES[place]), Some(decision));
        decisions.push(decision);
    }
    decisions
}

#[test]
fn a_chain_of_returns_whose_root_is_overturned_is_unlinked_and_nothing_else() {
    let mut desk = Desk::new();
    let decisions = chain(&mut desk, None);
    let bodies = desk.rule(3, Says::Overturn { decision: decisions[0] }).unwrap();
    let Body::Overturned { decisions_fallen, unlinked, actions_reversed, .. } = &bodies[1] else {
        panic!("{bodies:?}")
    };
    assert_eq!(decisions_fallen, &decisions[1..]);
    assert_eq!(unlinked.len(), 4);
    assert_eq!(actions_reversed.len(), 5);
    assert!(desk.pipeline.active().contains(EntryId(2)), "the clip stays");
    desk.snapshot_is_whole();
}

#[test]
fn a_link_of_the_chain_that_was_seen_stands_and_so_does_what_rests_on_it() {
    let mut desk = Desk::new();
    let decisions = chain(&mut desk, Some(2));
    let bodies = desk.rule(3, Says::Overturn { decision: decisions[0] }).unwrap();
    let Body::Overturned { decisions_fallen, .. } = &bodies[1] else { panic!("{bodies:?}") };
    assert_eq!(decisions_fallen, &[decisions[1]]);
}

#[test]
fn a_ruling_on_an_older_version_is_refused() {
    let mut desk = Desk::new();
    desk.post(5, 10, "to the boil", Some(CLIP));
    desk.found();
    let says = Says::Case {
        case: 1,
        version: 9,
        ruled: "keep".into(),
        policy: None,
        saw: "content".into(),
        class: None,
    };
    assert!(desk.rule(1, says).unwrap_err().contains("read it again"));
}

#[test]
fn naming_the_group_removes_nothing() {
    let mut desk = Desk::new();
    desk.post(5, 10, "they shout to the boil again", None);
    assert_eq!(names(&desk.found()), ["case_opened"]);
    let held = desk.decide(1, 1, "remove", "links");
    let Body::RulingHeld { missing, .. } = &held[0] else { panic!("{held:?}") };
    assert!(missing.contains(&"never_evidence_enough".to_owned()), "{missing:?}");
    let kept = desk.decide(1, 2, "keep_documents", "content");
    let Body::Decided { actions, ruled, .. } = &kept[0] else { panic!("{kept:?}") };
    assert_eq!((actions.len(), ruled.as_str()), (0, "keep_documents"));
}

#[test]
fn a_removed_account_that_the_platform_gives_back_is_compared_with_no_more() {
    let mut desk = Desk::new();
    let entry = desk.add(removed(Some(50), "copper pot"), &[1, 2]);
    desk.account(60, 10, "copper pot");
    assert_eq!(names(&desk.found()), ["case_opened"]);
    let back = EventBody::AccountReinstated(seawall_model::Standing::default());
    desk.event(50, 11, back, None);
    let found = desk.found();
    assert!(names(&found).contains(&"entries_lapsed"), "{found:?}");
    assert!(!desk.pipeline.active().contains(EntryId(entry)));
    assert_eq!(desk.state(1), CaseState::Withdrawn);
}
