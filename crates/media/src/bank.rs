//! A hash bank: which entry has which hashes, with the order of insertion of no effect.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::EntryId;

use crate::pdq::{InvalidPdq, Pdq, ROWS_MIN, SET_BITS_MAX, SET_BITS_MIN};
use crate::scan::Columns;

/// Hashes of one kind in a bank.
///
/// A plain scan over as many takes a quarter of a millisecond to 2 ms, by what the processor counts
/// at once; for more there has to be an index.
pub const HASHES_MAX: usize = 1_000_000;

/// The SHA-256 of no bytes, which is in many lists and means nothing in any.
const EMPTY_FILE: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Why a hash does not come into a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is no PDQ hash.
    #[error(transparent)]
    InvalidPdq(#[from] InvalidPdq),
    /// The hash tells nothing of its picture, see [`Pdq::is_telling`].
    #[error(
        "entry {entry}: the PDQ hash has {set_bits} bits set and {rows} different rows, as \
        featureless pictures have, and would match others of them: leave it out, or give the \
        file's SHA-256 instead ({SET_BITS_MIN} to {SET_BITS_MAX} bits and {ROWS_MIN} rows are asked for)"
    )]
    Featureless {
        /// Whose hash it is.
        entry: EntryId,
        /// Its bits that are set.
        set_bits: u32,
        /// Its rows that differ from each other.
        rows: usize,
    },
    /// The hash is that of an empty file.
    #[error("entry {entry}: the SHA-256 is that of an empty file: leave it out")]
    EmptyFile {
        /// Whose hash it is.
        entry: EntryId,
    },
    /// The bank holds as many hashes of this kind as it may.
    #[error("entry {entry}: the bank is full with {HASHES_MAX} hashes: withdraw some first")]
    Full {
        /// Whose hash it is.
        entry: EntryId,
    },
}

/// Known fingerprints and the entries they belong to.
///
/// An entry may have several hashes, and a hash several entries. What is found depends
/// on what is in it, never on the order in which it came. About 150 bytes for a PDQ
/// hash, 100 for a SHA-256.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    /// PDQ hashes, the form that is scanned, and the entry of each row.
    columns: Columns,
    owners: Vec<EntryId>,
    /// Where each stands.
    rows: BTreeMap<(EntryId, Pdq), usize>,
    /// SHA-256 hashes, by hash and by entry.
    entries_of_file: BTreeSet<([u8; 32], EntryId)>,
    files_of_entry: BTreeSet<(EntryId, [u8; 32])>,
}

impl Bank {
    /// Puts a picture's hash under an entry; a second time changes nothing.
    ///
    /// # Errors
    /// [`Error::Featureless`] for a hash that must not match anything, [`Error::Full`] at
    /// [`HASHES_MAX`].
    ///
    /// Cost: logarithmic.
    pub fn insert_pdq(&mut self, entry: EntryId, hash: Pdq) -> Result<(), Error> {
        if !hash.is_telling() {
            let (set_bits, rows) = (hash.set_bits(), hash.rows());
            return Err(Error::Featureless { entry, set_bits, rows });
        }
        if self.rows.contains_key(&(entry, hash)) {
            return Ok(());
        }
        if self.columns.len() >= HASHES_MAX {
            return Err(Error::Full { entry });
        }
        self.rows.insert((entry, hash), self.columns.len());
        self.columns.push(&hash);
        self.owners.push(entry);
        Ok(())
    }

    /// Puts a file's SHA-256 under an entry; a second time changes nothing.
    ///
    /// # Errors
    /// [`Error::EmptyFile`] for the hash of no bytes, [`Error::Full`] at [`HASHES_MAX`].
    ///
    /// Cost: logarithmic.
    pub fn insert_sha256(&mut self, entry: EntryId, hash: [u8; 32]) -> Result<(), Error> {
        if hash == EMPTY_FILE {
            return Err(Error::EmptyFile { entry });
        }
        let known = self.files_of_entry.contains(&(entry, hash));
        if !known && self.files_of_entry.len() >= HASHES_MAX {
            return Err(Error::Full { entry });
        }
        self.files_of_entry.insert((entry, hash));
        self.entries_of_file.insert((hash, entry));
        Ok(())
    }

    /// Takes an entry's hashes of every kind out; says how many there were.
    ///
    /// Cost: logarithmic in the bank for each of the entry's hashes.
    pub fn withdraw(&mut self, entry: EntryId) -> usize {
        let files = (entry, [0; 32])..=(entry, [u8::MAX; 32]);
        let files: Vec<(EntryId, [u8; 32])> = self.files_of_entry.range(files).copied().collect();
        for file in &files {
            self.files_of_entry.remove(file);
            self.entries_of_file.remove(&(file.1, entry));
        }
        let pictures = (entry, Pdq::from_bytes([0; 32]))..=(entry, Pdq::from_bytes([u8::MAX; 32]));
        let pictures: Vec<(EntryId, Pdq)> =
            self.rows.range(pictures).map(|(key, _)| *key).collect();
        for picture in &pictures {
            self.take_row(picture);
        }
        files.len() + pictures.len()
    }

