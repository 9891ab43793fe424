//! Tests of the outbox: crafted ones here, any history beside.

mod history;

use super::*;
use crate::key::tests::Counting;

const DELIVERED: DeliveryState = DeliveryState::Delivered;
const REFUSED: DeliveryState = DeliveryState::Refused;
const DEAD: DeliveryState = DeliveryState::Dead;
const CANCELLED: DeliveryState = DeliveryState::Cancelled;
const SEEN: AttemptSeen = AttemptSeen { status: Some(500), error: Some("server error") };

fn open(dir: &Path) -> Outbox {
    let key = dir.join("key");
    let keys = FolderKeys::read(&key)
        .unwrap_or_else(|_| FolderKeys::make(&key, &mut Counting(1)).unwrap());
    Outbox::open(&dir.join("outbox.db"), &Arc::new(keys), Access::Write).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::MIN.plus_seconds(1_000 + seconds)
}

fn id(text: &str) -> InstructionId {
    InstructionId::parse(text).unwrap()
}

fn new(text: &str, subject: u8, not_before: i64) -> NewInstruction {
    let payload = format!("marker of {text}").into_bytes();
    NewInstruction { id: id(text), order_key: [subject; 16], not_before: at(not_before), payload }
}

fn enqueue(outbox: &mut Outbox, seq: u64, texts: &[&str]) -> Enqueued {
    let all: Vec<NewInstruction> = texts.iter().map(|text| new(text, 7, 0)).collect();
    outbox.enqueue(seq, &all, Feed::Live, at(0)).unwrap()
}

fn take(outbox: &mut Outbox, now: i64) -> Vec<String> {
    outbox.take(at(now), 99).unwrap().iter().map(|due| due.id.to_string()).collect()
}

fn settle(outbox: &mut Outbox, text: &str, state: DeliveryState) {
    let number = outbox.get(id(text)).unwrap().unwrap().number;
    outbox.settle(number, state, SEEN, at(0)).unwrap();
}

fn state(outbox: &Outbox, text: &str) -> DeliveryState {
    outbox.get(id(text)).unwrap().unwrap().state
}

#[test]
fn an_id_has_one_spelling() {
    for text in ["a1", "a12-undo", "a12-notice", "a12-notice-2", "a12-notice-3", "a12-answer"] {
        assert_eq!(id(text).to_string(), text);
    }
    for text in ["a18446744073709551615", "a18446744073709551615-notice-3"] {
        assert_eq!(id(text).to_string(), text);
    }
    for text in [
        "",
        "a",
        "12",
        "a01",
        "a+1",
        "a1-UNDO",
        "a1-undo-undo",
        "a1-answer-undo",
        "a1-notice-1",
        "a1-notice-4",
        "a18446744073709551616",
    ] {
        assert_eq!(InstructionId::parse(text), None, "{text}");
    }
}

#[test]
fn feeding_the_same_again_changes_nothing_and_the_cursor_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    assert_eq!(outbox.reached().unwrap(), 0);
    assert_eq!(enqueue(&mut outbox, 4, &["a1", "a2"]).new, 2);
    assert_eq!(take(&mut outbox, 0), ["a1"]);
    settle(&mut outbox, "a1", DELIVERED);
    drop(outbox);
    let mut outbox = open(dir.path());
    assert_eq!(enqueue(&mut outbox, 4, &["a1", "a2"]), Enqueued::default());
    assert_eq!(outbox.reached().unwrap(), 4);
    assert_eq!(take(&mut outbox, 0), ["a2"]);
    let counts = outbox.counts().unwrap();
    assert_eq!((counts.of(DELIVERED), counts.of(DeliveryState::Waiting)), (1, 1));
    assert_eq!(counts.oldest_waiting, Some(at(0)));
}

