//! Tests of the crate from outside, on the fixtures in `tests/data`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod canonical;
mod cloudevents;
mod detect;
mod jetstream;
mod property;
mod records;
mod schema;
mod table;

use seawall_event::records::{Shape, Splitter, Uncut};
use seawall_event::{Decoded, Format, decode, encode, reopen};
use seawall_model::{Limits, Rejection};

/// What a message becomes, in one line; also holds each event to its canonical bytes.
fn shown(bytes: &[u8], format: Format, limits: &Limits) -> String {
    match decode(bytes, format, limits) {
        Err(rejection) => format!("refused {rejection}"),
        Ok(Decoded::Ignored(name)) => format!("ignored {name}"),
        Ok(Decoded::Event(event)) => {
            let bytes = encode(&event);
            assert_eq!(reopen(&bytes).as_ref(), Ok(&*event), "the canonical bytes give it back");
            String::from_utf8(bytes).unwrap()
        }
    }
}

/// What each line of a fixture becomes.
fn shown_lines(file: &str, format: Format) -> String {
    let limits = Limits::default();
    let line = |line: &str| shown(line.as_bytes(), format, &limits);
    file.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn fault(uncut: Uncut<'_>) -> Fault {
    (uncut.rejection, uncut.head.to_vec())
}

/// Place and content of every record, fed in chunks of these sizes over and over.
fn split(bytes: &[u8], shape: Shape, limits: &Limits, chunks: &[usize]) -> Vec<Record> {
    let mut splitter = Splitter::new(shape, limits);
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut sizes = chunks.iter().cycle();
    while !rest.is_empty() {
        let size = (*sizes.next().unwrap()).clamp(1, rest.len());
        let (mut chunk, after) = rest.split_at(size);
        while let Some(item) = splitter.next_record(&mut chunk) {
            found.push((item.offset, item.line, item.content.map(<[u8]>::to_vec).map_err(fault)));
        }
        rest = after;
    }
    while let Some(item) = splitter.finish() {
        found.push((item.offset, item.line, item.content.map(<[u8]>::to_vec).map_err(fault)));
    }
    found
}

/// Why a record could not be cut out, and its first bytes.
type Fault = (Rejection, Vec<u8>);

type Record = (u64, u64, Result<Vec<u8>, Fault>);
