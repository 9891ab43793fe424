//! One word per idea: words that say too little, or that mean two things here.
//!
//! A word counts alone, as a part of an identifier, and in the plural.

use super::Finding;
use super::source::SourceFile;

/// Each word not used, and what to say instead.
const BANNED: [(&str, &str); 10] = [
    ("user", "say account, reviewer, platform or operator"),
    ("flag", "say what it means: an option, a signal, a mark"),
    ("blacklist", "say which list: hash bank, terms, policy"),
    ("toxic", "name what was observed"),
    ("manager", "name what it does"),
    ("handler", "name what it answers"),
    ("helper", "name what it does"),
    ("util", "name what it holds"),
    ("common", "say shared, or name what it holds"),
    ("misc", "name what it holds"),
];

/// Names of other people's crates, libraries and features of theirs, which are not ours to choose.
const FOREIGN: [&str; 15] = [
    "hyper-util",
    "hyper_util",
    "http-body-util",
    "http_body_util",
    "futures-util",
    "futures_util",
    "io-util",
    "features = [\"util\"]",
    // The standard libraries of Python, Node and Go.
    "BaseHTTPRequestHandler",
    "node:util",
    "\"flag\"",
    "flag.String",
    "flag.Parse",
    "http.Server{Handler",
    // A target of systemd.
    "multi-user.target",
];

/// Finds banned words in the lines of a file.
pub fn banned(path: &str, text: &str, findings: &mut Vec<Finding>) {
    for (index, line) in text.lines().enumerate() {
        let ours = FOREIGN.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
        find_in(path, index + 1, &ours, findings);
    }
}

/// Finds banned words in a file's own path.
pub fn file_name(file: &SourceFile, findings: &mut Vec<Finding>) {
    find_in(&file.path, 1, &file.path, findings);
}

fn find_in(path: &str, line: usize, text: &str, findings: &mut Vec<Finding>) {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    for word in words.filter(|word| word.len() >= 4) {
        for part in parts(word) {
            let Some(remedy) = banned_part(&part) else { continue };
            findings.push(Finding {
                file: path.to_owned(),
                line,
                rule: "word",
                subject: word.to_owned(),
                remedy: remedy.to_owned(),
            });
        }
    }
}

fn banned_part(part: &str) -> Option<&'static str> {
    let single = part.strip_suffix('s').unwrap_or(part);
    BANNED.iter().find(|(word, _)| *word == part || *word == single).map(|(_, remedy)| *remedy)
}

/// The lower-case parts of an identifier: `HTTPServer_v2` is http, server, v2.
fn parts(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let mut parts = vec![String::new()];
    for (index, c) in chars.iter().enumerate() {
        let previous = index.checked_sub(1).map(|at| chars[at]);
        let next = chars.get(index + 1);
        let begins = c.is_uppercase()
            && (previous.is_some_and(char::is_lowercase)
                || (previous.is_some_and(char::is_uppercase)
                    && next.is_some_and(|next| next.is_lowercase())));
        if *c == '_' || begins {
            parts.push(String::new());
        }
        if *c != '_'
            && let Some(last) = parts.last_mut()
        {
            last.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let mut findings = Vec::new();
        banned("a.rs", text, &mut findings);
        let found: Vec<&str> = findings.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn banned_words_are_found_in_every_spelling() {
        check("the user is", &["user"]);
        check("let user_id = Users::new();", &["user_id", "Users"]);
        check("struct HTTPHandler;", &["HTTPHandler"]);
        check("mod utils;", &["utils"]);
        check("BLACKLIST", &["BLACKLIST"]);
        check("OpenFlags", &["OpenFlags"]);
    }

    #[test]
    fn words_that_only_contain_one_pass() {
        check("use hyper_util::rt::TokioIo;", &[]);
        check("utility, uncommonly, flagship, reuse, useragent", &[]);
    }

    #[test]
    fn file_names_are_read_too() {
        let mut findings = Vec::new();
        file_name(&SourceFile::new("crates/x/src/helpers.rs", ""), &mut findings);
        assert_eq!(findings.len(), 1);
    }
}
