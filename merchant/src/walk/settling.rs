//! After the claim: moving the money, finding out what became of it, and writing it down. The object
//! goes out when that stands written; that it also outlasts a power cut may follow (ADR 0014).

use wire::{PaymentKey, TxHash, UnixTime};

use super::time::{Budget, too_slow, within};
use super::{Course, Holder, Merchant, Onchain, Trace};
use crate::decisions::budget;
use crate::decisions::evidence::{Evidence, Question};
use crate::decisions::order::{AfterSettle, Claimed, Order, Settled, Stop, Unsettled};
use crate::decisions::records::{SettledRecord, VoidRecord};
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger, Recorded};

/// A settlement that is on record, and might not outlast a power cut yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the record of money that moved must last"]
pub struct Owed {
    key: PaymentKey,
    record: SettledRecord,
}

impl<F: Facilitator, S: Content, L: Ledger, C: Clock, H: Chain> Merchant<F, S, L, C, H> {
    /// Makes a settlement's record last. Its answer may be on its way by then: should a power cut
    /// take the record, the claim is still there, and the next request with the payment finds out
    /// what became of it.
    pub async fn persist(&self, Owed { key, record }: Owed) {
        let persisting = self.ledger.persist(&key, &record);
        let persisted = within(&self.clock, budget::STORAGE, persisting).await;
        if let Err(fault) = persisted.unwrap_or_else(too_slow) {
            tracing::error!(payment.key = %key, ?fault, "could not make a record last");
        }
    }

    /// Moves the money, or finds out from the chain that it moved, and records it.
    pub(super) async fn settle(
        &self,
        claimed: Claimed,
        holder: Holder,
        course: &mut Course<'_>,
    ) -> Result<Settled, Stop> {
        let order = claimed.order().clone();
        let settled = match self.submit(claimed, course.trace).await {
            Ok(settled) if self.rules.onchain == Onchain::Always => {
                let evidence = self.evidence(&order, holder.since).await;
                if matches!(evidence, Some(Evidence::Open | Evidence::Void(_))) {
                    let key = order.key();
                    tracing::error!(payment.key = %key, "a success that the chain does not show");
                }
                settled.seen(evidence)
            }
            Ok(settled) => Ok(settled),
            Err(unsettled) => {
                let evidence = self.evidence(&order, holder.since).await;
                self.bury(order.key(), evidence).await;
                unsettled.weigh(evidence)
            }
        };
        let recorded = match settled {
            Ok(settled) => self.record(settled, holder.since, course).await,
            Err(stop) => Err(stop),
        };
        if recorded.is_err() {
            // The next request need not wait for a lease that nobody uses any more.
            self.stop(order.key(), holder).await;
        }
        recorded
    }

    async fn submit(&self, claimed: Claimed, trace: &mut Trace) -> Result<Settled, Unsettled> {
        let mut left = Budget::new(&self.clock, budget::SETTLE);
        let mut claimed = claimed;
        loop {
            let answer = self.facilitator.settle(claimed.order().ask(), left.limit()).await;
            if let Err(fault) = &answer {
                let key = claimed.order().key();
                tracing::error!(payment.key = %key, ?fault, "a settlement is in doubt");
            }
            let (key, praised) =
                (*claimed.order().key(), answer.as_ref().is_ok_and(|it| it.success));
            match claimed.judge(answer, self.clock.now()) {
                AfterSettle::End(unsettled) if praised => {
                    tracing::error!(payment.key = %key, "a success that does not fit the payment");
                    return Err(unsettled);
                }
                AfterSettle::Serve(settled) => return Ok(settled),
                AfterSettle::End(unsettled) => return Err(unsettled),
                AfterSettle::SendAgain(again, wait) => {
                    trace.waited |= !wait.is_zero();
                    left.pause(wait).await;
                    claimed = again;
                }
            }
        }
    }

    /// Records the settlement. If only that fails, the object is sent all the same: the claim is
    /// durable, so the payment cannot be bound a second time.
    pub(super) async fn record(
        &self,
        settled: Settled,
        since: UnixTime,
        course: &mut Course<'_>,
    ) -> Result<Settled, Stop> {
        let recorded = match self.bound_elsewhere(&settled, course).await {
            None => settled,
            Some(transaction) => {
                // Several payments in one transaction, or a facilitator that takes one for another:
                // the chain knows which.
                let evidence = self.evidence(settled.order(), since).await;
                let key = *settled.order().key();
                let seen = settled.seen(evidence).inspect_err(|_| {
                    tracing::error!(
                        payment.key = %key, settlement.transaction = %transaction,
                        "the facilitator names a transaction that belongs to another payment"
                    );
                })?;
                self.bound_elsewhere(&seen, course).await;
                seen
            }
        };
        course.trace.transaction = Some(recorded.settlement().transaction);
        Ok(recorded)
    }

    /// Writes the settlement down, unless its transaction is another payment's.
    async fn bound_elsewhere(&self, settled: &Settled, course: &mut Course<'_>) -> Option<TxHash> {
        let record = SettledRecord::new(settled, self.clock.now());
        let key = *settled.order().key();
        let recording = self.ledger.record_settled(&key, &record);
        match within(&self.clock, budget::STORAGE, recording).await.unwrap_or_else(too_slow) {
            Ok(Recorded::Done) => {
                course.owed = Some(Owed { key, record });
                None
            }
            Ok(Recorded::BoundElsewhere(transaction)) => Some(transaction),
            Err(fault) => {
                tracing::error!(payment.key = %key, ?fault, "could not record the settlement");
                None
            }
        }
    }

    /// Asks the chain, where the operator wants it asked.
    pub(super) async fn evidence(&self, order: &Order, since: UnixTime) -> Option<Evidence> {
        let end = order.authorization().valid_before;
        self.ask_chain(Question::new(*order.key(), order.requirements(), since, end)).await
    }

    pub(super) async fn ask_chain(&self, question: Option<Question>) -> Option<Evidence> {
        let question = question.filter(|_| self.rules.onchain != Onchain::Off)?;
        let asking = within(&self.clock, budget::EVIDENCE, self.chain.evidence(&question));
        asking.await.unwrap_or(Some(Evidence::Unknown))
    }

    /// Records a payment that is proven void. Only a shortcut for the next request: if it fails, the
    /// chain says the same again.
    pub(super) async fn bury(&self, key: &PaymentKey, evidence: Option<Evidence>) {
        if let Some(Evidence::Void(cause)) = evidence {
            let record = VoidRecord { cause, found_at: self.clock.now() };
            let recording = self.ledger.record_void(key, &record);
            let _ = within(&self.clock, budget::STORAGE, recording).await;
        }
    }

    /// Lets go of a payment that stays in doubt.
    pub(super) async fn stop(&self, key: &PaymentKey, holder: Holder) {
        let stopping = self.ledger.stop(key, holder.number);
        let _ = within(&self.clock, budget::STORAGE, stopping).await;
    }
}
