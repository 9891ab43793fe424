//! A desk without a disk: a pipeline with knowledge in memory, and people who rule at it.
//!
//! After every step it has another pipeline take its record as it stands: a build that
//! begins a span must have the same state.

use std::cell::RefCell;
use std::collections::BTreeMap;

use seawall_model::journal::{AppealRuled, Body, PolicyCited, Ruling, Says};
use seawall_model::knowledge::{
    BankHash, FileClass, FileHash, Knowledge, Known, Policy, PolicyScope, Removed, RemovedProfile,
    Term,
};
use seawall_model::{
    Accepted, AccountId, Appeal, AppealId, CaseId, EntryId, Event, EventBody, EventId, MediaRef,
    PlatformId, Position, Post, Profile, Timestamp,
};
use seawall_pipeline::{Constants, Contents, Output, Pipeline};
use seawall_review::{Case, CaseState};

pub const KEY: [u8; 32] = [7; 32];
pub const CLIP: [u8; 32] = [0xc1; 32];
/// What everybody says who appeals.
pub const WORDS: &str = "it was a tea kettle, and it was quiet";

pub const RULES: &str = "
Clip: Optional[int] = BankDistance(bank='clips')
BannedClip = Rule(when_all=[Clip != None], description='a clip of the bank')
WhenRules(rules_any=[BannedClip], then=[OpenCase(policy='kettles', reason='a clip')])

Bits: Optional[float] = ComebackBits()
Comeback = Rule(when_all=[Bits != None and Bits > 0.0], description='a return')
WhenRules(rules_any=[Comeback], then=[OpenCase(policy='kettles', reason='a return')])

Words: Optional[str] = JsonData(path='$.post.text', required=False)
Steam = Rule(when_all=[Words == 'steam'], description='a word that no list has')
WhenRules(rules_any=[Steam], then=[OpenCase(policy='kettles', reason='steam')])

Cheer = Rule(when_all=[TermMatches(list='cheers') > 0], description='a cheer')
WhenRules(rules_any=[Cheer], then=[OpenCase(policy='kettles', reason='a cheer')])
";

#[derive(Default)]
pub struct Shelf(pub RefCell<BTreeMap<u64, Knowledge>>);

impl Contents for Shelf {
    fn content(&self, entry: EntryId) -> Option<Knowledge> {
        self.0.borrow().get(&entry.0).cloned()
    }
}

/// When another build is made to take the record as it stands, and is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Adopts {
    /// After every step.
    EveryStep,
    /// When it is asked to.
    WhenAsked,
}

/// A folder without a disk.
pub struct Desk {
    pub pipeline: Pipeline,
    pub shelf: Shelf,
    pub out: Output,
    pub position: u64,
    /// What its clock says.
    pub now: Timestamp,
    /// When the record is taken as it stands.
    pub adopts: Adopts,
    /// Everything said and derived so far, as a journal would have it.
    pub record: Vec<(Body, Timestamp)>,
}

pub fn at(hours: i64) -> Timestamp {
    Timestamp::parse("2026-03-02T00:00:00Z").unwrap().plus_seconds(hours * 3_600)
}

pub fn knowledge(known: Known) -> Knowledge {
    Knowledge { source: "a test".into(), expires: None, known }
}

