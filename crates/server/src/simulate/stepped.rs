//! A world that another program steps, and acts on: lines of JSON in and out.
//!
//! One line asks for an action, or lets an hour pass; what is answered is that hour's events
//! and a line that tells the hour. The truth goes to a file apart, so that a program is not
//! shown it. Left out: going on with such a world later; the same seed and the same lines
//! give the same world again.

use std::io::{BufRead, Read, Write};

use seawall_model::PlatformId;
use seawall_sim::{Action, Item, Sending, World};
use serde_json::Value;

use super::write::{EVENTS, Failed, MANIFEST, REACHED, TRUTH, Task, io, make_folder, sent, told};

/// Bytes of a line, at most.
const LINE_BYTES_MAX: usize = 4_096;
/// Actions in an hour, at most.
const ACTIONS_MAX: usize = 100_000;
/// Bytes of events that are held before they are told.
const TOLD_BYTES: usize = 1 << 20;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// To act when the next hour begins.
    Act(Action),
    /// To let an hour pass.
    Step,
}

/// Steps a world as it is asked to, until it is over or nobody asks any more.
///
/// # Errors
/// [`Failed::Asked`] with the first line that asks for nothing known, [`Failed::Taken`] if
/// the folder holds a world, else what failed.
pub fn stepped(task: &Task, mut input: impl BufRead, mut out: impl Write) -> Result<(), Failed> {
    make_folder(&task.out)?;
    if [EVENTS, TRUTH, MANIFEST, REACHED].iter().any(|name| task.out.join(name).exists()) {
        return Err(Failed::Taken(task.out.clone()));
    }
    let path = task.out.join(TRUTH);
    let mut truths = std::fs::File::create_new(&path).map_err(io(&path))?;
    let mut world = World::new(task.parameters.clone(), task.seed)?;
    let mut sending = Sending::new(task.parameters.disorder, task.seed);
    let mut actions = Vec::new();
    let mut line = 0;
    while !world.is_over() {
        line += 1;
        match next(&mut input, line)? {
            None => break,
            Some(Asked::Act(_)) if actions.len() == ACTIONS_MAX => {
                return Err(Failed::Asked { line, fault: "is one action too many in an hour" });
            }
            Some(Asked::Act(action)) => actions.push(action),
            Some(Asked::Step) => {
                let step = world.step(&actions);
                actions.clear();
                let (lines, _) = told(&world, &step);
                truths.write_all(&lines).map_err(io(&path))?;
                let sent = sent(&mut sending, &world, &step);
                let sent = sent.unwrap_or_else(|| (step.before..).zip(step.items).collect());
                tell(&world, &sent, &mut out).map_err(Failed::Piped)?;
            }
        }
    }
    truths.sync_data().map_err(io(&path))
}

/// Tells the events of an hour, and which hour it was.
fn tell(world: &World, sent: &[(u64, Item)], out: &mut impl Write) -> std::io::Result<()> {
    let mut text = String::with_capacity(TOLD_BYTES);
    for (number, item) in sent {
        seawall_event::encode_onto(&world.event(*number, item), &mut text);
        text.push('\n');
        if text.len() >= TOLD_BYTES {
            out.write_all(text.as_bytes())?;
            text.clear();
        }
    }
    out.write_all(text.as_bytes())?;
    writeln!(out, "{{\"hour\":{}}}", world.hour())?;
    out.flush()
}

/// What the next line asks for; `None` if there is no other.
fn next(input: &mut impl BufRead, line: u64) -> Result<Option<Asked>, Failed> {
    let mut bytes = Vec::new();
    let limit = LINE_BYTES_MAX as u64 + 1;
    input.by_ref().take(limit).read_until(b'\n', &mut bytes).map_err(Failed::Piped)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() > LINE_BYTES_MAX {
        return Err(Failed::Asked { line, fault: "is longer than 4,096 bytes" });
    }
    let asked = serde_json::from_slice(&bytes).map_err(|_| "is no JSON");
    let asked = asked.and_then(|value| understood(&value));
    asked.map(Some).map_err(|fault| Failed::Asked { line, fault })
}

fn understood(value: &Value) -> Result<Asked, &'static str> {
    let fields = value.as_object().ok_or("is no object")?;
    let name = fields.get("action").and_then(Value::as_str).ok_or("names no `action`")?;
    let subject = match name {
        "step" => None,
        "remove" | "hide" | "show" => Some("post"),
        "suspend" | "reinstate" | "restrict" | "release" => Some("account"),
        _ => {
            return Err("names an action that is none of suspend, reinstate, restrict, release, \
                        remove, hide, show and step");
        }
    };
    if fields.keys().any(|key| key != "action" && Some(key.as_str()) != subject) {
        return Err("says more than its action takes");
    }
    let Some(subject) = subject else { return Ok(Asked::Step) };
    let id = fields.get(subject).and_then(Value::as_str).and_then(|id| PlatformId::new(id).ok());
    let id = id.ok_or("names no `account`, or no `post` to act on")?;
    Ok(Asked::Act(match name {
        "suspend" => Action::Suspend(id),
        "reinstate" => Action::Reinstate(id),
        "restrict" => Action::Restrict(id),
        "release" => Action::Release(id),
        "hide" => Action::Hide(id),
        "show" => Action::Show(id),
        _ => Action::Remove(id),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: &str) {
        let found = match next(&mut line.as_bytes(), 7) {
            Ok(asked) => format!("{asked:?}"),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expect), "{line}: {found}");
    }

    #[test]
    fn what_is_asked_is_understood_or_refused() {
        check(r#"{"action":"step"}"#, "Step");
        check("", "None");
        check(r#"{"action":"suspend","account":"a-1"}"#, "Suspend");
        check(r#"{"action":"remove","post":"p-1-2"}"#, "Remove");
        check("step", "line 7 of standard input is no JSON");
        check("[]", "is no object");
        check("{}", "names no `action`");
        check(r#"{"action":"ban","account":"a-1"}"#, "none of suspend");
        check(r#"{"action":"suspend"}"#, "names no `account`");
        check(r#"{"action":"suspend","account":7}"#, "names no `account`");
        check(r#"{"action":"suspend","post":"p-1-2"}"#, "says more");
        check(&format!("{:5000}", ""), "longer than");
    }
}
