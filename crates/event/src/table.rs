//! Rows of delimited text to events, by a mapping that a person confirmed.
//!
//! [`Mapping`] says which column is which field; [`guess`] proposes one; [`Table`] holds
//! it against a file's header and reads rows. Each row is one event. Cutting a file into
//! rows is [`crate::records`]; asking the person is the command line's.

mod cells;
mod column;
mod guess;
mod names;
mod row;
mod time;

use std::collections::BTreeMap;

use seawall_model::{EventKind, Limits};

pub use cells::cells;
pub use column::Column;
pub use guess::{Certainty, Guess, Note, guess};
pub use row::Table;
pub use time::TimeFormat;

use crate::records::Delimiter;
use crate::wire::MappingFile;

/// Which column of a file is which field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The type of event that each row is.
    pub kind: EventKind,
    /// What stands between cells.
    pub delimiter: Delimiter,
    /// How times are written.
    pub time_format: TimeFormat,
    /// IANA name of the zone of times that do not name one.
    pub time_zone: String,
    /// What stands between the elements of a list in one cell; `None` for any of white
    /// space, `,`, `;` and `|`.
    pub list_separator: Option<String>,
    /// What becomes of columns that the mapping does not name.
    pub other_columns: OtherColumns,
    /// Our field, and the header of its column.
    pub columns: BTreeMap<Column, String>,
}

/// What becomes of columns that a mapping does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherColumns {
    /// They are kept in the unknown field `columns`.
    Keep,
    /// They are left out.
    Drop,
}

/// Why a mapping cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or with keys that a mapping does not have.
    #[error("the mapping cannot be read: {0}")]
    Unreadable(String),
    /// The mapping cannot be written: a name of a column is no text of TOML.
    #[error("the mapping cannot be written: {0}")]
    Unwritable(String),
    /// A value that its key does not take.
    #[error("`{value}` is no {key}; use {choices}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What can be given.
        choices: String,
    },
    /// A field without which no row can be an event.
    #[error("the mapping needs a column for {column}; rows of type {kind} have one")]
    Missing {
        /// Our name of the field.
        column: &'static str,
        /// The type of the rows.
        kind: &'static str,
    },
    /// A field that events of this type do not have.
    #[error("rows of type {kind} have no {column}; take it out, its column is then kept as it is")]
    Unused {
        /// Our name of the field.
        column: &'static str,
        /// The type of the rows.
        kind: &'static str,
    },
    /// The header does not have the column.
    #[error("the file has no column `{name}` for {column}")]
    NoColumn {
        /// Our name of the field.
        column: &'static str,
        /// The name looked for.
        name: String,
    },
    /// The header has the column more than once.
    #[error("the file has more than one column `{name}`")]
    TwoColumns {
        /// The name.
        name: String,
    },
    /// The header has more columns than the limit.
    #[error("the file has {columns} columns, more than {columns_max}")]
    TooManyColumns {
        /// Columns of the file.
        columns: usize,
        /// The limit.
        columns_max: usize,
    },
}

/// Types that rows can be.
pub(crate) const KINDS: [EventKind; 6] = [
    EventKind::PostCreated,
    EventKind::AccountCreated,
    EventKind::AccountUpdated,
    EventKind::AccountSuspended,
    EventKind::Follow,
    EventKind::Engagement,
];

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`MappingError`] if it is not TOML, has an unknown key or value, or maps too
    /// little or too much for its type.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: MappingFile =
            toml::from_str(text).map_err(|error| MappingError::Unreadable(error.to_string()))?;
        let kind = KINDS.into_iter().find(|kind| kind.as_str() == file.kind);
        let kind = kind
            .ok_or_else(|| value("type", &file.kind, &KINDS.map(EventKind::as_str).join(", ")))?;
        let mut columns = BTreeMap::new();
        for (name, header) in file.columns {
            let column = Column::from_name(&name).ok_or_else(|| {
                let names: Vec<_> = Column::ALL.iter().map(|column| column.as_str()).collect();
                value("field", &name, &names.join(", "))
            })?;
            columns.insert(column, header);
        }
        let mapping = Self {
            kind,
            delimiter: delimiter(&file.delimiter)?,
            time_format: TimeFormat::parse(&file.time_format)?,
            time_zone: file.time_zone,
            list_separator: file.list_separator.filter(|separator| !separator.is_empty()),
            other_columns: match &*file.other_columns {
                "keep" => OtherColumns::Keep,
                "drop" => OtherColumns::Drop,
                other => return Err(value("other_columns", other, "keep or drop")),
            },
            columns,
        };
        mapping.check()?;
        Ok(mapping)
    }

    /// Writes the mapping file that [`Self::parse`] reads back.
    ///
    /// # Errors
    /// [`MappingError::Unwritable`] never, for a mapping that was parsed or guessed.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        let columns = self.columns.iter();
        let file = MappingFile {
            kind: self.kind.as_str().to_owned(),
            delimiter: self.delimiter.as_str().to_owned(),
            time_format: self.time_format.as_str().to_owned(),
            time_zone: self.time_zone.clone(),
            list_separator: self.list_separator.clone(),
            other_columns: match self.other_columns {
                OtherColumns::Keep => "keep".to_owned(),
                OtherColumns::Drop => "drop".to_owned(),
            },
            columns: columns.map(|(c, header)| (c.as_str().to_owned(), header.clone())).collect(),
        };
        toml::to_string(&file).map_err(|error| MappingError::Unwritable(error.to_string()))
    }

    /// Whether rows can become events by this mapping.
    ///
    /// # Errors
    /// [`MappingError`] names the first thing that is missing, unused or unknown.
    pub fn check(&self) -> Result<(), MappingError> {
        time::zone(&self.time_zone)?;
        let kind = self.kind.as_str();
        if let Some(unused) = self.columns.keys().find(|column| !column.serves(self.kind)) {
            return Err(MappingError::Unused { column: unused.as_str(), kind });
        }
        let has = |columns: &[Column]| columns.iter().any(|c| self.columns.contains_key(c));
        let needed: &[&[Column]] = match self.kind {
            EventKind::Follow => {
                &[&[Column::At], &[Column::Account, Column::Handle], &[Column::Target]]
            }
            EventKind::Engagement => &[&[Column::At], &[Column::Kind], &[Column::Post]],
            _ => &[&[Column::At], &[Column::Account, Column::Handle]],
        };
        match needed.iter().find(|columns| !has(columns)) {
            Some(missing) => Err(MappingError::Missing { column: missing[0].as_str(), kind }),
            None => Ok(()),
        }
    }

    /// Holds the mapping against a file's header.
    ///
    /// # Errors
    /// [`MappingError`] if a column is not there, or there twice.
    pub fn open<S: AsRef<str>>(
        &self,
        header: &[S],
        limits: &Limits,
    ) -> Result<Table, MappingError> {
        Table::open(self, header, limits)
    }
}

fn value(key: &'static str, value: &str, choices: &str) -> MappingError {
    MappingError::Value { key, value: value.to_owned(), choices: choices.to_owned() }
}

fn delimiter(name: &str) -> Result<Delimiter, MappingError> {
    let by_byte = || Delimiter::ALL.into_iter().find(|d| name.as_bytes() == [d.byte()]);
    Delimiter::from_name(name)
        .or_else(by_byte)
        .ok_or_else(|| value("delimiter", name, &Delimiter::ALL.map(Delimiter::as_str).join(", ")))
}
