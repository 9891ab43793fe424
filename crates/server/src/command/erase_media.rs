//! The part of the nightly run that is about files of media: those that erased accounts showed,
//! and those past their days.
//!
//! A file that several accounts showed goes with the first of them: it is a copy of what the
//! platform has, which can be sent again where another's case needs it. Marked files stay until
//! they are handed over.

use seawall_model::{AccountId, Event, EventBody, EventKind, MediaRef, Timestamp};
use seawall_store::Access;
use seawall_store::media::MediaName;

use super::show;
use crate::engine::{Opened, Settings, opened};

/// Events of an account that are looked through for the files that it showed: the newest.
const EVENTS_READ: u32 = 100_000;
/// Events that can show files.
const KINDS: [EventKind; 5] = [
    EventKind::PostCreated,
    EventKind::PostEdited,
    EventKind::AccountCreated,
    EventKind::AccountUpdated,
    EventKind::Media,
];
/// Seconds in a day.
const DAY_SECONDS: i64 = 86_400;

/// The files that accounts showed, as long as their events can be read.
pub(super) fn shown_by(found: &Opened, accounts: &[AccountId]) -> anyhow::Result<Vec<MediaName>> {
    let mut reader = found.folder.log_reader()?;
    let mut names = Vec::new();
    for account in accounts {
        for stored in reader.newest_of(*account, &KINDS, EVENTS_READ)? {
            let Some(event) = opened(&stored)? else { continue };
            let digests = files(event).into_iter().filter_map(|file| file.sha256);
            names.extend(digests.map(|sha256| found.folder.keys().media_name(&sha256)));
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn files(event: Event) -> Vec<MediaRef> {
    let mut files = match event.body {
        EventBody::PostCreated(post) | EventBody::PostEdited(post) => post.media,
        EventBody::Media(item) => vec![item.media],
        _ => Vec::new(),
    };
    if let Some(profile) = event.profile {
        files.extend(profile.avatar.into_iter().chain(profile.banner));
    }
    files
}

/// Destroys these files.
pub(super) fn destroy(found: &Opened, names: &[MediaName]) -> anyhow::Result<()> {
    let destroyed = found.folder.media(Access::Write)?.destroy(names)?;
    if destroyed > 0 {
        say!("{} that they showed destroyed", show::counted(destroyed, "file", "files"))?;
    }
    Ok(())
}

/// Destroys the files past their days.
pub(super) fn drop_past(found: &Opened, settings: &Settings, now: Timestamp) -> anyhow::Result<()> {
    let days = i64::from(settings.config.media.retention_days);
    let mut media = found.folder.media(Access::Write)?;
    let past = media.before(now.plus_seconds(-days * DAY_SECONDS))?;
    let destroyed = media.destroy(&past)?;
    let files = show::counted(destroyed, "file", "files");
    say!("{files} of media past their {days} days destroyed")?;
    Ok(())
}
