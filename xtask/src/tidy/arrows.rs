//! The arrows between crates: a star, so that no stage can lean on another.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Finding;

/// The stages: each imports only `model` and `index`.
const STAGES: [&str; 13] = [
    "event", "text", "media", "link", "wave", "rule", "decision", "review", "action", "comply",
    "counter", "exchange", "measure",
];

/// Whether a crate is without I/O, clock, chance and environment.
#[must_use]
pub fn is_pure(name: &str) -> bool {
    matches!(name, "model" | "index" | "pipeline") || STAGES.contains(&name)
}

/// Asks cargo for the members of the workspace and what they import.
///
/// # Errors
/// If cargo cannot be run or refuses.
pub fn metadata(root: &Path) -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cargo metadata could not be started")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")
}

/// Finds each import that the star does not have, and each crate it does not know.
///
/// Development dependencies are free: a test may compose what the product must not.
///
/// # Errors
/// If the metadata lacks what cargo promises.
pub fn check(metadata: &Value, findings: &mut Vec<Finding>) -> Result<()> {
    let packages = metadata["packages"].as_array().context("metadata has no packages")?;
    for package in packages {
        let name = short_name(&package["name"]).context("a package has no name")?;
        let file = manifest_path(metadata, package);
        if !is_known(name) {
            findings.push(finding(
                &file,
                name,
                "unknown crate: give it a place in xtask/src/tidy/arrows.rs and ARCHITECTURE.md",
            ));
            continue;
        }
        let dependencies = package["dependencies"].as_array().context("no dependencies")?;
        for dependency in dependencies {
            let inside = dependency["path"].is_string();
            let kept = dependency["kind"].as_str() != Some("dev");
            let Some(target) = short_name(&dependency["name"]) else { continue };
            if inside && kept && !may_import(name, target) {
                let remedy = format!("{name} must not import {target}: see ARCHITECTURE.md");
                findings.push(finding(&file, target, &remedy));
            }
        }
    }
    Ok(())
}

fn is_known(name: &str) -> bool {
    is_pure(name) || matches!(name, "store" | "sim" | "server" | "xtask")
}

fn may_import(from: &str, to: &str) -> bool {
    match from {
        "pipeline" => matches!(to, "model" | "index") || STAGES.contains(&to),
        "store" | "sim" => to == "model",
        "server" => !matches!(to, "server" | "xtask"),
        stage if STAGES.contains(&stage) => matches!(to, "model" | "index"),
        _ => false,
    }
}

fn short_name(name: &Value) -> Option<&str> {
    name.as_str().map(|name| name.strip_prefix("seawall-").unwrap_or(name))
}

fn manifest_path(metadata: &Value, package: &Value) -> String {
    let path = package["manifest_path"].as_str().unwrap_or("Cargo.toml");
    let root = metadata["workspace_root"].as_str().unwrap_or("");
    path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_owned()
}

fn finding(file: &str, subject: &str, remedy: &str) -> Finding {
    Finding {
        file: file.into(),
        line: 1,
        rule: "arrow",
        subject: subject.into(),
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(from: &str, to: &str, kind: Value) -> usize {
        let metadata = serde_json::json!({
            "workspace_root": "/w",
            "packages": [{
                "name": from,
                "manifest_path": "/w/crates/a/Cargo.toml",
                "dependencies": [
                    { "name": to, "path": "/w/crates/b", "kind": kind },
                    { "name": "serde", "kind": null },
                ],
            }],
        });
        let mut findings = Vec::new();
        check(&metadata, &mut findings).unwrap();
        assert!(findings.iter().all(|finding| finding.file == "crates/a/Cargo.toml"));
        findings.len()
    }

    #[test]
    fn arrows_that_the_star_lacks_are_found() {
        for (from, to) in [
            ("seawall-text", "seawall-event"),
            ("seawall-model", "seawall-index"),
            ("seawall-index", "seawall-model"),
            ("seawall-pipeline", "seawall-store"),
            ("seawall-store", "seawall-pipeline"),
            ("seawall-sim", "seawall-wave"),
            ("seawall-store", "seawall-server"),
            ("xtask", "seawall-model"),
        ] {
            assert_eq!(found(from, to, Value::Null), 1, "{from} {to}");
            assert_eq!(found(from, to, "build".into()), 1, "{from} {to}");
        }
    }

    #[test]
    fn arrows_of_the_star_pass() {
        for (from, to) in [
            ("seawall-text", "seawall-model"),
            ("seawall-link", "seawall-index"),
            ("seawall-pipeline", "seawall-wave"),
            ("seawall-store", "seawall-model"),
            ("seawall-server", "seawall-pipeline"),
        ] {
            assert_eq!(found(from, to, Value::Null), 0, "{from} {to}");
        }
        assert_eq!(found("seawall-text", "seawall-event", "dev".into()), 0);
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(found("seawall-extras", "seawall-model", Value::Null), 1);
    }
}
