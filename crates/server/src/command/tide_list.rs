//! What is in one bucket or any other time: its accounts, most active first, or its posts,
//! by the time of the event and then in order of arrival.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

use seawall_model::{Event, Position, Timestamp, TraceId};
use seawall_pipeline::Reading;
use seawall_store::{Content, Folder};
use seawall_wave::TraceKey;

use super::args::{Listed, Tide};
use super::{Ended, show};
use crate::desk::event_at;
use crate::tide;

/// Events read from the log at once.
const EVENTS_PER_READ: u32 = 2_000;
/// Characters of a post shown on a terminal.
const TEXT_CHARS_MAX: usize = 140;

pub(super) fn run(
    folder: &Folder,
    listed: Listed,
    times: Range<Timestamp>,
    given: &Tide,
) -> anyhow::Result<Ended> {
    let key = TraceKey(folder.keys().trace_key());
    let wanted = match &given.trace {
        Some(trace) => Some(tide::wanted(trace, &key)?),
        None => None,
    };
    let mut reader = folder.log_reader()?;
    let mut out = std::io::stdout().lock();
    let mut after = Position::START;
    let mut accounts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    // 16 bytes a post, so that a long history can be put in order without its content.
    let mut posts: Vec<(Timestamp, Position)> = Vec::new();
    let mut erased = 0;
    loop {
        let chunk = reader.chunk_between(after, times.clone(), EVENTS_PER_READ)?;
        let Some(last) = chunk.last() else { break };
        after = last.placed.position;
        for stored in &chunk {
            let Content::Bytes(bytes) = &stored.content else {
                erased += 1;
                continue;
            };
            let Ok(event) = seawall_event::reopen(bytes) else { continue };
            if wanted.is_some_and(|wanted| !carries(&event, wanted, &key)) {
                continue;
            }
            match listed {
                Listed::Posts if event.post().is_some() => {
                    posts.push((stored.at, stored.placed.position));
                }
                Listed::Posts => {}
                Listed::Accounts => {
                    let Some(account) = &event.account else { continue };
                    let seen = accounts.entry(account.to_string()).or_default();
                    seen.0 += 1;
                    seen.1 += u64::from(event.post().is_some());
                }
            }
        }
    }
    posts.sort_unstable();
    for (_, position) in posts {
        // One that was erased meanwhile is passed over.
        if let Some(event) = event_at(&mut reader, position.0) {
            post(position, &event, given, &mut out)?;
        }
    }
    if listed == Listed::Accounts {
        list_accounts(&accounts, given, &mut out)?;
    }
    if erased > 0 && !given.json {
        writeln!(out, "{} of erased accounts not shown", show::counted(erased, "event", "events"))?;
    }
    Ok(Ended::Fine)
}

/// Whether an event is a post with this trace.
fn carries(event: &Event, wanted: TraceId, key: &TraceKey) -> bool {
    event.post().is_some_and(|post| {
        let mut traces = Vec::new();
        Reading::new(post).traces(key, &mut traces);
        traces.iter().any(|trace| trace.id == wanted)
    })
}

fn post(
    position: Position,
    event: &Event,
    given: &Tide,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let Some(post) = event.post() else { return Ok(()) };
    let account = event.account.as_ref().map(ToString::to_string);
    if given.json {
        let row = serde_json::json!({
            "position": position.0,
            "at": event.at.to_string(),
            "type": event.kind().as_str(),
            "account": account,
            "post": post.id.to_string(),
            "text": post.text.as_deref(),
        });
        writeln!(out, "{row}")?;
    } else {
        writeln!(
            out,
            "{}  {}  {}\n    {}",
            event.at,
            show::foreign(account.as_deref().unwrap_or("(account not told)"), 60),
            show::foreign(post.id.as_str(), 80),
            show::foreign(post.text.as_deref().unwrap_or("(no text)"), TEXT_CHARS_MAX)
        )?;
    }
    Ok(())
}

fn list_accounts(
    accounts: &BTreeMap<String, (u64, u64)>,
    given: &Tide,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut rows: Vec<_> = accounts.iter().collect();
    rows.sort_by_key(|(account, (events, posts))| {
        (std::cmp::Reverse(*posts), std::cmp::Reverse(*events), (*account).clone())
    });
    for (account, (events, posts)) in rows {
        if given.json {
            let row = serde_json::json!({ "account": account, "events": events, "posts": posts });
            writeln!(out, "{row}")?;
        } else {
            writeln!(
                out,
                "{:>8}  {:>8}  {}",
                show::counted(*posts, "post", "posts"),
                show::counted(*events, "event", "events"),
                show::foreign(account, 80)
            )?;
        }
    }
    Ok(())
}
