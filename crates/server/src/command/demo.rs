//! `seawall demo`: the main job on a simulated story.
//!
//! Some days pass before anybody knows anything; then two people bring in what they know, by
//! the same commands that everybody types, and the rest of the story comes in. What the
//! product finds is shown beside the truth, which it is never told.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use clap::Parser;
use seawall_sim::{Parameters, Pictures};

use super::args::{Args, By, Demo, Global, Tide};
use super::case::{Toured, tour};
use super::demo_story::Story;
use super::{Ended, dispatch, settings, show, tide};
use crate::engine;
use crate::import::{SourceOptions, import_file};
use crate::simulate::{PictureFiles, Task, simulate};

/// The preset that the demo plays.
const PRESET: &str = "story";
/// Says that a folder was made by a demo, so that the next one may empty it.
const MARK: &str = "made-by-seawall-demo";
/// What the two people bring in, as files of the example policy.
const FILES: [(&str, &str); 4] = [
    ("policy.toml", include_str!("../../../../policies/kettle-league/policy.toml")),
    ("terms.csv", include_str!("../../../../policies/kettle-league/terms.csv")),
    ("rules/main.sml", include_str!("../../../../policies/kettle-league/rules/main.sml")),
    (
        "rules/models/found.sml",
        include_str!("../../../../policies/kettle-league/rules/models/found.sml"),
    ),
];

pub(super) fn run(global: &Global, given: &Demo) -> anyhow::Result<Ended> {
    make_fresh(&given.folder)?;
    let stage = Stage::new(global, &given.folder);
    say!("The story: ten days of a simulated platform. A network hidden among its accounts posts")?;
    say!("a little every day; then something happens in the field, and its wave comes in on a")?;
    say!("hashtag that is anybody's. Who is who stands apart, in the truth.\n")?;
    let story = stage.simulate(given.seed)?;
    let removed = story.write_removed(&stage.file("removed.csv"))?;
    let (before, after) = (stage.file("before.jsonl"), stage.file("after.jsonl"));
    story.divide(&stage.file("story/events.jsonl"), &before, &after)?;
    let events = stage.import(&before)?;
    say!("Until {} nobody knows anything: {} come in.", story.from, counted(events))?;
    say!(
        "Then two people, Amal and Badr, bring in what they know: a policy, words, a file of the"
    )?;
    say!(
        "network, rules, and {} removed by then.\n",
        show::counted(removed, "account that was", "accounts that were")
    )?;
    stage.bring_in(&story)?;
    let more = stage.import(&after)?;
    say!("\nThe rest of the story comes in: {}.", counted(more))?;
    say!(
        "imported {}, 0 refused; the truth is in {}\n",
        counted(events + more),
        stage.file("story/truth.jsonl").display()
    )?;
    say!("Nobody is told who is who; what was found is shown beside the truth.\n")?;
    let class_of = |account: &str| {
        let class = story.class(account)?.to_owned();
        Some(if story.is_return(account) { format!("{class}, a return") } else { class })
    };
    let toured = tour(&stage.global, &class_of)?;
    let by_day = Tide {
        from: None,
        to: None,
        by: Some(By::Day),
        trace: None,
        list: None,
        hour: None,
        json: false,
    };
    tide::run(&stage.global, &by_day)?;
    stage.tell_next(&toured)?;
    Ok(Ended::Fine)
}

fn counted(events: u64) -> String {
    show::counted(events, "event", "events")
}

/// Where the demo plays.
struct Stage {
    folder: PathBuf,
    global: Global,
}

