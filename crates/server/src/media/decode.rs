//! The process that decodes: reads a file from one pipe, writes a thumbnail or a word to another.
//!
//! It confines itself before it reads. A picture's size is read from its header and bounded before
//! anything is allocated for it. Of what moves, the first picture is taken. Left out: video, which
//! is not decoded yet, and fingerprints.

use std::io::{Cursor, Read, Write};

use image::codecs::png::PngEncoder;
use image::imageops::fast_blur;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageDecoder, ImageEncoder, ImageError,
    ImageFormat, ImageReader, Limits,
};

use super::Kind;
use super::sandbox::{self, Bounds};

/// How far a blurred thumbnail is blurred, as a part of its longer side.
const BLUR: f32 = 1.0 / 24.0;
/// What stands before a thumbnail.
pub(super) const FOUND: &[u8] = b"ok\n";

/// How a thumbnail looks. It is always grey: colour is what shocks most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Look {
    /// Blurred: enough to know it again.
    Blurred = 1,
    /// Sharp.
    Grey = 2,
}

impl Look {
    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blurred => "blurred",
            Self::Grey => "grey",
        }
    }

    /// The look of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Blurred, Self::Grey].into_iter().find(|look| look.as_str() == name)
    }
}

/// Why there is no thumbnail. Names are what the process writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no picture, or of a kind that is not decoded.
    Kind,
    /// It has too many pixels, or a side that is too long.
    Pixels,
    /// It is not what its header says, or ends before its time.
    Damaged,
    /// It takes too much memory.
    Memory,
    /// The process could not be confined.
    Confinement,
}

impl Refusal {
    const ALL: [Self; 5] =
        [Self::Kind, Self::Pixels, Self::Damaged, Self::Memory, Self::Confinement];

    fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Pixels => "pixels",
            Self::Damaged => "damaged",
            Self::Memory => "memory",
            Self::Confinement => "confinement",
        }
    }

    /// What the process wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.as_str() == name)
    }
}

/// What is asked of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How it is to look.
    pub look: Look,
    /// Pixels of the longer side of the thumbnail.
    pub side: u32,
    /// Bytes read at most.
    pub bytes_max: u64,
    /// Pixels of a side of the picture.
    pub side_max: u32,
    /// Pixels of the picture.
    pub pixels_max: u64,
    /// Bounds of the process.
    pub bounds: Bounds,
}

/// Does it: confines this process, reads standard input, and writes to standard output.
///
/// # Errors
/// If a pipe breaks.
pub fn run(asked: &Asked) -> std::io::Result<()> {
    let made = match sandbox::confine(asked.bounds) {
        Ok(()) => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(asked.bytes_max + 1).read_to_end(&mut bytes)?;
            thumbnail(&bytes, asked)
        }
        Err(_) => Err(Refusal::Confinement),
    };
    let mut out = std::io::stdout().lock();
    match made {
        Ok(png) => {
            out.write_all(FOUND)?;
            out.write_all(&png)?;
        }
        Err(refusal) => out.write_all(refusal.as_str().as_bytes())?,
    }
    out.flush()
}

fn thumbnail(bytes: &[u8], asked: &Asked) -> Result<Vec<u8>, Refusal> {
    let format = match Kind::of(bytes) {
        Kind::Jpeg if !ends(bytes) => return Err(Refusal::Damaged),
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        Kind::Gif => ImageFormat::Gif,
        Kind::Webp => ImageFormat::WebP,
        _ => return Err(Refusal::Kind),
    };
    if bytes.len() as u64 > asked.bytes_max {
        return Err(Refusal::Memory);
    }
    let grey = decoded(bytes, format, asked)?.into_luma8();
    let shown = match asked.look {
        Look::Grey => grey,
        Look::Blurred => blurred(&grey),
    };
    let mut png = Vec::new();
    let (width, height) = shown.dimensions();
    let encoder = PngEncoder::new(&mut png);
    let written = encoder.write_image(shown.as_raw(), width, height, ExtendedColorType::L8);
    written.map_err(|_| Refusal::Memory)?;
    Ok(png)
}

