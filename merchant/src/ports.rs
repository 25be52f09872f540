//! What the walk needs from the world: small traits in the domain's words, each saying whether a
//! call may be repeated. Adapters implement them; tests and the simulation implement them, too.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use wire::{PaymentKey, SettlementResponse, TxHash, UnixTime, VerifyResponse};

use crate::decisions::evidence::{Evidence, Question};
use crate::decisions::faults::{ContentFault, FacilitatorFault, LedgerFault};
use crate::decisions::object::{ObjectFacts, Want};
use crate::decisions::records::{
    Attempt, Claim, Entry, Named, ObjectPin, SettledRecord, VoidRecord,
};

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

    /// Takes over a claim that nobody works on, as its attempt of this number. Of any number of
    /// racing attempts exactly one wins. Safe to repeat with the same attempt.
    fn take_over(
        &self,
        key: &PaymentKey,
        number: u32,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<bool, LedgerFault>> + Send;

    /// Records that the holder of this number (0 for the claim itself) has stopped working in doubt,
    /// so that the next one need not wait for its lease to end. Safe to repeat.
    fn stop(
        &self,
        key: &PaymentKey,
        number: u32,
    ) -> impl Future<Output = Result<(), LedgerFault>> + Send;

    /// Records that the money never moved and never can. Safe to repeat.
    fn record_void(
        &self,
        key: &PaymentKey,
        record: &VoidRecord,
    ) -> impl Future<Output = Result<(), LedgerFault>> + Send;

    /// Does this transaction belong to this payment, as far as the ledger knows? Safe to repeat.
    fn owns(
        &self,
        key: &PaymentKey,
        transaction: TxHash,
    ) -> impl Future<Output = Result<bool, LedgerFault>> + Send;

    /// Which payment goes by the name with this hash. Safe to repeat.
    fn named(
        &self,
        identifier: &str,
    ) -> impl Future<Output = Result<Option<Named>, LedgerFault>> + Send;

    /// Gives the payment its payer's own name, by its hash. Returns whose it is: a name is given
    /// once. Safe to repeat.
    fn name(
        &self,
        identifier: &str,
        named: &Named,
    ) -> impl Future<Output = Result<Named, LedgerFault>> + Send;

    /// Records that the payment is settled by this transaction, for everyone who looks from now on,
    /// and over the end of the process. A transaction belongs to the first payment that it is
    /// recorded for, and besides to those whose own transfer was seen in it. Safe to repeat with the
    /// same record.
    fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> impl Future<Output = Result<Recorded, LedgerFault>> + Send;

    /// Makes what `record_settled` wrote outlast a power cut, too, where it does not yet. Nobody's
    /// answer has to wait for that: the claim is durable. Safe to repeat.
    fn persist(
        &self,
        _key: &PaymentKey,
        _record: &SettledRecord,
    ) -> impl Future<Output = Result<(), LedgerFault>> + Send {
        async { Ok(()) }
    }
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
    /// It is there.
    Done,
    /// The transaction is on record for another payment, and nobody has seen ours in it.
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

    /// What the object is, without its bytes. Safe to repeat.
    fn look(&self, key: &str) -> impl Future<Output = Result<ObjectFacts, ContentFault>> + Send {
        async move { self.open(key, &Want::whole()).await.map(|opened| opened.facts) }
    }

    /// Opens exactly the content that was opened before, or none. Safe to repeat.
    fn reopen(
        &self,
        pin: &ObjectPin,
        want: &Want,
    ) -> impl Future<Output = Result<Opened, ContentFault>> + Send {
        async move {
            let opened = self.open(&pin.key, want).await?;
            if opened.facts.pin == *pin { Ok(opened) } else { Err(ContentFault::Replaced) }
        }
    }
}

/// The chain itself, for when the facilitator's word is not enough.
pub trait Chain: Send + Sync {
    /// What the chain says about a payment; nothing where no endpoint is configured for its chain.
    /// Safe to repeat.
    fn evidence(&self, question: &Question) -> impl Future<Output = Option<Evidence>> + Send;
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
