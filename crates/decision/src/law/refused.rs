//! The sentences of the law, and which of them a proposal breaks.
//!
//! Leaves out how a screen words them; the messages here are plain English for logs,
//! tests and the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A sentence of the law that a proposal can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sentence {
    /// Grave action needs people.
    GraveNeedsPeople,
    /// Unattended, Seawall may only restrict reach.
    UnattendedOnlyRestricts,
    /// For at most 72 hours.
    UnattendedAtMost72Hours,
    /// Lapsing by itself.
    UnattendedLapsesByItself,
    /// On an exact match to a bank entry.
    UnattendedNeedsExactMatch,
    /// That two people confirmed.
    UnattendedNeedsTwoConfirmations,
    /// Never a protected account.
    UnattendedNeverProtected,
    /// Or one in good standing.
    UnattendedNeverInGoodStanding,
    /// Nothing automatic follows from a missing or failed input.
    MissingIsNeverAutomatic,
    /// Grave action on content needs a person who saw it, or its file, decided before.
    ContentMustBeSeen,
    /// The verdict passes only to unprotected members of the same wave.
    CopyIsACase,
    /// The file was ruled to be kept.
    FileIsKept,
    /// On an account for its links, two independent evidence families.
    LinksNeedTwoFamilies,
    /// Links, people and content together count as one family.
    CommunityCountsAsOne,
    /// Style and rhythm never count.
    StyleAndRhythmNeverCount,
    /// Reporters, bursts and classifiers are never evidence enough.
    NeverEvidenceEnough,
    /// On more than 25 accounts, two people.
    ManyAccountsNeedTwoPeople,
    /// A removal order is valid.
    OrderMustBeValid,
    /// It is executed for its URLs.
    OrderCoversItsUrls,
    /// An appeal goes to an uninvolved reviewer: one key cannot read second.
    AppealNeedsSomeoneElse,
    /// Until the vault exists, actions that destroy content are refused.
    NoDestructionWithoutVault,
    /// What was removed is preserved for a stated time.
    KeptForItsTime,
    /// Suspected child abuse leaves every export: only the configured route holds it.
    OnlyByTheConfiguredRoute,
    /// A proposal names what it is about.
    NothingNamed,
}

impl Sentence {
    /// Every sentence, in the order in which they are told.
    pub const ALL: [Self; 24] = [
        Self::GraveNeedsPeople,
        Self::UnattendedOnlyRestricts,
        Self::UnattendedAtMost72Hours,
        Self::UnattendedLapsesByItself,
        Self::UnattendedNeedsExactMatch,
        Self::UnattendedNeedsTwoConfirmations,
        Self::UnattendedNeverProtected,
        Self::UnattendedNeverInGoodStanding,
        Self::MissingIsNeverAutomatic,
        Self::ContentMustBeSeen,
        Self::CopyIsACase,
        Self::FileIsKept,
        Self::LinksNeedTwoFamilies,
        Self::CommunityCountsAsOne,
        Self::StyleAndRhythmNeverCount,
        Self::NeverEvidenceEnough,
        Self::ManyAccountsNeedTwoPeople,
        Self::OrderMustBeValid,
        Self::OrderCoversItsUrls,
        Self::AppealNeedsSomeoneElse,
        Self::NoDestructionWithoutVault,
        Self::KeptForItsTime,
        Self::OnlyByTheConfiguredRoute,
        Self::NothingNamed,
    ];

