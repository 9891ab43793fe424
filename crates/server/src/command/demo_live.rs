//! The demo's server, the people who come in, and the simulated platform that lives beside it.
//!
//! The server is `seawall serve` in a process of its own, on a free port; people come in by the
//! one-time link, as they do anywhere. Its clock is the story's, which is set forward hour by
//! hour: what lapses after three days lapses in it. Nothing here rules on anything.

use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context;
use seawall_model::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::args::Global;
use super::settings;
use crate::chance;
use crate::clock::Stopwatch;
use crate::deliver::{SigningSecret, SigningSecrets};
use crate::signing::ReviewerKey;

/// How long the server may take to say that it serves, or to end.
const START_TIME: Duration = Duration::from_secs(60);
const END_TIME: Duration = Duration::from_secs(25);
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// How often is looked whether something ended.
const LOOK: Duration = Duration::from_millis(100);
/// Days for which the platform's key is good.
const KEY_DAYS: i64 = 30;
/// What people are called who come in, and what they may.
const PEOPLE: [&str; 2] = ["amal", "badr"];

/// `seawall serve`, which ends with the demo.
pub(super) struct Server {
    child: Child,
    pub(super) url: String,
    link: String,
    lines: Receiver<String>,
    time: ChildStdin,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it on a free port, telling the platform what is decided at `hook`.
    pub(super) fn start(
        global: &Global,
        folder: &Path,
        hook: std::net::SocketAddr,
    ) -> anyhow::Result<Self> {
        let config = folder.join("seawall.toml");
        let secret = folder.join("hook.secret").canonicalize()?.display().to_string();
        let written = format!(
            "[deliver]\nurl = \"http://{hook}/hook\"\nsecret_file = {}\n\
             allow = [\"127.0.0.0/8\"]\ndangerously_http = true\n",
            toml::Value::String(secret)
        );
        std::fs::write(&config, written)?;
        let begins = settings(global)?.clock.now().to_string();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config);
        command.arg("--dir").arg(&global.dir);
        command.args(["--story-clock", "--test-clock", &begins]);
        if let Some(seed) = global.test_seed {
            command.arg("--test-seed").arg(seed.to_string());
        }
        let log = std::fs::File::create(folder.join("server.log"))?;
        // Ctrl-C is for the demo, which ends it when its platform has stopped.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().context("`seawall serve` cannot be started")?;
        let out = child.stdout.take().context("the server has no output")?;
        let time = child.stdin.take().context("the server has no input")?;
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, url: String::new(), link: String::new(), lines, time };
        server.await_start(&folder.join("server.log"))?;
        Ok(server)
    }

    /// Reads where it serves, and the link of the first admin.
    fn await_start(&mut self, log: &Path) -> anyhow::Result<()> {
        let waiting = Stopwatch::start();
        while self.url.is_empty() {
            let left = START_TIME.saturating_sub(waiting.elapsed());
            let Ok(line) = self.lines.recv_timeout(left) else {
                anyhow::bail!("`seawall serve` did not start; see {}", log.display());
            };
            let token =
                line.split_once("{\"token\":\"").and_then(|(_, rest)| rest.split('"').next());
            if let Some(token) = token {
                token.clone_into(&mut self.link);
            }
            if let Some(url) = line.strip_prefix("serving at ") {
                url.clone_into(&mut self.url);
            }
        }
        anyhow::ensure!(!self.link.is_empty(), "`seawall serve` gave no link for the first admin");
        Ok(())
    }

    /// Sets its clock forward; then it tells that time.
    pub(super) fn set_clock(&self, time: Timestamp) -> anyhow::Result<()> {
        writeln!(&self.time, "{time}").context("the server does not listen")?;
        let told = format!("the clock is at {time}");
        while self.lines.recv_timeout(ANSWER_TIME).context("the server does not answer")? != told {}
        Ok(())
    }

    /// Ends it as an operator does: what it took in is kept.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        let waiting = Stopwatch::start();
        while waiting.elapsed() < END_TIME {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "`seawall serve` did not end well: {status}");
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        anyhow::bail!("`seawall serve` does not end")
    }
}

/// Asks the server, a request at a time.
pub(super) struct Client {
    pub(super) runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    pub(super) url: String,
}

/// Somebody who is logged in.
pub(super) struct Session {
    cookie: String,
    csrf: String,
    person: Value,
}

