//! One row to one event.
//!
//! Cells are texts: an empty one is a missing field, never an empty one. Pointers of
//! rejections are the file's own names of columns, because that is what its owner sees.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use seawall_model::{
    Engagement, EngagementKind, Event, EventBody, EventId, EventKind, Extra, Follow, InvalidId,
    Limits, PlatformId, Post, Profile, Rejection, RejectionCode, Standing, State, Timestamp,
};
use sha2::{Digest, Sha256};

use super::time::{western_digits, zone};
use super::{Column, Mapping, MappingError, OtherColumns, TimeFormat, cells};
use crate::compact;
use crate::records::Delimiter;

/// Bytes of the hash that stands for a row without an id.
const ROW_ID_BYTES: usize = 16;

/// A mapping held against the header of one file.
#[derive(Clone, Debug)]
pub struct Table {
    kind: EventKind,
    delimiter: Delimiter,
    time_format: TimeFormat,
    zone: TimeZone,
    list_separator: Option<String>,
    header: Vec<Box<str>>,
    /// Our field and the place of its column.
    places: Vec<(Column, usize)>,
    /// Places of columns kept as they are, with their names: sorted, none twice.
    others: Vec<(usize, Box<str>)>,
    limits: Limits,
}

impl Table {
    pub(super) fn open<S: AsRef<str>>(
        mapping: &Mapping,
        header: &[S],
        limits: &Limits,
    ) -> Result<Self, MappingError> {
        mapping.check()?;
        let (columns, columns_max) = (header.len(), limits.columns_max);
        if columns > columns_max {
            return Err(MappingError::TooManyColumns { columns, columns_max });
        }
        let header = names(header);
        let mut places = Vec::with_capacity(mapping.columns.len());
        for (column, name) in &mapping.columns {
            let mut found = header.iter().enumerate().filter(|(_, other)| ***other == **name);
            let Some((place, _)) = found.next() else {
                return Err(MappingError::NoColumn { column: column.as_str(), name: name.clone() });
            };
            if found.next().is_some() {
                return Err(MappingError::TwoColumns { name: name.clone() });
            }
            places.push((*column, place));
        }
        let others = match mapping.other_columns {
            OtherColumns::Drop => Vec::new(),
            OtherColumns::Keep => others(&header, &places),
        };
        Ok(Self {
            kind: mapping.kind,
            delimiter: mapping.delimiter,
            time_format: mapping.time_format.clone(),
            zone: zone(&mapping.time_zone)?,
            list_separator: mapping.list_separator.clone(),
            header,
            places,
            others,
            limits: limits.clone(),
        })
    }

    /// Reads one row, without its line end.
    ///
    /// Without an `id` column the event's id is `row:` and 32 hexadecimal digits of the
    /// SHA-256 of type, account, time and content cells, so the same row twice is one
    /// event. Counts of the profile do not take part: they differ between crawls.
    ///
    /// # Errors
    /// A [`Rejection`] whose pointer is the name of the column.
    pub fn decode(&self, record: &[u8]) -> Result<Event, Rejection> {
        let cells = cells(record, self.delimiter, &self.limits)?;
        if cells.len() != self.header.len() {
            let detail =
                format!("the row has {} cells, the header {}", cells.len(), self.header.len());
            let remedy = "check the delimiter, and quote cells that hold it or line ends";
            return Err(Rejection::new(RejectionCode::Malformed, "", detail, remedy));
        }
        Row { table: self, cells }.event()
    }
}

/// Names of columns, none empty.
fn names<S: AsRef<str>>(header: &[S]) -> Vec<Box<str>> {
    let name = |(i, name): (usize, &S)| {
        let name = name.as_ref().trim();
        if name.is_empty() { format!("column {}", i + 1).into() } else { name.into() }
    };
    header.iter().enumerate().map(name).collect()
}

