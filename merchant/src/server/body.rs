//! The body of a reply: a few bytes at once, or an object as it is read.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use http_body::{Body, Frame, SizeHint};

use crate::decisions::faults::ContentFault;
use crate::front::access_log::Line;
use crate::server::patience::Taking;

/// What is sent after the headers.
pub enum ReplyBody {
    /// All of it, at once.
    Whole(Option<Bytes>),
    /// An object. Its length is announced, and an error, or too few bytes, breaks the connection:
    /// nobody takes a part for the whole.
    Object(Box<ObjectBody>),
}

/// An object on its way out, and its line for the log, written when it has ended.
pub struct ObjectBody {
    stream: BoxStream<'static, Result<Bytes, ContentFault>>,
    left: u64,
    line: Line,
    taking: Taking,
}

/// The object's bytes ended before its length.
#[derive(Debug)]
pub struct CutShort;

impl std::fmt::Display for CutShort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the object ended before its length")
    }
}

impl std::error::Error for CutShort {}

impl ObjectBody {
    /// A body of this many bytes.
    pub(super) fn new(
        stream: BoxStream<'static, Result<Bytes, ContentFault>>,
        length: u64,
        line: Line,
        taking: Taking,
    ) -> Self {
        Self { stream, left: length, line, taking }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        self.taking.goes_on();
        if self.left == 0 {
            return Poll::Ready(None);
        }
        match std::task::ready!(Pin::new(&mut self.stream).poll_next(context)) {
            Some(Ok(chunk)) if chunk.len() as u64 <= self.left => {
                self.left -= chunk.len() as u64;
                self.line.sent += chunk.len() as u64;
                self.line.complete = self.left == 0;
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Some(Ok(_)) | None => self.fail("its size is not what it was when it was opened"),
            Some(Err(fault)) => self.fail(&format!("{fault:?}")),
        }
    }

    fn fail(&self, why: &str) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        tracing::error!(path = %self.line.path, why, "could not send the whole object");
        Poll::Ready(Some(Err(CutShort)))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        match &mut *self {
            Self::Whole(bytes) => {
                Poll::Ready(bytes.take().filter(|it| !it.is_empty()).map(|it| Ok(Frame::data(it))))
            }
            Self::Object(object) => object.next(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Object(object) => object.left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |it| it.len() as u64),
            Self::Object(object) => object.left,
        })
    }
}
