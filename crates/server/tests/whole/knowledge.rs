//! Knowledge from the command line: who answers for it, what is in force, and what refuses.

use serde_json::Value;

use crate::said::Said;
use crate::stage::{Stage, repository};

/// The file whose fingerprint is banned in these tests.
const CLIP: &[u8] = b"a clip of the kettle league, invented";

/// A folder with a story, and two people: r1 with amal.key, r2 with badr.key.
fn staffed() -> Stage {
    let stage = Stage::with_story();
    admit(&stage, "amal", &[]).ended(0);
    admit(&stage, "badr", &["--by", "amal.key"]).ended(0);
    stage
}

/// Admits somebody.
fn admit(stage: &Stage, name: &str, by: &[&str]) -> Said {
    let key = format!("{name}.key");
    stage.still(&[&["reviewer", "add", name, "--key", &key], by].concat())
}

/// With the policy, terms and clip of `policies/kettle-league`.
fn equipped() -> Stage {
    let stage = staffed();
    let (policy, terms) = (shipped("policy.toml"), shipped("terms.csv"));
    stage.still(&["policy", "add", &policy, "--key", "amal.key"]).ended(0);
    let list = ["--list", "cheers", "--source", "league watchers", "--key", "amal.key"];
    stage.still(&[&["terms", "add", &terms], &list[..]].concat()).ended(0);
    stage.write("clip.bin", CLIP);
    let clip = ["bank", "add", "--bank", "clips", "--media", "clip.bin", "--class", "support"];
    let from = ["--source", "case 12", "--key", "amal.key"];
    stage.still(&[&clip[..], &from].concat()).ended(0);
    stage
}

/// A file of `policies/kettle-league`.
fn shipped(name: &str) -> String {
    repository().join("policies/kettle-league").join(name).to_str().unwrap().to_owned()
}

