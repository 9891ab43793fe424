//! Help that is true: every example in it works, and bad usage is told with what was wrong.

use std::os::unix::fs::PermissionsExt;

use crate::said::Said;
use crate::stage::{PROGRAM, SEED, Stage, story};

/// After every event of the story, and not before this program was written.
const LATER: &str = "2026-12-01T00:00:00Z";
/// A few events; the example of `erase` names their account.
const EVENTS: &str = r#"{"v":1,"type":"account.created","id":"h1","at":"2026-05-20T09:00:00Z","account":"account-17","profile":{"handle":"spout.example"}}
{"v":1,"type":"post.created","id":"h2","at":"2026-05-20T09:05:00Z","account":"account-17","post":{"id":"hp1","text":"The kettle is on #kettle_league"}}
"#;
const POSTS: &str = "username,time,tweets
lid,5/21/2026 21:07,Third in the kettle league again
spout,5/22/2026 08:30,الغلاية لا تنام
";

/// The subcommands that the help names.
fn subcommands(stage: &Stage) -> Vec<String> {
    let said = stage.seawall(&["--help"]).ended(0);
    let (_, commands) = said.out.split_once("\nCommands:\n").unwrap();
    let names = commands.lines().map_while(|line| line.strip_prefix("  "));
    let names = names.filter_map(|line| line.split_whitespace().next().map(String::from));
    names.filter(|name| name != "help").collect()
}

/// The lines beneath "Example" or "Examples".
fn examples(help: &str) -> Vec<&str> {
    let mut lines = help.lines();
    let found = lines.any(|line| line == "Example:" || line == "Examples:");
    assert!(found, "no example in:\n{help}");
    lines.map_while(|line| line.strip_prefix("  ")).collect()
}

/// A folder with all that the examples name, and `seawall` as a word of the shell that
/// stands in for the program under the test clock.
fn prepared() -> Stage {
    let stage = Stage::new();
    stage.write("events.jsonl", EVENTS);
    stage.write("posts.csv", POSTS);
    stage.still_at(LATER, &["import", story().to_str().unwrap()]).ended(1);
    stage.still_at(LATER, &["import", "events.jsonl"]).ended(0);
    stage.seawall(&["backup", "kept-backup"]).ended(0);
    std::fs::create_dir(stage.path("bin")).unwrap();
    let script =
        format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\" --test-clock {LATER} --test-seed {SEED}\n");
    stage.write("bin/seawall", script);
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(stage.path("bin/seawall"), all).unwrap();
    stage
}

/// A what-if may differ, and its help says that this is exit code 1.
fn may_find(example: &str, help: &str) -> bool {
    example.contains(" --set ") && help.contains("Exit code 1 means that something differs")
}

#[test]
fn every_example_of_every_help_works() {
    let prepared = prepared();
    let names = subcommands(&prepared);
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let help = prepared.seawall(&[&name, "--help"]).ended(0).out;
        let stage = prepared.twin();
        if name == "restore" {
            std::fs::rename(stage.path("kept-backup"), stage.path("seawall-backup")).unwrap();
        }
        for example in examples(&help) {
            let words: Vec<&str> = example.split_whitespace().collect();
            let own = words.windows(2).any(|pair| pair == ["seawall", &*name]);
            assert!(own, "`{example}` is no example of {name}");
            let said = stage.shell(example, Some(&stage.path("bin")));
            let fine = said.code == 0 || (said.code == 1 && may_find(example, &help));
            assert!(fine, "`{example}`: {said:#?}");
            assert!(shows_something(&said), "`{example}` shows nothing: {said:#?}");
        }
    }
}

/// An example that works and shows an empty folder teaches nothing.
fn shows_something(said: &Said) -> bool {
    !said.out.trim().is_empty() && !said.out.contains("nothing happened in this time")
}

#[test]
fn help_of_the_whole_says_what_it_is() {
    let stage = Stage::new();
    let said = stage.seawall(&["--help"]).ended(0);
    assert!(said.out.starts_with("Seawall keeps removed extremist networks"), "{}", said.out);
    let said = stage.seawall(&["--version"]).ended(0);
    assert_eq!(said.out, format!("seawall {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_usage_is_answered_with_what_was_wrong() {
    let stage = Stage::with_story();
    let cases: [(&[&str], &[&str]); 11] = [
        (&[], &["Usage: seawall"]),
        (&["sail"], &["unrecognized subcommand 'sail'"]),
        (&["import"], &["<FILE>"]),
        (&["import", "--fromat", "csv", "x"], &["--fromat", "--format"]),
        (&["import", "--format", "xml", "posts.csv"], &["no format `xml`", "canonical"]),
        (&["tide", "--by", "month"], &["month", "hour, day, week"]),
        (&["tide", "--from", "yesterday"], &["yesterday", "2026-03-08"]),
        (&["tide", "--hour", "2026-05-09"], &["--list"]),
        (&["tide", "--trace", "kettle"], &["`kettle` is no hashtag and no link"]),
        (&["replay", "--set", "wave.nothing=1"], &["wave.nothing"]),
        (&["erase"], &["--list", "--run"]),
    ];
    stage.write("posts.csv", POSTS);
    for (args, words) in cases {
        stage.seawall(args).refused(words);
    }
}

#[test]
fn a_missing_file_is_named_and_no_data_folder_is_left_behind() {
    let stage = Stage::new();
    let missing: [&[&str]; 4] = [
        &["import", "no/such.jsonl"],
        &["import", "posts.csv", "--map", "no/such.jsonl"],
        &["tide", "--config", "no/such.jsonl"],
        &["restore", "no/such.jsonl"],
    ];
    stage.seawall(missing[0]).refused(&["cannot read no/such.jsonl", "No such file"]);
    assert!(!stage.path("seawall-data").exists());
    stage.write("posts.csv", POSTS);
    for args in missing {
        stage.seawall(args).refused(&["no/such.jsonl"]);
    }
    let reading: [&[&str]; 6] =
        [&["tide"], &["replay"], &["doctor"], &["rejects"], &["backup", "b"], &["erase", "--list"]];
    for args in reading {
        let args = [args, &["--dir", "no/folder"]].concat();
        stage.seawall(&args).refused(&["no/folder is not a data folder", "importing"]);
        assert!(!stage.path("no").exists(), "{args:?}");
    }
}

#[test]
fn a_wrong_configuration_is_told_with_key_and_line() {
    let stage = Stage::new();
    stage.write("events.jsonl", EVENTS);
    let cases: [(&str, &[&str]); 5] = [
        ("[disk]\n\n[log]\nretention = 30\n", &["line 4", "`retention`", "`retention_days`"]),
        ("[logs]\n", &["line 1", "`logs`", "`log`"]),
        ("[log]\nretention_days = \"x\"\n", &["line 2", "retention_days", "u32"]),
        ("[log]\nretention_days = 0\n", &["log.retention_days", "at least 1"]),
        ("[log\n", &["line 1"]),
    ];
    for (text, words) in cases {
        stage.write("seawall.toml", text);
        let args = ["--config", "seawall.toml", "import", "events.jsonl"];
        stage.seawall(&args).refused(&[words, &["seawall.toml"]].concat());
        assert!(!stage.path("seawall-data").exists());
    }
}