#[test]
fn what_was_not_sent_is_cancelled_by_its_undo_and_what_was_is_followed_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1", "a2"]);
    assert_eq!(take(&mut outbox, 0), ["a1"]);
    let enqueued = enqueue(&mut outbox, 2, &["a1-undo", "a2-undo"]);
    assert_eq!(enqueued.cancelled, [id("a2"), id("a2-undo")]);
    // A crash: whether a1 arrived is unknown, so it is sent again, and then taken back.
    drop(outbox);
    let mut outbox = open(dir.path());
    assert_eq!(take(&mut outbox, 0), ["a1"]);
    settle(&mut outbox, "a1", DEAD);
    assert_eq!(take(&mut outbox, 0), ["a1-undo"]);
    settle(&mut outbox, "a1-undo", DELIVERED);
    assert_eq!(state(&outbox, "a2-undo"), CANCELLED);
    let refused = outbox.replay(id("a1"), at(0)).unwrap_err().to_string();
    assert!(refused.contains("a1 was taken back since"), "{refused}");
}

#[test]
fn a_dead_letter_stops_later_actions_and_no_reversal() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1", "a2", "a3"]);
    for (text, state) in [("a1", DELIVERED), ("a2", DEAD)] {
        assert_eq!(take(&mut outbox, 0), [text]);
        settle(&mut outbox, text, state);
    }
    assert_eq!(take(&mut outbox, 0), [""; 0]);
    enqueue(&mut outbox, 2, &["a1-undo"]);
    assert_eq!(take(&mut outbox, 0), ["a1-undo"]);
    settle(&mut outbox, "a1-undo", DELIVERED);
    outbox.replay(id("a2"), at(0)).unwrap();
    assert_eq!(take(&mut outbox, 0), ["a2"]);
    settle(&mut outbox, "a2", DEAD);
    outbox.give_up(id("a2"), at(0)).unwrap();
    assert_eq!(take(&mut outbox, 0), ["a3"]);
    assert!(outbox.give_up(id("a3"), at(0)).is_err());
}

#[test]
fn what_was_refused_stops_nothing_and_is_not_replayed_out_of_order() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1", "a2"]);
    take(&mut outbox, 0);
    settle(&mut outbox, "a1", REFUSED);
    outbox.replay(id("a1"), at(5)).unwrap();
    let due = outbox.take(at(5), 9).unwrap();
    assert_eq!((due[0].attempt, due[0].round_attempt), (2, 1));
    assert_eq!(due[0].payload, b"marker of a1");
    settle(&mut outbox, "a1", REFUSED);
    assert_eq!(take(&mut outbox, 5), ["a2"]);
    assert!(outbox.replay(id("a1"), at(5)).unwrap_err().to_string().contains("overtaken"));
}

#[test]
fn what_is_replaced_is_taken_back_with_what_replaces_it_or_at_once_where_nothing_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1"]);
    assert_eq!(take(&mut outbox, 10), ["a1"]);
    settle(&mut outbox, "a1", DeliveryState::Delivered);
    let held = [new("a1-undo", 7, 100), new("a2", 7, 100)];
    outbox.enqueue(2, &held, Feed::Live, at(10)).unwrap();
    assert_eq!(take(&mut outbox, 99), [""; 0]);
    enqueue(&mut outbox, 3, &["a2-undo"]);
    assert_eq!(state(&outbox, "a2"), DeliveryState::Cancelled);
    assert_eq!(take(&mut outbox, 20), ["a1-undo"]);
    settle(&mut outbox, "a1-undo", DeliveryState::Delivered);

    enqueue(&mut outbox, 4, &["a3"]);
    assert_eq!(take(&mut outbox, 30), ["a3"]);
    settle(&mut outbox, "a3", DeliveryState::Delivered);
    let held = [new("a3-undo", 7, 100), new("a4", 7, 100)];
    outbox.enqueue(5, &held, Feed::Live, at(30)).unwrap();
    assert_eq!(take(&mut outbox, 100), ["a3-undo"]);
}

