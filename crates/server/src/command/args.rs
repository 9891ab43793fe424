//! The arguments of every subcommand, with an example that works in each help.

mod case;
mod decode;
mod knowledge;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use seawall_model::Timestamp;

pub use case::*;
pub use decode::*;
pub use knowledge::*;

/// Seawall keeps removed extremist networks from coming back.
#[derive(Debug, Parser)]
#[command(name = "seawall", version, max_term_width = 100)]
pub struct Args {
    /// What applies to every subcommand.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What applies to every subcommand.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// The data folder.
    #[arg(long, global = true, value_name = "FOLDER", default_value = "seawall-data")]
    pub dir: PathBuf,
    /// The configuration file; the defaults are used without one.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A clock that stands still, for tests.
    #[arg(long, global = true, hide = true, value_parser = time)]
    pub test_clock: Option<Timestamp>,
    /// A seed in place of chance, for tests: protects nothing.
    #[arg(long, global = true, hide = true)]
    pub test_seed: Option<u64>,
}

/// `seawall serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Where to listen, in place of what is configured; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<std::net::SocketAddr>,
    /// The clock begins at --test-clock and passes; lines of standard input set it forward. For
    /// the demo, whose story is faster than the machine's clock.
    #[arg(long, hide = true, requires = "test_clock", action = ArgAction::SetTrue)]
    pub story_clock: bool,
}

/// What `config` tells.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigWhat {
    /// Print the JSON Schema of seawall.toml, for editors.
    #[command(after_help = "Example:
  seawall config schema

What each key means stands in docs/reference/config.md; seawall doctor --config FILE says whether
a file is right.")]
    Schema,
    /// Print every key with its unit and default, as in docs/reference/config.md.
    #[command(after_help = "Example:\n  seawall config keys")]
    Keys,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the main job on an invented story.
    #[command(after_help = "Examples:
  seawall demo
  seawall demo --folder another-demo

On a terminal the story waits in its surge for a person, with the commands by which they log
in and rule. Ctrl-C ends it at any time and removes the folder.")]
    Demo(Demo),
    /// Serve the platform and its people over HTTP.
    #[command(after_help = "Example:
  seawall serve --listen 127.0.0.1:8640

Ends on Ctrl-C or SIGTERM: what was begun is finished, what was taken in is kept. What can
be configured is in seawall.toml, under [serve]; see docs/guide/integrate.md.")]
    Serve(Serve),
    /// Tell what can be configured.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall config keys
  seawall config schema")]
    Config(ConfigWhat),
    /// Print the OpenAPI document of the server.
    #[command(after_help = "Example:\n  seawall openapi")]
    Openapi,
    /// Take in a platform's history or stream.
    #[command(after_help = "Examples:
  seawall import events.jsonl
  seawall import posts.csv --map guess
  cat events.jsonl | seawall import -
  seawall import removed old.csv --policy kettle-league --source log --key amal.key --key badr.key

