//! Ten thousand notices through the whole product, with a marker in everything that law 8
//! forbids to tell, and in everything else that is not the account's own.

use std::fmt::Write as _;
use std::path::Path;

use clap::Parser;
use seawall_model::journal::{PolicyCited, Says};

use super::*;
use crate::command::case::folder::CaseFolder;
use crate::command::{Args, Ended, dispatch};
use crate::signing::ReviewerKey;

/// Stands in every name, text and value that no notice may tell.
const MARKER: &str = "zqx";
/// The threshold of a rule and the distance of nothing.
const THRESHOLD: &str = "7391";
/// Cases; each is ruled on, undone, and told twice in two languages.
const CASES: usize = 2_500;
/// What people rule before a day passes: the quota of actions.
const ACTIONS_PER_DAY: usize = 200;
/// What is ruled, by turns.
const RULED: [&str; 4] = ["remove", "restrict", "interstitial", "label"];

/// The rule is named, explained and bounded by markers.
const RULES: &str = "
ZqxDistance: Optional[int] = BankDistance(bank='zqxbank')
ZqxCount: int = TermMatches(list='zqxlist')
ZqxRule = Rule(when_all=[ZqxDistance != None or ZqxCount > 7391], description='zqx rule')
WhenRules(rules_any=[ZqxRule], then=[OpenCase(policy='kettles', reason='zqx reason')])
";
const POLICY: &str = "
id = \"kettles\"
title_ar = \"محتوى دوري الغلايات\"
title_en = \"Content of the kettle league\"
text_ar = \"لا غلايات\"
text_en = \"No kettles\"
reference = \"https://kettles.example/policies\"
terrorist_content = true
unattended_restrict_hours = 72
appeal_days = 180
";

fn hash(number: usize) -> String {
    MARKER.bytes().map(|byte| format!("{byte:02x}")).collect::<String>() + &format!("{number:058}")
}

/// Posts of accounts that are told by others, to others and about others.
fn events() -> String {
    let mut text = String::new();
    for n in 0..CASES {
        let (hour, minute, second) = (n / 3_600 + 1, n / 60 % 60, n % 60);
        let head = |kind: &str, id: &str, account: &str| {
            format!(
                r#"{{"v":1,"type":"{kind}","id":"{id}{n}","at":"2026-03-02T{hour:02}:{minute:02}:{second:02}Z","account":"{account}""#
            )
        };
        let post = head("post.created", "e", &format!("zqx-own-{}", n / 3));
        let _ = writeln!(
            text,
            r##"{post},"profile":{{"handle":"zqx.handle{n}","name":"zqx name"}},"post":{{"id":"p{n}","text":"zqxterm @zqx-other{n} #zqxtag https://zqx{n}.example/","languages":["en"],"reply_to":"zqx-parent{n}","mentions":["zqx-other{n}"],"client":"zqx-client","media":[{{"id":"zqx-file{n}","sha256":"{}"}}]}}}}"##,
            hash(n % 7)
        );
        let report = head("report", "r", &format!("zqx-reporter{n}"));
        let _ = writeln!(
            text,
            r#"{report},"report":{{"account":"zqx-own-{}","post":"p{n}","reason":"zqx reason","text":"zqx says who"}}}}"#,
            n / 3
        );
    }
    text
}

/// Types a command into a folder.
fn type_in(dir: &Path, words: &[&str]) -> Ended {
    let clock = ["--test-clock", "2026-06-01T00:00:00Z", "--test-seed", "7"];
    let dir = dir.join("data");
    let words = words.iter().chain(&clock).map(|word| (*word).to_owned());
    let words = ["seawall".to_owned()].into_iter().chain(words);
    let args = Args::parse_from(words.chain(["--dir".into(), dir.display().to_string()]));
    dispatch(&args).unwrap()
}

