//! Written forms that serde derives: the mapping file. Everything else is read by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The mapping file as it is written; `table::Mapping` is what it means.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingFile {
    /// Type of event that each row is.
    #[serde(rename = "type", default = "default_kind")]
    pub(crate) kind: String,
    /// Name of the delimiter, or the character.
    #[serde(default = "default_delimiter")]
    pub(crate) delimiter: String,
    /// A word or a pattern.
    #[serde(default = "default_time_format")]
    pub(crate) time_format: String,
    /// IANA name.
    #[serde(default = "default_time_zone")]
    pub(crate) time_zone: String,
    /// What stands between the elements of a list in one cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) list_separator: Option<String>,
    /// `keep` or `drop`.
    #[serde(default = "default_other_columns")]
    pub(crate) other_columns: String,
    /// Our name of a field, and the file's name of its column.
    pub(crate) columns: BTreeMap<String, String>,
}

fn default_kind() -> String {
    "post.created".to_owned()
}

fn default_delimiter() -> String {
    "comma".to_owned()
}

fn default_time_format() -> String {
    "rfc3339".to_owned()
}

fn default_time_zone() -> String {
    "UTC".to_owned()
}

fn default_other_columns() -> String {
    "keep".to_owned()
}
