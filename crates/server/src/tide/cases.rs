//! What the tide left behind: returns, cases, decisions and actions of a time.
//!
//! Told by the journal alone, so that it can be read beside a writer. A case belongs to the
//! moment of the event that opened it. Left out: what a case is about.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use seawall_model::journal::{Body, EvidenceSeen, SubjectSeen};
use seawall_model::{EventKind, Position, Timestamp};
use seawall_store::{Access, Folder, LogReader, Recorded};

use super::{Bucket, CasesView, TideError};

/// Entries that tell what became of cases.
const TOLD: [&str; 12] = [
    "case_opened",
    "case_grew",
    "decided",
    "restricted_unattended",
    "actions_lapsed",
    "overturned",
    "withdrawn",
    "entries_lapsed",
    "case_held",
    "restriction_held",
    "appeal_opened",
    "appeal_decided",
];

/// Whether the account of a return was made within the time that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Return {
    /// It is no return.
    No,
    /// It was created by the event that opened the case.
    OfNew,
    /// It was there before.
    OfOlder,
}

/// A case as the journal tells it.
#[derive(Clone, Debug)]
struct CaseTold {
    at: Timestamp,
    account: Option<u64>,
    is_return: Return,
    /// The removed profiles in force that it may be the return of.
    roots: BTreeSet<u64>,
    decisions: BTreeSet<u64>,
    actions: BTreeSet<u64>,
    /// Whether a restriction without a person was held over the day's quota.
    is_over_quota: bool,
    appeals: BTreeSet<u64>,
}

/// Cases of a time, and what became of them so far.
#[derive(Clone, Debug, Default)]
pub struct CasesShown {
    /// By the first moment of a bucket: cases opened, and returns among them.
    by_bucket: BTreeMap<Timestamp, (u64, u64)>,
    opened: u64,
    returns_of_new: u64,
    returns_of_older: u64,
    accounts_created: u64,
    decided: u64,
    decisions: u64,
    actions: u64,
    held: u64,
    over_quota: u64,
    appeals: u64,
    appeals_waiting: u64,
}

/// Gathers them; `None` where the journal knows of no case.
pub(super) fn gather(
    folder: &Folder,
    reader: &mut LogReader,
    times: &Range<Timestamp>,
    buckets: &[Bucket],
) -> Result<Option<CasesShown>, TideError> {
    let recorded = folder.journal(Access::Read)?.of_types(&TOLD)?;
    let mut told = Told::default();
    for Recorded { entry, .. } in recorded {
        told.take(entry.body, entry.at, reader);
    }
    if told.cases.is_empty() && told.held == 0 {
        return Ok(None);
    }
    let mut shown = CasesShown { held: told.held, ..CasesShown::default() };
    let created = buckets.iter().filter_map(|b| b.events.get(EventKind::AccountCreated.as_str()));
    shown.accounts_created = created.sum();
    let mut returned = BTreeSet::new();
    for case in told.cases.values().filter(|case| times.contains(&case.at)) {
        let start = buckets.iter().rev().map(|bucket| bucket.start).find(|start| *start <= case.at);
        // Where every removal fell that it would be a return from, it is none.
        let is_return = if case.roots.is_empty() { Return::No } else { case.is_return };
        let is_new = is_return != Return::No && returned.insert(case.account);
        let bucket = shown.by_bucket.entry(start.unwrap_or(times.start)).or_default();
        bucket.0 += 1;
        bucket.1 += u64::from(is_new);
        shown.opened += 1;
        match is_return {
            Return::OfNew if is_new => shown.returns_of_new += 1,
            Return::OfOlder if is_new => shown.returns_of_older += 1,
            _ => {}
        }
        shown.decided += u64::from(!case.decisions.is_empty());
        shown.decisions += case.decisions.len() as u64;
        shown.actions += case.actions.intersection(&told.in_force).count() as u64;
        shown.over_quota += u64::from(case.is_over_quota);
        shown.appeals += case.appeals.len() as u64;
        shown.appeals_waiting += case.appeals.intersection(&told.appealing).count() as u64;
    }
    Ok(Some(shown))
}

/// What the journal told so far.
#[derive(Debug, Default)]
struct Told {
    cases: BTreeMap<u64, CaseTold>,
    /// Cases of decisions that stand.
    case_of: BTreeMap<u64, u64>,
    in_force: BTreeSet<u64>,
    /// Appeals that wait.
    appealing: BTreeSet<u64>,
    held: u64,
}

