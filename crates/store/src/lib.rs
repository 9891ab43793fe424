//! What Seawall keeps, and how it is kept: the embedded profile, in SQLite files.
//!
//! Read in this order: [`Folder`] is the data folder, its lock and its keys;
//! [`EventLog`] takes events and gives them positions; [`Journal`] is the hash-chained
//! record of what was done; [`Tables`] are folds for people to read; [`Rejects`] are
//! refused inputs; [`KnowledgeBase`] is what entries of knowledge say; [`people`] is who may
//! come in; [`Outbox`] is what the platform is yet to be told; [`Media`] are files that people look
//! at; [`snapshot`] bounds start-up.
//!
//! The log commits first, then the journal, then the tables, and what a crash cut off
//! is made again at start-up: SQLite files do not commit together. The traits
//! [`Events`] and [`Entries`] are what the shell uses, so that another profile can
//! bring its own; no stage knows any of this.
//!
//! Left out: the meaning of events (`pipeline`), clocks, and anything over a network.

mod accounts;
mod backup;
mod cache;
mod chance;
mod checkpoint;
mod error;
mod fault;
mod folder;
mod halves;
mod journal;
mod key;
mod knowledge;
mod log;
mod log_reader;
pub mod media;
mod naming;
mod outbox;
pub mod people;
mod rejects;
mod requests;
mod seen;
mod segment;
pub mod snapshot;
mod sqlite;
mod tables;

pub use accounts::{Accounts, ErasureRequest};
pub use backup::{Manifest, backup, restore};
pub use chance::Chance;
pub use checkpoint::Checkpointer;
pub use error::{Error, TABLES_REMEDY, is_disk_full};
pub use fault::point;
pub use folder::{Access, Folder, journal_and_tables};
pub use journal::{Journal, Recorded};
pub use key::FolderKeys;
pub use knowledge::{KnowledgeBase, LAID_DOWN_MAX, LaidDown};
pub use log::{Arrival, Candidate, Content, EventLog, LogLimits, Outcome, Placed, Stored};
pub use log_reader::LogReader;
pub use media::Media;
pub use outbox::Outbox;
pub use outbox::instruction::{
    AttemptSeen, DeliveryState, DueInstruction, Effect, Enqueued, Feed, Instruction, InstructionId,
    NewInstruction, OutboxCounts, PAYLOAD_BYTES_MAX,
};
pub use people::People;
pub use rejects::{Reject, Rejects};
pub use requests::{ANSWERS_KEPT_SECONDS, KEY_BYTES_MAX, Known, Requests};
pub use sqlite::{Check, check_file};
pub use tables::{ActivityRow, Tables};

use seawall_model::journal::{ChainHash, Entry};
use seawall_model::{Position, Timestamp};

/// The event log as the shell uses it.
pub trait Events {
    /// Appends a batch in one durable step and says what became of each candidate.
    ///
    /// When this returns, every accepted event survives a power cut.
    ///
    /// # Errors
    /// [`Error`] if nothing of the batch was kept.
    fn append(
        &mut self,
        batch: &[Candidate<'_>],
        arrival: &mut Arrival<'_>,
    ) -> Result<Vec<Outcome>, Error>;

    /// The last position and its arrival time.
    fn last(&self) -> (Position, Timestamp);
}

/// The journal as the shell uses it.
pub trait Entries {
    /// Appends entries in one durable step.
    ///
    /// # Errors
    /// [`Error`] if none was kept.
    fn append(&mut self, entries: &[Entry]) -> Result<(), Error>;

    /// The number and chain hash of the last entry.
    fn head(&self) -> (u64, ChainHash);
}
