//! A small HTTP/1.1 server that can also fail as networks do: it resets connections and keeps
//! callers waiting when told so. What to answer is decided elsewhere.

use crate::delivery::{AnyBody, Delivery, Reply};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

/// Largest request body. A payment has a few kilobytes, a batch of JSON-RPC calls somewhat more.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Connections at once. More than this are closed unread: a test that needs more has a leak.
pub const CONNECTIONS_MAX: usize = 4_096;

/// Pause after a failed accept (out of file descriptors, most likely), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// One request, read to its end.
#[derive(Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Whoever answers.
pub trait Handler: Send + Sync + 'static {
    /// What becomes of this call. It is carried to its end even when the caller goes away, as in
    /// servers that people run: a caller's timeout does not stop a settlement.
    fn handle(&self, call: Call) -> impl Future<Output = Delivery> + Send;
}

/// A server that listens until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Server {
    /// Listens at this address; port 0 finds a free one. Needs a tokio runtime with IO and time.
    pub async fn start(address: SocketAddr, handler: Arc<impl Handler>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, handler)).abort_handle();
        Ok(Self { address, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    /// Stops listening and ends every connection.
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, handler: Arc<impl Handler>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < CONNECTIONS_MAX => {
                    connections.spawn(converse(stream, handler.clone()));
                }
                Ok(_) => tracing::warn!("closed a connection: there are {CONNECTIONS_MAX} open"),
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<AnyBody>, Infallible>> + Send>>;

async fn converse(stream: TcpStream, handler: Arc<impl Handler>) {
    // Without it an answer in two writes waits for the caller's delayed acknowledgement.
    drop(stream.set_nodelay(true));
    let reset = Arc::new(Notify::new());
    let order = reset.clone();
    let service = service_fn(move |request: Request<Incoming>| -> Answering {
        Box::pin(respond(handler.clone(), request, order.clone()))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => Some(ended),
        () = reset.notified() => None,
    };
    let mut stream = connection.into_parts().io.into_inner();
    match ended {
        Some(Ok(())) => drop(stream.shutdown().await),
        Some(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        // Zero linger turns the close into a TCP RST.
        None => drop(stream.set_zero_linger()),
    }
}

async fn respond(
    handler: Arc<impl Handler>,
    request: Request<Incoming>,
    reset: Arc<Notify>,
) -> Result<Response<AnyBody>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_BYTES_MAX).collect().await else {
        return Ok(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE).into_response());
    };
    let body = body.to_bytes();
    let call = Call { method: head.method, uri: head.uri, headers: head.headers, body };
    let work = tokio::spawn(async move { handler.handle(call).await });
    match work.await {
        Ok(Delivery::Reply(reply)) => Ok(reply.into_response()),
        Ok(Delivery::Reset) => {
            reset.notify_one();
            pending().await
        }
        Ok(Delivery::Never) => pending().await,
        Err(_) => Ok(Reply::empty(StatusCode::INTERNAL_SERVER_ERROR).into_response()),
    }
}
