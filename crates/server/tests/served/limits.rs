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
        "POST /v1/events HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "GET /readyz HTTP/1.1\r\nhost: a\r\nx: b\r\n content-length: 3\r\n\r\n",
        "GET /readyz HTTP/1.1\r\nhost: a\r\nx: b\rcontent-length: 3\r\n\r\n",
        "GET /readyz HTTP/1.1\r\nhost: a\r\nx: b\0c\r\n\r\n",
        "GET /readyz HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
        "GET /readyz HTTP/1.1\r\nconnection: close\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: +2\r\n\r\n{}",
        "POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 2, 2\r\n\r\n{}",
        "POST /v1/events HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    for request in smuggled {
        let mut connection = server.connection();
        connection.write_all(request.as_bytes()).unwrap();
        let told = rest(&mut connection);
        assert!(told.starts_with("HTTP/1.1 400") || told.is_empty(), "{request}: {told}");
    }
    // Both lengths at once: the one body that RFC 9112 allows is read, and the line is closed.
    for lengths in [
        "content-length: 60\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
    ] {
        let told = sent(
            &server,
            &format!(
                "POST /v1/session HTTP/1.1\r\nhost: a\r\n{lengths}\r\n\r\n\
                 0\r\n\r\nGET /readyz HTTP/1.1\r\nhost: a\r\n\r\n"
            ),
        );
        assert_eq!(told.matches("HTTP/1.1 ").count(), 1, "no request of its own follows: {told}");
        assert!(!told.contains("200 OK"), "{told}");
    }
    // A single LF ends a line, as RFC 9112 lets it: what follows it is a header, and read as one.
    let told = sent(
        &server,
        "POST /v1/session HTTP/1.1\r\nhost: a\r\nx: b\ncontent-length: 38\r\n\
         connection: close\r\n\r\nGET /readyz HTTP/1.1\r\nhost: a\r\n\r\n  ",
    );
    assert_eq!(told.matches("HTTP/1.1 ").count(), 1, "{told}");
    assert_eq!(server.get("/readyz").status, 200);
}

/// What a connection answers to this until it is closed.
fn sent(server: &Server, request: &str) -> String {
    let mut connection = server.connection();
    connection.write_all(request.as_bytes()).unwrap();
    rest(&mut connection)
}

#[test]
fn chunks_that_could_be_read_two_ways_are_refused() {
    let stage = Stage::new();
    let server = tight(&stage);
    let head = "POST /v1/session HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    for chunks in [
        "2\n{}\n0\n\n",
        "2;a\nxx\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
    ] {
        let told = sent(&server, &format!("{head}{chunks}GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n"));
        assert!(told.starts_with("HTTP/1.1 400"), "{chunks:?}: {told}");
        assert_eq!(told.matches("HTTP/1.1 ").count(), 1, "{chunks:?}: {told}");
    }
}

#[test]
fn nothing_is_decompressed() {
    let stage = Stage::new();
    let server = tight(&stage);
    let key = format!("Bearer {}", server.key());
    for coding in ["gzip", "deflate", "br", "zstd", "identity, gzip"] {
        let headers = [
            ("authorization", key.as_str()),
            ("content-type", "application/json"),
            ("content-encoding", coding),
        ];
        let answer = server.send("POST", "/v1/events", &headers, vec![0; 50]);
        assert_eq!(answer.problem(415), "media_type", "{coding}");
        assert_eq!(answer.header("accept-encoding"), "identity");
    }
    let headers = [
        ("authorization", key.as_str()),
        ("content-type", "application/json"),
        ("content-encoding", "identity"),
        ("accept-encoding", "gzip"),
    ];
    let plain = server.send("POST", "/v1/events", &headers, "[]");
    assert_eq!((plain.status < 500, plain.header("content-encoding")), (true, ""));
}

/// KiB of memory that a process holds.
fn memory(server: &Server) -> u64 {
    let told = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn what_is_refused_takes_a_bounded_memory() {
    let stage = Stage::new();
    stage.write("seawall.toml", "[serve]\nbody_bytes_max = 1000000\n");
    let config = stage.path("seawall.toml");
    let server = Server::start_with(&stage, &["--config", config.to_str().unwrap()]);
    let before = memory(&server);
    let event = |at: String| format!(r#"{{"type":"post.created","id":"e1","at":{at}}}"#);
    let deep = event(format!("{}{}", "[".repeat(450_000), "]".repeat(450_000)));
    let wide = event(format!("[{}0]", "0,".repeat(450_000)));
    let large = " ".repeat(20_000_000);
    let key = format!("Bearer {}", server.key());
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    for body in [&deep, &wide] {
        let answer = server.send("POST", "/v1/events", &headers, &body[..]).json(422);
        assert_eq!(answer["rejections"][0]["code"], "too_large", "{answer}");
    }
    for _ in 0..8 {
        for body in [&deep, &wide, &large] {
            for path in ["/v1/events", "/v1/session", "/v1/links/use"] {
                // A sender of too much may be cut off before it has sent all.
                server.answers("POST", path, &headers, body.as_bytes());
            }
        }
    }
    let taken = memory(&server) - before;
    assert!(taken < 128 * 1024, "{taken} KiB more than the {before} of the start");
    let ready = "GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(sent(&server, ready).starts_with("HTTP/1.1 200"));
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

#[test]
fn every_answer_has_the_headers_of_all() {
    let stage = Stage::new();
    let server = tight(&stage);
    let refused = server.public("GET", "/v1/cases", "");
    let wrong = server.public("PUT", "/readyz", "");
    for answer in [server.get("/readyz"), server.get("/nothing"), refused, wrong] {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{name} at {}", answer.status);
        }
        assert!(!answer.header("x-request-id").is_empty());
    }
}
