//! A facilitator that says what it is told to, word by word, and counts what it is asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Saying {
    /// A 200 with this body.
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, location: None, body: body.into() }
    }
}

/// The facilitator.
#[derive(Debug, Clone)]
pub(crate) struct Stub {
    pub(crate) url: String,
    /// What it says next; with nothing to say it answers 404.
    pub(crate) next: Arc<Mutex<VecDeque<Saying>>>,
    /// The authorization of each request, or nothing.
    pub(crate) asked: Arc<Mutex<Vec<Option<String>>>>,
    /// How many of the requests were to settle.
    pub(crate) settles: Arc<AtomicU64>,
}

impl Stub {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stub =
            Self { url, next: Arc::default(), asked: Arc::default(), settles: Arc::default() };
        let ours = stub.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let ours = ours.clone();
                let service = service_fn(move |request| {
                    let ours = ours.clone();
                    async move { Ok::<_, Infallible>(ours.answer(request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        stub
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let token = head.headers.get("authorization").map(|it| it.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().push(token);
        if head.uri.path() == "/settle" {
            self.settles.fetch_add(1, Ordering::Relaxed);
        }
        let _ = body.collect().await;
        let next = self.next.lock().unwrap().pop_front();
        let next = next.unwrap_or(Saying { status: 404, ..Saying::ok("") });
        let mut answer = Response::builder().status(next.status);
        if let Some(location) = next.location {
            answer = answer.header("location", location);
        }
        answer.body(Full::from(next.body)).unwrap()
    }
}
