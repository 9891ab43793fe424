//! Backup and restore of a data folder, while it is in use.
//!
//! The files are copied in an order that a start-up can repair: what is derived first,
//! then the journal, then the log, then the accounts. Each later copy holds at least
//! what the earlier ones refer to, and what they lack is derived again. Of the snapshots
//! only the base is copied: the others can be made again. Files that are marked as suspected
//! child abuse are in no backup.
//!
//! A backup holds the folder key: whoever has the backup can read it. It also holds
//! the secrets of accounts that are erased later, so keep backups no longer than an
//! erasure may take.

use std::fmt::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::Error;
use crate::segment;
use crate::sqlite::{self, sync_folder};

/// The file that says what a backup holds; written last, so its presence means whole.
const MANIFEST: &str = "manifest";
/// First line of a manifest.
const HEADER: &str = "seawall-backup-1";
/// Bytes read at once when a file is summed.
const CHUNK: usize = 1 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Each file's name within the folder, size in bytes, and BLAKE3 hash.
    pub files: Vec<(String, u64, String)>,
}

impl Manifest {
    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes, _)| bytes).sum()
    }
}

/// Copies a data folder into a new folder, while it may be in use.
///
/// `progress` is told each file before it is copied.
///
/// # Errors
/// [`Error::NotEmpty`] if the target holds something.
pub fn backup(from: &Path, to: &Path, progress: &mut dyn FnMut(&str)) -> Result<Manifest, Error> {
    crate::folder::refuse_made_by_replay(from)?;
    if !from.join("journal.db").exists() {
        return Err(Error::NoFolder(from.into()));
    }
    make_empty(to)?;
    for folder in ["log", "snapshots"] {
        std::fs::create_dir(to.join(folder)).map_err(Error::io(to))?;
    }
    // Before the journal: a base that is newer than the journal would be of no use.
    let base = format!("snapshots/{}", crate::snapshot::BASE);
    if from.join(&base).exists() {
        progress(&base);
        copy_plain(&from.join(&base), &to.join(&base))?;
    }
    let mut names = vec![
        "tables.db".to_owned(),
        "outbox.db".into(),
        "rejects.db".into(),
        "journal.db".into(),
        "knowledge.db".into(),
        "people.db".into(),
    ];
    for (first, _) in segment::list(&from.join("log"))? {
        names.push(format!("log/{:020}.db", first.0));
    }
    copy_all(from, to, &names, progress)?;
    // A segment may have been begun meanwhile; the log's newest must be there too.
    let mut later = Vec::new();
    for (first, _) in segment::list(&from.join("log"))? {
        let name = format!("log/{:020}.db", first.0);
        if !names.contains(&name) {
            later.push(name);
        }
    }
    if let Some(newest) = names.last().filter(|_| !later.is_empty()) {
        later.insert(0, newest.clone());
        std::fs::remove_file(to.join(newest)).map_err(Error::io(to))?;
    }
    later.push("accounts.db".into());
    // After the journal: what it says is marked must be marked in the copy.
    later.push("media.db".into());
    copy_all(from, to, &later, progress)?;
    let files = copy_media(from, to, progress)?;
    progress("key");
    copy_plain(&from.join("key"), &to.join("key"))?;
    names.extend(later);
    names.extend(files);
    names.push("key".into());
    names.push(base);
    names.sort();
    names.dedup();
    let manifest = sum_all(to, names)?;
    write_manifest(to, &manifest)?;
    Ok(manifest)
}

fn copy_all(
    from: &Path,
    to: &Path,
    names: &[String],
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    for name in names {
        let source = from.join(name);
        // Rejects appear with the first refused input.
        if source.exists() {
            progress(name);
            sqlite::copy(&source, &to.join(name))?;
        }
    }
    Ok(())
}

/// Copies the files of media that the copied database names, but those that are marked.
fn copy_media(
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<String>, Error> {
    if !to.join("media.db").exists() {
        return Ok(Vec::new());
    }
    progress("media");
    let mut copied = Vec::new();
    for name in crate::media::files_for_backup(&to.join("media.db"))? {
        // One may have been destroyed meanwhile.
        if from.join(&name).exists() {
            make_shelf(&to.join(&name))?;
            copy_plain(&from.join(&name), &to.join(&name))?;
            copied.push(name);
        }
    }
    Ok(copied)
}

/// Makes the folder that a file is to lie in.
fn make_shelf(file: &Path) -> Result<(), Error> {
    let Some(shelf) = file.parent() else { return Ok(()) };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(shelf).map_err(Error::io(shelf))
}

fn copy_plain(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::copy(from, to).map_err(Error::io(from))?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(Error::io(to))
}

fn make_empty(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).map_err(Error::io(folder))?;
    let mut entries = std::fs::read_dir(folder).map_err(Error::io(folder))?;
    if entries.next().is_some() {
        return Err(Error::NotEmpty(folder.into()));
    }
    Ok(())
}

