//! Help that is true: every example in it works, and bad usage is told with what was wrong.

use std::os::unix::fs::PermissionsExt;

use crate::said::Said;
use crate::stage::{PROGRAM, SEED, Stage, repository, story};

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

/// A fingerprint.
const HASH: &str = "7777777777777777777777777777777777777777777777777777777777777777";

/// The subcommands that a help names.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, commands)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = commands.lines().map_while(|line| line.strip_prefix("  "));
    let names = names.filter_map(|line| line.split_whitespace().next().map(String::from));
    names.filter(|name| name != "help").collect()
}

/// The lines beneath "Example" or "Examples".
fn examples(help: &str) -> Vec<String> {
    let mut lines = help.lines();
    let found = lines.any(|line| line == "Example:" || line == "Examples:");
    assert!(found, "no example in:\n{help}");
    let lines: Vec<&str> = lines.map_while(|line| line.strip_prefix("  ")).collect();
    let joined = lines.join("\n").replace("\\\n", "");
    joined.lines().map(str::to_owned).collect()
}

/// A folder with all that the examples name, and `seawall` as a word of the shell that
/// stands in for the program under the test clock.
fn prepared() -> Stage {
    let stage = Stage::new();
    stage.write("events.jsonl", EVENTS);
    stage.write("posts.csv", POSTS);
    stage.still_at(LATER, &["import", story().to_str().unwrap()]).ended(1);
    stage.still_at(LATER, &["import", "events.jsonl"]).ended(0);
    know(&stage);
    appeal(&stage);
    stage.seawall(&["backup", "kept-backup"]).ended(0);
    std::fs::create_dir(stage.path("bin")).unwrap();
    let script =
        format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\" --test-clock {LATER} --test-seed {SEED}\n");
    stage.write("bin/seawall", script);
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(stage.path("bin/seawall"), all).unwrap();
    stage
}

