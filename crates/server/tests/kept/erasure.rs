//! What was erased is in no byte of the folder, and what is left still follows from it.

use std::path::PathBuf;

use rusqlite::Connection;
use seawall_model::journal::{Body, SpanReason, SubjectSeen};
use seawall_model::knowledge::KnowledgeKind;
use seawall_model::{AccountId, PlatformId};
use seawall_store::Content;

use crate::story::{REMOVED, Stream};
use crate::world::{Ran, World};

const STREAM: Stream = Stream("erasure");
/// The account that is erased, its handle, and words that only it and those who quote it say.
const ACCOUNT: &str = "marked-account-5f1c";
const HANDLE: &str = "marked.handle.5f1c";
const WORDS: &str = "marked words 5f1c";
/// Another account, which quotes the words.
const OTHER: &str = "quoting-account-9a";
/// Events around those of the account.
const AROUND: u64 = 1_300;

/// What the account did, one event a line.
fn deeds() -> String {
    format!(
        r#"{{"v":1,"type":"account.created","id":"m1","at":"2026-03-01T01:00:00Z","account":"{ACCOUNT}","profile":{{"handle":"{HANDLE}","name":"{WORDS}"}}}}
{{"v":1,"type":"post.created","id":"m2","at":"2026-03-01T02:00:00Z","account":"{ACCOUNT}","profile":{{"handle":"{HANDLE}"}},"post":{{"id":"mp2","text":"{WORDS} #tea_1"}}}}
{{"v":1,"type":"engagement","id":"m3","at":"2026-03-01T03:00:00Z","account":"{ACCOUNT}","engagement":{{"kind":"like","post":"op1"}}}}
{{"v":1,"type":"follow","id":"m4","at":"2026-03-01T04:00:00Z","account":"{ACCOUNT}","follow":{{"target":"{OTHER}"}}}}
"#
    )
}

/// What others did with it.
fn others() -> String {
    format!(
        r#"{{"v":1,"type":"follow","id":"o1","at":"2026-03-01T04:30:00Z","account":"{OTHER}","follow":{{"target":"{ACCOUNT}"}}}}
{{"v":1,"type":"post.created","id":"o2","at":"2026-03-01T05:00:00Z","account":"{OTHER}","post":{{"id":"op2","text":"Did you see: {WORDS}"}}}}
"#
    )
}

/// Inputs that are refused: the account's, and one that names nobody.
fn refused() -> String {
    let altered = deeds().lines().nth(1).unwrap().replace("#tea_1", "#tea_2");
    format!("{altered}\n{{\"account\":\"{ACCOUNT}\",\"text\":\"{WORDS}\"\nnobody said this\n")
}

/// A folder in which the account did its deeds, with a snapshot at the end.
fn lived() -> World {
    let world = World::knowing();
    let text = STREAM.lines(0, AROUND) + &deeds() + &others() + &refused();
    let ran = world.run(&["import", &world.file("lived.jsonl", &text)]).ended(1);
    assert_eq!((ran.count("accepted"), ran.count("rejected")), (AROUND + 6, 3));
    world
}

fn erase(world: &World) {
    let asked = world.fine(&["erase", ACCOUNT]).out;
    assert!(asked.starts_with("1 account will be erased"), "{asked}");
    let ran = world.fine(&["erase", "--run"]).out;
    assert!(ran.contains("erased 1 account, 2 rejects destroyed with them"), "{ran}");
}

fn own_id(world: &World) -> Option<u64> {
    let name = PlatformId::new(ACCOUNT).unwrap();
    world.open().accounts().unwrap().find(&name).unwrap().map(|own| own.0)
}

