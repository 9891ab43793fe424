//! `seawall reviewer`: who answers for rulings.
//!
//! The folder knows a reviewer's number and public key. What they are called stands in the
//! third line of their key file, and nowhere else.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use seawall_model::ReviewerId;
use seawall_model::journal::Body;
use serde_json::json;

use super::args::{Global, Listing, Reviewer, ReviewerAdd, ReviewerVouch, ReviewerWithdraw};
use super::knowledge::Desk;
use super::{Ended, show};
use crate::chance;
use crate::engine::{PeopleError, another_key};
use crate::signing::ReviewerKey;

pub(super) fn run(global: &Global, given: &Reviewer) -> anyhow::Result<Ended> {
    match given {
        Reviewer::Add(given) => add(global, given),
        Reviewer::List(given) => list(global, given),
        Reviewer::Withdraw(given) => withdraw(global, given),
        Reviewer::Vouch(given) => vouch(given),
    }
}

fn add(global: &Global, given: &ReviewerAdd) -> anyhow::Result<Ended> {
    let mut desk = Desk::open_or_make(global)?;
    // Before a key is made: one that nobody admits would only lie about.
    let by = given.by.as_ref().map(|file| desk.person(file)).transpose()?;
    let reviewers = desk.opened.derivation.public_keys()?.len() as u64;
    let is_first = reviewers == 0;
    if by.is_none() && !is_first {
        return Err(PeopleError::NotFirst.into());
    }
    let (key, made) = if given.key.exists() {
        (ReviewerKey::read(&given.key)?, "used")
    } else {
        // A test seed gives the same bytes to every run, and people have different keys.
        let seed = global.test_seed.map(|seed| seed.wrapping_add(reviewers + 1));
        (ReviewerKey::make(&given.key, &mut *chance::source(seed))?, "made")
    };
    let public = key.public();
    let signature = by.as_ref().map(|by| (by.id, by.sign(public.as_bytes())));
    let reviewer = desk.opened.derivation.admit(&public, signature, desk.now)?;
    let called = write_name(&given.key, &given.name)?;
    say!("{reviewer} is a reviewer now, with the public key {public}")?;
    say!(
        "the key file {} was {made}: whoever holds it rules as {reviewer}, so keep it where only \
         they can read it; it is in no backup",
        given.key.display()
    )?;
    match called {
        Called::Now => say!(
            "the name {} stands in the key file and nowhere else",
            show::foreign(&given.name, 200)
        )?,
        Called::Before(name) => say!(
            "the key file has a name already, {}, and was left as it is",
            show::foreign(&name, 200)
        )?,
    }
    if is_first {
        say!(
            "much needs two people: admit the next with `{} reviewer add NAME --key FILE --by {}`",
            show::program(),
            show::quoted(&given.key.display().to_string())
        )?;
    }
    Ok(Ended::Fine)
}

/// Whose name a key file has.
enum Called {
    /// The one that was given.
    Now,
    /// Another, from before.
    Before(String),
}

/// Writes the name into the third line, if there is none yet.
fn write_name(file: &Path, name: &str) -> anyhow::Result<Called> {
    let unwritten = || format!("cannot write the name into {}", file.display());
    let text = std::fs::read_to_string(file).with_context(unwritten)?;
    match text.lines().nth(2) {
        Some(other) if other == name => return Ok(Called::Now),
        Some(other) => return Ok(Called::Before(other.to_owned())),
        None => {}
    }
    let line = if text.ends_with('\n') { format!("{name}\n") } else { format!("\n{name}\n") };
    let mut open = OpenOptions::new().append(true).open(file).with_context(unwritten)?;
    open.write_all(line.as_bytes()).and_then(|()| open.sync_all()).with_context(unwritten)?;
    Ok(Called::Now)
}

