//! Rows to events, and mappings guessed, written and read.

use seawall_event::detect::{Source, detect};
use seawall_event::records::{Delimiter, Shape};
use seawall_event::table::{Mapping, cells, guess};
use seawall_event::{encode, reopen};
use seawall_model::Limits;

use crate::split;

/// The rows of a file as cells, with the lines they begin in.
fn rows(file: &[u8], delimiter: Delimiter) -> Vec<(u64, Vec<u8>, Vec<String>)> {
    let limits = Limits::default();
    split(file, Shape::Rows(delimiter), &limits, &[64])
        .into_iter()
        .map(|(_, line, content)| {
            let content = content.unwrap();
            let row = cells(&content, delimiter, &limits).unwrap();
            let row = row.into_iter().map(String::from).collect();
            (line, content, row)
        })
        .collect()
}

/// Everything from a file to its events, by its guessed mapping.
fn told(name: &str, file: &[u8]) -> String {
    let limits = Limits::default();
    let Ok(Source::Rows(delimiter)) = detect(name, file, &limits) else { panic!("{name}") };
    let rows = rows(file, delimiter);
    let header = &rows[0].2;
    let width = header.len();
    let sample: Vec<Vec<String>> = rows[1..]
        .iter()
        .map(|(_, _, row)| row.clone())
        .filter(|row| row.len() == width && !row.contains(&"yesterday".to_owned()))
        .collect();
    let guess = guess(header, &sample, delimiter);
    let written = guess.mapping.to_toml().unwrap();
    assert_eq!(Mapping::parse(&written), Ok(guess.mapping.clone()));
    let mut out = written;
    for note in &guess.notes {
        let column = note.column.as_deref().unwrap_or("-");
        out.push_str(&format!("{} {column}: {}\n", note.certainty.as_str(), note.text));
    }
    let table = guess.mapping.open(header, &limits).unwrap();
    for (line, record, _) in &rows[1..] {
        let event = match table.decode(record) {
            Ok(event) => {
                assert_eq!(reopen(&encode(&event)).as_ref(), Ok(&event));
                String::from_utf8(encode(&event)).unwrap()
            }
            Err(rejection) => format!("refused {rejection}"),
        };
        out.push_str(&format!("line {line}: {event}\n"));
    }
    out
}

#[test]
fn a_table_of_posts_is_understood() {
    insta::assert_snapshot!(told("league.csv", include_bytes!("../data/league.csv")));
}

#[test]
fn a_table_with_an_arabic_header_is_understood() {
    insta::assert_snapshot!(told("league_ar.tsv", include_bytes!("../data/league_ar.tsv")));
}

#[test]
fn a_table_of_follows_is_understood() {
    insta::assert_snapshot!(told("follows.csv", include_bytes!("../data/follows.csv")));
}

fn time_guess(cells: &[&str]) -> String {
    let rows: Vec<Vec<&str>> = cells.iter().map(|cell| vec!["k", "steam", cell]).collect();
    let guess = guess(&["handle", "text", "time"], &rows, Delimiter::Comma);
    let notes: Vec<String> = guess
        .notes
        .iter()
        .filter(|note| note.column.as_deref() == Some("time") && !note.text.contains("name says"))
        .map(|note| note.certainty.as_str().to_owned())
        .collect();
    format!("{} {}", guess.mapping.time_format.as_str(), notes.join(" "))
}

#[test]
fn formats_of_time_are_guessed_and_doubts_are_told() {
    assert_eq!(time_guess(&["1/6/2015 21:07", "1/13/2015 4:00"]), "%m/%d/%Y %H:%M sure ambiguous");
    assert_eq!(time_guess(&["1/6/2015 21:07", "13/1/2015 4:00"]), "%d/%m/%Y %H:%M sure ambiguous");
    assert_eq!(
        time_guess(&["1/6/2015 21:07", "2/6/2015 4:00"]),
        "%m/%d/%Y %H:%M ambiguous ambiguous"
    );
    assert_eq!(time_guess(&["2026-03-01T12:00:00Z"]), "rfc3339 sure");
    assert_eq!(time_guess(&["1772323200", "1772323201.5"]), "unix_seconds sure");
    assert_eq!(time_guess(&["1772323200000"]), "unix_millis sure");
    assert_eq!(time_guess(&["2026-03-01"]), "%Y-%m-%d sure ambiguous");
    assert_eq!(time_guess(&["2026-03-01 10:00:00.123"]), "%Y-%m-%d %H:%M:%S%.f sure ambiguous");
    assert_eq!(time_guess(&["2026-03-01 10:00:00+00:00"]), "rfc3339 sure");
    assert_eq!(
        time_guess(&["3/1/2026 9:05 PM", "3/14/2026 9:05 AM"]),
        "%m/%d/%Y %I:%M %p sure ambiguous"
    );
    assert_eq!(time_guess(&["Sun Mar 01 10:00:00 +0000 2026"]), "%a %b %d %H:%M:%S %z %Y sure");
    assert_eq!(time_guess(&["some day"]), "rfc3339 missing");
}

