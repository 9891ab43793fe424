//! `seawall import removed`: accounts that were removed before, so that returns are known.
//!
//! Two people stand for every entry. Lines that cannot be read are kept among the refused
//! inputs; those of a policy that is not about terrorist content are counted and go nowhere.
//! An import that was cut off is begun again: what is in force is counted as known, and a
//! step that lacks a ruling gets it.

mod given_back;
mod marks;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use seawall_model::journal::{Body, Says};
use seawall_model::knowledge::{
    Knowledge, KnowledgeKind, Known, PolicyScope, Removed, RemovedProfile,
};
use seawall_model::{EntryId, PlatformId, Rejection, RejectionCode, Timestamp};
use seawall_pipeline::{Active, RulingError};
use seawall_store::LAID_DOWN_MAX;

use given_back::GivenBack;
use marks::Marks;

use super::args::{Global, ImportRemoved};
use super::case::minute;
use super::knowledge::table::{self, BadLines, Columns};
use super::knowledge::{self, Desk, Person};
use super::{Ended, show};
use crate::chance;
use crate::engine::{Opened, PeopleError};
use crate::progress::Progress;

/// The columns of the file.
const COLUMNS: Columns = Columns {
    needed: &["account", "removed_at"],
    other: &["handle", "name", "avatar_sha256", "avatar_pdq", "links", "reason", "policy"],
};
/// Days for which the profile of a removed account is kept, as for removals of our own.
const REMOVED_DAYS: i64 = 365;
/// Links of one account; more are not kept.
const LINKS_MAX: usize = 16;
/// Bytes of a handle, name, link or reason.
const TEXT_BYTES_MAX: usize = 4_096;

/// Profiles of one file; a longer file is divided first.
const PROFILES_MAX: usize = 1_000_000;

/// What the import came to.
#[derive(Default)]
struct Outcome {
    laid: u64,
    known: u64,
    twice: u64,
    finished: u64,
    /// Removals under other policies, by policy.
    elsewhere: BTreeMap<String, u64>,
    first: Option<u64>,
    last: u64,
}

/// What a good line comes to.
enum Line {
    /// A profile to compare with.
    Profile(PlatformId, Removed),
    /// A removal under a policy that is not about terrorist content.
    Elsewhere(String),
}

pub(super) fn run(global: &Global, given: &ImportRemoved) -> anyhow::Result<Ended> {
    // A file that is not there must be told before anything else is asked.
    std::fs::metadata(&given.file)
        .with_context(|| format!("cannot read {}", given.file.display()))?;
    let mut desk = Desk::open_to_rule(global)?;
    knowledge::check_expiry(given.expires, desk.now)?;
    check_cap(given.expires, desk.now)?;
    let people = people(&desk, given)?;
    check_policy(&desk, &given.policy)?;
    let expires = given.expires.unwrap_or(desk.now.plus_seconds(REMOVED_DAYS * 86_400));
    let import = crate::import::next_import(&desk.opened)?;
    let mut outcome = Outcome::default();
    let (mut good, bad) = read(&mut desk, given, (import, expires), &mut outcome)?;
    finish_steps(&mut desk, &people, &good, &mut outcome)?;
    let known = marks_in_force(&desk)?;
    let mut seen = Marks::default();
    good.retain(|entry| {
        let is_known = known.has(entry);
        let is_twice = !is_known && seen.has(entry);
        seen.add(entry);
        outcome.known += u64::from(is_known);
        outcome.twice += u64::from(is_twice);
        !is_known && !is_twice
    });
    // Those of a step that was finished just now were met among the known.
    outcome.known = outcome.known.saturating_sub(outcome.finished);
    lay_down(&mut desk, &people, &good, &mut outcome)?;
    desk.opened.derivation.input(journaled(import, &outcome, &bad), desk.now)?;
    desk.opened.derivation.snapshot()?;
    super::unless_gone(tell(&given.file, &outcome, &bad, expires))?;
    Ok(if bad.count > 0 { Ended::Findings } else { Ended::Fine })
}

