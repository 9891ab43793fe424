//! What is known of a person: roles, clearance, and what their password opens.
//!
//! Left out: how it is kept, in the file beside.

use std::collections::BTreeSet;
use std::fmt;

use seawall_model::Timestamp;
use zeroize::Zeroizing;

use super::{PeopleError, lines, unlines};
use crate::FolderKeys;
use crate::key::Use;

/// The highest severity there is: 0 mild, 3 gravest.
pub const SEVERITY_MAX: u8 = 3;
/// Bytes of a shown name at most.
const SHOWN_NAME_BYTES_MAX: usize = 100;
/// Names in one part of a clearance at most.
const CLEARED_MAX: usize = 64;
/// Bytes of the name of an ideology at most.
const IDEOLOGY_BYTES_MAX: usize = 100;

/// What somebody is here for. Names are stable: they stand in files and in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Rules on cases.
    Reviewer,
    /// Rules, and answers for banks, the protected register and what was removed.
    Senior,
    /// Sees cases under pseudonyms, and numbers. Rules on none.
    Analyst,
    /// Writes policies, terms and rules.
    PolicyAuthor,
    /// Reads what was decided and done, without content.
    Auditor,
    /// Lets people and machines in. Sees no content.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Reviewer,
        Self::Senior,
        Self::Analyst,
        Self::PolicyAuthor,
        Self::Auditor,
        Self::Admin,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Senior => "senior",
            Self::Analyst => "analyst",
            Self::PolicyAuthor => "policy_author",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What somebody is cleared for of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// All there is.
    All,
    /// These only.
    Only(BTreeSet<String>),
}

impl Cleared {
    /// Whether it covers a name.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }

    pub(super) fn written(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Only(names) => Some(lines(names.iter().map(String::as_str))),
        }
    }

    pub(super) fn read(text: Option<String>) -> Self {
        text.map_or(Self::All, |text| Self::Only(unlines(&text)))
    }

    fn is_fit(&self, fits: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.len() <= CLEARED_MAX && names.iter().all(|name| fits(name)),
        }
    }
}

/// Which cases somebody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// Primary language tags of BCP 47, such as `ar`.
    pub languages: Cleared,
    /// The gravest severity, 0 to [`SEVERITY_MAX`].
    pub severity_max: u8,
    /// Names of ideologies.
    pub ideologies: Cleared,
}

impl Clearance {
    /// Cleared for every case.
    pub const FULL: Self =
        Self { languages: Cleared::All, severity_max: SEVERITY_MAX, ideologies: Cleared::All };

    pub(super) fn check(&self) -> Result<(), PeopleError> {
        let is_tag =
            |tag: &str| (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_lowercase());
        let is_name = |name: &str| {
            let is_short = (1..=IDEOLOGY_BYTES_MAX).contains(&name.len());
            is_short && name.trim() == name && !name.chars().any(char::is_control)
        };
        if !self.languages.is_fit(is_tag) {
            return Err(PeopleError::Invalid {
                field: "clearance.languages",
                problem: "must be at most 64 primary language tags such as `ar`, in small letters",
            });
        }
        if self.severity_max > SEVERITY_MAX {
            return Err(PeopleError::Invalid {
                field: "clearance.severity_max",
                problem: "must be 0, 1, 2 or 3",
            });
        }
        if !self.ideologies.is_fit(is_name) {
            return Err(PeopleError::Invalid {
                field: "clearance.ideologies",
                problem: "must be at most 64 names of at most 100 bytes",
            });
        }
        Ok(())
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their number, from 1; never given twice.
    pub number: u64,
    /// What they log in with.
    pub login: String,
    /// The pseudonym that others see.
    pub shown_name: String,
    /// What they are here for.
    pub roles: BTreeSet<Role>,
    /// Which cases they may see.
    pub clearance: Clearance,
    /// Number of their key in the journal, once it was admitted there.
    pub reviewer: Option<u64>,
    /// The number under which a key of theirs was admitted that is gone with a lost password:
    /// they are the same reviewer again once the one they have now is.
    pub reviewer_before: Option<u64>,
    /// Their public key, hexadecimal, once they have a password.
    pub public_key: Option<String>,
    /// The person who made the link that this key came of; `None`: the server itself, for the
    /// first admin.
    pub link_by: Option<u64>,
    /// The one case that an outside reviewer sees.
    pub only_case: Option<u64>,
    /// When they were added.
    pub created_at: Timestamp,
    /// Since when they may not come in.
    pub disabled_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: u64,
    /// How often their password was set; 0: they have none.
    pub settings: u64,
}

/// A person to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// What they log in with: 3 to 64 of `a-z 0-9 . _ -`.
    pub login: String,
    /// The pseudonym that others see: 1 to 100 bytes.
    pub shown_name: String,
    /// What they are here for.
    pub roles: BTreeSet<Role>,
    /// Which cases they may see.
    pub clearance: Clearance,
    /// The one case that an outside reviewer sees; they can only be reviewers.
    pub only_case: Option<u64>,
}

