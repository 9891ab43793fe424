//! Where nobody here may rule on an appeal: somebody from outside is invited, sees that case
//! while the appeal waits, rules, and sees nothing of it any more.

use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use crate::league::{CLIP, event, replays_equal};
use crate::server::{PASSWORD, Server, Session};
use crate::stage::{CLOCK, SEED, Stage, repository};
use crate::story::{Hook, PATIENCE, configured, platform};

const RULES: &str = "
Clip: Optional[int] = BankDistance(bank='clips')
Seen = Rule(when_all=[Clip != None], description='clip')
WhenRules(rules_any=[Seen], then=[OpenCase(policy='kettle-league', reason='clip')])
";
/// What the account says for itself.
const WORDS: &str = "I was reporting on it";
/// The case that is appealed in, and another one.
const OWN: &str = "c1";
const OTHER: &str = "c2";

/// A platform's folder with two people who rule. Both ruled on the one case, and both stand behind
/// the fingerprint that the other was restricted for.
struct World {
    stage: Stage,
    server: Server,
    hooks: Receiver<Hook>,
    admin: Session,
    rami: Session,
    sana: Session,
    /// What the platform is told of the removal.
    told: Value,
}

impl World {
    fn new() -> Self {
        let stage = Stage::new();
        let (address, hooks) = platform();
        let config = configured(&stage, address);
        let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
        let server = Server::start_with(&stage, &args);
        let admin = server.login("alma");
        let rami = server.let_in(&admin, "rami", &["reviewer", "senior", "policy_author"]);
        let sana = server.let_in(&admin, "sana", &["reviewer", "senior"]);
        learns(&server, &rami, &sana);
        happens(&server);
        // One read it, and saw too little; the other decided.
        for (by, saw, outcome) in [(&sana, "file", "held"), (&rami, "content", "decided")] {
            let case = server.by(by, "GET", "/v1/cases/c1", &json!({})).json(200);
            let ruling = json!({ "ruling": "remove", "saw": saw, "version": case["version"] });
            let ruled = server.by(by, "POST", "/v1/cases/c1/rulings", &ruling).json(200);
            assert_eq!(ruled["outcome"], outcome);
        }
        let told = next(&hooks, "remove");
        Self { stage, server, hooks, admin, rami, sana, told }
    }

    fn get(&self, by: &Session, path: &str) -> Value {
        self.server.by(by, "GET", path, &json!({})).json(200)
    }

    fn status(&self, by: &Session, path: &str) -> u16 {
        self.server.by(by, "GET", path, &json!({})).status
    }

    fn appeal(&self, by: &Session, number: usize) -> Value {
        self.get(by, "/v1/appeals?state=open")["appeals"][number].clone()
    }

    fn rules(&self, by: &Session, appeal: &str, ruling: &str) -> crate::server::Answer {
        let path = format!("/v1/appeals/{appeal}/rulings");
        self.server.by(by, "POST", &path, &json!({ "ruling": ruling }))
    }

    /// Appeals by a key made for it.
    fn by_key(&self, action: &Value, text: &str) -> Value {
        let body = json!({ "action": action, "text": text }).to_string();
        let platform = self.server.ask("POST", "/v1/appeals", "application/json", body.clone());
        assert_eq!(platform.problem(403), "forbidden", "its key was made for other things");
        let key = format!("Bearer {}", self.server.make_key(&self.admin, &["appeals:write"]));
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let answer = self.server.send("POST", "/v1/appeals", &headers, body.clone()).json(201);
        let again = self.server.send("POST", "/v1/appeals", &headers, body);
        assert_eq!(again.problem(409), "conflict");
        answer
    }

