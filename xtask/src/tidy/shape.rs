//! How a file looks: its header, length, size, and what never stands in one.

use super::Finding;
use super::source::{Code, SourceFile, has_word, is_word};

/// Lines a file may have before its tests.
const LINES_MAX: usize = 500;

/// Bytes a file may have.
const BYTES_MAX: u64 = 512 * 1024;

/// Words that mean the work is not done. Put together here, so that they are not found here.
const UNFINISHED: [&str; 3] = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];

/// Beginnings of paths that exist on one machine only, or that leave the repository.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("../sha", "red")];

fn finding(path: &str, line: usize, rule: &'static str, subject: &str, remedy: &str) -> Finding {
    Finding { file: path.into(), line, rule, subject: subject.into(), remedy: remedy.into() }
}

/// Every Rust file opens with `//!`.
pub fn header(path: &str, text: &str, findings: &mut Vec<Finding>) {
    if !text.starts_with("//! ") {
        let remedy = "open the file with `//!`: what it does, and what it leaves out";
        findings.push(finding(path, 1, "header", "//!", remedy));
    }
}

/// A file has at most 500 lines before its tests.
pub fn length(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    let lines: Vec<&str> = code.masked.lines().collect();
    let tests = lines.iter().enumerate().position(|(index, line)| {
        line.starts_with("#[cfg(test)]")
            && lines[index + 1..].iter().take(3).any(|next| next.trim_start().starts_with("mod "))
    });
    let length = tests.unwrap_or(lines.len());
    if length > LINES_MAX {
        let remedy = format!("{length} lines before the tests, {LINES_MAX} are allowed: split it");
        findings.push(finding(path, LINES_MAX + 1, "length", "file", &remedy));
    }
}

/// No file is large, since every clone carries it forever.
pub fn size(file: &SourceFile, findings: &mut Vec<Finding>) {
    if file.size > BYTES_MAX {
        let remedy = format!("{} bytes, {BYTES_MAX} are allowed: generate or shrink it", file.size);
        findings.push(finding(&file.path, 1, "size", "file", &remedy));
    }
}

/// No word that says the work is not done.
pub fn unfinished(path: &str, text: &str, findings: &mut Vec<Finding>) {
    for (index, line) in text.lines().enumerate() {
        for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
            let remedy = "finish it, or say in a sentence what is absent";
            findings.push(finding(path, index + 1, "unfinished", word, remedy));
        }
    }
}

/// No path of one machine, and none that leaves the repository for a neighbour.
pub fn machine_paths(path: &str, text: &str, findings: &mut Vec<Finding>) {
    for (index, line) in text.lines().enumerate() {
        for start in MACHINE_PATHS {
            // Part of a longer path or of an address is something else.
            let alone = line.match_indices(start).any(|(at, _)| {
                at == 0 || {
                    let before = line.as_bytes()[at - 1];
                    !is_word(before) && !matches!(before, b'.' | b'-' | b'}')
                }
            });
            if alone {
                let remedy = "the repository stands alone: use a relative or temporary path";
                findings.push(finding(path, index + 1, "machine-path", start, remedy));
            }
        }
    }
}

/// A lint is expected with a reason, never just allowed.
pub fn allow_attributes(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    for (line, text, _) in code.lines() {
        let tight: String = text.split_whitespace().collect();
        let conditional = tight.contains("cfg_attr(") && has_word(&tight, "allow(");
        if conditional || tight.contains("#[allow(") || tight.contains("#![allow(") {
            let remedy = "say `#[expect(lint, reason = \"…\")]`, which fails once it is needless";
            findings.push(finding(path, line, "allow", "#[allow]", remedy));
        }
    }
}

/// No test is switched off.
pub fn ignored_tests(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    for (line, text, _) in code.lines() {
        if text.contains("#[ignore") {
            let remedy = "mend the test or delete it; a long one takes its rounds from a variable";
            findings.push(finding(path, line, "ignored-test", "#[ignore]", remedy));
        }
    }
}

/// No test sleeps: it waits for what it waits for.
pub fn sleeping_tests(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    for (line, text, test) in code.lines() {
        if test && has_word(text, "sleep(") {
            let remedy = "wait for the event itself: a channel, an exit, a line of output";
            findings.push(finding(path, line, "sleep", "sleep", remedy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: fn(&str, &Code, &mut Vec<Finding>), path: &str, text: &str) -> Vec<usize> {
        let mut findings = Vec::new();
        check(path, &Code::new(path, text), &mut findings);
        findings.iter().map(|finding| finding.line).collect()
    }

    fn found_in_text(check: fn(&str, &str, &mut Vec<Finding>), text: &str) -> Vec<usize> {
        let mut findings = Vec::new();
        check("a.rs", text, &mut findings);
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert_eq!(found_in_text(header, "fn main() {}\n"), [1]);
        assert!(found_in_text(header, "//! Does it.\n").is_empty());
    }

    #[test]
    fn a_long_file_is_found_and_tests_do_not_count() {
        let long = "fn f() {}\n".repeat(LINES_MAX + 1);
        assert_eq!(found(length, "src/lib.rs", &long), [LINES_MAX + 1]);
        let tested = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert!(found(length, "src/lib.rs", &tested).is_empty());
    }

    #[test]
    fn a_large_file_is_found() {
        let mut findings = Vec::new();
        let mut file = SourceFile::new("a.bin", "");
        size(&file, &mut findings);
        assert!(findings.is_empty());
        file.size = BYTES_MAX + 1;
        size(&file, &mut findings);
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn unfinished_work_is_found() {
        for word in UNFINISHED {
            assert_eq!(found_in_text(unfinished, &format!("a\n// {word}: b\n")), [2], "{word}");
        }
        assert!(found_in_text(unfinished, "mktemp -d /tmp/a.XXXXXX\n").is_empty());
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for start in MACHINE_PATHS {
            assert_eq!(found_in_text(machine_paths, &format!("see `{start}a`")), [1], "{start}");
        }
        let address = format!("https://example.org{}a", MACHINE_PATHS[1]);
        assert!(found_in_text(machine_paths, &address).is_empty());
    }

    #[test]
    fn allowed_lints_are_found() {
        let path = "src/lib.rs";
        assert_eq!(found(allow_attributes, path, "#[allow(dead_code)]\nfn f() {}\n"), [1]);
        assert_eq!(found(allow_attributes, path, "#![allow( dead_code)]\n"), [1]);
        assert_eq!(found(allow_attributes, path, "#[cfg_attr(a, allow(b))]\n"), [1]);
        assert!(
            found(allow_attributes, path, "#[expect(a, reason = \"#[allow(b)]\")]\n").is_empty()
        );
    }

    #[test]
    fn ignored_tests_are_found() {
        assert_eq!(found(ignored_tests, "src/lib.rs", "#[test]\n#[ignore = \"slow\"]\n"), [2]);
    }

    #[test]
    fn sleeping_tests_are_found_and_sleeping_code_is_not() {
        let text =
            "fn f() { sleep(A); }\n#[cfg(test)]\nmod tests {\n fn g() { thread::sleep(A); }\n}\n";
        assert_eq!(found(sleeping_tests, "src/lib.rs", text), [4]);
        assert_eq!(found(sleeping_tests, "tests/a.rs", "fn g() { sleep(A); }\n"), [1]);
    }
}
