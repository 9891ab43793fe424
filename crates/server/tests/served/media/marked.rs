//! What is marked as suspected child abuse leaves every screen and bank at once, and only who holds
//! the route opens it. The picture is a generated one: stripes.

use serde_json::{Value, json};

use super::{World, digest, hex, look_of_near, look_of_picture, named, picture};
use crate::league::replays_equal;
use crate::stage::Stage;

/// The picture as an event names it, with how it looks.
fn told() -> Value {
    json!({
        "id": "marker-file", "sha256": hex(&digest(&picture())), "pdq": hex(&look_of_picture()),
    })
}

/// Nothing that leads to the picture stands in a text.
#[track_caller]
fn tells_nothing(text: &str) {
    for trace in [hex(&digest(&picture())), hex(&look_of_picture()), "marker-file".into()] {
        assert!(!text.contains(&trace[..11]), "{trace}: {text}");
    }
}

fn mark(world: &World, case: &str) {
    let asked = json!({ "case": case });
    let marked = world.by_with(&world.reviewer, "POST", &picture(), "/mark", &asked).json(200);
    assert_eq!((&marked["state"], &marked["route"]), (&json!("marked"), &json!("north hotline")));
}

#[test]
fn it_leaves_every_screen_at_once_and_the_holder_of_the_route_opens_it() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[told(), named(b"other")]).unwrap();
    world.put(&picture()).json(201);
    let thumbnail = format!("/thumbnail?case={case}");
    let see = |what: &str| world.by(&world.reviewer, "GET", &picture(), what);
    assert_eq!(see(&thumbnail).status, 200);
    let asked = json!({ "case": case });
    let granted = world.by_with(&world.reviewer, "POST", &picture(), "/grants", &asked).json(201);
    let early = world.by(&world.senior, "GET", &picture(), "/handover");
    assert_eq!(early.problem(404), "not_found", "what is not marked is not handed over");
    mark(&world, &case);
    mark(&world, &case);
    assert_eq!(see(&thumbnail).problem(409), "conflict");
    let open = format!("?grant={}", granted["grant"].as_str().unwrap());
    assert_eq!(see(&open).problem(404), "not_found", "leave that was given has ended");
    let grant = world.by_with(&world.reviewer, "POST", &picture(), "/grants", &asked);
    assert_eq!(grant.problem(409), "conflict");
    let shown = world.case(&case);
    tells_nothing(&shown.to_string());
    let files = shown["content"]["post"]["media"].as_array().unwrap();
    assert_eq!(files.iter().map(|file| &file["marked"]).collect::<Vec<_>>(), [true, false]);
    assert_eq!(world.put(&picture()).json(200)["state"], "marked");

    // Another senior does not hold the route; neither does an admin or a machine.
    let other = world.server.let_in(&world.admin, "omar", &["senior"]);
    for who in [&other, &world.reviewer, &world.admin] {
        let refused = world.by(who, "GET", &picture(), "/handover");
        assert_eq!(refused.problem(403), "forbidden");
    }
    assert_eq!(world.by_key("GET", &picture(), "/handover", &json!({})).problem(403), "forbidden");
    assert!(world.journal("media_handed_over").is_empty());
    let handed = world.by(&world.senior, "GET", &picture(), "/handover");
    assert_eq!(handed.status, 200, "{}", handed.text);
    assert!(handed.bytes == picture());
    assert_eq!(handed.headers["content-disposition"], "attachment; filename=\"original\"");
    let [entry] = &world.journal("media_handed_over")[..] else { panic!("one entry tells it") };
    assert_eq!(entry["route"], "north hotline");
    let [marked] = &world.journal("media_marked")[..] else { panic!("one entry tells it") };
    assert_eq!(marked["media"], entry["media"]);
    assert_eq!((world.looks(1), world.looks(2), world.looks(3)), (1, 0, 1));

    let World { server, stage, .. } = world;
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let log = std::fs::read_to_string(stage.path("server.log")).unwrap();
    tells_nothing(&log);
    for args in [&["case", "show", &case][..], &["case", "show", &case, "--json"]] {
        let said = stage.still(args);
        assert!(said.out.contains("marked"), "{}", said.out);
        tells_nothing(&said.out);
    }
    assert!(!stage.journal("seawall-data").join("\n").contains(&hex(&digest(&picture()))[..12]));
}

