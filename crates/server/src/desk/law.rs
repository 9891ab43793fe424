//! What each ruling on a case needs, asked of law 1 and told in its words.

use seawall_decision::law::{Permitted, Refused, Sentence};
use seawall_model::journal::{EvidenceSeen, SubjectSeen};
use seawall_model::knowledge::FileClass;
use seawall_model::{ActionKind, CaseId, EntryId, ReviewerId};
use seawall_pipeline::Judge;
use seawall_review::{Case, CaseState, Saw};

use super::ruling::is_untold;
use super::{Desk, DeskError, NAME_CHARS_MAX, Register, Viewer, Way, evidence, register};
use crate::show;

/// Why a second post of an account is not restricted as well.
const SPENT: &str = "the account was restricted without a person already, and the 72 hours are \
                     counted from then: ask a reviewer";
/// The name in the journal of what is missing where only room is.
pub const QUOTA: &str = "quota";
/// That in words.
pub const QUOTA_WORDS: &str = "as many actions were taken in 24 hours as may be; it is kept, and \
                               decided in its turn as soon as there is room";
/// Why nothing more is restricted without a person today.
const QUOTA_UNATTENDED: &str = "as many posts and accounts were restricted without a person in 24 \
                                hours as may be: ask a reviewer";
/// Why nothing unattended is done to what nobody is known to have posted.
const NO_ACCOUNT: &str = "whose it is was not told, and nothing unattended is done then: ask a \
                          reviewer";
/// What stands against it in the end, told to whom read the register.
const PROTECTED: &str = "the account is in the protected register: ask a reviewer";
/// Law 1 would permit it, and is asked when a case changes.
const NOTHING_NOW: &str = "nothing stands against it any more; law 1 is asked when something new \
                           becomes known of the case";
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
pub struct Need {
    /// What is ruled.
    pub kind: ActionKind,
    /// What the reviewer saw.
    pub saw: Saw,
    /// What is missing; nothing if one reviewer suffices.
    pub missing: Vec<Sentence>,
}

/// What can be looked at: content that is there, and what a case rests on.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn sights(desk: &mut Desk<'_>, case: &Case) -> Result<Vec<Saw>, DeskError> {
    if is_untold(case) {
        return Ok(Vec::new());
    }
    let has_content = desk.has_content(case)?;
    let counts = |piece: &&EvidenceSeen| Judge::counts(case, piece, desk.active());
    let has = |kind: &str| case.evidence.iter().filter(counts).any(|piece| piece.kind == kind);
    let is_seen = |saw: &Saw| match saw {
        Saw::Content => has_content,
        Saw::File => has("bank_match"),
        Saw::Links => has("comeback"),
    };
    Ok(Saw::ALL.into_iter().filter(is_seen).collect())
}

/// What each ruling that fits a case needs beyond one reviewer.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn needs(desk: &mut Desk<'_>, case: &Case) -> Result<Vec<Need>, DeskError> {
    let (sights, mut needs) = (sights(desk, case)?, Vec::new());
    if case.is_deleted {
        return Ok(needs);
    }
    for kind in KINDS.into_iter().filter(|kind| seawall_action::fits(*kind, case.subject)) {
        for saw in &sights {
            needs.push(Need { kind, saw: *saw, missing: missing(desk, case, kind, *saw) });
        }
    }
    Ok(needs)
}

