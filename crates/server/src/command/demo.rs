//! `seawall demo`: the main job on an invented story.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;

use super::args::{By, Demo, Global, Tide};
use super::{Ended, settings, show, tide};
use crate::engine;
use crate::import::{SourceOptions, import_file};

/// The story, invented and harmless.
const STORY: &[u8] = include_bytes!("../../../../scenarios/kettle-week/story.jsonl");
/// Says that a folder was made by a demo, so that the next one may empty it.
const MARK: &str = "made-by-seawall-demo";

pub(super) fn run(global: &Global, given: &Demo) -> anyhow::Result<Ended> {
    let folder = &given.folder;
    make_fresh(folder)?;
    let story = folder.join("story.jsonl");
    std::fs::write(&story, STORY).with_context(|| format!("cannot write {}", story.display()))?;
    let dir = folder.join("data");
    say!("The story: ten days of an invented platform. Accounts around a hashtag post a")?;
    say!("little every day; then something happens in the field, and the wave comes in.\n")?;
    let settings = settings(global)?;
    let opened = engine::open(&dir, &settings)?;
    let stop = Arc::new(AtomicBool::new(false));
    let report = import_file(&story, &SourceOptions::default(), opened, &settings, &stop)?;
    say!(
        "imported {}: {}, {}, {} refused\n",
        story.display(),
        show::counted(report.tally.accepted, "event", "events"),
        show::counted(report.tally.duplicates, "duplicate", "duplicates"),
        show::count(report.tally.rejected_total())
    )?;
    let global = Global { dir: dir.clone(), ..global.clone() };
    let by_day = Tide {
        from: None,
        to: None,
        by: Some(By::Day),
        trace: None,
        list: None,
        hour: None,
        json: false,
    };
    tide::run(&global, &by_day)?;
    let program = show::program();
    let dir = show::quoted(&dir.display().to_string());
    say!("  {program} rejects --dir {dir}")?;
    say!("  {program} replay --dir {dir}")?;
    say!("  {program} doctor --dir {dir}")?;
    say!("  {program} --help")?;
    Ok(Ended::Fine)
}

/// Empties the folder of an earlier demo; never a folder that is anything else.
fn make_fresh(folder: &Path) -> anyhow::Result<()> {
    let mark = folder.join(MARK);
    if folder.exists() {
        let is_empty = std::fs::read_dir(folder)?.next().is_none();
        anyhow::ensure!(
            mark.exists() || is_empty,
            "{} is not the folder of an earlier demo; name another with --folder",
            folder.display()
        );
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::write(&mark, "`seawall demo` empties this folder when it runs again.\n")?;
    Ok(())
}
