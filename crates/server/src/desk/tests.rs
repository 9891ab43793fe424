//! The desk over an engine that is open, as the server has it: lists, views, rulings.

use std::path::Path;

use clap::Parser;
use seawall_model::journal::Ruling;
use seawall_review::{Ruled, Saw};
use seawall_store::Entries;
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::list::{Cursor, State, Wanted};
use super::ruling::{Asked, Signer};
use super::*;
use crate::clock::Clock;
use crate::command::{Args, dispatch};
use crate::config::Config;
use crate::engine::{self, Opened, PeopleError, Settings};
use crate::signing::ReviewerKey;

const NOW: &str = "2026-06-01T00:00:00Z";
const CLIP: &str = "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
const RULES: &str = "
Clip: Optional[int] = BankDistance(bank='clips')
KnownClip = Rule(when_all=[Clip != None], description='known clip')
WhenRules(rules_any=[KnownClip], then=[OpenCase(policy='kettles', reason='known clip')])
Cheer = Rule(when_all=[TermMatches(list='cheers') > 0], description='cheer')
WhenRules(rules_any=[Cheer], then=[OpenCase(policy='kettles', reason='cheer')])
";
const POLICY: &str = "
id = \"kettles\"
title_ar = \"محتوى دوري الغلايات\"
title_en = \"Content of the kettle league\"
text_ar = \"لا غلايات\"
text_en = \"No kettles\"
reference = \"https://kettles.example/policies\"
terrorist_content = true
unattended_restrict_hours = 72
appeal_days = 180
";

/// A folder with two reviewers and seven cases, open.
struct Room {
    dir: tempfile::TempDir,
    opened: Opened,
    reader: LogReader,
    now: Timestamp,
}

/// Cases c1 to c4 are about a word, c5 to c7 about a known file.
fn events() -> String {
    let post = |n: usize| {
        let (text, media) = match n {
            1..=4 => ("boil as one", json!([])),
            _ => ("look", json!([{ "id": format!("m-{n}"), "sha256": CLIP }])),
        };
        let event = json!({
            "v": 1, "type": "post.created", "id": format!("e{n}"), "account": format!("own-{n}"),
            "at": format!("2026-03-02T{:02}:00:00Z", 10 + n),
            "profile": { "handle": format!("handle{n}") },
            "post": { "id": format!("p-{n}"), "text": text, "media": media },
        });
        format!("{event}\n")
    };
    (1..=7).map(post).collect()
}

impl Room {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let file = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            path(name)
        };
        let (amal, badr) = (path("amal.key"), path("badr.key"));
        let (policy, terms) = (file("policy.toml", POLICY), file("terms.txt", "boil as one\n"));
        let clips = file("clips.csv", &format!("hash\nsha256:{CLIP}\n"));
        std::fs::create_dir(dir.path().join("rules")).unwrap();
        file("rules/main.sml", RULES);
        let (rules, events) = (path("rules"), file("events.jsonl", &events()));
        let bank = ["bank", "add", "--bank", "clips", "--file", &clips, "--class", "support"];
        let signed = ["--source", "invented", "--key", &amal];
        for words in [
            &["reviewer", "add", "amal", "--key", &amal][..],
            &["reviewer", "add", "badr", "--key", &badr, "--by", &amal],
            &["policy", "add", &policy, "--key", &amal],
            &[&["terms", "add", &terms, "--list", "cheers"][..], &signed].concat(),
            &[&bank[..], &signed].concat(),
            &["rules", "add", &rules, "--key", &amal],
            &["import", &events],
        ] {
            let still = ["--test-clock", NOW, "--test-seed", "7", "--dir", &path("data")];
            let words = [&["seawall"], words, &still].concat();
            dispatch(&Args::parse_from(words)).unwrap();
        }
        let now = Timestamp::parse(NOW).unwrap();
        let config = Config::read(None).unwrap();
        let settings = Settings { config, clock: Clock::Still(now), test_seed: Some(7) };
        let opened = engine::open(Path::new(&path("data")), &settings).unwrap();
        let reader = opened.folder.log_reader().unwrap();
        Self { dir, opened, reader, now }
    }

    fn desk(&mut self) -> Desk<'_> {
        Desk::over(&self.opened.derivation, &mut self.reader, self.now)
    }

    fn key(&self, name: &str) -> ReviewerKey {
        ReviewerKey::read(&self.dir.path().join(format!("{name}.key"))).unwrap()
    }

    fn asked(&mut self, case: u64, ruled: Ruled, saw: Saw) -> seawall_model::journal::Says {
        let case = CaseId(case);
        let asked = Asked { case, version: None, ruled, saw, policy: None, class: None };
        ruling::says(&mut self.desk(), &asked).unwrap()
    }

    fn rule(
        &mut self,
        says: seawall_model::journal::Says,
        signer: &Signer<'_>,
    ) -> Result<Vec<Body>, PeopleError> {
        let Opened { folder, derivation, .. } = &mut self.opened;
        let mut chance = crate::chance::source(Some(9));
        ruling::rule(derivation, folder, says, signer, &mut *chance, self.now)
    }

    fn told(&mut self, case: u64, viewer: Viewer) -> Value {
        let view = view::case(&mut self.desk(), CaseId(case), viewer).unwrap();
        serde_json::to_value(view).unwrap()
    }

    fn listed(&mut self, wanted: &Wanted, limit: usize) -> Vec<String> {
        let (mut rows, mut after): (Vec<String>, Option<Cursor>) = (Vec::new(), None);
        loop {
            let mut desk = self.desk();
            let page = view::cases(&mut desk, wanted, Viewer::Folder, after, limit).unwrap();
            assert!(page.0.len() <= limit);
            rows.extend(page.0.into_iter().map(|row| row.case));
            assert!(rows.len() <= 7, "a page goes on where the one before ended: {rows:?}");
            after = page.1;
            if after.is_none() {
                return rows;
            }
        }
    }
}

