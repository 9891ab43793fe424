//! The desk: what is looked up of cases, decisions and actions for those who work on them.
//!
//! What a case is about is read from the log, what its evidence rests on from knowledge, and
//! what was done from the journal. Nothing is kept. The command line and the server ask the
//! same desk: [`view`] gives what is sent, the other modules the words. Left out: who may ask,
//! and what can be typed next.

mod bench;
pub mod content;
pub mod evidence;
pub mod knowledge;
pub mod law;
pub mod list;
pub mod lost;
pub mod media;
pub mod notice;
mod person;
pub mod register;
pub mod ruling;
pub mod told;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};

use seawall_event::reopen;
use seawall_model::journal::{ActionPlanned, Body, PolicyCited, SubjectSeen};
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known, Policy};
use seawall_model::{
    AccountId, CaseId, DecisionId, EntryId, Event, EventBody, EventKind, MediaItem, Position, Post,
    Rejection, ReviewerId, Timestamp,
};
use seawall_pipeline::{Active, Judge};
use seawall_review::Case;
use seawall_store::{Content, LogReader, Recorded, Stored};

use crate::engine::{self, Derivation, EngineError};
use crate::show;

pub use person::Person;
pub use register::Register;

/// Posts of an account that are shown.
const POSTS_READ: u32 = 5;
/// Characters shown of a handle, a name or a title.
pub const NAME_CHARS_MAX: usize = 60;

/// Why something cannot be looked up.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The data folder failed.
    #[error(transparent)]
    Store(#[from] seawall_store::Error),
    /// The engine cannot read the log.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no such case.
    #[error(transparent)]
    Case(#[from] seawall_review::Refused),
    /// There is no such decision.
    #[error("there is no decision {0}")]
    NoDecision(DecisionId),
    /// A stored event cannot be read as an event.
    #[error("a stored event cannot be read")]
    Unreadable(#[source] Rejection),
}

/// For whom something is looked up: who reads second is blind to the first (law 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Whoever holds the folder: every ruling that is held is told.
    Folder,
    /// A reviewer: of the rulings that are held, only their own is told.
    Reviewer(ReviewerId),
}

impl Viewer {
    /// Whether a ruling that is held may be told to them.
    #[must_use]
    pub fn sees(self, ruling_of: ReviewerId) -> bool {
        match self {
            Self::Folder => true,
            Self::Reviewer(own) => own == ruling_of,
        }
    }
}

/// An action, and what it rests on.
#[derive(Clone, Debug)]
pub struct Done {
    /// What was to be done.
    pub action: ActionPlanned,
    /// On which case.
    pub case: Option<CaseId>,
    /// By which decision; `None` without a person.
    pub decision: Option<DecisionId>,
    /// When.
    pub at: Timestamp,
}

/// What an overturn or a withdrawal reversed.
#[derive(Clone, Debug)]
pub struct Reversed {
    /// The decision that was overturned, or that withdrew what others rested on.
    pub decision: DecisionId,
    /// Actions, by their numbers.
    pub actions: Vec<u64>,
    /// When.
    pub at: Timestamp,
}

/// A decision as the journal tells it.
#[derive(Clone, Debug)]
pub struct DecidedTold {
    /// Its number.
    pub decision: DecisionId,
    /// The case; `None` if it is about knowledge.
    pub case: Option<CaseId>,
    /// The policy cited.
    pub policy: Option<PolicyCited>,
    /// The entry of the journal: [`Body::Decided`].
    pub body: Body,
    /// When.
    pub at: Timestamp,
}

impl DecidedTold {
    /// Takes it from an entry of the journal; `None` for other entries.
    #[must_use]
    pub fn of(body: Body, at: Timestamp) -> Option<Self> {
        let Body::Decided { decision, case, policy, .. } = &body else { return None };
        let (decision, case) = (DecisionId(*decision), case.map(CaseId));
        Some(Self { decision, case, policy: policy.clone(), at, body })
    }
}

/// How whoever looks asks: what they are pointed to is something that they can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// At the command line.
    Typed,
    /// Over HTTP.
    Sent,
}

