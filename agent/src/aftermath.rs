//! What is known after a payment left and no content came: what may still move, and what the last
//! attempt ended with.

use std::fmt;

use wire::TxHash;

use crate::decisions::draft::Exposure;
use crate::server_text::ServerText;

/// What is known after a payment was sent and no content came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aftermath {
    /// What may still move, and until when.
    pub exposure: Exposure,
    /// How often the same bytes were sent.
    pub attempts: u32,
    /// What the last attempt ended with.
    pub last: SendDoubt,
}

/// How an attempt to deliver a payment ended, other than with content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendDoubt {
    /// No connection: this attempt sent nothing.
    NoConnection,
    /// No answer in time.
    NoAnswer,
    /// The connection broke.
    Broken,
    /// The server answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The server's code for what went wrong.
        code: Option<ServerText>,
        /// The transaction that the server names.
        transaction: Option<TxHash>,
        /// Where a redirect leads.
        location: Option<ServerText>,
    },
}

impl fmt::Display for SendDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection => f.write_str("no connection"),
            Self::NoAnswer => f.write_str("no answer in time"),
            Self::Broken => f.write_str("the connection broke"),
            Self::Answered { status, code, .. } => {
                write!(f, "status {status}{}", Suffix(code.as_ref()))
            }
        }
    }
}

/// A server's code behind a status, if there is one.
pub(crate) struct Suffix<'a>(pub(crate) Option<&'a ServerText>);

impl fmt::Display for Suffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}
