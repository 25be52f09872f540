//! Faults on demand: what may go wrong, how each fault is spelled, and which one is next. It only
//! keeps the list; who finds a fault for its endpoint acts it out.

mod early;
mod queue;
mod spec;
mod table;

pub use early::Early;
pub use queue::{FAULTS_MAX, Faults};
pub use spec::{Endpoint, FaultSpec, FaultSpecError, Times};
pub use table::{Row, TABLE};

use std::fmt;
use std::time::Duration;

/// Something that goes wrong once. [`TABLE`] has the spelling of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection, or the answer on it, breaks.
    Trouble(Trouble, Moment),
    /// The facilitator answers something other than what it found, in a well-formed message.
    Answer(Answer),
    /// The RPC node sees another chain than the one there is.
    View(View),
}

/// Where a [`Trouble`] strikes. Only `settle` has an after: elsewhere nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the work: nothing has happened on chain.
    Before,
    /// After settling: the money has moved.
    AfterSettling,
}

/// What breaks on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The right answer comes late.
    Delay(Duration),
    /// There never is an answer.
    Hang,
    /// The connection is reset (a TCP RST, not an orderly end).
    Reset,
    /// This 5xx status with a body that is not JSON.
    ServerError(u16),
    /// 200 with a body that is not JSON.
    Garbage,
    /// A `Content-Length` larger than the body; then the connection ends.
    Truncated,
    /// A JSON body of more than ten megabytes.
    Huge,
    /// A body of one byte in every fifth of a second.
    Drip,
    /// 429 with this many seconds in `Retry-After`.
    TooManyRequests(u64),
    /// This redirect status to this URL.
    Redirect(u16, String),
}

/// A well-formed answer that is not what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Refuses for this reason, without looking at the payment and without settling.
    Refuse(String),
    /// Refuses as not yet valid, in one of the field's spellings, without settling.
    TooEarly(Early),
    /// Verifies without looking at the payment.
    Valid,
    /// Settles, but does not wait for the block: `settlement_pending` with the hash.
    Pending,
    /// Settles, then says that it failed, for this reason and with an empty hash.
    Failure(String),
    /// Says success, with something wrong about it.
    Lie(Lie),
}

/// What is wrong with a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Another payer.
    Payer,
    /// Another network.
    Network,
    /// Another amount.
    Amount,
    /// A hash of no transaction.
    Hash,
    /// No hash.
    EmptyHash,
    /// A text that is no hash.
    MalformedHash,
    /// `"success": "true"`, a text.
    SuccessAsText,
    /// No `success` at all.
    SuccessMissing,
    /// Nothing was settled: there is no transfer.
    NoTransfer,
}

/// How an RPC node is wrong about the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// It is this many blocks behind.
    Stale(u64),
    /// It has the opposite authorization state, and no receipts and logs.
    Disagree,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(trouble, moment) => write_trouble(f, trouble, *moment),
            Self::Answer(answer) => answer.fmt(f),
            Self::View(View::Stale(blocks)) => write!(f, "stale={blocks}"),
            Self::View(View::Disagree) => f.write_str("disagree"),
        }
    }
}

fn write_trouble(f: &mut fmt::Formatter<'_>, trouble: &Trouble, moment: Moment) -> fmt::Result {
    f.write_str(trouble.name())?;
    f.write_str(match moment {
        Moment::Before => "",
        Moment::AfterSettling => "-after-settling",
    })?;
    match trouble {
        Trouble::Delay(span) => write!(f, "={}", span.as_millis()),
        Trouble::ServerError(status) => write!(f, "={status}"),
        Trouble::TooManyRequests(seconds) => write!(f, "={seconds}"),
        Trouble::Redirect(status, url) => write!(f, "={status},{url}"),
        Trouble::Hang
        | Trouble::Reset
        | Trouble::Garbage
        | Trouble::Truncated
        | Trouble::Huge
        | Trouble::Drip => Ok(()),
    }
}

impl Trouble {
    fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::ServerError(_) => "5xx",
            Self::Garbage => "garbage",
            Self::Truncated => "truncated",
            Self::Huge => "huge",
            Self::Drip => "drip",
            Self::TooManyRequests(_) => "429",
            Self::Redirect(..) => "redirect",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse(reason) => write!(f, "refuse={reason}"),
            Self::TooEarly(early) => write!(f, "too-early={early}"),
            Self::Valid => f.write_str("valid"),
            Self::Pending => f.write_str("settlement-pending"),
            Self::Failure(reason) => write!(f, "failure-after-settling={reason}"),
            Self::Lie(lie) => f.write_str(match lie {
                Lie::Payer => "wrong-payer",
                Lie::Network => "wrong-network",
                Lie::Amount => "wrong-amount",
                Lie::Hash => "wrong-hash",
                Lie::EmptyHash => "empty-hash",
                Lie::MalformedHash => "malformed-hash",
                Lie::SuccessAsText => "success-as-text",
                Lie::SuccessMissing => "success-missing",
                Lie::NoTransfer => "no-transfer",
            }),
        }
    }
}
