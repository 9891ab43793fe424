//! The server dies between any two durable writes of the outbox: the platform still sees each
//! action take effect once, and the journal tells it once.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::league::{replays_equal, watched};
use crate::server::{PASSWORD, Server};
use crate::stage::{CLOCK, PROGRAM, SEED, Stage};
use crate::story::{configured, platform};

/// Every point of the outbox; the tests of all other points name these as passed here.
const POINTS: [&str; 3] = ["outbox.enqueued", "outbox.taken", "outbox.settled"];
/// The signal of an abort.
const SIGABRT: i32 = 6;
/// How long a webhook may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_action_takes_effect_once_wherever_the_server_dies() {
    for point in POINTS {
        let stage = watched();
        let (address, hooks) = platform();
        let config = configured(&stage, address);
        let dir = stage.path("seawall-data");
        let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
        let died = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap()])
            .args(args)
            .env("SEAWALL_FAILPOINT", format!("{point}:1"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(died.signal(), Some(SIGABRT), "{point} is passed");
        let server = Server::start_with(&stage, &args);
        let mut sent: BTreeMap<String, u32> = BTreeMap::new();
        let mut wait = PATIENCE;
        while let Ok(hook) = hooks.recv_timeout(wait) {
            *sent.entry(hook.header("webhook-id").to_owned()).or_default() += 1;
            // Whatever comes now comes at once.
            wait = Duration::from_secs(2);
        }
        assert_eq!(sent.len(), 1, "{point}: one action, under one id: {sent:?}");
        assert!(sent.values().all(|times| *times <= 2), "{point}: {sent:?}");
        let admin = server.login("alma");
        let delivered = server.by(&admin, "GET", "/v1/delivery?state=delivered", &json!({}));
        assert_eq!(delivered.json(200)["instructions"].as_array().unwrap().len(), 1, "{point}");
        assert_eq!(server.end(), 0);
        let journal = stage.journal("seawall-data").join("\n");
        assert_eq!(journal.matches("\"type\":\"delivered\"").count(), 1, "{point}");
        replays_equal(&stage);
    }
}

#[test]
fn the_first_admin_can_sign_wherever_the_server_dies_as_they_come_in() {
    for point in ["journal.written:2", "journal.committed:2"] {
        let stage = Stage::new();
        let args = ["--test-clock", CLOCK, "--test-seed", SEED];
        let server = Server::dying(&stage, &args, point);
        let used = json!({
            "token": server.link().unwrap(), "login": "alma", "shown_name": "First",
            "password": PASSWORD,
        });
        let kind = [("content-type", "application/json")];
        let answered = server.answers("POST", "/v1/links/use", &kind, used.to_string());
        assert!(!answered, "{point} is passed");
        drop(server);
        let server = Server::bare(&stage, &args);
        let admin = server.login("alma");
        assert_eq!(admin.person["reviewer"], serde_json::Value::Null, "{point}");
        let path = format!("/v1/people/{}/admission", admin.person["person"]);
        let admitted = server.by(&admin, "POST", &path, &json!({})).json(200);
        assert_eq!(admitted["reviewer"], "r1", "{point}");
        server.let_in(&admin, "rami", &["reviewer"]);
        assert_eq!(server.end(), 0);
    }
}
