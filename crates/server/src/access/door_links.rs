//! One-time links: how somebody comes to a password and a signing key.
//!
//! There is no default password: a new folder gives a link for its first admin, once, and an
//! admin gives links to the others. Left out: sending them; the link's token is shown to
//! whoever asked for it.

use std::collections::BTreeSet;
use std::fmt;

use seawall_model::Timestamp;
use seawall_store::people::{Clearance, Given, LinkPurpose, NewPerson, PeopleError, Role, Settled};
use zeroize::Zeroizing;

use super::door::{AccessError, Door};
use super::password::check_password;
use super::secret;
use crate::signing::ReviewerKey;

/// A link that was made.
pub struct LinkGiven {
    /// Its token, to stand behind the `#` of an address, where no server logs it. It is kept
    /// nowhere else.
    pub token: Zeroizing<String>,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

impl fmt::Debug for LinkGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkGiven({:?})", self.purpose)
    }
}

/// What somebody gives who uses a link.
pub struct Newcomer<'a> {
    /// The password they choose.
    pub password: &'a str,
    /// The login that the first admin chooses; not read for other links.
    pub login: &'a str,
    /// The pseudonym that the first admin chooses; not read for other links.
    pub shown_name: &'a str,
}

impl fmt::Debug for Newcomer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Newcomer(…)")
    }
}

impl Door {
    /// A link for the first admin, as long as nobody has a password; `None` after that. A link
    /// given before is void with it.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn bootstrap(&self, now: Timestamp) -> Result<Option<LinkGiven>, AccessError> {
        match self.make_link(LinkPurpose::Bootstrap, None, now) {
            Ok(given) => Ok(Some(given)),
            Err(AccessError::People(PeopleError::Begun)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a link; one that the same person has not used yet is void with it. `made_by` is the
    /// person who asks for it.
    ///
    /// # Errors
    /// [`AccessError::People`] if the purpose does not fit the person.
    pub fn make_link(
        &self,
        purpose: LinkPurpose,
        made_by: Option<u64>,
        now: Timestamp,
    ) -> Result<LinkGiven, AccessError> {
        let seconds = match purpose {
            LinkPurpose::Bootstrap => self.config.bootstrap_link_s,
            _ => self.config.link_s,
        };
        let expires_at = now.plus_seconds(i64::from(seconds));
        let token = self.draw();
        self.people().add_link(&secret::hash(&token), (purpose, made_by), expires_at, now)?;
        Ok(LinkGiven { token: secret::write(&token), purpose, expires_at })
    }

    /// What a link is for, without using it.
    ///
    /// # Errors
    /// [`PeopleError::LinkSpent`].
    pub fn link(&self, token: &str, now: Timestamp) -> Result<LinkPurpose, AccessError> {
        let token = secret::read(token).ok_or(PeopleError::LinkSpent)?;
        Ok(self.people().link(&secret::hash(&token), now)?.ok_or(PeopleError::LinkSpent)?)
    }

    /// Uses a link: sets the password, draws the signing key and ends what was open. Whoever
    /// calls admits the public key in the journal, under the number that the person had before
    /// where they had one, and then calls [`Door::set_reviewer`]. It opens no session: whoever has the password logs in.
    ///
    /// Hashes two passwords if the link is valid, none if not.
    ///
    /// # Errors
    /// [`PeopleError::LinkSpent`], [`AccessError::Weak`] (the link stays valid), or
    /// [`PeopleError::Invalid`] for the login or name of the first admin.
    pub fn use_link(
        &self,
        token: &str,
        newcomer: &Newcomer<'_>,
        now: Timestamp,
    ) -> Result<Settled, AccessError> {
        let purpose = self.link(token, now)?;
        let first = NewPerson {
            login: newcomer.login.to_owned(),
            shown_name: newcomer.shown_name.to_owned(),
            roles: BTreeSet::from([Role::Admin]),
            clearance: Clearance::FULL,
            only_case: None,
        };
        let login = match purpose.person() {
            None => {
                seawall_store::people::check_login(&first.login)?;
                seawall_store::people::check_shown_name(&first.shown_name)?;
                first.login.clone()
            }
            Some(person) => {
                self.people().person(person)?.ok_or(PeopleError::NoPerson(person))?.login
            }
        };
        check_password(newcomer.password, &login)?;
        let seed = self.draw();
        let public_key = ReviewerKey::from_seed(&seed).public();
        let credential = self.credential(newcomer.password, &seed, &public_key);
        let token = secret::read(token).ok_or(PeopleError::LinkSpent)?;
        let given = Given { credential, public_key, first: Some(first) };
        Ok(self.people().use_link(&secret::hash(&token), &given, now)?)
    }
}
