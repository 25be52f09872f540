//! From an answer to a streamed response. A body that cannot be finished ends the process: the
//! runtime would put an error's text into the file, and end the response as if it were whole.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use lambda_runtime::MetadataPrelude;

use crate::decisions::faults::ContentFault;
use crate::front::access_log::Line;
use crate::walk::Answer;

/// RFC 2046, 4.5.1: what is not known to be anything else.
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The bytes after the headers. Never an error: see [`broken`].
pub(super) enum Outgoing {
    /// All of it, at once.
    Whole(Option<Bytes>),
    /// An object, and its line for the log until the last byte is out.
    Object {
        stream: BoxStream<'static, Result<Bytes, ContentFault>>,
        left: u64,
        line: Box<Option<Line>>,
    },
}

/// A response, ready for the platform.
pub(super) struct Response {
    /// Status and headers.
    pub(super) prelude: MetadataPrelude,
    /// What follows them.
    pub(super) body: Outgoing,
}

/// Status, headers and body for the platform. It wants no `Content-Length` in a stream and renames
/// one that it gets.
pub(super) fn respond(answer: Answer, line: Line, head: bool) -> Response {
    let (status_code, mut headers, stream) = match answer {
        Answer::Reply(reply) => {
            (reply.status, reply.headers, Outgoing::Whole(Some(reply.body).filter(|_| !head)))
        }
        Answer::Object(delivery) if head || delivery.length == 0 => {
            (delivery.status, delivery.headers, Outgoing::Whole(None))
        }
        Answer::Object(delivery) => {
            let (left, line) = (delivery.length, Box::new(Some(line)));
            let stream = Outgoing::Object { stream: delivery.body, left, line };
            (delivery.status, delivery.headers, stream)
        }
    };
    // The runtime library's own default; the platform's is JSON.
    headers.entry(CONTENT_TYPE).or_insert(OCTETS);
    let prelude = MetadataPrelude { status_code, headers, cookies: Vec::new() };
    Response { prelude, body: stream }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().filter(|it| !it.is_empty()).map(Ok)),
            Self::Object { left: 0, .. } => Poll::Ready(None),
            Self::Object { stream, left, line } => {
                match std::task::ready!(stream.as_mut().poll_next(context)) {
                    Some(Ok(chunk)) if chunk.len() as u64 <= *left => {
                        *left -= chunk.len() as u64;
                        note(line, &chunk, *left == 0);
                        Poll::Ready(Some(Ok(chunk)))
                    }
                    Some(Ok(_)) | None => {
                        broken(line.take(), "its size is not what it was when it was opened")
                    }
                    Some(Err(fault)) => broken(line.take(), &format!("{fault:?}")),
                }
            }
        }
    }
}

/// Counts what goes out. The line is written with the last byte: after it the process is frozen.
fn note(line: &mut Option<Line>, chunk: &Bytes, last: bool) {
    if let Some(line) = line {
        line.sent += chunk.len() as u64;
        line.complete = last;
    }
    if last {
        *line = None;
    }
}

/// Ends the process in the middle of a response. The platform cuts the client's connection, which is
/// what tells it that the file is not whole.
fn broken(line: Option<Line>, why: &str) -> ! {
    if let Some(line) = line {
        tracing::error!(path = %line.path, why, "could not send the whole object");
    }
    std::process::abort()
}
