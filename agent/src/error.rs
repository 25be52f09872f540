//! Why a purchase did not end with content. Variants are what a caller can decide on; the facts
//! ride along, and no text of a server is passed on uncleaned.

use std::error::Error;
use std::fmt;

use wire::WireError;

use crate::aftermath::{Aftermath, Suffix};
use crate::book::BookError;
use crate::decisions::budget::Denial;
use crate::decisions::choice::Declined;
use crate::decisions::draft::NotAsAsked;
use crate::decisions::guard::Blocked;
use crate::decisions::refusal::Refusal;
use crate::decisions::skew::Skew;
use crate::decisions::target::TargetError;
use crate::server_text::ServerText;
use crate::signer::SignerError;
use crate::world::NoRandomness;

/// Why a purchase did not end with content.
#[derive(Debug)]
pub enum PayError {
    /// The URL cannot be asked for.
    InvalidUrl(TargetError),
    /// Plain http to another machine: anyone on the way could redirect the payment.
    InsecureTransport,
    /// The guard does not let requests out to this host.
    BlockedAddress(Blocked),
    /// The server redirects to another origin before payment.
    CrossOriginRedirect(ServerText),
    /// The server redirects in circles.
    TooManyRedirects,
    /// The server cannot be reached.
    Unreachable(Box<dyn Error + Send + Sync>),
    /// The server did not answer the unpaid request in time.
    TimedOut,
    /// The server answered the unpaid request with neither content nor a challenge.
    UnexpectedStatus {
        /// The HTTP status.
        status: u16,
        /// The server's code.
        code: Option<ServerText>,
    },
    /// A tool's server refuses the unpaid call with an error of its protocol.
    ToolRefused {
        /// The JSON-RPC error code.
        code: i32,
    },
    /// The challenge is larger than any honest one.
    ChallengeTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The challenge cannot be read.
    InvalidChallenge(WireError),
    /// None of the offers is acceptable.
    Refused(Vec<Declined>),
    /// Our clock and the server's are too far apart to sign anything that ends at a time.
    ClockSkew(Skew),
    /// Policy, a budget or the payment session does not permit it.
    Denied(Denial),
    /// The same thing is being bought already, by another task or process.
    InProgress,
    /// The ledger cannot be used. Without it nothing is signed.
    Ledger(BookError),
    /// The payment would not fit into a header that servers accept.
    PaymentTooLarge,
    /// No random bytes for a nonce.
    NoRandomness(NoRandomness),
    /// The wallet did not sign.
    NotSigned(SignerError),
    /// The wallet signed something else.
    SignedElse(NotAsAsked),
    /// Signed, but no byte of the payment has left this machine: nothing can move.
    NotSent(Box<dyn Error + Send + Sync>),
    /// Sent, and what became of it is not known.
    Unknown(Box<Aftermath>),
    /// Sent, and answered with another challenge. There was no second signature.
    Rechallenged(Box<Aftermath>),
    /// Sent, and answered with a redirect, which was not followed.
    RedirectedAfterPayment(Box<Aftermath>),
    /// Sent, and the server says that the payment is bound to something else.
    Conflict(Box<Aftermath>),
    /// Sent, and the server does not serve this payer.
    Blocked(Box<Aftermath>),
    /// Sent, and refused for another reason.
    Rejected(Box<Aftermath>),
    /// The content is larger than allowed.
    BodyTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The content broke off.
    BodyInterrupted {
        /// Bytes that arrived.
        received: u64,
    },
}

impl PayError {
    /// The stable code. Programs match on it; it never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidUrl(_) => "invalid_url",
            Self::InsecureTransport => "insecure_transport",
            Self::BlockedAddress(_) => "blocked_address",
            Self::CrossOriginRedirect(_) => "cross_origin_redirect",
            Self::TooManyRedirects => "too_many_redirects",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
            Self::UnexpectedStatus { .. } => "unexpected_status",
            Self::ToolRefused { .. } => "tool_refused",
            Self::ChallengeTooLarge { .. } => "challenge_too_large",
            Self::InvalidChallenge(_) => "invalid_challenge",
            Self::Refused(declined) => telling(declined).map_or("no_offer", Refusal::code),
            Self::ClockSkew(_) => "clock_skew",
            Self::Denied(denial) => denial.code(),
            Self::InProgress => "purchase_in_progress",
            Self::Ledger(_) => "ledger_unusable",
            Self::PaymentTooLarge => "payment_too_large",
            Self::NoRandomness(_) => "no_randomness",
            Self::NotSigned(SignerError::Unanswered(_)) => "wallet_unanswered",
            Self::NotSigned(SignerError::Declined(_) | SignerError::Unavailable(_)) => "not_signed",
            Self::SignedElse(_) => "signed_something_else",
            Self::NotSent(_) => "payment_not_sent",
            Self::Unknown(_) => "payment_unknown",
            Self::Rechallenged(_) => "payment_rechallenged",
            Self::RedirectedAfterPayment(_) => "redirect_after_payment",
            Self::Conflict(_) => "payment_conflict",
            Self::Blocked(_) => "payment_blocked",
            Self::Rejected(_) => "payment_rejected",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyInterrupted { .. } => "body_interrupted",
        }
    }

    /// What is known of the payment, if one was sent. Without it, nothing can have moved, except
    /// for a body that broke off: there the receipt tells.
    #[must_use]
    pub fn aftermath(&self) -> Option<&Aftermath> {
        match self {
            Self::Unknown(it)
            | Self::Rechallenged(it)
            | Self::RedirectedAfterPayment(it)
            | Self::Conflict(it)
            | Self::Blocked(it)
            | Self::Rejected(it) => Some(it),
            Self::InvalidUrl(_)
            | Self::InsecureTransport
            | Self::BlockedAddress(_)
            | Self::CrossOriginRedirect(_)
            | Self::TooManyRedirects
            | Self::Unreachable(_)
            | Self::TimedOut
            | Self::UnexpectedStatus { .. }
            | Self::ToolRefused { .. }
            | Self::ChallengeTooLarge { .. }
            | Self::InvalidChallenge(_)
            | Self::Refused(_)
            | Self::ClockSkew(_)
            | Self::Denied(_)
            | Self::InProgress
            | Self::Ledger(_)
            | Self::PaymentTooLarge
            | Self::NoRandomness(_)
            | Self::NotSigned(_)
            | Self::SignedElse(_)
            | Self::NotSent(_)
            | Self::BodyTooLarge { .. }
            | Self::BodyInterrupted { .. } => None,
        }
    }
}

