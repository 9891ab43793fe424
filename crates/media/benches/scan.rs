//! What a search in a hash bank costs, beside a naive loop over bytes in the same run.
//!
//! 100,000 hashes of even bits, one query, the fastest of many rounds. Prints
//! nanoseconds for each entry and the ratio; fails above 0.3 ms a search, or below
//! three times the naive loop.

use std::hint::black_box;
use std::time::{Duration, Instant};

use seawall_media::{Bank, MATCH_DISTANCE_BITS, Match, Pdq, search};
use seawall_model::EntryId;

/// Hashes in the bank.
const ENTRIES: u32 = 100_000;
/// Times that each is measured.
const ROUNDS: usize = 200;
/// Milliseconds of a search, at most.
const SEARCH_MS_MAX: f64 = 0.3;
/// Times as fast as the naive loop, at least.
const RATIO_MIN: f64 = 3.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut state = 1;
    let hashes: Vec<[u8; 32]> = (0..ENTRIES).map(|_| picture(&mut state)).collect();
    let mut bank = Bank::default();
    let (built, ()) = timed(|| {
        for (entry, hash) in (0..).zip(&hashes) {
            // Even bits are telling but for one in billions, which may be left out.
            let _ = bank.insert_pdq(EntryId(entry), Pdq::from_bytes(*hash));
        }
    });
    let mut query = hashes[5_000];
    query[9] ^= 0xFF;
    let mut out = Vec::new();
    let fast = fastest(|| {
        out.clear();
        search(black_box(&bank), &Pdq::from_bytes(query), MATCH_DISTANCE_BITS, &mut out);
    });
    let mut plain = Vec::new();
    let slow = fastest(|| {
        plain.clear();
        naive(black_box(&hashes), &query, &mut plain);
    });
    assert_eq!(out, plain, "both find the same");
    assert_eq!(out, [Match { entry: EntryId(5_000), distance: 8 }]);
    let (ms, ratio) = (fast * 1e3, slow / fast);
    println!("{ENTRIES} hashes: inserted in {:.0} ms", built.as_secs_f64() * 1e3);
    println!("search:     {ms:.3} ms, {:.2} ns for each entry", nanoseconds(fast));
    println!("naive loop: {:.3} ms, {:.2} ns for each entry", slow * 1e3, nanoseconds(slow));
    println!("ratio:      {ratio:.1}");
    if ms > SEARCH_MS_MAX || ratio < RATIO_MIN {
        return Err(format!("not reached: {SEARCH_MS_MAX} ms and a ratio of {RATIO_MIN}").into());
    }
    Ok(())
}

/// As anyone would write it first.
fn naive(hashes: &[[u8; 32]], query: &[u8; 32], out: &mut Vec<Match>) {
    for (entry, hash) in (0..).zip(hashes) {
        let mut distance = 0;
        for (a, b) in hash.iter().zip(query) {
            distance += (a ^ b).count_ones();
        }
        if distance <= MATCH_DISTANCE_BITS {
            out.push(Match { entry: EntryId(entry), distance });
        }
    }
}

/// SplitMix64: even bits, and the same in every run.
fn picture(state: &mut u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    for chunk in bytes.as_chunks_mut::<8>().0 {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        *chunk = (word ^ (word >> 31)).to_be_bytes();
    }
    bytes
}

/// Seconds of the fastest round: what the machine's other work disturbs least.
fn fastest(mut work: impl FnMut()) -> f64 {
    (0..ROUNDS).map(|_| timed(&mut work).0.as_secs_f64()).fold(f64::MAX, f64::min)
}

fn nanoseconds(seconds: f64) -> f64 {
    seconds * 1e9 / f64::from(ENTRIES)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark times itself; nothing here ships")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed(), result)
}
