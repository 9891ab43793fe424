//! Records are found whatever the chunks, and where they were said to be.

use proptest::prelude::*;
use seawall_event::records::{Delimiter, HEAD_BYTES_MAX, Shape};
use seawall_event::table::cells;
use seawall_model::{Limits, Rejection};

use crate::{Record, split};

fn check(bytes: &[u8], shape: Shape, expect: &[&str]) {
    let limits = Limits { event_bytes_max: 20, ..Limits::default() };
    for chunks in [&[usize::MAX][..], &[1], &[2, 3]] {
        let found: Vec<String> =
            split(bytes, shape, &limits, chunks).iter().map(one_line).collect();
        assert_eq!(found, expect, "chunks {chunks:?}");
    }
}

fn one_line((offset, line, content): &Record) -> String {
    match content {
        Ok(bytes) => format!("{offset}:{line} {}", bytes.escape_ascii()),
        Err((rejection, _)) => {
            format!("{offset}:{line} {}: {}", rejection.code.as_str(), rejection.detail)
        }
    }
}

#[test]
fn lines() {
    check(b"", Shape::Lines, &[]);
    check(b"a\nb", Shape::Lines, &["0:1 a", "2:2 b"]);
    check(b"\xef\xbb\xbfa\r\n\r\n \n\nb\r\n", Shape::Lines, &["3:1 a", "11:5 b"]);
    let long = format!("a\n{}\nb\n", "x".repeat(21));
    let too_long = "2:2 too_large: the record has more than 20 bytes";
    check(long.as_bytes(), Shape::Lines, &["0:1 a", too_long, "24:3 b"]);
    let just = format!("{}\r\n{}", "x".repeat(20), "y".repeat(21));
    check(
        just.as_bytes(),
        Shape::Lines,
        &[&format!("0:1 {}", "x".repeat(20)), "22:2 too_large: the record has more than 20 bytes"],
    );
}

