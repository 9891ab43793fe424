//! `seawall simulate`: a synthetic platform with a hidden network, and the truth apart.

mod calibration;
mod live;

pub(super) use live::done;

use std::io::{BufWriter, Write};

use anyhow::Context;
use seawall_model::EventBody;
use seawall_sim::{Disorder, Parameters, Pictures, Policy, PostClass, World};

use super::args::{Global, Simulate};
use super::{Ended, import, show};
use crate::simulate::{PictureFiles, Simulated, Task, simulate, stepped};

/// Accounts at the start, at least: a community of each network and some of nobody's.
const ACCOUNTS_MIN: u32 = 100;
/// Accounts at the start, at most: a million of them take half a gibibyte of memory.
const ACCOUNTS_MAX: u32 = 5_000_000;

pub(super) fn run(global: &Global, given: &Simulate) -> anyhow::Result<Ended> {
    if given.calibrate {
        return calibration::print(given.seed);
    }
    let parameters = parameters(given)?;
    if given.samples {
        return samples(parameters, given.seed);
    }
    if let Some(server) = &given.live.live {
        return live::run(global, given, parameters, server);
    }
    let task = task(given, parameters)?;
    if given.step {
        stepped(&task, std::io::stdin().lock(), BufWriter::new(std::io::stdout().lock()))?;
        return Ok(Ended::Fine);
    }
    let done = simulate(&task, &import::stop_on_signal())?;
    tell(&task, &done)?;
    Ok(if done.is_whole() { Ended::Fine } else { Ended::Findings })
}

fn parameters(given: &Simulate) -> anyhow::Result<Parameters> {
    let mut parameters = Parameters::preset(&given.preset)
        .with_context(|| format!("there is no preset `{}`: use {}", given.preset, presets()))?;
    if let Some(accounts) = given.accounts {
        anyhow::ensure!(
            (ACCOUNTS_MIN..=ACCOUNTS_MAX).contains(&accounts),
            "--accounts is from {} to {}",
            show::count(ACCOUNTS_MIN.into()),
            show::count(ACCOUNTS_MAX.into())
        );
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
    if let Some(pictures) = done.pictures {
        writeln!(out, "  {:>12} pictures", show::count(pictures))?;
    }
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
