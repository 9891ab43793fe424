//! Reports over HTTP: taken in once, durable, and never evidence.

use serde_json::{Value, json};

use crate::league::{OF_SPOUT, replays_equal, watched};
use crate::rulings::serving;

#[test]
fn a_report_is_taken_in_once_and_changes_nothing_by_itself() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let key = format!("Bearer {}", server.make_key(&admin, &["reports:write"]));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let send = |body: &Value| server.send("POST", "/v1/reports", &headers, body.to_string());
    let case = |id: &str| server.by(&rami, "GET", &format!("/v1/cases/{id}"), &json!({})).json(200);
    let before = (case(OF_SPOUT), server.by(&rami, "GET", "/v1/cases", &json!({})).json(200));
    let report = json!({
        "id": "report-1", "at": "2026-05-20T10:00:00Z", "subject": { "post": "p-cheer" },
        "reporter": "marker-reporter", "reason": "spam", "text": "marker words",
    });
    let taken = send(&report).json(201);
    assert_eq!((&taken["id"], &taken["duplicate"]), (&json!("report-1"), &json!(false)));
    let again = send(&report).json(200);
    assert_eq!((&again["duplicate"], &again["position"]), (&json!(true), &taken["position"]));
    let mut other = report.clone();
    other["text"] = json!("other words");
    let altered = send(&other);
    assert_eq!(altered.problem(409), "conflict");
    assert!(!altered.text.contains("words"), "{}", altered.text);
    for n in 0..50 {
        let mut many = report.clone();
        many["id"] = json!(format!("many-{n}"));
        many["subject"] = json!({ "account": "spout" });
        send(&many).json(201);
    }
    let after = (case(OF_SPOUT), server.by(&rami, "GET", "/v1/cases", &json!({})).json(200));
    assert_eq!(
        before.1["cases"].as_array().unwrap().len(),
        after.1["cases"].as_array().unwrap().len()
    );
    assert_eq!(before.0["evidence"], after.0["evidence"], "reports are never evidence");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let log = std::fs::read_to_string(stage.path("server.log")).unwrap();
    assert!(!log.contains("marker words"));
}

#[test]
fn what_is_wrong_with_a_report_is_told_by_its_place() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let key = format!("Bearer {}", server.make_key(&admin, &["reports:write"]));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let report = |field: &str, value: Value| {
        let mut report = json!({
            "id": "report-2", "at": "2026-05-20T10:00:00Z", "subject": { "post": "p-cheer" },
        });
        report[field] = value;
        server.send("POST", "/v1/reports", &headers, report.to_string())
    };
    for (field, value, code, pointer) in [
        ("subject", json!({}), "missing", "/subject"),
        ("subject", json!({ "post": "p", "account": "a" }), "invalid", "/subject"),
        ("at", json!("yesterday"), "invalid", "/at"),
        ("at", json!("2036-01-01T00:00:00Z"), "invalid", "/at"),
        ("id", json!(""), "invalid", "/id"),
        ("reporter", json!(""), "invalid", "/reporter"),
    ] {
        let answer = report(field, value);
        assert_eq!(answer.problem(422), code, "{field}: {}", answer.text);
        assert_eq!(answer.json(422)["pointer"], pointer, "{}", answer.text);
    }
    assert_eq!(report("colour", json!("red")).problem(422), "invalid");
    let wrong = server.ask("POST", "/v1/reports", "application/json", "{}");
    assert_eq!(wrong.problem(403), "forbidden", "the platform's key has another scope");
}