    /// The entries that have a file's SHA-256, in order.
    ///
    /// Cost: logarithmic.
    pub fn exact(&self, sha256: &[u8; 32]) -> impl Iterator<Item = EntryId> {
        let all = (*sha256, EntryId(0))..=(*sha256, EntryId(u64::MAX));
        self.entries_of_file.range(all).map(|(_, entry)| *entry)
    }

    /// How many PDQ hashes it holds, one under several entries counted for each.
    #[must_use]
    pub fn pdq_count(&self) -> usize {
        self.rows.len()
    }

    /// How many SHA-256 hashes it holds, one under several entries counted for each.
    #[must_use]
    pub fn sha256_count(&self) -> usize {
        self.files_of_entry.len()
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(crate) fn owner(&self, row: usize) -> Option<EntryId> {
        self.owners.get(row).copied()
    }

    /// Takes one hash out; the last row takes its place.
    fn take_row(&mut self, picture: &(EntryId, Pdq)) {
        let Some(row) = self.rows.remove(picture) else { return };
        let last = self.columns.len() - 1;
        if row != last {
            let moved = (self.owners[last], self.columns.hash(last));
            self.rows.insert(moved, row);
        }
        self.columns.swap_remove(row);
        self.owners.swap_remove(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(last: u8) -> Pdq {
        let mut bytes = *b"a kettle on a stove, not at all..";
        bytes[32] = last;
        let mut hash = [0; 32];
        hash.copy_from_slice(&bytes[1..]);
        Pdq::from_bytes(hash)
    }

    fn found(bank: &Bank, hash: Pdq) -> Vec<u64> {
        let mut out = Vec::new();
        crate::search(bank, &hash, 0, &mut out);
        out.into_iter().map(|found| found.entry.0).collect()
    }

    fn exact(bank: &Bank, hash: &[u8; 32]) -> Vec<u64> {
        bank.exact(hash).map(|entry| entry.0).collect()
    }

    #[test]
    fn what_is_withdrawn_is_found_no_more_and_the_rest_is() {
        let mut bank = Bank::default();
        for n in 0..100 {
            bank.insert_pdq(EntryId(u64::from(n % 10)), picture(n)).unwrap();
            bank.insert_sha256(EntryId(u64::from(n % 10)), [n; 32]).unwrap();
        }
        assert_eq!(bank.withdraw(EntryId(3)), 20);
        assert_eq!(bank.withdraw(EntryId(3)), 0);
        assert_eq!((bank.pdq_count(), bank.sha256_count()), (90, 90));
        for n in 0..100 {
            let expect: &[u64] = if n % 10 == 3 { &[] } else { &[u64::from(n % 10)] };
            assert_eq!(found(&bank, picture(n)), expect, "{n}");
            assert_eq!(exact(&bank, &[n; 32]), expect, "{n}");
        }
        for entry in 0..10 {
            bank.withdraw(EntryId(entry));
        }
        assert_eq!((bank.pdq_count(), bank.columns.len(), bank.owners.len()), (0, 0, 0));
        assert!(bank.rows.is_empty() && bank.entries_of_file.is_empty());
    }

    #[test]
    fn several_entries_may_have_the_same_hash() {
        let mut bank = Bank::default();
        for entry in [8, 2, 5, 2] {
            bank.insert_pdq(EntryId(entry), picture(1)).unwrap();
            bank.insert_sha256(EntryId(entry), [1; 32]).unwrap();
        }
        assert_eq!((bank.pdq_count(), bank.sha256_count()), (3, 3));
        assert_eq!(found(&bank, picture(1)), [2, 5, 8]);
        assert_eq!(exact(&bank, &[1; 32]), [2, 5, 8]);
        bank.withdraw(EntryId(2));
        assert_eq!(found(&bank, picture(1)), [5, 8]);
        assert_eq!(exact(&bank, &[1; 32]), [5, 8]);
    }

    #[test]
    fn hashes_that_say_nothing_stay_out() {
        let mut bank = Bank::default();
        let entry = EntryId(4);
        let refused = bank.insert_pdq(entry, Pdq::from_bytes([0; 32])).unwrap_err();
        assert_eq!(refused, Error::Featureless { entry, set_bits: 0, rows: 1 });
        assert!(refused.to_string().starts_with("entry k4: the PDQ hash has 0 bits set"));
        assert_eq!(bank.insert_sha256(entry, EMPTY_FILE), Err(Error::EmptyFile { entry }));
        assert_eq!((bank.pdq_count(), bank.sha256_count()), (0, 0));
    }
}
