//! What an instruction says to the platform: what to do, to whom, until when, under which
//! policy, and the notice that the account is to be shown.
//!
//! It names the subject by the platform's own ids and nobody else; the notice is the one that
//! law 8 permits. Where the account was erased there is nobody to act on, and nothing is said.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use seawall_model::journal::{ActionPlanned, Body, SubjectSeen};
use seawall_model::{AccountId, ActionKind, AppealId, CaseId, DecisionId, Timestamp};
use seawall_store::{Effect, InstructionId, NewInstruction, Recorded};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::ServeConfig;
use crate::desk::notice::{Letter, Tells};
use crate::desk::view::NoticeView;
use crate::desk::{Desk, notice};

/// Notices of one message at most, so that it stays within what receivers take: of one action
/// there are those of its beginning, its end and an appeal.
const NOTICES_PER_MESSAGE: usize = 3;
/// What an appeal link is signed for, so that no signature of ours can be used for another.
const PURPOSE: &[u8] = b"seawall appeal 1\n";

/// An instruction that is to be made.
pub(super) struct Asked {
    action: u64,
    effect: Effect,
    planned: Option<ActionPlanned>,
    decision: Option<u64>,
    case: Option<u64>,
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
        let (action, effect) = (planned.action, Effect::Do);
        Self { action, effect, planned: Some(planned.clone()), decision, case, at, not_before }
    }

    /// That an action be taken back: never held back.
    pub(super) fn undo(action: u64, at: Timestamp) -> Self {
        let (planned, decision, case) = (None, None, None);
        Self { action, effect: Effect::Undo, planned, decision, case, at, not_before: at }
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
    appeals: AppealLinks,
}

impl Saying {
    pub(super) fn new(key: [u8; 32], serve: &ServeConfig) -> Self {
        Self { appeals: AppealLinks::new(key, serve.public_url.clone()) }
    }

    /// The instruction that follows from the entry `seq`, where there is somebody to act on.
    pub(super) fn instruction(
        &self,
        desk: &mut Desk<'_>,
        asked: Asked,
        seq: u64,
    ) -> anyhow::Result<Option<NewInstruction>> {
        let known = desk.judge().actions().known(asked.action);
        let subject = asked.planned.as_ref().map(|planned| planned.subject);
        let Some(subject) = subject.or(known.map(|known| known.subject)) else { return Ok(None) };
        let case = asked.case.map(CaseId).or(known.map(|known| known.case));
        let decision = asked.decision.map(DecisionId).or(known.and_then(|known| known.decision));
        let Some(named) = named(desk, subject)? else {
            tracing::warn!(action = asked.action, "nobody to act on: the account was erased");
            return Ok(None);
        };
        let planned = match &asked.planned {
            Some(planned) => Some(planned.clone()),
            None => match case {
                Some(case) => {
                    let mut done = desk.actions_on(case)?;
                    done.remove(&asked.action).map(|done| done.action)
                }
                None => None,
            },
        };
        let Some(planned) = planned else { return Ok(None) };
        let telling = match withheld_until(desk, case, seq)? {
            Some(until) => Telling::Withheld(until),
            None => Telling::Now(self.notice(desk, &asked, case, decision)?),
        };
        let payload = self.payload(&asked, &planned, named, (case, decision), telling)?;
        Ok(Some(NewInstruction {
            id: InstructionId { action: asked.action, effect: asked.effect },
            order_key: order_key(subject),
            not_before: asked.not_before,
            payload,
        }))
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

    fn payload(
        &self,
        asked: &Asked,
        planned: &ActionPlanned,
        subject: Value,
        (case, decision): (Option<CaseId>, Option<DecisionId>),
        telling: Telling,
    ) -> anyhow::Result<Vec<u8>> {
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
        let said = json!({
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
                "notice": notice,
                "notice_withheld_until": withheld_until.map(|until| until.to_string()),
                "appeal": appeal,
            },
        });
        Ok(serde_json::to_vec(&said)?)
    }