    /// Nobody here may rule on the appeal.
    fn is_nobodys(&self) {
        for by in [&self.rami, &self.sana] {
            let appeal = self.appeal(by, 0);
            assert_eq!((&appeal["appeal"], &appeal["text"]), (&json!("p1"), &json!(WORDS)));
            // Though the admin's key, which ruled on nothing, signs too.
            assert_eq!((&appeal["may_rule"], &appeal["i_may_rule"]), (&json!([]), &json!(false)));
            let told = self.get(by, "/v1/cases/c1")["appeals"].to_string();
            assert!(told.contains("invite a reviewer from outside"), "{told}");
            let refused = self.rules(by, "p1", "uphold");
            assert_eq!(refused.problem(422), "refused", "who took part rules on no appeal");
        }
        assert_eq!(self.rules(&self.admin, "p1", "uphold").problem(403), "forbidden");
    }

    /// Somebody comes in by the link of an invitation to the one case, and has their key admitted.
    fn invites(&self) -> Session {
        let body = json!({
            "login": "noor", "shown_name": "Noor", "roles": ["reviewer"], "only_case": OWN,
        });
        let mut too_much = body.clone();
        too_much["roles"] = json!(["reviewer", "senior"]);
        let refused = self.server.by(&self.admin, "POST", "/v1/people", &too_much);
        assert_eq!(refused.problem(422), "invalid", "they are reviewers and nothing else");
        let mut nowhere = body.clone();
        nowhere["only_case"] = json!("c999");
        let refused = self.server.by(&self.admin, "POST", "/v1/people", &nowhere);
        assert_eq!(refused.json(422)["pointer"], "/only_case", "there is no such case");
        let invited = self.server.by(&self.admin, "POST", "/v1/people", &body).json(201);
        assert_eq!(invited["person"]["only_case"], OWN);
        let used = json!({ "token": invited["token"], "password": PASSWORD }).to_string();
        self.server.public("POST", "/v1/links/use", &used).json(200);
        assert_eq!(self.server.public("POST", "/v1/links/use", &used).problem(404), "not_found");
        let noor = self.server.login("noor");
        let unsigned = self.rules(&noor, "p1", "overturn");
        assert_eq!(unsigned.problem(422), "refused", "their key is not in the journal yet");
        let admitted = self.server.admits(&self.admin, &noor);
        assert_eq!(admitted["reviewer"], "r4");
        noor
    }

    /// They see the one case with its evidence and the appeal in it, and nothing else.
    fn shows_one_case(&self, noor: &Session) {
        let case = self.get(noor, "/v1/cases/c1");
        assert_eq!(case["content"]["post"]["text"], "look");
        assert_eq!(case["evidence"]["pieces"].as_array().unwrap().len(), 1);
        let seen = self.get(noor, "/v1/appeals");
        assert_eq!(seen["appeals"].as_array().unwrap().len(), 1, "{seen}");
        assert!(case["appeals"].to_string().contains("waits for one of r4"), "{case}");
        let appeal = &seen["appeals"][0];
        assert_eq!((&appeal["appeal"], &appeal["text"]), (&json!("p1"), &json!(WORDS)));
        assert_eq!((&appeal["may_rule"], &appeal["i_may_rule"]), (&json!(["r4"]), &json!(true)));
        assert_eq!(self.appeal(&self.rami, 1)["may_rule"], json!([]), "that of the other case");
        let told = |appeal: &str| {
            let refused = self.rules(noor, appeal, "overturn");
            assert_eq!(refused.problem(404), "not_found");
            refused.json(404)["detail"].as_str().unwrap().replace(appeal, "")
        };
        assert_eq!(told("p2"), told("p999"), "not even that the other appeal is there");
        for (path, status) in [
            ("/v1/cases/c2", 403),
            ("/v1/cases/c999", 403),
            (&format!("/v1/media/{CLIP}/thumbnail?case={OTHER}"), 403),
            // Of their own case: it was never uploaded.
            (&format!("/v1/media/{CLIP}/thumbnail?case={OWN}"), 404),
        ] {
            assert_eq!(self.status(noor, path), status, "{path}");
        }
        let ruling = json!({ "ruling": "suspend", "saw": "content", "version": case["version"] });
        let refused = self.server.by(noor, "POST", "/v1/cases/c1/rulings", &ruling);
        assert_eq!(refused.problem(403), "forbidden", "they rule on the appeal only");
        self.reads_nothing_else(noor);
    }

