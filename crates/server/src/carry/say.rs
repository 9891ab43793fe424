//! What an instruction says to the platform: what to do, to whom, until when, under which
//! policy, and the notice that the account is to be shown.
//!
//! It names the subject by the platform's own ids and nobody else; the notice is the one that
//! law 8 permits. Where the account was erased there is nobody to act on, and nothing is said.
//! Left out: what only tells the account something (`letters`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use seawall_model::journal::{ActionPlanned, PolicyCited, SubjectSeen};
use seawall_model::{AccountId, ActionKind, CaseId, DecisionId, Timestamp};
use seawall_store::{Effect, InstructionId, NewInstruction, PAYLOAD_BYTES_MAX};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::ServeConfig;
use crate::desk::notice::{Letter, Tells};
use crate::desk::view::NoticeView;
use crate::desk::{Desk, DeskError, notice};
use crate::engine::EngineError;

/// What an appeal link is signed for, so that no signature of ours can be used for another.
const PURPOSE: &[u8] = b"seawall appeal 1\n";
/// What the id of an appeal's event is made for.
const EVENT_PURPOSE: &[u8] = b"seawall appeal event 1\n";

/// An instruction that is to be made.
pub(super) struct Asked {
    action: u64,
    effect: Effect,
    planned: Option<ActionPlanned>,
    decision: Option<u64>,
    case: Option<u64>,
    policy: Option<PolicyCited>,
    at: Timestamp,
    not_before: Timestamp,
}

impl Asked {
    /// That an action be done.
    pub(super) fn done(
        planned: &ActionPlanned,
        decision: Option<u64>,
        case: Option<u64>,
        (at, not_before): (Timestamp, Timestamp),
    ) -> Self {
        let (action, effect, policy) = (planned.action, Effect::Do, None);
        let planned = Some(planned.clone());
        Self { action, effect, planned, decision, case, policy, at, not_before }
    }

    /// Under which version of which policy.
    pub(super) fn under(self, policy: Option<PolicyCited>) -> Self {
        Self { policy, ..self }
    }

    /// That an action be taken back: a reversal is never held back.
    pub(super) fn undo(action: u64, at: Timestamp) -> Self {
        Self::replaced(action, (at, at))
    }

    /// That an action be taken back for another that is done in its place, and so when that is.
    pub(super) fn replaced(action: u64, (at, not_before): (Timestamp, Timestamp)) -> Self {
        let (effect, planned, decision, case, policy) = (Effect::Undo, None, None, None, None);
        Self { action, effect, planned, decision, case, policy, at, not_before }
    }
}

/// An instruction as it is said, and the notice that goes with it.
pub(super) struct Said {
    pub(super) instruction: NewInstruction,
    pub(super) notice: Option<Value>,
}

impl Said {
    /// Whether it takes an action back.
    pub(super) fn is_undo(&self) -> bool {
        self.instruction.id.effect == Effect::Undo
    }
}

/// What goes to the account with an action.
enum Telling {
    /// This notice, where there is one.
    Now(Option<NoticeView>),
    /// Nothing before then: an order forbids it.
    Withheld(Timestamp),
}

/// Says instructions.
#[derive(Clone)]
pub(super) struct Saying {
    pub(super) appeals: AppealLinks,
}

impl Saying {
    pub(super) fn new(key: [u8; 32], serve: &ServeConfig) -> Self {
        Self { appeals: AppealLinks::new(key, serve.public_url.clone()) }
    }

    /// The instruction that follows from the entry `seq`, where there is somebody to act on. Where
    /// something that it needs cannot be read it is told as one that could not be written, so that
    /// it is seen and stops no other.
    pub(super) fn instruction(
        &self,
        desk: &mut Desk<'_>,
        asked: &Asked,
        seq: u64,
    ) -> anyhow::Result<Option<Said>> {
        let known = desk.judge().actions().known(asked.action);
        let subject = asked.planned.as_ref().map(|planned| planned.subject);
        let Some(subject) = subject.or(known.map(|known| known.subject)) else { return Ok(None) };
        let about = About {
            subject,
            case: asked.case.map(CaseId).or(known.map(|known| known.case)),
            decision: asked.decision.map(DecisionId).or(known.and_then(|known| known.decision)),
        };
        let id = InstructionId { action: asked.action, effect: asked.effect };
        let written = match self.written(desk, asked, &about, seq) {
            Ok(None) => return Ok(None),
            Ok(Some(written)) => written,
            Err(error) => (unwritten(error, id, seq)?, None),
        };
        let (order_key, not_before) = (order_key(subject), asked.not_before);
        let (payload, notice) = written;
        Ok(Some(Said {
            instruction: NewInstruction { id, order_key, not_before, payload },
            notice,
        }))
    }