/// Whether rules find a file, posted by somebody new.
fn is_found(world: &World, id: &str, file: Value) -> bool {
    world.posted(id, &format!("account-{id}"), &[file]).is_some()
}

fn near() -> Value {
    json!({ "id": "m-9", "pdq": hex(&look_of_near()) })
}

#[test]
fn nothing_is_compared_with_it_any_more_and_nothing_brings_it_back() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[told()]).unwrap();
    assert!(is_found(&world, "p-2", told()));
    assert!(is_found(&world, "p-3", near()));
    mark(&world, &case);
    assert!(!is_found(&world, "p-4", told()));
    assert!(!is_found(&world, "p-5", named(&picture())));
    assert!(!is_found(&world, "p-6", near()), "a copy that was changed a little leaves too");
    let clip = json!({ "sha256": crate::league::CLIP });
    assert!(is_found(&world, "p-7", clip.clone()), "all else is still found");
    let [marked] = &world.journal("media_marked")[..] else { panic!("one entry tells it") };
    assert_eq!(marked["entries"].as_array().unwrap().len(), 2, "{marked}");
    // A removal that says what the file is would bring it into the bank of confirmed files.
    let version = world.case(&case)["version"].clone();
    let ruling = json!({
        "ruling": "remove", "saw": "content", "version": version, "class": "other",
    });
    let path = format!("/v1/cases/{case}/rulings");
    let ruled = world.server.by(&world.reviewer, "POST", &path, &ruling).json(200);
    assert_eq!((&ruled["outcome"], &ruled["added"]), (&json!("decided"), &json!([])));
    // All of it counts after a start too.
    let world = world.again();
    assert!(!is_found(&world, "p-8", told()));
    assert!(!is_found(&world, "p-9", near()));
    assert!(is_found(&world, "p-10", clip));
    let World { server, stage, .. } = world;
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
    let banks = stage.still(&["bank", "list"]).ended(0).out;
    tells_nothing(&banks);
    assert_eq!(banks.matches("marked as suspected").count(), 2, "{banks}");
    let pdq = hex(&look_of_picture());
    for hash in [["--sha256", &hex(&digest(&picture()))], ["--pdq", &pdq]] {
        let add = ["bank", "add", "--bank", "again", "--class", "other", "--source", "s"];
        let said = stage.still(&[&add[..], &hash, &["--key", "amal.key"]].concat());
        assert!(said.err.contains("marked"), "{}{}", said.out, said.err);
    }
}

