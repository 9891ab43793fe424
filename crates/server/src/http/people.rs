//! People: who is let in, with which roles and clearance, and whose key counts.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use seawall_model::{CaseId, ReviewerId};
use seawall_store::people::{
    Clearance, Cleared, LinkPurpose, NewPerson, Person, PersonChange, Role, Standing,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::body::Body;
use super::caller::{Caller, of_access};
use super::problem::{Code, Problem, ProblemTold};

/// People of one answer, at most.
const PEOPLE_MAX: u32 = 200;

/// A person, as those see them who let people in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonTold {
    /// Their number.
    pub person: u64,
    /// Their login.
    pub login: String,
    /// The pseudonym that others see.
    pub shown_name: String,
    /// Their roles: `reviewer`, `senior`, `analyst`, `policy_author`, `auditor`, `admin`.
    pub roles: Vec<String>,
    /// Which cases they may see.
    pub clearance: ClearanceTold,
    /// The number of their key in the journal, such as `r2`; null until somebody admits it.
    pub reviewer: Option<String>,
    /// The number that they had before their key was lost, and get again with the next; null
    /// where none was lost.
    pub reviewer_before: Option<String>,
    /// Their public key, hexadecimal; null until they used their link.
    pub public_key: Option<String>,
    /// The one case that somebody from outside sees.
    pub only_case: Option<String>,
    /// Whether they were shut out.
    pub disabled: bool,
    /// Counts changes: a change names the version that was read.
    pub version: u64,
}

impl From<&Person> for PersonTold {
    fn from(person: &Person) -> Self {
        Self {
            person: person.number,
            login: person.login.clone(),
            shown_name: person.shown_name.clone(),
            roles: person.roles.iter().map(|role| role.name().to_owned()).collect(),
            clearance: ClearanceTold::from(&person.clearance),
            reviewer: person.reviewer.map(|number| ReviewerId(number).to_string()),
            reviewer_before: person.reviewer_before.map(|number| ReviewerId(number).to_string()),
            public_key: person.public_key.clone(),
            only_case: person.only_case.map(|case| format!("c{case}")),
            disabled: person.disabled_at.is_some(),
            version: person.version,
        }
    }
}

/// Which cases somebody may see.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearanceTold {
    /// Languages, as primary tags such as `ar`; null for all.
    #[serde(default)]
    #[schema(example = json!(["ar", "en"]))]
    pub languages: Option<Vec<String>>,
    /// The gravest severity, 0 to 3.
    #[serde(default = "gravest")]
    #[schema(minimum = 0, maximum = 3)]
    pub severity_max: u8,
    /// Names of ideologies; null for all.
    #[serde(default)]
    pub ideologies: Option<Vec<String>>,
}

fn gravest() -> u8 {
    Clearance::FULL.severity_max
}

impl From<&Clearance> for ClearanceTold {
    fn from(clearance: &Clearance) -> Self {
        let list = |cleared: &Cleared| match cleared {
            Cleared::All => None,
            Cleared::Only(names) => Some(names.iter().cloned().collect()),
        };
        Self {
            languages: list(&clearance.languages),
            severity_max: clearance.severity_max,
            ideologies: list(&clearance.ideologies),
        }
    }
}

impl ClearanceTold {
    fn meant(self) -> Clearance {
        let cleared = |names: Option<Vec<String>>| match names {
            None => Cleared::All,
            Some(names) => Cleared::Only(names.into_iter().collect()),
        };
        Clearance {
            languages: cleared(self.languages),
            severity_max: self.severity_max,
            ideologies: cleared(self.ideologies),
        }
    }
}

