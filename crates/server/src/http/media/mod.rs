//! Media over HTTP: uploads, thumbnails, originals, and what is marked as suspected child abuse.
//!
//! Here is what the routes share: the files with what bounds their coming and going, and what is
//! asked before anything of a file is shown. A file is shown for the sake of a case that it is
//! part of, and every look is noted first. Left out: the store, decoding, and who may what.

mod look;
mod mark;
mod original;
mod sending;
mod taking;
mod upload;

pub(crate) use look::{__path_get_thumbnail, get_thumbnail};
pub(crate) use mark::{
    __path_delete_mark, __path_get_handover, __path_post_mark, delete_mark, get_handover, post_mark,
};
pub(crate) use original::{__path_get_original, __path_post_grant, get_original, post_grant};
pub(crate) use upload::{__path_post_fetch, __path_put_media, post_fetch, put_media};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use seawall_model::{CaseId, MediaRef};
use seawall_store::media::{Looked, MediaName, MediaObject, Reading};
use seawall_store::people::Role;
use seawall_store::{Access, Chance, Media};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, of_access, of_denied};
use super::cases::{case_id, cleared};
use super::problem::{Code, Problem};
use crate::chance;
use crate::deliver::GuardedClient;
use crate::engine::Settings;
use crate::media::{Decoder, MARKED, MediaConfig, Route};
use crate::service::Service;

/// Seconds that a connection to where a file is fetched from may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Seconds that somebody waits for a place to decode.
const DECODE_WAIT: Duration = Duration::from_secs(5);
/// What is told of a marked file.
const IS_MARKED: &str = "this file was marked as suspected child abuse: it is shown to nobody, and \
                         opened by the holder of the configured route only";

/// The files, and what bounds their coming and going.
pub(crate) struct Files {
    store: Mutex<Media>,
    chance: Mutex<Box<dyn Chance>>,
    pub(super) config: MediaConfig,
    pub(super) decoder: Decoder,
    /// None where no client can be made: then nothing is fetched.
    pub(super) client: Option<GuardedClient>,
    transfers: Arc<Semaphore>,
}

impl Files {
    /// The files of the folder that is served.
    ///
    /// # Errors
    /// If their database cannot be opened, or what may be reached is not configured soundly.
    pub(crate) fn new(service: &Service, settings: &Settings) -> anyhow::Result<Self> {
        let config = settings.config.media.clone();
        let guard = settings.config.deliver.guard()?;
        let client = GuardedClient::new(guard, CONNECT_TIME);
        if let Err(error) = &client {
            tracing::warn!(%error, "no media can be fetched by reference");
        }
        Ok(Self {
            store: Mutex::new(service.folder().media(Access::Write)?),
            chance: Mutex::new(chance::source(settings.test_seed.map(|seed| seed ^ 0xf11e))),
            decoder: Decoder::new(&config, DECODE_WAIT),
            client: client.ok(),
            transfers: Arc::new(Semaphore::new(config.transfers_at_once_max)),
            config,
        })
    }

    /// The store. Waits for the disk: only on a thread that may wait.
    pub(crate) fn store(&self) -> MutexGuard<'_, Media> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self) -> MutexGuard<'_, Box<dyn Chance>> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a file may take to come in or go out.
    pub(crate) fn transfer_time(&self) -> Duration {
        Duration::from_secs(self.config.transfer_seconds_max)
    }

    /// A place for a file that comes in or goes out.
    fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.transfers).try_acquire_owned().map_err(|_| {
            let detail = "as many files as may are coming in and going out: try again in a moment";
            Problem::new(Code::Busy, detail)
        })
    }
}

/// Whether a route moves files, and may take longer than others.
pub(crate) fn moves_files(path: &str) -> bool {
    path.starts_with("/v1/media/")
}

/// A file, as those who send and mark it are told.
#[derive(Clone, Serialize, ToSchema)]
pub struct MediaTold {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub bytes: u64,
    /// What its first bytes say that it is.
    #[schema(example = "image/jpeg")]
    pub kind: String,
    /// `kept`, or `marked`: then it is shown to nobody.
    pub state: &'static str,
}

