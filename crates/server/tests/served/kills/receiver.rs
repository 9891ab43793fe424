//! A platform's receiver that fails in every way: it is slow, answers 500, resets, answers twice,
//! drips its body, or says that it is busy; sometimes having acted, sometimes not.
//!
//! It keeps a book of what it was asked and what took effect. A key that it knows changes nothing.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seawall_server::clock::Stopwatch;
use serde_json::Value;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
/// An answer that took longer than this may have come too late.
const LATE: Duration = Duration::from_millis(250);
/// Time for which a mood that never answers holds on.
const HOLD: Duration = Duration::from_secs(3);

/// Whether the platform acts before it answers or fails to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acts {
    Yes,
    No,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its `webhook-id`.
    pub key: String,
    /// How many times the server had been killed by then.
    pub life: u32,
    /// Whether the whole answer was sent in time.
    pub is_answered: bool,
}

/// What took effect.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Of whom it is: what orders it.
    pub subject: String,
    /// The action.
    pub action: String,
    /// Whether it was done or taken back.
    pub kind: String,
}

/// What the receiver did.
#[derive(Debug, Default)]
pub struct Book {
    pub effects: Vec<Effect>,
    pub asked: Vec<Asked>,
    known: BTreeSet<String>,
    /// How many times the server was killed.
    pub life: u32,
    /// Whether it fails no more.
    pub is_well: bool,
}

/// The receiver, which listens as long as the test runs.
pub struct Receiver {
    pub book: Arc<Mutex<Book>>,
    pub address: SocketAddr,
    /// One for each request that was dealt with.
    pub asked: std::sync::mpsc::Receiver<()>,
}

impl Receiver {
    /// Listens on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let kept = book.clone();
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (book, tell) = (kept.clone(), tell.clone());
                // What goes wrong with one connection is part of the test.
                std::thread::spawn(move || converse(stream.ok()?, number, &book, &tell));
            }
        });
        Self { book, address, asked }
    }
}

/// Answers what comes on one connection.
fn converse(
    mut stream: TcpStream,
    number: usize,
    book: &Mutex<Book>,
    tell: &Sender<()>,
) -> Option<()> {
    stream.set_read_timeout(Some(HOLD)).ok()?;
    let mut left = Vec::new();
    for request in 0.. {
        let (key, body) = read(&mut stream, &mut left)?;
        let begun = Stopwatch::start();
        // A mood for each request, by chance that is the same in every run.
        let drawn = (number * 31 + request * 17 + body.len() * 7) % 100;
        let is_well = book.lock().unwrap().is_well;
        let drawn = if is_well { 0 } else { drawn };
        let acts = match drawn {
            52..54 | 61..68 | 75..82 | 92.. => Acts::No,
            _ => Acts::Yes,
        };
        let place = note(book, key, &body, acts);
        match drawn {
            0..50 => stream.write_all(OK.as_bytes()).ok()?,
            // It never answers.
            50..54 => {
                let _ = stream.read(&mut [0; 1]);
                return None;
            }
            54..68 => answer(&mut stream, 500)?,
            68..82 => {
                // Gone without a word.
                return None;
            }
            82..89 => {
                stream.write_all(OK.as_bytes()).ok()?;
                stream.write_all(OK.as_bytes()).ok()?;
            }
            89..92 => drip(&mut stream)?,
            _ => answer(&mut stream, 503)?,
        }
        if matches!(drawn, 0..50 | 82..89) && begun.elapsed() < LATE {
            book.lock().unwrap().asked[place].is_answered = true;
        }
        let _ = tell.send(());
    }
    None
}

/// A body that comes slowly and has no end.
fn drip(stream: &mut TcpStream) -> Option<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n").ok()?;
    let begun = Stopwatch::start();
    stream.set_read_timeout(Some(Duration::from_millis(20))).ok()?;
    while begun.elapsed() < HOLD {
        stream.write_all(b"x").ok()?;
        // Nothing comes: it is the time that passes, or the end.
        if stream.read(&mut [0; 1]).is_ok() {
            return None;
        }
    }
    None
}

fn answer(stream: &mut TcpStream, status: u16) -> Option<()> {
    let text = format!("HTTP/1.1 {status} Status\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(text.as_bytes()).ok()
}

/// Reads one request: its `webhook-id` and its body; `None` at the end.
fn read(stream: &mut TcpStream, left: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let mut part = [0; 8_192];
    loop {
        if let Some(end) = left.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(left[..end].to_vec()).unwrap().to_lowercase();
            let field = |name: &str| {
                let line = head.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_else(|| panic!("no {name} in {head}")).trim().to_owned()
            };
            let length: usize = field("content-length:").parse().unwrap();
            let whole = end + 4 + length;
            if left.len() >= whole {
                let body = left[end + 4..whole].to_vec();
                left.drain(..whole);
                return Some((field("webhook-id:"), body));
            }
        }
        match stream.read(&mut part).ok()? {
            0 => return None,
            read => left.extend_from_slice(&part[..read]),
        }
    }
}

/// Notes a request and acts on it, once per key. Gives its place.
fn note(book: &Mutex<Book>, key: String, body: &[u8], acts: Acts) -> usize {
    let told: Value = serde_json::from_slice(body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let subject = told["data"]["subject"].to_string();
    let (action, kind) = (text(&told["data"]["action"]), text(&told["type"]));
    let mut book = book.lock().unwrap();
    if acts == Acts::Yes && book.known.insert(key.clone()) {
        book.effects.push(Effect { subject, action, kind });
    }
    let life = book.life;
    book.asked.push(Asked { key, life, is_answered: false });
    book.asked.len() - 1
}
