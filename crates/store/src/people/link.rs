//! One-time links: how a person comes to their first password, or to another.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use seawall_model::Timestamp;

use super::{Credential, Fail, NewPerson, People, PeopleError, Person, TokenHash, person};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// The first admin of a new folder.
    Bootstrap,
    /// A person's first password.
    Invite(u64),
    /// Another password, and with it another signing key, for a person who lost theirs.
    Reset(u64),
    /// A person from outside, for this case only.
    Outside {
        /// The case.
        case: u64,
        /// The person.
        person: u64,
    },
}

impl LinkPurpose {
    /// Whose link it is; the first admin is nobody yet.
    #[must_use]
    pub fn person(self) -> Option<u64> {
        match self {
            Self::Bootstrap => None,
            Self::Invite(person) | Self::Reset(person) | Self::Outside { person, .. } => {
                Some(person)
            }
        }
    }

    fn code(self) -> i64 {
        match self {
            Self::Bootstrap => 0,
            Self::Invite(_) => 1,
            Self::Reset(_) => 2,
            Self::Outside { .. } => 3,
        }
    }

    fn from_row(code: i64, person: Option<i64>, case: Option<i64>) -> Option<Self> {
        let person = person.map(i64::cast_unsigned);
        match code {
            0 => Some(Self::Bootstrap),
            1 => person.map(Self::Invite),
            2 => person.map(Self::Reset),
            3 => Some(Self::Outside { case: case?.cast_unsigned(), person: person? }),
            _ => None,
        }
    }
}

/// What a link is used with.
#[derive(Clone, Debug)]
pub struct Given {
    /// What the password opens.
    pub credential: Credential,
    /// The public key of the signing key that was drawn, hexadecimal.
    pub public_key: String,
    /// Who the first admin is; not read for other links.
    pub first: Option<NewPerson>,
}

/// What using a link came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What the link was for.
    pub purpose: LinkPurpose,
    /// The person as they are now.
    pub person: Person,
}

impl People {
    /// Makes a link; one that the same person has not used yet is void with it.
    ///
    /// # Errors
    /// [`PeopleError::NoPerson`], [`PeopleError::Disabled`], and, where the purpose does not
    /// fit the person, [`PeopleError::HasPassword`], [`PeopleError::NoPassword`],
    /// [`PeopleError::NotOutside`] or [`PeopleError::Begun`].
    ///
    /// `made_by` is the person who makes it; `None`: the server itself.
    pub fn add_link(
        &mut self,
        hash: &TokenHash,
        (purpose, made_by): (LinkPurpose, Option<u64>),
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        self.write(|step, keys| {
            check(step, purpose)?;
            if purpose == LinkPurpose::Bootstrap && !person::is_unbegun(step, keys)? {
                return Err(PeopleError::Begun.into());
            }
            let number = purpose.person().map(u64::cast_signed);
            let case = match purpose {
                LinkPurpose::Outside { case, .. } => Some(case.cast_signed()),
                _ => None,
            };
            step.execute(
                "DELETE FROM link WHERE person IS ?1 OR expires_at <= ?2",
                params![number, now.micros()],
            )?;
            step.execute(
                "INSERT INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    hash,
                    purpose.code(),
                    number,
                    case,
                    expires_at.micros(),
                    made_by.map(u64::cast_signed)
                ],
            )?;
            Ok(())
        })
    }

    /// What a link is for, if it may still be used. Does not use it.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn link(
        &self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<LinkPurpose>, PeopleError> {
        self.read(|conn, _| Ok(find(conn, hash, now)?.map(|(purpose, _)| purpose)))
    }

    /// Uses a link: sets the password and the key, ends what the person had open, and the link
    /// is gone, all in one step. Of two who use it at once, one is refused.
    ///
    /// # Errors
    /// [`PeopleError::LinkSpent`] if it is unknown, used or expired; otherwise as
    /// [`People::add_link`] and [`People::add_person`].
    pub fn use_link(
        &mut self,
        hash: &TokenHash,
        given: &Given,
        now: Timestamp,
    ) -> Result<Settled, PeopleError> {
        self.write(|step, keys| {
            let (purpose, made_by) = find(step, hash, now)?.ok_or(PeopleError::LinkSpent)?;
            step.execute("DELETE FROM link WHERE hash = ?1", [hash])?;
            check(step, purpose)?;
            let number = match purpose.person() {
                Some(number) => number,
                None if !person::is_unbegun(step, keys)? => return Err(PeopleError::Begun.into()),
                None => {
                    let first = given.first.as_ref().ok_or(PeopleError::Invalid {
                        field: "login",
                        problem: "must be given by the first admin, and `shown_name` too",
                    })?;
                    person::insert(step, first, now)?
                }
            };
            let before = person::found(step, number)?;
            person::set_credential(step, keys, number, &given.credential)?;
            let case = match purpose {
                LinkPurpose::Outside { case, .. } => Some(case),
                _ => before.only_case,
            };
            step.execute(
                "UPDATE person SET public_key = ?2, only_case = ?3, link_by = ?4,
                 reviewer_before = coalesce(reviewer, reviewer_before), reviewer = NULL
                 WHERE number = ?1",
                params![
                    number.cast_signed(),
                    given.public_key,
                    case.map(u64::cast_signed),
                    made_by.map(u64::cast_signed)
                ],
            )?;
            let person = person::found(step, number)?;
            Ok(Settled { purpose, person })
        })
    }
}

/// What a link is for, and who made it.
fn find(
    conn: &Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<(LinkPurpose, Option<u64>)>, Fail> {
    let sql =
        "SELECT purpose, person, only_case, made_by FROM link WHERE hash = ?1 AND expires_at > ?2";
    let row = conn
        .prepare_cached(sql)?
        .query_row(params![hash, now.micros()], |row| {
            let made_by = row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned);
            let purpose = LinkPurpose::from_row(row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(purpose.map(|purpose| (purpose, made_by)))
        })
        .optional()?;
    Ok(row.flatten())
}

/// Whether a purpose fits its person.
fn check(step: &Transaction<'_>, purpose: LinkPurpose) -> Result<(), Fail> {
    let Some(number) = purpose.person() else { return Ok(()) };
    let person = person::found(step, number)?;
    let has_password = person.settings > 0;
    let refused = match purpose {
        _ if person.disabled_at.is_some() => Some(PeopleError::Disabled(number)),
        LinkPurpose::Invite(_) if has_password => Some(PeopleError::HasPassword(number)),
        LinkPurpose::Reset(_) if !has_password => Some(PeopleError::NoPassword(number)),
        LinkPurpose::Outside { .. } if person.only_case.is_none() => {
            Some(PeopleError::NotOutside(number))
        }
        _ => None,
    };
    refused.map_or(Ok(()), |refused| Err(refused.into()))
}