/// Refuses an expiry later than twelve months from now: nobody's profile is kept for longer.
fn check_cap(expires: Option<Timestamp>, now: Timestamp) -> anyhow::Result<()> {
    let last = in_a_year(now);
    match expires {
        Some(at) if at > last => anyhow::bail!(
            "--expires {at} is more than 12 months from now, and the profile of a removed account \
             is kept for 12 months at most: name a day until {}",
            minute(last)
        ),
        _ => Ok(()),
    }
}

/// The same day and time a year later; the 29th of February's is the 28th.
fn in_a_year(now: Timestamp) -> Timestamp {
    let text = now.to_string();
    let year = text.get(..4).and_then(|year| year.parse::<u32>().ok());
    let later = year.map(|year| format!("{:04}{}", year + 1, &text[4..]));
    let later = later.and_then(|text| Timestamp::parse(&text).ok());
    later.unwrap_or(now.plus_seconds(REMOVED_DAYS * 86_400))
}

/// The two who stand for it.
fn people(desk: &Desk, given: &ImportRemoved) -> anyhow::Result<[Person; 2]> {
    let [first, second] = given.keys.as_slice() else {
        anyhow::bail!(
            "removed profiles are two people's decision: name two key files, --key A --key B"
        );
    };
    let (first, second) = (desk.person(first)?, desk.person(second)?);
    anyhow::ensure!(
        first.id != second.id,
        "both keys are {}'s: one key cannot read second, so that another person has to stand \
         for it too",
        first.id
    );
    Ok([first, second])
}

/// Only what was removed as terrorist content is compared with what comes.
fn check_policy(desk: &Desk, id: &str) -> anyhow::Result<()> {
    let shown = show::foreign(id, 64);
    let policy = desk.opened.derivation.pipeline().active().policy(id);
    let policy = policy.with_context(|| {
        format!("there is no policy {shown} in force; add it with `{} policy add`", show::program())
    })?;
    anyhow::ensure!(
        policy.scope == PolicyScope::Terrorist,
        "the policy {shown} is not about terrorist content: profiles removed for anything else, \
         such as spam, are never kept to be compared with"
    );
    Ok(())
}

/// Reads the file and gives the good profiles. Bad lines are kept among the refused inputs.
fn read(
    desk: &mut Desk,
    given: &ImportRemoved,
    (import, expires): (u64, Timestamp),
    outcome: &mut Outcome,
) -> anyhow::Result<(Vec<Knowledge>, BadLines)> {
    let (mut names, mut profiles, now) = (Vec::new(), Vec::new(), desk.now);
    let mut given_back = GivenBack::of(desk)?;
    let Opened { log, rejects, derivation, .. } = &mut desk.opened;
    let active = derivation.pipeline().active();
    let mut chance = chance::source(None);
    let mut take = |_: u64, row: table::Row<'_>| {
        let (name, removed) = match line(&row, given, active, now)? {
            Line::Profile(name, removed) => (name, removed),
            Line::Elsewhere(policy) => {
                *outcome.elsewhere.entry(policy).or_default() += 1;
                return Ok(());
            }
        };
        given_back.check(&name, removed.at)?;
        if names.len() >= PROFILES_MAX {
            return Err(format!("more than {PROFILES_MAX} profiles in one file: divide it"));
        }
        names.push(name);
        profiles.push(removed);
        Ok(())
    };
    let mut refuse = |line: u64, why: &str, bytes: &[u8]| {
        let (pointer, detail) = why.split_once(": ").unwrap_or(("", why));
        let rejection = Rejection::new(RejectionCode::Invalid, pointer, detail, "correct the line");
        Ok(rejects.keep((import, line, None), &rejection, bytes, now, &mut *chance)?)
    };
    let bad = table::read_and_refuse(&given.file, COLUMNS, &mut take, &mut refuse)?;
    rejects.commit()?;
    // Named even before their first event, so that the platform can give each of them back.
    let own = log.name_accounts(&names)?;
    let good = own.into_iter().zip(profiles).map(|(own, removed)| {
        let (source, expires) = (given.source.as_str().into(), Some(expires));
        let known = Known::Removed(Removed { account: Some(own), ..removed });
        Knowledge { source, expires, known }
    });
    Ok((good.collect(), bad))
}

