//! The merchant's neighbours with a stopwatch: how long each call took, and what came of it. Changes
//! no answer but one: an object that no response can hold is not opened.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use wire::{PaymentKey, SettlementResponse, TxHash, VerifyResponse};

use crate::decisions::faults::{ContentFault, FacilitatorFault, LedgerFault};
use crate::decisions::object::{ObjectFacts, Want};
use crate::decisions::records::{
    Attempt, Claim, Entry, Named, ObjectPin, SettledRecord, VoidRecord,
};
use crate::ports::{Claimed, Content, Facilitator, Ledger, Opened, Recorded};

/// Most bytes that a function URL streams (AWS Lambda quotas, "Streamed response payload").
pub(super) const STREAM_BYTES_MAX: u64 = 200 * 1024 * 1024;

/// What happened during one invocation. There is one at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Tally>>);

/// The counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tally {
    /// How long each call of the facilitator took.
    pub(super) facilitator: Vec<Duration>,
    /// How long each operation of ledger and content took.
    pub(super) storage: Vec<Duration>,
    /// Calls of the facilitator without a verdict.
    pub(super) facilitator_failures: u32,
    /// Operations of ledger or content without a result.
    pub(super) storage_failures: u32,
    /// Payments that the facilitator would settle.
    pub(super) verified: u32,
    /// Settlements that were recorded: asset and amount in atomic units.
    pub(super) settled: Vec<(String, f64)>,
}

impl Meter {
    /// What happened since the last time.
    pub(super) fn take(&self) -> Tally {
        self.0.lock().map(|mut it| std::mem::take(&mut *it)).unwrap_or_default()
    }

    /// The neighbour, measured.
    pub(super) fn on<T>(&self, inner: T) -> Metered<T> {
        Metered { inner, meter: self.clone() }
    }

    fn note(&self, change: impl FnOnce(&mut Tally)) {
        if let Ok(mut tally) = self.0.lock() {
            change(&mut tally);
        }
    }
}

/// A neighbour, measured.
#[derive(Debug)]
pub(super) struct Metered<T> {
    inner: T,
    meter: Meter,
}

impl<T> Metered<T> {
    async fn asked<R>(
        &self,
        call: impl Future<Output = Result<R, FacilitatorFault>>,
    ) -> Result<R, FacilitatorFault> {
        let (answer, took) = timed(call).await;
        self.meter.note(|tally| {
            tally.facilitator.push(took);
            tally.facilitator_failures += u32::from(answer.is_err());
        });
        answer
    }

    async fn stored<R, E>(
        &self,
        operation: impl Future<Output = Result<R, E>>,
        failed: fn(&E) -> bool,
    ) -> Result<R, E> {
        let (result, took) = timed(operation).await;
        self.meter.note(|tally| {
            tally.storage.push(took);
            tally.storage_failures += u32::from(result.as_ref().is_err_and(failed));
        });
        result
    }
}

#[expect(clippy::disallowed_methods, reason = "latencies of neighbours are measured here")]
async fn timed<R>(future: impl Future<Output = R>) -> (R, Duration) {
    let begun = Instant::now();
    (future.await, begun.elapsed())
}

impl<F: Facilitator> Facilitator for Metered<F> {
    async fn verify(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<VerifyResponse, FacilitatorFault> {
        let answer = self.asked(self.inner.verify(ask, limit)).await;
        let valid = answer.as_ref().is_ok_and(|it| it.is_valid);
        self.meter.note(|tally| tally.verified += u32::from(valid));
        answer
    }

    async fn settle(
        &self,
        ask: &Bytes,
        limit: Duration,
    ) -> Result<SettlementResponse, FacilitatorFault> {
        self.asked(self.inner.settle(ask, limit)).await
    }
}

impl<S: Content> Content for Metered<S> {
    async fn open(&self, key: &str, want: &Want) -> Result<Opened, ContentFault> {
        fitting(self.stored(self.inner.open(key, want), is_down).await?)
    }

    async fn look(&self, key: &str) -> Result<ObjectFacts, ContentFault> {
        self.stored(self.inner.look(key), is_down).await
    }

    async fn reopen(&self, pin: &ObjectPin, want: &Want) -> Result<Opened, ContentFault> {
        fitting(self.stored(self.inner.reopen(pin, want), is_down).await?)
    }
}

fn is_down(fault: &ContentFault) -> bool {
    matches!(fault, ContentFault::Unavailable(_))
}

/// What no response can hold is refused before the money moves.
fn fitting(opened: Opened) -> Result<Opened, ContentFault> {
    if opened.facts.range.end - opened.facts.range.start > STREAM_BYTES_MAX {
        let why = "the object is larger than a function URL streams; set content.redirect_above";
        return Err(ContentFault::Unavailable(why.into()));
    }
    Ok(opened)
}

impl<L: Ledger> Ledger for Metered<L> {
    async fn recall(&self, key: &PaymentKey) -> Result<Option<Entry>, LedgerFault> {
        self.stored(self.inner.recall(key), |_| true).await
    }

    async fn claim(&self, key: &PaymentKey, claim: &Claim) -> Result<Claimed, LedgerFault> {
        self.stored(self.inner.claim(key, claim), |_| true).await
    }

    async fn take_over(
        &self,
        key: &PaymentKey,
        number: u32,
        attempt: &Attempt,
    ) -> Result<bool, LedgerFault> {
        self.stored(self.inner.take_over(key, number, attempt), |_| true).await
    }

    async fn stop(&self, key: &PaymentKey, number: u32) -> Result<(), LedgerFault> {
        self.stored(self.inner.stop(key, number), |_| true).await
    }

    async fn record_void(&self, key: &PaymentKey, record: &VoidRecord) -> Result<(), LedgerFault> {
        self.stored(self.inner.record_void(key, record), |_| true).await
    }

    async fn owns(&self, key: &PaymentKey, transaction: TxHash) -> Result<bool, LedgerFault> {
        self.stored(self.inner.owns(key, transaction), |_| true).await
    }

    async fn named(&self, identifier: &str) -> Result<Option<Named>, LedgerFault> {
        self.stored(self.inner.named(identifier), |_| true).await
    }

    async fn name(&self, identifier: &str, named: &Named) -> Result<Named, LedgerFault> {
        self.stored(self.inner.name(identifier, named), |_| true).await
    }

    async fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> Result<Recorded, LedgerFault> {
        // The money moved, whether or not the record can be written.
        let asset = format!("eip155:{}/{}", key.chain_id, key.asset);
        let amount = record.amount.to_string().parse().unwrap_or_default();
        self.meter.note(|tally| tally.settled.push((asset, amount)));
        self.stored(self.inner.record_settled(key, record), |_| true).await
    }

    async fn persist(&self, key: &PaymentKey, record: &SettledRecord) -> Result<(), LedgerFault> {
        self.inner.persist(key, record).await
    }
}
