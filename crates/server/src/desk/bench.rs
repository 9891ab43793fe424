//! Who may rule on an appeal: whose key signs, who took no part, and who could come in.
//!
//! The journal tells the first two. Whose a key is, and what they may, is written beside it where
//! people log in. Left out: whether a ruling is taken, which the judge decides.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::knowledge::PolicyScope;
use seawall_model::{AppealId, CaseId, ReviewerId};
use seawall_store::people::Person;

use super::{Desk, DeskError};
use crate::access::{AppealWaits, CaseClearance, could_rule};

/// How grave material under a policy of terrorist content is.
const SEVERITY_TERRORIST: u8 = 3;
/// How grave all else is.
const SEVERITY_OTHER: u8 = 1;

impl Desk<'_> {
    /// Leaves out, of those who may rule on an appeal in a case, whoever could not: an admin's
    /// key signs too, and that of who was invited to another case. `people` are those whose keys
    /// the journal admitted, by the numbers of their keys; a key that is nobody's is in a file,
    /// and signs on the command line. It holds for this case, and no longer for another.
    ///
    /// # Errors
    /// [`DeskError`] if there is no such case, or the log cannot be read.
    pub fn seat(&mut self, id: CaseId, people: &BTreeMap<u64, Person>) -> Result<(), DeskError> {
        self.left_out = self.asking(id, |case| {
            let absent = people.iter().filter(|(_, person)| !could_rule(person, case));
            absent.map(|(key, _)| ReviewerId(*key)).collect::<BTreeSet<_>>()
        })?;
        Ok(())
    }

    /// Asks something of what of a case its clearance is asked by.
    ///
    /// # Errors
    /// As [`Desk::seat`].
    pub(crate) fn asking<T>(
        &mut self,
        id: CaseId,
        ask: impl FnOnce(CaseClearance<'_>) -> T,
    ) -> Result<T, DeskError> {
        let case = self.case(id)?;
        let policy = self.active().policy(&case.policy);
        let is_terrorist = policy.is_some_and(|policy| policy.scope == PolicyScope::Terrorist);
        let severity = if is_terrorist { SEVERITY_TERRORIST } else { SEVERITY_OTHER };
        let language = self.language(case)?;
        let language = language.as_deref();
        // No policy names an ideology yet, so it is Unknown.
        let waits = self.judge().appeals().waiting().any(|(_, appeal)| appeal.case == id);
        let appeal = if waits { AppealWaits::Yes } else { AppealWaits::No };
        Ok(ask(CaseClearance { language, severity, ideology: None, case: id.0, appeal }))
    }

    /// Reviewers who may rule on an appeal, in order; none where somebody from outside has to be
    /// invited, or where what it is against has ended and only an order keeps that from being
    /// told.
    #[must_use]
    pub fn may_rule(&self, appeal: AppealId) -> Vec<ReviewerId> {
        if self.is_moot(appeal) {
            return Vec::new();
        }
        let uninvolved = self.judge().uninvolved(appeal);
        uninvolved.filter(|reviewer| !self.left_out.contains(reviewer)).collect()
    }

    /// Whether nothing is left to rule on in an appeal.
    #[must_use]
    pub fn is_moot(&self, appeal: AppealId) -> bool {
        let judge = self.judge();
        let appeal = judge.appeals().get(appeal);
        appeal.is_some_and(|appeal| judge.actions().in_force(appeal.action).is_none())
    }
}
