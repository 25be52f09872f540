//! The paywall as a plain HTTP server: connections in, the walk in the middle, bytes out. No
//! decision about money is taken here.

pub mod body;
mod crowd;
mod descriptors;
mod patience;
pub mod run;
pub mod service;

pub use crate::front::access_log;
pub use run::{ServeError, run};

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::front::access_log::AccessLog;
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger};
use crate::server::crowd::Crowd;
use crate::server::patience::{Headers, Patience, Wait};
use crate::server::service::Service;
use crate::settings::Limits;
use crate::walk::Merchant;

/// HTTP/1 and HTTP/2 requests carry at most this many headers (hyper's own default for HTTP/1).
const HEADERS_MAX: usize = 100;
/// Requests under way at a time on one HTTP/2 connection (RFC 9113 advises at least 100).
const STREAMS_MAX: u32 = 128;

/// Serves until `stop` completes, then lets the requests under way finish.
pub async fn serve<F, S, L, C, H>(
    listener: TcpListener,
    merchant: Merchant<F, S, L, C, H>,
    limits: Limits,
    log: AccessLog,
    stop: impl Future<Output = ()>,
) where
    F: Facilitator + 'static,
    S: Content + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
    H: Chain + 'static,
{
    let service = Arc::new(Service::new(merchant, log, limits.sales));
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let patience = Patience::new(limits.header_timeout, limits.send_timeout);
    let protocol = protocol(limits);
    let mut crowd = Crowd::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: others must end first.
                    tracing::error!(%error, "could not accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            crowd.turn_away(stream);
            continue;
        };
        crowd.ends();
        let wait = patience.connection();
        let connection = connect(protocol.clone(), &service, &wait, stream, peer);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A broken connection is the client's affair, and the request log has what it asked.
            let _ = wait.bound(connection).await;
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("shut down with connections still open");
    }
    service.finish(limits.shutdown).await;
}

fn protocol(limits: Limits) -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes)
        .max_headers(HEADERS_MAX);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.header_timeout)
        .keep_alive_timeout(limits.header_timeout);
    protocol
}

fn connect<F, S, L, C, H>(
    mut protocol: auto::Builder<TokioExecutor>,
    service: &Arc<Service<F, S, L, C, H>>,
    wait: &Arc<Wait>,
    stream: TcpStream,
    peer: SocketAddr,
) -> impl hyper_util::server::graceful::GracefulConnection + Send + 'static
where
    F: Facilitator + 'static,
    S: Content + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
    H: Chain + 'static,
{
    // A reply is written whole; waiting for more to send would only delay it.
    let _ = stream.set_nodelay(true);
    protocol.http1().timer(Headers::of(wait));
    let (service, wait) = (Arc::clone(service), Arc::clone(wait));
    let answer = service_fn(move |request| {
        // HTTP/2 connections are waited for until their first request, and from then on asked for
        // signs of life.
        wait.end();
        let (service, wait) = (Arc::clone(&service), Arc::clone(&wait));
        async move { Ok::<_, Infallible>(service.answer(request, peer, &wait).await) }
    });
    protocol.serve_connection(TokioIo::new(stream), answer).into_owned()
}
