//! A facilitator that turns everyone away with a 401, and writes down what it was shown.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Method and path.
    pub(crate) request: String,
    headers: HeaderMap,
}

impl Shown {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().unwrap())
    }
}

/// The facilitator.
pub(crate) struct Desk {
    pub(crate) url: String,
    shown: Arc<Mutex<Vec<Shown>>>,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shown: Arc<Mutex<Vec<Shown>>> = Arc::default();
        let book = Arc::clone(&shown);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let book = Arc::clone(&book);
                let service = service_fn(move |request: Request<Incoming>| {
                    let book = Arc::clone(&book);
                    async move {
                        let (head, body) = request.into_parts();
                        let _ = body.collect().await;
                        let request = format!("{} {}", head.method, head.uri.path());
                        book.lock().unwrap().push(Shown { request, headers: head.headers });
                        let refusal = Response::builder().status(401);
                        Ok::<_, Infallible>(refusal.body(Full::<Bytes>::default()).unwrap())
                    }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, shown }
    }

    /// All requests, in order.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        self.shown.lock().unwrap().clone()
    }
}
