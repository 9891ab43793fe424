//! Accounts that were removed before: who stands for them, which are compared with what
//! comes, and when they are dropped.

use serde_json::{Value, json};

use crate::league::{admit, case, entries, event, replays_equal, watched};
use crate::said::Said;
use crate::stage::{CLOCK, Stage};

const HEADER: &str = "account,handle,name,removed_at,policy\n";

fn import_at(stage: &Stage, clock: &str, rows: &str, more: &[&str]) -> Said {
    stage.write("more.csv", format!("{HEADER}{rows}"));
    let import = ["import", "removed", "more.csv", "--policy", "kettle-league", "--source", "log"];
    let keys = ["--key", "amal.key", "--key", "badr.key"];
    stage.still_at(clock, &[&import[..], &keys, more].concat())
}

fn import(stage: &Stage, rows: &str, more: &[&str]) -> Said {
    import_at(stage, CLOCK, rows, more)
}

/// Has an account come of a name; gives the case that it opens.
fn comes(stage: &Stage, id: u32, name: &str) -> Option<Value> {
    let before = list(stage).len();
    let handle = name.replace(' ', "_").to_lowercase();
    let profile = json!({ "handle": format!("{handle}_2"), "name": name });
    stage.write(
        "comes.jsonl",
        event(id, "account.created", "13:00", &format!("comes-{id}"), "profile", &profile),
    );
    stage.still(&["import", "comes.jsonl"]).ended(0);
    let after = list(stage);
    assert!(after.len() <= before + 1);
    let newest = after.iter().max_by_key(|row| number(row)).filter(|_| after.len() > before)?;
    Some(case(stage, newest["case"].as_str().unwrap()))
}

fn number(row: &Value) -> u64 {
    row["case"].as_str().unwrap()[1..].parse().unwrap()
}

