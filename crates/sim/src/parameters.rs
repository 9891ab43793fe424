//! What a world is made of: its size, its length, its networks, and what is asked for.
//!
//! Presets are worlds people name: `story` for a demonstration, `weeks` for judging
//! detectors, `million` for load. Each number that comes from a study is named where it is
//! used; what is left here are choices.

use seawall_model::Timestamp;

use crate::policy::{Policy, Sweep};

/// The version of the world: another one gives other bytes from the same seed.
pub const VERSION: u32 = 4;

/// The first moment of every preset, a Monday.
const START: &str = "2026-04-13T00:00:00Z";

/// What of pictures is put on posts and profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// Their ids.
    Ids,
    /// Their ids and the SHA-256 of their bytes.
    Hashes,
}

/// How the events leave the world.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Disorder {
    /// The share that comes late, by an hour and a quarter to six hours.
    pub late: f64,
    /// The share that comes twice.
    pub doubled: f64,
    /// The share that comes some minutes out of order.
    pub shuffled: f64,
}

/// What a world is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The preset's name.
    pub name: &'static str,
    /// Its first moment.
    pub start: Timestamp,
    /// Days it lasts.
    pub days: u32,
    /// Innocent accounts at the start.
    pub accounts: u32,
    /// New innocent accounts each day, as a share of those at the start.
    pub growth_daily: f64,
    /// Innocent accounts that are deleted each day, as a share.
    pub churn_daily: f64,
    /// Posts, engagements and follows of an innocent account each day, on average.
    pub deeds_daily: f64,
    /// Networks.
    pub networks: u32,
    /// Actors of each network at the start.
    pub actors: u32,
    /// The share of the innocents who are near the cause or look like its network.
    pub alike: f64,
    /// What part of the followers of studies an account of this small world gathers.
    pub followers_scale: f64,
    /// Days on which something happens in the field, one a network in turn.
    pub field_days: Vec<u32>,
    /// Throwaway accounts that a field event brings.
    pub throwaways: f64,
    /// How the platform moderates.
    pub policy: Policy,
    /// What of pictures is given.
    pub pictures: Pictures,
    /// How events leave the world.
    pub disorder: Disorder,
}

impl Parameters {
    /// The names of all presets.
    pub const PRESETS: [&'static str; 3] = ["story", "weeks", "million"];

    /// The preset with this name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "story" => Some(Self::story()),
            "weeks" => Some(Self::weeks()),
            "million" => Some(Self::million()),
            _ => None,
        }
    }

    /// Ten days of a small platform with one network: an ebb, an event, a wave.
    fn story() -> Self {
        Self {
            name: "story",
            start: Timestamp::parse(START).unwrap_or_default(),
            days: 10,
            accounts: 1_200,
            growth_daily: 0.004,
            churn_daily: 0.000_5,
            deeds_daily: 1.0,
            networks: 1,
            actors: 24,
            alike: 0.12,
            followers_scale: 0.06,
            field_days: vec![7],
            throwaways: 30.0,
            policy: Policy { wrong_daily: 0.002, ..Policy::high() },
            pictures: Pictures::Hashes,
            disorder: Disorder::default(),
        }
    }

    /// Eight weeks of a middle platform with eight networks under high pressure.
    pub(crate) fn weeks() -> Self {
        let sweep = Sweep { day: 30, hour: 9, share: 0.6, lives_after: 1.0, returns_after: 1.0 };
        Self {
            name: "weeks",
            start: Timestamp::parse(START).unwrap_or_default(),
            days: 56,
            accounts: 20_000,
            growth_daily: 0.005,
            churn_daily: 0.001,
            deeds_daily: 2.0,
            networks: 8,
            actors: 110,
            alike: 0.2,
            followers_scale: 1.0,
            field_days: vec![9, 13, 18, 24, 29, 35, 41, 48],
            throwaways: 22.0,
            policy: Policy { sweeps: vec![sweep], ..Policy::high() },
            pictures: Pictures::Hashes,
            disorder: Disorder::default(),
        }
    }

    /// Eight weeks of a platform of a million accounts.
    fn million() -> Self {
        Self {
            name: "million",
            accounts: 1_000_000,
            growth_daily: 0.002,
            deeds_daily: 0.28,
            networks: 12,
            actors: 300,
            alike: 0.02,
            field_days: vec![6, 9, 13, 18, 22, 24, 29, 33, 35, 41, 48, 51],
            throwaways: 150.0,
            pictures: Pictures::Ids,
            ..Self::weeks()
        }
    }
}
