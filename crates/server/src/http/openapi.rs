//! The OpenAPI document, made from the routes themselves.

use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Seawall",
        description = "Keeps removed extremist networks from coming back. Errors are \
                       `application/problem+json`; every write takes an `Idempotency-Key`; \
                       lists are read with cursors.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(super::problem::ProblemTold))
)]
struct Base;

/// The whole document.
#[must_use]
pub fn document() -> Document {
    let mut document = Base::openapi();
    document.merge(super::routes().into_openapi());
    document
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "health",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
    extensions(("x-operation" = json!("openapi.read"))),
)]
pub async fn openapi() -> Json<Document> {
    Json(document())
}
