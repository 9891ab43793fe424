//! What is told where there is no baseline yet: that there is none, and never zero.

use std::fmt::Write as _;

use serde_json::Value;

use crate::stage::Stage;

/// Posts an hour, from the first hour on.
const RATE: u64 = 120;
/// Hours of the platform.
const HOURS: u64 = 50;
/// Hours without a baseline.
const UNKNOWN: usize = 24;

/// A platform that is perfectly ordinary, with five hashtags of 24 posts an hour.
fn constant() -> Stage {
    let mut lines = String::new();
    for n in 0..RATE * HOURS {
        let (hour, minute) = (n / RATE, n % RATE / 2);
        let at = format!("2026-05-{:02}T{:02}:{minute:02}:00Z", 2 + hour / 24, hour % 24);
        writeln!(
            lines,
            r##"{{"v":1,"type":"post.created","id":"e{n}","at":"{at}","account":"a{}","post":{{"id":"p{n}","text":"kettle {n} #tag{}"}}}}"##,
            n % 97,
            n % 5
        )
        .unwrap();
    }
    let stage = Stage::new();
    stage.write("ordinary.jsonl", lines);
    stage.still(&["import", "ordinary.jsonl"]).ended(0);
    stage
}

fn buckets(stage: &Stage, args: &[&str]) -> Vec<Value> {
    let tide = stage.seawall(&[&["tide", "--json"], args].concat()).ended(0).json();
    assert_eq!(tide["waves"], serde_json::json!([]));
    tide["buckets"].as_array().unwrap().clone()
}

#[test]
fn a_platform_without_history_has_no_baseline_and_is_not_above_it() {
    let stage = constant();
    for (args, rate) in [(&[][..], RATE), (&["--trace", "#tag1"][..], RATE / 5)] {
        let hours = buckets(&stage, &[args, &["--by", "hour"]].concat());
        for (n, hour) in hours.iter().enumerate() {
            let told = ["expected", "lower", "upper", "hours_above"].map(|name| &hour[name]);
            if n < UNKNOWN {
                assert!(told.iter().all(|value| value.is_null()), "{hour}");
            } else {
                let share = hour["expected"].as_f64().unwrap() / rate as f64;
                assert!((share - 1.0).abs() < 0.01, "{hour}");
                assert_eq!(hour["hours_above"], 0);
            }
        }
    }
    let chart = stage.seawall(&["tide", "--by", "hour"]).ended(0).out;
    assert_eq!(chart.matches("no baseline yet").count(), UNKNOWN, "{chart}");
    assert!(!chart.contains('▲') && chart.contains("no waves found"), "{chart}");
    let days = buckets(&stage, &["--by", "day"]);
    let null = days.iter().map(|day| day["expected"].is_null()).collect::<Vec<_>>();
    assert_eq!(null, [true, false, false]);
    let journal = stage.journal("seawall-data");
    assert!(journal.iter().all(|entry| !entry.contains("wave_opened")));
    stage.still(&["replay"]).ended(0);
}

#[test]
fn a_table_of_accounts_is_not_imported_until_a_person_says_what_it_holds() {
    let stage = Stage::new();
    let rows = "id,created_at,username,followers\n7,2026-03-01T12:00:00Z,brass_whistle,12\n";
    stage.write("accounts.csv", rows);
    let words = ["set type = \"account.created\"", "--map FILE"];
    stage.still(&["import", "accounts.csv", "--map", "guess"]).refused(&words);
    assert!(!stage.path("seawall-data").exists());
    stage.write(
        "accounts.toml",
        "type = \"account.created\"\n[columns]\nat = \"created_at\"\naccount = \"id\"\n\
         handle = \"username\"\nfollowers = \"followers\"\n",
    );
    stage.still(&["import", "accounts.csv", "--map", "accounts.toml"]).ended(0);
    let tide = stage.seawall(&["tide", "--json"]).ended(0).json();
    assert_eq!(tide["buckets"][0]["events"], serde_json::json!({ "account.created": 1 }));
}
