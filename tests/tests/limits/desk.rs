//! A facilitator that lets callers wait, answers all alike and counts.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The one answer: nothing is ever sold.
pub(crate) const REFUSAL: &str = r#"{"isValid":false,"invalidReason":"insufficient_funds"}"#;

/// The facilitator.
pub(crate) struct Desk {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
    open: watch::Sender<bool>,
}

impl Desk {
    /// One that answers at once, like this.
    pub(crate) async fn answering(answer: String) -> Self {
        Self::start(answer, true).await
    }

    /// One that answers nobody until it is opened.
    pub(crate) async fn closed() -> Self {
        Self::start(REFUSAL.into(), false).await
    }

    async fn start(answer: String, open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, (open, opened)) = (Arc::new(AtomicUsize::new(0)), watch::channel(open));
        let (count, answer) = (Arc::clone(&asked), Bytes::from(answer));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (count, opened, answer) = (Arc::clone(&count), opened.clone(), answer.clone());
                let service = service_fn(move |_: Request<Incoming>| {
                    count.fetch_add(1, Ordering::SeqCst);
                    let (mut opened, answer) = (opened.clone(), answer.clone());
                    async move {
                        let _ = opened.wait_for(|it| *it).await;
                        Ok::<_, Infallible>(Response::new(Full::new(answer)))
                    }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, asked, open }
    }

    /// How often it was asked anything.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Answers all who wait, and whoever comes.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}
