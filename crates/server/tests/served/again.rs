//! Writes that are sent twice: done once, and answered the same.

use std::io::Write;

use serde_json::{Value, json};

use crate::server::{Answer, Server, Session, rest};
use crate::stage::Stage;

/// Writes that may be sent again as they are, and so take no idempotency key.
const SAFE: [&str; 14] = [
    "delete /v1/media/{sha256}/mark",
    "delete /v1/session",
    "delete /v1/sessions/{session}",
    "post /v1/events",
    "post /v1/links/use",
    "post /v1/media/{sha256}/fetch",
    "post /v1/media/{sha256}/grants",
    "post /v1/reports",
    "post /v1/rules/check",
    "post /v1/rules/run",
    "post /v1/session",
    "post /v1/session/step-up",
    "put /v1/media/{sha256}",
    "put /v1/session/password",
];

/// Asks as a person, under a key.
fn under(server: &Server, by: &Session, key: &str, asked: (&str, &str), body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("cookie", by.cookie.as_str()),
        ("x-csrf-token", &by.csrf),
        ("idempotency-key", key),
    ];
    server.send(asked.0, asked.1, &headers, body.to_string())
}

#[test]
fn every_write_takes_a_key_or_says_why_it_may_be_sent_again() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let document = server.get("/openapi.json").json(200);
    let mut safe = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, stated) in methods.as_object().unwrap() {
            let named = stated["parameters"].as_array().cloned().unwrap_or_default();
            let keys = named.iter().filter(|named| named["name"] == "idempotency-key").count();
            let told = format!("{method} {path}");
            let says_why = stated["description"]
                .as_str()
                .is_some_and(|said| said.contains("It may be sent again as it is: "));
            match method.as_str() {
                "get" => assert_eq!((keys, says_why), (0, false), "{told}"),
                _ if says_why => {
                    assert_eq!(keys, 0, "{told}");
                    safe.push(told);
                }
                _ => assert_eq!(keys, 1, "{told}"),
            }
        }
    }
    safe.sort_unstable();
    assert_eq!(safe, SAFE);
}

#[test]
fn a_secret_that_is_told_once_is_told_again_to_who_asks_under_the_same_key() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let alma = server.login("alma");
    let keys = ("POST", "/v1/keys");
    let body = json!({
        "name": "once", "scopes": ["journal:read"], "expires_at": "2027-06-01T00:00:00Z",
    });
    let drawn = "drawn-for-this-one-5f0c2a";
    let first = under(&server, &alma, drawn, keys, &body);
    let secret = first.json(201)["secret"].as_str().unwrap().to_owned();
    let again = under(&server, &alma, drawn, keys, &body);
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut other = body.clone();
    other["name"] = json!("another");
    assert_eq!(under(&server, &alma, drawn, keys, &other).problem(409), "conflict");
    let elsewhere = ("POST", "/v1/people");
    assert_eq!(under(&server, &alma, drawn, elsewhere, &body).problem(409), "conflict");
    let made = server.by(&alma, "GET", "/v1/keys", &json!({}));
    assert_eq!(made.text.matches("\"once\"").count(), 1, "{}", made.text);
    // Another caller draws keys of their own.
    let vera = server.let_in(&alma, "vera", &["admin"]);
    let hers = under(&server, &vera, drawn, keys, &body).json(201);
    assert_ne!(hers["secret"], json!(secret));
    // What may not be done any more is not told again either.
    let path = format!("/v1/people/{}", vera.person["person"]);
    let rows = server.by(&alma, "GET", "/v1/people", &json!({})).json(200);
    let row = rows["people"].as_array().unwrap().iter().find(|row| row["login"] == "vera").unwrap();
    let shut_out = json!({ "version": row["version"], "disabled": true });
    under(&server, &alma, "shut-out", ("PATCH", &path), &shut_out).json(200);
    under(&server, &alma, "shut-out", ("PATCH", &path), &shut_out).json(200);
    assert_eq!(under(&server, &vera, drawn, keys, &body).problem(401), "unauthenticated");
    assert_eq!(server.end(), 0);
    for entry in std::fs::read_dir(stage.path("seawall-data")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { continue };
        let holds = |text: &str| bytes.windows(text.len()).any(|seen| seen == text.as_bytes());
        assert!(!holds(&secret) && !holds(drawn), "{}", path.display());
    }
}

