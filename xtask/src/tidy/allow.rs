//! The exceptions to the house rules: rule, path pattern, subject, reason.
//!
//! One a line, the first three without spaces. `*` in a path stands for anything but
//! `/`, `**` for anything; as a subject, `*` stands for every one.

use std::cell::Cell;

use anyhow::{Result, bail};

use super::{ALLOW_PATH, Finding};

/// The exceptions, each knowing whether a finding needed it.
#[derive(Debug)]
pub struct AllowList {
    exceptions: Vec<Exception>,
}

#[derive(Debug)]
struct Exception {
    line: usize,
    rule: String,
    path: String,
    subject: String,
    used: Cell<bool>,
}

impl AllowList {
    /// Reads the list; empty lines and `#` lines are passed over.
    ///
    /// # Errors
    /// If a line has no reason.
    pub fn parse(text: &str) -> Result<Self> {
        let mut exceptions = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split_whitespace();
            let (Some(rule), Some(path), Some(subject), Some(_reason)) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                bail!("{ALLOW_PATH}:{}: rule, path, subject and reason are needed", index + 1);
            };
            exceptions.push(Exception {
                line: index + 1,
                rule: rule.into(),
                path: path.into(),
                subject: subject.into(),
                used: Cell::new(false),
            });
        }
        Ok(Self { exceptions })
    }

    /// Drops what is excepted, and adds a finding for each exception that was not needed.
    #[must_use]
    pub fn filter(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut left: Vec<Finding> =
            findings.into_iter().filter(|finding| !self.allows(finding)).collect();
        for exception in self.exceptions.iter().filter(|exception| !exception.used.get()) {
            left.push(Finding {
                file: ALLOW_PATH.into(),
                line: exception.line,
                rule: "stale-exception",
                subject: exception.subject.clone(),
                remedy: "nothing needs this exception any more: delete the line".into(),
            });
        }
        left
    }

    fn allows(&self, finding: &Finding) -> bool {
        let mut allowed = false;
        for exception in &self.exceptions {
            if exception.rule == finding.rule
                && (exception.subject == "*" || exception.subject == finding.subject)
                && matches(&exception.path, &finding.file)
            {
                exception.used.set(true);
                allowed = true;
            }
        }
        allowed
    }
}

/// Whether a path fits a pattern of `*` and `**`.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        return (0..=path.len()).any(|at| path.get(at..).is_some_and(|tail| matches(rest, tail)));
    }
    match (pattern.chars().next(), path.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let segment = path.find('/').unwrap_or(path.len());
            (0..=segment).any(|at| path.get(at..).is_some_and(|tail| matches(&pattern[1..], tail)))
        }
        (Some(a), Some(b)) if a == b => matches(&pattern[a.len_utf8()..], &path[b.len_utf8()..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(file: &str, subject: &str) -> Finding {
        Finding {
            file: file.into(),
            line: 1,
            rule: "word",
            subject: subject.into(),
            remedy: String::new(),
        }
    }

    #[test]
    fn patterns_know_segments() {
        assert!(matches("crates/*/src/lib.rs", "crates/a/src/lib.rs"));
        assert!(!matches("crates/*/lib.rs", "crates/a/src/lib.rs"));
        assert!(matches("crates/**", "crates/a/src/lib.rs"));
        assert!(matches("**/wire*.rs", "crates/event/src/wire_csv.rs"));
        assert!(!matches("crates/**", "xtask/src/lib.rs"));
    }

    #[test]
    fn an_exception_allows_only_what_it_names() {
        let list = AllowList::parse("word crates/** Name because it is foreign\n").unwrap();
        let kept = list.filter(vec![finding("crates/a", "Name"), finding("crates/a", "Other")]);
        assert_eq!(kept, [finding("crates/a", "Other")]);
    }

    #[test]
    fn an_exception_nobody_needs_is_a_finding() {
        let list = AllowList::parse("# why\nword crates/** Name because it is foreign\n").unwrap();
        let left = list.filter(Vec::new());
        assert_eq!((left[0].rule, left[0].line), ("stale-exception", 2));
    }

    #[test]
    fn an_exception_needs_a_reason() {
        assert!(AllowList::parse("word crates/** Name\n").is_err());
    }
}
