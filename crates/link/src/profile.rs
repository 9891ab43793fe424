//! A sketch of an account for comparing: hashes only, no text and no platform ids.
//!
//! A sketch is content all the same: who holds the key can test a guess against it. It
//! is kept in sealed records and snapshots, never in the journal.
//!
//! Left out: normalising of links, which the caller does, and fingerprints of pictures,
//! which come with the event or from `media`.

use std::fmt;

use seawall_model::MediaRef;
use seawall_model::codec::{CodecError, Reader, Writer};

use crate::frequency::{Feature, FeatureKind};
use crate::name::{self, HandleForm, NAME_CHARS_MAX};

/// Links kept of one account; later ones are refused and the caller is told.
pub const LINKS_MAX: usize = 16;
/// Fewer or more bits of a PDQ hash set than this and its complement mean a plain picture,
/// which looks like every other plain picture. A hash of a real picture has about 128.
const PDQ_ONES_MIN: u32 = 64;

/// The data folder's key for sketches; sketches of two keys do not compare.
#[derive(Clone)]
pub struct SketchKey(pub [u8; 32]);

impl fmt::Debug for SketchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SketchKey(…)")
    }
}

/// A link as it compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkHash {
    /// The whole link.
    pub link: u64,
    /// Its host.
    pub host: u64,
}

impl SketchKey {
    /// The hashes of a link that the caller has normalised; `None` if it has no host.
    ///
    /// Cost: two keyed BLAKE3.
    #[must_use]
    pub fn link(&self, link: &str) -> Option<LinkHash> {
        let host = host(link)?;
        Some(LinkHash { link: self.hash(4, link.as_bytes()), host: self.hash(5, host.as_bytes()) })
    }

    fn hash(&self, kind: u8, bytes: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&[kind]);
        hasher.update(bytes);
        let mut head = [0; 8];
        hasher.finalize_xof().fill(&mut head);
        u64::from_le_bytes(head)
    }
}

fn host(link: &str) -> Option<&str> {
    let rest = link.trim().split_once("://")?.1;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let bare = host.strip_prefix("www.").filter(|bare| bare.contains('.')).unwrap_or(host);
    (!bare.is_empty()).then_some(bare)
}

/// What a sketch is made of. Missing is `None`, or no links: Unknown, never "none".
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// The handle, folded.
    pub handle: Option<&'a str>,
    /// How the platform's handles are made.
    pub form: HandleForm,
    /// The display name, folded.
    pub name: Option<&'a str>,
    /// Links of the profile and of posts, each normalised to an address with `://`.
    pub links: &'a [&'a str],
    /// The profile picture with the fingerprints that are known.
    pub avatar: Option<&'a MediaRef>,
}

/// A sketch of an account. At most 1.2 kB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub(crate) handle: Option<Handle>,
    pub(crate) name: Option<Name>,
    pub(crate) avatar: Avatar,
    /// Whole links, sorted.
    pub(crate) links: Vec<u64>,
    /// Their hosts, sorted.
    pub(crate) hosts: Vec<u64>,
}

/// A handle: its skeleton and the n-grams of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub skeleton: u64,
    pub grams: Box<[u32]>,
}

/// A display name: its words in order, in any order, and its n-grams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub words: u64,
    pub any_order: u64,
    pub grams: Box<[u32]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Avatar {
    pub sha256: Option<[u8; 32]>,
    pub pdq: Option<Pdq>,
}

/// A PDQ hash as four words.
pub(crate) type Pdq = [u64; 4];

/// Bits in which two PDQ hashes differ.
pub(crate) fn distance(a: &Pdq, b: &Pdq) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// What became of a link that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is part of the sketch now.
    New,
    /// It was already.
    Known,
    /// The sketch has [`LINKS_MAX`] links.
    Full,
}

impl Profile {
    /// Makes the sketch of an account. Links beyond [`LINKS_MAX`] are left out.
    ///
    /// Cost: a keyed BLAKE3 per name and two per link.
    #[must_use]
    pub fn of(fields: &Fields<'_>, key: &SketchKey) -> Self {
        let seed = key.hash(0, &[]);
        let mut profile = Self {
            handle: fields.handle.and_then(|text| Handle::of(text, fields.form, key, seed)),
            name: fields.name.and_then(|text| Name::of(text, key, seed)),
            avatar: fields.avatar.map_or_else(Avatar::default, Avatar::of),
            ..Self::default()
        };
        for link in fields.links.iter().filter_map(|link| key.link(link)) {
            profile.add_link(link);
        }
        profile
    }

    /// Adds a link that the account has shown, such as one of a post.
    pub fn add_link(&mut self, link: LinkHash) -> Added {
        let Err(at) = self.links.binary_search(&link.link) else { return Added::Known };
        if self.links.len() == LINKS_MAX {
            return Added::Full;
        }
        self.links.insert(at, link.link);
        if let Err(at) = self.hosts.binary_search(&link.host) {
            self.hosts.insert(at, link.host);
        }
        Added::New
    }

