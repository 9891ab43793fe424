//! Decisions, actions and notices as data, and what a ruling came to.

use seawall_decision::statement::Statement;
use seawall_decision::support::DecisionState;
use seawall_model::journal::{ActionPlanned, Body, GroundSeen, PolicyCited};
use seawall_model::{CaseId, DecisionId, EntryId, ReviewerId};
use serde::Serialize;
use utoipa::ToSchema;

use super::SubjectView;
use crate::desk::notice::{self, Letter};
use crate::desk::ruling;
use crate::desk::{DecidedTold, Desk, DeskError, law, list, lost, told};

/// What rests on a decision or on nobody: an action, and what takes it back.
#[derive(Clone, Serialize, ToSchema)]
pub struct ActionView {
    /// Its number, such as `a7`.
    pub id: String,
    /// What is done, such as `remove`.
    pub kind: String,
    /// What takes it back, such as `restore`.
    pub inverse: String,
    /// To what.
    pub subject: SubjectView,
    /// To what, in words.
    pub about: String,
    /// When it lapses by itself, where it does.
    pub until: Option<String>,
    /// The decision it rests on, such as `d3`; null without a person.
    pub decision: Option<String>,
    /// The case it is done on, such as `c12`.
    pub case: Option<String>,
    /// All of it in words.
    pub words: String,
}

/// A version of a policy.
#[derive(Clone, Serialize, ToSchema)]
pub struct CitedView {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: u32,
}

impl From<&PolicyCited> for CitedView {
    fn from(cited: &PolicyCited) -> Self {
        Self { id: cited.id.clone(), version: cited.version }
    }
}

/// What a decision rests on.
#[derive(Clone, Serialize, ToSchema)]
pub struct GroundView {
    /// `seen`, `match`, `link` or `import`.
    pub ground: &'static str,
    /// The entry of knowledge, such as `k9`; null where a person saw the content.
    pub entry: Option<String>,
}

impl From<&GroundSeen> for GroundView {
    fn from(ground: &GroundSeen) -> Self {
        let (ground, entry) = match ground {
            GroundSeen::Seen => ("seen", None),
            GroundSeen::Match { entry } => ("match", Some(*entry)),
            GroundSeen::Link { entry } => ("link", Some(*entry)),
            GroundSeen::Import { entry } => ("import", Some(*entry)),
        };
        Self { ground, entry: entry.map(|entry| EntryId(entry).to_string()) }
    }
}

/// A decision.
#[derive(Clone, Serialize, ToSchema)]
pub struct DecisionView {
    /// Its number, such as `d3`.
    pub id: String,
    /// The case, such as `c12`; null if it is about knowledge.
    pub case: Option<String>,
    /// `stands`, `overturned`, or `fallen` with what it rested on.
    pub state: &'static str,
    /// What was ruled, such as `remove`.
    pub ruled: String,
    /// The policy cited.
    pub policy: Option<CitedView>,
    /// Who ruled, in order, such as `r1`.
    pub reviewers: Vec<String>,
    /// What it rests on.
    pub grounds: Vec<GroundView>,
    /// What it had done on the platform.
    pub actions: Vec<ActionView>,
    /// Earlier actions on the case that it ended, such as `a7`.
    pub released: Vec<String>,
    /// First and last of the entries of knowledge that it supports, in runs.
    pub supports: Vec<[String; 2]>,
    /// When a second person reads it at the latest, where one does.
    pub second_reading_due: Option<String>,
    /// When.
    pub at: String,
    /// All of it in words.
    pub words: String,
}

/// A notice in one language.
#[derive(Clone, Serialize, ToSchema)]
pub struct LetterView {
    /// What it is about, in one line.
    pub subject: String,
    /// The letter.
    pub paragraphs: Vec<String>,
}

impl From<&Statement> for LetterView {
    fn from(statement: &Statement) -> Self {
        let (subject, paragraphs) = (statement.subject_line.clone(), statement.paragraphs.clone());
        Self { subject, paragraphs }
    }
}

