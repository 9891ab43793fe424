//! The door: people by password, then by session.
//!
//! Each call that takes a password hashes it on the calling thread (some 30 ms each time): a
//! caller with a runtime enters [`super::PasswordGate`] first and calls on a blocking thread.
//! No lock is held meanwhile. A session's token seals the person's signing key, so the server
//! can sign rulings while the session lasts, and neither the file nor a restart gives it away.
//! Left out: links and keys for machines, in the files beside.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use seawall_model::Timestamp;
use seawall_store::people::NewPerson;
use seawall_store::people::{
    Begun, Credential, NewSession, PeopleError, Person, PersonChange, Session, Subject,
};
use seawall_store::{Chance, People};
use zeroize::Zeroizing;

use super::identity::{Identity, PersonIdentity};
use super::password::{PASSWORD_BYTES_MAX, check_password};
use super::secret::{self, Secret};
use super::{Cost, Passwords, Weak};
use crate::signing::ReviewerKey;

/// Seconds between two notes of when a session was used.
const SEEN_EVERY_S: i64 = 60;
/// People read at once.
const PEOPLE_PER_READ: u32 = 200;
/// What a session's token seals the signing key for.
const FOR_SESSION: &str = "seawall signing key in session 1";
/// What a password seals the signing key for.
const FOR_PASSWORD: &str = "seawall signing key at rest 1";

/// Bounds of what is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessConfig {
    /// Seconds after its last use that a session ends. Default 8 hours. Raising it leaves
    /// unattended screens open longer.
    pub session_idle_s: u32,
    /// Seconds after its beginning that a session ends. Default 12 hours. Raising it makes a
    /// stolen one last longer.
    pub session_s: u32,
    /// Seconds for which a password counts as just entered. Default 10 minutes. Raising it
    /// asks less often before grave actions.
    pub step_up_s: u32,
    /// Seconds for which a one-time link lives. Default 24 hours. Raising it leaves forgotten
    /// mails open longer.
    pub link_s: u32,
    /// Seconds for which the first admin's link lives. Default 1 hour.
    pub bootstrap_link_s: u32,
    /// What hashing a password costs.
    pub cost: Cost,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            session_idle_s: 8 * 3600,
            session_s: 12 * 3600,
            step_up_s: 600,
            link_s: 24 * 3600,
            bootstrap_link_s: 3600,
            cost: Cost::OWASP,
        }
    }
}

/// Why somebody does not come in. Nothing given is repeated.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Login or password is wrong; which, or whether the person is disabled, is not told.
    #[error("login or password is wrong")]
    Wrong,
    /// Too many were wrong.
    #[error("too many wrong attempts; try again in {retry_after_s} s")]
    Wait {
        /// Whole seconds to wait, at least 1.
        retry_after_s: u32,
    },
    /// The session is unknown or ended.
    #[error("this session has ended; log in again")]
    NoSession,
    /// The key is unknown, expired or revoked.
    #[error("this API key is not valid; ask an admin for another")]
    NoKey,
    /// The password may not be chosen.
    #[error(transparent)]
    Weak(#[from] Weak),
    /// The people's file says no, or failed.
    #[error(transparent)]
    People(#[from] PeopleError),
}

/// What a login gave.
pub struct SessionGiven {
    /// The session's token, for a cookie that no script reads. It is kept nowhere else.
    pub token: Zeroizing<String>,
    /// The token against forged requests.
    pub csrf: Zeroizing<String>,
    /// The session's number.
    pub session: u64,
    /// When the session ends, used or not.
    pub ends_at: Timestamp,
    /// Who came in.
    pub person: Person,
}

impl fmt::Debug for SessionGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionGiven({} of person {})", self.session, self.person.number)
    }
}

/// A person's signing key, drawn or opened.
pub(super) struct Opened {
    pub(super) person: Person,
    pub(super) seed: Secret,
    pub(super) public_key: String,
}

/// Lets people and machines in.
pub struct Door {
    people: Mutex<People>,
    chance: Mutex<Box<dyn Chance>>,
    passwords: Passwords,
    pub(super) config: AccessConfig,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door(…)")
    }
}

