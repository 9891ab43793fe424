//! The HTTP server: routes, and what holds for all of them.
//!
//! Each file holds the routes of one resource, each route beside its OpenAPI document, so that
//! neither drifts from the other. Each parses, ask who may, ask [`Service`], and write;
//! nothing is decided here. Left out: who may (`access`), delivery of actions (`deliver`).

mod admission;
mod appeals;
mod body;
mod caller;
mod cases;
mod dead_letters;
mod decisions;
mod delivery;
mod doctor;
mod events;
mod health;
mod journal;
mod keys;
mod knowledge;
mod listen;
mod live;
mod measures;
mod media;
mod notices;
mod once;
mod openapi;
mod page;
mod people;
mod problem;
mod problems;
mod rate;
mod reconcile;
mod reported;
mod reports;
mod request;
mod ruling;
mod sessions;
mod waves;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use seawall_model::Limits;
use seawall_store::Requests;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use events::VerdictWord;
pub use listen::{Listening, listen};
pub use openapi::document;
pub use problem::{Code, Problem, ProblemTold};

use crate::access::{Door, PasswordGate};
use crate::carry::Carrier;
use crate::chance;
use crate::config::ServeConfig;
use crate::desk::{Desk, DeskError};
use crate::engine::Settings;
use crate::service::Service;
use rate::Rates;

/// What every route may use. Clones share it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    service: Service,
    serve: ServeConfig,
    limits: Limits,
    free_mib_min: u64,
    test_seed: Option<u64>,
    metrics: PrometheusHandle,
    requests: Mutex<Requests>,
    door: Door,
    gate: PasswordGate,
    rates: Rates,
    carrier: Carrier,
    files: media::Files,
    /// Becomes true when the server is to end.
    ending: watch::Sender<bool>,
}

impl App {
    /// Puts together what the routes use. Hashes one password.
    ///
    /// # Errors
    /// [`seawall_store::Error`] if a file of the folder cannot be opened.
    pub fn new(
        service: Service,
        settings: &Settings,
        metrics: PrometheusHandle,
        carrier: Carrier,
    ) -> anyhow::Result<Self> {
        let people = service.folder().people(seawall_store::Access::Write)?;
        let chance = chance::source(settings.test_seed.map(|seed| seed ^ 0xd00));
        let inner = Inner {
            serve: settings.config.serve.clone(),
            limits: settings.config.limits.limits(),
            free_mib_min: settings.config.disk.free_mib_min,
            test_seed: settings.test_seed,
            metrics,
            requests: Mutex::new(service.folder().requests()?),
            door: Door::new(people, settings.config.sessions.access(), chance),
            rates: Rates::new(settings.config.serve.rates.clone()),
            gate: PasswordGate::new(),
            carrier,
            files: media::Files::new(&service, settings)?,
            ending: watch::channel(false).0,
            service,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The door: who comes in.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.inner.door
    }

    /// What carries decisions out.
    #[must_use]
    pub fn carrier(&self) -> &Carrier {
        &self.inner.carrier
    }

    pub(crate) fn gate(&self) -> &PasswordGate {
        &self.inner.gate
    }

    /// How much everybody asked for lately.
    pub(crate) fn rates(&self) -> &Rates {
        &self.inner.rates
    }

    /// The files of media.
    pub(crate) fn files(&self) -> &media::Files {
        &self.inner.files
    }

    /// MiB that must be free on the disk at least.
    pub(crate) fn free_mib_min(&self) -> u64 {
        self.inner.free_mib_min
    }

    pub(crate) fn test_seed(&self) -> Option<u64> {
        self.inner.test_seed
    }

    /// Looks something up at the desk, between two batches of events.
    pub(crate) async fn desk<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Desk<'_>) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Problem> {
        let service = self.service().clone();
        let looked = self.service().ask(move |derivation| {
            let now = service.clock().now();
            let mut reader = service.folder().log_reader()?;
            look(&mut Desk::over(derivation, &mut reader, now).sent())
        });
        looked.await?.map_err(|error| ruling::of_desk(&error))
    }

