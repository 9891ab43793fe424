//! Power cuts for tests: what a killed program had not made durable is taken back.
//!
//! `kill -9` alone proves little, since the kernel still holds what the program wrote.
//! [`arm`] preloads `powercut.c` into a command, which logs how to undo each change;
//! after the program was killed, [`apply`] undoes what no finished sync covers. Setting
//! `POWERCUT_AFTER=n` on the command kills it at its n-th change, to try every point, and
//! `POWERCUT_ROOM=n` fills the disk once its files have grown by n bytes.
//!
//! Left out: disks that lie about a sync, and changes made without libc (see the C file).

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The layer itself, compiled by [`build`].
const SOURCE: &str = include_str!("powercut.c");

/// Bytes that a disk writes whole or not at all.
const PAGE_BYTES: u64 = 4096;

/// Bytes of a record's header: see `struct record` in the C file.
const HEADER_BYTES: usize = 72;

const MAGIC: u32 = 0x5043_5554;

/// What the cut does to changes that were not durable.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// All are lost: the disk had not begun.
    All,
    /// Some are lost: pages of content at random, and the last of the folder changes.
    Torn {
        /// The same seed loses the same.
        seed: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Content,
    Cut,
    SyncBegun,
    SyncEnded,
    Created,
    Renamed,
    Unlinked,
    FolderRemoved,
}

#[derive(Debug)]
struct Record {
    kind: Kind,
    inode: u64,
    offset: u64,
    length: u64,
    size: u64,
    path: PathBuf,
    other: PathBuf,
    kept: PathBuf,
    old: Vec<u8>,
}

/// Compiles the layer once per version of its source, and says where it is.
pub fn build() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    SOURCE.hash(&mut hasher);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let library = folder.join(format!("powercut-{:016x}.so", hasher.finish()));
    if library.exists() {
        return library;
    }
    // Tests run as processes beside each other: the first to finish renames it into place.
    let draft = folder.join(format!("powercut-{}.so", std::process::id()));
    let mut compiler = Command::new("cc")
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-pthread", "-x", "c"])
        .args(["-", "-o"])
        .arg(&draft)
        .stdin(Stdio::piped())
        .spawn()
        .expect("cc is installed; make setup installs it");
    compiler.stdin.take().unwrap().write_all(SOURCE.as_bytes()).unwrap();
    assert!(compiler.wait().unwrap().success(), "powercut.c compiles");
    fs::rename(&draft, &library).unwrap();
    library
}

/// Puts a command under the layer: changes beneath `folder` are logged to `log`.
///
/// `folder` must exist; `log` must be outside it, on the same disk.
pub fn arm(command: &mut Command, folder: &Path, log: &Path) {
    assert!(!log.starts_with(folder), "the log would log itself");
    command.env("LD_PRELOAD", build()).env("POWERCUT_DIR", folder).env("POWERCUT_LOG", log);
}

/// Cuts the power: undoes what `log` says was not durable, and empties the log.
///
/// To be called once no program under the layer runs any more. Returns how many changes
/// were not durable, whether or not this mode took them back.
///
/// # Errors
/// If the log is no log, or a file cannot be written.
pub fn apply(folder: &Path, log: &Path, mode: Mode) -> io::Result<usize> {
    let folder = folder.canonicalize()?;
    let records = parse(&fs::read(log)?)?;
    let pending = not_durable(&records);
    let mut chance = Chance(match mode {
        Mode::All => None,
        Mode::Torn { seed } => Some(seed),
    });
    let places = places(&folder, log)?;
    let mut contents: BTreeMap<u64, Vec<&Record>> = BTreeMap::new();
    let is_content = |record: &Record| matches!(record.kind, Kind::Content | Kind::Cut);
    for record in pending.iter().filter(|record| is_content(record)) {
        contents.entry(record.inode).or_default().push(record);
    }
    for (inode, records) in contents {
        // A file without a place had no name when the power went, so it has no content.
        if let Some(place) = places.get(&inode) {
            undo_content(place, &records, &mut chance)?;
        }
    }
    let entries: Vec<&&Record> = pending.iter().filter(|record| !is_content(record)).collect();
    // File systems journal their folders, so the entries that survive are the first ones.
    let survivors = chance.below_or_equal(entries.len() as u64, 0);
    for (index, record) in entries.iter().enumerate().rev() {
        if index as u64 >= survivors {
            undo_entry(record)?;
        }
    }
    clean_up(&folder, log)?;
    Ok(pending.len())
}