/// A guess from `good` rows of three cells and some others: the mapping and its notes.
fn guessed(header: &[&str], good: &[&str], times: usize, others: &[&[&str]]) -> (Mapping, String) {
    let rows: Vec<Vec<&str>> =
        std::iter::repeat_n(good, times).chain(others.iter().copied()).map(<[_]>::to_vec).collect();
    let guess = guess(header, &rows, Delimiter::Comma);
    let note = |note: &seawall_event::table::Note| {
        let column = note.column.as_deref().unwrap_or("-");
        format!("{} {column}: {}\n", note.certainty.as_str(), note.text)
    };
    let notes = guess.notes.iter().map(note).collect();
    (guess.mapping, notes)
}

#[test]
fn one_dirty_cell_does_not_hide_the_format_of_the_times() {
    let header = ["handle", "text", "time"];
    let good = ["k", "steam", "13/1/2015 21:07"];
    let (mapping, notes) = guessed(&header, &good, 199, &[&["k", "steam", "unknown"]]);
    assert_eq!(mapping.time_format.as_str(), "%d/%m/%Y %H:%M");
    let told =
        "ambiguous time: 1 of the first 200 cells is no such time; such rows will be refused";
    assert!(notes.contains(told), "{notes}");
    let table = mapping.open(&header, &Limits::default()).unwrap();
    let refused = table.decode(b"k,steam,unknown").unwrap_err().to_string();
    assert!(refused.starts_with("invalid: time: the cell is not a time"), "{refused}");
    table.decode(b"k,steam,13/1/2015 21:07").unwrap();
    // One in twenty may be otherwise, and no more.
    let bad: &[&str] = &["k", "steam", "unknown"];
    let (_, notes) = guessed(&header, &good, 38, &[bad, bad]);
    assert!(notes.contains("2 of the first 40 cells are no such time"), "{notes}");
    let (_, notes) = guessed(&header, &good, 37, &[bad, bad]);
    assert!(notes.contains("missing time: the format of the times is not known"), "{notes}");
    // A day beyond 12 still tells day and month apart, though it is one cell of many.
    let early = ["k", "steam", "1/2/2015 21:07"];
    let (mapping, notes) = guessed(&header, &early, 198, &[&good, bad]);
    assert_eq!(mapping.time_format.as_str(), "%d/%m/%Y %H:%M", "{notes}");
}

#[test]
fn one_dirty_cell_does_not_drop_the_followers_and_is_refused_by_its_name() {
    let header = ["handle", "text", "time", "followers"];
    let good = ["k", "steam", "2026-03-01T12:00:00Z", "12"];
    let bad: &[&str] = &["k", "steam", "2026-03-01T12:00:00Z", "n.a."];
    let (mapping, notes) = guessed(&header, &good, 199, &[bad]);
    let told =
        "ambiguous followers: 1 of the first 200 cells is no count; such rows will be refused";
    assert!(notes.contains(told), "{notes}");
    let table = mapping.open(&header, &Limits::default()).unwrap();
    let refused = table.decode(bad.join(",").as_bytes()).unwrap_err().to_string();
    assert!(refused.starts_with("invalid: followers: the cell is not a whole"), "{refused}");
    let profile = table.decode(good.join(",").as_bytes()).unwrap().profile.unwrap();
    assert_eq!(profile.followers, Some(12));
    let (_, notes) = guessed(&header, &good, 18, &[bad]);
    assert!(notes.contains("named like followers, but its cells are no counts"), "{notes}");
}

