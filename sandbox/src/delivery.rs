//! How an answer reaches its caller: whole, or in one of the ways in which answers get lost. It
//! knows connections and bytes, and nothing of payments.

use crate::faults::Trouble;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// Larger than any body cap in the field; the readers that this is for stop at 64 KiB.
pub const HUGE_BYTES: usize = 11 * 1024 * 1024;

/// Pause between two bytes of a drip.
pub const DRIP_PAUSE: Duration = Duration::from_millis(200);

/// Blanks before the answer of a drip: five minutes of them.
const DRIP_BLANKS: usize = 1_500;

/// How long the first half of a truncated body may take to leave before the connection ends.
const TRUNCATED_PAUSE: Duration = Duration::from_millis(50);

const NOT_JSON: &str = "<html><body><h1>upstream error</h1></body></html>";

/// What happens on the connection.
#[derive(Debug)]
pub enum Delivery {
    /// An answer.
    Reply(Reply),
    /// A TCP RST.
    Reset,
    /// Silence, until the caller gives up.
    Never,
}

/// A status, headers and a body.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Whole(Bytes),
    Truncated(Bytes),
    Huge,
    Drip(Bytes),
}

pub(crate) type AnyBody = BoxBody<Bytes, io::Error>;

impl Reply {
    /// JSON with this status.
    #[must_use]
    pub fn json(status: StatusCode, value: &Value) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Self { status, headers, body: Body::Whole(value.to_string().into()) }
    }

    /// What a body is made of when nothing was done.
    #[must_use]
    pub fn told_to_fail() -> Self {
        Self::json(StatusCode::OK, &json!({ "error": "the sandbox was told to fail" }))
    }

    /// No content.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Body::Whole(Bytes::new()) }
    }

    fn html(status: StatusCode) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("text/html"))];
        Self { status, headers, body: Body::Whole(NOT_JSON.into()) }
    }

    pub(crate) fn with(mut self, name: HeaderName, text: &str) -> Self {
        let value = HeaderValue::from_str(text);
        self.headers.push((name, value.unwrap_or(HeaderValue::from_static(""))));
        self
    }

    fn content(&self) -> Bytes {
        match &self.body {
            Body::Whole(bytes) | Body::Truncated(bytes) | Body::Drip(bytes) => bytes.clone(),
            Body::Huge => Bytes::new(),
        }
    }

    fn bodied(self, body: Body) -> Self {
        Self { body, ..self }
    }

    pub(crate) fn into_response(self) -> Response<AnyBody> {
        let mut response = Response::new(AnyBody::default());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        if let Body::Truncated(bytes) = &self.body {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(2 * bytes.len() + 64));
        }
        *response.body_mut() = self.body.into_any();
        response
    }
}

impl From<Reply> for Delivery {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl Delivery {
    /// What becomes of an answer that meets this trouble. A delay only passes it on: whoever asked
    /// for the delay has waited already.
    #[must_use]
    pub fn troubled(reply: Reply, trouble: &Trouble) -> Self {
        let status = |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
        let content = reply.content();
        match trouble {
            Trouble::Delay(_) => reply.into(),
            Trouble::Hang => Self::Never,
            Trouble::Reset => Self::Reset,
            Trouble::ServerError(code) => Reply::html(status(*code)).into(),
            Trouble::Garbage => Reply::html(StatusCode::OK).into(),
            Trouble::Truncated => {
                let half = content.slice(..content.len() / 2);
                reply.bodied(Body::Truncated(half)).into()
            }
            Trouble::Huge => reply.bodied(Body::Huge).into(),
            Trouble::Drip => reply.bodied(Body::Drip(content)).into(),
            Trouble::TooManyRequests(seconds) => Reply::html(StatusCode::TOO_MANY_REQUESTS)
                .with(RETRY_AFTER, &seconds.to_string())
                .into(),
            Trouble::Redirect(code, url) => Reply::empty(status(*code)).with(LOCATION, url).into(),
        }
    }
}

impl Body {
    fn into_any(self) -> AnyBody {
        match self {
            Self::Whole(bytes) => Full::new(bytes).map_err(|never| match never {}).boxed(),
            Self::Truncated(half) => {
                let broken = stream::once(async {
                    tokio::time::sleep(TRUNCATED_PAUSE).await;
                    Err(io::ErrorKind::UnexpectedEof.into())
                });
                streamed(stream::iter([Ok(half)]).chain(broken))
            }
            Self::Huge => streamed(stream::iter(huge().map(Ok))),
            Self::Drip(answer) => {
                let bytes = std::iter::repeat_n(b' ', DRIP_BLANKS).chain(answer);
                streamed(stream::iter(bytes).then(|byte| async move {
                    tokio::time::sleep(DRIP_PAUSE).await;
                    Ok(Bytes::from(vec![byte]))
                }))
            }
        }
    }
}

/// One JSON string of [`HUGE_BYTES`], in pieces and without a `Content-Length`: a reader has to
/// count by itself.
fn huge() -> impl Iterator<Item = Bytes> {
    const PIECE: usize = 64 * 1024;
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let quote = std::iter::once(Bytes::from_static(b"\""));
    quote.clone().chain(std::iter::repeat_n(piece, HUGE_BYTES / PIECE)).chain(quote)
}

fn streamed(
    bytes: impl Stream<Item = Result<Bytes, io::Error>> + Send + Sync + 'static,
) -> AnyBody {
    BodyExt::boxed(StreamBody::new(bytes.map(|it| it.map(Frame::data))))
}
