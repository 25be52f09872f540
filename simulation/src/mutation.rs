//! Seeded bugs: what the merchant would do if a rule of the walk were forgotten. Applied between the
//! walk and its ports, so that no line of the merchant knows of them; the laws must find each.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use merchant::adapters::ledger::StoreLedger;
use merchant::decisions::faults::LedgerFault;
use merchant::decisions::records::{Attempt, Claim, Entry, Named, SettledRecord, VoidRecord};
use merchant::ports::{self, Claimed, Recorded};
use wire::{PaymentKey, TxHash};

use crate::promise::lock;
use crate::world::{Sim, World};

/// A rule that is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// The claim is written with the record of the settlement.
    ClaimAfterSettle,
    /// A claim that somebody else holds is taken for one's own.
    TakenIsWon,
    /// Nothing is known of any payment.
    RecallSkipped,
    /// A lease keeps nobody out.
    LeaseTooShort,
    /// Of racing take-overs every one wins.
    TakeOverAlwaysWins,
    /// Who holds a claim says that it stopped while it goes on.
    StoppedTooEarly,
    /// A payer's name for its purchase means nothing.
    NameIgnored,
    /// A lost answer of the facilitator is taken for a refusal.
    UnknownIsRefused,
    /// A refusal at settle is taken for success.
    RefusedIsServed,
    /// A settlement that is under way is taken for done.
    PendingIsServed,
    /// What is settled again is not what was settled first.
    OtherBytes,
    /// A transaction may be the receipt of several payments.
    BindingSkipped,
    /// Where every settlement must be seen on the chain, the facilitator's word is enough.
    BelievedWithoutEvidence,
    /// An unused authorization is taken for void before its window closed.
    VoidBeforeTheEnd,
    /// Of several endpoints the last one's word is enough.
    OneEndpointIsEnough,
    /// Who asks again is taken for who bought, wherever from.
    AddressIsIgnored,
    /// The newest version is sent instead of the one that was sold.
    AnyVersion,
}

impl Mutation {
    /// Every one of them.
    pub const ALL: [Self; 17] = [
        Self::ClaimAfterSettle,
        Self::TakenIsWon,
        Self::RecallSkipped,
        Self::LeaseTooShort,
        Self::TakeOverAlwaysWins,
        Self::StoppedTooEarly,
        Self::NameIgnored,
        Self::UnknownIsRefused,
        Self::RefusedIsServed,
        Self::PendingIsServed,
        Self::OtherBytes,
        Self::BindingSkipped,
        Self::BelievedWithoutEvidence,
        Self::VoidBeforeTheEnd,
        Self::OneEndpointIsEnough,
        Self::AddressIsIgnored,
        Self::AnyVersion,
    ];
}

impl World {
    /// The second time, other bytes.
    pub(crate) fn mutate_ask(&mut self, ask: &Bytes) -> Bytes {
        if self.mutation == Some(Mutation::OtherBytes) && self.asked.contains_key(&self.task) {
            return String::from_utf8_lossy(ask).replacen("0x1111", "0x2222", 1).into();
        }
        ask.clone()
    }
}

/// The merchant's ledger, with or without a bug.
pub(crate) struct Ledger {
    sim: Sim,
    inner: StoreLedger,
    held_back: Mutex<BTreeMap<PaymentKey, Claim>>,
}

impl Ledger {
    pub(crate) fn new(sim: &Sim, inner: StoreLedger) -> Self {
        Self { sim: sim.clone(), inner, held_back: Mutex::default() }
    }

    fn has(&self, mutation: Mutation) -> bool {
        self.sim.with(|world| world.mutation == Some(mutation))
    }
}

impl ports::Ledger for Ledger {
    async fn recall(&self, key: &PaymentKey) -> Result<Option<Entry>, LedgerFault> {
        if self.has(Mutation::RecallSkipped) {
            return Ok(None);
        }
        let entry = self.inner.recall(key).await?;
        if self.has(Mutation::LeaseTooShort) {
            return Ok(entry.map(|it| Entry { lease_until: None, ..it }));
        }
        Ok(entry)
    }

    async fn claim(&self, key: &PaymentKey, claim: &Claim) -> Result<Claimed, LedgerFault> {
        if self.has(Mutation::ClaimAfterSettle) {
            lock(&self.held_back).insert(*key, claim.clone());
            return Ok(Claimed::Won);
        }
        let claimed = self.inner.claim(key, claim).await?;
        if self.has(Mutation::StoppedTooEarly) && claimed == Claimed::Won {
            self.inner.stop(key, 0).await?;
        }
        Ok(if self.has(Mutation::TakenIsWon) { Claimed::Won } else { claimed })
    }

    async fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> Result<Recorded, LedgerFault> {
        let held_back = lock(&self.held_back).remove(key);
        if let Some(claim) = held_back {
            self.inner.claim(key, &claim).await?;
        }
        self.inner.record_settled(key, record).await
    }

    async fn take_over(
        &self,
        key: &PaymentKey,
        number: u32,
        attempt: &Attempt,
    ) -> Result<bool, LedgerFault> {
        let won = self.inner.take_over(key, number, attempt).await?;
        Ok(won || self.has(Mutation::TakeOverAlwaysWins))
    }

    async fn stop(&self, key: &PaymentKey, number: u32) -> Result<(), LedgerFault> {
        self.inner.stop(key, number).await
    }

    async fn record_void(&self, key: &PaymentKey, record: &VoidRecord) -> Result<(), LedgerFault> {
        self.inner.record_void(key, record).await
    }

    async fn owns(&self, key: &PaymentKey, transaction: TxHash) -> Result<bool, LedgerFault> {
        Ok(self.inner.owns(key, transaction).await? || self.has(Mutation::BindingSkipped))
    }

    async fn named(&self, identifier: &str) -> Result<Option<Named>, LedgerFault> {
        if self.has(Mutation::NameIgnored) {
            return Ok(None);
        }
        self.inner.named(identifier).await
    }

    async fn name(&self, identifier: &str, named: &Named) -> Result<Named, LedgerFault> {
        if self.has(Mutation::NameIgnored) {
            return Ok(*named);
        }
        self.inner.name(identifier, named).await
    }
}