impl Told {
    fn take(&mut self, body: Body, at: Timestamp, reader: &mut LogReader) {
        match body {
            Body::CaseOpened { .. } | Body::CaseGrew { .. } => self.take_case(body, at, reader),
            Body::CaseHeld { .. } => self.held += 1,
            Body::RestrictionHeld { case, .. } => {
                if let Some(told) = self.cases.get_mut(&case) {
                    told.is_over_quota = true;
                }
            }
            Body::AppealOpened { appeal, case, .. } => {
                self.appealing.insert(appeal);
                if let Some(told) = self.cases.get_mut(&case) {
                    told.appeals.insert(appeal);
                }
            }
            Body::AppealDecided { appeal, .. } => {
                self.appealing.remove(&appeal);
            }
            Body::Decided { decision, case: Some(case), actions, released, .. } => {
                self.in_force.retain(|action| !released.contains(action));
                self.in_force.extend(actions.iter().map(|action| action.action));
                self.case_of.insert(decision, case);
                if let Some(told) = self.cases.get_mut(&case) {
                    told.decisions.insert(decision);
                    told.actions.extend(actions.iter().map(|action| action.action));
                }
            }
            Body::RestrictedUnattended { case, action, .. } => {
                self.in_force.insert(action.action);
                if let Some(told) = self.cases.get_mut(&case) {
                    told.actions.insert(action.action);
                }
            }
            Body::ActionsLapsed { actions } => {
                self.in_force.retain(|action| !actions.contains(action));
            }
            Body::Overturned {
                decision,
                decisions_fallen,
                actions_reversed,
                entries_withdrawn,
                ..
            } => {
                self.uproot(&entries_withdrawn);
                self.fall(decisions_fallen.iter().chain([&decision]), &actions_reversed);
            }
            Body::Withdrawn {
                entries,
                entries_withdrawn,
                decisions_fallen,
                actions_reversed,
                ..
            } => {
                self.uproot(&entries);
                self.uproot(&entries_withdrawn);
                self.fall(decisions_fallen.iter(), &actions_reversed);
            }
            _ => {}
        }
    }

    fn take_case(&mut self, body: Body, at: Timestamp, reader: &mut LogReader) {
        match body {
            Body::CaseOpened { case, subject, evidence, .. } => {
                let event = event_of(subject, &evidence, reader);
                let told = CaseTold {
                    at: event.map_or(at, |(_, at)| at),
                    account: subject.account().map(|account| account.0),
                    is_return: returned(&evidence, event.map(|(kind, _)| kind)),
                    roots: roots(&evidence).collect(),
                    decisions: BTreeSet::new(),
                    actions: BTreeSet::new(),
                    is_over_quota: false,
                    appeals: BTreeSet::new(),
                };
                self.cases.insert(case, told);
            }
            Body::CaseGrew { case, evidence, .. } => {
                if let Some(told) = self.cases.get_mut(&case) {
                    told.roots.extend(roots(&evidence));
                    if told.is_return == Return::No {
                        told.is_return = returned(&evidence, None);
                    }
                }
            }
            _ => {}
        }
    }

    /// A removal that fell is what nobody returns from. One whose time is over was right.
    fn uproot(&mut self, entries: &[u64]) {
        for told in self.cases.values_mut() {
            told.roots.retain(|root| !entries.contains(root));
        }
    }

    fn fall<'a>(&mut self, decisions: impl Iterator<Item = &'a u64>, reversed: &[u64]) {
        self.in_force.retain(|action| !reversed.contains(action));
        for decision in decisions {
            let case = self.case_of.remove(decision);
            if let Some(told) = case.and_then(|case| self.cases.get_mut(&case)) {
                told.decisions.remove(decision);
            }
        }
    }
}

/// The kind and time of the event that opened a case, if the log still holds it.
fn event_of(
    subject: SubjectSeen,
    evidence: &[EvidenceSeen],
    reader: &mut LogReader,
) -> Option<(EventKind, Timestamp)> {
    let position = match subject {
        SubjectSeen::Post { position, .. } => position,
        _ => evidence.iter().map(|piece| piece.position).find(|position| *position > 0)?,
    };
    let before = Position(position.checked_sub(1)?);
    let stored = reader.chunk(before, Position(position), 1).ok()?.pop()?;
    Some((stored.kind, stored.at))
}

/// The removed profiles that a case compares with.
fn roots(evidence: &[EvidenceSeen]) -> impl Iterator<Item = u64> {
    let comebacks = evidence.iter().filter(|piece| piece.kind == "comeback");
    comebacks.filter_map(|piece| piece.entry)
}

fn returned(evidence: &[EvidenceSeen], kind: Option<EventKind>) -> Return {
    match kind {
        _ if evidence.iter().all(|piece| piece.kind != "comeback") => Return::No,
        Some(EventKind::AccountCreated) => Return::OfNew,
        _ => Return::OfOlder,
    }
}

impl CasesShown {
    /// Cases opened in a bucket, and returns among them.
    #[must_use]
    pub fn of_bucket(&self, start: Timestamp) -> (u64, u64) {
        self.by_bucket.get(&start).copied().unwrap_or_default()
    }

    /// As it is sent.
    #[must_use]
    pub fn view(&self) -> CasesView {
        CasesView {
            returns_of_accounts_created: self.returns_of_new,
            returns_of_older_accounts: self.returns_of_older,
            accounts_created: self.accounts_created,
            opened: self.opened,
            decided: self.decided,
            decisions: self.decisions,
            actions_in_force: self.actions,
            held: self.held,
            over_quota: self.over_quota,
            appeals: self.appeals,
            appeals_waiting: self.appeals_waiting,
        }
    }
}
