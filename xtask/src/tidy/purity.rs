//! What must not reach the pure middle: effects, and promises about written forms.

use super::Finding;
use super::arrows::is_pure;
use super::source::{Code, has_word};

/// What a pure crate must not name, and where it belongs.
const EFFECTS: [&str; 16] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "std::io::stdin",
    "SystemTime",
    "Instant",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "rand::",
    "getrandom",
    "tokio",
    "async fn",
];

/// Modules of `std` that a grouped import must not bring in either.
const STD_MODULES: [&str; 5] = ["fs", "net", "env", "thread", "process"];

/// Beginnings of the paths where a written form may be derived.
const WRITTEN_FORMS: [&str; 7] = [
    "crates/event/src/wire.rs",
    "crates/event/src/wire/",
    "crates/event/src/wire_",
    "crates/model/src/journal",
    "crates/server/src/http/",
    "crates/server/src/config",
    "crates/server/src/desk/view",
];

/// No clock, disk, network, thread, environment or chance in the pure crates.
pub fn effects(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    let pure = path
        .strip_prefix("crates/")
        .and_then(|rest| rest.split_once("/src/"))
        .is_some_and(|(name, _)| is_pure(name));
    if !pure {
        return;
    }
    for (line, text, test) in code.lines().filter(|(_, _, test)| !test) {
        debug_assert!(!test);
        for effect in EFFECTS.iter().filter(|effect| has_word(text, effect)) {
            findings.push(finding(path, line, effect));
        }
    }
    grouped_imports(path, code, findings);
}

fn finding(path: &str, line: usize, effect: &str) -> Finding {
    Finding {
        file: path.into(),
        line,
        rule: "effect",
        subject: effect.into(),
        remedy: "model, stages and pipeline are pure: time comes as `now`, the rest from server"
            .into(),
    }
}

/// Finds `use std::{fs, …}`, over several lines too.
fn grouped_imports(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    for (at, opening) in code.masked.match_indices("std::{") {
        let line = code.masked[..at].matches('\n').count();
        if code.test_lines.get(line) == Some(&true) {
            continue;
        }
        let mut depth = 1_usize;
        let mut names = String::new();
        for c in code.masked[at + opening.len()..].chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                c if depth == 1 => names.push(c),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        for module in names.split(',').map(|name| name.trim().split("::").next().unwrap_or("")) {
            if STD_MODULES.contains(&module) {
                findings.push(finding(path, line + 1, &format!("std::{module}")));
            }
        }
    }
}

/// serde derives live at borders only, since a derived form is a promise to its readers.
pub fn serde_derives(path: &str, code: &Code, findings: &mut Vec<Finding>) {
    if !path.starts_with("crates/") || WRITTEN_FORMS.iter().any(|start| path.starts_with(start)) {
        return;
    }
    for (at, _) in code.masked.match_indices("derive(") {
        let line = code.masked[..at].matches('\n').count();
        let list = code.masked[at..].split(')').next().unwrap_or("");
        let test = code.test_lines.get(line) == Some(&true);
        for name in ["Serialize", "Deserialize"].iter().filter(|name| has_word(list, name)) {
            if !test {
                findings.push(Finding {
                    file: path.into(),
                    line: line + 1,
                    rule: "serde",
                    subject: (*name).into(),
                    remedy: "convert by hand; derives live in event::wire, model::journal and \
                             server::{http,config,desk::view}"
                        .into(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(check: fn(&str, &Code, &mut Vec<Finding>), path: &str, text: &str, expect: &[&str]) {
        let mut findings = Vec::new();
        check(path, &Code::new(path, text), &mut findings);
        let found: Vec<&str> = findings.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn every_effect_is_found_in_a_pure_crate() {
        for effect in EFFECTS {
            check(effects, "crates/text/src/lib.rs", &format!("x({effect}(1))"), &[effect]);
        }
        check(effects, "crates/model/src/a.rs", "use std::{collections::{A}, fs};", &["std::fs"]);
        check(effects, "crates/model/src/a.rs", "use std::{\n  env::var,\n};", &["std::env"]);
    }

    #[test]
    fn effects_are_free_in_the_shell_in_tests_and_in_words() {
        check(effects, "crates/server/src/lib.rs", "std::fs::read(a)", &[]);
        check(effects, "crates/text/tests/a.rs", "std::fs::read(a)", &[]);
        check(effects, "crates/text/build.rs", "std::env::var(a)", &[]);
        check(effects, "crates/text/src/lib.rs", "#[cfg(test)]\nmod tests { use std::fs; }", &[]);
        check(effects, "crates/text/src/lib.rs", "// std::fs\nrand_chacha::new(\"tokio\")", &[]);
    }

    #[test]
    fn derived_forms_are_found_outside_borders() {
        let text = "#[derive(\n    Clone,\n    Serialize,\n)]\nstruct A;";
        check(serde_derives, "crates/store/src/lib.rs", text, &["Serialize"]);
        check(
            serde_derives,
            "crates/model/src/event.rs",
            "#[derive(serde::Deserialize)]",
            &["Deserialize"],
        );
        check(serde_derives, "crates/event/src/wire/post.rs", text, &[]);
        check(serde_derives, "crates/model/src/journal.rs", text, &[]);
        check(serde_derives, "crates/store/src/lib.rs", "#[derive(SerializeLike)]", &[]);
    }
}
