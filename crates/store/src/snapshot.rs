//! Snapshots: the pipeline's state at a position, so that start-up need not begin at 1.
//!
//! A snapshot is read only if its checksum fits and the same build wrote it. Anything
//! else is set aside and the state is built again from the log: a snapshot can be lost
//! without losing anything.

use std::io::Write;
use std::path::{Path, PathBuf};

use seawall_model::Position;
use seawall_model::codec::{Reader, Writer};

use crate::Error;
use crate::sqlite::sync_folder;

/// First bytes of a snapshot file.
const MAGIC: [u8; 8] = *b"SEAWSNP1";
/// Snapshots kept: the newest, and one before it in case the newest is damaged.
const KEPT: usize = 2;
/// Bytes of the checksum at the end.
const SUM: usize = 32;

/// A state and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last position that is in the state.
    pub position: Position,
    /// The last journal entry that is in the state.
    pub seq: u64,
    /// The build and knowledge it belongs to.
    pub build: String,
    /// The state.
    pub state: Vec<u8>,
}

/// A snapshot file that could not be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Why a damaged snapshot is not used.
const DAMAGED: &str = "its checksum does not fit";

/// The snapshot that replay begins at once content was erased.
pub const BASE: &str = "base.snap";

/// Writes a snapshot durably, then removes all but the newest two.
///
/// # Errors
/// [`Error::Io`]; the earlier snapshots are then still there.
pub fn write(folder: &Path, snapshot: &Snapshot) -> Result<(), Error> {
    write_as(&folder.join(format!("{:020}.snap", snapshot.position.0)), snapshot)?;
    let mut files = list(folder)?;
    files.reverse();
    for (_, old) in files.into_iter().skip(KEPT) {
        std::fs::remove_file(&old).map_err(Error::io(&old))?;
    }
    Ok(())
}

/// Writes the snapshot that replay begins at, in place of the one before.
///
/// # Errors
/// [`Error::Io`]; the one before is then still there.
pub fn write_base(folder: &Path, snapshot: &Snapshot) -> Result<(), Error> {
    write_as(&folder.join(BASE), snapshot)
}

/// The snapshot that replay begins at, if it is whole and of this build.
///
/// # Errors
/// [`Error::Io`] if it is there and cannot be read.
pub fn base(folder: &Path, build: &str) -> Result<Option<Snapshot>, Error> {
    let path = folder.join(BASE);
    if path.exists() { Ok(read(&path, build)?.ok()) } else { Ok(None) }
}

fn write_as(path: &Path, snapshot: &Snapshot) -> Result<(), Error> {
    let mut head = Writer::new();
    head.raw(&MAGIC);
    head.u64(snapshot.position.0);
    head.u64(snapshot.seq);
    head.len(snapshot.build.len());
    head.raw(snapshot.build.as_bytes());
    let head = head.into_bytes();
    let sum = *blake3::Hasher::new().update(&head).update(&snapshot.state).finalize().as_bytes();
    let draft = path.with_extension("new");
    let mut file = std::fs::File::create(&draft).map_err(Error::io(&draft))?;
    for part in [&head, &snapshot.state, sum.as_slice()] {
        file.write_all(part).map_err(Error::io(&draft))?;
    }
    file.sync_all().map_err(Error::io(&draft))?;
    crate::point("snapshot.written");
    std::fs::rename(&draft, path).map_err(Error::io(path))?;
    path.parent().map_or(Ok(()), sync_folder)?;
    crate::point("snapshot.renamed");
    Ok(())
}

/// The newest usable snapshot of this build, and those that could not be used.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read.
pub fn newest(folder: &Path, build: &str) -> Result<(Option<Snapshot>, Vec<Unusable>), Error> {
    let mut unusable = Vec::new();
    for (_, path) in list(folder)?.into_iter().rev() {
        match read(&path, build)? {
            Ok(snapshot) => return Ok((Some(snapshot), unusable)),
            Err(why) => unusable.push(Unusable { path, why }),
        }
    }
    Ok((None, unusable))
}

/// Removes a snapshot that is damaged, so that it takes no whole one's place.
///
/// One of another build is left: that build may come back.
///
/// # Errors
/// [`Error::Io`].
pub fn set_aside(unusable: &Unusable) -> Result<(), Error> {
    if unusable.why != DAMAGED {
        return Ok(());
    }
    std::fs::remove_file(&unusable.path).map_err(Error::io(&unusable.path))
}

/// Removes all snapshots: after an erasure none may keep what was erased.
///
/// # Errors
/// [`Error::Io`].
pub fn remove_all(folder: &Path) -> Result<(), Error> {
    for (_, path) in list(folder)? {
        std::fs::remove_file(&path).map_err(Error::io(&path))?;
    }
    sync_folder(folder)
}

/// The snapshot files, by position.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<(Position, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|s| s.parse().ok());
        if let Some(position) = number
            && path.extension().is_some_and(|extension| extension == "snap")
        {
            found.push((Position(position), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a snapshot file is whole, whichever build wrote it.
///
/// # Errors
/// [`Error::Io`] if it cannot be read.
pub fn is_whole(path: &Path) -> Result<bool, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    Ok(parse(&bytes).is_some())
}

fn read(path: &Path, build: &str) -> Result<Result<Snapshot, &'static str>, Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    Ok(match parse(&bytes) {
        None => Err(DAMAGED),
        Some(snapshot) if snapshot.build != build => Err("another build wrote it"),
        Some(snapshot) => Ok(snapshot),
    })
}

fn parse(bytes: &[u8]) -> Option<Snapshot> {
    let (body, sum) = bytes.split_last_chunk::<SUM>()?;
    if blake3::hash(body).as_bytes() != sum {
        return None;
    }
    let mut reader = Reader::new(body);
    if reader.array::<8>().ok()? != MAGIC {
        return None;
    }
    let position = Position(reader.u64().ok()?);
    let seq = reader.u64().ok()?;
    let length = reader.len(1).ok()?;
    let start = body.len() - reader.rest().len();
    let build = String::from_utf8(body.get(start..start + length)?.to_vec()).ok()?;
    let state = body.get(start + length..)?.to_vec();
    Some(Snapshot { position, seq, build, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(position: u64) -> Snapshot {
        Snapshot { position: Position(position), seq: 4, build: "b1".into(), state: vec![1, 2, 3] }
    }

    #[test]
    fn the_newest_whole_snapshot_of_this_build_is_used() {
        let dir = tempfile::tempdir().unwrap();
        for position in [10, 20, 30] {
            write(dir.path(), &snapshot(position)).unwrap();
        }
        assert_eq!(list(dir.path()).unwrap().len(), 2);
        assert_eq!(newest(dir.path(), "b1").unwrap(), (Some(snapshot(30)), vec![]));
        assert_eq!(newest(dir.path(), "b2").unwrap().0, None);
    }

    #[test]
    fn any_flipped_byte_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &snapshot(10)).unwrap();
        write(dir.path(), &snapshot(20)).unwrap();
        let path = list(dir.path()).unwrap().pop().unwrap().1;
        let whole = std::fs::read(&path).unwrap();
        for index in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[index] ^= 0x40;
            std::fs::write(&path, bytes).unwrap();
            let (found, unusable) = newest(dir.path(), "b1").unwrap();
            assert_eq!(found, Some(snapshot(10)), "byte {index}");
            assert_eq!(unusable.len(), 1);
        }
    }
}
