//! The tide as a picture in the terminal, and as JSON.

use std::io::Write;
use std::path::Path;

use seawall_model::Timestamp;

use super::{show, tide_cases};
use crate::tide::{Bucket, By, TideShown, WaveShown, bucket_view};

/// Columns of the bar where the terminal's width is not known.
const BAR_COLUMNS: usize = 40;
/// Columns beside the bar.
const OTHER_COLUMNS: usize = 56;
/// Empty buckets in a row that are drawn; more become one line.
const EMPTY_SHOWN_MAX: usize = 2;
/// Characters of a name shown.
const NAME_CHARS_MAX: usize = 60;
/// Seconds in an hour.
const HOUR_SECONDS: i64 = 3_600;
/// Eighths of a column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Draws the tide.
pub(super) fn draw(shown: &TideShown, dir: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    let Some((first, last)) = shown.buckets.first().zip(shown.buckets.last()) else {
        return writeln!(out, "nothing happened in this time");
    };
    let what = shown
        .trace
        .as_deref()
        .map_or(String::new(), |trace| format!(" with {}", show::foreign(trace, NAME_CHARS_MAX)));
    let length = match shown.by {
        By::Hour => "hour",
        By::Day => "day",
        By::Week => "week",
    };
    writeln!(
        out,
        "posts{what} per {length}, {} to {} (UTC)\n",
        minute(first.start),
        minute(last.start.plus_seconds(i64::from(last.hours) * HOUR_SECONDS))
    )?;
    bars(shown, out)?;
    totals(shown, out)?;
    field_events(shown, out)?;
    waves(shown, out)?;
    if let Some(cases) = &shown.cases {
        tide_cases::draw(&cases.view(), out)?;
    }
    next(shown, dir, out)
}

fn bars(shown: &TideShown, out: &mut dyn Write) -> std::io::Result<()> {
    let most = shown.buckets.iter().map(top).max().unwrap_or(1).max(1);
    let columns = terminal_size::terminal_size()
        .map_or(BAR_COLUMNS, |(width, _)| usize::from(width.0).saturating_sub(OTHER_COLUMNS))
        .clamp(10, 120);
    let mut empty = 0;
    for (index, bucket) in shown.buckets.iter().enumerate() {
        let is_empty = bucket.posts == 0 && index + 1 < shown.buckets.len();
        empty = if is_empty { empty + 1 } else { 0 };
        let run_goes_on = shown.buckets.get(index + 1).is_some_and(|next| next.posts == 0);
        if empty > EMPTY_SHOWN_MAX {
            if !run_goes_on || index + 2 == shown.buckets.len() {
                writeln!(out, "{:>16}  {} more without posts", "…", empty - EMPTY_SHOWN_MAX)?;
            }
            continue;
        }
        writeln!(
            out,
            "{}  {} {:>9}  {}",
            minute(bucket.start),
            bar(bucket, most, columns),
            show::count(bucket.posts),
            beside(bucket)
        )?;
    }
    if shown.by == By::Hour {
        writeln!(out, "\n│ is the upper end of the baseline interval of the hour")?;
    } else {
        writeln!(out, "\n│ is what the baseline expected of the bucket")?;
    }
    Ok(())
}

/// The bar with the baseline's mark.
fn bar(bucket: &Bucket, most: u64, columns: usize) -> String {
    let eighths = scale(bucket.posts, most, columns * 8);
    let mut cells: Vec<&str> = vec!["█"; eighths / 8];
    if !eighths.is_multiple_of(8) {
        cells.push(EIGHTHS[eighths % 8]);
    }
    cells.resize(columns, " ");
    if let Some(limit) = limit(bucket) {
        cells[scale(limit, most, columns).min(columns - 1)] = "│";
    }
    cells.concat()
}

/// Where the baseline's mark stands, if there is one.
fn limit(bucket: &Bucket) -> Option<u64> {
    let upper = bucket.interval.map(|(_, upper)| upper);
    upper.or_else(|| bucket.expected.map(rounded))
}

fn top(bucket: &Bucket) -> u64 {
    bucket.posts.max(limit(bucket).unwrap_or(0))
}

fn scale(value: u64, most: u64, steps: usize) -> usize {
    let scaled = u128::from(value) * steps as u128 / u128::from(most);
    usize::try_from(scaled).unwrap_or(steps).min(steps)
}

/// A rate as the nearest whole number.
fn rounded(value: f64) -> u64 {
    // Written out and read back: exact for every rate, and out of range becomes 0.
    format!("{:.0}", value.max(0.0)).parse().unwrap_or(0)
}

fn beside(bucket: &Bucket) -> String {
    let expected = match bucket.expected {
        Some(expected) => format!("expected {}", show::count(rounded(expected))),
        None => "no baseline yet".to_owned(),
    };
    let hours_above = bucket.hours_above.filter(|hours| *hours > 0);
    match (bucket.interval, hours_above) {
        (Some((lower, upper)), None) => format!("{expected} ({lower}–{upper})"),
        (Some((lower, upper)), Some(_)) => format!("{expected} ({lower}–{upper})  ▲ above"),
        (None, None) => expected,
        (None, Some(hours)) => {
            format!("{expected}  ▲ {} above", show::counted(u64::from(hours), "hour", "hours"))
        }
    }
}

/// To the minute, in UTC.
fn minute(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(16).collect()
}