/// Reads the log; a record that the kill cut off never took effect and is passed over.
fn parse(bytes: &[u8]) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut rest = bytes;
    while rest.len() >= HEADER_BYTES {
        let word = |at: usize| u64::from_ne_bytes(rest[at..at + 8].try_into().unwrap());
        let half = |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().unwrap());
        if half(0) != MAGIC {
            return Err(io::Error::other("the power-cut log is damaged"));
        }
        let kind = match half(4) {
            1 => Kind::Content,
            2 => Kind::SyncBegun,
            3 => Kind::SyncEnded,
            4 => Kind::Created,
            5 => Kind::Renamed,
            6 => Kind::Unlinked,
            7 => Kind::FolderRemoved,
            8 => Kind::Cut,
            _ => return Err(io::Error::other("the power-cut log has an unknown record")),
        };
        let mut at = HEADER_BYTES;
        let mut part = |length: u64| {
            let start = at;
            at += usize::try_from(length).unwrap();
            rest.get(start..at).map(<[u8]>::to_vec)
        };
        let parts = (part(word(40)), part(word(48)), part(word(56)), part(word(64)));
        let (Some(path), Some(other), Some(kept), Some(old)) = parts else { break };
        let text = |bytes| PathBuf::from(String::from_utf8(bytes).unwrap());
        records.push(Record {
            kind,
            inode: word(8),
            offset: word(16),
            length: word(24),
            size: word(32),
            path: text(path),
            other: text(other),
            kept: text(kept),
            old,
        });
        rest = &rest[at..];
    }
    Ok(records)
}

/// The changes that no finished sync of their file or folder began after.
fn not_durable(records: &[Record]) -> Vec<&Record> {
    let mut begun = HashMap::new();
    let mut durable_before: HashMap<u64, usize> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        match record.kind {
            Kind::SyncBegun => {
                begun.insert((record.inode, record.offset), index);
            }
            Kind::SyncEnded => {
                let from = begun[&(record.inode, record.offset)];
                let until = durable_before.entry(record.inode).or_default();
                *until = from.max(*until);
            }
            _ => {}
        }
    }
    let pending = |(index, record): &(usize, &Record)| {
        !matches!(record.kind, Kind::SyncBegun | Kind::SyncEnded)
            && durable_before.get(&record.inode).is_none_or(|until| index >= until)
    };
    records.iter().enumerate().filter(pending).map(|(_, record)| record).collect()
}

