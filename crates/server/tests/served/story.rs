//! The whole way over HTTP: events in, a case, a ruling, the signed action at the platform, an
//! appeal by the link of its notice, another person who takes it back, and the reversal.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use seawall_server::signing::ReviewerKey;

use crate::league::{OF_SPOUT, replays_equal, watched};
use crate::rulings::admitted;
use crate::server::{PASSWORD, Server, Session};
use crate::stage::{CLOCK, SEED, Stage, repository};

/// The secret that signs, in its written form.
const SECRET: &str = "whsec_bmluZS1rZXR0bGVzLW9uLWEtc2hlbGYtYW5kLW9uZS1saWQ=";
/// How long a webhook may take to come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A webhook as it came.
pub struct Hook {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Hook {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(header, _)| header == name).unwrap().1
    }

    /// Has the official library of Standard Webhooks verify it.
    pub fn verify(&self) {
        // The library refuses old letters: its clock is set to that of the test.
        let script = "import datetime,json,sys\n\
                      import standardwebhooks.webhooks as library\n\
                      secret,headers,body,now=json.load(sys.stdin)\n\
                      now=datetime.datetime.fromisoformat(now)\n\
                      class Clock(datetime.datetime):\n\
                      \x20 now=classmethod(lambda cls,tz=None: now)\n\
                      library.datetime=Clock\n\
                      print(library.Webhook(secret).verify(body,headers)['type'])\n";
        let headers: serde_json::Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = String::from_utf8(self.body.clone()).unwrap();
        let mut python = Command::new(repository().join(".venv/bin/python"))
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let input = json!([SECRET, headers, body, CLOCK.replace('Z', "+00:00")]).to_string();
        python.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.trim(), self.json()["type"].as_str().unwrap());
    }
}

/// A platform that takes every webhook, and hands it on.
pub fn platform() -> (std::net::SocketAddr, Receiver<Hook>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (hand_on, hooks) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = hand_on.send(take(stream.unwrap()));
        }
    });
    (address, hooks)
}

fn take(mut stream: TcpStream) -> Hook {
    let hook = received(&mut stream);
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
    hook
}

/// Takes a webhook and answers it with the status that it gets; gives what it says.
pub fn take_as(mut stream: TcpStream, status: impl FnOnce(&Value) -> &'static str) -> Value {
    let hook = received(&mut stream).json();
    let head = format!("HTTP/1.1 {}\r\nconnection: close\r\n", status(&hook));
    stream.write_all(format!("{head}content-length: 0\r\n\r\n").as_bytes()).unwrap();
    hook
}

fn received(stream: &mut TcpStream) -> Hook {
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let read = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..read]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap();
    let length: usize = length.1.parse().unwrap();
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let read = stream.read(&mut part).unwrap();
        body.extend_from_slice(&part[..read]);
    }
    Hook { headers, body }
}

/// A configuration that delivers to that platform.
pub fn configured(stage: &Stage, address: std::net::SocketAddr) -> String {
    stage.write("hook.secret", format!("{SECRET}\n"));
    let secret = stage.path("hook.secret");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!(
        "[serve]\npublic_url = \"https://seawall.example\"\n\
         [deliver]\nurl = \"http://{address}/hook\"\nsecret_file = \"{}\"\n\
         allow = [\"127.0.0.0/8\"]\ndangerously_http = true\n",
        secret.display()
    );
    stage.write("seawall.toml", config);
    stage.path("seawall.toml").display().to_string()
}

/// The league's server, delivering to a platform that was told of the restriction, and its admin.
pub fn begun() -> (Stage, Server, Session, Receiver<Hook>) {
    let (stage, server, admin, hooks, _) = begun_told();
    (stage, server, admin, hooks)
}

/// The same, with what the platform was told of the restriction.
pub fn begun_told() -> (Stage, Server, Session, Receiver<Hook>, Value) {
    let stage = watched();
    let (address, hooks) = platform();
    let config = configured(&stage, address);
    let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
    let server = Server::start_with(&stage, &args);
    let told = restricts(&hooks);
    let admin = admitted(&stage, &server);
    (stage, server, admin, hooks, told)
}

