//! Who somebody is, and whether that is enough.
//!
//! Clearance: a language or an ideology that is not known keeps a case from nobody who may
//! read cases, since in a small team nobody could work on what no detector named; a severity
//! is always known and always counts. Keys carry no clearance: they are machines, and their
//! scope is what bounds them. Left out: how anybody proves who they are ([`super::Door`]).

use std::collections::BTreeSet;
use std::fmt;

use seawall_model::Timestamp;
use seawall_store::people::{Clearance, Person, Role};

use super::Operation;
use super::table::{Openness, Outside};

/// What an API key is made for. Names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Send events.
    EventsWrite,
    /// Wait for verdicts.
    VerdictsRead,
    /// Upload media, have them fetched, mark them.
    MediaWrite,
    /// Report.
    ReportsWrite,
    /// Appeal on behalf of somebody.
    AppealsWrite,
    /// Read cases.
    CasesRead,
    /// Hand in rulings, each with a reviewer's own signature.
    RulingsWrite,
    /// Read decisions.
    DecisionsRead,
    /// Read banks, terms, policies and rules.
    KnowledgeRead,
    /// Change them.
    KnowledgeWrite,
    /// Read measures.
    MeasuresRead,
    /// Read the journal.
    JournalRead,
    /// See deliveries.
    DeliveryRead,
    /// Send again, and reconcile.
    DeliveryWrite,
    /// Read metrics.
    MetricsRead,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::EventsWrite,
        Self::VerdictsRead,
        Self::MediaWrite,
        Self::ReportsWrite,
        Self::AppealsWrite,
        Self::CasesRead,
        Self::RulingsWrite,
        Self::DecisionsRead,
        Self::KnowledgeRead,
        Self::KnowledgeWrite,
        Self::MeasuresRead,
        Self::JournalRead,
        Self::DeliveryRead,
        Self::DeliveryWrite,
        Self::MetricsRead,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EventsWrite => "events:write",
            Self::VerdictsRead => "verdicts:read",
            Self::MediaWrite => "media:write",
            Self::ReportsWrite => "reports:write",
            Self::AppealsWrite => "appeals:write",
            Self::CasesRead => "cases:read",
            Self::RulingsWrite => "rulings:write",
            Self::DecisionsRead => "decisions:read",
            Self::KnowledgeRead => "knowledge:read",
            Self::KnowledgeWrite => "knowledge:write",
            Self::MeasuresRead => "measures:read",
            Self::JournalRead => "journal:read",
            Self::DeliveryRead => "delivery:read",
            Self::DeliveryWrite => "delivery:write",
            Self::MetricsRead => "metrics:read",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Whether something asks for a password entered just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUp {
    /// It does.
    Needed,
    /// It does not; of a person: they entered it just before.
    NotNeeded,
}

/// A person who came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonIdentity {
    /// Their number.
    pub number: u64,
    /// Their login.
    pub login: String,
    /// The pseudonym that others see.
    pub shown_name: String,
    /// Their roles.
    pub roles: BTreeSet<Role>,
    /// Which cases they may see.
    pub clearance: Clearance,
    /// Number of their key in the journal.
    pub reviewer: Option<u64>,
    /// Their public key, hexadecimal.
    pub public_key: Option<String>,
    /// The one case that somebody from outside sees.
    pub only_case: Option<u64>,
    /// The number of their session.
    pub session: u64,
    /// When the session ends, used or not.
    pub session_ends_at: Timestamp,
    /// Until when grave actions need no password, if that lies ahead.
    pub stepped_up_until: Option<Timestamp>,
}

/// A machine that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIdentity {
    /// The number of its key.
    pub number: u64,
    /// What the key is for, in words.
    pub name: String,
    /// What it is made for.
    pub scopes: BTreeSet<Scope>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nobody who is known.
    Public,
    /// Whoever holds a signed link that its caller verified.
    SignedLink,
    /// A person.
    Person(Box<PersonIdentity>),
    /// A machine.
    Key(KeyIdentity),
}

