//! Proposes a mapping from a file's header and first rows, and says how sure it is.
//!
//! A proposal only: what rests on a guess is noted, and a person confirms it. Nothing is
//! guessed where two readings fit; one is taken and the note says so.

use seawall_model::EventKind;

use super::names::{TEXT_OR_COUNT, look_up, normal};
use super::row::{is_blank_word, read_count};
use super::time::western_digits;
use super::{Column, Mapping, OtherColumns, TimeFormat};
use crate::records::Delimiter;

/// A proposed mapping with what to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The proposal; [`Mapping::check`] says whether it is enough.
    pub mapping: Mapping,
    /// What was guessed, in order of the header, the least sure first within a column.
    pub notes: Vec<Note>,
}

/// One thing that was guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How sure it is.
    pub certainty: Certainty,
    /// The file's name of the column it is about; `None` for the whole file.
    pub column: Option<String>,
    /// What was guessed and why, in words.
    pub text: String,
}

/// How sure a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Nothing fits: a person must fill it in.
    Missing,
    /// More than one reading fits, and one was taken.
    Ambiguous,
    /// The cells suggest it.
    Likely,
    /// The name says it, and the cells do not speak against it.
    Sure,
}

impl Certainty {
    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ambiguous => "ambiguous",
            Self::Likely => "likely",
            Self::Sure => "sure",
        }
    }
}

/// Characters a column must have on average to be taken for the text.
const TEXT_CHARS_MIN: usize = 20;

/// Proposes a mapping for rows of these columns.
///
/// A few dozen rows are enough; more rows only make dates surer. Zone and delimiter are
/// never guessed from the cells: the zone is UTC with a note, the delimiter is given.
#[must_use]
pub fn guess<S: AsRef<str>>(header: &[S], rows: &[Vec<S>], delimiter: Delimiter) -> Guess {
    let mut guesser = Guesser {
        header: header.iter().map(|name| name.as_ref().trim()).collect(),
        rows: rows.iter().map(|row| row.iter().map(AsRef::as_ref).collect()).collect(),
        guess: Guess {
            mapping: Mapping {
                kind: EventKind::PostCreated,
                delimiter,
                time_format: TimeFormat::Rfc3339,
                time_zone: "UTC".to_owned(),
                list_separator: None,
                other_columns: OtherColumns::Keep,
                columns: Default::default(),
            },
            notes: Vec::new(),
        },
    };
    guesser.names();
    guesser.text();
    guesser.kind();
    guesser.time();
    guesser.account();
    guesser.others();
    guesser.guess
}

struct Guesser<'s> {
    header: Vec<&'s str>,
    rows: Vec<Vec<&'s str>>,
    guess: Guess,
}

