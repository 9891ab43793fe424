//! `seawall serve`: the engine as a service, until it is told to end.
//!
//! What people read goes to standard output: where it serves, and how the first admin comes in.
//! The log goes to standard error, a JSON object a line.

use std::io::BufRead as _;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use seawall_model::Timestamp;

use super::args::{Global, Serve};
use super::{Ended, settings};
use crate::access::LinkGiven;
use crate::carry::Carrier;
use crate::clock::{Clock, Hand};
use crate::engine::{self, Settings};
use crate::http::{App, document, listen};
use crate::import::conclude_cut_off;
use crate::service::Service;

/// How long what was begun may take when the server is told to end.
const END_WAIT: Duration = Duration::from_secs(20);
/// Upper edges of the buckets of how long a request took, in seconds.
const SECONDS_BUCKETS: [f64; 12] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0];

pub(super) fn run(global: &Global, given: &Serve) -> anyhow::Result<Ended> {
    let mut settings = settings(global)?;
    if let Some(listen) = given.listen {
        settings.config.serve.listen = listen;
    }
    if let (true, Some(begins)) = (given.story_clock, global.test_clock) {
        settings.clock = Clock::Told(told_the_time(begins));
    }
    log_lines();
    let mut opened = engine::open(&global.dir, &settings)?;
    let cut_off = conclude_cut_off(&mut opened, &settings)?;
    for repaired in opened.repaired.iter().chain(&cut_off) {
        eprintln!("seawall: at start-up: {repaired}");
    }
    let service = Service::start(opened, &settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let served = runtime.block_on(serve(&service, &settings));
    // Whatever ended the server, what was taken in is recorded.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let stopped = service.stop();
    served?;
    stopped?;
    say!("everything taken in is kept; the server has ended")?;
    Ok(Ended::Fine)
}

/// A clock of a story: whoever started the server sets it forward, and is told when it is.
fn told_the_time(begins: Timestamp) -> Hand {
    let hand = Hand::at(begins);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(time) = Timestamp::parse(&line) else {
                eprintln!("seawall: standard input: a line is no time, such as {begins}");
                continue;
            };
            hand.set(time);
            if say_time(time).is_err() {
                break;
            }
        }
    });
    hand
}

fn say_time(time: Timestamp) -> std::io::Result<()> {
    say!("the clock is at {time}")
}

async fn serve(service: &Service, settings: &Settings) -> anyhow::Result<()> {
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("seawall_http_seconds".into()), &SECONDS_BUCKETS)
        .and_then(|builder| builder.install_recorder())
        .context("the metrics cannot be set up")?;
    let address = settings.config.serve.listen;
    let carrier = Carrier::start(service, settings).await?;
    let app = App::new(service.clone(), settings, metrics, carrier)?;
    let first = app.door().bootstrap(service.clock().now())?;
    let listening = listen(app.clone())
        .await
        .with_context(|| format!("cannot listen at {address}: choose another --listen"))?;
    if let Some(link) = first {
        say!("{}", invitation(listening.address, &link))?;
    }
    say!("serving at http://{}", listening.address)?;
    let (mut failed, mut reached) = (service.failed(), service.reached());
    tokio::select! {
        signal = told_to_end() => signal?,
        _ = failed.wait_for(|failed| *failed) => say_failed(),
        // Whoever derives tells how far it came as long as it lives.
        () = async { while reached.changed().await.is_ok() {} } => say_failed(),
    }
    listening.end(END_WAIT).await;
    app.carrier().stop().await;
    Ok(())
}

fn say_failed() {
    eprintln!(
        "seawall: the engine has failed; what it left undone is made again at the next start"
    );
}

/// How the first admin comes in. There is no default password.
fn invitation(address: std::net::SocketAddr, link: &LinkGiven) -> String {
    format!(
        "nobody can log in yet. Until {}, the first admin comes in with\n  \
         curl -s http://{address}/v1/links/use -H 'content-type: application/json' \\\n    \
         -d '{{\"token\":\"{}\",\"login\":\"LOGIN\",\"shown_name\":\"NAME\",\"password\":\"PASSWORD\"}}'",
        link.expires_at, *link.token
    )
}

async fn told_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        told = tokio::signal::ctrl_c() => told?,
        _ = terminate.recv() => {}
    }
    say!("ending: what was begun is finished")?;
    Ok(())
}

/// Lines of JSON on standard error: ids, routes, numbers, never content.
fn log_lines() {
    // Set already where several servers run in one test process.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_current_span(false)
        .with_span_list(false)
        .try_init();
}

pub(super) fn openapi() -> anyhow::Result<Ended> {
    say!("{}", document().to_pretty_json()?)?;
    Ok(Ended::Fine)
}
