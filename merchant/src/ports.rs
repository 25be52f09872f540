//! What the walk needs from the world: small traits in the domain's words, each saying whether a
//! call may be repeated. Adapters implement them; tests and the simulation implement them, too.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use wire::{PaymentKey, SettlementResponse, TxHash, UnixTime, VerifyResponse};

use crate::decisions::faults::{ContentFault, FacilitatorFault, LedgerFault};
use crate::decisions::object::{ObjectFacts, Want};
use crate::decisions::records::{Claim, Entry, SettledRecord};

/// Verifies and settles payments.
pub trait Facilitator: Send + Sync {
    /// Would this payment settle now? Safe to repeat.
    fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> impl Future<Output = Result<VerifyResponse, FacilitatorFault>> + Send;

    /// Moves the money. Safe to repeat with the same bytes and with no others: the chain spends an
    /// authorization once. A fault does not say that nothing moved.
    fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> impl Future<Output = Result<SettlementResponse, FacilitatorFault>> + Send;
}

/// Remembers what became of each payment. Creates records and never changes one.
pub trait Ledger: Send + Sync {
    /// What is known of the payment. Safe to repeat.
    fn recall(
        &self,
        key: &PaymentKey,
    ) -> impl Future<Output = Result<Option<Entry>, LedgerFault>> + Send;

    /// Binds the payment to a resource, durably. Of any number of racing claims exactly one wins.
    /// Safe to repeat with the same claim: it wins again.
    fn claim(
        &self,
        key: &PaymentKey,
        claim: &Claim,
    ) -> impl Future<Output = Result<Claimed, LedgerFault>> + Send;

    /// Records that the payment is settled by this transaction, and that the transaction belongs to
    /// this payment and no other. Safe to repeat with the same record.
    fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> impl Future<Output = Result<Recorded, LedgerFault>> + Send;
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Claimed {
    /// The payment is bound to our resource, by us.
    Won,
    /// Somebody else was first.
    Taken(Box<Entry>),
}

/// How the record of a settlement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is durable.
    Done,
    /// The transaction is on record for another payment.
    BoundElsewhere(TxHash),
}

/// The objects that are for sale.
pub trait Content: Send + Sync {
    /// Opens an object for reading, so that what was opened before the money moved is what is sent
    /// after. Safe to repeat.
    fn open(
        &self,
        key: &str,
        want: &Want,
    ) -> impl Future<Output = Result<Opened, ContentFault>> + Send;
}

/// An object, opened: what it is, and its bytes, not read yet.
pub struct Opened {
    /// What it is.
    pub facts: ObjectFacts,
    /// Exactly the bytes of `facts.range`. An error ends it; whoever sends it must then break the
    /// connection, so that nobody takes a part for the whole.
    pub body: BoxStream<'static, Result<Bytes, ContentFault>>,
}

/// Time and chance, so that tests can hold both.
pub trait Clock: Send + Sync {
    /// The time of day, for windows and leases.
    fn now(&self) -> UnixTime;

    /// A time that never jumps, for budgets: how long it is since some moment in the past.
    fn uptime(&self) -> Duration;

    /// Waits.
    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send;

    /// A name that nobody else has: 32 hexadecimal digits.
    fn fresh_id(&self) -> String;
}
