//! How a neighbour can fail us, as far as the walk branches on it.

use std::time::Duration;

use crate::decisions::object::ObjectFacts;

/// A facilitator call that brought no readable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FacilitatorFault {
    /// The connection could not be made: the request was never sent.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The connection broke after the request was sent.
    Broken,
    /// An answer without a verdict: another body, too large a body, a redirect. With its status.
    Unreadable(u16),
    /// Too many requests; the wish of its `Retry-After`, if it has one.
    Busy(Option<Duration>),
}

/// The ledger could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerFault {
    /// It did not answer, or refused. The text is for the operator's log.
    Unavailable(String),
    /// A record is there that cannot be read: written by a newer version, or damaged.
    Unreadable(String),
}

/// The object could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentFault {
    /// There is no such object.
    Missing,
    /// There is one, but not the version that was asked for.
    Replaced,
    /// A condition of the request (`If-None-Match`) holds: the caller has it already.
    NotModified(Box<ObjectFacts>),
    /// The range lies outside an object of this many bytes.
    OutsideRange(u64),
    /// The storage did not answer, or refused. The text is for the operator's log.
    Unavailable(String),
}
