//! Listens, and ends gracefully.
//!
//! Every connection has bounds: on the time its headers take, on their size, and on how many
//! there are. What the bounds cut off has sent nothing that counts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::{App, router};

/// Bytes of a request's head, at most. Raising it lets each connection take more memory.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Headers of a request, at most.
const HEADERS_MAX: usize = 64;

/// A server that listens.
#[derive(Debug)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    ending: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Listening {
    /// Takes no more connections, and waits until what was begun is answered, or so long.
    /// Streams that would never end are ended.
    pub async fn end(self, wait: Duration) {
        self.ending.send_replace(true);
        let _ = tokio::time::timeout(wait, self.serving).await;
    }
}

/// Listens at the configured address.
///
/// # Errors
/// If the address cannot be listened at.
pub async fn listen(app: App) -> std::io::Result<Listening> {
    let config = app.serve().clone();
    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    let (ending, ended) = (app.ending().clone(), app.ending().subscribe());
    let bounds = Bounds {
        connections: Arc::new(Semaphore::new(config.connections_max)),
        header_time: Duration::from_secs(config.header_seconds_max),
    };
    let serving = tokio::spawn(accept(listener, router(app), bounds, ended));
    Ok(Listening { address, ending, serving })
}

struct Bounds {
    connections: Arc<Semaphore>,
    header_time: Duration,
}

async fn accept(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    mut ended: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.header_time)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    loop {
        // A connection beyond the bound waits in the system's queue, which has its own.
        let permit = tokio::select! {
            permit = Arc::clone(&bounds.connections).acquire_owned() => permit,
            _ = ended.changed() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ended.changed() => break,
        };
        let Ok((stream, from)) = accepted else {
            // Out of descriptors, or the peer went away: neither is for ever.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service =
            tower::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(axum::extract::ConnectInfo(from));
                tower::ServiceExt::oneshot(router.clone(), request)
            });
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the peer's affair.
            let _ = watched.await;
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}
