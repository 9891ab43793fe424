//! What the desk tells as structured data: the bodies of the server's answers, and `--json`.
//!
//! Own ids are text such as `c12`, `d3`, `a7`, `k9` and `r1`, except for the numbers within a
//! subject; times are RFC 3339 in UTC; bits of evidence are thousandths. Text from outside
//! stands here as it came, and in the fields of words isolated. Left out: next steps.

mod content;
mod decision;
mod evidence;
pub mod knowledge;
pub mod tide;

use seawall_decision::law::Repute;
use seawall_model::journal::SubjectSeen;
use seawall_model::knowledge::{Policy, PolicyScope};
use seawall_model::{AccountId, CaseId};
use seawall_review::{Case, CaseState, RestsOnMissing};
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{Cursor, State, Wanted};
use super::{Desk, DeskError, Viewer, law, list, notice, told};

pub use content::{AccountView, ContentView, MediaView, PlatformView, PostView, ResemblesView};
pub use decision::{
    ActionView, CitedView, DecisionView, GroundView, LetterView, NoticeView, OutcomeView, SetOut,
    action, decision, decision_of, decisions, outcome,
};
pub use evidence::{ComebackView, EvidenceView, FamilyView, PieceView, WhyView};

/// What a case or an action is about.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(tag = "subject", rename_all = "snake_case")]
pub enum SubjectView {
    /// An account.
    Account {
        /// Its own number.
        account: u64,
    },
    /// A post.
    Post {
        /// Position of the event that told it.
        position: u64,
        /// Own number of its author, where known.
        account: Option<u64>,
    },
    /// An entry of knowledge.
    Entry {
        /// Its number.
        entry: u64,
    },
}

impl From<SubjectSeen> for SubjectView {
    fn from(seen: SubjectSeen) -> Self {
        match seen {
            SubjectSeen::Account { account } => Self::Account { account },
            SubjectSeen::Post { position, account } => Self::Post { position, account },
            SubjectSeen::Entry { entry } => Self::Entry { entry },
        }
    }
}

/// A case in a list.
#[derive(Clone, Serialize, ToSchema)]
pub struct CaseRow {
    /// Its number, such as `c12`.
    pub case: String,
    /// `open`, `decided` or `withdrawn`.
    pub state: &'static str,
    /// Counts changes, from 1: a ruling names the version that was read.
    pub version: u64,
    /// What it is about.
    pub subject: SubjectView,
    /// What it is about, in words.
    pub about: String,
    /// The policy it was opened under; empty for none.
    pub policy: String,
    /// The rule that opened it; null if an overturn did.
    pub rule: Option<String>,
    /// Why it is here, in a few words.
    pub why: String,
    /// What it needs, in a few words.
    pub needs: String,
    /// Whether the file itself is in a bank.
    pub is_exact: bool,
    /// What the strongest comparison with a removed account weighs, in thousandths of a bit.
    pub comeback: Option<i64>,
    /// Whether a verdict behind it rests on something missing.
    pub rests_on_missing: bool,
    /// Whether reach is restricted without a person.
    pub restricted_unattended: bool,
    /// When the first event behind it happened.
    pub at: String,
    /// How long ago that was, in seconds.
    pub age_seconds: i64,
}

/// What one ruling needs of a reviewer.
#[derive(Clone, Serialize, ToSchema)]
pub struct NeedView {
    /// What is ruled, such as `remove`.
    pub ruling: &'static str,
    /// What the reviewer saw: `content`, `file` or `links`.
    pub saw: &'static str,
    /// What is missing, in words; empty if one reviewer suffices.
    pub missing: Vec<String>,
}

/// A ruling that can be proposed.
#[derive(Clone, Serialize, ToSchema)]
pub struct ProposedView {
    /// What is ruled.
    pub ruling: &'static str,
    /// What has to be seen for it.
    pub saw: &'static str,
}

/// A ruling that is held.
#[derive(Clone, Serialize, ToSchema)]
pub struct HeldView {
    /// Who ruled, such as `r1`.
    pub reviewer: String,
    /// What.
    pub ruled: &'static str,
    /// What they saw.
    pub saw: &'static str,
}

/// A policy in force.
#[derive(Clone, Serialize, ToSchema)]
pub struct PolicyView {
    /// Its name.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its title in Arabic.
    pub title_ar: String,
    /// Its title in English.
    pub title_en: String,
    /// Where it is published.
    pub reference: String,
    /// Whether removals under it are indexed, so that returns are recognised.
    pub is_terrorist_content: bool,
    /// Days within which a decision can be appealed.
    pub appeal_days: u32,
}

