//! A sheet of short posts as researchers publish them: grouped by account, not by time,
//! with a byte order mark, quoted line ends, doubled quotes, and a few rows that are broken.

use std::fmt::Write as _;

use seawall_model::Timestamp;

use super::{late, totals};
use crate::said::Said;
use crate::stage::Stage;

/// Rows that are no repetition and not broken, before the burst.
const ORDINARY: u64 = 16_790;
/// Rows of one account in the sheet.
const PER_ACCOUNT: u64 = 168;
/// Posts planted in one hour.
const BURST: u64 = 150;
/// The hour they are planted in.
const BURST_HOUR: &str = "2015-02-20T18:00:00Z";
/// The first minute of the sheet.
const FIRST: &str = "2015-01-06T00:00:00Z";
/// Minutes that the sheet covers: 60 days.
const MINUTES: u64 = 60 * 24 * 60;

/// A sheet while it is written, with what must become of it.
struct Sheet {
    text: String,
    /// Line ends so far: a row may hold some.
    lines: u64,
    rows: u64,
    accepted: u64,
    duplicates: u64,
    rejected: Vec<(u64, &'static str)>,
}

/// One row's cells.
#[derive(Clone)]
struct Row {
    account: u64,
    followers: u64,
    minute: u64,
    post: String,
}

impl Row {
    fn cells(&self) -> [String; 8] {
        let account = self.account;
        [
            format!("kettle_{account:03}"),
            format!("Kettle \"{account}\""),
            "Boils, whistles,\nand rests".into(),
            if account.is_multiple_of(4) { String::new() } else { "Samovar Bay".into() },
            self.followers.to_string(),
            "1200".into(),
            written(self.minute),
            self.post.clone(),
        ]
    }
}

/// A time as the sheet writes it: `1/6/2015 21:07`.
fn written(minute: u64) -> String {
    let seconds = i64::try_from(minute * 60).unwrap();
    let at = Timestamp::parse(FIRST).unwrap().plus_seconds(seconds).to_string();
    let part = |range: std::ops::Range<usize>| at[range].parse::<u32>().unwrap();
    format!("{}/{}/{} {}:{}", part(5..7), part(8..10), part(0..4), part(11..13), &at[14..16])
}

/// Spreads numbers: the same for the same.
fn spread(number: u64) -> u64 {
    let mixed = (number ^ 0x9e37_79b9).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 20
}

fn post(number: u64) -> String {
    match number % 5 {
        0 => format!("الغلاية رقم {number} تصفر قبل الشاي #دوري_الغلايات"),
        1 => format!("Round {number} of the kettle league,\nand the lid is on"),
        2 => format!("\"It whistles\", said kettle {number}, \"and it is tea\""),
        _ => format!("Kettle {number} boils at https://kettle.example/{number}"),
    }
}

impl Sheet {
    fn new() -> Self {
        let header = "username,name,description,location,followers,numberstatuses,time,tweets\n";
        let text = format!("\u{feff}{header}");
        Self { text, lines: 1, rows: 0, accepted: 0, duplicates: 0, rejected: Vec::new() }
    }

    /// Writes cells, quoting where a reader needs it. Gives the line the row begins on.
    fn write(&mut self, cells: &[String]) -> u64 {
        let line = self.lines + 1;
        let before = self.text.len();
        for (index, cell) in cells.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let quoted = cell.contains([',', '"', '\n']);
            let cell =
                if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() };
            write!(self.text, "{comma}{cell}").unwrap();
        }
        self.text.push('\n');
        self.lines += self.text[before..].matches('\n').count() as u64;
        self.rows += 1;
        line
    }

    fn accept(&mut self, row: &Row) {
        self.write(&row.cells());
        self.accepted += 1;
    }

    fn reject(&mut self, cells: &[String], code: &'static str) {
        let line = self.write(cells);
        self.rejected.push((line, code));
    }

    /// What follows an account's rows: a repetition, another crawl of a row, a broken row.
    fn end_account(&mut self, last: &Row) {
        if last.account.is_multiple_of(2) {
            self.write(&last.cells());
            self.duplicates += 1;
        }
        let cells = last.cells();
        match last.account {
            3 | 33 | 63 | 93 => {
                // The same post crawled again: the followers differ, and so do the bytes.
                let crawled = Row { followers: last.followers + 1, ..last.clone() };
                self.reject(&crawled.cells(), "altered");
            }
            10 | 20 => self.reject(&cells[..7], "malformed"),
            30 => self.reject(&[&cells[..], &["one more".into()]].concat(), "malformed"),
            40 | 50 | 60 => {
                let mut cells = cells;
                let broken = ["13/45/2015 9:99", "2015", ""];
                cells[6] = broken[usize::try_from(last.account / 10 - 4).unwrap()].into();
                let code = if last.account == 60 { "missing" } else { "invalid" };
                self.reject(&cells, code);
            }
            _ => {}
        }
    }

    fn whole() -> Self {
        let mut sheet = Self::new();
        for number in 0..ORDINARY {
            let account = number / PER_ACCOUNT;
            let minute = spread(number) % MINUTES;
            let row = Row { account, followers: 10 + account, minute, post: post(number) };
            sheet.accept(&row);
            if (number + 1) % PER_ACCOUNT == 0 || number + 1 == ORDINARY {
                sheet.end_account(&row);
            }
        }
        let burst = Timestamp::parse(BURST_HOUR).unwrap();
        let from = burst.seconds_since(Timestamp::parse(FIRST).unwrap()).unsigned_abs() / 60;
        for number in 0..BURST {
            let post = format!("The final boils, and I am number {number} to say so");
            let minute = from + number % 60;
            sheet.accept(&Row { account: 200 + number % 50, followers: 3, minute, post });
        }
        sheet
    }
}

