//! The command line: one subcommand a file, each a thin piece over the engine.
//!
//! Exit codes: 0 fine, 1 findings, 2 bad usage or input. Results go to standard output,
//! progress and errors to standard error. No error repeats content.

/// Tells a line on standard output: [`crate::show::say`].
macro_rules! say {
    ($($line:tt)*) => { $crate::show::say(format_args!($($line)*)) };
}

mod args;
mod backup;
mod bank;
pub(crate) mod case;
mod decode_media;
mod demo;
mod demo_live;
mod demo_play;
mod demo_story;
mod doctor;
mod erase;
mod erase_media;
mod import;
mod import_removed;
mod knowledge;
mod policy;
mod protected;
mod rejects;
mod removed;
mod replay;
mod reviewer;
mod rules;
mod rules_run;
mod serve;
mod simulate;
mod terms;
mod tide;
mod tide_cases;
mod tide_chart;
mod tide_list;

use std::process::ExitCode;

use clap::Parser;

pub use args::{Args, Command, Global};

use crate::clock::Clock;
use crate::config::Config;
use crate::engine::Settings;
use crate::show;

/// What to do about a full disk.
const FULL: &str = "the disk is full; everything acknowledged is kept: make room and run the \
                    command again";

/// How a command ended, short of failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All is well.
    Fine,
    /// Something was found that a person should look at.
    Findings,
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    quiet_panics();
    let args = Args::parse();
    // A defect has told its place already; the exit code says that the work is not done.
    let ended = std::panic::catch_unwind(|| dispatch(&args));
    match ended.unwrap_or_else(|_| Err(anyhow::anyhow!("stopped by a defect"))) {
        Ok(Ended::Fine) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Whichever file it was met at, the remedy is the same.
            if seawall_store::is_disk_full(error.as_ref()) {
                eprintln!("seawall: {FULL}");
            }
            eprintln!("seawall: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// A reader such as `head` that went away is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        // It holds the error of a writer within, and does not name it as its source.
        let json = || cause.downcast_ref::<serde_json::Error>()?.io_error_kind();
        io.or_else(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}

/// What telling of finished work came to: a reader that went away changes nothing about
/// the work, nor about the exit code that speaks of it.
fn unless_gone(told: anyhow::Result<()>) -> anyhow::Result<()> {
    told.or_else(|error| if is_broken_pipe(&error) { Ok(()) } else { Err(error) })
}

/// A panic's message may quote content, so only its place is told.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("seawall: defect at {place}; please report it");
    }));
}

pub(crate) fn dispatch(args: &Args) -> anyhow::Result<Ended> {
    let global = &args.global;
    match &args.command {
        Command::Demo(given) => demo::run(global, given),
        Command::Import(given) => import::run(global, given),
        Command::Reviewer(given) => reviewer::run(global, given),
        Command::Policy(given) => policy::run(global, given),
        Command::Terms(given) => terms::run(global, given),
        Command::Bank(given) => bank::run(global, given),
        Command::Protected(given) => protected::run(global, given),
        Command::Removed(given) => removed::run(global, given),
        Command::Rules(given) => rules::run(global, given),
        Command::Replay(given) => replay::run(global, given),
        Command::Tide(given) => tide::run(global, given),
        Command::Case(given) => case::run(global, given),
        Command::Erase(given) => erase::run(global, given),
        Command::Rejects(given) => rejects::run(global, given),
        Command::Backup(given) => backup::backup(global, given),
        Command::Restore(given) => backup::restore(global, given),
        Command::Doctor(given) => doctor::run(global, given),
        Command::Simulate(given) => simulate::run(global, given),
        Command::Serve(given) => serve::run(global, given),
        Command::Config(what) => doctor::configured(*what),
        Command::Openapi => serve::openapi(),
        Command::DecodeMedia(given) => decode_media::run(given),
        Command::Schema => {
            use std::io::Write;
            let mut out = std::io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &seawall_event::schema())?;
            writeln!(out)?;
            Ok(Ended::Fine)
        }
    }
}

/// The settings of a run.
fn settings(global: &Global) -> anyhow::Result<Settings> {
    if global.test_seed.is_some() && !cfg!(debug_assertions) {
        eprintln!("seawall: --test-seed: a folder made so has keys that anyone can compute");
    }
    Ok(Settings {
        config: Config::read(global.config.as_deref())?,
        clock: global.test_clock.map_or(Clock::Machine, Clock::Still),
        test_seed: global.test_seed,
    })
}
