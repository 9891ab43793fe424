//! The receivers that the guide gives away, in three languages: each takes what the real server
//! decides, once, and nothing that the server did not say.
//!
//! Python and TypeScript verify `v1` with the official library of their language, and Node
//! verifies `v1a` with its own cryptography. For Go both are verified with the standard library,
//! because the registry of Go modules is none of those that tests may reach; it is shown the same
//! signatures as the official libraries.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use seawall_model::Timestamp;
use seawall_server::clock::{Clock, Stopwatch};
use seawall_server::deliver::{SigningSecret, SigningSecrets};
use serde_json::{Value, json};

use crate::league::{OF_RETURN, OF_SPOUT, watched};
use crate::rulings::admitted;
use crate::server::{Server, Session};
use crate::stage::{SEED, Stage, repository};

const HMAC: &str = "whsec_bmluZS1rZXR0bGVzLW9uLWEtc2hlbGYtYW5kLW9uZS1saWQ=";
const OTHER: &str = "whsec_dGVuLWtldHRsZXMtb24tYS1zaGVsZi1hbmQtbm8tbGlkLi4=";
const ED25519: &str = "whsk_nWGxnd7/1aYLqESvSSLsREnFabyzZpt8FzHLrgMav+c=";
/// How long the platform may take to hear of something.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    TypeScript,
    Go,
}

fn receivers() -> PathBuf {
    repository().join("docs/guide/receivers")
}

/// Runs a program that prepares something, and says what it said if it fails.
fn prepare(command: &mut Command) {
    let said = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{command:?}: {out}{err}");
}

impl Language {
    /// The receiver as its language runs it; compiled where it has to be.
    fn command(self, stage: &Stage) -> Command {
        match self {
            Self::Python => {
                let mut command = Command::new(repository().join(".venv/bin/python"));
                command.arg(receivers().join("receiver.py"));
                command
            }
            Self::TypeScript => {
                let folder = stage.path("typescript");
                std::fs::create_dir_all(&folder).unwrap();
                for name in ["receiver.ts", "tsconfig.json"] {
                    std::fs::copy(receivers().join(name), folder.join(name)).unwrap();
                }
                let modules = repository().join(".node/node_modules");
                std::os::unix::fs::symlink(&modules, folder.join("node_modules")).unwrap();
                let compiler = modules.join("typescript/bin/tsc");
                prepare(Command::new("node").arg(compiler).arg("-p").arg(&folder));
                let mut command = Command::new("node");
                command.arg(folder.join("receiver.js"));
                command
            }
            Self::Go => {
                let program = stage.path("receiver");
                // What the standard library was compiled to is kept for the next run.
                let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
                prepare(
                    Command::new("go")
                        .args(["build", "-o"])
                        .arg(&program)
                        .arg(receivers().join("receiver.go"))
                        .env("GOCACHE", cache)
                        .env("GOFLAGS", "")
                        .env("CGO_ENABLED", "0")
                        .env("GOPROXY", "off"),
                );
                Command::new(program)
            }
        }
    }
}

/// A receiver that runs.
struct Receiver {
    language: Language,
    child: Child,
    address: String,
    store: PathBuf,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Receiver {
    fn start(language: Language, stage: &Stage, secret: &str, listen: &str) -> Self {
        let (store, file) = (stage.path("acted"), stage.path("receiver.secret"));
        std::fs::write(&file, format!("{secret}\n")).unwrap();
        let mut command = language.command(stage);
        let option = |name: &str| match language {
            Language::Go => format!("-{name}"),
            _ => format!("--{name}"),
        };
        command.arg(option("listen")).arg(listen).arg(option("secret-file")).arg(file);
        command.arg(option("store")).arg(&store).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("receiving at http://").unwrap().to_owned();
        Self { language, child, address, store }
    }

    /// Ends it as a crash does, and starts it again.
    fn again(mut self, stage: &Stage, secret: &str) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if self.language == Language::TypeScript {
            std::fs::remove_dir_all(stage.path("typescript")).unwrap();
        }
        if self.language != Language::Python {
            // The crash came in the middle of a line.
            let mut store = std::fs::File::options().append(true).open(&self.store).unwrap();
            store.write_all(b"{\"id\":\"f-a99\",\"to").unwrap();
        }
        Self::start(self.language, stage, secret, &self.address)
    }

