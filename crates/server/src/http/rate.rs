//! How much one caller may ask for: token buckets, in bounded memory.
//!
//! A request is let in while its caller's buckets of requests and of bytes hold something; the
//! bytes of its body are taken as they come, so that a bucket may fall below nothing and is
//! waited for. Time is what the caller gives. Left out: who calls, and attempts to log in,
//! which the door slows down by itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use seawall_model::Timestamp;

use crate::access::Identity;
use crate::config::RatesConfig;

/// A unit of a bucket, in parts that fill within a microsecond at one a second.
const PARTS: i64 = 1_000_000;
/// Seconds between two looks for callers who have been quiet.
const SWEEP_SECONDS: i64 = 1;

/// Who is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// A machine, by the number of its key.
    Key(u64),
    /// A person, by their number.
    Person(u64),
    /// An address.
    V4(Ipv4Addr),
    /// The first 64 bits of an address: whoever has one has them all.
    V6([u16; 4]),
}

impl Who {
    /// Who a request counts for.
    pub(crate) fn of(identity: &Identity, from: IpAddr) -> Self {
        match identity {
            Identity::Key(key) => Self::Key(key.number),
            Identity::Person(person) => Self::Person(person.number),
            Identity::Public | Identity::SignedLink => Self::at(from),
        }
    }

    /// Whoever is not known, by where they ask from.
    pub(crate) fn at(from: IpAddr) -> Self {
        match from.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }

    /// What kind of caller it is, for metrics.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Person(_) => "person",
            Self::V4(_) | Self::V6(_) => "address",
        }
    }
}

/// What may come of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    per_second: i64,
    at_once: i64,
}

/// A bucket. It holds parts of a unit.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    parts: i64,
    at: Timestamp,
}

impl Bucket {
    fn full(allowance: Allowance, now: Timestamp) -> Self {
        Self { parts: allowance.at_once * PARTS, at: now }
    }

    fn fill(&mut self, allowance: Allowance, now: Timestamp) {
        // A clock that goes back fills nothing, and takes nothing away.
        let micros = now.micros().saturating_sub(self.at.micros()).max(0);
        let filled = self.parts.saturating_add(micros.saturating_mul(allowance.per_second));
        self.parts = filled.min(allowance.at_once * PARTS);
        self.at = self.at.max(now);
    }

    fn is_full(&self, allowance: Allowance) -> bool {
        self.parts >= allowance.at_once * PARTS
    }

    fn take(&mut self, units: i64) {
        self.parts = self.parts.saturating_sub(units.saturating_mul(PARTS));
    }

    /// Whole seconds until it holds a unit, at least 1.
    fn wait(&self, allowance: Allowance) -> u64 {
        let lacks = PARTS.saturating_sub(self.parts).max(0);
        let rate = allowance.per_second * PARTS;
        let seconds = lacks / rate + i64::from(lacks % rate > 0);
        u64::try_from(seconds).unwrap_or(0).max(1)
    }
}

/// The buckets of one caller.
#[derive(Clone, Copy, Debug)]
struct Buckets {
    requests: Bucket,
    bytes: Bucket,
}

/// What all callers of a kind may.
#[derive(Clone, Copy, Debug)]
struct Allowances {
    requests: Allowance,
    bytes: Allowance,
}

/// Callers, each with buckets; those for whom there is no room share one pair.
#[derive(Debug)]
struct Table {
    callers: HashMap<Who, Buckets>,
    shared: Option<Buckets>,
    swept_at: Option<Timestamp>,
    callers_max: usize,
}

/// What is left of a caller's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Requests that may come at once.
    pub(crate) at_once: i64,
    /// Seconds in which so many fill up.
    pub(crate) window_seconds: i64,
    /// Requests that may still come now.
    pub(crate) requests: i64,
}

/// What a caller has used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// Requests.
    Requests,
    /// Bytes of bodies.
    Bytes,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMuch {
    /// What was used up.
    pub(crate) spent: Spent,
    /// Units of it a second.
    pub(crate) per_second: i64,
    /// Whole seconds to wait.
    pub(crate) wait_seconds: u64,
    /// What is left.
    pub(crate) left: Left,
}