/// A notice in both languages.
#[derive(Clone, Serialize, ToSchema)]
pub struct NoticeView {
    /// In Arabic.
    pub ar: LetterView,
    /// In English.
    pub en: LetterView,
}

impl From<&Letter> for NoticeView {
    fn from(letter: &Letter) -> Self {
        Self { ar: LetterView::from(&letter.arabic), en: LetterView::from(&letter.english) }
    }
}

/// Whether a ruling came to something.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetOut {
    /// It became a decision.
    Decided,
    /// It is not enough by itself.
    Held,
    /// It overturned a decision.
    Overturned,
    /// It stands for entries of knowledge, or withdraws them.
    Known,
}

/// What a ruling came to.
#[derive(Clone, Serialize, ToSchema)]
pub struct OutcomeView {
    /// Whether it became a decision.
    pub outcome: SetOut,
    /// What is missing where it is held, in words.
    pub missing: Vec<String>,
    /// The decision that followed.
    pub decision: Option<DecisionView>,
    /// The decision that was overturned, such as `d3`.
    pub overturned: Option<String>,
    /// Actions that are reversed or ended, such as `a7`.
    pub reversed: Vec<String>,
    /// Cases that are open again or anew, such as `c12`.
    pub reopened: Vec<String>,
    /// Entries of knowledge that it brought in, such as `k9`.
    pub added: Vec<String>,
    /// What those concerned are told.
    pub notices: Vec<NoticeView>,
}

/// An action, in words too.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn action(
    desk: &mut Desk<'_>,
    planned: &ActionPlanned,
    decision: Option<DecisionId>,
    case: Option<CaseId>,
) -> Result<ActionView, DeskError> {
    let words = told::action_words(desk, planned)?;
    Ok(ActionView {
        id: action_id(planned.action),
        kind: planned.kind.clone(),
        inverse: planned.inverse.clone(),
        subject: planned.subject.into(),
        about: desk.subject(planned.subject)?,
        until: planned.until.map(|at| at.to_string()),
        decision: decision.map(|decision| decision.to_string()),
        case: case.map(|case| case.to_string()),
        words: format!("{words} {}", told::because(decision)),
    })
}

/// What is in force on a case.
pub(super) fn in_force(desk: &mut Desk<'_>, id: CaseId) -> Result<Vec<ActionView>, DeskError> {
    let of_case = desk.judge().actions().of_case(id);
    of_case.map(|done| action(desk, &done.planned, done.decision, Some(id))).collect()
}

/// A decision that the journal tells.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn decision(desk: &mut Desk<'_>, decided: &DecidedTold) -> Result<DecisionView, DeskError> {
    let Body::Decided { ruled, reviewers, grounds, actions, released, .. } = &decided.body else {
        return Err(DeskError::NoDecision(decided.decision));
    };
    let Body::Decided { supports, second_reading_due, .. } = &decided.body else {
        return Err(DeskError::NoDecision(decided.decision));
    };
    let (id, case) = (decided.decision, decided.case);
    let actions = actions.iter().map(|planned| action(desk, planned, Some(id), case));
    let entry = |entry: u64| EntryId(entry).to_string();
    Ok(DecisionView {
        id: id.to_string(),
        case: case.map(|case| case.to_string()),
        actions: actions.collect::<Result<_, _>>()?,
        state: match desk.judge().supports().decision(id) {
            Some(DecisionState::Overturned) => "overturned",
            Some(DecisionState::Fallen) => "fallen",
            Some(DecisionState::Stands) | None => "stands",
        },
        ruled: ruled.clone(),
        policy: decided.policy.as_ref().map(CitedView::from),
        reviewers: reviewers.iter().map(|number| ReviewerId(*number).to_string()).collect(),
        grounds: grounds.iter().map(GroundView::from).collect(),
        released: released.iter().map(|number| action_id(*number)).collect(),
        supports: supports.iter().map(|(first, last)| [entry(*first), entry(*last)]).collect(),
        second_reading_due: second_reading_due.map(|at| at.to_string()),
        at: decided.at.to_string(),
        words: told::decided_words(decided) + &lost::of_decision(desk, decided)?,
    })
}