fn totals(shown: &TideShown, out: &mut dyn Write) -> std::io::Result<()> {
    let mut totals = std::collections::BTreeMap::new();
    for (kind, count) in shown.buckets.iter().flat_map(|bucket| &bucket.events) {
        *totals.entry(kind).or_insert(0) += count;
    }
    writeln!(out, "\nevents in this time")?;
    for (kind, count) in totals {
        writeln!(out, "  {:>12} {kind}", show::count(count))?;
    }
    Ok(())
}

fn field_events(shown: &TideShown, out: &mut dyn Write) -> std::io::Result<()> {
    if shown.field_events.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nfield events")?;
    for event in &shown.field_events {
        let name =
            event.name.as_deref().map_or("(erased)".into(), |n| show::foreign(n, NAME_CHARS_MAX));
        let place =
            event.place.as_deref().map(|p| format!(", {}", show::foreign(p, NAME_CHARS_MAX)));
        writeln!(out, "  {}  {name}{}", minute(event.at), place.unwrap_or_default())?;
    }
    Ok(())
}

fn waves(shown: &TideShown, out: &mut dyn Write) -> std::io::Result<()> {
    if shown.waves.is_empty() {
        return writeln!(out, "\nno waves found in this time");
    }
    writeln!(out, "\nwaves (a burst is no evidence of wrongdoing: news and matches rise too)")?;
    for wave in &shown.waves {
        one_wave(wave, shown, out)?;
    }
    Ok(())
}

fn one_wave(wave: &WaveShown, shown: &TideShown, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(first) = wave.bursts.first() else { return Ok(()) };
    let end = match wave.closed {
        Some((last, posts, peak)) => format!(
            "until {}, {}, {} in its highest hour",
            minute(last),
            show::counted(posts, "post", "posts"),
            show::count(peak)
        ),
        None => "still open where the data ends".into(),
    };
    writeln!(out, "  {}  {}: {end}", minute(first.hour), wave.id)?;
    let ridden = wave
        .field_event
        .and_then(|position| shown.field_events.iter().find(|event| event.position == position));
    if let Some(event) = ridden {
        let name = event.name.as_deref().unwrap_or("(erased)");
        writeln!(out, "      soon after {}", show::foreign(name, NAME_CHARS_MAX))?;
    }
    for (burst, name) in wave.bursts.iter().zip(&wave.names) {
        let name = name.as_deref().map_or("(erased)".into(), |n| show::foreign(n, NAME_CHARS_MAX));
        writeln!(
            out,
            "      {:8} {name}: {} in the hour when found, where {} would be the most expected; {} so far",
            burst.trace_kind,
            show::counted(burst.count, "post", "posts"),
            show::count(burst.upper),
            show::counted(burst.accounts, "account", "accounts")
        )?;
    }
    Ok(())
}

fn next(shown: &TideShown, dir: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    let program = show::program();
    let dir = show::quoted(&dir.display().to_string());
    let highest = shown.waves.first().and_then(|wave| wave.bursts.first()).map(|burst| burst.hour);
    let hour = highest.or_else(|| {
        shown.buckets.iter().max_by_key(|bucket| bucket.posts).map(|bucket| bucket.start)
    });
    writeln!(out, "\nnext")?;
    if let Some(hour) = hour {
        let hour = hour.hour();
        let day_before = hour.start().plus_seconds(-86_400).hour();
        let day_after = hour.start().plus_seconds(86_400).hour();
        writeln!(
            out,
            "  {program} tide --dir {dir} --from {day_before} --to {day_after} --by hour"
        )?;
        writeln!(out, "  {program} tide --dir {dir} --hour {hour} --list accounts")?;
    }
    let name =
        shown.waves.iter().flat_map(|wave| &wave.names).flatten().find(|n| n.starts_with('#'));
    if let Some(name) = name {
        writeln!(out, "  {program} tide --dir {dir} --trace {}", show::quoted(name))?;
    }
    if shown.cases.is_some() {
        writeln!(out, "  {program} case list --dir {dir}")?;
    }
    Ok(())
}

/// Writes the tide as JSON.
pub(super) fn json(shown: &TideShown, out: &mut dyn Write) -> std::io::Result<()> {
    let buckets: Vec<_> =
        shown.buckets.iter().map(|bucket| bucket_view(bucket, shown.cases.as_ref())).collect();
    let field_events: Vec<_> = shown
        .field_events
        .iter()
        .map(|event| {
            serde_json::json!({
                "position": event.position,
                "at": event.at.to_string(),
                "name": event.name,
                "place": event.place,
            })
        })
        .collect();
    let waves: Vec<_> = shown.waves.iter().map(wave_json).collect();
    let mut tide = serde_json::json!({
        "by": shown.by,
        "trace": shown.trace,
        "buckets": buckets,
        "field_events": field_events,
        "waves": waves,
    });
    if let Some(cases) = &shown.cases {
        tide["cases"] = serde_json::to_value(cases.view())?;
    }
    serde_json::to_writer_pretty(&mut *out, &tide)?;
    writeln!(out)
}

fn wave_json(wave: &WaveShown) -> serde_json::Value {
    let bursts: Vec<_> = wave
        .bursts
        .iter()
        .zip(&wave.names)
        .map(|(burst, name)| {
            let mut value = serde_json::to_value(burst).unwrap_or_default();
            value["name"] = serde_json::json!(name);
            value
        })
        .collect();
    serde_json::json!({
        "wave": wave.id,
        "field_event": wave.field_event,
        "bursts": bursts,
        "closed": wave.closed.map(|(last_hour, posts, peak)| serde_json::json!({
            "last_hour": last_hour.to_string(),
            "posts": posts,
            "peak": peak,
        })),
    })
}