pub fn policy() -> Known {
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

pub fn clip() -> Known {
    let hash = FileHash::Sha256(CLIP);
    Known::Hash(BankHash { bank: "clips".into(), hash, class: FileClass::Support })
}

pub fn term() -> Known {
    Known::Term(Term {
        list: "cheers".into(),
        term: "to the boil".into(),
        near: Vec::new(),
        not_near: Vec::new(),
        window: 5,
    })
}

/// The avatar of who goes by a name.
pub fn face(name: &str) -> [u8; 32] {
    [name.bytes().fold(0, u8::wrapping_add); 32]
}

pub fn removed(account: Option<u64>, name: &str) -> Known {
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

/// A post with a text and perhaps a file.
pub fn told(id: &str, text: &str, sha256: Option<[u8; 32]>) -> Post {
    let media = MediaRef { sha256, ..MediaRef::default() };
    Post {
        id: PlatformId::new(id).unwrap(),
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
    }
}

impl Desk {
    /// Three reviewers, a policy, rules, a term and one clip that the first stands for.
    pub fn new() -> Self {
        Self::with(Constants::default())
    }

    /// The same, whose record is taken then.
    pub fn adopting(adopts: Adopts) -> Self {
        let mut desk = Self::beginning(Constants::default(), adopts);
        desk.begin();
        desk
    }

    /// The same under other constants.
    pub fn with(constants: Constants) -> Self {
        let mut desk = Self::beginning(constants, Adopts::EveryStep);
        desk.begin();
        desk
    }

    fn beginning(constants: Constants, adopts: Adopts) -> Self {
        let constants = Constants { hand_over_positions: 1, ..constants };
        Self {
            pipeline: Pipeline::new(constants, KEY),
            shelf: Shelf::default(),
            out: Output::default(),
            position: 0,
            now: at(1_000),
            adopts,
            record: Vec::new(),
        }
    }

    fn begin(&mut self) {
        for reviewer in 1..=3 {
            let (key, by, signature) = (String::new(), None, None);
            self.say(Body::ReviewerAdded { reviewer, key, by, signature });
        }
        for known in [policy(), clip(), term()] {
            self.add(known, &[1]);
        }
        self.add(Known::Rules(vec![("main.sml".into(), RULES.into())]), &[1]);
    }

    pub fn say(&mut self, body: Body) -> Vec<Body> {
        self.pipeline.input(&body, self.now, &self.shelf, &mut self.out);
        self.record.push((body, self.now));
        self.taken()
    }

    /// Time passes, to so many hours.
    pub fn tick(&mut self, hours: i64) -> Vec<Body> {
        self.now = self.now.max(at(hours));
        self.say(Body::Tick)
            .into_iter()
            .filter(|body| !matches!(body, Body::LogSealed { .. } | Body::HourCounted { .. }))
            .collect()
    }

    /// An account appeals against an action.
    pub fn appeal(&mut self, account: u64, action: u64) -> Vec<Body> {
        let text = Some(WORDS.into());
        self.event(account, 995, EventBody::Appeal(Appeal { action, text }), None);
        self.found()
    }

    /// A reviewer rules on an appeal.
    pub fn rule_appeal(
        &mut self,
        appeal: u64,
        reviewer: u64,
        ruled: AppealRuled,
    ) -> Result<Vec<Body>, String> {
        self.rule(reviewer, Says::Appeal { appeal, ruled })
    }

    /// Who may rule on an appeal.
    pub fn uninvolved(&self, appeal: u64) -> Vec<u64> {
        let uninvolved = self.pipeline.judge().uninvolved(AppealId(appeal));
        uninvolved.map(|reviewer| reviewer.0).collect()
    }

    /// The numbers of the actions in force.
    pub fn in_force(&self) -> Vec<u64> {
        self.pipeline.judge().actions().all().map(|action| action.planned.action).collect()
    }

    /// What was derived since. Another build that took the record as it stands would have
    /// the same state: after every step of every test.
    pub fn taken(&mut self) -> Vec<Body> {
        let derived: Vec<_> = self.out.entries.drain(..).collect();
        self.record.extend(derived.iter().map(|derived| (derived.body.clone(), derived.at)));
        if self.adopts == Adopts::EveryStep {
            self.adopt();
        }
        derived.into_iter().map(|derived| derived.body).collect()
    }

    /// Takes the record as it stands, and compares.
    pub fn adopt(&mut self) {
        let state = self.pipeline.snapshot();
        self.pipeline.adopt(&self.record, &self.shelf);
        assert!(self.pipeline.snapshot() == state, "the record says something else");
    }

    /// Lays an entry down, without anybody standing for it.
    pub fn lay(&mut self, known: Known, decision: Option<u64>) -> u64 {
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

    pub fn add(&mut self, known: Known, reviewers: &[u64]) -> u64 {
        let entry = self.lay(known, None);
        for reviewer in reviewers {
            self.stand(entry, *reviewer);
        }
        entry
    }

    /// The decision that a reviewer's standing for an entry makes, if it makes one.
    pub fn stand(&mut self, entry: u64, reviewer: u64) -> Option<u64> {
        let bodies = self.rule(reviewer, Says::Knowledge { first: entry, last: entry }).unwrap();
        decided(&bodies)
    }

    pub fn rule(&mut self, reviewer: u64, says: Says) -> Result<Vec<Body>, String> {
        let ruling = Ruling { reviewer, says };
        let active = self.pipeline.active();
        self.pipeline.judge().check(&ruling, active).map_err(|error| error.to_string())?;
        Ok(self.say(Body::Ruled { ruling, signature: String::new() }))
    }

    pub fn decide(&mut self, case: u64, reviewer: u64, ruled: &str, saw: &str) -> Vec<Body> {
        self.try_to_decide(case, reviewer, ruled, saw).unwrap()
    }

    /// As [`Desk::decide`], where it may be refused.
    pub fn try_to_decide(
        &mut self,
        case: u64,
        reviewer: u64,
        ruled: &str,
        saw: &str,
    ) -> Result<Vec<Body>, String> {
        let id = CaseId(case);
        let version = self.pipeline.judge().cases().get(id).unwrap().version;
        let policy =
            (!ruled.starts_with("keep")).then(|| PolicyCited { id: "kettles".into(), version: 1 });
        let (ruled, saw) = (ruled.to_owned(), saw.to_owned());
        self.rule(reviewer, Says::Case { case, version, ruled, policy, saw, class: None })
    }

    /// As [`Desk::decide`], having said what the file is.
    pub fn decide_file(&mut self, case: u64, reviewer: u64, saw: &str, class: &str) -> Vec<Body> {
        let version = self.pipeline.judge().cases().get(CaseId(case)).unwrap().version;
        let policy = Some(PolicyCited { id: "kettles".into(), version: 1 });
        let (ruled, saw, class) = ("remove".into(), saw.into(), Some(class.into()));
        self.rule(reviewer, Says::Case { case, version, ruled, policy, saw, class }).unwrap()
    }

    /// The author edits a post of the account.
    pub fn edited(&mut self, account: u64, id: &str, text: &str, sha256: Option<[u8; 32]>) {
        let post = told(id, text, sha256);
        self.event(account, 991, EventBody::PostEdited(Box::new(post)), None);
    }

    /// The author deletes a post.
    pub fn deleted(&mut self, account: u64, id: &str) {
        let post = PlatformId::new(id).unwrap();
        self.event(account, 992, EventBody::PostDeleted { post }, None);
    }

    pub fn case(&self, case: u64) -> &Case {
        self.pipeline.judge().cases().get(CaseId(case)).unwrap()
    }

    /// Somebody reports another account.
    pub fn reported(&mut self, account: u64, other: u64, body: EventBody) {
        self.happened((account, Some(other)), 10, body, None);
    }

    pub fn event(&mut self, account: u64, hours: i64, body: EventBody, profile: Option<Profile>) {
        self.happened((account, None), hours, body, profile);
    }

    pub fn happened(
        &mut self,
        (account, other): (u64, Option<u64>),
        hours: i64,
        body: EventBody,
        profile: Option<Profile>,
    ) {
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
            received_at: self.now,
            account: Some(AccountId(account)),
            other: other.map(AccountId),
            commitment: [1; 32],
            event: &event,
        };
        self.pipeline.apply(&accepted, &mut self.out);
    }

    /// What the last events brought about, seals left out.
    pub fn found(&mut self) -> Vec<Body> {
        self.taken()
            .into_iter()
            .filter(|body| !matches!(body, Body::LogSealed { .. } | Body::HourCounted { .. }))
            .collect()
    }

    pub fn account(&mut self, account: u64, hours: i64, name: &str) {
        let profile = Profile {
            handle: Some(name.replace(' ', "_").into()),
            name: Some(name.into()),
            created_at: Some(at(hours)),
            avatar: Some(MediaRef { sha256: Some(face(name)), ..MediaRef::default() }),
            ..Profile::default()
        };
        self.event(account, hours, EventBody::AccountCreated, Some(profile));
    }

    pub fn post(&mut self, account: u64, hours: i64, text: &str, sha256: Option<[u8; 32]>) {
        let post = told(&format!("p{}", self.position), text, sha256);
        self.event(account, hours, EventBody::PostCreated(Box::new(post)), None);
    }

    pub fn state(&self, case: u64) -> CaseState {
        self.pipeline.judge().cases().get(CaseId(case)).unwrap().state
    }

    pub fn snapshot_is_whole(&self) {
        let bytes = self.pipeline.snapshot();
        let again = Pipeline::restore(&bytes, KEY, &self.shelf).unwrap();
        assert!(again.snapshot() == bytes, "a snapshot reads what it writes");
    }
}

pub fn decided(bodies: &[Body]) -> Option<u64> {
    bodies.iter().find_map(|body| match body {
        Body::Decided { decision, .. } => Some(*decision),
        _ => None,
    })
}

pub fn names(bodies: &[Body]) -> Vec<&'static str> {
    bodies.iter().map(Body::name).collect()
}
