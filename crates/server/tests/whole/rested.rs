//! What rests on an entry that lapses or is withdrawn, and who confirms an entry.

use serde_json::json;

use crate::league::{
    OF_NEWSROOM, OF_RETURN, OF_SPOUT, case, decide, event, replays_equal, undo, watched,
};
use crate::stage::Stage;

/// The day after the second of two removed profiles lapsed.
const LATER: &str = "2026-06-04T00:00:00Z";

/// Removed accounts, kept until the third of June.
fn import_short(stage: &Stage) {
    stage.write(
        "short.csv",
        "account,name,handle,removed_at\nlid,Velvet Lantern,velvet,2026-05-19\n",
    );
    let import = ["import", "removed", "short.csv", "--policy", "kettle-league", "--source", "s"];
    let keys = ["--key", "amal.key", "--key", "badr.key", "--expires", "2026-06-03"];
    stage.still(&[&import[..], &keys].concat()).ended(0);
}

#[test]
fn what_lapsed_carries_nothing_when_its_case_is_opened_again() {
    let stage = watched();
    import_short(&stage);
    let like = json!({ "handle": "velvet2", "name": "Velvet Lantern" });
    stage.write("more.jsonl", event(70, "account.created", "12:00", "back", "profile", &like));
    stage.still(&["import", "more.jsonl"]).ended(0);
    let said = decide(&stage, "c5", "restrict", &["--saw", "links", "--json"]).ended(0).json();
    let decision = format!("d{}", said["followed"][0]["decision"]);
    let later = |words: &[&str]| stage.still_at(LATER, words);
    let shown = later(&["case", "show", "c5", "--json"]).ended(0).json();
    assert_eq!(shown["state"].as_str(), Some("decided"), "time takes no decision back");
    assert_eq!(shown["evidence"], json!({ "pieces": [], "comebacks": [] }));
    let said = later(&["case", "undo", &decision, "--key", "dana.key"]).ended(0);
    assert!(said.out.contains("c5 is open again"), "{}", said.out);
    for saw in ["file", "links"] {
        let said = later(&["case", "decide", "c5", "restrict", "--saw", saw, "--key", "amal.key"]);
        said.refused(&["c5 has no", "to see"]);
    }
    replays_equal(&stage);
}

#[test]
fn withdrawing_an_entry_takes_back_what_rested_on_it_alone() {
    let stage = watched();
    let said = decide(&stage, OF_RETURN, "suspend", &["--saw", "links", "--json"]).ended(0).json();
    let decision = format!("d{}", said["followed"][0]["decision"]);
    let said = stage.still(&["removed", "withdraw", "k6", "--key", "dana.key"]).ended(0);
    for words in
        [format!("{decision} rested on nothing else"), "k7".into(), "c3 is open again".into()]
    {
        assert!(said.out.contains(&words), "{words}: {}", said.out);
    }
    let shown = case(&stage, OF_RETURN);
    assert_eq!((shown["state"].as_str(), &shown["in_force"]), (Some("open"), &json!([])));
    assert!(shown["notices"][0].to_string().contains("We apologise"), "{shown}");
    undo(&stage, &decision, "badr.key").ended(0);
    replays_equal(&stage);
}

#[test]
fn nobody_is_asked_about_a_file_that_was_withdrawn() {
    let stage = watched();
    let seen = decide(&stage, OF_NEWSROOM, "interstitial", &[]).ended(0);
    let entry = stage.still(&["bank", "list", "--json"]).ended(0).json();
    let first = entry["supports"][0].as_str().unwrap().to_owned();
    stage.still(&["bank", "withdraw", "k3", "--key", "badr.key"]).ended(0);
    let shown = case(&stage, OF_NEWSROOM);
    assert_eq!(shown["state"].as_str(), Some("decided"), "who saw it needs no file: {}", seen.out);
    assert_eq!(case(&stage, OF_SPOUT)["state"].as_str(), Some("withdrawn"));
    let said = undo(&stage, &first, "dana.key").ended(0);
    assert!(!said.out.contains("stays") && !said.out.contains("is opened"), "{}", said.out);
    replays_equal(&stage);
}

#[test]
fn who_signed_without_having_seen_confirms_no_file() {
    let stage = watched();
    let badr = ["--saw", "file", "--class", "news", "--key", "badr.key"];
    decide(&stage, OF_SPOUT, "remove", &badr).ended(1);
    let said = decide(&stage, OF_SPOUT, "remove", &["--class", "support"]).ended(0);
    assert!(said.out.contains("remove by r2 and r1"), "{}", said.out);
    let list = ["bank", "list", "--json"];
    let entries: Vec<serde_json::Value> = stage
        .still(&list)
        .ended(0)
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // One file has one entry: those two who stood for it before, and nobody more.
    assert_eq!((entries.len(), entries[0]["confirmed_by"].as_u64()), (1, Some(2)));
    let supports: Vec<String> = entries[0]["supports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let [first, second, _] = supports.as_slice() else { panic!("{entries:?}") };
    undo(&stage, first, "dana.key").ended(0);
    undo(&stage, second, "dana.key").ended(0);
    let left = stage.still(&list).ended(0).json();
    assert_eq!(left["confirmed_by"].as_u64(), Some(1), "amal, who saw it");
    replays_equal(&stage);
}
