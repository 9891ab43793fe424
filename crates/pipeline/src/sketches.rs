//! Sketches of accounts, by which new ones are compared with removed profiles, and how one is made.
//!
//! Kept for the accounts that told a profile last; what falls out is compared again when it
//! tells its profile again, and is counted.

use hashbrown::HashMap;
use seawall_link::{Fields, HandleForm, LinkHash, Profile, SketchKey};
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::knowledge::Removed;
use seawall_model::{AccountId, MediaRef, Position};

/// Sketches in one partition at most, about 400 bytes each: 40 MB over all partitions.
const SKETCHES_MAX: usize = 400;

/// The sketches of one partition.
#[derive(Debug, Default)]
pub(crate) struct Sketches {
    known: HashMap<AccountId, (Position, Profile)>,
    dropped: u64,
}

impl Sketches {
    /// Keeps the sketch of an account as it looks now. Links it has shown before stay.
    pub(crate) fn keep(&mut self, account: AccountId, position: Position, sketch: Profile) {
        self.known.insert(account, (position, sketch));
        if self.known.len() > SKETCHES_MAX {
            self.make_room();
        }
    }

    /// Drops the eighth that told their profile longest ago.
    fn make_room(&mut self) {
        let mut order: Vec<(Position, AccountId)> =
            self.known.iter().map(|(account, (position, _))| (*position, *account)).collect();
        order.sort_unstable();
        for (_, account) in order.into_iter().take(SKETCHES_MAX / 8) {
            self.known.remove(&account);
            self.dropped += 1;
        }
    }

    /// The sketch of an account.
    pub(crate) fn get(&self, account: AccountId) -> Option<&Profile> {
        self.known.get(&account).map(|(_, sketch)| sketch)
    }

    /// Adds a link that an account shares, and gives its sketch if the link was new.
    pub(crate) fn add_link(&mut self, account: AccountId, link: LinkHash) -> Option<&Profile> {
        let (_, sketch) = self.known.get_mut(&account)?;
        match sketch.add_link(link) {
            seawall_link::Added::New => Some(sketch),
            _ => None,
        }
    }

    /// Forgets an account: its content was erased.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.known.remove(&account);
    }

    /// How many were dropped since the last call.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        let mut known: Vec<_> = self.known.iter().collect();
        known.sort_unstable_by_key(|(account, _)| **account);
        writer.u64(self.dropped);
        writer.len(known.len());
        for (account, (position, sketch)) in known {
            writer.u64(account.0);
            writer.u64(position.0);
            sketch.encode(writer);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut sketches = Self { dropped: reader.u64()?, ..Self::default() };
        for _ in 0..reader.len(16)? {
            let account = AccountId(reader.u64()?);
            let position = Position(reader.u64()?);
            sketches.known.insert(account, (position, Profile::decode(reader)?));
        }
        Ok(sketches)
    }
}

/// The sketch of a removed account.
pub(crate) fn sketch_of_removed(removed: &Removed, key: &SketchKey) -> Profile {
    let profile = &removed.profile;
    let avatar =
        MediaRef { sha256: profile.avatar_sha256, pdq: profile.avatar_pdq, ..MediaRef::default() };
    let has_avatar = avatar.sha256.is_some() || avatar.pdq.is_some();
    let links: Vec<&str> = profile.links.iter().map(|link| &**link).collect();
    sketch_of(
        profile.handle.as_deref(),
        profile.name.as_deref(),
        &links,
        has_avatar.then_some(&avatar),
        key,
    )
}

/// The sketch of what an account looks like. Links are normalised here.
pub(crate) fn sketch_of(
    handle: Option<&str>,
    name: Option<&str>,
    links: &[&str],
    avatar: Option<&MediaRef>,
    key: &SketchKey,
) -> Profile {
    let handle = handle.map(seawall_text::fold);
    let name = name.map(seawall_text::fold);
    let links: Vec<String> =
        links.iter().filter_map(|link| seawall_wave::normalise_link(link)).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let handle = handle.as_ref().map(|handle| handle.as_str());
    let is_domain = handle.is_some_and(|handle| handle.contains('.'));
    Profile::of(
        &Fields {
            handle,
            form: if is_domain { HandleForm::Domain } else { HandleForm::Plain },
            name: name.as_ref().map(|name| name.as_str()),
            links: &links,
            avatar,
        },
        key,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let mut sketches = Sketches::default();
        for n in 1..=SKETCHES_MAX as u64 + 1 {
            sketches.keep(AccountId(n), Position(n), Profile::default());
        }
        assert_eq!(sketches.take_dropped(), 50);
        assert!(sketches.get(AccountId(1)).is_none() && sketches.get(AccountId(51)).is_some());
        let mut writer = Writer::new();
        sketches.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Sketches::decode(&mut reader).unwrap().known, sketches.known);
    }
}