/// The part of a clearance that a case goes beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearancePart {
    /// Its language.
    Language,
    /// Its severity.
    Severity,
    /// Its ideology.
    Ideology,
    /// It is not the one case that they were invited to.
    Case,
}

impl fmt::Display for ClearancePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Language => "language",
            Self::Severity => "severity",
            Self::Ideology => "ideology",
            Self::Case => "number",
        })
    }
}

/// Why something is refused, and what would allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody who is known asks.
    #[error("{} needs somebody who is known: log in, or send an API key", .0.name())]
    Unauthenticated(Operation),
    /// The person has none of the roles.
    #[error("{} is for {}; ask an admin for a role", operation.name(), names(may))]
    Role {
        /// What was wanted.
        operation: Operation,
        /// The roles that may.
        may: &'static [Role],
    },
    /// The key was made for something else.
    #[error("{} needs a key with the scope `{}`", operation.name(), needs.name())]
    Scope {
        /// What was wanted.
        operation: Operation,
        /// The scope that may.
        needs: Scope,
    },
    /// No key may.
    #[error("{} is for people: log in", .0.name())]
    PeopleOnly(Operation),
    /// No person may.
    #[error("{} is for machines: send an API key", .0.name())]
    MachinesOnly(Operation),
    /// Only a signed link opens it.
    #[error("{} needs the signed link of a notice", .0.name())]
    LinkOnly(Operation),
    /// The password was not entered just before.
    #[error("{} is grave: enter your password again", .0.name())]
    StepUp(Operation),
    /// Somebody from outside may only work on their case.
    #[error("{} is not for reviewers from outside", .0.name())]
    Outside(Operation),
    /// No appeal waits in the case of somebody from outside.
    #[error(
        "no appeal waits in the case that you were invited to, and you see it only while one does"
    )]
    NothingWaits,
    /// The case goes beyond what they are cleared for.
    #[error("the {0} of this case is beyond your clearance; pass it on")]
    Clearance(ClearancePart),
}

impl Denied {
    /// Its stable name, for `code` in an answer.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Role { .. } => "role_missing",
            Self::Scope { .. } => "scope_missing",
            Self::PeopleOnly(_) => "people_only",
            Self::MachinesOnly(_) => "machines_only",
            Self::LinkOnly(_) => "link_only",
            Self::StepUp(_) => "step_up_needed",
            Self::Outside(_) => "outside_reviewer",
            Self::NothingWaits => "nothing_waits",
            Self::Clearance(_) => "clearance",
        }
    }
}

fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
}

/// Says whether somebody may do something, apart from the single object.
///
/// # Errors
/// [`Denied`].
///
/// Cost: one look into a constant table.
pub fn permits(identity: &Identity, operation: Operation) -> Result<(), Denied> {
    let rule = operation.rule();
    if rule.openness == Openness::Anyone {
        return Ok(());
    }
    match identity {
        Identity::SignedLink if rule.openness == Openness::SignedLink => Ok(()),
        Identity::Public | Identity::SignedLink => Err(Denied::Unauthenticated(operation)),
        Identity::Key(key) => match rule.scope {
            Some(scope) if key.scopes.contains(&scope) => Ok(()),
            Some(needs) => Err(Denied::Scope { operation, needs }),
            None if rule.roles.is_empty() => Err(Denied::LinkOnly(operation)),
            None => Err(Denied::PeopleOnly(operation)),
        },
        Identity::Person(_) if rule.roles.is_empty() => Err(match rule.scope {
            Some(_) => Denied::MachinesOnly(operation),
            None => Denied::LinkOnly(operation),
        }),
        Identity::Person(person) => {
            if person.only_case.is_some() && rule.outside == Outside::Never {
                return Err(Denied::Outside(operation));
            }
            if !rule.roles.iter().any(|role| person.roles.contains(role)) {
                return Err(Denied::Role { operation, may: rule.roles });
            }
            if rule.step_up == StepUp::Needed && person.stepped_up_until.is_none() {
                return Err(Denied::StepUp(operation));
            }
            Ok(())
        }
    }
}

