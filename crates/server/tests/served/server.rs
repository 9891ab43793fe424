//! A server of its own, and a client that asks it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::stage::{CLOCK, PROGRAM, SEED, Stage};

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub text: String,
}

impl Answer {
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

    /// Serves the stage's folder with these arguments too.
    pub fn start_with(stage: &Stage, args: &[&str]) -> Self {
        let dir = stage.path("seawall-data");
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap()])
            .args(args)
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(address) = line.strip_prefix("seawall: serving at http://") {
                break address.parse().unwrap();
            }
        };
        let log = stage.path("server.log");
        std::thread::spawn(move || {
            use std::io::Write;
            let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
            for line in lines.map_while(Result::ok) {
                let _ = writeln!(log, "{line}");
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self { child, address, runtime, client }
    }

    /// Asks, and gives the answer.
    pub fn ask(&self, method: &str, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(method, path, &[("content-type", kind)], body)
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
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap());
            let (status, kind) = (response.status().as_u16(), kind.unwrap_or_default().to_owned());
            Answer { status, kind, text: response.text().await.unwrap() }
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    /// Sends events as lines.
    pub fn events(&self, query: &str, events: &[Value]) -> Answer {
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        self.ask("POST", &format!("/v1/events{query}"), "application/x-ndjson", lines)
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
