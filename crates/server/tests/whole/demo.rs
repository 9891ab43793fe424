//! The demo: what it prints can be typed, and it empties nothing that is not its own.

use crate::stage::Stage;

/// The commands that a run proposes under "next".
fn proposed(out: &str) -> Vec<&str> {
    let mut lines = out.lines().skip_while(|line| *line != "next");
    assert_eq!(lines.next(), Some("next"), "{out}");
    lines.map_while(|line| line.strip_prefix("  ")).collect()
}

#[test]
fn every_command_the_demo_proposes_works_as_it_is_printed() {
    let stage = Stage::new();
    let said = stage.seawall(&["demo"]).ended(0);
    assert!(said.out.contains("23,771 events, 0 refused"), "{}", said.out);
    assert!(stage.path(".demo/story/truth.jsonl").exists());
    let commands = proposed(&said.out);
    let named = |word: &str| commands.iter().filter(|command| command.contains(word)).count();
    let expect = [("tide", 3), ("replay", 1), ("doctor", 1), ("--help", 1)];
    assert_eq!(expect.map(|(word, _)| (word, named(word))), expect);
    for command in &commands {
        let said = stage.shell(command, None).ended(0);
        assert!(!said.out.trim().is_empty(), "{command} says nothing");
    }
}

#[test]
fn the_demo_shows_the_wave_with_the_field_event_before_it() {
    let stage = Stage::new();
    let said = stage.seawall(&["demo"]).ended(0);
    let (_, waves) = said.out.split_once("\nwaves (").unwrap();
    let found = [
        "2026-04-20 15:00",
        "soon after \u{2068}Public boiling of the Copper Kettle League",
        "hashtag  \u{2068}#صوره_اليوم\u{2069}",
    ];
    for words in found {
        assert!(waves.contains(words), "{words} is not in {waves}");
    }
    assert_eq!(waves.matches("soon after").count(), 1, "{waves}");
}

#[test]
fn the_demo_can_be_run_again_and_from_a_folder_with_a_space() {
    let stage = Stage::new();
    let first = stage.seawall(&["demo", "--folder", "a demo"]).ended(0);
    let again = stage.seawall(&["demo", "--folder", "a demo"]).ended(0);
    // Traces of one hour stand in the order of their keyed hashes, which differ by folder.
    let sorted = |out: &str| {
        let mut lines: Vec<String> = out.lines().map(String::from).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&first.out), sorted(&again.out));
    for command in proposed(&again.out) {
        stage.shell(command, None).ended(0);
    }
}

#[test]
fn the_demo_empties_no_folder_that_is_not_its_own() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("letters")).unwrap();
    stage.write("letters/one.txt", "do not lose this");
    let words = ["letters is not the folder of an earlier demo", "--folder"];
    stage.seawall(&["demo", "--folder", "letters"]).refused(&words);
    assert_eq!(std::fs::read_to_string(stage.path("letters/one.txt")).unwrap(), "do not lose this");
    assert_eq!(std::fs::read_dir(stage.path("letters")).unwrap().count(), 1);
    stage.seawall(&["import", "letters/one.txt"]).ended(2);
    assert!(!stage.path("seawall-data").exists(), "a refused file makes no data folder");
    let story = include_str!("../../../../scenarios/kettle-week/story.jsonl");
    stage.write("first.jsonl", story.lines().next().unwrap());
    stage.seawall(&["import", "first.jsonl"]).ended(0);
    stage.seawall(&["demo", "--folder", "seawall-data"]).refused(&["not the folder of an earlier"]);
    stage.write("file", "do not lose this either");
    stage.seawall(&["demo", "--folder", "file"]).ended(2);
    assert!(stage.path("file").exists());
}
