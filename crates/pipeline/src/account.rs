//! Step one: what is known of an account from its own events.
//!
//! The state of an account is small and of fixed size; what falls out when there are
//! too many is the quietest, and it is counted.

use hashbrown::HashMap;
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{
    Accepted, AccountId, EventBody, Hour, Signal, SignalKind, SignalValue, State, Timestamp,
    TraceId,
};

/// What is counted per hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Posts = 0,
    Engagements = 1,
    Follows = 2,
}

/// Counts of one hour. A count stays at 65,535 once it is there.
type HourCounts = [u16; 3];

/// What is known of one account. Forty bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AccountState {
    /// Part of the hash of the last text posted; 0 for none.
    last_text: u64,
    /// Seconds since 1970 at which the account was created, where known.
    created: Option<u32>,
    /// The hour of the newest counts.
    hour: Hour,
    /// Posts of that text in a row.
    repeats: u32,
    /// Followers gained less followers lost, by events.
    followers: u32,
    /// Counts of that hour and of the hour before.
    counts: [HourCounts; 2],
}

/// A change to another account's followers, applied at the next hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FollowMessage {
    pub(crate) to: AccountId,
    pub(crate) state: State,
}

/// Whether an event takes part in live windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timely {
    InTime,
    Late,
}

/// The accounts of one partition.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    states: HashMap<AccountId, AccountState>,
    dropped: u64,
}

impl Accounts {
    /// Takes in one event of an account of this partition and says what it shows. Gives when the
    /// account was created, where that was not known, or later, before.
    ///
    /// `text` is the keyed hash of the post's normalised text, where it has one.
    pub(crate) fn observe(
        &mut self,
        accepted: &Accepted<'_>,
        account: AccountId,
        text: Option<TraceId>,
        timely: Timely,
        out: &mut Vec<Signal>,
    ) -> Option<Timestamp> {
        let state = self.states.entry(account).or_default();
        let event = accepted.event;
        let before = state.created;
        state.learn_creation(accepted);
        let mut signal = |kind, value| {
            out.push(Signal { kind, value, position: accepted.position });
        };
        match &event.body {
            EventBody::PostCreated(_) => {
                signal(SignalKind::AccountAgeSeconds, state.age(event.at));
                let rate = state.count(Counted::Posts, event.at.hour(), timely);
                signal(SignalKind::AccountPostsPerHour, rate);
                signal(SignalKind::ExactText, text.map_or(SignalValue::Unknown, SignalValue::Hash));
                signal(SignalKind::AccountTextRepeats, state.repeat(text, timely));
                signal(SignalKind::AccountFollowersSeen, number(state.followers));
            }
            EventBody::Engagement(engagement) if engagement.state == State::Made => {
                signal(SignalKind::AccountAgeSeconds, state.age(event.at));
                let rate = state.count(Counted::Engagements, event.at.hour(), timely);
                signal(SignalKind::AccountEngagementsPerHour, rate);
            }
            EventBody::Follow(follow) if follow.state == State::Made => {
                signal(SignalKind::AccountAgeSeconds, state.age(event.at));
                let rate = state.count(Counted::Follows, event.at.hour(), timely);
                signal(SignalKind::AccountFollowsPerHour, rate);
            }
            _ => {}
        }
        state.created_at().filter(|_| state.created != before)
    }

    /// When an account was created, where known.
    pub(crate) fn created(&self, account: AccountId) -> Option<Timestamp> {
        self.states.get(&account)?.created_at()
    }

    /// Applies a message from another account.
    pub(crate) fn receive(&mut self, message: FollowMessage) {
        let state = self.states.entry(message.to).or_default();
        state.followers = match message.state {
            State::Made => state.followers.saturating_add(1),
            State::Withdrawn => state.followers.saturating_sub(1),
        };
    }

    /// Forgets an account: its content was erased.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.states.remove(&account);
    }

    /// Drops the quietest eighth once there are more accounts than `accounts_max`.
    pub(crate) fn make_room(&mut self, accounts_max: usize) {
        if self.states.len() <= accounts_max {
            return;
        }
        let mut order: Vec<(Hour, AccountId)> =
            self.states.iter().map(|(account, state)| (state.hour, *account)).collect();
        order.sort_unstable();
        let excess = self.states.len() - accounts_max + accounts_max / 8;
        for (_, account) in order.into_iter().take(excess) {
            self.states.remove(&account);
            self.dropped += 1;
        }
    }

    /// How many were dropped since the last call.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        let mut states: Vec<_> = self.states.iter().collect();
        states.sort_unstable_by_key(|(account, _)| **account);
        writer.u64(self.dropped);
        writer.len(states.len());
        for (account, state) in states {
            writer.u64(account.0);
            state.encode(writer);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let dropped = reader.u64()?;
        let length = reader.len(8 + ENCODED_BYTES)?;
        let mut states = HashMap::with_capacity(length);
        for _ in 0..length {
            let account = AccountId(reader.u64()?);
            states.insert(account, AccountState::decode(reader)?);
        }
        Ok(Self { states, dropped })
    }
}