/// What one reviewer lacks; of several, what any of them lacks.
fn missing(desk: &Desk<'_>, case: &Case, kind: ActionKind, saw: Saw) -> Vec<Sentence> {
    let reviewers = desk.judge().reviewers().filter(|(_, signs)| *signs).map(|(id, _)| id);
    let mut reviewers: Vec<ReviewerId> = reviewers.collect();
    if reviewers.is_empty() {
        reviewers.push(ReviewerId(u64::MAX));
    }
    let mut missing: Vec<Sentence> = Vec::new();
    for reviewer in reviewers {
        let saw = [(reviewer, saw)];
        let asked = desk.judge().would_permit(case, kind, &saw, desk.now(), desk.active());
        missing.extend(asked.err().iter().flat_map(Refused::sentences));
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// The gravest ruling that fits: what a case of the network comes to.
#[must_use]
pub fn gravest(case: &Case) -> Option<ActionKind> {
    if case.is_deleted {
        return None;
    }
    KINDS.into_iter().rev().find(|kind| seawall_action::fits(*kind, case.subject))
}

/// The gravest ruling that can be proposed, and what has to be seen for it: rather what is
/// told here than what has to be opened. `None` where law 1 permits it to nobody, or the policy
/// is not in force, so that it would be refused.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn proposed(desk: &mut Desk<'_>, case: &Case) -> Result<Option<(ActionKind, Saw)>, DeskError> {
    let Some(kind) = gravest(case) else { return Ok(None) };
    if without_policy(desk, case).is_some() {
        return Ok(None);
    }
    let mut sights = sights(desk, case)?;
    sights.sort_by_key(|saw| *saw == Saw::Content);
    // A second person can be had; evidence that is not there cannot.
    let is_had = |sentence: &Sentence| *sentence == Sentence::ManyAccountsNeedTwoPeople;
    let permits = |saw: &Saw| missing(desk, case, kind, *saw).iter().all(is_had);
    Ok(sights.into_iter().find(permits).map(|saw| (kind, saw)))
}

/// Why nothing can be proposed, or why content has to be looked at; nothing for most cases.
#[must_use]
pub fn caution(
    desk: &Desk<'_>,
    case: &Case,
    proposed: Option<(ActionKind, Saw)>,
) -> Option<String> {
    without_policy(desk, case).or_else(|| cautioned(case, proposed).map(str::to_owned))
}

fn cautioned(case: &Case, proposed: Option<(ActionKind, Saw)>) -> Option<&'static str> {
    match (case.subject, proposed) {
        (SubjectSeen::Account { .. }, None) => Some(
            "one family of evidence is not enough to suspend, and no post of the account is here \
             to look at: wait for more, or keep it",
        ),
        (SubjectSeen::Account { .. }, Some((_, Saw::Content))) => {
            Some("one family of evidence is not enough by itself: look at what it posts, above")
        }
        (SubjectSeen::Post { .. }, None) if case.is_deleted => {
            Some("it was deleted: there is nothing to act on, and it can only be kept")
        }
        (SubjectSeen::Post { .. }, None) if case.content == 0 => {
            Some("the post itself was not told: nobody can see it, and it can only be kept")
        }
        (SubjectSeen::Post { .. }, None) => {
            Some("its content is gone: nobody can see it any more, and it can only be kept")
        }
        _ => None,
    }
}

/// What is missing, in a few words.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn brief(
    desk: &mut Desk<'_>,
    id: CaseId,
    case: &Case,
    viewer: Viewer,
) -> Result<String, DeskError> {
    match case.state {
        CaseState::Open => {}
        CaseState::Decided(decision) => return Ok(format!("nothing: decided by {decision}")),
        CaseState::Withdrawn => return Ok("nothing: its evidence is gone".into()),
    }
    if let Some(last) = case.heard.iter().rev().find(|heard| viewer.sees(heard.reviewer)) {
        if desk.judge().held().any(|held| held == (id, last.reviewer)) {
            let (by, ruled) = (last.reviewer, last.ruled.as_str());
            return Ok(format!("room: {by} ruled {ruled}, and the day's quota is spent"));
        }
        return Ok(format!("{} ruled {}: more is needed", last.reviewer, last.ruled.as_str()));
    }
    if !case.heard.is_empty() {
        let held = show::counted(case.heard.len() as u64, "ruling is", "rulings are");
        return Ok(format!("{held} held: a reviewer who reads it afresh"));
    }
    if let Some(missing) = without_policy(desk, case) {
        return Ok(format!("a policy: {missing}"));
    }
    let proposed = proposed(desk, case)?;
    Ok(match (proposed, case.subject) {
        (Some((_, Saw::Content)), _) => "a reviewer who opens the content".into(),
        (Some((_, saw)), _) => format!("a reviewer who saw the {}", saw_words(saw)),
        (None, SubjectSeen::Entry { .. }) => "a reviewer who looks at it again".into(),
        (None, SubjectSeen::Account { .. }) => {
            "a second family of evidence, or a post to look at".into()
        }
        (None, SubjectSeen::Post { .. }) if case.is_deleted => "nothing: it was deleted".into(),
        (None, SubjectSeen::Post { .. }) => "nothing that there is: its content is gone".into(),
    })
}

fn saw_words(saw: Saw) -> &'static str {
    match saw {
        Saw::Content => "content",
        Saw::File => "file",
        Saw::Links => "links",
    }
}

/// A sentence in words, without what the register says.
#[must_use]
pub fn words(sentence: Sentence) -> &'static str {
    match sentence {
        Sentence::UnattendedNeverProtected => register::SEALED,
        sentence => sentence.message(),
    }
}

