//! Rulings over HTTP: signed by the person of the session, or elsewhere.

use seawall_model::journal::Says;
use seawall_model::knowledge::FileClass;
use seawall_model::{CaseId, ReviewerId};
use seawall_pipeline::RulingError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, of_access};
use super::problem::{Code, Problem};
use crate::access::Identity;
use crate::chance;
use crate::desk::ruling::{Signer, Unfit, rule as take};
use crate::desk::view::{OutcomeView, SetOut, outcome};
use crate::desk::{Desk, DeskError};
use crate::engine::PeopleError;
use crate::signing::ReviewerKey;

/// A signature that was made elsewhere.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Whose it is.
    #[schema(example = "r2")]
    pub reviewer: String,
    /// Ed25519 over the ruling's canonical bytes, hexadecimal.
    pub signature: String,
}

/// What a ruling came to. Neither content nor people stand here: the case tells them.
#[derive(Serialize, ToSchema)]
pub struct RulingAnswer {
    /// Whether it became a decision.
    pub outcome: SetOut,
    /// What is missing where it is held, in words.
    pub missing: Vec<String>,
    /// The decision that followed, such as `d3`.
    pub decision: Option<String>,
    /// What it does on the platform, such as `a7`.
    pub actions: Vec<String>,
    /// The decision that was overturned.
    pub overturned: Option<String>,
    /// Actions that are reversed or ended.
    pub reversed: Vec<String>,
    /// Cases that are open again or anew.
    pub reopened: Vec<String>,
    /// Entries of knowledge that it brought in.
    pub added: Vec<String>,
}

impl From<OutcomeView> for RulingAnswer {
    fn from(told: OutcomeView) -> Self {
        let (decision, actions) = match told.decision {
            Some(made) => {
                let actions = made.actions.into_iter().map(|action| action.id).collect();
                (Some(made.id), actions)
            }
            None => (None, Vec::new()),
        };
        Self {
            outcome: told.outcome,
            missing: told.missing,
            decision,
            actions,
            overturned: told.overturned,
            reversed: told.reversed,
            reopened: told.reopened,
            added: told.added,
        }
    }
}

/// Who signs.
pub(crate) enum Hand {
    /// The person of the session, whose key is open.
    Own(Box<ReviewerKey>),
    /// Somebody elsewhere.
    Elsewhere(ReviewerId, String),
}

impl Hand {
    /// As the desk knows it.
    pub(crate) fn signer(&self) -> Signer<'_> {
        match self {
            Self::Own(key) => Signer::Key(key),
            Self::Elsewhere(reviewer, signature) => {
                Signer::Signed { reviewer: *reviewer, signature: signature.clone() }
            }
        }
    }
}

/// Who signs a ruling of this caller.
///
/// # Errors
/// A [`Problem`] if a machine sends no signature, or a person somebody else's.
pub(crate) async fn signer(
    app: &App,
    caller: &Caller,
    signed: Option<Signed>,
) -> Result<Hand, Problem> {
    match (&caller.identity, signed) {
        (Identity::Person(_), None) => {
            let (token, now) = (caller.token()?, app.service().clock().now());
            let open = app.blocking(move |app| Ok(app.door().signing_key(&token, now))).await?;
            Ok(Hand::Own(Box::new(open.map_err(|error| of_access(&error))?)))
        }
        (Identity::Person(_), Some(_)) => {
            let detail = "your session signs: leave the signature out";
            Err(Problem::new(Code::Invalid, detail).at("/signed"))
        }
        (_, None) => {
            let detail = "a machine rules on nothing: send a reviewer's signature";
            Err(Problem::new(Code::Missing, detail).at("/signed"))
        }
        (_, Some(signed)) => Ok(Hand::Elsewhere(reviewer_id(&signed.reviewer)?, signed.signature)),
    }
}

/// The number of a reviewer as people write it.
pub(crate) fn reviewer_id(text: &str) -> Result<ReviewerId, Problem> {
    let number = text.strip_prefix('r').and_then(|number| number.parse().ok());
    number.map(ReviewerId).ok_or_else(|| {
        Problem::new(Code::Invalid, "a reviewer is named like `r2`").at("/signed/reviewer")
    })
}

