//! What a case shows, and what it does not: nothing of the register without a key, posts
//! before anybody acts on them, and nothing to act on where nothing is to be seen.

use serde_json::{Value, json};

use crate::league::{
    CLIP, OF_CHEER, OF_NEWSROOM, OF_RETURN, OF_SPOUT, case, decide, entries, event, replays_equal,
    watched,
};
use crate::said::Said;
use crate::stage::Stage;

/// The cases of a list in JSON.
fn listed(stage: &Stage) -> Vec<Value> {
    let said = stage.still(&["case", "list", "--json"]).ended(0);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn says(said: &Said, words: &[&str]) {
    for word in words {
        assert!(said.out.contains(word), "`{word}` is not in {}", said.out);
    }
}

#[test]
fn what_the_register_says_is_told_by_the_register_with_a_key_alone() {
    let stage = watched();
    let why = ["--ground", "press", "--source", "marker-newsroom", "--key", "amal.key"];
    stage.still(&[&["protected", "add", "spout"], &why[..]].concat()).ended(0);
    stage.still(&[&["protected", "add", "desk"], &why[..]].concat()).ended(0);
    // A young account that would be restricted, were it not in the register.
    let profile = json!({ "handle": "young.desk", "created_at": "2026-05-20T09:50:00Z" });
    let came = event(70, "account.created", "09:50", "young", "profile", &profile);
    stage.write("more.jsonl", came);
    stage.still(&["import", "more.jsonl"]).ended(0);
    stage.still(&[&["protected", "add", "young"], &why[..]].concat()).ended(0);
    let post = json!({ "id": "p-y", "text": "look", "media": [{ "id": "m-1", "sha256": CLIP }] });
    stage.write("more.jsonl", event(71, "post.created", "09:55", "young", "post", &post));
    stage.still(&["import", "more.jsonl"]).ended(0);
    let mut told = String::new();
    for id in [OF_NEWSROOM, OF_SPOUT, OF_RETURN, OF_CHEER, "c5"] {
        told += &stage.still(&["case", "show", id]).ended(0).out;
        told += &case(&stage, id).to_string();
    }
    told += &stage.still(&["case", "list"]).ended(0).out;
    told += &stage.still(&["case", "list", "--json"]).ended(0).out;
    for word in ["is_protected", "is protected", "protected:", "register", "marker-newsroom"] {
        assert!(!told.contains(word), "{word} is told: {told}");
    }
    let said = stage.still(&["case", "show", OF_NEWSROOM]).ended(0);
    says(&said, &["nothing unattended is done to it", "the account is in good standing"]);
    assert!(!said.out.contains("is done to the account"), "{}", said.out);
    let said = stage.still(&["case", "show", "c5"]).ended(0);
    says(&said, &["not in good standing", "by itself\n  the rest is told with a reviewer's key"]);
    assert!(!said.out.contains("nothing unattended"), "{}", said.out);
    let said = stage.still(&["protected", "list", "--key", "amal.key"]).ended(0);
    says(&said, &["spout", "desk", "is in the journal"]);
}

#[test]
fn on_one_family_alone_nobody_suspends_before_there_is_a_post_to_look_at() {
    let stage = watched();
    let face = json!({ "id": "m-9", "sha256": "9c".repeat(32) });
    let profile = json!({
        "handle": "marker_king_9", "name": "King of the Marker Kettles", "avatar": face,
    });
    let came = event(50, "account.created", "15:00", "king-9", "profile", &profile);
    stage.write("more.jsonl", came);
    stage.still(&["import", "more.jsonl"]).ended(0);
    let said = stage.still(&["case", "show", "c5"]).ended(0);
    let caution = "# one family of evidence is not enough to suspend, and no post of the account";
    says(
        &said,
        &[
            "two different files, and no picture hash to compare them by",
            "posts    none is here",
            "suspend --saw links is not enough:",
            "--saw content: there is nothing to see",
            caution,
            "case decide c5 keep --saw links",
            "case show c5",
        ],
    );
    assert!(!said.out.contains("case decide c5 suspend"), "{}", said.out);
    let brief = listed(&stage);
    let brief = brief.iter().find(|row| row["case"] == "c5").unwrap();
    assert_eq!(brief["needs"].as_str(), Some("a second family of evidence, or a post to look at"));
    let before = entries(&stage);
    decide(&stage, "c5", "suspend", &[]).refused(&[
        "there is nothing to see",
        "no post of the account of c5",
        "--saw links",
    ]);
    assert_eq!(entries(&stage), before);
    let posts: Vec<String> = (0..7)
        .map(|n| {
            let post = json!({ "id": format!("p-9{n}"), "text": format!("boiling \u{202e}{n}") });
            event(60 + n, "post.created", &format!("16:0{n}"), "king-9", "post", &post)
        })
        .collect();
    stage.write("more.jsonl", posts.join("\n"));
    stage.still(&["import", "more.jsonl"]).ended(0);
    let said = stage.still(&["case", "show", "c5"]).ended(0);
    says(
        &said,
        &[
            "its newest posts (5)",
            "posted at 2026-05-20 16:06",
            "\u{2068}boiling \\u{202e}2\u{2069}",
            "# one family of evidence is not enough by itself: look at what it posts",
            "case decide c5 suspend --saw content",
        ],
    );
    assert!(!said.out.contains("\\u{202e}1"), "{}", said.out);
    let shown = case(&stage, "c5");
    assert_eq!(shown["content"]["posts"].as_array().map(Vec::len), Some(5));
    assert_eq!(shown["content"]["posts"][0]["at"].as_str(), Some("2026-05-20T16:06:00Z"));
    decide(&stage, "c5", "suspend", &[]).ended(0);
    replays_equal(&stage);
}

#[test]
fn what_was_erased_is_not_removed_by_anybody_who_says_they_saw_it() {
    let stage = watched();
    stage.still(&["erase", "spout", "lid"]).ended(0);
    stage.still(&["erase", "--run"]).ended(0);
    for id in [OF_SPOUT, OF_CHEER] {
        let said = stage.still(&["case", "show", id]).ended(0);
        says(&said, &["its content is gone", "nothing to see", &format!("case decide {id} keep ")]);
        for words in ["remove --saw content", "keep-documents --saw"] {
            assert!(!said.out.contains(words), "{words}: {}", said.out);
        }
        let before = entries(&stage);
        decide(&stage, id, "remove", &[]).refused(&["nothing to see", "the content of c"]);
        assert_eq!(entries(&stage), before);
    }
    let said = stage.still(&["case", "show", OF_SPOUT]).ended(0);
    says(&said, &["without a person, as law 1 allows"]);
    assert!(!said.out.contains("nothing unattended is done"), "{}", said.out);
    decide(&stage, OF_SPOUT, "keep", &[]).ended(0);
    replays_equal(&stage);
}
