//! Tokens and what follows from them: hashes to know them by, keys that only they open.
//!
//! A token is 32 drawn bytes, written as base64 for addresses. Its SHA-256 is all that is
//! kept: of so many drawn bits nothing can be guessed, so a slow hash would add nothing.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use seawall_store::Chance;
use seawall_store::people::TokenHash;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a token, a seed or a key.
const BYTES: usize = 32;

/// 32 bytes that nobody else knows. Wiped when dropped.
pub(super) type Secret = Zeroizing<[u8; BYTES]>;

pub(super) fn draw(chance: &mut dyn Chance) -> Secret {
    let mut secret = Zeroizing::new([0; BYTES]);
    chance.fill(&mut *secret);
    secret
}

pub(super) fn write(secret: &Secret) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(**secret))
}

/// Reads what [`write`] wrote; `None` if it is anything else.
pub(super) fn read(text: &str) -> Option<Secret> {
    let mut secret = Zeroizing::new([0; BYTES]);
    // Longer input does not fit, so nothing is decoded that was not asked for.
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut *secret).ok()?;
    (length == BYTES).then_some(secret)
}

pub(super) fn hash(secret: &Secret) -> TokenHash {
    Sha256::digest(**secret).into()
}

/// Compares in a time that tells nothing about where they differ.
pub(super) fn is_same(a: &TokenHash, b: &TokenHash) -> bool {
    a.ct_eq(b).into()
}

/// A key that follows from a secret, for one purpose.
pub(super) fn derive(secret: &Secret, purpose: &str) -> Secret {
    let mut key = Zeroizing::new([0; BYTES]);
    let expanded = Hkdf::<Sha256>::new(None, &**secret).expand(purpose.as_bytes(), &mut *key);
    assert!(expanded.is_ok(), "HKDF gives up to 8,160 bytes");
    key
}

/// Seals a signing key. Each sealing key seals one thing only, so the nonce is constant;
/// `public_key` is bound to it.
pub(super) fn seal(key: &Secret, seed: &Secret, public_key: &str) -> Vec<u8> {
    let sealed = Aes256GcmSiv::new_from_slice(&**key).map(|cipher| {
        let plain = Payload { msg: &**seed, aad: public_key.as_bytes() };
        cipher.encrypt(&Nonce::default(), plain)
    });
    match sealed {
        Ok(Ok(sealed)) => sealed,
        _ => unreachable!("the key is 32 bytes, and so is what is sealed"),
    }
}

/// Opens what [`seal`] made; `None` if it is not that.
pub(super) fn open(key: &Secret, sealed: &[u8], public_key: &str) -> Option<Secret> {
    let cipher = Aes256GcmSiv::new_from_slice(&**key).ok()?;
    let sealed = Payload { msg: sealed, aad: public_key.as_bytes() };
    let plain = Zeroizing::new(cipher.decrypt(&Nonce::default(), sealed).ok()?);
    let mut seed = Zeroizing::new([0; BYTES]);
    seed.copy_from_slice(plain.get(..BYTES)?);
    Some(seed)
}

/// The token against forged requests that belongs to a session: it follows from the
/// session's token, so nothing of it is kept. `None` if that is no token.
#[must_use]
pub fn csrf_token(token: &str) -> Option<Zeroizing<String>> {
    read(token).map(|token| write(&derive(&token, "seawall csrf 1")))
}

/// Whether a request carries the token that belongs to its session. Takes the same time
/// wherever they differ.
#[must_use]
pub fn csrf_fits(token: &str, given: &str) -> bool {
    csrf_token(token).is_some_and(|expected| expected.as_bytes().ct_eq(given.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seeded;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let token = draw(&mut Seeded::new(1));
        let text = write(&token);
        assert_eq!(text.len(), 43);
        assert_eq!(read(&text), Some(token));
        for wrong in ["", "a", &text[1..], &format!("{}A", *text), &format!("{}=", *text)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        // The last character holds four bits that count; another spelling of it is refused.
        assert_eq!(read(&"_".repeat(43)), None);
    }

    #[test]
    fn a_seed_opens_only_with_its_key_and_beside_its_public_key() {
        let mut chance = Seeded::new(2);
        let (key, other, seed) = (draw(&mut chance), draw(&mut chance), draw(&mut chance));
        let sealed = seal(&key, &seed, "public");
        assert!(!sealed.windows(8).any(|part| seed.windows(8).any(|of_seed| part == of_seed)));
        assert_eq!(open(&key, &sealed, "public"), Some(seed));
        assert_eq!(open(&other, &sealed, "public"), None);
        assert_eq!(open(&key, &sealed, "another"), None);
    }

    #[test]
    fn the_token_against_forgery_follows_from_the_session_and_tells_nothing_of_it() {
        let (token, other) = (draw(&mut Seeded::new(3)), draw(&mut Seeded::new(4)));
        let csrf = csrf_token(&write(&token)).unwrap();
        assert_ne!(*csrf, *write(&token));
        assert!(csrf_fits(&write(&token), &csrf));
        assert!(!csrf_fits(&write(&other), &csrf));
        assert!(!csrf_fits(&write(&token), ""));
        assert!(!csrf_fits("", ""));
    }
}