Formats are found out: canonical JSON (lines or one array), CloudEvents, Bluesky Jetstream
v1 and v2, CSV and TSV. A file is sorted by event time before it is taken in; `-` is a
stream and is taken as it comes. Running an interrupted import again goes on where it
stopped. Exit code 1 means that inputs were refused: see `seawall rejects`.")]
    Import(Import),
    /// Admit, list and withdraw those who answer for rulings.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall reviewer add dana --key dana.key --by amal.key
  seawall reviewer list
  seawall reviewer withdraw r2 --by amal.key")]
    Reviewer(Reviewer),
    /// Add and show policies: what decisions cite and people read.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall policy add policy.toml --key amal.key
  seawall policy list
  seawall policy show kettle-league")]
    Policy(Policy),
    /// Keep lists of terms that are looked for.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall terms add terms.csv --list cheers --source 'league watchers' --key amal.key
  seawall terms list
  seawall terms confirm k2..k4 --key badr.key
  seawall terms withdraw k3 --key amal.key")]
    Terms(Terms),
    /// Keep banks of fingerprints of known files.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall bank add --bank clips --media clip.bin --class support --source 'case 12' --key amal.key
  seawall bank list
  seawall bank confirm k5 --key badr.key
  seawall bank withdraw k5 --key amal.key")]
    Bank(Bank),
    /// Keep the register of protected accounts.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall protected add account-17 --ground press --source 'a newsroom' --key amal.key
  seawall protected list --key amal.key
  seawall protected withdraw k6 --key amal.key")]
    Protected(Protected),
    /// See which removed accounts are compared with what comes, and withdraw them.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall removed list
  seawall removed withdraw k8 --key amal.key")]
    Removed(Removed),
    /// Check, try and put in force the rules that open cases.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall rules check rules
  seawall rules run rules events.jsonl
  seawall rules add rules --key amal.key
  seawall rules list")]
    Rules(Rules),
    /// Derive everything again from log and inputs, and compare with the journal.
    #[command(after_help = "Examples:
  seawall replay
  seawall replay --into seawall-again
  seawall replay --set wave.burst_posts_min=50

Exit code 1 means that something differs.")]
    Replay(Replay),
    /// Show activity over time with its baseline, waves and field events.
    #[command(after_help = "Examples:
  seawall tide
  seawall tide --from 2026-05-08 --to 2026-05-10 --by hour
  seawall tide --trace '#kettle_league'
  seawall tide --hour 2026-05-09T18:00:00Z --list posts
  seawall tide --json")]
    Tide(Tide),
    /// See what waits for people and why, rule on it, and undo what was ruled.
    #[command(subcommand)]
    #[command(after_help = "Examples:
  seawall case list
  seawall case show c1
  seawall case decide c1 keep-documents --saw content --key amal.key
  seawall case undo d1 --key badr.key")]
    Case(Case),
    /// Erase accounts: ask for it, see what was asked, or do the nightly run.
    #[command(after_help = "Examples:
  seawall erase account-17
  seawall erase --list
  seawall erase --run

The nightly run verifies the day's replay, destroys the keys of accounts that were asked
for, and destroys log files and rejects past their retention. Run it from cron or a timer.")]
    Erase(Erase),
    /// Show inputs that were refused.
    #[command(after_help = "Examples:
  seawall rejects
  seawall rejects --json")]
    Rejects(Rejects),
    /// Copy the data folder while it is in use.
    #[command(after_help = "Example:\n  seawall backup seawall-backup

A backup holds the folder key: keep it as safe as the folder, and no longer than an
erasure may take.")]
    Backup(Backup),
    /// Make a data folder from a backup.
    #[command(after_help = "Example:\n  seawall restore seawall-backup --dir seawall-restored")]
    Restore(Restore),
    /// Look for damage and say what to do about it.
    #[command(after_help = "Example:\n  seawall doctor

Every page of every file, the whole chain of the journal and every event of the log are
read. A start reads less: of the journal, the chain of the newest 100,000 entries.

Exit code 1 means that something was found.")]
    Doctor(Doctor),
    /// Make a synthetic platform with a hidden network in it, and write the truth apart.
    #[command(after_help = "Examples:
  seawall simulate --preset story --seed 1 --out seawall-story
  seawall simulate --preset story --seed 1 --days 3 --late 0.01 --doubled 0.01 --out seawall-late
  seawall simulate --samples
  echo '{\"action\":\"step\"}' | seawall simulate --preset story --step --out seawall-stepped

