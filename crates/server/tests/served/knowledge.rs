//! Knowledge over HTTP: what people add counts, what machines add waits, and the command line
//! says the same of it. The register and the removed are in `register.rs`.

use serde_json::{Value, json};

use seawall_model::journal::{Ruling, Says};
use seawall_server::signing::ReviewerKey;

use crate::league::{replays_equal, watched};
use crate::rulings::serving;
use crate::server::{Answer, Server, Session};

const RULES: &str = "
Cheer = Rule(when_all=[TermMatches(list='markercheers') > 0], description='cheer')
WhenRules(rules_any=[Cheer], then=[OpenCase(policy='manners', reason='cheer')])
";

fn get(server: &Server, by: &Session, path: &str) -> Value {
    server.by(by, "GET", path, &json!({})).json(200)
}

fn once(server: &Server, by: &Session, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("cookie", by.cookie.as_str()),
        ("x-csrf-token", by.csrf.as_str()),
        ("idempotency-key", key),
    ];
    server.send("POST", path, &headers, body.to_string())
}

#[test]
fn a_fingerprint_needs_two_people_and_is_withdrawn_by_one() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let sana = server.let_in(&admin, "sana", &["senior"]);
    let rami = server.let_in(&admin, "rami", &["senior"]);
    let hash = "ab".repeat(32);
    let body = json!({
        "bank": "clips", "source": "case 12", "class": "support", "hashes": [{ "sha256": hash }],
    });
    let added = once(&server, &sana, "/v1/banks", "one", &body).json(201);
    assert_eq!((&added["entries"], &added["confirmed_by"]), (&json!("k7"), &json!(1)));
    assert!(added["missing"].as_str().unwrap().contains("one more person"), "{added}");
    assert_eq!(once(&server, &sana, "/v1/banks", "one", &body).json(201), added);
    let again = server.by(&sana, "POST", "/v1/banks", &body).json(200);
    assert_eq!((&again["entries"], &again["known"]), (&Value::Null, &json!(["k7"])));
    let confirm = |by: &Session| {
        server.by(by, "POST", "/v1/banks/confirmations", &json!({ "entries": ["k7"] }))
    };
    assert_eq!(confirm(&sana).problem(422), "refused", "one key cannot read second");
    let stands = confirm(&rami).json(200);
    assert_eq!((&stands["confirmed_by"], &stands["missing"]), (&json!(2), &Value::Null));
    let entry = server.by(&rami, "GET", "/v1/banks/k7", &json!({}));
    assert_eq!(entry.json(200)["hash_start"], "abababababab");
    assert!(!entry.text.contains(&hash), "the whole of it is told to nobody");
    let listed = get(&server, &rami, "/v1/banks?of=clips&standing=in_force");
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1);
    let withdraw = json!({ "entries": ["k7"] });
    let gone = server.by(&rami, "POST", "/v1/banks/withdrawals", &withdraw).json(200);
    assert_eq!(gone["entries"], json!(["k7"]));
    let twice = server.by(&rami, "POST", "/v1/banks/withdrawals", &withdraw);
    assert_eq!(twice.problem(409), "conflict");
    let bad = json!({ "bank": "clips", "source": "x", "class": "support",
        "hashes": [{ "sha256": hash }, { "pdq": "nothing" }] });
    let bad = server.by(&sana, "POST", "/v1/banks", &bad);
    assert_eq!(bad.problem(422), "invalid");
    assert_eq!(bad.json(422)["pointer"], "/hashes/1/pdq");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let said = stage.still(&["bank", "list", "--bank", "clips", "--json"]).ended(0);
    let row: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&row["entry"], &row["standing"]), (&json!("k7"), &json!("withdrawn")));
    let said = stage.still(&["doctor"]);
    assert!(said.out.contains("signatures verified"), "{}", said.out);
}