/// What was restricted before the server began is carried out too.
fn restricts(hooks: &Receiver<Hook>) -> Value {
    let restricted = hooks.recv_timeout(PATIENCE).unwrap();
    restricted.verify();
    assert!(restricted.header("webhook-id").ends_with("-a1"));
    let told = restricted.json();
    assert_eq!(told["type"], "seawall.action.do");
    assert_eq!(told["data"]["verb"], "restrict");
    let subject = json!({ "type": "post", "post": "p-spout", "account": "spout" });
    assert_eq!(told["data"]["subject"], subject);
    assert_eq!(told["data"]["reach"]["searchable"], false);
    assert!(told["data"]["until"].is_string());
    told["data"].clone()
}

/// A reviewer removes the post; gives what the platform is told.
fn removes(server: &Server, rami: &Session, hooks: &Receiver<Hook>) -> Value {
    let case = server.by(rami, "GET", &format!("/v1/cases/{OF_SPOUT}"), &json!({})).json(200);
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": case["version"] });
    let path = format!("/v1/cases/{OF_SPOUT}/rulings");
    let decided = server.by(rami, "POST", &path, &ruling).json(200);
    assert_eq!(decided["outcome"], "decided");
    // The restriction ends and the removal begins, in this order.
    let ended = hooks.recv_timeout(PATIENCE).unwrap();
    ended.verify();
    assert_eq!(ended.json()["data"]["verb"], "unrestrict");
    assert_eq!(ended.json()["data"]["notice"], Value::Null, "the removal's notice tells it");
    let removed = hooks.recv_timeout(PATIENCE).unwrap();
    removed.verify();
    let told = removed.json()["data"].clone();
    assert_eq!((&told["verb"], &told["decision"]), (&json!("remove"), &decided["decision"]));
    let notice = told["notice"].to_string();
    for never in ["marker", "rami", "desk", "clips"] {
        assert!(!notice.contains(never), "law 8: {never}: {notice}");
    }
    let action = told["action"].as_str().unwrap();
    assert!(removed.header("webhook-id").ends_with(&format!("-{action}")));
    told
}

/// The account appeals by the link of its notice, once.
fn appeals(server: &Server, told: &Value) {
    let url = told["appeal"]["url"].as_str().unwrap();
    let form = url.strip_prefix("https://seawall.example").unwrap();
    assert_eq!(server.public("GET", form, "").json(200)["in_force"], true);
    let appeal = |token: &Value| {
        let body = json!({
            "action": told["action"], "text": "I was reporting on it", "token": token,
        });
        server.public("POST", "/v1/appeals", &body.to_string())
    };
    assert_eq!(appeal(&json!("AAAA")).problem(401), "unauthenticated");
    let made = appeal(&told["appeal"]["token"]).json(201);
    assert_eq!((&made["appeal"], &made["state"]), (&json!("p1"), &json!("open")));
    assert_eq!(appeal(&told["appeal"]["token"]).problem(409), "conflict");
}