The presets are story (ten days, 1,200 accounts), weeks (eight weeks, 20,000 accounts, eight
networks) and million (eight weeks, a million accounts). The folder gets events.jsonl,
truth.jsonl and manifest.json; the same seed gives the same bytes. Running an interrupted
command again goes on after the last whole day. What is in it, and what --step reads:
docs/reference/simulator.md, with how to live beside a server by --live, --speed and --hook;
what --calibrate prints: docs/reference/calibration.md.")]
    Simulate(Simulate),
    /// Decode one picture within a process that can do nothing else; the server starts it.
    #[command(hide = true)]
    DecodeMedia(DecodeMedia),
    /// Print the JSON Schema of the canonical event.
    #[command(after_help = "Example:\n  seawall schema")]
    Schema,
}

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The folder to play in; emptied first if an earlier demo made it.
    #[arg(long, value_name = "FOLDER", default_value = ".demo")]
    pub folder: PathBuf,
    /// The seed from which on a story is looked for that has all in it that is shown.
    #[arg(long, value_name = "N", default_value_t = 28)]
    pub seed: u64,
    /// Wait for Enter, and stay until Ctrl-C, as on a terminal.
    #[arg(long, action = ArgAction::SetTrue)]
    pub stay: bool,
}

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct Import {
    /// What else is taken in; a file of such a name is given as ./removed.
    #[command(subcommand)]
    pub what: Option<ImportWhat>,
    /// Files to take in, in this order; `-` is standard input as a stream.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The format, if it should not be found out: canonical, cloudevents, jetstream_v1,
    /// jetstream_v2, csv, tsv.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// The mapping of a table's columns: a file, or `guess` to accept what is guessed.
    #[arg(long, value_name = "FILE|guess")]
    pub map: Option<PathBuf>,
    /// Tell on standard output how many records of a stream are durable.
    #[arg(long, action = ArgAction::SetTrue)]
    pub ack: bool,
}

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// Write the journal and tables made anew into this empty folder.
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
    /// Replay with another value of a constant, to see what would change.
    #[arg(long, value_name = "NAME=VALUE", value_parser = constant)]
    pub set: Vec<(String, i64)>,
}

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// Which world: story, weeks or million.
    #[arg(long, value_name = "NAME", default_value = "story")]
    pub preset: String,
    /// The seed: another one is another world of the same kind.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The folder to write to; made if it is not there.
    #[arg(long, value_name = "FOLDER",
        required_unless_present_any = ["calibrate", "samples", "live"])]
    pub out: Option<PathBuf>,
    /// Hold the simulator against published figures, and print the page that says how near
    /// it comes; takes half a minute.
    #[arg(long, action = ArgAction::SetTrue)]
    pub calibrate: bool,
    /// Print posts of every class, as they are in the preset's world.
    #[arg(long, action = ArgAction::SetTrue, conflicts_with = "calibrate")]
    pub samples: bool,
    /// Let another program step the world: read actions from standard input as lines of
    /// JSON, write each hour's events to standard output, and only the truth to the folder.
    #[arg(long, action = ArgAction::SetTrue,
        conflicts_with_all = ["calibrate", "samples", "pictures", "threads"])]
    pub step: bool,
    #[command(flatten)]
    pub live: SimulateLive,
    /// Innocent accounts at the start, in place of the preset's: 100 to 5,000,000.
    #[arg(long, value_name = "N")]
    pub accounts: Option<u32>,
    /// Days, in place of the preset's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub days: Option<u32>,
    /// How the platform moderates: census (2014), low or high (2017).
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// The share of events that come an hour or more late.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub late: f64,
    /// The share of events that come twice.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub doubled: f64,
    /// The share of events that come some minutes out of order.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub shuffled: f64,
    /// Write the pictures as files too. Events of story and weeks have their SHA-256 without
    /// it; those of million have it with it alone.
    #[arg(long, action = ArgAction::SetTrue)]
    pub pictures: bool,
    /// Threads that write; the bytes are the same.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Arguments of `simulate --live`.
