//! The order of a closed file by event time, on disk.
//!
//! A record is known by its time, its offset and its length: 28 bytes, no content. The
//! index is sorted in runs that fit in memory, spilled to a temporary file, and merged
//! while it is read. Refused records come first, in order of the file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use seawall_model::Timestamp;

/// Records sorted in memory at once: 32 MiB.
const RUN_RECORDS_MAX: usize = 1_000_000;
/// Bytes of one record's entry.
const ENTRY_BYTES: usize = 28;
/// Bytes buffered of each run while merging.
const MERGE_BUFFER_BYTES: usize = 64 * 1024;

/// When a record is to be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// Before all events: it was refused.
    Refused,
    /// At its event time.
    At(Timestamp),
}

/// Where a record lies and when it is to be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Located {
    pub(crate) when: When,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) line: u64,
}

impl Located {
    fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let when = match self.when {
            When::Refused => -1,
            When::At(at) => at.micros(),
        };
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&when.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.length.to_le_bytes());
        bytes[20..].copy_from_slice(&self.line.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let part = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            eight
        };
        let when = i64::from_le_bytes(part(0));
        let mut length = [0; 4];
        length.copy_from_slice(&bytes[16..20]);
        Self {
            when: Timestamp::from_micros(when).map_or(When::Refused, When::At),
            offset: u64::from_le_bytes(part(8)),
            length: u32::from_le_bytes(length),
            line: u64::from_le_bytes(part(20)),
        }
    }
}

/// Collects records and sorts them in runs.
pub(crate) struct Indexer {
    run: Vec<Located>,
    spill: Option<File>,
    runs: Vec<u64>,
    spilled: u64,
    count: u64,
}

impl Indexer {
    /// `folder` is where runs are spilled, into a file without a name.
    pub(crate) fn new(folder: &Path) -> std::io::Result<Self> {
        let spill = Some(tempfile::tempfile_in(folder)?);
        Ok(Self { run: Vec::new(), spill, runs: Vec::new(), spilled: 0, count: 0 })
    }

    pub(crate) fn add(&mut self, located: Located) -> std::io::Result<()> {
        self.count += 1;
        self.run.push(located);
        if self.run.len() >= RUN_RECORDS_MAX { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> std::io::Result<()> {
        self.run.sort_unstable();
        if let Some(file) = &mut self.spill {
            let mut writer = BufWriter::with_capacity(1 << 20, file);
            for located in &self.run {
                writer.write_all(&located.to_bytes())?;
            }
            writer.flush()?;
        }
        self.runs.push(self.spilled);
        self.spilled += self.run.len() as u64;
        self.run.clear();
        Ok(())
    }

    /// The records in order.
    pub(crate) fn sorted(mut self) -> std::io::Result<Sorted> {
        if self.runs.is_empty() {
            self.run.sort_unstable();
            return Ok(Sorted::Memory(self.run.into_iter(), self.count));
        }
        self.spill()?;
        let Some(file) = self.spill.take() else {
            return Ok(Sorted::Memory(Vec::new().into_iter(), 0));
        };
        let mut ends: Vec<u64> = self.runs.iter().skip(1).copied().collect();
        ends.push(self.spilled);
        let mut merge = Merge { runs: Vec::new(), heap: BinaryHeap::new(), count: self.count };
        for (index, (start, end)) in self.runs.iter().zip(ends).enumerate() {
            let file = file.try_clone()?;
            let mut run = Run { file, next: *start, end, buffer: Vec::new(), taken: 0 };
            if let Some(first) = run.take()? {
                merge.heap.push(Reverse((first, index)));
            }
            merge.runs.push(run);
        }
        Ok(Sorted::Disk(merge))
    }
}

/// The records of a file in order.
pub(crate) enum Sorted {
    Memory(std::vec::IntoIter<Located>, u64),
    Disk(Merge),
}

impl Sorted {
    /// How many there are.
    pub(crate) fn total(&self) -> u64 {
        match self {
            Self::Memory(_, count) => *count,
            Self::Disk(merge) => merge.count,
        }
    }
}

impl Iterator for Sorted {
    type Item = std::io::Result<Located>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Memory(records, _) => records.next().map(Ok),
            Self::Disk(merge) => merge.next_located().transpose(),
        }
    }
}

/// Merges runs.
pub(crate) struct Merge {
    runs: Vec<Run>,
    heap: BinaryHeap<Reverse<(Located, usize)>>,
    count: u64,
}

impl Merge {
    fn next_located(&mut self) -> std::io::Result<Option<Located>> {
        let Some(Reverse((located, index))) = self.heap.pop() else { return Ok(None) };
        if let Some(next) = self.runs[index].take()? {
            self.heap.push(Reverse((next, index)));
        }
        Ok(Some(located))
    }
}

/// One sorted run of the spilled file.
struct Run {
    file: File,
    next: u64,
    end: u64,
    buffer: Vec<u8>,
    taken: usize,
}

impl Run {
    fn take(&mut self) -> std::io::Result<Option<Located>> {
        if self.taken == self.buffer.len() {
            self.fill()?;
        }
        let Some((head, _)) = self.buffer[self.taken..].split_first_chunk::<ENTRY_BYTES>() else {
            return Ok(None);
        };
        self.taken += ENTRY_BYTES;
        Ok(Some(Located::from_bytes(head)))
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let records = (self.end - self.next).min((MERGE_BUFFER_BYTES / ENTRY_BYTES) as u64);
        let bytes = usize::try_from(records).unwrap_or(usize::MAX) * ENTRY_BYTES;
        self.buffer.resize(bytes, 0);
        self.file.read_exact_at(&mut self.buffer, self.next * ENTRY_BYTES as u64)?;
        self.next += records;
        self.taken = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(n: u64) -> Located {
        let micros = i64::try_from(n.wrapping_mul(7_919) % 1_000).unwrap();
        let when = if n.is_multiple_of(50) {
            When::Refused
        } else {
            When::At(Timestamp::from_micros(micros).unwrap())
        };
        Located { when, offset: n, length: 3, line: n + 1 }
    }

    #[test]
    fn runs_on_disk_give_the_same_order_as_a_sort_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let mut indexer = Indexer::new(dir.path()).unwrap();
        let mut expect: Vec<Located> = (0..10_000).map(located).collect();
        for (n, located) in expect.iter().enumerate() {
            indexer.add(*located).unwrap();
            if n % 3_000 == 2_999 {
                indexer.spill().unwrap();
            }
        }
        expect.sort_unstable();
        let sorted = indexer.sorted().unwrap();
        assert_eq!(sorted.total(), 10_000);
        assert_eq!(sorted.collect::<Result<Vec<_>, _>>().unwrap(), expect);
    }
}
