//! Keys: the folder's, and each account's, by which erasing works.
//!
//! The folder key is drawn once and kept in the file `key`. An account has a secret
//! of its own in `accounts.db`; its keys are derived from both (HKDF-Expand, RFC 5869),
//! so destroying the secret makes everything sealed for the account unreadable,
//! whoever holds the folder key.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use seawall_model::Position;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Chance, Error};

/// First line of the key file.
const HEADER: &str = "seawall-key-1";

/// The secret of one account: 32 bytes that erasing destroys.
pub(crate) type Secret = [u8; 32];

/// The folder's own keys.
pub struct FolderKeys {
    expand: Hkdf<Sha256>,
    index: Zeroizing<[u8; 32]>,
    trace: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for FolderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FolderKeys(…)")
    }
}

impl FolderKeys {
    /// Draws new keys and writes them to a new file that only its owner can read.
    pub(crate) fn make(path: &Path, chance: &mut dyn Chance) -> Result<Self, Error> {
        let mut master = Zeroizing::new([0; 32]);
        chance.fill(&mut *master);
        let text = Zeroizing::new(format!("{HEADER}\n{}\n", hex(&*master)));
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(Error::io(path))?;
        file.write_all(text.as_bytes()).map_err(Error::io(path))?;
        file.sync_all().map_err(Error::io(path))?;
        Ok(Self::from_master(&master))
    }

    /// Reads the keys of an existing folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let broken = |problem| Error::Key { path: path.into(), problem };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(broken("missing"));
            }
            Err(source) => return Err(Error::Io { path: path.into(), source }),
        };
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(broken("not a key file of this version"));
        }
        let master = lines.next().and_then(unhex).ok_or_else(|| broken("damaged"))?;
        Ok(Self::from_master(&Zeroizing::new(master)))
    }

    fn from_master(master: &[u8; 32]) -> Self {
        // The master is 32 uniform bytes, so the extract step of HKDF adds nothing.
        let expand = match Hkdf::<Sha256>::from_prk(master) {
            Ok(expand) => expand,
            Err(_) => unreachable!("32 bytes are long enough for SHA-256"),
        };
        let index = Zeroizing::new(derive(&expand, &[b"seawall id index"]));
        let trace = Zeroizing::new(derive(&expand, &[b"seawall trace"]));
        Self { expand, index, trace }
    }

    /// The key that trace hashes are made with.
    #[must_use]
    pub fn trace_key(&self) -> [u8; 32] {
        *self.trace
    }

    /// Names the folder to those outside it: 16 hexadecimal digits, from which no key follows.
    #[must_use]
    pub fn folder_id(&self) -> String {
        hex(&derive::<8>(&self.expand, &[b"seawall folder id"]))
    }

    /// The key that links to appeal are signed with.
    #[must_use]
    pub fn appeal_key(&self) -> [u8; 32] {
        derive(&self.expand, &[b"seawall appeal link"])
    }

    /// A keyed hash of an id, by which a repeat is found without keeping the id.
    pub(crate) fn index_hash(&self, domain: u8, id: &str) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.index);
        hasher.update(&[domain]).update(id.as_bytes());
        let mut hash = [0; 16];
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        hash
    }

    /// The keys that seal what people's passwords open. The file they lie in gives none of it
    /// without the folder's key.
    pub(crate) fn people(&self) -> AccountKeys {
        self.sealing(&[b"seawall people"])
    }

    /// The keys of the account with this secret. Cost: five SHA-256 blocks.
    pub(crate) fn account(&self, secret: &Secret) -> AccountKeys {
        self.sealing(&[b"seawall account", secret])
    }

    /// The keys that payloads of the outbox are sealed under.
    pub(crate) fn outbox(&self) -> AccountKeys {
        self.sealing(&[b"seawall outbox"])
    }

    /// The keys that one file of media is sealed under: its secret destroyed, it is unreadable.
    pub(crate) fn media(&self, secret: &Secret) -> AccountKeys {
        self.sealing(&[b"seawall media", secret])
    }

    /// The keys that perceptual hashes of marked files are sealed under.
    pub(crate) fn marks(&self) -> AccountKeys {
        self.sealing(&[b"seawall media mark"])
    }

    /// The keys that the answer of one request is sealed under, by what only its caller knows.
    pub(crate) fn request(&self, asked_under: &[u8]) -> AccountKeys {
        self.sealing(&[b"seawall request", asked_under])
    }

    fn sealing(&self, info: &[&[u8]]) -> AccountKeys {
        let bytes: Zeroizing<[u8; 64]> = Zeroizing::new(derive(&self.expand, info));
        let (seal, salt) = bytes.split_at(32);
        AccountKeys { cipher: Aes256GcmSiv::new_from_slice(seal).ok(), salt: salt_of(salt) }
    }
}

