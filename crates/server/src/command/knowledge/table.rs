//! Files of entries: tables with a header, and plain lines. Every bad line is told.
//!
//! Lines are cut by `event::records`, which is bounded and knows the number of each, also
//! behind cells of several lines; the cells of one line are split by `csv`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use seawall_event::records::{Delimiter, Item, Shape, Splitter};
use seawall_model::Limits;

use super::super::{Ended, show};

/// Bytes read at once.
const READ_BYTES: usize = 1 << 16;
/// Bad lines told one by one; more are only counted.
const BAD_SHOWN_MAX: usize = 50;
/// What may stand at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::command) struct Bad {
    /// Its number, from 1.
    pub(in crate::command) line: u64,
    /// Why, with the field and what to do.
    pub(in crate::command) why: String,
}

/// Bad lines: the first ones, and how many.
#[derive(Debug, Default)]
pub(in crate::command) struct BadLines {
    /// The first of them.
    pub(in crate::command) shown: Vec<Bad>,
    /// All of them.
    pub(in crate::command) count: u64,
}

impl BadLines {
    /// Notes one.
    pub(in crate::command) fn push(&mut self, line: u64, why: String) {
        self.count += 1;
        if self.shown.len() < BAD_SHOWN_MAX {
            self.shown.push(Bad { line, why });
        }
    }

    /// Tells them on standard error, and refuses unless they are to be passed over.
    pub(in crate::command) fn settle(&self, file: &Path, skip: Skip) -> anyhow::Result<Ended> {
        if self.count == 0 {
            return Ok(Ended::Fine);
        }
        for Bad { line, why } in &self.shown {
            eprintln!("{}, line {line}: {why}", file.display());
        }
        let hidden = self.count - self.shown.len() as u64;
        if hidden > 0 {
            eprintln!("and {} more", show::count(hidden));
        }
        let lines = show::counted(self.count, "line", "lines");
        match skip {
            Skip::Bad => {
                eprintln!("{lines} of {} passed over", file.display());
                Ok(Ended::Findings)
            }
            Skip::Nothing => anyhow::bail!(
                "{lines} of {} cannot be taken and nothing was added: correct the file, or add \
                 --skip-bad to take the good lines",
                file.display()
            ),
        }
    }
}

/// Whether bad lines are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Skip {
    /// They are.
    Bad,
    /// One of them is enough to refuse the file.
    Nothing,
}

impl Skip {
    /// As it was asked for.
    pub(in crate::command) fn asked(skip_bad: &bool) -> Self {
        if *skip_bad { Self::Bad } else { Self::Nothing }
    }
}

/// The columns of a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Columns {
    /// Columns that must be there.
    pub(in crate::command) needed: &'static [&'static str],
    /// Columns that may be there.
    pub(in crate::command) other: &'static [&'static str],
}

/// One row of a table.
pub(in crate::command) struct Row<'a> {
    header: &'a BTreeMap<String, usize>,
    cells: &'a [String],
}

impl Row<'_> {
    /// A cell without the blanks around it; empty where there is no such column.
    pub(in crate::command) fn cell(&self, column: &str) -> &str {
        let cell = self.header.get(column).and_then(|index| self.cells.get(*index));
        cell.map_or("", |cell| cell.trim())
    }

    /// The parts of a cell between `|`; none where it is empty.
    pub(in crate::command) fn parts(&self, column: &str) -> Vec<Box<str>> {
        let parts = self.cell(column).split('|').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(Into::into).collect()
    }
}

/// What is done with each row: `Err` says why it is bad.
pub(in crate::command) type TakeRow<'t> = &'t mut dyn FnMut(u64, Row<'_>) -> Result<(), String>;
/// What is done with each line: `Err` says why it is bad.
pub(in crate::command) type TakeLine<'t> = &'t mut dyn FnMut(u64, &str) -> Result<(), String>;

/// What is done with each bad row: its line, why it is bad, and its bytes if it could be cut
/// out.
pub(in crate::command) type Refuse<'t> = &'t mut dyn FnMut(u64, &str, &[u8]) -> anyhow::Result<()>;

/// Reads a table. Bad rows are gathered; a bad header is an error.
pub(in crate::command) fn read(
    file: &Path,
    columns: Columns,
    take: TakeRow<'_>,
) -> anyhow::Result<BadLines> {
    read_and_refuse(file, columns, take, &mut |_, _, _| Ok(()))
}

/// Reads a table, and hands on what is bad. A bad header is an error.
pub(in crate::command) fn read_and_refuse(
    file: &Path,
    columns: Columns,
    take: TakeRow<'_>,
    refuse: Refuse<'_>,
) -> anyhow::Result<BadLines> {
    let mut bad = BadLines::default();
    let mut header: Option<BTreeMap<String, usize>> = None;
    records(file, Shape::Rows(Delimiter::Comma), &mut |line, record| {
        let bytes = record.as_ref().map_or(&[][..], |bytes| bytes);
        let cells = record.clone().and_then(cells);
        let Some(header) = &header else {
            let cells = cells.map_err(|why| anyhow::anyhow!("line {line}: {why}"))?;
            header = Some(understand(&cells, columns)?);
            return Ok(());
        };
        let width = header.len();
        let taken = cells.and_then(|cells| match cells.len() {
            found if found == width => take(line, Row { header, cells: &cells }),
            found => Err(format!(
                "it has {found} cells and the header {width}: quote a cell that holds a comma"
            )),
        });
        if let Err(why) = taken {
            refuse(line, &why, bytes)?;
            bad.push(line, why);
        }
        Ok(())
    })?;
    anyhow::ensure!(header.is_some(), "{} is empty: it needs a header", file.display());
    Ok(bad)
}

/// Reads plain lines.
pub(in crate::command) fn lines(file: &Path, take: TakeLine<'_>) -> anyhow::Result<BadLines> {
    let mut bad = BadLines::default();
    records(file, Shape::Lines, &mut |line, record| {
        let text = record.and_then(|bytes| {
            std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8: save the file as UTF-8".into())
        });
        if let Err(why) = text.and_then(|text| take(line, text.trim())) {
            bad.push(line, why);
        }
        Ok(())
    })?;
    Ok(bad)
}

/// Whether the first line of a file is a header with this column.
pub(in crate::command) fn has_header(file: &Path, column: &str) -> anyhow::Result<bool> {
    let unread = || format!("cannot read {}", file.display());
    let limit = Limits::default().event_bytes_max as u64;
    let reader = BufReader::new(File::open(file).with_context(unread)?.take(limit));
    let mut lines = reader.split(b'\n');
    let first = lines.find(|line| line.as_ref().map_or(true, |line| !line.trim_ascii().is_empty()));
    let Some(first) = first.transpose().with_context(unread)? else { return Ok(false) };
    let first = first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&first);
    let cells = cells(first.trim_ascii()).unwrap_or_default();
    Ok(cells.iter().any(|cell| cell.trim() == column))
}

