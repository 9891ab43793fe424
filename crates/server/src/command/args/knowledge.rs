//! The arguments of the commands about knowledge and about those who answer for it.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, Subcommand};
use seawall_model::knowledge::{FileClass, Ground};
use seawall_model::{ReviewerId, Timestamp};

use super::time;
use crate::desk::knowledge::words::{class, ground, name, run, word};

/// What can be asked of `reviewer`.
#[derive(Debug, Subcommand)]
pub enum Reviewer {
    /// Admit a reviewer; their key file is made if it is not there.
    #[command(after_help = "Examples:
  seawall reviewer add dana --key dana.key --by amal.key

The first reviewer of a folder needs no --by. The name is written into the key file, as its
third line, and nowhere else: the folder knows numbers and public keys only. Whoever holds
the key file is the reviewer, so keep it where only they can read it.")]
    Add(ReviewerAdd),
    /// List reviewers: number, public key, whether it signs, who admitted it.
    #[command(after_help = "Example:\n  seawall reviewer list --json")]
    List(Listing),
    /// Take a reviewer's key out of use; what they ruled stays.
    #[command(after_help = "Example:\n  seawall reviewer withdraw r2 --by amal.key")]
    Withdraw(ReviewerWithdraw),
    /// Sign the public key of a person of the server, to admit it there.
    #[command(after_help = "Examples:
  seawall reviewer vouch --as r1 --by amal.key \\
    5b1ff2a0c7d94e0d8e3a6a1b24c5f7d8e9fa0b1c2d3e4f5061728394a5b6c7d8
  seawall reviewer vouch --as r1 --by amal.key --was r2 \\
    5b1ff2a0c7d94e0d8e3a6a1b24c5f7d8e9fa0b1c2d3e4f5061728394a5b6c7d8

Prints the body that an admin sends as POST /v1/people/{person}/admission. Ask the person for the
key, which GET /v1/session tells them: you answer for whoever holds it. Needs no folder.")]
    Vouch(ReviewerVouch),
}

/// Arguments of `reviewer vouch`.
#[derive(Debug, Args)]
pub struct ReviewerVouch {
    /// The person's public key: 64 hexadecimal digits.
    #[arg(value_name = "PUBLIC_KEY", value_parser = public_key)]
    pub public: String,
    /// Your own number, such as r1.
    #[arg(long = "as", value_name = "REVIEWER", value_parser = reviewer)]
    pub own: ReviewerId,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub by: PathBuf,
    /// The number that the person had before their key was lost (`reviewer_before`).
    #[arg(long, value_name = "REVIEWER", value_parser = reviewer)]
    pub was: Option<ReviewerId>,
}

/// Arguments of `reviewer add`.
#[derive(Debug, Args)]
pub struct ReviewerAdd {
    /// What the reviewer is called; it is kept in the key file alone.
    #[arg(value_name = "NAME", value_parser = name)]
    pub name: String,
    /// The reviewer's key file.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The key file of the reviewer who admits them; the first needs none.
    #[arg(long, value_name = "KEYFILE")]
    pub by: Option<PathBuf>,
}

/// Arguments of `reviewer withdraw`.
#[derive(Debug, Args)]
pub struct ReviewerWithdraw {
    /// The reviewer, such as r2.
    #[arg(value_name = "REVIEWER", value_parser = reviewer)]
    pub reviewer: ReviewerId,
    /// The key file of the reviewer who withdraws them.
    #[arg(long, value_name = "KEYFILE")]
    pub by: PathBuf,
}

/// How a list is written.
#[derive(Debug, Args)]
pub struct Listing {
    /// Write JSON lines.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// Arguments of every `confirm` and `withdraw` of knowledge.
#[derive(Debug, Args)]
pub struct Entries {
    /// Entries, such as k3 or k1..k9; both ends count.
    #[arg(value_name = "ENTRIES", required = true, value_parser = run)]
    pub entries: Vec<RangeInclusive<u64>>,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
}

/// What can be asked of `policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Put a version of a policy in force.
    #[command(after_help = "Example:
  seawall policy add policy.toml --key amal.key

The file has id, title_ar, title_en, text_ar, text_en, reference, terrorist_content (true or
false), unattended_restrict_hours (0 to 72; 0 is never) and appeal_days (1 or more). The
version is the newest of that id and one more.")]
    Add(PolicyAdd),
    /// List every version of every policy.
    #[command(after_help = "Example:\n  seawall policy list --json")]
    List(Listing),
    /// Show the newest version of a policy that is in force, in Arabic and English.
    #[command(after_help = "Example:\n  seawall policy show kettle-league")]
    Show(PolicyShow),
}

/// Arguments of `policy add`.
#[derive(Debug, Args)]
pub struct PolicyAdd {
    /// The policy.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
}

