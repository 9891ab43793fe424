//! What is told is true: of the protected register, of what fell, of how something came, of
//! what ended, and of what can be done.
//!
//! Left out: that what is done is lawful, which the judge's own tests ask.

use serde_json::{Value, json};

use crate::league::{
    CLIP, OF_CHEER, OF_NEWSROOM, OF_RETURN, OF_SPOUT, case, decide, entries, equipped, event,
    replays_equal, undo, watched,
};
use crate::said::Said;
use crate::stage::Stage;

/// A file that one person alone stands for.
const HALF: &str = "d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2";
/// The fingerprint of a picture.
const PDQ: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
}

#[track_caller]
fn never_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(!text.contains(word), "`{word}` is in {text}");
    }
}

fn show(stage: &Stage, id: &str, more: &[&str]) -> String {
    stage.still(&[&["case", "show", id], more].concat()).ended(0).out
}

fn import(stage: &Stage, events: &[String]) -> Said {
    stage.write("more.jsonl", events.join("\n"));
    stage.still(&["import", "more.jsonl"]).ended(0)
}

fn post(n: u32, time: &str, account: &str, text: &str, media: &Value) -> String {
    let post = json!({ "id": format!("p-{n}"), "text": text, "media": media });
    event(n, "post.created", time, account, "post", &post)
}

fn created(n: u32, account: &str, at: &str) -> String {
    let profile = json!({ "handle": format!("{account}.example"), "created_at": at });
    event(n, "account.created", "10:00", account, "profile", &profile)
}

fn add_clip(stage: &Stage, what: &[&str], class: &str) {
    let bank = ["bank", "add", "--bank", "markerclips", "--class", class, "--source", "s"];
    stage.still(&[&bank[..], what, &["--key", "amal.key"]].concat()).ended(0);
}

/// Two young accounts in the same state, of which the second is protected: c1 and c2 are about a
/// word they say, c3 and c4 about a file that one person stands for.
fn twins() -> Stage {
    let stage = equipped();
    add_clip(&stage, &["--sha256", HALF], "support");
    let half = json!([{ "sha256": HALF }]);
    let names = ["twin-x", "twin-y"];
    let mut events =
        names.map(|name| created(u32::from(name == "twin-y"), name, "2026-05-18T00:00:00Z"));
    import(&stage, &events);
    let add = ["protected", "add", "twin-y", "--ground", "press", "--source", "s"];
    stage.still(&[&add[..], &["--key", "amal.key"]].concat()).ended(0);
    for (n, text, media) in [(10, "boil as one", json!([])), (20, "look", half)] {
        events =
            names.map(|name| post(n + u32::from(name == "twin-y"), "11:00", name, text, &media));
        import(&stage, &events);
    }
    stage
}

/// A text about one of the twins, without what names it.
fn nameless(text: &str) -> String {
    let pairs =
        [("c1", "c2"), ("c3", "c4"), ("twin-x", "twin-y"), ("p-10", "p-11"), ("p-20", "p-21")];
    pairs.iter().fold(text.to_owned(), |text, (one, other)| text.replace(other, one))
}

/// A case about one of the twins, without its numbers.
fn numberless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if ["account", "position"].contains(&name.as_str()) && value.is_u64() {
                    *value = json!(0);
                }
                numberless(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(numberless),
        _ => {}
    }
}

