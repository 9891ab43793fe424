//! The whole API against its own document: schemathesis walks through it with real ids, so that
//! every operation answers with a 2xx, and then asks each as every role and with a key, rightly
//! and wrongly. No answer is a 5xx, and every one is as `openapi.json` says.
//!
//! `SEAWALL_SCAN_EXAMPLES` has it ask more than the few of each operation that it asks here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use seawall_server::access::Scope;

use crate::league::{OF_SPOUT, replays_equal, watched_after};
use crate::media::picture;
use crate::rulings::admitted;
use crate::server::{PASSWORD, Server, Session};
use crate::stage::{CLOCK, SEED, Stage, repository, story};
use crate::story::{configured, take_as};

/// Requests of each operation that are as the document says, and as many that are not, where
/// nothing else is asked for.
const EXAMPLES: u32 = 2;
/// Who asks, by the name of their role, and who else is needed.
const PEOPLE: [(&str, &str); 7] = [
    ("reviewer", "reviewer"),
    ("senior", "senior"),
    ("second", "senior"),
    ("analyst", "analyst"),
    ("policy_author", "policy_author"),
    ("auditor", "auditor"),
    ("spare", "reviewer"),
];

/// What the walk needs beside the commands' defaults: a route for marked files, whose holder is
/// the senior, and rates that a scan does not reach.
const CONFIG: &str = "[media]\nsuspected_child_abuse_route = 'north hotline'\n\
                      suspected_child_abuse_holder = 'is-senior'\n\
                      [serve.rates]\nperson_requests_per_second = 100000\n\
                      person_bytes_per_second = 100000000\n\
                      address_requests_per_second = 100000\n\
                      address_bytes_per_second = 100000000\n";

/// A platform that keeps a picture, takes webhooks, and refuses what is done to one post.
fn platform() -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (hand_on, hooks) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &hand_on);
        }
    });
    (address, hooks)
}

fn answer(mut stream: TcpStream, hand_on: &Sender<Value>) {
    let mut first = [0; 3];
    if stream.peek(&mut first).is_ok_and(|read| read == 3) && &first == b"GET" {
        let _ = stream.read(&mut [0; 4_096]);
        let file = picture();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {}\r\n\r\n",
            file.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), &file].concat());
        return;
    }
    let refuse = |hook: &Value| match hook["data"]["subject"]["post"] == "p-cheer" {
        true => "400 Bad Request",
        false => "204 No Content",
    };
    let _ = hand_on.send(take_as(stream, refuse));
}

/// A folder in which there was a wave, and then the league.
fn world() -> Stage {
    let stage = Stage::new();
    let told = std::fs::read(story()).unwrap();
    let told = String::from_utf8_lossy(&told).replace(r#""id":"e"#, r#""id":"story-"#);
    stage.write("story.jsonl", told);
    // Some of its lines are wrong on purpose.
    stage.still(&["import", "story.jsonl"]).ended(1);
    watched_after(stage)
}

/// Who asks, with the headers that they are known by.
fn callers(server: &Server, admin: &Session) -> Value {
    let headers = |by: &Session| json!({ "cookie": by.cookie, "x-csrf-token": by.csrf });
    let key = server.make_key(admin, &Scope::ALL.map(Scope::name));
    let mut callers = json!({
        "admin": headers(admin), "key": { "authorization": format!("Bearer {key}") },
    });
    for (caller, role) in PEOPLE {
        let login = format!("is-{caller}");
        server.let_in(admin, &login, &[role]);
        // Another session than the first, which one of the steps ends.
        callers[caller] = headers(&server.login(&login));
    }
    callers
}

/// A reviewer removes the post; what the notice of that says of an appeal.
fn appeal(server: &Server, callers: &Value, hooks: &Receiver<Value>) -> Value {
    let known = |name: &str| callers["reviewer"][name].as_str().unwrap().to_owned();
    let (cookie, csrf) = (known("cookie"), known("x-csrf-token"));
    let reviewer = Session { cookie, csrf, person: Value::Null };
    let path = format!("/v1/cases/{OF_SPOUT}");
    let case = server.by(&reviewer, "GET", &path, &json!({})).json(200);
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": case["version"] });
    server.by(&reviewer, "POST", &format!("{path}/rulings"), &ruling).json(200);
    loop {
        let told = hooks.recv_timeout(Duration::from_secs(20)).unwrap()["data"].take();
        if told["verb"] == "remove" {
            return json!({ "action": told["action"], "token": told["appeal"]["token"] });
        }
    }
}

/// Runs the scan; gives its report.
fn scan(world: &Value) -> Value {
    let beside = tempfile::tempdir().unwrap();
    let mut python = Command::new(repository().join(".venv/bin/python"))
        .arg(repository().join("scripts/schemathesis/scan.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(beside.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(world.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn every_operation_answers_as_its_document_says_to_everybody() {
    let stage = world();
    let (platform, hooks) = platform();
    let config = configured(&stage, platform);
    let beside = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{beside}{CONFIG}")).unwrap();
    let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
    let server = Server::start_with(&stage, &args);
    let admin = admitted(&stage, &server);
    let document = server.get("/openapi.json").json(200);
    let methods = document["paths"].as_object().unwrap().values();
    let operations: usize = methods.map(|methods| methods.as_object().unwrap().len()).sum();
    let callers = callers(&server, &admin);
    let examples = std::env::var("SEAWALL_SCAN_EXAMPLES").ok();
    let examples: u32 = examples.map_or(EXAMPLES, |number| number.parse().unwrap());
    let report = scan(&json!({
        "address": server.address.to_string(),
        "appeal": appeal(&server, &callers, &hooks),
        "callers": callers,
        "examples": examples,
        "file_url": format!("http://{platform}/f"),
        "logins": { "spare": "is-spare" },
        "password": PASSWORD,
        "picture": STANDARD.encode(picture()),
        "seed": 7,
        "sha256": Sha256::digest(picture()).iter().map(|b| format!("{b:02x}")).collect::<String>(),
    }));
    assert_eq!(report["faults"], json!([]), "{report:#}");
    assert_eq!(report["unreached"], json!([]), "{report:#}");
    assert_eq!(report["unrepeated"], json!([]), "done once under a key: {report:#}");
    assert_eq!(report["operations"], operations, "{report:#}");
    assert!(report["scanned"].as_u64() > Some(u64::from(examples) * 400), "{report:#}");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}
