//! What entries are made of: counts, bursts, rulings, evidence, actions.

use serde::{Deserialize, Serialize};

use super::{optional_rfc3339, rfc3339};
use crate::codec::{CodecError, Reader, Writer};
use crate::{AccountId, Timestamp};

/// Why a span begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanReason {
    /// The data folder was made.
    FolderMade,
    /// Another build took over.
    BuildChanged,
    /// The state was lost and built again across erased content.
    StateRebuilt,
}

/// How often a signal had a value and how often it was Unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalCount {
    /// Observations with a value.
    pub known: u64,
    /// Observations that rest on something missing.
    pub unknown: u64,
}

/// A burst of one trace, as the journal tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurstSeen {
    /// Kind of the trace, such as `hashtag`.
    pub trace_kind: String,
    /// Keyed hash of the trace.
    pub trace: String,
    /// The hour it rose above its baseline.
    #[serde(with = "rfc3339")]
    pub hour: Timestamp,
    /// Posts in that hour when it was found.
    pub count: u64,
    /// Posts expected in that hour, in thousandths.
    pub expected_milli: u64,
    /// Most posts the baseline interval allows.
    pub upper: u64,
    /// Accounts seen in it so far, estimated.
    pub accounts: u64,
    /// Own ids of some of them, sorted.
    pub account_sample: Vec<u64>,
    /// Positions of some of its posts, by which its name can be looked up.
    pub positions: Vec<u64>,
}

/// What a reviewer rules. Signed as [`Ruling::to_bytes`] gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Own number of the reviewer.
    pub reviewer: u64,
    /// What they say.
    #[serde(flatten)]
    pub says: Says,
}

/// What a ruling is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Says {
    /// A case.
    Case {
        /// Its number.
        case: u64,
        /// Its version as the reviewer read it.
        version: u64,
        /// What is ruled, such as `remove` or `keep_documents`.
        ruled: String,
        /// The policy cited; none where it is kept.
        policy: Option<PolicyCited>,
        /// What the reviewer saw: `content`, `file` or `links`.
        saw: String,
        /// What the file is, where they say it.
        class: Option<String>,
    },
    /// Entries of knowledge that the reviewer stands for.
    Knowledge {
        /// First entry.
        first: u64,
        /// Last entry.
        last: u64,
    },
    /// Entries of knowledge that the reviewer withdraws.
    Withdraw {
        /// The entries.
        entries: Vec<u64>,
    },
    /// A decision that the reviewer overturns.
    Overturn {
        /// Its number.
        decision: u64,
    },
    /// An appeal.
    Appeal {
        /// Its number.
        appeal: u64,
        /// What becomes of what it is against.
        ruled: AppealRuled,
    },
}

/// What a reviewer rules on an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppealRuled {
    /// The action stands.
    Uphold,
    /// The action is taken back, with all that rests on its decision.
    Overturn,
}

/// Whether an action is done or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is done.
    Do,
    /// Its inverse is.
    Undo,
    /// The notices that an order withheld are sent.
    Notice,
    /// What became of the appeal against it is told.
    Answer,
    /// What of those notices did not fit into one message.
    SecondNotice,
    /// What did not fit into two.
    ThirdNotice,
}

/// An order that forbids for a time that the account of a case be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withholding {
    /// The case.
    pub case: u64,
    /// Who took the order down.
    pub reviewer: u64,
    /// What the order is called by whoever gave it.
    pub order: String,
    /// When it ends; not after now where it is lifted.
    #[serde(with = "rfc3339")]
    pub until: Timestamp,
}

/// A platform's list of what it has in force, compared with the actions in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// How many it listed.
    pub listed: u64,
    /// On how many both agree.
    pub agreed: u64,
    /// Actions in force that the platform does not show.
    pub missing: Vec<u64>,
    /// Actions that have ended, and that the platform still shows; entries of older versions
    /// have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<u64>,
    /// How many it shows that are not in force: one for each of `ended`, and those that
    /// Seawall never asked for.
    pub foreign: u64,
}

/// An instruction that a person gave up, so that those behind it go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Number of the action.
    pub action: u64,
    /// What of it was to be told.
    pub effect: Effect,
    /// Who gave it up.
    pub reviewer: u64,
    /// Why: `done_elsewhere`, `moot` or `mistaken`.
    pub why: String,
    /// How often it was tried until then.
    pub attempts: u32,
}

