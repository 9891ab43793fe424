//! The way out: requests that pass the guard at every hop, within limits of time and size.
//!
//! Proxies of the environment are not used: behind one, addresses would be resolved where the
//! guard does not see it. Leaves out what is sent and what an answer means.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Response, redirect};
use url::Url;

use super::egress::{EgressError, Guard};

/// Redirects followed at most when something is fetched.
const HOPS_MAX: u32 = 3;
/// Bytes read of the answer to a webhook at most: what it says is not used.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Time given to the body of such an answer: its status is what counts.
const ANSWER_BODY_TIME: Duration = Duration::from_secs(1);
/// Bytes kept of a header that is looked at.
const HEADER_BYTES_MAX: usize = 256;
/// How requests introduce themselves.
const AGENT: &str = concat!("Seawall/", env!("CARGO_PKG_VERSION"));

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("no HTTPS client can be made; check that the system has root certificates")]
pub struct ClientError(#[source] reqwest::Error);

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The guard does not let it out.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// It took too long; whether it arrived is unknown.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// No connection came about.
    #[error("no connection could be made")]
    NoConnection,
    /// The connection ended before the answer.
    #[error("the connection ended before the answer")]
    CutOff,
    /// A redirect without a place to go, or one more than are followed.
    #[error("more than {HOPS_MAX} redirects, or one that leads nowhere")]
    Redirects,
    /// More bytes than were asked for.
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
}

impl CallError {
    /// A few words of our own, which tell nothing of what was sent.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Egress(EgressError::Unresolved(_) | EgressError::NoAddress) => {
                "the name could not be resolved"
            }
            Self::Egress(_) => "not let out by the guard",
            Self::TimedOut(_) => "no answer in time",
            Self::NoConnection => "no connection",
            Self::CutOff => "cut off before the answer",
            Self::Redirects => "too many redirects",
            Self::TooLarge(_) => "too large",
        }
    }
}

/// What is looked at of the answer to a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// `webhook-id`, where the receiver sends it back.
    pub webhook_id: Option<String>,
}

/// What was fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it lay in the end.
    pub url: Url,
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, as it came.
    pub media_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched(status {}, {} bytes)", self.status, self.bytes.len())
    }
}

/// Requests, with the guard before each.
#[derive(Clone, Debug)]
pub struct GuardedClient {
    client: reqwest::Client,
    guard: Arc<Guard>,
}

/// Resolves names for the client, through the guard.
struct Resolver(Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let addresses = guard.resolve(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl GuardedClient {
    /// A client that gives a connection this long to come about.
    ///
    /// # Errors
    /// [`ClientError`] if the system has no root certificates.
    pub fn new(guard: Guard, connect_time: Duration) -> Result<Self, ClientError> {
        // Who installs one first wins, and all are the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Arc::new(guard);
        let client = reqwest::Client::builder()
            .dns_resolver(Resolver(guard.clone()))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            // A second answer on a connection would be read as the answer to the next request.
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .connect_timeout(connect_time)
            .user_agent(AGENT)
            .build()
            .map_err(ClientError)?;
        Ok(Self { client, guard })
    }

    /// Sends a webhook over a connection of its own. Redirects are not followed. An answer counts
    /// once its status is here; of its body a little is read, so that the receiver can end well.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
        time: Duration,
    ) -> Result<Answer, CallError> {
        self.guard.check(url)?;
        let request = self.client.post(url.clone()).headers(headers).body(body).send();
        let sent = tokio::time::timeout(time, request).await;
        let mut response = sent.map_err(|_| CallError::TimedOut(time))?.map_err(failure)?;
        let text = |name: HeaderName| header(&response, &name);
        let answer = Answer {
            status: response.status().as_u16(),
            retry_after: text(RETRY_AFTER),
            webhook_id: text(HeaderName::from_static("webhook-id")),
        };
        let drained = async {
            let mut left = ANSWER_BYTES_MAX;
            while let Ok(Some(chunk)) = response.chunk().await {
                match left.checked_sub(chunk.len()) {
                    Some(rest) => left = rest,
                    None => break,
                }
            }
        };
        // Whatever it was, the status is known.
        let _ = tokio::time::timeout(ANSWER_BODY_TIME.min(time), drained).await;
        Ok(answer)
    }

    /// Fetches something: at most `bytes_max` bytes within `time`, over at most three
    /// redirects, each of which passes the guard.
    ///
    /// # Errors
    /// [`CallError`]. A status that is no success is none: it is part of what was fetched.
    pub async fn get(
        &self,
        url: &Url,
        bytes_max: usize,
        time: Duration,
    ) -> Result<Fetched, CallError> {
        let fetched = tokio::time::timeout(time, self.follow(url, bytes_max)).await;
        fetched.map_err(|_| CallError::TimedOut(time))?
    }

    async fn follow(&self, url: &Url, bytes_max: usize) -> Result<Fetched, CallError> {
        let (url, mut response) = self.arrive(url).await?;
        let (status, media_type) = (response.status(), header(&response, &CONTENT_TYPE));
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if bytes.len() + chunk.len() > bytes_max {
                return Err(CallError::TooLarge(bytes_max));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched { url, status: status.as_u16(), media_type, bytes })
    }

    /// Begins to fetch something, over as many redirects: what is large is taken a piece at a time.
    ///
    /// # Errors
    /// [`CallError`], as [`GuardedClient::get`]; the bounds on size and time are the caller's.
    pub async fn begin(&self, url: &Url) -> Result<Incoming, CallError> {
        let (_, response) = self.arrive(url).await?;
        let (status, media_type) = (response.status().as_u16(), header(&response, &CONTENT_TYPE));
        Ok(Incoming { status, media_type, response })
    }

    /// Follows redirects, each through the guard, to an answer that is none.
    async fn arrive(&self, url: &Url) -> Result<(Url, Response), CallError> {
        let mut url = url.clone();
        for _ in 0..=HOPS_MAX {
            self.guard.check(&url)?;
            let response = self.client.get(url.clone()).send().await.map_err(failure)?;
            let status = response.status();
            if status.is_redirection() {
                let place = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                let next = place.and_then(|place| url.join(place).ok());
                url = next.ok_or(CallError::Redirects)?;
                continue;
            }
            return Ok((url, response));
        }
        Err(CallError::Redirects)
    }
}

/// Something that is being fetched.
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, as it came.
    pub media_type: Option<String>,
    response: Response,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Incoming(status {})", self.status)
    }
}

