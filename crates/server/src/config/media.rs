//! What of media is configured: bounds, and who receives suspected child abuse.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// Media. Nothing is taken in before `suspected_child_abuse_route` and
/// `suspected_child_abuse_holder` are set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConfig {
    /// The name of the route by which suspected child abuse is handed over, such as the hotline
    /// or authority that the law names. It stands in the journal. Default none: no media is taken
    /// in.
    pub suspected_child_abuse_route: Option<String>,
    /// The login of the person who holds that route: nobody else opens what is marked. They are a
    /// senior. Default none: no media is taken in.
    pub suspected_child_abuse_holder: Option<String>,
    /// Bytes of one file. Default 104,857,600 (100 MiB). Raising it lets one upload take more
    /// disk and time.
    pub file_bytes_max: u64,
    /// MiB of all files together. Default 51,200 (50 GiB). Raising it takes more disk.
    pub total_mib_max: u64,
    /// Days after its arrival that a file is destroyed; a marked one counts from its hand-over.
    /// Default 180. Raising it keeps people's content longer.
    pub retention_days: u32,
    /// Seconds in which a file must have come in or gone out. Default 300. Raising it lets slow
    /// senders hold a place longer.
    pub transfer_seconds_max: u64,
    /// Seconds in which a file must have been fetched by reference. Default 30.
    pub fetch_seconds_max: u64,
    /// Files that come in or go out at once. Default 16. Raising it takes more memory and disk.
    pub transfers_at_once_max: usize,
    /// Pixels of the longer side of a thumbnail. Default 160: as small as one can decide by.
    pub thumbnail_side: u32,
    /// Pixels of one side of a picture that is decoded. Default 16,384.
    pub picture_side_max: u32,
    /// Pixels of a picture that is decoded. Default 67,108,864. Raising it takes more memory for
    /// each.
    pub picture_pixels_max: u64,
    /// MiB of memory for decoding one picture. Default 512.
    pub decode_mib_max: u64,
    /// Seconds of processor time for decoding one picture; it may take twice as long by the wall.
    /// Default 5.
    pub decode_seconds_max: u64,
    /// Pictures decoded at once. Default 2. Raising it takes a processor and the memory for each.
    pub decodes_at_once_max: usize,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            suspected_child_abuse_route: None,
            suspected_child_abuse_holder: None,
            file_bytes_max: 100 * MIB,
            total_mib_max: 50 * 1_024,
            retention_days: 180,
            transfer_seconds_max: 300,
            fetch_seconds_max: 30,
            transfers_at_once_max: 16,
            thumbnail_side: 160,
            picture_side_max: 16_384,
            picture_pixels_max: 64 * MIB,
            decode_mib_max: 512,
            decode_seconds_max: 5,
            decodes_at_once_max: 2,
        }
    }
}

/// What is wrong with the configuration of media.
#[derive(Debug, thiserror::Error)]
pub enum MediaConfigError {
    /// One half of the route is there.
    #[error("media.{0} is missing; name the route and the login of who holds it, or neither")]
    HalfARoute(&'static str),
    /// A field is out of its range.
    #[error("media.{0} is out of range; {1}")]
    Range(&'static str, &'static str),
}

/// The route by which suspected child abuse is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The login of who holds it.
    pub holder: String,
}

impl MediaConfig {
    /// The route, where it is configured.
    #[must_use]
    pub fn route(&self) -> Option<Route> {
        let (name, holder) =
            (&self.suspected_child_abuse_route, &self.suspected_child_abuse_holder);
        Some(Route { name: name.clone()?, holder: holder.clone()? })
    }

    /// Bytes of all files together.
    #[must_use]
    pub fn total_bytes_max(&self) -> u64 {
        self.total_mib_max.saturating_mul(MIB)
    }

    /// Checks all of it.
    ///
    /// # Errors
    /// [`MediaConfigError`], which names the field.
    pub fn check(&self) -> Result<(), MediaConfigError> {
        let has = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
        let (name, holder) =
            (&self.suspected_child_abuse_route, &self.suspected_child_abuse_holder);
        match (name.is_some(), holder.is_some()) {
            (false, false) => {}
            _ if !has(name) => {
                return Err(MediaConfigError::HalfARoute("suspected_child_abuse_route"));
            }
            _ if !has(holder) => {
                return Err(MediaConfigError::HalfARoute("suspected_child_abuse_holder"));
            }
            _ => {}
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let ranges = [
            ("file_bytes_max", self.file_bytes_max, 1, 4_096 * MIB, "write 1 to 4294967296"),
            ("total_mib_max", self.total_mib_max, 1, 1 << 34, "write at least 1"),
            ("retention_days", self.retention_days.into(), 1, 36_500, "write 1 to 36500"),
            ("transfer_seconds_max", self.transfer_seconds_max, 1, 86_400, "write 1 to 86400"),
            ("fetch_seconds_max", self.fetch_seconds_max, 1, 3_600, "write 1 to 3600"),
            ("transfers_at_once_max", count(self.transfers_at_once_max), 1, 256, "write 1 to 256"),
            ("thumbnail_side", self.thumbnail_side.into(), 16, 512, "write 16 to 512"),
            ("picture_side_max", self.picture_side_max.into(), 1, 65_535, "write 1 to 65535"),
            ("picture_pixels_max", self.picture_pixels_max, 1, 1 << 32, "write 1 to 4294967296"),
            ("decode_mib_max", self.decode_mib_max, 64, 65_536, "write 64 to 65536"),
            ("decode_seconds_max", self.decode_seconds_max, 1, 300, "write 1 to 300"),
            ("decodes_at_once_max", count(self.decodes_at_once_max), 1, 64, "write 1 to 64"),
        ];
        for (field, value, least, most, remedy) in ranges {
            if !(least..=most).contains(&value) {
                return Err(MediaConfigError::Range(field, remedy));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(toml: &str) -> Result<Option<Route>, String> {
        let config: MediaConfig = toml::from_str(toml).map_err(|error| error.to_string())?;
        config.check().map_err(|error| error.to_string())?;
        Ok(config.route())
    }

    #[test]
    fn a_route_is_whole_or_not_there() {
        assert_eq!(check(""), Ok(None));
        let route = "suspected_child_abuse_route = 'north'";
        let holder = "suspected_child_abuse_holder = 'sana'";
        assert!(check(route).unwrap_err().contains("suspected_child_abuse_holder is missing"));
        assert!(check(holder).unwrap_err().contains("suspected_child_abuse_route is missing"));
        let empty = format!("{holder}\nsuspected_child_abuse_route = ' '");
        assert!(check(&empty).unwrap_err().contains("suspected_child_abuse_route is missing"));
        let whole = check(&format!("{route}\n{holder}")).unwrap().unwrap();
        assert_eq!((whole.name.as_str(), whole.holder.as_str()), ("north", "sana"));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert!(check("decode_mib_max = 1").unwrap_err().contains("media.decode_mib_max"));
        assert!(check("file_bytes_max = 0").unwrap_err().contains("media.file_bytes_max"));
        assert!(check("holder = 'x'").unwrap_err().contains("unknown field"));
    }
}