/// Columns that no field takes, by name; one whose name is taken gets its number.
fn others(header: &[Box<str>], places: &[(Column, usize)]) -> Vec<(usize, Box<str>)> {
    let free = |place: &usize| places.iter().all(|(_, taken)| taken != place);
    let mut seen = BTreeSet::new();
    let mut others = Vec::new();
    for place in (0..header.len()).filter(free) {
        let mut name = header[place].clone();
        while !seen.insert(name.clone()) {
            name = format!("{name} ({})", place + 1).into();
        }
        others.push((place, name));
    }
    others.sort_unstable_by(|(_, a), (_, b)| a.cmp(b));
    others
}

struct Row<'t, 'a> {
    table: &'t Table,
    cells: Vec<Cow<'a, str>>,
}

impl Row<'_, '_> {
    fn event(&self) -> Result<Event, Rejection> {
        let at = self.time(Column::At)?.ok_or_else(|| {
            self.reject(Column::At, RejectionCode::Missing, "the cell is empty", "add the time")
        })?;
        let account = match self.id(Column::Account)? {
            Some(account) => Some(account),
            None => self.id(Column::Handle)?,
        };
        let id = match self.cell(Column::Id) {
            Some(id) => EventId::new(id),
            None => EventId::new(self.row_id(account.as_ref(), at)),
        };
        let id = id.map_err(|error| self.invalid_id(Column::Id, &error))?;
        let profile = self.profile()?;
        let body = self.body(&id)?;
        let counted = matches!(&body, EventBody::Engagement(e)
            if e.count > 1 || e.kind == EngagementKind::View);
        if account.is_none() && !counted {
            let column = if self.place(Column::Account).is_some() {
                Column::Account
            } else {
                Column::Handle
            };
            let remedy = "add the account that acted";
            return Err(self.reject(column, RejectionCode::Missing, "the cell is empty", remedy));
        }
        let mut extra = Extra::new();
        let kept = self.kept();
        if !kept.is_empty() {
            extra.push(("columns".into(), compact::object(&kept).into()));
        }
        let profile = (profile != Profile::default()).then(|| Box::new(profile));
        Ok(Event { id, at, account, profile, body, extra })
    }

    fn body(&self, id: &EventId) -> Result<EventBody, Rejection> {
        Ok(match self.table.kind {
            EventKind::AccountCreated => EventBody::AccountCreated,
            EventKind::AccountUpdated => EventBody::AccountUpdated,
            EventKind::AccountSuspended => EventBody::AccountSuspended(Standing {
                status: self.short(Column::Status)?,
                reason: self.text(Column::Reason)?,
                policy: self.short(Column::Policy)?,
                extra: Extra::new(),
            }),
            EventKind::Follow => {
                let target = self.id(Column::Target)?.ok_or_else(|| {
                    let remedy = "add who is followed";
                    let code = RejectionCode::Missing;
                    self.reject(Column::Target, code, "the cell is empty", remedy)
                })?;
                let (of, extra) = (self.id(Column::Of)?, Extra::new());
                EventBody::Follow(Follow { target: Some(target), of, state: State::Made, extra })
            }
            EventKind::Engagement => EventBody::Engagement(self.engagement()?),
            _ => EventBody::PostCreated(Box::new(self.post(id)?)),
        })
    }

    fn post(&self, id: &EventId) -> Result<Post, Rejection> {
        let id = match self.id(Column::PostId)? {
            Some(id) => id,
            None => PlatformId::new(id.as_str())
                .map_err(|error| self.invalid_id(Column::PostId, &error))?,
        };
        let mention = |text: &str| {
            let handle = text.strip_prefix('@').unwrap_or(text);
            PlatformId::new(handle).map_err(|error| self.invalid_id(Column::Mentions, &error))
        };
        let tag = |tag: Box<str>| Box::from(tag.strip_prefix(['#', '＃']).unwrap_or(&tag));
        Ok(Post {
            id,
            text: self.text(Column::Text)?,
            languages: self.list(Column::Language)?,
            tags: self.list(Column::Tags)?.into_iter().map(tag).collect(),
            links: self.list(Column::Links)?,
            mentions: self
                .list(Column::Mentions)?
                .iter()
                .map(|text| mention(text))
                .collect::<Result<_, _>>()?,
            media: Vec::new(),
            reply_to: self.id(Column::ReplyTo)?,
            quote_of: self.id(Column::QuoteOf)?,
            claimed_at: None,
            client: self.short(Column::Client)?,
            extra: Extra::new(),
        })
    }

