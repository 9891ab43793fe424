//! Who may come in, and who may do what: below HTTP, so that every route asks the same.
//!
//! [`Door`] knows people by password and session, machines by key, and newcomers by one-time
//! link; what it gives is an [`Identity`]. [`permits`] asks the table of [`Operation`]s, and
//! [`may_see_case`] the clearance for one case. Left out: cookies, routes and the journal,
//! whose entries about people their caller writes.

mod door;
mod door_keys;
mod door_links;
mod identity;
mod operation;
mod password;
mod secret;
mod table;
#[cfg(test)]
mod tests;

pub use door::{AccessConfig, AccessError, Door, SessionGiven};
pub use door_keys::{KeyGiven, KeyWanted};
pub use door_links::{LinkGiven, Newcomer};
pub use identity::{
    AppealWaits, CaseClearance, ClearancePart, Denied, Identity, KeyIdentity, PersonIdentity,
    Scope, StepUp, View, could_rule, is_invited_to, may_see_case, permits, view,
};
pub use operation::Operation;
pub use password::{
    Cost, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, PasswordGate, PasswordPass, Passwords, TooBusy,
    Weak,
};
pub use secret::{csrf_fits, csrf_token};
pub use table::{Content, Openness, Rule};
