//! Appeals: who says that an action was wrong, and what became of it.
//!
//! One appeal per action, whoever decides it and however. Left out: who may decide it, and
//! what is taken back then, which is the owner of decisions' to say.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, AppealId, CaseId, DecisionId, ReviewerId, Timestamp};

/// Appeals kept at most, about 120 bytes each. There is one per action, so that it takes
/// thousands of days of the quota of actions to come here; what is beyond is refused by name.
pub const APPEALS_MAX: usize = 1_000_000;

/// What became of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealState {
    /// It waits for somebody who took no part.
    Open,
    /// The action stands.
    Upheld(ReviewerId),
    /// The action is taken back; by nobody where it ended before anybody ruled.
    Granted(Option<ReviewerId>),
}

/// An appeal against an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Number of the action.
    pub action: u64,
    /// The decision behind it; `None` if the action was taken unattended.
    pub decision: Option<DecisionId>,
    /// The case.
    pub case: CaseId,
    /// Who appeals.
    pub account: AccountId,
    /// Position of the event, where what they say is sealed.
    pub position: u64,
    /// When it was taken in.
    pub at: Timestamp,
    /// What became of it.
    pub state: AppealState,
}

/// All appeals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appeals {
    appeals: BTreeMap<AppealId, Appeal>,
    of_action: BTreeMap<u64, AppealId>,
    open: BTreeSet<AppealId>,
    refused: u64,
}

impl Appeals {
    /// Takes an appeal in and gives its number; `None` where there is no room, or where the
    /// action has an appeal already.
    pub fn open(&mut self, appeal: Appeal) -> Option<AppealId> {
        if self.appeals.len() >= APPEALS_MAX {
            return None;
        }
        let next = AppealId(self.appeals.last_key_value().map_or(0, |(id, _)| id.0) + 1);
        self.recorded(next, appeal).then_some(next)
    }

    /// Takes an appeal as the journal tells it, under the number that it has there. Says
    /// whether it was the first against its action.
    pub fn recorded(&mut self, id: AppealId, appeal: Appeal) -> bool {
        if self.of_action.contains_key(&appeal.action) || self.appeals.contains_key(&id) {
            return false;
        }
        self.of_action.insert(appeal.action, id);
        if appeal.state == AppealState::Open {
            self.open.insert(id);
        }
        self.appeals.insert(id, appeal);
        true
    }

    /// Decides an appeal. One that is decided stays as it is.
    pub fn decide(&mut self, id: AppealId, state: AppealState) {
        if self.open.remove(&id)
            && let Some(appeal) = self.appeals.get_mut(&id)
        {
            appeal.state = state;
        }
    }

    /// Counts one that was not taken.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// How many were not taken.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// An appeal.
    #[must_use]
    pub fn get(&self, id: AppealId) -> Option<&Appeal> {
        self.appeals.get(&id)
    }

    /// The appeal against an action.
    #[must_use]
    pub fn against(&self, action: u64) -> Option<(AppealId, &Appeal)> {
        let id = self.of_action.get(&action)?;
        self.appeals.get(id).map(|appeal| (*id, appeal))
    }

    /// Every appeal, in order.
    pub fn all(&self) -> impl Iterator<Item = (AppealId, &Appeal)> {
        self.appeals.iter().map(|(id, appeal)| (*id, appeal))
    }

    /// Those that wait for somebody, in order.
    pub fn waiting(&self) -> impl Iterator<Item = (AppealId, &Appeal)> {
        self.open.iter().filter_map(|id| self.appeals.get(id).map(|appeal| (*id, appeal)))
    }

    /// Appends them to a snapshot.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.refused);
        writer.len(self.appeals.len());
        for (id, appeal) in &self.appeals {
            writer.u64(id.0);
            writer.u64(appeal.action);
            writer.u64(appeal.decision.map_or(0, |decision| decision.0));
            writer.u64(appeal.case.0);
            writer.u64(appeal.account.0);
            writer.u64(appeal.position);
            writer.i64(appeal.at.micros());
            let (state, by) = match appeal.state {
                AppealState::Open => (0, 0),
                AppealState::Upheld(by) => (1, by.0),
                AppealState::Granted(by) => (2, by.map_or(0, |by| by.0)),
            };
            writer.u8(state);
            writer.u64(by);
        }
    }

    /// Reads what [`Appeals::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if it is not that.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut appeals = Self { refused: reader.u64()?, ..Self::default() };
        for _ in 0..reader.len(65)? {
            let id = AppealId(reader.u64()?);
            let action = reader.u64()?;
            let decision = Some(DecisionId(reader.u64()?)).filter(|decision| decision.0 != 0);
            let case = CaseId(reader.u64()?);
            let (account, position) = (AccountId(reader.u64()?), reader.u64()?);
            let at = Timestamp::from_micros(reader.i64()?).map_err(|_| CodecError::Range)?;
            let state = match (reader.u8()?, reader.u64()?) {
                (0, 0) => AppealState::Open,
                (1, by) => AppealState::Upheld(ReviewerId(by)),
                (2, by) => AppealState::Granted(Some(ReviewerId(by)).filter(|by| by.0 != 0)),
                _ => return Err(CodecError::Range),
            };
            let appeal = Appeal { action, decision, case, account, position, at, state };
            if !appeals.recorded(id, appeal) {
                return Err(CodecError::Range);
            }
        }
        Ok(appeals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appeal(action: u64) -> Appeal {
        Appeal {
            action,
            decision: Some(DecisionId(action + 10)),
            case: CaseId(3),
            account: AccountId(4),
            position: 9,
            at: Timestamp::MIN.plus_seconds(5),
            state: AppealState::Open,
        }
    }

    #[test]
    fn an_action_is_appealed_against_once() {
        let mut appeals = Appeals::default();
        assert_eq!(appeals.open(appeal(7)), Some(AppealId(1)));
        assert_eq!(appeals.open(appeal(7)), None);
        appeals.decide(AppealId(1), AppealState::Upheld(ReviewerId(2)));
        assert_eq!(appeals.open(appeal(7)), None, "nor after it was decided");
        assert_eq!(appeals.open(appeal(8)), Some(AppealId(2)));
        assert_eq!(appeals.against(8).unwrap().0, AppealId(2));
    }

    #[test]
    fn what_is_decided_stays_decided() {
        let mut appeals = Appeals::default();
        appeals.open(appeal(7));
        appeals.decide(AppealId(1), AppealState::Granted(None));
        appeals.decide(AppealId(1), AppealState::Upheld(ReviewerId(2)));
        assert_eq!(appeals.get(AppealId(1)).unwrap().state, AppealState::Granted(None));
        assert_eq!(appeals.waiting().count(), 0);
        assert_eq!(appeals.all().count(), 1);
    }

    #[test]
    fn a_snapshot_holds_everything() {
        let mut appeals = Appeals::default();
        for action in 1..=4 {
            appeals.open(appeal(action));
        }
        appeals.decide(AppealId(1), AppealState::Granted(None));
        appeals.decide(AppealId(2), AppealState::Granted(Some(ReviewerId(2))));
        appeals.decide(AppealId(3), AppealState::Upheld(ReviewerId(3)));
        appeals.refuse();
        let mut writer = Writer::new();
        appeals.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Appeals::decode(&mut reader).unwrap(), appeals);
        reader.end().unwrap();
    }
}
