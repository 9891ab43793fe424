//! What a file is, by its first bytes.

use seawall_event::detect::{Source, detect};
use seawall_model::Limits;

fn check(name: &str, head: &[u8], expect: &str) {
    let done = match detect(name, head, &Limits::default()) {
        Ok(Source::Messages { format, shape }) => format!("{} {shape:?}", format.as_str()),
        Ok(Source::Rows(delimiter)) => format!("rows {}", delimiter.as_str()),
        Err(rejection) => rejection.to_string(),
    };
    assert_eq!(done, expect, "{name}");
}

#[test]
fn fixtures_are_what_they_are() {
    check("x", include_bytes!("../data/canonical.jsonl"), "canonical Lines");
    check("x", include_bytes!("../data/jetstream_v1.jsonl"), "jetstream_v1 Lines");
    check("x.csv", include_bytes!("../data/jetstream_v2.jsonl"), "jetstream_v2 Lines");
    check("x", include_bytes!("../data/cloudevents.jsonl"), "cloudevents Lines");
    check("x", include_bytes!("../data/cloudevents_batch.json"), "cloudevents Array");
    check("x", include_bytes!("../data/league.csv"), "rows comma");
    check("x", include_bytes!("../data/league_ar.tsv"), "rows tab");
    check("x", include_bytes!("../data/follows.csv"), "rows semicolon");
}

#[test]
fn a_long_or_broken_first_message_does_not_hide_the_format() {
    check("", b"{broken\n{\"did\":\"d\",\"kind\":\"commit\"}\n", "jetstream_v1 Lines");
    let mut long = br#"{"type":"post.created","at":""#.to_vec();
    long.resize(64 * 1024, b'x');
    check("", &long, "canonical Lines");
    check("", b"\xef\xbb\xbf  [\n {\"type\":\"follow\"},", "canonical Array");
}

#[test]
fn what_is_not_known_says_what_to_do() {
    let unknown = |detail: &str, remedy: &str| format!("unknown: {detail} ({remedy})");
    check("a.csv", b"\xff\xfea\0", &unknown("the file is UTF-16", "save it as UTF-8"));
    check(
        "a.csv",
        b"a\0,\0b\0",
        &unknown("the file has NUL bytes; it may be UTF-16", "save it as UTF-8"),
    );
    check(
        "a.gz",
        b"\x1f\x8b\x08",
        &unknown("the file is packed with gzip", "unpack it with gunzip"),
    );
    check("", b" \n", "missing: the file is empty (check that the export has finished)");
    check(
        "",
        b"{\n  \"type\": \"follow\"\n}",
        &unknown(
            "the first line is not a whole JSON object",
            "write each event on one line, or all of them in one JSON array",
        ),
    );
    check(
        "",
        b"{\"kettle\":1}",
        &unknown(
            "the file is JSON, but no format that is known",
            "name the format: canonical, cloudevents, jetstream_v1 or jetstream_v2",
        ),
    );
    check(
        "notes.txt",
        b"dear diary",
        &unknown(
            "the file is neither JSON nor rows of cells",
            "name the format, or give a file with a header and the ending .csv or .tsv",
        ),
    );
    let prose = b"dear diary, today, at last,\nI saw a kettle\nit sang\nand, well\n";
    check(
        "",
        prose,
        &unknown(
            "the file is neither JSON nor rows of cells",
            "name the format, or give a file with a header and the ending .csv or .tsv",
        ),
    );
    check("one.csv", b"text\nhello\n", "rows comma");
}
