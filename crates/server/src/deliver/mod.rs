//! Delivery: tells the platform what to do, by signed webhooks, until it has heard.
//!
//! [`Deliverer`] sends what the outbox says is due, one instruction of a subject at a time.
//! Whoever receives acts once per `webhook-id`; with that each action takes effect exactly once
//! although it is sent at least once. [`GuardedClient`] is the only way out: it reaches nothing
//! inside the network unless that is allowed. Leaves out what an instruction says, and which
//! entries of the journal give one.

mod client;
mod config;
mod egress;
#[cfg(test)]
mod flaky;
mod schedule;
mod signature;
mod worker;

pub use client::{Answer, CallError, ClientError, Fetched, GuardedClient, Incoming};
pub use config::{DeliverConfig, DeliverConfigError, DeliverSettings, Mode};
pub use egress::{Allowed, EgressError, Guard, Http, is_public};
pub use schedule::{Consequence, Schedule, consequence};
pub use signature::{SecretError, SigningSecret, SigningSecrets};
pub use worker::{Deliverer, Settled, SharedOutbox, Surroundings};
