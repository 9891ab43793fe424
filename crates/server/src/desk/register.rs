//! What may be told of the protected register: nothing to whom did not read it.
//!
//! Who is in it can endanger people. Without a reading that is signed and journaled, what is
//! told of an account that is in it is what is told of one that is not; only what is done to
//! them differs. Left out: the list itself, and its changes.

use seawall_model::{AccountId, EntryId};

use super::{Desk, DeskError, Way, minute};

/// What is told to whom did not read the register, of everybody alike.
pub const SEALED: &str = "the rest is told to who reads the protected register, which is journaled";
/// The same at the command line.
const SEALED_COMMAND: &str = "the rest is told with a reviewer's key: add --key KEYFILE, which is \
                              journaled";
/// The same where routes are asked.
const SEALED_ROUTE: &str = "the rest is told to who reads the protected register, which is \
                            journaled: GET /v1/protected";

/// What a reader of the register signs.
pub const READ: &[u8] = b"read the register";

/// Whether the protected register may be told of: reading it is signed and journaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// It may not: nothing that is told differs by it.
    Sealed,
    /// A reviewer read it: that is in the journal.
    Read,
}

impl Desk<'_> {
    /// The same desk, telling of the register too. That it is read is journaled before, by the
    /// caller ([`crate::engine::Derivation::register_read`]).
    #[must_use]
    pub fn telling_register(self) -> Self {
        Self { register: Register::Read, ..self }
    }

    /// What is told to whom did not read the register, with how to.
    pub(super) fn sealed(&self) -> &'static str {
        match self.way {
            Way::Typed => SEALED_COMMAND,
            Way::Sent => SEALED_ROUTE,
        }
    }

    /// Whether the register may be told of.
    #[must_use]
    pub fn register(&self) -> Register {
        self.register
    }
}

/// What the register says of an account, a line each.
///
/// # Errors
/// [`DeskError`] if knowledge cannot be read.
pub fn lines(desk: &Desk<'_>, account: AccountId) -> Result<Vec<String>, DeskError> {
    if desk.register() == Register::Sealed {
        return Ok(vec![desk.sealed().into()]);
    }
    let mut lines = Vec::new();
    for guard in desk.active().guards(account) {
        let EntryId(number) = guard.entry;
        let expires = desk.entry(number)?.and_then(|knowledge| knowledge.expires);
        let until = expires.map_or("without expiry".into(), |at| format!("until {}", minute(at)));
        let ground = guard.ground.as_str();
        lines.push(format!(
            "in the protected register as {} ({ground}, {until}): nothing unattended is done to it",
            guard.entry
        ));
    }
    if lines.is_empty() {
        lines.push("not in the protected register".into());
    }
    Ok(lines)
}