#[test]
fn rows() {
    let comma = Shape::Rows(Delimiter::Comma);
    check(
        b"a,b\r\n\"c\nd\",\"\"\"\"\n\ne",
        comma,
        &["0:1 a,b", r#"5:2 \"c\nd\",\"\"\"\""#, "17:5 e"],
    );
    check(b"\xef\xbb\xbf\"a\nb\"\nc", comma, &[r#"3:1 \"a\nb\""#, "9:3 c"]);
    // Half a mark is the beginning of a cell, if no UTF-8: the quote after it is text.
    check(b"\xef\xbb\"x\ny", comma, &[r#"0:1 \xef\xbb\"x"#, "5:2 y"]);
    check(b"5\" nail,x\ny\"\"\n", comma, &[r#"0:1 5\" nail,x"#, r#"10:2 y\"\""#]);
    check(b"\"a\"b\"\nc\n", comma, &[r#"0:1 \"a\"b\""#, "6:2 c"]);
    check(b"a\tb\n", Shape::Rows(Delimiter::Tab), &["0:1 a\\tb"]);
    let unclosed = "2:2 malformed: a quote that opens in this row is never closed";
    check(b"a\n\"b\nc\n", comma, &["0:1 a", unclosed]);
    let long = format!("a\n\"{}\n,\"\nb", "x".repeat(30));
    check(
        long.as_bytes(),
        comma,
        &["0:1 a", "2:2 too_large: the record has more than 20 bytes", "37:4 b"],
    );
}

/// Of a record too long the first bytes are given, as many whatever the chunks.
#[test]
fn the_head_of_a_record_too_long_is_kept() {
    let small = Limits { event_bytes_max: 20, ..Limits::default() };
    let great = Limits { event_bytes_max: 3 * HEAD_BYTES_MAX, ..Limits::default() };
    for (limits, length) in [(&small, 30), (&small, 3 * HEAD_BYTES_MAX), (&great, 200_000)] {
        let long: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
        let source = [b"one\n", &long[..], b"\ntwo\n"].concat();
        for chunks in [&[usize::MAX][..], &[7], &[70_000, 3]] {
            let records = split(&source, Shape::Lines, limits, chunks);
            let contents: Vec<_> = records.into_iter().map(|(.., content)| content).collect();
            let [Ok(one), Err((_, head)), Ok(two)] = &contents[..] else { panic!("{length}") };
            assert_eq!((&one[..], &two[..]), (&b"one"[..], &b"two"[..]));
            assert_eq!(head, &long[..length.min(HEAD_BYTES_MAX)], "{length}, {chunks:?}");
        }
    }
    let broken = split(b"[1, {\"a\": 2", Shape::Array, &small, &[1]);
    let [_, (.., Err((_, head)))] = &broken[..] else { panic!("{broken:?}") };
    assert_eq!(head, b"{\"a\": 2");
}

#[test]
fn arrays() {
    let check = |bytes: &[u8], expect: &[&str]| check(bytes, Shape::Array, expect);
    check(b"[]", &[]);
    check(
        b" \n[ {\"a\":[1]} ,\n\"]\\\"\" , 3]\n",
        &[r#"4:2 {\"a\":[1]}"#, r#"16:3 \"]\\\"\""#, "24:3 3"],
    );
    check(b"\xef\xbb\xbf[1]", &["4:1 1"]);
    check(b"{}", &["0:1 malformed: the bytes are not a JSON array"]);
    check(b"", &["0:1 malformed: the array never begins"]);
    check(b"[1", &["1:1 malformed: the array ends within this element"]);
    check(b"[1,\n", &["1:1 1", "4:2 malformed: the array is not closed"]);
    check(b"[1,]", &["1:1 1", "4:1 malformed: a comma has no element after it"]);
    check(b"[,1]", &["2:1 malformed: a comma has no element before it", "2:1 1"]);
    check(b"[1] [2]", &["1:1 1", "4:1 malformed: something follows the array"]);
    let long = format!("[\"{},\",2]", "x".repeat(30));
    check(long.as_bytes(), &["1:1 too_large: the record has more than 20 bytes", "35:1 2"]);
}

/// Bytes in which everything that matters to a splitter is frequent.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(&b"\"\"\\,;[]{}\n\n\r\t a1\xef\xbb\xbf\0"[..]);
    prop::collection::vec(byte, 0..120)
}

fn shapes() -> impl Strategy<Value = Shape> {
    let rows = prop::sample::select(&Delimiter::ALL[..]).prop_map(Shape::Rows);
    prop_oneof![Just(Shape::Lines), Just(Shape::Array), rows]
}

/// Place, and content or why there is none.
type Cut<'a> = (u64, u64, Result<&'a [u8], &'a Rejection>);

/// What must not depend on the chunks: all but the bytes after a fault between records.
fn cut(records: &[Record]) -> Vec<Cut<'_>> {
    let cut = |content| Result::as_ref(content).map(Vec::as_slice).map_err(|(why, _)| why);
    records.iter().map(|(offset, line, content)| (*offset, *line, cut(content))).collect()
}

proptest! {
    #[test]
    fn any_chunks_give_the_same_records(
        bytes in hostile(), shape in shapes(), chunks in prop::collection::vec(1_usize..9, 1..6),
    ) {
        let limits = Limits { event_bytes_max: 12, ..Limits::default() };
        let whole = split(&bytes, shape, &limits, &[usize::MAX]);
        let parts = split(&bytes, shape, &limits, &chunks);
        prop_assert_eq!(cut(&parts), cut(&whole));
        for (offset, line, content) in &whole {
            let offset = usize::try_from(*offset).unwrap();
            let before = bytes[..offset].iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(*line, before as u64 + 1);
            if let Ok(content) = content {
                prop_assert_eq!(&bytes[offset..offset + content.len()], &content[..]);
            }
        }
    }

    /// The oracle: the `csv` crate, where only LF and CRLF end rows.
    #[test]
    fn rows_and_cells_are_those_of_the_csv_crate(
        rows in prop::collection::vec(prop::collection::vec("[a\",\n é]{0,6}", 1..4), 1..6),
        quoted in any::<bool>(),
    ) {
        let style = if quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer =
            csv::WriterBuilder::new().flexible(true).quote_style(style).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let limits = Limits::default();
        let found: Vec<Vec<String>> = split(&bytes, Shape::Rows(Delimiter::Comma), &limits, &[5])
            .into_iter()
            .map(|(_, _, record)| {
                let record = record.unwrap();
                let row = cells(&record, Delimiter::Comma, &limits).unwrap();
                row.into_iter().map(String::from).collect()
            })
            .collect();
        prop_assert_eq!(found, rows);
    }

    #[test]
    fn hostile_rows_are_read_as_the_csv_crate_reads_them(
        text in "[a\",\n]{0,40}",
    ) {
        let limits = Limits::default();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(text.as_bytes());
        let expect: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        let found = split(text.as_bytes(), Shape::Rows(Delimiter::Comma), &limits, &[3]);
        // A quote that is never closed is a row to `csv` and a fault here.
        let whole = found.iter().take_while(|(_, _, content)| content.is_ok());
        let found: Vec<Vec<String>> = whole
            .map(|(_, _, record)| {
                let record = record.clone().unwrap();
                let row = cells(&record, Delimiter::Comma, &limits).unwrap();
                row.into_iter().map(String::from).collect()
            })
            .collect();
        prop_assert_eq!(&found[..], &expect[..found.len()]);
        prop_assert!(expect.len() - found.len() <= 1);
    }

    /// The oracle: the elements as they were written.
    #[test]
    fn elements_are_those_of_the_array(
        texts in prop::collection::vec("[a\"\\\\\\[\\]{},\n]{0,8}", 0..6),
    ) {
        let texts: Vec<_> = texts.into_iter().map(|t| serde_json::json!({ "t": [t] })).collect();
        let bytes = serde_json::to_vec_pretty(&texts).unwrap();
        let found: Vec<serde_json::Value> = split(&bytes, Shape::Array, &Limits::default(), &[4])
            .into_iter()
            .map(|(_, _, content)| serde_json::from_slice(&content.unwrap()).unwrap())
            .collect();
        prop_assert_eq!(found, texts);
    }
}