/// Somebody who is to be let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Their login: 3 to 64 of a-z, 0-9, `.`, `_` and `-`.
    #[schema(example = "rami")]
    pub login: String,
    /// The pseudonym that others see.
    #[schema(example = "Cedar")]
    pub shown_name: String,
    /// Their roles: `reviewer`, `senior`, `analyst`, `policy_author`, `auditor`, `admin`.
    #[schema(example = json!(["reviewer"]))]
    pub roles: Vec<String>,
    /// Which cases they may see; all if left out.
    #[serde(default)]
    pub clearance: Option<ClearanceTold>,
    /// The one case that somebody from outside sees.
    #[serde(default)]
    #[schema(example = "c12")]
    pub only_case: Option<String>,
}

/// Somebody who was invited, and the link that lets them in once.
#[derive(Serialize, ToSchema)]
pub struct Invited {
    /// Who.
    pub person: PersonTold,
    /// The link's token: given to them, and told only now.
    pub token: String,
    /// When the link expires.
    pub expires_at: String,
}

/// What is changed of a person; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonChanged {
    /// The version that was read.
    #[schema(example = 3)]
    pub version: u64,
    /// The pseudonym.
    #[serde(default)]
    pub shown_name: Option<String>,
    /// The roles.
    #[serde(default)]
    #[schema(example = json!(["reviewer"]))]
    pub roles: Option<Vec<String>>,
    /// The clearance.
    #[serde(default)]
    pub clearance: Option<ClearanceTold>,
    /// Whether they are shut out.
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// People, in order of their numbers.
#[derive(Serialize, ToSchema)]
pub struct PeoplePage {
    /// The people.
    pub people: Vec<PersonTold>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Where a list goes on.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AfterNumber {
    /// After this number.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: u64,
}

/// Lists people.
#[utoipa::path(
    get,
    path = "/v1/people",
    tag = "people",
    params(AfterNumber),
    responses((status = 200, description = "In order of their numbers", body = PeoplePage)),
    extensions(("x-operation" = json!("people.read"))),
)]
pub async fn get_people(
    State(app): State<App>,
    Query(query): Query<AfterNumber>,
) -> Result<Json<PeoplePage>, Problem> {
    let read = app.blocking(move |app| Ok(app.door().persons(query.cursor, PEOPLE_MAX))).await?;
    let people = read.map_err(|error| of_access(&error))?;
    let is_last = people.len() < PEOPLE_MAX as usize;
    let next = people.last().map(|person| person.number).filter(|_| !is_last);
    Ok(Json(PeoplePage { people: people.iter().map(PersonTold::from).collect(), next }))
}

/// Invites somebody. The link goes to them by a way that you trust. Their key somebody else
/// admits, as soon as two keys sign.
#[utoipa::path(
    post,
    path = "/v1/people",
    tag = "people",
    request_body = Invitation,
    responses((status = 201, description = "Invited", body = Invited)),
    extensions(("x-operation" = json!("people.write"))),
)]
pub async fn post_person(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<Invitation>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let only_case = given.only_case.as_deref().map(case_number).transpose()?;
    if let Some(case) = only_case {
        there_is(&app, CaseId(case)).await?;
    }
    let by = vouched(&app, &caller).await?;
    let new = NewPerson {
        login: given.login,
        shown_name: given.shown_name,
        roles: roles(&given.roles)?,
        clearance: given.clearance.map_or(Clearance::FULL, ClearanceTold::meant),
        only_case,
    };
    let now = app.service().clock().now();
    let made = app.blocking(move |app| {
        let made = app.door().add_person(&new, now).and_then(|person| {
            let purpose = match only_case {
                Some(case) => LinkPurpose::Outside { case, person: person.number },
                None => LinkPurpose::Invite(person.number),
            };
            Ok((app.door().make_link(purpose, Some(by), now)?, person))
        });
        Ok(made)
    });
    let (link, person) = made.await?.map_err(|error| of_access(&error))?;
    let told = Invited {
        person: PersonTold::from(&person),
        token: link.token.to_string(),
        expires_at: link.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(told)))
}

