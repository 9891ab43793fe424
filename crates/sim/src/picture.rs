//! Small generated pictures: patches of colour on a grid, as bitmaps without compression.
//!
//! A picture is named by a number; a version of it is the same picture as another program
//! would have saved it: lighter, cut at an edge, or mirrored. So two versions look alike
//! and share no byte hash. The format is BMP because its bytes are decided by the
//! pixels alone; nothing of it depends on a library's version.

use sha2::{Digest, Sha256};

use crate::chance::Chance;
use crate::id::{Base36, mixed, unmixed};

/// Pixels of a side.
pub const SIDE: usize = 48;
/// Patches of a side.
const PATCHES: usize = 6;
/// Keeps the ids of pictures apart from those of accounts.
const MEDIA: u64 = 0x6d65_6469_6100;
/// Half the bits of a picture's name as an id holds it.
const HALF: u32 = 20;
/// Bytes of a BMP's two headers.
const HEADER: usize = 54;

/// A picture's name: which picture, and which version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picture {
    /// Which picture.
    pub number: u32,
    /// Which version; 0 is how it was made.
    pub version: u8,
}

impl Picture {
    /// Its id on the platform of a world: tells neither which picture it is a version of
    /// nor who posts it.
    #[must_use]
    pub fn id(self, seed: u64) -> String {
        let named = u64::from(self.number) << 8 | u64::from(self.version);
        format!("m-{}", Base36(mixed(seed ^ MEDIA, named, HALF)))
    }

    /// The picture with this id on the platform of a world.
    #[must_use]
    pub fn from_id(id: &str, seed: u64) -> Option<Self> {
        let mixed = u64::from_str_radix(id.strip_prefix("m-")?, 36).ok()?;
        let named = unmixed(seed ^ MEDIA, mixed, HALF);
        let [.., version] = named.to_be_bytes();
        Some(Self { number: u32::try_from(named >> 8).ok()?, version })
    }

    /// Its file, a BMP of 24 bits a pixel. Cost: 7 KB written.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        let mut chance = Chance::of(0, &[0x91c7, u64::from(self.number)]);
        let patches: Vec<[u8; 3]> = (0..PATCHES * PATCHES)
            .map(|_| std::array::from_fn(|_| u8::try_from(chance.below(200)).unwrap_or(0)))
            .collect();
        let version = usize::from(self.version);
        let light = self.version.wrapping_mul(9) % 48;
        let cut = version % 3;
        let mut bytes = header();
        // Rows of a BMP go from the lowest up.
        for row in (0..SIDE).rev() {
            for column in 0..SIDE {
                let column = if version % 4 == 3 { SIDE - 1 - column } else { column };
                let (x, y) = ((column + cut).min(SIDE - 1), (row + cut).min(SIDE - 1));
                let patch = patches[y * PATCHES / SIDE * PATCHES + x * PATCHES / SIDE];
                bytes.extend(patch.map(|part| part.saturating_add(light)));
            }
        }
        bytes
    }

    /// SHA-256 of its file.
    #[must_use]
    pub fn sha256(self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }
}

fn header() -> Vec<u8> {
    let side = u32::try_from(SIDE).unwrap_or(0).to_le_bytes();
    let size = u32::try_from(HEADER + SIDE * SIDE * 3).unwrap_or(0).to_le_bytes();
    let mut bytes = Vec::with_capacity(HEADER + SIDE * SIDE * 3);
    bytes.extend(b"BM");
    bytes.extend(size);
    bytes.extend([0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]);
    bytes.extend(side);
    bytes.extend(side);
    bytes.extend([1, 0, 24, 0]);
    bytes.resize(HEADER, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_differ_in_bytes_and_little_in_looks() {
        let first = Picture { number: 7, version: 0 }.bytes();
        let second = Picture { number: 7, version: 1 }.bytes();
        let other = Picture { number: 8, version: 0 }.bytes();
        assert_eq!(first.len(), HEADER + SIDE * SIDE * 3);
        let apart = |a: &[u8], b: &[u8]| {
            let each = a[HEADER..].iter().zip(&b[HEADER..]);
            each.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() / (SIDE * SIDE * 3) as u64
        };
        assert_ne!(first, second);
        let (near, far) = (apart(&first, &second), apart(&first, &other));
        assert!(near < 25 && far > 2 * near, "{near} {far}");
        let (first, second) =
            (Picture { number: 7, version: 0 }, Picture { number: 7, version: 1 });
        assert_eq!(Picture::from_id(&second.id(3), 3), Some(second));
        assert_ne!(first.id(3)[..5], second.id(3)[..5]);
        assert_ne!(first.id(3), first.id(4));
    }
}
