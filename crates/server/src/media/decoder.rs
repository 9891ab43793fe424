//! Has thumbnails made by processes of their own, each of this very program, and ends those that
//! take too long. What a process says is not trusted further than its bytes. Left out: what the
//! process does ([`super::decode`]).

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use seawall_store::media::Outgoing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Semaphore, mpsc};

use super::decode::{FOUND, Look, Refusal};
use super::{Kind, MediaConfig};

/// This program, whatever lies at its path by now.
const PROGRAM: &str = "/proc/self/exe";
/// Bytes of a thumbnail at most: the largest side there is, grey, and uncompressed.
const THUMBNAIL_BYTES_MAX: u64 = 512 * 1024;
/// Chunks that wait for the process.
const CHUNKS_WAITING: usize = 4;
/// What a PNG begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The file is refused, or something is wrong with it.
    #[error("there is no thumbnail of it")]
    Refused(Refusal),
    /// The process ended by itself: a limit, or a defect that the file hit.
    #[error("the process that decodes ended before its time")]
    Ended,
    /// It took too long.
    #[error("decoding took too long")]
    TimedOut,
    /// As many as may are being decoded.
    #[error("other pictures are being decoded")]
    Busy,
    /// No process could be started.
    #[error("no process could be started to decode")]
    NoProcess(#[source] std::io::Error),
    /// The file could not be read.
    #[error(transparent)]
    Store(#[from] seawall_store::Error),
}

/// Has thumbnails made.
#[derive(Clone, Debug)]
pub struct Decoder {
    config: Arc<MediaConfig>,
    places: Arc<Semaphore>,
    wait: Duration,
}

impl Decoder {
    /// One within the bounds of the configuration; whoever asks waits this long for a place.
    #[must_use]
    pub fn new(config: &MediaConfig, wait: Duration) -> Self {
        let places = Arc::new(Semaphore::new(config.decodes_at_once_max));
        Self { config: Arc::new(config.clone()), places, wait }
    }

    /// Makes a thumbnail of a file.
    ///
    /// # Errors
    /// [`DecodeError`].
    ///
    /// Cost: a process; within the bounds that are configured.
    pub async fn thumbnail(&self, file: Outgoing, look: Look) -> Result<Vec<u8>, DecodeError> {
        let place = tokio::time::timeout(self.wait, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(DecodeError::Busy) };
        let mut child = self.started(look).map_err(DecodeError::NoProcess)?;
        let wall = Duration::from_secs(self.config.decode_seconds_max.saturating_mul(2));
        let told = tokio::time::timeout(wall, asked(&mut child, file)).await;
        // Whatever came of it, nothing of it stays; it is waited for, so that no trace stays either.
        let _ = child.start_kill();
        let _ = child.wait().await;
        let told = told.map_err(|_| DecodeError::TimedOut)??;
        match told.strip_prefix(FOUND) {
            Some(png) if png.starts_with(PNG) && told.len() as u64 <= THUMBNAIL_BYTES_MAX => {
                Ok(png.to_vec())
            }
            Some(_) => Err(DecodeError::Ended),
            None => Err(std::str::from_utf8(&told)
                .ok()
                .and_then(Refusal::from_name)
                .map_or(DecodeError::Ended, DecodeError::Refused)),
        }
    }

    fn started(&self, look: Look) -> std::io::Result<Child> {
        let config = &self.config;
        Command::new(PROGRAM)
            .arg("decode-media")
            .args(["--look", look.as_str()])
            .args(["--side", &config.thumbnail_side.to_string()])
            .args(["--bytes-max", &config.file_bytes_max.to_string()])
            .args(["--side-max", &config.picture_side_max.to_string()])
            .args(["--pixels-max", &config.picture_pixels_max.to_string()])
            .args(["--memory-mib", &config.decode_mib_max.to_string()])
            .args(["--cpu-seconds", &config.decode_seconds_max.to_string()])
            // No secret of this process's environment goes along.
            .env_clear()
            // Else the allocator takes a gigabyte of addresses before they are bounded.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

/// Gives the process the file and takes what it says, both at once: either may fill its pipe.
async fn asked(child: &mut Child, file: Outgoing) -> Result<Vec<u8>, DecodeError> {
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(DecodeError::Ended);
    };
    let mut told = Vec::new();
    let mut bounded = output.take(THUMBNAIL_BYTES_MAX + 1);
    let (given, taken) = tokio::join!(give(input, file), bounded.read_to_end(&mut told));
    given?;
    taken.map_err(|_| DecodeError::Ended)?;
    Ok(told)
}

/// Feeds a file into a pipe. A process that reads no further has refused it, and says so.
async fn give(mut input: ChildStdin, mut file: Outgoing) -> Result<(), seawall_store::Error> {
    let (send, mut chunks) = mpsc::channel(CHUNKS_WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        while let Some(chunk) = file.next_chunk()? {
            if send.blocking_send(chunk).is_err() {
                break;
            }
        }
        Ok(())
    });
    while let Some(chunk) = chunks.recv().await {
        if input.write_all(&chunk).await.is_err() {
            break;
        }
    }
    drop((chunks, input));
    reading.await.unwrap_or(Ok(()))
}

/// Whether files of a kind have thumbnails.
pub(crate) fn is_decoded(kind: Kind) -> bool {
    matches!(kind, Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Webp)
}
