//! `seawall simulate --live`: a simulated platform beside a server.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context;
use seawall_sim::Parameters;
use url::Url;
use zeroize::Zeroizing;

use super::super::args::{Global, Simulate};
use super::super::{Ended, import, settings};
use super::show;
use crate::simulate::{Live, Pace, Passed, Receiving, hook_secrets};

/// How many times as fast as real time, at least and at most.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.01..=1e9;
/// Bytes of the file with the key, at most.
const KEY_BYTES_MAX: u64 = 4_096;

pub(super) fn run(
    global: &Global,
    given: &Simulate,
    parameters: Parameters,
    server: &Url,
) -> anyhow::Result<Ended> {
    let asked = &given.live;
    anyhow::ensure!(
        SPEEDS.contains(&asked.speed),
        "--speed is from {} to {}",
        SPEEDS.start(),
        show::count(1_000_000_000)
    );
    let key = asked.key_file.as_deref().context("--key-file is missing")?;
    let receiving = match (asked.hook, &asked.hook_secret) {
        (Some(address), Some(path)) => {
            let listener = std::net::TcpListener::bind(address)
                .with_context(|| format!("cannot listen at {address}: choose another --hook"))?;
            Some(Receiving { listener, secrets: hook_secrets(path)? })
        }
        _ => None,
    };
    let truth = given.out.as_ref().map(|folder| -> anyhow::Result<_> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder.join("truth.jsonl"))
    });
    let live = Live {
        parameters,
        seed: given.seed,
        server: server.clone(),
        key: read_key(key)?,
        pace: if asked.lock_step { Pace::LockStep } else { Pace::Times(asked.speed) },
        from_hour: asked.from_hour,
        receiving,
        truth: truth.transpose()?,
        clock: settings(global)?.clock,
    };
    let stop = import::stop_on_signal();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let mut living = runtime.block_on(live.start())?;
    match living.hook() {
        Some(address) => say!("receiving webhooks at http://{address}/hook")?,
        None => say!("without --hook nothing is obeyed")?,
    }
    let (mut before, mut passed) = (Passed::default(), Passed::default());
    while let Some(now) = runtime.block_on(living.hour(&stop))? {
        for action in &now.actions {
            say!("  hour {}: {}", now.hour, done(action))?;
        }
        if now.hour.is_multiple_of(24) {
            tell_day(&now, &before)?;
            before = now.clone();
        }
        passed = now;
    }
    say!(
        "{} taken, {} there already; {} obeyed, {} refused",
        show::counted(passed.accepted, "event", "events"),
        show::count(passed.duplicates),
        show::counted(passed.obeyed, "instruction", "instructions"),
        show::count(passed.refused)
    )?;
    Ok(if passed.refused == 0 { Ended::Fine } else { Ended::Findings })
}

/// What was done to the world, by the platform's own ids.
pub(in crate::command) fn done(action: &seawall_sim::Action) -> String {
    use seawall_sim::Action;
    match action {
        Action::Suspend(id) => format!("{id} is suspended"),
        Action::Reinstate(id) => format!("{id} is reinstated"),
        Action::Restrict(id) => format!("what {id} posts is shown to nobody"),
        Action::Release(id) => format!("what {id} posts is shown again"),
        Action::Remove(id) => format!("{id} is removed"),
        Action::Hide(id) => format!("{id} is shown to nobody"),
        Action::Show(id) => format!("{id} is shown again"),
    }
}

fn tell_day(passed: &Passed, before: &Passed) -> std::io::Result<()> {
    say!(
        "day {}: {}, {}",
        passed.hour / 24,
        show::counted(passed.accepted - before.accepted, "event", "events"),
        show::counted(passed.obeyed - before.obeyed, "instruction", "instructions")
    )
}

fn read_key(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let unread = || format!("cannot read --key-file {}", path.display());
    let file = std::fs::File::open(path).with_context(unread)?;
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_BYTES_MAX).read_to_string(&mut text).with_context(unread)?;
    let key = Zeroizing::new(text.trim().to_owned());
    let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    anyhow::ensure!(
        !key.is_empty() && is_plain,
        "--key-file {} holds no API key; POST /v1/keys gives one",
        path.display()
    );
    Ok(key)
}