    fn engagement(&self) -> Result<Engagement, Rejection> {
        let word = self.cell(Column::Kind).unwrap_or_default().to_lowercase();
        let kind = EngagementKind::from_name(&word).ok_or_else(|| {
            let remedy = "write like, repost, view, click, share, bookmark or other";
            let detail = "the kind of engagement is not known";
            self.reject(Column::Kind, RejectionCode::Unknown, detail, remedy)
        })?;
        let post = self.id(Column::Post)?.ok_or_else(|| {
            let remedy = "add the post that was engaged with";
            self.reject(Column::Post, RejectionCode::Missing, "the cell is empty", remedy)
        })?;
        let count = self.count(Column::Count)?.unwrap_or(1);
        let max = self.table.limits.engagement_count_max;
        if count == 0 || count > max {
            let detail = format!("the count is not from 1 to {max}");
            let remedy = "leave rows without engagements out";
            return Err(self.reject(Column::Count, RejectionCode::Invalid, detail, remedy));
        }
        let (of, extra) = (self.id(Column::Of)?, Extra::new());
        Ok(Engagement { kind, post: Some(post), of, count, state: State::Made, extra })
    }

    fn profile(&self) -> Result<Profile, Rejection> {
        Ok(Profile {
            handle: self.short(Column::Handle)?,
            name: self.short(Column::Name)?,
            bio: self.text(Column::Bio)?,
            location: self.short(Column::Location)?,
            links: self.list(Column::ProfileLinks)?,
            created_at: self.time(Column::AccountCreatedAt)?,
            followers: self.count(Column::Followers)?,
            following: self.count(Column::Following)?,
            posts: self.count(Column::Posts)?,
            ..Profile::default()
        })
    }

    /// Cells of columns that the mapping does not name.
    fn kept(&self) -> Extra {
        let kept = |(place, name): &(usize, Box<str>)| {
            let cell = &self.cells[*place];
            (!cell.is_empty()).then(|| (name.clone(), compact::string(cell).into()))
        };
        self.table.others.iter().filter_map(kept).collect()
    }