impl Door {
    /// A door to the people of a folder. Hashes one password.
    #[must_use]
    pub fn new(people: People, config: AccessConfig, mut chance: Box<dyn Chance>) -> Self {
        let passwords = Passwords::new(config.cost, &secret::draw(&mut *chance));
        Self { people: Mutex::new(people), chance: Mutex::new(chance), passwords, config }
    }

    /// How passwords are hashed.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// The people's file. A step that panicked was rolled back, so it is used on.
    pub(super) fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn draw(&self) -> Secret {
        secret::draw(&mut **self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets a person in by password.
    ///
    /// A login that nobody has, or whose person has no password or is disabled, costs the
    /// same hash and gives the same answer as a wrong password.
    ///
    /// # Errors
    /// [`AccessError::Wrong`], or [`AccessError::Wait`] without looking at the password.
    pub fn login(
        &self,
        login: &str,
        password: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<SessionGiven, AccessError> {
        let address = network(address);
        let subjects = [Subject::Login(login, &address), Subject::Address(&address)];
        let known = {
            let mut people = self.people();
            begin(&mut people, &subjects, now)?;
            people.person_by_login(login)?
        };
        let opened = self.judge(known, password)?;
        let given = self.open_session(&opened, now)?;
        self.people().attempt_was_right(&subjects, now)?;
        Ok(given)
    }

    /// Who a session's token belongs to, as they are at this moment.
    ///
    /// # Errors
    /// [`AccessError::NoSession`].
    ///
    /// Cost: two look-ups; once a minute a durable write.
    pub fn session(&self, token: &str, now: Timestamp) -> Result<Identity, AccessError> {
        let (session, person) = self.live(token, now)?;
        if now.seconds_since(session.seen_at) >= SEEN_EVERY_S {
            self.people().session_seen(session.number, now)?;
        }
        Ok(Self::identity(session, person, now))
    }

    /// As [`Door::session`], but no use of it: an open stream keeps no session from ending.
    pub(crate) fn glance(&self, token: &str, now: Timestamp) -> Result<Identity, AccessError> {
        let (session, person) = self.live(token, now)?;
        Ok(Self::identity(session, person, now))
    }

    fn identity(session: Session, person: Person, now: Timestamp) -> Identity {
        Identity::Person(Box::new(PersonIdentity {
            number: person.number,
            login: person.login,
            shown_name: person.shown_name,
            roles: person.roles,
            clearance: person.clearance,
            reviewer: person.reviewer,
            public_key: person.public_key,
            only_case: person.only_case,
            session: session.number,
            session_ends_at: session.ends_at,
            stepped_up_until: Some(session.stepped_up_until).filter(|until| now < *until),
        }))
    }

    fn live(&self, token: &str, now: Timestamp) -> Result<(Session, Person), AccessError> {
        let token = secret::read(token).ok_or(AccessError::NoSession)?;
        let idle_since = self.idle_since(now);
        let found = self.people().session(&secret::hash(&token), now, idle_since)?;
        found.ok_or(AccessError::NoSession)
    }

    fn idle_since(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(-i64::from(self.config.session_idle_s))
    }

    /// Takes the password again, and says until when grave actions are allowed.
    ///
    /// # Errors
    /// [`AccessError::Wrong`], [`AccessError::Wait`] or [`AccessError::NoSession`].
    pub fn step_up(
        &self,
        token: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Timestamp, AccessError> {
        let (session, opened) = self.enter_again(token, password, now)?;
        let until = now.plus_seconds(i64::from(self.config.step_up_s)).min(session.ends_at);
        let mut people = self.people();
        match people.step_up_session(session.number, opened.person.settings, until)? {
            true => Ok(until),
            false => Err(AccessError::NoSession),
        }
    }

    /// Sets another password of a person who knows theirs. All their sessions end; a new one
    /// is given. Their signing key stays.
    ///
    /// # Errors
    /// [`AccessError::Weak`]; otherwise as [`Door::step_up`].
    pub fn change_password(
        &self,
        token: &str,
        password: &str,
        next: &str,
        now: Timestamp,
    ) -> Result<SessionGiven, AccessError> {
        let (_, person) = self.live(token, now)?;
        check_password(next, &person.login)?;
        let (_, mut opened) = self.enter_again(token, password, now)?;
        let credential = self.credential(next, &opened.seed, &opened.public_key);
        let person = &opened.person;
        opened.person =
            self.people().change_password(person.number, person.settings, &credential)?;
        self.open_session(&opened, now)
    }

    fn enter_again(
        &self,
        token: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<(Session, Opened), AccessError> {
        let (session, person) = self.live(token, now)?;
        let subjects = [Subject::Again(person.number)];
        let credential = {
            let mut people = self.people();
            begin(&mut people, &subjects, now)?;
            people.credential(person.number)?
        };
        let opened = self.judge(Some((person, credential)), password)?;
        self.people().attempt_was_right(&subjects, now)?;
        Ok((session, opened))
    }

    /// The signing key of the person of a session.
    ///
    /// # Errors
    /// [`AccessError::NoSession`].
    pub fn signing_key(&self, token: &str, now: Timestamp) -> Result<ReviewerKey, AccessError> {
        let (session, person) = self.live(token, now)?;
        let token = secret::read(token).ok_or(AccessError::NoSession)?;
        let public_key = person.public_key.unwrap_or_default();
        let key = secret::derive(&token, FOR_SESSION);
        let seed = secret::open(&key, &session.sealed_seed, &public_key);
        seed.map(|seed| ReviewerKey::from_seed(&seed)).ok_or(AccessError::NoSession)
    }

    /// Ends a session. `false` if it had ended.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn logout(&self, token: &str) -> Result<bool, AccessError> {
        let Some(token) = secret::read(token) else { return Ok(false) };
        Ok(self.people().end_session(&secret::hash(&token))?)
    }

    /// A person's sessions that have not ended, newest first.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn sessions(&self, person: u64, now: Timestamp) -> Result<Vec<Session>, AccessError> {
        Ok(self.people().sessions(person, now, self.idle_since(now))?)
    }

    /// Ends one of a person's own sessions. `false` if they have none of that number.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn end_session(&self, person: u64, session: u64) -> Result<bool, AccessError> {
        Ok(self.people().end_session_of(person, session)?)
    }

    /// Looks at a password, whoever it is of. Always hashes once, and once more if it is right.
    fn judge(
        &self,
        known: Option<(Person, Option<Credential>)>,
        password: &str,
    ) -> Result<Opened, AccessError> {
        if password.len() > PASSWORD_BYTES_MAX {
            // Nobody has such a one, so this tells nothing of the login.
            return Err(AccessError::Wrong);
        }
        let phc = match &known {
            Some((_, Some(credential))) => &credential.phc,
            _ => self.passwords.nobodys(),
        };
        let is_right = self.passwords.is_right(password, phc);
        let Some((person, Some(credential))) = known else { return Err(AccessError::Wrong) };
        if !is_right || person.disabled_at.is_some() {
            return Err(AccessError::Wrong);
        }
        let public_key = person.public_key.clone().unwrap_or_default();
        let key = self.passwords.key(password, &credential.salt);
        let key = secret::derive(&key, FOR_PASSWORD);
        let seed = secret::open(&key, &credential.sealed_seed, &public_key);
        let seed = seed.ok_or(PeopleError::Invalid {
            field: "credential",
            problem: "does not open the signing key; have an admin send a link that resets it",
        })?;
        Ok(Opened { person, seed, public_key })
    }

    /// What a password opens: a hash to know it by, and the signing key sealed under it.
    pub(super) fn credential(&self, password: &str, seed: &Secret, public_key: &str) -> Credential {
        let (mut phc_salt, mut salt) = ([0; 16], [0; 16]);
        let drawn = self.draw();
        let (first, second) = drawn.split_at(16);
        phc_salt.copy_from_slice(first);
        salt.copy_from_slice(second);
        let key = secret::derive(&self.passwords.key(password, &salt), FOR_PASSWORD);
        Credential {
            phc: self.passwords.hash(password, &phc_salt),
            salt,
            sealed_seed: secret::seal(&key, seed, public_key),
        }
    }

    fn open_session(&self, opened: &Opened, now: Timestamp) -> Result<SessionGiven, AccessError> {
        let token = self.draw();
        let ends_at = now.plus_seconds(i64::from(self.config.session_s));
        let key = secret::derive(&token, FOR_SESSION);
        let new = NewSession {
            hash: secret::hash(&token),
            person: opened.person.number,
            settings: opened.person.settings,
            ends_at,
            // The password was entered just now.
            stepped_up_until: now.plus_seconds(i64::from(self.config.step_up_s)).min(ends_at),
            sealed_seed: secret::seal(&key, &opened.seed, &opened.public_key),
        };
        // Disabled, or given another password, while this one was hashed.
        let session = self.people().open_session(&new, now)?.ok_or(AccessError::Wrong)?;
        let token = secret::write(&token);
        let csrf = super::csrf_token(&token).unwrap_or_default();
        Ok(SessionGiven { token, csrf, session, ends_at, person: opened.person.clone() })
    }
}

/// What admins do with people. Whether they may is asked before ([`super::permits`]).
impl Door {
    /// Adds a person, who comes in once they used a link.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn add_person(&self, new: &NewPerson, now: Timestamp) -> Result<Person, AccessError> {
        Ok(self.people().add_person(new, now)?)
    }

    /// The person of that number.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn person(&self, number: u64) -> Result<Option<Person>, AccessError> {
        Ok(self.people().person(number)?)
    }

