//! The ledger: create-only records on object storage or in a folder, so that any number of processes
//! race safely.

mod listing;

use std::sync::Arc;

use futures_util::future::join;
use object_store::ObjectStore;
use serde_json::{Value, json};
use wire::members::Members;
use wire::{Message, PaymentKey, TxHash, WireError};

use crate::adapters::folder::{Created, Folder, Lasting};
use crate::adapters::records::Records;
use crate::decisions::faults::LedgerFault;
use crate::decisions::records::{
    Attempt, Claim, Entry, Named, SettledRecord, VoidRecord, folder, identifier_record,
    transaction_record,
};
use crate::ports::{Claimed, Ledger, Recorded};

/// A ledger in a store or in a folder.
#[derive(Debug, Clone)]
pub struct StoreLedger {
    records: Records,
}

impl StoreLedger {
    /// The ledger in this store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { records: Records::Store(store) }
    }

    /// The ledger in this folder.
    #[must_use]
    pub fn in_folder(folder: Folder) -> Self {
        Self { records: Records::Folder(folder) }
    }

    async fn create(&self, name: &str, json: &str) -> Result<Created, LedgerFault> {
        self.records.create(name, json, Lasting::AtOnce).await
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, LedgerFault> {
        self.records.read(name, Lasting::AtOnce).await
    }

    /// Everything under a payment's folder. Payments that are known already are rare, so what is
    /// there is listed first and read then.
    async fn entry(&self, folder: &str, claim: Vec<u8>) -> Result<Entry, LedgerFault> {
        let names = self.records.names(folder).await?;
        let there = |name: &str| names.iter().any(|it| it == name);
        let (settled, void) = join(
            self.settled(folder, there("settled.json")),
            self.parsed::<VoidRecord>(folder, "void.json", there("void.json")),
        )
        .await;
        let number =
            |name: &String| name.strip_prefix("attempt-")?.strip_suffix(".json")?.parse().ok();
        let attempts: u32 = names.iter().filter_map(number).max().unwrap_or(0);
        let attempt_name = format!("attempt-{attempts}.json");
        let attempt = self.parsed::<Attempt>(folder, &attempt_name, attempts > 0).await?;
        let claim: Claim = parse(&format!("{folder}/claim.json"), &claim)?;
        let lease = attempt.map_or(claim.lease_until, |it| it.lease_until);
        let stopped = there(&format!("stopped-{attempts}.json"));
        Ok(Entry {
            claim,
            settled: settled?,
            void: void?,
            attempts,
            lease_until: (!stopped).then_some(lease),
        })
    }

    async fn parsed<T: Message>(
        &self,
        folder: &str,
        name: &str,
        there: bool,
    ) -> Result<Option<T>, LedgerFault> {
        if !there {
            return Ok(None);
        }
        let name = format!("{folder}/{name}");
        self.read(&name).await?.map(|json| parse(&name, &json)).transpose()
    }

    async fn settled(
        &self,
        folder: &str,
        there: bool,
    ) -> Result<Option<SettledRecord>, LedgerFault> {
        let name = format!("{folder}/settled.json");
        let json = if there { self.records.read(&name, Lasting::Later).await? } else { None };
        json.map(|json| parse(&name, &json)).transpose()
    }

    /// The payment that a record of this name is about, if there is one.
    async fn payment_in(
        &self,
        name: &str,
        lasting: Lasting,
    ) -> Result<Option<PaymentKey>, LedgerFault> {
        let Some(json) = self.records.read(name, lasting).await? else { return Ok(None) };
        parse::<Binding>(name, &json).map(|it| Some(it.payment))
    }
}

/// A record that says nothing but which payment it belongs to.
struct Binding {
    payment: PaymentKey,
}

impl Message for Binding {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.format(1)?;
        Ok(Self { payment: members.noun("payment")? })
    }

    fn to_value(&self) -> Value {
        json!({ "format": 1, "payment": self.payment.to_string() })
    }
}