impl Guesser<'_> {
    fn note(&mut self, certainty: Certainty, column: Option<&str>, text: impl Into<String>) {
        let column = column.map(str::to_owned);
        self.guess.notes.push(Note { certainty, column, text: text.into() });
    }

    fn mapped(&self, column: Column) -> Option<&str> {
        self.guess.mapping.columns.get(&column).map(String::as_str)
    }

    fn map(&mut self, column: Column, name: &str) {
        self.guess.mapping.columns.insert(column, name.to_owned());
    }

    /// The cells of a column that hold something.
    fn cells(&self, place: usize) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .filter_map(move |row| row.get(place).copied())
            .filter(|cell| !is_blank_word(cell))
    }

    fn counts_only(&self, place: usize) -> bool {
        self.cells(place).next().is_some() && self.cells(place).all(|c| read_count(c).is_some())
    }

    /// Takes columns by their names.
    fn names(&mut self) {
        for place in 0..self.header.len() {
            let name = self.header[place].to_owned();
            let normal_name = normal(&name);
            let found = if TEXT_OR_COUNT.contains(&&*normal_name) {
                Some(if self.counts_only(place) { Column::Posts } else { Column::Text })
            } else {
                look_up(&normal_name)
            };
            let Some(column) = found else { continue };
            let field = column.as_str();
            if self.header.iter().filter(|other| **other == name).count() > 1 {
                let text = "the name stands twice in the header; rename one of the columns";
                self.note(Certainty::Missing, Some(&name), text);
            } else if let Some(other) = self.mapped(column) {
                let text = format!("this too may be {field}; `{other}` was taken");
                self.note(Certainty::Ambiguous, Some(&name), text);
            } else if column.counted() && !self.counts_only(place) && !self.rows.is_empty() {
                let text = format!("named like {field}, but its cells are no counts; left out");
                self.note(Certainty::Ambiguous, Some(&name), text);
            } else {
                self.map(column, &name);
                self.note(Certainty::Sure, Some(&name), format!("the name says {field}"));
            }
        }
    }

    /// Takes the column with the longest cells for the text, if none is named so.
    fn text(&mut self) {
        let named = [Column::Text, Column::Target, Column::Kind, Column::Status];
        if named.iter().any(|column| self.mapped(*column).is_some()) {
            return;
        }
        let average = |place: usize| {
            let (mut chars, mut cells) = (0_usize, 0);
            for cell in self.cells(place) {
                chars += cell.chars().count();
                cells += 1;
            }
            chars.checked_div(cells).unwrap_or(0)
        };
        let free = |place: &usize| {
            self.guess.mapping.columns.values().all(|name| *name != self.header[*place])
        };
        let longest = (0..self.header.len()).filter(free).max_by_key(|place| average(*place));
        if let Some(place) = longest.filter(|place| average(*place) >= TEXT_CHARS_MIN) {
            let name = self.header[place].to_owned();
            self.map(Column::Text, &name);
            let text = "its cells are the longest, so they may be the text";
            self.note(Certainty::Likely, Some(&name), text);
        }
    }

    /// Decides what the rows are, and lets go of what such rows do not have.
    fn kind(&mut self) {
        let has = |column| self.mapped(column).is_some();
        let post = has(Column::Text) || has(Column::PostId);
        let (kind, why) = if has(Column::Target) && !has(Column::Text) {
            (EventKind::Follow, "there is a column for who is followed")
        } else if has(Column::Kind) && has(Column::PostId) && !has(Column::Text) {
            (EventKind::Engagement, "there is a kind of engagement and a post, but no text")
        } else if post {
            (EventKind::PostCreated, "there is a text or the id of a post")
        } else if has(Column::Status) || has(Column::Reason) || has(Column::Policy) {
            (EventKind::AccountSuspended, "there is a reason or status, but no text")
        } else if has(Column::AccountCreatedAt) && !has(Column::At) {
            (EventKind::AccountCreated, "the only time is when the account was created")
        } else {
            (EventKind::AccountUpdated, "there are profiles, but no posts")
        };
        let certainty = if has(Column::Text) { Certainty::Sure } else { Certainty::Likely };
        self.note(certainty, None, format!("each row is {}: {why}", kind.as_str()));
        self.guess.mapping.kind = kind;
        if kind == EventKind::Engagement
            && let Some(name) = self.guess.mapping.columns.remove(&Column::PostId)
        {
            self.map(Column::Post, &name);
        }
        if kind == EventKind::AccountCreated
            && let Some(name) = self.mapped(Column::AccountCreatedAt).map(str::to_owned)
        {
            self.map(Column::At, &name);
        }
        let columns = std::mem::take(&mut self.guess.mapping.columns);
        for (column, name) in columns {
            if column.serves(kind) {
                self.map(column, &name);
            } else {
                let field = column.as_str();
                let text = format!("rows of type {} have no {field}; kept as it is", kind.as_str());
                self.note(Certainty::Likely, Some(&name), text);
            }
        }
    }

    /// Finds the column and the format of the time.
    fn time(&mut self) {
        let named = self.mapped(Column::At).map(str::to_owned);
        let place = named.as_ref().and_then(|n| self.header.iter().position(|other| other == n));
        let found = match place {
            Some(place) => Some((place, self.formats(place))),
            None => (0..self.header.len()).map(|place| (place, self.formats(place))).find(
                |(_, formats)| formats.first().is_some_and(|f| *f != TimeFormat::UnixSeconds),
            ),
        };
        let Some((place, formats)) = found else {
            return self.note(Certainty::Missing, None, "no column holds times; name one as at");
        };
        let name = self.header[place].to_owned();
        if named.is_none() {
            self.map(Column::At, &name);
            let text = "every cell is a time, so it may be when it happened";
            self.note(Certainty::Likely, Some(&name), text);
        }
        let Some(format) = formats.first().cloned() else {
            let text = "the format of the times is not known; set time_format";
            return self.note(Certainty::Missing, Some(&name), text);
        };
        let written = format.as_str().to_owned();
        match formats.get(1) {
            Some(other) => {
                let text = format!(
                    "no day in the first rows is beyond 12: {written} was taken, but {} fits as \
                     well",
                    other.as_str()
                );
                self.note(Certainty::Ambiguous, Some(&name), text);
            }
            None => {
                self.note(Certainty::Sure, Some(&name), format!("its times are {written}"));
            }
        }
        if !format.says_zone() {
            let text = "its times name no zone: UTC is assumed; set time_zone if it is another";
            self.note(Certainty::Ambiguous, Some(&name), text);
        }
        self.guess.mapping.time_format = format;
        self.check_account_created_at(&name);
    }

    /// One format is for all times of a file: a second column in another is let go.
    fn check_account_created_at(&mut self, at: &str) {
        let Some(name) = self.mapped(Column::AccountCreatedAt).map(str::to_owned) else { return };
        let place = self.header.iter().position(|other| *other == name);
        let fits = place.is_some_and(|place| {
            let format = &self.guess.mapping.time_format;
            self.cells(place).all(|cell| format.read(cell, &jiff::tz::TimeZone::UTC).is_some())
        });
        if name != at && !fits {
            self.guess.mapping.columns.remove(&Column::AccountCreatedAt);
            let text = "its times are written otherwise than the events'; kept as it is";
            self.note(Certainty::Likely, Some(&name), text);
        }
    }

    /// Formats that read every cell of a column: two only if day and month cannot be told.
    fn formats(&self, place: usize) -> Vec<TimeFormat> {
        if self.cells(place).next().is_none() {
            return Vec::new();
        }
        let fits = |format: &TimeFormat| {
            self.cells(place).all(|cell| format.read(cell, &jiff::tz::TimeZone::UTC).is_some())
        };
        let digits = |count: std::ops::RangeInclusive<usize>| {
            self.cells(place).all(|cell| {
                let text = western_digits(cell.trim());
                count.contains(&text.split('.').next().map_or(0, str::len))
            })
        };
        if fits(&TimeFormat::Rfc3339) {
            return vec![TimeFormat::Rfc3339];
        }
        if fits(&TimeFormat::UnixMillis) && digits(12..=13) {
            return vec![TimeFormat::UnixMillis];
        }
        if fits(&TimeFormat::UnixSeconds) && digits(9..=10) {
            return vec![TimeFormat::UnixSeconds];
        }
        let mut found = Vec::new();
        for (first, second) in DATES {
            for time in TIMES {
                let of = |date: &str| TimeFormat::Pattern(format!("{date}{time}").into());
                found.extend([*first, *second].into_iter().flatten().map(of).filter(fits));
                if !found.is_empty() {
                    return found;
                }
            }
        }
        found
    }

    /// Says who acts, or that nobody does.
    fn account(&mut self) {
        if self.mapped(Column::Account).is_some() {
            return;
        }
        match self.mapped(Column::Handle).map(str::to_owned) {
            Some(name) => {
                let text = "there is no id of the account, so the handle stands for it";
                self.note(Certainty::Likely, Some(&name), text);
            }
            None if self.guess.mapping.kind == EventKind::Engagement => {}
            None => {
                let text = "no column says which account acted; name one as account or handle";
                self.note(Certainty::Missing, None, text);
            }
        }
    }

    /// Says what becomes of the rest.
    fn others(&mut self) {
        let columns = &self.guess.mapping.columns;
        let free = |name: &&&str| columns.values().all(|mapped| mapped != **name);
        let names: Vec<String> =
            self.header.iter().filter(free).map(|n| format!("`{n}`")).collect();
        if !names.is_empty() {
            let text = format!("kept as they are: {}", names.join(", "));
            self.note(Certainty::Sure, None, text);
        }
    }
}

/// Dates as files write them; a second reading where day and month may change places.
const DATES: &[(Option<&str>, Option<&str>)] = &[
    (Some("%Y-%m-%d"), None),
    (Some("%Y/%m/%d"), None),
    (Some("%m/%d/%Y"), Some("%d/%m/%Y")),
    (Some("%m/%d/%y"), Some("%d/%m/%y")),
    (Some("%d.%m.%Y"), None),
    (Some("%m-%d-%Y"), Some("%d-%m-%Y")),
    (Some("%d %b %Y"), None),
    (Some("%d %B %Y"), None),
    (Some("%b %d, %Y"), None),
    (Some("%a %b %d %H:%M:%S %z %Y"), None),
];

/// What may follow a date.
const TIMES: &[&str] = &[
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S%.f",
    "T%H:%M:%S",
    "T%H:%M:%S%.f",
    "T%H:%M",
    " %H:%M:%S%z",
    " %H:%M:%S%:z",
    " %H:%M:%S %z",
    " %H:%M:%S UTC",
    " %H:%M:%SZ",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M",
    ", %H:%M:%S",
];
