//! What the outbox holds: instructions, how far they came, and what stands in whose way.
//!
//! Leaves out SQL.

use std::fmt;

use seawall_model::Timestamp;

/// Bytes of one payload at most, sealed or not: receivers of Standard Webhooks need take no
/// more than 20 kB.
pub const PAYLOAD_BYTES_MAX: usize = 20_000;

/// What an instruction asks of an action: that it be done, or that it be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The action's kind, such as `suspend`.
    Do = 0,
    /// Its inverse, such as `reinstate`.
    Undo = 1,
    /// Nothing is to be done but to tell the account: the notices that an order withheld.
    Notice = 2,
    /// As that: what became of the appeal against it.
    Answer = 3,
    /// What of the withheld notices does not fit into one message.
    SecondNotice = 4,
    /// What does not fit into two: there are three notices of an action at most.
    ThirdNotice = 5,
}

impl Effect {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Do, Self::Undo, Self::Notice, Self::Answer, Self::SecondNotice, Self::ThirdNotice];

    /// The messages with withheld notices of one action, in their order.
    pub const NOTICES: [Self; 3] = [Self::Notice, Self::SecondNotice, Self::ThirdNotice];

    /// How its instructions are told from the one that does the action.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Do => "",
            Self::Undo => "-undo",
            Self::Notice => "-notice",
            Self::Answer => "-answer",
            Self::SecondNotice => "-notice-2",
            Self::ThirdNotice => "-notice-3",
        }
    }

    /// Whether it only tells the account something: it changes nothing on the platform, so that
    /// nothing waits for it.
    #[must_use]
    pub const fn only_tells(self) -> bool {
        !matches!(self, Self::Do | Self::Undo)
    }
}

/// What tells an instruction from every other: it follows from the journal alone.
///
/// Written `a12`, `a12-undo`, `a12-notice` (and `a12-notice-2`) or `a12-answer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstructionId {
    /// Number of the action.
    pub action: u64,
    /// Whether it is done or taken back, or what is told of it.
    pub effect: Effect,
}

impl InstructionId {
    /// Reads the written form; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('a')?;
        let told = |effect: &Effect| *effect != Effect::Do && rest.ends_with(effect.suffix());
        let effect = Effect::ALL.into_iter().find(told).unwrap_or(Effect::Do);
        let digits = rest.strip_suffix(effect.suffix())?;
        let id = Self { action: digits.parse().ok()?, effect };
        // One spelling each: no plus sign, no zero in front.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for InstructionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}{}", self.action, self.effect.suffix())
    }
}

/// How far an instruction came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// It is to be sent, for the first time or again.
    Waiting = 0,
    /// The platform took it.
    Delivered = 1,
    /// A dead letter: the platform said no.
    Refused = 2,
    /// A dead letter: every attempt failed, and whether one took effect is unknown.
    Dead = 3,
    /// Nothing is sent: it was taken back before it left, or a person gave it up.
    Cancelled = 4,
    /// A dry run: it was shown and not sent.
    DryRun = 5,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Delivered, Self::Refused, Self::Dead, Self::Cancelled, Self::DryRun];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
            Self::DryRun => "dry_run",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether a person can have it sent again.
    #[must_use]
    pub fn is_dead_letter(self) -> bool {
        matches!(self, Self::Refused | Self::Dead)
    }
}

/// An instruction to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct NewInstruction {
    /// What tells it from others.
    pub id: InstructionId,
    /// Order is kept among the instructions with the same key: one for each subject. A keyed
    /// hash, or a number of our own; never a name.
    pub order_key: [u8; 16],
    /// It is not sent before this time: the hold-back.
    pub not_before: Timestamp,
    /// The body to send, up to [`PAYLOAD_BYTES_MAX`]. Sealed here, destroyed once delivered. Where
    /// it is larger, or empty because it could not be written, it is kept as refused, unsent.
    pub payload: Vec<u8>,
}

impl fmt::Debug for NewInstruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewInstruction({}, {} bytes)", self.id, self.payload.len())
    }
}

/// Where instructions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The journal as it grows: what is new here was never sent.
    Live,
    /// A journal whose outbox was lost: what is new here was perhaps sent before.
    Rebuild,
}