    /// What became of an appeal that undid nothing, where nothing withholds it. What an appeal
    /// undid is told with the undoing.
    pub(super) fn answer(
        &self,
        desk: &mut Desk<'_>,
        recorded: &Recorded,
    ) -> anyhow::Result<Option<NewInstruction>> {
        let (body, at) = (&recorded.entry.body, recorded.entry.at);
        let Body::AppealDecided { appeal, .. } = body else { return Ok(None) };
        let Some(appeal) = desk.judge().appeals().get(AppealId(*appeal)).copied() else {
            return Ok(None);
        };
        let withheld = withheld_until(desk, Some(appeal.case), recorded.entry.seq)?;
        let letter = notice::of_appeal(desk, body, at)?.filter(|_| withheld.is_none());
        let Some(letter) = letter else { return Ok(None) };
        let about = (appeal.action, Effect::Answer, appeal.case);
        self.letters(desk, about, &[letter], at)
    }

    /// All notices of a case that an order withheld, in the order in which they were due.
    pub(super) fn withheld(
        &self,
        desk: &mut Desk<'_>,
        case: CaseId,
        at: Timestamp,
    ) -> anyhow::Result<Vec<NewInstruction>> {
        let Some(span) = notice::span(desk, case) else { return Ok(Vec::new()) };
        let over = span.over.map_or(u64::MAX, |(seq, _)| seq);
        let mut letters = notice::of_case_within(desk, case, span.since + 1..over)?;
        letters.reverse();
        // An action has at most that many notices, so that there is an action for each message.
        let messages = letters.chunks(NOTICES_PER_MESSAGE);
        let actions: Vec<u64> = desk.actions_on(case)?.into_keys().collect();
        let last = actions.len().saturating_sub(messages.len());
        let mut new = Vec::with_capacity(messages.len());
        for (letters, action) in messages.zip(&actions[last..]) {
            new.extend(self.letters(desk, (*action, Effect::Notice, case), letters, at)?);
        }
        Ok(new)
    }

    /// A message that asks for nothing but to show the account these notices.
    fn letters(
        &self,
        desk: &mut Desk<'_>,
        (action, effect, case): (u64, Effect, CaseId),
        letters: &[Letter],
        at: Timestamp,
    ) -> anyhow::Result<Option<NewInstruction>> {
        let Some(known) = desk.judge().actions().known(action) else { return Ok(None) };
        let Some(subject) = named(desk, known.subject)? else {
            tracing::warn!(action, "nobody to tell: the account was erased");
            return Ok(None);
        };
        let in_force = desk.judge().actions().in_force(action).is_some();
        let was_appealed = desk.judge().appeals().against(action).is_some();
        let can_appeal = effect == Effect::Notice && in_force && !was_appealed;
        let notices: Vec<NoticeView> = letters.iter().map(NoticeView::from).collect();
        let said = json!({
            "type": "seawall.notice",
            "timestamp": at.to_string(),
            "data": {
                "action": format!("a{action}"),
                "subject": subject,
                "case": case.to_string(),
                "notices": notices,
                "appeal": can_appeal.then(|| self.appeals.told(action)),
            },
        });
        Ok(Some(NewInstruction {
            id: InstructionId { action, effect },
            order_key: order_key(known.subject),
            not_before: at,
            payload: serde_json::to_vec(&said)?,
        }))
    }
}

/// Until when the notices of this entry of the journal are withheld, or were.
fn withheld_until(
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
fn named(desk: &mut Desk<'_>, subject: SubjectSeen) -> anyhow::Result<Option<Value>> {
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
fn order_key(subject: SubjectSeen) -> [u8; 16] {
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
        let mac = self.mac(action).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(mac)
    }

    /// Whether a token is that of an action. Takes the same time wherever they differ.
    pub(crate) fn fits(&self, action: u64, token: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        self.mac(action).verify_slice(&given).is_ok()
    }

    fn mac(&self, action: u64) -> Hmac<Sha256> {
        let mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of every length"),
        };
        mac.chain_update(PURPOSE).chain_update(action.to_be_bytes())
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
}
