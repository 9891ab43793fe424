//! Files that come in: kept whole, sealed and once, or not at all.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use seawall_server::clock::Stopwatch;
use serde_json::json;

use super::{CONFIG, World, digest, hex, named, picture, start};
use crate::server::{Server, rest};
use crate::stage::Stage;
use crate::story::PATIENCE;

const MARKER: &[u8] = b"marker words of an invented file";

/// Everything that lies in the folder of media.
fn lies(stage: &Stage) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let mut folders = vec![stage.path("seawall-data/media")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                // One that goes while this looks is not there.
                false => files.extend(std::fs::read(path)),
            }
        }
    }
    files
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn no_media_is_taken_in_without_somebody_who_could_hand_over() {
    let stage = Stage::new();
    let put = |server: &Server| {
        let key = format!("Bearer {}", server.make_key(&server.login("alma"), &["media:write"]));
        let path = format!("/v1/media/{}", hex(&digest(MARKER)));
        let answer = server.send("PUT", &path, &[("authorization", &key)], MARKER);
        assert_eq!(answer.problem(409), "conflict");
        assert!(lies(&stage).is_empty());
        // Nobody could hand a marked file over either, nor take the mark back.
        let headers = [("authorization", &*key), ("content-type", "application/json")];
        let marked = server.send("POST", &format!("{path}/mark"), &headers, "{}");
        assert_eq!(marked.problem(409), "conflict");
        assert_eq!(marked.json(409)["detail"], answer.json(409)["detail"]);
        assert!(!stage.journal("seawall-data").join("\n").contains("media_marked"));
        answer.text
    };
    let server = start(&stage, "");
    let said = put(&server);
    assert!(said.contains("media.suspected_child_abuse_route"), "{said}");
    assert!(said.contains("media.suspected_child_abuse_holder"), "{said}");
    server.end();
    let server = start(&stage, CONFIG);
    assert!(put(&server).contains("invite them with the role senior"));
    let admin = server.login("alma");
    server.let_in_unsigned(&admin, "sana", &["reviewer"]);
    assert!(put(&server).contains("the role senior"), "a reviewer holds no route");
}

#[test]
fn a_file_is_kept_once_and_sealed() {
    let world = World::new();
    let told = world.put(MARKER).json(201);
    assert_eq!(told["sha256"], hex(&digest(MARKER)));
    assert_eq!((&told["bytes"], &told["state"]), (&json!(MARKER.len()), &json!("kept")));
    assert_eq!(told["kind"], "application/octet-stream");
    assert_eq!(world.put(MARKER).json(200), told, "sent again, it is kept once");
    assert_eq!(world.put(&picture()).json(201)["kind"], "image/png");
    let kept = lies(&world.stage);
    assert_eq!(kept.len(), 2);
    assert!(!kept.iter().any(|file| holds(file, &MARKER[..8])));
    let listed = world.stage.shell("find seawall-data/media", None).out;
    assert!(!listed.contains(&hex(&digest(MARKER))[..12]), "names tell no digest: {listed}");
    let said = world.stage.still(&["doctor", "--quick"]);
    assert!(said.out.contains("2 files"), "{}", said.out);
    assert!(said.out.contains("decoding: confined"), "{}", said.out);
}

#[test]
fn what_is_not_what_was_named_is_refused_and_nothing_of_it_is_kept() {
    let world = World::new();
    let other = world.put_as(&digest(b"another"), MARKER);
    assert_eq!(other.problem(422), "invalid");
    assert_eq!(world.put(&vec![7; 300_001]).problem(413), "too_large");
    let path = format!("/v1/media/{}", "z".repeat(64));
    let headers = [("authorization", world.key.as_str())];
    assert_eq!(world.server.send("PUT", &path, &headers, MARKER).problem(422), "invalid");
    let platform = world.server.ask("PUT", "/v1/media/00", "image/png", MARKER);
    assert_eq!(platform.problem(403), "forbidden", "a key for something else");
    let person = world.by(&world.reviewer, "PUT", MARKER, "");
    assert_eq!(person.problem(403), "forbidden", "files are sent by machines");
    wait_until(|| lies(&world.stage).is_empty());
    assert_eq!(world.put(&vec![7; 300_000]).json(201)["bytes"], 300_000);
}

#[test]
fn what_tells_no_length_is_bounded_too() {
    let world = World::new();
    let mut line = world.server.connection();
    let head = format!(
        "PUT /v1/media/{} HTTP/1.1\r\nhost: seawall\r\nauthorization: {}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        hex(&digest(MARKER)),
        world.key
    );
    line.write_all(head.as_bytes()).unwrap();
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..6 {
        // It may be refused before the last.
        let _ = line.write_all(piece.as_bytes());
    }
    let told = rest(&mut line);
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    wait_until(|| lies(&world.stage).is_empty());
}

#[test]
fn all_files_together_have_a_bound() {
    let world = World::with(&format!("{CONFIG}total_mib_max = 1\n"));
    let full = (0..4).find_map(|part: u8| {
        let answer = world.put(&vec![part; 290_000]);
        (answer.status != 201).then(|| answer.problem(413))
    });
    assert_eq!(full.as_deref(), Some("too_large"));
    assert_eq!(lies(&world.stage).len(), 3);
}

/// Begins to send a file and goes no further than its half.
fn half_sent(world: &World) -> std::net::TcpStream {
    let mut line = world.server.connection();
    let head = format!(
        "PUT /v1/media/{} HTTP/1.1\r\nhost: seawall\r\nauthorization: {}\r\n\
         content-length: 200000\r\n\r\n",
        hex(&digest(MARKER)),
        world.key
    );
    line.write_all(head.as_bytes()).unwrap();
    line.write_all(&[7; 100_000]).unwrap();
    wait_until(|| !lies(&world.stage).is_empty());
    line
}

