//! What the account is told beside the actions: notices that an order withheld, and what became
//! of an appeal.

use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use crate::league::{OF_SPOUT, replays_equal};
use crate::server::{Server, Session};
use crate::stage::Stage;
use crate::story::{Hook, PATIENCE, begun};

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