    pub(crate) fn service(&self) -> &Service {
        &self.inner.service
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn serve(&self) -> &ServeConfig {
        &self.inner.serve
    }

    /// The idempotency keys. Waits for the disk: only on a thread that may wait.
    pub(crate) fn requests(&self) -> MutexGuard<'_, Requests> {
        self.inner.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ending(&self) -> &watch::Sender<bool> {
        &self.inner.ending
    }

    pub(crate) fn metrics(&self) -> &PrometheusHandle {
        &self.inner.metrics
    }

    /// Does something that waits for the disk, on a thread that may wait.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, seawall_store::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&app)).await;
        done.map_err(|error| Problem::defect(&error))?.map_err(|error| Problem::defect(&error))
    }

    /// What a platform is told of what is restricted: one that cannot restrict reach holds.
    pub(crate) fn restricted_word(&self) -> VerdictWord {
        match self.inner.serve.restricts {
            crate::config::Restricts::Reach => VerdictWord::Restricted,
            crate::config::Restricts::Publication => VerdictWord::Hold,
        }
    }
}

/// The routes with their documents, not yet served.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::post_events))
        .routes(routes!(reports::post_report, reported::get_reports))
        .routes(routes!(cases::get_cases))
        .routes(routes!(cases::get_case))
        .routes(routes!(cases::post_ruling))
        .routes(routes!(decisions::get_decisions))
        .routes(routes!(decisions::get_decision))
        .routes(routes!(decisions::post_overturn))
        .routes(routes!(sessions::post_session, sessions::get_session, sessions::delete_session))
        .routes(routes!(sessions::post_step_up))
        .routes(routes!(sessions::put_password))
        .routes(routes!(sessions::get_sessions))
        .routes(routes!(sessions::delete_one_session))
        .routes(routes!(sessions::post_link))
        .routes(routes!(notices::put_withholding, notices::delete_withholding))
        .routes(routes!(appeals::post_appeal, appeals::get_appeals))
        .routes(routes!(appeals::get_appeal_form))
        .routes(routes!(appeals::post_appeal_ruling))
        .routes(routes!(delivery::get_delivery))
        .routes(routes!(dead_letters::post_reopen))
        .routes(routes!(dead_letters::post_replay))
        .routes(routes!(dead_letters::post_release))
        .routes(routes!(reconcile::post_reconcile, reconcile::get_reconcile))
        .routes(routes!(people::get_people, people::post_person))
        .routes(routes!(people::patch_person))
        .routes(routes!(people::post_reset))
        .routes(routes!(admission::post_admission))
        .routes(routes!(keys::get_keys, keys::post_key))
        .routes(routes!(keys::post_rotation))
        .routes(routes!(keys::delete_key))
        .routes(routes!(journal::get_journal))
        .merge(of_knowledge())
        .routes(routes!(measures::get_measures))
        .routes(routes!(measures::get_tide))
        .routes(routes!(waves::get_waves))
        .routes(routes!(waves::get_wave))
        .routes(routes!(live::get_live))
        .routes(routes!(media::put_media, media::get_original))
        .routes(routes!(media::post_fetch))
        .routes(routes!(media::get_thumbnail))
        .routes(routes!(media::post_grant))
        .routes(routes!(media::post_mark, media::delete_mark))
        .routes(routes!(media::get_handover))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(doctor::get_doctor))
        .routes(routes!(openapi::openapi))
        .routes(routes!(problems::get_problem))
}

