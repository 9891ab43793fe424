//! What `docs/reference/asvs.md` claims: each item of the list is there once, and has a test
//! that exists, or says "not yet" and why.

use crate::stage::repository;

/// The items that are to be claimed or owed.
const ITEMS: [&str; 59] = [
    "2.3.5", "2.4.1", "3.4.1", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "5.2.1", "5.2.2",
    "5.2.3", "5.2.4", "5.2.5", "5.2.6", "5.3.2", "5.4.1", "5.4.2", "5.4.3", "6.3.2", "6.3.3",
    "7.5.3", "8.1.1", "8.1.2", "8.1.3", "8.1.4", "8.2.1", "8.2.2", "8.2.3", "8.3.1", "8.3.2",
    "8.3.3", "8.4.1", "11.2.2", "11.3.2", "11.3.3", "11.3.4", "13.2.4", "13.2.5", "13.3.1",
    "13.3.2", "13.3.3", "13.3.4", "14.1.1", "14.1.2", "14.2.1", "14.2.2", "14.2.3", "14.2.4",
    "14.2.5", "14.2.6", "14.2.7", "14.2.8", "15.1.2", "16.2.1", "16.2.2", "16.2.3", "16.2.4",
    "16.2.5", "16.3.2",
];
/// Those of the list's end.
const LAST: [&str; 3] = ["16.4.2", "16.4.3", "16.5.3"];

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Checks that a file has this test.
fn exists(test: &str, file: &str) {
    let text = std::fs::read_to_string(repository().join(file));
    let text = text.unwrap_or_else(|_| panic!("there is no {file}"));
    let (before, _) = text
        .split_once(&format!("fn {test}("))
        .unwrap_or_else(|| panic!("{file} has no test `{test}`"));
    let last: Vec<&str> = before.lines().rev().take(3).collect();
    assert!(last.iter().any(|line| line.contains("test")), "{test} in {file} is no test");
}

#[test]
fn every_claimed_item_has_a_test_that_exists_or_says_why_not() {
    let page = std::fs::read_to_string(repository().join("docs/reference/asvs.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let items: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(items, [&ITEMS[..], &LAST].concat());
    for row in rows {
        let (item, here) = (row[0], row[2]);
        // Of each claim: tests, and the file that they stand in.
        let claims: Vec<&str> = row.get(3).map_or(vec![], |tests| tests.split(';').collect());
        let claims: Vec<Vec<&str>> = claims.into_iter().map(quoted).collect();
        let claims: Vec<Vec<&str>> = claims.into_iter().filter(|names| !names.is_empty()).collect();
        assert!(!claims.is_empty() || here.contains("not yet"), "{item} has neither");
        for names in claims {
            let (file, tests) = names.split_last().unwrap();
            assert!(!tests.is_empty(), "{item} names no test of {file}");
            tests.iter().for_each(|test| exists(test, file));
        }
    }
}
