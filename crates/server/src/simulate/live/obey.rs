//! What the simulated platform is told to do, and what its world is to be told of it.
//!
//! Instructions may come in any order among subjects and more than once; what counts is what is
//! in force when the next hour begins. So the same instructions within an hour give the same
//! world, however they were delivered. Left out: labels and screens before a post, which change
//! nothing of what anybody does in the world.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::PlatformId;
use seawall_sim::Action;
use serde_json::Value;

/// What an action does in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// An account is closed.
    Closed,
    /// Nobody sees what an account posts.
    Unseen,
    /// Nobody meets a post.
    Hidden,
}

/// A subject, and what is done to it.
type Wanted = (Effect, String);

/// Why an instruction cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotUnderstood;

/// What is in force on the simulated platform.
#[derive(Debug, Default)]
pub(super) struct Obeyed {
    /// By action: what it does; nothing for what changes nothing in the world.
    in_force: BTreeMap<String, Option<Wanted>>,
    /// What the world was told.
    told: BTreeSet<Wanted>,
}

impl Obeyed {
    /// Takes in an instruction.
    pub(super) fn take(&mut self, said: &Value) -> Result<(), NotUnderstood> {
        let data = &said["data"];
        let action = data["action"].as_str().ok_or(NotUnderstood)?;
        match said["type"].as_str() {
            Some("seawall.action.undo") => {
                self.in_force.remove(action);
            }
            Some("seawall.action.do") => {
                self.in_force.insert(action.to_owned(), wanted(data)?);
            }
            // Nobody in the simulated world reads.
            Some("seawall.notice") => {}
            _ => return Err(NotUnderstood),
        }
        Ok(())
    }

    /// What the world is to be told now, in an order that depends on nothing but that.
    pub(super) fn due(&mut self) -> Vec<Action> {
        let wanted: BTreeSet<Wanted> = self.in_force.values().flatten().cloned().collect();
        let ended = self.told.difference(&wanted).filter_map(|(effect, id)| {
            let id = PlatformId::new(id.as_str()).ok()?;
            Some(match effect {
                Effect::Closed => Action::Reinstate(id),
                Effect::Unseen => Action::Release(id),
                Effect::Hidden => Action::Show(id),
            })
        });
        let begun = wanted.difference(&self.told).filter_map(|(effect, id)| {
            let id = PlatformId::new(id.as_str()).ok()?;
            Some(match effect {
                Effect::Closed => Action::Suspend(id),
                Effect::Unseen => Action::Restrict(id),
                Effect::Hidden => Action::Hide(id),
            })
        });
        let due = ended.chain(begun).collect();
        self.told = wanted;
        due
    }
}

fn wanted(data: &Value) -> Result<Option<Wanted>, NotUnderstood> {
    let subject = &data["subject"];
    let (post, account) = (subject["post"].as_str(), subject["account"].as_str());
    let of = |effect, id: Option<&str>| match id {
        Some(id) => Ok(Some((effect, id.to_owned()))),
        None => Err(NotUnderstood),
    };
    match (data["verb"].as_str(), post) {
        (Some("remove"), _) => of(Effect::Hidden, post),
        (Some("restrict"), Some(_)) => of(Effect::Hidden, post),
        (Some("restrict"), None) => of(Effect::Unseen, account),
        (Some("suspend"), _) => of(Effect::Closed, account),
        (Some("label" | "interstitial"), _) => Ok(None),
        _ => Err(NotUnderstood),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(kind: &str, action: &str, verb: &str, subject: Value) -> Value {
        let data = json!({ "action": action, "verb": verb, "subject": subject });
        json!({ "type": format!("seawall.action.{kind}"), "data": data })
    }

    fn account(id: &str) -> Value {
        json!({ "type": "account", "account": id })
    }

    fn post(id: &str) -> Value {
        json!({ "type": "post", "post": id, "account": "a-1" })
    }

    fn id(text: &str) -> PlatformId {
        PlatformId::new(text).unwrap()
    }

    #[test]
    fn what_is_in_force_at_the_hour_counts_and_not_its_order() {
        let all = [
            told("do", "a1", "suspend", account("a-7")),
            told("do", "a2", "restrict", post("p-1-2")),
            told("do", "a3", "remove", post("p-1-2")),
            told("do", "a4", "suspend", account("a-3")),
            told("do", "a5", "label", account("a-3")),
        ];
        let expect = [Action::Suspend(id("a-3")), Action::Suspend(id("a-7"))];
        let expect = [&expect[..], &[Action::Hide(id("p-1-2"))]].concat();
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]] {
            let mut obeyed = Obeyed::default();
            for index in order {
                obeyed.take(&all[index]).unwrap();
            }
            assert_eq!(obeyed.due(), expect);
            assert_eq!(obeyed.due(), [], "each is told once");
            // One of two actions on the post ends: it stays hidden.
            obeyed.take(&told("undo", "a2", "unrestrict", post("p-1-2"))).unwrap();
            assert_eq!(obeyed.due(), []);
            obeyed.take(&told("undo", "a3", "restore", post("p-1-2"))).unwrap();
            obeyed.take(&told("undo", "a4", "reinstate", account("a-3"))).unwrap();
            let ended = [Action::Reinstate(id("a-3")), Action::Show(id("p-1-2"))];
            assert_eq!(obeyed.due(), ended);
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_and_changes_nothing() {
        let mut obeyed = Obeyed::default();
        for wrong in [
            told("do", "a1", "sing", account("a-7")),
            told("do", "a1", "suspend", json!({})),
            told("do", "a1", "remove", account("a-7")),
            json!({ "type": "seawall.other", "data": { "action": "a1" } }),
            json!([]),
        ] {
            assert_eq!(obeyed.take(&wrong), Err(NotUnderstood));
        }
        assert_eq!(obeyed.due(), []);
    }
}
