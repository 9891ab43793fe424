//! The protected register: who is entered, and what is told to whom read it.

use seawall_model::PlatformId;
use seawall_model::knowledge::{Ground, Known, Protected};
use seawall_store::Accounts;

use super::KnowledgeError;
use super::view::ProtectedSaid;

/// What is said of an account that is to be protected. `None` if no account of that id is
/// known: an entry names an account by its own number, and who is not known has none.
///
/// # Errors
/// [`KnowledgeError`] if the names of accounts cannot be read.
pub fn entry(
    accounts: &mut Accounts,
    account: &PlatformId,
    ground: Ground,
) -> Result<Option<Known>, KnowledgeError> {
    let found = accounts.find(account)?;
    Ok(found.map(|account| Known::Protected(Protected { account, ground })))
}

/// What is told of an entry, to whom read the register.
///
/// # Errors
/// [`KnowledgeError`] if the names of accounts cannot be read.
pub fn said(accounts: &mut Accounts, entry: &Protected) -> Result<ProtectedSaid, KnowledgeError> {
    let account = accounts.name(entry.account)?;
    Ok(ProtectedSaid { account, ground: entry.ground.as_str() })
}
