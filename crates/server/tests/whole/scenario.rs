//! Every story of `/scenarios`, replayed end to end and held against its snapshot.
//!
//! With `UPDATE_SCENARIOS=1` the snapshots are written instead. They hold the journal but
//! for the build, which is a hash of the code, and so without the chain over it.

use std::path::{Path, PathBuf};

use seawall_model::journal::{Class, Entry};

use crate::stage::{Stage, repository};

/// Lines of a stream that come at once where it is cut.
const PART_LINES: usize = 211;

/// The folders of the stories.
fn scenarios() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join("scenarios")).unwrap();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// The entries with the build masked.
fn masked(journal: &[String]) -> Vec<String> {
    let mask = |line: &String| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        match (value["type"].as_str(), value["build"].as_str()) {
            (Some("span_started"), Some(build)) => {
                line.replace(&format!("\"build\":\"{build}\""), "\"build\":\"*\"")
            }
            _ => line.clone(),
        }
    };
    journal.iter().map(mask).collect()
}

/// The derived entries, which must not depend on how a source was read.
fn derived(journal: &[String]) -> Vec<String> {
    let is_derived =
        |line: &&String| Entry::from_bytes(line.as_bytes()).unwrap().body.class() == Class::Derived;
    journal.iter().filter(is_derived).cloned().collect()
}

/// Names the first line that differs: a whole journal is too long to read.
#[track_caller]
fn same(left: &[String], right: &[String], what: &str) {
    let differing = left.iter().zip(right).position(|(left, right)| left != right);
    if let Some(at) = differing {
        panic!("{what}: line {} differs:\n{}\n{}", at + 1, left[at], right[at]);
    }
    assert_eq!(left.len(), right.len(), "{what}: one is longer");
}

/// What is typed, one command a line: the import alone where the story has no `commands`.
fn commands(folder: &Path) -> Vec<Vec<String>> {
    let typed = std::fs::read_to_string(folder.join("commands"));
    let typed = typed.unwrap_or_else(|_| "import story.jsonl".into());
    let words = |line: &str| line.split_whitespace().map(String::from).collect();
    typed.lines().map(words).collect()
}

/// A stage beside which the files of the story and the policies lie.
fn stage(folder: &Path) -> Stage {
    let stage = Stage::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, stage.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    std::os::unix::fs::symlink(repository().join("policies"), stage.path("policies")).unwrap();
    stage
}

/// Types the commands of a story; `take_in` has its events come in.
fn played(folder: &Path, take_in: &dyn Fn(&Stage)) -> (Stage, Vec<String>) {
    let stage = stage(folder);
    for words in commands(folder) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if words == ["import", "story.jsonl"] {
            take_in(&stage);
        } else {
            stage.still(&words).ended(0);
        }
    }
    let journal = stage.journal("seawall-data");
    stage.seawall(&["replay"]).ended(0);
    stage.seawall(&["doctor"]).ended(0);
    (stage, journal)
}

fn imported(folder: &Path) -> (Stage, Vec<String>) {
    played(folder, &|stage| {
        let said = stage.still(&["import", "story.jsonl"]);
        assert!(matches!(said.code, 0 | 1), "{said:#?}");
    })
}

#[test]
fn a_story_gives_the_same_journal_each_time_and_the_one_in_its_snapshot() {
    for folder in scenarios() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (_, first) = imported(&folder);
        let (_, second) = imported(&folder);
        same(&first, &second, &format!("{name}, twice"));
        let snapshot = folder.join("journal.jsonl");
        let journal = masked(&first);
        if std::env::var_os("UPDATE_SCENARIOS").is_some_and(|value| value == "1") {
            std::fs::write(&snapshot, journal.join("\n") + "\n").unwrap();
        }
        let text = std::fs::read_to_string(&snapshot).unwrap_or_default();
        let kept: Vec<String> = text.lines().map(String::from).collect();
        same(&journal, &kept, &format!("{name}, UPDATE_SCENARIOS=1 accepts what is now"));
    }
}

#[test]
fn a_stream_derives_the_same_however_it_is_cut() {
    for folder in scenarios() {
        let story = std::fs::read(folder.join("story.jsonl")).unwrap();
        let lines: Vec<&[u8]> = story.split_inclusive(|byte| *byte == b'\n').collect();
        let whole = streamed(&folder, &[(&story[..], lines.len() as u64)]);
        let parts: Vec<Vec<u8>> = lines.chunks(PART_LINES).map(<[&[u8]]>::concat).collect();
        let sizes = lines.chunks(PART_LINES).map(|chunk| chunk.len() as u64);
        let parts: Vec<(&[u8], u64)> = parts.iter().map(Vec::as_slice).zip(sizes).collect();
        let cut = streamed(&folder, &parts);
        same(&derived(&whole), &derived(&cut), &folder.display().to_string());
        assert!(derived(&whole).len() > 10, "{whole:#?}");
    }
}

fn streamed(folder: &Path, parts: &[(&[u8], u64)]) -> Vec<String> {
    let (_, journal) = played(folder, &|stage| {
        let said = stage.fed(&["import", "-"], parts);
        assert!(matches!(said.code, 0 | 1), "{said:#?}");
    });
    journal
}