fn salt_of(bytes: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut salt = Zeroizing::new([0; 32]);
    salt.copy_from_slice(bytes);
    salt
}

fn derive<const N: usize>(expand: &Hkdf<Sha256>, info: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    assert!(expand.expand_multi_info(info, &mut out).is_ok(), "HKDF gives up to 8,160 bytes");
    out
}

/// What seals and commits the content of one account.
pub(crate) struct AccountKeys {
    cipher: Option<Aes256GcmSiv>,
    salt: Zeroizing<[u8; 32]>,
}

/// Which sealed thing a nonce belongs to, so that no two share one.
#[derive(Clone, Copy)]
pub(crate) enum Use {
    Event(Position),
    Name(u64),
    Reject(u64),
    Knowledge(u64),
    Person(u64),
    Outbox(u64),
    /// A chunk of a file of media: twice its number, one more for the last.
    Media(u64),
    Thumbnail(u64),
    Mark(u64),
    /// The answer of a request, under a key of its own: always 0.
    Request(u64),
}

impl Use {
    fn nonce(self) -> Nonce {
        let (domain, number) = match self {
            Self::Event(position) => (0u32, position.0),
            Self::Name(own) => (1, own),
            Self::Reject(number) => (2, number),
            Self::Knowledge(number) => (3, number),
            Self::Person(number) => (4, number),
            Self::Outbox(number) => (5, number),
            Self::Media(number) => (6, number),
            Self::Thumbnail(look) => (7, look),
            Self::Mark(number) => (8, number),
            Self::Request(number) => (9, number),
        };
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&domain.to_be_bytes());
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        nonce.into()
    }
}

impl AccountKeys {
    fn cipher(&self) -> &Aes256GcmSiv {
        match &self.cipher {
            Some(cipher) => cipher,
            None => unreachable!("the key is always 32 bytes"),
        }
    }

    /// Seals `plain` and binds it to `beside`, which is stored in the open.
    ///
    /// AES-256-GCM-SIV (RFC 8452) keeps what it promises even if a number is used
    /// twice, which a crash between two runs can bring about.
    pub(crate) fn seal(&self, used: Use, plain: &[u8], beside: &[u8]) -> Vec<u8> {
        match self.cipher().encrypt(&used.nonce(), Payload { msg: plain, aad: beside }) {
            Ok(sealed) => sealed,
            Err(_) => unreachable!("an event is far shorter than 64 GiB"),
        }
    }

    /// Opens what [`AccountKeys::seal`] made; `None` if it is not that.
    pub(crate) fn open(&self, used: Use, sealed: &[u8], beside: &[u8]) -> Option<Vec<u8>> {
        self.cipher().decrypt(&used.nonce(), Payload { msg: sealed, aad: beside }).ok()
    }

