//! Payments that the ledger knows: finding out what became of them, and sending again what was
//! bought. No money is asked for here that was not asked for before.

use wire::PaymentKey;

use super::answer::storage_refusal;
use super::time::{too_slow, within};
use super::{Bought, Course, Holder, Merchant, Sale, ledger_down};
use crate::decisions::budget;
use crate::decisions::codes::Code;
use crate::decisions::evidence::{Evidence, Question};
use crate::decisions::faults::ContentFault;
use crate::decisions::object::Want;
use crate::decisions::order::{Claimed, Order, Settled, Stop};
use crate::decisions::recall::{self, Known};
use crate::decisions::records::{Attempt, Claim, Entry, SettledRecord};
use crate::decisions::refusal::Refusal;
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger, Opened, Recorded};

impl<F: Facilitator, S: Content, L: Ledger, C: Clock, H: Chain> Merchant<F, S, L, C, H> {
    /// Answers a payment that is bound already.
    pub(super) async fn resume(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        course: &mut Course<'_>,
    ) -> Result<Bought, Stop> {
        let resource = sale.resource();
        let now = self.clock.now();
        match recall::judge(entry, sale.asker(&resource), self.rules.redelivery, now) {
            Known::Refuse(refusal) => Err(Stop::Refuse(refusal)),
            Known::Void(reason) => Err(Stop::Challenge(reason, None)),
            Known::Redeliver(settled) => self.redeliver(sale, key, entry, &settled).await,
            Known::TakeOver(number) => self.take_over(sale, key, entry, number, course).await,
        }
    }

    /// Answers a payment that was not verified. A copy of it may have been claimed since we looked,
    /// and have spent the nonce and the balance: that is no reason to ask for another payment.
    pub(super) async fn refused(
        &self,
        sale: &Sale<'_>,
        key: Option<PaymentKey>,
        stop: Stop,
        course: &mut Course<'_>,
    ) -> Result<Bought, Stop> {
        let may_be_a_copys = match &stop {
            Stop::Challenge(..) => true,
            Stop::Refuse(refusal) => refusal.code() == Code::PaymentAlreadyUsed,
            Stop::NotModified(_) | Stop::OutsideRange(_) => false,
        };
        match (key, may_be_a_copys) {
            (Some(key), true) => match self.recall(Some(&key)).await? {
                Some(entry) => self.resume(sale, key, &entry, course).await,
                None => Err(stop),
            },
            (Some(_) | None, _) => Err(stop),
        }
    }

    /// Another payment under the same name is the same purchase: it is not charged beside the first.
    pub(super) async fn resume_namesake(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        course: &mut Course<'_>,
    ) -> Result<Bought, Stop> {
        let resource = sale.resource();
        match recall::judge_namesake(
            entry,
            sale.asker(&resource),
            key,
            self.rules.redelivery,
            self.clock.now(),
        ) {
            Known::Redeliver(settled) => self.redeliver(sale, key, entry, &settled).await,
            Known::Refuse(refusal) => Err(Stop::Refuse(refusal)),
            Known::TakeOver(_) => self.find_namesake(sale, key, entry, course).await,
            Known::Void(_) => Err(Stop::Refuse(Refusal::new(Code::SettlementUnknown))),
        }
    }

    /// Finds out what became of the first payment, which its payer may never send again. Its bytes
    /// are not here to be settled: only the chain can tell.
    async fn find_namesake(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        course: &mut Course<'_>,
    ) -> Result<Bought, Stop> {
        let Claim { requirements, claimed_at, valid_before, .. } = &entry.claim;
        let question = Question::new(key, requirements, *claimed_at, *valid_before);
        let evidence = self.ask_chain(question).await;
        self.bury(&key, evidence).await;
        let Some(Evidence::Settled(transaction)) = evidence else {
            return Err(Stop::Refuse(Refusal::new(Code::SettlementUnknown)));
        };
        let order = Order::recorded(key, requirements, sale.payment);
        let found = Claimed::taken_over(order).found_settled(transaction);
        let settled = self.record(found, *claimed_at, course).await?;
        if !self.recognises(sale, &entry.claim) {
            return Err(Stop::Refuse(Refusal::new(Code::PaymentIdentifierConflict)));
        }
        Ok(Bought { settled, opened: self.reopen(entry, &sale.want).await?, again: true })
    }

    /// Sends again what was bought: the version that was bought, or none.
    async fn redeliver(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        settled: &SettledRecord,
    ) -> Result<Bought, Stop> {
        if !settled.seen && !self.holds(&key, settled).await? {
            return Err(Stop::Refuse(Refusal::new(Code::SettlementUnknown)));
        }
        let order = Order::recorded(key, &entry.claim.requirements, sale.payment);
        let opened = self.reopen(entry, &sale.want).await?;
        Ok(Bought { settled: Settled::on_record(order, settled), opened, again: true })
    }

