//! The language against cases recorded from Osprey 1.1.0 (`conformance`).
//!
//! Whatever differs stands in `conformance/known.txt` with its reason; a line there that
//! nothing needs any more is a failure too, and so is a count that falls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conformance;

use std::collections::BTreeSet;

use conformance::case::{Case, cases, known};
use conformance::compare;
use seawall_rule::{Diagnostics, Unobserved, Validator, evaluate, load};

/// Cases that a function which is not available keeps from running.
fn lacks_a_function(diagnostics: &Diagnostics) -> bool {
    diagnostics.found.iter().any(|found| found.validator == Validator::Available)
}

enum Judged {
    Equal,
    Absent,
    Different(String),
}

fn judge(case: &Case) -> Judged {
    let loaded = load(&case.sources);
    if let Err(diagnostics) = &loaded
        && lacks_a_function(diagnostics)
    {
        return Judged::Absent;
    }
    let differences = match (case.kind(), loaded) {
        ("ok", Ok(rules)) => compare::evaluation(case, &evaluate(&rules, &case.input, &Unobserved)),
        ("ok", Err(diagnostics)) => format!("refused: {}", diagnostics.render()),
        ("crash", Err(_)) => String::new(),
        (kind, Ok(_)) => format!("{kind} there, accepted here"),
        (_, Err(diagnostics)) => {
            let (found, recorded) = (compare::found(&diagnostics), compare::recorded(case));
            if found == recorded {
                String::new()
            } else {
                format!("{found:?}, expected {recorded:?}")
            }
        }
    };
    if differences.is_empty() { Judged::Equal } else { Judged::Different(differences) }
}

#[test]
fn answers_are_ospreys_or_the_difference_is_known() {
    let known = known();
    // Cases that are `ok`, `invalid` and `crash` there.
    let mut equal = [0; 3];
    let mut absent = [0; 3];
    let mut failures = String::new();
    let mut listed: BTreeSet<&str> = known.keys().copied().collect();
    for case in cases() {
        let kind = ["ok", "invalid", "crash"].iter().position(|kind| *kind == case.kind());
        let kind = kind.unwrap();
        let is_known = listed.remove(case.id.as_str());
        match judge(&case) {
            Judged::Equal if is_known => {
                failures.push_str(&format!("{}: is equal now, take it off the list\n", case.id));
            }
            Judged::Equal => equal[kind] += 1,
            Judged::Absent => absent[kind] += 1,
            Judged::Different(_) if is_known => {}
            Judged::Different(how) => {
                let tagged = if case.tagged { " (tagged)" } else { "" };
                failures.push_str(&format!("{}{tagged}: {how}\n", case.id));
            }
        }
    }
    for id in listed {
        failures.push_str(&format!("{id}: no such case\n"));
    }
    assert!(failures.is_empty(), "{failures}");
    // Refused cases are equal in path, line, column, message and check.
    assert_eq!(equal, [235, 126, 2], "equal: this may only rise");
    assert_eq!(absent, [69, 8, 1], "without a function they need: this may only fall");
    assert_eq!(known.len(), 21, "different: this may only fall");
}