#[test]
fn without_a_key_nothing_tells_who_is_protected_and_with_one_it_is_told_and_journaled() {
    let stage = twins();
    for (plain, guarded) in [("c1", "c2"), ("c3", "c4")] {
        let (one, other) = (show(&stage, plain, &[]), show(&stage, guarded, &[]));
        assert_eq!(nameless(&one), nameless(&other));
        says(&other, &["the rest is told with a reviewer's key: add --key KEYFILE"]);
        let told = [plain, guarded].map(|id| {
            let mut told = case(&stage, id);
            numberless(&mut told);
            nameless(&told.to_string())
        });
        assert_eq!(told[0], told[1]);
    }
    says(&show(&stage, "c4", &[]), &["fewer than two people confirmed the bank entry"]);
    let list = stage.still(&["case", "list"]).ended(0).out;
    let rows: Vec<String> = list.split("\n\n").map(nameless).collect();
    assert_eq!(rows.iter().filter(|row| rows.iter().filter(|r| r == row).count() == 2).count(), 4);
    let read = |stage: &Stage| {
        let journal = stage.journal("seawall-data");
        journal.iter().filter(|entry| entry.contains("register_read")).count()
    };
    assert_eq!(read(&stage), 0);
    let key = ["--key", "badr.key"];
    says(
        &show(&stage, "c4", &key),
        &[
            "in the protected register as k8 (press, without expiry)",
            "the account is in the protected register: ask",
            "that r2 read the register is in the journal",
        ],
    );
    let plain = show(&stage, "c3", &key);
    says(&plain, &["not in the protected register"]);
    never_says(&plain, &["the account is in the protected"]);
    let told = stage.still(&["case", "show", "c4", "--json", "--key", "badr.key"]).ended(0).json();
    says(&told["standing"].to_string(), &["in the protected register as k8"]);
    assert_eq!(read(&stage), 3);
    stage.still(&["case", "show", "c9", "--key", "badr.key"]).refused(&["there is no case c9"]);
    // A notice tells nothing of the register, so that nobody reads it for one.
    let notice = ["case", "show", "c4", "--notice", "en", "--key", "badr.key"];
    stage.still(&notice).refused(&["--key", "cannot be used with", "--notice"]);
    stage.write("no.key", "not a key\n");
    stage.still(&["case", "show", "c4", "--key", "no.key"]).refused(&["no.key"]);
    assert_eq!(read(&stage), 3);
    let doctor = stage.still_at("2026-12-01T00:00:00Z", &["doctor"]).ended(0);
    says(&doctor.out, &["signatures verified"]);
    replays_equal(&stage);
}

#[test]
fn where_nothing_else_stands_against_it_the_rest_is_told_with_a_key() {
    let stage = twins();
    import(&stage, &[post(30, "12:00", "twin-y", "see", &json!([{ "sha256": CLIP }]))]);
    let told = show(&stage, "c5", &[]);
    let rest = "by itself\n  the rest is told with a reviewer's key: add --key KEYFILE";
    says(&told, &[rest, "not in good standing"]);
    assert_eq!(case(&stage, "c5")["not_restricted_because"].as_array().map(Vec::len), Some(1));
    // The register is told of where it was read.
    says(
        &show(&stage, "c5", &["--key", "amal.key"]),
        &["by itself\n  the account is in the protected register"],
    );
}

#[test]
fn a_case_and_a_decision_say_what_they_rested_on_and_how_it_fell() {
    let stage = watched();
    decide(&stage, OF_SPOUT, "restrict", &["--saw", "file"]).ended(0);
    stage.still(&["bank", "withdraw", "k3", "--key", "badr.key"]).ended(0);
    let lost = "no longer rests on k3 of the bank \u{2068}markerclips\u{2069}, which was withdrawn at 2026-06-01 00:00";
    let told = show(&stage, OF_NEWSROOM, &[]);
    says(&told, &["c1: post by", "withdrawn", lost]);
    never_says(&told, &["what the rule asks of the event itself"]);
    let why = case(&stage, OF_NEWSROOM)["why"].clone();
    assert_eq!((why[0]["kind"].as_str(), why[0]["entry"].as_str()), (Some("lost"), Some("k3")));
    says(
        &show(&stage, OF_SPOUT, &[]),
        &["; it rested on k3 of the bank \u{2068}markerclips\u{2069}, which was withdrawn"],
    );
    let list = stage.still(&["case", "list"]).ended(0).out;
    says(&list, &["what it rested on is gone (k3)"]);
    // A case that is closed says so too, whether it still holds what fell or not.
    let closed = stage.twin();
    decide(&closed, OF_RETURN, "keep", &["--saw", "links"]).ended(0);
    closed.still(&["removed", "withdraw", "k6", "--key", "badr.key"]).ended(0);
    let told = show(&closed, OF_RETURN, &[]);
    says(&told, &["no longer rests on k6, the profile of a removed account, which was withdrawn"]);
    let list = closed.still(&["case", "list"]).ended(0).out;
    says(&list, &["what it rested on is gone (k6)"]);
    let kept = watched();
    decide(&kept, OF_NEWSROOM, "keep-documents", &[]).ended(0);
    kept.still(&["bank", "withdraw", "k3", "--key", "badr.key"]).ended(0);
    let told = show(&kept, OF_NEWSROOM, &[]);
    says(&told, &["no longer rests on k3 of the bank", "c1: post by", "decided"]);
    never_says(&told, &["what the rule"]);
    let list = kept.still(&["case", "list"]).ended(0).out;
    never_says(&list, &["what the rule asks of the event itself"]);
    // What fell by an overturn says of which decision.
    let removed = undo(&stage, "d7", "dana.key").ended(0);
    says(&removed.out, &["is overturned by"]);
    says(
        &show(&stage, OF_RETURN, &[]),
        &[
            "no longer rests on k6, the profile of a removed account, which fell with d7, the last that stood for it",
        ],
    );
    replays_equal(&stage);
}

