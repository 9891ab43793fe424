//! The table: what each operation asks of whoever wants it done.
//!
//! Choices that the law of this product makes: only reviewers and seniors rule; an admin
//! touches no content as an admin, but makes keys and gives roles, so that one who gives themselves
//! either comes to it (the lists of keys and people show it, and auditors read those); an auditor reads decisions and the journal without content, an analyst
//! cases under pseudonyms. Neither reviewers nor seniors read the journal, because a second
//! reader is blind to the first. A key rules only with `rulings:write`, and what it sends
//! carries a reviewer's own signature, so it needs no password entered again. Somebody from
//! outside rules on appeals in their case and on nothing else: they were invited to look at what
//! was done, not to do more. Left out: the single object, which [`super::may_see_case`] asks about.

use seawall_store::people::Role;

use super::{Operation, Scope, StepUp};

/// Whether an operation shows or takes content of people on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// None.
    Without,
    /// Its caller shows as much as [`super::view`] says.
    AsViewed,
    /// Content or a person's profile, by its nature.
    Shown,
}

/// Who may do something without being known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// Nobody.
    Known,
    /// Who holds a signed link, and is then [`super::Identity::SignedLink`].
    SignedLink,
    /// Anybody.
    Anyone,
}

/// Whether somebody from outside, who sees one case only, may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// They may, for their case.
    OwnCase,
    /// They may not.
    Never,
}

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The roles of people who may; none: machines only.
    pub roles: &'static [Role],
    /// What a key must be made for; `None`: no key may.
    pub scope: Option<Scope>,
    /// Whether a person must have entered their password just before.
    pub step_up: StepUp,
    /// Whether it touches content.
    pub content: Content,
    /// Whether somebody from outside may.
    pub outside: Outside,
    /// Who may without being known.
    pub openness: Openness,
}

const RULING: &[Role] = &[Role::Reviewer, Role::Senior];
const SENIOR: &[Role] = &[Role::Senior];
const CASES: &[Role] = &[Role::Reviewer, Role::Senior, Role::Analyst];
const DECISIONS: &[Role] = &[Role::Reviewer, Role::Senior, Role::Analyst, Role::Auditor];
const BANKS: &[Role] = &[Role::Reviewer, Role::Senior, Role::PolicyAuthor];
const TERMS: &[Role] = &[Role::Reviewer, Role::Senior, Role::Analyst, Role::PolicyAuthor];
const RULES: &[Role] =
    &[Role::Reviewer, Role::Senior, Role::Analyst, Role::PolicyAuthor, Role::Auditor];
const AUTHORS: &[Role] = &[Role::PolicyAuthor];
const JOURNAL: &[Role] = &[Role::Analyst, Role::Auditor];
const DELIVERY: &[Role] = &[Role::Reviewer, Role::Senior, Role::Auditor, Role::Admin];
const RUNNING: &[Role] = &[Role::Senior, Role::Admin];
const PEOPLE: &[Role] = &[Role::Auditor, Role::Admin];
const ADMIN: &[Role] = &[Role::Admin];

const fn people(roles: &'static [Role]) -> Rule {
    Rule {
        roles,
        scope: None,
        step_up: StepUp::NotNeeded,
        content: Content::Without,
        outside: Outside::Never,
        openness: Openness::Known,
    }
}

const fn machines(scope: Scope) -> Rule {
    people(&[]).or_key(scope)
}

const fn anyone() -> Rule {
    Rule { openness: Openness::Anyone, ..people(&[]) }
}

