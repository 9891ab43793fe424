//! What each ruling on a case needs, asked of law 1 and told in its words.

use seawall_decision::law::{Refused, Sentence};
use seawall_model::{ActionKind, ReviewerId};
use seawall_review::{Case, CaseState, Saw};
use serde_json::{Value, json};

use super::desk::Desk;
use super::evidence;

/// Why a second post of an account is not restricted as well.
const SPENT: &str = "the account was restricted without a person already, and the 72 hours are \
                     counted from then: ask a reviewer";
/// Actions that a reviewer can rule, the lightest first.
const KINDS: [ActionKind; 5] = [
    ActionKind::Restrict,
    ActionKind::Interstitial,
    ActionKind::Label,
    ActionKind::Remove,
    ActionKind::Suspend,
];

/// What one ruling needs of a reviewer who saw this.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub(super) kind: ActionKind,
    pub(super) saw: Saw,
    /// What is missing; nothing if one reviewer suffices.
    pub(super) missing: Vec<Sentence>,
}

/// What can be looked at: what a case rests on.
fn sights(case: &Case) -> Vec<Saw> {
    let has = |kind: &str| case.evidence.iter().any(|piece| piece.kind == kind);
    let is_seen = |saw: &Saw| match saw {
        Saw::Content => true,
        Saw::File => has("bank_match"),
        Saw::Links => has("comeback"),
    };
    Saw::ALL.into_iter().filter(is_seen).collect()
}

/// What each ruling that fits a case needs beyond one reviewer.
pub(super) fn needs(desk: &Desk, case: &Case) -> Vec<Need> {
    let mut needs = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| seawall_action::fits(*kind, case.subject)) {
        for saw in sights(case) {
            needs.push(Need { kind, saw, missing: missing(desk, case, kind, saw) });
        }
    }
    needs
}

/// What one reviewer lacks; of several, what any of them lacks.
fn missing(desk: &Desk, case: &Case, kind: ActionKind, saw: Saw) -> Vec<Sentence> {
    let reviewers = desk.judge().reviewers().filter(|(_, signs)| *signs).map(|(id, _)| id);
    let mut reviewers: Vec<ReviewerId> = reviewers.collect();
    if reviewers.is_empty() {
        reviewers.push(ReviewerId(u64::MAX));
    }
    let mut missing: Vec<Sentence> = Vec::new();
    for reviewer in reviewers {
        let saw = [(reviewer, saw)];
        let asked = desk.judge().would_permit(case, kind, &saw, desk.now, desk.active());
        missing.extend(asked.err().iter().flat_map(Refused::sentences));
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// The gravest ruling that fits: what a case of the network comes to.
pub(super) fn gravest(case: &Case) -> Option<ActionKind> {
    KINDS.into_iter().rev().find(|kind| seawall_action::fits(*kind, case.subject))
}

/// What is missing, in a few words.
pub(super) fn brief(desk: &Desk, case: &Case) -> String {
    match case.state {
        CaseState::Open => {}
        CaseState::Decided(decision) => return format!("nothing: decided by {decision}"),
        CaseState::Withdrawn => return "nothing: its evidence is gone".into(),
    }
    if let Some(last) = case.heard.last() {
        return format!("{} ruled {}: more is needed", last.reviewer, last.ruled.as_str());
    }
    let Some(kind) = gravest(case) else { return "a reviewer".into() };
    let blind: Vec<Saw> = sights(case).into_iter().filter(|saw| *saw != Saw::Content).collect();
    let enough = blind.into_iter().find(|saw| missing(desk, case, kind, *saw).is_empty());
    match enough {
        Some(saw) => format!("a reviewer who saw the {}", saw_words(saw)),
        None => "a reviewer who opens the content".into(),
    }
}

fn saw_words(saw: Saw) -> &'static str {
    match saw {
        Saw::Content => "content",
        Saw::File => "file",
        Saw::Links => "links",
    }
}

/// What each ruling needs, a line each.
pub(super) fn lines(desk: &Desk, case: &Case) -> Vec<String> {
    let mut lines = vec!["keep, keep-documents: one reviewer".to_owned()];
    for need in needs(desk, case) {
        let (kind, saw) = (need.kind.as_str(), need.saw.as_str());
        if need.missing.is_empty() {
            lines.push(format!("{kind} --saw {saw}: one reviewer"));
            continue;
        }
        lines.push(format!("{kind} --saw {saw} is not enough:"));
        lines.extend(need.missing.iter().map(|sentence| format!("  {}", sentence.message())));
    }
    lines
}

/// Why nothing was restricted without a person, a line each; none if something was, or if
/// no file of a bank was met.
pub(super) fn unattended(desk: &mut Desk, case: &Case) -> anyhow::Result<Vec<String>> {
    if !evidence::is_exact(case) {
        return Ok(Vec::new());
    }
    let created_at = match case.subject.account() {
        Some(account) => desk.person(account)?.created_at,
        None => None,
    };
    let hours = desk.active().policy(&case.policy).map_or(0, |policy| policy.unattended_hours);
    if hours == 0 {
        return Ok(vec!["its policy restricts nothing without a person".to_owned()]);
    }
    let asked = desk.judge().would_restrict(case, created_at, hours, desk.active());
    let refused = asked.err();
    let sentences = refused.iter().flat_map(Refused::sentences);
    let said = |sentence: Sentence| match sentence {
        // What its policy allows is within the law, so that the rest was used up.
        Sentence::UnattendedAtMost72Hours => SPENT.to_owned(),
        sentence => sentence.message().to_owned(),
    };
    Ok(sentences.map(said).collect())
}

/// The sentence of a name in the journal, such as `links_need_two_families`.
pub(super) fn sentence(name: &str) -> Option<Sentence> {
    let is_it = |sentence: &Sentence| {
        let spelt = format!("{sentence:?}").to_lowercase();
        spelt == name.replace('_', "")
    };
    Sentence::ALL.into_iter().find(is_it)
}

/// What each ruling needs, as JSON.
pub(super) fn json(desk: &Desk, case: &Case) -> Value {
    let needs = needs(desk, case);
    let rows = needs.iter().map(|need| {
        let missing: Vec<&str> = need.missing.iter().map(|sentence| sentence.message()).collect();
        json!({ "ruling": need.kind.as_str(), "saw": need.saw.as_str(), "missing": missing })
    });
    Value::Array(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_found_by_its_name_in_the_journal() {
        assert_eq!(sentence("links_need_two_families"), Some(Sentence::LinksNeedTwoFamilies));
        assert_eq!(sentence("unattended_at_most72_hours"), Some(Sentence::UnattendedAtMost72Hours));
        assert_eq!(sentence("two_people"), None);
    }
}
