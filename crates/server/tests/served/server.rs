//! A server of its own, and a client that asks it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use seawall_server::signing::ReviewerKey;

use crate::stage::{CLOCK, PROGRAM, SEED, Stage};

/// The content type of most bodies.
const JSON: &str = "application/json";
/// What the platform's key may.
const PLATFORM: [&str; 6] = [
    "events:write",
    "verdicts:read",
    "cases:read",
    "decisions:read",
    "journal:read",
    "metrics:read",
];

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The password of everybody in these tests.
pub const PASSWORD: &str = "nine kettles on a shelf";

/// A running server.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    /// The first admin's link, where nobody has a password yet.
    link: Option<String>,
    /// The key that requests carry where they say nothing else.
    key: String,
    /// The key of the first reviewer of the command line, where there is one.
    first_key: Option<ReviewerKey>,
    /// The first who was let in, who answers for others.
    second: Mutex<Option<Session>>,
}

/// A person who is logged in.
#[derive(Clone, Debug)]
pub struct Session {
    pub cookie: String,
    pub csrf: String,
    pub person: Value,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub cookie: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// A header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON, where the status is the one expected.
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    /// The code of a problem, which must be whole.
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.kind, "application/problem+json", "{}", self.text);
        let problem = self.json(status);
        assert_eq!(problem["status"], status);
        assert!(!problem["request_id"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Server {
    /// Serves the stage's folder under the test clock.
    pub fn start(stage: &Stage) -> Self {
        Self::start_with(stage, &["--test-clock", CLOCK, "--test-seed", SEED])
    }

    /// Serves the stage's folder with these arguments too. The platform has a key.
    pub fn start_with(stage: &Stage, args: &[&str]) -> Self {
        let mut server = Self::bare(stage, args);
        let kept = stage.path("platform.key");
        server.key = match server.link.take() {
            Some(link) => {
                let admin = server.first_admin(&link);
                let key = server.make_key(&admin, &PLATFORM);
                std::fs::write(kept, &key).unwrap();
                key
            }
            None => std::fs::read_to_string(kept).unwrap_or_default(),
        };
        server
    }

    /// Serves with nobody let in yet.
    pub fn bare(stage: &Stage, args: &[&str]) -> Self {
        Self::begun(stage, "127.0.0.1:0", args, "")
    }

    /// Serves at an address.
    pub fn at(stage: &Stage, listen: &str, args: &[&str]) -> Self {
        Self::begun(stage, listen, args, "")
    }

    /// Serves until a failpoint is passed, such as `media.kept:1`.
    pub fn dying(stage: &Stage, args: &[&str], failpoint: &str) -> Self {
        Self::begun(stage, "127.0.0.1:0", args, failpoint)
    }

    fn begun(stage: &Stage, listen: &str, args: &[&str], failpoint: &str) -> Self {
        let dir = stage.path("seawall-data");
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", listen, "--dir", dir.to_str().unwrap()])
            .args(args)
            .env("SEAWALL_FAILPOINT", failpoint)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(stage.path("server.log")).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut address, mut link) = (None, None);
        // The last line before it serves says so; an invitation comes before that.
        while address.is_none() {
            let line = lines.next().unwrap().unwrap();
            let token =
                line.split_once(r#"{"token":""#).and_then(|(_, rest)| rest.split('"').next());
            link = token.map(str::to_owned).or(link);
            let told = line.strip_prefix("serving at http://");
            address = told.map(|address| address.parse().unwrap());
        }
        let address = address.unwrap();
        // What it says later is of no interest; what it logs is in `server.log`.
        std::thread::spawn(move || lines.for_each(drop));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let first_key = ReviewerKey::read(&stage.path("amal.key")).ok();
        let (key, second) = (String::new(), Mutex::new(None));
        Self { child, address, runtime, client, link, key, first_key, second }
    }

    /// The first admin's link, where nobody has a password yet.
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The platform's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The first admin uses their link and logs in.
    pub fn first_admin(&self, link: &str) -> Session {
        let body = json!({
            "token": link, "login": "alma", "shown_name": "First", "password": PASSWORD,
        });
        self.ask("POST", "/v1/links/use", JSON, body.to_string()).json(200);
        self.login("alma")
    }

    /// Logs in.
    pub fn login(&self, login: &str) -> Session {
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = self.ask("POST", "/v1/session", JSON, body.to_string());
        let told = answer.json(201);
        let cookie = answer.cookie.split(';').next().unwrap().to_owned();
        let csrf = told["csrf_token"].as_str().unwrap().to_owned();
        Session { cookie, csrf, person: told["person"].clone() }
    }

    /// Asks as a person.
    pub fn by(&self, session: &Session, method: &str, path: &str, body: &Value) -> Answer {
        let headers =
            [("content-type", JSON), ("cookie", &session.cookie), ("x-csrf-token", &session.csrf)];
        self.send(method, path, &headers, body.to_string())
    }

    /// Invites somebody with roles; they set their password and log in, and somebody's key
    /// admits theirs.
    pub fn let_in(&self, admin: &Session, login: &str, roles: &[&str]) -> Session {
        let session = self.let_in_unsigned(admin, login, roles);
        self.admits(admin, &session);
        session
    }

    /// Admits somebody's key, as whoever may: the first reviewer of the command line by a
    /// signature, else the first who was let in, else the admin, where nobody else is there yet.
    pub fn admits(&self, admin: &Session, newcomer: &Session) -> Value {
        let path = format!("/v1/people/{}/admission", newcomer.person["person"]);
        let public = newcomer.person["public_key"].as_str().unwrap();
        if let Some(key) = &self.first_key {
            let signature = key.sign(public.as_bytes());
            let body = json!({ "signed": { "reviewer": "r1", "signature": signature } });
            return self.by(admin, "POST", &path, &body).json(200);
        }
        let mut second = self.second.lock().unwrap();
        match second.as_ref() {
            Some(second) => {
                self.by(second, "POST", &path, &json!({ "public_key": public })).json(200)
            }
            None => {
                *second = Some(newcomer.clone());
                self.by(admin, "POST", &path, &json!({})).json(200)
            }
        }
    }

    /// Invites somebody whose key is not admitted.
    pub fn let_in_unsigned(&self, admin: &Session, login: &str, roles: &[&str]) -> Session {
        let body = json!({ "login": login, "shown_name": login, "roles": roles });
        let invited = self.by(admin, "POST", "/v1/people", &body).json(201);
        let used = json!({ "token": invited["token"], "password": PASSWORD });
        self.ask("POST", "/v1/links/use", JSON, used.to_string()).json(200);
        self.login(login)
    }

    /// Makes an API key.
    pub fn make_key(&self, admin: &Session, scopes: &[&str]) -> String {
        let body = json!({
            "name": "the platform", "scopes": scopes, "expires_at": self.next_year(),
        });
        let made = self.by(admin, "POST", "/v1/keys", &body).json(201);
        made["secret"].as_str().unwrap().to_owned()
    }

    /// A time within 400 days of what the server takes for now.
    fn next_year(&self) -> &'static str {
        "2027-06-01T00:00:00Z"
    }

    /// Asks, and gives the answer.
    pub fn ask(&self, method: &str, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(method, path, &[("content-type", kind)], body)
    }

    /// Asks as anybody can.
    pub fn public(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, &[("content-type", JSON), ("cookie", "a=b")], body)
    }

    /// Asks with headers.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method.parse().unwrap(), url).body(body.into());
        let is_known = |name: &str| headers.iter().any(|(header, _)| *header == name);
        let request = match self.key.is_empty() || is_known("cookie") || is_known("authorization") {
            true => request,
            false => request.header("authorization", format!("Bearer {}", self.key)),
        };
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap());
            let (status, kind) = (response.status().as_u16(), kind.unwrap_or_default().to_owned());
            let cookie = response.headers().get("set-cookie").map(|c| c.to_str().unwrap());
            let cookie = cookie.unwrap_or_default().to_owned();
            let headers = response.headers().clone();
            let bytes = response.bytes().await.unwrap().to_vec();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Answer { status, kind, cookie, text, bytes, headers }
        })
    }

    /// Whether it answers at all.
    pub fn answers(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> bool {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method.parse().unwrap(), url).body(body.into());
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.runtime.block_on(async { request.send().await.is_ok() })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    /// Sends events as lines.
    pub fn events(&self, query: &str, events: &[Value]) -> Answer {
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        self.ask("POST", &format!("/v1/events{query}"), "application/x-ndjson", lines)
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power cut of the process would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as an operator would, and gives its exit code.
    pub fn end(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }

    /// A connection without HTTP, to be misused.
    pub fn connection(&self) -> std::net::TcpStream {
        let stream = std::net::TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what a connection is sent until it is closed.
pub fn rest(stream: &mut std::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