/// How much everybody asked for lately.
#[derive(Debug)]
pub(crate) struct Rates {
    config: RatesConfig,
    known: Mutex<Table>,
    addresses: Mutex<Table>,
}

impl Rates {
    /// Nobody asked for anything yet.
    pub(crate) fn new(config: RatesConfig) -> Self {
        let callers_max = config.callers_max as usize;
        Self {
            config,
            known: Mutex::new(Table::new(callers_max)),
            addresses: Mutex::new(Table::new(callers_max)),
        }
    }

    /// Counts a request, if its caller may have one more.
    ///
    /// # Errors
    /// [`TooMuch`] if they may not; nothing is counted then.
    pub(crate) fn admit(&self, who: Who, now: Timestamp) -> Result<Left, TooMuch> {
        let allowances = self.allowances(who);
        let window_seconds = i64::from(self.config.burst_seconds);
        let mut table = self.table(who);
        let buckets = table.of(who, allowances, now);
        let requests = buckets.requests.parts.div_euclid(PARTS).max(0);
        let at_once = allowances.requests.at_once;
        let left = |requests| Left { at_once, window_seconds, requests };
        let too_much = |spent, bucket: Bucket, allowance: Allowance| TooMuch {
            spent,
            per_second: allowance.per_second,
            wait_seconds: bucket.wait(allowance),
            left: left(requests),
        };
        if requests < 1 {
            return Err(too_much(Spent::Requests, buckets.requests, allowances.requests));
        }
        if buckets.bytes.parts < PARTS {
            return Err(too_much(Spent::Bytes, buckets.bytes, allowances.bytes));
        }
        buckets.requests.take(1);
        Ok(left(requests - 1))
    }

    /// Counts bytes of a body, as they come.
    pub(crate) fn charge(&self, who: Who, bytes: u64, now: Timestamp) {
        let allowances = self.allowances(who);
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.table(who).of(who, allowances, now).bytes.take(bytes);
    }

    fn allowances(&self, who: Who) -> Allowances {
        let RatesConfig { burst_seconds, .. } = self.config;
        let (requests, bytes) = match who {
            Who::Key(_) => (self.config.key_requests_per_second, self.config.key_bytes_per_second),
            Who::Person(_) => {
                (self.config.person_requests_per_second, self.config.person_bytes_per_second)
            }
            Who::V4(_) | Who::V6(_) => {
                (self.config.address_requests_per_second, self.config.address_bytes_per_second)
            }
        };
        // Below 2^52 parts, whatever is configured: nothing overflows.
        let allowance = |per_second: u32| Allowance {
            per_second: per_second.into(),
            at_once: (i64::from(per_second) * i64::from(burst_seconds)).min(1 << 42),
        };
        Allowances { requests: allowance(requests), bytes: allowance(bytes) }
    }

    fn table(&self, who: Who) -> MutexGuard<'_, Table> {
        let table = match who {
            Who::Key(_) | Who::Person(_) => &self.known,
            Who::V4(_) | Who::V6(_) => &self.addresses,
        };
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many callers have buckets of their own.
    #[cfg(test)]
    fn callers(&self) -> usize {
        self.known.lock().unwrap().callers.len() + self.addresses.lock().unwrap().callers.len()
    }
}

impl Table {
    fn new(callers_max: usize) -> Self {
        Self { callers: HashMap::new(), shared: None, swept_at: None, callers_max }
    }

    /// The buckets of a caller, filled up to now.
    fn of(&mut self, who: Who, allowances: Allowances, now: Timestamp) -> &mut Buckets {
        if !self.callers.contains_key(&who) && self.callers.len() >= self.callers_max {
            self.sweep(allowances, now);
        }
        let has_room = self.callers.len() < self.callers_max || self.callers.contains_key(&who);
        let new = || Buckets {
            requests: Bucket::full(allowances.requests, now),
            bytes: Bucket::full(allowances.bytes, now),
        };
        let buckets = match has_room {
            true => self.callers.entry(who).or_insert_with(new),
            false => self.shared.get_or_insert_with(new),
        };
        buckets.requests.fill(allowances.requests, now);
        buckets.bytes.fill(allowances.bytes, now);
        buckets
    }