/// With an account that is reported before anything else opens a case about it.
fn reported() -> Stage {
    let stage = equipped();
    let rules = std::fs::read_to_string(stage.path("rules/main.sml")).unwrap();
    let more = "
Kind: str = JsonData(path='$.type')
Reported = Rule(when_all=[Kind == 'report'], description='marker report')
WhenRules(rules_any=[Reported], then=[OpenCase(policy='kettle-league', reason='marker')])
";
    stage.write("rules/main.sml", rules + more);
    stage.still(&["rules", "add", "rules", "--key", "amal.key"]).ended(0);
    let report = |n, time: &str, subject: Value| {
        let report = json!({ "subject": subject, "reason": "marker", "text": "marker" });
        event(n, "report", time, "marker-reporter", "report", &report)
    };
    import(
        &stage,
        &[created(1, "lid", "2024-01-01T00:00:00Z"), post(2, "10:05", "lid", "look", &json!([]))],
    );
    import(&stage, &[report(3, "10:10", json!({ "account": "lid" }))]);
    import(&stage, &[post(4, "10:20", "spout", "see", &json!([{ "sha256": CLIP }]))]);
    import(&stage, &[report(5, "10:30", json!({ "post": "p-4" }))]);
    stage
}

#[test]
fn what_a_report_opened_came_of_a_notice_and_what_it_met_open_did_not() {
    let stage = reported();
    says(&show(&stage, "c1", &[]), &["in good standing: ", "created  2024-01-01"]);
    decide(&stage, "c1", "suspend", &[]).ended(0);
    decide(&stage, "c2", "remove", &[]).ended(0);
    let notice = |id| show(&stage, id, &["--notice", "both"]);
    let (of_notice, own) = ("because of a notice we received", "on our own initiative");
    let (arabic, arabic_own) = ("بناءً على بلاغ وردنا", "بمبادرة منا");
    let check = || {
        says(&notice("c1"), &[of_notice, arabic]);
        never_says(&notice("c1"), &[own, arabic_own, "marker"]);
        says(&notice("c2"), &[own, arabic_own]);
        never_says(&notice("c2"), &[of_notice, arabic]);
    };
    check();
    // Whoever reported is erased: that somebody did stays true.
    let before = notice("c1");
    stage.still(&["erase", "marker-reporter"]).ended(0);
    stage.still(&["erase", "--run"]).ended(0);
    check();
    assert_eq!(notice("c1"), before);
}

