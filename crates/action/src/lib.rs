//! Action plans: what a ruling does on the platform, and what takes it back.
//!
//! [`plan`] gives the actions of a ruling; [`Actions`] remembers which of them are in force,
//! when they lapse, which decision each rests on, so that an overturn reverses exactly
//! those, and whether the platform did them. What ended is remembered for those who appeal.
//! Left out: delivery to a platform, strikes.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::{ActionPlanned, Outcome, SubjectSeen};
use seawall_model::{ActionKind, CaseId, DecisionId, EntryId, Timestamp};

/// Ended actions that are remembered, the newest, about 70 bytes each: 13 years of the quota of
/// actions. An appeal against an older one is refused by name.
pub const ENDED_MAX: usize = 1_000_000;

/// The actions of a ruling on a subject, numbered from `first`; none for what is kept.
///
/// A post is never suspended and an account never removed: what does not fit the subject
/// gives `None`.
#[must_use]
pub fn plan(
    kind: Option<ActionKind>,
    subject: SubjectSeen,
    first: u64,
    until: Option<Timestamp>,
) -> Option<Vec<ActionPlanned>> {
    let Some(kind) = kind else { return Some(Vec::new()) };
    if !fits(kind, subject) {
        return None;
    }
    let kind_name = kind.as_str().to_owned();
    let inverse = inverse(kind)?.to_owned();
    Some(vec![ActionPlanned { action: first, kind: kind_name, inverse, subject, until }])
}

/// Whether something of this kind can be done to such a subject.
#[must_use]
pub fn fits(kind: ActionKind, subject: SubjectSeen) -> bool {
    match (kind, subject) {
        (ActionKind::Suspend, SubjectSeen::Account { .. })
        | (ActionKind::Remove | ActionKind::Interstitial, SubjectSeen::Post { .. }) => true,
        (ActionKind::Restrict | ActionKind::Label, subject) => {
            !matches!(subject, SubjectSeen::Entry { .. })
        }
        _ => false,
    }
}

/// What takes an action back; `None` for what cannot be taken back.
#[must_use]
pub fn inverse(kind: ActionKind) -> Option<&'static str> {
    match kind {
        ActionKind::Restrict => Some("unrestrict"),
        ActionKind::Interstitial => Some("uncover"),
        ActionKind::Label => Some("unlabel"),
        ActionKind::Remove => Some("restore"),
        ActionKind::Suspend => Some("reinstate"),
        ActionKind::Share => Some("recall"),
        ActionKind::Destroy => None,
    }
}

/// An action in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The action.
    pub planned: ActionPlanned,
    /// The decision it rests on; `None` if it was taken unattended.
    pub decision: Option<DecisionId>,
    /// The case.
    pub case: CaseId,
    /// The bank's entry that matched exactly, where it was taken unattended.
    pub entry: Option<EntryId>,
    /// What became of telling the platform; `None` while nothing is known.
    pub carried: Option<Outcome>,
}

/// An action that was planned, in force or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// To what.
    pub subject: SubjectSeen,
    /// The decision it rests on or rested on; `None` if it was taken unattended.
    pub decision: Option<DecisionId>,
    /// The case.
    pub case: CaseId,
}

/// The actions in force, those that ended, and the next number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    in_force: BTreeMap<u64, InForce>,
    /// Those in force that lapse, in the order in which they do.
    lapses: BTreeSet<(Timestamp, u64)>,
    /// Those in force of each case.
    by_case: BTreeSet<(CaseId, u64)>,
    ended: BTreeMap<u64, Known>,
    given: u64,
}