/// Why nothing was restricted without a person, a line each; none if no file of a bank was
/// met. The register is told of only where it was read: otherwise what is told of those who are
/// in it is what is told of those who are not.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn unattended(desk: &mut Desk<'_>, case: &Case) -> Result<Vec<String>, DeskError> {
    if !evidence::is_exact(case) {
        return Ok(Vec::new());
    }
    let Some(policy) = desk.active().policy(&case.policy) else {
        return Ok(vec![no_policy(desk, case)]);
    };
    let hours = policy.unattended_hours;
    if hours == 0 {
        return Ok(vec!["its policy restricts nothing without a person".to_owned()]);
    }
    let until = desk.now().plus_seconds(i64::from(hours) * 3_600);
    let asked = desk.judge().would_restrict(case, until, desk.now(), desk.active());
    if let (Ok(Permitted::Held), Register::Read) = (&asked, desk.register()) {
        // Without a key it is told as of an account that is in the register.
        return Ok(vec![QUOTA_UNATTENDED.to_owned()]);
    }
    let refused = asked.err();
    let said = |sentence: Sentence| match sentence {
        // What its policy allows is within the law, so that the rest was used up.
        Sentence::UnattendedAtMost72Hours => Some(SPENT.to_owned()),
        Sentence::UnattendedNeverProtected if case.subject.account().is_none() => {
            Some(NO_ACCOUNT.to_owned())
        }
        Sentence::UnattendedNeverProtected => {
            (desk.register() == Register::Read).then(|| PROTECTED.to_owned())
        }
        sentence => Some(words(sentence).to_owned()),
    };
    let mut lines: Vec<String> =
        refused.iter().flat_map(Refused::sentences).filter_map(said).collect();
    lines.extend(classes_that_differ(desk, case));
    if lines.is_empty() {
        lines.push(match desk.register() {
            Register::Sealed => desk.sealed().to_owned(),
            Register::Read => NOTHING_NOW.to_owned(),
        });
    }
    Ok(lines)
}

/// Where entries of banks say of one file that it is of different classes: people look at it.
fn classes_that_differ(desk: &Desk<'_>, case: &Case) -> Option<String> {
    let pieces = case.evidence.iter().filter(|piece| piece.distance == Some(0));
    let entries = pieces.filter_map(|piece| piece.entry).map(EntryId);
    let said: Vec<(EntryId, FileClass)> = entries
        .filter_map(|entry| desk.active().hash(entry).map(|(_, class)| (entry, class)))
        .collect();
    let (_, first) = said.first()?;
    if said.iter().all(|(_, class)| class == first) {
        return None;
    }
    let named = said.iter().map(|(entry, class)| format!("{} by {entry}", class.as_str()));
    let named = named.collect::<Vec<_>>().join(", ");
    Some(format!("the file is of different classes ({named}): a reviewer says what it is"))
}

/// What is told of a case whose policy is not in force.
fn no_policy(desk: &Desk<'_>, case: &Case) -> String {
    let policy = show::foreign(&case.policy, NAME_CHARS_MAX);
    let by = match desk.way() {
        Way::Typed => "--policy ID",
        Way::Sent => "`policy` of the ruling",
    };
    format!(
        "its policy {policy} is not in force: nothing can be done under it; add it again, or rule \
         under another ({by})"
    )
}

/// Why nothing can be done under the policy of a case; `None` where it is in force, and for
/// cases that have none.
#[must_use]
pub fn without_policy(desk: &Desk<'_>, case: &Case) -> Option<String> {
    let is_about_entry = matches!(case.subject, SubjectSeen::Entry { .. });
    let is_there = is_about_entry || desk.active().policy(&case.policy).is_some();
    (!is_there).then(|| no_policy(desk, case))
}

/// What a ruling lacks, by its name in the journal, in words; a name of another build as it is.
#[must_use]
pub fn lacking(name: &str) -> &str {
    match (sentence(name), name) {
        (Some(sentence), _) => words(sentence),
        (None, QUOTA) => QUOTA_WORDS,
        (None, "two_people") => "two people must stand for it",
        (None, "a_policy_in_force") => {
            "the version of the policy that it cites is in force no more: rule under the newest"
        }
        (None, "a_ground_that_stands") => "what it would rest on is in force no more",
        (None, "room") => "there is no room for another decision",
        (None, name) => name,
    }
}

/// The sentence of a name in the journal, such as `links_need_two_families`.
#[must_use]
pub fn sentence(name: &str) -> Option<Sentence> {
    let is_it = |sentence: &Sentence| {
        let spelt = format!("{sentence:?}").to_lowercase();
        spelt == name.replace('_', "")
    };
    Sentence::ALL.into_iter().find(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_found_by_its_name_in_the_journal() {
        assert_eq!(sentence("links_need_two_families"), Some(Sentence::LinksNeedTwoFamilies));
        assert_eq!(sentence("unattended_at_most72_hours"), Some(Sentence::UnattendedAtMost72Hours));
        assert_eq!(sentence("two_people"), None);
        assert_eq!(lacking("links_need_two_families"), words(Sentence::LinksNeedTwoFamilies));
        assert_eq!(lacking(QUOTA), QUOTA_WORDS);
        assert_eq!(lacking("what_another_build_asked"), "what_another_build_asked");
    }
}