/// The folder with everything brought in.
fn filled(dir: &Path) -> (CaseFolder, [ReviewerKey; 2]) {
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let path = |name: &str| dir.join(name).display().to_string();
    let (amal, badr) = (path("zqx-amal.key"), path("zqx-badr.key"));
    let hashes: String = (0..7).map(|n| format!("sha256:{}\n", hash(n))).collect();
    let signed = ["--source", "zqx source", "--key", &amal];
    type_in(dir, &["reviewer", "add", "zqx-amal", "--key", &amal]);
    type_in(dir, &["reviewer", "add", "zqx-badr", "--key", &badr, "--by", &amal]);
    type_in(dir, &["policy", "add", &file("policy.toml", POLICY), "--key", &amal]);
    let terms = file("terms.txt", "zqxterm\n");
    type_in(dir, &[&["terms", "add", &terms, "--list", "zqxlist"][..], &signed].concat());
    let hashes = file("hashes.csv", &format!("hash\n{hashes}"));
    let bank = ["bank", "add", "--bank", "zqxbank", "--file", &hashes, "--class", "support"];
    type_in(dir, &[&bank[..], &signed].concat());
    std::fs::create_dir(dir.join("rules")).unwrap();
    file("rules/main.sml", RULES);
    type_in(dir, &["rules", "add", &path("rules"), "--key", &amal]);
    type_in(dir, &["import", &file("events.jsonl", &events())]);
    let global = Args::parse_from([
        "seawall",
        "schema",
        "--dir",
        &path("data"),
        "--test-clock",
        "2026-06-01T00:00:00Z",
        "--test-seed",
        "7",
    ]);
    let keys = [&amal, &badr].map(|key| ReviewerKey::read(Path::new(key)).unwrap());
    (CaseFolder::open(&global.global).unwrap(), keys)
}

/// The letters about what a ruling did.
fn letters(desk: &mut Desk<'_>, followed: &[Body]) -> Vec<Letter> {
    let mut letters = Vec::new();
    for body in followed {
        let Body::Decided { decision, case, policy, actions, .. } = body else { continue };
        let (decision, case) = (DecisionId(*decision), case.map(CaseId));
        let (policy, at) = (policy.clone(), desk.now());
        let told = DecidedTold { decision, case, policy, body: body.clone(), at };
        for action in actions {
            let (action, decision) = (action.clone(), Some(decision));
            let done = Done { action, case, decision, at };
            letters.extend(taken(desk, &done, Some(&told)).unwrap());
            letters.extend(restored(&done, at, Why::Review));
        }
    }
    letters
}

fn check(letter: &Letter, post: &str) {
    for statement in [&letter.arabic, &letter.english] {
        let told = [vec![statement.subject_line.clone()], statement.paragraphs.clone()].concat();
        let told = told.join("\n").to_lowercase();
        for never in [MARKER, THRESHOLD, &hash(3)[..12], "amal", "badr"] {
            assert!(!told.contains(never), "{never} for {post}: {told}");
        }
    }
}

#[test]
fn ten_thousand_notices_tell_no_marker_of_what_law_8_forbids() {
    let dir = tempfile::tempdir().unwrap();
    let (mut folder, [amal, badr]) = filled(dir.path());
    let cases: Vec<CaseId> = folder.desk().judge().cases().all().map(|(id, _)| id).collect();
    assert_eq!(cases.len(), CASES);
    let mut notices = 0;
    for (place, id) in cases.iter().enumerate() {
        if place % ACTIONS_PER_DAY == 0 {
            folder.pass(25 * 3_600);
        }
        let version = folder.desk().case(*id).unwrap().version;
        let says = Says::Case {
            case: id.0,
            version,
            ruled: RULED[place % RULED.len()].to_owned(),
            policy: Some(PolicyCited { id: "kettles".into(), version: 1 }),
            saw: "content".into(),
            class: Some("support".into()),
        };
        // One person removes from 25 accounts at most; by turns they read second.
        let mut followed = folder.rule(&amal, says.clone()).unwrap();
        if followed.iter().any(|body| matches!(body, Body::RulingHeld { .. })) {
            followed = folder.rule(&badr, says).unwrap();
        }
        let letters = letters(&mut folder.desk(), &followed);
        assert_eq!(letters.len(), 2, "{followed:?}");
        for letter in &letters {
            check(letter, &format!("{id}"));
            notices += 2;
        }
        let own = format!("p{place}");
        assert!(letters[0].english.to_string().contains(&own), "its own post is told: {own}");
    }
    assert_eq!(notices, 10_000);
}
