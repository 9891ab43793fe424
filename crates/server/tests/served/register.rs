//! The protected register and the removed accounts over HTTP: read by few, told by nobody.

use serde_json::{Value, json};

use seawall_server::access::Scope;

use crate::league::{replays_equal, watched};
use crate::rulings::serving;
use crate::stage::Stage;

fn journaled(stage: &Stage, name: &str) -> usize {
    let mark = format!(r#""type":"{name}""#);
    stage.journal("seawall-data").iter().filter(|entry| entry.contains(&mark)).count()
}

#[test]
fn reading_the_register_is_signed_and_journaled_and_no_machine_does() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let sana = server.let_in(&admin, "sana", &["senior"]);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let nour = server.let_in(&admin, "nour", &["policy_author", "analyst", "auditor"]);
    let protect = |account: &str| {
        let body = json!({ "account": account, "ground": "press", "source": "a newsroom" });
        server.by(&sana, "POST", "/v1/protected", &body)
    };
    assert_eq!(protect("nobody").problem(404), "not_found");
    let added = protect("desk").json(201)["entries"].as_str().unwrap().to_owned();
    assert_eq!(protect("desk").json(200)["known"], json!([added]));
    let body = json!({ "account": "desk", "ground": "press", "source": "a newsroom" });
    let refused = server.by(&rami, "POST", "/v1/protected", &body);
    assert_eq!(refused.problem(403), "forbidden", "a reviewer reads and does not write");

    assert_eq!(journaled(&stage, "register_read"), 0);
    let listed = server.by(&rami, "GET", "/v1/protected", &json!({})).json(200);
    assert_eq!(listed["entries"][0]["account"], "desk");
    assert_eq!(journaled(&stage, "register_read"), 1);
    let path = format!("/v1/protected/{added}");
    let read = server.by(&rami, "GET", &path, &json!({})).json(200);
    assert_eq!(read["ground"], "press");
    assert_eq!(journaled(&stage, "register_read"), 2);
    assert_eq!(server.by(&nour, "GET", "/v1/protected", &json!({})).problem(403), "forbidden");
    assert_eq!(server.by(&admin, "GET", &path, &json!({})).problem(403), "forbidden");
    let scopes = Scope::ALL.map(Scope::name);
    let key = format!("Bearer {}", server.make_key(&admin, &scopes));
    let headers = [("authorization", key.as_str())];
    assert_eq!(server.send("GET", "/v1/protected", &headers, "").problem(403), "forbidden");
    assert_eq!(journaled(&stage, "register_read"), 2, "who was refused read nothing");

    let gone = json!({ "entries": [added] });
    server.by(&sana, "POST", "/v1/protected/withdrawals", &gone).json(200);
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let said = stage.still(&["doctor"]);
    assert!(said.out.contains("signatures verified"), "{}", said.out);
}

#[test]
fn a_removed_account_is_told_without_its_profile_and_withdrawn() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let sana = server.let_in(&admin, "sana", &["senior"]);
    let listed = server.by(&sana, "GET", "/v1/removed", &json!({}));
    let told = listed.json(200);
    assert_eq!(
        (&told["entries"][0]["entry"], &told["entries"][0]["signed_by"]),
        (&json!("k6"), &json!(2))
    );
    assert!(!listed.text.contains("king") && !listed.text.contains("King"), "{}", listed.text);
    let gone = json!({ "entries": ["k6"] });
    let withdrawn = server.by(&sana, "POST", "/v1/removed/withdrawals", &gone).json(200);
    assert_eq!(withdrawn["decisions"].as_array().unwrap().len(), 1);
    let read: Value = server.by(&sana, "GET", "/v1/removed/k6", &json!({})).json(200);
    assert_eq!(read["standing"], "withdrawn");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}
