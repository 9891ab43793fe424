//! `seawall erase`: asking for an erasure, and the nightly run that carries it out.
//!
//! The run says in the journal what it will destroy before it destroys it, and does
//! again what an earlier run left half done. Order: the day's replay is verified and
//! journaled; the pipeline forgets the accounts and a snapshot without them is written;
//! then rejects, names and secrets are destroyed, and every older snapshot.

use anyhow::Context;
use seawall_model::journal::Body;
use seawall_model::{AccountId, PlatformId, Timestamp};
use seawall_store::{Access, Folder, snapshot};

use super::args::{Erase, Global};
use super::{Ended, erase_media, replay, settings, show};
use crate::chance;
use crate::engine::walk::Walked;
use crate::engine::{self, Opened, Settings};

/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;

pub(super) fn run(global: &Global, given: &Erase) -> anyhow::Result<Ended> {
    let settings = settings(global)?;
    if !global.dir.exists() {
        return Err(seawall_store::Error::NoFolder(global.dir.clone()).into());
    }
    if given.list {
        return list(global, &settings);
    }
    let mut opened = engine::open(&global.dir, &settings)?;
    if given.run {
        return nightly(&mut opened, &settings, given);
    }
    ask(&mut opened, &settings, &given.accounts)
}

fn ask(opened: &mut Opened, settings: &Settings, names: &[String]) -> anyhow::Result<Ended> {
    let now = settings.clock.now();
    let asked = opened.log.accounts().erasures_asked()?;
    let mut found = Vec::new();
    for name in names {
        let id = PlatformId::new(name.as_str())
            .with_context(|| format!("{} is no account id", show::foreign(name, 80)))?;
        let own = opened.log.accounts().find(&id)?;
        found.push(own.with_context(|| {
            format!("no account {} is known here; nothing was asked for", show::foreign(name, 80))
        })?);
    }
    for own in found {
        if asked.iter().all(|request| request.account != own) {
            opened.derivation.input(Body::ErasureAsked { account: own.0 }, now)?;
            opened.log.accounts().ask_erasure(own, now)?;
        }
    }
    say!(
        "{} will be erased by the next nightly run: seawall erase --run",
        show::counted(names.len() as u64, "account", "accounts")
    )?;
    Ok(Ended::Fine)
}

/// Reads beside a writer, who may be at work.
fn list(global: &Global, settings: &Settings) -> anyhow::Result<Ended> {
    let mut chance = chance::source(settings.test_seed);
    let mut accounts = Folder::open(&global.dir, Access::Read, &mut *chance)?.accounts()?;
    let asked = accounts.erasures_asked()?;
    for request in &asked {
        let name = accounts.name(request.account)?;
        let name = name.map_or_else(|| "(erased)".into(), |name| show::foreign(&name, 80));
        say!("asked {}  {name}", request.asked_at)?;
    }
    let done = accounts.erased()?.len() as u64;
    say!(
        "{} waiting, {} erased so far",
        show::counted(asked.len() as u64, "account", "accounts"),
        show::count(done)
    )?;
    Ok(Ended::Fine)
}

fn nightly(opened: &mut Opened, settings: &Settings, given: &Erase) -> anyhow::Result<Ended> {
    let now = settings.clock.now();
    opened.derivation.settle(now)?;
    let walked = replay::verify(&opened.folder, opened.derivation.journal(), &[])?;
    opened.derivation.input(verified(&walked), now)?;
    say!(
        "replay verified: {} compared, {} differing",
        show::counted(walked.compared, "derived entry", "derived entries"),
        show::count(walked.differing)
    )?;
    if walked.differing > 0 && !given.despite_differences {
        anyhow::bail!(
            "the journal does not follow from the log, and erasing would destroy the evidence: \
             run `seawall replay` and `seawall doctor`, or add --despite-differences"
        );
    }
    erase_due(opened, now)?;
    drop_past_retention(opened, settings, now)?;
    erase_media::drop_past(opened, settings, now)?;
    let days = i64::from(settings.config.rejects.retention_days);
    let dropped = opened.rejects.drop_before(now.plus_seconds(-days * DAY_SECONDS))?;
    say!("{} past their days destroyed", show::counted(dropped, "reject", "rejects"))?;
    opened.derivation.snapshot()?;
    Ok(if walked.differing > 0 { Ended::Findings } else { Ended::Fine })
}

/// The journal entry that tells of a verification.
fn verified(walked: &Walked) -> Body {
    Body::ReplayVerified {
        first: walked.unverifiable.map_or(1, |(_, last)| last + 1),
        last: walked.pipeline.position().0,
        entries: walked.compared,
        differences: walked.differing,
        unverifiable: walked.unverifiable.into_iter().collect(),
    }
}

