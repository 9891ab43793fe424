//! Every route of the OpenAPI document with every role and every scope: who may is what the
//! table says, before anything of the request is read.

use serde_json::{Value, json};

use seawall_server::access::{Openness, Operation, Scope};

use crate::server::{Server, Session};
use crate::stage::{Stage, repository};

const ROLES: [&str; 6] = ["reviewer", "senior", "analyst", "policy_author", "auditor", "admin"];

/// A route: its method, its path with the names of nothing that is there, and its operation.
struct Route {
    method: String,
    path: String,
    operation: Operation,
}

fn routes(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, stated) in methods.as_object().unwrap() {
            let name = stated["x-operation"].as_str();
            let name = name.unwrap_or_else(|| panic!("{method} {path} states no operation"));
            let filled = path.replace("{case}", "c999").replace("{decision}", "d999");
            let filled = filled.replace("{appeal}", "p999").replace("{action}", "a999?token=x");
            let filled = filled.replace("{instruction}", "a999").replace("{person}", "999");
            let filled = filled.replace("{key}", "999").replace("{session}", "999");
            let filled = filled.replace("{entry}", "k999").replace("{policy}", "k999");
            let filled = filled.replace("{wave}", "w999").replace("{code}", "too_large");
            let filled = filled.replace("{sha256}", &"ab".repeat(32));
            assert!(!filled.contains('{'), "{filled}");
            routes.push(Route {
                method: method.to_uppercase(),
                path: filled,
                operation: Operation::from_name(name).unwrap(),
            });
        }
    }
    routes
}

/// Whether a route itself asks for a password.
fn is_login(route: &Route) -> bool {
    route.operation == Operation::SessionsOpen
}

#[test]
fn the_document_is_the_one_that_is_published() {
    let stage = Stage::new();
    let printed = stage.seawall(&["openapi"]).ended(0).out;
    let published = repository().join("openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&published, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(published).unwrap_or_default();
    assert!(kept == printed, "run this test with UPDATE_OPENAPI=1 and look at the difference");
    let server = Server::start(&stage);
    let served = server.get("/openapi.json").json(200);
    assert_eq!(served, serde_json::from_str::<Value>(&kept).unwrap());
    assert_eq!(served["openapi"], "3.1.0");
}

#[test]
fn each_role_may_what_the_table_says_and_nothing_else() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let people: Vec<(&str, Session)> = ROLES
        .iter()
        .map(|role| (*role, server.let_in(&admin, &format!("is-{role}"), &[role])))
        .collect();
    let routes = routes(&server.get("/openapi.json").json(200));
    assert!(routes.len() > 25, "{}", routes.len());
    for route in &routes {
        let rule = route.operation.rule();
        // A live stream does not end, and a session ended here would end the test's own.
        let is_left = matches!(route.operation, Operation::LiveRead | Operation::SessionsOwn);
        for (role, session) in &people {
            if is_left {
                continue;
            }
            let status = server.by(session, &route.method, &route.path, &json!({})).status;
            let is_open = rule.openness != Openness::Known;
            let may = is_open || rule.roles.iter().any(|known| known.name() == *role);
            let refused = matches!(status, 401 | 403);
            let told = format!("{role}: {} {}: {status}", route.method, route.path);
            if rule.openness == Openness::SignedLink {
                assert!(status >= 400, "a link opens it, nothing else: {told}");
            } else {
                assert_eq!(may, !refused, "{told}");
            }
            assert!(status < 500, "{told}");
        }
        let public = server.public(&route.method, &route.path, "{}").status;
        let told = format!("anybody: {} {}: {public}", route.method, route.path);
        match rule.openness {
            Openness::Anyone => assert!(!matches!(public, 401 | 403) || is_login(route), "{told}"),
            Openness::SignedLink => assert!(public >= 400, "without the link: {told}"),
            Openness::Known => assert_eq!(public, 401, "{told}"),
        }
    }
}

#[test]
fn each_scope_of_a_key_opens_what_the_table_says() {
    let stage = Stage::new();
    let server = Server::start(&stage);
    let admin = server.login("alma");
    let routes = routes(&server.get("/openapi.json").json(200));
    for scope in Scope::ALL {
        let key = format!("Bearer {}", server.make_key(&admin, &[scope.name()]));
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        for route in &routes {
            let rule = route.operation.rule();
            let may = rule.openness == Openness::Anyone || rule.scope == Some(scope);
            let status = server.send(&route.method, &route.path, &headers, "{}").status;
            let told = format!("{}: {} {}: {status}", scope.name(), route.method, route.path);
            assert_eq!(may, !matches!(status, 401 | 403), "{told}");
            assert!(status < 500, "{told}");
        }
    }
}
