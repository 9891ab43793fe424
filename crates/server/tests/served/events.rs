//! Events in: durable before the answer, told one by one, with verdicts where wanted.

use serde_json::{Value, json};

use crate::league::{CLIP, equipped, event};
use crate::server::Server;
use crate::stage::{CLOCK, SEED, Stage};
use crate::story::{PATIENCE, configured, platform};

fn created(id: u32, account: &str, created_at: &str) -> Value {
    let profile = json!({ "handle": format!("{account}.example"), "created_at": created_at });
    serde_json::from_str(&event(id, "account.created", "08:00", account, "profile", &profile))
        .unwrap()
}

fn post(id: u32, account: &str, text: &str, media: &Value) -> Value {
    let post = json!({ "id": format!("p-{id}"), "text": text, "media": media });
    serde_json::from_str(&event(id, "post.created", "09:00", account, "post", &post)).unwrap()
}

fn clip() -> Value {
    json!([{ "id": "m-1", "sha256": CLIP }])
}

#[test]
fn what_was_answered_survives_a_kill_and_is_then_a_duplicate() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let events: Vec<Value> =
        (1..=50).map(|id| post(id, "a-1", &format!("tea {id}"), &json!([]))).collect();
    let answer = server.events("", &events).json(200);
    assert_eq!((&answer["accepted"], &answer["position"]), (&json!(50), &json!(50)));
    server.kill();

    let server = Server::start(&stage);
    let answer = server.events("", &events).json(200);
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&json!(0), &json!(50)));
    assert_eq!(server.end(), 0);
    let said = stage.still(&["doctor"]);
    assert!(said.out.contains("50 events"), "{}", said.out);
}

#[test]
fn a_refused_record_is_told_with_its_place_and_kept_and_the_others_are_taken() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let mut bad = post(2, "a-1", "tea", &json!([]));
    bad["at"] = json!("tomorrow");
    let events = [post(1, "a-1", "tea", &json!([])), bad, post(3, "a-1", "tea", &json!([]))];
    let answer = server.events("", &events).json(200);
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(2), &json!(1)));
    let told = &answer["rejections"][0];
    assert_eq!((&told["index"], &told["code"]), (&json!(1), &json!("invalid")));
    assert_eq!(told["pointer"], "/at");

    let answer = server.events("", &[Value::Null]).json(422);
    assert_eq!(answer["rejections"][0]["code"], "invalid");
    let answer = server.events("", &[post(1, "a-1", "coffee", &json!([]))]).json(422);
    assert_eq!(answer["rejections"][0]["code"], "altered");
    assert_eq!(server.end(), 0);
    let said = stage.still(&["rejects"]);
    assert!(said.out.contains("altered") && said.out.contains("/at"), "{}", said.out);
}

#[test]
fn the_shapes_of_a_body_are_told_by_its_content_type() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let one = post(1, "a-1", "tea", &json!([]));
    let pretty = serde_json::to_string_pretty(&one).unwrap();
    let accepted = |kind: &str, body: String| {
        server.ask("POST", "/v1/events", kind, body).json(200)["accepted"].clone()
    };
    assert_eq!(accepted("application/json", pretty), 1);
    let array = json!([post(2, "a-1", "x", &json!([])), post(3, "a-1", "y", &json!([]))]);
    assert_eq!(accepted("application/json; charset=utf-8", array.to_string()), 2);
    let cloud = json!([{
        "specversion": "1.0", "id": "ce-1", "source": "https://tea.example/", "type": "post.created",
        "time": "2026-05-20T09:00:00Z", "datacontenttype": "application/json",
        "data": { "account": "a-1", "post": { "id": "p-ce", "text": "tea" } },
    }]);
    let kind = "application/cloudevents-batch+json";
    assert_eq!(accepted(kind, cloud.to_string()), 1);
    let binary = [
        ("ce-specversion", "1.0"),
        ("ce-id", "ce-2"),
        ("ce-source", "https://tea.example/"),
        ("ce-type", "post.created"),
        ("ce-time", "2026-05-20T09:00:00Z"),
        ("content-type", "application/json"),
    ];
    let data = json!({ "account": "a-1", "post": { "id": "p-ce2", "text": "tea" } });
    let answer = server.send("POST", "/v1/events", &binary, data.to_string());
    assert_eq!(answer.json(200)["accepted"], 1);
    let kind = "text/csv";
    assert_eq!(server.ask("POST", "/v1/events", kind, "a,b").problem(415), "media_type");
    let kind = "application/json";
    assert_eq!(server.ask("POST", "/v1/events", kind, " ").problem(422), "missing");
    let path = "/v1/events?format=smoke";
    assert_eq!(server.ask("POST", path, kind, "{}").problem(422), "invalid");
    assert_eq!(server.ask("POST", "/v1/events?wait=soon", kind, "{}").problem(400), "malformed");
}

/// The events of the tests of verdicts, and the word for each.
fn verdicts(server: &Server, events: &[Value]) -> Vec<(String, Option<String>)> {
    let answer = server.events("?wait=verdict", events).json(200);
    let word = |verdict: &Value| {
        let case = verdict["case"].as_str().map(str::to_owned);
        (verdict["verdict"].as_str().unwrap().to_owned(), case)
    };
    answer["verdicts"].as_array().unwrap().iter().map(word).collect()
}

