//! A small world with people in it: three reviewers, what they know, and a few events that
//! open cases. Everything in it that a notice must not tell bears the word `marker`.

use serde_json::{Value, json};

use crate::said::Said;
use crate::stage::{Stage, repository};

/// The file whose fingerprint is banned.
pub const CLIP: &str = "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
/// The picture of an account that was removed.
const FACE: &str = "fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57fa57";
/// The cases that the events open, in order.
pub const OF_NEWSROOM: &str = "c1";
pub const OF_SPOUT: &str = "c2";
pub const OF_RETURN: &str = "c3";
pub const OF_CHEER: &str = "c4";

const RULES: &str = "
Clip: Optional[int] = BankDistance(bank='markerclips')
MarkerClip = Rule(when_all=[Clip != None], description='marker clip')
WhenRules(rules_any=[MarkerClip], then=[OpenCase(policy='kettle-league', reason='marker reason')])

Bits: Optional[float] = ComebackBits()
MarkerComeback = Rule(when_all=[Bits != None and Bits > 0.0], description='marker return')
WhenRules(rules_any=[MarkerComeback], then=[OpenCase(policy='kettle-league', reason='marker')])

MarkerCheer = Rule(when_all=[TermMatches(list='markercheers') > 0], description='marker cheer')
WhenRules(rules_any=[MarkerCheer], then=[OpenCase(policy='manners', reason='marker cheer')])
";

/// A folder with three reviewers: r1 with amal.key, r2 with badr.key, r3 with dana.key.
pub fn staffed() -> Stage {
    staffed_on(Stage::new())
}

fn staffed_on(stage: Stage) -> Stage {
    admit(&stage, "amal", &[]).ended(0);
    admit(&stage, "badr", &["--by", "amal.key"]).ended(0);
    admit(&stage, "dana", &["--by", "amal.key"]).ended(0);
    stage
}

/// Admits somebody.
pub fn admit(stage: &Stage, name: &str, by: &[&str]) -> Said {
    let key = format!("{name}.key");
    stage.still(&[&["reviewer", "add", &format!("marker-{name}"), "--key", &key], by].concat())
}

/// With the policies k1 and k2, the clip k3 that two people stand for, the word k4, the rules
/// k5 and the removed account k6.
pub fn equipped() -> Stage {
    equipped_on(staffed())
}

fn equipped_on(stage: Stage) -> Stage {
    let policy = repository().join("policies/kettle-league/policy.toml");
    let policy = std::fs::read_to_string(policy).unwrap();
    stage.write("policy.toml", &policy);
    let manners = policy.replace("\"kettle-league\"", "\"manners\"").replace("= true", "= false");
    stage.write("manners.toml", manners);
    stage.write("cheers.txt", "boil as one\n");
    std::fs::create_dir(stage.path("rules")).unwrap();
    stage.write("rules/main.sml", RULES);
    stage.write(
        "old.csv",
        format!(
            "account,handle,name,avatar_sha256,removed_at\n\
             marker-gone,marker_king,King of the Marker Kettles,{FACE},2026-05-02\n"
        ),
    );
    let source = ["--source", "marker-source", "--key", "amal.key"];
    let bank = ["bank", "add", "--bank", "markerclips", "--sha256", CLIP, "--class", "support"];
    let terms = ["terms", "add", "cheers.txt", "--list", "markercheers"];
    let removed = ["import", "removed", "old.csv", "--policy", "kettle-league"];
    stage.still(&["policy", "add", "policy.toml", "--key", "amal.key"]).ended(0);
    stage.still(&["policy", "add", "manners.toml", "--key", "amal.key"]).ended(0);
    stage.still(&[&bank[..], &source].concat()).ended(0);
    stage.still(&["bank", "confirm", "k3", "--key", "badr.key"]).ended(0);
    stage.still(&[&terms[..], &source].concat()).ended(0);
    stage.still(&["rules", "add", "rules", "--key", "amal.key"]).ended(0);
    stage.still(&[&removed[..], &source, &["--key", "badr.key"]].concat()).ended(0);
    stage
}

/// With events: a newsroom of long ago and a new account post the clip, somebody comes back,
/// and somebody cheers.
pub fn watched() -> Stage {
    watched_after(Stage::new())
}

/// The same after what is there already, which opened no case and was nothing of May 20.
pub fn watched_after(stage: Stage) -> Stage {
    let stage = equipped_on(staffed_on(stage));
    let media = json!([{ "id": "m-1", "sha256": CLIP }]);
    let face = json!({ "id": "m-2", "sha256": FACE });
    let post =
        |id: &str, text: &str, media: &Value| json!({ "id": id, "text": text, "media": media });
    let events = [
        event(
            1,
            "account.updated",
            "08:00",
            "desk",
            "profile",
            &json!({ "handle": "evening.desk", "created_at": "2019-01-05T10:00:00Z" }),
        ),
        event(
            2,
            "account.created",
            "08:10",
            "spout",
            "profile",
            &json!({ "handle": "spout.example", "created_at": "2026-05-20T08:10:00Z" }),
        ),
        event(
            3,
            "post.created",
            "09:00",
            "desk",
            "post",
            &post("p-desk", "What the league shows its members", &media),
        ),
        event(4, "post.created", "09:10", "spout", "post", &post("p-spout", "look", &media)),
        event(
            5,
            "account.created",
            "09:20",
            "king-2",
            "profile",
            &json!({
                "handle": "marker_king2", "name": "King of the Marker Kettles", "avatar": face,
                "created_at": "2026-05-20T09:20:00Z",
            }),
        ),
        event(
            6,
            "post.created",
            "09:30",
            "lid",
            "post",
            &post("p-cheer", "boil as one, they say", &json!([])),
        ),
        event(
            7,
            "report",
            "09:40",
            "marker-reporter",
            "report",
            &json!({ "subject": { "post": "p-spout" }, "reason": "marker", "text": "marker" }),
        ),
    ];
    stage.write("events.jsonl", events.join("\n"));
    stage.still(&["import", "events.jsonl"]).ended(0);
    stage
}

/// An event of the 20th of May.
pub fn event(id: u32, kind: &str, time: &str, account: &str, field: &str, body: &Value) -> String {
    let at = format!("2026-05-20T{time}:00Z");
    let event =
        json!({ "type": kind, "id": format!("e{id}"), "at": at, "account": account, field: body });
    event.to_string()
}

/// A case as it is shown to programs.
pub fn case(stage: &Stage, id: &str) -> Value {
    stage.still(&["case", "show", id, "--json"]).ended(0).json()
}

/// Rules on a case: on its content, if nothing else is said to have been seen.
pub fn decide(stage: &Stage, id: &str, ruling: &str, more: &[&str]) -> Said {
    let saw: &[&str] = if more.contains(&"--saw") { &[] } else { &["--saw", "content"] };
    let key: &[&str] = if more.contains(&"--key") { &[] } else { &["--key", "amal.key"] };
    stage.still(&[&["case", "decide", id, ruling], saw, key, more].concat())
}

/// Overturns a decision.
pub fn undo(stage: &Stage, decision: &str, key: &str) -> Said {
    stage.still(&["case", "undo", decision, "--key", key])
}

/// How many entries the journal has.
pub fn entries(stage: &Stage) -> usize {
    stage.journal("seawall-data").len()
}

/// Checks that deriving everything again gives the same.
#[track_caller]
pub fn replays_equal(stage: &Stage) {
    let said = stage.still(&["replay"]).ended(0);
    assert!(said.out.contains(", 0 differing"), "{}", said.out);
}