/// Destroys the accounts that were asked for, and entries of knowledge about people whose
/// time is over.
fn erase_due(opened: &mut Opened, now: Timestamp) -> anyhow::Result<()> {
    let asked = opened.log.accounts().erasures_asked()?;
    let accounts: Vec<AccountId> = asked.iter().map(|request| request.account).collect();
    // What reached its expiry since the last event is no longer in force.
    opened.derivation.tick_if_due(now)?;
    let entries = opened.derivation.past_expiry(now)?;
    if accounts.is_empty() && entries.is_empty() {
        say!("no account to erase")?;
        return Ok(());
    }
    let mut names = Vec::new();
    for account in &accounts {
        if let Some(name) = opened.log.accounts().name(*account)? {
            names.push(PlatformId::new(name)?);
        }
    }
    let rejects = opened.rejects.erase(&names)?;
    let files = erase_media::shown_by(opened, &accounts)?;
    let erased = Body::Erased {
        accounts: accounts.iter().map(|account| account.0).collect(),
        rejects,
        entries: entries.iter().map(|entry| entry.0).collect(),
    };
    opened.derivation.input(erased, now)?;
    seawall_store::point("erase.journaled");
    forget_older_states(opened)?;
    // Before the accounts: what is left undone is found again by the events that they sealed.
    erase_media::destroy(opened, &files)?;
    opened.log.accounts().erase(&accounts, now)?;
    seawall_store::point("erase.accounts");
    if !entries.is_empty() {
        opened.derivation.destroy(&entries, now)?;
    }
    seawall_store::point("erase.done");
    say!(
        "erased {}, {} destroyed with them",
        show::counted(accounts.len() as u64, "account", "accounts"),
        show::counted(rejects, "reject", "rejects")
    )?;
    if !entries.is_empty() {
        let entries = show::counted(entries.len() as u64, "entry", "entries");
        say!("{entries} of knowledge about people destroyed: their time was over")?;
    }
    tell_unprotected(&accounts)?;
    tell_kept(opened, &accounts)
}

/// Says that no account that was erased comes back protected: the platform's id of one that is
/// seen again is a new account to Seawall. The register is read with a key, so that it is said
/// whether one of them was in it or not.
fn tell_unprotected(accounts: &[AccountId]) -> anyhow::Result<()> {
    if !accounts.is_empty() {
        say!(
            "should one of them be seen again, it is a new account and not in the protected \
             register: what was about it is `(erased)` in `{} protected list --key KEYFILE`",
            show::program()
        )?;
    }
    Ok(())
}

/// Says which sealed records of erased accounts stay, and until when.
fn tell_kept(opened: &Opened, accounts: &[AccountId]) -> anyhow::Result<()> {
    let (derivation, mut kept, mut until) = (&opened.derivation, 0, None);
    for account in accounts {
        for entry in derivation.pipeline().active().removed_of(*account) {
            kept += 1;
            until = until.max(derivation.knowledge().read(entry)?.and_then(|k| k.expires));
        }
    }
    let Some(until) = until else { return Ok(()) };
    say!(
        "{} of removed accounts among them stay sealed until their expiry, {until} at the latest",
        show::counted(kept, "profile", "profiles")
    )?;
    Ok(())
}

/// Leaves only snapshots of the state as it is now, and makes replay begin at it.
fn forget_older_states(opened: &mut Opened) -> anyhow::Result<()> {
    let folder = opened.folder.snapshots();
    snapshot::write_base(&folder, &opened.derivation.state())?;
    snapshot::remove_all(&folder)?;
    opened.derivation.snapshot()?;
    Ok(())
}

fn drop_past_retention(
    opened: &mut Opened,
    settings: &Settings,
    now: Timestamp,
) -> anyhow::Result<()> {
    let days = i64::from(settings.config.log.retention_days);
    let cutoff = now.plus_seconds(-days * DAY_SECONDS);
    // A file covers at most a thirtieth of the retention, and at least a day.
    let span = (days * DAY_SECONDS / 30).max(DAY_SECONDS);
    opened.log.turn_over_older(now.plus_seconds(-span))?;
    let Some((first, last)) = opened.log.past_retention(cutoff) else {
        say!("no log file past its {days} days")?;
        return Ok(());
    };
    opened.derivation.input(Body::LogDropped { first: first.0, last: last.0 }, now)?;
    forget_older_states(opened)?;
    opened.log.drop_until(last)?;
    say!("log positions {first} to {last} destroyed: past their {days} days")?;
    Ok(())
}
