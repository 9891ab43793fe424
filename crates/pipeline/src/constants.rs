//! The pipeline's constants: knowledge, named and whole-numbered, so that a version of
//! them can stand in the journal and a replay can be run with another.

use std::collections::BTreeMap;

/// Why constants cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstantError {
    /// There is no constant of this name.
    #[error("there is no constant `{0}`")]
    Unknown(String),
    /// The value is out of the constant's range.
    #[error("{value} is out of the range of `{name}`: {least} to {most}")]
    Range {
        /// The constant.
        name: String,
        /// The value refused.
        value: i64,
        /// The smallest value allowed.
        least: i64,
        /// The largest value allowed.
        most: i64,
    },
    /// A constant of the wave stage was refused.
    #[error(transparent)]
    Wave(#[from] seawall_wave::ConstantError),
}

/// All constants that decide what is derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constants {
    /// Positions between two hand-overs. Raising it costs less and finds bursts later.
    /// Default 1,000: a forty-thousandth of a day's events at the goal's speed.
    pub hand_over_positions: u64,
    /// Seconds an event may be behind the newest before it is late. Raising it waits
    /// longer for stragglers and closes hours later. Default 3,600.
    pub lateness_seconds: i64,
    /// Accounts kept in state, 55 to 110 bytes each. Raising it costs memory; lowering
    /// it forgets quiet accounts sooner. Default 4,000,000.
    pub accounts_max: u64,
    /// Posts of which is kept whose they are, 48 bytes each; at least half as many of the newest
    /// are known. Raising it costs memory and finds the author of what is reported later.
    /// Default 900,000.
    pub posts_max: u64,
    /// Actions that people take in 24 hours; what is beyond is held until there is room.
    /// Raising it lets a stolen key or a false rule do more in a day; lowering it holds more
    /// rulings back. Default 200: about what two people can read in a day. A guess.
    pub actions_per_day_max: u64,
    /// Restrictions without a person in 24 hours; what is beyond is an open case, and nothing
    /// more. Raising it lets a false entry restrict more before somebody looks; 0 is none at
    /// all. Default 200, as above.
    pub unattended_per_day_max: u64,
    /// The constants of traces, bursts and waves.
    pub wave: seawall_wave::Constants,
}

impl Default for Constants {
    fn default() -> Self {
        Self {
            hand_over_positions: 1_000,
            lateness_seconds: 3_600,
            accounts_max: 4_000_000,
            posts_max: 900_000,
            actions_per_day_max: 200,
            unattended_per_day_max: 200,
            wave: seawall_wave::Constants::default(),
        }
    }
}

impl Constants {
    /// Every constant by name.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, i64> {
        let mut values = BTreeMap::from([
            ("hand_over_positions".to_owned(), self.hand_over_positions.cast_signed()),
            ("lateness_seconds".to_owned(), self.lateness_seconds),
            ("accounts_max".to_owned(), self.accounts_max.cast_signed()),
            ("posts_max".to_owned(), self.posts_max.cast_signed()),
            ("actions_per_day_max".to_owned(), self.actions_per_day_max.cast_signed()),
            ("unattended_per_day_max".to_owned(), self.unattended_per_day_max.cast_signed()),
        ]);
        for (name, value) in self.wave.values() {
            values.insert(format!("wave.{name}"), value);
        }
        values
    }

    /// Sets one constant by name.
    ///
    /// # Errors
    /// [`ConstantError`] if there is none of this name or the value is out of range.
    pub fn set(&mut self, name: &str, value: i64) -> Result<(), ConstantError> {
        let within = |least: i64, most: i64| {
            if (least..=most).contains(&value) {
                Ok(value)
            } else {
                Err(ConstantError::Range { name: name.to_owned(), value, least, most })
            }
        };
        match name {
            "hand_over_positions" => {
                self.hand_over_positions = within(1, 1_000_000)?.cast_unsigned();
            }
            "lateness_seconds" => self.lateness_seconds = within(0, 3_600)?,
            "accounts_max" => self.accounts_max = within(256, 1 << 32)?.cast_unsigned(),
            "posts_max" => self.posts_max = within(2, 1 << 32)?.cast_unsigned(),
            "actions_per_day_max" => {
                self.actions_per_day_max = within(1, 1_000_000)?.cast_unsigned();
            }
            "unattended_per_day_max" => {
                self.unattended_per_day_max = within(0, 1_000_000)?.cast_unsigned();
            }
            _ => match name.strip_prefix("wave.") {
                Some(rest) => self.wave.set(rest, value)?,
                None => return Err(ConstantError::Unknown(name.to_owned())),
            },
        }
        Ok(())
    }

    /// SHA-256 over names and values, hexadecimal: the version's hash.
    #[must_use]
    pub fn hash(&self) -> String {
        use sha2::Digest;
        use std::fmt::Write;
        let mut text = String::new();
        for (name, value) in self.values() {
            let _ = writeln!(text, "{name}={value}");
        }
        sha2::Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_can_be_read_and_set_by_name() {
        let mut constants = Constants::default();
        for (name, value) in Constants::default().values() {
            constants.set(&name, value).unwrap();
        }
        assert_eq!(constants, Constants::default());
        assert!(constants.set("no_such", 1).is_err());
        assert!(constants.set("lateness_seconds", -1).is_err());
        assert!(constants.set("actions_per_day_max", 0).is_err());
    }

    #[test]
    fn the_hash_tells_versions_apart() {
        let other = Constants { lateness_seconds: 60, ..Constants::default() };
        assert_ne!(other.hash(), Constants::default().hash());
    }
}
