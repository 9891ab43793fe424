//! Reviewers' keys: made once, kept in a file of the reviewer's own, and asked to sign.
//!
//! A person is a key (law 1). The folder knows public keys only; whoever rules names the
//! file of their secret key. Signatures are Ed25519 (RFC 8032) over canonical bytes, with
//! a word before them that says what they are for.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use seawall_store::Chance;
use zeroize::Zeroizing;

/// First line of a key file.
const HEADER: &str = "seawall-reviewer-key-1";
/// What a signature of ours is for, so that none of it can be used elsewhere.
const PURPOSE: &[u8] = b"seawall ruling 1\n";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use the key {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no key.
    #[error("{} is no reviewer's key; `seawall reviewer add` makes one", .0.display())]
    NoKey(PathBuf),
    /// The public key is none.
    #[error("`{0}` is no public key: 64 hexadecimal digits, as `seawall reviewer add` prints them")]
    NoPublicKey(String),
    /// The signature does not fit.
    #[error("the signature does not fit the key of the reviewer")]
    Forged,
}

/// A reviewer's secret key.
pub struct ReviewerKey(SigningKey);

impl ReviewerKey {
    /// Draws a key and writes it to a new file that only its owner can read.
    ///
    /// # Errors
    /// [`KeyError::Io`] also where the file exists: a key is never written over.
    pub fn make(path: &Path, chance: &mut dyn Chance) -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; 32]);
        chance.fill(&mut *secret);
        let text = Zeroizing::new(format!("{HEADER}\n{}\n", hex(&*secret)));
        let io = |source| KeyError::Io { path: path.into(), source };
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyError`] if the file is none.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io { path: path.into(), source };
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
        let mut lines = text.lines();
        let secret = (lines.next() == Some(HEADER)).then(|| lines.next().and_then(unhex));
        let secret = secret.flatten().ok_or_else(|| KeyError::NoKey(path.into()))?;
        Ok(Self(SigningKey::from_bytes(&Zeroizing::new(secret))))
    }

    /// The key of a drawn seed: one that is kept sealed elsewhere.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key, hexadecimal.
    #[must_use]
    pub fn public(&self) -> String {
        hex(self.0.verifying_key().as_bytes())
    }

    /// Signs what is said. Hexadecimal.
    #[must_use]
    pub fn sign(&self, said: &[u8]) -> String {
        hex(&self.0.sign(&[PURPOSE, said].concat()).to_bytes())
    }
}

/// Says whether a public key signed what is said.
///
/// # Errors
/// [`KeyError`] if it did not.
pub fn verify(public: &str, said: &[u8], signature: &str) -> Result<(), KeyError> {
    let no_key = || KeyError::NoPublicKey(public.to_owned());
    let key = unhex(public).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let key = key.ok_or_else(no_key)?;
    let bytes = unhex::<64>(signature).ok_or(KeyError::Forged)?;
    key.verify(&[PURPOSE, said].concat(), &Signature::from_bytes(&bytes))
        .map_err(|_| KeyError::Forged)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; N];
    for (index, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seeded;

    #[test]
    fn a_key_signs_and_no_other_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("amal.key");
        let key = ReviewerKey::make(&path, &mut Seeded::new(1)).unwrap();
        let other = ReviewerKey::make(&dir.path().join("b"), &mut Seeded::new(2)).unwrap();
        let signature = ReviewerKey::read(&path).unwrap().sign(b"keep");
        assert!(verify(&key.public(), b"keep", &signature).is_ok());
        assert!(verify(&key.public(), b"remove", &signature).is_err());
        assert!(verify(&other.public(), b"keep", &signature).is_err());
        assert!(verify(&key.public(), b"keep", "ab").is_err());
        assert!(verify("ab", b"keep", &signature).is_err());
    }

    #[test]
    fn a_key_is_never_written_over_and_only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("amal.key");
        ReviewerKey::make(&path, &mut Seeded::new(1)).unwrap();
        assert!(ReviewerKey::make(&path, &mut Seeded::new(2)).is_err());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(dir.path().join("no.key"), "hello\n").unwrap();
        assert!(matches!(ReviewerKey::read(&dir.path().join("no.key")), Err(KeyError::NoKey(_))));
    }
}
