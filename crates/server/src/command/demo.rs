//! `seawall demo`: the main job on a simulated story.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use seawall_sim::Parameters;

use super::args::{By, Demo, Global, Tide};
use super::{Ended, settings, show, tide};
use crate::engine;
use crate::import::{SourceOptions, import_file};
use crate::simulate::{PictureFiles, Task, simulate};

/// The preset that the demo plays, and its seed.
const PRESET: &str = "story";
const SEED: u64 = 1;
/// Says that a folder was made by a demo, so that the next one may empty it.
const MARK: &str = "made-by-seawall-demo";

pub(super) fn run(global: &Global, given: &Demo) -> anyhow::Result<Ended> {
    let folder = &given.folder;
    make_fresh(folder)?;
    let dir = folder.join("data");
    say!("The story: ten days of a simulated platform. A network hidden among its accounts posts")?;
    say!("a little every day; then something happens in the field, and its wave comes in on a")?;
    say!("hashtag that is anybody's. Who is who stands apart, in the truth.\n")?;
    let settings = settings(global)?;
    let stop = Arc::new(AtomicBool::new(false));
    let out = folder.join(PRESET);
    let parameters = Parameters::preset(PRESET).context("the preset is gone")?;
    let pictures = PictureFiles::Named;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    simulate(&Task { parameters, seed: SEED, out: out.clone(), threads, pictures }, &stop)?;
    let story = out.join("events.jsonl");
    let opened = engine::open(&dir, &settings)?;
    let report = import_file(&story, &SourceOptions::default(), opened, &settings, &stop)?;
    say!(
        "imported {}: {}, {} refused; the truth is in {}\n",
        story.display(),
        show::counted(report.tally.accepted, "event", "events"),
        show::count(report.tally.rejected_total()),
        out.join("truth.jsonl").display()
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