    fn written(
        &self,
        desk: &mut Desk<'_>,
        asked: &Asked,
        about: &About,
        seq: u64,
    ) -> anyhow::Result<Option<(Vec<u8>, Option<Value>)>> {
        let Some(named) = named(desk, about.subject)? else {
            tracing::warn!(action = asked.action, "nobody to act on: the account was erased");
            return Ok(None);
        };
        let planned = match (&asked.planned, about.case) {
            (Some(planned), _) => Some(planned.clone()),
            (None, Some(case)) => {
                desk.actions_on(case)?.remove(&asked.action).map(|done| done.action)
            }
            (None, None) => None,
        };
        let Some(planned) = planned else { return Ok(None) };
        let telling = match withheld_until(desk, about.case, seq)? {
            Some(until) => Telling::Withheld(until),
            None => Telling::Now(self.notice(desk, asked, about.case, about.decision)?),
        };
        let notice = match &telling {
            Telling::Now(Some(notice)) => Some(serde_json::to_value(notice)?),
            _ => None,
        };
        let mut said = self.said(asked, &planned, (named, about), telling);
        let mut payload = serde_json::to_vec(&said)?;
        if let (true, Some(case)) = (payload.len() > PAYLOAD_BYTES_MAX, about.case) {
            // What is to be done goes out, and says where the notice is to be read.
            let (action, bytes) = (asked.action, payload.len());
            tracing::warn!(action, bytes, "a notice is too large to be sent with its action");
            said["data"]["notice"] = Value::Null;
            said["data"]["notice_path"] = notice_path(case);
            payload = serde_json::to_vec(&said)?;
        }
        Ok(Some((payload, notice)))
    }

    /// The notice that goes with it: the reasons of what is done, or that it was undone.
    fn notice(
        &self,
        desk: &mut Desk<'_>,
        asked: &Asked,
        case: Option<CaseId>,
        decision: Option<DecisionId>,
    ) -> anyhow::Result<Option<NoticeView>> {
        let letters = match (asked.effect, decision, case) {
            (Effect::Do, Some(decision), _) => notice::of_decision(desk, decision)?,
            (_, _, Some(case)) => notice::of_case(desk, case)?,
            _ => Vec::new(),
        };
        // What another decision replaced has no notice of its end: the one of that tells it.
        let tells = match asked.effect {
            Effect::Undo => Tells::Ended,
            _ => Tells::Taken,
        };
        let is_it = |letter: &&Letter| (letter.tells, letter.action) == (tells, asked.action);
        let letter = letters.iter().find(is_it);
        Ok(letter.map(NoticeView::from))
    }

    fn said(
        &self,
        asked: &Asked,
        planned: &ActionPlanned,
        (subject, about): (Value, &About),
        telling: Telling,
    ) -> Value {
        let (case, decision) = (about.case, about.decision);
        let verb = match asked.effect {
            Effect::Undo => &planned.inverse,
            _ => &planned.kind,
        };
        let inverse = match asked.effect {
            Effect::Undo => None,
            _ => Some(&planned.inverse),
        };
        let (notice, withheld_until) = match telling {
            Telling::Now(notice) => (notice, None),
            Telling::Withheld(until) => (None, Some(until)),
        };
        // Whoever is not told cannot appeal yet.
        let can_appeal = asked.effect == Effect::Do && withheld_until.is_none();
        let appeal = can_appeal.then(|| self.appeals.told(asked.action));
        let policy = asked.policy.as_ref();
        let policy = policy.map(|policy| json!({ "id": policy.id, "version": policy.version }));
        json!({
            "type": match asked.effect {
                Effect::Undo => "seawall.action.undo",
                _ => "seawall.action.do",
            },
            "timestamp": asked.at.to_string(),
            "data": {
                "action": format!("a{}", asked.action),
                "verb": verb,
                "inverse": inverse,
                "reach": reach(planned, asked.effect),
                "subject": subject,
                "until": planned.until.map(|until| until.to_string()),
                "case": case.map(|case| case.to_string()),
                "decision": decision.map(|decision| decision.to_string()),
                "policy": policy,
                "notice": notice,
                "notice_path": null,
                "notice_withheld_until": withheld_until.map(|until| until.to_string()),
                "appeal": appeal,
            },
        })
    }
}

/// What an instruction is about.
struct About {
    subject: SubjectSeen,
    case: Option<CaseId>,
    decision: Option<DecisionId>,
}

/// The empty payload of what cannot be written for what the entry rests on; an error where it was
/// the disk that failed, and it is to be tried again.
pub(super) fn unwritten(
    error: anyhow::Error,
    id: InstructionId,
    seq: u64,
) -> anyhow::Result<Vec<u8>> {
    if is_of_disk(&error) {
        return Err(error);
    }
    tracing::error!(seq, %id, %error, "an instruction cannot be written");
    Ok(Vec::new())
}

/// Whether it is the disk that failed, rather than what stands on it.
fn is_of_disk(error: &anyhow::Error) -> bool {
    use seawall_store::Error::{DamagedEvent, KnowledgeDamaged};
    let store = match error.downcast_ref::<DeskError>() {
        Some(DeskError::Store(store) | DeskError::Engine(EngineError::Store(store))) => Some(store),
        Some(_) => None,
        None => error.downcast_ref::<seawall_store::Error>(),
    };
    store.is_some_and(|store| !matches!(store, DamagedEvent { .. } | KnowledgeDamaged { .. }))
}

