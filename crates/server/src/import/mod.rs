//! Brings events in: closed files, which are sorted by event time first, and streams,
//! which are taken as they come.
//!
//! Three threads: one reads and decodes, one commits to the log, one derives. What is
//! acknowledged is durable; what is refused is counted, told with its line, and kept.

mod decoder;
mod file;
mod index;
mod keeper;
mod order;
mod stream;
mod tally;

pub use decoder::{Decoder, Proposal, SourceOptions, UnknownSource, can_ask, lacks_a_time};
pub use file::{check_file, import_file};
pub(crate) use file::{conclude, next_import};
pub(crate) use keeper::{Ask, Beside, CursorAt, Finished, Keeper, SERVED, Work};
pub use keeper::{Fate, ImportError, Item};
pub(crate) use stream::source_of as stream_source;
pub use stream::{Ack, conclude_cut_off, import_stream};
pub use tally::{End, RejectedLine, Report, Tally};

/// Events committed in one durable step, at most.
pub(crate) const BATCH_EVENTS_MAX: usize = 10_000;
