//! `cargo xtask tidy | lint | ci | bench`: see the library for what each does.

use std::process::ExitCode;

use anyhow::Result;

const USAGE: &str = "usage: cargo xtask <command>

  tidy   check the house rules that no compiler checks
  lint   check format, lints and house rules
  ci     run every check and test, stopping at the first failure
  bench  run the benchmarks";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = xtask::tidy::workspace_root();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => xtask::ci::tidy(&root),
        ["lint"] => xtask::ci::run(&root, &xtask::ci::lint_steps()),
        ["ci"] => xtask::ci::run(&root, &xtask::ci::all_steps()),
        ["bench"] => xtask::ci::run(&root, &xtask::ci::bench_steps()),
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}