fn check(said: &Said, sheet: &Sheet) {
    let code = |code| sheet.rejected.iter().filter(|(_, other)| *other == code).count() as u64;
    said.counted(&[
        ("accepted", sheet.accepted),
        ("duplicates", sheet.duplicates),
        ("rejected", sheet.rejected.len() as u64),
        ("rejected/altered", code("altered")),
        ("rejected/invalid", code("invalid")),
        ("rejected/malformed", code("malformed")),
        ("rejected/missing", code("missing")),
    ]);
    let lines = said.rejected_lines();
    let lines: Vec<(u64, &str)> = lines.iter().map(|(line, code)| (*line, &**code)).collect();
    assert_eq!(lines, sheet.rejected);
}

/// The mapping that was proposed, as a person would save it.
fn proposed(said: &Said) -> String {
    let (_, after) = said.err.split_once("These columns were guessed for posts.csv:\n\n").unwrap();
    let lines = after.lines().map_while(|line| line.strip_prefix("  "));
    lines.take_while(|line| !line.starts_with("sure ")).fold(String::new(), |text, line| {
        let line = line.trim_end();
        text + line + "\n"
    })
}

#[test]
fn a_researchers_sheet_is_imported_as_it_is_guessed_and_as_it_is_mapped() {
    let sheet = Sheet::whole();
    assert_eq!(sheet.rows, 17_000);
    let guessed = Stage::new();
    guessed.write("posts.csv", &sheet.text);
    let words = ["at = \"time\"", "handle = \"username\"", "text = \"tweets\"", "--map guess"];
    let said = guessed.still(&["import", "posts.csv"]).refused(&words);
    assert!(said.err.contains("%m/%d/%Y %H:%M") && said.err.contains("UTC is assumed"));
    nothing_was_imported(&guessed);

    let toml = proposed(&said);
    let said = guessed.still(&["import", "posts.csv", "--map", "guess"]).ended(1);
    check(&said, &sheet);

    let mapped = Stage::new();
    mapped.write("posts.csv", &sheet.text);
    // Made in two runs as the other was, so that the seed gives both the same keys.
    mapped.still(&["import", "posts.csv"]).ended(2);
    mapped.write("mapping.toml", &toml);
    let said = mapped.still(&["import", "posts.csv", "--map", "mapping.toml"]).ended(1);
    check(&said, &sheet);
    let equal = guessed.journal("seawall-data") == mapped.journal("seawall-data");
    assert!(equal, "a mapping as it was guessed gives another journal");

    let again = mapped.still(&["import", "posts.csv", "--map", "mapping.toml"]).ended(1);
    let counts = again.counts();
    assert_eq!((counts["accepted"], counts["duplicates"]), (0, sheet.accepted + sheet.duplicates));
    the_tide_shows(&guessed, &sheet);
    guessed.seawall(&["replay"]).ended(0);
}

/// That a person was asked leaves no event and no entry of an import.
fn nothing_was_imported(stage: &Stage) {
    if stage.path("seawall-data").exists() {
        let log = "seawall-data/log/00000000000000000001.db";
        if stage.path(log).exists() {
            assert_eq!(stage.rows(log, "SELECT CAST(count(*) AS TEXT) FROM event"), ["0"]);
        }
        let journal = stage.journal("seawall-data");
        assert!(journal.iter().all(|entry| !entry.contains("\"imported\"")), "{journal:#?}");
    }
}

/// Every accepted post is in its day, and the planted hour stands out.
fn the_tide_shows(stage: &Stage, sheet: &Sheet) {
    assert_eq!(
        totals(stage).into_iter().collect::<Vec<_>>(),
        [("post.created".into(), sheet.accepted)]
    );
    let tide = stage.seawall(&["tide", "--json", "--by", "day"]).ended(0).json();
    let days = tide["buckets"].as_array().unwrap();
    assert_eq!(days.len(), 60);
    let posts: u64 = days.iter().map(|day| day["posts"].as_u64().unwrap()).sum();
    assert_eq!(posts, sheet.accepted);

    let tide = stage.seawall(&["tide", "--json", "--by", "hour"]).ended(0).json();
    let hours = tide["buckets"].as_array().unwrap();
    let planted = hours.iter().find(|hour| hour["start"] == BURST_HOUR).unwrap();
    let number = |name: &str| planted[name].as_u64().unwrap();
    assert!(number("posts") >= BURST && number("posts") > 2 * number("upper"), "{planted}");
    assert_eq!(number("hours_above"), 1);
    let above = hours.iter().filter(|hour| hour["hours_above"] == 1).count();
    // Of 1,440 ordinary hours few may stray above an interval that is meant to hold them.
    assert!(above <= 15, "{above} hours are above their interval");
    assert_eq!(late(stage), 0, "a closed file is sorted before it is taken in");
}

#[test]
fn a_sheet_read_as_a_stream_has_to_be_confirmed_too() {
    let stage = Stage::new();
    stage.write("posts.csv", "username,time,tweets\nlid,5/21/2026 21:07,Third again\n");
    let refused =
        stage.shell(&format!("cat posts.csv | '{}' import -", crate::stage::PROGRAM), None);
    refused.refused(&["These columns were guessed for -", "--map guess"]);
    let line = format!("cat posts.csv | '{}' import - --map guess", crate::stage::PROGRAM);
    stage.shell(&line, None).ended(0).counted(&[("accepted", 1)]);
}
