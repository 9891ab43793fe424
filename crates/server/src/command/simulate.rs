//! `seawall simulate`: a synthetic platform with a hidden network, and the truth apart.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use seawall_model::EventBody;
use seawall_sim::{Disorder, Era, Figure, Parameters, Pictures, Policy, PostClass, VERSION, World};

use super::args::Simulate;
use super::{Ended, show};
use crate::simulate::{PictureFiles, Simulated, Task, simulate};

pub(super) fn run(given: &Simulate, stop: &Arc<AtomicBool>) -> anyhow::Result<Ended> {
    if given.calibrate {
        return calibrate(given.seed);
    }
    let parameters = parameters(given)?;
    if given.samples {
        return samples(parameters, given.seed);
    }
    let task = task(given, parameters)?;
    let done = simulate(&task, stop)?;
    tell(&task, &done)?;
    Ok(if done.is_whole() { Ended::Fine } else { Ended::Findings })
}

fn parameters(given: &Simulate) -> anyhow::Result<Parameters> {
    let mut parameters = Parameters::preset(&given.preset)
        .with_context(|| format!("there is no preset `{}`: use {}", given.preset, presets()))?;
    if let Some(accounts) = given.accounts {
        parameters.accounts = accounts;
    }
    if let Some(days) = given.days {
        parameters.days = days;
        parameters.field_days.retain(|day| *day < days);
    }
    if let Some(name) = &given.policy {
        let policy = Policy::from_name(name)
            .with_context(|| format!("there is no policy `{name}`: use census, low or high"))?;
        parameters.policy = Policy { sweeps: parameters.policy.sweeps, ..policy };
    }
    let shares = [given.late, given.doubled, given.shuffled];
    anyhow::ensure!(
        shares.iter().all(|share| (0.0..=0.5).contains(share)),
        "--late, --doubled and --shuffled are shares from 0 to 0.5"
    );
    let [late, doubled, shuffled] = shares;
    parameters.disorder = Disorder { late, doubled, shuffled };
    if given.pictures {
        parameters.pictures = Pictures::Hashes;
    }
    Ok(parameters)
}

fn task(given: &Simulate, parameters: Parameters) -> anyhow::Result<Task> {
    let out = given.out.clone().context("--out is missing")?;
    let pictures = if given.pictures { PictureFiles::Written } else { PictureFiles::Named };
    let threads = given.threads.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    Ok(Task { parameters, seed: given.seed, out, threads, pictures })
}

fn presets() -> String {
    Parameters::PRESETS.join(", ")
}

fn tell(task: &Task, done: &Simulated) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let folder = task.out.display();
    if !done.is_whole() {
        writeln!(out, "interrupted; run the same command again to go on in {folder}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{}: {} days, {} in {folder}",
        task.parameters.name,
        task.parameters.days,
        show::counted(done.events.values().sum(), "event", "events")
    )?;
    for (kind, count) in &done.events {
        writeln!(out, "  {:>12} {kind}", show::count(*count))?;
    }
    writeln!(out, "  {:>12} accounts", show::count(done.accounts))?;
    writeln!(out, "  {:>12} lines of truth, in truth.jsonl", show::count(done.truths))?;
    let program = show::program();
    let events = show::quoted(&task.out.join("events.jsonl").display().to_string());
    writeln!(out, "  next: {program} import {events}")?;
    Ok(())
}

/// Posts shown of each class.
const SAMPLES: usize = 12;
/// Of how many posts of a class one is shown, so that not all are of one hour.
const SAMPLED_FROM: usize = 7;

/// Prints posts of every class, as a page.
fn samples(parameters: Parameters, seed: u64) -> anyhow::Result<Ended> {
    let mut world = World::new(parameters, seed)?;
    let mut found = vec![(0, Vec::new()); PostClass::ALL.len()];
    while !world.is_over() {
        let step = world.step(&[]);
        for (number, item) in (step.before..).zip(&step.items) {
            let Some((_, class)) = world.post_truth(item) else { continue };
            let (seen, texts) = &mut found[class as usize];
            *seen += 1;
            if *seen % SAMPLED_FROM != 0 || texts.len() == SAMPLES {
                continue;
            }
            if let EventBody::PostCreated(post) = world.event(number, item).body {
                texts.push((world.class(item.account), post.text.unwrap_or_default()));
            }
        }
    }
    let mut out = std::io::stdout().lock();
    for (class, (_, texts)) in PostClass::ALL.into_iter().zip(found) {
        writeln!(out, "### {}\n", class.as_str())?;
        for (author, text) in texts {
            writeln!(out, "- {} — *{}*", text.replace('#', "\\#"), author.as_str())?;
        }
        writeln!(out)?;
    }
    Ok(Ended::Fine)
}

/// Prints how near the simulator comes to published figures, as a page.
fn calibrate(seed: u64) -> anyhow::Result<Ended> {
    let figures = seawall_sim::calibrate(seed)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Version {VERSION}, seed {seed}.\n")?;
    writeln!(
        out,
        "| figure | published | accepted | source | achieved | 95 % interval | counted | |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for figure in &figures {
        writeln!(out, "{}", row(figure))?;
    }
    let missed = figures.iter().filter(|f| f.era == Era::Studied && !f.is_met()).count() as u64;
    writeln!(out, "\n{} of 2014 to 2019 not met.", show::counted(missed, "figure", "figures"))?;
    Ok(if missed == 0 { Ended::Fine } else { Ended::Findings })
}

fn row(figure: &Figure) -> String {
    let met = match (figure.is_met(), figure.era) {
        (true, _) => "met",
        (false, Era::Studied) => "NOT MET",
        (false, Era::Form) => "not met; another time or network",
    };
    let (low, high) = figure.interval;
    format!(
        "| {} | {} | {} to {} | {} | {:.3} | {low:.3} to {high:.3} | {} | {met} |",
        figure.target.what,
        figure.target.published,
        figure.target.range.0,
        figure.target.range.1,
        figure.target.source,
        figure.achieved,
        show::count(figure.counted as u64),
    )
}
