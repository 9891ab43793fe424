//! Measures and waves over HTTP: with denominator, window, interval and baseline, and without
//! names for those who see no content.

use serde_json::{Value, json};

use crate::league::watched;
use crate::server::{Server, Session};
use crate::stage::Stage;

/// The day on which everything happens in the league.
const DAY: &str = "from=2026-05-20T00:00:00Z&to=2026-05-21T00:00:00Z";

fn get(server: &Server, by: &Session, path: &str) -> Value {
    server.by(by, "GET", path, &json!({})).json(200)
}

#[test]
fn a_measure_has_all_that_a_number_needs() {
    let stage = watched();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let answer = get(&server, &admin, &format!("/v1/measures?{DAY}"));
    let measures = answer["measures"].as_array().unwrap();
    let named = |name: &str| measures.iter().find(|m| m["name"] == name).unwrap();
    let returns = named("returns");
    assert_eq!((&returns["number"], &returns["denominator"]), (&json!(1.0), &json!(2.0)));
    assert_eq!(returns["ratio"], 0.5);
    let (lower, upper) = (&returns["interval"]["lower"], &returns["interval"]["upper"]);
    assert!(lower.as_f64().unwrap() < 0.1 && upper.as_f64().unwrap() > 0.9, "{returns}");
    assert_eq!(named("cases")["number"], 4.0);
    assert!(named("cases")["interval"].is_null(), "a rate is no share");
    let expected = named("posts_over_expected");
    assert!(expected["denominator"].is_null() && expected["ratio"].is_null(), "{expected}");
    for measure in measures {
        for field in ["unit", "denominator_unit", "from", "to"] {
            assert!(!measure[field].as_str().unwrap().is_empty(), "{field}: {measure}");
        }
        assert!(measure["baseline"].is_null(), "nothing was heard before: {measure}");
    }
    // The day after has this one for its baseline.
    let next = "from=2026-05-21T00:00:00Z&to=2026-05-22T00:00:00Z";
    let next = get(&server, &admin, &format!("/v1/measures?{next}"));
    let cases = next["measures"].as_array().unwrap().iter().find(|m| m["name"] == "cases");
    assert_eq!(cases.unwrap()["baseline"]["number"], 4.0);
    assert!(cases.unwrap()["number"].is_null(), "nothing heard is Unknown, not zero");
    let bad = server.by(&admin, "GET", "/v1/measures?from=yesterday", &json!({}));
    assert_eq!(bad.problem(422), "invalid");
    let swapped = "from=2026-05-21T00:00:00Z&to=2026-05-20T00:00:00Z";
    let swapped = server.by(&admin, "GET", &format!("/v1/measures?{swapped}"), &json!({}));
    assert_eq!(swapped.problem(422), "invalid");
}

#[test]
fn the_tide_is_the_one_of_the_command_line_without_names() {
    let stage = watched();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let answer = server.by(&admin, "GET", &format!("/v1/measures/tide?{DAY}&by=hour"), &json!({}));
    let served = answer.json(200);
    assert!(!answer.text.contains("marker"), "{}", answer.text);
    let bad = server.by(&admin, "GET", "/v1/measures/tide?by=year", &json!({}));
    assert_eq!(bad.problem(422), "invalid");
    let range = ["--from", "2026-05-20T00:00:00Z", "--to", "2026-05-21T00:00:00Z"];
    let said = stage.still(&[&["tide", "--json", "--by", "hour"], &range[..]].concat());
    let told = said.ended(0).json();
    assert_eq!(served["buckets"], told["buckets"]);
    assert_eq!(served["cases"], told["cases"]);
}

#[test]
fn waves_are_named_to_those_who_see_content() {
    let stage = Stage::with_story();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let lina = server.let_in(&admin, "lina", &["analyst"]);
    let all = "/v1/waves?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z";
    let seen = get(&server, &rami, all);
    let wave = &seen["waves"][0];
    let name = wave["bursts"][0]["name"].as_str().unwrap();
    assert!(wave["bursts"][0]["posts"].as_u64() > wave["bursts"][0]["upper"].as_u64());
    let counted = server.by(&lina, "GET", all, &json!({}));
    assert!(!counted.text.contains(name), "{}", counted.text);
    assert_eq!(counted.json(200)["waves"][0]["wave"], wave["wave"]);
    let one = format!("/v1/waves/{}", wave["wave"].as_str().unwrap());
    assert_eq!(&get(&server, &rami, &one), wave);
    assert_eq!(server.by(&rami, "GET", "/v1/waves/w999", &json!({})).problem(404), "not_found");
    assert_eq!(server.by(&admin, "GET", all, &json!({})).problem(403), "forbidden");
    let none = get(&server, &rami, &format!("{all}&cursor=100"));
    assert_eq!((&none["waves"], &none["next"]), (&json!([]), &Value::Null));
}