    fn row_id(&self, account: Option<&PlatformId>, at: Timestamp) -> String {
        let mut hash = Sha256::new();
        let mut add = |name: &str, text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            hash.update(text.as_bytes());
        };
        add("type", self.table.kind.as_str());
        add("account", account.map_or("", |id| id.as_str()));
        add("at", &at.to_string());
        for (column, place) in &self.table.places {
            if column.identifies(self.table.kind) {
                add(column.as_str(), &self.cells[*place]);
            }
        }
        let mut id = String::from("row:");
        for byte in &hash.finalize()[..ROW_ID_BYTES] {
            let _ = write!(id, "{byte:02x}");
        }
        id
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.table.places.iter().find(|(other, _)| *other == column).map(|(_, place)| *place)
    }

    /// A cell that holds something.
    fn cell(&self, column: Column) -> Option<&str> {
        let cell = &*self.cells[self.place(column)?];
        (!cell.trim().is_empty()).then_some(cell)
    }

    fn id(&self, column: Column) -> Result<Option<PlatformId>, Rejection> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let cell = cell.trim();
        let cell = if column == Column::Handle || column == Column::Target {
            cell.strip_prefix('@').unwrap_or(cell)
        } else {
            cell
        };
        PlatformId::new(cell).map(Some).map_err(|error| self.invalid_id(column, &error))
    }

    fn text(&self, column: Column) -> Result<Option<Box<str>>, Rejection> {
        self.cell(column)
            .map(|cell| self.bounded(cell, column, self.table.limits.text_bytes_max))
            .transpose()
    }

    fn short(&self, column: Column) -> Result<Option<Box<str>>, Rejection> {
        let max = self.table.limits.short_text_bytes_max;
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let cell = cell.trim();
        let cell =
            if column == Column::Handle { cell.strip_prefix('@').unwrap_or(cell) } else { cell };
        self.bounded(cell, column, max).map(Some)
    }

    fn bounded(&self, text: &str, column: Column, max: usize) -> Result<Box<str>, Rejection> {
        if text.len() <= max {
            return Ok(text.into());
        }
        let detail = format!("the text has {} bytes, more than {max}", text.len());
        let remedy = "shorten the text, or raise the limit text_bytes_max";
        Err(self.reject(column, RejectionCode::TooLarge, detail, remedy))
    }

    fn list(&self, column: Column) -> Result<Vec<Box<str>>, Rejection> {
        let Some(cell) = self.cell(column) else { return Ok(Vec::new()) };
        let parts: Vec<&str> = match &self.table.list_separator {
            Some(separator) => cell.split(&**separator).collect(),
            None => {
                let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
                cell.split(between).collect()
            }
        };
        // Some exports write lists as programs do: ['one', 'two'].
        let around = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '\'' | '"');
        let mut list = Vec::new();
        for part in parts.into_iter().map(|part| part.trim_matches(around)) {
            if part.is_empty() {
                continue;
            }
            if list.len() >= self.table.limits.list_items_max {
                let max = self.table.limits.list_items_max;
                let detail = format!("the list has more than {max} elements");
                let remedy = "check list_separator, or raise the limit list_items_max";
                return Err(self.reject(column, RejectionCode::TooLarge, detail, remedy));
            }
            list.push(self.bounded(part, column, self.table.limits.short_text_bytes_max)?);
        }
        Ok(list)
    }

    fn count(&self, column: Column) -> Result<Option<u64>, Rejection> {
        let Some(cell) = self.cell(column).filter(|cell| !is_blank_word(cell)) else {
            return Ok(None);
        };
        match read_count(cell) {
            Some(count) => Ok(Some(count)),
            None => {
                let remedy = "write digits only, or leave the cell empty if it is not known";
                let detail = "the cell is not a whole number from 0";
                Err(self.reject(column, RejectionCode::Invalid, detail, remedy))
            }
        }
    }

    fn time(&self, column: Column) -> Result<Option<Timestamp>, Rejection> {
        let Some(cell) = self.cell(column).filter(|cell| !is_blank_word(cell)) else {
            return Ok(None);
        };
        match self.table.time_format.read(cell, &self.table.zone) {
            Some(time) => Ok(Some(time)),
            None => {
                let format = self.table.time_format.as_str();
                let detail = format!("the cell is not a time in the format {format}");
                let remedy = "correct the cell, or time_format in the mapping";
                Err(self.reject(column, RejectionCode::Invalid, detail, remedy))
            }
        }
    }

    fn invalid_id(&self, column: Column, error: &InvalidId) -> Rejection {
        let remedy = "write 1 to 512 bytes without control characters";
        self.reject(column, RejectionCode::Invalid, error.to_string(), remedy)
    }

    fn reject(
        &self,
        column: Column,
        code: RejectionCode,
        detail: impl Into<String>,
        remedy: &str,
    ) -> Rejection {
        let name = self.place(column).map_or(column.as_str(), |place| &self.table.header[place]);
        Rejection::new(code, name, detail, remedy)
    }
}

/// Words that programs write for a number or time that is not there.
pub(super) fn is_blank_word(cell: &str) -> bool {
    matches!(cell.trim(), "" | "NaN" | "nan" | "NULL" | "null" | "None" | "NaT" | "-" | "N/A")
}

/// Digits, also with a fraction of zeros, which programs add to counts with gaps.
pub(super) fn read_count(cell: &str) -> Option<u64> {
    let text = western_digits(cell.trim());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole) && fraction.bytes().all(|byte| byte == b'0')).then(|| whole.parse().ok())?
}
