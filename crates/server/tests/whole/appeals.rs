//! Appeals from the shell: read, ruled on by somebody who took no part, and told to who appealed.

use serde_json::json;

use crate::league::{OF_SPOUT, decide, event, replays_equal, watched};
use crate::said::Said;
use crate::stage::Stage;

const WORDS: &str = "it is our kettle, and we sell it";
const OUTCOME: &str = "Notice: the outcome of your appeal";
const NOT_JUSTIFIED: &str = "considered your appeal and found that the decision was not justified";

/// An account of which a post was restricted by itself, by action 1, appeals against it.
fn appealed() -> Stage {
    let stage = watched();
    appeal(&stage, 80, "a1");
    stage
}

fn appeal(stage: &Stage, id: u32, action: &str) {
    let body = json!({ "action": action, "text": WORDS });
    stage.write("appeal.jsonl", event(id, "appeal", "12:00", "spout", "appeal", &body));
    stage.still(&["import", "appeal.jsonl"]).ended(0);
}

fn rule(stage: &Stage, appeal: &str, ruling: &str, key: &str) -> Said {
    stage.still(&["case", "appeal", appeal, ruling, "--key", key])
}

fn letters(stage: &Stage) -> String {
    stage.still(&["case", "show", OF_SPOUT, "--notice", "both"]).ended(0).out
}

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for words in words {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
}

#[test]
fn an_appeal_is_read_and_ruled_on_by_somebody_who_took_no_part() {
    let stage = appealed();
    let shown = stage.still(&["case", "show", OF_SPOUT]).ended(0).out;
    says(&shown, &["p1 of", "waits for one of r3", WORDS, "case appeal p1 uphold --key KEYFILE"]);
    // Who stands behind the clip took part.
    rule(&stage, "p1", "uphold", "amal.key").refused(&["p1"]);
    rule(&stage, "p9", "uphold", "dana.key").refused(&["p9"]);
    let twin = stage.twin();
    let said = rule(&stage, "p1", "uphold", "dana.key").ended(0).out;
    says(&said, &["decided by r3: the action stands", OUTCOME, "إشعار بنتيجة النظر في اعتراضكم"]);
    says(&said, &["found that the decision was justified", "stays in force", "\u{2068}a1\u{2069}"]);
    assert!(letters(&stage).starts_with("إشعار بنتيجة النظر في اعتراضكم"), "the newest first");
    rule(&stage, "p1", "overturn", "dana.key").refused(&["p1"]);
    replays_equal(&stage);
    let said = rule(&twin, "p1", "overturn", "dana.key").ended(0).out;
    says(&said, &["granted by r3", "action 1 ends, for an appeal was granted", NOT_JUSTIFIED]);
    let letters = letters(&twin);
    says(&letters, &[NOT_JUSTIFIED, "وقد نظر في اعتراضكم شخص لم يشارك في ذلك القرار"]);
    assert!(!letters.contains(OUTCOME), "what was undone tells it: {letters}");
    replays_equal(&twin);
}

#[test]
fn a_decision_that_is_overturned_on_appeal_is_told_as_that() {
    let stage = watched();
    decide(&stage, OF_SPOUT, "remove", &[]).ended(0);
    appeal(&stage, 80, "a2");
    let said = rule(&stage, "p1", "overturn", "dana.key").ended(0).out;
    says(&said, &["is overturned by", "is reversed", NOT_JUSTIFIED]);
    let first = letters(&stage);
    says(first.split("\n===\n").next().unwrap(), &[NOT_JUSTIFIED]);
    // Its number is in the letter, by which it was appealed against.
    says(&first, &["The number of this measure is \u{2068}a2\u{2069}"]);
    replays_equal(&stage);
}

#[test]
fn what_a_withdrawal_ends_is_named_and_told_and_the_appeal_against_it_too() {
    let stage = appealed();
    let said = stage.still(&["bank", "withdraw", "k3", "--key", "badr.key"]).ended(0).out;
    says(&said, &["action 1 ends, for what it rested on is gone", "the appeal p1 is granted"]);
    says(&said, &["notice to the account concerned", "rested no longer holds"]);
    let letters = letters(&stage);
    says(&letters, &[OUTCOME, "That measure ended before your appeal was considered"]);
    replays_equal(&stage);
}

#[test]
fn a_ruling_that_counts_no_more_is_told() {
    let stage = watched();
    decide(&stage, OF_SPOUT, "remove", &["--saw", "file", "--key", "badr.key"]).ended(1);
    let twin = stage.twin();
    let said = decide(&stage, OF_SPOUT, "keep", &[]).ended(0).out;
    says(&said, &["a ruling on c2 of r2: remove, which counts no more: the case was decided"]);
    let shown = stage.still(&["case", "show", OF_SPOUT]).ended(0).out;
    says(&shown, &["rulings let go\n  r2: remove, which counts no more"]);
    let withdraw = ["reviewer", "withdraw", "r2", "--by", "amal.key"];
    let said = twin.still(&withdraw).ended(0).out;
    says(&said, &["a ruling on c2 of r2: remove", "the key of its reviewer signs no more"]);
    replays_equal(&twin);
}