/// What keeping instructions changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enqueued {
    /// Those that were not here before.
    pub new: u64,
    /// Those of which nothing is sent, since an undo met its unsent action: both of each pair.
    pub cancelled: Vec<InstructionId>,
    /// Those that could not be written, or are too large: they are refused, without an attempt.
    pub untold: Vec<InstructionId>,
}

/// An instruction to send now.
#[derive(Clone, PartialEq, Eq)]
pub struct DueInstruction {
    /// Its row.
    pub number: u64,
    /// What tells it from others.
    pub id: InstructionId,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Which attempt since it was enqueued or replayed, from 1.
    pub round_attempt: u32,
    /// How far the action came that this one takes back; `None` for one that is done, and
    /// where nothing is known of it.
    pub takes_back: Option<DeliveryState>,
    /// The body to send.
    pub payload: Vec<u8>,
}

impl fmt::Debug for DueInstruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DueInstruction({}, attempt {})", self.id, self.attempt)
    }
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptSeen {
    /// HTTP status of the answer; `None` where none came.
    pub status: Option<u16>,
    /// What went wrong, in short words of our own, never the answer's.
    pub error: Option<&'static str>,
}

/// An instruction as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its row: pages go on after it.
    pub number: u64,
    /// What tells it from others.
    pub id: InstructionId,
    /// How far it came.
    pub state: DeliveryState,
    /// Whether its inverse is here too.
    pub is_undone: bool,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is sent, if it waits.
    pub next_at: Timestamp,
    /// HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// What went wrong last, in words of our own.
    pub last_error: Option<String>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

/// How many instructions there are, by state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// In the order of [`DeliveryState::ALL`].
    pub by_state: [u64; 6],
    /// Since when the oldest of those that wait may be sent: `now` less this is its age.
    pub oldest_waiting: Option<Timestamp>,
    /// When the endpoint said that it is gone; nothing is sent from then on.
    pub gone_at: Option<Timestamp>,
    /// How many of those refused were never written, too large to be sent, or damaged before they
    /// were sent.
    pub untold: u64,
}

impl OutboxCounts {
    /// How many are in a state.
    #[must_use]
    pub fn of(&self, state: DeliveryState) -> u64 {
        self.by_state[state as usize]
    }
}

/// What decides whether an instruction stands in the way of a later one of its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) number: u64,
    pub(super) effect: Effect,
    pub(super) state: DeliveryState,
    pub(super) is_undone: bool,
    pub(super) perhaps_sent: bool,
    pub(super) not_before: Timestamp,
    pub(super) next_at: Timestamp,
}

/// The one instruction of a subject that may be sent next, given its waiting and dead ones in
/// order; whether its time has come is another question.
///
/// The rule, of which the tests hold another wording:
/// 1. An instruction goes once all earlier ones of its subject are settled.
/// 2. A dead letter stops later actions: replayed after them, it would come out of order. It
///    does not stop an undo, for a reversal is never held (law 5); and one whose own undo is
///    here stops nothing, since it is never replayed. A refused one stops nothing: the
///    platform said that nothing came of it.
/// 3. An undo also passes unsent actions that are held back, by their time or by rule 2. What
///    it passes comes after it, so that a platform that knows only "suspended or not" ends
///    where the journal does.
/// 4. An undo has a time of its own where what it takes back is replaced by an action that is held
///    back: it waits as long. Once that action is taken back instead, the undo goes at once.
/// 5. What only tells the account goes as an undo does, and holds nothing up: dead, or while it
///    waits to be tried again, it stands in nobody's way. So an undo may pass what tells of its
///    action: whoever feeds the outbox then says that anew ([`super::Outbox::resay`]).
pub(super) fn head(open: &[Standing], now: Timestamp) -> Option<Standing> {
    let mut is_stopped = false;
    for row in open {
        match (row.state, row.effect) {
            (DeliveryState::Dead, Effect::Do) if row.is_undone => {}
            (DeliveryState::Dead, effect) if effect.only_tells() => {}
            (DeliveryState::Dead, _) => is_stopped = true,
            (_, effect) if effect.only_tells() && row.next_at > now => {}
            (_, Effect::Do) if is_stopped && !row.is_undone => {}
            (_, Effect::Do | Effect::Undo) if row.not_before > now && !row.perhaps_sent => {
                is_stopped = true;
            }
            _ => return Some(*row),
        }
    }
    None
}
