//! The peer of the serving benchmark: a plain append-only server, in a process of its own.
//!
//! It reads each event, appends it to a file, syncs in groups before it answers, and says of each
//! that it was taken; at `/bytes` it looks at nothing. Left out: everything that Seawall is for.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use seawall_event::{Decoded, Format};
use seawall_model::Limits;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// Says that this process is the plain server.
pub const PLAIN: &str = "SEAWALL_BENCH_PLAIN";

type Failure = Box<dyn std::error::Error>;

/// Ends the plain server with the benchmark.
pub struct Plain(Child);

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn start_plain(file: &Path) -> Result<(Plain, SocketAddr), Failure> {
    let mut child =
        Command::new(std::env::current_exe()?).env(PLAIN, file).stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let line = BufReader::new(out).lines().next().ok_or("the plain server ended")??;
    Ok((Plain(child), line.parse()?))
}

/// What waits to be appended, and who waits for it.
type Waiting = (Bytes, oneshot::Sender<()>);

/// A server that appends what it is sent, and syncs before it answers, in groups.
pub async fn plain(file: &Path) -> Result<(), Failure> {
    let mut file = File::create(file)?;
    let (append, mut waiting) = mpsc::channel::<Waiting>(256);
    std::thread::spawn(move || {
        while let Some(first) = waiting.blocking_recv() {
            let mut group = vec![first];
            while let Ok(next) = waiting.try_recv() {
                group.push(next);
            }
            let bytes: Vec<u8> = group.iter().flat_map(|(body, _)| body.iter().copied()).collect();
            if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
                return;
            }
            for (_, answer) in group {
                let _ = answer.send(());
            }
        }
    });
    let bytes = {
        let append = append.clone();
        move |body: Bytes| {
            let append = append.clone();
            async move { appended(&append, body).await }
        }
    };
    let events = move |body: Bytes| {
        let append = append.clone();
        async move {
            let (read, answer) = read(&body);
            appended(&append, read.into()).await;
            answer
        }
    };
    let router = Router::new().route("/bytes", post(bytes)).route("/v1/events", post(events));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn appended(append: &mpsc::Sender<Waiting>, body: Bytes) -> &'static str {
    let (answer, answered) = oneshot::channel();
    let _ = append.send((body, answer)).await;
    let _ = answered.await;
    "{}"
}

/// The events of a body as they are kept, and what is said of each.
fn read(body: &[u8]) -> (Vec<u8>, String) {
    let limits = Limits::default();
    let (mut kept, mut fates) = (Vec::with_capacity(body.len()), Vec::new());
    for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match seawall_event::decode(line, Format::Canonical, &limits) {
            Ok(Decoded::Event(event)) => {
                kept.extend_from_slice(&seawall_event::encode(&event));
                kept.push(b'\n');
                fates.push(serde_json::json!({ "id": event.id.as_str(), "outcome": "accepted" }));
            }
            _ => fates.push(serde_json::json!({ "outcome": "refused" })),
        }
    }
    (kept, serde_json::json!({ "events": fates }).to_string())
}
