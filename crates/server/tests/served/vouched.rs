//! Who answers for somebody's key: never whoever made the link that it came of, once two keys sign.

use serde_json::{Value, json};

use seawall_server::signing::ReviewerKey;

use crate::league::watched;
use crate::rulings::serving;
use crate::server::{Answer, PASSWORD, Server, Session};
use crate::stage::{CLOCK, SEED, Stage};

fn admission(server: &Server, by: &Session, of: &Session, body: &Value) -> Answer {
    let path = format!("/v1/people/{}/admission", of.person["person"]);
    server.by(by, "POST", &path, body)
}

/// Has another link made for somebody, uses it, and logs in as them.
fn takes_over(server: &Server, admin: &Session, of: &Session) -> Session {
    let path = format!("/v1/people/{}/reset", of.person["person"]);
    let link = server.by(admin, "POST", &path, &json!({})).json(201);
    let used = json!({ "token": link["token"], "password": PASSWORD }).to_string();
    server.public("POST", "/v1/links/use", &used).json(200);
    server.login(of.person["login"].as_str().unwrap())
}

/// An admin and the first reviewer, whom nobody but the admin could let in.
fn two_people(stage: &Stage) -> (Server, Session, Session) {
    let server = Server::bare(stage, &["--test-clock", CLOCK, "--test-seed", SEED]);
    let alma = server.first_admin(server.link().unwrap());
    let rami = server.let_in_unsigned(&alma, "rami", &["reviewer"]);
    let admitted = admission(&server, &alma, &rami, &json!({})).json(200);
    assert_eq!(admitted["reviewer"], "r2", "as long as one key signs, its person lets the next in");
    let rami = server.login("rami");
    (server, alma, rami)
}

#[test]
fn an_admin_who_takes_somebody_over_cannot_rule_as_two() {
    let stage = Stage::new();
    let (server, alma, rami) = two_people(&stage);
    let taken = takes_over(&server, &alma, &rami);
    let refused = admission(&server, &alma, &taken, &json!({}));
    assert_eq!(refused.problem(422), "refused");
    assert!(refused.text.contains("somebody else answers for it"), "{}", refused.text);
    let own = admission(&server, &taken, &taken, &json!({ "public_key": "00" }));
    assert!(own.status >= 400, "a key that is not admitted answers for nothing, nor for itself");
    let public = taken.person["public_key"].clone();
    let own = admission(&server, &taken, &taken, &json!({ "public_key": public }));
    assert_eq!(own.problem(422), "refused");
    let journal = stage.journal("seawall-data").join("\n");
    assert_eq!(journal.matches("\"type\":\"reviewer_added\"").count(), 2, "{journal}");
}

#[test]
fn somebody_else_who_asked_the_person_for_their_key_answers_for_it() {
    let stage = Stage::new();
    let (server, alma, rami) = two_people(&stage);
    let sana = server.let_in_unsigned(&alma, "sana", &["analyst"]);
    assert_eq!(admission(&server, &alma, &sana, &json!({})).problem(422), "refused");
    let blind = admission(&server, &rami, &sana, &json!({}));
    assert_eq!(blind.json(422)["pointer"], "/public_key");
    let wrong = json!({ "public_key": rami.person["public_key"] });
    let nobody = admission(&server, &rami, &sana, &wrong).json(404);
    let path = "/v1/people/999/admission";
    let there_is_none = server.by(&rami, "POST", path, &wrong).json(404);
    assert_eq!(nobody["detail"], there_is_none["detail"], "people are not counted by it");
    let right = json!({ "public_key": sana.person["public_key"] });
    let admitted = admission(&server, &rami, &sana, &right).json(200);
    assert_eq!(admitted["reviewer"], "r3");
    assert_eq!(server.by(&rami, "POST", "/v1/people", &json!({})).problem(403), "forbidden");
    // Whose password is lost is let in again by the third.
    let rami = takes_over(&server, &alma, &rami);
    let right = json!({ "public_key": rami.person["public_key"] });
    let again = admission(&server, &sana, &rami, &right).json(200);
    assert_eq!(again["reviewer"], "r2");
    assert_eq!(server.end(), 0);
    let said = stage.still(&["doctor"]);
    assert!(said.out.contains("signatures verified"), "{}", said.out);
}

#[test]
fn nobody_makes_links_as_somebody_whose_key_does_not_count() {
    let stage = Stage::new();
    let (server, alma, rami) = two_people(&stage);
    let ghost = server.let_in_unsigned(&alma, "ghost", &["admin"]);
    let path = format!("/v1/people/{}/reset", rami.person["person"]);
    let refused = server.by(&ghost, "POST", &path, &json!({}));
    assert_eq!(refused.problem(422), "refused");
    let body = json!({ "login": "other", "shown_name": "Other", "roles": ["reviewer"] });
    let refused = server.by(&ghost, "POST", "/v1/people", &body);
    assert_eq!(refused.problem(422), "refused");
    let listed = server.by(&alma, "GET", "/v1/people", &json!({}));
    assert!(!listed.text.contains("\"other\""), "{}", listed.text);
}

#[test]
fn a_signature_made_elsewhere_is_held_to_the_same() {
    let stage = watched();
    let (server, alma) = serving(&stage);
    let rami = server.let_in_unsigned(&alma, "rami", &["reviewer"]);
    assert_eq!(admission(&server, &alma, &rami, &json!({})).problem(422), "refused");
    let public = rami.person["public_key"].as_str().unwrap();
    let badr = ReviewerKey::read(&stage.path("badr.key")).unwrap();
    let signed = |reviewer: &str| {
        let signature = badr.sign(public.as_bytes());
        json!({ "signed": { "reviewer": reviewer, "signature": signature } })
    };
    let in_her_name = admission(&server, &alma, &rami, &signed("r4"));
    assert_eq!(in_her_name.problem(422), "refused");
    admission(&server, &alma, &rami, &signed("r2")).json(200);
}

#[test]
fn a_key_that_a_third_person_keeps_lets_the_second_of_two_in_again() {
    let stage = Stage::new();
    stage.still(&["reviewer", "add", "spare", "--key", "spare.key"]).ended(0);
    let server = Server::bare(&stage, &["--test-clock", CLOCK, "--test-seed", SEED]);
    let alma = server.first_admin(server.link().unwrap());
    let vouched = |of: &Session, was: &[&str]| {
        let public = of.person["public_key"].as_str().unwrap();
        let args = ["reviewer", "vouch", public, "--as", "r1", "--by", "spare.key"];
        let said = stage.still(&[&args[..], was].concat()).ended(0).out;
        serde_json::from_str::<Value>(&said).unwrap()
    };
    assert_eq!(admission(&server, &alma, &alma, &vouched(&alma, &[])).json(200)["reviewer"], "r2");
    let rami = server.let_in_unsigned(&alma, "rami", &["reviewer"]);
    assert_eq!(admission(&server, &alma, &rami, &json!({})).problem(422), "refused");
    assert_eq!(admission(&server, &alma, &rami, &vouched(&rami, &[])).json(200)["reviewer"], "r3");
    let rami = takes_over(&server, &alma, &rami);
    assert_eq!(admission(&server, &alma, &rami, &json!({})).problem(422), "refused");
    let wrong = admission(&server, &alma, &rami, &vouched(&rami, &[]));
    assert_eq!(wrong.problem(403), "forbidden", "it is over the number too");
    let again = admission(&server, &alma, &rami, &vouched(&rami, &["--was", "r3"]));
    assert_eq!(again.json(200)["reviewer"], "r3");
}
