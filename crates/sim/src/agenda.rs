//! What is due at a moment: closings, births, reopenings, sweeps, field events.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::account::Moment;
use crate::item::Cause;

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// An account is closed.
    Close(u32, Reason),
    /// An account is opened again.
    Reopen(u32),
    /// An actor makes its next account, for the one named.
    Return(u32, u32),
    /// An actor makes an account that waits, beside the one named.
    Backup(u32, u32),
    /// An account that had waited takes the place of a closed one.
    Activate(u32),
    /// Somebody changes how an account looks.
    Restyle(u32),
    /// An innocent signs up.
    SignUp,
    /// An innocent signs up for what is loud: which of the calendar's surges.
    Newcomer(u32),
    /// Somebody stops using an account.
    Abandon(u32),
    /// A throwaway account is made for a wave.
    Throwaway(u32),
    /// A sweep begins.
    Sweep(u32),
    /// Something happens in the field.
    Field(u32),
}

/// [`Cause`], in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    Policy,
    Sweep,
    Owner,
}

impl Reason {
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::Policy => Cause::Policy,
            Self::Sweep => Cause::Sweep,
            Self::Owner => Cause::Owner,
        }
    }
}

/// What is due, the earliest first; what is due at once in the order it was noted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    due: BinaryHeap<Reverse<(Moment, u64, Due)>>,
    noted: u64,
}

impl Agenda {
    pub(crate) fn note(&mut self, at: Moment, due: Due) {
        self.due.push(Reverse((at, self.noted, due)));
        self.noted += 1;
    }

    /// The next that is due before a moment.
    pub(crate) fn next_before(&mut self, before: Moment) -> Option<(Moment, Due)> {
        let Reverse((at, ..)) = self.due.peek()?;
        if *at >= before {
            return None;
        }
        self.due.pop().map(|Reverse((at, _, due))| (at, due))
    }
}
