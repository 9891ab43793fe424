//! The event log over its files: repeats, altered events, turning over, crashes.
#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

use seawall_model::{EventId, EventKind, PlatformId, Position, Timestamp};
use seawall_store::{
    Access, Arrival, Candidate, Chance, Content, EventLog, Events, Folder, LogLimits, Outcome,
    check_file,
};
use std::path::Path;

struct Counting(u64);

impl Chance for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = self.0.to_le_bytes()[5];
        }
    }
}

struct Offered {
    id: EventId,
    account: Option<PlatformId>,
    bytes: Vec<u8>,
}

fn offered(id: &str, account: &str, bytes: &str) -> Offered {
    Offered {
        id: EventId::new(id).unwrap(),
        account: PlatformId::new(account).ok(),
        bytes: bytes.as_bytes().to_vec(),
    }
}

fn folder(dir: &Path) -> Folder {
    Folder::open(dir, Access::Write, &mut Counting(1)).unwrap()
}

fn open(folder: &Folder, segment_events_max: u64) -> EventLog {
    folder.event_log(LogLimits { segment_events_max }, Box::new(Counting(2))).unwrap()
}

fn append(log: &mut EventLog, batch: &[Offered], now: i64) -> Vec<Outcome> {
    let candidates: Vec<Candidate<'_>> = batch
        .iter()
        .map(|o| Candidate {
            id: &o.id,
            at: Timestamp::from_micros(now).unwrap(),
            kind: EventKind::PostCreated,
            account: o.account.as_ref(),
            other: None,
            bytes: &o.bytes,
        })
        .collect();
    let mut arrival = Arrival { now: Timestamp::from_micros(now).unwrap(), cursor: None };
    log.append(&candidates, &mut arrival).unwrap()
}

#[test]
fn the_latest_event_of_a_kind_is_told_by_account_over_all_files() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 2);
    for (id, account, now) in [("1", "a", 7), ("2", "b", 8), ("3", "a", 9), ("4", "c", 10)] {
        append(&mut log, &[offered(id, account, id)], now);
    }
    let mut reader = folder.log_reader().unwrap();
    let mut own =
        |name: &str| reader.accounts().find(&PlatformId::new(name).unwrap()).unwrap().unwrap();
    let expect = [("a", 9), ("b", 8), ("c", 10)]
        .map(|(name, now)| (own(name), Timestamp::from_micros(now).unwrap()));
    let latest = reader.latest_of(EventKind::PostCreated).unwrap();
    assert_eq!(latest, expect.into());
    assert!(reader.latest_of(EventKind::AccountReinstated).unwrap().is_empty());
}

fn words(outcomes: &[Outcome]) -> String {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Accepted(placed) => format!("{}", placed.position),
        Outcome::Duplicate(there) => format!("={there}"),
        Outcome::Altered(there) => format!("!{there}"),
    };
    outcomes.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_repeat_is_counted_and_an_altered_event_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 1_000);
    let batch = [offered("1", "amal", "x"), offered("2", "", "y"), offered("1", "amal", "x")];
    assert_eq!(words(&append(&mut log, &batch, 5)), "1 2 =1");
    let batch = [
        offered("2", "", "other"),
        offered("1", "basil", "x"),
        offered("1", "amal", "x"),
        offered("3", "amal", "x"),
    ];
    // The same bytes commit the same, so the account alone cannot make it another event.
    assert_eq!(words(&append(&mut log, &batch, 6)), "!2 =1 =1 3");
    drop(log);
    let mut log = open(&folder, 1_000);
    assert_eq!(words(&append(&mut log, &batch, 7)), "!2 =1 =1 =3");
}

#[test]
fn repeats_are_known_in_closed_files_too() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 100);
    let events: Vec<Offered> =
        (0..1_000).map(|n| offered(&format!("e{n}"), &format!("a{}", n % 7), "words")).collect();
    for batch in events.chunks(33) {
        append(&mut log, batch, 5);
    }
    assert!(std::fs::read_dir(dir.path().join("log")).unwrap().count() >= 9);
    for batch in events.chunks(50) {
        assert!(append(&mut log, batch, 6).iter().all(|o| matches!(o, Outcome::Duplicate(_))));
    }
    drop(log);
    let mut log = open(&folder, 100);
    assert_eq!(log.last().0, Position(1_000));
    assert_eq!(words(&append(&mut log, &[offered("e3", "a3", "changed")], 7)), "!4");
    for entry in std::fs::read_dir(dir.path().join("log")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "db") {
            assert_eq!(check_file(&path).unwrap(), seawall_store::Check::Sound);
        }
    }
}