/// The secrets and sealed things of the account, as they stand in the databases.
fn sealed(world: &World) -> Vec<(String, Vec<u8>)> {
    let own = own_id(world).unwrap().cast_signed();
    let accounts = Connection::open(world.dir.join("accounts.db")).unwrap();
    let row = "SELECT secret, name, name_hash FROM account WHERE own = ?1";
    let [secret, name, hash]: [Vec<u8>; 3] =
        accounts.query_row(row, [own], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap();
    assert_eq!(secret.len(), 32);
    let rejects = Connection::open(world.dir.join("rejects.db")).unwrap();
    // The first two of the three refused inputs are the account's.
    let mut bodies = rejects.prepare("SELECT body FROM reject ORDER BY place LIMIT 2").unwrap();
    let bodies = bodies.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let mut found =
        vec![("secret".into(), secret), ("sealed name".into(), name), ("hash".into(), hash)];
    found.extend(bodies.map(|body| ("sealed reject".to_owned(), body.unwrap())));
    assert_eq!(found.len(), 5);
    found
}

/// What nobody may read in any file, erased or not.
fn plain(world: &World) -> Vec<(String, Vec<u8>)> {
    let words = [ACCOUNT, HANDLE, WORDS, OTHER].map(|text| (text.to_owned(), text.into()));
    let mut found = words.to_vec();
    for stored in world.log().into_iter().rev().take(6) {
        let Content::Bytes(bytes) = stored.content else { panic!("not erased yet") };
        found.push((format!("event {}", stored.placed.position), bytes));
    }
    found
}

/// The files that hold these bytes anywhere: in tables, free pages or write-ahead logs.
fn holding(world: &World, bytes: &[u8]) -> Vec<PathBuf> {
    let holds = |(path, file): (PathBuf, Vec<u8>)| {
        file.windows(bytes.len()).any(|window| window == bytes).then_some(path)
    };
    world.files().into_iter().filter_map(holds).collect()
}

#[track_caller]
fn check_gone(world: &World, what: &[(String, Vec<u8>)]) {
    for (name, bytes) in what {
        assert_eq!(holding(world, bytes), [] as [PathBuf; 0], "{name}");
    }
}

/// How many derived entries a replay compared.
fn compared(ran: &Ran) -> u64 {
    let (_, rest) = ran.out.split_once("compared ").unwrap();
    rest.split_once(' ').unwrap().0.replace(',', "").parse().unwrap()
}

#[test]
fn no_byte_of_an_erased_account_is_left() {
    let world = lived();
    let (sealed, plain) = (sealed(&world), plain(&world));
    check_gone(&world, &plain);
    for (name, bytes) in &sealed {
        assert!(!holding(&world, bytes).is_empty(), "the search finds the {name}");
    }
    let shown = world.fine(&["rejects"]).out;
    assert!(shown.contains(WORDS) && shown.contains("nobody said this"), "{shown}");
    erase(&world);
    check_gone(&world, &sealed);
    check_gone(&world, &plain);
    for name in ["accounts.db-wal", "rejects.db-wal"] {
        let left = std::fs::metadata(world.dir.join(name)).map_or(0, |data| data.len());
        assert_eq!(left, 0, "{name}");
    }
    let shown = world.fine(&["rejects"]).out;
    assert!(!shown.contains(WORDS) && shown.contains("nobody said this"), "{shown}");
    let erased = |content: &Content| *content == Content::Erased;
    let log = world.log();
    assert_eq!(log.iter().filter(|stored| erased(&stored.content)).count(), 4);
}

#[test]
fn a_program_that_only_looks_does_not_keep_what_is_erased() {
    let world = lived();
    let sealed = sealed(&world);
    // While these are open no write-ahead log is emptied by closing a database.
    let looking = ["accounts.db", "rejects.db"].map(|name| {
        let looking = Connection::open(world.dir.join(name)).unwrap();
        looking.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
        looking
    });
    erase(&world);
    check_gone(&world, &sealed);
    drop(looking);
}

#[test]
fn what_comes_after_an_erasure_is_verified_again() {
    let world = lived();
    assert!(compared(&world.fine(&["replay"])) > 10);
    erase(&world);
    world.sound();
    let blind = world.fine(&["replay"]);
    assert!(blind.out.contains("are unverifiable: content was erased or dropped"), "{blind:#?}");
    assert_eq!(compared(&blind), 0);
    world.stream(&STREAM.lines(AROUND, 2 * AROUND)).ended(0);
    world.sound();
    let after = world.fine(&["replay"]);
    assert!(after.out.contains("unverifiable") && compared(&after) > 10, "{after:#?}");
    // A second night: the part after the first erasure was verified before it goes.
    world.fine(&["erase", OTHER]);
    world.fine(&["erase", "--run"]);
    world.sound();
    let verified = world.journal().into_iter().filter_map(|recorded| match recorded.entry.body {
        Body::ReplayVerified { entries, differences, .. } => Some((entries, differences)),
        _ => None,
    });
    let verified: Vec<(u64, u64)> = verified.collect();
    assert!(
        verified.len() == 2 && verified.iter().all(|(e, d)| *e > 10 && *d == 0),
        "{verified:?}"
    );
}

#[test]
fn an_erased_account_that_acts_again_is_another_one() {
    let world = lived();
    let before = own_id(&world).unwrap();
    erase(&world);
    assert_eq!(own_id(&world), None);
    let again = world.stream(&deeds()).ended(0);
    assert_eq!((again.count("accepted"), again.count("duplicates")), (0, 4));
    assert_eq!(own_id(&world), None, "a repeat makes no account");
    let new = deeds().lines().next().unwrap().replace("\"m1\"", "\"m9\"") + "\n";
    assert_eq!(world.stream(&new).ended(0).count("accepted"), 1);
    assert!(own_id(&world).unwrap() > before);
    world.sound();
}

#[test]
fn a_state_that_was_lost_after_an_erasure_begins_a_new_span() {
    let world = lived();
    erase(&world);
    let spans = |world: &World| {
        let is_rebuilt = |body: &Body| {
            matches!(body, Body::SpanStarted { reason: SpanReason::StateRebuilt, .. })
        };
        let journal = world.journal();
        journal.iter().filter(|recorded| is_rebuilt(&recorded.entry.body)).count()
    };
    for entry in std::fs::read_dir(world.dir.join("snapshots")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(spans(&world), 0);
    let next = world.stream(&STREAM.lines(AROUND, 2 * AROUND)).ended(0);
    assert!(next.err.contains("the state was built again across erased content"), "{next:#?}");
    assert_eq!(spans(&world), 1);
    world.sound();
    assert!(compared(&world.fine(&["replay"])) > 10);
    world.fine(&["erase", "--list"]);
    assert_eq!(spans(&world), 1, "once");
}

#[test]
fn files_past_their_retention_are_destroyed() {
    let mut world = lived();
    let log_files = |world: &World| std::fs::read_dir(world.dir.join("log")).unwrap().count();
    world.stream(&STREAM.lines(AROUND, AROUND + 30)).ended(0);
    let before = log_files(&world);
    world.clock = world.clock.plus_seconds(300 * 86_400);
    let ran = world.fine(&["erase", "--run"]);
    assert!(ran.out.contains("destroyed: past their 180 days"), "{ran:#?}");
    assert!(log_files(&world) < before && world.log().len() < 40);
    assert!(world.fine(&["rejects"]).out.contains("0 refused inputs"));
    world.sound();
    assert!(world.fine(&["replay"]).out.contains("unverifiable"));
    // Their ids are forgotten with them.
    assert_eq!(world.stream(&STREAM.lines(0, 40)).ended(0).count("accepted"), 40);
    world.sound();
}

#[test]
fn a_log_of_which_retention_left_nothing_goes_on_where_it_was() {
    let mut world = World::with(
        "[log]\nsegment_events_max = 50\n[disk]\nfree_mib_min = 0\n[snapshots]\nevery_events = 9\n",
    );
    world.stream(&STREAM.lines(0, 50)).ended(0);
    // Repeats only: the next file is begun and stays empty.
    world.stream(&STREAM.lines(0, 50)).ended(0);
    world.clock = world.clock.plus_seconds(300 * 86_400);
    world.fine(&["erase", "--run"]);
    assert_eq!(world.log(), []);
    assert_eq!(world.stream(&STREAM.lines(0, 10)).ended(0).count("accepted"), 10);
    assert_eq!(world.log()[0].placed.position.0, 51, "no position is given twice");
    world.sound();
}

/// The sealed profiles of removed accounts, as they stand in the database. Their secrets are
/// no telling: with a test's seed every command makes the same ones.
fn sealed_removed(world: &World) -> Vec<(String, Vec<u8>)> {
    let knowledge = Connection::open(world.dir.join("knowledge.db")).unwrap();
    let kind = KnowledgeKind::Removed as u8;
    let mut rows = knowledge.prepare("SELECT number, body FROM entry WHERE kind = ?1").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((format!("k{}", row.get::<_, i64>(0)?), row.get(1)?));
    rows.query_map([kind], row).unwrap().map(Result::unwrap).collect()
}

#[test]
fn profiles_of_removed_accounts_are_destroyed_once_their_time_is_over() {
    let mut world = lived();
    let sealed = sealed_removed(&world);
    assert_eq!(sealed.len(), REMOVED.len());
    let said = world.fine(&["erase", "--run"]).out;
    assert!(said.contains("no account to erase"), "{said}");
    assert_eq!(sealed_removed(&world), sealed);
    world.clock = world.clock.plus_seconds(366 * 86_400);
    let said = world.fine(&["erase", "--run"]).out;
    assert!(said.contains("2 entries of knowledge about people destroyed"), "{said}");
    check_gone(&world, &sealed);
    world.sound();
    let cases = world.cases();
    world.stream(&STREAM.lines(AROUND, 2 * AROUND)).ended(0);
    assert!(world.cases() > cases, "files are known still");
    world.sound();
    let said = world.fine(&["erase", "--run"]).out;
    assert!(said.contains("no account to erase"), "{said}");
}

#[test]
fn the_sealed_profile_of_a_removed_account_outlives_its_erasure_and_the_answer_says_so() {
    let world = lived();
    let case = world.journal().into_iter().find_map(|recorded| match recorded.entry.body {
        Body::CaseOpened { case, subject: SubjectSeen::Account { account }, .. } => {
            Some((format!("c{case}"), AccountId(account)))
        }
        _ => None,
    });
    let (case, account) = case.unwrap();
    let decide = |key: &str| {
        let key = world.path(key).to_str().unwrap().to_owned();
        world.run(&["case", "decide", &case, "suspend", "--saw", "content", "--key", &key])
    };
    decide("amal.key").ended(0);
    assert_eq!(sealed_removed(&world).len(), REMOVED.len() + 1);
    let name = world.open().accounts().unwrap().name(account).unwrap().unwrap();
    world.fine(&["erase", &name]);
    let said = world.fine(&["erase", "--run"]).out;
    assert!(said.contains("1 profile of removed accounts among them stay sealed until"), "{said}");
    assert_eq!(sealed_removed(&world).len(), REMOVED.len() + 1);
    let shown = world.fine(&["case", "show", &case]).out;
    assert!(!shown.contains(&name) && shown.contains("(erased)"), "{shown}");
    world.sound();
}