    /// Commits to `bytes` at `position` without telling anything about them.
    ///
    /// SHA-256 over a salt and the bytes; the salt is an HMAC of the position under the
    /// account's erasable key, so one commitment can be opened to an auditor by showing
    /// its salt, and none can be guessed once the key is gone.
    pub(crate) fn commit(&self, position: Position, bytes: &[u8]) -> [u8; 32] {
        let salt = match <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.salt) {
            Ok(mac) => mac.chain_update(position.0.to_be_bytes()).finalize().into_bytes(),
            Err(_) => unreachable!("HMAC takes a key of any length"),
        };
        Sha256::new().chain_update(salt).chain_update(bytes).finalize().into()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 || !bytes.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut out = [0; 32];
    for (index, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Counts up: what tests draw instead of chance.
    pub(crate) struct Counting(pub(crate) u8);

    impl Chance for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(5).wrapping_add(1);
                *byte = self.0;
            }
        }
    }

    fn keys() -> FolderKeys {
        FolderKeys::from_master(&[7; 32])
    }

    #[test]
    fn only_the_right_account_position_and_columns_open_a_body() {
        let keys = keys();
        let account = keys.account(&[1; 32]);
        let sealed = account.seal(Use::Event(Position(5)), b"words", b"columns");
        let opened = |keys: &AccountKeys, position, beside: &[u8]| {
            keys.open(Use::Event(Position(position)), &sealed, beside)
        };
        assert_eq!(opened(&account, 5, b"columns").as_deref(), Some(&b"words"[..]));
        assert_eq!(opened(&account, 6, b"columns"), None);
        assert_eq!(opened(&account, 5, b"other"), None);
        assert_eq!(opened(&keys.account(&[2; 32]), 5, b"columns"), None);
        assert_eq!(account.open(Use::Name(5), &sealed, b"columns"), None);
    }

    /// Every use at the place of this number. A new use does not compile until it stands here.
    fn uses(number: u64) -> Vec<Use> {
        let next = |used| match used {
            Use::Event(_) => Some(Use::Name(number)),
            Use::Name(_) => Some(Use::Reject(number)),
            Use::Reject(_) => Some(Use::Knowledge(number)),
            Use::Knowledge(_) => Some(Use::Person(number)),
            Use::Person(_) => Some(Use::Outbox(number)),
            Use::Outbox(_) => Some(Use::Media(number)),
            Use::Media(_) => Some(Use::Thumbnail(number)),
            Use::Thumbnail(_) => Some(Use::Mark(number)),
            Use::Mark(_) => Some(Use::Request(number)),
            Use::Request(_) => None,
        };
        std::iter::successors(Some(Use::Event(Position(number))), |used| next(*used)).collect()
    }

    #[test]
    fn no_two_uses_at_any_places_share_a_key_and_a_nonce() {
        let (one, other) = (keys(), FolderKeys::from_master(&[8; 32]));
        let of_folder = |folder: &FolderKeys| {
            let secrets = [[0; 32], [1; 32], [2; 32]];
            let asked = [folder.request(b"key 1\na"), folder.request(b"key 1\nb")];
            let own = [folder.people(), folder.outbox(), folder.marks()];
            let accounts = secrets.map(|secret| folder.account(&secret));
            let files = secrets.map(|secret| folder.media(&secret));
            own.into_iter().chain(asked).chain(accounts).chain(files).collect::<Vec<_>>()
        };
        let places = (0..64).flat_map(|bit| [1 << bit, (1 << bit) - 1, !(1 << bit)]);
        let places: std::collections::BTreeSet<u64> = places.collect();
        let all_keys: Vec<AccountKeys> = [&one, &other].into_iter().flat_map(of_folder).collect();
        // The mode draws nothing: the same words under the same key and nonce are the same bytes.
        let (mut sealed, mut count) = (std::collections::HashSet::new(), 0);
        for keys in &all_keys {
            for used in places.iter().flat_map(|place| uses(*place)) {
                sealed.insert(keys.seal(used, b"the same words", b""));
                count += 1;
            }
        }
        assert_eq!((sealed.len(), all_keys.len()), (count, 22));
        assert_eq!(count, 22 * 10 * places.len());
    }

    proptest::proptest! {
        #[test]
        fn a_nonce_tells_its_use_and_its_place_whole(a: u64, b: u64) {
            let nonces = |number| uses(number).into_iter().map(|used| used.nonce().to_vec());
            let all: std::collections::BTreeSet<Vec<u8>> = nonces(a).chain(nonces(b)).collect();
            let places = if a == b { 1 } else { 2 };
            proptest::prop_assert_eq!(all.len(), places * uses(0).len());
        }
    }

    #[test]
    fn what_is_sealed_again_in_its_place_stays_sealed() {
        let people = keys().people();
        let (first, second) = (b"the words before", b"the words of now");
        let seal = |plain: &[u8]| people.seal(Use::Person(3), plain, b"");
        let (before, after) = (seal(first), seal(second));
        // Where a nonce repeats, counters alone would give away how the words differ.
        let differ =
            |a: &[u8], b: &[u8]| -> Vec<u8> { a.iter().zip(b).map(|(a, b)| a ^ b).collect() };
        assert_ne!(differ(&before, &after)[..first.len()], differ(first, second));
        let open = |sealed: &[u8]| people.open(Use::Person(3), sealed, b"");
        assert_eq!(open(&before).as_deref(), Some(&first[..]));
        assert_eq!(open(&after).as_deref(), Some(&second[..]));
        let mixed = [&before[..first.len()], &after[first.len()..]].concat();
        assert_eq!(open(&mixed), None, "nor is one put together of two");
    }

    #[test]
    fn a_commitment_depends_on_account_position_and_bytes() {
        let keys = keys();
        let first = keys.account(&[1; 32]).commit(Position(1), b"words");
        assert_eq!(first, keys.account(&[1; 32]).commit(Position(1), b"words"));
        assert_ne!(first, keys.account(&[2; 32]).commit(Position(1), b"words"));
        assert_ne!(first, keys.account(&[1; 32]).commit(Position(2), b"words"));
        assert_ne!(first, keys.account(&[1; 32]).commit(Position(1), b"other"));
    }

    #[test]
    fn the_key_file_is_private_and_read_again() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let made = FolderKeys::make(&path, &mut Counting(3)).unwrap();
        let read = FolderKeys::read(&path).unwrap();
        assert_eq!(made.trace_key(), read.trace_key());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "seawall-key-1\nabc\n").unwrap();
        assert!(FolderKeys::read(&path).unwrap_err().to_string().contains("is damaged"));
    }
}