/// What of a case its clearance is asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseClearance<'a> {
    /// Its language as a tag of BCP 47, of which the primary part counts; `None`: unknown.
    pub language: Option<&'a str>,
    /// Its severity, 0 to 3.
    pub severity: u8,
    /// The name of its ideology; `None`: unknown.
    pub ideology: Option<&'a str>,
    /// Its number.
    pub case: u64,
    /// Whether an appeal waits in it.
    pub appeal: AppealWaits,
}

/// Whether an appeal waits in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealWaits {
    /// One does.
    Yes,
    /// None does.
    No,
}

/// Says whether somebody who may read cases may see this one.
///
/// Asked before every operation on a case and for every row of a list. Analysts, who see
/// cases under pseudonyms, are held to their clearance too. Somebody from outside sees their
/// case only while an appeal waits in it.
///
/// # Errors
/// [`Denied::Clearance`] or [`Denied::NothingWaits`]; otherwise as [`permits`] for
/// [`Operation::CasesRead`].
pub fn may_see_case(identity: &Identity, case: CaseClearance<'_>) -> Result<(), Denied> {
    permits(identity, Operation::CasesRead)?;
    match identity {
        Identity::Person(person) => covers(&person.clearance, person.only_case, case),
        Identity::Public | Identity::SignedLink | Identity::Key(_) => Ok(()),
    }
}

/// Whether a person could come in and rule on appeals in this case, as far as roles and
/// clearance go. Whether they took part in it is asked elsewhere.
#[must_use]
pub fn could_rule(person: &Person, case: CaseClearance<'_>) -> bool {
    person.disabled_at.is_none()
        && Operation::AppealsRule.rule().roles.iter().any(|role| person.roles.contains(role))
        && covers(&person.clearance, person.only_case, case).is_ok()
}

/// Says whether somebody from outside is kept from a case by its number alone, before anything of
/// it is looked up: it does not even tell them that the case is there.
///
/// # Errors
/// [`Denied::Clearance`].
pub fn is_invited_to(identity: &Identity, case: u64) -> Result<(), Denied> {
    match identity {
        Identity::Person(person) if person.only_case.is_some_and(|only| only != case) => {
            Err(Denied::Clearance(ClearancePart::Case))
        }
        _ => Ok(()),
    }
}

fn covers(
    clearance: &Clearance,
    only_case: Option<u64>,
    case: CaseClearance<'_>,
) -> Result<(), Denied> {
    let beyond = |part| Err(Denied::Clearance(part));
    match only_case {
        Some(only) if only != case.case => return beyond(ClearancePart::Case),
        Some(_) if case.appeal == AppealWaits::No => return Err(Denied::NothingWaits),
        Some(_) | None => {}
    }
    if case.severity > clearance.severity_max {
        return beyond(ClearancePart::Severity);
    }
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
    if case.language.is_some_and(|tag| !clearance.languages.covers(&primary(tag))) {
        return beyond(ClearancePart::Language);
    }
    if case.ideology.is_some_and(|name| !clearance.ideologies.covers(name)) {
        return beyond(ClearancePart::Ideology);
    }
    Ok(())
}

/// How much of people and content somebody is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Numbers and states only.
    WithoutContent,
    /// Evidence and numbers, under pseudonyms, without what anybody said.
    Pseudonymised,
    /// All of it.
    Content,
}

/// How much somebody is shown where an operation shows content as viewed.
#[must_use]
pub fn view(identity: &Identity) -> View {
    match identity {
        Identity::Public | Identity::SignedLink => View::WithoutContent,
        // A platform's own machine is given what the platform told us.
        Identity::Key(_) => View::Content,
        Identity::Person(person) => {
            let has = |role| person.roles.contains(&role);
            if has(Role::Reviewer) || has(Role::Senior) {
                View::Content
            } else if has(Role::Analyst) {
                View::Pseudonymised
            } else {
                View::WithoutContent
            }
        }
    }
}
