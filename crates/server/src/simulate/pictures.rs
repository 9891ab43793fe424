//! The pictures of a world as files, where they are asked for.
//!
//! Each is written once, under its id. What is counted is what lies in the folder, since an
//! interrupted run does not render again what it had written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use seawall_sim::Picture;

use super::write::{Failed, io};

/// The folder of the pictures, beneath that of the world.
const FOLDER: &str = "pictures";
/// How the name of a picture's file ends.
const ENDING: &str = "bmp";

/// Whether the pictures of a world are written as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFiles {
    /// They are only named.
    Named,
    /// Each is a file beneath `pictures`.
    Written,
}

/// The folder of a world's pictures.
pub(super) fn folder(out: &Path) -> PathBuf {
    out.join(FOLDER)
}

/// Writes those that are not there yet, under their ids in the world of this seed, and
/// forgets them. Gives how many it wrote.
pub(super) fn write(
    out: &Path,
    seed: u64,
    pictures: &mut BTreeSet<Picture>,
) -> Result<u64, Failed> {
    let folder = folder(out);
    let mut written = 0;
    for picture in std::mem::take(pictures) {
        std::fs::create_dir_all(&folder).map_err(io(&folder))?;
        let path = folder.join(picture.id(seed)).with_extension(ENDING);
        if !path.exists() {
            let draft = path.with_extension("new");
            std::fs::write(&draft, picture.bytes()).map_err(io(&draft))?;
            std::fs::rename(&draft, &path).map_err(io(&path))?;
            written += 1;
        }
    }
    Ok(written)
}

/// How many lie in the folder; none if there is no folder. What is empty is no picture.
pub(super) fn count(out: &Path) -> Result<u64, Failed> {
    let folder = folder(out);
    let files = match std::fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(io(&folder)(error)),
    };
    let mut count = 0;
    for file in files {
        let file = file.map_err(io(&folder))?;
        let is_picture = file.path().extension().is_some_and(|ending| ending == ENDING);
        count += u64::from(is_picture && file.metadata().map_err(io(&folder))?.len() > 0);
    }
    Ok(count)
}

/// Refuses a folder in which fewer lie than had been written.
pub(super) fn check(out: &Path, written: Option<u64>) -> Result<(), Failed> {
    let Some(written) = written else { return Ok(()) };
    let missing = written.saturating_sub(count(out)?);
    if missing > 0 {
        return Err(Failed::Missing { path: folder(out), missing, written });
    }
    Ok(())
}