#[test]
fn an_undo_passes_what_is_held_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1"]);
    take(&mut outbox, 0);
    settle(&mut outbox, "a1", DELIVERED);
    outbox.enqueue(2, &[new("a2", 7, 600)], Feed::Live, at(0)).unwrap();
    enqueue(&mut outbox, 3, &["a3", "a1-undo"]);
    assert_eq!(outbox.next_at(at(0)).unwrap(), Some(at(600)));
    assert_eq!(take(&mut outbox, 0), ["a1-undo"]);
    assert_eq!(take(&mut outbox, 600), [""; 0], "one of a subject at a time");
    settle(&mut outbox, "a1-undo", DELIVERED);
    assert_eq!(take(&mut outbox, 600), ["a2"]);
    assert_eq!(enqueue(&mut outbox, 4, &["a3-undo"]).cancelled.len(), 2);
}

#[test]
fn a_rebuilt_outbox_takes_nothing_for_unsent_and_hears_what_was_settled() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    let rebuild = |outbox: &mut Outbox, seq, text: &str| {
        outbox.enqueue(seq, &[new(text, 7, 0)], Feed::Rebuild, at(0)).unwrap()
    };
    rebuild(&mut outbox, 1, "a1");
    outbox.apply(2, id("a1"), (DELIVERED, 3), Some(200), at(1)).unwrap();
    rebuild(&mut outbox, 3, "a2");
    assert_eq!(rebuild(&mut outbox, 4, "a2-undo").cancelled, []);
    assert_eq!(outbox.get(id("a1")).unwrap().unwrap().attempts, 3);
    assert_eq!(take(&mut outbox, 0), ["a2"]);
    settle(&mut outbox, "a2", DEAD);
    // An old outcome, told again after a replay, changes nothing.
    let due = outbox.take(at(0), 9).unwrap().remove(0);
    assert_eq!((due.id, due.takes_back), (id("a2-undo"), Some(DEAD)));
    outbox.settle(due.number, DEAD, SEEN, at(0)).unwrap();
    outbox.replay(due.id, at(0)).unwrap();
    for attempts in [1, 2] {
        outbox.apply(5, due.id, (DEAD, 1), None, at(2)).unwrap();
        assert_eq!(state(&outbox, "a2-undo"), DeliveryState::Waiting, "{attempts}");
        take(&mut outbox, 0);
    }
    // The crash came after the journal was told and before the outbox was.
    outbox.apply(5, due.id, (DEAD, 2), None, at(2)).unwrap();
    assert_eq!(state(&outbox, "a2-undo"), DEAD);
    // As a journal tells it of a letter that was replayed, and of what was cancelled unsent.
    outbox.apply(5, due.id, (DELIVERED, 3), Some(200), at(2)).unwrap();
    assert_eq!(state(&outbox, "a2-undo"), DELIVERED);
    rebuild(&mut outbox, 5, "a3");
    outbox.apply(5, id("a3"), (CANCELLED, 0), None, at(2)).unwrap();
    assert_eq!(state(&outbox, "a3"), CANCELLED);
    assert_eq!(outbox.reached().unwrap(), 5);
}

#[test]
fn nothing_is_taken_while_the_endpoint_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1"]);
    outbox.endpoint_gone(at(3)).unwrap();
    assert_eq!(take(&mut outbox, 9), [""; 0]);
    assert_eq!(outbox.counts().unwrap().gone_at, Some(at(3)));
    outbox.reopen().unwrap();
    assert_eq!(take(&mut outbox, 9), ["a1"]);
}