fn sum_all(folder: &Path, names: Vec<String>) -> Result<Manifest, Error> {
    let mut files = Vec::new();
    for name in names {
        let path = folder.join(&name);
        if path.exists() {
            let (bytes, sum) = sum(&path)?;
            files.push((name, bytes, sum));
        }
    }
    Ok(Manifest { files })
}

fn sum(path: &Path) -> Result<(u64, String), Error> {
    use std::io::Read;
    let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut chunk).map_err(Error::io(path))?;
        if read == 0 {
            return Ok((bytes, hasher.finalize().to_hex().to_string()));
        }
        bytes += read as u64;
        hasher.update(&chunk[..read]);
    }
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let mut text = format!("{HEADER}\n");
    for (name, bytes, sum) in &manifest.files {
        let _ = writeln!(text, "{sum} {bytes} {name}");
    }
    let path = folder.join(MANIFEST);
    let draft = folder.join("manifest.new");
    std::fs::write(&draft, text).map_err(Error::io(&draft))?;
    std::fs::File::open(&draft).and_then(|file| file.sync_all()).map_err(Error::io(&draft))?;
    std::fs::rename(&draft, &path).map_err(Error::io(&path))?;
    sync_folder(&folder.join("log"))?;
    sync_folder(folder)
}

fn read_manifest(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(|_| {
        Error::Backup(format!("{} has no manifest: it was never finished", folder.display()))
    })?;
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(Error::Backup("its manifest is of another version".into()));
    }
    let line = |line: &str| -> Option<(String, u64, String)> {
        let (sum, rest) = line.split_once(' ')?;
        let (bytes, name) = rest.split_once(' ')?;
        // A name is never taken as a path out of the folder.
        let plain = !name.contains("..") && !name.starts_with('/');
        plain.then(|| Some((name.to_owned(), bytes.parse().ok()?, sum.to_owned()))).flatten()
    };
    let files: Option<Vec<_>> = lines.map(line).collect();
    files
        .map(|files| Manifest { files })
        .ok_or_else(|| Error::Backup("its manifest is damaged".into()))
}

/// Checks a backup and copies it into a new data folder, which is there whole or not at
/// all: it is made beside its place and moved there when it is durable.
///
/// # Errors
/// [`Error::Backup`] if a file is missing or was changed: nothing is then written.
pub fn restore(from: &Path, to: &Path, progress: &mut dyn FnMut(&str)) -> Result<Manifest, Error> {
    let manifest = read_manifest(from)?;
    for (name, bytes, expected) in &manifest.files {
        progress(name);
        let path = from.join(name);
        if !path.exists() {
            return Err(Error::Backup(format!("{name} is missing")));
        }
        if sum(&path)? != (*bytes, expected.clone()) {
            return Err(Error::Backup(format!("{name} was changed")));
        }
    }
    make_empty(to)?;
    let to = to.canonicalize().map_err(Error::io(to))?;
    let draft = sqlite::beside(&to, ".restoring");
    if draft.exists() {
        // Left by a restore that was cut off.
        std::fs::remove_dir_all(&draft).map_err(Error::io(&draft))?;
    }
    copy_manifest(from, &draft, &manifest)?;
    crate::point("restore.copied");
    std::fs::rename(&draft, &to).map_err(Error::io(&to))?;
    sync_folder(to.parent().unwrap_or(&to))?;
    Ok(manifest)
}

fn copy_manifest(from: &Path, to: &Path, manifest: &Manifest) -> Result<(), Error> {
    make_empty(to)?;
    for folder in ["log", "snapshots"] {
        std::fs::create_dir(to.join(folder)).map_err(Error::io(to))?;
    }
    for (name, _, _) in &manifest.files {
        make_shelf(&to.join(name))?;
        copy_plain(&from.join(name), &to.join(name))?;
    }
    for folder in ["log", "snapshots"] {
        sync_folder(&to.join(folder))?;
    }
    for (name, _, _) in manifest.files.iter().filter(|(name, ..)| name.starts_with("media/")) {
        if let Some(shelf) = to.join(name).parent() {
            sync_folder(shelf)?;
        }
    }
    sync_folder(to)
}