    /// The person who logs in by this name.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn person_of_login(&self, login: &str) -> Result<Option<Person>, AccessError> {
        Ok(self.people().person_by_login(login)?.map(|(person, _)| person))
    }

    /// Up to `persons_max` people after number `after`.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn persons(&self, after: u64, persons_max: u32) -> Result<Vec<Person>, AccessError> {
        Ok(self.people().persons(after, persons_max)?)
    }

    /// The people whose keys the journal admitted, by the numbers of their keys there.
    ///
    /// # Errors
    /// [`AccessError::People`].
    ///
    /// Cost: one pass over all people.
    pub fn people_of_keys(&self) -> Result<BTreeMap<u64, Person>, AccessError> {
        let (mut found, mut after) = (BTreeMap::new(), 0);
        loop {
            let page = self.people().persons(after, PEOPLE_PER_READ)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.number;
            found.extend(page.into_iter().filter_map(|person| Some((person.reviewer?, person))));
        }
    }

    /// Changes a person who is at the version `expected`. Disabling them or changing their
    /// roles ends their sessions before this returns.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] if somebody was faster, [`PeopleError::LastAdmin`].
    pub fn change_person(
        &self,
        number: u64,
        expected: u64,
        change: &PersonChange,
        now: Timestamp,
    ) -> Result<Person, AccessError> {
        Ok(self.people().change_person(number, expected, change, now)?)
    }

    /// Notes under which number the journal admitted a person's public key.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] if they have another key by now.
    pub fn set_reviewer(
        &self,
        number: u64,
        reviewer: u64,
        public_key: &str,
    ) -> Result<Person, AccessError> {
        Ok(self.people().set_reviewer(number, reviewer, public_key)?)
    }
}

fn begin(people: &mut People, subjects: &[Subject<'_>], now: Timestamp) -> Result<(), AccessError> {
    match people.begin_attempt(subjects, now)? {
        Begun::Open => Ok(()),
        Begun::Wait(until) => {
            // Begun seconds count whole, so that nobody comes back too early.
            let seconds = until.plus_micros(999_999).seconds_since(now).max(1);
            Err(AccessError::Wait { retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX) })
        }
    }
}

/// What of an address counts: of IPv6 the first 64 bits, since whoever has one has them all.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
