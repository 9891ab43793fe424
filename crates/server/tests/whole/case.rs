//! Cases from the command line: what is listed and shown, what a ruling does and what takes
//! it back, and who may not.

use serde_json::{Value, json};

use crate::league::{
    CLIP, OF_CHEER, OF_NEWSROOM, OF_RETURN, OF_SPOUT, admit, case, decide, entries, equipped,
    event, replays_equal, undo, watched,
};
use crate::said::Said;
use crate::stage::Stage;

/// The cases of a list in JSON.
fn listed(stage: &Stage, more: &[&str]) -> Vec<Value> {
    let said = stage.still(&[&["case", "list", "--json"], more].concat()).ended(0);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(cases: &[Value]) -> Vec<&str> {
    cases.iter().map(|case| case["case"].as_str().unwrap()).collect()
}

/// The decision that a ruling told.
fn decision(said: &Said) -> String {
    let name = said.out.split(':').next().unwrap();
    assert!(name.starts_with('d'), "{}", said.out);
    name.to_owned()
}

#[track_caller]
fn says(said: &Said, words: &[&str]) {
    for word in words {
        assert!(said.out.contains(word), "`{word}` is not in {}", said.out);
    }
}

#[test]
fn cases_are_listed_by_state_and_policy_the_strongest_first() {
    let stage = watched();
    let all = listed(&stage, &[]);
    assert_eq!(names(&all), [OF_NEWSROOM, OF_SPOUT, OF_RETURN, OF_CHEER]);
    assert_eq!(all[0]["restricted_unattended"].as_bool(), Some(false));
    assert_eq!(all[1]["restricted_unattended"].as_bool(), Some(true));
    assert_eq!(names(&listed(&stage, &["--policy", "manners"])), [OF_CHEER]);
    assert_eq!(names(&listed(&stage, &["--limit", "1"])), [OF_NEWSROOM]);
    assert!(listed(&stage, &["--state", "decided"]).is_empty());
    decide(&stage, OF_NEWSROOM, "keep-documents", &[]).ended(0);
    assert_eq!(names(&listed(&stage, &["--state", "decided"])), [OF_NEWSROOM]);
    assert_eq!(names(&listed(&stage, &["--state", "open"])), [OF_SPOUT, OF_RETURN, OF_CHEER]);
    stage.still(&["terms", "withdraw", "k4", "--key", "badr.key"]).ended(0);
    assert_eq!(names(&listed(&stage, &["--state", "withdrawn"])), [OF_CHEER]);
    let said = stage.still(&["case", "list", "--limit", "2"]).ended(0);
    says(
        &said,
        &["4 cases: 2 open, 1 decided, 1 withdrawn", "the first 2 of 4 are shown", "2 more"],
    );
    let said = stage.still(&["case", "list", "--policy", "teapots"]).ended(0);
    says(&said, &["none of them is what you asked for"]);
    stage.still(&["case", "list", "--state", "done"]).refused(&["done", "open, decided"]);
    replays_equal(&stage);
}

#[test]
fn a_case_says_why_it_is_here_and_what_is_missing() {
    let stage = watched();
    let show = |id: &str| stage.still(&["case", "show", id]).ended(0);
    says(
        &show(OF_NEWSROOM),
        &[
            "opened by the rule \u{2068}MarkerClip\u{2069}",
            "its file is the same as k3 of the bank \u{2068}markerclips\u{2069} (confirmed by 2 people",
            "text     \u{2068}What the league shows its members\u{2069}",
            "  in good standing: ",
            "nothing unattended is done to it",
            "why nothing was restricted by itself\n  the account is in good standing",
            "remove --saw content: one reviewer",
            "remove --saw file is not enough:\n    a verdict passes only to exact copies",
            "case decide c1 keep-documents --saw content --as-read 1 --key KEYFILE",
        ],
    );
    says(
        &show(OF_SPOUT),
        &[
            "not in good standing: 11 days old",
            "restrict the post by \u{2068}spout.example\u{2069} until 2026-06-04 00:00",
            "without a person, as law 1 allows",
        ],
    );
    says(
        &show(OF_RETURN),
        &[
            "it may be the return of k6, the profile of a removed account, removed 2026-05-02 00:00:",
            "name      ",
            "face      ",
            "links                Unknown",
            "to 1 that one person runs both",
            "  k6     \u{2068}King of the Marker Kettles\u{2069}",
            "posts    none is here",
            "suspend --saw links: one reviewer",
            "--saw content: there is nothing to see",
            "case decide c3 keep --saw links --as-read 1 --key KEYFILE",
            "case decide c3 suspend --saw links --as-read 1 --key KEYFILE",
        ],
    );
    says(
        &show(OF_CHEER),
        &[
            "it says \u{2068}boil as one\u{2069}, k4 of the terms \u{2068}markercheers\u{2069}: naming is never",
            "remove --saw content: one reviewer",
        ],
    );
    let case = case(&stage, OF_RETURN);
    assert_eq!(case["content"]["resembles"]["entry"].as_str(), Some("k6"));
    assert!(case["evidence"]["comebacks"][0]["families_milli_bits"]["face"].as_i64().unwrap() > 0);
    replays_equal(&stage);
}

#[test]
fn a_decision_tells_its_action_its_inverse_and_both_notices_and_is_undone_by_another() {
    let stage = watched();
    let said = decide(&stage, OF_SPOUT, "remove", &[]).ended(0);
    let decision = decision(&said);
    says(
        &said,
        &[
            ": remove by r1 under \u{2068}kettle-league\u{2069} version 1",
            "remove the post by \u{2068}spout.example\u{2069} (action 2; restore takes it back)",
            "unrestrict the post by \u{2068}spout.example\u{2069}: the restriction without a person ends",
            "إشعار",
            "Notice: ",
            &format!("case undo {decision} --key KEYFILE"),
        ],
    );
    let notice = stage.still(&["case", "show", OF_SPOUT, "--notice", "both"]).ended(0);
    says(
        &notice,
        &["محتوى دوري الغلايات", "Content of the kettle league", "1 June 2026", "180 days"],
    );
    let arabic = stage.still(&["case", "show", OF_SPOUT, "--notice", "ar"]).ended(0);
    let english = stage.still(&["case", "show", OF_SPOUT, "--notice", "en"]).ended(0);
    assert!(!arabic.out.contains("Dear") && !english.out.contains("تحية"));
    // That it was removed, and before that, that its reach was restricted.
    let letters = |said: &Said| said.out.split("\n===\n").map(str::to_owned).collect::<Vec<_>>();
    let (both, arabic, english) = (letters(&notice), letters(&arabic), letters(&english));
    assert_eq!((both.len(), arabic.len(), english.len()), (2, 2, 2));
    for (both, (arabic, english)) in both.iter().zip(arabic.iter().zip(&english)) {
        let (arabic, english) = (arabic.trim_end(), english.trim_end());
        assert!(both.starts_with(arabic) && both.trim_end().ends_with(english), "{both}");
    }
    says(&notice, &["72 hours"]);
    assert_eq!(
        case(&stage, OF_SPOUT)["in_force"][0]["action"]["inverse"].as_str(),
        Some("restore")
    );
    decide(&stage, OF_SPOUT, "keep", &[]).refused(&["c2 is not open", "case show c2"]);
    let said = undo(&stage, &decision, "badr.key").ended(0);
    says(
        &said,
        &[
            "is overturned by",
            "restore the post by \u{2068}spout.example\u{2069}: action 2, remove, is reversed",
            "c2 is open again",
            "نعتذر",
            "We apologise",
        ],
    );
    let after = case(&stage, OF_SPOUT);
    assert_eq!((after["state"].as_str(), after["version"].as_u64()), (Some("open"), Some(2)));
    assert_eq!(after["in_force"], json!([]));
    // Every letter stays to be read, the newest first.
    let notice = stage.still(&["case", "show", OF_SPOUT, "--notice", "both"]).ended(0).out;
    let letters: Vec<&str> = notice.split("\n===\n").collect();
    let [restored, removed, restricted] = letters.as_slice() else { panic!("{notice}") };
    assert!(restricted.contains("72 hours"), "{restricted}");
    assert!(restored.contains("نعتذر") && restored.contains("We apologise"), "{restored}");
    assert!(removed.contains("180 days") && !removed.contains("We apologise"), "{removed}");
    assert_eq!(after["notices"].as_array().map(Vec::len), Some(3));
    undo(&stage, &decision, "badr.key").refused(&[&decision, "already overturned"]);
    says(&decide(&stage, OF_SPOUT, "keep", &["--as-read", "2"]).ended(0), &["nothing is done"]);
    replays_equal(&stage);
}

#[test]
fn what_was_removed_is_compared_with_what_comes_until_it_is_undone() {
    let stage = watched();
    // It changes its name before it is removed, and comes back under the new one.
    let changed = json!({ "handle": "velvet_lantern", "name": "Velvet Lantern" });
    let update = event(20, "account.updated", "11:00", "king-2", "profile", &changed);
    stage.write("more.jsonl", update);
    stage.still(&["import", "more.jsonl"]).ended(0);
    let said = decide(&stage, OF_RETURN, "suspend", &["--saw", "links"]).ended(0);
    let kept = "from now on compared with: k7, the profile of a removed account, until 2027-06-01";
    says(&said, &[kept]);
    let like = json!({ "handle": "velvet_lantern2", "name": "Velvet Lantern" });
    stage.write("more.jsonl", event(21, "account.created", "12:00", "king-3", "profile", &like));
    stage.still(&["import", "more.jsonl"]).ended(0);
    let resting = case(&stage, "c5")["evidence"]["comebacks"].to_string();
    assert!(resting.contains("k7"), "{resting}");
    let said = undo(&stage, &decision(&said), "dana.key").ended(0);
    says(
        &said,
        &["no longer compared with: k7", "c5 no longer rests on k7", "reinstate the account"],
    );
    assert_eq!(case(&stage, "c5")["state"].as_str(), Some("withdrawn"));
    replays_equal(&stage);
}

#[test]
fn one_person_acts_on_25_accounts_and_then_a_second_is_asked_with_another_key() {
    let stage = equipped();
    let media = json!([{ "id": "m-1", "sha256": CLIP }]);
    let events: Vec<String> = (0..26)
        .map(|n| {
            let post = json!({ "id": format!("p-{n}"), "text": "look", "media": media });
            event(n, "post.created", &format!("10:{n:02}"), &format!("a-{n}"), "post", &post)
        })
        .collect();
    stage.write("events.jsonl", events.join("\n"));
    stage.still(&["import", "events.jsonl"]).ended(0);
    for n in 1..=25 {
        decide(&stage, &format!("c{n}"), "remove", &[]).ended(0);
    }
    let held = decide(&stage, "c26", "remove", &[]).ended(1);
    says(&held, &["the ruling of r1 on c26 is held", "two people"]);
    let again = decide(&stage, "c26", "remove", &[]).ended(1);
    says(&again, &["the ruling of r1 on c26 is held", "two people"]);
    let shown = case(&stage, "c26");
    assert_eq!(shown["held"], json!([{ "reviewer": "r1", "ruled": "remove", "saw": "content" }]));
    assert_eq!((shown["state"].as_str(), &shown["in_force"]), (Some("open"), &json!([])));
    let said = decide(&stage, "c26", "remove", &["--key", "badr.key"]).ended(0);
    says(&said, &["remove by r1 and r2"]);
    replays_equal(&stage);
}

#[test]
fn nobody_reads_second_with_the_same_key() {
    let stage = watched();
    stage
        .still(&["bank", "confirm", "k3", "--key", "badr.key"])
        .refused(&["r2 has stood for k3 already", "one key cannot read second"]);
    let keys = ["--key", "amal.key", "--key", "amal.key"];
    let import = ["import", "removed", "old.csv", "--policy", "kettle-league", "--source", "s"];
    stage.still(&[&import[..], &keys].concat()).refused(&["both keys are r1's"]);
}

#[test]
fn an_entry_with_two_decisions_is_reopened_by_one_overturn_and_gone_by_both() {
    let stage = watched();
    let entry = stage.still(&["bank", "list", "--json"]).ended(0).json();
    let supports: Vec<&str> =
        entry["supports"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let [first, second] = supports.as_slice() else { panic!("{entry}") };
    let said = undo(&stage, first, "dana.key").ended(0);
    says(&said, &["stays, for others stand for it: k3", "c5 is opened: k3 of the bank"]);
    assert_eq!(case(&stage, OF_NEWSROOM)["state"].as_str(), Some("open"));
    says(
        &stage.still(&["case", "show", "c5"]).ended(0),
        &[
            "a decision that stood for k3",
            &format!("stands on {second}"),
            "bank confirm k3 --key KEYFILE",
            "bank withdraw k3 --key KEYFILE",
            "case decide c5 keep --saw content --as-read 1 --key KEYFILE",
        ],
    );
    decide(&stage, "c5", "remove", &[]).refused(&["c5 is about k3", "confirm or withdraw"]);
    decide(&stage, "c5", "keep", &[]).ended(0);
    let said = undo(&stage, second, "dana.key").ended(0);
    says(
        &said,
        &["no longer compared with: k3", "c1 no longer rests on k3", "c2 no longer rests on k3"],
    );
    for id in [OF_NEWSROOM, OF_SPOUT] {
        assert_eq!(case(&stage, id)["state"].as_str(), Some("withdrawn"), "{id}");
    }
    let media = json!([{ "id": "m-1", "sha256": CLIP }]);
    let post = json!({ "id": "p-late", "text": "look", "media": media });
    stage.write("more.jsonl", event(30, "post.created", "12:00", "late", "post", &post));
    let before = listed(&stage, &[]).len();
    stage.still(&["import", "more.jsonl"]).ended(0);
    assert_eq!(listed(&stage, &[]).len(), before, "nothing matches it any more");
    replays_equal(&stage);
}

#[test]
fn what_cannot_be_ruled_is_refused_with_the_reason_and_changes_nothing() {
    let stage = watched();
    stage.write("no.key", "not a key\n");
    let before = entries(&stage);
    decide(&stage, "c99", "keep", &[]).refused(&["there is no case c99", "case list"]);
    decide(&stage, "99", "keep", &[]).refused(&["99", "c12"]);
    decide(&stage, OF_CHEER, "banish", &[]).refused(&["banish", "keep-documents"]);
    decide(&stage, OF_CHEER, "suspend", &[]).refused(&["does not fit", "an account is suspended"]);
    decide(&stage, OF_CHEER, "keep", &["--saw", "it"]).refused(&["content, file or links"]);
    decide(&stage, OF_CHEER, "remove", &["--policy", "teapots"])
        .refused(&["no policy \u{2068}teapots\u{2069}", "policy list"]);
    decide(&stage, OF_CHEER, "keep", &["--as-read", "7"])
        .refused(&["c4 has changed since version 7", "case show c4"]);
    decide(&stage, OF_CHEER, "keep", &["--key", "missing.key"]).refused(&["missing.key"]);
    decide(&stage, OF_CHEER, "keep", &["--key", "no.key"]).refused(&["no.key"]);
    let elsewhere = Stage::new();
    // Under the test seed, as many keys as here are the same as here.
    admit(&elsewhere, "a", &[]).ended(0);
    for name in ["b", "c", "eve"] {
        admit(&elsewhere, name, &["--by", "a.key"]).ended(0);
    }
    let eve = std::fs::read_to_string(elsewhere.path("eve.key")).unwrap();
    stage.write("eve.key", eve);
    decide(&stage, OF_CHEER, "keep", &["--key", "eve.key"])
        .refused(&["no reviewer of this folder"]);
    undo(&stage, "d99", "amal.key").refused(&["d99"]);
    undo(&stage, "99", "amal.key").refused(&["99", "d3"]);
    assert_eq!(entries(&stage), before);
    replays_equal(&stage);
}

#[test]
fn a_ruling_on_an_older_version_is_refused_with_what_to_do() {
    let stage = watched();
    let said = decide(&stage, OF_SPOUT, "label", &["--saw", "file"]).ended(1);
    says(&said, &["the ruling of r1 on c2 is held", "a reviewer opens this copy"]);
    // The case has grown by the ruling that was heard.
    let version = case(&stage, OF_SPOUT)["version"].as_u64().unwrap();
    let removed = decide(&stage, OF_SPOUT, "remove", &[]).ended(0);
    undo(&stage, &decision(&removed), "badr.key").ended(0);
    let read = version.to_string();
    decide(&stage, OF_SPOUT, "remove", &["--as-read", &read]).refused(&[
        &format!("c2 has changed since version {read}"),
        "read it again with `seawall case show c2`",
    ]);
    let now = case(&stage, OF_SPOUT)["version"].as_u64().unwrap().to_string();
    decide(&stage, OF_SPOUT, "remove", &["--as-read", &now]).ended(0);
    replays_equal(&stage);
}

#[test]
fn no_notice_tells_what_law_8_forbids() {
    let stage = watched();
    let mut told = String::new();
    // What was restricted without a person is told too.
    told += &stage.still(&["case", "show", OF_SPOUT, "--notice", "both"]).ended(0).out;
    assert!(told.contains("72"), "{told}");
    for (id, ruling) in [
        (OF_NEWSROOM, "interstitial"),
        (OF_SPOUT, "remove"),
        (OF_RETURN, "suspend"),
        (OF_CHEER, "label"),
    ] {
        let more = match id {
            OF_CHEER => &["--policy", "manners", "--json"][..],
            // Its account has posted nothing.
            OF_RETURN => &["--saw", "links", "--json"],
            _ => &["--json"],
        };
        let said = decide(&stage, id, ruling, more).ended(0).json();
        let letter = &said["notices"][0];
        assert!(letter["ar"]["paragraphs"].is_array() && letter["en"]["paragraphs"].is_array());
        told += &letter.to_string();
        let case = case(&stage, id);
        assert_eq!(&case["notices"][0], letter);
        told += &stage.still(&["case", "show", id, "--notice", "both"]).ended(0).out;
        let decision = said["followed"][0]["decision"].as_u64().unwrap();
        let undone = ["case", "undo", &format!("d{decision}"), "--key", "badr.key", "--json"];
        told += &stage.still(&undone).ended(0).json()["notices"].to_string();
    }
    for word in ["marker", "Marker", "king", "c1c1c1", "fa57", "bits", "k3", "k6", "r1", "amal"] {
        assert!(!told.contains(word), "a notice tells {word}: {told}");
    }
}

#[test]
fn what_documents_or_condemns_is_kept_and_a_class_that_counts_for_nothing_is_refused() {
    let stage = watched();
    let before = entries(&stage);
    for ruling in ["keep", "keep-documents"] {
        decide(&stage, OF_NEWSROOM, ruling, &["--class", "news"]).refused(&[
            "--class",
            "acts on nothing",
            "leave it out",
        ]);
    }
    assert_eq!(entries(&stage), before);
    let said = decide(&stage, OF_NEWSROOM, "keep-documents", &["--json"]);
    let said = said.ended(0).json();
    assert_eq!(said["followed"][0]["ruled"].as_str(), Some("keep_documents"));
    assert_eq!((&said["followed"][0]["actions"], &said["notices"]), (&json!([]), &json!([])));
    let said = stage.still(&["case", "show", OF_NEWSROOM, "--notice", "both"]).ended(0);
    says(&said, &["nothing was done on c1"]);
    says(&stage.still(&["case", "show", OF_NEWSROOM]).ended(0), &["keep_documents by r1"]);
    assert_eq!(case(&stage, OF_NEWSROOM)["in_force"], json!([]));
    decide(&stage, OF_SPOUT, "keep", &["--class", "nice"]).refused(&["nice", "counter"]);
    replays_equal(&stage);
}