/// Bytes of one state in a snapshot.
const ENCODED_BYTES: usize = 8 + 5 + 4 + 4 + 4 + 12;

impl AccountState {
    /// The earliest time that was told counts: an account does not become young again.
    fn learn_creation(&mut self, accepted: &Accepted<'_>) {
        let event = accepted.event;
        let told = event.profile.as_ref().and_then(|profile| profile.created_at);
        let seen = matches!(event.body, EventBody::AccountCreated).then_some(event.at);
        let seconds = |at: Timestamp| u32::try_from(at.micros() / 1_000_000).ok();
        let known = [self.created, told.and_then(seconds), seen.and_then(seconds)];
        self.created = known.into_iter().flatten().min();
    }

    fn created_at(&self) -> Option<Timestamp> {
        Timestamp::from_micros(i64::from(self.created?) * 1_000_000).ok()
    }

    fn age(&self, at: Timestamp) -> SignalValue {
        match self.created {
            None => SignalValue::Unknown,
            // A clock that runs behind must not make a new account look unborn.
            Some(created) => {
                SignalValue::Number((at.micros() / 1_000_000 - i64::from(created)).max(0))
            }
        }
    }

    fn count(&mut self, counted: Counted, hour: Hour, timely: Timely) -> SignalValue {
        if timely == Timely::Late {
            return SignalValue::Unknown;
        }
        self.turn_to(hour);
        let back = usize::from(hour < self.hour);
        let count = &mut self.counts[back][counted as usize];
        *count = count.saturating_add(1);
        number(u32::from(*count))
    }

    /// Moves the two hours on, if the event's hour is newer.
    fn turn_to(&mut self, hour: Hour) {
        if hour <= self.hour {
            return;
        }
        let previous =
            if hour == self.hour.next() { self.counts[0] } else { HourCounts::default() };
        self.counts = [HourCounts::default(), previous];
        self.hour = hour;
    }

    fn repeat(&mut self, text: Option<TraceId>, timely: Timely) -> SignalValue {
        let Some(text) = text.filter(|_| timely == Timely::InTime) else {
            return SignalValue::Unknown;
        };
        let part = u64::from_le_bytes(*text.0.to_le_bytes().first_chunk().unwrap_or(&[0; 8]));
        self.repeats = if part == self.last_text { self.repeats.saturating_add(1) } else { 1 };
        self.last_text = part;
        number(self.repeats)
    }

    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.last_text);
        writer.u8(u8::from(self.created.is_some()));
        writer.u32(self.created.unwrap_or(0));
        writer.u32(self.hour.index());
        writer.u32(self.repeats);
        writer.u32(self.followers);
        for count in self.counts.as_flattened() {
            writer.raw(&count.to_le_bytes());
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let last_text = reader.u64()?;
        let is_known = reader.u8()?;
        let created = reader.u32()?;
        let mut state = Self {
            last_text,
            created: (is_known == 1).then_some(created),
            hour: Hour::from_index(reader.u32()?),
            repeats: reader.u32()?,
            followers: reader.u32()?,
            counts: [HourCounts::default(); 2],
        };
        for count in state.counts.as_flattened_mut() {
            *count = u16::from_le_bytes(reader.array()?);
        }
        Ok(state)
    }
}

fn number(value: u32) -> SignalValue {
    SignalValue::Number(i64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_an_account_is_as_small_as_stated() {
        assert_eq!(size_of::<AccountState>(), 40);
    }

    #[test]
    fn counts_of_the_hour_before_are_kept_for_stragglers() {
        let mut state = AccountState::default();
        let hour = Hour::from_index(100);
        let value = |value: SignalValue| match value {
            SignalValue::Number(number) => number,
            _ => -1,
        };
        assert_eq!(value(state.count(Counted::Posts, hour, Timely::InTime)), 1);
        assert_eq!(value(state.count(Counted::Posts, hour.next(), Timely::InTime)), 1);
        assert_eq!(value(state.count(Counted::Posts, hour, Timely::InTime)), 2);
        assert_eq!(
            value(state.count(Counted::Posts, hour.next().next().next(), Timely::InTime)),
            1
        );
        assert_eq!(state.count(Counted::Posts, hour, Timely::Late), SignalValue::Unknown);
    }

    #[test]
    fn the_quietest_accounts_make_room_and_are_counted() {
        let mut accounts = Accounts::default();
        for n in 0..100u64 {
            let state = AccountState {
                hour: Hour::from_index(u32::try_from(n).unwrap()),
                ..AccountState::default()
            };
            accounts.states.insert(AccountId(n), state);
        }
        accounts.make_room(80);
        assert_eq!(accounts.take_dropped(), 30);
        assert!(accounts.states.keys().all(|account| account.0 >= 30));
    }
}