/// Arguments of `policy show`.
#[derive(Debug, Args)]
pub struct PolicyShow {
    /// Its id.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Write JSON.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// What can be asked of `terms`.
#[derive(Debug, Subcommand)]
pub enum Terms {
    /// Add terms to a list.
    #[command(after_help = "Example:
  seawall terms add terms.csv --list cheers --source 'league watchers' --key amal.key

The file has a header with `term` and, where wanted, `near`, `not_near` (several words with
| between them) and `window` (how many words away is near). A file without such a header is
read as one plain term a line. If a line is bad, nothing is added unless --skip-bad is given;
then exit code 1 says that lines were passed over.")]
    Add(TermsAdd),
    /// List terms.
    #[command(after_help = "Example:\n  seawall terms list --list cheers")]
    List(TermsList),
    /// Stand for terms that somebody else added.
    #[command(after_help = "Example:\n  seawall terms confirm k2..k4 --key badr.key")]
    Confirm(Entries),
    /// Take terms out of force.
    #[command(after_help = "Example:\n  seawall terms withdraw k3 --key amal.key")]
    Withdraw(Entries),
}

/// Arguments of `terms add`.
#[derive(Debug, Args)]
pub struct TermsAdd {
    /// The terms.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The list they join.
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub list: String,
    /// What all entries have.
    #[command(flatten)]
    pub given: Given,
    /// Add the good lines even where others are bad.
    #[arg(long, action = ArgAction::SetTrue)]
    pub skip_bad: bool,
}

/// What every entry of knowledge has.
#[derive(Debug, Args)]
pub struct Given {
    /// Where it comes from, in words.
    #[arg(long, value_name = "WORDS", value_parser = name)]
    pub source: String,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
    /// When it lapses by itself; never if not given.
    #[arg(long, value_name = "DATE", value_parser = time)]
    pub expires: Option<Timestamp>,
}

/// Arguments of `terms list`.
#[derive(Debug, Args)]
pub struct TermsList {
    /// Only this list.
    #[arg(long, value_name = "NAME")]
    pub list: Option<String>,
    /// How it is written.
    #[command(flatten)]
    pub listing: Listing,
}

/// What can be asked of `bank`.
#[derive(Debug, Subcommand)]
pub enum Bank {
    /// Add fingerprints of files to a bank.
    #[command(after_help = "Examples:
  seawall bank add --bank clips --media clip.bin --class support --source 'case 12' --key amal.key
  seawall bank add --bank clips --file hashes.csv --class other --source partner --key amal.key

A file of hashes has a header with `sha256`, `pdq` or both, or with `hash`, whose cells begin
with sha256: or pdq:, and may have `class`; --class stands in where that is empty. The class
says what the file is, never what a post of it is.")]
    Add(BankAdd),
    /// List fingerprints.
    #[command(after_help = "Example:\n  seawall bank list --bank clips")]
    List(BankList),
    /// Stand for fingerprints that somebody else added.
    #[command(after_help = "Example:\n  seawall bank confirm k5 --key badr.key

Nothing is ever restricted unattended by a fingerprint that only one person stands for.")]
    Confirm(Entries),
    /// Take fingerprints out of force.
    #[command(after_help = "Example:\n  seawall bank withdraw k5 --key amal.key")]
    Withdraw(Entries),
}

/// Arguments of `bank add`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["sha256", "pdq", "file", "media"]))]
pub struct BankAdd {
    /// The bank they join.
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub bank: String,
    /// A SHA-256, 64 hexadecimal digits: exactly this file.
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// A PDQ hash, 64 hexadecimal digits: this picture and what looks like it.
    #[arg(long, value_name = "HEX")]
    pub pdq: Option<String>,
    /// A file of hashes.
    #[arg(long, value_name = "FILE.csv")]
    pub file: Option<PathBuf>,
    /// A media file: its bytes are hashed here, and it is not kept.
    #[arg(long, value_name = "FILE")]
    pub media: Option<PathBuf>,
    /// What the file is: support, news, counter, research, evidence or other.
    #[arg(long, value_name = "CLASS", value_parser = class, required_unless_present = "file")]
    pub class: Option<FileClass>,
    /// What all entries have.
    #[command(flatten)]
    pub given: Given,
    /// Add the good lines even where others are bad.
    #[arg(long, action = ArgAction::SetTrue, requires = "file")]
    pub skip_bad: bool,
}

/// Arguments of `bank list`.
#[derive(Debug, Args)]
pub struct BankList {
    /// Only this bank.
    #[arg(long, value_name = "NAME")]
    pub bank: Option<String>,
    /// How it is written.
    #[command(flatten)]
    pub listing: Listing,
}

/// What can be asked of `protected`.
#[derive(Debug, Subcommand)]
pub enum Protected {
    /// Protect an account: nothing unattended is done to it.
    #[command(after_help = "Example:
  seawall protected add account-17 --ground press --source 'a newsroom' --key amal.key

ACCOUNT is the platform's id, and the account must be known here.")]
    Add(ProtectedAdd),
    /// List the register. That you read it is journaled; it is never exported.
    #[command(after_help = "Example:\n  seawall protected list --key amal.key")]
    List(ProtectedList),
    /// Take accounts out of the register.
    #[command(after_help = "Example:\n  seawall protected withdraw k6 --key amal.key")]
    Withdraw(Entries),
}

/// Arguments of `protected add`.
#[derive(Debug, Args)]
pub struct ProtectedAdd {
    /// The account, by the platform's id.
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Why: press, archive, research, counter or other.
    #[arg(long, value_name = "GROUND", value_parser = ground)]
    pub ground: Ground,
    /// What all entries have.
    #[command(flatten)]
    pub given: Given,
}

/// Arguments of `protected list`.
#[derive(Debug, Args)]
pub struct ProtectedList {
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
}

/// What can be asked of `removed`.
#[derive(Debug, Subcommand)]
pub enum Removed {
    /// List removed accounts that are compared with what comes, without their profiles.
    #[command(after_help = "Example:\n  seawall removed list --json")]
    List(Listing),
    /// Take removed accounts out of force: nothing is compared with them any more.
    #[command(after_help = "Example:\n  seawall removed withdraw k8 --key amal.key

They are taken in with `seawall import removed`, and by every suspension.")]
    Withdraw(Entries),
}

/// What can be asked of `rules`.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Check the rules of a folder; names of policies, lists and banks too where --dir has them.
    #[command(after_help = "Example:\n  seawall rules check rules

Exit code 1 means that something is wrong with them.")]
    Check(RulesCheck),
    /// Put the rules of a folder in force, in place of those before.
    #[command(after_help = "Example:\n  seawall rules add rules --key amal.key")]
    Add(RulesAdd),
    /// Evaluate rules over a file of canonical events, without a data folder.
    #[command(after_help = "Examples:
  seawall rules run rules events.jsonl
  cat events.jsonl | seawall rules run rules - --json

Nothing is known here of terms, banks, removed accounts and counts: what asks for them is
Unknown. Exit code 1 means that lines were refused.")]
    Run(RulesRun),
    /// List every version of the rules.
    #[command(after_help = "Example:\n  seawall rules list")]
    List(Listing),
    /// Take a version of the rules out of force; the newest that is left applies.
    #[command(after_help = "Example:\n  seawall rules withdraw k7 --key amal.key")]
    Withdraw(Entries),
}