impl Ledger for StoreLedger {
    async fn recall(&self, key: &PaymentKey) -> Result<Option<Entry>, LedgerFault> {
        let folder = folder(key);
        // Every payment's first record is its claim: for a new payment one read tells all.
        match self.read(&format!("{folder}/claim.json")).await? {
            None => Ok(None),
            Some(claim) => self.entry(&folder, claim).await.map(Some),
        }
    }

    async fn claim(&self, key: &PaymentKey, claim: &Claim) -> Result<Claimed, LedgerFault> {
        let folder = folder(key);
        match self.create(&format!("{folder}/claim.json"), &claim.to_json()).await? {
            Created::Ours => Ok(Claimed::Won),
            Created::Existing(existing) => {
                let entry = self.entry(&folder, existing).await?;
                // The answer to our own earlier write may have been lost on the way.
                let ours = entry.claim.id == claim.id;
                Ok(if ours { Claimed::Won } else { Claimed::Taken(Box::new(entry)) })
            }
        }
    }

    async fn record_settled(
        &self,
        key: &PaymentKey,
        record: &SettledRecord,
    ) -> Result<Recorded, LedgerFault> {
        // The binding first: a settlement whose transaction belongs to another payment must leave no
        // record behind that says it is settled, unless the chain shows that it holds both.
        let binding = Binding { payment: *key }.to_json();
        let first = (transaction_record(key, record.transaction), binding.clone());
        let second = (format!("{}/settled.json", folder(key)), record.to_json());
        let bound = self.records.create_in_turn(first, second, record.seen).await?;
        let ours = record.seen || bound.is(&binding);
        Ok(if ours { Recorded::Done } else { Recorded::BoundElsewhere(record.transaction) })
    }

    async fn persist(&self, _key: &PaymentKey, _record: &SettledRecord) -> Result<(), LedgerFault> {
        self.records.force().await
    }

    async fn take_over(
        &self,
        key: &PaymentKey,
        number: u32,
        attempt: &Attempt,
    ) -> Result<bool, LedgerFault> {
        let folder = folder(key);
        // An attempt without its claim would be nobody's.
        self.records.vouch(&format!("{folder}/claim.json")).await?;
        let name = format!("{folder}/attempt-{number}.json");
        match self.create(&name, &attempt.to_json()).await? {
            Created::Ours => Ok(true),
            Created::Existing(existing) => Ok(parse::<Attempt>(&name, &existing)?.id == attempt.id),
        }
    }

    async fn stop(&self, key: &PaymentKey, number: u32) -> Result<(), LedgerFault> {
        let name = format!("{}/stopped-{number}.json", folder(key));
        self.create(&name, &json!({ "format": 1 }).to_string()).await.map(|_| ())
    }

    async fn record_void(&self, key: &PaymentKey, record: &VoidRecord) -> Result<(), LedgerFault> {
        let name = format!("{}/void.json", folder(key));
        self.create(&name, &record.to_json()).await.map(|_| ())
    }

    async fn owns(&self, key: &PaymentKey, transaction: TxHash) -> Result<bool, LedgerFault> {
        let owner = self.payment_in(&transaction_record(key, transaction), Lasting::Later).await?;
        Ok(owner == Some(*key))
    }

    async fn named(&self, identifier: &str) -> Result<Option<Named>, LedgerFault> {
        let name = identifier_record(identifier);
        self.read(&name).await?.map(|json| parse(&name, &json)).transpose()
    }

    async fn name(&self, identifier: &str, named: &Named) -> Result<Named, LedgerFault> {
        let name = identifier_record(identifier);
        match self.create(&name, &named.to_json()).await? {
            Created::Ours => Ok(*named),
            Created::Existing(existing) => parse(&name, &existing),
        }
    }
}

fn parse<T: Message>(name: &str, json: &[u8]) -> Result<T, LedgerFault> {
    T::from_json(json).map_err(|error| LedgerFault::Unreadable(format!("{name}: {error}")))
}
