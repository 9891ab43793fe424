//! Finds out what a source is and how its records become events.

use std::io::IsTerminal;
use std::path::PathBuf;

use seawall_event::detect::{Source, detect};
use seawall_event::records::{Delimiter, Shape, Splitter};
use seawall_event::table::{Certainty, Column, Guess, Mapping, MappingError, Table, cells, guess};
use seawall_event::{Decoded, Format};
use seawall_model::{Event, Limits, Rejection};

/// Rows looked at for a guess.
const ROWS_GUESSED_FROM: usize = 200;

/// What the person said of the source.
#[derive(Clone, Debug, Default)]
pub struct SourceOptions {
    /// The format's name; `None` to find out.
    pub format: Option<String>,
    /// A mapping file, or `guess` to accept what is guessed.
    pub map: Option<PathBuf>,
}

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnknownSource {
    /// The source is not what Seawall can read; says what to do.
    #[error("{0}")]
    Rejected(Rejection),
    /// There is no format of this name.
    #[error(
        "there is no format `{0}`; use canonical, cloudevents, jetstream_v1, jetstream_v2, csv or tsv"
    )]
    Format(String),
    /// The mapping file cannot be read.
    #[error("cannot read the mapping {}", path.display())]
    MapFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The mapping does not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A person has to confirm the guessed mapping.
    #[error("the columns have to be confirmed")]
    Unconfirmed(Box<Proposal>),
}

/// A guessed mapping, for a person to confirm.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The guess with its notes.
    pub guess: Guess,
    /// The mapping file that would accept it.
    pub toml: String,
}

/// How records become events.
#[derive(Clone, Debug)]
pub enum Decoder {
    /// Messages of a format.
    Messages(Format),
    /// Rows of a table.
    Table(Box<Table>),
}

impl Decoder {
    /// The format's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Messages(format) => format.as_str(),
            Self::Table(_) => "table",
        }
    }

    /// Reads one record.
    ///
    /// A defect of ours on one record must not end an import: it becomes a rejection.
    ///
    /// # Errors
    /// A [`Rejection`] with what was wrong.
    pub fn decode(&self, record: &[u8], limits: &Limits) -> Result<Decoded, Rejection> {
        let decode = || match self {
            Self::Messages(format) => seawall_event::decode(record, *format, limits),
            Self::Table(table) => table.decode(record).map(|e| Decoded::Event(Box::new(e))),
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or_else(|_| {
            Err(Rejection::new(
                seawall_model::RejectionCode::Defect,
                "",
                "seawall failed on this input",
                "report the defect; the input is kept in the rejects",
            ))
        })
    }
}

/// A source that is understood.
#[derive(Debug)]
pub struct Understood {
    /// How its records follow one another.
    pub shape: Shape,
    /// How they become events.
    pub decoder: Decoder,
    /// Records to pass over at the start: a header.
    pub skip: u64,
    /// What identifies the reading beside the bytes: format and mapping.
    pub identity: String,
}

/// Finds out what a source is from its name and first bytes.
///
/// # Errors
/// [`UnknownSource`] with what to do about it.
pub fn understand(
    name: &str,
    head: &[u8],
    options: &SourceOptions,
    limits: &Limits,
) -> Result<Understood, UnknownSource> {
    match source(name, head, options, limits)? {
        Source::Messages { format, shape } => Ok(Understood {
            shape,
            decoder: Decoder::Messages(format),
            skip: 0,
            identity: format.as_str().to_owned(),
        }),
        Source::Rows(delimiter) => rows(head, delimiter, options, limits),
    }
}

fn source(
    name: &str,
    head: &[u8],
    options: &SourceOptions,
    limits: &Limits,
) -> Result<Source, UnknownSource> {
    let Some(wanted) = options.format.as_deref() else {
        return detect(name, head, limits).map_err(UnknownSource::Rejected);
    };
    match wanted {
        "csv" => return Ok(Source::Rows(found_delimiter(name, head, limits))),
        "tsv" => return Ok(Source::Rows(Delimiter::Tab)),
        _ => {}
    }
    let format = Format::from_name(wanted).ok_or_else(|| UnknownSource::Format(wanted.into()))?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let shape = if text.starts_with(b"[") { Shape::Array } else { Shape::Lines };
    Ok(Source::Messages { format, shape })
}

