//! A case over HTTP: read, ruled on by two people who do not see each other, and overturned.

use serde_json::{Value, json};

use seawall_server::signing::ReviewerKey;

use crate::league::{OF_NEWSROOM, OF_SPOUT, replays_equal, watched};
use crate::server::{Server, Session};
use crate::stage::Stage;

/// The league's server, and an admin whose key one of its reviewers admitted.
pub fn serving(stage: &Stage) -> (Server, Session) {
    let server = Server::start(stage);
    let admin = admitted(stage, &server);
    (server, admin)
}

/// The admin, whose key one of the league's reviewers admits.
pub fn admitted(stage: &Stage, server: &Server) -> Session {
    let admin = server.login("alma");
    let public = admin.person["public_key"].as_str().unwrap();
    let signature = ReviewerKey::read(&stage.path("amal.key")).unwrap().sign(public.as_bytes());
    let body = json!({ "signed": { "reviewer": "r1", "signature": signature } });
    let path = format!("/v1/people/{}/admission", admin.person["person"]);
    assert_eq!(server.by(&admin, "POST", &path, &body).json(200)["reviewer"], "r4");
    admin
}

fn rule(server: &Server, by: &Session, case: &str, ruling: &Value) -> crate::server::Answer {
    server.by(by, "POST", &format!("/v1/cases/{case}/rulings"), ruling)
}

fn read(server: &Server, by: &Session, case: &str) -> Value {
    server.by(by, "GET", &format!("/v1/cases/{case}"), &json!({})).json(200)
}

#[test]
fn a_case_is_read_ruled_on_and_overturned_by_somebody_else() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let sana = server.let_in(&admin, "sana", &["senior"]);
    let page = server.by(&rami, "GET", "/v1/cases?state=open&limit=2", &json!({})).json(200);
    assert_eq!(page["cases"].as_array().unwrap().len(), 2);
    let next = format!("/v1/cases?state=open&cursor={}", page["next"].as_str().unwrap());
    let rest = server.by(&rami, "GET", &next, &json!({})).json(200);
    assert!(rest["next"].is_null());

    let case = read(&server, &rami, OF_SPOUT);
    assert!(case["about"].as_str().unwrap().contains("spout"), "{case}");
    let version = &case["version"];
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": version });
    let answer = rule(&server, &rami, OF_SPOUT, &ruling).json(200);
    assert_eq!(answer["outcome"], "decided");
    assert!(read(&server, &rami, OF_SPOUT)["not_restricted_because"].is_null(), "it is removed");
    let why = &read(&server, &rami, OF_NEWSROOM)["not_restricted_because"];
    assert!(why.to_string().contains("good standing"), "{why}");
    let decision = answer["decision"].as_str().unwrap().to_owned();
    let decided = server.by(&sana, "GET", &format!("/v1/decisions/{decision}"), &json!({}));
    assert_eq!(decided.json(200)["actions"][0]["kind"], "remove");
    assert_eq!(rule(&server, &sana, OF_SPOUT, &ruling).problem(409), "conflict");

    let path = format!("/v1/decisions/{decision}/overturn");
    let undone = server.by(&sana, "POST", &path, &json!({})).json(200);
    assert_eq!(undone["outcome"], "overturned");
    assert_eq!(undone["reversed"], answer["actions"]);
    let again = server.by(&sana, "POST", &path, &json!({}));
    assert_eq!(again.problem(422), "refused");
    assert_eq!(read(&server, &rami, OF_SPOUT)["state"], "open");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let said = stage.still(&["doctor"]);
    assert!(said.out.contains("signature"), "{}", said.out);
}

#[test]
fn the_second_reader_is_blind_to_the_first_and_one_key_cannot_read_second() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let sana = server.let_in(&admin, "sana", &["reviewer"]);
    let version = read(&server, &rami, OF_SPOUT)["version"].clone();
    let ruling = json!({ "ruling": "remove", "saw": "file", "version": version });
    let held = rule(&server, &rami, OF_SPOUT, &ruling).json(200);
    assert_eq!(held["outcome"], "held");
    assert!(!held["missing"].as_array().unwrap().is_empty(), "{held}");
    let seen = read(&server, &sana, OF_SPOUT);
    assert_eq!((&seen["held"], &seen["held_count"]), (&json!([]), &json!(1)));
    let own = read(&server, &rami, OF_SPOUT);
    assert_eq!(own["held"][0]["ruled"], "remove");
    let twice = rule(&server, &rami, OF_SPOUT, &ruling).json(200);
    assert_eq!(twice["outcome"], "held", "one key cannot read second");
    assert_eq!(read(&server, &sana, OF_SPOUT)["held_count"], 1);
}

#[test]
fn a_write_under_a_key_is_done_once() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let version = read(&server, &rami, OF_NEWSROOM)["version"].clone();
    let ruling = json!({ "ruling": "keep_documents", "saw": "content", "version": version });
    let path = format!("/v1/cases/{OF_NEWSROOM}/rulings");
    let send = |key: &str, body: &Value| {
        let headers = [
            ("content-type", "application/json"),
            ("cookie", rami.cookie.as_str()),
            ("x-csrf-token", rami.csrf.as_str()),
            ("idempotency-key", key),
        ];
        server.send("POST", &path, &headers, body.to_string())
    };
    let first = send("once", &ruling).json(200);
    assert_eq!(send("once", &ruling).json(200), first, "answered the same");
    let other = json!({ "ruling": "keep", "saw": "content", "version": version });
    assert_eq!(send("once", &other).problem(409), "conflict");
    assert_eq!(send("twice", &ruling).problem(409), "conflict", "the case is decided");
    assert_eq!(send("", &ruling).problem(422), "invalid");
}

#[test]
fn a_machine_hands_in_what_a_reviewer_signed_and_nothing_else() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let key = server.make_key(&admin, &["rulings:write", "cases:read"]);
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let path = format!("/v1/cases/{OF_NEWSROOM}/rulings");
    let send = |body: &Value| server.send("POST", &path, &headers, body.to_string());
    let mut ruling = json!({ "ruling": "keep", "saw": "content", "version": 1 });
    assert_eq!(send(&ruling).problem(422), "missing");
    ruling["signed"] = json!({ "reviewer": "r2", "signature": "00".repeat(64) });
    assert_eq!(send(&ruling).problem(403), "forbidden");
    let said = seawall_model::journal::Ruling {
        reviewer: 2,
        says: seawall_model::journal::Says::Case {
            case: 1,
            version: 1,
            ruled: "keep".into(),
            policy: None,
            saw: "content".into(),
            class: None,
        },
    };
    let badr = ReviewerKey::read(&stage.path("badr.key")).unwrap();
    ruling["signed"]["signature"] = json!(badr.sign(&said.to_bytes()));
    assert_eq!(send(&ruling).json(200)["outcome"], "decided");
}

#[test]
fn an_analyst_sees_numbers_and_no_names() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let lina = server.let_in(&admin, "lina", &["analyst"]);
    let case = server.by(&lina, "GET", &format!("/v1/cases/{OF_SPOUT}"), &json!({}));
    assert_eq!(case.json(200)["state"], "open");
    for content in ["spout", "look", "marker"] {
        assert!(!case.text.contains(content), "{content}: {}", case.text);
    }
    let ruling = json!({ "ruling": "keep", "saw": "content", "version": 1 });
    assert_eq!(rule(&server, &lina, OF_SPOUT, &ruling).problem(403), "forbidden");
}
