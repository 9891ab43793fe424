//! The guides that a newcomer types: every command of them, in order, in a clean folder.

use std::os::unix::fs::PermissionsExt;

use crate::stage::{PROGRAM, SEED, Stage, repository};

/// Not before this program was written, or doctor finds the clock wrong.
const LATER: &str = "2026-12-01T00:00:00Z";

/// What a guide has people type: the blocks of shell, one after another.
fn typed(guide: &str) -> String {
    let path = repository().join("docs/guide").join(guide);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("\n```sh\n").skip(1);
    let blocks: Vec<&str> =
        blocks.map(|block| block.split_once("\n```").expect("a block ends").0).collect();
    assert!(blocks.len() >= 5, "{guide} has {} blocks", blocks.len());
    blocks.join("\n")
}

/// By which clock a guide is typed.
#[derive(Clone, Copy)]
enum Clock {
    /// One that stands still, and `date` tells its time too.
    Still,
    /// The machine's: as a newcomer types it today.
    Machine,
}

/// A clean folder with the policies of the repository beside it.
fn clean(clock: Clock) -> Stage {
    let stage = Stage::new();
    std::os::unix::fs::symlink(repository().join("policies"), stage.path("policies")).unwrap();
    std::fs::create_dir(stage.path("bin")).unwrap();
    let still = format!(" --test-clock {LATER} --test-seed {SEED}");
    let scripts = match clock {
        Clock::Still => vec![
            ("bin/seawall", format!("exec '{PROGRAM}' \"$@\"{still}")),
            ("bin/date", format!("exec /usr/bin/date -d {LATER} \"$@\"")),
        ],
        Clock::Machine => vec![("bin/seawall", format!("exec '{PROGRAM}' \"$@\""))],
    };
    for (name, line) in scripts {
        stage.write(name, format!("#!/bin/sh\n{line}\n"));
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(stage.path(name), all).unwrap();
    }
    stage
}

#[test]
fn the_guides_about_knowledge_and_cases_can_be_typed() {
    can_be_typed(Clock::Still);
}

/// A port that nobody listens at.
fn port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[test]
fn the_guide_to_integration_can_be_typed_until_an_action_arrives_and_is_taken_back() {
    let stage = clean(Clock::Machine);
    let receiver = repository().join("docs/guide/receivers/receiver.py");
    std::fs::copy(receiver, stage.path("receiver.py")).unwrap();
    std::os::unix::fs::symlink(repository().join(".venv"), stage.path(".venv")).unwrap();
    let serves = format!("127.0.0.1:{}", port());
    let typed = typed("integrate.md");
    // As it stands but for the ports, which others may listen at.
    let typed = typed.replace("127.0.0.1:9100", &format!("127.0.0.1:{}", port()));
    let typed = typed.replace("127.0.0.1:8640", &serves);
    let typed = typed.replace("seawall serve ", &format!("seawall serve --listen {serves} "));
    let ended = "trap 'kill $SEAWALL $RECEIVER 2> kill.err || true' EXIT\n";
    stage.write("guide.sh", format!("{ended}{typed}"));
    let said = stage.shell("timeout 120 sh -e guide.sh", Some(&stage.path("bin"))).ended(0).out;
    let mut rest = &*said;
    for words in [
        "it can be used",
        r#""reviewer":"r1""#,
        r#""csrf_token":""#,
        r#""stepped_up_until":""#,
        r#""reviewer":"r3""#,
        "one more person must confirm it",
        r#""confirmed_by":2"#,
        r#""accepted":4,"duplicates":0,"ignored":0,"rejected":0"#,
        r#""verdict":"restricted""#,
        r#""state":"dry_run""#,
        "post by \u{2068}evening.desk\u{2069}",
        r#""outcome":"decided""#,
        r#""state":"delivered""#,
        "a3 remove p-3 None",
        r#""outcome":"overturned""#,
        ", 0 differing",
    ] {
        let (_, after) = rest.split_once(words).unwrap_or_else(|| panic!("{words}: {said}"));
        rest = after;
    }
}

#[test]
fn what_the_guides_say_is_true_when_they_are_typed_today() {
    can_be_typed(Clock::Machine);
}

fn can_be_typed(clock: Clock) {
    let stage = clean(clock);
    let run = |guide: &str| {
        stage.write("guide.sh", typed(guide));
        stage.shell("sh -e guide.sh", Some(&stage.path("bin"))).ended(0)
    };
    let known = run("bring-in-what-you-know.md").out;
    for words in
        ["k5", "2 people stand for k5", "k7..k8 in force", "3 rules in force", ", 0 differing"]
    {
        assert!(known.contains(words), "{words}: {known}");
    }
    let ruled = run("rule-on-a-case.md").out;
    for words in [
        "3 cases: 3 open",
        // Of the two posts of one file, the new account's alone.
        "open, restricted unattended  post by \u{2068}wharf.example\u{2069}",
        "open  post by \u{2068}evening.desk\u{2069}",
        "in the protected register as k6 (press, without expiry)",
        "that r1 read the register is in the journal",
        "keep_documents by r1",
        "remove by r1",
        "Dear account holder,",
        "تحية طيبة وبعد،",
        "suspend by r2",
        "is overturned by",
        "c2 is open again",
        "1 return among",
        ", 0 differing",
        "nothing to do",
    ] {
        assert!(ruled.contains(words), "{words}: {ruled}");
    }
}