/// What became of telling the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// The platform says that it is done.
    Delivered = 1,
    /// The platform says that it will not do it.
    Refused = 2,
    /// It was tried as often as it is tried, and the platform did not answer well.
    Dead = 3,
    /// It was taken back before it went out.
    Cancelled = 4,
    /// Nothing was sent: the folder only shows what would be.
    DryRun = 5,
}

impl Outcome {
    /// Every one, in order of its number.
    pub const ALL: [Self; 5] =
        [Self::Delivered, Self::Refused, Self::Dead, Self::Cancelled, Self::DryRun];
}

/// A version of a policy, as a decision cites it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyCited {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: u32,
}

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "subject", rename_all = "snake_case")]
pub enum SubjectSeen {
    /// An account.
    Account {
        /// Its own id.
        account: u64,
    },
    /// A post.
    Post {
        /// Position of the event that told it.
        position: u64,
        /// Own id of its author, where known.
        account: Option<u64>,
    },
    /// An entry of knowledge.
    Entry {
        /// Its number.
        entry: u64,
    },
}

impl SubjectSeen {
    /// The account it is about or by, where known.
    #[must_use]
    pub fn account(self) -> Option<AccountId> {
        match self {
            Self::Account { account } => Some(AccountId(account)),
            Self::Post { account, .. } => account.map(AccountId),
            Self::Entry { .. } => None,
        }
    }

    /// Appends it to a snapshot.
    pub fn encode(self, writer: &mut Writer) {
        let (kind, number, account) = match self {
            Self::Account { account } => (1, account, None),
            Self::Post { position, account } => (2, position, account),
            Self::Entry { entry } => (3, entry, None),
        };
        writer.u8(kind);
        writer.u64(number);
        writer.u64(account.unwrap_or(u64::MAX));
    }

    /// Reads what [`SubjectSeen::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if it is not that.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (kind, number, account) = (reader.u8()?, reader.u64()?, reader.u64()?);
        match kind {
            1 => Ok(Self::Account { account: number }),
            2 => {
                let account = Some(account).filter(|account| *account != u64::MAX);
                Ok(Self::Post { position: number, account })
            }
            3 => Ok(Self::Entry { entry: number }),
            _ => Err(CodecError::Range),
        }
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceSeen {
    /// What it is: `bank_match`, `term`, `comeback`, `support_lost`.
    pub kind: String,
    /// Its family; `None` where it belongs to none that counts.
    pub family: Option<String>,
    /// The entry of knowledge it rests on.
    pub entry: Option<u64>,
    /// Match weight in thousandths of a bit, for links.
    pub milli_bits: Option<i64>,
    /// Distance in bits, for fingerprints: 0 is the same.
    pub distance: Option<u32>,
    /// Position of the event that showed it.
    pub position: u64,
}

/// A rule that wants people to look, and what its verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonSeen {
    /// The rule.
    pub rule: String,
    /// The policy it names.
    pub policy: String,
    /// Entries of knowledge that it asks for and that were found, in order; none where it asks
    /// the event itself alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<u64>,
    /// The keyed hash of what it was asked of, where it rests on no entry and on what is no
    /// content of the post: the category of a report, a file, the profile of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// Position of the event that showed it.
    pub position: u64,
}

/// What a decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "ground", rename_all = "snake_case")]
pub enum GroundSeen {
    /// A person saw the content.
    Seen,
    /// A match with an entry of a bank.
    Match {
        /// The entry.
        entry: u64,
    },
    /// A link to a removed profile.
    Link {
        /// The entry.
        entry: u64,
    },
    /// What was decided elsewhere, before: entries that were imported.
    Import {
        /// The first of them.
        entry: u64,
    },
}

/// An action that is to be carried out, and what takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionPlanned {
    /// Its number.
    pub action: u64,
    /// What is done, such as `remove`.
    pub kind: String,
    /// What takes it back, such as `restore`.
    pub inverse: String,
    /// To what.
    pub subject: SubjectSeen,
    /// When it lapses by itself, where it does.
    #[serde(with = "optional_rfc3339")]
    pub until: Option<Timestamp>,
}

impl Ruling {
    /// The canonical bytes that are signed.
    ///
    /// # Panics
    /// Never: the types here always serialise.
    #[must_use]
    #[expect(clippy::expect_used, reason = "string keys and whole numbers always serialise")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).expect("a ruling is always JSON");
        serde_json::to_vec(&value).expect("a JSON value is always text")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}