#[test]
fn what_a_machine_adds_waits_for_a_person() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let nour = server.let_in(&admin, "nour", &["policy_author"]);
    let key = format!("Bearer {}", server.make_key(&admin, &["knowledge:write", "knowledge:read"]));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let send = |path: &str, body: &Value| server.send("POST", path, &headers, body.to_string());
    let terms = |word: &str| {
        json!({ "list": "markercheers", "source": "partner",
            "terms": [{ "term": word, "near": ["kettle"] }, { "term": format!("{word} up") }] })
    };
    let added = send("/v1/terms", &terms("lids")).json(202);
    assert_eq!((&added["entries"], &added["standing"]), (&json!("k7..k8"), &json!("waiting")));
    let run = json!({ "entries": ["k7..k8"] });
    assert_eq!(send("/v1/terms/confirmations", &run).problem(422), "missing");
    let stands = server.by(&nour, "POST", "/v1/terms/confirmations", &run).json(200);
    assert_eq!(stands["confirmed_by"], 1);
    assert_eq!(get(&server, &nour, "/v1/terms/k7")["standing"], "in_force");
    // A signature made elsewhere is over the run and nothing else.
    send("/v1/terms", &terms("spouts")).json(202);
    let badr = ReviewerKey::read(&stage.path("badr.key")).unwrap();
    let says = Says::Knowledge { first: 9, last: 10 };
    let signature = badr.sign(&Ruling { reviewer: 2, says }.to_bytes());
    let signed = |run: &str| json!({ "entries": [run], "signed": { "reviewer": "r2", "signature": signature } });
    assert_eq!(send("/v1/terms/confirmations", &signed("k9..k9")).problem(403), "forbidden");
    send("/v1/terms/confirmations", &signed("k9..k10")).json(200);
    let listed = server.send("GET", "/v1/terms?limit=3", &headers, "").json(200);
    assert_eq!(listed["entries"].as_array().unwrap().len(), 3);
    let next = format!("/v1/terms?cursor={}", listed["next"]);
    let rest = server.send("GET", &next, &headers, "").json(200);
    assert_eq!(rest["entries"].as_array().unwrap().len(), 2);
    assert!(rest["next"].is_null());
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let said = stage.still(&["terms", "list", "--json"]).ended(0);
    let told: Vec<Value> = said.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let served = listed["entries"].as_array().unwrap().iter();
    let served: Vec<Value> = served.chain(rest["entries"].as_array().unwrap()).cloned().collect();
    assert_eq!(told, served, "the command line and the server say the same");
}

#[test]
fn what_is_wrong_with_knowledge_is_told_by_its_place() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let nour = server.let_in(&admin, "nour", &["policy_author"]);
    let check = |path: &str, body: Value, code: &str, pointer: &str| {
        let answer = server.by(&nour, "POST", path, &body);
        assert_eq!(answer.problem(answer.status), code, "{path}: {}", answer.text);
        let told: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(told["pointer"], pointer, "{}", answer.text);
    };
    let terms = |term: Value| json!({ "list": "l", "source": "s", "terms": [term] });
    check("/v1/terms", terms(json!({ "term": "!!" })), "invalid", "/terms/0/term");
    check("/v1/terms", terms(json!({ "term": "" })), "invalid", "/terms/0/term");
    check("/v1/terms", terms(json!({ "term": "a", "window": 0 })), "invalid", "/terms/0/window");
    let none = json!({ "list": "l", "source": "s", "terms": [] });
    check("/v1/terms", none, "missing", "/terms");
    let list = json!({ "list": "two words", "source": "s", "terms": [{ "term": "a" }] });
    check("/v1/terms", list, "invalid", "/list");
    let past = json!({ "list": "l", "source": "s", "expires": "2020-01-01T00:00:00Z",
        "terms": [{ "term": "a" }] });
    check("/v1/terms", past, "invalid", "/expires");
    let run = |text: &str| json!({ "entries": [text] });
    check("/v1/terms/withdrawals", run("4"), "invalid", "/entries/0");
    check("/v1/terms/withdrawals", run("k1..k99999999999"), "too_large", "/entries/0");
    let of_other = server.by(&nour, "POST", "/v1/terms/withdrawals", &run("k1"));
    assert_eq!(of_other.problem(404), "not_found");
    let none = server.by(&nour, "GET", "/v1/terms/k1", &json!({}));
    assert_eq!(none.problem(404), "not_found");
    assert_eq!(get(&server, &nour, "/v1/terms")["version"], 6, "nothing was added");
}