#[test]
fn the_holder_takes_back_what_somebody_else_marked_by_mistake() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[told()]).unwrap();
    world.put(&picture()).json(201);
    let take_back = |who| world.by(who, "DELETE", &picture(), "/mark");
    assert_eq!(take_back(&world.senior).problem(404), "not_found");
    mark(&world, &case);
    // Another mark covers a copy, which stays hidden.
    let copy = json!({ "pdq": hex(&look_of_near()) });
    world.by_key("POST", b"a copy", "/mark", &copy).json(200);
    assert_eq!(take_back(&world.reviewer).problem(403), "forbidden");
    let other = world.server.let_in(&world.admin, "omar", &["senior"]);
    assert_eq!(take_back(&other).problem(403), "forbidden");
    assert_eq!(take_back(&world.senior).status, 204);
    assert!(is_found(&world, "p-2", named(&picture())), "it is found by its digest again");
    assert!(!is_found(&world, "p-3", near()), "the copy is marked still");
    let thumbnail = format!("/thumbnail?case={case}");
    let hidden = world.by(&world.reviewer, "GET", &picture(), &thumbnail);
    assert_eq!(hidden.status, 404, "it looks like the copy: {}", hidden.text);
    assert_eq!(world.by_with(&world.senior, "DELETE", b"a copy", "/mark", &json!({})).status, 204);
    assert_eq!(world.by(&world.reviewer, "GET", &picture(), &thumbnail).status, 200);
    assert!(is_found(&world, "p-4", near()));
    let world = world.again();
    assert_eq!(world.by(&world.reviewer, "GET", &picture(), &thumbnail).status, 200);
    // Nobody takes back what they marked themselves.
    world.by(&world.senior, "POST", &picture(), "/mark").json(200);
    assert_eq!(world.by(&world.senior, "DELETE", &picture(), "/mark").problem(409), "conflict");
    let World { server, stage, .. } = world;
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn a_machine_marks_what_nobody_sent_and_it_is_marked_when_it_comes() {
    let world = World::new();
    let asked = json!({ "pdq": hex(&look_of_picture()) });
    world.by_key("POST", &picture(), "/mark", &asked).json(200);
    let wrong = json!({ "pdq": "00" });
    assert_eq!(world.by_key("POST", &picture(), "/mark", &wrong).problem(422), "invalid");
    assert!(!is_found(&world, "p-1", told()));
    assert!(!is_found(&world, "p-2", near()));
    let [marked] = &world.journal("media_marked")[..] else { panic!("one entry tells it") };
    assert_eq!(marked["reviewer"], 0, "a machine's number is none of the journal's");
    let nothing = world.by(&world.senior, "GET", &picture(), "/handover");
    assert_eq!(nothing.problem(404), "not_found");
    assert!(nothing.text.contains("never uploaded"), "{}", nothing.text);
    assert_eq!(world.put(&picture()).json(201)["state"], "marked");
    assert!(world.by(&world.senior, "GET", &picture(), "/handover").bytes == picture());
}

#[test]
fn a_mark_that_a_crash_cut_off_is_told_at_the_next_start() {
    let world = World::new();
    world.posted("p-1", "amal", &[told()]).unwrap();
    let World { server, stage, key, .. } = world;
    assert_eq!(server.end(), 0);
    let args = super::args(&stage, super::CONFIG);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let dying = crate::server::Server::dying(&stage, &args, "media.marked:1");
    let path = format!("/v1/media/{}/mark", hex(&digest(&picture())));
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    assert!(!dying.answers("POST", &path, &headers, "{}"));
    let marked = |stage: &Stage| stage.journal("seawall-data").join("\n").contains("media_marked");
    assert!(!marked(&stage));
    let server = super::start(&stage, super::CONFIG);
    assert!(marked(&stage));
    assert_eq!(server.end(), 0);
    replays_equal(&stage);
}

#[test]
fn it_is_in_no_backup_and_outlives_erasure_and_retention_until_it_is_handed_over() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[told(), named(b"other")]).unwrap();
    for bytes in [&picture()[..], b"other", b"of nobody"] {
        assert_eq!(world.put(bytes).status, 201);
    }
    mark(&world, &case);
    let World { server, stage, .. } = world;
    assert_eq!(server.end(), 0);
    let files = |dir: &str| {
        let found = stage.shell(&format!("find {dir}/media -type f | wc -l"), None).out;
        found.trim().parse::<usize>().unwrap()
    };
    assert_eq!(files("seawall-data"), 3);
    stage.still(&["backup", "copy"]).ended(0);
    assert_eq!(files("copy"), 2);
    stage.still(&["restore", "copy", "--dir", "restored"]).ended(0);
    assert_eq!(files("restored"), 2);
    let restored = stage.still(&["doctor", "--dir", "restored"]).ended(1).out;
    assert!(restored.contains("1 file missing"), "{restored}");
    // What the account showed goes with it, but what is marked.
    stage.still(&["erase", "amal"]).ended(0);
    let night = stage.still(&["erase", "--run"]).ended(0).out;
    assert!(night.contains("1 file that they showed destroyed"), "{night}");
    assert_eq!(files("seawall-data"), 2);
    let past = stage.still_at("2027-06-01T00:00:00Z", &["erase", "--run"]).ended(0).out;
    assert!(past.contains("1 file of media past their 180 days destroyed"), "{past}");
    assert_eq!(files("seawall-data"), 1);
    let said = stage.still(&["doctor", "--quick"]).out;
    assert!(said.contains("1 marked file waits to be handed over"), "{said}");
}
