//! Secrets are told once and written nowhere: not in the log, not in the journal, not in the
//! metrics, and in no file of the folder as they are. Content is sealed, and told to nobody
//! but who asks for it.

use std::path::Path;

use serde_json::{Value, json};

use crate::league::watched;
use crate::rulings::admitted;
use crate::server::{PASSWORD, Server};
use crate::stage::{CLOCK, SEED};
use crate::story::{configured, platform};

/// Nothing that a platform or a person says may stand anywhere as it is.
const CONTENT: &str = "zinnober-8e21";
/// What somebody tries to log in with, and what they send with it.
const GUESSED: &str = "karmesin-3d70";
/// The secret of the webhooks without its prefix, as `configured` writes it.
const WEBHOOK: &str = "bmluZS1rZXR0bGVzLW9uLWEtc2hlbGYtYW5kLW9uZS1saWQ=";

/// Every file under a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

/// A file holds no such word.
#[track_caller]
fn holds_none(name: &str, bytes: &[u8], words: &[String]) {
    for word in words {
        let is_there = bytes.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!is_there, "{name} holds {word}");
    }
}

/// Asks in ways that carry content and guesses, rightly and wrongly.
fn asks(server: &Server, bearer: &str) {
    let event = json!({
        "type": "post.created", "id": CONTENT, "at": "2026-05-20T10:00:00Z", "account": CONTENT,
        "profile": { "handle": CONTENT, "name": CONTENT },
        "post": { "id": CONTENT, "text": format!("boil as one {CONTENT}"),
                  "links": [format!("https://{CONTENT}.example/")] },
    });
    server.events("?wait=verdict", &[event]).json(200);
    let report = json!({ "id": format!("{CONTENT}-r"), "at": "2026-05-20T10:01:00Z",
        "subject": { "post": CONTENT }, "reporter": CONTENT, "text": CONTENT });
    let headers = [("authorization", bearer), ("content-type", "application/json")];
    server.send("POST", "/v1/reports", &headers, report.to_string()).json(201);
    let login = json!({ "login": "alma", "password": GUESSED });
    server.public("POST", "/v1/session", &login.to_string()).problem(401);
    let login = json!({ "login": GUESSED, "password": GUESSED });
    server.public("POST", "/v1/session", &login.to_string()).problem(401);
    let wrong_type = json!({ "login": [GUESSED], "password": { GUESSED: CONTENT } });
    server.public("POST", "/v1/session", &wrong_type.to_string()).problem(422);
    let no_json = format!("{{\"password\": {GUESSED}");
    server.public("POST", "/v1/session", &no_json).problem(400);
    let used = json!({ "token": GUESSED, "password": GUESSED });
    server.public("POST", "/v1/links/use", &used.to_string()).problem(404);
    for header in ["authorization", "cookie", "x-csrf-token", "idempotency-key", "x-request-id"] {
        let value = match header {
            "authorization" => format!("Bearer swk_1_{GUESSED}"),
            "cookie" => format!("__Host-seawall={GUESSED}"),
            "x-request-id" => format!("{GUESSED} is no plain id"),
            _ => GUESSED.to_owned(),
        };
        let path = format!("/v1/cases?cursor={GUESSED}");
        let headers = [(header, value.as_str()), ("content-type", "application/json")];
        assert!((400..500).contains(&server.send("GET", &path, &headers, "").status));
    }
    server.get(&format!("/v1/appeals/form/a1?token={GUESSED}"));
    server.get(&format!("/v1/media/{}?grant={GUESSED}", "ab".repeat(32)));
}

#[test]
fn no_secret_and_no_content_is_written_anywhere_as_it_is() {
    let stage = watched();
    let (address, hooks) = platform();
    let config = configured(&stage, address);
    let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
    let server = Server::start_with(&stage, &args);
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let key = server.make_key(&admin, &["reports:write", "cases:read"]);
    asks(&server, &format!("Bearer {key}"));
    let invited = json!({ "login": "omar", "shown_name": "Omar", "roles": ["reviewer"] });
    let invited = server.by(&admin, "POST", "/v1/people", &invited).json(201);
    // What was restricted before is sent, signed with the webhooks' secret.
    let hook = hooks.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    let signature = hook.header("webhook-signature").to_owned();
    let cookie = |cookie: &str| cookie.split('=').nth(1).unwrap().to_owned();
    let metrics = server.get("/metrics").text;
    let shown = server.by(&rami, "GET", "/v1/cases", &json!({}));
    assert_eq!(shown.status, 200);
    let secrets: Vec<String> = [
        PASSWORD.to_owned(),
        GUESSED.to_owned(),
        WEBHOOK.to_owned(),
        key.rsplit('_').next().unwrap().to_owned(),
        server.key().rsplit('_').next().unwrap().to_owned(),
        cookie(&admin.cookie),
        cookie(&rami.cookie),
        admin.csrf.clone(),
        rami.csrf.clone(),
        invited["token"].as_str().unwrap().to_owned(),
        signature.split(',').nth(1).unwrap().to_owned(),
        CONTENT.to_owned(),
    ]
    .into();
    assert!(secrets.iter().all(|secret| secret.len() > 10), "{secrets:?}");
    // While it runs too: write-ahead logs hold what the databases do not yet.
    for (name, bytes) in files(&stage.path("seawall-data")) {
        holds_none(&name, &bytes, &secrets);
    }
    assert_eq!(server.end(), 0);
    let log = std::fs::read(stage.path("server.log")).unwrap();
    let text = String::from_utf8_lossy(&log);
    assert!(
        text.contains("\"route\":\"/v1/session\"") && text.contains("an instruction is settled")
    );
    holds_none("server.log", &log, &secrets);
    holds_none("/metrics", metrics.as_bytes(), &secrets);
    let journal = stage.journal("seawall-data");
    assert!(journal.iter().any(|entry| entry.contains("case_opened")));
    holds_none("the journal", journal.join("\n").as_bytes(), &secrets);
    for (name, bytes) in files(&stage.path("seawall-data")) {
        holds_none(&name, &bytes, &secrets);
    }
}

#[test]
fn each_decision_about_who_may_is_logged_by_numbers() {
    let stage = watched();
    let server = Server::start(&stage);
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    server.by(&rami, "GET", "/v1/protected", &json!({})).json(200);
    server.by(&rami, "GET", "/v1/journal", &json!({})).problem(403);
    server.public("GET", "/v1/cases", "").problem(401);
    assert_eq!(server.end(), 0);
    let log = std::fs::read_to_string(stage.path("server.log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let decided = |operation: &str, outcome: &str| {
        let mut of_access = lines.iter().filter(|line| line["fields"]["message"] == "access");
        of_access
            .find(|line| {
                let fields = &line["fields"];
                fields["operation"] == operation && fields["outcome"] == outcome
            })
            .unwrap_or_else(|| panic!("{operation} {outcome} is not logged: {log}"))
    };
    let person = &rami.person["person"];
    for (operation, outcome) in [("protected.read", "permitted"), ("journal.read", "role_missing")]
    {
        let line = decided(operation, outcome);
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(!line["fields"]["request_id"].as_str().unwrap().is_empty(), "{line}");
        assert!(line["fields"]["caller"].as_str().unwrap().contains(&person.to_string()), "{line}");
    }
    decided("cases.list", "unauthenticated");
}
