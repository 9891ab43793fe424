//! `seawall demo`: the main job on a simulated story.
//!
//! Some days pass before anybody knows anything; then two people bring in what they know, by
//! the same commands that everybody types, and the rest of the story is lived beside a server:
//! the platform sends what happens and obeys what people rule. What the product finds is shown
//! beside the truth, which it is never told. Nothing here rules: that is for who reads.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use seawall_review::Saw;
use seawall_sim::{Parameters, Pictures};

use super::args::{By, Demo, Global, Tide};
use super::case::{Toured, minute, tour};
use super::demo_live::{Client, Server, draw_secret, let_in};
use super::demo_play::{Play, entered, heard, held};
use super::demo_story::Story;
use super::import::Again;
use super::{Ended, knowledge, settings, show, tide};
use crate::engine;
use crate::import::{SourceOptions, import_file};
use crate::simulate::{Living, Pace, Passed, PictureFiles, Task, simulate};

/// The preset that the demo plays.
const PRESET: &str = "story";
/// Seeds that are tried until a story has all that is to be shown.
const SEEDS_MAX: u64 = 100;
/// What is true of the story as it was lived.
const TRUTH: &str = "truth.jsonl";
/// How many times as fast as real time the story is lived before a person: an hour in a
/// fifth of a second, so that the surge rises within a minute.
const SPEED: f64 = 18_000.0;
/// Hours of the day of the field event after which the story waits for a person.
const HOURS_INTO_SURGE: u32 = 18;
/// Hours after which is looked whether a return is found on which one person may rule.
const HOURS_A_LOOK: u32 = 4;
/// Seconds in which the story can be held there.
const HOLD_SECONDS: u64 = 15;
/// Columns of a command before it is folded.
const COLUMNS: usize = 96;
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
    let stop = super::import::stop_when_told(Again::Waits);
    let played = play(Stage::new(global, &given.folder), given, &stop);
    if stop.load(Ordering::Relaxed) {
        // Whatever it was doing, its server has ended by now.
        std::fs::remove_dir_all(&given.folder)
            .with_context(|| format!("cannot remove {}", given.folder.display()))?;
        say!("\nended; nothing is left of the demo")?;
        return Ok(Ended::Fine);
    }
    played.map(|()| Ended::Fine)
}

fn play(mut stage: Stage, given: &Demo, stop: &AtomicBool) -> anyhow::Result<()> {
    let (mut story, seed) = stage.find(given.seed)?;
    stage.global.test_clock = Some(story.from);
    say!("A story of ten days, of a simulated platform (seed {seed}). A network hidden among its")?;
    say!("accounts posts a little every day; then something happens in the field, and its wave")?;
    say!("comes in on a hashtag that is anybody's. Who is who stands apart, and nobody is told:")?;
    say!("{}\n", stage.file(TRUTH).display())?;
    let (before, after) = (stage.file("before.jsonl"), stage.file("after.jsonl"));
    story.divide(&stage.file("story/events.jsonl"), &before, &after)?;
    let events = stage.import(&before)?;
    say!(
        "Until {} nobody knows anything: {} come in. Then two",
        minute(story.from),
        counted(events)
    )?;
    say!("people, Amal and Badr, bring in what they know, as a team does before it goes live:\n")?;
    stage.bring_in(&story)?;
    let who = if given.stay || std::io::stdout().is_terminal() { Who::Person } else { Who::Nobody };
    let more = stage.live(&story, seed, who, stop)?;
    stage.global.test_clock = Some(Stage::ends()?);
    if stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    story.retell(&stage.file(TRUTH))?;
    say!(
        "\nThe story is over: {} came live; {} in all, 0 refused.",
        counted(more),
        counted(events + more)
    )?;
    say!("What was found, each with what the truth says beside it:\n")?;
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
    stage.tell_next(&toured)
}

