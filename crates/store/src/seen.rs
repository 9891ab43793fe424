//! Which ids the log holds, so that a repeat is counted and not appended.
//!
//! The ids of the open segment are in memory; each closed segment has a filter in
//! memory (2.3 bytes an id) and an index on disk. Retention drops a segment and with
//! it the memory of its ids: they are remembered exactly as long as the log is.

use std::path::{Path, PathBuf};

use hashbrown::HashMap;
use rusqlite::Connection;
use seawall_model::Position;

use crate::Error;
use crate::segment::{self, Closed, IdHash};
use crate::sqlite::{self, Kind};

/// Closed segments kept open for look-ups.
const CONNECTIONS_MAX: usize = 8;

/// One closed segment.
pub(crate) struct Run {
    pub(crate) path: PathBuf,
    pub(crate) closed: Closed,
}

/// All remembered ids.
pub(crate) struct Seen {
    open: HashMap<IdHash, Position>,
    runs: Vec<Run>,
    connections: Vec<(Position, Connection)>,
}

impl Seen {
    pub(crate) fn new(runs: Vec<Run>, open: Vec<(IdHash, Position)>) -> Self {
        Self { open: open.into_iter().collect(), runs, connections: Vec::new() }
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Where an id stands. Cost: one probe of a map and one of each filter; a look-up on
    /// disk where a filter says yes.
    pub(crate) fn find(&mut self, id: &IdHash) -> Result<Option<Position>, Error> {
        if let Some(position) = self.open.get(id) {
            return Ok(Some(*position));
        }
        // Repeats are mostly of late, so the newest segment is asked first.
        for index in (0..self.runs.len()).rev() {
            if segment::may_hold(&self.runs[index].closed.filter, id) {
                let found = self.look_up(index, id)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    fn look_up(&mut self, index: usize, id: &IdHash) -> Result<Option<Position>, Error> {
        let Run { path, closed } = &self.runs[index];
        let first = closed.first;
        let place = match self.connections.iter().position(|(run, _)| *run == first) {
            Some(place) => place,
            None => {
                if self.connections.len() >= CONNECTIONS_MAX {
                    self.connections.remove(0);
                }
                self.connections.push((first, sqlite::open_read(path, Kind::Log)?));
                self.connections.len() - 1
            }
        };
        segment::position_of(&self.connections[place].1, id).map_err(Error::sql(path))
    }

    pub(crate) fn add(&mut self, id: IdHash, position: Position) {
        self.open.insert(id, position);
    }

    /// Forgets what a failed commit had added.
    pub(crate) fn cut_after(&mut self, last: Position) {
        self.open.retain(|_, position| *position <= last);
    }

    /// The open segment was closed: its ids are in its file from now on.
    pub(crate) fn close(&mut self, path: &Path, closed: Closed) {
        self.open.clear();
        self.runs.push(Run { path: path.into(), closed });
    }

    /// Forgets the oldest segment.
    pub(crate) fn drop_oldest(&mut self) -> Option<Run> {
        if self.runs.is_empty() {
            return None;
        }
        let run = self.runs.remove(0);
        self.connections.retain(|(first, _)| *first != run.closed.first);
        Some(run)
    }
}
