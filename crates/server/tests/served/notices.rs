//! What the account is told beside the actions: notices that an order withheld, and what became
//! of an appeal.

use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use crate::league::{CLIP, OF_SPOUT, event, replays_equal};
use crate::server::{Server, Session};
use crate::stage::Stage;
use crate::story::{Hook, PATIENCE, begun, begun_told};

/// A week after the clock of the tests.
const IN_A_WEEK: &str = "2026-06-08T00:00:00Z";

/// The league's server with a case about a restricted post, its reviewers, and what the platform
/// is sent from here on.
fn begin() -> (Stage, Server, [Session; 4], Receiver<Hook>) {
    let (stage, server, admin, hooks) = begun();
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let sana = server.let_in(&admin, "sana", &["reviewer"]);
    let tala = server.let_in(&admin, "tala", &["senior"]);
    (stage, server, [rami, sana, tala, admin], hooks)
}

/// The next webhook, verified, whose id ends so.
fn next(hooks: &Receiver<Hook>, id: &str) -> Value {
    let hook = hooks.recv_timeout(PATIENCE).unwrap();
    hook.verify();
    assert!(hook.header("webhook-id").ends_with(id), "{id}: {}", hook.header("webhook-id"));
    hook.json()
}

fn withholding() -> String {
    format!("/v1/cases/{OF_SPOUT}/withholding")
}

fn order(until: &str) -> Value {
    json!({ "order": "N-2026/118", "until": until })
}

fn removes(server: &Server, by: &Session) {
    let case = server.by(by, "GET", &format!("/v1/cases/{OF_SPOUT}"), &json!({})).json(200);
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": case["version"] });
    let path = format!("/v1/cases/{OF_SPOUT}/rulings");
    assert_eq!(server.by(by, "POST", &path, &ruling).json(200)["outcome"], "decided");
}

