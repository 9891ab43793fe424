//! A platform and a server that act on each other: the simulated platform sends what happens on
//! it, two people rule on what is found, and the platform obeys, so that its network returns.
//!
//! The people are scripted here and nowhere else: they use the public interface, and they know
//! from the truth, which the server is never told, who is of the network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::atomic::AtomicBool;

use seawall_model::Timestamp;
use seawall_server::clock::Clock;
use seawall_server::deliver::{SigningSecret, SigningSecrets};
use seawall_server::signing::ReviewerKey;
use seawall_server::simulate::{Live, Pace, Passed, PictureFiles, Receiving, Task, simulate};
use seawall_sim::{Action, Parameters};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::server::{Server, Session};
use crate::stage::{SEED, Stage, repository};

const SECRET: &str = "whsec_bmluZS1rZXR0bGVzLW9uLWEtc2hlbGYtYW5kLW9uZS1saWQ=";
/// Hours before anybody knows anything.
const FROM_HOUR: u32 = 72;
/// Cases that are ruled on in an hour, at most.
const RULED_HOURLY: usize = 4;

/// The story, of so many days.
fn parameters(days: u32) -> Parameters {
    let story = Parameters::preset("story").unwrap();
    let field_days = vec![4, 12, 20].into_iter().filter(|day| *day < days).collect();
    Parameters { days, accounts: 500, actors: 60, field_days, ..story }
}

