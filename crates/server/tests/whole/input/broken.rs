//! What is no input at all, or a hostile one: told clearly, never answered with a panic.

use std::os::unix::fs::PermissionsExt;

use crate::said::Said;
use crate::stage::{PROGRAM, Stage};

/// KiB of memory that an import may take beyond a short one's, however long it is: what
/// is read ahead and the groups that wait for the log. Half of what the long one holds.
const MORE_KIB_MAX: u64 = 16 * 1024;

fn post(id: &str) -> String {
    format!(
        r#"{{"v":1,"type":"post.created","id":"{id}","at":"2026-05-01T00:00:00Z","account":"kettle","post":{{"id":"p-{id}","text":"Still warm"}}}}"#
    )
}

/// Imports these bytes as a file of this name.
fn imported(name: &str, bytes: &[u8]) -> (Stage, Said) {
    let stage = Stage::new();
    stage.write(name, bytes);
    let said = stage.still(&["import", name]);
    (stage, said)
}

#[test]
fn a_file_that_is_no_events_is_refused_with_what_to_do() {
    let utf16: Vec<u8> = "\u{feff}username,time,tweets\nlid,5/21/2026 21:07,Third\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cases: [(&str, &[u8], &[&str]); 10] = [
        ("empty.jsonl", b"", &["the file is empty"]),
        ("blank.jsonl", b"\n \n\n", &["the file is empty"]),
        ("kettle.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &["picture"]),
        ("kettle.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", &["picture"]),
        ("posts.csv", &utf16, &["UTF-16", "save it as UTF-8"]),
        ("posts.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0", &["gzip", "gunzip"]),
        ("other.json", b"{\"kettles\": 3}\n", &["no format that is known", "canonical"]),
        ("pretty.json", b"{\n  \"type\": \"follow\"\n}\n", &["one line"]),
        ("words.txt", b"The kettle is on\nand off\n", &["neither JSON nor rows"]),
        ("list.json", b"[1, 2, 3]", &["no format that is known"]),
    ];
    for (name, bytes, words) in cases {
        let (stage, said) = imported(name, bytes);
        said.refused(&[words, &[name]].concat());
        let line = format!("cat {name} | '{PROGRAM}' import -");
        let streamed = stage.shell(&line, None);
        if bytes.trim_ascii().is_empty() {
            // A sender that had nothing to say; its next hour may have more.
            streamed.ended(0).counted(&[]);
        } else {
            streamed.refused(words);
        }
    }
}

#[test]
fn a_folder_and_a_file_that_may_not_be_read_are_named() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("folder")).unwrap();
    stage.still(&["import", "folder"]).refused(&["folder", "directory"]);
    stage.write("mine.jsonl", post("a"));
    let nobody = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(stage.path("mine.jsonl"), nobody).unwrap();
    let said = stage.still(&["import", "mine.jsonl"]);
    if std::fs::File::open(stage.path("mine.jsonl")).is_ok() {
        // Root may read everything, and so may the program when root runs it.
        said.ended(0);
    } else {
        said.refused(&["mine.jsonl", "Permission denied"]);
    }
}

/// One line that cannot be taken among two that can, as a file and as a stream.
fn amid(bad: &str, code: &str, words: &str) {
    let text = format!("{}\n{bad}\n{}\n", post("a"), post("b"));
    let rejected = format!("rejected/{code}");
    let expect = [("accepted", 2), ("rejected", 1), (&*rejected, 1)];
    let (_, said) = imported("events.jsonl", text.as_bytes());
    let stage = Stage::new();
    let streamed = stage.fed(&["import", "-"], &[(text.as_bytes(), 3)]);
    for said in [said, streamed] {
        let said = said.ended(1);
        said.counted(&expect);
        assert_eq!(said.rejected_lines(), [(2, code.to_owned())]);
        assert!(said.out.contains(words), "{}", said.out);
    }
}

#[test]
fn a_line_of_ten_megabytes_is_refused_and_the_next_one_read() {
    let long = post("long").replace("Still warm", &"warm ".repeat(2_000_000));
    assert!(long.len() > 10_000_000);
    amid(&long, "too_large", "more than 262144 bytes");
}