/// The digest in a path.
fn digest(text: &str) -> Result<[u8; 32], Problem> {
    let bytes = text.as_bytes();
    let mut digest = [0; 32];
    let is_whole = bytes.len() == 64 && bytes.iter().all(u8::is_ascii_hexdigit);
    for (byte, pair) in digest.iter_mut().zip(bytes.chunks(2)).filter(|_| is_whole) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    is_whole.then_some(digest).ok_or_else(|| {
        Problem::new(Code::Invalid, "name a file by its SHA-256: 64 hexadecimal digits")
            .at("sha256")
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The route by which suspected child abuse is handed over. Without one, and without somebody who
/// holds it, no media is taken in: nobody could do what the law asks.
async fn route(app: &App) -> Result<Route, Problem> {
    let config = app.files().config.route();
    let Some(route) = config else {
        let detail = "no media is taken in or marked before there is a route for suspected child abuse: set \
                      media.suspected_child_abuse_route (the hotline or authority) and \
                      media.suspected_child_abuse_holder (the login of the senior who hands over) \
                      in seawall.toml, and start the server again";
        return Err(Problem::new(Code::Conflict, detail));
    };
    let login = route.holder.clone();
    let found = app.blocking(move |app| Ok(app.door().person_of_login(&login))).await?;
    let holder = found.map_err(|error| of_access(&error))?;
    let may = holder.is_some_and(|person| {
        person.disabled_at.is_none()
            && person.only_case.is_none()
            && person.roles.contains(&Role::Senior)
    });
    if !may {
        let detail = "media.suspected_child_abuse_holder is the login of nobody who could hand \
                      over: invite them with the role senior, or name somebody who has it";
        return Err(Problem::new(Code::Conflict, detail));
    }
    Ok(route)
}

/// The case for whose sake something is asked.
fn case_named(case: Option<&str>) -> Result<CaseId, Problem> {
    let missing = || {
        let detail = "say for which case: a file is shown for the sake of one only";
        Problem::new(Code::Missing, detail).at("case")
    };
    case_id(case.ok_or_else(missing)?)
}

/// The references to a file in a case that the caller may see. Of what is marked there are none.
async fn in_case(
    app: &App,
    caller: &Caller,
    sha256: [u8; 32],
    case: CaseId,
) -> Result<Vec<MediaRef>, Problem> {
    let identity = caller.identity.clone();
    let looked = app.desk(move |desk| {
        if let Err(denied) = cleared(desk, &identity, case)? {
            return Ok(Err(of_denied(&denied)));
        }
        Ok(Ok((desk.files_of(case)?, desk.derivation().marks().has(&sha256))))
    });
    let (files, is_marked) = looked.await??;
    let found: Vec<MediaRef> =
        files.iter().filter(|file| file.sha256 == Some(sha256)).cloned().collect();
    let hides_some = files.iter().any(|file| file.mime.as_deref() == Some(MARKED));
    match (found.is_empty(), is_marked && hides_some) {
        (false, _) => Ok(found),
        (true, true) => Err(Problem::new(Code::Conflict, IS_MARKED)),
        (true, false) => {
            let detail = "the case shows no such file: read it again";
            Err(Problem::new(Code::NotFound, detail))
        }
    }
}

/// A file that is here and may be shown. Waits for the disk.
fn shown(
    media: &Media,
    name: MediaName,
) -> Result<Result<MediaObject, Problem>, seawall_store::Error> {
    if media.marked(name)?.is_some() {
        return Ok(Err(Problem::new(Code::Conflict, IS_MARKED)));
    }
    Ok(media.object(name)?.ok_or_else(|| {
        let detail =
            "the file is not here: the platform uploads it, or have it fetched by reference";
        Problem::new(Code::NotFound, detail)
    }))
}

/// Notes a look durably, before anything is shown. Waits for the disk.
fn note(
    app: &App,
    name: MediaName,
    (person, looked, case): (u64, Looked, u64),
) -> Result<(), seawall_store::Error> {
    let now = app.service().clock().now();
    app.files().store().note(Reading { name, person, looked, case }, now)
}
