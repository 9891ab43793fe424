//! How much one caller may ask for: refused in words, let in again, and nobody else slowed.

use serde_json::json;

use crate::server::Server;
use crate::stage::Stage;

/// A server with these rates, under a clock that passes.
fn serving(stage: &Stage, rates: &str) -> Server {
    stage.write("seawall.toml", format!("[serve.rates]\n{rates}"));
    Server::start_with(stage, &["--config", stage.path("seawall.toml").to_str().unwrap()])
}

#[test]
fn too_many_requests_are_refused_with_when_to_come_again() {
    let stage = Stage::new();
    let server = serving(&stage, "person_requests_per_second = 1\nburst_seconds = 30\n");
    let admin = server.login("alma");
    let ask = || server.by(&admin, "GET", "/v1/session", &json!({}));
    let first = ask();
    first.json(200);
    assert!(first.header("ratelimit-policy").contains("q=30;w=30"), "{:?}", first.headers);
    let refused = (0..200).map(|_| ask()).find(|answer| answer.status != 200).unwrap();
    assert_eq!(refused.problem(429), "too_many");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.header("ratelimit").contains("r=0"), "{:?}", refused.headers);
    let detail = refused.json(429)["detail"].as_str().unwrap().to_owned();
    for words in ["1 requests a second", "wait 1 s", "serve.rates"] {
        assert!(detail.contains(words), "{detail}");
    }
    // Another caller and whoever watches are not slowed by it.
    assert_eq!(server.get("/v1/cases").status, 200);
    for _ in 0..100 {
        assert_eq!(server.public("GET", "/livez", "").status, 200);
    }
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("seawall_http_limited_total{caller=\"person\"}"), "{metrics}");
}

#[test]
fn bytes_of_bodies_count_too() {
    let stage = Stage::new();
    let server = serving(&stage, "key_bytes_per_second = 1000\nburst_seconds = 20\n");
    let event = |n: u32| {
        json!({ "v": 1, "type": "post.created", "id": format!("e{n}"), "at": "2026-05-20T09:00:00Z",
            "account": "lid", "post": { "id": format!("p{n}"), "text": "lid ".repeat(1_000) } })
    };
    let events: Vec<_> = (0..20).map(event).collect();
    server.events("", &events).json(200);
    let refused = server.events("", &[event(99)]);
    assert_eq!(refused.problem(429), "too_many");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    // Some 80,000 bytes came and 20,000 may at once: the rest is waited for.
    assert!((40..=80).contains(&wait), "{wait}");
    assert!(refused.json(429)["detail"].as_str().unwrap().contains("bytes a second"));
}

#[test]
fn whoever_is_not_known_is_told_apart_by_address() {
    let stage = Stage::new();
    let rates = "address_requests_per_second = 1\nburst_seconds = 5\n";
    let server = serving(&stage, rates);
    let ask = || server.public("GET", "/v1/cases", "");
    let refused = (0..50).map(|_| ask()).find(|answer| answer.status != 401).unwrap();
    assert_eq!(refused.problem(429), "too_many");
    let forged = [("authorization", "Bearer swk_1_nothing")];
    let forged = server.send("GET", "/v1/cases", &forged, "");
    assert_eq!(forged.problem(429), "too_many", "a key that is none is an address");
    assert_eq!(server.get("/v1/cases").status, 200);
}

#[test]
fn rates_and_sessions_are_configured_with_units() {
    let stage = Stage::new();
    let refused = |config: &str, words: &str| {
        stage.write("seawall.toml", config);
        let config = stage.path("seawall.toml");
        let said = stage.seawall(&["serve", "--config", config.to_str().unwrap()]);
        said.refused(&[words]);
    };
    refused("[serve.rates]\nburst_seconds = 0\n", "serve.rates.burst_seconds must be at least 1");
    refused("[sessions]\nlink_hours = 0\n", "sessions.link_hours must be at least 1");
    refused("[sessions]\nlink_days = 1\n", "link_days");
    stage.write("seawall.toml", "[sessions]\nwhole_minutes = 5\nstep_up_minutes = 2\n");
    let config = stage.path("seawall.toml");
    let args = ["--config", config.to_str().unwrap(), "--test-clock", crate::stage::CLOCK];
    let server = Server::start_with(&stage, &args);
    let admin = server.login("alma");
    let own = server.by(&admin, "GET", "/v1/session", &json!({})).json(200);
    assert_eq!(own["ends_at"], "2026-06-01T00:05:00Z", "{own}");
}
