//! The protected register over HTTP: who reads it signs that they do, which is journaled before
//! anything is told. No machine reads it, and nothing exports it.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use seawall_model::PlatformId;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_store::LogReader;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::App;
use super::super::body::Body;
use super::super::caller::Caller;
use super::super::problem::{Code, Problem, ProblemTold};
use super::super::ruling::Hand;
use super::{
    AddedAnswer, Adding, EntriesAsked, EntriesPage, EntriesQuery, Origin, WithdrawnAnswer,
};
use crate::desk::knowledge::view::{self, EntryView, ProtectedSaid};
use crate::desk::knowledge::{Changing, KnowledgeError, check_kind, protected, words};
use crate::desk::register::READ;

/// An account that is to be protected.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectedAsked {
    /// The account, by the platform's id.
    pub account: String,
    /// Why: `press`, `archive`, `research`, `counter` or `other`.
    pub ground: String,
    /// Where it comes from, in words.
    pub source: String,
    /// When it lapses by itself; never if left out.
    #[serde(default)]
    pub expires: Option<String>,
}

/// Lists the register. That it is read is signed and journaled.
#[utoipa::path(
    get,
    path = "/v1/protected",
    tag = "knowledge",
    params(EntriesQuery),
    responses((status = 200, description = "In order", body = EntriesPage<ProtectedSaid>)),
    extensions(("x-operation" = json!("protected.read"))),
)]
pub async fn get_protected(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<EntriesPage<ProtectedSaid>>, Problem> {
    let (wanted, of) = super::asked(KnowledgeKind::Protected, query)?;
    let page = read(&app, &caller, move |changing, reader| {
        let mut say = |entry: &Knowledge| {
            let said = said(reader, &entry.known)?;
            Ok(said.filter(|said| of.as_deref().is_none_or(|of| of == said.ground)))
        };
        let (entries, next) = view::page(changing.derivation, wanted, changing.now, &mut say)?;
        let version = changing.derivation.pipeline().judge().version();
        Ok(EntriesPage { entries, next, version })
    });
    Ok(Json(page.await?))
}

/// Reads an entry of the register. That it is read is signed and journaled.
#[utoipa::path(
    get,
    path = "/v1/protected/{entry}",
    tag = "knowledge",
    params(("entry" = String, Path, description = "Its number", example = "k3")),
    responses((status = 200, description = "The entry", body = EntryView<ProtectedSaid>)),
    extensions(("x-operation" = json!("protected.read"))),
)]
pub async fn get_protected_entry(
    State(app): State<App>,
    caller: Caller,
    Path(entry): Path<String>,
) -> Result<Json<EntryView<ProtectedSaid>>, Problem> {
    let id = super::entry_id(&entry)?;
    let told = read(&app, &caller, move |changing, reader| {
        let derivation = &*changing.derivation;
        check_kind(derivation, &(id.0..=id.0), KnowledgeKind::Protected)?;
        let entry = derivation.knowledge().read(id)?.ok_or(KnowledgeError::NoEntry(id))?;
        let said = said(reader, &entry.known)?.ok_or(KnowledgeError::NoEntry(id))?;
        Ok(view::view(derivation, id, &entry, said, changing.now))
    });
    Ok(Json(told.await?))
}

/// Protects an account: nothing unattended is done to it.
#[utoipa::path(
    post,
    path = "/v1/protected",
    tag = "knowledge",
    request_body = ProtectedAsked,
    responses(
        (status = 200, description = "It is protected on this ground already", body = AddedAnswer),
        (status = 201, description = "In the register", body = AddedAnswer),
        (status = 404, description = "No account of this id is known", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("protected.write"))),
)]
pub async fn post_protected(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<ProtectedAsked>,
) -> Result<Response, Problem> {
    let origin = Origin::of(&app, &given.source, given.expires.as_deref())?;
    let ground = words::ground(&given.ground)
        .map_err(|why| Problem::new(Code::Invalid, why).at("/ground"))?;
    let account = PlatformId::new(given.account.as_str())
        .map_err(|_| Problem::new(Code::Invalid, "this is no account id").at("/account"))?;
    let found = super::look(&app, move |_, reader, _| {
        protected::entry(reader.accounts(), &account, ground)
    });
    let known = found.await?.ok_or_else(|| {
        let detail = "no account of this id is known here, and nothing was added: use the \
                      platform's id, which is not always the handle, and send its events first";
        Problem::new(Code::NotFound, detail).at("/account")
    })?;
    let kind = KnowledgeKind::Protected;
    let (entries, sift) = (vec![origin.entry(known)], super::sift_known(kind));
    super::add(&app, &caller, Adding { kind, entries, sift }).await
}

/// Takes accounts out of the register.
#[utoipa::path(
    post,
    path = "/v1/protected/withdrawals",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses(
        (status = 200, description = "Out of force", body = WithdrawnAnswer),
        (status = 409, description = "One is not in force", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("protected.write"))),
)]
pub async fn post_protected_withdrawal(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::withdraw(&app, &caller, KnowledgeKind::Protected, given).await
}

/// Reads the register, once the journal says who does.
async fn read<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    tell: impl FnOnce(&Changing<'_>, &mut LogReader) -> Result<T, KnowledgeError> + Send + 'static,
) -> Result<T, Problem> {
    let hand = super::ruling::signer(app, caller, None).await?;
    super::change(app, move |changing| {
        let Hand::Own(key) = &hand else {
            return Ok(Err(Problem::new(Code::Forbidden, "this is for people")));
        };
        let reviewer = changing.derivation.reviewer_of(&key.public())?;
        changing.derivation.register_read(reviewer, key.sign(READ), changing.now)?;
        let mut reader = changing.folder.log_reader()?;
        // It is told, or it is not: nothing is left undone by that.
        Ok(tell(changing, &mut reader).map_err(|error| super::of_knowledge(&error)))
    })
    .await
}

fn said(reader: &mut LogReader, known: &Known) -> Result<Option<ProtectedSaid>, KnowledgeError> {
    match known {
        Known::Protected(entry) => protected::said(reader.accounts(), entry).map(Some),
        _ => Ok(None),
    }
}