#[test]
fn a_policy_has_versions_and_two_authors_do_not_pass_each_other() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let nour = server.let_in(&admin, "nour", &["policy_author"]);
    let read = get(&server, &nour, "/v1/policies/kettle-league");
    assert_eq!((&read["version"], &read["entry"]), (&json!(1), &json!("k1")));
    let mut next = json!({ "after_version": 1, "source": "council" });
    for field in [
        "id",
        "title_ar",
        "title_en",
        "text_ar",
        "text_en",
        "reference",
        "terrorist_content",
        "unattended_restrict_hours",
        "appeal_days",
    ] {
        next[field] = read[field].clone();
    }
    next["unattended_restrict_hours"] = json!(73);
    let over = server.by(&nour, "POST", "/v1/policies", &next);
    assert_eq!(over.problem(422), "invalid");
    assert_eq!(over.json(422)["pointer"], "/unattended_restrict_hours");
    next["unattended_restrict_hours"] = json!(24);
    server.by(&nour, "POST", "/v1/policies", &next).json(201);
    assert_eq!(server.by(&nour, "POST", "/v1/policies", &next).problem(409), "stale");
    let read = get(&server, &nour, "/v1/policies/kettle-league");
    assert_eq!(read["version"], 2);
    assert_eq!(get(&server, &nour, "/v1/policies/k1")["version"], 1);
    let listed = get(&server, &nour, "/v1/policies?of=kettle-league");
    assert_eq!(listed["entries"].as_array().unwrap().len(), 2);
    let none = server.by(&nour, "GET", "/v1/policies/teapots", &json!({}));
    assert_eq!(none.problem(404), "not_found");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn rules_are_checked_tried_put_in_force_and_withdrawn() {
    let stage = watched();
    let (server, admin) = serving(&stage);
    let nour = server.let_in(&admin, "nour", &["policy_author"]);
    let post = |path: &str, body: &Value| server.by(&nour, "POST", path, body);
    let files = |text: &str| json!({ "files": { "main.sml": text } });
    let wrong = post("/v1/rules/check", &files("A = B + 1\n")).json(200);
    assert_eq!(wrong["sound"], false);
    let fault = &wrong["diagnostics"][0];
    assert_eq!((&fault["path"], &fault["line"]), (&json!("main.sml"), &json!(1)));
    assert_eq!(fault["bytes"].as_array().unwrap().len(), 2, "{fault}");
    let strange = RULES.replace("'manners'", "'teapots'");
    let strange = post("/v1/rules/check", &files(&strange)).json(200);
    assert_eq!(
        (&strange["sound"], &strange["diagnostics"][0]["check"]),
        (&json!(false), &json!("names"))
    );
    assert_eq!(post("/v1/rules/check", &files(RULES)).json(200)["sound"], true);

    let mut trial = files("Posted = Rule(when_all=[True], description='all')\n");
    trial["events"] = json!([
        { "v": 1, "type": "post.created", "id": "t1", "at": "2026-05-20T09:00:00Z",
          "account": "lid", "post": { "id": "p-t1", "text": "boil as one" } },
        { "type": "nothing" },
    ]);
    let tried = post("/v1/rules/run", &trial).json(200);
    assert_eq!((&tried["events"], &tried["rules"][0]["matched"]), (&json!(1), &json!(1)));
    assert_eq!(tried["refused"][0]["index"], 1);

    assert_eq!(get(&server, &nour, "/v1/rules/current")["entry"], "k5");
    let mut next = files(RULES);
    next["source"] = json!("council");
    assert_eq!(post("/v1/rules", &next).problem(409), "stale", "nobody said what is replaced");
    next["replaces"] = json!("k5");
    let added = post("/v1/rules", &next).json(201);
    let entry = added["entries"].as_str().unwrap().to_owned();
    assert_eq!(post("/v1/rules", &next).json(200)["known"], json!([entry]));
    let current = get(&server, &nour, "/v1/rules/current");
    assert_eq!((&current["entry"], &current["rules"]), (&json!(entry), &json!(["Cheer"])));
    assert_eq!(current["texts"]["main.sml"], RULES);
    post("/v1/rules/withdrawals", &json!({ "entries": [entry] })).json(200);
    assert_eq!(get(&server, &nour, "/v1/rules/current")["entry"], "k5");
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}
