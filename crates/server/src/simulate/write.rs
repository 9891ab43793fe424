//! The files of a simulated world: written an hour at a time, durable a day at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use seawall_model::{Event, MediaRef};
use seawall_sim::{Item, Last, PackError, Parameters, Picture, Sending, Step, World};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::identity::{identity, is_other_pictures};
use super::manifest::{Reached, Simulated, read, save};
use super::pictures::{self, PictureFiles};
use super::truth;
use crate::progress::Progress;

/// The files of a world.
pub(super) const EVENTS: &str = "events.jsonl";
pub(super) const TRUTH: &str = "truth.jsonl";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const REACHED: &str = "reached.json";
/// Bytes read at once when what was written before is summed.
const READ_BYTES: usize = 1 << 20;

/// Items made into events at once.
const PART_ITEMS: usize = 40_000;

/// What to write, and how.
#[derive(Clone, Debug)]
pub struct Task {
    /// The world.
    pub parameters: Parameters,
    /// Its seed.
    pub seed: u64,
    /// The folder.
    pub out: PathBuf,
    /// Threads that write events; the bytes do not depend on it.
    pub threads: usize,
    /// Whether the pictures are written as files.
    pub pictures: PictureFiles,
}

/// Why a world could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A file could not be read or written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is a file where the folder should be.
    #[error("{} is a file and not a folder; name a folder with --out", .0.display())]
    NotFolder(PathBuf),
    /// The folder holds something else.
    #[error(
        "{} holds something else than the beginning of this world; name another folder with --out",
        .0.display()
    )]
    NotMine(PathBuf),
    /// A file of a finished world is no longer what was written.
    #[error(
        "{} is not what this world wrote there; name another folder with --out, or remove this one",
        .0.display()
    )]
    Changed(PathBuf),
    /// Pictures of a world were taken away.
    #[error(
        "{missing} of the {written} pictures in {} are missing: it is not what this world wrote \
         there; name another folder with --out, or remove this one",
        path.display()
    )]
    Missing {
        /// The folder of the pictures.
        path: PathBuf,
        /// How many are missing.
        missing: u64,
        /// How many had been written.
        written: u64,
    },
    /// The folder was begun without pictures, which are asked for now.
    #[error(
        "the world in {} was written without pictures; name another folder with --out, or leave \
         --pictures away",
        .0.display()
    )]
    WithoutPictures(PathBuf),
    /// The folder was begun with pictures, which are not asked for now.
    #[error(
        "the world in {} was begun with pictures; give --pictures again, or name another folder \
         with --out",
        .0.display()
    )]
    WithPictures(PathBuf),
    /// The folder holds a world, where a new one was to be stepped.
    #[error("{} holds a world already; name another folder with --out", .0.display())]
    Taken(PathBuf),
    /// What was asked of a world that is stepped cannot be done.
    #[error("line {line} of standard input {fault}")]
    Asked {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Nobody can be heard or told.
    #[error("cannot use standard input or output")]
    Piped(#[source] std::io::Error),
    /// A text pack lacks something.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// A file that is written and summed.
struct Summed {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    bytes: u64,
}

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Failed {
    let path = path.to_path_buf();
    move |source| Failed::Io { path, source }
}

impl Summed {
    /// Opens a file to go on after its first bytes.
    fn open(path: PathBuf, bytes: u64) -> Result<Self, Failed> {
        let mut hasher = Sha256::new();
        let options = File::options().create(true).append(true).read(true).clone();
        let file = options.open(&path).map_err(io(&path))?;
        if file.metadata().map_err(io(&path))?.len() < bytes {
            // Somebody took away what was whole already.
            return Err(Failed::NotMine(path));
        }
        file.set_len(bytes).map_err(io(&path))?;
        sum_onto(&mut hasher, &file).map_err(io(&path))?;
        Ok(Self { path, file, hasher, bytes })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(io(&self.path))
    }

    fn sync(&self) -> Result<(), Failed> {
        self.file.sync_data().map_err(io(&self.path))
    }

    fn sum(self) -> String {
        hex(self.hasher)
    }
}

/// Writes a world, or goes on with one that was begun. `stop` ends it after the hour at
/// hand; running it again goes on after the last day that was whole.
///
/// # Errors
/// [`Failed`] with the file.
pub fn simulate(task: &Task, stop: &AtomicBool) -> Result<Simulated, Failed> {
    let name = identity(&task.parameters, task.seed);
    make_folder(&task.out)?;
    if let Some(done) = read(&task.out.join(MANIFEST)).and_then(|v| Simulated::from_json(&v)) {
        return verified(task, &name, done, stop);
    }
    let mut reached = begun(task, name)?;
    // So that a run cut off within its first day is known for what it is.
    save(&task.out.join(REACHED), &reached.to_json())?;
    let mut files = Files {
        events: Summed::open(task.out.join(EVENTS), reached.events_bytes)?,
        truths: Summed::open(task.out.join(TRUTH), reached.truth_bytes)?,
        pictures: BTreeSet::new(),
    };
    let mut world = World::new(task.parameters.clone(), task.seed)?;
    let mut sending = Sending::new(task.parameters.disorder, task.seed);
    let progress = Progress::records("simulating", u64::from(task.parameters.days) * 24);
    while !world.is_over() {
        let step = world.step(&[]);
        let sent = sent(&mut sending, &world, &step);
        progress.add(1);
        if world.hour() > reached.hours {
            files.hour(&world, &step, sent.as_deref(), task, &mut reached)?;
            if world.hour().is_multiple_of(24) {
                files.day(task, &world, &mut reached)?;
            }
        }
        if stop.load(Ordering::Relaxed) && !world.is_over() {
            progress.finish();
            return Ok(finished(reached, &world));
        }
    }
    progress.finish();
    let mut done = finished(reached, &world);
    // A day that was cut off may have written some that were not counted.
    let lying = || pictures::count(&task.out);
    done.pictures = done.pictures.map(|_| lying()).transpose()?;
    done.sha256.insert(EVENTS.into(), files.events.sum());
    done.sha256.insert(TRUTH.into(), files.truths.sum());
    save(&task.out.join(MANIFEST), &done.to_json())?;
    let reached = task.out.join(REACHED);
    std::fs::remove_file(&reached).map_err(io(&reached))?;
    Ok(done)
}

/// Makes a folder, unless it is there.
pub(super) fn make_folder(out: &Path) -> Result<(), Failed> {
    if out.exists() && !out.is_dir() {
        return Err(Failed::NotFolder(out.to_path_buf()));
    }
    std::fs::create_dir_all(out).map_err(io(out))
}

/// How far the world in the folder had come: nowhere, if there is none.
fn begun(task: &Task, world: Value) -> Result<Reached, Failed> {
    let out = &task.out;
    let asked = task.pictures == PictureFiles::Written;
    let mine = [EVENTS, TRUTH].map(|name| out.join(name));
    let pictures = asked.then(|| pictures::folder(out));
    let is_begun = mine.into_iter().chain(pictures).any(|path| path.exists());
    match read(&out.join(REACHED)).and_then(|value| Reached::from_json(&value)) {
        Some(reached) => {
            is_as_asked(task, &world, &reached.world, reached.pictures)?;
            if reached.pictures.is_some() && !asked {
                return Err(Failed::WithPictures(out.clone()));
            }
            pictures::check(out, reached.pictures)?;
            Ok(reached)
        }
        None if !is_begun => {
            Ok(Reached { world, pictures: asked.then_some(0), ..Reached::default() })
        }
        None => Err(Failed::NotMine(out.clone())),
    }
}

/// Refuses a folder of another world, and one whose events name no pictures that could be
/// written, or that was begun without those that are asked for.
fn is_as_asked(
    task: &Task,
    world: &Value,
    found: &Value,
    pictures: Option<u64>,
) -> Result<(), Failed> {
    let lacks_pictures = task.pictures == PictureFiles::Written && pictures.is_none();
    if lacks_pictures && (world == found || is_other_pictures(world, found)) {
        return Err(Failed::WithoutPictures(task.out.clone()));
    }
    if world == found { Ok(()) } else { Err(Failed::NotMine(task.out.clone())) }
}

/// What is sent in an hour, with its numbers; `None` where it is what happened, in order.
pub(super) fn sent(sending: &mut Sending, world: &World, step: &Step) -> Option<Vec<(u64, Item)>> {
    if sending.is_orderly() {
        return None;
    }
    let last = if world.is_over() { Last::Yes } else { Last::No };
    Some(sending.send(step, world.hour(), last))
}

/// Reads the files of a finished world again: they must be what was written. Pictures that
/// are asked for only now are added.
fn verified(
    task: &Task,
    world: &Value,
    done: Simulated,
    stop: &AtomicBool,
) -> Result<Simulated, Failed> {
    let asked = task.pictures == PictureFiles::Written;
    let adds = asked && done.pictures.is_none() && *world == done.world;
    if !adds {
        is_as_asked(task, world, &done.world, done.pictures)?;
        pictures::check(&task.out, done.pictures)?;
    }
    for (name, sum) in &done.sha256 {
        let path = task.out.join(name);
        let file = File::open(&path).map_err(io(&path))?;
        let mut hasher = Sha256::new();
        sum_onto(&mut hasher, &file).map_err(io(&path))?;
        if hex(hasher) != *sum {
            return Err(Failed::Changed(path));
        }
    }
    if adds { add_pictures(task, done, stop) } else { Ok(done) }
}

/// Writes the pictures of a finished world, which is stepped again for it.
fn add_pictures(task: &Task, mut done: Simulated, stop: &AtomicBool) -> Result<Simulated, Failed> {
    let mut world = World::new(task.parameters.clone(), task.seed)?;
    let mut found = BTreeSet::new();
    let progress = Progress::records("writing pictures", u64::from(task.parameters.days) * 24);
    while !world.is_over() {
        let step = world.step(&[]);
        let items: Vec<(u64, Item)> = (step.before..).zip(step.items).collect();
        for part in items.chunks(PART_ITEMS) {
            found.extend(written(&world, part, task).into_iter().flat_map(|block| block.pictures));
        }
        progress.add(1);
        if world.hour().is_multiple_of(24) {
            pictures::write(&task.out, world.seed(), &mut found)?;
        }
        if stop.load(Ordering::Relaxed) && !world.is_over() {
            progress.finish();
            // Not whole: what is asked for is missing in part, and the next run adds it.
            return Ok(Simulated { sha256: BTreeMap::new(), ..done });
        }
    }
    progress.finish();
    done.pictures = Some(pictures::count(&task.out)?);
    save(&task.out.join(MANIFEST), &done.to_json())?;
    Ok(done)
}

/// Sums what is left of a file.
fn sum_onto(hasher: &mut Sha256, mut file: &File) -> std::io::Result<()> {
    let mut part = vec![0; READ_BYTES];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(()),
            read => hasher.update(&part[..read]),
        }
    }
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of a world while they are written.
struct Files {
    events: Summed,
    truths: Summed,
    pictures: BTreeSet<Picture>,
}

impl Files {
    /// Writes an hour; `sent` is what is sent in it, where that is not what happened in it.
    fn hour(
        &mut self,
        world: &World,
        step: &Step,
        sent: Option<&[(u64, Item)]>,
        task: &Task,
        reached: &mut Reached,
    ) -> Result<(), Failed> {
        let mut write = |part: &[(u64, Item)]| -> Result<(), Failed> {
            for block in &written(world, part, task) {
                self.events.write(&block.events)?;
                for (kind, count) in &block.counts {
                    *reached.events.entry((*kind).to_owned()).or_default() += count;
                }
                self.pictures.extend(block.pictures.iter().copied());
            }
            Ok(())
        };
        // The first hour has every account's profile, which is too much to copy at once.
        match sent {
            Some(sent) => sent.chunks(PART_ITEMS).try_for_each(&mut write)?,
            None => {
                for (index, part) in (0_u64..).zip(step.items.chunks(PART_ITEMS)) {
                    let first = step.before + index * PART_ITEMS as u64;
                    let part: Vec<(u64, Item)> = (first..).zip(part.iter().copied()).collect();
                    write(&part)?;
                }
            }
        }
        let (told, lines) = told(world, step);
        reached.truths += lines;
        self.truths.write(&told)
    }

    /// Makes a day durable, from which an interrupted run goes on.
    fn day(&mut self, task: &Task, world: &World, reached: &mut Reached) -> Result<(), Failed> {
        let written = pictures::write(&task.out, world.seed(), &mut self.pictures)?;
        reached.pictures = reached.pictures.map(|before| before + written);
        self.events.sync()?;
        self.truths.sync()?;
        reached.hours = world.hour();
        (reached.events_bytes, reached.truth_bytes) = (self.events.bytes, self.truths.bytes);
        save(&task.out.join(REACHED), &reached.to_json())
    }
}

fn finished(reached: Reached, world: &World) -> Simulated {
    Simulated {
        world: reached.world,
        events: reached.events,
        truths: reached.truths,
        pictures: reached.pictures,
        accounts: world.accounts() as u64,
        ..Simulated::default()
    }
}

/// The events of some items, in order.
#[derive(Default)]
struct Block {
    events: Vec<u8>,
    counts: BTreeMap<&'static str, u64>,
    pictures: Vec<Picture>,
}

/// Writes an hour's events in as many blocks as there are threads.
fn written(world: &World, sent: &[(u64, Item)], task: &Task) -> Vec<Block> {
    let size = sent.len().div_ceil(task.threads.max(1)).max(1);
    let block = |items: &[(u64, Item)]| block(world, items, task.pictures);
    if task.threads < 2 {
        return vec![block(sent)];
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            sent.chunks(size).map(|items| scope.spawn(move || block(items))).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        // A defect is the whole run's: a block that is missing would be another world.
        joined.map(|block| block.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn block(world: &World, items: &[(u64, Item)], pictures: PictureFiles) -> Block {
    let mut block = Block::default();
    let mut counts = [0_u64; 16];
    let mut text = String::with_capacity(items.len() * 200);
    for (number, item) in items {
        let event = world.event(*number, item);
        seawall_event::encode_onto(&event, &mut text);
        text.push('\n');
        counts[usize::from(event.kind().number())] += 1;
        if pictures == PictureFiles::Written {
            block.pictures.extend(pictures_of(&event, world.seed()));
        }
    }
    for (number, count) in (0..).zip(counts) {
        if let (Some(kind), true) = (seawall_model::EventKind::from_number(number), count > 0) {
            block.counts.insert(kind.as_str(), count);
        }
    }
    block.events = text.into_bytes();
    block
}

fn pictures_of(event: &Event, seed: u64) -> Vec<Picture> {
    let avatar = event.profile.as_ref().and_then(|profile| profile.avatar.as_ref());
    let media = event.post().map(|post| post.media.as_slice()).unwrap_or_default();
    let picture = |media: &MediaRef| Picture::from_id(media.id.as_ref()?.as_str(), seed);
    avatar.into_iter().chain(media).filter_map(picture).collect()
}

/// The truth of an hour, and how many lines it is.
pub(super) fn told(world: &World, step: &Step) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut lines = step.truths.len() as u64;
    for truth in &step.truths {
        out.extend_from_slice(truth::line(truth).to_string().as_bytes());
        out.push(b'\n');
    }
    for item in &step.items {
        if let Some(post) = world.post_truth(item) {
            truth::push_post(world, post, &mut out);
            lines += 1;
        }
    }
    (out, lines)
}