    /// Forgets who would have full buckets: nothing is lost by it.
    fn sweep(&mut self, allowances: Allowances, now: Timestamp) {
        if self.swept_at.is_some_and(|at| now.seconds_since(at) < SWEEP_SECONDS) {
            return;
        }
        self.swept_at = Some(now);
        self.callers.retain(|_, buckets| {
            buckets.requests.fill(allowances.requests, now);
            buckets.bytes.fill(allowances.bytes, now);
            !(buckets.requests.is_full(allowances.requests)
                && buckets.bytes.is_full(allowances.bytes))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::parse("2026-06-01T00:00:00Z").unwrap().plus_seconds(seconds)
    }

    fn rates(callers_max: u32) -> Rates {
        Rates::new(RatesConfig {
            key_requests_per_second: 2,
            key_bytes_per_second: 100,
            person_requests_per_second: 1,
            person_bytes_per_second: 10,
            address_requests_per_second: 1,
            address_bytes_per_second: 10,
            burst_seconds: 3,
            callers_max,
        })
    }

    fn admitted(rates: &Rates, who: Who, now: Timestamp) -> usize {
        (0..100).take_while(|_| rates.admit(who, now).is_ok()).count()
    }

    #[test]
    fn a_burst_is_let_in_and_then_the_rate() {
        let rates = rates(10);
        let key = Who::Key(1);
        assert_eq!(admitted(&rates, key, at(0)), 6);
        let refused = rates.admit(key, at(0)).unwrap_err();
        assert_eq!((refused.spent, refused.wait_seconds), (Spent::Requests, 1));
        assert_eq!(admitted(&rates, key, at(1)), 2);
        assert_eq!(admitted(&rates, key, at(100)), 6, "no more than a burst gathers");
        assert_eq!(admitted(&rates, Who::Key(2), at(100)), 6, "each has their own");
        assert_eq!(admitted(&rates, Who::Person(1), at(100)), 3);
    }

    #[test]
    fn bytes_are_taken_as_they_come_and_waited_for() {
        let rates = rates(10);
        let key = Who::Key(1);
        assert!(rates.admit(key, at(0)).is_ok());
        rates.charge(key, 1_000, at(0));
        let refused = rates.admit(key, at(0)).unwrap_err();
        // 700 more than there were, and one to be let in: at 100 a second.
        assert_eq!((refused.spent, refused.wait_seconds), (Spent::Bytes, 8));
        assert!(rates.admit(key, at(7)).is_err());
        assert!(rates.admit(key, at(8)).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
        let rates = rates(10);
        assert_eq!(admitted(&rates, Who::Key(1), at(100)), 6);
        assert_eq!(admitted(&rates, Who::Key(1), at(0)), 0);
        assert_eq!(admitted(&rates, Who::Key(1), at(101)), 2);
    }

    #[test]
    fn whoever_finds_no_room_shares_and_the_quiet_are_forgotten() {
        let rates = rates(2);
        let place = |n: u8| Who::at(IpAddr::from([192, 0, 2, n]));
        for n in 1..=2 {
            assert_eq!(admitted(&rates, place(n), at(0)), 3);
        }
        assert_eq!(admitted(&rates, place(3), at(0)), 3);
        assert_eq!(admitted(&rates, place(4), at(0)), 0, "it shares with the third");
        assert_eq!(rates.callers(), 2);
        assert_eq!(admitted(&rates, Who::Key(1), at(0)), 6, "who is known is kept apart");
        assert_eq!(admitted(&rates, place(5), at(60)), 3);
        assert_eq!(rates.callers(), 2, "the quiet ones went");
    }

    #[test]
    fn an_address_of_ipv6_is_its_network() {
        let who = |text: &str| Who::at(text.parse().unwrap());
        assert_eq!(who("2001:db8:0:1::7"), who("2001:db8:0:1:ffff::1"));
        assert_ne!(who("2001:db8:0:1::7"), who("2001:db8:0:2::7"));
        assert_eq!(who("::ffff:192.0.2.1"), who("192.0.2.1"));
    }
}
