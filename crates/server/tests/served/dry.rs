//! A dry run: what would be done is shown, and nothing is sent.

use serde_json::{Value, json};

use crate::league::{OF_SPOUT, replays_equal, watched};
use crate::rulings::admitted;
use crate::server::Server;
use crate::stage::{CLOCK, SEED};
use crate::story::{configured, platform};

#[test]
fn a_dry_run_shows_what_would_be_done_and_sends_nothing() {
    let stage = watched();
    let (address, hooks) = platform();
    let config = configured(&stage, address);
    let text = std::fs::read_to_string(&config).unwrap();
    stage.write("seawall.toml", format!("{text}dry_run = true\n"));
    let args = ["--config", &config, "--test-clock", CLOCK, "--test-seed", SEED];
    let server = Server::start_with(&stage, &args);
    let admin = admitted(&stage, &server);
    let rami = server.let_in(&admin, "rami", &["reviewer"]);
    let path = format!("/v1/cases/{OF_SPOUT}");
    let case = server.by(&rami, "GET", &path, &json!({})).json(200);
    let ruling = json!({ "ruling": "remove", "saw": "content", "version": case["version"] });
    let decided = server.by(&rami, "POST", &format!("{path}/rulings"), &ruling).json(200);
    let shown = || {
        let page = server.by(&admin, "GET", "/v1/delivery?state=dry_run", &json!({}));
        page.json(200)["instructions"].as_array().unwrap().clone()
    };
    let mut rows = shown();
    while rows.len() < 3 {
        std::thread::yield_now();
        rows = shown();
    }
    let brief = |row: &Value| {
        let [verb, about, case] = ["verb", "about", "case"].map(|name| row[name].clone());
        (verb, about, case)
    };
    let expect = ["restrict", "unrestrict", "remove"]
        .map(|verb| (json!(verb), json!("post"), json!(OF_SPOUT)));
    assert_eq!(rows.iter().map(brief).collect::<Vec<_>>(), expect);
    assert_eq!(rows[2]["decision"], decided["decision"]);
    let page = server.by(&admin, "GET", "/v1/delivery", &json!({}));
    assert!(!page.text.contains("spout"), "who runs the server is told of nobody");
    assert_eq!(server.end(), 0);
    assert!(hooks.try_recv().is_err(), "nothing is sent");
    replays_equal(&stage);
}
