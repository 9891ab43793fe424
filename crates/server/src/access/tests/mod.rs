//! People, machines and newcomers at the door, with a real file beneath.
//!
//! Time is given, chance is seeded and recorded, and hashing is cheap: its cost has a test of
//! its own. Here is the stage; the facts are in the files beside.

mod guesses;
mod people;
mod secrets;
mod table;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use seawall_model::Timestamp;
use seawall_store::people::{
    Clearance, Cleared, LinkPurpose, NewPerson, NewSession, PeopleError, Person, PersonChange,
    Role, Settled, Standing,
};
use seawall_store::{Access, Chance, Folder};
use tempfile::TempDir;

use super::*;
use crate::chance::Seeded;
use crate::signing;

const PASSWORD: &str = "kettle-on-a-blue-stove";
const OTHER: &str = "ladder against the old wall";
const COST: Cost = Cost { memory_kib: 64, passes: 1 };
const DAY_S: i64 = 86_400;

/// Remembers all that was drawn.
struct Recorded(Seeded, Arc<Mutex<Vec<Vec<u8>>>>);

impl Chance for Recorded {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
        self.1.lock().unwrap().push(bytes.to_vec());
    }
}

struct Stage {
    dir: TempDir,
    folder: Option<Folder>,
    door: Option<Door>,
    drawn: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut stage = Self { dir, folder: None, door: None, drawn: Arc::default() };
        stage.open(1);
        stage
    }

    fn open(&mut self, seed: u64) {
        (self.door, self.folder) = (None, None);
        let folder = Folder::open(self.dir.path(), Access::Write, &mut Seeded::new(9)).unwrap();
        let chance = Box::new(Recorded(Seeded::new(seed), self.drawn.clone()));
        let config = AccessConfig { cost: COST, ..AccessConfig::default() };
        self.door = Some(Door::new(folder.people(Access::Write).unwrap(), config, chance));
        self.folder = Some(folder);
    }

    fn door(&self) -> &Door {
        self.door.as_ref().unwrap()
    }

    /// A stage with an admin, `root`, and one more person.
    fn with(login: &str, roles: &[Role]) -> (Self, Person) {
        let stage = Self::new();
        let link = stage.door().bootstrap(at(0)).unwrap().unwrap();
        stage.accept(&link.token, "root").unwrap();
        let person = stage.add(login, roles);
        (stage, person)
    }

    fn add(&self, login: &str, roles: &[Role]) -> Person {
        let person = self.door().add_person(&newcomer(login, roles), at(0)).unwrap();
        let link = self.door().make_link(LinkPurpose::Invite(person.number), None, at(0)).unwrap();
        self.accept(&link.token, "").unwrap().person
    }

    fn accept(&self, token: &str, login: &str) -> Result<Settled, AccessError> {
        let newcomer = Newcomer { password: PASSWORD, login, shown_name: "Cedar" };
        self.door().use_link(token, &newcomer, at(1))
    }

    fn login(&self, login: &str, now: Timestamp) -> Result<SessionGiven, AccessError> {
        self.door().login(login, PASSWORD, home(), now)
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-03-01T12:00:00Z").unwrap().plus_seconds(seconds)
}

fn home() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

fn newcomer(login: &str, roles: &[Role]) -> NewPerson {
    NewPerson {
        login: login.into(),
        shown_name: "Olive".into(),
        roles: roles.iter().copied().collect(),
        clearance: Clearance::FULL,
        only_case: None,
    }
}

fn person_of(identity: Identity) -> PersonIdentity {
    match identity {
        Identity::Person(person) => *person,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, AccessError>, expect: &str) {
    let message = result.unwrap_err().to_string();
    assert!(message.contains(expect), "{message}");
}

const ENDED: &str = "this session has ended";
const SPENT: &str = "this link is not valid any more";
const WRONG: &str = "login or password is wrong";
const NO_KEY: &str = "this API key is not valid";