/// Who is at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// Somebody who reads, and may rule.
    Person,
    /// Nobody: it goes as fast as it can, and ends by itself.
    Nobody,
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

    /// The first story from a seed on in which all of it can be seen.
    fn find(&self, first: u64) -> anyhow::Result<(Story, u64)> {
        let seeds = first..first.saturating_add(SEEDS_MAX);
        for seed in seeds.clone() {
            let out = self.file(PRESET);
            if out.exists() {
                std::fs::remove_dir_all(&out)?;
            }
            let parameters = Self::parameters()?;
            let pictures = PictureFiles::Named;
            let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
            let stop = Arc::new(AtomicBool::new(false));
            simulate(&Task { parameters, seed, out: out.clone(), threads, pictures }, &stop)?;
            if let Some(story) = Story::read(&out, Self::ends()?)? {
                return Ok((story, seed));
            }
        }
        let (first, end) = (seeds.start, seeds.end);
        anyhow::bail!(
            "no story of the seeds {first} to {end} has a return, a newsroom and an archive in it: name another with --seed"
        )
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

    /// Serves, lets people in, and lives the rest of the story beside the server. Gives how many
    /// events it took.
    fn live(&self, story: &Story, seed: u64, who: Who, stop: &AtomicBool) -> anyhow::Result<u64> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let secrets = draw_secret(&self.global, &self.folder)?;
        let server = Server::start(&self.global, &self.folder, listener.local_addr()?)?;
        let client = Client::new(&server.url)?;
        let key = let_in(&self.global, &self.folder, &client, &server)?;
        say!(
            "\n`seawall serve` runs at {}. An operator came in by the one-time link,",
            server.url
        )?;
        say!("Amal and Badr were invited as reviewers, and the platform has a key and a receiver")?;
        say!(
            "that verifies what it is told and obeys it. The server's clock is the story's. It goes"
        )?;
        say!("on live, four hours a line with its events, and what happens between them:\n")?;
        let parameters = Self::parameters()?;
        let hours = story.from.seconds_since(parameters.start) / 3_600;
        let from_hour = u32::try_from(hours).context("the story begins before its time")?;
        let left = parameters.days * 24 - from_hour;
        let surge = parameters.field_days.first().map_or(0, |day| day * 24 + HOURS_INTO_SURGE);
        let surge = surge.saturating_sub(from_hour).min(left);
        let pace = if who == Who::Person { Pace::Times(SPEED) } else { Pace::LockStep };
        let rises = parameters.field_days.first().map_or(0, |day| i64::from(*day) * 86_400);
        let rises = parameters.start.plus_seconds(rises);
        let mut play = Play::new((&client, &server), &key, (story.from, rises), stop);
        play.look_away()?;
        let (truth, from) = (self.file(TRUTH), (seed, from_hour));
        let mut living = play.begin(parameters, from, (listener, secrets), (pace, &truth))?;
        let taken = match who {
            Who::Nobody => play.hours(&mut living, left)?,
            Who::Person => self.before_a_person(&mut play, &mut living, (surge, left))?,
        };
        play.summary()?;
        drop((play, living));
        server.end()?;
        Ok(taken.accepted)
    }

    /// Lives until some hours into the surge and waits for the person there; before it, it can be
    /// held where a return is found on which one person may rule.
    fn before_a_person(
        &self,
        play: &mut Play<'_>,
        living: &mut Living,
        (surge, left): (u32, u32),
    ) -> anyhow::Result<Passed> {
        let lines = heard();
        let mut lived = 0;
        while lived < surge && play.is_on() {
            let hours = HOURS_A_LOOK.min(surge - lived);
            play.hours(living, hours)?;
            lived += hours;
            let Some(chosen) = play.open_return()? else { continue };
            say!(
                "\nA return is found: {chosen}. Press Enter within {HOLD_SECONDS} seconds to hold the story here and"
            )?;
            say!("to rule on it; else it goes on by itself.")?;
            if held(&lines, Duration::from_secs(HOLD_SECONDS), play.stop) {
                self.tell_live(play.client, Some(&chosen))?;
                entered(&lines, play.stop);
            }
            say!("")?;
            break;
        }
        living.resume();
        play.hours(living, surge - lived)?;
        if play.is_on() {
            self.tell_live(play.client, None)?;
            entered(&lines, play.stop);
            living.resume();
        }
        let passed = play.hours(living, left - surge)?;
        if play.is_on() {
            say!("\nThe story is over; the server is there until you press Enter, which ends it")?;
            say!("and keeps the folder, or Ctrl-C, which removes everything.")?;
            entered(&lines, play.stop);
        }
        Ok(passed)
    }

    /// What can be typed while the story waits.
    fn tell_live(&self, client: &Client, chosen: Option<&str>) -> anyhow::Result<()> {
        let by = &client.come_in(&self.file("amal.login"))?;
        let page = client.read("/v1/cases?state=open&limit=200", by)?;
        let cases = page["cases"].as_array().cloned().unwrap_or_default();
        let first = cases.first().and_then(|case| case["case"].as_str());
        say!(
            "\nThe story waits. {} open. In another terminal, in this folder:\n",
            match cases.len() {
                1 => "1 case is".to_owned(),
                more => format!("{} cases are", show::count(more as u64)),
            }
        )?;
        let curl = |name: &str| format!("curl -K {}", show::quoted(&self.typed(name)));
        let (amal, badr, url) = (curl("amal.curl"), curl("badr.curl"), &client.url);
        say!("  # log in, as Amal and as Badr: each gets a file for curl with their token")?;
        for name in ["amal", "badr"] {
            say!("{}", self.log_in(name, url))?;
        }
        say!("  # what is open")?;
        say!("  {amal} '{url}/v1/cases?state=open'")?;
        if let Some(id) = chosen.or(first) {
            let case = client.read(&format!("/v1/cases/{id}"), by)?;
            let word = |name: &str| case["proposed"][name].as_str();
            let ruling = serde_json::json!({
                "ruling": word("ruling").unwrap_or("keep"),
                "saw": word("saw").unwrap_or("content"),
                "version": case["version"],
            });
            say!(
                "  # read one, and rule on it: the platform is told, and obeys when the story goes on"
            )?;
            say!("  {amal} {url}/v1/cases/{id}")?;
            say!("  {amal} {url}/v1/cases/{id}/rulings -d '{ruling}'")?;
            say!(
                "  # if it was wrong, somebody else takes it back: name the decision of the answer"
            )?;
            say!("  {badr} {url}/v1/decisions/DECISION/overturn -d '{{}}'")?;
        }
        say!(
            "\nPress Enter: the days go on, and you see whether the network returns. Ctrl-C ends."
        )?;
        Ok(())
    }

    /// How somebody logs in from a shell: the cookie goes to a jar, and the token from the answer
    /// to a file that names both.
    fn log_in(&self, name: &str, url: &str) -> String {
        let typed = |end: &str| show::quoted(&self.typed(&format!("{name}.{end}")));
        let (login, jar, own) = (typed("login"), typed("jar"), typed("curl"));
        let plain = self.typed(&format!("{name}.jar"));
        let json = "content-type: application/json";
        format!(
            "  curl -s -c {jar} {url}/v1/session -H '{json}' -d @{login} \\\n    \
             | sed 's/.*\"csrf_token\":\"\\([^\"]*\\)\".*/header = \"x-csrf-token: \\1\"/' > {own}\n  \
             printf '\\nsilent\\nshow-error\\nheader = \"{json}\"\\ncookie = \"%s\"\\n' '{plain}' >> {own}"
        )
    }

    /// When the story is over.
    fn ends() -> anyhow::Result<seawall_model::Timestamp> {
        let parameters = Self::parameters()?;
        Ok(parameters.start.plus_seconds(i64::from(parameters.days) * 86_400))
    }

    fn parameters() -> anyhow::Result<Parameters> {
        let mut parameters = Parameters::preset(PRESET).context("the preset is gone")?;
        parameters.pictures = Pictures::Hashes;
        Ok(parameters)
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
        let removed = story.write_removed(&self.file("removed.csv"))?;
        story.write_files(&self.file("clips.csv"))?;
        let (amal, badr) = (self.typed("amal.key"), self.typed("badr.key"));
        self.type_in(&["reviewer", "add", "amal", "--key", &amal])?;
        self.type_in(&["reviewer", "add", "badr", "--key", &badr, "--by", &amal])?;
        self.type_in(&["policy", "add", &self.typed("policy.toml"), "--key", &amal])?;
        let terms = self.typed("terms.csv");
        let source = ["--source", "moderators", "--key"];
        let add = ["terms", "add", &terms, "--list", "cheers"];
        self.type_in(&[&add[..], &source, &[&amal]].concat())?;
        let (clips, first) = (self.typed("clips.csv"), self.last_entry()? + 1);
        let add = ["bank", "add", "--bank", "clips", "--file", &clips];
        self.type_in(&[&add[..], &source, &[&amal]].concat())?;
        let files = knowledge::shown(&(first..=self.last_entry()?));
        self.type_in(&["bank", "confirm", &files, "--key", &badr])?;
        self.type_in(&["rules", "add", &self.typed("rules"), "--key", &amal])?;
        let profiles = self.typed("removed.csv");
        let import = ["import", "removed", &profiles, "--policy", "kettle-league"];
        self.type_in(&[&import[..], &source, &[&amal, "--key", &badr]].concat())?;
        say!(
            "\nIn force now: a policy and its words, rules, {} of the network that both confirmed,",
            show::counted(story.files.len() as u64, "file", "files")
        )?;
        say!(
            "and {} removed by then. Nobody is in the register of protected accounts.",
            show::counted(removed, "account", "accounts")
        )?;
        Ok(())
    }

    /// Shows a command and runs it, as whoever types it would: as a process of its own. What
    /// it says is left out, since it is the same for everybody who types it.
    fn type_in(&self, words: &[&str]) -> anyhow::Result<()> {
        let dir = self.global.dir.display().to_string();
        let words: Vec<&str> = words.iter().copied().chain(["--dir", &dir]).collect();
        let shown: Vec<String> = words.iter().map(|word| show::quoted(word)).collect();
        let shown = format!("{} {}", show::program(), shown.join(" "));
        say!("  $ {}", show::folded(&shown, COLUMNS, "      "))?;
        let mut typed = std::process::Command::new(std::env::current_exe()?);
        typed.args(&words).stdin(Stdio::null());
        if let Some(config) = &self.global.config {
            typed.arg("--config").arg(config);
        }
        if let Some(clock) = self.global.test_clock {
            typed.arg("--test-clock").arg(clock.to_string());
        }
        if let Some(seed) = self.global.test_seed {
            typed.arg("--test-seed").arg(seed.to_string());
        }
        let said = typed.output().with_context(|| format!("cannot run {shown}"))?;
        let why = String::from_utf8_lossy(&said.stderr);
        anyhow::ensure!(said.status.success(), "`{shown}` did not end well: {}", why.trim());
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
        if let Some((case, saw)) = toured.comeback {
            say!("  # a return: read, decided, told in both languages, and undone by the other")?;
            if saw == Saw::Content {
                say!(
                    "  # one family of evidence is not enough: its posts are shown, and looked at"
                )?;
            }
            let saw = saw.as_str();
            say!("  {program} case show {case} --dir {dir}")?;
            say!("  {program} case decide {case} suspend --saw {saw} --key {amal} --dir {dir}")?;
            say!("  {program} case show {case} --notice both --dir {dir}")?;
            say!("  {program} case undo {next} --key {badr} --dir {dir}")?;
        }
        if let Some(case) = toured.innocent {
            say!("  # a copy that documents: read, and kept")?;
            say!("  {program} case show {case} --dir {dir}")?;
            say!(
                "  {program} case decide {case} keep-documents --saw content --key {badr} \
                 --dir {dir}"
            )?;
        }
        say!("  # is all of it still what it was?")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surge_rises_within_a_minute_although_the_story_can_be_held() {
        let parameters = Stage::parameters().unwrap();
        let hours = parameters.field_days[0] * 24 + HOURS_INTO_SURGE;
        let seconds =
            f64::from(hours) * 3_600.0 / SPEED + f64::from(u32::try_from(HOLD_SECONDS).unwrap());
        assert!(seconds < 60.0, "{seconds}");
    }
}
