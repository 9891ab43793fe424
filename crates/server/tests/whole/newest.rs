//! What there is to see of a post: its newest words, and nothing where the post was never told.

use serde_json::{Value, json};

use crate::league::{CLIP, OF_SPOUT, case, decide, event, replays_equal, undo, watched};
use crate::said::Said;
use crate::stage::Stage;

/// Another file.
const OTHER: &str = "d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2";

/// Opens a case for any report and any file that is told apart.
const TOLD: &str = "
Kind: str = JsonData(path='$.type')
Told = Rule(when_all=[Kind == 'report' or Kind == 'media'], description='told')
WhenRules(rules_any=[Told], then=[OpenCase(policy='kettle-league', reason='told')])
";

fn import(stage: &Stage, events: &[String]) {
    stage.write("more.jsonl", events.join("\n"));
    stage.still(&["import", "more.jsonl"]).ended(0);
}

/// An edit of the post that was restricted without a person.
fn edited(stage: &Stage, text: &str, media: &Value) {
    let post = json!({ "id": "p-spout", "text": text, "media": media });
    import(stage, &[event(60, "post.edited", "11:00", "spout", "post", &post)]);
}

/// With the rules of [`TOLD`] in the place of those that there were.
fn told() -> Stage {
    let stage = watched();
    std::fs::create_dir(stage.path("told")).unwrap();
    stage.write("told/main.sml", TOLD);
    stage.still(&["rules", "add", "told", "--key", "amal.key"]).ended(0);
    stage
}

#[track_caller]
fn says(said: &Said, words: &[&str]) {
    for word in words {
        assert!(said.out.contains(word), "`{word}` is not in {}", said.out);
    }
}

#[test]
fn an_edit_ends_the_restriction_and_its_words_are_what_is_shown_and_ruled_on() {
    let stage = watched();
    assert_eq!(case(&stage, OF_SPOUT)["in_force"].as_array().map(Vec::len), Some(1));
    edited(&stage, "a recipe for tea", &json!([]));
    let shown = case(&stage, OF_SPOUT);
    assert_eq!((&shown["in_force"], shown["version"].as_u64()), (&json!([]), Some(2)));
    assert_eq!(shown["content"]["post"]["text"].as_str(), Some("a recipe for tea"));
    let said = stage.still(&["case", "show", OF_SPOUT]).ended(0);
    says(&said, &["edited at ", "a recipe for tea", "(of what was posted before, at position 4)"]);
    assert!(!said.out.contains("--saw file"), "{}", said.out);
    // In the list it stands no longer with those whose file is in a bank.
    let list = stage.still(&["case", "list", "--json"]).ended(0).out;
    let rows: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let exact: Vec<&str> = rows
        .iter()
        .filter(|row| row["is_exact"] == json!(true))
        .filter_map(|row| row["case"].as_str())
        .collect();
    assert_eq!((exact.as_slice(), rows[0]["case"].as_str()), (&["c1"][..], Some("c1")));
    decide(&stage, OF_SPOUT, "remove", &["--as-read", "1"]).refused(&["changed since version 1"]);
    decide(&stage, OF_SPOUT, "restrict", &["--saw", "file"]).refused(&["c2 has no file to see"]);
    decide(&stage, OF_SPOUT, "keep", &["--as-read", "2"]).ended(0);
    replays_equal(&stage);
}

