//! The server is killed with `kill -9` again and again, while events come, people rule and
//! overturn, and the platform's receiver fails in every way.
//!
//! What was acknowledged is kept, each action takes effect exactly once by its key, what is about
//! one subject comes in order, and replay is equal. `make crash CRASH_ROUNDS=200` has it killed as
//! often.

mod receiver;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use self::receiver::{Book, Receiver};
use crate::league::{CLIP, equipped, replays_equal};
use crate::rulings::admitted;
use crate::server::{PASSWORD, Server, Session};
use crate::stage::Stage;
use crate::story::configured;

/// Kills where nothing else is asked.
const KILLS: u32 = 10;
/// Events in one batch.
const BATCH: u64 = 8;
/// Posts of the banned clip: one in so many batches, so that a day's quota has room for them.
const CLIP_EVERY: u64 = 5;
/// What delivery may take here, so that a test can wait for it.
const HURRIED: &str = "retry_delays_ms = [50, 50, 100, 100, 200, 200, 400, 400, 400, 400, 400, \
                       400, 400, 400, 400, 400, 400, 400, 400, 400]\ntimeout_ms = 400\n\
                       connect_timeout_ms = 400\nat_once_max = 8\n";
/// How often the last webhooks are waited for, a quarter of a second each at most.
const WAITS_MAX: u32 = 480;
/// Acknowledgements among which one of a ruling is waited for: a day's quota may be spent.
const ACKNOWLEDGED_MAX: u32 = 200;
/// How long an acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was acknowledged.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Batches, by number.
    batches: BTreeSet<u64>,
    /// Decisions that were made, and what overturned them.
    decided: BTreeSet<String>,
    overturned: BTreeSet<String>,
}

/// What was acknowledged, and who is told of each.
struct Heard {
    known: Mutex<Acknowledged>,
    tell: Sender<What>,
}

/// What an acknowledgement was of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Batch,
    Ruling,
}

impl Heard {
    fn hear(&self, what: What, keep: impl FnOnce(&mut Acknowledged)) {
        keep(&mut self.known.lock().unwrap());
        let _ = self.tell.send(what);
    }
}

/// Who asks a server that may die at any moment.
struct Client {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    base: String,
}

impl Client {
    fn new(server: &Server) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { runtime, client, base: format!("http://{}", server.address) }
    }

    /// Asks; `None` if the server died meanwhile.
    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Option<(u16, Value)> {
        let url = format!("{}{path}", self.base);
        let request = self.client.request(method.parse().unwrap(), url).body(body);
        let request =
            headers.iter().fold(request, |asked, (name, value)| asked.header(*name, *value));
        self.runtime.block_on(async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            let text = response.text().await.ok()?;
            Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
        })
    }

    fn by(
        &self,
        who: &Session,
        method: &str,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let headers = [
            ("content-type", "application/json"),
            ("cookie", &*who.cookie),
            ("x-csrf-token", &*who.csrf),
            ("idempotency-key", key),
        ];
        let headers = if key.is_empty() { &headers[..3] } else { &headers[..] };
        self.ask(method, path, headers, body.to_string())
    }
}

