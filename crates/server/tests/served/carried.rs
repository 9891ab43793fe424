//! Delivery where something is in its way: what is held back, what is too large or cannot be told,
//! an endpoint that is gone, letters that nobody takes, and notices that come after an undo.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};

use seawall_server::clock::Stopwatch;
use serde_json::{Value, json};

use crate::league::{OF_SPOUT, replays_equal, watched};
use crate::rulings::admitted;
use crate::server::{Server, Session};
use crate::stage::{CLOCK, SEED, Stage};
use crate::story::{PATIENCE, configured, take_as};

/// An hour after the clock of the tests.
const AN_HOUR_LATER: &str = "2026-06-01T01:00:00Z";
/// A week after it.
const IN_A_WEEK: &str = "2026-06-08T00:00:00Z";

/// A platform that answers each webhook as it is told to, and hands on what it says.
fn platform(
    status: impl Fn(&Value) -> &'static str + Send + 'static,
) -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (hand_on, hooks) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = hand_on.send(take_as(stream.unwrap(), &status));
        }
    });
    (address, hooks)
}

/// The next webhook: its type, its action and its verb.
fn next(hooks: &Receiver<Value>) -> (String, String) {
    let said = hooks.recv_timeout(PATIENCE).unwrap();
    let data = &said["data"];
    let verb = data["verb"].as_str().unwrap_or("tell");
    (data["action"].as_str().unwrap().to_owned(), verb.to_owned())
}

fn is(told: &(String, String), action: &str, verb: &str) {
    assert_eq!((told.0.as_str(), told.1.as_str()), (action, verb));
}

/// Starts the server with other lines of configuration: the address of `[serve]`, more of
/// `[deliver]`. Whoever starts it again gives another seed, so that no token is drawn twice.
fn start(
    stage: &Stage,
    address: SocketAddr,
    [serve, deliver]: [&str; 2],
    [clock, seed]: [&str; 2],
) -> Server {
    let config = configured(stage, address);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = match serve {
        "" => text,
        line => text.replace("public_url = \"https://seawall.example\"", line),
    };
    stage.write("seawall.toml", format!("{text}{deliver}\n"));
    Server::start_with(stage, &["--config", &config, "--test-clock", clock, "--test-seed", seed])
}

fn removes(server: &Server, by: &Session) -> Value {
    let path = format!("/v1/cases/{OF_SPOUT}");
    let case = server.by(by, "GET", &path, &json!({})).json(200);
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": case["version"] });
    let decided = server.by(by, "POST", &format!("{path}/rulings"), &ruling).json(200);
    assert_eq!(decided["outcome"], "decided");
    decided
}

fn overturns(server: &Server, by: &Session, decided: &Value) {
    let path = format!("/v1/decisions/{}/overturn", decided["decision"].as_str().unwrap());
    assert_eq!(server.by(by, "POST", &path, &json!({})).json(200)["outcome"], "overturned");
}

/// The instruction once it is in that state.
fn row(server: &Server, by: &Session, id: &str, state: &str) -> Value {
    let began = Stopwatch::start();
    while began.elapsed() < PATIENCE {
        let page = server.by(by, "GET", &format!("/v1/delivery?state={state}"), &json!({}));
        let rows = page.json(200)["instructions"].as_array().unwrap().clone();
        if let Some(row) = rows.into_iter().find(|row| row["id"] == id) {
            return row;
        }
        std::thread::yield_now();
    }
    panic!("{id} is not {state}");
}

#[test]
fn within_the_hold_back_nothing_is_sent_and_after_it_the_action_and_its_undo() {
    let stage = watched();
    let (address, hooks) = platform(|_| "204 No Content");
    let hold = ["", "hold_back_minutes = 30"];
    let server = start(&stage, address, hold, [CLOCK, SEED]);
    is(&next(&hooks), "a1", "restrict");
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    server.let_in(&admin, "sana", &["senior"]);
    let decided = removes(&server, &rami);
    // What is removed stays restricted until then.
    for id in ["a1-undo", "a2"] {
        assert_eq!(row(&server, &admin, id, "waiting")["next_at"], "2026-06-01T00:30:00Z");
    }
    assert!(hooks.try_recv().is_err());
    // Whoever decided takes it back themselves, and nothing restricts it longer.
    overturns(&server, &rami, &decided);
    is(&next(&hooks), "a1", "unrestrict");
    row(&server, &admin, "a2", "cancelled");
    row(&server, &admin, "a2-undo", "cancelled");
    let again = removes(&server, &rami);
    row(&server, &admin, "a3", "waiting");
    assert_eq!(server.end(), 0);
    assert!(hooks.try_recv().is_err(), "nothing was sent of what was held back");

    let server = start(&stage, address, hold, [AN_HOUR_LATER, "21"]);
    is(&next(&hooks), "a3", "remove");
    let admin = server.login("alma");
    row(&server, &admin, "a3", "delivered");
    let sana = server.login("sana");
    overturns(&server, &sana, &again);
    is(&next(&hooks), "a3", "restore");
    row(&server, &admin, "a3-undo", "delivered");
    assert_eq!(server.end(), 0);
    assert!(hooks.try_recv().is_err(), "what was taken back in time is never sent");
    replays_equal(&stage);
}

