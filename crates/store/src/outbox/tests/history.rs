//! Any history against a plain wording of the outbox's rule.

use proptest::prelude::*;

use super::*;

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
        2 => ((1u64..12), 2usize..6).prop_map(|(action, told)| Step::Tell(action, Effect::ALL[told])),
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
