//! How fast a world is written, what memory it takes, and that threads change no byte.
//!
//! Runs the real binary on the preset `million` with one thread, and a smaller world with
//! one and two. Fails below what is asked for: 300,000 events/s on one core, 600 MB. Set
//! `SEAWALL_BENCH_ACCOUNTS` for a smaller world, which is held to nothing. What naive
//! baselines find in a world is `scripts/baselines`' to print.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use seawall_server::clock::Stopwatch;

/// Accounts of the preset.
const ACCOUNTS: u32 = 1_000_000;
/// Events a second on one core, at least.
const RATE_MIN: f64 = 300_000.0;
/// MiB held, at most.
const MEMORY_MAX: u64 = 600;
/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let accounts = std::env::var("SEAWALL_BENCH_ACCOUNTS").ok().and_then(|n| n.parse().ok());
    let accounts: u32 = accounts.unwrap_or(ACCOUNTS);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let small = ["--preset", "weeks", "--accounts", "5000", "--days", "14"];
    let one = run(&folder.path().join("one"), &small, "1")?;
    let two = run(&folder.path().join("two"), &small, "2")?;
    if one.sums != two.sums {
        return Err("one thread and two give other bytes".into());
    }
    println!("one thread and two: same bytes, {:.0} and {:.0} events/s", one.rate(), two.rate());
    let accounts_text = accounts.to_string();
    let million = ["--preset", "million", "--accounts", &accounts_text];
    let whole = run(&folder.path().join("million"), &million, "1")?;
    println!(
        "{accounts} accounts, one thread: {} events in {:.1} s of work, {:.0} events/s, {} MiB",
        whole.events,
        whole.cpu_seconds,
        whole.rate(),
        whole.memory
    );
    if accounts < ACCOUNTS {
        println!("a smaller world is held to nothing");
        return Ok(());
    }
    let held = [("events/s", whole.rate() >= RATE_MIN), ("memory", whole.memory <= MEMORY_MAX)];
    let missed: Vec<&str> = held.iter().filter(|(_, is)| !is).map(|(what, _)| *what).collect();
    if missed.is_empty() { Ok(()) } else { Err(format!("not reached: {missed:?}").into()) }
}

struct Ran {
    events: u32,
    cpu_seconds: f64,
    memory: u64,
    sums: String,
}

impl Ran {
    /// Events for each second of processor time: what one core does.
    fn rate(&self) -> f64 {
        f64::from(self.events) / self.cpu_seconds
    }
}

fn run(out: &Path, args: &[&str], threads: &str) -> Result<Ran, Failure> {
    let watch = Stopwatch::start();
    let mut child = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["simulate", "--threads", threads, "--out"])
        .arg(out)
        .args(args)
        .stdout(Stdio::null())
        .spawn()?;
    let (mut memory, mut cpu_seconds) = (0, 0.0);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        (memory, cpu_seconds) = look(child.id()).unwrap_or((memory, cpu_seconds));
        std::thread::park_timeout(LOOK_EVERY);
    };
    if !status.success() {
        return Err(format!("the simulator ended with {status}").into());
    }
    // One that was too short to be looked at worked as long as it ran.
    let cpu_seconds = if cpu_seconds > 1.0 { cpu_seconds } else { watch.elapsed().as_secs_f64() };
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("manifest.json"))?)?;
    let counts = manifest["events"].as_object().ok_or("no counts in the manifest")?;
    let events: u64 = counts.values().filter_map(serde_json::Value::as_u64).sum();
    std::fs::remove_file(out.join("events.jsonl"))?;
    let events = u32::try_from(events)?;
    Ok(Ran { events, cpu_seconds, memory, sums: manifest["sha256"].to_string() })
}

/// MiB that a process has held at most, and the seconds of work it has done.
fn look(process: u32) -> Option<(u64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let memory: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // Time of its own and of the kernel for it, in hundredths of a second on Linux.
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some((memory / 1024, ticks / 100.0))
}
