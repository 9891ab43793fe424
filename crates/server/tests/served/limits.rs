//! What is too large, too slow or too deep is refused, and takes nothing with it.

use std::io::Write;
use std::time::Duration;

use serde_json::json;

use seawall_server::clock::Stopwatch;

use crate::server::{Server, rest};
use crate::stage::Stage;

/// A server with tight bounds.
fn tight(stage: &Stage) -> Server {
    let config = "[serve]\nheader_seconds_max = 1\nrequest_seconds_max = 2\n\
                  body_bytes_max = 100000\nconnections_max = 8\n";
    stage.write("seawall.toml", config);
    Server::start_with(stage, &["--config", stage.path("seawall.toml").to_str().unwrap()])
}

#[test]
fn a_body_that_is_too_large_is_refused_in_words() {
    let stage = Stage::new();
    let server = tight(&stage);
    let body = vec![b' '; 200_000];
    let answer = server.ask("POST", "/v1/events", "application/x-ndjson", body);
    assert_eq!(answer.problem(413), "too_large");
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn deep_nesting_is_a_refused_record() {
    let stage = Stage::new();
    let server = tight(&stage);
    let deep = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    let event = format!(r#"{{"type":"post.created","id":"e1","at":{deep}}}"#);
    let answer = server.ask("POST", "/v1/events", "application/x-ndjson", event);
    assert_eq!(answer.json(422)["rejections"][0]["code"], "too_large");
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn slow_heads_and_slow_bodies_are_cut_off_and_others_are_served() {
    let stage = Stage::new();
    let server = tight(&stage);
    let began = Stopwatch::start();
    let mut heads: Vec<_> = (0..4)
        .map(|_| {
            let mut slow = server.connection();
            slow.write_all(b"GET /readyz HTTP/1.1\r\nhost: seawall\r\nx-slow:").unwrap();
            slow
        })
        .collect();
    let mut body = server.connection();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: seawall\r\ncontent-length: 100\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\n\r\n{{",
        server.key()
    );
    body.write_all(head.as_bytes()).unwrap();
    assert_eq!(server.get("/readyz").status, 200, "others are served meanwhile");
    for slow in &mut heads {
        let told = rest(slow);
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    }
    let told = rest(&mut body);
    assert!(told.contains("timeout"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn requests_that_could_be_read_two_ways_are_refused() {
    let stage = Stage::new();
    let server = tight(&stage);
    let smuggled = [
        "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\
         content-length: 6\r\n\r\n{}\r\n",
        "POST /v1/events HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nhost: a\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        "GET /readyz\r\nhost: a\r\n\r\n",
    ];
    for request in smuggled {
        let mut connection = server.connection();
        connection.write_all(request.as_bytes()).unwrap();
        let told = rest(&mut connection);
        assert!(told.starts_with("HTTP/1.1 400") || told.is_empty(), "{request}: {told}");
    }
    // Both lengths at once: the one body that RFC 9112 allows is read, and the line is closed.
    let mut connection = server.connection();
    let both = "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 60\r\n\
                transfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n\
                0\r\n\r\nGET /readyz HTTP/1.1\r\nhost: a\r\n\r\n";
    connection.write_all(both.as_bytes()).unwrap();
    let told = rest(&mut connection);
    assert!(!told.contains("200 OK"), "what follows is no request of its own: {told}");
}

#[test]
fn no_content_and_no_secret_is_in_the_log() {
    let stage = Stage::new();
    let server = tight(&stage);
    let marker = "marker-5f0c2a";
    let event = json!({
        "type": "post.created", "id": marker, "at": "2026-05-20T09:00:00Z", "account": marker,
        "post": { "id": marker, "text": marker, "links": [format!("https://{marker}.example/")] },
    });
    server.events("", &[event]).json(200);
    let bad = json!({ "type": marker, "id": marker, "at": marker });
    server.events("", &[bad]).json(422);
    server.get(&format!("/v1/{marker}")).problem(404);
    server.get(&format!("/v1/journal?cursor={marker}")).problem(400);
    let path = format!("/v1/events?format={marker}");
    server.ask("POST", &path, "application/json", "{}").problem(422);
    assert_eq!(server.end(), 0);
    let log = std::fs::read_to_string(stage.path("server.log")).unwrap();
    assert!(log.contains("\"route\":\"/v1/events\""), "{log}");
    assert!(!log.contains(marker), "{log}");
}