/// Arguments of `rules check`.
#[derive(Debug, Args)]
pub struct RulesCheck {
    /// The folder that holds main.sml.
    #[arg(value_name = "DIR")]
    pub rules: PathBuf,
}

/// Arguments of `rules add`.
#[derive(Debug, Args)]
pub struct RulesAdd {
    /// The folder that holds main.sml.
    #[arg(value_name = "DIR")]
    pub rules: PathBuf,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
}

/// Arguments of `rules run`.
#[derive(Debug, Args)]
pub struct RulesRun {
    /// The folder that holds main.sml.
    #[arg(value_name = "DIR")]
    pub rules: PathBuf,
    /// Canonical events, one a line; `-` is standard input.
    #[arg(value_name = "EVENTS.jsonl")]
    pub events: PathBuf,
    /// Write JSON lines.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// What else can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportWhat {
    /// Take in accounts that were removed before, so that their returns are recognised.
    #[command(after_help = "Example:
  seawall import removed old.csv --policy kettle-league --source log --key amal.key --key badr.key

The file has a header with account and removed_at, and any of handle, name, avatar_sha256,
avatar_pdq, links (with | between them), reason and policy, where it is another one than
--policy. Only removals under a policy about terrorist content are compared with; others are
counted. An account that the platform reinstates is dropped. Two people stand for it: two key
files.
Running it again goes on where it stopped: what is in force already is counted as known.
Exit code 1 means that lines were refused.")]
    Removed(ImportRemoved),
}

/// Arguments of `import removed`.
#[derive(Debug, Args)]
pub struct ImportRemoved {
    /// The accounts.
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// The policy they were removed under: one about terrorist content.
    #[arg(long, value_name = "ID")]
    pub policy: String,
    /// Where it comes from, in words.
    #[arg(long, value_name = "WORDS", value_parser = name)]
    pub source: String,
    /// The key files of the two people who stand for it: give it twice.
    #[arg(long = "key", value_name = "KEYFILE", required = true)]
    pub keys: Vec<PathBuf>,
    /// When the profiles lapse: within 12 months; a year from now if not given.
    #[arg(long, value_name = "DATE", value_parser = time)]
    pub expires: Option<Timestamp>,
}

fn reviewer(text: &str) -> Result<ReviewerId, String> {
    ReviewerId::parse(text).ok_or_else(|| "use a number such as r2".into())
}

fn public_key(text: &str) -> Result<String, String> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    match text.len() == 64 && text.bytes().all(is_hex) {
        true => Ok(text.to_owned()),
        false => {
            Err("use the 64 hexadecimal digits in small letters that GET /v1/session tells".into())
        }
    }
}