/// Takes a ruling, and tells what it came to.
///
/// # Errors
/// A [`Problem`] if it cannot be taken; nothing is journaled then.
pub(crate) async fn rule(app: &App, says: Says, hand: Hand) -> Result<RulingAnswer, Problem> {
    let (service, seed) = (app.service().clone(), app.test_seed());
    let now = service.clock().now();
    let own = service.clone();
    let about = match &says {
        Says::Case { case, .. } => Some(CaseId(*case)),
        _ => None,
    };
    let taken = service.ask_engine(move |derivation| {
        let signer = hand.signer();
        let mut chance = chance::source(seed);
        let followed = match take(derivation, own.folder(), says, &signer, &mut *chance, now) {
            Ok(followed) => followed,
            Err(PeopleError::Engine(error)) => return Err(error),
            Err(refused) => return Ok(Err(of_people(&refused))),
        };
        let mut reader = own.folder().log_reader()?;
        let mut desk = Desk::over(derivation, &mut reader, now).sent();
        let told = outcome(&mut desk, about, &followed).map(RulingAnswer::from);
        Ok(told.map_err(|error| of_desk(&error)))
    });
    taken.await?
}

/// What is told where something cannot be looked up.
pub(crate) fn of_desk(error: &DeskError) -> Problem {
    use seawall_review::Refused;
    match error {
        DeskError::Case(Refused::NoCase(case)) => {
            Problem::new(Code::NotFound, format!("there is no case {case}"))
        }
        DeskError::Case(Refused::NotOpen(case)) => {
            Problem::new(Code::Conflict, format!("{case} is not open: read it again"))
        }
        DeskError::Case(Refused::Stale { case, read }) => {
            let detail = format!("{case} has changed since version {read}: read it again");
            Problem::new(Code::Stale, detail)
        }
        DeskError::NoDecision(_) => Problem::new(Code::NotFound, error.to_string()),
        DeskError::Store(_) | DeskError::Engine(_) | DeskError::Unreadable(_) => {
            Problem::defect(error)
        }
    }
}

/// What is told where something cannot be meant.
pub(crate) fn of_unfit(unfit: &Unfit) -> Problem {
    match unfit {
        Unfit::Desk(error) => of_desk(error),
        Unfit::ClassOfNothing(_) => Problem::new(Code::Invalid, unfit.to_string()).at("/class"),
        Unfit::NoPolicy(_) => Problem::new(Code::Invalid, unfit.to_string()).at("/policy"),
        Unfit::NoPosts(_) | Unfit::ContentGone(_) => {
            Problem::new(Code::Refused, unfit.to_string()).at("/saw")
        }
        Unfit::AboutEntry { .. } => Problem::new(Code::Refused, unfit.to_string()).at("/ruling"),
    }
}

/// What is told where people cannot do something.
pub(crate) fn of_people(error: &PeopleError) -> Problem {
    match error {
        PeopleError::Engine(error) => Problem::defect(error),
        PeopleError::Ruling(RulingError::Case(refused)) => {
            of_desk(&DeskError::Case(refused.clone()))
        }
        PeopleError::Ruling(refused) => Problem::new(Code::Refused, of_refused(refused)),
        PeopleError::Marked(_) | PeopleError::OwnLink(_) => {
            Problem::new(Code::Refused, error.to_string())
        }
        PeopleError::Entry(refused) => Problem::new(Code::Invalid, refused.to_string()),
        PeopleError::Key(refused) => {
            Problem::new(Code::Forbidden, refused.to_string()).at("/signed/signature")
        }
        PeopleError::NotFirst | PeopleError::Known(_) => {
            Problem::new(Code::Conflict, error.to_string())
        }
        PeopleError::Stranger => {
            let detail = "this key is of no reviewer here, or signs no more: an admin admits it";
            Problem::new(Code::Refused, detail)
        }
    }
}

/// Why a ruling is refused; what the command line points to is no route.
fn of_refused(refused: &RulingError) -> String {
    match refused {
        RulingError::Reviewer(reviewer) => {
            format!("{reviewer} is no reviewer here, or signs no more")
        }
        RulingError::NoPolicy { id, version } => {
            format!("there is no policy `{id}` of version {version}: see GET /v1/policies")
        }
        RulingError::NoEntries(first, last) => {
            format!("k{first} to k{last} are not entries that can be stood for")
        }
        RulingError::Class(class) => {
            let known: Vec<&str> = FileClass::ALL.iter().map(|class| class.as_str()).collect();
            format!("`{class}` is no class of files: use {}", known.join(", "))
        }
        refused => refused.to_string(),
    }
}
