//! The desk: a folder opened to look at cases, and what is looked up for them.
//!
//! What a case is about is read from the log, what its evidence rests on from knowledge, and
//! what was done from the journal. Nothing is kept. Left out: rulings.

use std::collections::BTreeMap;

use anyhow::Context;
use seawall_event::reopen;
use seawall_model::journal::{ActionPlanned, Body, PolicyCited, SubjectSeen};
use seawall_model::knowledge::{Knowledge, Known, Policy};
use seawall_model::{
    AccountId, CaseId, DecisionId, EntryId, Event, EventBody, EventKind, MediaRef, Post, Timestamp,
};
use seawall_pipeline::{Active, Judge};
use seawall_review::Case;
use seawall_store::{Content, LogReader};

use super::super::args::Global;
use super::super::{settings, show, tide};
use crate::engine::{self, Opened, Settings};

/// Events of an account in which its profile is looked for.
const PROFILES_READ: u32 = 8;
/// Posts of an account that are shown.
const POSTS_READ: u32 = 5;
/// Characters shown of a handle, a name or a title.
pub(super) const NAME_CHARS_MAX: usize = 60;

/// An account as the platform last told of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    /// The platform's id; `None` once it was erased.
    pub(super) id: Option<String>,
    pub(super) handle: Option<String>,
    pub(super) name: Option<String>,
    pub(super) bio: Option<String>,
    pub(super) avatar: Option<MediaRef>,
    pub(super) links: Vec<String>,
    pub(super) created_at: Option<Timestamp>,
    /// What the platform itself did to it last.
    pub(super) standing: Option<(EventKind, Timestamp)>,
}

/// An action, and what it rests on.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) action: ActionPlanned,
    pub(super) case: Option<CaseId>,
    pub(super) decision: Option<DecisionId>,
    pub(super) at: Timestamp,
}

/// What an overturn reversed.
#[derive(Clone, Debug)]
pub(super) struct Reversed {
    /// The decision that was overturned, or that withdrew what others rested on.
    pub(super) decision: DecisionId,
    /// Actions, by their numbers.
    pub(super) actions: Vec<u64>,
    pub(super) at: Timestamp,
}

/// A decision as the journal tells it.
#[derive(Clone, Debug)]
pub(super) struct DecidedTold {
    pub(super) decision: DecisionId,
    pub(super) case: Option<CaseId>,
    pub(super) policy: Option<PolicyCited>,
    pub(super) body: Body,
    pub(super) at: Timestamp,
}

/// A folder opened to work on cases.
pub(super) struct Desk {
    pub(super) opened: Opened,
    pub(super) settings: Settings,
    pub(super) now: Timestamp,
    /// What to type after the program to name the folder.
    pub(super) dir: String,
    reader: LogReader,
    persons: BTreeMap<AccountId, Person>,
}

impl Desk {
    /// Opens the folder. Whoever imports into it has it for themselves meanwhile.
    pub(super) fn open(global: &Global) -> anyhow::Result<Self> {
        if !global.dir.exists() {
            return Err(seawall_store::Error::NoFolder(global.dir.clone()).into());
        }
        let settings = settings(global)?;
        let mut opened = engine::open(&global.dir, &settings)?;
        let now = settings.clock.now();
        // What has lapsed meanwhile is no longer in force.
        opened.derivation.tick_if_due(now)?;
        let reader = opened.folder.log_reader()?;
        let dir = show::quoted(&global.dir.display().to_string());
        Ok(Self { opened, settings, now, dir, reader, persons: BTreeMap::new() })
    }

    pub(super) fn judge(&self) -> &Judge {
        self.opened.derivation.pipeline().judge()
    }

    pub(super) fn active(&self) -> &Active {
        self.opened.derivation.pipeline().active()
    }

    /// A case there is.
    pub(super) fn case(&self, id: CaseId) -> anyhow::Result<Case> {
        let case = self.judge().cases().get(id).cloned();
        Ok(case.ok_or(seawall_review::Refused::NoCase(id))?)
    }