/// What the journal tells of it.
fn journaled(import: u64, outcome: &Outcome, bad: &BadLines) -> Body {
    let counted = |name: &str, count: u64| {
        let some = (count > 0).then(|| (name.to_owned(), count));
        some.into_iter().collect()
    };
    Body::Imported {
        import,
        format: "removed".into(),
        complete: true,
        accepted: outcome.laid + outcome.finished,
        duplicates: outcome.known + outcome.twice,
        ignored: counted("other_policy", outcome.elsewhere.values().sum()),
        rejected: counted(RejectionCode::Invalid.as_str(), bad.count),
    }
}

/// What a line says.
fn line(
    row: &table::Row<'_>,
    given: &ImportRemoved,
    active: &Active,
    now: Timestamp,
) -> Result<Line, String> {
    let policy = match row.cell("policy") {
        "" => given.policy.as_str(),
        policy => policy,
    };
    let Some(known) = active.policy(policy) else {
        return Err(format!(
            "policy: {} is not in force here: add it with `policy add`, or leave the cell empty",
            show::foreign(policy, 64)
        ));
    };
    if known.scope != PolicyScope::Terrorist {
        return Ok(Line::Elsewhere(policy.to_owned()));
    }
    let (name, removed) = removed(row, given, policy, now)?;
    Ok(Line::Profile(name, removed))
}

fn removed(
    row: &table::Row<'_>,
    given: &ImportRemoved,
    policy: &str,
    now: Timestamp,
) -> Result<(PlatformId, Removed), String> {
    let account = row.cell("account");
    let name = PlatformId::new(account)
        .map_err(|why| format!("account: {}: {why}", show::foreign(account, 80)))?;
    let at = time(row.cell("removed_at"))?;
    if at > now {
        return Err("removed_at: it is in the future: use when the account was removed".into());
    }
    let mut links = row.parts("links");
    if let Some(long) = links.iter().find(|link| link.len() > TEXT_BYTES_MAX) {
        return Err(format!("links: {} is too long", show::foreign(long, 40)));
    }
    links.truncate(LINKS_MAX);
    let profile = RemovedProfile {
        handle: text(row, "handle")?,
        name: text(row, "name")?,
        avatar_sha256: hash(row, "avatar_sha256")?,
        avatar_pdq: hash(row, "avatar_pdq")?,
        links,
    };
    if profile == RemovedProfile::default() {
        return Err("there is nothing to compare by: fill handle, name, avatar or links".into());
    }
    let reason = text(row, "reason")?.unwrap_or_else(|| given.source.as_str().into());
    let policy = policy.into();
    Ok((name, Removed { account: None, policy, reason, at, profile }))
}

fn time(text: &str) -> Result<Timestamp, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole).map_err(|_| {
        format!(
            "removed_at: {} is no time: use 2026-03-08 or 2026-03-08T14:00:00Z",
            show::foreign(text, 40)
        )
    })
}

fn text(row: &table::Row<'_>, column: &str) -> Result<Option<Box<str>>, String> {
    let text = row.cell(column);
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("{column}: longer than {TEXT_BYTES_MAX} bytes"));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

fn hash(row: &table::Row<'_>, column: &str) -> Result<Option<[u8; 32]>, String> {
    match row.cell(column) {
        "" => Ok(None),
        text => crate::desk::knowledge::words::hash(text)
            .map(Some)
            .map_err(|why| format!("{column}: {why}")),
    }
}

/// What is in force.
fn marks_in_force(desk: &Desk) -> anyhow::Result<Marks> {
    let base = desk.opened.derivation.knowledge();
    let mut known = Marks::default();
    for id in base.of_kind(KnowledgeKind::Removed)? {
        if desk.in_force(id) {
            base.read(id)?.iter().for_each(|entry| known.add(entry));
        }
    }
    Ok(known)
}

/// Stands for steps of an earlier run that lack a ruling, if all of it is in this file.
fn finish_steps(
    desk: &mut Desk,
    people: &[Person; 2],
    good: &[Knowledge],
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let mut wanted = Marks::default();
    good.iter().for_each(|entry| wanted.add(entry));
    for (first, last) in unsupported(desk)? {
        let base = desk.opened.derivation.knowledge();
        let mut is_ours = true;
        for id in first..=last {
            let entry = base.read(EntryId(id))?;
            is_ours &= entry.is_some_and(|entry| wanted.has(&entry));
        }
        if is_ours {
            stand(desk, people, first, last)?;
            outcome.finished += last - first + 1;
        }
    }
    Ok(())
}

