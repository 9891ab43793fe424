//! What only tells the account something: notices that an order withheld, and what became of an
//! appeal.
//!
//! The messages of an action are called after it (`a12-notice`, then `a12-notice-2`), and hold its
//! own notices only, as many as fit: so their names follow from the journal, whenever and however
//! often it is read. Each notice comes with the link to appeal against its action. Left out: the
//! notices that go with what is done.

use std::collections::BTreeMap;

use seawall_model::journal::Body;
use seawall_model::{AppealId, CaseId, Timestamp};
use seawall_store::{Effect, InstructionId, NewInstruction, PAYLOAD_BYTES_MAX, Recorded};
use serde_json::{Value, json};

use super::say::{Said, Saying, named, notice_path, order_key, unwritten, withheld_until};
use crate::desk::notice::{Letter, Tells};
use crate::desk::view::NoticeView;
use crate::desk::{Desk, notice};

impl Saying {
    /// What became of an appeal that undid nothing, where nothing withholds it. What an appeal
    /// undid is told with the undoing.
    pub(super) fn answer(
        &self,
        desk: &mut Desk<'_>,
        recorded: &Recorded,
    ) -> anyhow::Result<Option<Said>> {
        let (body, at, seq) = (&recorded.entry.body, recorded.entry.at, recorded.entry.seq);
        let Body::AppealDecided { appeal, .. } = body else { return Ok(None) };
        let Some(appeal) = desk.judge().appeals().get(AppealId(*appeal)).copied() else {
            return Ok(None);
        };
        let id = InstructionId { action: appeal.action, effect: Effect::Answer };
        let written = (|| -> anyhow::Result<Option<Vec<u8>>> {
            if withheld_until(desk, Some(appeal.case), seq)?.is_some() {
                return Ok(None);
            }
            let Some(letter) = notice::of_appeal(desk, body, at)? else { return Ok(None) };
            let Some(about) = about(desk, appeal.action, appeal.case, at)? else { return Ok(None) };
            let notices = [self.notice_of(desk, &letter)?];
            Ok(messages(&about, &notices)?.pop())
        })();
        let payload = match written {
            Ok(None) => return Ok(None),
            Ok(Some(payload)) => payload,
            Err(error) => unwritten(error, id, seq)?,
        };
        Ok(said(desk, id, at, payload))
    }

    /// All notices of a case that an order withheld, each action's in the order in which they were
    /// due, those of the first action first.
    pub(super) fn withheld(
        &self,
        desk: &mut Desk<'_>,
        case: CaseId,
        (seq, at): (u64, Timestamp),
    ) -> anyhow::Result<Vec<Said>> {
        let Some(span) = notice::span(desk, case) else { return Ok(Vec::new()) };
        let over = span.over.map_or(u64::MAX, |(seq, _)| seq);
        let mut of_actions: BTreeMap<u64, Vec<Letter>> = BTreeMap::new();
        let last = desk.actions_on(case)?.into_keys().next_back();
        match notice::of_case_within(desk, case, span.since + 1..over) {
            Ok(mut letters) => {
                letters.reverse();
                for letter in letters {
                    of_actions.entry(letter.action).or_default().push(letter);
                }
            }
            Err(error) => {
                let Some(action) = last else { return Ok(Vec::new()) };
                let id = InstructionId { action, effect: Effect::Notice };
                let payload = unwritten(error.into(), id, seq)?;
                return Ok(said(desk, id, at, payload).into_iter().collect());
            }
        }
        let mut all = Vec::new();
        for (action, letters) in of_actions {
            let first = InstructionId { action, effect: Effect::Notice };
            let payloads = match self.of_action(desk, (action, case), &letters, at) {
                Ok(payloads) => payloads,
                Err(error) => vec![unwritten(error, first, seq)?],
            };
            for (effect, payload) in Effect::NOTICES.into_iter().zip(payloads) {
                all.extend(said(desk, InstructionId { action, effect }, at, payload));
            }
        }
        Ok(all)
    }

