//! What happens is told live, and goes on where a reader was cut off.

use std::io::{BufRead, BufReader, Write};

use serde_json::{Value, json};

use crate::league::{CLIP, equipped, event};
use crate::rulings::serving;
use crate::server::{Server, Session};
use crate::stage::Stage;

/// Reads events until one of this name; gives its id and data.
fn until(reader: &mut impl BufRead, name: &str) -> (u64, Value) {
    let (mut id, mut is_wanted) = (0, false);
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended before {name}");
        let line = line.trim_end();
        if let Some(told) = line.strip_prefix("event: ") {
            is_wanted = told == name;
        } else if let Some(told) = line.strip_prefix("id: ") {
            id = told.parse().unwrap();
        } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_wanted) {
            return (id, serde_json::from_str(data).unwrap());
        }
    }
}

fn listen(server: &Server, by: &Session, last: &str) -> BufReader<std::net::TcpStream> {
    let mut stream = server.connection();
    let cookie = &by.cookie;
    write!(stream, "GET /v1/live HTTP/1.1\r\nhost: seawall\r\ncookie: {cookie}\r\n{last}\r\n")
        .unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    reader
}

#[test]
fn a_case_is_told_when_it_opens_and_again_to_who_was_cut_off() {
    let stage = equipped();
    let (server, admin) = serving(&stage);
    let analyst = server.let_in_unsigned(&admin, "lina", &["analyst"]);
    let mut live = listen(&server, &analyst, "");
    let post = json!({ "id": "p-1", "text": "look", "media": [{ "id": "m", "sha256": CLIP }] });
    let event: Value =
        serde_json::from_str(&event(1, "post.created", "09:00", "spout", "post", &post)).unwrap();
    server.events("?wait=verdict", &[event]).json(200);
    let (id, entry) = until(&mut live, "case_opened");
    assert_eq!((&entry["case"], entry["seq"].as_u64()), (&json!(1), Some(id)));
    drop(live);
    let mut again = listen(&server, &analyst, &format!("last-event-id: {}\r\n", id - 1));
    assert_eq!(until(&mut again, "case_opened"), (id, entry));
    // A stream that never ends does not keep the server from ending.
    assert_eq!(server.end(), 0);
}

#[test]
fn the_journal_is_read_in_pages_and_chains() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let first = server.get("/v1/journal?limit=1").json(200);
    assert_eq!(first["entries"][0]["entry"]["type"], "span_started");
    assert_eq!(first["next"], 1);
    let rest = server.get("/v1/journal?cursor=1").json(200);
    assert_eq!(rest["entries"][0]["entry"]["type"], "knowledge_activated");
    assert!(rest["next"].is_null());
    let bytes = rest["entries"][0]["entry"].to_string();
    let before = unhex(first["entries"][0]["hash"].as_str().unwrap());
    let link = seawall_model::journal::chain(&before, bytes.as_bytes());
    assert_eq!(unhex(rest["entries"][0]["hash"].as_str().unwrap()), link);
    assert_eq!(server.get("/v1/journal?limit=0").problem(422), "invalid");
}

fn unhex(text: &str) -> [u8; 32] {
    let byte = |at: usize| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap();
    std::array::from_fn(byte)
}
