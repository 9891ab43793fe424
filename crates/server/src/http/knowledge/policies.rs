//! Policies over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use seawall_model::EntryId;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known, PolicyScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::App;
use super::super::body::Body;
use super::super::caller::Caller;
use super::super::problem::{Code, Problem, ProblemTold};
use super::{
    AddedAnswer, Adding, ConfirmedAnswer, EntriesAsked, EntriesPage, EntriesQuery, Origin, Sift,
};
use crate::desk::knowledge::policies::{self, PolicyGiven};
use crate::desk::knowledge::view::{EntryView, PolicySaid, PolicyTexts};
use crate::desk::knowledge::{self as shared, KnowledgeError};
use crate::media::Marks;

/// A version of a policy that is to be added.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyAsked {
    /// Its name in rules and rulings.
    #[schema(example = "kettle-league")]
    pub id: String,
    /// The newest version that was read; 0, or left out, if there is none yet.
    #[serde(default)]
    pub after_version: u32,
    /// Its title in Arabic.
    pub title_ar: String,
    /// Its title in English.
    pub title_en: String,
    /// Its text in Arabic.
    pub text_ar: String,
    /// Its text in English.
    pub text_en: String,
    /// Where it is published.
    pub reference: String,
    /// Whether it is about terrorist content: what is removed under it is compared with what
    /// comes.
    pub terrorist_content: bool,
    /// Hours for which reach may be restricted unattended, 0 to 72; 0 is never.
    #[schema(maximum = 72)]
    pub unattended_restrict_hours: u32,
    /// Days within which a decision can be appealed, 1 to 3,650.
    #[schema(minimum = 1, maximum = 3650)]
    pub appeal_days: u32,
    /// Where it comes from, in words.
    pub source: String,
}

/// Lists every version of every policy, without texts.
#[utoipa::path(
    get,
    path = "/v1/policies",
    tag = "knowledge",
    params(EntriesQuery),
    responses((status = 200, description = "In order", body = EntriesPage<PolicySaid>)),
    extensions(("x-operation" = json!("policies.read"))),
)]
pub async fn get_policies(
    State(app): State<App>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<EntriesPage<PolicySaid>>, Problem> {
    let page = super::list(&app, KnowledgeKind::Policy, query, |known, _| match known {
        Known::Policy(policy) => Some((policy.id.to_string(), PolicySaid::from(policy))),
        _ => None,
    });
    Ok(Json(page.await?))
}

/// Reads a policy with its texts: the newest version in force of an id, or an entry.
#[utoipa::path(
    get,
    path = "/v1/policies/{policy}",
    tag = "knowledge",
    params(("policy" = String, Path, description = "Its id, or the number of an entry",
        example = "kettle-league")),
    responses((status = 200, description = "The policy", body = EntryView<PolicyTexts>)),
    extensions(("x-operation" = json!("policies.read"))),
)]
pub async fn get_policy(
    State(app): State<App>,
    Path(policy): Path<String>,
) -> Result<Json<EntryView<PolicyTexts>>, Problem> {
    let found = super::look(&app, move |derivation, _, now| {
        let id = match EntryId::parse(&policy) {
            Some(id) => Some(id),
            None => in_force(derivation, &policy)?,
        };
        let Some(id) = id else { return Ok(None) };
        super::one(derivation, KnowledgeKind::Policy, id, now, &said).map(Some)
    });
    let found = found.await?;
    let detail = "there is no policy of this id in force: `GET /v1/policies` lists them";
    Ok(Json(found.ok_or_else(|| Problem::new(Code::NotFound, detail))?))
}

/// Puts a version of a policy in force: the newest of its id and one more.
#[utoipa::path(
    post,
    path = "/v1/policies",
    tag = "knowledge",
    request_body = PolicyAsked,
    responses(
        (status = 201, description = "In force", body = AddedAnswer),
        (status = 202, description = "Waits for a person to confirm it", body = AddedAnswer),
        (status = 409, description = "There is a newer version than was read", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("policies.write"))),
)]
pub async fn post_policy(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<PolicyAsked>,
) -> Result<Response, Problem> {
    let origin = Origin::of(&app, &given.source, None)?;
    let after = given.after_version;
    let scope = match given.terrorist_content {
        true => PolicyScope::Terrorist,
        false => PolicyScope::Other,
    };
    let made = policies::made(&PolicyGiven {
        id: given.id,
        title: [given.title_ar, given.title_en],
        text: [given.text_ar, given.text_en],
        reference: given.reference,
        scope,
        unattended_hours: Some(given.unattended_restrict_hours),
        appeal_days: Some(given.appeal_days),
    });
    let policy = made
        .map_err(|fault| Problem::new(Code::Invalid, fault.why).at(format!("/{}", fault.field)))?;
    let entries = vec![origin.entry(Known::Policy(policy))];
    let (kind, sift) = (KnowledgeKind::Policy, number(after));
    super::add(&app, &caller, Adding { kind, entries, sift }).await
}

/// Stands for versions of policies that a machine added.
#[utoipa::path(
    post,
    path = "/v1/policies/confirmations",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses((status = 200, description = "Stood for", body = ConfirmedAnswer)),
    extensions(("x-operation" = json!("policies.write"))),
)]
pub async fn post_policy_confirmation(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::confirm(&app, &caller, KnowledgeKind::Policy, given).await
}

/// Gives a policy its version, if nobody added another meanwhile.
fn number(after: u32) -> Box<Sift> {
    Box::new(move |changing, entries| {
        for entry in entries {
            if let Known::Policy(policy) = &mut entry.known {
                let newest = policies::newest_version(changing.derivation, &policy.id)?;
                if newest != after {
                    let detail = format!(
                        "the newest version is {newest}, not {after}: read it, and name it in \
                         after_version"
                    );
                    return Ok(Err(Problem::new(Code::Stale, detail).at("/after_version")));
                }
                policy.version = newest + 1;
            }
        }
        Ok(Ok(Vec::new()))
    })
}

/// The newest version of a policy that is in force.
fn in_force(
    derivation: &crate::engine::Derivation,
    id: &str,
) -> Result<Option<EntryId>, KnowledgeError> {
    let all = shared::entries(derivation, KnowledgeKind::Policy)?.into_iter();
    let versions = all.filter_map(|(entry, Knowledge { known, .. })| match known {
        Known::Policy(policy) if *policy.id == *id => Some((policy.version, entry)),
        _ => None,
    });
    let newest = versions.filter(|(_, entry)| shared::in_force(derivation, *entry)).max();
    Ok(newest.map(|(_, entry)| entry))
}

fn said(known: &Known, _: &Marks) -> Option<PolicyTexts> {
    match known {
        Known::Policy(policy) => Some(PolicyTexts::from(policy)),
        _ => None,
    }
}