#[test]
fn the_notice_of_a_restriction_stays_and_the_one_of_its_end_stands_before_it() {
    let letters = |stage: &Stage, clock: &str| {
        let said = stage.still_at(clock, &["case", "show", OF_SPOUT, "--notice", "en"]).ended(0);
        said.out.split("\n===\n").map(str::to_owned).collect::<Vec<_>>()
    };
    let now = crate::stage::CLOCK;
    let restricted =
        ["we restricted the reach of one post", "Content of the kettle league", "72 hours"];
    let stage = watched();
    let (lapsed, kept) = (stage.twin(), stage.twin());
    // Its time is over.
    let told = letters(&lapsed, "2026-06-05T00:00:00Z");
    assert_eq!(told.len(), 2, "{told:?}");
    says(
        &told[0],
        &["on 4 June 2026 we lifted the restriction", "The time set for that decision is over"],
    );
    says(&told[1], &restricted);
    // A person keeps the post.
    let said = decide(&kept, OF_SPOUT, "keep", &[]).ended(0).out;
    says(&said, &["the restriction without a person ends", "we lifted the restriction"]);
    let told = letters(&kept, now);
    assert_eq!(told.len(), 2, "{told:?}");
    says(
        &told[0],
        &["on 1 June 2026 we lifted the restriction", "it was not justified", "We apologise"],
    );
    says(&told[1], &restricted);
    // The account is protected since.
    let guarded = stage.twin();
    let add = ["protected", "add", "spout", "--ground", "press", "--source", "s"];
    guarded.still(&[&add[..], &["--key", "amal.key"]].concat()).ended(0);
    let told = letters(&guarded, now);
    says(&told[0], &["we lifted the restriction", "no longer holds"]);
    says(&told[1], &restricted);
    // Its policy is gone, and the version it was taken under is the one that is cited.
    let policy = std::fs::read_to_string(stage.path("policy.toml")).unwrap();
    stage.write("policy.toml", policy.replace("title_en = \"", "title_en = \"Later "));
    stage.still(&["policy", "add", "policy.toml", "--key", "amal.key"]).ended(0);
    says(
        letters(&stage, now).last().unwrap(),
        &["kettle league\u{2069}” (version \u{2068}1\u{2069})"],
    );
    for decision in ["d8", "d1"] {
        undo(&stage, decision, "dana.key").ended(0);
    }
    let told = letters(&stage, now);
    says(told.last().unwrap(), &restricted);
    says(told.last().unwrap(), &["kettle league\u{2069}” (version \u{2068}1\u{2069})"]);
    replays_equal(&stage);
}

#[test]
fn only_what_would_be_taken_is_offered_where_the_policy_is_gone() {
    let stage = watched();
    undo(&stage, "d2", "dana.key").ended(0);
    let told = show(&stage, OF_CHEER, &[]);
    says(
        &told,
        &[
            "# its policy \u{2068}manners\u{2069} is not in force",
            "policy list",
            "keep --saw content",
        ],
    );
    never_says(&told, &["decide c4 remove", "decide c4 label"]);
    let list = stage.still(&["case", "list", "--policy", "manners"]).ended(0).out;
    says(&list, &["needs a policy: its policy \u{2068}manners\u{2069} is not in force"]);
    assert_eq!(case(&stage, OF_CHEER)["proposed"], Value::Null);
    decide(&stage, OF_CHEER, "remove", &[]).refused(&["no policy \u{2068}manners\u{2069}"]);
    decide(&stage, OF_CHEER, "keep", &[]).ended(0);
}

#[test]
fn a_file_of_two_classes_says_why_nothing_was_restricted() {
    let stage = equipped();
    add_clip(&stage, &["--sha256", CLIP], "news");
    import(
        &stage,
        &[
            created(1, "lid", "2026-05-18T00:00:00Z"),
            post(2, "10:05", "lid", "look", &json!([{ "sha256": CLIP }])),
        ],
    );
    says(
        &show(&stage, "c1", &[]),
        &["the file is of different classes (support by k3, news by k7)"],
    );
    assert_eq!(case(&stage, "c1")["in_force"], json!([]));
}

#[test]
fn a_picture_of_the_same_fingerprint_is_told_as_such_and_one_bit_as_one() {
    let stage = equipped();
    add_clip(&stage, &["--pdq", PDQ], "support");
    let near = format!("0e{}", &PDQ[2..]);
    let two = format!("0c{}", &PDQ[2..]);
    for (n, pdq) in [(1, PDQ), (2, &near), (3, &two)] {
        import(&stage, &[post(n, "10:00", "lid", "look", &json!([{ "pdq": pdq }]))]);
    }
    says(&show(&stage, "c1", &[]), &["its picture has the same picture fingerprint as k7"]);
    says(&show(&stage, "c2", &[]), &["its picture looks like, 1 of 256 bits apart, k7"]);
    let list = stage.still(&["case", "list"]).ended(0).out;
    says(&list, &["same picture as k7 by its fingerprint", "looks like k7, 2 bits apart"]);
    never_says(&list, &["1 bits"]);
}

