//! Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 as `v1`, Ed25519 as `v1a`.
//!
//! Several secrets sign at once, so that a receiver can change from one to the next without a
//! gap. Leaves out verifying: that is the receiver's.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use seawall_model::Timestamp;
use seawall_store::Chance;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a symmetric secret, at least and at most.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Secrets that sign at once at most: the header grows with each.
const SECRETS_MAX: usize = 8;
/// Bytes of a file of secrets at most.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// Why secrets cannot be used. Tells nothing of them.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the file of secrets {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("{} can be read by everybody; chmod 600 it", .0.display())]
    Open(PathBuf),
    /// The file holds none, or too many.
    #[error("{} holds {count} secrets; write 1 to {SECRETS_MAX}, one a line", path.display())]
    Count {
        /// The file.
        path: PathBuf,
        /// Secrets in it.
        count: usize,
    },
    /// A line is no secret.
    #[error("line {line} of {} is no secret: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// One secret to sign with.
pub enum SigningSecret {
    /// `whsec_…`: shared with the receiver, gives `v1`.
    Symmetric(Zeroizing<Vec<u8>>),
    /// `whsk_…`: ours alone, gives `v1a`; the receiver has `whpk_…`.
    Asymmetric(SigningKey),
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Symmetric(_) => "SigningSecret(v1)",
            Self::Asymmetric(_) => "SigningSecret(v1a)",
        })
    }
}

impl SigningSecret {
    /// Reads the written form: `whsec_` or `whsk_` and base64.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // Secrets are written with and without padding.
        let decode = |part: &str| {
            let bytes = STANDARD_PAD_INDIFFERENT.decode(part).map(Zeroizing::new);
            bytes.map_err(|_| "what follows the prefix is not base64")
        };
        if let Some(part) = text.strip_prefix("whsec_") {
            let bytes = decode(part)?;
            if !SECRET_BYTES.contains(&bytes.len()) {
                return Err("a secret has 24 to 64 bytes");
            }
            return Ok(Self::Symmetric(bytes));
        }
        let Some(part) = text.strip_prefix("whsk_") else {
            return Err("it begins with neither `whsec_` nor `whsk_`");
        };
        let bytes = decode(part)?;
        // Others write the public key after the secret one.
        let seed = bytes.first_chunk::<32>().ok_or("an Ed25519 key has 32 or 64 bytes")?;
        let key = SigningKey::from_bytes(seed);
        match bytes.get(32..) {
            Some([]) => Ok(Self::Asymmetric(key)),
            Some(rest) if rest == key.verifying_key().as_bytes() => Ok(Self::Asymmetric(key)),
            _ => Err("an Ed25519 key has 32 bytes, or 64 of which the last are its public key"),
        }
    }

    /// Draws a new `whsec_…` of 32 bytes.
    #[must_use]
    pub fn draw_symmetric(chance: &mut dyn Chance) -> Zeroizing<String> {
        Self::draw("whsec_", chance)
    }

    /// Draws a new `whsk_…`.
    #[must_use]
    pub fn draw_asymmetric(chance: &mut dyn Chance) -> Zeroizing<String> {
        Self::draw("whsk_", chance)
    }

    fn draw(prefix: &str, chance: &mut dyn Chance) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 32]);
        chance.fill(&mut *bytes);
        let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
        Zeroizing::new([prefix, &encoded].concat())
    }

    /// `whpk_…`, which a receiver verifies `v1a` with; `None` for a shared secret.
    #[must_use]
    pub fn public(&self) -> Option<String> {
        match self {
            Self::Symmetric(_) => None,
            Self::Asymmetric(key) => {
                Some(format!("whpk_{}", STANDARD.encode(key.verifying_key().as_bytes())))
            }
        }
    }

    fn sign(&self, content: &[u8]) -> String {
        match self {
            Self::Symmetric(secret) => match Hmac::<Sha256>::new_from_slice(secret) {
                Ok(mac) => {
                    let code = mac.chain_update(content).finalize().into_bytes();
                    format!("v1,{}", STANDARD.encode(code))
                }
                Err(_) => unreachable!("HMAC takes a key of any length"),
            },
            Self::Asymmetric(key) => {
                format!("v1a,{}", STANDARD.encode(key.sign(content).to_bytes()))
            }
        }
    }
}