    fn of_action(
        &self,
        desk: &mut Desk<'_>,
        (action, case): (u64, CaseId),
        letters: &[Letter],
        at: Timestamp,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let Some(about) = about(desk, action, case, at)? else { return Ok(Vec::new()) };
        let notices: Result<Vec<Value>, _> =
            letters.iter().map(|letter| self.notice_of(desk, letter)).collect();
        messages(&about, &notices?)
    }

    /// A notice with the link to appeal against what it tells of, while that holds and nobody has.
    fn notice_of(&self, desk: &Desk<'_>, letter: &Letter) -> Result<Value, serde_json::Error> {
        let in_force = desk.judge().actions().in_force(letter.action).is_some();
        let was_appealed = desk.judge().appeals().against(letter.action).is_some();
        let can_appeal = letter.tells == Tells::Taken && in_force && !was_appealed;
        let mut notice = serde_json::to_value(NoticeView::from(letter))?;
        notice["action"] = format!("a{}", letter.action).into();
        notice["notice_path"] = Value::Null;
        notice["appeal"] = can_appeal.then(|| self.appeals.told(letter.action)).into();
        Ok(notice)
    }
}

/// Whom a message is for, and about what.
struct About {
    action: u64,
    case: CaseId,
    subject: Value,
    at: Timestamp,
}

impl About {
    fn message(&self, notices: &[Value]) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&json!({
            "type": "seawall.notice",
            "timestamp": self.at.to_string(),
            "data": {
                "action": format!("a{}", self.action),
                "subject": self.subject,
                "case": self.case.to_string(),
                "undone": false,
                "notices": notices,
            },
        }))
    }
}

fn about(
    desk: &mut Desk<'_>,
    action: u64,
    case: CaseId,
    at: Timestamp,
) -> anyhow::Result<Option<About>> {
    let Some(known) = desk.judge().actions().known(action) else { return Ok(None) };
    let Some(subject) = named(desk, known.subject)? else {
        tracing::warn!(action, "nobody to tell: the account was erased");
        return Ok(None);
    };
    Ok(Some(About { action, case, subject, at }))
}

/// Messages with these notices, in their order, as many in each as receivers take. One that is
/// too large by itself is left out of its message, which says where it is to be read.
fn messages(about: &About, notices: &[Value]) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut done = Vec::new();
    let (mut open, mut bytes): (Vec<Value>, Vec<u8>) = (Vec::new(), Vec::new());
    for notice in notices {
        let mut notice = notice.clone();
        if about.message(std::slice::from_ref(&notice))?.len() > PAYLOAD_BYTES_MAX {
            tracing::warn!(action = about.action, "a notice is too large to be sent");
            (notice["ar"], notice["en"]) = (Value::Null, Value::Null);
            notice["notice_path"] = notice_path(about.case);
        }
        open.push(notice);
        let larger = about.message(&open)?;
        if larger.len() > PAYLOAD_BYTES_MAX && open.len() > 1 {
            done.push(std::mem::take(&mut bytes));
            open.drain(..open.len() - 1);
            bytes = about.message(&open)?;
        } else {
            bytes = larger;
        }
    }
    if !open.is_empty() {
        done.push(bytes);
    }
    Ok(done)
}

fn said(desk: &Desk<'_>, id: InstructionId, at: Timestamp, payload: Vec<u8>) -> Option<Said> {
    let known = desk.judge().actions().known(id.action)?;
    let (order_key, not_before) = (order_key(known.subject), at);
    let instruction = NewInstruction { id, order_key, not_before, payload };
    Some(Said { instruction, notice: None })
}