#[test]
fn a_link_is_made_once_and_what_was_refused_may_be_asked_again() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let alma = server.login("alma");
    let people = ("POST", "/v1/people");
    let rami = json!({ "login": "rami", "shown_name": "Rami", "roles": ["reviewer"] });
    let first = under(&server, &alma, "a", people, &rami);
    let again = under(&server, &alma, "a", people, &rami);
    assert_eq!(first.json(201)["token"], again.json(201)["token"]);
    // The login is taken: nothing was done, so the key is free.
    assert_eq!(under(&server, &alma, "b", people, &rami).json(422)["pointer"], "/login");
    let sana = json!({ "login": "sana", "shown_name": "Sana", "roles": ["reviewer"] });
    under(&server, &alma, "b", people, &sana).json(201);
    let two = [
        ("content-type", "application/json"),
        ("cookie", alma.cookie.as_str()),
        ("x-csrf-token", &alma.csrf),
        ("idempotency-key", "c"),
        ("idempotency-key", "d"),
    ];
    let refused = server.send("POST", "/v1/people", &two, sana.to_string()).json(422);
    assert_eq!(refused["pointer"], "idempotency-key");
    let long = under(&server, &alma, &"x".repeat(201), people, &sana);
    assert_eq!(long.problem(422), "invalid");
    let mut line = server.connection();
    let head = format!(
        "POST /v1/people HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncookie: {}\r\n\
         x-csrf-token: {}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n",
        alma.cookie, alma.csrf
    );
    let sent = [head.as_bytes(), b"idempotency-key: caf\xe9\r\n\r\n{}"].concat();
    line.write_all(&sent).unwrap();
    let told = rest(&mut line);
    assert!(told.starts_with("HTTP/1.1 422"), "{told}");
    for part in ["application/problem+json", "\"pointer\":\"idempotency-key\""] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn every_type_of_problem_leads_to_a_page_that_says_what_to_do() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    for code in seawall_server::http::Code::ALL {
        let page = server.public("GET", &format!("/problems/{}", code.as_str()), "");
        assert_eq!((page.status, page.kind.as_str()), (200, "text/markdown; charset=utf-8"));
        for word in [code.as_str(), code.title(), "## What to do", code.status().as_str()] {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
    }
    let refused = server.public("GET", "/v1/cases", "").json(401);
    assert_eq!(refused["type"], "/problems/unauthenticated");
    let page = server.public("GET", refused["type"].as_str().unwrap(), "");
    assert!(page.text.contains("POST /v1/session"), "{}", page.text);
    assert_eq!(server.public("GET", "/problems/none", "").problem(404), "not_found");
}

#[test]
fn what_is_wrong_with_a_body_is_told_with_its_place_and_an_example() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let alma = server.login("alma");
    let told = |body: &Value| server.by(&alma, "POST", "/v1/keys", body).json(422);
    let missing = told(&json!({ "name": "a", "scopes": ["events:write"] }));
    assert_eq!((&missing["pointer"], &missing["code"]), (&json!("/expires_at"), &json!("missing")));
    assert!(missing["detail"].as_str().unwrap().contains("2027-06-01T00:00:00Z"), "{missing}");
    let key = |at: &str| json!({ "name": "a", "scopes": ["events:write"], "expires_at": at });
    for at in ["tomorrow", "2020-06-01T00:00:00Z", "2099-06-01T00:00:00Z"] {
        assert_eq!(told(&key(at))["pointer"], "/expires_at", "{at}");
    }
    let scope = json!({
        "name": "a", "scopes": ["events:write", "x"], "expires_at": "2027-06-01T00:00:00Z",
    });
    assert_eq!(told(&scope)["pointer"], "/scopes/1");
    let person = json!({
        "login": "a", "shown_name": "a", "roles": [], "clearance": { "severity_max": "x" },
    });
    let body = server.by(&alma, "POST", "/v1/people", &person).json(422);
    let path = server.by(&alma, "PATCH", "/v1/people/x", &json!({ "version": 1 })).json(400);
    let query = server.get("/v1/journal?cursor=x").json(400);
    for told in [body, path, query] {
        let detail = told["detail"].as_str().unwrap();
        let is_plain = !["u8", "u64", "digit"].iter().any(|word| detail.contains(word));
        assert!(is_plain && detail.contains("whole number"), "{detail}");
    }
}

#[test]
fn a_rule_that_names_what_is_not_there_is_told_by_that_name() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let alma = server.login("alma");
    let author = server.let_in(&alma, "adel", &["policy_author"]);
    let rules = |text: &str| {
        let body = json!({ "files": { "main.sml": text }, "source": "a test" });
        server.by(&author, "POST", "/v1/rules", &body).json(422)
    };
    let told = rules("Kettles = 1\nOther = Kettle\n");
    assert_eq!(told["pointer"], "/files/main.sml");
    let detail = told["detail"].as_str().unwrap();
    for word in ["unknown identifier: `Kettle`", "line 2, column 8", "`Kettles`, main.sml, line 1"]
    {
        assert!(detail.contains(word), "{word}: {detail}");
    }
    let far = rules("Other = Teapot\n");
    let detail = far["detail"].as_str().unwrap();
    assert!(detail.contains("`Teapot`") && detail.contains("line 1, column 8"), "{detail}");
    let body = json!({ "files": { "main.sml": "Other = Teapot\n" } });
    let checked = server.by(&author, "POST", "/v1/rules/check", &body).json(200);
    let message = checked["diagnostics"][0]["message"].as_str().unwrap();
    assert_eq!(message, "unknown identifier: `Teapot`");
}