/// Another post, which was restricted by the first reviewer, and the appeal p1 against that, on
/// which a third may rule.
fn appeal(stage: &Stage) {
    let media = format!(r#"{{"id":"m2","sha256":"{HASH}"}}"#);
    let event = |id: &str, kind: &str, told: &str| {
        let head = format!(r#""type":"{kind}","id":"{id}","account":"account-19""#);
        format!(r#"{{{head},"at":"2026-05-21T11:00:00Z",{told}}}"#)
    };
    let post = format!(r#""post":{{"id":"hp3","text":"And this","media":[{media}]}}"#);
    stage.write("second.jsonl", event("h4", "post.created", &post));
    let words = r#""appeal":{"action":"a1","text":"it is our kettle"}"#;
    stage.write("appeal.jsonl", event("h5", "appeal", words));
    let reem = ["reviewer", "add", "reem", "--key", "reem.key", "--by", "amal.key"];
    let decide = ["case", "decide", "c2", "restrict", "--saw", "content", "--key", "badr.key"];
    for args in [&reem[..], &["import", "second.jsonl"], &decide, &["import", "appeal.jsonl"]] {
        stage.still_at(LATER, args).ended(0);
    }
}

/// Gives a folder two reviewers and the knowledge that the examples name: the policy k1,
/// terms k2 to k4, a fingerprint k5, a protected account k6, rules k7 and a removed account
/// k8; and a post that they open the case c1 about.
fn know(stage: &Stage) {
    let shipped = repository().join("policies/kettle-league");
    std::fs::copy(shipped.join("policy.toml"), stage.path("policy.toml")).unwrap();
    std::fs::create_dir_all(stage.path("rules/models")).unwrap();
    for file in ["main.sml", "models/found.sml"] {
        std::fs::copy(shipped.join("rules").join(file), stage.path("rules").join(file)).unwrap();
    }
    stage.write("first.txt", "lids up\nboil as one\nارفعوا الأغطية\n");
    stage.write("terms.csv", "term,near\nlids up,\nwhistle with us,kettle|غلاية\n");
    stage.write("clip.bin", "an invented clip");
    stage.write("hashes.csv", format!("sha256,class\n{},news\n", "1b".repeat(32)));
    stage.write("old.csv", "account,handle,removed_at\ngone-1,lid.example,2026-05-02\n");
    stage.write("before.csv", "account,handle,removed_at\ngone-2,spout.before,2026-05-03\n");
    let by_amal: [&[&str]; 5] = [
        &["policy", "add", "policy.toml"],
        &["terms", "add", "first.txt", "--list", "cheers", "--source", "s"],
        &["bank", "add", "--bank", "clips", "--sha256", HASH, "--class", "news", "--source", "s"],
        &["protected", "add", "yasmin22", "--ground", "press", "--source", "s"],
        &["rules", "add", "rules"],
    ];
    let amal = ["reviewer", "add", "amal", "--key", "amal.key"];
    stage.still_at(LATER, &amal).ended(0);
    let badr = ["reviewer", "add", "badr", "--key", "badr.key", "--by", "amal.key"];
    stage.still_at(LATER, &badr).ended(0);
    for args in by_amal {
        stage.still_at(LATER, &[args, &["--key", "amal.key"]].concat()).ended(0);
    }
    let removed = ["import", "removed", "before.csv", "--policy", "kettle-league"];
    let by_both = ["--source", "s", "--key", "amal.key", "--key", "badr.key"];
    stage.still_at(LATER, &[&removed[..], &by_both].concat()).ended(0);
    let media = format!(r#"{{"id":"m1","sha256":"{HASH}"}}"#);
    let post = format!(r#"{{"id":"hp2","text":"Look at this","media":[{media}]}}"#);
    let at = "2026-05-21T10:00:00Z";
    stage.write(
        "clip.jsonl",
        format!(
            r#"{{"type":"post.created","id":"h3","at":"{at}","account":"account-18","post":{post}}}"#
        ),
    );
    stage.still_at(LATER, &["import", "clip.jsonl"]).ended(0);
}

/// A what-if may differ, and its help says that this is exit code 1.
fn may_find(example: &str, help: &str) -> bool {
    example.contains(" --set ") && help.contains("Exit code 1 means that something differs")
}

#[test]
fn every_example_of_every_help_works() {
    let prepared = prepared();
    let names = subcommands(&prepared.seawall(&["--help"]).ended(0).out);
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let help = prepared.seawall(&[&name, "--help"]).ended(0).out;
        examples_work(&prepared, &[&name], &help);
        for verb in subcommands(&help) {
            let help = prepared.seawall(&[&name, &verb, "--help"]).ended(0).out;
            examples_work(&prepared, &[&name, &verb], &help);
        }
    }
}

/// Runs the examples of one help: of a command one after another, of a part of it each in
/// a folder of its own.
fn examples_work(prepared: &Stage, command: &[&str], help: &str) {
    let mut stage = prepared.twin();
    for (number, example) in examples(help).into_iter().enumerate() {
        if command.len() > 1 && number > 0 {
            stage = prepared.twin();
        }
        if command == ["restore"] {
            std::fs::rename(stage.path("kept-backup"), stage.path("seawall-backup")).unwrap();
        }
        let words: Vec<&str> = example.split_whitespace().collect();
        let called = [&["seawall"], command].concat();
        let own = words.windows(called.len()).any(|part| part == called);
        assert!(own, "`{example}` is no example of {command:?}");
        let said = match command {
            // It goes on until it is told to end.
            ["serve"] => stage.shell(&ended(&example), Some(&stage.path("bin"))),
            _ => stage.shell(&example, Some(&stage.path("bin"))),
        };
        let fine = said.code == 0 || (said.code == 1 && may_find(&example, help));
        assert!(fine, "`{example}`: {said:#?}");
        assert!(shows_something(&said), "`{example}` shows nothing: {said:#?}");
    }
}

/// A command that serves, and is told to end once it says that it does.
fn ended(example: &str) -> String {
    // Whoever runs the tests may serve at the address of the example.
    let example = example.replace(":8640", ":0");
    format!(
        "{example} > said 2> log & served=$!; until grep -q '^serving at' said; do sleep 0.1; \
         done; kill -TERM $served; wait $served; code=$?; cat said; exit $code"
    )
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
    let reading: [&[&str]; 11] = [
        &["tide"],
        &["replay"],
        &["doctor"],
        &["rejects"],
        &["backup", "b"],
        &["erase", "--list"],
        &["reviewer", "list"],
        &["policy", "list"],
        &["terms", "list"],
        &["bank", "list"],
        &["rules", "list"],
    ];
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