impl From<&Policy> for PolicyView {
    fn from(policy: &Policy) -> Self {
        let [arabic, english] = &policy.title;
        Self {
            id: policy.id.to_string(),
            version: policy.version,
            title_ar: arabic.to_string(),
            title_en: english.to_string(),
            reference: policy.reference.to_string(),
            is_terrorist_content: policy.scope == PolicyScope::Terrorist,
            appeal_days: policy.appeal_days,
        }
    }
}

/// A case in full.
#[derive(Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// Its number, such as `c12`.
    pub case: String,
    /// `open`, `decided` or `withdrawn`.
    pub state: &'static str,
    /// The decision that closed it, such as `d3`.
    pub decided_by: Option<String>,
    /// Counts changes, from 1: a ruling names the version that was read.
    pub version: u64,
    /// What it is about.
    pub subject: SubjectView,
    /// What it is about, in words.
    pub about: String,
    /// The policy it was opened under; empty for none.
    pub policy: String,
    /// That policy in its newest version; null if it is not in force any more.
    pub policy_in_force: Option<PolicyView>,
    /// The rule that opened it; null if an overturn did.
    pub rule: Option<String>,
    /// How it was opened, in words, a line each.
    pub opened: Vec<String>,
    /// Whether a verdict behind it rests on something missing: nothing automatic follows.
    pub rests_on_missing: bool,
    /// When the first event behind it happened.
    pub at: String,
    /// How long ago that was, in seconds.
    pub age_seconds: i64,
    /// Why it is here: each piece of evidence, in words too.
    pub why: Vec<WhyView>,
    /// The evidence in numbers.
    pub evidence: EvidenceView,
    /// What it is about, as people see it.
    pub content: ContentView,
    /// How the account stands, in words, a line each.
    pub standing: Vec<String>,
    /// Whether the account is in good standing; null if that is Unknown.
    pub in_good_standing: Option<bool>,
    /// What can be looked at: `content`, `file`, `links`.
    pub sights: Vec<&'static str>,
    /// What each ruling that fits needs.
    pub needs: Vec<NeedView>,
    /// What it needs, in a few words.
    pub needs_brief: String,
    /// The gravest ruling that law 1 permits to a reviewer; null if there is none.
    pub proposed: Option<ProposedView>,
    /// Why nothing can be proposed, or why content has to be looked at.
    pub caution: Option<String>,
    /// Why nothing was restricted without a person, in words; empty if no file was met, and null
    /// where an action is in force.
    pub not_restricted_because: Option<Vec<String>>,
    /// Until when an order forbids that the account be told; null where none does.
    pub notices_withheld_until: Option<String>,
    /// What is in force on it.
    pub in_force: Vec<ActionView>,
    /// Rulings that are held, as far as the reader may see them: who reads second sees only
    /// their own.
    pub held: Vec<HeldView>,
    /// How many rulings are held in all.
    pub held_count: usize,
    /// Rulings that were held and count no more, in words, a line each; of an open case only
    /// what the reader may see.
    pub let_go: Vec<String>,
    /// The appeals on it, in words, a line each.
    pub appeals: Vec<String>,
    /// Its decisions, in order.
    pub decided: Vec<DecisionView>,
    /// What those concerned are told, the newest first.
    pub notices: Vec<NoticeView>,
}

/// A case as a row of a list.
///
/// # Errors
/// [`DeskError`] if there is none, or something cannot be read.
pub fn row(desk: &mut Desk<'_>, id: CaseId, viewer: Viewer) -> Result<CaseRow, DeskError> {
    let case = desk.case(id)?;
    let comebacks = super::evidence::comebacks(case);
    Ok(CaseRow {
        case: id.to_string(),
        state: State::of(case).as_str(),
        version: case.version,
        subject: case.subject.into(),
        about: desk.subject(case.subject)?,
        policy: case.policy.to_string(),
        rule: case.rule.as_deref().map(str::to_owned),
        why: super::evidence::brief_of(desk, id, case)?,
        needs: law::brief(desk, id, case, viewer)?,
        is_exact: super::evidence::is_exact_now(case, desk.active()),
        comeback: comebacks.first().map(super::evidence::Comeback::total),
        rests_on_missing: case.rests == RestsOnMissing::Yes,
        restricted_unattended: desk
            .judge()
            .actions()
            .of_case(id)
            .any(|action| action.decision.is_none()),
        at: case.at.to_string(),
        age_seconds: desk.now().seconds_since(case.at),
    })
}

