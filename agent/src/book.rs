//! The ledger as the agent sees it: reserve before signing, store before sending, conclude after.
//! How it is kept is an adapter's business.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use wire::UnixTime;

use crate::decisions::budget::{Denial, Facts, Micros};
use crate::decisions::draft::{Exposure, Payment};
use crate::decisions::purchase::{Fate, Stage};

/// What makes two requests the same purchase: at most one of a kind is open at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Errand {
    /// The HTTP method, or `TOOL`.
    pub method: &'static str,
    /// What was asked for, before redirects.
    pub url: String,
    /// The payment session; empty outside of any.
    pub session: String,
}

/// What is reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is for.
    pub errand: Errand,
    /// What is asked for with the payment, after redirects.
    pub target: String,
    /// Who sells: the URL's host, with its port where it names one.
    pub host: String,
    /// What it costs.
    pub price: Micros,
    /// What will be signed.
    pub exposure: Exposure,
    /// When.
    pub now: UnixTime,
    /// The spans of time whose sums the judgement wants.
    pub spans: Vec<Duration>,
}

/// A purchase's number in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PurchaseId(pub i64);

/// A purchase that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPurchase {
    /// Its number.
    pub id: PurchaseId,
    /// Reserved or signed.
    pub stage: Stage,
    /// When it was reserved.
    pub reserved: UnixTime,
    /// What is asked for with the payment.
    pub target: String,
    /// What may move. Before it is signed, what the reservation was made for.
    pub exposure: Exposure,
    /// The payment, once signed: the very bytes.
    pub payment: Option<Payment>,
}

/// What became of a wish to reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// Reserved: it counts from now on.
    Yes(PurchaseId),
    /// Not permitted.
    Denied(Denial),
    /// The same purchase is open already.
    Taken,
}

/// The judgement that a reservation has to pass, made while nobody else can reserve.
pub type Judgement<'a> = &'a dyn Fn(&Facts) -> Result<(), Denial>;

/// Keeps purchases. Every method is atomic across threads and processes, survives the sudden end of
/// the process, and blocks for the milliseconds that a disk takes.
pub trait Book: Send + Sync {
    /// The open purchase for this errand. Safe to repeat.
    fn open(&self, errand: &Errand) -> Result<Option<OpenPurchase>, BookError>;

    /// What is known that bears on this entry, without reservations that were left behind
    /// ([`SIGNING_MAX`](crate::decisions::purchase::SIGNING_MAX)). Safe to repeat.
    fn facts(&self, entry: &Entry) -> Result<Facts, BookError>;

    /// Judges and reserves in one step. Repeating it reserves nothing more: the first is open.
    fn reserve(&self, entry: &Entry, judge: Judgement<'_>) -> Result<Reserved, BookError>;

    /// Stores a payment before it is sent for the first time. False if the reservation was dropped
    /// meanwhile, or if another purchase was paid with the same authorization: then it must not be
    /// sent.
    fn signed(&self, id: PurchaseId, payment: &Payment, now: UnixTime) -> Result<bool, BookError>;

    /// Counts that somebody sends the stored payment again. False if the purchase is over.
    fn sending_again(&self, id: PurchaseId) -> Result<bool, BookError>;

    /// Drops a reservation that was never signed. False if it was signed after all.
    fn drop_unsigned(&self, id: PurchaseId, now: UnixTime) -> Result<bool, BookError>;

    /// Does to the reservation what its outcome asks for. Safe to repeat.
    fn conclude(&self, id: PurchaseId, fate: Fate, now: UnixTime) -> Result<(), BookError>;
}

/// The ledger cannot be read or written. Without it nothing is signed.
#[derive(Debug)]
pub struct BookError(Box<dyn Error + Send + Sync>);

impl BookError {
    /// For this reason.
    pub fn new(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ledger cannot be used: {}", self.0)
    }
}

impl Error for BookError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}