const REMOVE: Ruled = Ruled::Act(seawall_model::ActionKind::Remove);

#[test]
fn pages_together_are_the_list_and_what_is_decided_goes_to_its_end() {
    let mut room = Room::new();
    let all = room.listed(&Wanted::default(), 100);
    assert_eq!(all, ["c5", "c6", "c7", "c1", "c2", "c3", "c4"], "files before words");
    for limit in [1, 2, 3, 7] {
        assert_eq!(room.listed(&Wanted::default(), limit), all, "by {limit}");
    }
    let first = CaseId::parse(&all[0]).unwrap();
    let (says, key) = (room.asked(first.0, Ruled::Keep, Saw::Content), room.key("amal"));
    room.rule(says, &Signer::Key(&key)).unwrap();
    assert_eq!(room.listed(&Wanted::default(), 2).last(), Some(&all[0]));
    let open = Wanted { state: Some(State::Open), policy: None };
    assert_eq!(room.listed(&open, 4), all[1..]);
    let other = Wanted { state: None, policy: Some("teapots".into()) };
    assert!(room.listed(&other, 4).is_empty());
}

#[test]
fn who_reads_second_is_blind_to_the_first() {
    let mut room = Room::new();
    let (first, second) = (ReviewerId(1), ReviewerId(2));
    let before = room.told(5, Viewer::Reviewer(second));
    let (says, key) = (room.asked(5, REMOVE, Saw::File), room.key("amal"));
    let followed = room.rule(says, &Signer::Key(&key)).unwrap();
    let came = view::outcome(&mut room.desk(), Some(CaseId(5)), &followed).unwrap();
    assert!(came.outcome == view::SetOut::Held && came.decision.is_none());
    assert!(!came.missing.is_empty());
    let held = json!([{ "reviewer": "r1", "ruled": "remove", "saw": "file" }]);
    for viewer in [Viewer::Folder, Viewer::Reviewer(first)] {
        let told = room.told(5, viewer);
        assert_eq!((&told["held"], &told["held_count"]), (&held, &json!(1)));
        assert!(told["needs_brief"].as_str().unwrap().starts_with("r1 ruled remove"));
    }
    // But for how many are held, nothing is told that was not told before.
    let mut blind = room.told(5, Viewer::Reviewer(second));
    assert_eq!((&blind["held"], &blind["held_count"]), (&json!([]), &json!(1)));
    let words = "1 ruling is held: a reviewer who reads it afresh";
    assert_eq!(blind["needs_brief"].as_str(), Some(words));
    for name in ["held_count", "needs_brief"] {
        blind[name] = before[name].clone();
    }
    assert_eq!(blind, before);
    let row = view::row(&mut room.desk(), CaseId(5), Viewer::Reviewer(second)).unwrap();
    assert_eq!(row.needs, words);
}