/// The refusal of the offer that came farthest.
fn telling(declined: &[Declined]) -> Option<Refusal> {
    declined.iter().map(|it| it.refusal).max()
}

impl fmt::Display for PayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl(why) => why.fmt(f),
            Self::InsecureTransport => {
                f.write_str("plain http to another machine: a payment could be intercepted")
            }
            Self::BlockedAddress(why) => why.fmt(f),
            Self::CrossOriginRedirect(to) => write!(f, "the server redirects elsewhere: {to}"),
            Self::TooManyRedirects => f.write_str("the server redirects too often"),
            Self::Unreachable(why) => {
                write!(f, "the server cannot be reached: {}", root(why.as_ref()))
            }
            Self::TimedOut => f.write_str("the server did not answer in time"),
            Self::UnexpectedStatus { status, code } => {
                write!(f, "the server answered {status}{}", Suffix(code.as_ref()))
            }
            Self::ToolRefused { code } => write!(f, "the server refuses the call: error {code}"),
            Self::ChallengeTooLarge { limit } => {
                write!(f, "the challenge is larger than {limit} bytes")
            }
            Self::InvalidChallenge(why) => write!(f, "the challenge cannot be read: {why}"),
            Self::Refused(declined) => match telling(declined) {
                None => f.write_str("the challenge contains no offer"),
                Some(refusal) if declined.len() == 1 => {
                    write!(f, "the offer is not acceptable: {refusal}")
                }
                Some(refusal) => {
                    let count = declined.len();
                    write!(f, "none of {count} offers is acceptable; the nearest: {refusal}")
                }
            },
            Self::ClockSkew(skew) => skew.fmt(f),
            Self::Denied(denial) => denial.fmt(f),
            Self::InProgress => f.write_str("the same purchase is under way already"),
            Self::Ledger(why) => why.fmt(f),
            Self::PaymentTooLarge => f.write_str("the payment would not fit into a header"),
            Self::NoRandomness(why) => why.fmt(f),
            Self::NotSigned(why) => why.fmt(f),
            Self::SignedElse(why) => why.fmt(f),
            Self::NotSent(why) => {
                write!(f, "signed, but not sent, nothing was paid: {}", root(why.as_ref()))
            }
            Self::Unknown(it) => write!(f, "sent, outcome unknown: {}", it.last),
            Self::Rechallenged(it) => {
                write!(f, "sent, and the server asks to be paid again: {}", it.last)
            }
            Self::RedirectedAfterPayment(it) => {
                write!(f, "sent, and the server redirects: {}", it.last)
            }
            Self::Conflict(it) => {
                write!(f, "sent, and the server has bound it to something else: {}", it.last)
            }
            Self::Blocked(it) => write!(f, "sent, and the server refuses the payer: {}", it.last),
            Self::Rejected(it) => write!(f, "sent, and the server refuses it: {}", it.last),
            Self::BodyTooLarge { limit } => write!(f, "the content is larger than {limit} bytes"),
            Self::BodyInterrupted { received } => {
                write!(f, "the content broke off after {received} bytes")
            }
        }
    }
}

/// The innermost cause. HTTP libraries wrap it in sentences that repeat the URL.
fn root<'a>(error: &'a (dyn Error + Send + Sync + 'static)) -> &'a dyn Error {
    let mut error: &dyn Error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

impl Error for PayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Unreachable(why) | Self::NotSent(why) = self {
            return Some(why.as_ref());
        }
        if let Self::InvalidChallenge(why) = self {
            return Some(why);
        }
        if let Self::Ledger(why) = self {
            return Some(why);
        }
        if let Self::NotSigned(why) = self { Some(why) } else { None }
    }
}
