//! A file that comes in, piece by piece: sealed on a thread that may wait for the disk, compared
//! with the digest that was named, and kept or gone.

use axum::body::Bytes;
use seawall_store::media::Kept;
use tokio::sync::mpsc;

use super::{MediaTold, hex};
use crate::http::App;
use crate::http::problem::{Code, Problem};
use crate::http::request::to_its_end;
use crate::media::Kind;

/// Pieces that wait for the disk.
const PIECES_WAITING: usize = 4;

/// A piece of a file.
enum Piece {
    Bytes(Bytes),
    /// All of it came: what ends without this was cut off, and is not kept.
    End,
}

/// Takes a file in.
pub(super) struct Taking {
    send: mpsc::Sender<Piece>,
    kept: tokio::task::JoinHandle<Result<(Kept, MediaTold), Problem>>,
    left: u64,
    bytes_max: u64,
}

impl Taking {
    /// Begins. `length` is what the sender says that it has, where it says so.
    ///
    /// # Errors
    /// A [`Problem`] if it is too large by that, or nothing can be written.
    pub(super) async fn begin(
        app: &App,
        sha256: [u8; 32],
        length: Option<u64>,
    ) -> Result<Self, Problem> {
        let bytes_max = app.files().config.file_bytes_max;
        if length.is_some_and(|length| length > bytes_max) {
            return Err(too_large(bytes_max));
        }
        let begun = app.blocking(move |app| {
            let media = app.files().store();
            if let Some(full) = full(app, media.bytes(), length.unwrap_or(0)) {
                return Ok(Err(full));
            }
            let name = media.name(&sha256);
            media.begin(name, &mut **app.files().chance()).map(Ok)
        });
        let mut incoming = begun.await??;
        let (send, mut pieces) = mpsc::channel(PIECES_WAITING);
        let app = app.clone();
        let kept = tokio::task::spawn_blocking(move || {
            loop {
                match pieces.blocking_recv() {
                    Some(Piece::Bytes(bytes)) => {
                        incoming.write(&bytes).map_err(|error| unwritten(&error))?;
                    }
                    Some(Piece::End) => break,
                    None => return Err(cut_off()),
                }
            }
            if incoming.digest() != sha256 {
                let detail = "what was sent has another SHA-256 than the one named: nothing of it \
                              was kept";
                return Err(Problem::new(Code::Invalid, detail).at("sha256"));
            }
            incoming.end().map_err(|error| unwritten(&error))?;
            let (bytes, kind) = (incoming.bytes(), Kind::of(incoming.head()));
            let now = app.service().clock().now();
            let mut media = app.files().store();
            if let Some(full) = full(&app, media.bytes(), bytes) {
                return Err(full);
            }
            let name = media.name(&sha256);
            let kept = media.keep(incoming, kind.as_str(), now);
            let kept = kept.map_err(|error| unwritten(&error))?;
            let marked = media.marked(name).map_err(|error| Problem::defect(&error))?;
            let state = if marked.is_some() { "marked" } else { "kept" };
            let (sha256, kind) = (hex(&sha256), kind.as_str().to_owned());
            Ok((kept, MediaTold { sha256, bytes, kind, state }))
        });
        Ok(Self { send, kept, left: bytes_max, bytes_max })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// A [`Problem`] if there are too many bytes by now.
    pub(super) async fn piece(&mut self, bytes: Bytes) -> Result<(), Problem> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| too_large(self.bytes_max))?;
        // One that the disk refused is told at the end.
        let _ = self.send.send(Piece::Bytes(bytes)).await;
        Ok(())
    }

    /// All of it came: keeps it, whether or not the sender stays.
    ///
    /// # Errors
    /// A [`Problem`] if it is not what was named, or cannot be kept.
    pub(super) async fn end(self) -> Result<(Kept, MediaTold), Problem> {
        let done = to_its_end(async move {
            let _ = self.send.send(Piece::End).await;
            drop(self.send);
            self.kept.await
        });
        let joined = done.await.map_err(|error| Problem::defect(&error))?;
        joined.map_err(|error| Problem::defect(&error))?
    }
}

fn too_large(bytes_max: u64) -> Problem {
    let detail = format!(
        "a file has at most {bytes_max} bytes here (media.file_bytes_max); nothing of it was kept"
    );
    Problem::new(Code::TooLarge, detail)
}

/// That there is no room, if there is none for so many bytes more.
fn full(app: &App, held: u64, bytes: u64) -> Option<Problem> {
    let most = app.files().config.total_bytes_max();
    (held.saturating_add(bytes) > most).then(|| {
        let detail = format!(
            "all files together have at most {most} bytes here: raise media.total_mib_max, or let \
             the nightly run destroy what is past media.retention_days"
        );
        Problem::new(Code::TooLarge, detail)
    })
}

/// What ended before its time.
pub(super) fn cut_off() -> Problem {
    Problem::new(Code::Malformed, "the file ended before its time: nothing of it was kept")
}

fn unwritten(error: &seawall_store::Error) -> Problem {
    if seawall_store::is_disk_full(error) {
        let detail = "the disk is full: make room; nothing of the file was kept";
        return Problem::new(Code::Busy, detail).after(60);
    }
    Problem::defect(error)
}
