//! What must hold for any bytes; the fuzz targets and the replay of their corpus share it.

use seawall_event::detect::detect;
use seawall_event::records::{Delimiter, Shape, Splitter};
use seawall_event::table::{Mapping, cells, guess};
use seawall_event::{Decoded, Format, cloudevents, decode, encode, reopen};
use seawall_model::{Event, Limits};

/// What stands between a mapping and its rows in an input of [`table`].
const MAPPING_END: &[u8] = b"\n---\n";

/// Reads bytes by the property of this name; whether there is one.
pub fn check(name: &str, bytes: &[u8]) -> bool {
    match name {
        "records" => records(bytes),
        "table" => table(bytes),
        "cloudevents" => {
            message(bytes, Format::CloudEvent);
            let headers = [("ce-specversion", "1.0"), ("ce-id", "i"), ("ce-source", "/")];
            let kind = [("ce-type", "post.created"), ("ce-time", "2026-03-01T00:00:00Z")];
            let headers = headers.into_iter().chain(kind);
            if let Ok(event) = cloudevents::decode_binary(headers, bytes, &Limits::default()) {
                comes_back(&event);
            }
        }
        name => match Format::from_name(name) {
            Some(format) => message(bytes, format),
            None => return false,
        },
    }
    true
}

fn message(bytes: &[u8], format: Format) {
    let small = Limits {
        depth_max: 6,
        text_bytes_max: 32,
        short_text_bytes_max: 16,
        list_items_max: 3,
        extra_fields_max: 3,
        ..Limits::default()
    };
    for limits in [Limits::default(), small] {
        match decode(bytes, format, &limits) {
            Ok(Decoded::Event(event)) => comes_back(&event),
            Ok(Decoded::Ignored(name)) => assert!(name.len() <= 128),
            Err(rejection) => assert!(!rejection.detail.is_empty()),
        }
    }
}

/// The canonical bytes give the event back, and are its only ones.
fn comes_back(event: &Event) {
    let bytes = encode(event);
    assert_eq!(reopen(&bytes).as_ref(), Ok(event));
    assert!(!bytes.contains(&b'\n'));
}

fn shape(byte: u8) -> Shape {
    match byte % 6 {
        0 => Shape::Lines,
        1 => Shape::Array,
        2 => Shape::Rows(Delimiter::Comma),
        3 => Shape::Rows(Delimiter::Semicolon),
        4 => Shape::Rows(Delimiter::Tab),
        _ => Shape::Rows(Delimiter::Pipe),
    }
}

/// The first byte is the shape, the second the size of chunks.
fn records(bytes: &[u8]) {
    let [first, second, rest @ ..] = bytes else { return };
    let limits = Limits { event_bytes_max: 64, ..Limits::default() };
    let shape = shape(*first);
    let whole = split(rest, shape, &limits, rest.len().max(1));
    assert_eq!(whole, split(rest, shape, &limits, usize::from(*second).max(1)));
    for (offset, line, content) in whole {
        let offset = usize::try_from(offset).expect("within the input");
        let before = rest[..offset].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(line, before as u64 + 1);
        if let Some(content) = content {
            assert_eq!(rest[offset..offset + content.len()], content);
        }
    }
    let _ = detect("x.csv", rest, &limits);
}

type Record = (u64, u64, Option<Vec<u8>>);

fn split(bytes: &[u8], shape: Shape, limits: &Limits, size: usize) -> Vec<Record> {
    let mut splitter = Splitter::new(shape, limits);
    let mut found = Vec::new();
    for mut chunk in bytes.chunks(size) {
        while let Some(item) = splitter.next_record(&mut chunk) {
            found.push((item.offset, item.line, item.content.ok().map(<[u8]>::to_vec)));
        }
    }
    while let Some(item) = splitter.finish() {
        found.push((item.offset, item.line, item.content.ok().map(<[u8]>::to_vec)));
    }
    found
}

/// A mapping, `---` on a line of its own, and rows; or rows alone, for a guess.
fn table(bytes: &[u8]) {
    let limits = Limits { columns_max: 32, list_items_max: 8, ..Limits::default() };
    let end = bytes.windows(MAPPING_END.len()).position(|part| part == MAPPING_END);
    let (mapping, file) = match end {
        Some(at) => (bytes.get(..at), &bytes[at + MAPPING_END.len()..]),
        None => (None, bytes),
    };
    let mapping = match mapping.map(std::str::from_utf8) {
        Some(Ok(text)) => match Mapping::parse(text) {
            Ok(mapping) => Some(mapping),
            Err(_) => return,
        },
        Some(Err(_)) => return,
        None => None,
    };
    let delimiter = mapping.as_ref().map_or(Delimiter::Comma, |mapping| mapping.delimiter);
    let records = split(file, Shape::Rows(delimiter), &limits, 4096);
    let rows: Vec<Vec<u8>> = records.into_iter().filter_map(|(_, _, content)| content).collect();
    let texts: Vec<Vec<String>> = rows
        .iter()
        .filter_map(|row| cells(row, delimiter, &limits).ok())
        .map(|row| row.into_iter().map(String::from).collect())
        .collect();
    let Some(header) = texts.first() else { return };
    let mapping = mapping.unwrap_or_else(|| guess(header, &texts[1..], delimiter).mapping);
    if mapping.check().is_ok() {
        let written = mapping.to_toml().expect("a mapping can be written");
        assert_eq!(Mapping::parse(&written).as_ref(), Ok(&mapping));
    }
    let Ok(table) = mapping.open(header, &limits) else { return };
    for row in &rows[1..] {
        if let Ok(event) = table.decode(row) {
            comes_back(&event);
        }
    }
}
