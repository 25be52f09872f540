//! Payments that the ledger knows: finding out what became of them, and sending again what was
//! bought. No money is asked for here that was not asked for before.

use wire::PaymentKey;

use super::answer::storage_refusal;
use super::time::within;
use super::{Bought, Holder, Merchant, Sale, Trace, ledger_down};
use crate::decisions::budget;
use crate::decisions::codes::Code;
use crate::decisions::evidence::Evidence;
use crate::decisions::faults::{ContentFault, LedgerFault};
use crate::decisions::object::Want;
use crate::decisions::order::{Claimed, Order, Settled, Stop};
use crate::decisions::recall::{self, Known};
use crate::decisions::records::{Attempt, Entry, SettledRecord};
use crate::decisions::refusal::Refusal;
use crate::ports::{Chain, Clock, Content, Facilitator, Ledger, Opened};

impl<F: Facilitator, S: Content, L: Ledger, C: Clock, H: Chain> Merchant<F, S, L, C, H> {
    /// Answers a payment that is bound already.
    pub(super) async fn resume(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        trace: &mut Trace,
    ) -> Result<Bought, Stop> {
        let resource = sale.resource();
        let now = self.clock.now();
        match recall::judge(entry, sale.asker(&resource), self.rules.redelivery, now) {
            Known::Refuse(refusal) => Err(Stop::Refuse(refusal)),
            Known::Void(reason) => Err(Stop::Challenge(reason, None)),
            Known::Redeliver(settled) => self.redeliver(sale, key, entry, &settled).await,
            Known::TakeOver(number) => self.take_over(sale, key, entry, number, trace).await,
        }
    }

