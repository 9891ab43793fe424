//! Files that are not what they should be: each is refused with its name, the place and what
//! to do, and nothing of it is taken in.

use crate::league::{entries, staffed};
use crate::said::Said;
use crate::stage::{Stage, repository};

/// A folder with people, a policy and a file of each kind that is wrong in its own way.
fn prepared() -> Stage {
    let stage = staffed();
    let policy = repository().join("policies/kettle-league/policy.toml");
    std::fs::copy(policy, stage.path("policy.toml")).unwrap();
    stage.still(&["policy", "add", "policy.toml", "--key", "amal.key"]).ended(0);
    stage.write("empty", "");
    stage.write("blank", "\n\n\n");
    let binary: Vec<u8> = (0..16).flat_map(|_| (0..=u8::MAX).rev()).collect();
    stage.write("binary", binary);
    stage.write("nul", [0_u8; 1_000]);
    stage.write("long", vec![b'a'; 10 << 20]);
    stage.write("json", r#"{"v":1,"type":"post.created"}"#);
    stage.write("quote", "term,near\n\"never closed, x\nlid\n");
    std::fs::create_dir(stage.path("folder")).unwrap();
    stage
}

/// The files that are wrong for whatever reads a file.
const WRONG: [&str; 8] = ["missing", "empty", "blank", "binary", "nul", "long", "json", "folder"];

/// Checks that a command names the file, ends with code 2, and changes nothing.
#[track_caller]
fn check(stage: &Stage, file: &str, words: &[&str]) -> Said {
    let before = entries(stage);
    let key = if words.first() == Some(&"rules") && words[1] != "add" {
        &[][..]
    } else {
        &["--key", "amal.key"][..]
    };
    let said = stage.still(&[words, key].concat()).refused(&[file]);
    assert_eq!(entries(stage), before, "{words:?}");
    let told = said.err.lines().count();
    assert!(told < 60, "{told} lines of error for {words:?}");
    assert!(said.err.len() < 20_000, "{} bytes of error for {words:?}", said.err.len());
    said
}

#[test]
fn tables_that_are_none_are_refused_by_name() {
    let stage = prepared();
    for file in WRONG {
        // A line of JSON has a comma, and no header; a word by itself would be a term.
        check(&stage, file, &["terms", "add", file, "--list", "l", "--source", "s"]);
        let bank =
            ["bank", "add", "--bank", "b", "--source", "s", "--class", "news", "--file", file];
        check(&stage, file, &bank);
        let second = ["--source", "s", "--key", "badr.key"];
        let removed = ["import", "removed", file, "--policy", "kettle-league"];
        check(&stage, file, &[&removed[..], &second].concat());
    }
    check(&stage, "quote", &["terms", "add", "quote", "--list", "l", "--source", "s"]);
}

#[test]
fn policies_and_rules_that_are_none_are_refused_by_name() {
    let stage = prepared();
    for file in WRONG {
        check(&stage, file, &["policy", "add", file]);
        check(&stage, file, &["rules", "add", file]);
        check(&stage, file, &["rules", "check", file]);
        std::fs::create_dir_all(stage.path("wrong")).unwrap();
        if !["missing", "folder", "empty", "blank"].contains(&file) {
            std::fs::copy(stage.path(file), stage.path("wrong/main.sml")).unwrap();
            let said = stage.still(&["rules", "check", "wrong"]);
            assert!([1, 2].contains(&said.code), "{file}: {said:?}");
            let told = format!("{}{}", said.out, said.err);
            assert!(told.contains("main.sml"), "{file}: {told}");
            assert!(told.len() < 20_000, "{file}: {} bytes", told.len());
        }
    }
}

#[test]
fn a_table_with_another_header_names_the_columns() {
    let stage = prepared();
    stage.write("t.csv", "term,nearby\nlid,x\n");
    let terms = check(&stage, "t.csv", &["terms", "add", "t.csv", "--list", "l", "--source", "s"]);
    assert!(terms.err.contains("term, near, not_near, window"), "{}", terms.err);
    stage.write("b.csv", "sha265\nx\n");
    let bank =
        ["bank", "add", "--bank", "b", "--source", "s", "--class", "news", "--file", "b.csv"];
    let bank = check(&stage, "b.csv", &bank);
    assert!(
        bank.err.contains("sha265") && bank.err.contains("hash, sha256, pdq, class"),
        "{}",
        bank.err
    );
    stage.write("r.csv", "account,handle\ngone,lid\n");
    let removed = ["import", "removed", "r.csv", "--policy", "kettle-league", "--source", "s"];
    let removed = check(&stage, "r.csv", &[&removed[..], &["--key", "badr.key"]].concat());
    assert!(removed.err.contains("lacks `removed_at`"), "{}", removed.err);
}

#[test]
fn key_files_that_are_none_are_refused_by_name() {
    let stage = prepared();
    for file in WRONG {
        let said = stage.still(&["policy", "add", "policy.toml", "--key", file]);
        said.refused(&[file]);
        let said = stage.still(&["reviewer", "add", "x", "--key", "x.key", "--by", file]);
        said.refused(&[file]);
        assert!(!stage.path("x.key").exists());
    }
}

#[test]
fn rules_without_a_rule_and_rules_that_are_no_file_are_refused() {
    let stage = prepared();
    std::fs::create_dir(stage.path("none")).unwrap();
    for text in ["", "# nothing yet\n", "Text: str = JsonData(path='$.post.text')\n"] {
        stage.write("none/main.sml", text);
        let said = check(&stage, "none", &["rules", "check", "none"]);
        assert!(said.err.contains("there is no rule in none"), "{}", said.err);
        check(&stage, "there is no rule", &["rules", "add", "none"]);
    }
    std::fs::create_dir(stage.path("pipe")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(stage.path("pipe/main.sml")).status();
    assert!(made.unwrap().success());
    std::fs::create_dir(stage.path("device")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", stage.path("device/main.sml")).unwrap();
    for folder in ["pipe", "device"] {
        for command in ["check", "add"] {
            let said = check(&stage, folder, &["rules", command, folder]);
            assert!(said.err.contains("main.sml is no regular file"), "{}", said.err);
        }
    }
}

#[test]
fn a_term_of_punctuation_is_refused_with_its_line() {
    let stage = prepared();
    let add = |file: &str| {
        check(&stage, file, &["terms", "add", file, "--list", "l", "--source", "s"]).err
    };
    stage.write("plain.txt", "lids up\n!!!\n؟\n");
    let told = add("plain.txt");
    for words in ["line 2: term", "line 3: term", "punctuation", "2 lines"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    stage.write("table.csv", "term,near\n\"...\",kettle\n");
    assert!(add("table.csv").contains("line 2: term"));
    // A symbol that is no punctuation may be telling.
    stage.write("plain.txt", "☕\n");
    let add = ["terms", "add", "plain.txt", "--list", "l", "--source", "s", "--key", "amal.key"];
    stage.still(&add).ended(0);
}