#[test]
fn a_reader_sees_all_files_in_order_beside_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 10);
    for n in 0..35 {
        append(&mut log, &[offered(&format!("e{n}"), "amal", &format!("words {n}"))], 5 + n);
    }
    let mut reader = folder.log_reader().unwrap().verifying();
    let mut after = Position::START;
    let mut seen = Vec::new();
    loop {
        let chunk = reader.chunk(after, Position(33), 7).unwrap();
        let Some(last) = chunk.last() else { break };
        after = last.placed.position;
        seen.extend(chunk);
    }
    assert_eq!(seen.len(), 33);
    assert_eq!(seen[32].content, Content::Bytes(b"words 32".to_vec()));
    assert!(seen.is_sorted_by_key(|stored| stored.placed.position));
    let times = Timestamp::from_micros(20).unwrap()..Timestamp::from_micros(22).unwrap();
    let between = reader.chunk_between(Position::START, times, 99).unwrap();
    assert_eq!(between.iter().map(|s| s.placed.position.0).collect::<Vec<_>>(), [16, 17]);
    assert_eq!(reader.first().unwrap(), Some(Position(1)));
}

#[test]
fn arrival_never_goes_back_when_the_clock_does() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 100);
    append(&mut log, &[offered("1", "amal", "x")], 50);
    append(&mut log, &[offered("2", "amal", "x")], 40);
    drop(log);
    let mut log = open(&folder, 100);
    append(&mut log, &[offered("3", "amal", "x")], 30);
    let stored = folder.log_reader().unwrap().chunk(Position(0), Position(9), 9).unwrap();
    let times: Vec<i64> = stored.iter().map(|s| s.placed.received_at.micros()).collect();
    assert_eq!(times, [50, 50, 50]);
}

#[test]
fn an_erased_account_cannot_be_read_and_its_repeats_are_still_known() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 100);
    let batch = [offered("1", "amal", "private words"), offered("2", "basil", "other words")];
    append(&mut log, &batch, 5);
    let own = log.accounts().find(&PlatformId::new("amal").unwrap()).unwrap().unwrap();
    log.accounts().erase(&[own], Timestamp::MIN).unwrap();
    let stored = folder.log_reader().unwrap().chunk(Position(0), Position(9), 9).unwrap();
    assert_eq!(stored[0].content, Content::Erased);
    assert_eq!(stored[1].content, Content::Bytes(b"other words".to_vec()));
    assert_eq!(words(&append(&mut log, &batch, 6)), "=1 =2");
}

#[test]
fn whole_files_past_their_retention_are_dropped_with_their_ids() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 10);
    for n in 0..40 {
        append(&mut log, &[offered(&format!("e{n}"), "amal", "x")], n);
    }
    let cutoff = Timestamp::from_micros(25).unwrap();
    assert_eq!(log.past_retention(cutoff), Some((Position(1), Position(20))));
    log.drop_until(Position(20)).unwrap();
    assert_eq!(log.past_retention(cutoff), None);
    assert_eq!(words(&append(&mut log, &[offered("e3", "amal", "x")], 50)), "41");
    assert_eq!(words(&append(&mut log, &[offered("e30", "amal", "x")], 50)), "=31");
    drop(log);
    assert_eq!(open(&folder, 10).last().0, Position(41));
    assert_eq!(folder.log_reader().unwrap().first().unwrap(), Some(Position(21)));
}

#[test]
fn a_cursor_is_kept_with_its_events_and_moves_to_the_next_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 5);
    let source = [9; 32];
    for n in 0..12u8 {
        let event = offered(&format!("e{n}"), "amal", "x");
        let candidate = Candidate {
            id: &event.id,
            at: Timestamp::MIN,
            kind: EventKind::PostCreated,
            account: event.account.as_ref(),
            other: None,
            bytes: &event.bytes,
        };
        let mut cursor = |_: &[Outcome]| Ok((source, vec![n]));
        let mut arrival = Arrival { now: Timestamp::MIN, cursor: Some(&mut cursor) };
        log.append(&[candidate], &mut arrival).unwrap();
    }
    drop(log);
    let mut log = open(&folder, 5);
    assert_eq!(log.cursor(&source).unwrap(), Some(vec![11]));
    log.finish_cursor(&source).unwrap();
    assert_eq!(log.cursor(&source).unwrap(), None);
}

#[test]
fn a_flipped_byte_in_a_body_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let mut log = open(&folder, 100);
    append(&mut log, &[offered("1", "amal", "private words")], 5);
    drop(log);
    let path = dir.path().join("log/00000000000000000001.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("UPDATE event SET body = zeroblob(length(body))", []).unwrap();
    drop(conn);
    let error = folder.log_reader().unwrap().chunk(Position(0), Position(9), 9).unwrap_err();
    assert!(matches!(error, seawall_store::Error::DamagedEvent { position: 1 }), "{error}");
}
