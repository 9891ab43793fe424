//! Who comes in, and what they may.

use serde_json::json;

use crate::server::{PASSWORD, Server};
use crate::stage::{CLOCK, SEED, Stage};

const STILL: [&str; 4] = ["--test-clock", CLOCK, "--test-seed", SEED];

#[test]
fn nobody_comes_in_without_a_link_and_the_first_link_works_once() {
    let stage = Stage::new();
    let server = Server::bare(&stage, &STILL);
    let link = server.link().unwrap().to_owned();
    assert_eq!(server.get("/v1/cases").problem(401), "unauthenticated");
    let body = json!({ "login": "admin", "password": "admin" }).to_string();
    let kind = "application/json";
    assert_eq!(server.ask("POST", "/v1/session", kind, body).problem(401), "unauthenticated");
    let weak = json!({ "token": link, "login": "alma", "shown_name": "A", "password": "short" });
    let used =
        |body: &serde_json::Value| server.ask("POST", "/v1/links/use", kind, body.to_string());
    assert_eq!(used(&weak).problem(422), "invalid");
    let admin = server.first_admin(&link);
    assert_eq!(admin.person["reviewer"], "r1", "nobody admits the first key");
    let again = json!({
        "token": link, "login": "other", "shown_name": "B", "password": PASSWORD,
    });
    assert_eq!(used(&again).problem(404), "not_found");
    assert_eq!(server.end(), 0);
    let server = Server::bare(&stage, &STILL);
    assert!(server.link().is_none(), "there is an admin by now");
    server.login("alma");
}

#[test]
fn a_session_ends_when_it_is_left_and_forged_requests_are_refused() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let me = server.by(&admin, "GET", "/v1/session", &json!({})).json(200);
    assert_eq!(me["person"]["login"], "alma");
    let forged = [("cookie", admin.cookie.as_str()), ("content-type", "application/json")];
    let answer = server.send("POST", "/v1/keys", &forged, "{}");
    assert_eq!(answer.problem(403), "forbidden");
    assert_eq!(server.by(&admin, "DELETE", "/v1/session", &json!({})).status, 204);
    let answer = server.by(&admin, "GET", "/v1/session", &json!({}));
    assert_eq!(answer.problem(401), "unauthenticated");
}

#[test]
fn roles_bound_what_people_may_and_a_change_counts_at_once() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let reviewer = server.let_in(&admin, "rami", &["reviewer"]);
    let auditor = server.let_in(&admin, "aida", &["auditor"]);
    let status = |who, path| server.by(who, "GET", path, &json!({})).status;
    assert_eq!(status(&reviewer, "/v1/cases"), 200);
    assert_eq!(status(&reviewer, "/v1/journal"), 403, "who reads second is blind to the first");
    assert_eq!(status(&reviewer, "/v1/people"), 403);
    assert_eq!(status(&auditor, "/v1/journal"), 200);
    assert_eq!(status(&auditor, "/v1/cases"), 403);
    assert_eq!(status(&admin, "/v1/people"), 200);
    assert_eq!(status(&admin, "/v1/cases"), 403, "an admin sees no content");
    let person = &reviewer.person["person"];
    let people = server.by(&admin, "GET", "/v1/people", &json!({})).json(200);
    let rows = people["people"].as_array().unwrap();
    let row = rows.iter().find(|row| &row["person"] == person).unwrap();
    let path = format!("/v1/people/{person}");
    let stale = json!({ "version": 0, "disabled": true });
    assert_eq!(server.by(&admin, "PATCH", &path, &stale).problem(409), "stale");
    let change = json!({ "version": row["version"], "disabled": true });
    server.by(&admin, "PATCH", &path, &change).json(200);
    assert_eq!(status(&reviewer, "/v1/cases"), 401, "the very next call");
}

#[test]
fn a_key_does_what_it_is_made_for_until_it_is_revoked() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let key = server.make_key(&admin, &["journal:read"]);
    let bearer = format!("Bearer {key}");
    let by_key = |path: &str| server.send("GET", path, &[("authorization", &bearer)], "");
    assert_eq!(by_key("/v1/journal").status, 200);
    assert_eq!(by_key("/v1/cases").problem(403), "forbidden");
    let keys = server.by(&admin, "GET", "/v1/keys", &json!({})).json(200);
    let number = keys["keys"].as_array().unwrap().last().unwrap()["key"].clone();
    let made = server.by(&admin, "POST", &format!("/v1/keys/{number}/rotation"), &json!({}));
    let next = format!("Bearer {}", made.json(201)["secret"].as_str().unwrap());
    let headers = [("authorization", next.as_str())];
    assert_eq!(server.send("GET", "/v1/journal", &headers, "").status, 200);
    assert_eq!(by_key("/v1/journal").status, 200, "the old one lives on for a while");
    server.by(&admin, "DELETE", &format!("/v1/keys/{number}"), &json!({})).json(200);
    assert_eq!(by_key("/v1/journal").problem(401), "unauthenticated");
}

#[test]
fn guessing_is_slowed_down_and_tells_nothing() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let guess = |login: &str| {
        let body = json!({ "login": login, "password": "a wrong guess" }).to_string();
        server.ask("POST", "/v1/session", "application/json", body)
    };
    let known = guess("alma").json(401);
    let unknown = guess("nobody").json(401);
    assert_eq!(known["detail"], unknown["detail"]);
    let statuses: Vec<u16> = (0..8).map(|_| guess("nobody").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}