#[test]
fn a_payload_is_sealed_bounded_and_gone_once_settled() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    let mut large = new("a1", 7, 0);
    large.payload = vec![b'x'; PAYLOAD_BYTES_MAX + 1];
    let enqueued = outbox.enqueue(1, &[large], Feed::Live, at(0)).unwrap();
    assert_eq!(enqueued.untold, [id("a1")]);
    enqueue(&mut outbox, 1, &["a2"]);
    let sql = "SELECT payload FROM instruction WHERE action = 2";
    let sealed: Vec<u8> = outbox.conn.query_row(sql, [], |row| row.get(0)).unwrap();
    let stands = |part: &[u8]| {
        ["outbox.db", "outbox.db-wal"].iter().any(|file| {
            let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
            bytes.windows(part.len()).any(|window| window == part)
        })
    };
    assert!(stands(&sealed), "the search finds what is there");
    assert!(!stands(b"marker of"));
    assert!(!stands(&[b'x'; 40]));
    take(&mut outbox, 0);
    settle(&mut outbox, "a2", DELIVERED);
    outbox.sweep().unwrap();
    assert!(!stands(&sealed));
}

#[test]
fn pages_go_through_all_of_a_state() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    let all: Vec<NewInstruction> = (1..=7).map(|n| new(&format!("a{n}"), n, 0)).collect();
    outbox.enqueue(1, &all, Feed::Live, at(0)).unwrap();
    take(&mut outbox, 0);
    settle(&mut outbox, "a3", DEAD);
    let ids = |state, after| {
        let page = outbox.list(state, after, 3).unwrap();
        page.iter().map(|row| row.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 0), ["a1", "a2", "a3"]);
    assert_eq!(ids(None, 6), ["a7"]);
    assert_eq!(ids(Some(DEAD), 0), ["a3"]);
    assert_eq!(ids(Some(DeliveryState::Waiting), 2), ["a4", "a5", "a6"]);
}

#[test]
fn what_cannot_be_told_is_kept_and_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    let unwritten = |text: &str| NewInstruction { payload: Vec::new(), ..new(text, 7, 0) };
    let all = [unwritten("a1"), new("a2", 7, 0), unwritten("a3")];
    let enqueued = outbox.enqueue(4, &all, Feed::Live, at(0)).unwrap();
    assert_eq!((enqueued.new, &enqueued.untold[..]), (3, &[id("a1"), id("a3")][..]));
    assert_eq!(outbox.reached().unwrap(), 4);
    // Fed again, as after a crash.
    assert_eq!(outbox.enqueue(4, &all, Feed::Live, at(0)).unwrap(), Enqueued::default());
    assert_eq!(take(&mut outbox, 0), ["a2"]);
    settle(&mut outbox, "a2", DELIVERED);
    let seen = outbox.get(id("a1")).unwrap().unwrap();
    assert_eq!((seen.state, seen.attempts), (REFUSED, 0));
    assert_eq!(seen.last_error.as_deref(), Some("it could not be written"));
    assert_eq!(outbox.counts().unwrap().untold, 2);
    let refused = outbox.replay(id("a1"), at(0)).unwrap_err().to_string();
    assert!(refused.contains("never written"), "{refused}");
    // As its own entry of the journal tells it: that changes nothing.
    outbox.apply(5, id("a1"), (DEAD, 0), None, at(1)).unwrap();
    assert_eq!(state(&outbox, "a1"), REFUSED);
    // What the platform never heard of is not taken back there.
    let enqueued = enqueue(&mut outbox, 6, &["a3-undo"]);
    assert_eq!(enqueued.cancelled, [id("a3"), id("a3-undo")]);
    let enqueued = outbox.enqueue(7, &[unwritten("a1-undo")], Feed::Live, at(0)).unwrap();
    assert_eq!((&enqueued.untold[..], enqueued.cancelled.len()), (&[][..], 2));
    // What it has heard of is: that this cannot be said, is seen.
    let enqueued = outbox.enqueue(8, &[unwritten("a2-undo")], Feed::Live, at(0)).unwrap();
    assert_eq!(enqueued.untold, [id("a2-undo")]);
    assert_eq!(take(&mut outbox, 0), [""; 0]);
    outbox.give_up(id("a2-undo"), at(0)).unwrap();
    assert_eq!(outbox.counts().unwrap().untold, 0);
}

