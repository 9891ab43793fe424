//! A file that goes out as it is: streamed, for one person, to be saved and never shown by the
//! browser as a page.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use seawall_store::media::{MediaObject, Outgoing};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::http::App;
use crate::media::Kind;

/// Chunks that wait for the line.
const CHUNKS_WAITING: usize = 2;
/// Nothing in it runs, loads or is framed, whatever it is.
const CONFINED: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// Streams a file. `place` is held until it went out, or took too long.
pub(super) fn send(
    app: &App,
    object: &MediaObject,
    file: Outgoing,
    place: OwnedSemaphorePermit,
) -> Response {
    let (chunks, taken) = mpsc::channel(CHUNKS_WAITING);
    let time = app.files().transfer_time();
    tokio::spawn(async move {
        // Whoever takes it too slowly gets a body that is cut off, and knows by its length.
        let _ = tokio::time::timeout(time, feed(file, chunks)).await;
        drop(place);
    });
    let stream = unfold(taken, |mut taken: mpsc::Receiver<std::io::Result<Bytes>>| async move {
        taken.recv().await.map(|chunk| (chunk, taken))
    });
    let kind = match Kind::from_name(&object.kind) {
        // What browsers are not to guess at.
        Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Webp => object.kind.as_str(),
        _ => "application/octet-stream",
    };
    let text = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    let headers = [
        (header::CONTENT_TYPE, text(kind)),
        (header::CONTENT_LENGTH, HeaderValue::from(object.bytes)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"original\""),
        ),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONFINED)),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    (headers, Body::from_stream(stream)).into_response()
}

/// Reads a chunk when there is room for it. No thread waits for a slow line.
async fn feed(mut file: Outgoing, chunks: mpsc::Sender<std::io::Result<Bytes>>) {
    while let Ok(room) = chunks.reserve().await {
        let read = tokio::task::spawn_blocking(move || {
            let chunk = file.next_chunk();
            (file, chunk)
        });
        let Ok((back, chunk)) = read.await else { break };
        file = back;
        match chunk {
            Ok(Some(chunk)) => room.send(Ok(chunk.into())),
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "a file of media could not be read to its end");
                room.send(Err(std::io::ErrorKind::InvalidData.into()));
                break;
            }
        }
    }
}