/// Where the platform reads a notice that is too large to be sent.
pub(super) fn notice_path(case: CaseId) -> Value {
    Value::String(format!("/v1/cases/{case}"))
}

/// Until when the notices of this entry of the journal are withheld, or were.
pub(super) fn withheld_until(
    desk: &Desk<'_>,
    case: Option<CaseId>,
    seq: u64,
) -> anyhow::Result<Option<Timestamp>> {
    let Some(case) = case else { return Ok(None) };
    let span = notice::span(desk, case).filter(|span| span.holds(seq));
    let until = desk.judge().withheld(case).and_then(|withheld| withheld.until);
    Ok(span.and_then(|span| span.over.map(|(_, at)| at).or(until)))
}

/// What restricting reach means: nothing recommends or finds it, a screen stands before it, and
/// nobody comments.
fn reach(planned: &ActionPlanned, effect: Effect) -> Option<Value> {
    let is_restricted = planned.kind == ActionKind::Restrict.as_str() && effect == Effect::Do;
    is_restricted.then(|| {
        json!({
            "recommended": false,
            "searchable": false,
            "interstitial": true,
            "comments": false,
        })
    })
}

/// The subject by the platform's own ids.
pub(super) fn named(desk: &mut Desk<'_>, subject: SubjectSeen) -> anyhow::Result<Option<Value>> {
    let account = |desk: &mut Desk<'_>, own: Option<u64>| -> anyhow::Result<Option<String>> {
        let Some(own) = own else { return Ok(None) };
        Ok(desk.person(AccountId(own))?.id)
    };
    Ok(match subject {
        SubjectSeen::Account { account: own } => {
            let id = account(desk, Some(own))?;
            id.map(|id| json!({ "type": "account", "account": id }))
        }
        SubjectSeen::Post { position, account: own } => {
            let author = account(desk, own)?;
            let post = desk.post_id(position);
            post.map(|post| json!({ "type": "post", "post": post, "account": author }))
        }
        SubjectSeen::Entry { .. } => None,
    })
}

/// Order is kept among the instructions about one account, its posts included.
pub(super) fn order_key(subject: SubjectSeen) -> [u8; 16] {
    let (kind, number): (u64, u64) = match (subject.account(), subject) {
        (Some(account), _) => (1, account.0),
        (None, SubjectSeen::Post { position, .. }) => (2, position),
        (None, SubjectSeen::Account { account }) => (1, account),
        (None, SubjectSeen::Entry { entry }) => (3, entry),
    };
    let mut key = [0; 16];
    key[..8].copy_from_slice(&kind.to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Signed links by which somebody appeals against one action, and nothing else.
#[derive(Clone)]
pub(crate) struct AppealLinks {
    key: [u8; 32],
    public_url: Option<String>,
}

impl AppealLinks {
    /// Links under the folder's key, at the address that the public sees.
    pub(crate) fn new(key: [u8; 32], public_url: Option<String>) -> Self {
        Self { key, public_url }
    }

    /// The token for an action.
    pub(crate) fn token(&self, action: u64) -> String {
        let mac = self.mac(PURPOSE, action).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(mac)
    }

    /// The id of the event by which an action is appealed against: always the same, and nobody
    /// else can send an event under it first.
    pub(crate) fn event_id(&self, action: u64) -> String {
        let mac = self.mac(EVENT_PURPOSE, action).finalize().into_bytes();
        format!("seawall-appeal-{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Whether a token is that of an action. Takes the same time wherever they differ.
    pub(crate) fn fits(&self, action: u64, token: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        self.mac(PURPOSE, action).verify_slice(&given).is_ok()
    }

    fn mac(&self, purpose: &[u8], action: u64) -> Hmac<Sha256> {
        let mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of every length"),
        };
        mac.chain_update(purpose).chain_update(action.to_be_bytes())
    }

    /// What is told of it with a notice: its token and, where the public sees an address, the link.
    pub(crate) fn told(&self, action: u64) -> Value {
        let token = self.token(action);
        let url = self.public_url.as_ref().map(|base| {
            format!("{}/v1/appeals/form/a{action}?token={token}", base.trim_end_matches('/'))
        });
        json!({ "token": token, "url": url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_for_one_action_of_one_folder() {
        let links = AppealLinks::new([1; 32], None);
        let other = AppealLinks::new([2; 32], None);
        assert!(links.fits(7, &links.token(7)));
        assert!(!links.fits(8, &links.token(7)));
        assert!(!links.fits(7, &other.token(7)));
        assert!(!links.fits(7, ""));
    }

    #[test]
    fn the_id_of_an_appeal_is_not_guessed_and_tells_no_token() {
        let links = AppealLinks::new([1; 32], None);
        let other = AppealLinks::new([2; 32], None);
        assert_eq!(links.event_id(7), links.event_id(7));
        assert_ne!(links.event_id(7), links.event_id(8));
        assert_ne!(links.event_id(7), other.event_id(7));
        assert!(!links.event_id(7).contains(&links.token(7)));
    }
}