/// Removed profiles that were laid down and that no decision supports.
fn unsupported(desk: &Desk) -> anyhow::Result<Vec<(u64, u64)>> {
    let derivation = &desk.opened.derivation;
    let supports = derivation.pipeline().judge().supports();
    let mut found = Vec::new();
    for recorded in derivation.journal().of_types(&["knowledge_added"])? {
        let Body::KnowledgeAdded { kind, first, last, decision: None, .. } = recorded.entry.body
        else {
            continue;
        };
        let is_removed = kind == KnowledgeKind::Removed.as_str();
        if is_removed && first <= last && supports.entry(EntryId(first)).is_none() {
            found.push((first, last));
        }
    }
    Ok(found)
}

/// Has both stand for a step; one of them may have before.
fn stand(desk: &mut Desk, people: &[Person; 2], first: u64, last: u64) -> anyhow::Result<()> {
    for person in people {
        match desk.rule(person, Says::Knowledge { first, last }) {
            Err(error) if is_second(&error) => {}
            ruled => {
                ruled?;
            }
        }
    }
    Ok(())
}

fn is_second(error: &anyhow::Error) -> bool {
    use crate::desk::knowledge::KnowledgeError::People;
    let error = error.downcast_ref();
    matches!(error, Some(People(PeopleError::Ruling(RulingError::Second(_)))))
}

fn lay_down(
    desk: &mut Desk,
    people: &[Person; 2],
    good: &[Knowledge],
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let progress = Progress::records("profiles", good.len() as u64);
    for step in good.chunks(LAID_DOWN_MAX) {
        let laid = desk.lay_down(step)?;
        stand(desk, people, *laid.start(), *laid.end())?;
        outcome.first.get_or_insert(*laid.start());
        outcome.last = *laid.end();
        outcome.laid += step.len() as u64;
        progress.add(step.len() as u64);
    }
    progress.finish();
    Ok(())
}

