//! The plain scan: every hash is looked at, and the compiler does several at a time.
//!
//! Hashes stand in four columns of 64 bits. Two of them, half the memory, say nearly always that
//! a hash is too far away, and only a block with one that may be near is looked at
//! whole. The inner loop has no branch, so that it is compiled to vectors, for each of several
//! processors; an early exit, and rows of 32 bytes, were half as fast.

use multiversion::multiversion;

use crate::pdq::Pdq;

/// Hashes looked at between two branches.
const BLOCK: usize = 64;

/// Bits of a hash.
const BITS: u32 = 256;

/// The columns that are looked at first: far apart, since neighbouring bits move together.
const FIRST: [usize; 2] = [0, 2];

/// Hashes as columns of 64 bits: row `n` is the `n`-th word of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns([Vec<u64>; 4]);

impl Columns {
    pub(crate) fn len(&self) -> usize {
        self.0[0].len()
    }

    pub(crate) fn push(&mut self, hash: &Pdq) {
        for (column, word) in self.0.iter_mut().zip(hash.words()) {
            column.push(*word);
        }
    }

    /// Takes a row out; the last row takes its place.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn swap_remove(&mut self, row: usize) {
        for column in &mut self.0 {
            column.swap_remove(row);
        }
    }

    /// The hash of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn hash(&self, row: usize) -> Pdq {
        Pdq::from_words(self.0.each_ref().map(|column| column[row]))
    }

    fn distance(&self, row: usize, hash: &Pdq) -> u32 {
        self.0
            .iter()
            .zip(hash.words())
            .map(|(column, word)| (column[row] ^ word).count_ones())
            .sum()
    }
}

/// Calls `found` with each row within the distance and its distance, in order of rows.
pub(crate) fn scan(
    columns: &Columns,
    hash: &Pdq,
    max_distance_bits: u32,
    mut found: impl FnMut(usize, u32),
) {
    let max = max_distance_bits.min(BITS);
    let [first, second] = FIRST.map(|column| columns.0[column].as_slice());
    let words = FIRST.map(|column| hash.words()[column]);
    let mut from = 0;
    while let Some(start) = near_block(&first[from..], &second[from..], words, max) {
        let start = from + start;
        from = columns.len().min(start + BLOCK);
        for row in start..from {
            let distance = columns.distance(row, hash);
            if distance <= max {
                found(row, distance);
            }
        }
    }
}

/// The first row of the first block that may have a row within the distance, by these two words.
///
/// Compiled for each of these processors; which of them it runs on is found out once.
#[multiversion(targets(
    "x86_64+avx2+avx512f+avx512vl+avx512vpopcntdq",
    "x86_64+avx2+popcnt",
    "aarch64+neon"
))]
fn near_block(first: &[u64], second: &[u64], words: [u64; 2], max: u32) -> Option<usize> {
    let beyond = u64::from(max) + 1;
    let blocks = first.chunks(BLOCK).zip(second.chunks(BLOCK));
    for (block, (first, second)) in blocks.enumerate() {
        let mut signs = 0_u64;
        for (a, b) in first.iter().zip(second) {
            let distance = (a ^ words[0]).count_ones() + (b ^ words[1]).count_ones();
            // Below zero, so with the highest bit set, where the row is near.
            signs |= u64::from(distance).wrapping_sub(beyond);
        }
        if signs >> 63 == 1 {
            return Some(block * BLOCK);
        }
    }
    None
}
