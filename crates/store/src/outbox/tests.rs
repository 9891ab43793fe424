//! Tests of the outbox: crafted ones, and random histories against a plain wording of its rule.

use proptest::prelude::*;

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
    for text in ["a1", "a12-undo", "a12-notice", "a12-answer", "a18446744073709551615"] {
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
    let refused = outbox.enqueue(1, &[large], Feed::Live, at(0)).unwrap_err().to_string();
    assert!(refused.starts_with("the payload of a1 has 20001 bytes"), "{refused}");
    assert_eq!(outbox.reached().unwrap(), 0);
    enqueue(&mut outbox, 1, &["a1"]);
    let sql = "SELECT payload FROM instruction";
    let sealed: Vec<u8> = outbox.conn.query_row(sql, [], |row| row.get(0)).unwrap();
    let stands = |part: &[u8]| {
        ["outbox.db", "outbox.db-wal"].iter().any(|file| {
            let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
            bytes.windows(part.len()).any(|window| window == part)
        })
    };
    assert!(stands(&sealed), "the search finds what is there");
    assert!(!stands(b"marker of"));
    take(&mut outbox, 0);
    settle(&mut outbox, "a1", DELIVERED);
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

/// A row as the plain wording sees it.
#[derive(Clone, Debug)]
struct Plain {
    id: InstructionId,
    subject: u8,
    not_before: i64,
    next_at: i64,
    state: DeliveryState,
    is_sent: bool,
}

/// A history, told in the order in which things happened.
#[derive(Clone, Debug)]
enum Step {
    Act(u8, i64),
    Tell(u64, Effect),
    TakeBack(u64),
    Send(usize),
    Finish(DeliveryState),
    Later(i64),
    Replay(usize),
    GiveUp(usize),
    Wait(i64),
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let finish = prop_oneof![6 => Just(DELIVERED), 2 => Just(DEAD), 1 => Just(REFUSED)];
    let step = prop_oneof![
        6 => (0u8..3, prop_oneof![3 => Just(0i64), 1 => Just(30i64)])
            .prop_map(|(subject, held)| Step::Act(subject, held)),
        4 => (1u64..12).prop_map(Step::TakeBack),
        6 => (1usize..4).prop_map(Step::Send),
        6 => finish.prop_map(Step::Finish),
        2 => (0i64..20).prop_map(Step::Later),
        2 => ((1u64..12), any::<bool>()).prop_map(|(action, is_answer)| {
            Step::Tell(action, if is_answer { Effect::Answer } else { Effect::Notice })
        }),
        2 => (0usize..12).prop_map(Step::Replay),
        1 => (0usize..12).prop_map(Step::GiveUp),
        3 => (0i64..40).prop_map(Step::Wait),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Debug, Default)]
struct Model {
    rows: Vec<Plain>,
    in_flight: Vec<usize>,
    sent: Vec<InstructionId>,
    now: i64,
    actions: u64,
}

impl Model {
    fn find(&self, id: InstructionId) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }

    fn is_undone(&self, row: &Plain) -> bool {
        let undo = InstructionId { effect: Effect::Undo, ..row.id };
        row.id.effect == Effect::Do && self.find(undo).is_some()
    }

    /// Whether a dead letter or a held action before it keeps this unsent action back, or its
    /// own time does.
    fn is_held(&self, index: usize) -> bool {
        let row = &self.rows[index];
        let is_unsent =
            row.id.effect == Effect::Do && row.state == DeliveryState::Waiting && !row.is_sent;
        let earlier = |other: &usize| self.rows[*other].subject == row.subject;
        is_unsent
            && (row.not_before > self.now
                || (0..index).filter(earlier).any(|other| self.stops(other) || self.is_held(other)))
    }

    fn stops(&self, index: usize) -> bool {
        let row = &self.rows[index];
        row.state == DEAD && !self.is_undone(row) && !row.id.effect.only_tells()
    }

    /// Whether `earlier` stands in the way of `later`.
    fn is_in_way(&self, earlier: usize, later: usize) -> bool {
        let passes = self.rows[later].id.effect != Effect::Do;
        let row = &self.rows[earlier];
        match row.state {
            DeliveryState::Waiting if row.id.effect.only_tells() => row.next_at <= self.now,
            DeliveryState::Waiting => !(passes && self.is_held(earlier)),
            DeliveryState::Dead => {
                !passes && self.stops(earlier) && !self.is_undone(&self.rows[later])
            }
            _ => false,
        }
    }

    /// Which may be sent now.
    fn may_go(&self) -> Vec<InstructionId> {
        let may = |index: &usize| {
            let row = &self.rows[*index];
            let same = |other: &usize| self.rows[*other].subject == row.subject;
            row.state == DeliveryState::Waiting
                && row.next_at <= self.now
                && !self.in_flight.iter().any(same)
                && !(0..*index).filter(same).any(|earlier| self.is_in_way(earlier, *index))
        };
        (0..self.rows.len()).filter(may).map(|index| self.rows[index].id).collect()
    }

    fn act(&mut self, outbox: &mut Outbox, id: InstructionId, subject: u8, held: i64) {
        let now = self.now;
        let instruction = new(&id.to_string(), subject, now + held);
        outbox.enqueue(0, &[instruction], Feed::Live, at(now)).unwrap();
        let (not_before, state) = (now + held, DeliveryState::Waiting);
        let mut row = Plain { id, subject, not_before, next_at: not_before, state, is_sent: false };
        let done = self.find(InstructionId { effect: Effect::Do, ..id });
        let is_unsent = |done: &usize| !id.effect.only_tells() && !self.rows[*done].is_sent;
        if let Some(done) = done.filter(is_unsent) {
            self.rows[done].state = CANCELLED;
            row.state = CANCELLED;
        }
        self.rows.push(row);
    }

    fn send(&mut self, outbox: &mut Outbox, max: usize) {
        let may_go = self.may_go();
        let taken = outbox.take(at(self.now), max).unwrap();
        assert_eq!(taken.len(), may_go.len().min(max), "{may_go:?} may go, {taken:?} went");
        for due in taken {
            assert!(may_go.contains(&due.id), "{:?} went, and {may_go:?} may", due.id);
            let index = self.find(due.id).unwrap();
            self.rows[index].is_sent = true;
            self.in_flight.push(index);
            self.sent.push(due.id);
        }
    }

    fn finish(&mut self, outbox: &mut Outbox, state: DeliveryState) {
        let Some(index) = self.in_flight.pop() else { return };
        let number = outbox.get(self.rows[index].id).unwrap().unwrap().number;
        outbox.settle(number, state, SEEN, at(self.now)).unwrap();
        self.rows[index].state = state;
    }

    fn replay(&mut self, outbox: &mut Outbox, index: usize) {
        let Some(row) = self.rows.get(index).cloned() else { return };
        let later = self.rows[index + 1..].iter();
        let overtakes =
            |l: &Plain| l.subject == row.subject && l.is_sent && !l.id.effect.only_tells();
        let has_its_place = row.id.effect.only_tells() || !later.clone().any(overtakes);
        let may =
            (row.state == DEAD || row.state == REFUSED && has_its_place) && !self.is_undone(&row);
        let replayed = outbox.replay(row.id, at(self.now));
        assert_eq!(replayed.is_ok(), may, "{row:?}: {replayed:?}");
        if may {
            self.rows[index].state = DeliveryState::Waiting;
            self.rows[index].next_at = self.now;
        }
    }

    fn step(&mut self, outbox: &mut Outbox, step: Step) {
        match step {
            Step::Act(subject, held) => {
                self.actions += 1;
                let id = InstructionId { action: self.actions, effect: Effect::Do };
                self.act(outbox, id, subject, held);
            }
            Step::TakeBack(action) => {
                let undo = InstructionId { action, effect: Effect::Undo };
                let done = self.find(InstructionId { effect: Effect::Do, ..undo });
                if let (Some(done), None) = (done, self.find(undo)) {
                    self.act(outbox, undo, self.rows[done].subject, 0);
                }
            }
            Step::Tell(action, effect) => {
                let told = InstructionId { action, effect };
                let done = self.find(InstructionId { effect: Effect::Do, ..told });
                if let (Some(done), None) = (done, self.find(told)) {
                    self.act(outbox, told, self.rows[done].subject, 0);
                }
            }
            Step::Send(max) => self.send(outbox, max),
            Step::Finish(state) => self.finish(outbox, state),
            Step::Later(delay) => {
                let Some(index) = self.in_flight.pop() else { return };
                let number = outbox.get(self.rows[index].id).unwrap().unwrap().number;
                self.rows[index].next_at = self.now + delay;
                outbox.retry_later(number, at(self.now + delay), SEEN).unwrap();
            }
            Step::Replay(index) => self.replay(outbox, index),
            Step::GiveUp(index) => {
                let Some(row) = self.rows.get_mut(index) else { return };
                let given = outbox.give_up(row.id, at(self.now));
                assert_eq!(given.is_ok(), row.state.is_dead_letter());
                if given.is_ok() {
                    row.state = CANCELLED;
                }
            }
            Step::Wait(seconds) => self.now += seconds,
            Step::Crash => self.in_flight.clear(),
        }
    }

    /// Delivers all that is left, dead letters replayed.
    fn drain(&mut self, outbox: &mut Outbox) {
        self.now += 1_000;
        for round in 0..200 {
            assert!(round < 199, "it ends");
            (0..self.rows.len())
                .filter(|index| self.rows[*index].state == DEAD)
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|index| self.replay(outbox, index));
            self.send(outbox, 99);
            if self.in_flight.is_empty() {
                break;
            }
            while !self.in_flight.is_empty() {
                self.finish(outbox, DELIVERED);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_history_goes_by_the_rule(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let mut outbox = open(dir.path());
        outbox.conn.pragma_update(None, "synchronous", "OFF").unwrap();
        let mut model = Model::default();
        for step in steps {
            if matches!(step, Step::Crash) {
                drop(outbox);
                outbox = open(dir.path());
                outbox.conn.pragma_update(None, "synchronous", "OFF").unwrap();
            }
            model.step(&mut outbox, step);
        }
        model.drain(&mut outbox);
        for row in &model.rows {
            let kept = outbox.get(row.id).unwrap().unwrap();
            prop_assert_eq!(kept.state, row.state, "{:?}", row);
            let is_stuck = matches!(row.state, DeliveryState::Waiting)
                || row.state == DEAD && !model.is_undone(row);
            prop_assert!(!is_stuck, "{:?} never went", row);
            // Never suspended after reinstated, and nothing reinstated that was not suspended.
            if row.id.effect == Effect::Undo {
                let done = InstructionId { effect: Effect::Do, ..row.id };
                let first_undo = model.sent.iter().position(|sent| *sent == row.id);
                let last_done = model.sent.iter().rposition(|sent| *sent == done);
                prop_assert!(first_undo.is_none() || last_done < first_undo, "{:?}", model.sent);
                prop_assert!(first_undo.is_none() || last_done.is_some(), "{:?}", model.sent);
                prop_assert!(first_undo.is_some() || last_done.is_none(), "{:?}", model.sent);
            }
        }
    }
}