#[test]
fn a_picture_of_a_profile_that_a_bank_knows_is_shown_though_no_profile_tells_it() {
    let stage = equipped();
    let media = json!({ "id": "m-face", "sha256": CLIP, "for": "avatar" });
    import(&stage, &[event(1, "media", "10:00", "lid", "media", &media)]);
    let told = show(&stage, "c1", &[]);
    says(&told, &["picture  \u{2068}m-face\u{2069}  sha256 c1c1"]);
    assert!(case(&stage, "c1")["content"]["account"].to_string().contains("m-face"));
}

#[test]
fn a_ruling_that_is_held_says_what_it_lacks() {
    let stage = watched();
    decide(&stage, OF_SPOUT, "remove", &["--saw", "file"]).ended(1);
    let told = show(&stage, OF_SPOUT, &[]);
    let held = told.split("rulings held\n").nth(1).unwrap().lines().next().unwrap();
    says(held, &["r1: remove, having seen the file: "]);
}

#[test]
fn what_was_compared_with_an_earlier_profile_says_so() {
    let stage = watched();
    never_says(&show(&stage, OF_RETURN, &[]), &["of an earlier profile"]);
    let changed = json!({ "handle": "velvet_lantern", "name": "Velvet Lantern" });
    import(&stage, &[event(20, "account.updated", "11:00", "king-2", "profile", &changed)]);
    let told = show(&stage, OF_RETURN, &[]);
    let rows: Vec<&str> = told.lines().filter(|line| line.contains("earlier profile")).collect();
    let [row] = rows.as_slice() else { panic!("{told}") };
    says(row, &["name", "(of an earlier profile, 2026-05-20 09:20)"]);
    let families = case(&stage, OF_RETURN)["why"][0]["families"].to_string();
    says(&families, &["\"earlier_profile_at\":\"2026-05-20T09:20:00Z\""]);
}

#[test]
fn a_profile_that_two_people_signed_says_so_and_an_erased_account_that_was_protected_too() {
    let stage = watched();
    says(&stage.still(&["removed", "list"]).ended(0).out, &["signed by 2;"]);
    let row = stage.still(&["removed", "list", "--json"]).ended(0).json();
    assert_eq!(row["signed_by"].as_u64(), Some(2));
    let add = ["protected", "add", "desk", "--ground", "press", "--source", "s"];
    stage.still(&[&add[..], &["--key", "amal.key"]].concat()).ended(0);
    // What is said of one that was protected is said of one that was not.
    let erased = |stage: &Stage, account: &str| {
        stage.still(&["erase", account]).ended(0);
        stage.still(&["erase", "--run"]).ended(0).out
    };
    let twin = stage.twin();
    let said = [erased(&stage, "desk"), erased(&twin, "lid")];
    let tail = |said: &String| said.split_once("should one").map(|(_, tail)| tail.to_owned());
    assert!(tail(&said[0]).is_some() && tail(&said[0]) == tail(&said[1]), "{said:?}");
    says(
        &said[0],
        &["it is a new account and not in the protected register", "protected list --key"],
    );
    let list = stage.still(&["protected", "list", "--key", "amal.key"]).ended(0).out;
    says(&list, &["(erased)"]);
    let again = json!({ "handle": "evening.desk", "created_at": "2026-05-20T00:00:00Z" });
    let clip = json!([{ "sha256": CLIP }]);
    import(
        &stage,
        &[
            event(80, "account.updated", "12:00", "desk", "profile", &again),
            post(81, "12:10", "desk", "look", &clip),
        ],
    );
    let list = stage.still(&["case", "list"]).ended(0).out;
    says(&list, &["restricted unattended  post by \u{2068}evening.desk\u{2069}"]);
}

#[test]
fn a_pipe_as_a_file_is_refused_with_what_to_type() {
    let stage = watched();
    let before = entries(&stage);
    let line = format!("cat events.jsonl | '{}' import /dev/stdin", crate::stage::PROGRAM);
    stage.shell(&line, None).refused(&["/dev/stdin is a pipe and no file", "import -`"]);
    assert_eq!(entries(&stage), before);
}
