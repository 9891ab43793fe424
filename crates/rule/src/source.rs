//! The files of a rule set, and where in them something stands.
//!
//! Leaves out reading a disk: the caller hands in paths and texts.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::limits::{FILE_BYTES_MAX, FILES_MAX, SOURCES_BYTES_MAX};

/// Where evaluation begins.
pub const ENTRY: &str = "main.sml";

/// The files of one rule set: `*.sml`, `config.yaml` and `config/*.yaml`, by path.
///
/// Paths are relative to the rule set's folder, with `/`. Other files are refused, so that
/// a misspelt name is not a silent gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<Box<str>, Box<str>>,
    bytes: usize,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one file.
    ///
    /// # Errors
    /// [`SourceError`] if the path is none of a rule set, stands twice, or a limit is
    /// exceeded; nothing is added then.
    pub fn insert(&mut self, path: &str, text: &str) -> Result<(), SourceError> {
        let named = |make: fn(Box<str>) -> SourceError| make(path.into());
        if !is_rules(path) && !is_config(path) {
            return Err(named(SourceError::NotOfARuleSet));
        }
        if self.files.contains_key(path) {
            return Err(named(SourceError::Twice));
        }
        if text.len() > FILE_BYTES_MAX {
            return Err(named(SourceError::FileTooLarge));
        }
        if self.files.len() >= FILES_MAX || self.bytes + text.len() > SOURCES_BYTES_MAX {
            return Err(SourceError::TooMany);
        }
        self.bytes += text.len();
        self.files.insert(path.into(), text.into());
        Ok(())
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(AsRef::as_ref)
    }

    /// Every file, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_ref(), text.as_ref()))
    }

    /// Files of rules, by path.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(path, _)| is_rules(path))
    }

    /// Files of configuration, by path.
    pub(crate) fn configs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(path, _)| is_config(path))
    }

    /// SHA-256 over every path and text with their lengths: the rule set's stable name.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (path, text) in self.iter() {
            for part in [path, text] {
                hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finalize().into()
    }
}

fn is_rules(path: &str) -> bool {
    let clean = !path.starts_with('/') && !path.contains('\\') && !path.contains("..");
    clean && path.len() > 4 && path.ends_with(".sml")
}

fn is_config(path: &str) -> bool {
    let inner = path.strip_prefix("config/").and_then(|rest| rest.strip_suffix(".yaml"));
    path == "config.yaml" || inner.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// Why a file was not added to [`Sources`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Neither rules nor configuration.
    #[error("`{0}` is neither `*.sml` nor `config.yaml` nor `config/*.yaml`")]
    NotOfARuleSet(Box<str>),
    /// The path was added before.
    #[error("`{0}` stands twice")]
    Twice(Box<str>),
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("`{0}` has more than {FILE_BYTES_MAX} bytes")]
    FileTooLarge(Box<str>),
    /// More than [`FILES_MAX`] files or [`SOURCES_BYTES_MAX`] bytes.
    #[error("more than {FILES_MAX} files or {SOURCES_BYTES_MAX} bytes")]
    TooMany,
}

/// A stretch of one file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) start: u32,
    /// Byte after the last.
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start) }
    }

    /// From the start of this to the end of `last`.
    pub(crate) fn to(self, last: Self) -> Self {
        Self::new(self.start, last.end)
    }
}

/// A place as people count: lines from 1, columns from 0 in bytes of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Bytes of UTF-8 before it in its line.
    pub column: u32,
}

/// Where the lines of one text begin.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// Finds the lines; `\n`, `\r\n` and `\r` each end one.
    pub(crate) fn of(text: &str) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts }
    }

    /// The first byte of a line, counted from 1; the last line's beyond the end.
    pub(crate) fn start(&self, line: u32) -> u32 {
        let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        self.starts.get(index).or(self.starts.last()).copied().unwrap_or(0)
    }

    /// Line and column of a byte.
    pub(crate) fn place(&self, at: u32) -> Place {
        let index = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
        Place { line, column: at.saturating_sub(start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_a_rule_set_are_taken() {
        let mut sources = Sources::new();
        for path in ["main.sml", "models/post.sml", "config.yaml", "config/labels.yaml"] {
            sources.insert(path, "").unwrap();
        }
        for path in ["/a.sml", "../a.sml", "a.txt", ".sml", "config/a/b.yaml", "other.yaml"] {
            assert_eq!(sources.insert(path, ""), Err(SourceError::NotOfARuleSet(path.into())));
        }
        assert_eq!(sources.insert("main.sml", "A = 1"), Err(SourceError::Twice("main.sml".into())));
        let long = " ".repeat(FILE_BYTES_MAX + 1);
        assert_eq!(sources.insert("b.sml", &long), Err(SourceError::FileTooLarge("b.sml".into())));
    }

    #[test]
    fn the_digest_is_of_paths_and_texts() {
        let digest = |files: &[(&str, &str)]| {
            let mut sources = Sources::new();
            for (path, text) in files {
                sources.insert(path, text).unwrap();
            }
            sources.digest()
        };
        let one = digest(&[("main.sml", "A"), ("b.sml", "B")]);
        assert_eq!(one, digest(&[("b.sml", "B"), ("main.sml", "A")]));
        assert_ne!(one, digest(&[("main.sml", "A"), ("b.sml", "C")]));
        assert_ne!(one, digest(&[("main.sml", "A"), ("c.sml", "B")]));
    }

    #[test]
    fn lines_end_in_three_ways() {
        let lines = Lines::of("a\r\nbé\rc\nd");
        let place = |at| {
            let place = lines.place(at);
            (place.line, place.column)
        };
        assert_eq!(place(0), (1, 0));
        assert_eq!(place(3), (2, 0));
        assert_eq!(place(6), (2, 3));
        assert_eq!(place(7), (3, 0));
        assert_eq!(place(9), (4, 0));
    }
}