fn found_delimiter(name: &str, head: &[u8], limits: &Limits) -> Delimiter {
    match detect(name, head, limits) {
        Ok(Source::Rows(delimiter)) => delimiter,
        _ => Delimiter::Comma,
    }
}

fn rows(
    head: &[u8],
    delimiter: Delimiter,
    options: &SourceOptions,
    limits: &Limits,
) -> Result<Understood, UnknownSource> {
    let is_guess = options.map.as_ref().is_some_and(|path| path.as_os_str() == "guess");
    let named = options.map.as_ref().filter(|_| !is_guess);
    let mapping = match named {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| UnknownSource::MapFile { path: path.clone(), source })?;
            Some(Mapping::parse(&text)?)
        }
        None => None,
    };
    let delimiter = mapping.as_ref().map_or(delimiter, |mapping| mapping.delimiter);
    let sample = sample(head, delimiter, limits);
    let (header, rest) = sample.split_first().map_or((&[][..], &[][..]), |(h, r)| (h, r));
    let mapping = match mapping {
        Some(mapping) => mapping,
        None => {
            let guess = guess(header, rest, delimiter);
            let toml = guess.mapping.to_toml()?;
            if !is_guess || lacks_a_time(&guess) {
                return Err(UnknownSource::Unconfirmed(Box::new(Proposal { guess, toml })));
            }
            guess.mapping
        }
    };
    let table = mapping.open(header, limits)?;
    let identity = format!("table\n{}", mapping.to_toml()?);
    let shape = Shape::Rows(delimiter);
    Ok(Understood { shape, decoder: Decoder::Table(Box::new(table)), skip: 1, identity })
}

/// Whether no format fits the times or no column holds any, which would refuse every row,
/// or nothing says what the rows are: that must not be accepted unseen.
pub fn lacks_a_time(guess: &Guess) -> bool {
    let time = guess.mapping.columns.get(&Column::At);
    guess.notes.iter().any(|note| {
        note.certainty == Certainty::Missing
            && (note.column.is_none() || note.column.as_ref() == time)
    })
}

/// The first rows, cut into cells; what cannot be cut is passed over.
fn sample(head: &[u8], delimiter: Delimiter, limits: &Limits) -> Vec<Vec<String>> {
    let mut splitter = Splitter::new(Shape::Rows(delimiter), limits);
    let mut chunk = head;
    let mut rows = Vec::new();
    while rows.len() < ROWS_GUESSED_FROM
        && let Some(item) = splitter.next_record(&mut chunk)
    {
        if let Ok(record) = item.content
            && let Ok(cells) = cells(record, delimiter, limits)
        {
            rows.push(cells.into_iter().map(String::from).collect());
        }
    }
    if rows.is_empty()
        && let Some(item) = splitter.finish()
        && let Ok(record) = item.content
        && let Ok(cells) = cells(record, delimiter, limits)
    {
        rows.push(cells.into_iter().map(String::from).collect());
    }
    rows
}

/// Whether a person sits at the terminal and can be asked.
#[must_use]
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether an event lies too far beyond its arrival, as a rejection.
pub(crate) fn check_future(
    event: &Event,
    now: seawall_model::Timestamp,
    limits: &Limits,
) -> Result<(), Rejection> {
    if event.at > now.plus_seconds(limits.future_seconds_max) {
        return Err(Rejection::new(
            seawall_model::RejectionCode::Future,
            "/at",
            format!(
                "the event's time lies more than {} seconds beyond its arrival",
                limits.future_seconds_max
            ),
            "set the sender's clock, or check the time zone of its times",
        ));
    }
    Ok(())
}
