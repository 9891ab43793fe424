//! Why a case is here: the rules that want people to look, and what people looked at before.
//!
//! A verdict may rest on entries of knowledge, or on the event itself: a word that no list has,
//! a report. What people ruled on is settled: the same rule about the same does not ask again.
//! Left out: whether a verdict is right, which is theirs to say.

use seawall_model::TraceId;
use seawall_model::journal::{EvidenceSeen, ReasonSeen};

use crate::{Case, CaseState, EVIDENCE_MAX, Finding};

/// Reasons of one case at most, and reasons that are remembered of those before it. More rules
/// that want to look show nothing new; of what was settled the oldest is let go.
pub const REASONS_MAX: usize = 32;

/// A rule that wants people to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule: Box<str>,
    /// The policy it names.
    pub policy: Box<str>,
    /// Entries that it asks for and that were found, in order; none where it asks the event
    /// itself alone.
    pub entries: Vec<u64>,
    /// What it was asked of, where that is neither an entry nor the content of a post: `None`
    /// where nothing tells it from another event.
    pub fact: Option<TraceId>,
    /// Position of the event that showed it.
    pub position: u64,
}

impl Reason {
    /// As the journal tells it.
    #[must_use]
    pub fn seen(&self) -> ReasonSeen {
        ReasonSeen {
            rule: self.rule.to_string(),
            policy: self.policy.to_string(),
            entries: self.entries.clone(),
            fact: self.fact.map(|fact| fact.to_string()),
            position: self.position,
        }
    }

    /// As the journal told it.
    #[must_use]
    pub fn recorded(seen: &ReasonSeen) -> Self {
        Self {
            rule: seen.rule.as_str().into(),
            policy: seen.policy.as_str().into(),
            entries: seen.entries.clone(),
            fact: seen.fact.as_deref().and_then(TraceId::parse),
            position: seen.position,
        }
    }

    /// Whether it needs no entry of knowledge.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether another one says nothing that this one did not: the same rule of the same.
    fn covers(&self, other: &Self) -> bool {
        self.rule == other.rule
            && match (self.stands_alone(), other.stands_alone()) {
                (false, false) => other.entries.iter().all(|entry| self.entries.contains(entry)),
                (true, true) => other.fact.is_none() || other.fact == self.fact,
                _ => false,
            }
    }
}

/// What people looked at in the earlier cases about a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub(crate) evidence: Vec<EvidenceSeen>,
    pub(crate) reasons: Vec<Reason>,
}

impl Settled {
    /// What is settled when a case follows this one: nothing that was taken out of it, nor
    /// what it was withdrawn with.
    pub(crate) fn after(case: &Case) -> Self {
        let mut settled = case.settled.clone();
        if let CaseState::Decided(_) = case.state {
            settled.evidence.extend(case.evidence.iter().cloned());
            settled.reasons.extend(case.reasons.iter().cloned());
        }
        // What was found on older content is found anew on the newest.
        settled.reasons.retain(|reason| case.is_of_content(reason));
        let beyond = settled.evidence.len().saturating_sub(EVIDENCE_MAX);
        settled.evidence.drain(..beyond);
        let beyond = settled.reasons.len().saturating_sub(REASONS_MAX);
        settled.reasons.drain(..beyond);
        settled
    }

    /// Forgets what rested on an entry: should it be in force again, it is told again.
    pub(crate) fn forget(&mut self, entry: u64) {
        self.evidence.retain(|piece| piece.entry != Some(entry));
        fall(&mut self.reasons, entry);
    }
}

/// Takes an entry out of reasons, and those that have no other left.
pub(crate) fn fall(reasons: &mut Vec<Reason>, entry: u64) {
    reasons.retain_mut(|reason| {
        let alone = reason.stands_alone();
        reason.entries.retain(|of| *of != entry);
        alone || !reason.entries.is_empty()
    });
}

impl Finding {
    /// Takes an entry out of what it rests on, and the rules that ask for nothing else.
    pub fn lose(&mut self, entry: u64) {
        fall(&mut self.reasons, entry);
    }
}

impl Case {
    /// Whether what a reason was found on is what the post says now, or is no content at all.
    #[must_use]
    pub fn is_of_content(&self, reason: &Reason) -> bool {
        self.post.is_none() || !reason.stands_alone() || reason.position >= self.edited
    }

    fn has(&self, reason: &Reason) -> bool {
        self.reasons.iter().any(|known| known.covers(reason) && self.is_of_content(known))
    }

    fn has_settled(&self, reason: &Reason) -> bool {
        let settled = &self.settled.reasons;
        settled.iter().any(|known| known.covers(reason) && self.is_of_content(known))
    }

    /// The reasons that are not known yet, of what is known or fresh; where the case is closed,
    /// those for which people are to look again.
    pub(crate) fn fresh_reasons(
        &self,
        reasons: Vec<Reason>,
        fresh: &[EvidenceSeen],
    ) -> Vec<Reason> {
        let is_open = self.state == CaseState::Open;
        let holds = |pieces: &[EvidenceSeen], entry: u64| {
            pieces.iter().any(|piece| piece.entry == Some(entry))
        };
        let mut room = match is_open {
            true => REASONS_MAX.saturating_sub(self.reasons.len()),
            false => REASONS_MAX,
        };
        let mut found = Vec::new();
        for mut reason in reasons {
            let alone = reason.stands_alone();
            reason
                .entries
                .retain(|entry| holds(fresh, *entry) || is_open && holds(&self.evidence, *entry));
            let is_new = match (alone, self.state) {
                (false, _) if reason.stands_alone() => false,
                (false, CaseState::Open) => !self.has(&reason),
                (false, _) => true,
                // Nobody is asked about words that are gone, unless they are before people.
                (true, CaseState::Open) => !self.has(&reason) && !self.has_settled(&reason),
                (true, CaseState::Decided(_)) => {
                    !self.is_deleted && !self.has(&reason) && !self.has_settled(&reason)
                }
                (true, CaseState::Withdrawn) => !self.is_deleted && !self.has_settled(&reason),
            };
            if is_new && (room > 0 || self.renews(&reason)) {
                room = room.saturating_sub(1);
                found.push(reason);
            }
        }
        found
    }

    /// Whether a reason takes the place of one of the same rule.
    fn renews(&self, reason: &Reason) -> bool {
        self.reasons.iter().any(|known| self.is_replaced(known, reason))
    }

    fn is_replaced(&self, known: &Reason, by: &Reason) -> bool {
        known.rule == by.rule
            && known.stands_alone() == by.stands_alone()
            && (!known.stands_alone() || !self.is_of_content(known))
    }

    /// Takes reasons in: what a rule said of older content makes room for what it says now.
    pub(crate) fn keep_reasons(&mut self, fresh: &[Reason]) {
        for reason in fresh {
            let place = self.reasons.iter().position(|known| self.is_replaced(known, reason));
            match place {
                Some(place) => {
                    let known = &mut self.reasons[place];
                    known.position = reason.position;
                    known.fact = reason.fact;
                    known.entries.extend(&reason.entries);
                    known.entries.sort_unstable();
                    known.entries.dedup();
                }
                None => self.reasons.push(reason.clone()),
            }
        }
    }

    /// The rules that want people to look for what the event itself says.
    pub fn asked_alone(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| reason.stands_alone())
    }
}
