//! Runs the checks in order, prints each with its time, and stops at the first failure.
//!
//! The order is by price: what fails in seconds comes before what takes minutes.
//! Left out: caching and parallel steps; cargo does both better.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result};

/// One check: a cargo command, or tidy.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it is called in the output.
    name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// `cargo` with these arguments and one optional variable.
    Cargo { arguments: &'static [&'static str], variable: Option<(&'static str, &'static str)> },
    /// A script of the repository.
    Script(&'static str),
    /// The house rules, in this process.
    Tidy,
}

enum Outcome {
    Passed,
    /// What to run to see it alone.
    Failed(String),
}

const FORMAT: Step = cargo("format", &["fmt", "--all", "--check"]);
const CLIPPY: Step = cargo(
    "clippy",
    &["clippy", "--locked", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
);
const TIDY: Step = Step { name: "tidy", kind: Kind::Tidy };
const TESTS: Step = cargo("tests", &["nextest", "run", "--locked", "--workspace"]);
const DOC_TESTS: Step =
    cargo("doc tests", &["test", "--locked", "--quiet", "--doc", "--workspace"]);
const DOCS: Step = Step {
    name: "docs",
    kind: Kind::Cargo {
        arguments: &["doc", "--locked", "--quiet", "--no-deps", "--workspace"],
        variable: Some(("RUSTDOCFLAGS", "-D warnings")),
    },
};
const DENY: Step = cargo("deny", &["deny", "--locked", "check", "bans", "licenses", "sources"]);
const BENCH: Step =
    cargo("bench", &["bench", "--locked", "--package", "seawall-server", "--bench", "throughput"]);
const RECOGNITION: Step = cargo(
    "recognition",
    &["bench", "--locked", "--package", "seawall-server", "--bench", "recognition"],
);
const SIMULATOR: Step = cargo(
    "simulator",
    &["bench", "--locked", "--package", "seawall-server", "--bench", "simulator"],
);
const SERVE: Step =
    cargo("serve", &["bench", "--locked", "--package", "seawall-server", "--bench", "serve"]);
const TERMS: Step =
    cargo("terms", &["bench", "--locked", "--package", "seawall-text", "--bench", "terms"]);
const SCAN: Step =
    cargo("scan", &["bench", "--locked", "--package", "seawall-media", "--bench", "scan"]);
const BASELINES: Step = Step { name: "baselines", kind: Kind::Script("scripts/baselines/run.sh") };

const fn cargo(name: &'static str, arguments: &'static [&'static str]) -> Step {
    Step { name, kind: Kind::Cargo { arguments, variable: None } }
}

/// What can be checked without running a test.
#[must_use]
pub fn lint_steps() -> Vec<Step> {
    vec![FORMAT, CLIPPY, TIDY]
}

/// Every check and test.
#[must_use]
pub fn all_steps() -> Vec<Step> {
    vec![FORMAT, TIDY, DENY, CLIPPY, TESTS, DOC_TESTS, DOCS]
}

/// The benchmarks.
#[must_use]
pub fn bench_steps() -> Vec<Step> {
    vec![TERMS, SCAN, BENCH, RECOGNITION, SERVE, SIMULATOR, BASELINES]
}

/// Runs the steps in order and stops at the first that fails.
///
/// # Errors
/// If cargo cannot be started, or the workspace cannot be read.
#[expect(clippy::disallowed_methods, reason = "a chore may time itself; nothing here ships")]
pub fn run(root: &Path, steps: &[Step]) -> Result<ExitCode> {
    let whole = Instant::now();
    for step in steps {
        eprintln!("== {}", step.name);
        let begun = Instant::now();
        let outcome = step.run(root)?;
        let seconds = begun.elapsed().as_secs_f64();
        match outcome {
            Outcome::Passed => eprintln!("== {}: passed in {seconds:.1} s", step.name),
            Outcome::Failed(see) => {
                eprintln!("== {}: FAILED after {seconds:.1} s", step.name);
                eprintln!("== to see it alone: {see}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    eprintln!("== all passed in {:.1} s", whole.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

/// Prints every finding of the house rules.
///
/// # Errors
/// If the workspace cannot be read.
pub fn tidy(root: &Path) -> Result<ExitCode> {
    let count = print_findings(root)?;
    Ok(if count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_findings(root: &Path) -> Result<usize> {
    let findings = crate::tidy::run(root)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        eprintln!("tidy: {} findings", findings.len());
    }
    Ok(findings.len())
}

impl Step {
    fn run(self, root: &Path) -> Result<Outcome> {
        match self.kind {
            Kind::Tidy if print_findings(root)? == 0 => Ok(Outcome::Passed),
            Kind::Tidy => Ok(Outcome::Failed("cargo xtask tidy".into())),
            Kind::Cargo { arguments, variable } => run_cargo(root, arguments, variable),
            Kind::Script(path) => run_script(root, path),
        }
    }
}

/// The cargo that runs this chore, so that a toolchain override holds for its steps.
fn cargo_command(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn run_script(root: &Path, path: &str) -> Result<Outcome> {
    let status = Command::new(root.join(path))
        .current_dir(root)
        .status()
        .with_context(|| format!("{path} could not be started"))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed(path.to_owned()) })
}

fn run_cargo(root: &Path, arguments: &[&str], variable: Option<(&str, &str)>) -> Result<Outcome> {
    let mut command = cargo_command(root);
    command.args(arguments);
    let mut see = format!("cargo {}", arguments.join(" "));
    if let Some((name, value)) = variable {
        command.env(name, value);
        see = format!("{name}='{value}' {see}");
    }
    let status = command.status().with_context(|| format!("{see} could not be started"))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed(see) })
}