/// Signs a key elsewhere than where it is admitted: whoever vouches need not come near the server.
fn vouch(given: &ReviewerVouch) -> anyhow::Result<Ended> {
    let said =
        given.was.map_or_else(|| given.public.clone(), |was| another_key(was, &given.public));
    let signature = ReviewerKey::read(&given.by)?.sign(said.as_bytes());
    say!("{}", json!({ "signed": { "reviewer": given.own.to_string(), "signature": signature } }))?;
    Ok(Ended::Fine)
}

/// How a reviewer came in and went out.
struct Line {
    key: String,
    admitted_by: Option<u64>,
    admitted_at: String,
    withdrawn_by: Option<u64>,
}

fn list(global: &Global, given: &Listing) -> anyhow::Result<Ended> {
    let desk = Desk::open(global)?;
    let mut lines: BTreeMap<ReviewerId, Line> = BTreeMap::new();
    let types = ["reviewer_added", "reviewer_withdrawn"];
    for recorded in desk.opened.derivation.journal().of_types(&types)? {
        let at = recorded.entry.at.to_string();
        match recorded.entry.body {
            Body::ReviewerAdded { reviewer, key, by, .. } => {
                let line = Line { key, admitted_by: by, admitted_at: at, withdrawn_by: None };
                lines.insert(ReviewerId(reviewer), line);
            }
            Body::ReviewerWithdrawn { reviewer, by, .. } => {
                if let Some(line) = lines.get_mut(&ReviewerId(reviewer)) {
                    line.withdrawn_by = Some(by);
                }
            }
            _ => {}
        }
    }
    let named = |number: Option<u64>| number.map(|number| ReviewerId(number).to_string());
    for (id, line) in &lines {
        let (admitted, withdrawn) = (named(line.admitted_by), named(line.withdrawn_by));
        if given.json {
            let row = json!({
                "reviewer": id.to_string(), "key": line.key, "signs": withdrawn.is_none(),
                "admitted_by": admitted, "admitted_at": line.admitted_at,
                "withdrawn_by": withdrawn,
            });
            say!("{row}")?;
            continue;
        }
        let admitted = admitted.map_or_else(|| "as the first".into(), |by| format!("by {by}"));
        let standing = withdrawn
            .map_or_else(|| "signs".into(), |by| format!("signs no more: withdrawn by {by}"));
        say!("{id}  {}  admitted {admitted} at {}; {standing}", line.key, line.admitted_at)?;
    }
    if !given.json {
        let signing = lines.values().filter(|line| line.withdrawn_by.is_none()).count();
        let count = show::counted(lines.len() as u64, "reviewer", "reviewers");
        say!("{count}, {signing} of them sign")?;
    }
    Ok(Ended::Fine)
}

fn withdraw(global: &Global, given: &ReviewerWithdraw) -> anyhow::Result<Ended> {
    let mut desk = Desk::open(global)?;
    let by = desk.person(&given.by)?;
    let id = given.reviewer;
    let judge = desk.opened.derivation.pipeline().judge();
    let found = judge.reviewers().find(|(known, _)| *known == id);
    let others = judge.reviewers().filter(|(known, signs)| *known != id && *signs).count();
    let list = format!("see `{} reviewer list`", show::program());
    match found {
        None => anyhow::bail!("there is no {id}; {list}"),
        Some((_, false)) => anyhow::bail!("{id} signs no more already; {list}"),
        Some((_, true)) if others == 0 => anyhow::bail!(
            "{id} is the last reviewer whose key signs, and nobody could rule or admit anybody \
             after that: admit another first"
        ),
        Some((_, true)) => {}
    }
    let signature = by.sign(format!("withdraw {id}").as_bytes());
    let followed = desk.opened.derivation.dismiss(id, by.id, signature, desk.now)?;
    say!("the key of {id} signs nothing any more; what was decided by it before stays")?;
    desk.tell_ends(&followed)?;
    if others == 1 {
        say!("one reviewer is left: what needs two people has to wait for another")?;
    }
    Ok(Ended::Fine)
}