    /// Is the transaction on record as this payment's, or free to be? A power cut may have taken that
    /// record and left the settlement's.
    async fn holds(&self, key: &PaymentKey, settled: &SettledRecord) -> Result<bool, Stop> {
        let owns = self.ledger.owns(key, settled.transaction);
        let owns = within(&self.clock, budget::STORAGE, owns).await.unwrap_or_else(too_slow);
        if owns.map_err(|fault| ledger_down(&fault))? {
            return Ok(true);
        }
        let again = self.ledger.record_settled(key, settled);
        let again = within(&self.clock, budget::STORAGE, again).await.unwrap_or_else(too_slow);
        Ok(again.map_err(|fault| ledger_down(&fault))? == Recorded::Done)
    }

    /// Takes over a payment that nobody works on, and finds out what became of it.
    async fn take_over(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        number: u32,
        course: &mut Course<'_>,
    ) -> Result<Bought, Stop> {
        let now = self.clock.now();
        let attempt = Attempt::new(self.clock.fresh_id(), now);
        let taking = self.ledger.take_over(&key, number, &attempt);
        let won = within(&self.clock, budget::STORAGE, taking).await.unwrap_or_else(too_slow);
        if !won.map_err(|fault| ledger_down(&fault))? {
            return Err(Stop::Refuse(Refusal::new(Code::SettlementInProgress)));
        }
        let order = Order::recorded(key, &entry.claim.requirements, sale.payment);
        let claimed = Claimed::taken_over(order);
        let holder = Holder { number, since: entry.claim.claimed_at };
        let opened = self.reopen(entry, &Want::whole()).await;

        // What stands on the chain can be presented by anyone who reads it there, and before our own
        // endpoints show it. So who asks is recognised before any money moves, not by what moved.
        let recognised = self.recognises(sale, &entry.claim);
        let deliverable = opened.is_ok() && recognised;
        let settled = self.find_out(claimed, holder, deliverable, entry, course).await?;
        if recognised {
            return Ok(Bought { settled, opened: opened?, again: false });
        }
        Err(Stop::Refuse(Refusal::new(Code::PaymentAlreadyUsed)))
    }

    /// Does the asker prove to be who made a purchase that is in doubt?
    fn recognises(&self, sale: &Sale<'_>, claim: &Claim) -> bool {
        let (now, resource) = (self.clock.now(), sale.resource());
        let (since, asker) = (now.min(claim.valid_before), sale.asker(&resource));
        recall::is_the_buyer(claim, asker, self.rules.redelivery, since, now)
    }

    /// What became of the payment. It is sent again only if the object can be delivered then.
    async fn find_out(
        &self,
        claimed: Claimed,
        holder: Holder,
        deliverable: bool,
        entry: &Entry,
        course: &mut Course<'_>,
    ) -> Result<Settled, Stop> {
        let evidence = self.evidence(claimed.order(), holder.since).await;
        self.bury(claimed.order().key(), evidence).await;
        match evidence {
            Some(Evidence::Settled(transaction)) => {
                let found = claimed.found_settled(transaction);
                self.record(found, holder.since, course).await
            }
            Some(Evidence::Void(cause)) => Err(claimed.found_void(cause)),
            Some(Evidence::Open | Evidence::Unknown) | None => {
                let in_time = self.clock.now() < entry.claim.valid_before;
                // What could not be delivered is not charged, and what is over cannot be.
                if !in_time || !deliverable {
                    self.stop(claimed.order().key(), holder).await;
                    return Err(claimed.left_in_doubt());
                }
                self.settle(claimed, holder, course).await
            }
        }
    }

    async fn reopen(&self, entry: &Entry, want: &Want) -> Result<Opened, Stop> {
        let opening = self.content.reopen(&entry.claim.object, want);
        let opened = within(&self.clock, budget::STORAGE, opening).await;
        let late = || Err(ContentFault::Unavailable("no answer in time".into()));
        opened.unwrap_or_else(late).map_err(|fault| match fault {
            ContentFault::OutsideRange(size) => Stop::OutsideRange(size),
            ContentFault::NotModified(facts) => Stop::NotModified(facts),
            // It was there when it was bought.
            ContentFault::Missing | ContentFault::Replaced => {
                Stop::Refuse(Refusal::new(Code::ObjectGone))
            }
            ContentFault::Unavailable(_) => Stop::Refuse(storage_refusal(&fault)),
        })
    }
}