fn list(stage: &Stage) -> Vec<Value> {
    let said = stage.still(&["case", "list", "--json"]).ended(0);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_removed_account_is_compared_with_who_comes_until_the_platform_reinstates_it() {
    let stage = watched();
    // The account is known here, so that its reinstatement is.
    let rows = "lid,velvet_lantern,Velvet Lantern,2026-05-21,\n";
    let said = import(&stage, rows, &["--expires", "2026-09-01"]).ended(0);
    assert!(said.out.contains("k7 in force until 2026-09-01 00:00, by two people"), "{}", said.out);
    let came = comes(&stage, 40, "Velvet Lantern").expect("it is a case");
    assert_eq!(came["evidence"]["comebacks"][0]["entry"].as_str(), Some("k7"));
    assert_eq!(came["in_force"], json!([]), "never enough for anything automatic");
    let back = json!({ "reason": "a mistake" });
    stage.write("back.jsonl", event(41, "account.reinstated", "14:00", "lid", "standing", &back));
    stage.still(&["import", "back.jsonl"]).ended(0);
    assert_eq!(case(&stage, came["case"].as_str().unwrap())["state"].as_str(), Some("withdrawn"));
    assert!(comes(&stage, 42, "Velvet Lantern").is_none(), "and it is compared with no more");
    replays_equal(&stage);
}

#[test]
fn a_removed_account_lapses_at_its_expiry() {
    let stage = watched();
    let rows = "gone-7,velvet_lantern,Velvet Lantern,2026-05-21,\n";
    import(&stage, rows, &["--expires", "2026-05-31"]).refused(&["--expires", "has passed"]);
    import(&stage, rows, &["--expires", "2026-06-03"]).ended(0);
    stage.still_at("2026-06-04T00:00:00Z", &["case", "list"]).ended(0);
    let journal = stage.journal("seawall-data").join("\n");
    assert!(journal.contains(r#""entries":[7]"#) && journal.contains("entries_lapsed"));
    assert!(comes(&stage, 43, "Velvet Lantern").is_none());
}

#[test]
fn only_removals_under_a_policy_about_terrorist_content_are_compared_with() {
    let stage = watched();
    let rows = "gone-7,velvet_lantern,Velvet Lantern,2026-05-21,manners\n\
                gone-8,orchard_whistle,Orchard Whistle,2026-05-21,manners\n\
                gone-9,marble_spoon,Marble Spoon,2026-05-21,kettle-league\n\
                gone-10,quiet_quay,Quiet Quay,2026-05-21,\n";
    let said = import(&stage, rows, &[]).ended(0);
    assert_eq!(said.counts()["accepted"], 2);
    let words = "2 accounts removed under \u{2068}manners\u{2069}, which is not about terrorist";
    assert!(said.out.contains(words), "{}", said.out);
    assert!(comes(&stage, 44, "Velvet Lantern").is_none());
    assert!(comes(&stage, 45, "Marble Spoon").is_some());
    assert!(comes(&stage, 46, "Quiet Quay").is_some());
    let told = stage.journal("seawall-data");
    let told = told.iter().rfind(|entry| entry.contains(r#""format":"removed""#)).unwrap();
    assert!(told.contains(r#""other_policy":2"#) && told.contains(r#""accepted":2"#), "{told}");
    replays_equal(&stage);
}

#[test]
fn bad_lines_are_told_by_number_and_kept_and_the_good_ones_are_taken() {
    let stage = watched();
    let rows = "gone-7,,,2026-05-21,\n\
                gone-8,lid,,some day,\n\
                ,lid,,2026-05-21,\n\
                gone-9,lid,,2027-05-21,\n\
                gone-10,lid,,2026-05-21,teapots\n\
                gone-11,lid,2026-05-21\n\
                gone-12,orchard_whistle,Orchard Whistle,2026-05-21,\n";
    let said = import(&stage, rows, &[]).ended(1);
    assert_eq!((said.counts()["accepted"], said.counts()["rejected"]), (1, 6), "{}", said.out);
    let lines: Vec<u64> = said.rejected_lines().into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    for words in ["fill handle, name", "is no time", "in the future", "is not in force", "5: quote"]
    {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let kept = stage.still(&["rejects", "--json"]).ended(0);
    let kept: Vec<Value> =
        kept.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kept.iter().map(|row| row["line"].as_u64().unwrap()).collect::<Vec<_>>(), lines);
    assert_eq!(kept[1]["input"].as_str(), Some("gone-8,lid,,some day,"));
    assert_eq!(kept[1]["pointer"].as_str(), Some("removed_at"));
    replays_equal(&stage);
}

#[test]
fn one_person_with_two_keys_in_the_folder_of_one_is_not_two_people() {
    let stage = Stage::new();
    admit(&stage, "amal", &[]).ended(0);
    stage.write("more.csv", format!("{HEADER}gone-7,lid,,2026-05-21,\n"));
    std::fs::copy(stage.path("amal.key"), stage.path("copy.key")).unwrap();
    let before = entries(&stage);
    let import = ["import", "removed", "more.csv", "--policy", "p", "--source", "log"];
    let with = |keys: &[&str]| stage.still(&[&import[..], keys].concat());
    with(&["--key", "amal.key"]).refused(&["two people's decision", "--key A --key B"]);
    let copied = ["--key", "amal.key", "--key", "copy.key"];
    with(&copied).refused(&["both keys are r1's", "one key cannot read second"]);
    with(&["--key", "amal.key", "--key", "none.key"]).refused(&["none.key"]);
    assert_eq!(entries(&stage), before);
}

#[test]
fn a_removed_account_is_listed_without_its_profile_and_withdrawn() {
    let stage = watched();
    let rows = "lid,velvet_lantern,Velvet Lantern,2026-05-21,\n";
    import(&stage, rows, &["--expires", "2026-09-01"]).ended(0);
    let listed = stage.still(&["removed", "list"]).ended(0).out;
    for words in ["k7", "kettle-league", "removed 2026-05-21 00:00", "source", "2026-09-01", "k6"] {
        assert!(listed.contains(words), "{words}: {listed}");
    }
    let told = stage.still(&["removed", "list", "--json"]).ended(0).out;
    let row: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(row["entry"].as_str(), Some("k7"));
    assert_eq!(row["removed_at"].as_str(), Some("2026-05-21T00:00:00Z"));
    assert_eq!(row["expires"].as_str(), Some("2026-09-01T00:00:00Z"));
    for word in ["elvet", "lantern", "lid", "marker_king", "King"] {
        assert!(!listed.contains(word) && !told.contains(word), "{word}: {listed} {told}");
    }
    let came = comes(&stage, 47, "Velvet Lantern").expect("it is a case");
    stage
        .still(&["bank", "withdraw", "k7", "--key", "badr.key"])
        .refused(&["k7 is no entry of `bank`, but of `removed`", "removed list"]);
    stage.still(&["removed", "withdraw", "k7"]).refused(&["--key"]);
    stage.still(&["removed", "withdraw", "k7", "--key", "badr.key"]).ended(0);
    assert_eq!(case(&stage, came["case"].as_str().unwrap())["state"].as_str(), Some("withdrawn"));
    assert!(comes(&stage, 48, "Velvet Lantern").is_none(), "and it is compared with no more");
    let listed = stage.still(&["removed", "list"]).ended(0).out;
    assert!(listed.contains("k7     withdrawn"), "{listed}");
    replays_equal(&stage);
}

#[test]
fn no_profile_is_kept_for_longer_than_12_months() {
    let stage = watched();
    let rows = "gone-7,velvet_lantern,Velvet Lantern,2026-05-21,\n";
    let before = entries(&stage);
    import(&stage, rows, &["--expires", "2027-06-02"]).refused(&[
        "--expires 2027-06-02",
        "12 months",
        "until 2027-06-01",
    ]);
    assert_eq!(entries(&stage), before);
    import(&stage, rows, &["--expires", "2027-06-01"]).ended(0);
}

#[test]
fn who_was_given_back_since_their_removal_is_refused() {
    let stage = watched();
    let back = json!({ "reason": "a mistake" });
    stage.write("back.jsonl", event(50, "account.reinstated", "14:00", "lid", "standing", &back));
    stage.still(&["import", "back.jsonl"]).ended(0);
    let ruled =
        ["case", "decide", "c3", "suspend", "--saw", "links", "--key", "amal.key", "--json"];
    let decision = stage.still(&ruled).ended(0).json()["followed"][0]["decision"].to_string();
    let undo = ["case", "undo", &format!("d{decision}"), "--key", "badr.key"];
    stage.still(&undo).ended(0);
    let rows = "lid,velvet_lantern,Velvet Lantern,2026-05-02,\n\
                king-2,orchard_whistle,Orchard Whistle,2026-05-30,\n\
                spout,marble_spoon,Marble Spoon,2026-05-02,\n";
    let said = import(&stage, rows, &[]).ended(1);
    assert_eq!((said.counts()["accepted"], said.counts()["rejected"]), (1, 2), "{}", said.out);
    for words in ["the platform gave the account back at 2026-05-20 14:00", "was taken back at"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let kept = stage.still(&["rejects", "--json"]).ended(0).out;
    assert!(kept.contains("velvet_lantern") && kept.contains("orchard_whistle"), "{kept}");
    assert!(comes(&stage, 51, "Velvet Lantern").is_none());
    assert!(comes(&stage, 52, "Marble Spoon").is_some());
    // A removal after that is another one.
    let rows = "lid,velvet_lantern,Velvet Lantern,2026-05-21,\n";
    assert_eq!(import(&stage, rows, &[]).ended(0).counts()["accepted"], 1);
    replays_equal(&stage);
}