/// What is known: banks, terms, policies, rules, the protected and the removed.
fn of_knowledge() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(knowledge::banks::get_banks, knowledge::banks::post_banks))
        .routes(routes!(knowledge::banks::get_bank_entry))
        .routes(routes!(knowledge::banks::post_bank_confirmation))
        .routes(routes!(knowledge::banks::post_bank_withdrawal))
        .routes(routes!(knowledge::terms::get_terms, knowledge::terms::post_terms))
        .routes(routes!(knowledge::terms::get_term))
        .routes(routes!(knowledge::terms::post_term_confirmation))
        .routes(routes!(knowledge::terms::post_term_withdrawal))
        .routes(routes!(knowledge::policies::get_policies, knowledge::policies::post_policy))
        .routes(routes!(knowledge::policies::get_policy))
        .routes(routes!(knowledge::policies::post_policy_confirmation))
        .routes(routes!(knowledge::rules::get_rules, knowledge::rules::post_rules))
        .routes(routes!(knowledge::rules::get_rules_entry))
        .routes(routes!(knowledge::rules::post_rules_check))
        .routes(routes!(knowledge::rules::post_rules_run))
        .routes(routes!(knowledge::rules::post_rules_confirmation))
        .routes(routes!(knowledge::rules::post_rules_withdrawal))
        .routes(routes!(knowledge::protected::get_protected, knowledge::protected::post_protected))
        .routes(routes!(knowledge::protected::get_protected_entry))
        .routes(routes!(knowledge::protected::post_protected_withdrawal))
        .routes(routes!(knowledge::removed::get_removed))
        .routes(routes!(knowledge::removed::get_removed_entry))
        .routes(routes!(knowledge::removed::post_removed_withdrawal))
}

/// The whole server, to be put behind a listener or asked directly.
pub fn router(app: App) -> Router {
    let body_max = app.serve().body_bytes_max;
    let wait = Duration::from_secs(app.serve().request_seconds_max);
    let wait_of_files = wait.max(app.files().transfer_time());
    let (router, document) = routes().split_for_parts();
    let table = Arc::new(openapi::table(&document));
    let takes = Arc::new(openapi::takes(&document));
    router
        .route_layer(from_fn_with_state((app.clone(), takes), once::once))
        .route_layer(from_fn_with_state((app.clone(), table), caller::permitted))
        .fallback(nothing)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(body_max))
        .layer(from_fn(plain_errors))
        .layer(from_fn(move |request: Request, next: Next| {
            let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
            let wait = if path.is_some_and(media::moves_files) { wait_of_files } else { wait };
            in_time(wait, request, next)
        }))
        .layer(from_fn(request::plain_only))
        .layer(from_fn(request::around))
        .with_state(app)
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound, "no route leads here: /openapi.json tells all there are")
}

async fn wrong_method() -> Problem {
    Problem::new(Code::Method, "/openapi.json tells which methods are used here")
}

/// Ends what takes too long: what a slow sender or a stalled engine holds is given back.
async fn in_time(wait: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(wait, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "the request took too long: what it was to do may be done; ask for it \
                          again under the same ids";
            Problem::new(Code::Timeout, detail).into_response()
        }
    }
}

/// The framework's words, without names of Rust's types.
fn plain_words(words: &str) -> String {
    let named = ["u8", "u16", "u32", "u64", "usize", "i64"].map(|kind| format!("`{kind}`"));
    let words = named.iter().fold(words.to_owned(), |w, kind| w.replace(kind, "whole number"));
    words.replace("invalid digit found in string", "it is to be a whole number")
}

/// Makes problems of what the framework itself refuses in plain words.
async fn plain_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_ours = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status.as_u16() {
        404 => Code::NotFound,
        405 => Code::Method,
        408 => Code::Timeout,
        413 => Code::TooLarge,
        415 => Code::MediaType,
        422 => Code::Invalid,
        500.. => Code::Defect,
        _ => Code::Malformed,
    };
    let words = axum::body::to_bytes(response.into_body(), 1_024).await.unwrap_or_default();
    // The framework's words name a parameter or a place in the body, and quote a word of it.
    let detail = match code {
        Code::TooLarge => "the body is larger than this server takes".to_owned(),
        _ => plain_words(&String::from_utf8_lossy(&words)),
    };
    Problem::new(code, detail).into_response()
}
