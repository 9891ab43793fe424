//! `seawall import`: files and streams in.

use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use super::args::{Global, Import, ImportWhat};
use super::{Ended, import_removed, settings, show, unless_gone};
use crate::engine::{self, Settings};
use crate::import::{
    Ack, End, ImportError, Proposal, Report, SourceOptions, UnknownSource, can_ask, check_file,
    conclude_cut_off, import_file, import_stream, lacks_a_time,
};

pub(super) fn run(global: &Global, given: &Import) -> anyhow::Result<Ended> {
    if let Some(ImportWhat::Removed(removed)) = &given.what {
        let is_mixed = given.format.is_some() || given.map.is_some() || given.ack;
        anyhow::ensure!(
            !is_mixed && given.files.is_empty(),
            "--format, --map, --ack and other files are not for `import removed`; a file of that \
             name is given as ./removed"
        );
        return import_removed::run(global, removed);
    }
    let settings = settings(global)?;
    let stop = stop_on_signal();
    let options = SourceOptions { format: given.format.clone(), map: given.map.clone() };
    let mut ended = Ended::Fine;
    for file in &given.files {
        // A source that is not there must not leave an empty data folder behind.
        if file.as_os_str() != "-" {
            std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
        }
        let report = one(global, given, &settings, &options, file, &stop)?;
        unless_gone(tell(global, file, &report))?;
        if report.tally.rejected_total() > 0 || report.end == End::Interrupted {
            ended = Ended::Findings;
        }
        if report.end == End::Interrupted {
            break;
        }
    }
    Ok(ended)
}

fn one(
    global: &Global,
    given: &Import,
    settings: &Settings,
    options: &SourceOptions,
    file: &Path,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Report> {
    let is_stream = file.as_os_str() == "-";
    let mut options = options.clone();
    if !is_stream {
        refuse_pipe(file)?;
        // Looked at first, so that a file that cannot be read makes no data folder.
        match check_file(file, &options, settings) {
            Err(ImportError::Source(UnknownSource::Unconfirmed(proposal))) => {
                confirm(file, &proposal)?;
                options.map = Some("guess".into());
            }
            looked => looked.with_context(|| format!("importing {}", file.display()))?,
        }
    }
    let mut opened = engine::open(&global.dir, settings)?;
    let cut_off = conclude_cut_off(&mut opened, settings)?;
    for repaired in opened.repaired.iter().chain(&cut_off) {
        eprintln!("seawall: at start-up: {repaired}");
    }
    let result = if is_stream {
        let told = if given.ack { Ack::Told } else { Ack::Silent };
        import_stream(Box::new(std::io::stdin()), &options, opened, settings, told, stop)
    } else {
        import_file(file, &options, opened, settings, stop)
    };
    if let Err(ImportError::Source(UnknownSource::Unconfirmed(proposal))) = &result {
        // A stream cannot be read again once a person has answered.
        confirm(file, proposal)?;
    }
    result.with_context(|| format!("importing {}", file.display()))
}

/// A file is read twice, and a pipe can be read once only: it is a stream.
fn refuse_pipe(file: &Path) -> anyhow::Result<()> {
    // What is not there is told of by whoever opens it.
    let Ok(kind) = std::fs::metadata(file).map(|told| told.file_type()) else { return Ok(()) };
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() {
        anyhow::bail!(
            "{} is a pipe and no file, and a file is read twice: feed it to standard input, as in \
             `COMMAND | {} import -`",
            file.display(),
            show::program()
        );
    }
    Ok(())
}

/// Shows the guessed columns and has a person confirm them.
fn confirm(file: &Path, proposal: &Proposal) -> anyhow::Result<()> {
    eprintln!("These columns were guessed for {}:\n", file.display());
    for line in proposal.toml.lines() {
        eprintln!("  {line}");
    }
    eprintln!();
    for note in &proposal.guess.notes {
        let column = note.column.as_deref().map(|c| format!("{}: ", show::foreign(c, 60)));
        eprintln!("  {:9} {}{}", note.certainty.as_str(), column.unwrap_or_default(), note.text);
    }
    proposal.guess.mapping.check().context("the guess is not enough to import by")?;
    if lacks_a_time(&proposal.guess) {
        anyhow::bail!(
            "the guess is not enough to import by: save the lines above to a file, fill in what \
             is missing as the notes say, and add `--map FILE`"
        );
    }
    if can_ask() && file.as_os_str() != "-" {
        eprint!("\nImport with these columns? [y/N] ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "yes" | "نعم") {
            return Ok(());
        }
    }
    anyhow::bail!(
        "the columns have to be confirmed: add `--map guess` to accept them, or save the lines \
         above to a file, correct them, and add `--map FILE`"
    )
}

fn tell(global: &Global, file: &Path, report: &Report) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let tally = &report.tally;
    let verb = match report.end {
        End::Reached => "imported",
        End::Interrupted => "interrupted",
    };
    writeln!(out, "{verb} {} ({})", file.display(), report.format)?;
    if report.is_resumed {
        writeln!(out, "  went on where an earlier run had stopped; its counts are included")?;
    }
    writeln!(out, "  accepted   {:>12}", show::count(tally.accepted))?;
    writeln!(out, "  duplicates {:>12}", show::count(tally.duplicates))?;
    if report.late > 0 {
        writeln!(
            out,
            "  late       {:>12}  more than an hour behind the newest event: in the history, but not \
             in the search for waves; import older history first",
            show::count(report.late)
        )?;
    }
    writeln!(out, "  ignored    {:>12}", show::count(tally.ignored_total()))?;
    for (name, count) in &tally.ignored {
        writeln!(out, "    {:>10} {}", show::count(*count), show::foreign(name, 128))?;
    }
    writeln!(out, "  rejected   {:>12}", show::count(tally.rejected_total()))?;
    for (code, count) in &tally.rejected {
        writeln!(out, "    {:>10} {code}", show::count(*count))?;
    }
    for rejected in &report.rejected_lines {
        writeln!(out, "    line {}: {}", rejected.line, rejected.rejection)?;
    }
    let hidden = tally.rejected_total().saturating_sub(report.rejected_lines.len() as u64);
    let dir = show::quoted(&global.dir.display().to_string());
    let program = show::program();
    if hidden > 0 {
        writeln!(out, "    and {} more", show::count(hidden))?;
    }
    if tally.rejected_total() > 0 {
        writeln!(out, "  look at them: {program} rejects --dir {dir}")?;
    }
    if report.end == End::Interrupted {
        writeln!(out, "  run the same command again to go on")?;
    }
    writeln!(out, "  next: {program} tide --dir {dir}")?;
    Ok(())
}

/// A first Ctrl-C ends after the batch at hand; a second one ends at once.
pub(super) fn stop_on_signal() -> Arc<AtomicBool> {
    stop_when_told(Again::Ends)
}

/// What a second Ctrl-C does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It ends the process at once.
    Ends,
    /// It changes nothing: what is being cleaned up is cleaned up.
    Waits,
}

/// As [`stop_on_signal`], where a second Ctrl-C means that.
pub(super) fn stop_when_told(again: Again) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    let installed = ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) && again == Again::Ends {
            std::process::exit(130);
        }
    });
    if let Err(error) = installed {
        eprintln!("seawall: Ctrl-C ends at once: {error}");
    }
    stop
}
