//! Admitting a person's key: who answers for it, and that it is not whoever made their link.
//!
//! Left out: the link itself ([`super::people`]) and what the journal makes of it
//! ([`crate::engine`]).

use axum::Json;
use axum::extract::{Path, State};
use seawall_model::ReviewerId;
use seawall_store::people::{Person, Role};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::body::Body;
use super::caller::{Caller, of_access};
use super::people::PersonTold;
use super::problem::{Code, Problem};
use super::ruling::{Signed, of_people, reviewer_id};
use crate::engine::another_key;

/// Who answers for a key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmissionAsked {
    /// The signature of a reviewer, made elsewhere, over the public key, or over `r3 ` and the key
    /// where the person was r3 before; the caller's own key signs if it is left out.
    #[serde(default)]
    pub signed: Option<Signed>,
    /// Their public key, as the person reads it from `GET /v1/session`; needed of whoever is no
    /// admin, who knows by it whom they answer for.
    #[serde(default)]
    #[schema(example = "5b1ff2a0c7d94e0d8e3a6a1b24c5f7d8e9fa0b1c2d3e4f5061728394a5b6c7d8")]
    pub public_key: Option<String>,
}

/// Admits a person's key: what it signs counts from now on. Anybody whose own key counts may, but
/// for whoever made the link that it came of; they may while no other key signs.
#[utoipa::path(
    post,
    path = "/v1/people/{person}/admission",
    tag = "people",
    params(("person" = u64, Path, description = "Their number")),
    request_body = AdmissionAsked,
    responses((status = 200, description = "Their key counts", body = PersonTold)),
    extensions(("x-operation" = json!("people.admit"))),
)]
pub async fn post_admission(
    State(app): State<App>,
    caller: Caller,
    Path(person): Path<u64>,
    Body(given): Body<AdmissionAsked>,
) -> Result<Json<PersonTold>, Problem> {
    let look = app.blocking(move |app| Ok(app.door().person(person))).await?;
    let known = look.map_err(|error| of_access(&error))?;
    let known = named(&caller, known, given.public_key.as_deref())?;
    let public = known.public_key.clone().ok_or_else(|| {
        Problem::new(Code::Conflict, "they have no key yet: they use their link first")
    })?;
    if known.reviewer.is_some() {
        return Ok(Json(PersonTold::from(&known)));
    }
    let asks = caller.person().map(|own| own.number).ok();
    if let Some(id) = admitted_already(&app, &public, (person, asks)).await? {
        let set = app.blocking(move |app| Ok(app.door().set_reviewer(person, id.0, &public)));
        return Ok(Json(PersonTold::from(&set.await?.map_err(|error| of_access(&error))?)));
    }
    let before = known.reviewer_before.map(ReviewerId);
    let said = before.map_or_else(|| public.clone(), |before| another_key(before, &public));
    let signed = answered_for(&app, &caller, given.signed, &said).await?;
    let makers = makers(&app, &known).await?;
    let now = app.service().clock().now();
    let admit = app.service().ask(move |derivation| {
        derivation.may_answer(signed.0, &makers)?;
        let admitted = match before {
            Some(before) => derivation.admit_again(before, &public, signed, now),
            None => derivation.admit(&public, Some(signed), now),
        };
        admitted.map(|id| (id, public))
    });
    let (id, public) = admit.await?.map_err(|error| of_people(&error))?;
    let set = app.blocking(move |app| Ok(app.door().set_reviewer(person, id.0, &public)));
    let person = set.await?.map_err(|error| of_access(&error))?;
    Ok(Json(PersonTold::from(&person)))
}

/// The person whose key is to be admitted, where the caller knows who they are.
fn named(
    caller: &Caller,
    known: Option<Person>,
    public_key: Option<&str>,
) -> Result<Person, Problem> {
    let is_admin = caller.person()?.roles.contains(&Role::Admin);
    if !is_admin && public_key.is_none() {
        let detail = "ask the person for their public key, which `GET /v1/session` tells them, and \
                      send it: you answer for whoever holds it";
        return Err(Problem::new(Code::Missing, detail).at("/public_key"));
    }
    match known {
        Some(known) if public_key.is_none_or(|key| known.public_key.as_deref() == Some(key)) => {
            Ok(known)
        }
        Some(_) if is_admin => {
            let detail = "they have another key: read it again from them, not from here";
            Err(Problem::new(Code::Conflict, detail).at("/public_key"))
        }
        Some(_) => {
            let detail = "there is no such person with this key: ask them for both";
            Err(Problem::new(Code::NotFound, detail))
        }
        None if is_admin => Err(Problem::new(Code::NotFound, "there is no such person")),
        None => {
            let detail = "there is no such person with this key: ask them for both";
            Err(Problem::new(Code::NotFound, detail))
        }
    }
}

/// The numbers in the journal of whoever made the link that a person's key came of.
async fn makers(app: &App, person: &Person) -> Result<Vec<ReviewerId>, Problem> {
    let Some(by) = person.link_by else { return Ok(Vec::new()) };
    let maker = app.blocking(move |app| Ok(app.door().person(by))).await?;
    let maker = maker.map_err(|error| of_access(&error))?;
    let numbers = maker.map(|maker| [maker.reviewer, maker.reviewer_before]).unwrap_or_default();
    Ok(numbers.into_iter().flatten().map(ReviewerId).collect())
}

/// The number under which the journal knows a key that its person is not known by: a crash came
/// between the two. Where it came before, the journal has no key at all, and takes the caller's.
async fn admitted_already(
    app: &App,
    public: &str,
    (person, asks): (u64, Option<u64>),
) -> Result<Option<ReviewerId>, Problem> {
    let (public, now) = (public.to_owned(), app.service().clock().now());
    let found = app.service().ask(move |derivation| {
        let keys = derivation.public_keys()?;
        match keys.iter().find(|(_, key)| *key == public) {
            Some((id, _)) => Ok(Some(*id)),
            None if keys.is_empty() && asks == Some(person) => {
                derivation.admit(&public, None, now).map(Some)
            }
            None => Ok(None),
        }
    });
    found.await?.map_err(|error| of_people(&error))
}

/// Who answers for a key, and their signature over what is said.
async fn answered_for(
    app: &App,
    caller: &Caller,
    signed: Option<Signed>,
    said: &str,
) -> Result<(ReviewerId, String), Problem> {
    if let Some(signed) = signed {
        return Ok((reviewer_id(&signed.reviewer)?, signed.signature));
    }
    let own = caller.reviewer().ok_or_else(|| {
        let detail = "your own key is not admitted: send a reviewer's signature over public_key";
        Problem::new(Code::Refused, detail).at("/signed")
    })?;
    let (token, now) = (caller.token()?, app.service().clock().now());
    let open = app.blocking(move |app| Ok(app.door().signing_key(&token, now))).await?;
    let key = open.map_err(|error| of_access(&error))?;
    Ok((own, key.sign(said.as_bytes())))
}