#[derive(Debug, clap::Args)]
pub struct SimulateLive {
    /// Live beside this server: send it what happens, hour by hour. With --out, the truth goes to
    /// that folder.
    #[arg(long, value_name = "URL", requires = "key_file",
        conflicts_with_all = ["calibrate", "samples", "step", "pictures", "threads"])]
    pub live: Option<url::Url>,
    /// How many times as fast as real time.
    #[arg(long, value_name = "X", requires = "live", default_value_t = 3_600.0)]
    pub speed: f64,
    /// Go on whenever all that the server decided was carried out, in place of --speed.
    #[arg(long, action = ArgAction::SetTrue, requires = "live", conflicts_with = "speed")]
    pub lock_step: bool,
    /// File with the platform's API key: events:write, verdicts:read, delivery:read.
    #[arg(long, value_name = "FILE", requires = "live")]
    pub key_file: Option<PathBuf>,
    /// Where webhooks are received, at the path /hook; without it nothing is obeyed.
    #[arg(long, value_name = "ADDRESS:PORT", requires = "hook_secret")]
    pub hook: Option<std::net::SocketAddr>,
    /// File with the secret that webhooks are signed with (whsec_…), mode 0600.
    #[arg(long, value_name = "FILE", requires = "hook")]
    pub hook_secret: Option<PathBuf>,
    /// Hours that the server has already: they are lived, and not sent.
    #[arg(long, value_name = "N", requires = "live", default_value_t = 0)]
    pub from_hour: u32,
}

/// Arguments of `tide`.
#[derive(Debug, clap::Args)]
pub struct Tide {
    /// From this time on: a day such as 2026-03-08, or RFC 3339.
    #[arg(long, value_parser = time)]
    pub from: Option<Timestamp>,
    /// Until before this time.
    #[arg(long, value_parser = time)]
    pub to: Option<Timestamp>,
    /// The length of one bucket; chosen by the length of the history if not given.
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// Only posts with this hashtag (with its sign) or link.
    #[arg(long, value_name = "#TAG|URL")]
    pub trace: Option<String>,
    /// List what is in the hour given by --hour, or from --from to --to.
    #[arg(long, value_enum)]
    pub list: Option<Listed>,
    /// The hour to list.
    #[arg(long, value_parser = time, requires = "list")]
    pub hour: Option<Timestamp>,
    /// Write JSON.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// The length of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// One hour.
    Hour,
    /// One day of UTC.
    Day,
    /// One week, from Monday.
    Week,
}

impl From<By> for crate::tide::By {
    fn from(by: By) -> Self {
        match by {
            By::Hour => Self::Hour,
            By::Day => Self::Day,
            By::Week => Self::Week,
        }
    }
}

/// What to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// The accounts that acted, with how often.
    Accounts,
    /// The posts.
    Posts,
}

/// Arguments of `erase`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["accounts", "list", "run"]))]
pub struct Erase {
    /// Accounts to erase with the next nightly run, by the platform's id.
    #[arg(value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// Show what was asked for and not yet done.
    #[arg(long, action = ArgAction::SetTrue)]
    pub list: bool,
    /// Do the nightly run now.
    #[arg(long, action = ArgAction::SetTrue)]
    pub run: bool,
    /// Erase even if the replay shows differences.
    #[arg(long, action = ArgAction::SetTrue, requires = "run")]
    pub despite_differences: bool,
}

/// Arguments of `rejects`.
#[derive(Debug, clap::Args)]
pub struct Rejects {
    /// Write JSON lines.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
    /// Destroy them all.
    #[arg(long, action = ArgAction::SetTrue)]
    pub clear: bool,
}

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// A new or empty folder for the backup.
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
}

/// Arguments of `restore`.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The backup.
    #[arg(value_name = "FOLDER")]
    pub from: PathBuf,
}

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Leave out reading every event of the log.
    #[arg(long, action = ArgAction::SetTrue)]
    pub quick: bool,
}

/// A day or a time, in UTC where no zone is named.
fn time(text: &str) -> Result<Timestamp, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole)
        .map_err(|_| "use a day such as 2026-03-08 or a time such as 2026-03-08T14:00:00Z".into())
}

fn constant(text: &str) -> Result<(String, i64), String> {
    let (name, value) = text.split_once('=').ok_or("use NAME=VALUE")?;
    let value = value.parse().map_err(|_| "the value is a whole number")?;
    Ok((name.to_owned(), value))
}
