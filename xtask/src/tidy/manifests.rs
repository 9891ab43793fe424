//! What the manifests promise: shared lints, shared versions, a reason per dependency.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Finding;
use super::source::SourceFile;

/// Where each dependency has its line.
const REASONS_PATH: &str = "docs/decisions/0001-dependencies.md";

/// Finds dependencies without a reason, and members outside the shared lints or versions.
///
/// # Errors
/// If a manifest is no TOML.
pub fn check(files: &[SourceFile], findings: &mut Vec<Finding>) -> Result<()> {
    let reasons = files.iter().find(|file| file.path == REASONS_PATH);
    let reasons = reasons.and_then(|file| file.text.as_deref()).unwrap_or("");
    for file in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let Some(text) = &file.text else { continue };
        let manifest: Table = text.parse().with_context(|| format!("{} is no TOML", file.path))?;
        if file.path == "Cargo.toml" {
            unexplained(&file.path, text, &manifest, reasons, findings);
        } else if !file.path.starts_with("fuzz/") {
            member(&file.path, text, &manifest, findings);
        }
    }
    Ok(())
}

fn unexplained(
    path: &str,
    text: &str,
    manifest: &Table,
    reasons: &str,
    findings: &mut Vec<Finding>,
) {
    let dependencies = manifest.get("workspace").and_then(|table| table.get("dependencies"));
    for (name, value) in dependencies.and_then(Value::as_table).into_iter().flatten() {
        if value.get("path").is_none() && !reasons.contains(&format!("`{name}`")) {
            let remedy = format!("say in {REASONS_PATH} what it is for and what was rejected");
            findings.push(finding(path, text, name, &remedy));
        }
    }
}

fn member(path: &str, text: &str, manifest: &Table, findings: &mut Vec<Finding>) {
    let shared = |value: Option<&Value>| {
        value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
    };
    if !shared(manifest.get("lints")) {
        findings.push(finding(path, text, "lints", "say `[lints] workspace = true`"));
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (name, value) in manifest.get(section).and_then(Value::as_table).into_iter().flatten() {
            if !shared(Some(value)) {
                let remedy = "name its version in the workspace's Cargo.toml, once for all crates";
                findings.push(finding(path, text, name, remedy));
            }
        }
    }
}

fn finding(path: &str, text: &str, subject: &str, remedy: &str) -> Finding {
    let line = text.lines().position(|line| line.starts_with(subject)).map_or(1, |at| at + 1);
    Finding {
        file: path.into(),
        line,
        rule: "manifest",
        subject: subject.into(),
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<SourceFile> =
            files.iter().map(|(path, text)| SourceFile::new(path, text)).collect();
        let mut findings = Vec::new();
        check(&files, &mut findings).unwrap();
        findings.into_iter().map(|finding| finding.subject).collect()
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let manifest = "[workspace.dependencies]\na = { path = \"a\" }\nb = \"1\"\nc = \"1\"\n";
        let reasons = (REASONS_PATH, "| `b` | why |");
        assert_eq!(found(&[("Cargo.toml", manifest), reasons]), ["c"]);
        assert_eq!(found(&[("Cargo.toml", manifest)]), ["b", "c"]);
    }

    #[test]
    fn a_member_with_its_own_lints_or_versions_is_found() {
        let path = "crates/a/Cargo.toml";
        assert_eq!(found(&[(path, "[package]\nname = \"a\"\n")]), ["lints"]);
        let own = "[dev-dependencies]\nb = \"1\"\nc.workspace = true\n[lints]\nworkspace = true\n";
        assert_eq!(found(&[(path, own)]), ["b"]);
    }
}