    /// Another payment under the same name is the same purchase: it is not charged beside the first.
    pub(super) async fn resume_namesake(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
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
            Known::Void(_) | Known::TakeOver(_) => {
                Err(Stop::Refuse(Refusal::new(Code::SettlementUnknown)))
            }
        }
    }

    /// The purchase that goes by the same name, if it is another one and still stands.
    pub(super) async fn namesake(
        &self,
        sale: &Sale<'_>,
        key: Option<&PaymentKey>,
    ) -> Result<Option<(PaymentKey, Entry)>, Stop> {
        let Some(identifier) = sale.identifier.as_deref() else { return Ok(None) };
        let named = within(&self.clock, budget::STORAGE, self.ledger.named(identifier)).await;
        let named = named.unwrap_or_else(too_slow).map_err(|fault| ledger_down(&fault))?;
        let Some(other) = named.filter(|it| Some(it) != key) else { return Ok(None) };
        let entry = self.recall(Some(&other)).await?;
        // A name whose purchase never began, or is proven void, is free again.
        Ok(entry.filter(|it| it.void.is_none()).map(|entry| (other, entry)))
    }

    /// Gives the payment the payer's own name, so that a payment that is signed anew for the same
    /// purchase is recognised.
    pub(super) async fn take_name(&self, sale: &Sale<'_>, key: &PaymentKey) -> Result<(), Stop> {
        let Some(identifier) = sale.identifier.as_deref() else { return Ok(()) };
        let naming = self.ledger.name(identifier, key);
        let named = within(&self.clock, budget::STORAGE, naming).await.unwrap_or_else(too_slow);
        let owner = named.map_err(|fault| ledger_down(&fault))?;
        if owner == *key {
            return Ok(());
        }
        // Two payments under one name: only a purchase that is proven void makes room for another.
        // Where the first has no claim yet, it is about to make it.
        match self.recall(Some(&owner)).await? {
            Some(entry) if entry.void.is_some() => Ok(()),
            Some(_) | None => Err(Stop::Refuse(Refusal::new(Code::SettlementInProgress))),
        }
    }

    /// Sends again what was bought: the version that was bought, or none.
    async fn redeliver(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        settled: &SettledRecord,
    ) -> Result<Bought, Stop> {
        if !settled.seen {
            let owns = self.ledger.owns(&key, settled.transaction);
            let owns = within(&self.clock, budget::STORAGE, owns).await.unwrap_or_else(too_slow);
            if !owns.map_err(|fault| ledger_down(&fault))? {
                // The record of the settlement names a transaction that settled something else.
                return Err(Stop::Refuse(Refusal::new(Code::SettlementUnknown)));
            }
        }
        let order = Order::recorded(key, &entry.claim.requirements, sale.payment);
        let opened = self.reopen(entry, &sale.want).await?;
        Ok(Bought { settled: Settled::on_record(order, settled), opened, again: true })
    }

    /// Takes over a payment that nobody works on, and finds out what became of it.
    async fn take_over(
        &self,
        sale: &Sale<'_>,
        key: PaymentKey,
        entry: &Entry,
        number: u32,
        trace: &mut Trace,
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
        let (settled, was_secret) =
            self.find_out(claimed, holder, opened.is_ok(), entry, trace).await?;

        // What stands on the chain can be presented by anyone who reads it there.
        let resource = sale.resource();
        let since = self.clock.now().min(entry.claim.valid_before);
        let terms = self.rules.redelivery;
        let asker = sale.asker(&resource);
        if was_secret || recall::is_the_buyer(&entry.claim, asker, terms, since, now) {
            return Ok(Bought { settled, opened: opened?, again: false });
        }
        Err(Stop::Refuse(Refusal::new(Code::PaymentAlreadyUsed)))
    }

    /// What became of the payment, and whether only the payer can have known it until now.
    async fn find_out(
        &self,
        claimed: Claimed,
        holder: Holder,
        deliverable: bool,
        entry: &Entry,
        trace: &mut Trace,
    ) -> Result<(Settled, bool), Stop> {
        let evidence = self.evidence(claimed.order(), holder.since).await;
        self.bury(claimed.order().key(), evidence).await;
        match evidence {
            Some(Evidence::Settled(transaction)) => {
                trace.transaction = Some(transaction);
                let found = claimed.found_settled(transaction);
                let settled = self.record(found, holder.since).await?;
                Ok((settled, false))
            }
            Some(Evidence::Void(cause)) => Err(claimed.found_void(cause)),
            Some(Evidence::Open | Evidence::Unknown) | None => {
                let in_time = self.clock.now() < entry.claim.valid_before;
                // What could not be delivered is not charged, and what is over cannot be.
                if !in_time || !deliverable {
                    self.stop(claimed.order().key(), holder).await;
                    return Err(claimed.left_in_doubt());
                }
                let was_secret = evidence == Some(Evidence::Open);
                let settled = self.settle(claimed, holder, trace).await?;
                Ok((settled, was_secret))
            }
        }
    }

    async fn reopen(&self, entry: &Entry, want: &Want) -> Result<Opened, Stop> {
        let opening = self.content.reopen(&entry.claim.object, want);
        let opened = within(&self.clock, budget::STORAGE, opening).await;
        let late = || Err(ContentFault::Unavailable("no answer in time".into()));
        opened.unwrap_or_else(late).map_err(|fault| match fault {
            ContentFault::OutsideRange(size) => Stop::OutsideRange(size),
            ContentFault::NotModified => Stop::NotModified,
            // It was there when it was bought.
            ContentFault::Missing | ContentFault::Replaced => {
                Stop::Refuse(Refusal::new(Code::ObjectGone))
            }
            ContentFault::Unavailable(_) => Stop::Refuse(storage_refusal(&fault)),
        })
    }

    /// Lets go of a payment that stays in doubt.
    pub(super) async fn stop(&self, key: &PaymentKey, holder: Holder) {
        let stopping = self.ledger.stop(key, holder.number);
        let _ = within(&self.clock, budget::STORAGE, stopping).await;
    }
}

fn too_slow<T>() -> Result<T, LedgerFault> {
    Err(LedgerFault::Unavailable("no answer in time".into()))
}