impl Stage {
    fn new(global: &Global, folder: &Path) -> Self {
        let global = Global { dir: folder.join("data"), ..global.clone() };
        Self { folder: folder.into(), global }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file as it is typed after the program.
    fn typed(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    fn simulate(&self, seed: u64) -> anyhow::Result<Story> {
        let mut parameters = Parameters::preset(PRESET).context("the preset is gone")?;
        parameters.pictures = Pictures::Hashes;
        let (out, pictures) = (self.file(PRESET), PictureFiles::Named);
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let stop = Arc::new(AtomicBool::new(false));
        simulate(&Task { parameters, seed, out: out.clone(), threads, pictures }, &stop)?;
        Story::read(&out)
    }

    fn import(&self, file: &Path) -> anyhow::Result<u64> {
        let settings = settings(&self.global)?;
        let opened = engine::open(&self.global.dir, &settings)?;
        let stop = Arc::new(AtomicBool::new(false));
        let report = import_file(file, &SourceOptions::default(), opened, &settings, &stop)?;
        let refused = report.tally.rejected_total();
        anyhow::ensure!(refused == 0, "{refused} events of {} were refused", file.display());
        Ok(report.tally.accepted)
    }

    /// Has two people bring in what they know, as they would type it.
    fn bring_in(&self, story: &Story) -> anyhow::Result<()> {
        for (name, text) in FILES {
            let path = self.file(name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let (amal, badr) = (self.typed("amal.key"), self.typed("badr.key"));
        self.type_in(&["reviewer", "add", "amal", "--key", &amal])?;
        self.type_in(&["reviewer", "add", "badr", "--key", &badr, "--by", &amal])?;
        self.type_in(&["policy", "add", &self.typed("policy.toml"), "--key", &amal])?;
        let terms = self.typed("terms.csv");
        let source = ["--source", "the moderators", "--key"];
        let add = ["terms", "add", &terms, "--list", "cheers"];
        self.type_in(&[&add[..], &source, &[&amal]].concat())?;
        let add = ["bank", "add", "--bank", "clips", "--sha256", &story.file, "--class", "support"];
        self.type_in(&[&add[..], &source, &[&amal]].concat())?;
        let file = format!("k{}", self.last_entry()?);
        self.type_in(&["bank", "confirm", &file, "--key", &badr])?;
        self.type_in(&["rules", "add", &self.typed("rules"), "--key", &amal])?;
        let removed = self.typed("removed.csv");
        let import = ["import", "removed", &removed, "--policy", "kettle-league"];
        self.type_in(&[&import[..], &source, &[&amal, "--key", &badr]].concat())
    }

    /// Shows a command and runs it.
    fn type_in(&self, words: &[&str]) -> anyhow::Result<()> {
        let dir = self.global.dir.display().to_string();
        let words: Vec<&str> = words.iter().copied().chain(["--dir", &dir]).collect();
        let shown: Vec<String> = words.iter().map(|word| show::quoted(word)).collect();
        say!("$ {} {}", show::program(), shown.join(" "))?;
        let program = ["seawall"];
        let mut args = Args::try_parse_from(program.iter().chain(&words))?;
        args.global = self.global.clone();
        let ended = dispatch(&args)?;
        anyhow::ensure!(ended == Ended::Fine, "`{}` did not end well", shown.join(" "));
        Ok(())
    }

    fn last_entry(&self) -> anyhow::Result<u64> {
        let opened = engine::open(&self.global.dir, &settings(&self.global)?)?;
        Ok(opened.derivation.pipeline().judge().last_entry())
    }

    /// What can be typed next, each as it stands and in this order.
    fn tell_next(&self, toured: &Toured) -> anyhow::Result<()> {
        let program = show::program();
        let dir = show::quoted(&self.global.dir.display().to_string());
        let key = |name: &str| show::quoted(&self.typed(name));
        let (amal, badr) = (key("amal.key"), key("badr.key"));
        let next = toured.next;
        if let Some(case) = toured.comeback {
            say!("  {program} case show {case} --dir {dir}")?;
            say!("  {program} case decide {case} suspend --saw content --key {amal} --dir {dir}")?;
            say!("  {program} case show {case} --notice both --dir {dir}")?;
            say!("  {program} case undo {next} --key {badr} --dir {dir}")?;
        }
        if let Some(case) = toured.innocent {
            say!("  {program} case show {case} --dir {dir}")?;
            say!(
                "  {program} case decide {case} keep-documents --saw content --key {badr} \
                 --dir {dir}"
            )?;
        }
        say!("  {program} replay --dir {dir}")?;
        say!("  {program} doctor --dir {dir}")?;
        say!("  {program} --help")?;
        Ok(())
    }
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