/// The picture, upright and small, its size bounded before it is read.
fn decoded(bytes: &[u8], format: ImageFormat, asked: &Asked) -> Result<DynamicImage, Refusal> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(asked.side_max);
    limits.max_image_height = Some(asked.side_max);
    limits.max_alloc = Some(asked.bounds.memory_bytes);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > asked.pixels_max {
        return Err(Refusal::Pixels);
    }
    if decoder.total_bytes() > asked.bounds.memory_bytes {
        return Err(Refusal::Memory);
    }
    // A broken note of how it lies hides no picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    // Turned after it is small, else it takes the memory twice.
    let mut small = match picture.width().max(picture.height()) <= asked.side {
        true => picture,
        false => picture.thumbnail(asked.side, asked.side),
    };
    small.apply_orientation(orientation);
    Ok(small)
}

fn refusal(error: &ImageError) -> Refusal {
    use image::error::LimitErrorKind;
    match error {
        ImageError::Limits(limit) => match limit.kind() {
            LimitErrorKind::DimensionError => Refusal::Pixels,
            _ => Refusal::Memory,
        },
        ImageError::Unsupported(_) => Refusal::Kind,
        _ => Refusal::Damaged,
    }
}

/// Whether a JPEG's last scan comes to its end: the decoder fills what is missing with grey.
fn ends(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    match (last(0xda), last(0xd9)) {
        (Some(scan), Some(end)) => scan < end,
        _ => false,
    }
}

fn blurred(picture: &GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    #[expect(clippy::cast_precision_loss, reason = "a side has at most some hundred pixels")]
    let longer = width.max(height) as f32;
    fast_blur(picture, (longer * BLUR).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(look: Look) -> Asked {
        Asked {
            look,
            side: 160,
            bytes_max: 1 << 20,
            side_max: 4_000,
            pixels_max: 1_000_000,
            bounds: Bounds { memory_bytes: 64 << 20, cpu_seconds: 5 },
        }
    }

    /// Stripes, upright, in any format.
    fn stripes(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let stripe = |x, _| image::Rgb(if x / 4 % 2 == 0 { [255, 0, 0] } else { [0, 0, 0] });
        let picture = DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, stripe));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn made(bytes: &[u8], look: Look) -> GrayImage {
        let png = thumbnail(bytes, &asked(look)).unwrap();
        let picture = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
        assert!(matches!(picture, DynamicImage::ImageLuma8(_)), "grey");
        picture.into_luma8()
    }

    fn contrast(picture: &GrayImage) -> u8 {
        let row = || picture.rows().nth(1).unwrap().skip(10).take(20).map(|pixel| pixel.0[0]);
        row().max().unwrap() - row().min().unwrap()
    }

    #[test]
    fn pictures_of_every_format_become_small_and_grey() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let small = made(&stripes(100, 40, format), Look::Grey);
            assert_eq!(small.dimensions(), (100, 40), "{format:?}");
            assert!(contrast(&small) > 40, "{format:?}");
            let hidden = made(&stripes(100, 40, format), Look::Blurred);
            assert!(contrast(&hidden) < 12, "{format:?}: {}", contrast(&hidden));
            let large = made(&stripes(900, 300, format), Look::Grey);
            assert_eq!(large.dimensions(), (160, 53), "{format:?}");
        }
    }

    #[test]
    fn what_is_cut_off_is_damaged() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let whole = stripes(300, 200, format);
            for part in [whole.len() / 2, whole.len() - whole.len() / 4, 20] {
                let found = thumbnail(&whole[..part], &asked(Look::Grey));
                assert_eq!(found, Err(Refusal::Damaged), "{format:?} {part}/{}", whole.len());
            }
        }
    }

    #[test]
    fn a_header_is_believed_only_to_refuse() {
        let mut header = stripes(10, 10, ImageFormat::Png);
        // 60,000 × 60,000, with a checksum that fits.
        header[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let sum = crc(&header[12..29]).to_be_bytes();
        header[29..33].copy_from_slice(&sum);
        assert_eq!(thumbnail(&header, &asked(Look::Grey)), Err(Refusal::Pixels));
        let many = stripes(1_001, 1_000, ImageFormat::Png);
        assert_eq!(thumbnail(&many, &asked(Look::Grey)), Err(Refusal::Pixels));
        let tight =
            Asked { bounds: Bounds { memory_bytes: 100_000, cpu_seconds: 5 }, ..asked(Look::Grey) };
        let found = thumbnail(&stripes(400, 400, ImageFormat::Png), &tight);
        assert_eq!(found, Err(Refusal::Memory));
        for no_picture in [&b"<svg/>"[..], b"", b"\0\0\0\x18ftypmp42", b"%PDF-1.4"] {
            assert_eq!(thumbnail(no_picture, &asked(Look::Grey)), Err(Refusal::Kind));
        }
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
            })
        })
    }
}
