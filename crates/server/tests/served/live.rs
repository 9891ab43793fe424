//! What happens is told live, and goes on where a reader was cut off.

use std::io::{BufRead, BufReader, Read, Write};

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
    let head = "GET /v1/live HTTP/1.1\r\nhost: seawall\r\nconnection: close\r\n";
    write!(stream, "{head}cookie: {cookie}\r\n{last}\r\n").unwrap();
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

/// Sends a post of a known file, which opens a case.
fn posted(server: &Server, number: u32, account: &str, language: &str) {
    let media = [json!({ "id": "m", "sha256": CLIP })];
    let post = json!({
        "id": format!("p-{number}"), "text": "look", "languages": [language], "media": media,
    });
    let event = event(number, "post.created", "09:00", account, "post", &post);
    server.events("?wait=verdict", &[serde_json::from_str(&event).unwrap()]).json(200);
}

/// Changes somebody as the admin, who reads their version first.
fn changed(server: &Server, admin: &Session, who: &Session, change: &Value) {
    let people = server.by(admin, "GET", "/v1/people", &json!({})).json(200);
    let rows = people["people"].as_array().unwrap();
    let row = rows.iter().find(|row| row["person"] == who.person["person"]).unwrap();
    let mut body = change.clone();
    body["version"] = row["version"].clone();
    let path = format!("/v1/people/{}", who.person["person"]);
    server.by(admin, "PATCH", &path, &body).json(200);
}

#[test]
fn nobody_hears_of_a_case_that_they_may_not_see() {
    let stage = equipped();
    let (server, admin) = serving(&stage);
    let rami = server.let_in_unsigned(&admin, "rami", &["reviewer"]);
    let lina = server.let_in_unsigned(&admin, "lina", &["analyst"]);
    let clearance = json!({ "languages": ["ar"], "ideologies": null, "severity_max": 3 });
    changed(&server, &admin, &rami, &json!({ "clearance": clearance }));
    let rami = server.login("rami");
    let mut live = listen(&server, &rami, "");
    posted(&server, 1, "spout", "en");
    let hidden = server.by(&rami, "GET", "/v1/cases/c1", &json!({}));
    assert_eq!(hidden.problem(403), "forbidden");
    posted(&server, 2, "kettle", "ar");
    let (id, entry) = until(&mut live, "case_opened");
    assert_eq!(entry["case"], 2, "c1 is beyond the clearance");
    drop(live);
    let mut again = listen(&server, &rami, "last-event-id: 0\r\n");
    assert_eq!(until(&mut again, "case_opened"), (id, entry));
    let mut all = listen(&server, &lina, "last-event-id: 0\r\n");
    assert_eq!(until(&mut all, "case_opened").1["case"], 1);
    assert_eq!(until(&mut all, "case_opened").1["case"], 2);
}

#[test]
fn a_stream_ends_with_the_leave_to_read_it() {
    let stage = equipped();
    let (server, admin) = serving(&stage);
    let [rami, lina, omar] =
        ["rami", "lina", "omar"].map(|login| server.let_in_unsigned(&admin, login, &["reviewer"]));
    let ended = |mut live: BufReader<std::net::TcpStream>| {
        let mut told = String::new();
        live.read_to_string(&mut told).unwrap();
        assert!(told.ends_with("0\r\n\r\n") && !told.contains("case_opened"), "{told}");
    };
    let (of_rami, mut of_omar) = (listen(&server, &rami, ""), listen(&server, &omar, ""));
    changed(&server, &admin, &rami, &json!({ "disabled": true }));
    posted(&server, 1, "spout", "en");
    ended(of_rami);
    assert_eq!(until(&mut of_omar, "case_opened").1["case"], 1);
    changed(&server, &admin, &omar, &json!({ "roles": ["auditor"] }));
    posted(&server, 2, "kettle", "en");
    ended(of_omar);
    let of_lina = listen(&server, &lina, "");
    assert_eq!(server.by(&lina, "DELETE", "/v1/session", &json!({})).status, 204);
    // Nothing happens, and still it ends: at the next line that would keep it.
    ended(of_lina);
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