/// The rows of a list in JSON.
fn rows(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How many journal entries are of a type.
fn journaled(stage: &Stage, name: &str) -> usize {
    let mark = format!(r#""type":"{name}""#);
    stage.journal("seawall-data").iter().filter(|entry| entry.contains(&mark)).count()
}

#[track_caller]
fn replays_equal(stage: &Stage) {
    let said = stage.still(&["replay"]).ended(0);
    assert!(said.out.contains(", 0 differing"), "{}", said.out);
}

#[test]
fn reviewers_are_admitted_listed_and_withdrawn() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let said = admit(&stage, "amal", &[]).ended(0);
    assert!(said.out.contains("r1 is a reviewer now"), "{}", said.out);
    let file = std::fs::read_to_string(stage.path("amal.key")).unwrap();
    assert_eq!(file.lines().nth(2), Some("amal"));
    let mode = std::fs::metadata(stage.path("amal.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    admit(&stage, "badr", &[]).refused(&["there are reviewers already", "--by"]);
    assert!(!stage.path("badr.key").exists(), "a key that nobody admits is not made");
    admit(&stage, "badr", &["--by", "no.key"]).refused(&["no.key"]);
    admit(&stage, "badr", &["--by", "amal.key"]).ended(0);
    admit(&stage, "amal", &["--by", "badr.key"]).refused(&["this key is already r1's"]);
    let found = rows(&stage.still(&["reviewer", "list", "--json"]).ended(0));
    assert_eq!(found.len(), 2);
    assert_eq!(found[1]["admitted_by"].as_str(), Some("r1"));
    let withdraw = ["reviewer", "withdraw", "r1", "--by"];
    stage.still(&[&withdraw[..], &["badr.key"]].concat()).ended(0);
    stage.still(&[&withdraw[..], &["badr.key"]].concat()).refused(&["signs no more already"]);
    stage.still(&[&withdraw[..], &["amal.key"]].concat()).refused(&["no reviewer of this folder"]);
    let last = ["reviewer", "withdraw", "r2", "--by", "badr.key"];
    stage.still(&last).refused(&["last reviewer", "admit another first"]);
    let said = stage.still(&["reviewer", "list"]).ended(0);
    assert!(said.out.contains("withdrawn by r2"), "{}", said.out);
    assert!(said.out.contains("2 reviewers, 1 of them sign"), "{}", said.out);
    let journal = stage.journal("seawall-data").join("\n");
    assert!(!journal.contains("amal") && !journal.contains("badr"), "no name is journaled");
}

#[test]
fn a_policy_has_versions_and_a_bad_one_is_told_with_its_line() {
    let stage = staffed();
    let add = |file: &str| stage.still(&["policy", "add", file, "--key", "amal.key"]);
    let good = std::fs::read_to_string(shipped("policy.toml")).unwrap();
    stage.write("bad.toml", good.replace("appeal_days = 180", "appeals = 180"));
    let line = good.lines().position(|line| line.starts_with("appeal_days")).unwrap() + 1;
    add("bad.toml").refused(&["bad.toml", &format!("line {line}"), "`appeals`", "appeal_days"]);
    stage.write("bad.toml", good.replace("_hours = 72", "_hours = 73"));
    add("bad.toml").refused(&["unattended_restrict_hours", "0 to 72"]);
    assert!(add(&shipped("policy.toml")).ended(0).out.contains("version 1"));
    assert!(add(&shipped("policy.toml")).ended(0).out.contains("version 2"));
    let found = rows(&stage.still(&["policy", "list", "--json"]).ended(0));
    assert_eq!(
        found.iter().map(|row| row["version"].as_u64()).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
    assert_eq!(found[1]["standing"].as_str(), Some("in_force"));
    let said = stage.still(&["policy", "show", "kettle-league"]).ended(0);
    for text in ["version 2", "Content of the kettle league", "محتوى دوري الغلايات"]
    {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    stage.still(&["policy", "show", "teapots"]).refused(&["teapots", "policy list"]);
    replays_equal(&stage);
}

#[test]
fn bad_lines_of_terms_are_named_and_nothing_is_added() {
    let stage = staffed();
    let add = |file: &str, more: &[&str]| {
        let list = ["--list", "cheers", "--source", "watchers", "--key", "amal.key"];
        stage.still(&[&["terms", "add", file], &list[..], more].concat())
    };
    stage.write(
        "terms.csv",
        "term,near,window\nboil as one,kettle,ten\nlids up,,\n,kettle,3\nx,y\n",
    );
    add("terms.csv", &[]).refused(&[
        "terms.csv, line 2: window",
        "line 4: term: nothing is left of it",
        "line 5: it has 2 cells and the header 3",
        "3 lines of terms.csv",
        "--skip-bad",
    ]);
    assert_eq!(journaled(&stage, "knowledge_added"), 0);
    let said = add("terms.csv", &["--skip-bad"]).ended(1);
    assert!(said.out.contains("1 term of \u{2068}cheers\u{2069} in force as k1"), "{}", said.out);
    // A plain file has one term a line.
    stage.write("plain.txt", "lids up\nارفعوا الأغطية\n\n#kettle_rises\n");
    let said = add("plain.txt", &[]).ended(0);
    assert!(said.out.contains("1 term is in force already"), "{}", said.out);
    assert!(said.out.contains("in force as k2..k3"), "{}", said.out);
    stage.write("plain.txt", "one, two\n");
    add("plain.txt", &[]).refused(&["line 1", "term,near,not_near,window"]);
    stage.write("wrong.csv", "term,nearby\nlid,x\n");
    add("wrong.csv", &[]).refused(&["wrong.csv", "nearby", "not_near"]);
    add("plain.txt", &["--expires", "2020-01-01"]).refused(&["line 1"]);
    add("missing.csv", &[]).refused(&["missing.csv"]);
    replays_equal(&stage);
}

#[test]
fn terms_are_listed_confirmed_by_another_person_and_withdrawn() {
    let stage = equipped();
    let list = |more: &[&str]| stage.still(&[&["terms", "list"], more].concat()).ended(0);
    let found = rows(&list(&["--list", "cheers", "--json"]));
    assert_eq!(found.len(), 8);
    assert_eq!(found[2]["near"][2].as_str(), Some("kettle"));
    assert_eq!(found[1]["confirmed_by"].as_u64(), Some(1));
    assert_eq!(list(&["--list", "none"]).out, "0 entries, 0 in force\n");
    let span = "k2..k9";
    let confirm = |key: &str| stage.still(&["terms", "confirm", span, "--key", key]);
    confirm("amal.key").refused(&["r1 has stood for k2 already", "one key cannot read second"]);
    assert!(confirm("badr.key").ended(0).out.contains("r2 stands for k2..k9 now: decision d"));
    confirm("badr.key").refused(&["r2 has stood for k2 already"]);
    let found = rows(&list(&["--json"]));
    assert!(found.iter().all(|row| row["confirmed_by"].as_u64() == Some(2)));
    assert_eq!(found[0]["supports"].as_array().map(Vec::len), Some(2));
    stage.still(&["terms", "withdraw", "k3", "--key", "badr.key"]).ended(0);
    stage.still(&["terms", "withdraw", "k3", "--key", "badr.key"]).refused(&["k3 is not in force"]);
    let said = list(&[]);
    assert!(said.out.contains("k3     withdrawn"), "{}", said.out);
    assert!(said.out.ends_with("8 entries, 7 in force\n"), "{}", said.out);
    stage.still(&["terms", "withdraw", "k1", "--key", "amal.key"]).refused(&["k1", "`policy`"]);
    stage.still(&["terms", "withdraw", "k99", "--key", "amal.key"]).refused(&["there is no k99"]);
    stage.still(&["terms", "withdraw", "99", "--key", "amal.key"]).refused(&["k1..k9"]);
    replays_equal(&stage);
}

#[test]
fn a_fingerprint_needs_a_second_person_and_says_so() {
    let stage = staffed();
    stage.write("clip.bin", CLIP);
    let add = |more: &[&str]| {
        let base = ["bank", "add", "--bank", "clips", "--source", "case 12", "--key", "amal.key"];
        stage.still(&[&base, more].concat())
    };
    let said = add(&["--media", "clip.bin", "--class", "support"]).ended(0);
    for text in ["in force as k1", "one more person must confirm k1", "bank confirm k1 --key KEY"] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    let confirm = |key: &str| stage.still(&["bank", "confirm", "k1", "--key", key]);
    confirm("amal.key").refused(&["one key cannot read second"]);
    assert!(confirm("badr.key").ended(0).out.contains("2 people stand for k1"));
    // The same again adds nothing; a hash by itself and a file of hashes do.
    let said = add(&["--media", "clip.bin", "--class", "support"]).ended(0);
    assert!(said.out.contains("k1 of") && said.out.contains("nothing was added"), "{}", said.out);
    let (hex, short) = ("ab".repeat(32), "abababababab");
    add(&["--sha256", &hex, "--class", "news", "--expires", "2026-09-01"]).ended(0);
    add(&["--sha256", "ab", "--class", "news"]).refused(&["--sha256", "64 hexadecimal digits"]);
    add(&["--pdq", &"0".repeat(64), "--class", "news"]).refused(&["featureless"]);
    add(&["--sha256", &hex]).refused(&["--class"]);
    add(&["--class", "news"]).refused(&["--media"]);
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    stage.write("h.csv", format!("hash,class\nsha256:{hex},nws\n{hex},news\n,\nsha256:{empty},\n"));
    add(&["--file", "h.csv", "--class", "other"]).refused(&[
        "line 2: class",
        "line 3: hash: say what it is",
        "line 4: there is no fingerprint",
        "line 5: the SHA-256 is that of an empty file",
    ]);
    stage.write(
        "h.csv",
        format!("sha256,class\n{},counter\n{},\n", "cd".repeat(32), "ef".repeat(32)),
    );
    let said = add(&["--file", "h.csv", "--class", "other"]).ended(0);
    assert!(said.out.contains("2 fingerprints of \u{2068}clips\u{2069} in force as k3..k4"));
    let said = stage.still(&["bank", "list", "--bank", "clips"]).ended(0);
    for text in
        [short, "news", "until 2026-09-01T00:00:00Z", "confirmed by 2", "supported by d1, d2"]
    {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    stage.still(&["bank", "withdraw", "k3", "--key", "badr.key"]).ended(0);
    let later = stage.still_at("2026-10-01T00:00:00Z", &["bank", "list", "--json"]).ended(0);
    let standing: Vec<Value> = rows(&later).iter().map(|row| row["standing"].clone()).collect();
    assert_eq!(standing, ["in_force", "lapsed", "withdrawn", "in_force"]);
    replays_equal(&stage);
}

#[test]
fn reading_the_register_is_journaled_and_it_is_never_exported() {
    let stage = staffed();
    let add = |account: &str| {
        let why = ["--ground", "press", "--source", "a newsroom", "--key", "amal.key"];
        stage.still(&[&["protected", "add", account], &why[..]].concat())
    };
    add("nobody-here").refused(&["nobody-here", "import its events first"]);
    let said = add("yasmin22").ended(0);
    assert!(said.out.contains("in the register as k1"), "{}", said.out);
    assert!(add("yasmin22").ended(0).out.contains("nothing was added"));
    assert_eq!(journaled(&stage, "register_read"), 0);
    stage.still(&["protected", "list"]).refused(&["--key"]);
    let said = stage.still(&["protected", "list", "--key", "badr.key"]).ended(0);
    assert!(said.out.contains("yasmin22") && said.out.contains("press"), "{}", said.out);
    assert_eq!(journaled(&stage, "register_read"), 1);
    stage.still(&["protected", "list", "--key", "badr.key", "--json"]).refused(&["--json"]);
    assert!(!stage.journal("seawall-data").join("").contains("yasmin22"));
    stage.still(&["protected", "withdraw", "k1", "--key", "badr.key"]).ended(0);
    let said = stage.still(&["protected", "list", "--key", "badr.key"]).ended(0);
    assert!(said.out.contains("withdrawn"), "{}", said.out);
    replays_equal(&stage);
}

#[test]
fn rules_are_checked_without_a_folder_and_faults_are_shown_in_their_place() {
    let stage = Stage::new();
    let said = stage.seawall(&["rules", "check", &shipped("rules")]).ended(0);
    assert!(said.out.contains("3 rules"), "{}", said.out);
    assert!(!stage.path("seawall-data").exists());
    std::fs::create_dir(stage.path("rules")).unwrap();
    stage.seawall(&["rules", "check", "rules"]).refused(&["main.sml"]);
    stage.write("rules/main.sml", "A = Rule(when_all=[B], description='d')\n");
    let said = stage.seawall(&["rules", "check", "rules"]).ended(1);
    assert!(said.out.contains("--> main.sml:1:19") && said.out.contains('^'), "{}", said.out);
    stage.write("rules/main.sml", "A: int = SignalNumber(kind='mood')\n");
    let said = stage.seawall(&["rules", "check", "rules"]).ended(1);
    assert!(said.out.contains("no signal `mood`"), "{}", said.out);
    stage.seawall(&["rules", "check", "no-rules"]).refused(&["no-rules"]);
    let named = ["rules", "check", "rules", "--dir", "no-folder"];
    stage.seawall(&named).refused(&["no-folder is not a data folder"]);
}

#[test]
fn rules_that_ask_for_what_there_is_not_are_refused_with_file_and_line() {
    let stage = staffed();
    let rules = shipped("rules");
    let add = || stage.still(&["rules", "add", &rules, "--key", "amal.key"]);
    add().refused(&[
        "there is no policy `kettle-league`",
        "main.sml:",
        "there is no bank `clips`",
        "models/found.sml:4:",
        "there is no list of terms `cheers`",
        "nothing was added",
    ]);
    let said = stage.still(&["rules", "check", &rules]).ended(1);
    assert!(said.out.contains("5 errors"), "{}", said.out);
    assert_eq!(journaled(&stage, "knowledge_added"), 0);
    let stage = equipped();
    stage.still(&["rules", "check", &rules]).ended(0);
    let add = || stage.still(&["rules", "add", &rules, "--key", "amal.key"]);
    assert!(add().ended(0).out.contains("3 rules in force as k11"));
    assert!(add().ended(0).out.contains("in force already"));
    let said = stage.still(&["rules", "list"]).ended(0);
    assert!(
        said.out.contains("BannedClip") && said.out.contains("k11 is what events are judged by")
    );
    stage.still(&["rules", "withdraw", "k11", "--key", "badr.key"]).ended(0);
    let said = stage.still(&["rules", "list"]).ended(0);
    assert!(said.out.contains("no rules are in force"), "{}", said.out);
    replays_equal(&stage);
}

#[test]
fn rules_are_run_on_a_file_of_events_without_a_folder() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("rules")).unwrap();
    stage.write(
        "rules/main.sml",
        "Text: str = JsonData(path='$.post.text')
Loud = Rule(when_all=[StringEndsWith(s=Text, end='!')], description='loud')
Known = Rule(when_all=[TermMatches(list='cheers') > 0], description='known')
WhenRules(rules_any=[Loud, Known], then=[OpenCase(policy='loudness', reason='r')])
",
    );
    let post = |id: u32, text: &str| {
        format!(
            r#"{{"type":"post.created","id":"e{id}","at":"2026-05-04T09:15:00Z","account":"lid","post":{{"id":"p{id}","text":"{text}"}}}}"#
        )
    };
    let events = [post(1, "boil!"), "{".into(), post(2, "simmer"), post(3, "up!")].join("\n");
    stage.write("events.jsonl", events);
    let run = ["rules", "run", "rules", "events.jsonl"];
    let said = stage.seawall(&run).ended(1);
    assert!(said.err.contains("events.jsonl, line 2"), "{}", said.err);
    let said = stage.seawall(&[&run[..], &["--json"]].concat()).ended(1);
    let found = rows(&said);
    let numbers = |row: &Value| ["matched", "not_matched", "unknown"].map(|n| row[n].as_u64());
    assert_eq!(numbers(&found[0]), [Some(2), Some(1), Some(0)]);
    assert_eq!(numbers(&found[1]), [Some(0), Some(0), Some(3)]);
    assert_eq!((found[2]["of"].as_str(), found[2]["count"].as_u64()), (Some("loudness"), Some(2)));
    assert_eq!((found[3]["events"].as_u64(), found[3]["refused"].as_u64()), (Some(3), Some(1)));
    assert!(!stage.path("seawall-data").exists());
    let piped = "cat events.jsonl | seawall rules run rules -";
    let bin = std::path::Path::new(crate::stage::PROGRAM).parent().unwrap();
    assert!(stage.shell(piped, Some(bin)).ended(1).out.contains("3 events judged"));
}

#[test]
fn what_is_in_force_opens_cases_and_replays_equal() {
    let stage = equipped();
    let rules = shipped("rules");
    stage.still(&["rules", "add", &rules, "--key", "amal.key"]).ended(0);
    let hash = rows(&stage.still(&["bank", "list", "--json"]).ended(0));
    assert_eq!(hash[0]["algorithm"].as_str(), Some("sha256"));
    let sha256 = String::from_utf8(
        std::process::Command::new("sha256sum")
            .arg(stage.path("clip.bin"))
            .output()
            .unwrap()
            .stdout,
    );
    let sha256 = sha256.unwrap()[..64].to_owned();
    let post = |id: u32, text: &str, media: &str| {
        format!(
            r#"{{"type":"post.created","id":"n{id}","at":"2026-05-20T09:0{id}:00Z","account":"lid","post":{{"id":"np{id}","text":"{text}"{media}}}}}"#
        )
    };
    let clip = format!(r#","media":[{{"id":"m1","sha256":"{sha256}"}}]"#);
    let other = format!(r#","media":[{{"id":"m2","sha256":"{}"}}]"#, "12".repeat(32));
    let events = [
        post(1, "a quiet tea", ""),
        post(2, "look", &clip),
        post(3, "Every lid shall lift", ""),
        post(4, "Every lid shall lift", &other),
    ];
    stage.write("new.jsonl", events.join("\n"));
    stage.still(&["import", "new.jsonl"]).ended(0);
    assert_eq!(journaled(&stage, "case_opened"), 2);
    replays_equal(&stage);
}

const REMOVED: &str = "account,handle,name,links,reason,removed_at
yasmin22,yasmin22,ياسمين,,cheering,2026-05-20
gone-1,kettle_king,King of Kettles,https://kettles.example/join|https://kettles.example/2,cheering,2026-01-02T10:00:00Z
";

#[test]
fn removed_accounts_need_two_keys_and_a_policy_about_terrorist_content() {
    let stage = equipped();
    stage.write("old.csv", REMOVED);
    let import = |policy: &str, keys: &[&str]| {
        let from = ["--policy", policy, "--source", "our log"];
        let keys: Vec<&str> = keys.iter().flat_map(|key| ["--key", key]).collect();
        stage.still(&[&["import", "removed", "old.csv"], &from[..], &keys].concat())
    };
    import("kettle-league", &["amal.key"]).refused(&["two key files"]);
    import("kettle-league", &["amal.key", "amal.key"]).refused(&["both keys are r1's"]);
    import("teapots", &["amal.key", "badr.key"]).refused(&["teapots", "policy add"]);
    let policy = std::fs::read_to_string(shipped("policy.toml")).unwrap();
    let spam =
        policy.replace("id = \"kettle-league\"", "id = \"spam\"").replace("= true", "= false");
    stage.write("spam.toml", spam);
    stage.still(&["policy", "add", "spam.toml", "--key", "amal.key"]).ended(0);
    import("spam", &["amal.key", "badr.key"]).refused(&["not about terrorist content", "spam"]);
    let said = import("kettle-league", &["amal.key", "badr.key"]).ended(0);
    assert_eq!(said.counts()["accepted"], 2);
    assert!(said.out.contains("k12..k13 in force until 2027-06-01"), "{}", said.out);
    let said = import("kettle-league", &["badr.key", "amal.key"]).ended(0);
    assert_eq!((said.counts()["accepted"], said.counts()["known"]), (0, 2));
    let worse = "gone-2,,,,,2026-01-02\ngone-3,lid,,,,soon\n,lid,,,,2026-01-02\n\
                 gone-4,lid,,,,2027-01-02\ngone-5,lid,,,,2026-01-02\ngone-5,lid,,,,2026-01-02\n";
    stage.write("old.csv", format!("{REMOVED}{worse}"));
    let said = import("kettle-league", &["amal.key", "badr.key"]).ended(1);
    let counts = said.counts();
    assert_eq!((counts["accepted"], counts["known"], counts["duplicates"]), (1, 2, 1), "{said:?}");
    assert_eq!(counts["rejected"], 4);
    let lines: Vec<(u64, String)> = said.rejected_lines();
    let expect = [(4, "there is nothing to compare by"), (5, "removed_at"), (6, "account")];
    for ((line, why), (number, word)) in lines.iter().zip(expect) {
        assert_eq!((*line, &**why), (number, word));
    }
    assert_eq!(lines.len(), 4);
    replays_equal(&stage);
}

#[test]
fn importing_files_is_as_before_beside_the_subcommand() {
    let stage = Stage::new();
    let event = r#"{"type":"post.created","id":"e","at":"2026-05-04T09:15:00Z","account":"lid","post":{"id":"p"}}"#;
    stage.write("removed", event);
    stage.write("help", event);
    stage.still(&["import", "./removed", "help"]).ended(0);
    stage.still(&["import", "removed"]).refused(&["FILE.csv", "--policy"]);
    let dir = ["import", "--dir", "seawall-data", "removed", "x.csv", "--policy", "p"];
    let keys = ["--source", "s", "--key", "a", "--key", "b"];
    stage.still(&[&dir[..], &keys].concat()).refused(&["x.csv"]);
}
