//! Every story of `/scenarios`, replayed end to end and held against its snapshot.
//!
//! With `UPDATE_SCENARIOS=1` the snapshots are written instead. They hold the journal but
//! for the build, which is a hash of the code, and so without the chain over it.

use std::path::{Path, PathBuf};

use seawall_model::journal::{Class, Entry};

use crate::stage::{Stage, repository};

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

fn imported(story: &Path) -> (Stage, Vec<String>) {
    let stage = Stage::new();
    let said = stage.still(&["import", story.to_str().unwrap()]);
    assert!(matches!(said.code, 0 | 1), "{said:#?}");
    let journal = stage.journal("seawall-data");
    (stage, journal)
}

#[test]
fn a_story_gives_the_same_journal_each_time_and_the_one_in_its_snapshot() {
    for folder in scenarios() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (stage, first) = imported(&folder.join("story.jsonl"));
        let (_, second) = imported(&folder.join("story.jsonl"));
        same(&first, &second, &format!("{name}, twice"));
        let snapshot = folder.join("journal.jsonl");
        let journal = masked(&first);
        if std::env::var_os("UPDATE_SCENARIOS").is_some_and(|value| value == "1") {
            std::fs::write(&snapshot, journal.join("\n") + "\n").unwrap();
        }
        let text = std::fs::read_to_string(&snapshot).unwrap_or_default();
        let kept: Vec<String> = text.lines().map(String::from).collect();
        same(&journal, &kept, &format!("{name}, UPDATE_SCENARIOS=1 accepts what is now"));
        stage.seawall(&["replay"]).ended(0);
    }
}

#[test]
fn a_stream_derives_the_same_however_it_is_cut() {
    for folder in scenarios() {
        let story = std::fs::read(folder.join("story.jsonl")).unwrap();
        let lines: Vec<&[u8]> = story.split_inclusive(|byte| *byte == b'\n').collect();
        let whole = streamed(&[(&story[..], lines.len() as u64)]);
        let parts: Vec<Vec<u8>> = lines.chunks(211).map(<[&[u8]]>::concat).collect();
        let sizes = lines.chunks(211).map(|chunk| chunk.len() as u64);
        let parts: Vec<(&[u8], u64)> = parts.iter().map(Vec::as_slice).zip(sizes).collect();
        let cut = streamed(&parts);
        same(&derived(&whole), &derived(&cut), &folder.display().to_string());
        assert!(derived(&whole).len() > 10, "{whole:#?}");
    }
}

fn streamed(parts: &[(&[u8], u64)]) -> Vec<String> {
    let stage = Stage::new();
    let said = stage.fed(&["import", "-"], parts);
    assert!(matches!(said.code, 0 | 1), "{said:#?}");
    stage.seawall(&["replay"]).ended(0);
    stage.journal("seawall-data")
}
