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
    /// Nothing fits, or nothing says which of two meanings: a person must fill it in.
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
/// One cell of so many may be otherwise than a format has it: 95 of 100 must fit.
const MISFIT_EVERY: usize = 20;
/// Names of an id that do not say what it is the id of.
const ANY_ID: &[&str] = &["id", "idstr"];
/// Fields that only posts have.
const OF_POSTS: [Column; 8] = [
    Column::Text,
    Column::Language,
    Column::Tags,
    Column::Links,
    Column::Mentions,
    Column::ReplyTo,
    Column::QuoteOf,
    Column::Client,
];

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

    /// How many cells of a column do not fit; `None` if it is empty or they are too many.
    fn misfits(&self, place: usize, fits: impl Fn(&str) -> bool) -> Option<usize> {
        let cells = self.cells(place).count();
        let most = cells / MISFIT_EVERY;
        let misfits = self.cells(place).filter(|cell| !fits(cell)).take(most + 1).count();
        (cells > 0 && misfits <= most).then_some(misfits)
    }

    /// Says what becomes of rows with cells that do not fit.
    fn note_misfits(&mut self, place: usize, misfits: usize, what: &str) {
        if misfits > 0 {
            let (name, cells) = (self.header[place].to_owned(), self.cells(place).count());
            let text = format!(
                "{misfits} of the first {cells} cells {} no {what}; such rows will be refused",
                if misfits == 1 { "is" } else { "are" }
            );
            self.note(Certainty::Ambiguous, Some(&name), text);
        }
    }

    fn no_counts(&self, place: usize) -> Option<usize> {
        self.misfits(place, |cell| read_count(cell).is_some())
    }

    /// Takes columns by their names.
    fn names(&mut self) {
        for place in 0..self.header.len() {
            let name = self.header[place].to_owned();
            let normal_name = normal(&name);
            let found = if TEXT_OR_COUNT.contains(&&*normal_name) {
                Some(if self.no_counts(place).is_some() { Column::Posts } else { Column::Text })
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
            } else if column.counted() && self.no_counts(place).is_none() && !self.rows.is_empty() {
                let text = format!("named like {field}, but its cells are no counts; left out");
                self.note(Certainty::Ambiguous, Some(&name), text);
            } else {
                self.map(column, &name);
                self.note(Certainty::Sure, Some(&name), format!("the name says {field}"));
                if column.counted() {
                    self.note_misfits(place, self.no_counts(place).unwrap_or(0), "count");
                }
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
            let is_link = |cell: &str| cell.trim_start().starts_with("http");
            self.guess.mapping.columns.values().all(|name| *name != self.header[*place])
                && !self.cells(*place).all(is_link)
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
        if self.may_be_accounts() {
            return self.accounts();
        }
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
        self.let_go(kind);
    }

    /// Whether an `id` that is of nothing else may be the account's as well as the post's.
    fn may_be_accounts(&self) -> bool {
        let says_more = OF_POSTS.into_iter().chain([Column::Account, Column::Target, Column::Kind]);
        self.mapped(Column::PostId).is_some_and(|name| ANY_ID.contains(&&*normal(name)))
            && !says_more.into_iter().any(|column| self.mapped(column).is_some())
    }

    /// Proposes accounts, and leaves it to a person whether they are posts.
    fn accounts(&mut self) {
        let mut take = |column| self.guess.mapping.columns.remove(&column);
        let (id, made) = (take(Column::PostId), take(Column::AccountCreatedAt));
        let is_update = made.is_some() && self.mapped(Column::At).is_some();
        let kind = if is_update { EventKind::AccountUpdated } else { EventKind::AccountCreated };
        let id = id.unwrap_or_default();
        let text = format!(
            "`{id}` may be of accounts or of posts. If each row is an account, set type = \"{}\" \
             and account = \"{id}\", as above; if it is a post, set type = \"post.created\" and \
             post_id = \"{id}\"",
            kind.as_str()
        );
        self.note(Certainty::Missing, None, text);
        self.map(Column::Account, &id);
        if let Some(made) = made {
            self.map(if is_update { Column::AccountCreatedAt } else { Column::At }, &made);
        }
        self.guess.mapping.kind = kind;
        self.let_go(kind);
    }

    /// Lets go of the columns that rows of this type do not have.
    fn let_go(&mut self, kind: EventKind) {
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
                |(_, (formats, _))| formats.first().is_some_and(|f| *f != TimeFormat::UnixSeconds),
            ),
        };
        let Some((place, (formats, misfits))) = found else {
            return self.note(Certainty::Missing, None, "no column holds times; name one as at");
        };
        let name = self.header[place].to_owned();
        if named.is_none() {
            self.map(Column::At, &name);
            let text = "its cells are times, so it may be when it happened";
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
        self.note_misfits(place, misfits, "such time");
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
        let Some(place) = self.header.iter().position(|other| *other == name) else { return };
        if name == at || self.cells(place).next().is_none() {
            return;
        }
        let format = self.guess.mapping.time_format.clone();
        match self.misfits(place, |cell| is_time(&format, cell)) {
            Some(misfits) => self.note_misfits(place, misfits, "such time"),
            None => {
                self.guess.mapping.columns.remove(&Column::AccountCreatedAt);
                let text = "its times are written otherwise than the events'; kept as it is";
                self.note(Certainty::Likely, Some(&name), text);
            }
        }
    }

    /// The format that reads most cells of a column, and how many it does not read; two
    /// formats only if day and month cannot be told.
    fn formats(&self, place: usize) -> (Vec<TimeFormat>, usize) {
        let mut best = (Vec::new(), usize::MAX);
        for format in time_formats() {
            let misfits = |format: &TimeFormat| {
                self.misfits(place, |cell| is_time(format, cell)).unwrap_or(usize::MAX)
            };
            let least = format.iter().map(misfits).min().unwrap_or(usize::MAX);
            if least < best.1 {
                best = (format.into_iter().filter(|f| misfits(f) == least).collect(), least);
            }
        }
        best
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

/// Whether a cell is a time in this format; a number, of our days.
fn is_time(format: &TimeFormat, cell: &str) -> bool {
    let digits = || western_digits(cell.trim()).split('.').next().map_or(0, str::len);
    let is_ours = match format {
        TimeFormat::UnixMillis => (12..=13).contains(&digits()),
        TimeFormat::UnixSeconds => (9..=10).contains(&digits()),
        TimeFormat::Rfc3339 | TimeFormat::Pattern(_) => true,
    };
    is_ours && format.read(cell, &jiff::tz::TimeZone::UTC).is_some()
}

/// The formats looked for, the likeliest first; two where day and month may change places.
fn time_formats() -> impl Iterator<Item = Vec<TimeFormat>> {
    let patterns = DATES.iter().flat_map(|(first, second)| {
        TIMES.iter().map(move |time| {
            let of = |date: &str| TimeFormat::Pattern(format!("{date}{time}").into());
            [*first, *second].into_iter().flatten().map(of).collect()
        })
    });
    let plain = [TimeFormat::Rfc3339, TimeFormat::UnixMillis, TimeFormat::UnixSeconds];
    plain.into_iter().map(|format| vec![format]).chain(patterns)
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