    /// The ids of the webhooks on which it acted, in order.
    fn acted(&self) -> Vec<String> {
        match self.language {
            Language::Python => self.rows("SELECT id FROM acted ORDER BY rowid"),
            _ => self.lines().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect(),
        }
    }

    /// What it has in force: verb and subject.
    fn in_force(&self) -> BTreeSet<String> {
        if self.language == Language::Python {
            let rows = self.rows("SELECT verb || ' ' || subject FROM in_force");
            return rows.into_iter().collect();
        }
        let mut in_force = BTreeMap::new();
        for line in self.lines() {
            let data = &line["told"]["data"];
            let subject = &data["subject"];
            let subject = subject["post"].as_str().or(subject["account"].as_str()).unwrap();
            let action = data["action"].to_string();
            match line["told"]["type"].as_str() {
                Some("seawall.action.do") => {
                    in_force.insert(action, format!("{} {subject}", data["verb"].as_str().unwrap()))
                }
                _ => in_force.remove(&action),
            };
        }
        in_force.into_values().collect()
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.store).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let db = rusqlite::Connection::open(&self.store).unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// Sends it a webhook, and gives the status of its answer.
    fn send(&self, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "POST /hook HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // Who refuses a long body need not read it.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        answer.split(' ').nth(1).expect(&answer).parse().unwrap()
    }

    /// Sends it a letter signed with a secret at a time.
    fn signed(&self, id: &str, at: Timestamp, secret: &str, body: &[u8], sent: &[u8]) -> u16 {
        let secrets = SigningSecrets::new(vec![SigningSecret::parse(secret).unwrap()]).unwrap();
        let signature = secrets.sign(id, at, body);
        let seconds = at.seconds_since(Timestamp::MIN).to_string();
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", &seconds),
            ("webhook-signature", &signature),
        ];
        self.send(&headers, sent)
    }
}

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = Stopwatch::start();
    while !holds() {
        assert!(waiting.elapsed() < PATIENCE, "{what} does not come about");
        std::thread::yield_now();
    }
}