    /// What is missing and what would mend it.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::GraveNeedsPeople => "no person ruled on this: put it before a reviewer",
            Self::UnattendedOnlyRestricts => {
                "without a person only reach may be restricted: restrict it, or ask a reviewer"
            }
            Self::UnattendedAtMost72Hours => {
                "it would last longer than 72 hours without a person: shorten it, or ask a reviewer"
            }
            Self::UnattendedLapsesByItself => {
                "without a person a restriction must end by itself: give it an end within 72 hours"
            }
            Self::UnattendedNeedsExactMatch => {
                "no exact match to a bank entry of supporting material: ask a reviewer"
            }
            Self::UnattendedNeedsTwoConfirmations => {
                "fewer than two people confirmed the bank entry: have a second one confirm it"
            }
            Self::UnattendedNeverProtected => {
                "the account is protected, or the register could not be asked: ask a reviewer"
            }
            Self::UnattendedNeverInGoodStanding => {
                "the account is in good standing, or its age is unknown: ask a reviewer"
            }
            Self::MissingIsNeverAutomatic => "the verdict rests on a missing input: ask a reviewer",
            Self::ContentMustBeSeen => {
                "none of those who ruled saw the content: one of them opens it first"
            }
            Self::CopyIsACase => {
                "a verdict passes only to exact copies by unprotected members of the same wave: \
                 a reviewer opens this copy"
            }
            Self::FileIsKept => "the file was ruled to be kept: a reviewer opens this copy",
            Self::LinksNeedTwoFamilies => {
                "fewer than two independent families tie the account: find a second, or look at \
                 what it posts"
            }
            Self::CommunityCountsAsOne => {
                "links, people and content count as one family here: show that what is shared is \
                 rare within that community"
            }
            Self::StyleAndRhythmNeverCount => {
                "style and rhythm never count: find a family that does"
            }
            Self::NeverEvidenceEnough => {
                "reports, bursts, classifiers and mentions are never evidence enough: look at the \
                 content, or find evidence"
            }
            Self::ManyAccountsNeedTwoPeople => {
                "more than 25 accounts need two people: a second reviewer signs with another key"
            }
            Self::OrderMustBeValid => {
                "the order was not found valid: check it, or ask the authority for clarification"
            }
            Self::OrderCoversItsUrls => "the order does not name this post: open a case",
            Self::AppealNeedsSomeoneElse => {
                "who granted the appeal took part in the decision: an uninvolved reviewer reads it"
            }
            Self::NoDestructionWithoutVault => {
                "there is no vault, so nothing is destroyed: set up the vault first"
            }
            Self::KeptForItsTime => "its stated time of keeping has not ended: wait for it",
            Self::OnlyByTheConfiguredRoute => {
                "material marked as suspected child abuse is never shared: hand it to the \
                 configured route"
            }
            Self::NothingNamed => "the proposal names no post and no account: name them",
        }
    }
}

/// The sentences that a proposal breaks, at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    broken: BTreeMap<Sentence, BTreeSet<usize>>,
}

impl Refused {
    /// The sentences it breaks, in order.
    pub fn sentences(&self) -> impl Iterator<Item = Sentence> {
        self.broken.keys().copied()
    }

    /// Whether it breaks this one.
    #[must_use]
    pub fn breaks(&self, sentence: Sentence) -> bool {
        self.broken.contains_key(&sentence)
    }

    /// Which of the proposal's posts or accounts break a sentence, counted from 0; none if
    /// they do not, or if the proposal breaks it as a whole.
    pub fn subjects(&self, sentence: Sentence) -> impl Iterator<Item = usize> {
        self.broken.get(&sentence).into_iter().flatten().copied()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (sentence, subjects)) in self.broken.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(sentence.message())?;
            if !subjects.is_empty() {
                write!(f, " (concerns {})", subjects.len())?;
            }
        }
        Ok(())
    }
}

/// Collects what is broken.
#[derive(Debug, Default)]
pub(crate) struct Broken(BTreeMap<Sentence, BTreeSet<usize>>);

impl Broken {
    /// The proposal as a whole breaks a sentence.
    pub(crate) fn whole(&mut self, sentence: Sentence) {
        self.0.entry(sentence).or_default();
    }

    /// One of its posts or accounts does.
    pub(crate) fn one(&mut self, sentence: Sentence, subject: usize) {
        self.0.entry(sentence).or_default().insert(subject);
    }

    /// Nothing, or everything that is broken.
    pub(crate) fn outcome(self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused { broken: self.0 }) }
    }
}
