//! A receiver of webhooks that fails in every way a network can.
//!
//! It is real: it listens on loopback and speaks HTTP/1.1 by hand, since no server library would
//! answer twice or reset a connection.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seawall_store::Chance;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::Settled;
use crate::chance::Seeded;
use crate::clock::Stopwatch;

/// An answer that took the receiver longer than this may have come too late.
const LATE: Duration = Duration::from_millis(700);

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What the receiver does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Fine,
    /// It acts, or does not, and never answers.
    Hang(Acts),
    /// It acts, or does not, and answers 500.
    Fail(Acts),
    /// It acts, or does not, and resets the connection.
    Reset(Acts),
    /// It answers twice.
    Twice,
    /// It sends the status and then a body without end, slowly.
    Drip,
    /// It asks to come again.
    Busy,
    /// Always this status.
    Always(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acts {
    Yes,
    No,
}

fn mood(chance: &mut Seeded) -> Mood {
    let mut drawn = [0; 1];
    chance.fill(&mut drawn);
    match drawn[0] % 100 {
        0..50 => Mood::Fine,
        50..52 => Mood::Hang(Acts::Yes),
        52..54 => Mood::Hang(Acts::No),
        54..61 => Mood::Fail(Acts::Yes),
        61..68 => Mood::Fail(Acts::No),
        68..75 => Mood::Reset(Acts::Yes),
        75..82 => Mood::Reset(Acts::No),
        82..89 => Mood::Twice,
        89..92 => Mood::Drip,
        _ => Mood::Busy,
    }
}

/// A request as the receiver saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) key: String,
    pub(super) life: u32,
    pub(super) is_answered: bool,
}

/// What the receiver did, and what the journal was told.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// What took effect, in order: subject and key. A known key changes nothing.
    pub(super) effects: Vec<(String, String)>,
    known: BTreeSet<String>,
    pub(super) requests: Vec<Seen>,
    pub(super) told: Vec<Settled>,
    /// Which life of the sender this is.
    pub(super) life: u32,
}

pub(super) struct Receiver {
    pub(super) book: Arc<Mutex<Book>>,
    pub(super) port: u16,
    pub(super) requests: watch::Receiver<usize>,
}

impl Receiver {
    /// Listens; in `always` mood, or in another with each request.
    pub(super) async fn start(seed: u64, always: Option<Mood>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::new(Mutex::new(Book::default()));
        let (count, requests) = watch::channel(0);
        let moods = Arc::new(Mutex::new(Seeded::new(seed)));
        let (kept, count) = (book.clone(), Arc::new(count));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (book, moods, count) = (kept.clone(), moods.clone(), count.clone());
                tokio::spawn(async move {
                    let draw = || always.unwrap_or_else(|| mood(&mut moods.lock().unwrap()));
                    let _ = converse(stream, &book, draw, &count).await;
                });
            }
        });
        Self { book, port, requests }
    }
}

/// Reads one request: the life of its sender, its `webhook-id` and its body; `None` at the end.
async fn read(stream: &mut TcpStream, left: &mut Vec<u8>) -> Option<(u32, String, String)> {
    loop {
        if let Some(end) = left.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8(left[..end].to_vec()).unwrap().to_lowercase();
            let field = |name: &str| {
                let line = head.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_else(|| panic!("no {name} in {head}")).trim().to_owned()
            };
            let length: usize = field("content-length:").parse().unwrap();
            assert!(field("webhook-signature:").starts_with("v1,"));
            assert!(field(["us", "er-agent:"].concat().as_str()).starts_with("seawall/"));
            if left.len() >= end + 4 + length {
                let body = String::from_utf8(left[end + 4..end + 4 + length].to_vec()).unwrap();
                left.drain(..end + 4 + length);
                let life = field("post /hook/").split(' ').next().unwrap().parse().unwrap();
                return Some((life, field("webhook-id:"), body));
            }
        }
        if stream.read_buf(left).await.ok()? == 0 {
            return None;
        }
    }
}

async fn converse(
    mut stream: TcpStream,
    book: &Mutex<Book>,
    mut draw: impl FnMut() -> Mood,
    count: &watch::Sender<usize>,
) -> Option<()> {
    let mut left = Vec::new();
    loop {
        let (life, key, subject) = read(&mut stream, &mut left).await?;
        let begun = Stopwatch::start();
        let mood = draw();
        let place = note(book, life, (&key, &subject), mood);
        count.send_modify(|count| *count += 1);
        match mood {
            Mood::Fine => stream.write_all(OK.as_bytes()).await.ok()?,
            Mood::Twice => {
                stream.write_all(OK.as_bytes()).await.ok()?;
                mark_answered(book, place, &begun);
                // Late enough to meet the next request, if the connection were used again.
                let next = tokio::time::timeout(Duration::from_millis(30), stream.readable());
                let _ = next.await;
                stream.write_all(OK.as_bytes()).await.ok()?;
            }
            // It ends when the other side gives up.
            Mood::Hang(_) => while stream.read_buf(&mut left).await.ok()? > 0 {},
            Mood::Fail(_) => answer(&mut stream, 500, "").await?,
            Mood::Busy => answer(&mut stream, 503, "retry-after: 0\r\n").await?,
            Mood::Always(status) => answer(&mut stream, status, "").await?,
            Mood::Reset(_) => {
                stream.set_zero_linger().ok()?;
                return None;
            }
            Mood::Drip => {
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                mark_answered(book, place, &begun);
                while stream.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                return None;
            }
        }
        if mood == Mood::Fine {
            mark_answered(book, place, &begun);
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16, fields: &str) -> Option<()> {
    let text = format!("HTTP/1.1 {status} Status\r\n{fields}content-length: 0\r\n\r\n");
    stream.write_all(text.as_bytes()).await.ok()
}

/// Notes a request and acts on it, once per key. Gives its place.
fn note(book: &Mutex<Book>, life: u32, (key, subject): (&str, &str), mood: Mood) -> usize {
    let mut book = book.lock().unwrap();
    let acts = match mood {
        Mood::Fine | Mood::Twice | Mood::Drip => Acts::Yes,
        Mood::Hang(acts) | Mood::Fail(acts) | Mood::Reset(acts) => acts,
        Mood::Busy | Mood::Always(_) => Acts::No,
    };
    if acts == Acts::Yes && book.known.insert(key.to_owned()) {
        book.effects.push((subject.to_owned(), key.to_owned()));
    }
    book.requests.push(Seen { key: key.to_owned(), life, is_answered: false });
    book.requests.len() - 1
}

fn mark_answered(book: &Mutex<Book>, place: usize, begun: &Stopwatch) {
    if begun.elapsed() < LATE {
        book.lock().unwrap().requests[place].is_answered = true;
    }
}