/// Waits for something that comes soon.
fn wait_until(is_so: impl Fn() -> bool) {
    let waiting = Stopwatch::start();
    while !is_so() {
        assert!(waiting.elapsed() < PATIENCE, "it does not come");
        std::thread::yield_now();
    }
}

#[test]
fn a_sender_who_goes_away_leaves_nothing() {
    let world = World::new();
    drop(half_sent(&world));
    wait_until(|| lies(&world.stage).is_empty());
    assert_eq!(world.put(MARKER).status, 201);
}

#[test]
fn a_server_that_dies_while_a_file_comes_in_leaves_nothing_that_stays() {
    let world = World::new();
    let _line = half_sent(&world);
    let World { server, stage, key, .. } = world;
    server.kill();
    assert_eq!(lies(&stage).len(), 1);
    let server = start(&stage, CONFIG);
    assert!(lies(&stage).is_empty());
    let path = format!("/v1/media/{}", hex(&digest(MARKER)));
    let sent = server.send("PUT", &path, &[("authorization", &key)], MARKER);
    assert_eq!(sent.status, 201);
}

#[test]
fn a_file_is_there_whole_or_not_wherever_the_server_dies() {
    for (point, is_kept) in [("media.written", false), ("media.moved", false), ("media.kept", true)]
    {
        let World { server, stage, key, .. } = World::new();
        assert_eq!(server.end(), 0);
        let args = super::args(&stage, CONFIG);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let dying = Server::dying(&stage, &args, &format!("{point}:1"));
        let path = format!("/v1/media/{}", hex(&digest(MARKER)));
        assert!(!dying.answers("PUT", &path, &[("authorization", &key)], MARKER), "{point}");
        let server = start(&stage, CONFIG);
        assert_eq!(lies(&stage).len(), usize::from(is_kept), "{point}");
        let sent = server.send("PUT", &path, &[("authorization", &key)], MARKER);
        assert_eq!(sent.status, if is_kept { 200 } else { 201 }, "{point}");
        assert_eq!(lies(&stage).len(), 1, "{point}");
    }
}

/// Answers each request with the next of these, and gives where.
fn platform(answers: Vec<(&'static str, Vec<u8>)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (head, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&body);
        }
    });
    address
}

const FOUND: &str = "HTTP/1.1 200 OK\r\ncontent-type: image/png";

#[test]
fn a_file_is_fetched_from_where_the_platform_keeps_it() {
    let allowed = "[deliver]\nallow = ['127.0.0.1']\ndangerously_http = true\n";
    let world = World::with(&format!("{CONFIG}{allowed}"));
    let address = platform(vec![
        (FOUND, picture()),
        (FOUND, MARKER.to_vec()),
        ("HTTP/1.1 404 Not Found", b"nothing".to_vec()),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/html", picture()),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2/inner", Vec::new()),
        (FOUND, vec![7; 300_001]),
        (FOUND, picture()),
    ]);
    let asked = json!({ "url": format!("http://{address}/f/17") });
    let fetch = |bytes: &[u8]| world.by_key("POST", bytes, "/fetch", &asked);
    assert_eq!(fetch(&picture()).json(201)["kind"], "image/png");
    assert_eq!(fetch(b"another").problem(422), "invalid");
    let not_found = fetch(b"another");
    assert!(not_found.text.contains("404"), "{}", not_found.text);
    assert_eq!(not_found.problem(409), "conflict");
    assert_eq!(fetch(b"another").problem(409), "conflict", "a page is no file");
    let inside = fetch(b"another");
    assert_eq!(inside.problem(422), "refused", "a redirect inside");
    assert!(!inside.text.contains("127.0.0.2"), "{}", inside.text);
    assert_eq!(fetch(&vec![7; 300_001]).problem(413), "too_large");
    assert_eq!(fetch(&picture()).status, 200, "it is here");
    wait_until(|| lies(&world.stage).len() == 1);
    // People have a file fetched for the sake of a case that shows it.
    let alone = world.by_with(&world.reviewer, "POST", &picture(), "/fetch", &asked);
    assert_eq!(alone.problem(422), "missing");
    let case = world.posted("p-1", "amal", &[named(&picture())]).unwrap();
    let with_case = json!({ "url": "http://127.0.0.1:9/", "case": case });
    let other = world.by_with(&world.reviewer, "POST", MARKER, "/fetch", &with_case);
    assert_eq!(other.problem(404), "not_found");
    let own = world.by_with(&world.reviewer, "POST", &picture(), "/fetch", &with_case);
    assert_eq!(own.problem(409), "conflict", "it is let out, and nobody is there");
}

#[test]
fn nothing_inside_the_network_is_fetched() {
    let world = World::new();
    let address = platform(vec![(FOUND, picture())]);
    for url in [
        format!("http://{address}/f"),
        format!("https://{address}/f"),
        format!("https://localhost:{}/f", address.port()),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/hostname".to_owned(),
    ] {
        let answer = world.by_key("POST", &picture(), "/fetch", &json!({ "url": url }));
        assert_eq!(answer.problem(422), "refused", "{url}");
    }
    let answer = world.by_key("POST", &picture(), "/fetch", &json!({ "url": "no address" }));
    assert_eq!(answer.problem(422), "invalid");
    assert!(lies(&world.stage).is_empty());
}
