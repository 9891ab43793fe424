//! Keeps log, journal and tables in step.
//!
//! The log commits first, then the journal, then the tables. [`Derivation`] is the
//! second and third of these with the pipeline between; [`walk`] feeds log and inputs
//! to a pipeline in order, which is what both start-up and replay are.

mod derivation;
mod keys;
mod mark;
mod open;
mod people;
mod post;
mod shelf;
mod told;
pub mod walk;

pub use derivation::{Derivation, Taken};
pub use keys::another_key;
pub use open::{History, Opened, Settings, open};
pub use people::PeopleError;
pub(crate) use people::opened;
pub use post::{file_of, post_of};
pub use shelf::Shelf;
pub use told::Span;

/// Why the engine cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data folder failed.
    #[error(transparent)]
    Store(#[from] seawall_store::Error),
    /// A stored event cannot be read as an event.
    #[error(
        "the event at position {position} cannot be read; run `seawall doctor`, then restore a backup"
    )]
    Unreadable {
        /// Its position.
        position: u64,
        /// Why.
        #[source]
        source: seawall_model::Rejection,
    },
    /// The journal is gone, and with it what people decided.
    #[error(
        "the journal is gone, but the log holds events up to position {last}: what was decided \
         cannot be made again; restore the newest backup"
    )]
    NoJournal {
        /// The last position of the log.
        last: u64,
    },
    /// Seawall failed on an event: a defect to report. The next start passes over it.
    #[error(
        "seawall failed on the event at position {position} and set it aside; run the command again to go on, and report the defect"
    )]
    SetAside {
        /// Its position.
        position: u64,
    },
    /// The log ends before what the journal tells of: files of it are missing.
    #[error(
        "the log ends at position {last}, but the journal tells of position {told}: files of the log are missing; restore a backup"
    )]
    LogLost {
        /// The last position that the journal tells of.
        told: u64,
        /// The last position of the log.
        last: u64,
    },
    /// The deriving thread ended before its time; run the command again.
    #[error("seawall stopped deriving; run the command again to go on")]
    Stopped,
    /// The journal does not follow from the log and the inputs.
    #[error(
        "entry {seq} of the journal does not follow from the log; run `seawall doctor`, then restore a backup"
    )]
    Disagree {
        /// The entry.
        seq: u64,
    },
}
