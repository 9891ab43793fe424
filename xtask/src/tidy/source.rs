//! Reads the tree, and blanks out of Rust code what is no code.
//!
//! Left out: a parser. [`Code`] knows comments, literals and the extent of
//! `#[cfg(test)]` items, which is all that the checks need.

use std::path::Path;

use anyhow::{Context, Result};

use super::read;

/// Bytes beyond which a file is not read as text: it is a finding anyway.
const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// One file of the repository.
#[derive(Debug)]
pub struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Its text, if it is UTF-8.
    pub text: Option<String>,
    /// Its code, if it is Rust.
    pub code: Option<Code>,
}

impl SourceFile {
    /// A file with this text.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let code = path.ends_with(".rs").then(|| Code::new(path, text));
        Self { path: path.to_owned(), size: text.len() as u64, text: Some(text.to_owned()), code }
    }

    /// Whether people wrote it to be read, unlike test data, lock files and licences.
    #[must_use]
    pub fn is_prose_or_code(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        const EXTENSIONS: [&str; 8] = ["rs", "md", "sh", "toml", "c", "h", "py", "sql"];
        const NAMES: [&str; 2] = ["Makefile", "run"];
        (EXTENSIONS.contains(&extension) || NAMES.contains(&name))
            && !self.path.contains("/data/")
            && !self.path.contains("/fixtures/")
    }
}

/// Rust code with comments and literals blanked, so that a word in it is code.
#[derive(Debug)]
pub struct Code {
    /// Same lines and bytes as the file; spaces where a comment or literal was.
    pub masked: String,
    /// For each line, whether it only exists in tests.
    pub test_lines: Vec<bool>,
}

impl Code {
    /// Blanks `text`; a file beneath `tests` or `benches` is test throughout.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let masked = mask(text);
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
        let whole = path.split('/').any(|part| part == "tests" || part == "benches")
            || stem == "tests"
            || stem.ends_with("_tests");
        let mut test_lines = vec![whole; masked.lines().count()];
        for (first, last) in test_items(&masked) {
            test_lines[first..=last].fill(true);
        }
        Self { masked, test_lines }
    }

    /// The lines from 1, each with whether it only exists in tests.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        let lines = self.masked.lines().zip(&self.test_lines).enumerate();
        lines.map(|(index, (line, test))| (index + 1, line, *test))
    }
}

