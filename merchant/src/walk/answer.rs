//! What goes back: a reply, or an object on its way out.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, StatusCode};

use crate::decisions::codes::Code;
use crate::decisions::faults::ContentFault;
use crate::decisions::object::{ObjectFacts, name_size};
use crate::decisions::refusal::Refusal;
use crate::decisions::reply::Reply;
use crate::ports::Opened;

/// What a request gets.
pub enum Answer {
    /// Everything but an object.
    Reply(Reply),
    /// An object.
    Object(Delivery),
}

/// An object on its way out.
pub struct Delivery {
    /// Status.
    pub status: StatusCode,
    /// Headers, without `Content-Length`.
    pub headers: HeaderMap,
    /// How many bytes the body has.
    pub length: u64,
    /// The bytes. An error must break the connection.
    pub body: BoxStream<'static, Result<Bytes, ContentFault>>,
}

pub(super) fn not_modified(facts: &ObjectFacts) -> Reply {
    Reply {
        status: StatusCode::NOT_MODIFIED,
        headers: facts.unchanged_headers(),
        body: Bytes::new(),
        code: "not_modified",
    }
}

pub(super) fn deliver(status: StatusCode, headers: HeaderMap, opened: Opened) -> Answer {
    let length = opened.facts.range.end.saturating_sub(opened.facts.range.start);
    Answer::Object(Delivery { status, headers, length, body: opened.body })
}

/// A 416, which tells how large the object is.
pub(super) fn outside_range(size: u64) -> Reply {
    let mut reply = Reply::refusal(&Refusal::new(Code::RangeNotSatisfiable));
    name_size(&mut reply.headers, size);
    reply
}

pub(super) fn storage_refusal(fault: &ContentFault) -> Refusal {
    if let ContentFault::Unavailable(why) = fault {
        tracing::error!(why, "the storage is unavailable");
    }
    match fault {
        ContentFault::Missing => Refusal::new(Code::NotFound),
        ContentFault::Replaced => Refusal::new(Code::ObjectGone),
        ContentFault::OutsideRange(_) => Refusal::new(Code::RangeNotSatisfiable),
        ContentFault::NotModified(_) | ContentFault::Unavailable(_) => {
            Refusal::new(Code::StorageUnavailable)
        }
    }
}