fn tell(file: &Path, outcome: &Outcome, bad: &BadLines, expires: Timestamp) -> anyhow::Result<()> {
    say!("imported {}", file.display())?;
    say!("  accepted   {:>12}", show::count(outcome.laid + outcome.finished))?;
    say!("  known      {:>12}", show::count(outcome.known))?;
    say!("  duplicates {:>12}", show::count(outcome.twice))?;
    say!("  rejected   {:>12}", show::count(bad.count))?;
    for table::Bad { line, why } in &bad.shown {
        say!("    line {line}: {why}")?;
    }
    let hidden = bad.count - bad.shown.len() as u64;
    if hidden > 0 {
        say!("    and {} more", show::count(hidden))?;
    }
    for (policy, count) in &outcome.elsewhere {
        say!(
            "  {} removed under {}, which is not about terrorist content: not kept, and never \
             compared with",
            show::counted(*count, "account", "accounts"),
            show::foreign(policy, 64)
        )?;
    }
    if bad.count > 0 {
        say!("  lines that were rejected are kept for a week: `{} rejects`", show::program())?;
    }
    if outcome.finished > 0 {
        let finished = show::counted(outcome.finished, "profile", "profiles");
        say!("  {finished} of an earlier run that was cut off now have both rulings")?;
    }
    match outcome.first {
        Some(first) => say!(
            "{} in force until {}, by two people: new accounts are compared with them",
            knowledge::shown(&(first..=outcome.last)),
            minute(expires)
        )?,
        None => say!("no profile is new")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Args;
    use super::super::dispatch;
    use super::*;

    /// Types a command in a folder, under the test clock.
    fn typed(dir: &Path, words: &[&str]) -> anyhow::Result<Ended> {
        let data = dir.join("data").display().to_string();
        let path = |word: &&str| match word.strip_prefix("./") {
            Some(name) => dir.join(name).display().to_string(),
            None => (*word).to_owned(),
        };
        let still = ["--test-clock", "2026-06-01T00:00:00Z", "--test-seed", "7", "--dir", &data];
        let words = words.iter().map(path).chain(still.map(str::to_owned));
        dispatch(&Args::try_parse_from(std::iter::once("seawall".to_owned()).chain(words))?)
    }

    const IMPORT: [&str; 9] = [
        "import",
        "removed",
        "./old.csv",
        "--policy",
        "kettle-league",
        "--source",
        "log",
        "--key",
        "./a.key",
    ];

    /// A folder with two reviewers and the policy.
    fn staffed() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let policy = include_str!("../../../../policies/kettle-league/policy.toml");
        std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
        typed(dir.path(), &["reviewer", "add", "a", "--key", "./a.key"]).unwrap();
        let by = ["reviewer", "add", "b", "--key", "./b.key", "--by", "./a.key"];
        typed(dir.path(), &by).unwrap();
        typed(dir.path(), &["policy", "add", "./policy.toml", "--key", "./a.key"]).unwrap();
        dir
    }

    fn write(dir: &Path, profiles: std::ops::Range<usize>) {
        let rows = profiles.map(|n| format!("gone-{n},handle_{n},2026-05-02\n"));
        let text: String =
            std::iter::once("account,handle,removed_at\n".into()).chain(rows).collect();
        std::fs::write(dir.join("old.csv"), text).unwrap();
    }

    fn global(dir: &Path) -> Global {
        let still =
            ["seawall", "doctor", "--test-clock", "2026-06-01T00:00:00Z", "--test-seed", "7"];
        let mut global = Args::try_parse_from(still).unwrap().global;
        global.dir = dir.join("data");
        global
    }

    /// Entries that are in force, and those that were laid down.
    fn counts(dir: &Path) -> (usize, usize) {
        let desk = Desk::open(&global(dir)).unwrap();
        let all = desk.opened.derivation.knowledge().of_kind(KnowledgeKind::Removed).unwrap();
        (all.iter().filter(|id| desk.in_force(**id)).count(), all.len())
    }

    /// An import that was cut off when `ruled` of the two had ruled on its first step.
    fn check_goes_on(ruled: usize) {
        let dir = staffed();
        let keys = [&IMPORT[..], &["--key", "./b.key"]].concat();
        write(dir.path(), 0..5);
        {
            let mut desk = Desk::open_to_rule(&global(dir.path())).unwrap();
            let Ok(Args { command: super::super::args::Command::Import(given), .. }) =
                Args::try_parse_from(std::iter::once("seawall").chain(keys.iter().copied()))
            else {
                panic!("it is an import")
            };
            let Some(super::super::args::ImportWhat::Removed(mut given)) = given.what else {
                panic!("of removed accounts")
            };
            given.file = dir.path().join("old.csv");
            let expires = desk.now.plus_seconds(86_400 * REMOVED_DAYS);
            let mut outcome = Outcome::default();
            let (good, _) = read(&mut desk, &given, (1, expires), &mut outcome).unwrap();
            let laid = desk.lay_down(&good[..3]).unwrap();
            for key in ["a.key", "b.key"].into_iter().take(ruled) {
                let person = desk.person(&dir.path().join(key)).unwrap();
                let says = Says::Knowledge { first: *laid.start(), last: *laid.end() };
                desk.rule(&person, says).unwrap();
            }
        }
        let in_force = if ruled == 2 { 3 } else { 0 };
        assert_eq!(counts(dir.path()), (in_force, 3));
        typed(dir.path(), &keys).unwrap();
        assert_eq!(counts(dir.path()), (5, 5), "each is there once, after {ruled} rulings");
        typed(dir.path(), &keys).unwrap();
        assert_eq!(counts(dir.path()), (5, 5), "and nothing is new any more");
    }

    #[test]
    fn an_import_that_was_cut_off_goes_on_where_it_stopped() {
        (0..=2).for_each(check_goes_on);
    }

    #[test]
    fn a_file_of_several_steps_is_taken_in_whole() {
        let dir = staffed();
        let keys = [&IMPORT[..], &["--key", "./b.key"]].concat();
        write(dir.path(), 0..LAID_DOWN_MAX + 7);
        typed(dir.path(), &keys).unwrap();
        assert_eq!(counts(dir.path()), (LAID_DOWN_MAX + 7, LAID_DOWN_MAX + 7));
    }
}