#[test]
fn a_giant_is_sent_without_its_notice_and_what_cannot_be_told_stops_nothing() {
    let stage = watched();
    let (address, hooks) = platform(|_| "204 No Content");
    let long =
        |bytes: usize| format!("public_url = \"https://seawall.example/{}\"", "x".repeat(bytes));
    // With its notice the action is too large; without, it is not.
    let server = start(&stage, address, [&long(17_000), ""], [CLOCK, SEED]);
    let said = hooks.recv_timeout(PATIENCE).unwrap();
    let data = &said["data"];
    assert_eq!((&data["verb"], &data["notice"]), (&json!("restrict"), &Value::Null));
    assert_eq!(data["notice_path"], format!("/v1/cases/{OF_SPOUT}"));
    assert!(data["appeal"]["token"].is_string());
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let tala = server.let_in(&admin, "tala", &["senior"]);
    let key = format!("Bearer {}", server.make_key(&admin, &["cases:read"]));
    let headers = [("authorization", key.as_str())];
    let read = server.send("GET", data["notice_path"].as_str().unwrap(), &headers, "").json(200);
    assert!(read["notices"][0]["en"]["paragraphs"].is_array(), "it is read there: {read}");
    // A notice that an order withheld, too large beside its link.
    let order = json!({ "order": "N-1", "until": IN_A_WEEK });
    let path = format!("/v1/cases/{OF_SPOUT}/withholding");
    server.by(&tala, "PUT", &path, &order).json(200);
    let decided = removes(&server, &rami);
    is(&next(&hooks), "a1", "unrestrict");
    is(&next(&hooks), "a2", "remove");
    assert_eq!(server.by(&tala, "DELETE", &path, &json!({})).status, 204);
    let said = hooks.recv_timeout(PATIENCE).unwrap();
    let [notice] = &said["data"]["notices"].as_array().unwrap()[..] else { panic!("{said}") };
    assert_eq!((&notice["ar"], &notice["en"]), (&Value::Null, &Value::Null));
    assert_eq!(notice["notice_path"], format!("/v1/cases/{OF_SPOUT}"));
    assert!(notice["appeal"]["token"].is_string(), "its own link");
    row(&server, &admin, "a2-notice", "delivered");
    assert_eq!(server.end(), 0);
    let log = std::fs::read_to_string(stage.path("server.log")).unwrap();
    assert!(log.contains("too large") && !log.contains("p-spout"), "without content");

    // Now nothing fits: it is kept, seen and counted, and what comes after goes on.
    let server = start(&stage, address, [&long(21_000), ""], [CLOCK, "22"]);
    let (admin, tala) = (server.login("alma"), server.login("tala"));
    let rami = server.login("rami");
    overturns(&server, &tala, &decided);
    is(&next(&hooks), "a2", "restore");
    let again = removes(&server, &rami);
    let untold = row(&server, &admin, "a3", "refused");
    assert_eq!((&untold["attempts"], untold["last_error"].is_string()), (&json!(0), true));
    let page = server.by(&admin, "GET", "/v1/delivery", &json!({})).json(200);
    assert_eq!((&page["untold"], &page["dead_letters"]), (&json!(1), &json!(1)));
    assert!(server.get("/metrics").text.contains("seawall_delivery_untold 1"));
    let replay = server.by(&admin, "POST", "/v1/delivery/a3/replay", &json!({}));
    assert_eq!(replay.problem(409), "conflict");
    let found = server.by(&admin, "GET", "/v1/doctor", &json!({})).json(200);
    let findings = found["findings"].as_array().unwrap();
    let problems = findings.iter().filter(|row| row["state"] == "problem");
    let problems: Vec<&Value> = problems.map(|row| &row["subject"]).collect();
    assert_eq!(problems, ["clock"], "that of the tests is before the program was written: {found}");
    assert_eq!(found["problems"], 1);
    let delivery = findings.iter().find(|row| row["subject"] == "delivery").unwrap();
    assert!(delivery["what"].as_str().unwrap().contains("1 of them never written"), "{delivery}");
    assert_eq!(server.end(), 0);

    // The next start goes on too; what was never told is not taken back.
    let server = start(&stage, address, ["", ""], [CLOCK, "23"]);
    let (admin, tala) = (server.login("alma"), server.login("tala"));
    overturns(&server, &tala, &again);
    row(&server, &admin, "a3-undo", "cancelled");
    let told = removes(&server, &server.login("rami"));
    is(&next(&hooks), told["actions"][0].as_str().unwrap(), "remove");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn an_endpoint_that_is_gone_is_reopened_by_whoever_says_so_and_by_nothing_else() {
    let stage = watched();
    let gone = std::sync::atomic::AtomicBool::new(true);
    let (address, hooks) =
        platform(move |_| match gone.swap(false, std::sync::atomic::Ordering::SeqCst) {
            true => "410 Gone",
            false => "204 No Content",
        });
    let server = start(&stage, address, ["", ""], [CLOCK, SEED]);
    is(&next(&hooks), "a1", "restrict");
    let admin = admitted(&stage, &server);
    let gone_at = || {
        server.by(&admin, "GET", "/v1/delivery", &json!({})).json(200)["endpoint_gone_at"].clone()
    };
    let began = Stopwatch::start();
    while gone_at().is_null() && began.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    assert_eq!(gone_at(), CLOCK);
    let replay = server.by(&admin, "POST", "/v1/delivery/a1/replay", &json!({}));
    assert_eq!(replay.problem(409), "conflict", "it waits already");
    assert_eq!(gone_at(), CLOCK, "and that reopens nothing");
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let refused = server.by(&rami, "POST", "/v1/delivery/reopen", &json!({}));
    assert_eq!(refused.problem(403), "forbidden");
    let reopened = server.by(&admin, "POST", "/v1/delivery/reopen", &json!({})).json(200);
    assert_eq!((&reopened["was_gone_at"], &reopened["waiting"]), (&json!(CLOCK), &json!(1)));
    is(&next(&hooks), "a1", "restrict");
    row(&server, &admin, "a1", "delivered");
    let again = server.by(&admin, "POST", "/v1/delivery/reopen", &json!({})).json(200);
    assert_eq!(again["was_gone_at"], Value::Null);
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn a_letter_that_nobody_takes_is_released_and_what_stands_behind_it_goes_on() {
    let stage = watched();
    // Nothing that concerns the restriction is ever taken.
    let (address, hooks) = platform(|said| match said["data"]["action"].as_str() {
        Some("a1") => "503 Service Unavailable",
        _ => "204 No Content",
    });
    let server = start(&stage, address, ["", "retry_delays_ms = [0]"], [CLOCK, SEED]);
    is(&next(&hooks), "a1", "restrict");
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let sana = server.let_in(&admin, "sana", &["senior"]);
    row(&server, &admin, "a1", "dead");
    removes(&server, &rami);
    is(&next(&hooks), "a1", "unrestrict");
    row(&server, &admin, "a1-undo", "dead");
    row(&server, &admin, "a2", "waiting");
    let path = "/v1/delivery/a1-undo/release";
    let moot = json!({ "why": "done_elsewhere" });
    assert_eq!(server.by(&rami, "POST", path, &moot).problem(403), "forbidden");
    assert_eq!(server.by(&admin, "POST", path, &moot).problem(403), "forbidden");
    let odd = server.by(&sana, "POST", path, &json!({ "why": "marker" }));
    assert_eq!(odd.problem(422), "invalid");
    let waits = server.by(&sana, "POST", "/v1/delivery/a2/release", &moot);
    assert_eq!(waits.problem(409), "conflict", "it is no dead letter");
    assert_eq!(
        server.by(&sana, "POST", "/v1/delivery/a9/release", &moot).problem(404),
        "not_found"
    );
    let unsigned = server.let_in_unsigned(&admin, "suha", &["senior"]);
    assert_eq!(server.by(&unsigned, "POST", path, &moot).problem(422), "refused", "nobody answers");
    let released = server.by(&sana, "POST", path, &moot).json(200);
    assert_eq!((&released["id"], &released["state"]), (&json!("a1-undo"), &json!("cancelled")));
    is(&next(&hooks), "a2", "remove");
    row(&server, &admin, "a2", "delivered");
    assert_eq!(server.by(&sana, "POST", path, &moot).problem(409), "conflict", "once");
    assert!(server.get("/metrics").text.contains("seawall_delivery_released_total 1"));
    assert_eq!(server.end(), 0);
    let journal = stage.journal("seawall-data").join("\n");
    let told = "\"type\":\"delivery_released\"";
    assert_eq!(journal.matches(told).count(), 1);
    assert!(journal.contains("\"why\":\"done_elsewhere\""), "by whom and why");
    // A lost outbox hears of it from the journal.
    for file in ["outbox.db", "outbox.db-wal", "outbox.db-shm"] {
        let _ = std::fs::remove_file(stage.path("seawall-data").join(file));
    }
    let server = start(&stage, address, ["", "retry_delays_ms = [0]"], [CLOCK, "24"]);
    row(&server, &server.login("alma"), "a1-undo", "cancelled");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn whoever_decided_does_not_keep_their_decision_from_being_taken_back() {
    let stage = watched();
    let (address, hooks) = platform(|said| match said["data"]["verb"].as_str() {
        Some("restore") => "503 Service Unavailable",
        _ => "204 No Content",
    });
    let server = start(&stage, address, ["", "retry_delays_ms = [0]"], [CLOCK, SEED]);
    is(&next(&hooks), "a1", "restrict");
    let admin = admitted(&stage, &server);
    let [rami, sana, tala] =
        ["rami", "sana", "tala"].map(|name| server.let_in(&admin, name, &["reviewer", "senior"]));
    let decided = removes(&server, &rami);
    row(&server, &admin, "a2", "delivered");
    overturns(&server, &tala, &decided);
    row(&server, &admin, "a2-undo", "dead");
    let release = |by: &Session, why: &str| {
        server.by(by, "POST", "/v1/delivery/a2-undo/release", &json!({ "why": why }))
    };
    for why in ["moot", "mistaken"] {
        let refused = release(&sana, why);
        assert_eq!((refused.status, &refused.json(422)["pointer"]), (422, &json!("/why")));
    }
    for by in [&rami, &tala] {
        let refused = release(by, "done_elsewhere");
        assert_eq!(refused.problem(403), "forbidden");
        assert!(refused.text.contains("you took part"), "{}", refused.text);
    }
    row(&server, &admin, "a2-undo", "dead");
    assert_eq!(release(&sana, "done_elsewhere").json(200)["state"], "cancelled");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn what_has_ended_here_and_not_there_is_told_by_its_action() {
    let stage = watched();
    let (server, admin) = crate::rulings::serving(&stage);
    let key = format!("Bearer {}", server.make_key(&admin, &["delivery:write", "delivery:read"]));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let tala = server.let_in(&admin, "tala", &["senior"]);
    let decided = removes(&server, &rami);
    let list = json!({ "suspended": ["spout", "marker-own"], "removed": ["p-spout", "p-spout"] });
    let compare = || server.send("POST", "/v1/reconcile", &headers, list.to_string()).json(200);
    let agrees = json!({ "listed": 3, "agreed": 1, "missing": [], "ended": [], "foreign": 2 });
    assert_eq!(compare(), agrees);
    overturns(&server, &tala, &decided);
    let ended = json!([{ "action": "a2", "verb": "remove", "about": "post", "case": OF_SPOUT }]);
    let differs = json!({ "listed": 3, "agreed": 0, "missing": [], "ended": ended, "foreign": 2 });
    assert_eq!(compare(), differs);
    let read = server.by(&admin, "GET", "/v1/reconcile", &json!({})).json(200);
    assert_eq!(read["differs"], differs);
    assert_eq!(server.end(), 0);
    let journal = stage.journal("seawall-data").join("\n");
    assert!(journal.contains("\"ended\":[2],\"foreign\":3"), "with those that have ended");
    replays_equal(&stage);
}

#[test]
fn a_notice_that_comes_after_its_undo_says_that_it_was_undone() {
    let stage = watched();
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let (address, hooks) = platform(move |said| {
        let is_notice = said["type"] == "seawall.notice";
        match is_notice && is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            true => "503 Service Unavailable",
            false => "204 No Content",
        }
    });
    let server = start(&stage, address, ["", "retry_delays_ms = [0]"], [CLOCK, SEED]);
    is(&next(&hooks), "a1", "restrict");
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let tala = server.let_in(&admin, "tala", &["senior"]);
    let order = json!({ "order": "N-1", "until": IN_A_WEEK });
    let path = format!("/v1/cases/{OF_SPOUT}/withholding");
    server.by(&tala, "PUT", &path, &order).json(200);
    let decided = removes(&server, &rami);
    is(&next(&hooks), "a1", "unrestrict");
    is(&next(&hooks), "a2", "remove");
    assert_eq!(server.by(&tala, "DELETE", &path, &json!({})).status, 204);
    let told = hooks.recv_timeout(PATIENCE).unwrap()["data"].clone();
    assert_eq!((&told["undone"], told["notices"].as_array().unwrap().len()), (&json!(false), 1));
    let link = told["notices"][0]["appeal"]["url"].as_str().unwrap();
    assert!(link.contains("/v1/appeals/form/a2?token="), "each has its own link: {link}");
    row(&server, &admin, "a2-notice", "dead");
    // A reversal waits for nothing.
    overturns(&server, &tala, &decided);
    is(&next(&hooks), "a2", "restore");
    row(&server, &admin, "a2-undo", "delivered");
    let replayed = server.by(&admin, "POST", "/v1/delivery/a2-notice/replay", &json!({})).json(202);
    assert_eq!(replayed["endpoint_gone_at"], Value::Null);
    let told = hooks.recv_timeout(PATIENCE).unwrap()["data"].clone();
    assert_eq!(told["undone"], true);
    let [removal, end] = &told["notices"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!((&removal["appeal"], &end["appeal"]), (&Value::Null, &Value::Null));
    assert_eq!(end["action"], "a2");
    assert_ne!(removal["en"], end["en"], "what was done, and that it was undone");
    row(&server, &admin, "a2-notice", "delivered");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn the_last_comparison_and_the_reports_are_read_back() {
    let stage = watched();
    let (server, admin) = crate::rulings::serving(&stage);
    assert_eq!(server.by(&admin, "GET", "/v1/reconcile", &json!({})).problem(404), "not_found");
    let key = format!("Bearer {}", server.make_key(&admin, &["delivery:write", "delivery:read"]));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    removes(&server, &rami);
    let list = json!({ "suspended": ["marker-own"], "removed": [] });
    let compared = server.send("POST", "/v1/reconcile", &headers, list.to_string()).json(200);
    assert_eq!(compared["missing"], json!(["a2"]));
    for read in [
        server.send("GET", "/v1/reconcile", &headers, "").json(200),
        server.by(&admin, "GET", "/v1/reconcile", &json!({})).json(200),
    ] {
        assert_eq!((&read["differs"], &read["at"]), (&compared, &json!(CLOCK)));
    }

    let lina = server.let_in(&admin, "lina", &["analyst"]);
    let page = server.by(&rami, "GET", "/v1/reports", &json!({})).json(200);
    let [report] = &page["reports"].as_array().unwrap()[..] else { panic!("{page}") };
    assert_eq!(report["said"]["post"], "p-spout");
    assert_eq!((&report["position"], &page["next"]), (&json!(7), &Value::Null));
    assert!(!page.to_string().contains("marker-reporter"), "who reports is not told");
    let blind = server.by(&lina, "GET", "/v1/reports", &json!({}));
    assert_eq!(blind.json(200)["reports"][0]["said"], Value::Null);
    assert!(!blind.text.contains("marker"), "{}", blind.text);
    assert_eq!(server.by(&admin, "GET", "/v1/reports", &json!({})).problem(403), "forbidden");
    let sends = format!("Bearer {}", server.make_key(&admin, &["reports:write"]));
    let headers = [("authorization", sends.as_str()), ("content-type", "application/json")];
    for n in 0..3 {
        let report = json!({
            "id": format!("r-{n}"), "at": "2026-05-20T10:00:00Z", "subject": { "account": "lid" },
        });
        server.send("POST", "/v1/reports", &headers, report.to_string()).json(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.by(&rami, "GET", &format!("/v1/reports?limit=3{cursor}"), &json!({}));
        let page = page.json(200);
        let rows = page["reports"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["said"]["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_u64() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["r-2", "r-1", "r-0", "e7"]);
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}