#[test]
fn a_signature_made_elsewhere_counts_and_a_forged_one_leaves_no_trace() {
    let mut room = Room::new();
    let says = room.asked(6, REMOVE, Saw::Content);
    let key = room.key("badr");
    let sign = |reviewer: u64| {
        let signature = key.sign(&Ruling { reviewer, says: says.clone() }.to_bytes());
        Signer::Signed { reviewer: ReviewerId(reviewer), signature }
    };
    let before = room.opened.derivation.journal().head();
    let forged = room.rule(says.clone(), &sign(1));
    assert!(matches!(forged, Err(PeopleError::Key(_))));
    assert_eq!(room.opened.derivation.journal().head(), before);
    let followed = room.rule(says.clone(), &sign(2)).unwrap();
    let came = view::outcome(&mut room.desk(), Some(CaseId(6)), &followed).unwrap();
    assert!(came.outcome == view::SetOut::Decided);
    let decision = came.decision.unwrap();
    assert_eq!((decision.case.as_deref(), &*decision.ruled), (Some("c6"), "remove"));
    assert_eq!((&*decision.reviewers, decision.state), (&["r2".to_owned()][..], "stands"));
    let about = serde_json::to_value(&decision.actions[0]).unwrap();
    assert_eq!(about["decision"], json!(decision.id));
    assert!(came.notices[0].en.paragraphs.concat().contains("p-6"), "its own post is named");
    assert!(came.notices[0].ar.subject.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c)));
    let told = room.told(6, Viewer::Folder);
    assert_eq!(told["in_force"][0], about);
    assert_eq!(told["decided"][0]["id"], json!(decision.id));
    assert_eq!(told["decided_by"], json!(decision.id));

    let id = DecisionId::parse(&decision.id).unwrap();
    let says = seawall_model::journal::Says::Overturn { decision: id.0 };
    let followed = room.rule(says, &Signer::Key(&room.key("amal"))).unwrap();
    let came = view::outcome(&mut room.desk(), None, &followed).unwrap();
    assert!(came.outcome == view::SetOut::Overturned);
    assert_eq!(came.overturned, Some(decision.id));
    assert_eq!(json!(came.reversed), json!([about["id"]]));
    assert_eq!((came.reopened, came.notices.len()), (vec!["c6".to_owned()], 1));
    let again = view::decision_of(&mut room.desk(), id).unwrap();
    assert_eq!(again.state, "overturned");
}

#[test]
fn decisions_are_paged_in_order_and_one_that_is_not_there_is_refused() {
    let mut room = Room::new();
    for case in [1, 2, 5] {
        let says = room.asked(case, Ruled::KeepDocuments, Saw::Content);
        let key = room.key("amal");
        room.rule(says, &Signer::Key(&key)).unwrap();
    }
    let (all, next) = view::decisions(&mut room.desk(), 0, 100).unwrap();
    assert_eq!(next, None);
    let all: Vec<String> = all.into_iter().map(|decision| decision.id).collect();
    let last = room.desk().judge().decisions().last().unwrap().0;
    assert_eq!((all.len() >= 3, all.last()), (true, Some(&last.to_string())));
    let (mut told, mut after) = (Vec::new(), 0);
    loop {
        let (page, next) = view::decisions(&mut room.desk(), after, 2).unwrap();
        told.extend(page.into_iter().map(|decision| decision.id));
        assert!(told.len() <= all.len(), "{told:?}");
        let Some(next) = next else { break };
        after = next;
    }
    assert_eq!(told, all);
    let unknown = view::decision_of(&mut room.desk(), DecisionId(9_999));
    assert!(matches!(unknown, Err(DeskError::NoDecision(DecisionId(9_999)))));
}

#[test]
fn what_cannot_be_meant_is_refused_before_it_is_signed() {
    let mut room = Room::new();
    let asked = |ruled, policy: Option<&str>, class| Asked {
        case: CaseId(5),
        version: None,
        ruled,
        saw: Saw::Content,
        policy: policy.map(str::to_owned),
        class,
    };
    let support = Some(seawall_model::knowledge::FileClass::Support);
    let refused = |room: &mut Room, asked: &Asked| {
        ruling::says(&mut room.desk(), asked).unwrap_err().to_string()
    };
    let class = refused(&mut room, &asked(Ruled::Keep, None, support));
    assert!(class.contains("`class`") && class.contains("leave it out"), "{class}");
    let policy = refused(&mut room, &asked(REMOVE, Some("teapots"), None));
    assert!(policy.contains("`teapots`"), "{policy}");
    // What is typed belongs to the command line.
    assert!(!class.contains("--") && !policy.contains("--"));
}

#[test]
fn what_is_sent_has_the_fields_its_schema_names() {
    let mut room = Room::new();
    let told = room.told(5, Viewer::Folder);
    assert_eq!(told["content"]["post"]["id"], json!("p-5"));
    assert_eq!(told["why"][0]["kind"], json!("bank_match"));
    assert_eq!(told["why"][0]["distance_bits"], json!(0));
    assert!(told["why"][0]["words"].as_str().unwrap().starts_with("its file is the same as k"));
    let row = view::row(&mut room.desk(), CaseId(5), Viewer::Folder).unwrap();
    let row = serde_json::to_value(row).unwrap();
    let names =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    for (told, schema) in [(told, view::CaseView::schema()), (row, view::CaseRow::schema())] {
        let schema = serde_json::to_value(schema).unwrap();
        assert_eq!(names(&schema["properties"]), names(&told));
    }
}
