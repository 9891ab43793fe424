//! Media: what a file is, thumbnails of pictures made by a process that can do nothing else, and
//! what is marked as suspected child abuse.
//!
//! [`Kind`] reads a file's first bytes; [`Decoder`] has a thumbnail made; [`Marks`] says what no
//! screen shows. Files themselves are kept by [`seawall_store::Media`]. Left out: routes, and who
//! may.

mod decode;
mod decoder;
mod kind;
mod marks;
pub mod sandbox;

pub use crate::config::media::{MediaConfig, MediaConfigError, Route};
pub use decode::{Asked, Look, Refusal, run};
pub(crate) use decoder::is_decoded;
pub use decoder::{DecodeError, Decoder};
pub use kind::Kind;
pub use marks::{MARKED, Marks};