    /// Whether there is nothing in it that could be compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Calls `take` for each thing that other accounts may have as well, once each.
    pub(crate) fn each_feature(&self, mut take: impl FnMut(Feature)) {
        let mut put = |kind, hash| take(Feature { kind, hash });
        if let Some(handle) = &self.handle {
            put(FeatureKind::Skeleton, handle.skeleton);
        }
        if let Some(name) = &self.name {
            put(FeatureKind::Name, name.words);
        }
        if let Some(avatar) = self.avatar.feature() {
            put(FeatureKind::Avatar, avatar.hash);
        }
        self.links.iter().for_each(|link| put(FeatureKind::Link, *link));
        self.hosts.iter().for_each(|host| put(FeatureKind::Host, *host));
    }

    /// Appends it to a snapshot or a sealed record.
    pub fn encode(&self, out: &mut Writer) {
        let Avatar { sha256, pdq } = &self.avatar;
        let present = [self.handle.is_some(), self.name.is_some(), sha256.is_some(), pdq.is_some()];
        out.u8(present.iter().rev().fold(0, |bits, is| bits << 1 | u8::from(*is)));
        if let Some(handle) = &self.handle {
            out.u64(handle.skeleton);
            put_grams(&handle.grams, out);
        }
        if let Some(name) = &self.name {
            out.u64(name.words);
            out.u64(name.any_order);
            put_grams(&name.grams, out);
        }
        sha256.iter().for_each(|sha256| out.raw(sha256));
        pdq.iter().flatten().for_each(|word| out.u64(*word));
        for hashes in [&self.links, &self.hosts] {
            out.len(hashes.len());
            hashes.iter().for_each(|hash| out.u64(*hash));
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes end too early, or hold what no sketch has.
    pub fn decode(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        let present = from.u8()?;
        if present > 0b1111 {
            return Err(CodecError::Range);
        }
        let mut profile = Self::default();
        if present & 1 != 0 {
            let skeleton = from.u64()?;
            profile.handle = Some(Handle { skeleton, grams: take_grams(from)? });
        }
        if present & 2 != 0 {
            let (words, any_order) = (from.u64()?, from.u64()?);
            profile.name = Some(Name { words, any_order, grams: take_grams(from)? });
        }
        if present & 4 != 0 {
            profile.avatar.sha256 = Some(from.array()?);
        }
        if present & 8 != 0 {
            profile.avatar.pdq = Some([from.u64()?, from.u64()?, from.u64()?, from.u64()?]);
        }
        profile.links = take_hashes(from)?;
        profile.hosts = take_hashes(from)?;
        if profile.links.is_empty() != profile.hosts.is_empty() {
            return Err(CodecError::Range);
        }
        Ok(profile)
    }
}

impl Handle {
    fn of(text: &str, form: HandleForm, key: &SketchKey, seed: u64) -> Option<Self> {
        let skeleton = name::skeleton(text, form)?;
        let grams = name::grams(&skeleton, seed);
        Some(Self { skeleton: key.hash(1, skeleton.as_bytes()), grams })
    }
}

impl Name {
    fn of(text: &str, key: &SketchKey, seed: u64) -> Option<Self> {
        let mut words = name::words(text);
        if words.is_empty() {
            return None;
        }
        let joined = words.join(" ");
        words.sort_unstable();
        Some(Self {
            words: key.hash(2, joined.as_bytes()),
            any_order: key.hash(3, words.join(" ").as_bytes()),
            grams: name::grams(&joined, seed),
        })
    }
}

impl Avatar {
    fn of(media: &MediaRef) -> Self {
        Self { sha256: media.sha256, pdq: media.pdq.as_ref().and_then(telling) }
    }

    /// Says that two files are the same one.
    pub fn feature(&self) -> Option<Feature> {
        let [a, b, c, d, e, f, g, h, ..] = self.sha256?;
        let hash = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        Some(Feature { kind: FeatureKind::Avatar, hash })
    }
}

/// A PDQ hash in words, unless the picture is so plain that its hash says nothing.
fn telling(bytes: &[u8; 32]) -> Option<Pdq> {
    let mut words = [0; 4];
    for (word, part) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*part);
    }
    let ones = distance(&words, &[0; 4]);
    (PDQ_ONES_MIN..=256 - PDQ_ONES_MIN).contains(&ones).then_some(words)
}

fn put_grams(grams: &[u32], out: &mut Writer) {
    out.len(grams.len());
    grams.iter().for_each(|gram| out.u32(*gram));
}

fn take_grams(from: &mut Reader<'_>) -> Result<Box<[u32]>, CodecError> {
    let length = from.len(4)?;
    if length == 0 || length > NAME_CHARS_MAX + crate::name::NAME_WORDS_MAX {
        return Err(CodecError::Range);
    }
    let grams = (0..length).map(|_| from.u32()).collect::<Result<Box<[u32]>, _>>()?;
    if grams.is_sorted_by(|a, b| a < b) { Ok(grams) } else { Err(CodecError::Range) }
}