    /// Asks for everything that the document tells can be read.
    fn reads_nothing_else(&self, noor: &Session) {
        let document = self.server.get("/openapi.json").json(200);
        let open = ["health.read", "openapi.read", "sessions.own", "policies.read", "appeals.read"];
        let mut refused = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            let Some(operation) = methods["get"]["x-operation"].as_str() else { continue };
            let filled = path.replace("{case}", OTHER).replace("{decision}", "d1");
            let filled = filled.replace("{action}", "a1?token=x").replace("{entry}", "k2");
            let filled = filled
                .replace("{policy}", "kettle-league")
                .replace("{wave}", "w1")
                .replace("{code}", "stale");
            let filled = filled.replace("{sha256}", CLIP);
            assert!(!filled.contains('{'), "{filled}");
            let asked = match operation {
                "media.thumbnail" => format!("{filled}?case={OTHER}"),
                "media.original" => format!("{filled}?grant=AAAA"),
                _ => filled,
            };
            let status = self.status(noor, &asked);
            let expected = match operation {
                _ if open.contains(&operation) => 200,
                "media.original" => 404,
                _ => 403,
            };
            assert_eq!(status, expected, "{operation}: {asked}");
            refused += usize::from(status >= 400);
        }
        assert!(refused > 20, "{refused}");
    }

    /// Once the appeal is decided nothing of the case is left to them.
    fn ends(self, noor: &Session) {
        let over = self.server.by(noor, "GET", "/v1/cases/c1", &json!({}));
        assert_eq!(over.problem(403), "forbidden");
        assert!(over.text.contains("no appeal waits"), "{}", over.text);
        assert_eq!(self.get(noor, "/v1/appeals"), json!({ "appeals": [] }));
        let thumbnail = format!("/v1/media/{CLIP}/thumbnail?case={OWN}");
        assert_eq!(self.status(noor, &thumbnail), 403);
        let grant = json!({ "case": OWN });
        let grant = self.server.by(noor, "POST", &format!("/v1/media/{CLIP}/grants"), &grant);
        assert_eq!(grant.problem(403), "forbidden");
        assert_eq!(self.rules(noor, "p1", "uphold").problem(404), "not_found");
        self.reads_nothing_else(noor);
        // The other appeal is nobody's still, though their key signs.
        assert_eq!(self.appeal(&self.rami, 0)["may_rule"], json!([]));
        assert_eq!(self.server.end(), 0);
        replays_equal(&self.stage);
        let journal = self.stage.journal("seawall-data").join("\n");
        assert!(!journal.contains(WORDS) && !journal.contains("noor"), "neither words nor names");
        // On the command line too nobody is named who could not come in.
        let shown = self.stage.still(&["case", "show", OTHER]).out;
        assert!(shown.contains("waits; everybody here took part: invite"), "{shown}");
        let said = self.stage.still(&["doctor"]);
        assert!(said.out.contains("signatures verified"), "{}", said.out);
    }
}

/// Two people put in force what is known: a policy, a fingerprint that both stand for, a rule.
fn learns(server: &Server, rami: &Session, sana: &Session) {
    let policy = repository().join("policies/kettle-league/policy.toml");
    let policy: toml::Table = std::fs::read_to_string(policy).unwrap().parse().unwrap();
    let mut policy = serde_json::to_value(policy).unwrap();
    policy["source"] = json!("council");
    server.by(rami, "POST", "/v1/policies", &policy).json(201);
    let clip = json!({
        "bank": "clips", "source": "council", "class": "support", "hashes": [{ "sha256": CLIP }],
    });
    server.by(sana, "POST", "/v1/banks", &clip).json(201);
    let confirmed = json!({ "entries": ["k2"] });
    let stands = server.by(rami, "POST", "/v1/banks/confirmations", &confirmed).json(200);
    assert_eq!(stands["confirmed_by"], 2);
    let rules = json!({ "files": { "main.sml": RULES }, "source": "council" });
    server.by(rami, "POST", "/v1/rules", &rules).json(201);
}