/// What is done with each record; why it could not be cut out stands in its place.
type Each<'t> = &'t mut dyn FnMut(u64, Result<&[u8], String>) -> anyhow::Result<()>;

/// Cuts a file into records; `-` is standard input.
pub(in crate::command) fn records(file: &Path, shape: Shape, each: Each<'_>) -> anyhow::Result<()> {
    let unread = || format!("cannot read {}", file.display());
    let mut source: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).with_context(unread)?)
    };
    let mut splitter = Splitter::new(shape, &Limits::default());
    let mut buffer = vec![0; READ_BYTES];
    let named = || format!("reading {}", file.display());
    let mut tell = |item: Item<'_>| {
        let content = item
            .content
            .map_err(|uncut| format!("{} ({})", uncut.rejection.detail, uncut.rejection.remedy));
        each(item.line, content).with_context(named)
    };
    loop {
        let read = match source.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read.with_context(unread)?,
        };
        if read == 0 {
            break;
        }
        let mut chunk = &buffer[..read];
        while let Some(item) = splitter.next_record(&mut chunk) {
            tell(item)?;
        }
    }
    while let Some(item) = splitter.finish() {
        tell(item)?;
    }
    Ok(())
}

/// The cells of one record.
fn cells(record: &[u8]) -> Result<Vec<String>, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(record);
    let mut cells = csv::StringRecord::new();
    match reader.read_record(&mut cells) {
        Ok(_) => Ok(cells.iter().map(str::to_owned).collect()),
        Err(_) => Err("it is not UTF-8: save the file as UTF-8".into()),
    }
}

fn understand(cells: &[String], columns: Columns) -> anyhow::Result<BTreeMap<String, usize>> {
    let known = || {
        let names = columns.needed.iter().chain(columns.other);
        names.copied().collect::<Vec<_>>().join(", ")
    };
    let mut header = BTreeMap::new();
    for (index, cell) in cells.iter().enumerate() {
        let name = cell.trim();
        let is_known = columns.needed.iter().chain(columns.other).any(|column| *column == name);
        let shown = show::foreign(name, 60);
        anyhow::ensure!(is_known, "there is no column {shown}: the header has {}", known());
        let is_new = header.insert(name.to_owned(), index).is_none();
        anyhow::ensure!(is_new, "the column `{name}` stands twice in the header");
    }
    let missing = columns.needed.iter().find(|column| !header.contains_key(**column));
    match missing {
        Some(missing) => anyhow::bail!("the header lacks `{missing}`: it has {}", known()),
        None => Ok(header),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns = Columns { needed: &["term"], other: &["near"] };

    fn check(text: &[u8], expect: &[(u64, &str, &[&str])], bad_lines: &[u64]) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.csv");
        std::fs::write(&file, text).unwrap();
        let mut found = Vec::new();
        let bad = read(&file, COLUMNS, &mut |line, row| {
            let near: Vec<String> = row.parts("near").iter().map(ToString::to_string).collect();
            found.push((line, row.cell("term").to_owned(), near));
            Ok(())
        });
        let expect: Vec<_> = expect
            .iter()
            .map(|(line, term, near)| {
                let near = near.iter().map(ToString::to_string).collect::<Vec<_>>();
                (*line, (*term).to_owned(), near)
            })
            .collect();
        assert_eq!(found, expect);
        let lines: Vec<u64> = bad.unwrap().shown.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, bad_lines);
    }

    #[test]
    fn rows_are_read_with_their_line_and_bad_ones_are_gathered() {
        check(b"term\nlid\n", &[(2, "lid", &[])], &[]);
        check(
            "\u{feff}near,term\r\n a| b |,\"kettle, loud\"\r\n\r\n,غلاية\r\n".as_bytes(),
            &[(2, "kettle, loud", &["a", "b"]), (4, "غلاية", &[])],
            &[],
        );
        check(b"term,near\nlid\nboil,x\n\xff,y\n", &[(3, "boil", &["x"])], &[2, 4]);
        check(b"term\n\"two\nlines\"\nlid\n", &[(2, "two\nlines", &[]), (4, "lid", &[])], &[]);
    }

    #[test]
    fn a_header_that_is_none_is_an_error_with_the_columns() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.csv");
        for (text, word) in [("trem\n", "no column"), ("near\n", "lacks `term`"), ("", "empty")] {
            std::fs::write(&file, text).unwrap();
            let error = read(&file, COLUMNS, &mut |_, _| Ok(())).unwrap_err();
            assert!(format!("{error:#}").contains(word), "{error:#}");
        }
    }
}