/// The decisions on a case, in order.
pub(super) fn on(desk: &mut Desk<'_>, id: CaseId) -> Result<Vec<DecisionView>, DeskError> {
    desk.decisions_on(id)?.iter().map(|decided| decision(desk, decided)).collect()
}

/// One decision.
///
/// # Errors
/// [`DeskError::NoDecision`], or something cannot be read.
pub fn decision_of(desk: &mut Desk<'_>, id: DecisionId) -> Result<DecisionView, DeskError> {
    let decided = desk.decision(id)?;
    decision(desk, &decided)
}

/// A page of all decisions, in order, as [`list::decisions`] gives it.
///
/// # Errors
/// [`DeskError`] if something cannot be read.
pub fn decisions(
    desk: &mut Desk<'_>,
    after: u64,
    limit: u32,
) -> Result<(Vec<DecisionView>, Option<u64>), DeskError> {
    let (page, next) = list::decisions(desk, after, limit)?;
    let rows = page.iter().map(|decided| decision(desk, decided)).collect::<Result<_, _>>()?;
    Ok((rows, next))
}

/// What a ruling came to, from what followed it: [`ruling::rule`]. `about` is the case it was
/// about, if it was about one.
///
/// # Errors
/// [`DeskError`] if something cannot be read.
pub fn outcome(
    desk: &mut Desk<'_>,
    about: Option<CaseId>,
    followed: &[Body],
) -> Result<OutcomeView, DeskError> {
    let mut told = OutcomeView {
        outcome: SetOut::Known,
        missing: Vec::new(),
        decision: None,
        overturned: None,
        reversed: Vec::new(),
        reopened: Vec::new(),
        added: Vec::new(),
        notices: Vec::new(),
    };
    for body in followed {
        match body {
            Body::RulingHeld { case, missing, .. } if case.map(CaseId) == about => {
                told.outcome = SetOut::Held;
                told.missing.extend(missing.iter().map(|name| law::lacking(name).to_owned()));
            }
            Body::Overturned { decision, actions_reversed, cases_reopened, .. } => {
                told.outcome = SetOut::Overturned;
                let id = DecisionId(*decision);
                told.overturned = Some(id.to_string());
                told.reversed.extend(actions_reversed.iter().copied().map(action_id));
                let reopened = cases_reopened.iter().map(|case| CaseId(*case).to_string());
                told.reopened.extend(reopened);
                let letters = notice::of_overturn(desk, id, followed)?;
                told.notices.extend(letters.iter().map(NoticeView::from));
            }
            Body::CaseOpened { case, .. } => told.reopened.push(CaseId(*case).to_string()),
            Body::ActionsLapsed { actions } => {
                told.reversed.extend(actions.iter().copied().map(action_id));
            }
            Body::KnowledgeAdded { first, last, .. } => {
                told.added.extend((*first..=*last).map(|entry| EntryId(entry).to_string()));
            }
            _ => {}
        }
    }
    let of_knowledge = || {
        followed.iter().find_map(|body| match body {
            Body::Decided { decision, case: None, .. } => Some(DecisionId(*decision)),
            _ => None,
        })
    };
    let made = about.map_or_else(of_knowledge, |case| ruling::decision_of(followed, case));
    if let Some(id) = made {
        told.decision = Some(decision_of(desk, id)?);
        if told.outcome == SetOut::Known && told.decision.as_ref().is_some_and(of_case) {
            told.outcome = SetOut::Decided;
            let letters = notice::of_decision(desk, id)?;
            told.notices.extend(letters.iter().map(NoticeView::from));
        }
    }
    Ok(told)
}

fn of_case(decision: &DecisionView) -> bool {
    decision.case.is_some()
}

/// An action's number as it is told, such as `a7`.
fn action_id(number: u64) -> String {
    format!("a{number}")
}