/// Two new accounts post the clip, and each is a case.
fn happens(server: &Server) {
    let media = json!([{ "id": "m-1", "sha256": CLIP }]);
    let mut events = Vec::new();
    for (id, account) in [(1, "spout"), (2, "lid")] {
        let profile = json!({ "handle": account, "created_at": "2026-05-20T08:10:00Z" });
        events.push(event(id, "account.created", "08:10", account, "profile", &profile));
        let post = json!({ "id": format!("p-{account}"), "text": "look", "media": media });
        events.push(event(id + 10, "post.created", "09:10", account, "post", &post));
    }
    let events: Vec<Value> =
        events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    let answer = server.events("?wait=verdict", &events).json(200);
    let of = |place: usize| &answer["verdicts"][place];
    assert_eq!((&of(1)["case"], &of(3)["case"]), (&json!(OWN), &json!(OTHER)), "{answer}");
    assert_eq!((&of(1)["action"], &of(3)["action"]), (&json!("a1"), &json!("a2")));
}

/// What the platform is told next with this verb; all before it is signed too.
fn next(hooks: &Receiver<Hook>, verb: &str) -> Value {
    loop {
        let hook = hooks.recv_timeout(PATIENCE).unwrap();
        hook.verify();
        let told = hook.json()["data"].clone();
        if told["verb"] == verb {
            return told;
        }
    }
}

#[test]
fn somebody_from_outside_rules_on_an_appeal_that_came_by_link_and_it_is_taken_back() {
    let world = World::new();
    let body = json!({
        "action": world.told["action"], "text": WORDS, "token": world.told["appeal"]["token"],
    });
    let made = world.server.public("POST", "/v1/appeals", &body.to_string()).json(201);
    assert_eq!(made["appeal"], "p1");
    assert_eq!(world.by_key(&json!("a2"), "so was I")["appeal"], "p2");
    let page = world.get(&world.sana, "/v1/appeals?limit=1");
    assert_eq!((&page["appeals"][0]["appeal"], &page["next"]), (&json!("p1"), &json!(1)));
    let rest = world.get(&world.sana, "/v1/appeals?limit=1&cursor=1");
    assert_eq!((&rest["appeals"][0]["appeal"], &rest["next"]), (&json!("p2"), &Value::Null));
    assert_eq!(world.status(&world.sana, "/v1/appeals?limit=0"), 422);
    world.is_nobodys();
    let noor = world.invites();
    world.shows_one_case(&noor);
    let ruled = world.rules(&noor, "p1", "overturn").json(200);
    assert_eq!(ruled["reversed"], json!([world.told["action"]]));
    let restored = next(&world.hooks, "restore");
    assert_eq!(restored["subject"], world.told["subject"]);
    assert!(restored["notice"]["en"]["paragraphs"].is_array());
    world.ends(&noor);
}

#[test]
fn somebody_from_outside_rules_on_an_appeal_that_came_by_key_and_it_stands() {
    let world = World::new();
    assert_eq!(world.by_key(&world.told["action"], WORDS)["appeal"], "p1");
    assert_eq!(world.by_key(&json!("a2"), "so was I")["appeal"], "p2");
    world.is_nobodys();
    let noor = world.invites();
    world.shows_one_case(&noor);
    world.rules(&noor, "p1", "uphold").json(200);
    let page = world.get(&world.sana, "/v1/appeals");
    assert_eq!(page["appeals"][0]["state"], "upheld");
    let undone = world.hooks.try_iter().find(|hook| hook.json()["type"] == "seawall.action.undo");
    let undone = undone.map(|hook| hook.json()["data"]["verb"].clone());
    assert!(undone.is_none_or(|verb| verb != "restore"), "what stands is not taken back");
    world.ends(&noor);
}