/// A server that delivers to a receiver, under a clock that stands at this moment: the libraries
/// refuse old letters.
fn serving(stage: &Stage, receiver: &Receiver, now: &str) -> (Server, Session) {
    use std::os::unix::fs::PermissionsExt;
    let secrets = stage.path("hook.secret");
    stage.write("hook.secret", format!("{ED25519}\n{HMAC}\n"));
    std::fs::set_permissions(&secrets, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!(
        "[deliver]\nurl = \"http://{}/hook\"\nsecret_file = \"{}\"\n\
         allow = [\"127.0.0.0/8\"]\ndangerously_http = true\n",
        receiver.address,
        secrets.display()
    );
    stage.write("seawall.toml", config);
    let config = stage.path("seawall.toml").display().to_string();
    let args = ["--config", &config, "--test-clock", now, "--test-seed", SEED];
    let server = Server::bare(stage, &args);
    let link = server.link().unwrap().to_owned();
    server.first_admin(&link);
    let admin = admitted(stage, &server);
    (server, admin)
}

fn rule(server: &Server, by: &Session, case: &str, (ruling, saw): (&str, &str)) -> String {
    let path = format!("/v1/cases/{case}");
    let version = server.by(by, "GET", &path, &json!({})).json(200)["version"].clone();
    let said = json!({ "ruling": ruling, "saw": saw, "version": version });
    let decided = server.by(by, "POST", &format!("{path}/rulings"), &said).json(200);
    assert_eq!(decided["outcome"], "decided", "{decided}");
    decided["decision"].as_str().unwrap().to_owned()
}

/// What a server decides is done and taken back, in any language and with either signature.
fn obeys(language: Language, scheme: &str) {
    let stage = watched();
    let public = SigningSecret::parse(scheme).unwrap().public();
    let secret = public.unwrap_or_else(|| scheme.to_owned());
    let receiver = Receiver::start(language, &stage, &secret, "127.0.0.1:0");
    let now = Clock::Machine.now();
    let (server, admin) = serving(&stage, &receiver, &now.to_string());
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let sana = server.let_in(&admin, "sana", &["reviewer"]);
    let removed = rule(&server, &rami, OF_SPOUT, ("remove", "content"));
    rule(&server, &rami, OF_RETURN, ("suspend", "links"));
    let both = ["remove p-spout", "suspend king-2"].map(String::from);
    until("what was decided", || receiver.in_force() == both.clone().into());
    let path = format!("/v1/decisions/{removed}/overturn");
    server.by(&sana, "POST", &path, &json!({})).json(200);
    until("what was undone", || receiver.in_force() == [both[1].clone()].into());
    let told = || {
        let delivered = server.by(&admin, "GET", "/v1/delivery?state=delivered", &json!({}));
        delivered.json(200)["instructions"].as_array().unwrap().len()
    };
    until("what was journaled", || told() == receiver.acted().len());
    assert_eq!(server.end(), 0);

    let before = receiver.acted();
    let distinct: BTreeSet<&String> = before.iter().collect();
    assert_eq!(distinct.len(), before.len(), "{before:?}");
    let receiver = receiver.again(&stage, &secret);
    refuses(&receiver, scheme, now, &before);
}

/// It acts once for each id, after a crash too, and on nothing else.
fn refuses(receiver: &Receiver, scheme: &str, now: Timestamp, before: &[String]) {
    let letter = |kind: &str, verb: &str| {
        let subject = json!({ "type": "post", "post": "p-new", "account": "spout" });
        let data = json!({ "action": "a900", "verb": verb, "until": null, "subject": subject });
        json!({ "type": kind, "timestamp": "2026-06-01T00:00:00Z", "data": data }).to_string()
    };
    let body = letter("seawall.action.do", "restrict");
    let body = body.as_bytes();
    let whole = |id: &str, secret: &str, at| receiver.signed(id, at, secret, body, body);
    assert_eq!(whole(&before[0], scheme, now), 204, "it had acted before");
    assert_eq!(receiver.acted(), before);
    let other = body.iter().map(|byte| if *byte == b'9' { b'8' } else { *byte });
    let other: Vec<u8> = other.collect();
    assert_eq!(receiver.signed("f-1", now, scheme, body, &other), 401, "another body");
    assert_eq!(whole("f-1", OTHER, now), 401, "another secret");
    assert_eq!(whole("f-1", scheme, now.plus_seconds(-600)), 401, "ten minutes ago");
    assert_eq!(whole("f-1", scheme, now.plus_seconds(600)), 401, "in ten minutes");
    assert_eq!(receiver.send(&[("webhook-id", "f-1")], body), 401, "no signature");
    let notice = letter("seawall.notice", "");
    let notice = notice.as_bytes();
    assert_eq!(receiver.signed("n-1", now, scheme, notice, notice), 204, "it is shown");
    let before = receiver.acted();
    assert!(!receiver.in_force().contains("p-new"), "and nothing is done");
    let unknown = letter("seawall.action.do", "sing");
    let unknown = unknown.as_bytes();
    assert_eq!(receiver.signed("f-1", now, scheme, unknown, unknown), 422);
    let long = vec![b' '; 1_100_000];
    assert!([413, 401].contains(&receiver.signed("f-1", now, scheme, &long, &long)));
    assert_eq!(receiver.acted(), before, "nothing of it was acted on");
    assert_eq!(whole("f-1", scheme, now), 204);
    assert_eq!(whole("f-1", scheme, now), 204);
    assert_eq!(receiver.acted().len(), before.len() + 1, "once");
    assert!(receiver.in_force().contains("restrict p-new"));
}

#[test]
fn the_receiver_in_python_takes_actions_and_their_inverses_once() {
    obeys(Language::Python, HMAC);
}

#[test]
fn the_receiver_in_typescript_takes_actions_and_their_inverses_once() {
    obeys(Language::TypeScript, HMAC);
}

#[test]
fn the_receiver_in_typescript_verifies_ed25519_with_node() {
    obeys(Language::TypeScript, ED25519);
}

#[test]
fn the_receiver_in_go_takes_actions_and_their_inverses_once() {
    obeys(Language::Go, HMAC);
}

#[test]
fn the_receiver_in_go_verifies_ed25519() {
    obeys(Language::Go, ED25519);
}

#[test]
fn the_guide_gives_the_receivers_away_word_for_word() {
    let guide = std::fs::read_to_string(repository().join("docs/guide/integrate.md")).unwrap();
    for (name, language) in [
        ("receiver.py", "python"),
        ("receiver.ts", "ts"),
        ("tsconfig.json", "json"),
        ("receiver.go", "go"),
    ] {
        let text = std::fs::read_to_string(receivers().join(name)).unwrap();
        let block = format!("\n```{language}\n{text}```\n");
        assert!(guide.contains(&block), "{name} is not in the guide as it is in the folder");
    }
}
