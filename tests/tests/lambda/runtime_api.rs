//! The platform's side of the Runtime API: hands out one event at a time and takes a streamed
//! response to each, as the AWS Lambda developer guide describes it ("Using the Lambda runtime API",
//! "Response streaming").

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::events::X_RAY;
use crate::http::Reply;

/// What stands between head and body of a streamed response.
const DELIMITER: [u8; 8] = [0; 8];
/// What names the format of one.
const FORMAT: &str = "application/vnd.awslambda.http-integration-response";

/// What became of an invocation.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A response that came to its end.
    Whole(Reply),
    /// A response whose connection broke: what had come until then.
    Broken(Reply),
    /// The function said that it cannot answer.
    Error(Value),
}

impl Outcome {
    /// The response, which must have come to its end.
    pub(crate) fn whole(self) -> Reply {
        match self {
            Self::Whole(reply) => reply,
            Self::Broken(reply) => panic!("broke off: {reply:?}"),
            Self::Error(error) => panic!("{error}"),
        }
    }
}

struct Invocation {
    event: Vec<u8>,
    patience: Duration,
    outcome: oneshot::Sender<Outcome>,
}

/// The emulated platform.
#[derive(Clone)]
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    invoke: mpsc::UnboundedSender<Invocation>,
}

struct Shared {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    open: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    /// What the function reported instead of starting.
    init_error: Mutex<Option<Value>>,
    first_next: Mutex<Option<Instant>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (invoke, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: tokio::sync::Mutex::new(queue),
            open: Mutex::default(),
            init_error: Mutex::default(),
            first_next: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Arc::clone(&serving);
                let service = service_fn(move |request| {
                    let shared = Arc::clone(&shared);
                    async move { Ok::<_, Infallible>(shared.answer(request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, shared, invoke }
    }

    /// Hands out an event and waits for what becomes of it.
    pub(crate) async fn invoke(&self, event: Vec<u8>, patience: Duration) -> Outcome {
        let (outcome, waiting) = oneshot::channel();
        self.invoke.send(Invocation { event, patience, outcome }).unwrap();
        let waiting = tokio::time::timeout(Duration::from_mins(1), waiting);
        waiting.await.expect("an answer within a minute").expect("an outcome")
    }

    pub(crate) fn init_error(&self) -> Option<Value> {
        self.shared.init_error.lock().unwrap().clone()
    }

    /// When the function asked for its first event.
    pub(crate) fn first_next(&self) -> Option<Instant> {
        *self.shared.first_next.lock().unwrap()
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_start_matches("/2018-06-01/runtime/").split('/').collect();
        match parts[..] {
            ["invocation", "next"] => self.next().await,
            ["invocation", id, "response"] => {
                let outcome = response(request).await;
                self.end(id, outcome)
            }
            ["invocation", id, "error"] => {
                let error = json(request).await;
                self.end(id, Outcome::Error(error))
            }
            ["init", "error"] => {
                *self.init_error.lock().unwrap() = Some(json(request).await);
                accepted()
            }
            _ => panic!("no such path: {path}"),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        #[expect(clippy::disallowed_methods, reason = "the start is measured")]
        self.first_next.lock().unwrap().get_or_insert_with(Instant::now);
        let Some(invocation) = self.queue.lock().await.recv().await else {
            // The test is over; the function is ended with it.
            return std::future::pending().await;
        };
        let mut open = self.open.lock().unwrap();
        let id = format!("8476a536-e9f4-11e8-9739-{:012x}", open.len());
        open.insert(id.clone(), invocation.outcome);
        #[expect(clippy::disallowed_methods, reason = "the platform's deadline is a time of day")]
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + invocation.patience;
        Response::builder()
            .header("lambda-runtime-aws-request-id", id)
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header("lambda-runtime-trace-id", X_RAY)
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:1:function:f",
            )
            .header("content-type", "application/json")
            .body(Full::from(invocation.event))
            .unwrap()
    }

    fn end(&self, id: &str, outcome: Outcome) -> Response<Full<Bytes>> {
        let waiting = self.open.lock().unwrap().remove(id).expect("an invocation that is open");
        let _ = waiting.send(outcome);
        accepted()
    }
}

fn accepted() -> Response<Full<Bytes>> {
    Response::builder().status(202).body(Full::default()).unwrap()
}

async fn json(request: Request<Incoming>) -> Value {
    serde_json::from_slice(&request.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

/// Takes a response as far as it comes.
async fn response(request: Request<Incoming>) -> Outcome {
    let header = |name: &str| request.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
    assert_eq!(header("lambda-runtime-function-response-mode").as_deref(), Some("streaming"));
    assert_eq!(header("content-type").as_deref(), Some(FORMAT));
    assert_eq!(header("transfer-encoding").as_deref(), Some("chunked"));
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    let mut whole = true;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().unwrap()),
            Err(_) => whole = false,
        }
    }
    let reply = split(&bytes);
    if whole { Outcome::Whole(reply) } else { Outcome::Broken(reply) }
}

fn split(bytes: &[u8]) -> Reply {
    let end = bytes.windows(8).position(|it| it == DELIMITER).expect("a whole prelude");
    let prelude: Value = serde_json::from_slice(&bytes[..end]).unwrap();
    let headers = prelude["headers"].as_object().unwrap();
    // Several values of one name stand in a list.
    let text = |value: &Value| {
        let alone = std::slice::from_ref(value);
        let values = value.as_array().map_or(alone, Vec::as_slice);
        values.iter().map(|it| it.as_str().unwrap()).collect::<Vec<_>>().join(", ")
    };
    Reply {
        status: prelude["statusCode"].as_u64().unwrap().try_into().unwrap(),
        headers: headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        body: bytes[end + DELIMITER.len()..].to_vec(),
    }
}
