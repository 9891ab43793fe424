//! What a file is, by its first bytes: names and content types are what a sender says.

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// A picture that is not decoded: AVIF, HEIC, BMP, TIFF, JPEG XL.
    OtherPicture,
    /// A video, or what holds one: MP4, QuickTime, Matroska, WebM, AVI, MPEG, FLV, Ogg.
    Video,
    /// Sound: MP3, FLAC, WAV, AAC.
    Audio,
    /// Anything else.
    Unknown,
}

/// Bytes at a place, and what a file that has them is.
const MAGIC: [(usize, &[u8], Kind); 21] = [
    (0, b"\xff\xd8\xff", Kind::Jpeg),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Png),
    (0, b"GIF87a", Kind::Gif),
    (0, b"GIF89a", Kind::Gif),
    (8, b"WEBP", Kind::Webp),
    (8, b"AVI ", Kind::Video),
    (8, b"WAVE", Kind::Audio),
    (0, b"BM", Kind::OtherPicture),
    (0, b"II*\0", Kind::OtherPicture),
    (0, b"MM\0*", Kind::OtherPicture),
    (0, b"\xff\x0a", Kind::OtherPicture),
    (4, b"JXL ", Kind::OtherPicture),
    (0, b"\x1a\x45\xdf\xa3", Kind::Video),
    (0, b"OggS", Kind::Video),
    (0, b"FLV\x01", Kind::Video),
    (0, b"\x00\x00\x01\xba", Kind::Video),
    (0, b"\x00\x00\x01\xb3", Kind::Video),
    (0, b"ID3", Kind::Audio),
    (0, b"fLaC", Kind::Audio),
    (0, b"\xff\xfb", Kind::Audio),
    (0, b"\xff\xf1", Kind::Audio),
];

/// Brands of ISO base media files that are pictures.
const PICTURE_BRANDS: [&[u8]; 6] = [b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"];

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Webp,
        Self::OtherPicture,
        Self::Video,
        Self::Audio,
        Self::Unknown,
    ];

    /// Reads a file's first bytes.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        let at = |place: usize, bytes: &[u8]| {
            head.get(place..).is_some_and(|rest| rest.starts_with(bytes))
        };
        if at(4, b"ftyp") {
            let is_picture = PICTURE_BRANDS.iter().any(|brand| at(8, brand));
            return if is_picture { Self::OtherPicture } else { Self::Video };
        }
        let fits = |(place, bytes, _): &&(usize, &[u8], Self)| {
            at(*place, bytes) && (*place != 8 || at(0, b"RIFF"))
        };
        MAGIC.iter().find(fits).map_or(Self::Unknown, |(_, _, kind)| *kind)
    }

    /// Its media type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::OtherPicture => "image/*",
            Self::Video => "video/*",
            Self::Audio => "audio/*",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// The kind of that media type.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_what_a_file_is() {
        for (head, kind) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Kind::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0", Kind::Png),
            (b"GIF89a", Kind::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Webp),
            (b"RIFF\x10\0\0\0AVI LIST", Kind::Video),
            (b"XXXX\x10\0\0\0WEBPVP8 ", Kind::Unknown),
            (b"\0\0\0\x18ftypmp42", Kind::Video),
            (b"\0\0\0\x18ftypavif", Kind::OtherPicture),
            (b"\x1a\x45\xdf\xa3\x01", Kind::Video),
            (b"<svg xmlns", Kind::Unknown),
            (b"%PDF-1.7", Kind::Unknown),
            (b"", Kind::Unknown),
            (b"\xff", Kind::Unknown),
        ] {
            assert_eq!(Kind::of(head), kind, "{head:?}");
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.as_str()), kind);
        }
    }
}