/// Whether a person may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may.
    Enabled,
    /// They may not, and whatever they had open is ended.
    Disabled,
}

/// What is to change of a person; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonChange {
    /// Another pseudonym.
    pub shown_name: Option<String>,
    /// Other roles. Ends their sessions.
    pub roles: Option<BTreeSet<Role>>,
    /// Another clearance. Counts from the next call.
    pub clearance: Option<Clearance>,
    /// Whether they may come in. Disabling ends sessions and links.
    pub standing: Option<Standing>,
}

/// What a password opens. Kept sealed under the folder's key, so that whoever has the file
/// alone cannot even guess at it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The password's hash, as a PHC string.
    pub phc: Zeroizing<String>,
    /// Salt of the key that seals the signing key.
    pub salt: [u8; 16],
    /// The signing key, sealed under the password.
    pub sealed_seed: Vec<u8>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

impl Credential {
    pub(super) fn seal(&self, keys: &FolderKeys, person: u64) -> Vec<u8> {
        let mut plain = Zeroizing::new(Vec::with_capacity(256));
        plain.extend_from_slice(&self.salt);
        // A PHC string has some hundred bytes.
        plain.extend_from_slice(&u32::try_from(self.phc.len()).unwrap_or(0).to_be_bytes());
        plain.extend_from_slice(self.phc.as_bytes());
        plain.extend_from_slice(&self.sealed_seed);
        keys.people().seal(Use::Person(person), &plain, &[])
    }

    pub(super) fn open(keys: &FolderKeys, person: u64, sealed: &[u8]) -> Option<Self> {
        let plain = Zeroizing::new(keys.people().open(Use::Person(person), sealed, &[])?);
        let (salt, rest) = plain.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (phc, sealed_seed) = rest.split_at_checked(length)?;
        let phc = Zeroizing::new(std::str::from_utf8(phc).ok()?.to_owned());
        Some(Self { phc, salt: *salt, sealed_seed: sealed_seed.to_vec() })
    }
}

/// Says whether a login may be given.
///
/// # Errors
/// [`PeopleError::Invalid`].
pub fn check_login(login: &str) -> Result<(), PeopleError> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    match (3..=64).contains(&login.len()) && login.bytes().all(fits) {
        true => Ok(()),
        false => Err(PeopleError::Invalid {
            field: "login",
            problem: "must be 3 to 64 of the letters a to z, digits, `.`, `_` and `-`",
        }),
    }
}

/// Says whether a name may be shown.
///
/// # Errors
/// [`PeopleError::Invalid`].
pub fn check_shown_name(name: &str) -> Result<(), PeopleError> {
    let is_short = (1..=SHOWN_NAME_BYTES_MAX).contains(&name.len());
    match is_short && name.trim() == name && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(PeopleError::Invalid {
            field: "shown_name",
            problem: "must be 1 to 100 bytes without control characters or blanks around it",
        }),
    }
}

pub(super) fn check_roles(
    roles: &BTreeSet<Role>,
    only_case: Option<u64>,
) -> Result<(), PeopleError> {
    if only_case.is_some() && (roles.len() != 1 || !roles.contains(&Role::Reviewer)) {
        return Err(PeopleError::Invalid {
            field: "roles",
            problem: "of somebody who sees one case only must be `reviewer` and nothing else",
        });
    }
    Ok(())
}