#[test]
fn a_verdict_restricts_only_where_law_1_does_and_says_the_same_again() {
    let stage = equipped();
    let server = Server::start(&stage);
    let accounts =
        [created(1, "desk", "2019-01-05T10:00:00Z"), created(2, "spout", "2026-05-20T08:00:00Z")];
    server.events("", &accounts).json(200);
    let events = [
        post(3, "desk", "What the league shows", &clip()),
        post(4, "spout", "look", &clip()),
        post(5, "spout", "tea", &json!([])),
    ];
    let wanted = [
        ("publish".to_owned(), Some("c1".to_owned())),
        ("restricted".to_owned(), Some("c2".to_owned())),
        ("publish".to_owned(), None),
    ];
    assert_eq!(verdicts(&server, &events), wanted);
    assert_eq!(verdicts(&server, &events), wanted, "duplicates are told the same");
    let answer = server.events("?wait=verdict", &events[1..2]).json(200);
    let told = &answer["verdicts"][0];
    assert_eq!(told["action"], "a1");
    assert_eq!(told["until"], "2026-06-04T00:00:00Z", "72 hours and no more");
    let published = server.events("?wait=verdict", &events[2..]).json(200);
    for only_restricted in ["action", "until", "notice", "notice_withheld_until", "appeal"] {
        assert_eq!(published["verdicts"][0].get(only_restricted), None, "{only_restricted}");
    }
    assert_eq!(server.end(), 0);
    crate::league::replays_equal(&stage);
}

#[test]
fn a_platform_that_cannot_restrict_reach_is_told_to_hold() {
    let stage = equipped();
    stage.write("seawall.toml", "[serve]\nrestricts = \"publication\"\n");
    let config = stage.path("seawall.toml");
    let (clock, seed) = (crate::stage::CLOCK, crate::stage::SEED);
    let args = ["--config", config.to_str().unwrap(), "--test-clock", clock, "--test-seed", seed];
    let server = Server::start_with(&stage, &args);
    server.events("", &[created(1, "spout", "2026-05-20T08:00:00Z")]).json(200);
    let told = verdicts(&server, &[post(2, "spout", "look", &clip())]);
    assert_eq!(told, [("hold".to_owned(), Some("c1".to_owned()))]);
}

#[test]
fn a_verdict_gives_the_notice_and_the_link_that_the_action_does() {
    let stage = equipped();
    let (address, hooks) = platform();
    let config = configured(&stage, address);
    let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
    let server = Server::start_with(&stage, &args);
    server.events("", &[created(1, "spout", "2026-05-20T08:00:00Z")]).json(200);
    let events = [post(2, "spout", "look", &clip())];
    let ask =
        |server: &Server| server.events("?wait=verdict", &events).json(200)["verdicts"][0].clone();
    let told = ask(&server);
    let hook = hooks.recv_timeout(PATIENCE).unwrap();
    hook.verify();
    let hook = hook.json()["data"].clone();
    assert_eq!((&hook["verb"], &hook["policy"]["version"]), (&json!("restrict"), &json!(1)));
    for same in ["action", "case", "until", "notice", "appeal"] {
        assert_eq!(told[same], hook[same], "{same}");
        assert!(!told[same].is_null(), "{same}");
    }
    assert!(told["notice"]["ar"]["paragraphs"].as_array().unwrap().len() > 3);
    assert_eq!(told.get("notice_withheld_until"), None);
    assert_eq!(ask(&server), told, "a duplicate is told the same");
    assert_eq!(server.end(), 0);
    let server = Server::start_with(&stage, &args);
    assert_eq!(ask(&server), told, "and so it is after a start");
}

#[test]
fn what_people_removed_is_held_until_it_is_undone() {
    let stage = equipped();
    let (address, _hooks) = platform();
    let config = configured(&stage, address);
    let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
    let server = Server::start_with(&stage, &args);
    server.events("", &[created(1, "spout", "2026-05-20T08:00:00Z")]).json(200);
    let events = [post(2, "spout", "look", &clip())];
    let ask = || server.events("?wait=verdict", &events).json(200)["verdicts"][0].clone();
    let restricted = ask();
    let admin = crate::rulings::admitted(&stage, &server);
    let [rami, sana] = ["rami", "sana"].map(|name| server.let_in(&admin, name, &["senior"]));
    let path = format!("/v1/cases/{}", restricted["case"].as_str().unwrap());
    let version = server.by(&rami, "GET", &path, &json!({})).json(200)["version"].clone();
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": version });
    let decided = server.by(&rami, "POST", &format!("{path}/rulings"), &ruling).json(200);
    let held = ask();
    assert_eq!((&held["verdict"], &held["case"]), (&json!("hold"), &restricted["case"]));
    assert_ne!(held["action"], restricted["action"]);
    assert_eq!(held.get("until"), None);
    assert!(held["notice"]["en"]["paragraphs"].is_array(), "{held}");
    let path = format!("/v1/decisions/{}/overturn", decided["decision"].as_str().unwrap());
    server.by(&sana, "POST", &path, &json!({})).json(200);
    assert_eq!(ask()["verdict"], "publish");
}