/// Reads every file beneath `root` that git would keep.
///
/// By walking, not by asking git, so that it works in a source archive too.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn read_tree(root: &Path) -> Result<Vec<SourceFile>> {
    let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let ignored: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    let mut folders = vec![String::new()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let place = root.join(&folder);
        let entries = std::fs::read_dir(&place)
            .with_context(|| format!("{} cannot be listed", place.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if is_ignored(&path, &ignored) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if entry.file_type()?.is_file() {
                // Other builds come and go beside us: what vanished needs no check.
                if entry.path().exists() {
                    files.push(read_file(&entry.path(), path)?);
                }
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_file(place: &Path, path: String) -> Result<SourceFile> {
    let size = std::fs::metadata(place)?.len();
    if size > TEXT_BYTES_MAX {
        return Ok(SourceFile { path, size, text: None, code: None });
    }
    Ok(match String::from_utf8(read(place)?) {
        Ok(text) => SourceFile::new(&path, &text),
        Err(_) => SourceFile { path, size, text: None, code: None },
    })
}

/// Understands the forms that our `.gitignore` uses: `/path`, `name/` and `*.end`.
fn is_ignored(path: &str, ignored: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".git"
        || ignored.iter().any(|line| match (line.strip_prefix('/'), line.strip_prefix('*')) {
            (Some(whole), _) => path == whole.trim_end_matches('/'),
            (None, Some(end)) => name.ends_with(end),
            (None, None) => !line.is_empty() && name == line.trim_end_matches('/'),
        })
}

/// Blanks comments and literals, keeping every newline and every byte's place.
fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(bytes, at);
        if end == at {
            at += 1;
            continue;
        }
        let end = end.min(bytes.len());
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment or literal that starts at `at` ends; `at` itself if none does.
fn skipped(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest[0] {
        b'/' if rest.starts_with(b"//") => at + find(rest, b"\n").unwrap_or(rest.len()),
        b'/' if rest.starts_with(b"/*") => at + block_comment(rest),
        b'"' => at + quoted(rest),
        b'\'' => at + character(rest),
        b'r' if at == 0 || !is_word(bytes[at - 1]) || matches!(bytes[at - 1], b'b' | b'c') => {
            at + raw_string(rest)
        }
        _ => at,
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal, or nothing where the quote begins a lifetime.
fn character(rest: &[u8]) -> usize {
    match rest.get(1) {
        Some(b'\\') => {
            rest[2..].iter().skip(1).position(|byte| *byte == b'\'').map_or(0, |n| n + 4)
        }
        Some(first) => {
            let width = match first {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            };
            if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
        }
        None => 0,
    }
}

fn raw_string(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = 2 + hashes;
    find(&rest[body..], &close).map_or(rest.len(), |n| body + n + close.len())
}

/// First and last line, from 0, of each `#[cfg(test)]` item.
fn test_items(masked: &str) -> Vec<(usize, usize)> {
    let mut items = Vec::new();
    let mut from = 0;
    while let Some(found) =
        masked[from..].find("#[cfg(test)]").or_else(|| masked[from..].find("#[cfg(all(test,"))
    {
        let start = from + found;
        let end = item_end(masked.as_bytes(), start + "#[cfg(test)]".len());
        items.push((line_of(masked, start), line_of(masked, end)));
        from = end;
    }
    items
}

/// The byte that ends the item whose attributes end before `from`.
fn item_end(masked: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in masked[from..].iter().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && *byte == b'}' {
                    return from + offset;
                }
            }
            b';' if depth == 0 => return from + offset,
            _ => {}
        }
    }
    masked.len().saturating_sub(1)
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count()
}

/// Whether a byte may stand in an identifier.
#[must_use]
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `word` stands in `line` with no identifier character beside it.
#[must_use]
pub fn has_word(line: &str, word: &str) -> bool {
    let bytes = line.as_bytes();
    let open = |at: usize| bytes.get(at).is_none_or(|byte| !is_word(*byte));
    line.match_indices(word).any(|(at, _)| {
        let first = !is_word(word.as_bytes()[0]) || at == 0 || open(at - 1);
        let end = at + word.len();
        first && (!is_word(bytes[end - 1]) || open(end))
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expect` shows each blanked byte as `.`.
    fn check(text: &str, expect: &str) {
        let shown: String = mask(text)
            .bytes()
            .zip(text.bytes())
            .map(|(now, was)| if now == b' ' && was != b' ' { '.' } else { char::from(now) })
            .collect();
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        check("a // b\nc", "a .. .\nc");
        check("a /* b /* c */ d */ e", "a .. . .. . .. . .. e");
        check(r#"f("xy\"z") + 'z'"#, "f(.......) + ...");
        check(r##"f(r#"x"y"#)"##, "f(........)");
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
        check(r"('\'', '\u{1f}', '\\')", "(...., ........, ....)");
        check("var\"s\" b'x'", "var... b...");
    }

    #[test]
    fn test_items_end_with_their_brace() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n";
        let code = Code::new("crates/x/src/lib.rs", text);
        assert_eq!(code.test_lines, [false, true, true, true, true, false]);
        let code = Code::new("crates/x/src/lib.rs", "#[cfg(test)]\nuse a::b;\nfn c() {}\n");
        assert_eq!(code.test_lines, [true, true, false]);
    }

    #[test]
    fn words_have_edges() {
        assert!(has_word("a rand::b", "rand::"));
        assert!(!has_word("operand::b", "rand::"));
        assert!(has_word("(Instant)", "Instant"));
        assert!(!has_word("Instantly", "Instant"));
    }

    #[test]
    fn ignored_forms_are_understood() {
        let ignored = ["/target", "*.snap.new", "__pycache__/"];
        for path in ["target", "a/b.snap.new", "a/__pycache__", ".git"] {
            assert!(is_ignored(path, &ignored), "{path}");
        }
        assert!(!is_ignored("crates/target", &ignored));
    }
}
