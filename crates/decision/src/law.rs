//! Law 1 as one function: what may be done, and which sentences stand against it.
//!
//! [`permitted`] takes a [`Proposal`] and gives either leave or the list of broken
//! sentences. Where types can refuse, there is no sentence: see `proposal`. Leaves out
//! finding the facts: rarity is measured by `link`, confirmations are kept by
//! [`Supports`](crate::Supports), orders are checked by `comply`.

mod copy;
mod families;
#[cfg(test)]
mod property_tests;
mod proposal;
mod refused;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use seawall_model::{AccountId, ActionKind, Family, Gravity, PlatformId, Timestamp};

pub use copy::{Closeness, Copy, FileRuling, Inherits, Protection, inherits};
pub use families::{FAMILY_WEIGHT_MIN, independent_families};
pub use proposal::{
    Account, AccountAct, Basis, Evidence, GOOD_STANDING_SECONDS, Inputs, Material, Order, Outward,
    Post, PostAct, Proposal, Quota, Readers, Repute, Reversal, Ruling, Shared, Sight, Source,
    Subject, Until, Validity, Vault,
};
use refused::Broken;
pub use refused::{Refused, Sentence};
pub use seawall_model::knowledge::FileClass;

/// Longest restriction without a person, in seconds: 72 hours.
pub const UNATTENDED_SECONDS_MAX: i64 = 72 * 3600;
/// Accounts that one person alone may act on gravely.
pub const ALONE_ACCOUNTS_MAX: u64 = 25;
/// Seconds within which an order that was executed is read second: a day.
pub const SECOND_READING_SECONDS: i64 = 24 * 3600;
/// People who confirm a bank entry before anything unattended follows from it.
pub const CONFIRMATIONS_MIN: usize = 2;
/// Independent families that an account is acted on for its links.
pub const FAMILIES_MIN: u32 = 2;

/// Leave to do what was proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permitted {
    /// It may be done at once.
    Now {
        /// When a second person has to have read it; `None` if nobody has to.
        second_reading_due: Option<Timestamp>,
    },
    /// It may be done, and the quota is spent: it becomes a held case, and is never dropped.
    Held,
}

/// Says whether a proposal may be carried out.
///
/// Grave action needs people; unattended, reach may be restricted for at most 72 hours and
/// only on an exact match that two people confirmed. See [`Sentence`] for all of it. A
/// proposal over quota is [`Permitted::Held`]; an order or a reversal never is.
///
/// # Errors
/// [`Refused`] lists every sentence that is broken, and which posts or accounts break it.
///
/// Cost: a few passes over the posts or accounts and their evidence; one set of accounts.
pub fn permitted(proposal: &Proposal<'_>, now: Timestamp) -> Result<Permitted, Refused> {
    match proposal {
        Proposal::OnPosts { act, posts, basis, quota } => {
            let subjects: Vec<&Subject<'_>> = posts.iter().map(|post| &post.subject).collect();
            let until = if let PostAct::Restrict(until) = act { Some(*until) } else { None };
            let mut broken = Broken::default();
            if let PostAct::Destroy(vault) = act {
                keeping(*vault, now, &mut broken);
            }
            if let PostAct::Share(_) = act {
                leaving(posts, &mut broken);
            }
            let asked = Asked { kind: act.kind(), on: On::Posts, until, subjects, now };
            by_basis(&asked, basis, *quota, broken)
        }
        Proposal::OnAccounts { act, accounts, basis, quota } => {
            let subjects: Vec<&Subject<'_>> = accounts.iter().collect();
            let until = if let AccountAct::Restrict(until) = act { Some(*until) } else { None };
            let asked = Asked { kind: act.kind(), on: On::Accounts, until, subjects, now };
            by_basis(&asked, basis, *quota, Broken::default())
        }
        Proposal::Ordered { posts, order } => ordered(posts, order, now),
        Proposal::Reversal(reversal) => reversed(reversal),
    }
}

/// Posts and accounts alike, as the laws below ask about them.
struct Asked<'a> {
    kind: ActionKind,
    on: On,
    until: Option<Until>,
    subjects: Vec<&'a Subject<'a>>,
    now: Timestamp,
}

/// What is acted on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Posts,
    Accounts,
}