    /// What to type to run a command of `case` on this folder.
    pub(super) fn command(&self, words: &str) -> String {
        self.typed(&format!("case {words}"))
    }

    /// What to type to run any command on this folder.
    pub(super) fn typed(&self, words: &str) -> String {
        format!("{} {words} --dir {}", show::program(), self.dir)
    }

    /// What an entry says; `None` if it was destroyed.
    pub(super) fn entry(&self, entry: u64) -> anyhow::Result<Option<Knowledge>> {
        Ok(self.opened.derivation.knowledge().read(EntryId(entry))?)
    }

    /// A version of a policy, in force or not.
    pub(super) fn policy(&self, cited: &PolicyCited) -> anyhow::Result<Option<Policy>> {
        let knowledge = self.opened.derivation.knowledge();
        for entry in knowledge.of_kind(seawall_model::knowledge::KnowledgeKind::Policy)? {
            if let Some(Knowledge { known: Known::Policy(policy), .. }) = knowledge.read(entry)?
                && *policy.id == *cited.id
                && policy.version == cited.version
            {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }

    /// The event at a position, if its content is still there.
    pub(super) fn event(&mut self, position: u64) -> Option<Event> {
        tide::event_at(&mut self.reader, position)
    }

    /// The event with the newest content of the post that a case is about, if it can be seen.
    pub(super) fn newest(&mut self, case: &Case) -> anyhow::Result<Option<Event>> {
        Ok(engine::post_of(&mut self.reader, case)?.map(|(_, event)| event))
    }

    /// The newest posts of an account whose content is still there, the newest first.
    pub(super) fn posts_of(
        &mut self,
        account: AccountId,
    ) -> anyhow::Result<Vec<(Timestamp, Box<Post>)>> {
        let mut posts = Vec::new();
        for stored in self.reader.newest_of(account, &[EventKind::PostCreated], POSTS_READ)? {
            let Content::Bytes(bytes) = &stored.content else { continue };
            let event = reopen(bytes).context("a stored event cannot be read")?;
            if let EventBody::PostCreated(post) = event.body {
                posts.push((event.at, post));
            }
        }
        Ok(posts)
    }

    /// Whether there is content to look at: the post itself, or posts of the account.
    pub(super) fn has_content(&mut self, case: &Case) -> anyhow::Result<bool> {
        Ok(match case.subject {
            SubjectSeen::Post { .. } => self.newest(case)?.is_some(),
            SubjectSeen::Account { account } => !self.posts_of(AccountId(account))?.is_empty(),
            SubjectSeen::Entry { .. } => false,
        })
    }

    /// An account as the platform last told of it.
    pub(super) fn person(&mut self, account: AccountId) -> anyhow::Result<Person> {
        if let Some(person) = self.persons.get(&account) {
            return Ok(person.clone());
        }
        let person = self.look_up(account)?;
        self.persons.insert(account, person.clone());
        Ok(person)
    }

    fn look_up(&mut self, account: AccountId) -> anyhow::Result<Person> {
        let id = self.reader.accounts().name(account)?;
        let mut person = Person { id, ..Person::default() };
        let told = [EventKind::AccountUpdated, EventKind::AccountCreated];
        for stored in self.reader.newest_of(account, &told, PROFILES_READ)? {
            let Content::Bytes(bytes) = &stored.content else { continue };
            let event = reopen(bytes).context("a stored event cannot be read")?;
            let seen = (event.kind() == EventKind::AccountCreated).then_some(event.at);
            let told = event.profile.as_ref().and_then(|profile| profile.created_at);
            // The earliest that was told counts, as it does for the pipeline.
            person.created_at = [person.created_at, seen, told].into_iter().flatten().min();
            if let Some(profile) = event.profile {
                let owned = |text: Option<Box<str>>| text.map(String::from);
                person.handle = person.handle.or(owned(profile.handle));
                person.name = person.name.or(owned(profile.name));
                person.bio = person.bio.or(owned(profile.bio));
                person.avatar = person.avatar.or(profile.avatar);
                if person.links.is_empty() {
                    person.links = profile.links.into_iter().map(String::from).collect();
                }
            }
        }
        let did =
            [EventKind::AccountSuspended, EventKind::AccountReinstated, EventKind::AccountDeleted];
        let last = self.reader.newest_of(account, &did, 1)?;
        person.standing = last.first().map(|stored| (stored.kind, stored.at));
        Ok(person)
    }

    /// How an account is called: its handle, else the platform's id.
    pub(super) fn called(&mut self, account: Option<u64>) -> anyhow::Result<String> {
        let Some(account) = account else { return Ok("an account that was not told".into()) };
        let person = self.person(AccountId(account))?;
        let name = person.handle.or(person.id);
        Ok(name.map_or("(erased)".into(), |name| show::foreign(&name, NAME_CHARS_MAX)))
    }

    /// What a case or an action is about, in words.
    pub(super) fn subject(&mut self, subject: SubjectSeen) -> anyhow::Result<String> {
        Ok(match subject {
            SubjectSeen::Account { account } => format!("account {}", self.called(Some(account))?),
            SubjectSeen::Post { account, .. } => format!("post by {}", self.called(account)?),
            SubjectSeen::Entry { entry } => self.entry_called(entry)?,
        })
    }

    /// An entry of knowledge in words, such as "k17 of the bank clips".
    pub(super) fn entry_called(&self, entry: u64) -> anyhow::Result<String> {
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

    /// Every decision, in order, as the journal tells it.
    pub(super) fn decisions(&self) -> anyhow::Result<Vec<DecidedTold>> {
        let recorded = self.opened.derivation.journal().of_types(&["decided"])?;
        let told = |recorded: seawall_store::Recorded| {
            let (at, body) = (recorded.entry.at, recorded.entry.body);
            let Body::Decided { decision, case, policy, .. } = &body else { return None };
            let (decision, case) = (DecisionId(*decision), case.map(CaseId));
            Some(DecidedTold { decision, case, policy: policy.clone(), at, body })
        };
        Ok(recorded.into_iter().filter_map(told).collect())
    }

    /// Every overturn and withdrawal that reversed actions, in order.
    pub(super) fn reversals(&self) -> anyhow::Result<Vec<Reversed>> {
        let recorded = self.opened.derivation.journal().of_types(&["overturned", "withdrawn"])?;
        let told = |recorded: seawall_store::Recorded| match recorded.entry.body {
            Body::Overturned { decision, actions_reversed: actions, .. } => {
                let decision = DecisionId(decision);
                Some(Reversed { decision, actions, at: recorded.entry.at })
            }
            Body::Withdrawn { by, actions_reversed: actions, .. } => {
                Some(Reversed { decision: DecisionId(by), actions, at: recorded.entry.at })
            }
            _ => None,
        };
        Ok(recorded.into_iter().filter_map(told).collect())
    }

    /// Every action there ever was, by its number.
    pub(super) fn actions(&self) -> anyhow::Result<BTreeMap<u64, Done>> {
        let journal = self.opened.derivation.journal();
        let mut actions = BTreeMap::new();
        for recorded in journal.of_types(&["decided", "restricted_unattended"])? {
            let at = recorded.entry.at;
            match recorded.entry.body {
                Body::Decided { decision, case, actions: planned, .. } => {
                    let (decision, case) = (Some(DecisionId(decision)), case.map(CaseId));
                    actions.extend(
                        planned
                            .into_iter()
                            .map(|action| (action.action, Done { action, case, decision, at })),
                    );
                }
                Body::RestrictedUnattended { case, action, .. } => {
                    let case = Some(CaseId(case));
                    actions.insert(action.action, Done { action, case, decision: None, at });
                }
                _ => {}
            }
        }
        Ok(actions)
    }
}

/// A moment to the minute, in UTC.
pub(in crate::command) fn minute(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(16).collect()
}

/// How long ago something was, in its largest whole unit.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.seconds_since(at)).unwrap_or(0);
    match seconds {
        0..3_600 => show::counted(seconds / 60, "minute", "minutes"),
        3_600..172_800 => show::counted(seconds / 3_600, "hour", "hours"),
        _ => show::counted(seconds / 86_400, "day", "days"),
    }
}