/// When so many hours of the story are over.
fn after(hours: u32) -> String {
    parameters(1).start.plus_seconds(i64::from(hours) * 3_600).to_string()
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    // Posts are most of the truth, and nobody asks for theirs.
    let wanted = text.lines().filter(|line| !line.contains("\"type\":\"post\""));
    wanted.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is true of accounts, by their ids.
#[derive(Default)]
struct Truth {
    of_network: BTreeSet<String>,
    closed: BTreeMap<String, (Timestamp, String)>,
    parents: Vec<String>,
}

impl Truth {
    fn read(path: &std::path::Path) -> Self {
        let mut truth = Self::default();
        for line in lines(path) {
            let account = || line["account"].as_str().unwrap().to_owned();
            match line["type"].as_str() {
                Some("account") => {
                    if line["network"].is_string() {
                        truth.of_network.insert(account());
                    }
                    truth.parents.extend(line["returns"].as_str().map(str::to_owned));
                }
                Some("closed") => {
                    let at = Timestamp::parse(line["at"].as_str().unwrap()).unwrap();
                    let cause = line["cause"].as_str().unwrap().to_owned();
                    truth.closed.entry(account()).or_insert((at, cause));
                }
                _ => {}
            }
        }
        truth
    }
}

/// A platform, its server, and two people.
struct Loop {
    stage: Stage,
    server: Option<Server>,
    address: String,
    hook: Option<TcpListener>,
    sessions: BTreeMap<&'static str, Session>,
    tried: BTreeSet<(String, u64)>,
    decisions: Vec<String>,
    suspended: usize,
    /// How often each ruling came to what.
    outcomes: BTreeMap<String, u32>,
}

impl Loop {
    /// A folder with the first days, what people know by then, and a server on it.
    fn new(parameters: &Parameters, seed: u64) -> Self {
        let stage = Stage::new();
        prepare(&stage, parameters, seed);
        let hook = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, port) = (format!("127.0.0.1:{}", port()), hook.local_addr().unwrap().port());
        let secret = stage.path("hook.secret");
        stage.write("hook.secret", format!("{SECRET}\n"));
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
        let config = format!(
            "[deliver]\nurl = \"http://127.0.0.1:{port}/hook\"\nsecret_file = \"{}\"\n\
             allow = [\"127.0.0.0/8\"]\ndangerously_http = true\nat_once_max = 1\n",
            secret.display()
        );
        stage.write("seawall.toml", config);
        let mut own = Self {
            stage,
            server: None,
            address,
            hook: Some(hook),
            sessions: BTreeMap::new(),
            tried: BTreeSet::new(),
            decisions: Vec::new(),
            suspended: 0,
            outcomes: BTreeMap::new(),
        };
        own.serve(FROM_HOUR);
        own.let_people_in();
        own
    }

    /// Serves, under a clock that stands at the end of the day that begins.
    fn serve(&mut self, hours: u32) {
        if let Some(server) = self.server.take() {
            assert_eq!(server.end(), 0);
        }
        self.sessions.clear();
        let config = self.stage.path("seawall.toml").display().to_string();
        let clock = after(hours + 24);
        let args = ["--config", &config, "--test-clock", &clock, "--test-seed", SEED];
        self.server = Some(Server::at(&self.stage, &self.address, &args));
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    fn let_people_in(&mut self) {
        let server = self.server();
        let admin = server.first_admin(server.link().unwrap());
        let public = admin.person["public_key"].as_str().unwrap();
        let amal = ReviewerKey::read(&self.stage.path("amal.key")).unwrap();
        let signature = amal.sign(public.as_bytes());
        let path = format!("/v1/people/{}/admission", admin.person["person"]);
        let body = json!({ "signed": { "reviewer": "r1", "signature": signature } });
        server.by(&admin, "POST", &path, &body).json(200);
        for name in ["rami", "sana"] {
            server.let_in(&admin, name, &["reviewer"]);
        }
        let scopes = ["events:write", "verdicts:read", "delivery:read"];
        let body = json!({
            "name": "platform", "scopes": scopes, "expires_at": "2027-03-01T00:00:00Z",
        });
        let made = server.by(&admin, "POST", "/v1/keys", &body).json(201);
        self.stage.write("platform.key", made["secret"].as_str().unwrap());
    }

    fn ask(&mut self, who: &'static str, method: &str, path: &str, body: &Value) -> Value {
        if !self.sessions.contains_key(who) {
            let session = self.server().login(who);
            self.sessions.insert(who, session);
        }
        let answer = self.server().by(&self.sessions[who], method, path, body);
        serde_json::from_str(&answer.text).unwrap()
    }

    /// Rami rules on what is open, as he knows the truth; Sana where a second person is wanted.
    fn rule(&mut self) {
        let page = self.ask("rami", "GET", "/v1/cases?state=open&limit=100", &json!({}));
        let (mut truth, mut ruled) = (None, 0);
        for row in page["cases"].as_array().unwrap() {
            let id = row["case"].as_str().unwrap().to_owned();
            let key = (id.clone(), row["version"].as_u64().unwrap());
            if ruled == RULED_HOURLY || !self.tried.insert(key) {
                continue;
            }
            let path = format!("/v1/cases/{id}");
            let case = self.ask("rami", "GET", &path, &json!({}));
            let account = case["content"]["account"]["id"].as_str().unwrap_or_default();
            let truth = truth.get_or_insert_with(|| Truth::read(&self.stage.path("live.jsonl")));
            let is_guilty = truth.of_network.contains(account);
            let fits =
                |need: &&Value| ["suspend", "remove"].contains(&need["ruling"].as_str().unwrap());
            let needs = case["needs"].as_array().cloned().unwrap_or_default();
            let need = needs
                .iter()
                .filter(fits)
                .min_by_key(|need| need["missing"].as_array().map_or(0, Vec::len));
            let (ruling, saw) = match need {
                Some(need) if is_guilty => (need["ruling"].clone(), need["saw"].clone()),
                _ => (json!("keep"), json!("content")),
            };
            let said = json!({ "ruling": ruling, "saw": saw, "version": case["version"] });
            let path = format!("{path}/rulings");
            let mut answer = self.ask("rami", "POST", &path, &said);
            if answer["outcome"] == "held" {
                answer = self.ask("sana", "POST", &path, &said);
            }
            ruled += 1;
            let came = answer["outcome"].as_str().or(answer["code"].as_str()).unwrap();
            *self
                .outcomes
                .entry(format!("{ruling} {saw} {came} {}", answer["missing"]))
                .or_default() += 1;
            if answer["outcome"] == "decided" && ruling != "keep" {
                self.decisions.push(answer["decision"].as_str().unwrap().to_owned());
                self.suspended += usize::from(ruling == "suspend");
            }
        }
    }

    /// Sana takes back the oldest decision that stands.
    fn overturn(&mut self) {
        if !self.decisions.is_empty() {
            let decision = self.decisions.remove(0);
            let path = format!("/v1/decisions/{decision}/overturn");
            let answer = self.ask("sana", "POST", &path, &json!({}));
            assert_eq!(answer["outcome"], "overturned", "{answer}");
        }
    }

    fn hour(&mut self, passed: &Passed) {
        if passed.hour.is_multiple_of(24) {
            self.serve(passed.hour);
        }
        self.rule();
        if passed.hour % 36 == 30 {
            self.overturn();
        }
    }

    /// Lives the story to its end; gives the last hour and every action that was obeyed.
    fn live(&mut self, parameters: &Parameters, seed: u64) -> (Passed, Vec<Action>) {
        let secrets = SigningSecrets::new(vec![SigningSecret::parse(SECRET).unwrap()]).unwrap();
        let clock = Timestamp::parse(&after(FROM_HOUR + 24)).unwrap();
        let live = Live {
            parameters: parameters.clone(),
            seed,
            server: format!("http://{}", self.address).parse().unwrap(),
            key: Zeroizing::new(std::fs::read_to_string(self.stage.path("platform.key")).unwrap()),
            pace: Pace::LockStep,
            from_hour: FROM_HOUR,
            receiving: Some(Receiving { listener: self.hook.take().unwrap(), secrets }),
            truth: Some(self.stage.path("live.jsonl")),
            clock: Clock::Still(clock),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let stop = AtomicBool::new(false);
        let mut living = runtime.block_on(live.start()).unwrap();
        let (mut obeyed, mut passed) = (Vec::new(), Passed::default());
        while let Some(now) = runtime.block_on(living.hour(&stop)).unwrap() {
            obeyed.extend(now.actions.iter().cloned());
            self.hour(&now);
            if now.hour.is_multiple_of(24) {
                let clock = Timestamp::parse(&after(now.hour + 24)).unwrap();
                living.set_clock(Clock::Still(clock));
            }
            passed = now;
        }
        drop(living);
        assert_eq!(self.server.take().unwrap().end(), 0);
        (passed, obeyed)
    }
}

/// What people know after the first days: files and accounts of the network.
fn prepare(stage: &Stage, parameters: &Parameters, seed: u64) {
    let task = Task {
        parameters: parameters.clone(),
        seed,
        out: stage.path("story"),
        threads: 2,
        pictures: PictureFiles::Named,
    };
    simulate(&task, &AtomicBool::new(false)).unwrap();
    let truth = Truth::read(&stage.path("story/truth.jsonl"));
    let until = Timestamp::parse(&after(FROM_HOUR)).unwrap();
    let (mut before, mut shown, mut files) = (String::new(), BTreeMap::new(), BTreeMap::new());
    for event in lines(&stage.path("story/events.jsonl")) {
        if Timestamp::parse(event["at"].as_str().unwrap()).unwrap() >= until {
            break;
        }
        let _ = writeln!(before, "{event}");
        let account = event["account"].as_str().unwrap_or_default().to_owned();
        if event["profile"].is_object() {
            shown.insert(account.clone(), event["profile"].clone());
        }
        for media in event["post"]["media"].as_array().into_iter().flatten() {
            if let Some(hash) =
                media["sha256"].as_str().filter(|_| truth.of_network.contains(&account))
            {
                *files.entry(hash.to_owned()).or_insert(0_u32) += 1;
            }
        }
    }
    stage.write("before.jsonl", before);
    let mut removed = "account,removed_at,handle,name,avatar_sha256,links\n".to_owned();
    let closed = truth
        .closed
        .iter()
        .filter(|(account, (at, _))| *at < until && truth.of_network.contains(*account));
    for (account, (at, _)) in closed {
        let Some(profile) = shown.get(account) else { continue };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let links: Vec<&str> =
            profile["links"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let _ = writeln!(
            removed,
            "{account},{at},\"{}\",\"{}\",{},{}",
            text(&profile["handle"]),
            text(&profile["name"]).replace('"', ""),
            text(&profile["avatar"]["sha256"]),
            links.join("|")
        );
    }
    assert!(removed.lines().count() > 2, "nobody was removed before");
    stage.write("removed.csv", removed);
    let (file, _) = files.iter().max_by_key(|(file, count)| (**count, *file)).unwrap();
    bring_in(stage, file);
}

/// Two people bring in what they know, as they type it.
fn bring_in(stage: &Stage, file: &str) {
    let clock = after(FROM_HOUR);
    let policies = repository().join("policies/kettle-league");
    let policy = |name: &str| policies.join(name).display().to_string();
    let (toml, terms) = (policy("policy.toml"), policy("terms.csv"));
    // These people look sooner: some likeness is enough for a case, on which they look at posts.
    let sooner = |text: String| text.replace("RemovedBits > 0.0", "RemovedBits > -14.0");
    std::fs::create_dir_all(stage.path("rules/models")).unwrap();
    for name in ["rules/main.sml", "rules/models/found.sml"] {
        stage.write(name, sooner(std::fs::read_to_string(policies.join(name)).unwrap()));
    }
    assert!(std::fs::read_to_string(stage.path("rules/main.sml")).unwrap().contains("-14.0"));
    let source = ["--source", "people", "--key", "amal.key"];
    let done = |args: &[&str]| {
        stage.still_at(&clock, args).ended(0);
    };
    done(&["import", "before.jsonl"]);
    done(&["reviewer", "add", "amal", "--key", "amal.key"]);
    done(&["reviewer", "add", "badr", "--key", "badr.key", "--by", "amal.key"]);
    done(&["policy", "add", &toml, "--key", "amal.key"]);
    done(&[&["terms", "add", &terms, "--list", "cheers"][..], &source].concat());
    let bank = ["bank", "add", "--bank", "clips", "--sha256", file, "--class", "support"];
    done(&[&bank[..], &source].concat());
    let list = stage.still_at(&clock, &["bank", "list"]).ended(0).out;
    let entry = list
        .split_whitespace()
        .find(|word| word.strip_prefix('k').is_some_and(|number| number.parse::<u32>().is_ok()));
    done(&["bank", "confirm", entry.unwrap(), "--key", "badr.key"]);
    done(&["rules", "add", "rules", "--key", "amal.key"]);
    let import = ["import", "removed", "removed.csv", "--policy", "kettle-league"];
    done(&[&import[..], &source, &["--key", "badr.key"]].concat());
}

#[test]
fn two_runs_in_lock_step_give_the_same_journal() {
    let parameters = parameters(7);
    let run = || {
        let mut own = Loop::new(&parameters, 28);
        let (passed, obeyed) = own.live(&parameters, 28);
        let truth = std::fs::read(own.stage.path("live.jsonl")).unwrap();
        (own.stage.journal("seawall-data"), passed, obeyed, truth)
    };
    let (first, second) = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(run), scope.spawn(run));
        (first.join().unwrap(), second.join().unwrap())
    });
    for (line, (one, other)) in first.0.iter().zip(&second.0).enumerate() {
        assert_eq!(one, other, "entry {line}");
    }
    assert_eq!(first.0.len(), second.0.len());
    assert_eq!((first.1, first.2), (second.1, second.2));
    assert_eq!(first.3, second.3, "the worlds differ");
    assert!(first.0.iter().any(|entry| entry.contains("\"type\":\"delivered\"")));
}