/// Where each inode is now: in the folder, or kept beside the log after it lost its name.
fn places(folder: &Path, log: &Path) -> io::Result<HashMap<u64, PathBuf>> {
    let mut places = HashMap::new();
    for place in kept_files(log)?.into_iter().chain(files(folder)?) {
        places.insert(fs::symlink_metadata(&place)?.ino(), place);
    }
    Ok(places)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

fn kept_files(log: &Path) -> io::Result<Vec<PathBuf>> {
    let start = format!("{}.kept.", log.file_name().unwrap().to_string_lossy());
    let mut found = Vec::new();
    for entry in fs::read_dir(log.parent().unwrap())? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&start) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Undoes the last changes of each page, as many as chance says, and settles the size.
///
/// A file is cut to a size whole or not at all, as journalling file systems do and SQLite
/// relies on: so all after the first cut that was lost is lost, and all before the last
/// cut that was kept is kept.
fn undo_content(place: &Path, records: &[&Record], chance: &mut Chance) -> io::Result<()> {
    let mut content = fs::read(place)?;
    let now = content.len() as u64;
    let ends = records.iter().map(|record| (record.offset + record.length).max(record.size));
    content.resize(usize::try_from(ends.max().unwrap_or(0).max(now)).unwrap(), 0);
    let (kept, lost) = between_cuts(records, chance);
    for record in records[lost..].iter().rev() {
        for page in pages(record) {
            undo_page(&mut content, record, page);
        }
    }
    let now = records.get(lost).map_or(now, |record| record.size);
    let records = &records[kept..lost];
    let mut changes: BTreeMap<u64, u64> = BTreeMap::new();
    for page in records.iter().flat_map(|record| pages(record)) {
        *changes.entry(page).or_default() += 1;
    }
    for count in changes.values_mut() {
        *count -= chance.below_or_equal(*count, 0);
    }
    for record in records.iter().rev() {
        for page in pages(record) {
            let left = changes.get_mut(&page).unwrap();
            if *left > 0 {
                *left -= 1;
                undo_page(&mut content, record, page);
            }
        }
    }
    let sizes: Vec<u64> = records.iter().map(|record| record.size).chain([now]).collect();
    let size = sizes[usize::try_from(chance.below_or_equal(records.len() as u64, 0)).unwrap()];
    content.resize(usize::try_from(size).unwrap(), 0);
    let mut file = fs::File::options().write(true).open(place)?;
    file.set_len(size)?;
    file.write_all(&content)
}

/// The changes after the last cut that is kept and before the first that is lost.
fn between_cuts(records: &[&Record], chance: &mut Chance) -> (usize, usize) {
    // A long cut is recorded in parts, each of which goes on where the last one ended.
    let goes_on = |index: usize| {
        let (before, record) = (records[index - 1], records[index]);
        before.kind == Kind::Cut
            && before.size == record.size
            && before.offset + before.length == record.offset
    };
    let is_cut = |index: &usize| records[*index].kind == Kind::Cut;
    let begins = |index: &usize| is_cut(index) && (*index == 0 || !goes_on(*index));
    let cuts: Vec<usize> = (0..records.len()).filter(begins).collect();
    let survivors = usize::try_from(chance.below_or_equal(cuts.len() as u64, 0)).unwrap();
    let lost = cuts.get(survivors).copied().unwrap_or(records.len());
    let kept = survivors.checked_sub(1).map_or(0, |last| {
        let first = cuts[last];
        let parts = (first + 1..records.len()).take_while(|at| is_cut(at) && goes_on(*at));
        first + 1 + parts.count()
    });
    (kept, lost)
}

fn pages(record: &Record) -> std::ops::Range<u64> {
    record.offset / PAGE_BYTES..(record.offset + record.length).div_ceil(PAGE_BYTES)
}

/// Puts the old bytes of one page back; beyond the old end there were none.
fn undo_page(content: &mut [u8], record: &Record, page: u64) {
    let first = record.offset.max(page * PAGE_BYTES);
    let last = (record.offset + record.length).min((page + 1) * PAGE_BYTES);
    for at in first..last {
        let old = record.old.get(usize::try_from(at - record.offset).unwrap());
        content[usize::try_from(at).unwrap()] = old.copied().unwrap_or(0);
    }
}

/// Undoes a change of a folder. The change may never have happened: it is logged first.
fn undo_entry(record: &Record) -> io::Result<()> {
    let has_kept = !record.kept.as_os_str().is_empty();
    match record.kind {
        Kind::Created if record.path.is_dir() => fs::remove_dir_all(&record.path),
        Kind::Created if record.path.exists() => fs::remove_file(&record.path),
        Kind::Renamed if !record.path.exists() && record.other.exists() => {
            fs::rename(&record.other, &record.path)?;
            if has_kept { fs::rename(&record.kept, &record.other) } else { Ok(()) }
        }
        Kind::Unlinked if !record.path.exists() && has_kept => {
            fs::rename(&record.kept, &record.path)
        }
        Kind::FolderRemoved if !record.path.exists() => fs::create_dir(&record.path),
        _ => Ok(()),
    }
}

/// Empties the log, and drops what a restart never finds: SQLite's shared memory.
fn clean_up(folder: &Path, log: &Path) -> io::Result<()> {
    let shared = files(folder)?.into_iter().filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-shm"))
    });
    for path in kept_files(log)?.into_iter().chain(shared) {
        fs::remove_file(path)?;
    }
    fs::write(log, [])
}

/// Seeded choice, or none: a cut of everything leaves nothing to chance.
struct Chance(Option<u64>);

impl Chance {
    /// A number up to `most`, half the time one of the two ends; `settled` without a seed.
    fn below_or_equal(&mut self, most: u64, settled: u64) -> u64 {
        let Some(state) = &mut self.0 else { return settled };
        let draw = split_mix(state);
        match draw % 4 {
            0 => 0,
            1 => most,
            _ => (draw >> 8) % (most + 1),
        }
    }
}

/// One step of SplitMix64. Source: Steele, Lea and Flood, OOPSLA 2014.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