#[test]
fn the_beginning_of_a_line_too_long_is_kept_from_a_stream_as_from_a_file() {
    let long = post("long").replace("Still warm", &format!("begins {}", "warm ".repeat(200_000)));
    let text = format!("{}\n{long}\n", post("a"));
    let (file, said) = imported("events.jsonl", text.as_bytes());
    said.ended(1);
    let stream = Stage::new();
    stream.fed(&["import", "-"], &[(text.as_bytes(), 2)]).ended(1);
    let kept = |stage: &Stage| stage.seawall(&["rejects", "--json"]).ended(0).out;
    for stage in [&file, &stream] {
        assert!(kept(stage).contains("begins warm warm"), "{}", &kept(stage)[..300]);
    }
}

#[test]
fn a_stream_may_begin_with_blank_lines_that_come_by_themselves() {
    let stage = Stage::new();
    let line = format!("(echo; sleep 0.3; echo; cat events.jsonl) | '{PROGRAM}' import -");
    stage.write("events.jsonl", post("a"));
    stage.shell(&line, None).ended(0).counted(&[("accepted", 1)]);
}

#[test]
fn nesting_of_ten_thousand_is_refused_and_the_next_one_read() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let event = post("deep").replace("\"v\":1", &format!("\"v\":1,\"deep\":{deep}"));
    amid(&event, "too_large", "nest");
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    amid(&objects, "too_large", "nest");
    for bytes in [deep.as_bytes(), objects.as_bytes()] {
        imported("deep.json", bytes).1.refused(&["deep.json"]);
    }
}

#[test]
fn lines_may_end_as_they_do_elsewhere_and_the_last_one_not_at_all() {
    let ends = [("\n", ""), ("\r\n", "\r\n"), ("\r\n", ""), ("\n\n", "\n\n\n"), ("  \n", "  ")];
    for (between, last) in ends {
        let text = [post("a"), post("b"), post("c")].join(between) + last;
        let (stage, said) = imported("events.jsonl", text.as_bytes());
        said.ended(0).counted(&[("accepted", 3)]);
        // The end of a line is no part of an event.
        let said = stage.fed(&["import", "-"], &[(text.as_bytes(), 0)]).ended(0);
        said.counted(&[("duplicates", 3)]);
    }
    let rows =
        "account,time,text\r\na,2026-05-01T10:00:00Z,one\r\nb,2026-05-01T11:00:00Z,\"t\r\nw\"";
    let stage = Stage::new();
    stage.write("posts.csv", rows);
    let said = stage.still(&["import", "posts.csv", "--map", "guess"]).ended(0);
    said.counted(&[("accepted", 2)]);
}

#[test]
fn a_table_that_breaks_off_within_quotes_is_told_with_the_line_where_it_does() {
    let rows = "account,time,text\na,2026-05-01T10:00:00Z,one\nb,2026-05-01T11:00:00Z,\"two\nc,2026-05-01T12:00:00Z,three\n";
    for source in ["posts.csv", "-"] {
        let stage = Stage::new();
        stage.write("posts.csv", rows);
        let line = format!("cat posts.csv | '{PROGRAM}' import {source} --map guess");
        let said = stage.shell(&line, None).ended(1);
        said.counted(&[("accepted", 1), ("rejected", 1), ("rejected/malformed", 1)]);
        assert_eq!(said.rejected_lines(), [(3, "malformed".into())]);
        assert!(
            said.out.contains("a quote that opens in this row is never closed"),
            "{}",
            said.out
        );
    }
}

#[test]
fn an_array_of_a_million_elements_takes_no_more_memory_than_a_short_one() {
    let element = r#"{"did":"did:plc:lid","kind":"steam"}"#;
    let mut text = String::from("[");
    text.push_str(&format!("{element},\n").repeat(999_999));
    text.push_str(element);
    text.push(']');
    let short = &text[..100 * (element.len() + 2)];
    let few = Stage::new().fed(&["import", "-"], &[(short.as_bytes(), 99)]);
    let many = Stage::new().fed(&["import", "-"], &[(text.as_bytes(), 1_000_000)]).ended(0);
    many.counted(&[("ignored", 1_000_000), ("ignored/steam", 1_000_000)]);
    assert!(text.len() as u64 / 1024 > 2 * MORE_KIB_MAX);
    let more = many.peak_kib.saturating_sub(few.peak_kib);
    assert!(more < MORE_KIB_MAX, "{more} KiB more than the {} KiB of a short one", few.peak_kib);
}