#[test]
fn after_many_days_of_a_closed_loop_replay_gives_the_same() {
    let parameters = parameters(24);
    let mut own = Loop::new(&parameters, 28);
    let (passed, obeyed) = own.live(&parameters, 28);
    assert_eq!((passed.hour, passed.refused), (24 * 24, 0));
    let truth = Truth::read(&own.stage.path("live.jsonl"));
    let by_action = truth.closed.iter().filter(|(_, (_, cause))| cause == "action");
    let by_action: BTreeSet<&String> = by_action.map(|(account, _)| account).collect();
    let back = truth.parents.iter().filter(|parent| by_action.contains(parent)).count();
    assert!(own.suspended >= 2 && by_action.len() >= 2, "{:#?}", own.outcomes);
    assert!(back >= 1, "the network returns under new names");
    assert!(obeyed.iter().any(|action| matches!(action, Action::Hide(_))));
    assert!(obeyed.iter().any(|action| matches!(action, Action::Reinstate(_) | Action::Show(_))));
    let events = lines(&own.stage.path("story/events.jsonl")).len() as u64;
    assert_ne!(passed.accepted, events, "what was decided changed what happened");
    let clock = after(25 * 24);
    let said = own.stage.still_at(&clock, &["replay"]).ended(0);
    assert!(said.out.contains(", 0 differing"), "{}", said.out);
    own.stage.still_at(&clock, &["doctor"]);
}