#[test]
fn from_an_event_to_an_appeal_that_is_granted() {
    let (stage, server, admin, hooks) = begun();
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let sana = server.let_in(&admin, "sana", &["reviewer"]);
    let told = removes(&server, &rami, &hooks);
    // Whoever only sends events cannot take the place of an appeal that is yet to come.
    let key = format!("Bearer {}", server.make_key(&admin, &["events:write"]));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let squats = json!({
        "v": 1, "type": "post.created", "id": "seawall-appeal-a2", "at": CLOCK, "account": "spout",
        "post": { "id": "p-squat", "text": "steam" },
    });
    assert_eq!(told["action"], "a2");
    assert!(server.send("POST", "/v1/events", &headers, squats.to_string()).status < 300);
    appeals(&server, &told);

    let page = server.by(&sana, "GET", "/v1/appeals?state=open", &json!({})).json(200);
    assert_eq!(page["appeals"][0]["text"], "I was reporting on it");
    assert_eq!(page["appeals"][0]["i_may_rule"], true);
    let overturn = json!({ "ruling": "overturn" });
    let path = "/v1/appeals/p1/rulings";
    let own = server.by(&rami, "POST", path, &overturn);
    assert_eq!(own.problem(422), "refused", "who decided rules on no appeal against it");
    server.by(&sana, "POST", path, &overturn).json(200);
    let restored = hooks.recv_timeout(PATIENCE).unwrap();
    restored.verify();
    let restored = restored.json();
    assert_eq!(restored["type"], "seawall.action.undo");
    assert_eq!(restored["data"]["verb"], "restore");
    assert!(restored["data"]["notice"]["en"]["paragraphs"].is_array());

    let delivery = server.by(&admin, "GET", "/v1/delivery?state=delivered", &json!({}));
    assert_eq!(delivery.json(200)["instructions"].as_array().unwrap().len(), 4);
    let metrics = server.get("/metrics").text;
    for told in [
        "seawall_delivery_attempts_total{outcome=\"delivered\"} 4",
        "seawall_delivery_instructions{state=\"delivered\"} 4",
        "seawall_delivery_instructions{state=\"waiting\"} 0",
        "seawall_delivery_dead_letters 0",
        "seawall_delivery_oldest_waiting_seconds 0",
    ] {
        assert!(metrics.contains(told), "{told}: {metrics}");
    }
    assert_eq!(server.end(), 0);
    assert!(hooks.try_recv().is_err(), "nothing is sent twice");
    replays_equal(&stage);
    let journal = stage.journal("seawall-data").join("\n");
    assert_eq!(journal.matches("\"type\":\"delivered\"").count(), 4);
    assert!(!journal.contains("reporting on it"), "what people say is not in the journal");
}

#[test]
fn whose_key_is_lost_with_their_password_is_who_they_were() {
    let (stage, server, admin, hooks) = begun();
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let told = removes(&server, &rami, &hooks);
    appeals(&server, &told);
    let person = rami.person["person"].clone();
    let of_rami =
        |what: &str| server.by(&admin, "POST", &format!("/v1/people/{person}/{what}"), &json!({}));
    let listed = || {
        let people = server.by(&admin, "GET", "/v1/people", &json!({})).json(200);
        let all = people["people"].as_array().unwrap();
        all.iter().find(|row| row["person"] == person).unwrap().clone()
    };
    let own = listed()["reviewer"].clone();
    assert!(own.is_string());
    let link = of_rami("reset").json(201);
    let used = json!({ "token": link["token"], "password": PASSWORD }).to_string();
    server.public("POST", "/v1/links/use", &used).json(200);
    let known = listed();
    assert_eq!((&known["reviewer"], &known["reviewer_before"]), (&Value::Null, &own));
    assert_eq!(
        of_rami("admission").problem(422),
        "refused",
        "who made the link answers for nothing"
    );
    let said = format!("{} {}", own.as_str().unwrap(), known["public_key"].as_str().unwrap());
    let signature = ReviewerKey::read(&stage.path("amal.key")).unwrap().sign(said.as_bytes());
    let body = json!({ "signed": { "reviewer": "r1", "signature": signature } });
    let again = server.by(&admin, "POST", &format!("/v1/people/{person}/admission"), &body);
    let again = again.json(200);
    assert_eq!((&again["reviewer"], &again["reviewer_before"]), (&own, &Value::Null));
    let rami = server.login("rami");
    let overturn = json!({ "ruling": "overturn" });
    let ruled = server.by(&rami, "POST", "/v1/appeals/p1/rulings", &overturn);
    assert_eq!(ruled.problem(422), "refused", "with another key they decided it still");
    let listed = server.by(&rami, "GET", "/v1/appeals", &json!({})).json(200);
    assert_eq!(listed["appeals"][0]["i_may_rule"], false);
    assert_eq!(server.end(), 0);
    let doctor = stage.still_at("2026-12-01T00:00:00Z", &["doctor"]).ended(0);
    assert!(doctor.out.contains("signatures verified"), "{}", doctor.out);
    replays_equal(&stage);
}