/// The time of the machine, by which the server goes here: what is tried again comes later.
fn now() -> String {
    let said = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// The events of a batch: the same, however often they are made.
fn batch(number: u64, at: &str) -> String {
    let event = |id: u64| {
        let (account, post) = (format!("a{number}"), format!("p{id}"));
        let head = json!({ "id": format!("k{id}"), "at": at, "account": account });
        let more = match id % BATCH {
            0 => json!({
                "type": "account.created",
                "profile": { "handle": format!("new{number}"), "created_at": at },
            }),
            1 if number.is_multiple_of(CLIP_EVERY) => json!({
                "type": "post.created",
                "post": { "id": post, "text": "look", "media": [{ "id": "m", "sha256": CLIP }] },
            }),
            _ => json!({ "type": "post.created", "post": { "id": post, "text": "tea at five" } }),
        };
        let mut event = head.as_object().unwrap().clone();
        event.extend(more.as_object().unwrap().clone());
        Value::Object(event).to_string()
    };
    let lines: Vec<String> = (number * BATCH..(number + 1) * BATCH).map(event).collect();
    lines.join("\n")
}

/// Sends a batch; whether it was acknowledged, and how many of its events were new.
fn send(client: &Client, key: &str, number: u64, at: &str) -> Option<u64> {
    let bearer = format!("Bearer {key}");
    let headers = [("content-type", "application/x-ndjson"), ("authorization", &*bearer)];
    // Asked for a verdict, it derives at once, and there are cases to rule on.
    let wait = if number.is_multiple_of(CLIP_EVERY) { "?wait=verdict" } else { "" };
    let path = format!("/v1/events{wait}");
    let (status, told) = client.ask("POST", &path, &headers, batch(number, at))?;
    assert!(matches!(status, 200 | 503), "{status} {told}");
    (status == 200).then(|| told["accepted"].as_u64().unwrap())
}

/// One after another until the server dies, each until it is acknowledged.
fn load(client: &Client, key: &str, at: &str, heard: &Heard, stops: &AtomicBool) {
    while !stops.load(Ordering::Relaxed) {
        let number = heard.known.lock().unwrap().batches.last().map_or(1, |last| last + 1);
        if send(client, key, number, at).is_none() {
            return;
        }
        heard.hear(What::Batch, |known| {
            known.batches.insert(number);
        });
    }
}

/// One reviewer removes what is open, another takes every third decision back.
fn rule(client: &Client, [one, other]: [&Session; 2], heard: &Heard) -> Option<()> {
    loop {
        let (_, page) = client.by(one, "GET", "/v1/cases?state=open&limit=1", "", &json!({}))?;
        let Some(case) = page["cases"].get(0).and_then(|case| case["case"].as_str()) else {
            continue;
        };
        let (_, read) = client.by(one, "GET", &format!("/v1/cases/{case}"), "", &json!({}))?;
        let version = &read["version"];
        let ruling = json!({ "ruling": "remove", "saw": "content", "version": version });
        let path = format!("/v1/cases/{case}/rulings");
        let key = format!("{case}-{version}");
        let (status, told) = client.by(one, "POST", &path, &key, &ruling)?;
        if told["code"] == "step_up_needed" {
            let password = json!({ "password": PASSWORD });
            for person in [one, other] {
                client.by(person, "POST", "/v1/session/step-up", "", &password)?;
            }
            continue;
        }
        // The case may have grown since it was read.
        assert!(matches!(status, 200 | 409 | 503), "{status} {told}");
        let Some(decision) = told["decision"].as_str().map(str::to_owned) else { continue };
        let mut is_third = false;
        heard.hear(What::Ruling, |known| {
            known.decided.insert(decision.clone());
            is_third = known.decided.len() % 3 == 0;
        });
        if is_third {
            let path = format!("/v1/decisions/{decision}/overturn");
            let (status, told) = client.by(other, "POST", &path, &decision, &json!({}))?;
            assert!(matches!(status, 200 | 503), "{status} {told}");
            if status == 200 {
                heard.hear(What::Ruling, |known| {
                    known.overturned.insert(decision);
                });
                // What is open again would be removed again for ever.
                let (_, read) =
                    client.by(one, "GET", &format!("/v1/cases/{case}"), "", &json!({}))?;
                let version = &read["version"];
                let keep = json!({ "version": version, "ruling": "keep", "saw": "content" });
                client.by(one, "POST", &format!("/v1/cases/{case}/rulings"), "", &keep)?;
            }
        }
    }
}

/// Serves and is killed so many times; gives what was acknowledged.
fn killed(stage: &Stage, args: &[&str], book: &Mutex<Book>, kills: u32, at: &str) -> Acknowledged {
    let (tell, acknowledged) = channel();
    let heard = Heard { known: Mutex::new(Acknowledged::default()), tell };
    let first = Server::start_with(stage, args);
    let admin = admitted(stage, &first);
    let one = first.let_in(&admin, "rami", &["reviewer"]);
    let other = first.let_in(&admin, "sana", &["senior"]);
    let key = first.key().to_owned();
    let mut server = Some(first);
    for kill in 0..kills {
        let serving = server.take().unwrap_or_else(|| Server::start_with(stage, args));
        let (client, stops) = (Client::new(&serving), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let loading = scope.spawn(|| load(&client, &key, at, &heard, &stops));
            let ruler = Client::new(&serving);
            let people = [&one, &other];
            let ruling = scope.spawn({
                let heard = &heard;
                move || rule(&ruler, people, heard)
            });
            // Somewhere in the middle of what it does next.
            for _ in 0..kill * 7 % 19 {
                acknowledged.recv_timeout(PATIENCE).unwrap();
            }
            // Of every third life, in the middle of a ruling or just after one.
            let is_ruling = |_| acknowledged.recv_timeout(PATIENCE) != Ok(What::Batch);
            let _ = kill % 3 == 1 && (0..ACKNOWLEDGED_MAX).any(is_ruling);
            serving.kill();
            book.lock().unwrap().life += 1;
            stops.store(true, Ordering::Relaxed);
            loading.join().unwrap();
            ruling.join().unwrap();
        });
    }
    heard.known.into_inner().unwrap()
}