fn by_basis(
    asked: &Asked<'_>,
    basis: &Basis<'_>,
    quota: Quota,
    mut broken: Broken,
) -> Result<Permitted, Refused> {
    if asked.subjects.is_empty() {
        broken.whole(Sentence::NothingNamed);
    }
    match basis {
        Basis::Unattended(inputs) => unattended(asked, *inputs, &mut broken),
        Basis::Ruled(ruling) if asked.kind.gravity() == Gravity::Grave => {
            grave(asked, ruling, &mut broken);
        }
        Basis::Ruled(ruling) => light(asked, ruling, &mut broken),
    }
    broken.outcome()?;
    Ok(match quota {
        Quota::Within => Permitted::Now { second_reading_due: None },
        Quota::Spent => Permitted::Held,
    })
}

/// Law 6: kept sealed for a stated time, then destroyed; without a vault, nothing is.
fn keeping(vault: Vault, now: Timestamp, broken: &mut Broken) {
    match vault {
        Vault::Absent => broken.whole(Sentence::NoDestructionWithoutVault),
        Vault::Sealed { until } if now < until => broken.whole(Sentence::KeptForItsTime),
        Vault::Sealed { .. } => {}
    }
}

/// Law 6: material marked as suspected child abuse leaves every export at once.
fn leaving(posts: &[Post<'_>], broken: &mut Broken) {
    for (index, post) in posts.iter().enumerate() {
        if post.material == Material::SuspectedChildAbuse {
            broken.one(Sentence::OnlyByTheConfiguredRoute, index);
        }
    }
}

/// What Seawall may do without a person.
fn unattended(asked: &Asked<'_>, inputs: Inputs, broken: &mut Broken) {
    if asked.kind.gravity() == Gravity::Grave {
        broken.whole(Sentence::GraveNeedsPeople);
    }
    if inputs == Inputs::Missing {
        broken.whole(Sentence::MissingIsNeverAutomatic);
    }
    match asked.until {
        None => broken.whole(Sentence::UnattendedOnlyRestricts),
        Some(Until::Lifted) => broken.whole(Sentence::UnattendedLapsesByItself),
        Some(Until::Lapses(end)) => {
            for (index, subject) in asked.subjects.iter().enumerate() {
                let since = subject.account.restricted_since.unwrap_or(asked.now).min(asked.now);
                if end > since.plus_seconds(UNATTENDED_SECONDS_MAX) {
                    broken.one(Sentence::UnattendedAtMost72Hours, index);
                }
            }
        }
    }
    for (index, subject) in asked.subjects.iter().enumerate() {
        if subject.account.protection != Protection::Unprotected {
            broken.one(Sentence::UnattendedNeverProtected, index);
        }
        if subject.account.repute(asked.now) != Repute::NotGood {
            broken.one(Sentence::UnattendedNeverInGoodStanding, index);
        }
        confirmed_match(index, subject.evidence, broken);
    }
}

/// An exact match to a bank entry of supporting material that two people confirmed.
fn confirmed_match(index: usize, evidence: &[Evidence<'_>], broken: &mut Broken) {
    let confirmations = evidence.iter().filter_map(|piece| match piece {
        Evidence::Match {
            closeness: Closeness::Exact,
            class: FileClass::Support,
            confirmed_by,
            ..
        } => Some(confirmed_by.len()),
        _ => None,
    });
    match confirmations.max() {
        Some(most) if most >= CONFIRMATIONS_MIN => {}
        Some(_) => broken.one(Sentence::UnattendedNeedsTwoConfirmations, index),
        None => {
            broken.one(Sentence::UnattendedNeedsExactMatch, index);
            explain(index, evidence, broken);
        }
    }
}

/// Light action by a person: anything but hints is ground enough.
fn light(asked: &Asked<'_>, ruling: &Ruling<'_>, broken: &mut Broken) {
    for (index, subject) in asked.subjects.iter().enumerate() {
        let looked = match subject.sight {
            Sight::Unseen => false,
            Sight::Itself(reader) => ruling.readers.contains(reader),
            Sight::File(copy) => inherits(&copy) != Inherits::Nothing,
        };
        let matched = subject.evidence.iter().any(|it| matches!(it, Evidence::Match { .. }));
        if !looked && !matched && independent_families(subject.evidence) == 0 {
            broken.one(Sentence::NeverEvidenceEnough, index);
            explain(index, subject.evidence, broken);
        }
    }
}

/// Grave action by people.
fn grave(asked: &Asked<'_>, ruling: &Ruling<'_>, broken: &mut Broken) {
    for (index, subject) in asked.subjects.iter().enumerate() {
        let Err(unseen) = seen(subject, ruling.readers) else { continue };
        match asked.on {
            On::Posts => {
                broken.one(unseen, index);
                explain(index, subject.evidence, broken);
            }
            On::Accounts if independent_families(subject.evidence) < FAMILIES_MIN => {
                broken.one(unseen, index);
                broken.one(Sentence::LinksNeedTwoFamilies, index);
                explain(index, subject.evidence, broken);
            }
            On::Accounts => {}
        }
    }
    let accounts: BTreeSet<AccountId> =
        asked.subjects.iter().map(|subject| subject.account.id).collect();
    let concerned = (accounts.len() as u64).saturating_add(u64::from(ruling.alone_before));
    if concerned > ALONE_ACCOUNTS_MAX && ruling.readers.count() < 2 {
        broken.whole(Sentence::ManyAccountsNeedTwoPeople);
    }
}

/// Whether one of those who ruled saw the content, or its file was decided before.
fn seen(subject: &Subject<'_>, readers: &Readers) -> Result<(), Sentence> {
    match subject.sight {
        Sight::Itself(reader) if readers.contains(reader) => Ok(()),
        Sight::Itself(_) | Sight::Unseen => Err(Sentence::ContentMustBeSeen),
        // Whom the register protects is protected whatever the copy says of its poster.
        Sight::File(_) if subject.account.protection != Protection::Unprotected => {
            Err(Sentence::CopyIsACase)
        }
        Sight::File(copy) => match inherits(&copy) {
            Inherits::Verdict { ruling: FileRuling::Act, .. } => Ok(()),
            Inherits::Verdict { ruling: FileRuling::Keep, .. } => Err(Sentence::FileIsKept),
            Inherits::Class(_) | Inherits::Nothing => Err(Sentence::CopyIsACase),
        },
    }
}

/// Names the evidence that is there and does not suffice.
fn explain(index: usize, evidence: &[Evidence<'_>], broken: &mut Broken) {
    let has = |wanted: fn(&Evidence<'_>) -> bool| evidence.iter().any(wanted);
    if has(|piece| matches!(piece, Evidence::Never(_))) {
        broken.one(Sentence::NeverEvidenceEnough, index);
    }
    if has(|piece| matches!(piece, Evidence::Link { family: Family::Style | Family::Rhythm, .. })) {
        broken.one(Sentence::StyleAndRhythmNeverCount, index);
    }
    if families::counts_as_one(evidence) {
        broken.one(Sentence::CommunityCountsAsOne, index);
    }
}

/// An order is executed for its URLs by one person and read second within a day.
fn ordered(posts: &[PlatformId], order: &Order<'_>, now: Timestamp) -> Result<Permitted, Refused> {
    let mut broken = Broken::default();
    if posts.is_empty() {
        broken.whole(Sentence::NothingNamed);
    }
    if order.validity != Validity::Valid {
        broken.whole(Sentence::OrderMustBeValid);
    }
    for (index, post) in posts.iter().enumerate() {
        if !order.listed.contains(post) {
            broken.one(Sentence::OrderCoversItsUrls, index);
        }
    }
    broken.outcome()?;
    let read = order.read_second.is_some_and(|reader| reader != order.executed_by);
    let second_reading_due = (!read).then(|| now.plus_seconds(SECOND_READING_SECONDS));
    Ok(Permitted::Now { second_reading_due })
}

/// Everything can be undone; an appeal by someone else.
fn reversed(reversal: &Reversal<'_>) -> Result<Permitted, Refused> {
    let mut broken = Broken::default();
    if let Reversal::Appeal { by, decided_by } = reversal
        && decided_by.contains(*by)
    {
        broken.whole(Sentence::AppealNeedsSomeoneElse);
    }
    broken.outcome()?;
    Ok(Permitted::Now { second_reading_due: None })
}
