//! Policies: what one has to say, its version, and what is told of it.

use seawall_model::knowledge::{KnowledgeKind, Known, Policy, PolicyScope};

use super::view::{PolicySaid, PolicyTexts};
use super::{KnowledgeError, entries, words};
use crate::engine::Derivation;

/// Hours of unattended restriction that law 1 allows at most.
const UNATTENDED_HOURS_MAX: u32 = 72;
/// Days of an appeal at most: ten years, so that a slip of the hand is told.
const APPEAL_DAYS_MAX: u32 = 3_650;
/// Bytes of one text.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A policy as it is given, not yet looked at. Numbers that could not be read are `None`.
#[derive(Clone, Debug)]
pub struct PolicyGiven {
    /// Its name in commands and rules.
    pub id: String,
    /// Its title in Arabic and in English.
    pub title: [String; 2],
    /// Its text in Arabic and in English.
    pub text: [String; 2],
    /// Where it is published.
    pub reference: String,
    /// What kind of content it is about.
    pub scope: PolicyScope,
    /// Hours for which reach may be restricted unattended.
    pub unattended_hours: Option<u32>,
    /// Days within which a decision can be appealed.
    pub appeal_days: Option<u32>,
}

/// What is wrong with a policy: the field, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    /// The field, as files and bodies call it.
    pub field: &'static str,
    /// What is wrong, in words.
    pub why: String,
}

/// The policy that was given; its version is still 0.
///
/// # Errors
/// The first field that is wrong.
pub fn made(given: &PolicyGiven) -> Result<Policy, PolicyFault> {
    let text = |field: &'static str, text: &str| match text.trim() {
        "" => Err(PolicyFault { field, why: "it is empty: people will read it".into() }),
        text if text.len() > TEXT_BYTES_MAX => {
            Err(PolicyFault { field, why: "it is longer than 64 KiB".into() })
        }
        text => Ok(text.into()),
    };
    let number = |field: &'static str, number: Option<u32>, least: u32, most: u32| {
        let why = || format!("use a whole number from {least} to {most}");
        let fits = number.filter(|number| (least..=most).contains(number));
        fits.ok_or_else(|| PolicyFault { field, why: why() })
    };
    let id: Box<str> = text("id", &given.id)?;
    words::word(&id).map_err(|why| PolicyFault { field: "id", why })?;
    let hours = given.unattended_hours;
    Ok(Policy {
        id,
        version: 0,
        title: [text("title_ar", &given.title[0])?, text("title_en", &given.title[1])?],
        text: [text("text_ar", &given.text[0])?, text("text_en", &given.text[1])?],
        reference: text("reference", &given.reference)?,
        scope: given.scope,
        unattended_hours: number("unattended_restrict_hours", hours, 0, UNATTENDED_HOURS_MAX)?,
        appeal_days: number("appeal_days", given.appeal_days, 1, APPEAL_DAYS_MAX)?,
    })
}

/// The newest version there ever was of a policy, so that a number never means two texts;
/// 0 for none.
///
/// # Errors
/// [`KnowledgeError`] if knowledge cannot be read.
pub fn newest_version(derivation: &Derivation, id: &str) -> Result<u32, KnowledgeError> {
    let all = entries(derivation, KnowledgeKind::Policy)?.into_iter();
    let versions = all.filter_map(|(_, entry)| match entry.known {
        Known::Policy(other) if *other.id == *id => Some(other.version),
        _ => None,
    });
    Ok(versions.max().unwrap_or(0))
}

impl From<&Policy> for PolicySaid {
    fn from(policy: &Policy) -> Self {
        Self {
            id: policy.id.to_string(),
            version: policy.version,
            title_ar: policy.title[0].to_string(),
            title_en: policy.title[1].to_string(),
            reference: policy.reference.to_string(),
            terrorist_content: policy.scope == PolicyScope::Terrorist,
            unattended_restrict_hours: policy.unattended_hours,
            appeal_days: policy.appeal_days,
        }
    }
}

impl From<&Policy> for PolicyTexts {
    fn from(policy: &Policy) -> Self {
        Self {
            policy: PolicySaid::from(policy),
            text_ar: policy.text[0].to_string(),
            text_en: policy.text[1].to_string(),
        }
    }
}
