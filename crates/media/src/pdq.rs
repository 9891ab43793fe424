//! A PDQ hash: 256 bits that say how a picture looks, and when they say nothing.
//!
//! Leaves out making one from a picture.

use std::fmt;

/// Hexadecimal digits of a hash's text form.
const DIGITS: usize = 64;

/// Fewest bits set in a hash that tells something.
///
/// A bit is set where a frequency of the picture is above the median of all 256, so half
/// of the bits are set, or fewer where values tie: of 266 made pictures 98 % of the good
/// ones have 128, and the fewest is 80. Far fewer come of pictures that hold next to nothing: black,
/// smaller than five pixels (all bits 0), one colour, where only rounding is left.
pub const SET_BITS_MIN: u32 = 64;

/// Most bits set in a hash that tells something.
///
/// The median allows 128. What is above is none of PDQ's making, such as a made-up or
/// damaged list entry; room is left for tools that round differently.
pub const SET_BITS_MAX: u32 = 192;

/// Fewest different rows, of sixteen, in a hash that tells something.
///
/// The rows of a real picture's hash all differ. Patterns finer than the hash's grid, such as
/// checkerboards, repeat one or two rows (`5555aaaa…`) and are all alike.
pub const ROWS_MIN: usize = 4;

/// Why a text is no PDQ hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPdq {
    /// It has another number of bytes.
    #[error(
        "a PDQ hash has 64 hexadecimal digits, this text has {bytes} bytes: \
        check that it is not an MD5 or another kind of hash"
    )]
    Length {
        /// Bytes of the text.
        bytes: usize,
    },
    /// One of its bytes is no hexadecimal digit.
    #[error("byte {at} of the PDQ hash is no hexadecimal digit: write 0 to 9 and a to f")]
    Digit {
        /// Which byte, from 1.
        at: usize,
    },
}

/// A PDQ hash, 256 bits.
///
/// Its text form is 64 hexadecimal digits, bit 255 first, as ThreatExchange and HMA
/// write it; its bytes are in the same order. Source: Facebook, "The TMK+PDQF
/// video-hashing algorithm and the PDQ image-hashing algorithm" (2019).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pdq([u64; 4]);

impl Pdq {
    /// Takes the 32 bytes whose hexadecimal digits are the text form.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut words = [0; 4];
        for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_be_bytes(*chunk);
        }
        Self(words)
    }

    /// The 32 bytes whose hexadecimal digits are the text form.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *chunk = word.to_be_bytes();
        }
        bytes
    }

    /// Reads 64 hexadecimal digits, in lower or upper case.
    ///
    /// # Errors
    /// [`InvalidPdq`] says what is wrong, and where. Lists are known to hold texts of 32
    /// digits under this kind.
    pub fn parse(text: &str) -> Result<Self, InvalidPdq> {
        if text.len() != DIGITS {
            return Err(InvalidPdq::Length { bytes: text.len() });
        }
        let mut words = [0_u64; 4];
        for (at, byte) in text.bytes().enumerate() {
            let digit = char::from(byte).to_digit(16).ok_or(InvalidPdq::Digit { at: at + 1 })?;
            words[at / 16] = words[at / 16] << 4 | u64::from(digit);
        }
        Ok(Self(words))
    }

    /// Bits in which two hashes differ, 0 to 256. Symmetric.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Whether the hash says enough of its picture to be compared with others.
    ///
    /// Not if fewer than [`SET_BITS_MIN`] or more than [`SET_BITS_MAX`] of its bits are set, or
    /// fewer than [`ROWS_MIN`] of its rows differ: hashes of featureless pictures lie
    /// close together whatever the pictures are. This is the least a hash can show of
    /// itself. It does not replace the quality that comes with it where it is made
    /// (below 50 of 100 is to be thrown away, says ThreatExchange's README), nor does
    /// quality replace it: stripes have a quality of 70 and more.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        (SET_BITS_MIN..=SET_BITS_MAX).contains(&self.set_bits()) && self.rows() >= ROWS_MIN
    }

    /// How many of its bits are set.
    pub(crate) fn set_bits(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// How many of its sixteen rows differ from each other.
    pub(crate) fn rows(&self) -> usize {
        let bytes = self.to_bytes();
        let rows = bytes.as_chunks::<2>().0;
        rows.iter().enumerate().filter(|(at, row)| !rows[..*at].contains(row)).count()
    }

    pub(crate) fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    pub(crate) fn words(&self) -> &[u64; 4] {
        &self.0
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

    #[test]
    fn a_hash_reads_what_it_writes_in_the_lists_order() {
        let hash = Pdq::parse(TEXT).unwrap();
        assert_eq!(hash.to_string(), TEXT);
        assert_eq!(Pdq::parse(&TEXT.to_uppercase()), Ok(hash));
        assert_eq!(hash.to_bytes()[..3], [0xf8, 0xf8, 0xf0]);
        assert_eq!(hash.to_bytes()[31], 0x22);
        assert_eq!(Pdq::from_bytes(hash.to_bytes()), hash);
    }

    #[test]
    fn a_text_that_is_no_hash_is_refused_with_the_place() {
        let check = |text: &str, expect| assert_eq!(Pdq::parse(text), Err(expect), "{text}");
        check("", InvalidPdq::Length { bytes: 0 });
        check(&TEXT[..32], InvalidPdq::Length { bytes: 32 });
        check(&format!("{TEXT} "), InvalidPdq::Length { bytes: 65 });
        check(&TEXT.replacen('c', "g", 1), InvalidPdq::Digit { at: 7 });
        check(&TEXT.replacen("f8", "+8", 1), InvalidPdq::Digit { at: 1 });
        check(&"é".repeat(32), InvalidPdq::Digit { at: 1 });
    }

    #[test]
    fn the_distance_counts_bits() {
        let hash = Pdq::parse(TEXT).unwrap();
        let mut bytes = hash.to_bytes();
        bytes[0] ^= 0b11;
        bytes[13] ^= 0xFF;
        bytes[31] ^= 0b1;
        assert_eq!(hash.distance(&Pdq::from_bytes(bytes)), 11);
        assert_eq!(hash.distance(&hash), 0);
        assert_eq!(Pdq::from_bytes([0; 32]).distance(&Pdq::from_bytes([255; 32])), 256);
    }

    #[test]
    fn featureless_pictures_tell_nothing() {
        let telling = |text: &str| Pdq::parse(text).unwrap().is_telling();
        assert!(telling(TEXT));
        assert!(!telling(&"0".repeat(64)));
        assert!(!telling(&"f".repeat(64)));
        assert!(!telling(&"5555aaaa".repeat(8)));
        assert!(!telling(&"5a5aa5a5c3c3c3c3".repeat(4)));
        assert!(!telling(&format!("{}{}", "0".repeat(48), &TEXT[48..])));
    }

    #[test]
    fn the_bounds_of_set_bits_are_exact() {
        let set = |bits: u32| {
            let mut bytes = [0_u8; 32];
            for bit in 0..bits {
                // Spread over all rows: 37 and 256 share no factor.
                let place = usize::try_from(bit * 37 % 256).unwrap();
                bytes[place / 8] |= 0x80 >> (place % 8);
            }
            Pdq::from_bytes(bytes)
        };
        for bits in [63, 64, 192, 193] {
            assert_eq!(set(bits).set_bits(), bits);
            assert!(set(bits).rows() >= ROWS_MIN, "{bits}");
            assert_eq!(set(bits).is_telling(), (64..=192).contains(&bits), "{bits}");
        }
    }
}