#[test]
fn what_only_tells_is_said_anew_until_it_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1"]);
    take(&mut outbox, 0);
    settle(&mut outbox, "a1", DELIVERED);
    enqueue(&mut outbox, 2, &["a1-notice", "a1-answer", "a1-notice-2"]);
    assert_eq!(take(&mut outbox, 0), ["a1-notice"]);
    let number = outbox.get(id("a1-notice")).unwrap().unwrap().number;
    outbox.retry_later(number, at(300), SEEN).unwrap();
    enqueue(&mut outbox, 3, &["a1-undo"]);
    let telling = outbox.telling(1).unwrap();
    let ids: Vec<String> = telling.iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(ids, ["a1-notice", "a1-answer", "a1-notice-2"]);
    assert_eq!(telling[0].1, b"marker of a1-notice");
    outbox.resay(id("a1-notice"), b"anew").unwrap();
    outbox.resay(id("a1-answer"), &[b'x'; PAYLOAD_BYTES_MAX + 1]).unwrap();
    for text in ["a1-answer", "a1-notice-2", "a1-undo"] {
        assert_eq!(take(&mut outbox, 0), [text], "the undo passes what is tried again later");
        settle(&mut outbox, text, DELIVERED);
    }
    let due = outbox.take(at(300), 9).unwrap().remove(0);
    assert_eq!((due.id, &due.payload[..]), (id("a1-notice"), &b"anew"[..]));
    settle(&mut outbox, "a1-notice", DELIVERED);
    outbox.resay(id("a1-notice"), b"once more").unwrap();
    assert!(outbox.telling(1).unwrap().is_empty());
}

#[test]
fn a_letter_that_was_released_lets_those_behind_it_go_also_after_the_outbox_was_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    let rebuild = |outbox: &mut Outbox, seq, text: &str| {
        outbox.enqueue(seq, &[new(text, 7, 0)], Feed::Rebuild, at(0)).unwrap()
    };
    rebuild(&mut outbox, 1, "a1");
    outbox.apply(2, id("a1"), (DEAD, 10), Some(500), at(1)).unwrap();
    rebuild(&mut outbox, 3, "a2");
    assert_eq!(take(&mut outbox, 2), [""; 0]);
    // As the journal tells of a release.
    outbox.apply(4, id("a1"), (CANCELLED, 10), Some(500), at(2)).unwrap();
    assert_eq!(state(&outbox, "a1"), CANCELLED);
    assert_eq!(take(&mut outbox, 2), ["a2"]);
}

#[test]
fn a_damaged_row_is_refused_and_stops_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = open(dir.path());
    enqueue(&mut outbox, 1, &["a1", "a2"]);
    outbox.enqueue(2, &[new("a3", 8, 0), new("a4-answer", 9, 90)], Feed::Live, at(0)).unwrap();
    let sql = "UPDATE instruction SET payload = CAST(x'00' || substr(payload, 2) AS BLOB) WHERE action IN (1, 4)";
    assert_eq!(outbox.conn.execute(sql, []).unwrap(), 2);
    assert_eq!(outbox.telling(4).unwrap(), [], "what waits says nothing, and no error");
    let mut taken = take(&mut outbox, 0);
    taken.sort();
    assert_eq!(taken, ["a2", "a3"], "what stands behind it too");
    assert_eq!(outbox.found_damaged(), [id("a1")]);
    assert_eq!(outbox.found_damaged(), [], "told once");
    let row = outbox.get(id("a1")).unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.settled_at), (REFUSED, 0, Some(at(0))));
    assert!(row.last_error.unwrap().contains("damaged"));
    let counts = outbox.counts().unwrap();
    assert_eq!((counts.untold, counts.of(REFUSED)), (1, 1));
    // Nothing was sent, so nothing is taken back.
    enqueue(&mut outbox, 3, &["a1-undo"]);
    assert_eq!((state(&outbox, "a1"), state(&outbox, "a1-undo")), (CANCELLED, CANCELLED));
    assert_eq!(take(&mut outbox, 90), [""; 0]);
    assert_eq!(state(&outbox, "a4-answer"), REFUSED);
}
