//! The arguments of `case`: what waits for people, what they rule and what they undo.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand, ValueEnum};
use seawall_model::journal::AppealRuled;
use seawall_model::knowledge::FileClass;
use seawall_model::{ActionKind, AppealId, CaseId, DecisionId};
use seawall_review::{Ruled, Saw};

/// What can be asked of `case`.
#[derive(Debug, Subcommand)]
pub enum Case {
    /// List cases: those that are open first, then the strongest evidence, then the oldest.
    #[command(after_help = "Examples:
  seawall case list
  seawall case list --state open --policy kettle-league --json")]
    List(CaseList),
    /// Show a case: why it is here, what it is about, what each ruling needs.
    #[command(after_help = "Examples:
  seawall case show c1
  seawall case show c1 --notice both
  seawall case show c1 --key amal.key

Without a key, nothing that is told differs by whether an account is in the protected register;
with one, it is told, and that you read it is in the journal. A notice is the statement of reasons that the person concerned is sent; there is one where
something was done.")]
    Show(CaseShow),
    /// Rule on a case, and sign it with your key.
    #[command(after_help = "Examples:
  seawall case decide c1 keep-documents --saw content --key amal.key
  seawall case decide c1 remove --saw content --key amal.key

A ruling that is not enough by itself is held, and what is missing is told; exit code 1 says
so. Run it again to rule otherwise as long as the case is open. --saw says what you looked
at: the content, its file that was decided before, or the links to what was removed.")]
    Decide(CaseDecide),
    /// Overturn a decision: what rests on it and on nothing else falls.
    #[command(after_help = "Example:
  seawall case undo d1 --key badr.key")]
    Undo(CaseUndo),
    /// Rule on an appeal: by somebody who took no part in what it is against.
    #[command(after_help = "Examples:
  seawall case appeal p1 uphold --key reem.key
  seawall case appeal p1 overturn --key reem.key

What somebody says in an appeal, and who may rule on it, is told by `case show` of its case.")]
    Appeal(CaseAppeal),
}

/// Arguments of `case list`.
#[derive(Debug, Args)]
pub struct CaseList {
    /// Only cases of this state.
    #[arg(long, value_enum, default_value_t = CaseWanted::All)]
    pub state: CaseWanted,
    /// Only cases of this policy.
    #[arg(long, value_name = "ID")]
    pub policy: Option<String>,
    /// How many are shown at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Write JSON lines.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// Which cases are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CaseWanted {
    /// Those that wait for people.
    Open,
    /// Those that were decided.
    Decided,
    /// Those whose evidence is gone.
    Withdrawn,
    /// Every one.
    All,
}

/// Arguments of `case show`.
#[derive(Debug, Args)]
pub struct CaseShow {
    /// The case, such as c12.
    #[arg(value_name = "CASE", value_parser = case)]
    pub case: CaseId,
    /// Tell what the protected register says too, which is journaled: your key file.
    #[arg(long, value_name = "KEYFILE", conflicts_with = "notice")]
    pub key: Option<PathBuf>,
    /// Show the notice instead, in Arabic, in English or in both.
    #[arg(long, value_name = "LANGUAGE", value_enum)]
    pub notice: Option<NoticeWanted>,
    /// Write JSON.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// In which language a notice is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NoticeWanted {
    /// Arabic.
    Ar,
    /// English.
    En,
    /// Arabic, then English.
    Both,
}

/// Arguments of `case decide`.
#[derive(Debug, Args)]
pub struct CaseDecide {
    /// The case, such as c12.
    #[arg(value_name = "CASE", value_parser = case)]
    pub case: CaseId,
    /// keep, keep-documents, restrict, interstitial, label, remove or suspend.
    #[arg(value_name = "RULING", value_parser = ruled)]
    pub ruling: Ruled,
    /// What you looked at before: content, file or links.
    #[arg(long, value_name = "WHAT", value_parser = saw)]
    pub saw: Saw,
    /// The policy it is ruled under, in its newest version; the case's if not given.
    #[arg(long, value_name = "ID")]
    pub policy: Option<String>,
    /// What the file is: support, news, counter, research, evidence or other.
    #[arg(long, value_name = "CLASS", value_parser = crate::desk::knowledge::words::class)]
    pub class: Option<FileClass>,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
    /// The version of the case that you read; the one of now if not given.
    #[arg(long, value_name = "VERSION")]
    pub as_read: Option<u64>,
    /// Write JSON.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// Arguments of `case undo`.
#[derive(Debug, Args)]
pub struct CaseUndo {
    /// The decision, such as d3.
    #[arg(value_name = "DECISION", value_parser = decision)]
    pub decision: DecisionId,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
    /// Write JSON.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

/// Arguments of `case appeal`.
#[derive(Debug, Args)]
pub struct CaseAppeal {
    /// The appeal, such as p1.
    #[arg(value_name = "APPEAL", value_parser = appeal)]
    pub appeal: AppealId,
    /// uphold if the action stands, overturn if it is taken back.
    #[arg(value_name = "RULING", value_parser = appeal_ruled)]
    pub ruling: AppealRuled,
    /// Your key file.
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
    /// Write JSON.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}

fn appeal(text: &str) -> Result<AppealId, String> {
    AppealId::parse(text).ok_or_else(|| "use a number such as p1".into())
}

fn appeal_ruled(text: &str) -> Result<AppealRuled, String> {
    match text {
        "uphold" => Ok(AppealRuled::Uphold),
        "overturn" => Ok(AppealRuled::Overturn),
        _ => Err("use uphold or overturn".into()),
    }
}

/// Rulings that may be written with a dash as well.
const RULINGS: [Ruled; 7] = [
    Ruled::Keep,
    Ruled::KeepDocuments,
    Ruled::Act(ActionKind::Restrict),
    Ruled::Act(ActionKind::Interstitial),
    Ruled::Act(ActionKind::Label),
    Ruled::Act(ActionKind::Remove),
    Ruled::Act(ActionKind::Suspend),
];

fn ruled(text: &str) -> Result<Ruled, String> {
    let name = text.replace('-', "_");
    RULINGS.into_iter().find(|ruled| ruled.as_str() == name).ok_or_else(|| {
        "use keep, keep-documents, restrict, interstitial, label, remove or suspend".into()
    })
}

fn saw(text: &str) -> Result<Saw, String> {
    Saw::from_name(text).ok_or_else(|| "use content, file or links".into())
}

fn case(text: &str) -> Result<CaseId, String> {
    CaseId::parse(text).ok_or_else(|| "use a number such as c12".into())
}

fn decision(text: &str) -> Result<DecisionId, String> {
    DecisionId::parse(text).ok_or_else(|| "use a number such as d3".into())
}