/// Changes a person: their roles, their clearance, or whether they may come in.
#[utoipa::path(
    patch,
    path = "/v1/people/{person}",
    tag = "people",
    params(("person" = u64, Path, description = "Their number")),
    request_body = PersonChanged,
    responses(
        (status = 200, description = "Changed; their sessions ended", body = PersonTold),
        (status = 409, description = "Somebody changed them meanwhile", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("people.write"))),
)]
pub async fn patch_person(
    State(app): State<App>,
    Path(person): Path<u64>,
    Body(given): Body<PersonChanged>,
) -> Result<Json<PersonTold>, Problem> {
    let change = PersonChange {
        shown_name: given.shown_name,
        roles: given.roles.as_deref().map(roles).transpose()?,
        clearance: given.clearance.map(ClearanceTold::meant),
        standing: given.disabled.map(|is_disabled| match is_disabled {
            true => Standing::Disabled,
            false => Standing::Enabled,
        }),
    };
    let (version, now) = (given.version, app.service().clock().now());
    let changed =
        app.blocking(move |app| Ok(app.door().change_person(person, version, &change, now)));
    let person = changed.await?.map_err(|error| of_access(&error))?;
    Ok(Json(PersonTold::from(&person)))
}

/// Gives a link for a person who lost their password; with it they get another key, which somebody
/// else than whoever asked for the link admits, as soon as two keys sign.
#[utoipa::path(
    post,
    path = "/v1/people/{person}/reset",
    tag = "people",
    params(("person" = u64, Path, description = "Their number")),
    responses((status = 201, description = "The link", body = Invited)),
    extensions(("x-operation" = json!("people.write"))),
)]
pub async fn post_reset(
    State(app): State<App>,
    caller: Caller,
    Path(person): Path<u64>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let by = vouched(&app, &caller).await?;
    let now = app.service().clock().now();
    let made = app.blocking(move |app| {
        let made = app.door().make_link(LinkPurpose::Reset(person), Some(by), now);
        Ok(made.and_then(|link| Ok((link, app.door().person(person)?))))
    });
    let (link, person) = made.await?.map_err(|error| of_access(&error))?;
    let person = person.ok_or_else(|| Problem::new(Code::NotFound, "there is no such person"))?;
    let told = Invited {
        person: PersonTold::from(&person),
        token: link.token.to_string(),
        expires_at: link.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(told)))
}

/// The person who makes a link. Once a key signs, only somebody whose own does makes links: else
/// somebody could make them as another whom nobody knows, and answer for what comes of them.
async fn vouched(app: &App, caller: &Caller) -> Result<u64, Problem> {
    let (person, own) = (caller.person()?.number, caller.reviewer());
    let may = app.service().ask(move |derivation| {
        derivation.signing() == 0 || own.is_some_and(|own| derivation.signs(own))
    });
    match may.await? {
        true => Ok(person),
        false => {
            let detail = "your own key is not admitted: somebody whose key counts admits it \
                          first, under /v1/people/{person}/admission";
            Err(Problem::new(Code::Refused, detail))
        }
    }
}

/// Refuses a case that is not there.
async fn there_is(app: &App, case: CaseId) -> Result<(), Problem> {
    let found = app.desk(move |desk| Ok(desk.judge().cases().get(case).is_some())).await?;
    match found {
        true => Ok(()),
        false => {
            let detail = format!("there is no {case}: give the case that they are to see");
            Err(Problem::new(Code::Invalid, detail).at("/only_case"))
        }
    }
}

fn roles(names: &[String]) -> Result<BTreeSet<Role>, Problem> {
    let role = |(place, name): (usize, &String)| {
        Role::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            let detail = format!("there is no such role: use {}", known.join(", "));
            Problem::new(Code::Invalid, detail).at(format!("/roles/{place}"))
        })
    };
    names.iter().enumerate().map(role).collect()
}

fn case_number(text: &str) -> Result<u64, Problem> {
    let number = text.strip_prefix('c').and_then(|number| number.parse().ok());
    number.ok_or_else(|| Problem::new(Code::Invalid, "a case is named like `c12`").at("/only_case"))
}