impl Incoming {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`CallError`] if the connection ends before the body does.
    pub async fn piece(&mut self) -> Result<Option<axum::body::Bytes>, CallError> {
        self.response.chunk().await.map_err(failure)
    }
}

fn header(response: &Response, name: &HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= HEADER_BYTES_MAX).then(|| value.to_owned())
}

/// What a failure of the client comes down to. Its own words would tell the address.
fn failure(error: reqwest::Error) -> CallError {
    let mut cause = error.source();
    while let Some(source) = cause {
        if let Some(egress) = source.downcast_ref::<EgressError>() {
            return CallError::Egress(match egress {
                EgressError::Inside(address) => EgressError::Inside(*address),
                EgressError::Unresolved(io) => EgressError::Unresolved(io.kind().into()),
                _ => EgressError::NoAddress,
            });
        }
        cause = source.source();
    }
    if error.is_connect() { CallError::NoConnection } else { CallError::CutOff }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::egress::{Allowed, Http};
    use super::*;

    const TIME: Duration = Duration::from_secs(10);

    /// Answers each connection with the next of these, and ends it.
    async fn serve(answers: Vec<String>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    fn redirect_to(place: &str) -> String {
        format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n")
    }

    fn body(text: &str) -> String {
        let length = text.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {length}\r\n\r\n{text}"
        )
    }

    /// A client that reaches `door.example` at this address, and nothing else inside.
    fn client(address: SocketAddr) -> GuardedClient {
        let allowed = vec![Allowed::parse("door.example").unwrap()];
        let names = vec![("door.example", vec![address]), ("inner.example", vec![address])];
        GuardedClient::new(Guard::with_names(allowed, Http::Allowed, names), TIME).unwrap()
    }

    async fn get(answers: Vec<String>, bytes_max: usize) -> Result<Fetched, CallError> {
        let address = serve(answers).await;
        let url = Url::parse(&format!("http://door.example:{}/picture", address.port())).unwrap();
        client(address).get(&url, bytes_max, TIME).await
    }

    #[tokio::test]
    async fn what_is_fetched_is_bounded() {
        let fetched = get(vec![body("marker")], 6).await.unwrap();
        assert_eq!((fetched.status, &fetched.bytes[..]), (200, &b"marker"[..]));
        assert_eq!(fetched.media_type.as_deref(), Some("image/png"));
        assert!(matches!(get(vec![body("marker")], 5).await, Err(CallError::TooLarge(5))));
        let endless = "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(100_000);
        assert!(matches!(get(vec![endless], 1_000).await, Err(CallError::TooLarge(1_000))));
    }

    #[tokio::test]
    async fn redirects_are_followed_three_times_and_guarded_each_time() {
        let again = || redirect_to("/again");
        let fetched = get(vec![again(), again(), again(), body("there")], 9).await.unwrap();
        assert_eq!((&fetched.bytes[..], fetched.url.path()), (&b"there"[..], "/again"));
        let many = get(vec![again(), again(), again(), again(), body("there")], 9).await;
        assert!(matches!(many, Err(CallError::Redirects)), "{many:?}");
        for place in ["http://127.0.0.1/", "http://0x7f.1/", "//[::1]/", "http://inner.example/"] {
            let found = get(vec![redirect_to(place), body("inside")], 9).await;
            let is_refused = matches!(found, Err(CallError::Egress(EgressError::Inside(_))));
            assert!(is_refused, "{place}: {found:?}");
        }
        let file = get(vec![redirect_to("file:///etc/hostname")], 9).await;
        assert!(matches!(file, Err(CallError::Egress(EgressError::Scheme { .. }))), "{file:?}");
    }

    #[tokio::test]
    async fn a_webhook_follows_no_redirect_and_reaches_nothing_inside() {
        let address = serve(vec![redirect_to("/again"), body("unasked")]).await;
        let at = |host: &str| Url::parse(&format!("http://{host}:{}/", address.port())).unwrap();
        let client = client(address);
        let post = |url: Url| {
            let client = client.clone();
            async move { client.post(&url, HeaderMap::new(), b"{}".to_vec(), TIME).await }
        };
        assert_eq!(post(at("door.example")).await.unwrap().status, 302);
        for host in ["inner.example", "127.0.0.1", "localhost"] {
            let found = post(at(host)).await.unwrap_err();
            assert!(matches!(found, CallError::Egress(_)), "{host}: {found:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_door_is_told_as_no_connection() {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = Url::parse(&format!("http://door.example:{}/", address.port())).unwrap();
        let found = client(address).get(&url, 9, TIME).await.unwrap_err();
        assert!(matches!(found, CallError::NoConnection), "{found:?}");
    }

    #[tokio::test]
    async fn who_speaks_no_tls_is_told_as_no_connection() {
        let address = serve(vec![body("plain")]).await;
        let url = Url::parse(&format!("https://door.example:{}/", address.port())).unwrap();
        let found = client(address).get(&url, 9, TIME).await.unwrap_err();
        assert!(matches!(found, CallError::NoConnection), "{found:?}");
    }
}