/// What such a message says once its action was taken back, where it is not told yet: that it was
/// undone, with the notice of that where it fits, and without a link to appeal. `None` where it
/// says so already.
pub(super) fn after_undo(payload: &[u8], ended: Option<&Value>) -> Option<Vec<u8>> {
    let mut said: Value = serde_json::from_slice(payload).ok()?;
    if said["type"] != "seawall.notice" || said["data"]["undone"] == true {
        return None;
    }
    let action = said["data"]["action"].clone();
    said["data"]["undone"] = true.into();
    let notices = said["data"]["notices"].as_array_mut()?;
    for notice in notices.iter_mut() {
        notice["appeal"] = Value::Null;
    }
    let without = said.clone();
    if let (Some(ended), Some(notices)) = (ended, said["data"]["notices"].as_array_mut()) {
        let mut ended = ended.clone();
        ended["action"] = action;
        ended["notice_path"] = Value::Null;
        ended["appeal"] = Value::Null;
        notices.push(ended);
    }
    let with = serde_json::to_vec(&said).ok()?;
    match with.len() <= PAYLOAD_BYTES_MAX {
        true => Some(with),
        // The undo brings its own notice.
        false => serde_json::to_vec(&without).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        let subject = json!({ "type": "account", "account": "kettle" });
        About { action: 7, case: CaseId(3), subject, at: Timestamp::MIN }
    }

    /// A notice with a letter of so many bytes.
    fn notice(bytes: usize) -> Value {
        json!({
            "ar": { "subject": "s", "paragraphs": ["\u{628}".repeat(bytes / 2)] },
            "en": { "subject": "s", "paragraphs": ["b"] },
            "action": "a7", "notice_path": null, "appeal": { "token": "t", "url": null },
        })
    }

    /// How many notices each message holds, and how many of them are left out.
    fn cut(sizes: &[usize]) -> Vec<(usize, usize)> {
        let notices: Vec<Value> = sizes.iter().map(|bytes| notice(*bytes)).collect();
        let messages = messages(&about(), &notices).unwrap();
        let counted = messages.iter().map(|message| {
            assert!(message.len() <= PAYLOAD_BYTES_MAX, "{} bytes", message.len());
            let said: Value = serde_json::from_slice(message).unwrap();
            let notices = said["data"]["notices"].as_array().unwrap();
            for notice in notices {
                assert_eq!(notice["en"].is_null(), notice["notice_path"] == "/v1/cases/c3");
                assert_eq!(notice["appeal"]["token"], "t", "who is not told why may appeal");
            }
            let left_out = notices.iter().filter(|notice| notice["ar"].is_null()).count();
            (notices.len(), left_out)
        });
        counted.collect()
    }

    #[test]
    fn messages_are_cut_by_bytes_and_a_giant_is_left_out_with_where_to_read_it() {
        for (sizes, expect) in [
            (&[] as &[usize], vec![]),
            (&[6_000, 6_000, 6_000], vec![(3, 0)]),
            (&[9_000, 9_000, 9_000], vec![(2, 0), (1, 0)]),
            (&[18_000, 18_000, 18_000], vec![(1, 0), (1, 0), (1, 0)]),
            (&[100, 90_000, 100], vec![(3, 1)]),
            (&[90_000], vec![(1, 1)]),
            (&[90_000, 90_000, 90_000], vec![(3, 3)]),
        ] {
            assert_eq!(cut(sizes), expect, "{sizes:?}");
        }
        let again = |sizes: &[usize]| {
            let notices: Vec<Value> = sizes.iter().map(|bytes| notice(*bytes)).collect();
            messages(&about(), &notices).unwrap()
        };
        assert_eq!(again(&[9_000; 3]), again(&[9_000; 3]));
    }

    #[test]
    fn what_is_told_after_an_undo_says_so_once() {
        let message = about().message(&[notice(100)]).unwrap();
        let ended = json!({ "ar": { "subject": "e" }, "en": { "subject": "e" } });
        let anew = after_undo(&message, Some(&ended)).unwrap();
        let said: Value = serde_json::from_slice(&anew).unwrap();
        assert_eq!(said["data"]["undone"], true);
        let notices = said["data"]["notices"].as_array().unwrap();
        assert_eq!(notices.len(), 2);
        assert_eq!((&notices[0]["appeal"], &notices[1]["action"]), (&Value::Null, &json!("a7")));
        assert_eq!(after_undo(&anew, Some(&ended)), None, "once");
        // Where the notice of the undo does not fit, it says only that it was undone.
        let large = about().message(&[notice(19_000)]).unwrap();
        let ended = notice(2_000);
        let anew = after_undo(&large, Some(&ended)).unwrap();
        let said: Value = serde_json::from_slice(&anew).unwrap();
        assert_eq!(said["data"]["undone"], true);
        assert_eq!(said["data"]["notices"].as_array().unwrap().len(), 1);
        assert_eq!(after_undo(b"{}", None), None);
    }
}