impl Rule {
    const fn or_key(self, scope: Scope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    const fn grave(self) -> Self {
        Self { step_up: StepUp::Needed, ..self }
    }

    const fn outside_too(self) -> Self {
        Self { outside: Outside::OwnCase, ..self }
    }

    const fn viewed(self) -> Self {
        Self { content: Content::AsViewed, ..self }
    }

    const fn shown(self) -> Self {
        Self { content: Content::Shown, ..self }
    }

    const fn by_link(self) -> Self {
        Self { openness: Openness::SignedLink, ..self }
    }
}

impl Operation {
    /// What it asks for.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::EventsWrite => machines(Scope::EventsWrite),
            Self::EventsVerdict => machines(Scope::VerdictsRead),
            Self::ReportsWrite => machines(Scope::ReportsWrite),
            Self::MediaPut
            | Self::MediaFetch
            | Self::MediaThumbnail
            | Self::MediaOriginal
            | Self::MediaMark
            | Self::MediaHandover => self.of_media(),
            Self::ReportsRead
            | Self::CasesList
            | Self::CasesRead
            | Self::CasesRule
            | Self::CasesRuleGrave
            | Self::NoticesWithhold
            | Self::WavesList
            | Self::WavesRead
            | Self::DecisionsList
            | Self::DecisionsRead
            | Self::DecisionsOverturn
            | Self::AppealsForm
            | Self::AppealsWrite
            | Self::AppealsRead
            | Self::AppealsRule => self.of_cases(),
            Self::BanksRead
            | Self::BanksWrite
            | Self::TermsRead
            | Self::TermsWrite
            | Self::PoliciesRead
            | Self::PoliciesWrite
            | Self::RulesRead
            | Self::RulesCheck
            | Self::RulesWrite
            | Self::ProtectedRead
            | Self::ProtectedWrite
            | Self::RemovedRead
            | Self::RemovedWithdraw => self.of_knowledge(),
            Self::MeasuresRead => people(&Role::ALL).or_key(Scope::MeasuresRead),
            Self::JournalRead => people(JOURNAL).or_key(Scope::JournalRead),
            Self::LiveRead => people(CASES),
            Self::DeliveryRead => people(DELIVERY).or_key(Scope::DeliveryRead),
            Self::DeliveryReplay | Self::DeliveryReopen => {
                people(RUNNING).or_key(Scope::DeliveryWrite)
            }
            Self::DeliveryRelease => people(SENIOR).grave(),
            Self::ReconcileWrite => machines(Scope::DeliveryWrite),
            Self::ReconcileRead => people(DELIVERY).or_key(Scope::DeliveryRead),
            Self::PeopleRead | Self::KeysRead => people(PEOPLE),
            Self::PeopleWrite | Self::KeysWrite => people(ADMIN).grave(),
            // Whoever made the link may not, so everybody else may: who they are vouched for by.
            Self::PeopleAdmit => people(&Role::ALL).grave().outside_too(),
            Self::SessionsOwn => people(&Role::ALL).outside_too(),
            Self::SessionsOpen | Self::LinksUse | Self::HealthRead | Self::OpenapiRead => anyone(),
            Self::MetricsRead => people(ADMIN).or_key(Scope::MetricsRead),
            Self::DoctorRead => people(ADMIN),
        }
    }

    const fn of_media(self) -> Rule {
        match self {
            Self::MediaPut => machines(Scope::MediaWrite),
            Self::MediaFetch => people(RULING).or_key(Scope::MediaWrite).outside_too(),
            Self::MediaThumbnail => people(RULING).shown().outside_too(),
            Self::MediaOriginal => people(RULING).shown().grave().outside_too(),
            // Whoever sees it may and must: no password is asked for first.
            Self::MediaMark => people(RULING).or_key(Scope::MediaWrite).outside_too(),
            _ => people(SENIOR).shown().grave(),
        }
    }

    const fn of_cases(self) -> Rule {
        match self {
            Self::ReportsRead => people(CASES).or_key(Scope::CasesRead).viewed(),
            Self::AppealsRead => people(RULING).or_key(Scope::CasesRead).shown().outside_too(),
            Self::CasesList => people(CASES).or_key(Scope::CasesRead).viewed(),
            Self::CasesRead => people(CASES).or_key(Scope::CasesRead).viewed().outside_too(),
            Self::NoticesWithhold => people(SENIOR).viewed().grave(),
            Self::WavesList | Self::WavesRead => people(CASES).or_key(Scope::CasesRead).viewed(),
            Self::CasesRule => people(RULING).or_key(Scope::RulingsWrite).shown(),
            Self::CasesRuleGrave => people(RULING).or_key(Scope::RulingsWrite).shown().grave(),
            Self::AppealsRule => people(RULING).or_key(Scope::RulingsWrite).shown().outside_too(),
            Self::DecisionsList | Self::DecisionsRead => {
                people(DECISIONS).or_key(Scope::DecisionsRead).viewed()
            }
            Self::DecisionsOverturn => people(RULING).or_key(Scope::RulingsWrite).shown().grave(),
            Self::AppealsWrite => machines(Scope::AppealsWrite).by_link(),
            _ => people(&[]).by_link(),
        }
    }

    const fn of_knowledge(self) -> Rule {
        match self {
            // Perceptual hashes are content.
            Self::BanksRead => people(BANKS).or_key(Scope::KnowledgeRead).shown(),
            Self::BanksWrite => people(SENIOR).or_key(Scope::KnowledgeWrite).shown().grave(),
            Self::TermsRead => people(TERMS).or_key(Scope::KnowledgeRead),
            Self::TermsWrite | Self::PoliciesWrite | Self::RulesWrite => {
                people(AUTHORS).or_key(Scope::KnowledgeWrite)
            }
            Self::PoliciesRead => people(&Role::ALL).or_key(Scope::KnowledgeRead).outside_too(),
            Self::RulesRead => people(RULES).or_key(Scope::KnowledgeRead),
            Self::RulesCheck => people(AUTHORS).or_key(Scope::KnowledgeRead),
            // Names and profiles of people: no key may, since no key is a person who answers.
            Self::ProtectedRead | Self::RemovedRead => people(RULING).shown(),
            _ => people(SENIOR).shown().grave(),
        }
    }
}
