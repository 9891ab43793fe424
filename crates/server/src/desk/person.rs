//! Accounts as the platform last told of them: looked up in the log, and remembered by the desk.

use seawall_event::reopen;
use seawall_model::{AccountId, EventKind, MediaRef, PlatformId, Position, Timestamp};
use seawall_store::Content;

use super::{Desk, DeskError};

/// Events of an account in which its profile is looked for.
const PROFILES_READ: u32 = 8;

/// An account as the platform last told of it. Content: to be shown isolated.
#[derive(Clone, Default)]
pub struct Person {
    /// The platform's id; `None` once it was erased.
    pub id: Option<String>,
    /// Its handle.
    pub handle: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it says of itself.
    pub bio: Option<String>,
    /// Its picture.
    pub avatar: Option<MediaRef>,
    /// Links of its profile.
    pub links: Vec<String>,
    /// When it was made, where told.
    pub created_at: Option<Timestamp>,
    /// What the platform itself did to it last.
    pub standing: Option<(EventKind, Timestamp)>,
}

impl Desk<'_> {
    /// The account that the platform calls so; `None` where nothing was ever told of it, or it was
    /// erased.
    ///
    /// # Errors
    /// As [`Desk::posts_of`].
    pub fn account(&mut self, id: &str) -> Result<Option<AccountId>, DeskError> {
        match PlatformId::new(id) {
            Ok(id) => Ok(self.reader.accounts().find(&id)?),
            Err(_) => Ok(None),
        }
    }

    /// An account as the platform last told of it.
    ///
    /// # Errors
    /// As [`Desk::posts_of`].
    pub fn person(&mut self, account: AccountId) -> Result<Person, DeskError> {
        if let Some(person) = self.persons.get(&account) {
            return Ok(person.clone());
        }
        let person = self.profile_until(account, Position(u64::MAX))?;
        self.persons.insert(account, person.clone());
        Ok(person)
    }

    /// An account as the platform had told of it up to a position.
    pub(super) fn profile_until(
        &mut self,
        account: AccountId,
        last: Position,
    ) -> Result<Person, DeskError> {
        let id = self.reader.accounts().name(account)?;
        let mut person = Person { id, ..Person::default() };
        let told = [EventKind::AccountUpdated, EventKind::AccountCreated];
        let newest = self.reader.newest_of(account, &told, PROFILES_READ)?;
        for stored in newest.into_iter().filter(|stored| stored.placed.position <= last) {
            let Content::Bytes(bytes) = &stored.content else { continue };
            let event = reopen(bytes).map_err(DeskError::Unreadable)?;
            let event = self.derivation.marks().hidden(event);
            let seen = (event.kind() == EventKind::AccountCreated).then_some(event.at);
            let told = event.profile.as_ref().and_then(|profile| profile.created_at);
            // The earliest that was told counts, as it does for the pipeline.
            person.created_at = [person.created_at, seen, told].into_iter().flatten().min();
            if let Some(profile) = event.profile {
                let owned = |text: Option<Box<str>>| text.map(String::from);
                person.handle = person.handle.or(owned(profile.handle));
                person.name = person.name.or(owned(profile.name));
                person.bio = person.bio.or(owned(profile.bio));
                person.avatar = person.avatar.or(profile.avatar);
                if person.links.is_empty() {
                    person.links = profile.links.into_iter().map(String::from).collect();
                }
            }
        }
        let did =
            [EventKind::AccountSuspended, EventKind::AccountReinstated, EventKind::AccountDeleted];
        let last = self.reader.newest_of(account, &did, 1)?;
        person.standing = last.first().map(|stored| (stored.kind, stored.at));
        Ok(person)
    }
}