impl Client {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("the runtime cannot be started")?;
        // Who installs one first wins, and all are the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_TIME).build()?;
        Ok(Self { runtime, client, url: url.to_owned() })
    }

    /// Asks, with these headers; the answer must be a success. Gives it with its cookie.
    fn ask(
        &self,
        (method, path): (reqwest::Method, &str),
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<(Value, String)> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.runtime.block_on(async {
            let answer = request.send().await.context("the server does not answer")?;
            let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
            let cookie = cookie.and_then(|text| text.split(';').next()).unwrap_or_default();
            let (status, cookie) = (answer.status(), cookie.to_owned());
            let told: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
            anyhow::ensure!(status.is_success(), "{path}: {status}: {}", told["detail"]);
            Ok((told, cookie))
        })
    }

    fn post(&self, path: &str, session: Option<&Session>, body: &Value) -> anyhow::Result<Value> {
        let headers = match session {
            Some(session) => {
                vec![("cookie", &*session.cookie), ("x-csrf-token", &*session.csrf)]
            }
            None => Vec::new(),
        };
        Ok(self.ask((reqwest::Method::POST, path), &headers, Some(body))?.0)
    }

    /// Reads something as a person.
    pub(super) fn read(&self, path: &str, session: &Session) -> anyhow::Result<Value> {
        let headers = [("cookie", &*session.cookie)];
        Ok(self.ask((reqwest::Method::GET, path), &headers, None)?.0)
    }

    /// Comes in with the login in a file.
    pub(super) fn come_in(&self, file: &Path) -> anyhow::Result<Session> {
        let login: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let word = |name: &str| login[name].as_str().unwrap_or_default();
        self.login(word("login"), word("password"))
    }

    /// Reads something with the platform's key.
    pub(super) fn get(&self, path: &str, key: &str) -> anyhow::Result<Value> {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", &*bearer)];
        Ok(self.ask((reqwest::Method::GET, path), &headers, None)?.0)
    }

    fn login(&self, login: &str, password: &str) -> anyhow::Result<Session> {
        let body = json!({ "login": login, "password": password });
        let (told, cookie) = self.ask((reqwest::Method::POST, "/v1/session"), &[], Some(&body))?;
        let csrf = told["csrf_token"].as_str().unwrap_or_default().to_owned();
        Ok(Session { cookie, csrf, person: told["person"].clone() })
    }
}

/// Lets an operator in by the one-time link, who invites two reviewers and makes the platform a
/// key, which it gives. Whoever rules at the terminal finds the login of each reviewer in a file.
pub(super) fn let_in(
    global: &Global,
    folder: &Path,
    client: &Client,
    server: &Server,
) -> anyhow::Result<Zeroizing<String>> {
    let settings = settings(global)?;
    let mut chance = chance::source(settings.test_seed.map(|seed| seed ^ 0xde30));
    let mut password = || {
        let mut bytes = [0; 12];
        chance.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (own, now) = (password(), settings.clock.now());
    let used = json!({
        "token": server.link, "login": "operator", "shown_name": "Operator", "password": own,
    });
    client.post("/v1/links/use", None, &used)?;
    let operator = client.login("operator", &own)?;
    let key = ReviewerKey::read(&folder.join("amal.key"))?;
    let public = operator.person["public_key"].as_str().unwrap_or_default();
    // Whoever makes a link does not answer for the key that comes of it: the first reviewer does.
    let signed = |public: &str| json!({ "signed": { "reviewer": "r1", "signature": key.sign(public.as_bytes()) } });
    let admission =
        |session: &Session| format!("/v1/people/{}/admission", session.person["person"]);
    client.post(&admission(&operator), Some(&operator), &signed(public))?;
    for name in PEOPLE {
        let own = password();
        let asked = json!({ "login": name, "shown_name": name, "roles": ["reviewer"] });
        let invited = client.post("/v1/people", Some(&operator), &asked)?;
        let used = json!({ "token": invited["token"], "password": own });
        client.post("/v1/links/use", None, &used)?;
        let session = client.login(name, &own)?;
        let public = session.person["public_key"].as_str().unwrap_or_default();
        client.post(&admission(&session), Some(&operator), &signed(public))?;
        let login = json!({ "login": name, "password": own });
        write_secret(&folder.join(format!("{name}.login")), &login.to_string())?;
    }
    let expires = now.plus_seconds(KEY_DAYS * 86_400).to_string();
    let scopes = ["events:write", "verdicts:read", "delivery:read", "journal:read", "cases:read"];
    let asked = json!({ "name": "platform", "scopes": scopes, "expires_at": expires });
    let made = client.post("/v1/keys", Some(&operator), &asked)?;
    let key = Zeroizing::new(made["secret"].as_str().unwrap_or_default().to_owned());
    write_secret(&folder.join("platform.key"), &key)?;
    Ok(key)
}

/// Draws the secret by which the platform knows who speaks.
pub(super) fn draw_secret(global: &Global, folder: &Path) -> anyhow::Result<SigningSecrets> {
    let settings = settings(global)?;
    let mut chance = chance::source(settings.test_seed.map(|seed| seed ^ 0x5ec));
    let secret = SigningSecret::draw_symmetric(&mut *chance);
    write_secret(&folder.join("hook.secret"), &secret)?;
    SigningSecrets::read(&folder.join("hook.secret")).context("a drawn secret is none")
}

fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = || format!("cannot write {}", path.display());
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).with_context(written)?;
    file.write_all(text.as_bytes()).with_context(written)
}