/// All secrets that sign now.
#[derive(Debug)]
pub struct SigningSecrets(Vec<SigningSecret>);

impl SigningSecrets {
    /// Secrets, one or more.
    #[must_use]
    pub fn new(secrets: Vec<SigningSecret>) -> Option<Self> {
        (1..=SECRETS_MAX).contains(&secrets.len()).then_some(Self(secrets))
    }

    /// Reads a file of secrets, one a line; empty lines and those that begin with `#` say
    /// nothing.
    ///
    /// # Errors
    /// [`SecretError`], also where everybody may read the file.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let io = |source| SecretError::Io { path: path.into(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.permissions().mode() & 0o007 != 0 {
            return Err(SecretError::Open(path.into()));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
        let mut secrets = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let refuse =
                |problem| SecretError::Line { path: path.into(), line: index + 1, problem };
            secrets.push(SigningSecret::parse(line).map_err(refuse)?);
        }
        let count = secrets.len();
        Self::new(secrets).ok_or_else(|| SecretError::Count { path: path.into(), count })
    }

    /// The public keys, for receivers.
    #[must_use]
    pub fn public(&self) -> Vec<String> {
        self.0.iter().filter_map(SigningSecret::public).collect()
    }

    /// The value of `webhook-signature`: a signature by each secret, with spaces between, over
    /// `id.timestamp.body`.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let seconds = at.seconds_since(Timestamp::MIN);
        let content = [format!("{id}.{seconds}.").as_bytes(), body].concat();
        let signatures: Vec<String> = self.0.iter().map(|secret| secret.sign(&content)).collect();
        signatures.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::chance::Seeded;

    /// The example of the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = b"{\"test\": 2432232314}";

    fn at() -> Timestamp {
        Timestamp::MIN.plus_seconds(1_614_265_330)
    }

    fn secrets(texts: &[&str]) -> SigningSecrets {
        let parsed = texts.iter().map(|text| SigningSecret::parse(text).unwrap());
        SigningSecrets::new(parsed.collect()).unwrap()
    }

    /// The seed and the public key of RFC 8032, section 7.1, test 1.
    fn rfc_key() -> String {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let bytes: Vec<u8> =
            (0..32).map(|i| u8::from_str_radix(&seed[i * 2..i * 2 + 2], 16).unwrap()).collect();
        format!("whsk_{}", STANDARD.encode(bytes))
    }

    #[test]
    fn the_example_of_the_specification_holds() {
        let signed = secrets(&[SECRET]).sign(ID, at(), BODY);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_key_of_rfc_8032_has_its_public_key() {
        let public = secrets(&[&rfc_key()]).public();
        assert_eq!(public, ["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]);
        // The form of others, with the public key after the secret one.
        let both = [
            STANDARD_PAD_INDIFFERENT.decode(rfc_key().trim_start_matches("whsk_")).unwrap(),
            STANDARD_PAD_INDIFFERENT.decode(public[0].trim_start_matches("whpk_")).unwrap(),
        ];
        let long = format!("whsk_{}", STANDARD.encode(both.concat()));
        assert_eq!(secrets(&[&long]).public(), public);
    }

    #[test]
    fn every_secret_signs() {
        let signed = secrets(&[SECRET, &rfc_key()]).sign(ID, at(), BODY);
        let kinds: Vec<&str> =
            signed.split(' ').map(|one| one.split_once(',').unwrap().0).collect();
        assert_eq!(kinds, ["v1", "v1a"]);
    }

    #[test]
    fn what_is_no_secret_is_refused_without_repeating_it() {
        let refuse = |text: &str| SigningSecret::parse(text).unwrap_err();
        assert!(refuse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").contains("begins with neither"));
        assert!(refuse("whsec_bWFya2Vy").contains("24 to 64 bytes"));
        assert!(refuse("whsec_not base64").contains("not base64"));
        assert!(refuse("whsk_bWFya2Vy").contains("32 or 64"));
        let wrong = format!("whsk_{}", STANDARD.encode([7; 64]));
        assert!(refuse(&wrong).contains("public key"));
        assert!(!format!("{:?}", SigningSecret::parse(SECRET).unwrap()).contains("MfKQ"));
    }

    #[test]
    fn a_file_of_secrets_is_private_and_says_which_line_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            SigningSecrets::read(&path)
        };
        let drawn = SigningSecret::draw_symmetric(&mut Seeded::new(1));
        let text = format!("# new\n{}\n\n# old\n{SECRET}\n", &*drawn);
        assert_eq!(write(&text, 0o600).unwrap().0.len(), 2);
        assert!(write(&text, 0o644).unwrap_err().to_string().contains("chmod 600"));
        assert!(write("# none\n", 0o600).unwrap_err().to_string().contains("holds 0 secrets"));
        let wrong = write("# one\nwhsec_marker\n", 0o600).unwrap_err().to_string();
        assert!(wrong.starts_with("line 2 of ") && !wrong.contains("marker"), "{wrong}");
    }

    /// The official Python package, which is no part of this repository, verifies `v1`.
    #[test]
    fn the_package_standardwebhooks_verifies_v1() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = root.join(".venv/bin/python");
        assert!(python.exists(), "run `make setup`, which installs what tests need");
        let drawn = SigningSecret::draw_symmetric(&mut Seeded::new(5));
        // Its tolerance is five minutes, so the time is that of the machine.
        let now = crate::clock::Clock::Machine.now();
        let body = "{\"type\":\"seawall.action\",\"words\":\"marker مرحبا\"}";
        let signed =
            secrets(&[&rfc_key(), SECRET, &drawn]).sign("f1-a12-undo", now, body.as_bytes());
        let script = "import sys\n\
            from standardwebhooks.webhooks import Webhook, WebhookVerificationError\n\
            secret, id, at, signature, body = sys.argv[1:]\n\
            headers = {'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature}\n\
            Webhook(secret).verify(body, headers)\n\
            try:\n    Webhook(secret).verify(body + ' ', headers)\n\
            except WebhookVerificationError:\n    print('verified')\n";
        let seconds = now.seconds_since(Timestamp::MIN).to_string();
        for secret in [SECRET, &drawn] {
            let output = Command::new(&python)
                .args(["-c", script, secret, "f1-a12-undo", &seconds, &signed, body])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(said.trim(), "verified", "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// OpenSSL verifies `v1a`, which no official library does.
    #[test]
    fn openssl_verifies_v1a() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).unwrap();
            dir.path().join(name)
        };
        let all = secrets(&[&SigningSecret::draw_asymmetric(&mut Seeded::new(9))]);
        let public = all.public().remove(0);
        // RFC 8410: what stands before the 32 bytes of an Ed25519 key.
        let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
        der.extend(STANDARD.decode(public.trim_start_matches("whpk_")).unwrap());
        let key = file("key", &der);
        let signed = all.sign(ID, at(), BODY);
        let signature = file("sig", &STANDARD.decode(signed.trim_start_matches("v1a,")).unwrap());
        let content = [format!("{ID}.1614265330.").as_bytes(), BODY].concat();
        let verify = |content: &Path| {
            let mut openssl = Command::new("openssl");
            openssl.args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey"]);
            openssl.arg(&key).arg("-sigfile").arg(&signature).arg("-in").arg(content);
            openssl.output().unwrap()
        };
        let output = verify(&file("content", &content));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let other = file("other", &[&content[..], b" "].concat());
        assert!(!verify(&other).status.success());
    }
}
