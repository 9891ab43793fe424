//! Who may rule on an appeal: whose key signs, who took no part, and who could come in.
//!
//! The journal tells the first two. Whose a key is, and what they may, only the server knows, and
//! says whom to leave out. Left out: whether a ruling is taken, which the judge decides.

use std::collections::BTreeSet;

use seawall_model::{AppealId, ReviewerId};

use super::Desk;

impl Desk<'_> {
    /// These sign, and could not rule on an appeal: they are named to nobody who looks for
    /// somebody that may. They take the place of those that were left out before.
    pub fn leave_out(&mut self, keys: BTreeSet<ReviewerId>) {
        self.left_out = keys;
    }

    /// Reviewers who may rule on an appeal, in order; none where somebody from outside has to be
    /// invited.
    #[must_use]
    pub fn may_rule(&self, appeal: AppealId) -> Vec<ReviewerId> {
        let uninvolved = self.judge().uninvolved(appeal);
        uninvolved.filter(|reviewer| !self.left_out.contains(reviewer)).collect()
    }
}