/// The entries of a type in the journal.
fn entries(journal: &[String], kind: &str) -> Vec<Value> {
    let of = |line: &String| serde_json::from_str::<Value>(line).ok().filter(|v| v["type"] == kind);
    journal.iter().filter_map(of).collect()
}

/// Actions of which neither side was ever sent.
fn cancelled(server: &Server, admin: &Session) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut path = "/v1/delivery?state=cancelled".to_owned();
    loop {
        let page = server.by(admin, "GET", &path, &json!({})).json(200);
        let all = page["instructions"].as_array().unwrap().iter();
        let names = all.map(|one| one["id"].as_str().unwrap());
        found.extend(names.map(|name| name.trim_end_matches("-undo").to_owned()));
        let Some(next) = page["next"].as_str() else { return found };
        path = format!("/v1/delivery?state=cancelled&cursor={next}");
    }
}

/// Every action that the journal tells was done, and every one that it tells was taken back.
fn told(journal: &[String]) -> [BTreeSet<String>; 2] {
    let name = |number: &Value| format!("a{number}");
    let mut done = BTreeSet::new();
    for entry in entries(journal, "restricted_unattended") {
        done.insert(name(&entry["action"]["action"]));
    }
    let mut undone = BTreeSet::new();
    for entry in entries(journal, "decided") {
        done.extend(
            entry["actions"].as_array().unwrap().iter().map(|action| name(&action["action"])),
        );
        undone.extend(entry["released"].as_array().into_iter().flatten().map(name));
    }
    for (kind, field) in [("overturned", "actions_reversed"), ("actions_lapsed", "actions")] {
        for entry in entries(journal, kind) {
            undone.extend(entry[field].as_array().unwrap().iter().map(name));
        }
    }
    [done, undone]
}

