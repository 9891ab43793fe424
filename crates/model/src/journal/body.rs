//! What an entry says: every type of entry, inputs first.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{
    ActionPlanned, BurstSeen, Effect, EvidenceSeen, GroundSeen, Outcome, PolicyCited, ReasonSeen,
    Reconciled, Released, Ruling, SignalCount, SpanReason, SubjectSeen, Timestamp, Withholding,
    is_zero, optional_rfc3339, rfc3339,
};

/// What an entry says. The first part are inputs, the second derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// Input: a span of one build begins; what was derived so far is taken as it stands.
    SpanStarted {
        /// The build that derives from here on.
        build: String,
        /// Why a new span begins.
        reason: SpanReason,
    },
    /// Input: a version of knowledge becomes active.
    KnowledgeActivated {
        /// Which knowledge, such as `constants`.
        name: String,
        /// Its version, from 1.
        version: u64,
        /// What it gained: name and value.
        added: BTreeMap<String, i64>,
        /// What it lost, by name.
        withdrawn: Vec<String>,
        /// SHA-256 of the whole resulting version, hexadecimal.
        hash: String,
    },
    /// Input: time passed and something was due.
    Tick,
    /// Input: a file or stream was taken in, to its end or to an interruption.
    Imported {
        /// Own number of the import.
        import: u64,
        /// Format of the source, such as `jetstream_v1`.
        format: String,
        /// Whether its end was reached.
        complete: bool,
        /// Events appended.
        accepted: u64,
        /// Events seen before, with the same bytes.
        duplicates: u64,
        /// Messages that have no meaning here, such as a block list, by name.
        ignored: BTreeMap<String, u64>,
        /// Inputs refused, by code.
        rejected: BTreeMap<String, u64>,
    },
    /// Input: somebody asked that an account's content be erased.
    ErasureAsked {
        /// Own id of the account.
        account: u64,
    },
    /// Input: the keys of these accounts, or of these entries, were destroyed.
    Erased {
        /// Own ids of the accounts.
        accounts: Vec<u64>,
        /// Rejected inputs destroyed with them.
        rejects: u64,
        /// Entries of knowledge whose content was destroyed: their time was over.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<u64>,
    },
    /// Input: whole files of the log passed their retention and were destroyed.
    LogDropped {
        /// First position destroyed.
        first: u64,
        /// Last position destroyed.
        last: u64,
    },
    /// Input: a replay was run and compared.
    ReplayVerified {
        /// First position replayed.
        first: u64,
        /// Last position replayed.
        last: u64,
        /// Derived entries compared.
        entries: u64,
        /// Derived entries that differed, were missing, or were too many.
        differences: u64,
        /// Spans of positions that could not be verified, because content was erased.
        unverifiable: Vec<(u64, u64)>,
    },
    /// Input: Seawall failed on this event; the pipeline passes over it.
    SetAside {
        /// Its position.
        position: u64,
    },
    /// Input: a reviewer's key was admitted.
    ReviewerAdded {
        /// Own number of the reviewer.
        reviewer: u64,
        /// The public key (Ed25519, RFC 8032), hexadecimal.
        key: String,
        /// Who admitted it; nobody admits the first.
        by: Option<u64>,
        /// Their signature over what is said here; none for the first.
        signature: Option<String>,
    },
    /// Input: a reviewer's key signs nothing any more.
    ReviewerWithdrawn {
        /// Own number of the reviewer.
        reviewer: u64,
        /// Who withdrew it.
        by: u64,
        /// Their signature over what is said here.
        signature: String,
    },
    /// Input: entries of knowledge were laid down. They count once a decision supports them.
    KnowledgeAdded {
        /// Kind of the entries, such as `term`.
        kind: String,
        /// Version of all knowledge, from 1.
        version: u64,
        /// First entry laid down.
        first: u64,
        /// Last entry laid down.
        last: u64,
        /// The decision that supports them at once; `None` if a ruling about them is to come.
        decision: Option<u64>,
        /// SHA-256 over the version before and the commitments of the entries, hexadecimal.
        hash: String,
    },
    /// Input: a reviewer ruled.
    Ruled {
        /// Who, and what.
        ruling: Ruling,
        /// Signature (Ed25519) over the ruling's canonical bytes, hexadecimal.
        signature: String,
    },
    /// Input: somebody read the protected register.
    RegisterRead {
        /// Who.
        reviewer: u64,
        /// Their signature over what is said here.
        signature: String,
    },
    /// Input: what became of carrying an action out, or of taking it back.
    Delivered {
        /// Number of the action.
        action: u64,
        /// Whether it was to be done or undone.
        effect: Effect,
        /// What became of it.
        outcome: Outcome,
        /// The platform's last answer (HTTP status); none if none came or none was asked.
        status: Option<u16>,
        /// How often it was tried.
        attempts: u32,
    },
    /// Input: a person gave up an instruction that was refused, or that nobody could be told.
    DeliveryReleased(Released),
    /// Input: a platform's list of what it has in force was compared with the actions in force.
    Reconciled(Reconciled),
    /// Input: an order forbids for a time that the account of a case be told.
    NoticesWithheld(Withholding),
    /// Input: a file was marked as suspected child abuse: it leaves every screen.
    MediaMarked {
        /// Keyed hash of the file, hexadecimal.
        media: String,
        /// Who marked it; 0 for a machine, and for somebody whose key was not admitted.
        reviewer: u64,
        /// Entries that hold a fingerprint of it: nothing is compared with them, all else stands.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<u64>,
    },
    /// Input: a mark was taken back by the holder of the configured route: the file is none.
    MediaUnmarked {
        /// Keyed hash of the file, hexadecimal.
        media: String,
        /// Who took it back; never who set it.
        reviewer: u64,
        /// Entries of knowledge whose fingerprints are compared with again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<u64>,
    },
    /// Input: somebody is given an original to see.
    MediaOpened {
        /// Keyed hash of the file, hexadecimal.
        media: String,
        /// Who sees it.
        reviewer: u64,
        /// The case for whose sake.
        case: u64,
    },
    /// Input: a marked file was opened by the holder of the configured route.
    MediaHandedOver {
        /// Keyed hash of the file, hexadecimal.
        media: String,
        /// Who handed it over.
        reviewer: u64,
        /// Name of the route.
        route: String,
    },
    /// Derived: commits the journal to the events of a hand-over.
    LogSealed {
        /// First position covered.
        first: u64,
        /// Last position covered.
        last: u64,
        /// SHA-256 over the events' commitments in order, hexadecimal.
        digest: String,
    },
    /// Derived: what was counted in one hour of event time, once it can change no more.
    HourCounted {
        /// The hour's first moment.
        #[serde(with = "rfc3339")]
        hour: Timestamp,
        /// Events by kind.
        events: BTreeMap<String, u64>,
        /// Signals by name: how many had a value, how many were Unknown.
        signals: BTreeMap<String, SignalCount>,
        /// Events of earlier hours that came after their hour was counted.
        late: u64,
        /// Traces summarised to make room.
        traces_dropped: u64,
        /// Accounts summarised to make room.
        accounts_dropped: u64,
        /// Sketches of accounts dropped to make room.
        #[serde(default, skip_serializing_if = "is_zero")]
        sketches_dropped: u64,
    },
    /// Derived: a wave began.
    WaveOpened {
        /// Its own id.
        wave: String,
        /// The burst that opened it.
        burst: BurstSeen,
        /// Position of the field event it rides, where one is known.
        field_event: Option<u64>,
    },
    /// Derived: another burst joined an open wave.
    WaveJoined {
        /// The wave's own id.
        wave: String,
        /// The burst that joined.
        burst: BurstSeen,
        /// Accounts it shares with the wave, among those sampled.
        shared_accounts: u64,
    },
    /// Derived: a wave ended, because the last of its bursts did.
    WaveClosed {
        /// The wave's own id.
        wave: String,
        /// The last hour above the baseline.
        #[serde(with = "rfc3339")]
        last_hour: Timestamp,
        /// Posts in its bursts, counted once per burst.
        posts: u64,
        /// Most posts in one hour of one burst.
        peak: u64,
        /// Bursts it was made of.
        bursts: u64,
    },
    /// Derived: a case was opened.
    CaseOpened {
        /// Its number.
        case: u64,
        /// What it is about.
        subject: SubjectSeen,
        /// The policy it was opened under.
        policy: String,
        /// The rule that opened it; `None` where a person or an overturn did.
        rule: Option<String>,
        /// Whether the verdict rests on a missing or failed input.
        rests_on_missing: bool,
        /// When the first event behind it happened.
        #[serde(with = "rfc3339")]
        first_at: Timestamp,
        /// When the account of the subject was created, where known then.
        #[serde(with = "optional_rfc3339")]
        account_created_at: Option<Timestamp>,
        /// The keyed hash of the platform's id of the post, where it is about one.
        post: Option<String>,
        /// Position of the newest content, if not that of the subject; 0 if nobody told the post.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<u64>,
        /// Whether the post had been deleted by then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        deleted: bool,
        /// What is known against it.
        evidence: Vec<EvidenceSeen>,
        /// The rules that want people to look.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reasons: Vec<ReasonSeen>,
    },
    /// Derived: more became known of an open case.
    CaseGrew {
        /// Its number.
        case: u64,
        /// Its version after that.
        version: u64,
        /// Whether the newest verdict rests on a missing or failed input.
        rests_on_missing: bool,
        /// What was added.
        evidence: Vec<EvidenceSeen>,
        /// The rules that want people to look at that, or at what it says now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reasons: Vec<ReasonSeen>,
    },
    /// Derived: the post of a case was told or deleted since: what was ruled before counts no more.
    PostChanged {
        /// The case.
        case: u64,
        /// Its version after that.
        version: u64,
        /// Position of the event that told it.
        position: u64,
        /// Whether the post was deleted; else this event has its newest content.
        deleted: bool,
        /// Its author, where that was not known before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<u64>,
    },
    /// Derived: an account that cases are about was created earlier than was known.
    AccountDated {
        /// The account.
        account: u64,
        /// When it was created.
        #[serde(with = "rfc3339")]
        created_at: Timestamp,
    },
    /// Derived: there was no room for another case; the finding is kept here.
    CaseHeld {
        /// What it would be about.
        subject: SubjectSeen,
        /// The rule that would open it.
        rule: String,
    },
    /// Derived: a ruling is not enough by itself.
    RulingHeld {
        /// The case; `None` if it is about knowledge.
        case: Option<u64>,
        /// Who ruled.
        reviewer: u64,
        /// What law 1 finds missing, by names of its sentences; `quota` if only room for today is.
        missing: Vec<String>,
    },
    /// Derived: a ruling that was held counts no more.
    RulingLetGo {
        /// The case; `None` if it is about knowledge.
        case: Option<u64>,
        /// Who ruled.
        reviewer: u64,
        /// What; `None` if it is about knowledge.
        ruled: Option<String>,
        /// `decided`, `post_changed`, `case_grew`, `evidence_fell`, `case_reopened` or `reviewer_withdrawn`.
        why: String,
    },
    /// Derived: rulings became a decision.
    Decided {
        /// Its number.
        decision: u64,
        /// The case; `None` if it is about knowledge.
        case: Option<u64>,
        /// What was ruled.
        ruled: String,
        /// The policy cited.
        policy: Option<PolicyCited>,
        /// Who ruled, in order.
        reviewers: Vec<u64>,
        /// Who of them saw the content and confirms what joins the bank; nobody about knowledge.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        confirmed_by: Vec<u64>,
        /// What it rests on.
        grounds: Vec<GroundSeen>,
        /// What is to be done on the platform.
        actions: Vec<ActionPlanned>,
        /// Earlier actions on the case that it ends: unattended, or of a decision without ground.
        released: Vec<u64>,
        /// First and last of the entries of knowledge that it supports, in runs.
        supports: Vec<(u64, u64)>,
        /// When a second reading is due at the latest, where one is.
        #[serde(with = "optional_rfc3339")]
        second_reading_due: Option<Timestamp>,
    },
    /// Derived: reach was restricted unattended, as law 1 allows.
    RestrictedUnattended {
        /// The case.
        case: u64,
        /// The bank's entry that matched exactly.
        entry: u64,
        /// The action.
        action: ActionPlanned,
    },
    /// Derived: reach was not restricted unattended, for the day's quota was spent.
    RestrictionHeld {
        /// The case.
        case: u64,
        /// The bank's entry that matched exactly.
        entry: u64,
    },
    /// Derived: actions ended: by their time, by law 1 asked again, or by an appeal granted.
    ActionsLapsed {
        /// Their numbers.
        actions: Vec<u64>,
    },
    /// Derived: entries expired, or the platform gave the account back; what rested on them stays.
    EntriesLapsed {
        /// Their numbers.
        entries: Vec<u64>,
    },
    /// Derived: a decision was overturned, and what follows from it.
    Overturned {
        /// The decision overturned.
        decision: u64,
        /// The decision that overturns it.
        by: u64,
        /// Entries of knowledge that lost their last support.
        entries_withdrawn: Vec<u64>,
        /// Entries that lost a support and keep others: each has a case now.
        entries_reopened: Vec<u64>,
        /// Cases that lost evidence, and the entry it rested on.
        matches_withdrawn: Vec<(u64, u64)>,
        /// Decisions that lost a link or match, and the entry it rested on.
        unlinked: Vec<(u64, u64)>,
        /// Decisions left without any ground.
        decisions_fallen: Vec<u64>,
        /// Actions reversed, each by its inverse.
        actions_reversed: Vec<u64>,
        /// Cases open again.
        cases_reopened: Vec<u64>,
    },
    /// Derived: an account appeals against an action that concerns it.
    AppealOpened {
        /// Its number.
        appeal: u64,
        /// Number of the action.
        action: u64,
        /// The decision behind the action; none if it was taken unattended.
        decision: Option<u64>,
        /// The case.
        case: u64,
        /// Own id of who appeals.
        account: u64,
        /// Position of the event, where what they say is sealed.
        position: u64,
    },
    /// Derived: an appeal was not taken.
    AppealRefused {
        /// Number of the action as it was named.
        action: u64,
        /// `unknown_action`, `too_long_ago`, `not_concerned`, `already_{open,decided}` or `full`.
        why: String,
        /// Own id of who appeals, where known.
        account: Option<u64>,
        /// Position of the event.
        position: u64,
    },
    /// Derived: an appeal was decided. What takes the action back follows, if something does.
    AppealDecided {
        /// Its number.
        appeal: u64,
        /// Whether the action stands.
        upheld: bool,
        /// Who ruled; none if the action ended before anybody did.
        by: Option<u64>,
    },
    /// Derived: no order forbids any more that the account of a case be told: it is told now.
    NoticesDue {
        /// Its number.
        case: u64,
    },
    /// Derived: a reviewer withdrew entries of knowledge, and what follows from it.
    Withdrawn {
        /// The entries that were withdrawn.
        entries: Vec<u64>,
        /// The decision that withdraws them.
        by: u64,
        /// Other entries, which lost their last support with them.
        entries_withdrawn: Vec<u64>,
        /// Entries that lost a support and keep others: each has a case now.
        entries_reopened: Vec<u64>,
        /// Cases that lost evidence, and the entry it rested on.
        matches_withdrawn: Vec<(u64, u64)>,
        /// Decisions that lost a link or match, and the entry it rested on.
        unlinked: Vec<(u64, u64)>,
        /// Decisions left without any ground.
        decisions_fallen: Vec<u64>,
        /// Actions reversed, each by its inverse.
        actions_reversed: Vec<u64>,
        /// Cases open again.
        cases_reopened: Vec<u64>,
    },
}