/// What is looked up, over an engine that is running and the log beside it.
///
/// It borrows both for as long as one question takes, and remembers accounts meanwhile.
pub struct Desk<'a> {
    derivation: &'a Derivation,
    reader: &'a mut LogReader,
    now: Timestamp,
    register: Register,
    persons: BTreeMap<AccountId, Person>,
    left_out: BTreeSet<ReviewerId>,
    way: Way,
}

impl<'a> Desk<'a> {
    /// A desk over these. What has lapsed by `now` is in force until the next tick, which is
    /// the caller's to give ([`Derivation::tick_if_due`]).
    #[must_use]
    pub fn over(derivation: &'a Derivation, reader: &'a mut LogReader, now: Timestamp) -> Self {
        let register = Register::Sealed;
        let (persons, left_out) = (BTreeMap::new(), BTreeSet::new());
        Self { derivation, reader, now, register, persons, left_out, way: Way::Typed }
    }

    /// The same desk, asked over HTTP.
    #[must_use]
    pub fn sent(self) -> Self {
        Self { way: Way::Sent, ..self }
    }

    /// How it is asked.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way
    }

    /// The time at which is looked.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The engine beneath.
    #[must_use]
    pub fn derivation(&self) -> &'a Derivation {
        self.derivation
    }

    /// Cases, decisions, supports and actions in force.
    #[must_use]
    pub fn judge(&self) -> &'a Judge {
        self.derivation.pipeline().judge()
    }

    /// Knowledge in force.
    #[must_use]
    pub fn active(&self) -> &'a Active {
        self.derivation.pipeline().active()
    }

    /// A case there is.
    ///
    /// # Errors
    /// [`DeskError::Case`] if there is none of this number.
    pub fn case(&self, id: CaseId) -> Result<&'a Case, DeskError> {
        Ok(self.judge().cases().get(id).ok_or(seawall_review::Refused::NoCase(id))?)
    }

    /// What an entry says; `None` if it was destroyed.
    ///
    /// # Errors
    /// [`DeskError::Store`] if knowledge cannot be read.
    pub fn entry(&self, entry: u64) -> Result<Option<Knowledge>, DeskError> {
        let mut entry = self.derivation.knowledge().read(EntryId(entry))?;
        if let Some(Knowledge { known: Known::Removed(removed), .. }) = &mut entry {
            self.derivation.marks().hide_in_profile(&mut removed.profile);
        }
        Ok(entry)
    }

    /// A version of a policy, in force or not.
    ///
    /// # Errors
    /// As [`Desk::entry`].
    pub fn policy(&self, cited: &PolicyCited) -> Result<Option<Policy>, DeskError> {
        let knowledge = self.derivation.knowledge();
        for entry in knowledge.of_kind(KnowledgeKind::Policy)? {
            if let Some(Knowledge { known: Known::Policy(policy), .. }) = knowledge.read(entry)?
                && *policy.id == *cited.id
                && policy.version == cited.version
            {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }

    /// The event at a position, if its content is still there; of marked files nothing.
    pub fn event(&mut self, position: u64) -> Option<Event> {
        event_at(self.reader, position).map(|event| self.derivation.marks().hidden(event))
    }

    /// The event with the newest content of the post that a case is about, if it can be seen.
    ///
    /// # Errors
    /// [`DeskError`] if the log cannot be read.
    pub fn newest(&mut self, case: &Case) -> Result<Option<Event>, DeskError> {
        let newest = engine::post_of(self.reader, case)?;
        Ok(newest.map(|(_, event)| self.derivation.marks().hidden(event)))
    }

    /// The file that a case came of, where it was told apart from its post.
    ///
    /// # Errors
    /// [`DeskError`] if the log cannot be read.
    pub fn file(&mut self, case: &Case) -> Result<Option<MediaItem>, DeskError> {
        Ok(engine::file_of(self.reader, case)?)
    }

    /// What somebody said in an appeal, by the position of its event, if it is still there.
    pub fn said(&mut self, position: u64) -> Option<String> {
        match self.event(position)?.body {
            EventBody::Appeal(appeal) => appeal.text.map(String::from),
            _ => None,
        }
    }

    /// The newest posts of an account whose content is still there, the newest first.
    ///
    /// # Errors
    /// [`DeskError`] if the log cannot be read.
    pub fn posts_of(
        &mut self,
        account: AccountId,
    ) -> Result<Vec<(Timestamp, Box<Post>)>, DeskError> {
        let mut posts = Vec::new();
        for stored in self.reader.newest_of(account, &[EventKind::PostCreated], POSTS_READ)? {
            let Content::Bytes(bytes) = &stored.content else { continue };
            let event = reopen(bytes).map_err(DeskError::Unreadable)?;
            let event = self.derivation.marks().hidden(event);
            if let EventBody::PostCreated(post) = event.body {
                posts.push((event.at, post));
            }
        }
        Ok(posts)
    }

    /// Whether there is content to look at: the post itself, or posts of the account.
    ///
    /// # Errors
    /// As [`Desk::posts_of`].
    pub fn has_content(&mut self, case: &Case) -> Result<bool, DeskError> {
        Ok(match case.subject {
            SubjectSeen::Post { .. } => self.newest(case)?.is_some(),
            SubjectSeen::Account { account } => !self.posts_of(AccountId(account))?.is_empty(),
            SubjectSeen::Entry { .. } => false,
        })
    }

    /// How an account is called: its handle, else the platform's id.
    ///
    /// # Errors
    /// As [`Desk::posts_of`].
    pub fn called(&mut self, account: Option<u64>) -> Result<String, DeskError> {
        let Some(account) = account else { return Ok("an account that was not told".into()) };
        let person = self.person(AccountId(account))?;
        let name = person.handle.or(person.id);
        Ok(name.map_or("(erased)".into(), |name| show::foreign(&name, NAME_CHARS_MAX)))
    }

    /// What a case or an action is about, in words.
    ///
    /// # Errors
    /// As [`Desk::posts_of`].
    pub fn subject(&mut self, subject: SubjectSeen) -> Result<String, DeskError> {
        Ok(match subject {
            SubjectSeen::Account { account } => format!("account {}", self.called(Some(account))?),
            SubjectSeen::Post { account, .. } => format!("post by {}", self.called(account)?),
            SubjectSeen::Entry { entry } => self.entry_called(entry)?,
        })
    }

    /// An entry of knowledge in words, such as "k17 of the bank clips".
    ///
    /// # Errors
    /// As [`Desk::entry`].
    pub fn entry_called(&self, entry: u64) -> Result<String, DeskError> {
        let foreign = |text: &str| show::foreign(text, NAME_CHARS_MAX);
        let Some(knowledge) = self.entry(entry)? else {
            return Ok(format!("k{entry} (destroyed)"));
        };
        Ok(match &knowledge.known {
            Known::Term(term) => format!("k{entry} of the terms {}", foreign(&term.list)),
            Known::Hash(hash) => format!("k{entry} of the bank {}", foreign(&hash.bank)),
            Known::Policy(policy) => {
                format!("k{entry}, policy {} version {}", foreign(&policy.id), policy.version)
            }
            Known::Rules(_) => format!("k{entry}, a version of the rules"),
            Known::Protected(_) => format!("k{entry} of the protected register"),
            Known::Removed(_) => format!("k{entry}, the profile of a removed account"),
        })
    }

    /// A decision as the journal tells it.
    ///
    /// # Errors
    /// [`DeskError::NoDecision`], or the journal cannot be read.
    ///
    /// Cost: all decisions are read.
    pub fn decision(&self, id: DecisionId) -> Result<DecidedTold, DeskError> {
        // Numbers that nobody gave cost nothing.
        if self.judge().decision(id).is_none() {
            return Err(DeskError::NoDecision(id));
        }
        let all = self.of_types(&["decided"])?;
        let mut told = all.into_iter().filter_map(decided);
        told.find(|told| told.decision == id).ok_or(DeskError::NoDecision(id))
    }

    /// The decisions on a case, in order, as the journal tells them.
    ///
    /// # Errors
    /// [`DeskError::Store`] if the journal cannot be read.
    ///
    /// Cost: where there is one, all decisions are read.
    pub fn decisions_on(&self, case: CaseId) -> Result<Vec<DecidedTold>, DeskError> {
        if !self.is_decided(case) {
            return Ok(Vec::new());
        }
        let all = self.of_types(&["decided"])?.into_iter().filter_map(decided);
        Ok(all.filter(|told| told.case == Some(case)).collect())
    }

    /// Whether there ever was a decision on a case.
    fn is_decided(&self, case: CaseId) -> bool {
        self.judge().decisions().any(|(_, made)| made.case == Some(case))
    }

    /// Every overturn and withdrawal that reversed actions, in order.
    ///
    /// # Errors
    /// [`DeskError::Store`] if the journal cannot be read.
    pub fn reversals(&self) -> Result<Vec<Reversed>, DeskError> {
        let told = |recorded: Recorded| match recorded.entry.body {
            Body::Overturned { decision, actions_reversed: actions, .. } => {
                let decision = DecisionId(decision);
                Some(Reversed { decision, actions, at: recorded.entry.at })
            }
            Body::Withdrawn { by, actions_reversed: actions, .. } => {
                Some(Reversed { decision: DecisionId(by), actions, at: recorded.entry.at })
            }
            _ => None,
        };
        Ok(self.of_types(&["overturned", "withdrawn"])?.into_iter().filter_map(told).collect())
    }

    /// Every action there ever was, by its number.
    ///
    /// # Errors
    /// [`DeskError::Store`] if the journal cannot be read.
    pub fn actions(&self) -> Result<BTreeMap<u64, Done>, DeskError> {
        self.actions_in(&["decided", "restricted_unattended"])
    }

    /// Every action there ever was on a case, by its number.
    ///
    /// # Errors
    /// As [`Desk::actions`].
    pub fn actions_on(&self, case: CaseId) -> Result<BTreeMap<u64, Done>, DeskError> {
        let mut actions = match self.is_decided(case) {
            true => self.actions()?,
            false => self.actions_in(&["restricted_unattended"])?,
        };
        actions.retain(|_, done| done.case == Some(case));
        Ok(actions)
    }

    fn actions_in(&self, types: &[&str]) -> Result<BTreeMap<u64, Done>, DeskError> {
        let mut actions = BTreeMap::new();
        for recorded in self.of_types(types)? {
            let at = recorded.entry.at;
            let (case, decision, planned) = match recorded.entry.body {
                Body::Decided { decision, case, actions, .. } => {
                    (case.map(CaseId), Some(DecisionId(decision)), actions)
                }
                Body::RestrictedUnattended { case, action, .. } => {
                    (Some(CaseId(case)), None, vec![action])
                }
                _ => continue,
            };
            for action in planned {
                actions.insert(action.action, Done { action, case, decision, at });
            }
        }
        Ok(actions)
    }

    pub(crate) fn of_types(&self, types: &[&str]) -> Result<Vec<Recorded>, DeskError> {
        Ok(self.derivation.journal().of_types(types)?)
    }
}

fn decided(recorded: Recorded) -> Option<DecidedTold> {
    DecidedTold::of(recorded.entry.body, recorded.entry.at)
}

/// What stands at a position of the log, erased or not.
fn stored_at(reader: &mut LogReader, position: u64) -> Option<Stored> {
    let before = Position(position.checked_sub(1)?);
    reader.chunk(before, Position(position), 1).ok()?.pop()
}

/// The event at a position of the log, if its content is still there.
pub fn event_at(reader: &mut LogReader, position: u64) -> Option<Event> {
    match stored_at(reader, position)?.content {
        Content::Bytes(bytes) => reopen(&bytes).ok(),
        Content::Erased => None,
    }
}

/// A moment to the minute, in UTC.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(16).collect()
}

/// How long ago something was, in its largest whole unit.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.seconds_since(at)).unwrap_or(0);
    match seconds {
        0..3_600 => show::counted(seconds / 60, "minute", "minutes"),
        3_600..172_800 => show::counted(seconds / 3_600, "hour", "hours"),
        _ => show::counted(seconds / 86_400, "day", "days"),
    }
}

#[cfg(test)]
mod tests;
