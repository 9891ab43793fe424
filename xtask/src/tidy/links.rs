//! Links of the documents: each relative one leads to a file and, if named, a heading.
//!
//! Left out: links to other sites, since no check here uses the network.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::source::SourceFile;

/// Finds links that lead nowhere.
pub fn check(files: &[SourceFile], findings: &mut Vec<Finding>) {
    let by_path: BTreeMap<&str, Option<&str>> =
        files.iter().map(|file| (file.path.as_str(), file.text.as_deref())).collect();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(file.text.as_deref().unwrap_or("")) {
            if let Some(remedy) = broken(&file.path, &target, &by_path) {
                findings.push(Finding {
                    file: file.path.clone(),
                    line,
                    rule: "link",
                    subject: target,
                    remedy,
                });
            }
        }
    }
}

/// What is wrong with a link, if anything is.
fn broken(from: &str, target: &str, files: &BTreeMap<&str, Option<&str>>) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (place, anchor) = target.split_once('#').map_or((target, None), |(a, b)| (a, Some(b)));
    let path = if place.is_empty() { Some(from.to_owned()) } else { resolve(from, place) };
    let Some(path) = path else { return Some("it leaves the repository: link inside it".into()) };
    let prefix = format!("{path}/");
    let is_folder = path.is_empty() || files.keys().any(|other| other.starts_with(&prefix));
    if is_folder {
        return None;
    }
    let Some(text) = files.get(path.as_str()) else {
        return Some(format!("there is no {path}: mend the link"));
    };
    let anchor = anchor.filter(|_| path.ends_with(".md"))?;
    let known = anchors(text.unwrap_or("")).contains(anchor);
    (!known).then(|| format!("{path} has no heading for #{anchor}: mend the link"))
}

/// The path that `place` means in the document `from`; `None` if it is outside.
fn resolve(from: &str, place: &str) -> Option<String> {
    if place.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Targets of links with their lines, outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (line, text) in prose(text) {
        for (at, _) in text.match_indices("](") {
            let rest = &text[at + 2..];
            if let Some(end) = rest.find([')', ' ']) {
                links.push((line, rest[..end].to_owned()));
            }
        }
        // The other form: `[name]: target` alone on a line.
        if let Some((name, target)) = text.strip_prefix('[').and_then(|rest| rest.split_once("]: "))
            && !name.contains('[')
            && let Some(target) = target.split_whitespace().next()
        {
            links.push((line, target.to_owned()));
        }
    }
    links
}

/// Lines outside fenced code, with inline code blanked.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let parts = line.split('`').enumerate();
            let kept = parts.map(|(at, part)| if at % 2 == 0 { part } else { "" });
            lines.push((index + 1, kept.collect()));
        }
    }
    lines
}

/// The anchors that a code host makes of the headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let base = slug(title.trim());
        let mut anchor = base.clone();
        let mut count = 0;
        while !anchors.insert(anchor.clone()) {
            count += 1;
            anchor = format!("{base}-{count}");
        }
    }
    anchors
}

fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_link(target: &str, expect: usize) {
        let page = SourceFile::new("docs/a.md", &format!("# A\n\nSee [it]({target}).\n"));
        let other = SourceFile::new("docs/b/c.md", "# First one\n\n## `Second`, too\n");
        let root = SourceFile::new("README.md", "# Readme\n");
        let mut findings = Vec::new();
        check(&[page, other, root], &mut findings);
        assert_eq!(findings.len(), expect, "{target}: {findings:?}");
    }

    #[test]
    fn live_links_pass() {
        let live = ["b/c.md", "b/c.md#second-too", "../README.md", "#a", "b", "https://x.org/y#z"];
        for target in live {
            check_link(target, 0);
        }
    }

    #[test]
    fn dead_links_are_found() {
        for target in ["b/d.md", "b/c.md#third", "../../README.md", "/README.md", "#b"] {
            check_link(target, 1);
        }
    }

    #[test]
    fn code_is_no_link_and_the_other_form_is_one() {
        assert!(links("`[a](b)`\n```\n[a](b)\n```\n").is_empty());
        assert_eq!(links("[a]: b\n"), [(1, "b".to_owned())]);
    }
}