fn take_hashes(from: &mut Reader<'_>) -> Result<Vec<u64>, CodecError> {
    let length = from.len(8)?;
    if length > LINKS_MAX {
        return Err(CodecError::Range);
    }
    let hashes = (0..length).map(|_| from.u64()).collect::<Result<Vec<_>, _>>()?;
    if hashes.is_sorted_by(|a, b| a < b) { Ok(hashes) } else { Err(CodecError::Range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SketchKey = SketchKey([7; 32]);

    fn fields<'a>(handle: &'a str, name: &'a str, links: &'a [&'a str]) -> Fields<'a> {
        let form = HandleForm::Plain;
        Fields { handle: Some(handle), form, name: Some(name), links, avatar: None }
    }

    fn check_round(profile: &Profile) {
        let mut writer = Writer::new();
        profile.encode(&mut writer);
        let bytes = writer.into_bytes();
        assert!(bytes.len() <= 1_200, "{}", bytes.len());
        let mut reader = Reader::new(&bytes);
        assert_eq!(Profile::decode(&mut reader).as_ref(), Ok(profile));
        assert_eq!(reader.end(), Ok(()));
        for length in 0..bytes.len() {
            assert!(Profile::decode(&mut Reader::new(&bytes[..length])).is_err(), "{length}");
        }
    }

    #[test]
    fn a_sketch_is_read_as_it_was_written() {
        let long = "abcdefghijklmnopqrstuvwxyz_0123456789.".repeat(10);
        let many: Vec<String> = (0..40).map(|n| format!("https://kettle{n}.example/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let avatar =
            MediaRef { sha256: Some([3; 32]), pdq: Some([0x55; 32]), ..MediaRef::default() };
        let full = Profile::of(
            &Fields { avatar: Some(&avatar), ..fields(&long, &"ab c ".repeat(60), &many) },
            &KEY,
        );
        assert_eq!((full.links.len(), full.hosts.len()), (LINKS_MAX, LINKS_MAX));
        assert_eq!(full.avatar.pdq, Some([0x5555_5555_5555_5555; 4]));
        check_round(&full);
        check_round(&Profile::default());
        check_round(&Profile::of(&fields("kettle", "the kettle", &[]), &KEY));
    }

    #[test]
    fn a_damaged_sketch_is_refused() {
        let mut writer = Writer::new();
        Profile::of(&fields("kettle", "the kettle", &[]), &KEY).encode(&mut writer);
        let mut bytes = writer.into_bytes();
        // The n-grams of the handle stand from byte 17 on; the first two change places.
        let (first, second) = bytes[17..25].split_at_mut(4);
        first.swap_with_slice(second);
        assert_eq!(Profile::decode(&mut Reader::new(&bytes)), Err(CodecError::Range));
        bytes[0] = 0x10;
        assert_eq!(Profile::decode(&mut Reader::new(&bytes)), Err(CodecError::Range));
    }

    #[test]
    fn what_is_missing_or_says_nothing_is_not_in_the_sketch() {
        let nothing = Fields { handle: Some("_._"), name: Some(" "), ..fields("", "", &["x"]) };
        assert!(Profile::of(&nothing, &KEY).is_empty());
        let plain = MediaRef { pdq: Some([0; 32]), ..MediaRef::default() };
        let plain = Profile::of(&Fields { avatar: Some(&plain), ..nothing }, &KEY);
        assert!(plain.is_empty(), "a picture of one colour looks like every other");
    }

    #[test]
    fn a_host_is_read_from_a_link() {
        for link in
            ["https://kettle.example/a", "http://www.kettle.example:80?b", "x://kettle.example"]
        {
            assert_eq!(host(link), Some("kettle.example"), "{link}");
        }
        assert_eq!(host("kettle.example/a"), None);
        assert_eq!(host("https:///a"), None);
    }

    #[test]
    fn a_link_is_added_once_and_up_to_the_limit() {
        let mut profile = Profile::default();
        let link = |n: u64| LinkHash { link: n, host: 1 };
        assert_eq!(profile.add_link(link(2)), Added::New);
        assert_eq!(profile.add_link(link(2)), Added::Known);
        let added = (10..40).filter(|n| profile.add_link(link(*n)) == Added::New).count();
        assert_eq!(added, LINKS_MAX - 1);
        assert_eq!(profile.add_link(link(99)), Added::Full);
        assert_eq!(profile.hosts, [1]);
    }

    #[test]
    fn sketches_of_two_keys_do_not_compare() {
        let a = Profile::of(&fields("kettle", "the kettle", &[]), &KEY);
        let b = Profile::of(&fields("kettle", "the kettle", &[]), &SketchKey([8; 32]));
        assert_ne!(a.handle, b.handle);
        assert_ne!(a.name, b.name);
    }
}