#[test]
fn a_table_of_accounts_is_not_taken_for_posts() {
    let header = ["id", "created_at", "username", "followers"];
    let good = ["7", "2026-03-01T12:00:00Z", "brass_whistle", "12"];
    let (mapping, notes) = guessed(&header, &good, 30, &[]);
    assert!(notes.contains("missing -: `id` may be of accounts or of posts"), "{notes}");
    assert!(notes.contains("set type = \"account.created\" and account = \"id\""), "{notes}");
    let table = mapping.open(&header, &Limits::default()).unwrap();
    let event = String::from_utf8(encode(&table.decode(good.join(",").as_bytes()).unwrap()));
    let event = event.unwrap();
    assert!(event.contains(r#""type":"account.created""#), "{event}");
    assert!(event.contains(r#""account":"7","profile":{"handle":"brass_whistle""#), "{event}");
    assert!(event.contains(r#""followers":12"#), "{event}");
    let more = ["id", "created_at", "username", "joined", "picture"];
    let good =
        ["7", "2026-03-01T12:00:00Z", "k", "2020-03-01T12:00:00Z", "https://k.example/7.png"];
    let (mapping, notes) = guessed(&more, &good, 30, &[]);
    assert_eq!(mapping.kind.as_str(), "account.updated", "{notes}");
    assert!(notes.contains("missing -: `id` may be of"), "{notes}");
    // What only posts have, or an id that says what it is of, leaves no doubt.
    for (header, cell) in [("text", "steam"), ("hashtags", "kettle"), ("author_id", "7")] {
        let header = ["id", "created_at", "username", header];
        let (mapping, notes) = guessed(&header, &["7", "2026-03-01T12:00:00Z", "k", cell], 30, &[]);
        assert_eq!(mapping.kind.as_str(), "post.created");
        assert!(!notes.contains("missing"), "{notes}");
    }
}

/// One row of `header` by `mapping`.
fn row(mapping: &str, header: &str, row: &str, expect: &str) {
    let limits = Limits { text_bytes_max: 40, ..Limits::default() };
    let header: Vec<&str> = header.split(',').collect();
    let done = match Mapping::parse(mapping).and_then(|mapping| mapping.open(&header, &limits)) {
        Err(error) => error.to_string(),
        Ok(table) => match table.decode(row.as_bytes()) {
            Err(rejection) => rejection.to_string(),
            Ok(event) => String::from_utf8(encode(&event)).unwrap(),
        },
    };
    assert!(done.contains(expect), "{done}\n{expect}");
}

#[test]
fn rows_are_refused_by_the_names_of_their_columns() {
    let posts =
        "columns = { at = \"when\", account = \"who\", text = \"what\", followers = \"n\" }";
    let check = |cells: &str, expect: &str| row(posts, "when,who,what,n", cells, expect);
    check("2026-03-01T00:00:00Z,a,steam,4", r#""text":"steam""#);
    check("2026-03-01T00:00:00Z,a,steam,NaN", r#""post":{"id":"row:"#);
    check("2026-03-01T00:00:00Z,a,,12.0", r#""followers":12"#);
    check(",a,steam,4", "missing: when: the cell is empty");
    check("soon,a,steam,4", "invalid: when: the cell is not a time in the format rfc3339");
    check("2026-03-01T00:00:00Z,,steam,4", "missing: who: the cell is empty");
    check("2026-03-01T00:00:00Z,a,steam,many", "invalid: n: the cell is not a whole number");
    check("2026-03-01T00:00:00Z,a,steam,4,5", "malformed: the row has 5 cells, the header 4");
    check(
        &format!("2026-03-01T00:00:00Z,a,{},4", "x".repeat(41)),
        "too_large: what: the text has 41",
    );
}

#[test]
fn mappings_are_refused_before_the_first_row() {
    let check = |mapping: &str, expect: &str| row(mapping, "a,b,c,c", "", expect);
    check("columns = { at = \"a\" }", "the mapping needs a column for account");
    check("columns = { account = \"a\" }", "the mapping needs a column for at");
    check("kettle = 1\ncolumns = {}", "unknown field `kettle`");
    check("columns = { steam = \"a\" }", "`steam` is no field");
    check("type = \"report\"\ncolumns = {}", "`report` is no type; use post.created,");
    check("time_zone = \"Kettle/North\"\ncolumns = {}", "`Kettle/North` is no time_zone");
    check("time_format = \"%q\"\ncolumns = {}", "`%q` is no time_format");
    check("time_format = \"%H:%M\"\ncolumns = {}", "`%H:%M` is no time_format");
    check("columns = { at = \"a\", account = \"x\" }", "the file has no column `x` for account");
    check("columns = { at = \"a\", account = \"c\" }", "more than one column `c`");
    check(
        "columns = { at = \"a\", account = \"b\", target = \"c\" }",
        "rows of type post.created have no target",
    );
}

#[test]
fn zones_patterns_and_lists_are_as_the_mapping_says() {
    let mapping = "time_format = \"%d/%m/%Y %H:%M\"\ntime_zone = \"Asia/Amman\"\n\
                   columns = { at = \"t\", handle = \"h\", text = \"x\", tags = \"g\" }";
    let check = |cells: &str, expect: &str| row(mapping, "t,h,x,g,note", cells, expect);
    check(
        "1/6/2015 21:07,@k,steam,,",
        r#""at":"2015-06-01T18:07:00Z","account":"k","profile":{"handle":"k"}"#,
    );
    check("١/٦/٢٠١٥ ٢١:٠٧,k,steam,,", r#""at":"2015-06-01T18:07:00Z""#);
    check(
        "1/6/2015 21:07,k,steam,\"['#a', '#b']\",odd",
        r#""tags":["a","b"]},"columns":{"note":"odd"}"#,
    );
    let mapping = format!("list_separator = \"/\"\nother_columns = \"drop\"\n{mapping}");
    let done = "\"tags\":[\"a b\",\"c\"]}}";
    row(&mapping, "t,h,x,g,note", "1/6/2015 21:07,k,steam,a b/#c,odd", done);
}

#[test]
fn columns_of_one_name_or_none_are_all_kept() {
    let mapping = "columns = { at = \"t\", account = \"a\" }";
    let kept = r#""columns":{"column 5":"4","n":"1","n (4)":"3"}}"#;
    row(mapping, "t,a,n,n,", "2026-03-01T00:00:00Z,k,1,3,4", kept);
}

#[test]
fn other_types_of_rows_become_their_events() {
    let follow = "type = \"follow\"\ncolumns = { at = \"t\", account = \"a\", target = \"b\" }";
    row(follow, "t,a,b", "2026-03-01T00:00:00Z,x,@y", r#""follow":{"target":"y"}"#);
    row(follow, "t,a,b", "2026-03-01T00:00:00Z,x,", "missing: b: the cell is empty");
    let views = "type = \"engagement\"\n\
                 columns = { at = \"t\", kind = \"k\", post = \"p\", count = \"n\" }";
    row(
        views,
        "t,k,p,n",
        "2026-03-01T00:00:00Z,View,p,7",
        r#""engagement":{"kind":"view","post":"p","count":7}"#,
    );
    row(views, "t,k,p,n", "2026-03-01T00:00:00Z,like,p,1", "missing: handle: the cell is empty");
    row(views, "t,k,p,n", "2026-03-01T00:00:00Z,like,p,0", "invalid: n: the count is not from 1");
    row(views, "t,k,p,n", "2026-03-01T00:00:00Z,hum,p,1", "unknown: k: the kind of engagement");
    let gone = "type = \"account.suspended\"\n\
                columns = { at = \"t\", account = \"a\", reason = \"r\", bio = \"b\" }";
    row(
        gone,
        "t,a,r,b",
        "2026-03-01T00:00:00Z,x,loud,tin",
        r#""profile":{"bio":"tin"},"standing":{"reason":"loud"}"#,
    );
}

#[test]
fn the_same_row_is_the_same_event_and_a_new_crawl_is_not_a_new_post() {
    let mapping = "columns = { at = \"t\", account = \"a\", text = \"x\", followers = \"n\" }";
    let table = Mapping::parse(mapping).unwrap().open(&["t", "a", "x", "n"], &Limits::default());
    let table = table.unwrap();
    let id = |row: &str| table.decode(row.as_bytes()).unwrap().id;
    let first = id("2026-03-01T00:00:00Z,a,steam,4");
    assert_eq!(first, id("2026-03-01T03:00:00+03:00,a,\"steam\",4"));
    assert_eq!(first, id("2026-03-01T00:00:00Z,a,steam,5"));
    assert_ne!(first, id("2026-03-01T00:00:00Z,a,steam!,4"));
    assert_ne!(first, id("2026-03-01T00:00:00Z,b,steam,4"));
    assert_ne!(first, id("2026-03-01T00:00:01Z,a,steam,4"));
}

#[test]
fn rows_that_are_not_utf_8_are_refused() {
    let mapping = "columns = { at = \"t\", account = \"a\" }";
    let table = Mapping::parse(mapping).unwrap().open(&["t", "a"], &Limits::default()).unwrap();
    let refused = table.decode(b"2026-03-01T00:00:00Z,caf\xe9").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "malformed: the bytes are not UTF-8 (send UTF-8; convert the file if it is in another encoding)"
    );
    let refused = table.decode(b"2\0,\0").unwrap_err();
    assert!(refused.detail.contains("UTF-16"));
}