impl Actions {
    /// The number the next action gets.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.given + 1
    }

    /// Puts an action in force.
    pub fn enforce(&mut self, action: InForce) {
        let number = action.planned.action;
        self.given = self.given.max(number);
        self.lapses.extend(action.planned.until.map(|until| (until, number)));
        self.by_case.insert((action.case, number));
        self.in_force.insert(number, action);
    }

    /// Takes the actions of a decision out of force, and gives their numbers. Cost: one pass over
    /// what is in force.
    pub fn reverse(&mut self, decision: DecisionId) -> Vec<u64> {
        let of_it = |action: &&InForce| action.decision == Some(decision);
        self.take(
            self.in_force.values().filter(of_it).map(|action| action.planned.action).collect(),
        )
    }

    /// Takes every action of a case out of force, because it is decided anew: what was done
    /// unattended, and what a decision did that lost a ground. Gives their numbers.
    pub fn release(&mut self, case: CaseId) -> Vec<u64> {
        self.take(self.numbers_of(case).collect())
    }

    /// Takes out of force what has lapsed, and gives the numbers.
    pub fn lapse(&mut self, now: Timestamp) -> Vec<u64> {
        let over = self.lapses.iter().take_while(|(until, _)| *until <= now);
        let mut over: Vec<u64> = over.map(|(_, number)| *number).collect();
        over.sort_unstable();
        self.take(over)
    }

    /// What was restricted without a person and is in force, in order.
    pub fn unattended(&self) -> impl Iterator<Item = &InForce> {
        self.in_force.values().filter(|action| action.decision.is_none())
    }

    /// Takes actions out of force by their numbers.
    pub fn end(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.end_one(*number);
        }
    }

    fn end_one(&mut self, number: u64) {
        let Some(InForce { planned, decision, case, .. }) = self.in_force.remove(&number) else {
            return;
        };
        if let Some(until) = planned.until {
            self.lapses.remove(&(until, number));
        }
        self.by_case.remove(&(case, number));
        self.ended.insert(number, Known { subject: planned.subject, decision, case });
        if self.ended.len() > ENDED_MAX {
            self.ended.pop_first();
        }
    }

    /// Notes what became of telling the platform to do an action that is in force.
    pub fn carried(&mut self, number: u64, outcome: Outcome) {
        if let Some(action) = self.in_force.get_mut(&number) {
            action.carried = Some(outcome);
        }
    }

    /// Every action in force, in order.
    pub fn all(&self) -> impl Iterator<Item = &InForce> {
        self.in_force.values()
    }

    /// An action, if it is in force.
    #[must_use]
    pub fn in_force(&self, number: u64) -> Option<&InForce> {
        self.in_force.get(&number)
    }

    /// An action that was planned, in force or among the [`ENDED_MAX`] that are remembered.
    #[must_use]
    pub fn known(&self, number: u64) -> Option<Known> {
        let known = |action: &InForce| {
            let InForce { planned, decision, case, .. } = action;
            Known { subject: planned.subject, decision: *decision, case: *case }
        };
        self.in_force.get(&number).map(known).or_else(|| self.ended.get(&number).copied())
    }

    fn take(&mut self, taken: Vec<u64>) -> Vec<u64> {
        self.end(&taken);
        taken
    }

    fn numbers_of(&self, case: CaseId) -> impl Iterator<Item = u64> {
        self.by_case.range((case, 0)..=(case, u64::MAX)).map(|(_, number)| *number)
    }

    /// When the first of them lapses.
    #[must_use]
    pub fn next_lapse(&self) -> Option<Timestamp> {
        self.lapses.first().map(|(until, _)| *until)
    }

    /// The actions in force on a case, in order.
    pub fn of_case(&self, case: CaseId) -> impl Iterator<Item = &InForce> {
        self.numbers_of(case).filter_map(|number| self.in_force.get(&number))
    }

    /// Appends them to a snapshot.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.given);
        writer.len(self.in_force.len());
        for action in self.in_force.values() {
            let planned = &action.planned;
            writer.u64(planned.action);
            writer.u8(ActionKind::from_name(&planned.kind).map_or(0, |kind| kind as u8));
            planned.subject.encode(writer);
            writer.i64(planned.until.map_or(i64::MIN, Timestamp::micros));
            writer.u64(action.decision.map_or(0, |decision| decision.0));
            writer.u64(action.case.0);
            writer.u64(action.entry.map_or(0, |entry| entry.0));
            writer.u8(action.carried.map_or(0, |outcome| outcome as u8));
        }
        writer.len(self.ended.len());
        for (number, known) in &self.ended {
            writer.u64(*number);
            known.subject.encode(writer);
            writer.u64(known.decision.map_or(0, |decision| decision.0));
            writer.u64(known.case.0);
        }
    }

    /// Reads what [`Actions::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if it is not that.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut actions = Self { given: reader.u64()?, ..Self::default() };
        for _ in 0..reader.len(8 + 1 + 17 + 8 + 8 + 8 + 8 + 1)? {
            let action = reader.u64()?;
            let number = reader.u8()?;
            let kind = ActionKind::ALL.into_iter().find(|kind| *kind as u8 == number);
            let subject = SubjectSeen::decode(reader)?;
            let until = match reader.i64()? {
                i64::MIN => None,
                micros => Some(Timestamp::from_micros(micros).map_err(|_| CodecError::Range)?),
            };
            let planned = plan(kind, subject, action, until).and_then(|mut plan| plan.pop());
            let planned = planned.ok_or(CodecError::Range)?;
            let decision = Some(DecisionId(reader.u64()?)).filter(|decision| decision.0 != 0);
            let case = CaseId(reader.u64()?);
            let entry = Some(EntryId(reader.u64()?)).filter(|entry| entry.0 != 0);
            let carried = match reader.u8()? {
                0 => None,
                number => {
                    let found = Outcome::ALL.into_iter().find(|of| *of as u8 == number);
                    Some(found.ok_or(CodecError::Range)?)
                }
            };
            actions.enforce(InForce { planned, decision, case, entry, carried });
        }
        for _ in 0..reader.len(8 + 17 + 8 + 8)? {
            let number = reader.u64()?;
            let subject = SubjectSeen::decode(reader)?;
            let decision = Some(DecisionId(reader.u64()?)).filter(|decision| decision.0 != 0);
            let case = CaseId(reader.u64()?);
            actions.ended.insert(number, Known { subject, decision, case });
        }
        Ok(actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: SubjectSeen = SubjectSeen::Post { position: 9, account: Some(4) };
    const ACCOUNT: SubjectSeen = SubjectSeen::Account { account: 4 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::MIN.plus_seconds(seconds)
    }

    fn planned(kind: ActionKind, subject: SubjectSeen, number: u64) -> ActionPlanned {
        plan(Some(kind), subject, number, None).unwrap().remove(0)
    }

    #[test]
    fn every_action_but_destruction_has_an_inverse() {
        for kind in ActionKind::ALL {
            assert_eq!(inverse(kind).is_none(), kind == ActionKind::Destroy, "{kind:?}");
        }
    }

    #[test]
    fn a_post_is_not_suspended_and_an_account_not_removed() {
        assert!(plan(Some(ActionKind::Suspend), POST, 1, None).is_none());
        assert!(plan(Some(ActionKind::Remove), ACCOUNT, 1, None).is_none());
        assert_eq!(plan(None, POST, 1, None), Some(Vec::new()));
        assert_eq!(planned(ActionKind::Remove, POST, 3).inverse, "restore");
    }

    #[test]
    fn an_overturn_reverses_what_rests_on_the_decision_and_nothing_else() {
        let mut actions = Actions::default();
        for (number, decision) in [(1, Some(7)), (2, Some(8)), (3, None)] {
            actions.enforce(InForce {
                planned: planned(ActionKind::Restrict, POST, number),
                decision: decision.map(DecisionId),
                case: CaseId(5),
                entry: None,
                carried: None,
            });
        }
        assert_eq!(actions.reverse(DecisionId(7)), [1]);
        assert_eq!(actions.release(CaseId(6)), [] as [u64; 0]);
        assert_eq!(actions.release(CaseId(5)), [2, 3]);
        assert_eq!(actions.next(), 4, "a number is never given twice");
    }

    #[test]
    fn what_lapses_is_taken_out_in_time_and_survives_a_snapshot() {
        let mut actions = Actions::default();
        let mut planned = planned(ActionKind::Restrict, ACCOUNT, 1);
        planned.until = Some(at(100));
        let (case, entry) = (CaseId(1), Some(EntryId(6)));
        actions.enforce(InForce { planned, decision: None, case, entry, carried: None });
        actions.carried(1, Outcome::Dead);
        actions.carried(2, Outcome::Delivered);
        assert_eq!(actions.in_force(1).unwrap().carried, Some(Outcome::Dead));
        let mut writer = Writer::new();
        actions.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Actions::decode(&mut reader).unwrap(), actions);
        assert_eq!(actions.next_lapse(), Some(at(100)));
        assert_eq!(actions.lapse(at(99)), [] as [u64; 0]);
        assert_eq!(actions.lapse(at(100)), [1]);
        assert_eq!((actions.in_force(1), actions.all().count()), (None, 0));
        let known = Known { subject: ACCOUNT, decision: None, case };
        assert_eq!((actions.known(1), actions.known(2)), (Some(known), None));
        let mut writer = Writer::new();
        actions.encode(&mut writer);
        let bytes = writer.into_bytes();
        assert_eq!(Actions::decode(&mut Reader::new(&bytes)).unwrap(), actions);
    }

    #[test]
    fn the_oldest_of_the_ended_are_forgotten_first() {
        let mut actions = Actions::default();
        let known = Known { subject: POST, decision: None, case: CaseId(1) };
        actions.ended = (1..=ENDED_MAX as u64).map(|number| (number, known)).collect();
        let planned = planned(ActionKind::Restrict, POST, ENDED_MAX as u64 + 1);
        let (decision, case, entry, carried) = (None, CaseId(1), None, None);
        actions.enforce(InForce { planned, decision, case, entry, carried });
        actions.end(&[ENDED_MAX as u64 + 1]);
        assert_eq!(actions.ended.len(), ENDED_MAX);
        assert_eq!((actions.known(1), actions.known(2)), (None, Some(known)));
    }
}