/// A page of the cases that are asked for, in the order of [`Cursor`], and where the next page
/// begins; `None` if there are no more.
///
/// # Errors
/// [`DeskError`] if something cannot be read.
///
/// Cost: one pass over all cases, and the events of the page's accounts.
pub fn cases(
    desk: &mut Desk<'_>,
    wanted: &Wanted,
    viewer: Viewer,
    after: Option<Cursor>,
    limit: usize,
) -> Result<(Vec<CaseRow>, Option<Cursor>), DeskError> {
    let (page, next) = list::page(desk, wanted, after, limit);
    let rows = page.into_iter().map(|id| row(desk, id, viewer)).collect::<Result<_, _>>()?;
    Ok((rows, next))
}

fn not_restricted_because(
    desk: &mut Desk<'_>,
    id: CaseId,
    case: &Case,
) -> Result<Option<Vec<String>>, DeskError> {
    match desk.judge().actions().of_case(id).next() {
        Some(_) => Ok(None),
        None => law::unattended(desk, case).map(Some),
    }
}

/// A case in full.
///
/// # Errors
/// [`DeskError`] if there is none, or something cannot be read.
pub fn case(desk: &mut Desk<'_>, id: CaseId, viewer: Viewer) -> Result<CaseView, DeskError> {
    let case = desk.case(id)?;
    let proposed = law::proposed(desk, case)?;
    Ok(CaseView {
        case: id.to_string(),
        state: State::of(case).as_str(),
        decided_by: match case.state {
            CaseState::Decided(decision) => Some(decision.to_string()),
            CaseState::Open | CaseState::Withdrawn => None,
        },
        version: case.version,
        subject: case.subject.into(),
        about: desk.subject(case.subject)?,
        policy: case.policy.to_string(),
        policy_in_force: desk.active().policy(&case.policy).map(PolicyView::from),
        rule: case.rule.as_deref().map(str::to_owned),
        opened: told::opened_lines(desk, case),
        rests_on_missing: case.rests == RestsOnMissing::Yes,
        at: case.at.to_string(),
        age_seconds: desk.now().seconds_since(case.at),
        why: evidence::why(desk, id, case)?,
        evidence: evidence::numbers(case),
        content: content::of(desk, case)?,
        standing: told::standing_lines(desk, id, case)?,
        in_good_standing: good_standing(desk, case),
        sights: law::sights(desk, case)?.into_iter().map(|saw| saw.as_str()).collect(),
        needs: needs(desk, case)?,
        needs_brief: law::brief(desk, id, case, viewer)?,
        proposed: proposed
            .map(|(kind, saw)| ProposedView { ruling: kind.as_str(), saw: saw.as_str() }),
        caution: law::caution(desk, case, proposed),
        not_restricted_because: not_restricted_because(desk, id, case)?,
        notices_withheld_until: desk
            .judge()
            .withheld(id)
            .and_then(|withheld| withheld.until)
            .map(|until| until.to_string()),
        in_force: decision::in_force(desk, id)?,
        held: held(case, viewer),
        held_count: case.heard.len(),
        let_go: told::let_go_lines(desk, id, case, viewer)?,
        appeals: told::appeal_lines(desk, id),
        decided: decision::on(desk, id)?,
        notices: notice::of_case(desk, id)?.iter().map(NoticeView::from).collect(),
    })
}

/// Whether the account of a case is in good standing; `None` if that is Unknown.
fn good_standing(desk: &Desk<'_>, case: &Case) -> Option<bool> {
    match desk.judge().standing(case, desk.now(), desk.active()).1 {
        Repute::Good => Some(true),
        Repute::NotGood => Some(false),
        Repute::Unknown => None,
    }
}

fn needs(desk: &mut Desk<'_>, case: &Case) -> Result<Vec<NeedView>, DeskError> {
    let without_policy = law::without_policy(desk, case);
    let view = |need: law::Need| {
        let sentences = need.missing.iter().map(|sentence| law::words(*sentence).to_owned());
        NeedView {
            ruling: need.kind.as_str(),
            saw: need.saw.as_str(),
            missing: without_policy.iter().cloned().chain(sentences).collect(),
        }
    };
    Ok(law::needs(desk, case)?.into_iter().map(view).collect())
}

fn held(case: &Case, viewer: Viewer) -> Vec<HeldView> {
    let seen = case.heard.iter().filter(|heard| viewer.sees(heard.reviewer));
    let held = seen.map(|heard| HeldView {
        reviewer: heard.reviewer.to_string(),
        ruled: heard.ruled.as_str(),
        saw: heard.saw.as_str(),
    });
    held.collect()
}

/// An account by its own number, as the platform last told of it.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn account(desk: &mut Desk<'_>, account: AccountId) -> Result<AccountView, DeskError> {
    Ok(AccountView::from(&desk.person(account)?))
}
