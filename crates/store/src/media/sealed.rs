//! A file of media as it lies on disk: sealed in chunks, so that neither a file nor a part of it
//! is ever held whole, and a chunk that was changed, moved or cut off is not given out.
//!
//! The chunks are a STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) of AES-256-GCM-SIV
//! under a key of the file's own: the nonce holds the chunk's number and whether it is the last.
//! Left out: where files lie and which there are.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::MediaName;
use crate::Error;
use crate::key::{AccountKeys, Secret, Use};

/// Bytes of one chunk before it is sealed.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes that sealing adds to a chunk.
const TAG_BYTES: usize = 16;
/// What a file begins with.
const HEADER: &[u8; 16] = b"seawall-media-1\n";
/// First bytes of a file that are kept to find out what it is.
pub const HEAD_BYTES: usize = 4 * 1024;

/// A file that is coming in. Dropped before it is kept, it is removed.
pub struct Incoming {
    pub(super) path: PathBuf,
    pub(super) name: MediaName,
    pub(super) secret: Secret,
    keys: AccountKeys,
    file: File,
    hasher: Sha256,
    waiting: Vec<u8>,
    head: Vec<u8>,
    chunk: u64,
    bytes: u64,
    state: State,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Incoming({}, {} bytes)", self.name, self.bytes)
    }
}

impl Incoming {
    pub(super) fn begin(
        path: PathBuf,
        name: MediaName,
        (secret, keys): (Secret, AccountKeys),
    ) -> Result<Self, Error> {
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(Error::io(&path))?;
        file.write_all(HEADER).map_err(Error::io(&path))?;
        Ok(Self {
            path,
            name,
            secret,
            keys,
            file,
            hasher: Sha256::new(),
            waiting: Vec::with_capacity(CHUNK_BYTES),
            head: Vec::new(),
            chunk: 0,
            bytes: 0,
            state: State::Going,
        })
    }

    /// Takes in the next bytes.
    ///
    /// # Errors
    /// [`Error::Io`] if they cannot be written.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        let wanted = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..wanted]);
        while !bytes.is_empty() {
            if self.waiting.len() == CHUNK_BYTES {
                self.flush(Last::No)?;
            }
            let taken = (CHUNK_BYTES - self.waiting.len()).min(bytes.len());
            self.waiting.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its first bytes, up to [`HEAD_BYTES`].
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// SHA-256 of what came in so far.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }

    fn flush(&mut self, last: Last) -> Result<(), Error> {
        let sealed = self.keys.seal(used(self.chunk, last), &self.waiting, &self.name.0);
        self.file.write_all(&sealed).map_err(Error::io(&self.path))?;
        self.waiting.clear();
        self.chunk += 1;
        Ok(())
    }

    /// All of it came: writes what waits, durably. Nothing may come after; a second time changes
    /// nothing. Keeping it does this too, with the store held meanwhile.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.state == State::Ended {
            return Ok(());
        }
        self.flush(Last::Yes)?;
        self.state = State::Ended;
        self.file.sync_all().map_err(Error::io(&self.path))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Moved to its place, it is not there any more.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether a chunk is the last of its file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

fn used(chunk: u64, last: Last) -> Use {
    Use::Media(chunk * 2 + u64::from(last == Last::Yes))
}

/// Reads a file of media back, a chunk at a time.
pub struct Outgoing {
    path: PathBuf,
    name: MediaName,
    keys: AccountKeys,
    file: File,
    chunk: u64,
    /// Sealed bytes that were read and not opened: one more than a chunk says that another comes.
    ahead: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Going,
    Ended,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({}, chunk {})", self.name, self.chunk)
    }
}

impl Outgoing {
    pub(super) fn open(path: &Path, name: MediaName, keys: AccountKeys) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::io(path))?;
        let mut header = [0; HEADER.len()];
        let read = file.read_exact(&mut header);
        if read.is_err() || header != *HEADER {
            return Err(Error::MediaDamaged { path: path.into() });
        }
        let (path, ahead) = (path.to_path_buf(), Vec::new());
        Ok(Self { path, name, keys, file, chunk: 0, ahead, state: State::Going })
    }

    /// The next bytes of the file; `None` at its end.
    ///
    /// # Errors
    /// [`Error::MediaDamaged`] if it is not what was kept: what was given out before is, but the
    /// rest is missing.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.state == State::Ended {
            return Ok(None);
        }
        let whole = CHUNK_BYTES + TAG_BYTES;
        let wanted = (whole + 1).saturating_sub(self.ahead.len()) as u64;
        let more = (&self.file).take(wanted).read_to_end(&mut self.ahead);
        more.map_err(Error::io(&self.path))?;
        let last = if self.ahead.len() > whole { Last::No } else { Last::Yes };
        let rest = self.ahead.split_off(self.ahead.len().min(whole));
        let sealed = std::mem::replace(&mut self.ahead, rest);
        let opened = self.keys.open(used(self.chunk, last), &sealed, &self.name.0);
        let opened = opened.ok_or_else(|| Error::MediaDamaged { path: self.path.clone() })?;
        self.chunk += 1;
        if last == Last::Yes {
            self.state = State::Ended;
        }
        // A file of no bytes is one empty chunk.
        Ok(Some(opened).filter(|opened| !opened.is_empty()))
    }
}