/// Each action took effect once, in order, and came again only where its answer was lost. What
/// was taken back before it was ever sent is `cancelled`, and the platform hears of neither.
fn delivered_once(book: &Book, journal: &[String], cancelled: &BTreeSet<String>) {
    let [mut done, mut undone] = told(journal);
    for action in cancelled {
        assert!(done.remove(action) && undone.remove(action), "{action} was done and taken back");
    }
    let of = |kind: &str| -> Vec<&str> {
        let effects = book.effects.iter().filter(|effect| effect.kind == kind);
        effects.map(|effect| &*effect.action).collect()
    };
    let (did, took_back) = (of("seawall.action.do"), of("seawall.action.undo"));
    let unique =
        |actions: &[&str]| actions.iter().map(|a| (*a).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!((unique(&did), did.len()), (done.clone(), done.len()), "each done once");
    assert_eq!((unique(&took_back), took_back.len()), (undone.clone(), undone.len()), "each once");
    // Of one subject, actions come in the order of their numbers, and none is taken back first.
    let mut last: BTreeMap<&str, (u64, bool)> = BTreeMap::new();
    for effect in &book.effects {
        let number: u64 = effect.action.trim_start_matches('a').parse().unwrap();
        let is_undo = effect.kind == "seawall.action.undo";
        let before = last.insert(&effect.subject, (number, is_undo));
        let is_ordered = match before {
            None => !is_undo,
            Some((before, false)) if is_undo => before == number,
            Some((before, _)) => before < number,
        };
        assert!(is_ordered, "{effect:?} after {before:?}");
    }
    for (place, asked) in book.asked.iter().enumerate().filter(|(_, asked)| asked.is_answered) {
        let again = |later: &&receiver::Asked| later.key == asked.key && later.life == asked.life;
        let again = book.asked[place + 1..].iter().find(again);
        assert!(again.is_none(), "{asked:?} was answered in time, and came again: {again:?}");
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_no_action_comes_twice_however_often_it_is_killed() {
    let rounds = std::env::var("SEAWALL_CRASH_ROUNDS");
    let kills = rounds.map_or(KILLS, |kills| kills.parse().unwrap());
    let stage = equipped();
    let receiver = Receiver::start();
    let config = configured(&stage, receiver.address);
    let written = std::fs::read_to_string(&config).unwrap() + HURRIED;
    std::fs::write(&config, written).unwrap();
    let (args, at) = (["--config", &*config], now());
    let known = killed(&stage, &args, &receiver.book, kills, &at);
    assert!(known.batches.len() > 3 && !known.decided.is_empty(), "{known:?}");

    receiver.book.lock().unwrap().is_well = true;
    let server = Server::start_with(&stage, &args);
    let client = Client::new(&server);
    for number in &known.batches {
        let accepted = send(&client, server.key(), *number, &at);
        assert_eq!(accepted, Some(0), "batch {number} was acknowledged and is there");
    }
    // What waited for a hand-over is derived as it ends, and sent when it serves again.
    assert_eq!(server.end(), 0);
    let server = Server::start_with(&stage, &args);
    let admin = server.login("alma");
    let waiting = || {
        let told = server.by(&admin, "GET", "/v1/delivery?state=waiting", &json!({})).json(200);
        told["instructions"].as_array().unwrap().len()
    };
    // What was decided in its last moments is given to the outbox a moment after a start.
    let is_all = || {
        let [done, undone] = told(&stage.journal("seawall-data"));
        let sent = receiver.book.lock().unwrap().effects.len();
        sent + 2 * cancelled(&server, &admin).len() == done.len() + undone.len()
    };
    let is_over = (0..WAITS_MAX).any(|_| {
        let _ = receiver.asked.recv_timeout(Duration::from_millis(250));
        waiting() == 0 && is_all()
    });
    assert!(is_over, "{} still wait", waiting());
    let dead = server.by(&admin, "GET", "/v1/delivery?state=dead", &json!({})).json(200);
    assert_eq!(dead["instructions"], json!([]));
    let cancelled = cancelled(&server, &admin);
    assert_eq!(server.end(), 0);

    let journal = stage.journal("seawall-data");
    let decided: BTreeSet<String> = entries(&journal, "decided")
        .iter()
        .map(|entry| format!("d{}", entry["decision"]))
        .collect();
    assert!(decided.is_superset(&known.decided), "{:?}", known.decided.difference(&decided));
    let overturned: BTreeSet<String> = entries(&journal, "overturned")
        .iter()
        .map(|entry| format!("d{}", entry["decision"]))
        .collect();
    assert!(overturned.is_superset(&known.overturned));
    let book = receiver.book.lock().unwrap();
    assert!(book.effects.len() > 3, "{:?}", book.effects);
    delivered_once(&book, &journal, &cancelled);
    println!(
        "{kills} kills: {} batches of {BATCH}, {} decisions, {} requests for {} effects",
        known.batches.len(),
        known.decided.len(),
        book.asked.len(),
        book.effects.len()
    );
    drop(book);
    replays_equal(&stage);
    let said = stage.still(&["doctor"]).out;
    assert!(said.contains("signatures verified"), "{said}");
    // The clock of the other commands here is one of a test.
    assert_eq!(said.matches("PROBLEM").count(), said.matches("PROBLEM clock").count(), "{said}");
}
