//! Servers that know one reply and look at nothing: the least that an HTTP server can do. Whatever
//! a paywall takes beyond them is the paywall's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;
use crate::challenges::PATH;
use crate::reply::Layout;

/// Which bare server.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Kind {
    /// hyper's HTTP/1 connection on one thread and nothing else.
    Hyper,
    /// axum with one route, as its documentation shows.
    Axum,
}

/// The reply of the file, in parts: hyper writes `Date` and `Content-Length` itself.
#[derive(Debug, Clone)]
struct Prebuilt {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves until the process is ended.
pub(crate) fn serve(kind: Kind, listen: SocketAddr, reply: &Path) -> Result<(), Failure> {
    let reply = Prebuilt::read(reply)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        match kind {
            Kind::Hyper => serve_hyper(listener, reply).await,
            Kind::Axum => serve_axum(listener, reply).await,
        }
    })
}

async fn serve_hyper(listener: TcpListener, reply: Prebuilt) -> Result<(), Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let reply = reply.clone();
        let answer = service_fn(move |_| {
            let response = reply.response(Full::new(reply.body.clone()));
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

async fn serve_axum(listener: TcpListener, reply: Prebuilt) -> Result<(), Failure> {
    let answer = move || {
        let response = reply.response(Body::from(reply.body.clone()));
        async move { response }
    };
    Ok(axum::serve(listener, Router::new().route(PATH, get(answer))).await?)
}

impl Prebuilt {
    fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path)?;
        let cut = || Failure("the captured reply is not whole".into());
        let layout = Layout::read(&bytes)?.ok_or_else(cut)?;
        let head = std::str::from_utf8(&bytes[..layout.head]).map_err(|_| cut())?;
        let mut headers = HeaderMap::new();
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            let name = HeaderName::try_from(name).map_err(|_| cut())?;
            let value = HeaderValue::try_from(value).map_err(|_| cut())?;
            headers.append(name, value);
        }
        headers.remove(http::header::DATE);
        headers.remove(http::header::CONTENT_LENGTH);
        Ok(Self {
            status: StatusCode::from_u16(layout.status).map_err(|_| cut())?,
            headers,
            body: Bytes::copy_from_slice(&bytes[layout.head..]),
        })
    }

    fn response<B>(&self, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        response
    }
}