#[test]
fn an_edit_that_keeps_the_clip_keeps_the_restriction() {
    let stage = watched();
    edited(&stage, "look again", &json!([{ "id": "m-1", "sha256": CLIP }]));
    let shown = case(&stage, OF_SPOUT);
    assert_eq!(shown["in_force"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown["evidence"]["pieces"][0]["position"].as_u64(), Some(8));
    replays_equal(&stage);
}

#[test]
fn the_file_that_joins_the_bank_is_of_the_newest_words() {
    let stage = watched();
    edited(&stage, "look", &json!([{ "id": "m-9", "sha256": OTHER }]));
    decide(&stage, OF_SPOUT, "remove", &["--class", "support"]).ended(0);
    let list = ["bank", "list", "--bank", "confirmed", "--json"];
    let entry = stage.still(&list).ended(0).json();
    assert!(entry["hash_start"].as_str().unwrap().starts_with("d2d2"), "{entry}");
    assert_eq!(entry["confirmed_by"].as_u64(), Some(1));
    replays_equal(&stage);
}

#[test]
fn a_deleted_post_is_told_as_that_and_can_only_be_kept() {
    let stage = watched();
    let gone = json!({ "id": "p-spout" });
    import(&stage, &[event(61, "post.deleted", "11:00", "spout", "post", &gone)]);
    let shown = case(&stage, OF_SPOUT);
    assert_eq!((shown["state"].as_str(), &shown["in_force"]), (Some("open"), &json!([])));
    assert_eq!(shown["content"]["deleted"].as_bool(), Some(true));
    let said = stage.still(&["case", "show", OF_SPOUT]).ended(0);
    says(&said, &["text     \u{2068}look\u{2069}", "it was deleted since", "only be kept"]);
    assert!(!said.out.contains("decide c2 remove"), "{}", said.out);
    for ruling in ["remove", "label", "restrict"] {
        decide(&stage, OF_SPOUT, ruling, &[]).refused(&["c2 deleted it", "keep it"]);
    }
    decide(&stage, OF_SPOUT, "keep", &[]).ended(0);
    replays_equal(&stage);
}

#[test]
fn a_post_that_was_never_told_cannot_be_seen() {
    let stage = told();
    let report = json!({ "subject": { "post": "p-nowhere" }, "reason": "bad", "text": "bad" });
    import(&stage, &[event(62, "report", "11:00", "reporter", "report", &report)]);
    let said = stage.still(&["case", "show", "c5"]).ended(0);
    says(&said, &["the post itself was not told", "--saw content: there is nothing to see"]);
    for ruling in ["remove", "restrict", "label"] {
        decide(&stage, "c5", ruling, &[]).refused(&["there is nothing to see", "not in the log"]);
    }
    decide(&stage, "c5", "keep", &[]).ended(0);
    replays_equal(&stage);
}

#[test]
fn a_file_that_is_told_apart_shows_the_post_it_stands_in() {
    let stage = told();
    let media = |post: Option<&str>, embedded: &str| json!({ "id": "m-5", "sha256": OTHER, "post": post, "for": embedded });
    let post = json!({ "id": "p-late", "text": "a word on kettles" });
    import(
        &stage,
        &[
            event(63, "post.created", "11:00", "lid", "post", &post),
            event(64, "media", "11:05", "lid", "media", &media(Some("p-late"), "post")),
            event(65, "media", "11:10", "lid", "media", &media(Some("p-elsewhere"), "post")),
            event(66, "media", "11:15", "desk", "media", &media(None, "avatar")),
        ],
    );
    let said = stage.still(&["case", "show", "c5"]).ended(0);
    says(&said, &["posted at ", "a word on kettles", "told apart from it: "]);
    assert_eq!(case(&stage, "c5")["content"]["post"]["id"].as_str(), Some("p-late"));
    decide(&stage, "c6", "remove", &[]).refused(&["there is nothing to see"]);
    says(&stage.still(&["case", "show", "c7"]).ended(0), &["c7: account \u{2068}evening.desk"]);
    // Whose words were seen is named in the notice, and its file joins the bank.
    let said = decide(&stage, "c5", "remove", &["--class", "support", "--json"]).ended(0).json();
    assert!(said["notices"][0]["en"].to_string().contains("p-late"), "{said}");
    let list = ["bank", "list", "--bank", "confirmed", "--json"];
    assert!(stage.still(&list).ended(0).json().to_string().contains("d2d2"));
    let decision = said["followed"][0]["decision"].as_u64().unwrap();
    undo(&stage, &format!("d{decision}"), "badr.key").ended(0);
    replays_equal(&stage);
}