#[test]
fn what_an_order_forbids_to_tell_is_told_when_it_ends() {
    let (stage, server, [rami, _, tala, admin], hooks) = begin();
    let put = |by: &Session, order: &Value| server.by(by, "PUT", &withholding(), order);
    assert_eq!(put(&rami, &order(IN_A_WEEK)).problem(403), "forbidden");
    let long = order("2026-09-01T00:00:00Z");
    assert_eq!(put(&tala, &long).problem(422), "invalid", "longer than six weeks");
    let named = json!({ "order": "an order: see <b>", "until": IN_A_WEEK });
    assert_eq!(put(&tala, &named).problem(422), "invalid");
    let lift = || server.by(&tala, "DELETE", &withholding(), &json!({}));
    assert_eq!(lift().problem(409), "conflict", "there is none");
    let unsigned = server.let_in_unsigned(&admin, "suha", &["senior"]);
    assert_eq!(put(&unsigned, &order(IN_A_WEEK)).problem(422), "refused", "nobody answers for it");
    let taken = put(&tala, &order(IN_A_WEEK)).json(200);
    assert_eq!((&taken["until"], &taken["told_before"]), (&json!(IN_A_WEEK), &json!(["a1"])));
    let case = server.by(&rami, "GET", &format!("/v1/cases/{OF_SPOUT}"), &json!({})).json(200);
    assert_eq!(case["notices_withheld_until"], IN_A_WEEK);

    removes(&server, &rami);
    for (id, verb) in [("-a1-undo", "unrestrict"), ("-a2", "remove")] {
        let told = next(&hooks, id)["data"].clone();
        assert_eq!(told["verb"], verb);
        assert_eq!((&told["notice"], &told["appeal"]), (&Value::Null, &Value::Null));
        assert_eq!(told["notice_withheld_until"], IN_A_WEEK);
    }
    assert_eq!(lift().status, 204);
    let told = next(&hooks, "-a2-notice");
    assert_eq!(told["type"], "seawall.notice");
    let told = &told["data"];
    assert_eq!(told["subject"], json!({ "type": "post", "post": "p-spout", "account": "spout" }));
    let [removal] = &told["notices"].as_array().unwrap()[..] else { panic!("{told}") };
    for language in ["ar", "en"] {
        let paragraphs = removal[language]["paragraphs"].as_array().unwrap();
        assert!(paragraphs.len() > 3, "a whole statement of reasons: {paragraphs:?}");
    }
    assert!(removal["en"].to_string().contains("removed"), "{removal}");
    assert!(told.to_string().len() < 20_000, "what receivers of Standard Webhooks take");
    assert_eq!((&removal["action"], &told["undone"]), (&json!("a2"), &json!(false)));
    let token = &removal["appeal"]["token"];
    let appeal = json!({ "action": told["action"], "text": "I report on it", "token": token });
    server.public("POST", "/v1/appeals", &appeal.to_string()).json(201);
    assert_eq!(put(&tala, &order(IN_A_WEEK)).problem(409), "conflict", "it was told");
    let case = server.by(&rami, "GET", &format!("/v1/cases/{OF_SPOUT}"), &json!({})).json(200);
    assert_eq!(case["notices_withheld_until"], Value::Null);
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn whoever_appealed_is_told_that_the_action_stands() {
    let (stage, server, [rami, sana, ..], hooks) = begin();
    removes(&server, &rami);
    next(&hooks, "-a1-undo");
    let told = next(&hooks, "-a2")["data"].clone();
    let token = &told["appeal"]["token"];
    let appeal = json!({ "action": "a2", "text": "I report on it", "token": token });
    server.public("POST", "/v1/appeals", &appeal.to_string()).json(201);
    let uphold = json!({ "ruling": "uphold" });
    server.by(&sana, "POST", "/v1/appeals/p1/rulings", &uphold).json(200);
    let told = next(&hooks, "-a2-answer");
    assert_eq!((&told["type"], &told["data"]["action"]), (&json!("seawall.notice"), &json!("a2")));
    let [notice] = &told["data"]["notices"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!(notice["appeal"], Value::Null, "once is enough");
    let said = notice["en"].to_string();
    assert!(said.contains("appeal"), "{said}");
    for never in ["sana", "rami", "marker", "desk"] {
        assert!(!said.contains(never), "law 8: {never}: {said}");
    }
    let listed = server.by(&sana, "GET", "/v1/delivery", &json!({})).json(200);
    let answer = listed["instructions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&answer["id"], &answer["verb"]), (&json!("a2-answer"), &json!("tell")));
    assert_eq!(server.end(), 0);
    assert!(hooks.try_recv().is_err(), "once");
    replays_equal(&stage);
}

/// What whoever holds the link of a notice gets: the form, the answer to their appeal, the form
/// again, and the answer to a second one.
fn by_link(server: &Server, told: &Value) -> [(u16, Value); 4] {
    let url = told["appeal"]["url"].as_str().unwrap();
    let form = url.strip_prefix("https://seawall.example").unwrap();
    let appeal = json!({
        "action": told["action"], "text": "I report on it", "token": told["appeal"]["token"],
    });
    let asks = [("GET", form), ("POST", "/v1/appeals"), ("GET", form), ("POST", "/v1/appeals")];
    asks.map(|(method, path)| {
        let body = if method == "GET" { String::new() } else { appeal.to_string() };
        let answer = server.public(method, path, &body);
        let mut told: Value = serde_json::from_str(&answer.text).unwrap();
        // Of the request, and of nothing else.
        told.as_object_mut().unwrap().remove("request_id");
        (answer.status, told)
    })
}

/// A server on which an order came, and what the platform was told of the restriction before it.
type Ordered = (Stage, Server, [Session; 3], Receiver<Hook>, Value);

/// What a link gives under an order, where this was decided meanwhile.
fn under_an_order(decide: impl FnOnce(&Server, &[Session; 3])) -> ([(u16, Value); 4], Ordered) {
    let (stage, server, admin, hooks, told) = begun_told();
    let people = [("rami", "reviewer"), ("sana", "reviewer"), ("tala", "senior")];
    let people = people.map(|(name, role)| server.let_in(&admin, name, &[role]));
    server.by(&people[2], "PUT", &withholding(), &order(IN_A_WEEK)).json(200);
    decide(&server, &people);
    (by_link(&server, &told), (stage, server, people, hooks, told))
}

#[test]
fn a_link_of_before_tells_nothing_of_what_is_decided_under_an_order() {
    let (nothing, before) = under_an_order(|_, _| {});
    assert_eq!(nothing[0], (200, json!({ "action": "a1", "in_force": true, "appeal": null })));
    assert_eq!((nothing[1].0, &nothing[1].1["state"]), (201, &json!("open")));
    assert_eq!(nothing[2].1["appeal"]["state"], "open");
    assert_eq!((nothing[3].0, &nothing[3].1["code"]), (409, &json!("conflict")));
    drop(before);

    let decided = under_an_order(|server, [rami, ..]| removes(server, rami));
    let (learned, (stage, server, [rami, sana, tala], hooks, told)) = decided;
    assert_eq!(learned, nothing, "byte for byte");
    // Whoever rules sees how it is, and that it settles itself.
    let page = server.by(&sana, "GET", "/v1/appeals?state=open", &json!({})).json(200);
    let row = &page["appeals"][0];
    assert_eq!((&row["state"], &row["may_rule"]), (&json!("open"), &json!([])));
    let ruled = server.by(&sana, "POST", "/v1/appeals/p1/rulings", &json!({ "ruling": "uphold" }));
    assert_eq!(ruled.problem(422), "refused");
    let case = server.by(&rami, "GET", &format!("/v1/cases/{OF_SPOUT}"), &json!({})).json(200);
    assert!(case["appeals"][0].as_str().unwrap().contains("granted when the order ends"));
    for id in ["-a1-undo", "-a2"] {
        assert_eq!(next(&hooks, id)["data"]["notice"], Value::Null);
    }
    assert_eq!(server.by(&tala, "DELETE", &withholding(), &json!({})).status, 204);
    assert_eq!(next(&hooks, "-a2-notice")["type"], "seawall.notice");
    assert_eq!(next(&hooks, "-a1-answer")["data"]["action"], "a1");
    let [form, ..] = by_link(&server, &told);
    assert_eq!(
        (&form.1["in_force"], &form.1["appeal"]["state"]),
        (&json!(false), &json!("granted"))
    );
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn a_link_of_before_tells_nothing_of_a_ruling_on_its_appeal_under_an_order() {
    let (_, (_stage, server, [_, sana, tala], hooks, told)) = under_an_order(|_, _| {});
    let form = |server: &Server| {
        let url = told["appeal"]["url"].as_str().unwrap();
        let path = url.strip_prefix("https://seawall.example").unwrap();
        server.public("GET", path, "").json(200)
    };
    let before = form(&server);
    let overturn = json!({ "ruling": "overturn" });
    server.by(&sana, "POST", "/v1/appeals/p1/rulings", &overturn).json(200);
    assert_eq!(next(&hooks, "-a1-undo")["data"]["notice"], Value::Null);
    assert_eq!(form(&server), before);
    server.by(&tala, "DELETE", &withholding(), &json!({}));
    next(&hooks, "-notice");
    let after = form(&server);
    assert_eq!((&after["in_force"], &after["appeal"]["state"]), (&json!(false), &json!("granted")));
}

#[test]
fn a_verdict_gives_no_notice_while_an_order_withholds_it() {
    let (stage, server, [_, _, tala, _], hooks) = begin();
    let told = |id: u32, kind: &str, field: &str, value: Value| -> Value {
        serde_json::from_str(&event(id, kind, "13:00", "lid", field, &value)).unwrap()
    };
    let post = json!({ "id": "p-lid", "text": "look", "media": [{ "id": "m-1", "sha256": CLIP }] });
    let ask = |events: &[Value]| {
        let answer = server.events("?wait=verdict", events).json(200);
        answer["verdicts"].as_array().unwrap().last().unwrap().clone()
    };
    // Nobody told how old the account is: nothing is done yet, and an order comes.
    let unknown = ask(&[told(70, "post.created", "post", post.clone())]);
    assert_eq!(unknown["verdict"], "publish", "{unknown}");
    let path = format!("/v1/cases/{}/withholding", unknown["case"].as_str().unwrap());
    server.by(&tala, "PUT", &path, &order(IN_A_WEEK)).json(200);
    let profile = json!({ "handle": "lid", "created_at": "2026-05-20T08:10:00Z" });
    let events =
        [told(71, "account.created", "profile", profile), told(72, "post.edited", "post", post)];
    let withheld = ask(&events);
    let hook = next(&hooks, "-a2")["data"].clone();
    for said in [&withheld, &hook] {
        assert_eq!(
            (&said["action"], &said["notice_withheld_until"]),
            (&json!("a2"), &json!(IN_A_WEEK))
        );
        assert_eq!(
            (said.get("notice"), said.get("appeal")),
            (Some(&Value::Null), Some(&Value::Null))
        );
    }
    assert_eq!(withheld["verdict"], "restricted");
    assert_eq!(server.by(&tala, "DELETE", &path, &json!({})).status, 204);
    let hook = next(&hooks, "-a2-notice")["data"].clone();
    let told = ask(&events);
    let sent = &hook["notices"][0];
    assert_eq!((&told["action"], &told["appeal"]), (&sent["action"], &sent["appeal"]));
    assert_eq!((&told["notice"]["en"], &told["notice"]["ar"]), (&sent["en"], &sent["ar"]));
    assert!(told["appeal"]["token"].is_string());
    assert!(told["notice"]["en"]["paragraphs"].is_array());
    assert_eq!(told.get("notice_withheld_until"), None);
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn somebody_else_has_an_order_last_longer() {
    let (stage, server, [_, _, tala, admin], _hooks) = begin();
    let put = |by: &Session, until: &str| server.by(by, "PUT", &withholding(), &order(until));
    put(&tala, IN_A_WEEK).json(200);
    put(&tala, "2026-06-05T00:00:00Z").json(200);
    put(&tala, IN_A_WEEK).json(200);
    let later = "2026-06-20T00:00:00Z";
    let refused = put(&tala, later);
    assert_eq!(refused.problem(409), "conflict");
    assert!(refused.text.contains("somebody else extends it"), "{}", refused.text);
    let suha = server.let_in(&admin, "suha", &["senior"]);
    assert_eq!(put(&suha, later).json(200)["until"], later);
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn the_view_of_a_case_points_to_no_command() {
    let (_stage, server, [rami, ..], _hooks) = begin();
    let list = server.by(&rami, "GET", "/v1/cases", &json!({})).json(200);
    let mut registers = 0;
    for row in list["cases"].as_array().unwrap() {
        let path = format!("/v1/cases/{}", row["case"].as_str().unwrap());
        let case = server.by(&rami, "GET", &path, &json!({})).json(200).to_string();
        for command in ["--", "KEYFILE", "seawall "] {
            assert!(!case.contains(command), "{command}: {case}");
        }
        registers += case.matches("GET /v1/protected").count();
    }
    assert!(registers > 0, "what there is to read is told by its route");
}
