//! The ledger on object storage: create-only records, so that any number of processes race safely.

use std::sync::Arc;

use futures_util::future::join;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use serde_json::json;
use wire::{Message, PaymentKey};

use crate::decisions::faults::LedgerFault;
use crate::decisions::records::{Claim, Entry, SettledRecord, folder, transaction_record};
use crate::ports::{Claimed, Ledger, Recorded};

/// How often a create is tried again after a conflict that left no record. S3 answers 409 when two
/// creates race and neither may have won (S3 User Guide, "Conditional writes").
const CREATE_ATTEMPTS_MAX: usize = 4;
/// Longest record that is read: ours have about 1 KiB.
const RECORD_BYTES_MAX: u64 = 64 * 1024;

/// A ledger in a store.
#[derive(Debug, Clone)]
pub struct StoreLedger {
    store: Arc<dyn ObjectStore>,
}

/// How a create ended.
enum Created {
    Ours,
    Existing(Vec<u8>),
}

impl StoreLedger {
    /// The ledger in this store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Creates the record, or returns the one that is there. "Already exists" alone proves nothing:
    /// it is read again before anyone is refused.
    async fn create(&self, name: &str, json: &str) -> Result<Created, LedgerFault> {
        let path = location(name)?;
        for _ in 0..CREATE_ATTEMPTS_MAX {
            let payload = PutPayload::from(json.to_owned());
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            match self.store.put_opts(&path, payload, options).await {
                Ok(_) => return Ok(Created::Ours),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                    if let Some(existing) = self.read(name).await? {
                        return Ok(Created::Existing(existing));
                    }
                }
                Err(error) => return Err(LedgerFault::Unavailable(error.to_string())),
            }
        }
        Err(LedgerFault::Unavailable(format!("{name}: every create met a conflict")))
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, LedgerFault> {
        let unavailable = |error: Error| LedgerFault::Unavailable(error.to_string());
        let found = match self.store.get(&location(name)?).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        if found.meta.size > RECORD_BYTES_MAX {
            return Err(LedgerFault::Unreadable(format!("{name} is too large for a record")));
        }
        Ok(Some(found.bytes().await.map_err(unavailable)?.to_vec()))
    }

    async fn entry(&self, folder: &str, claim: Vec<u8>) -> Result<Entry, LedgerFault> {
        let claim_name = format!("{folder}/claim.json");
        let settled_name = format!("{folder}/settled.json");
        let settled = self.read(&settled_name).await?;
        Ok(Entry {
            claim: parse(&claim_name, &claim)?,
            settled: settled.map(|json| parse(&settled_name, &json)).transpose()?,
        })
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
        let binding = json!({ "format": 1, "payment": key.to_string() }).to_string();
        let binding_name = transaction_record(key, record.transaction);
        let settled_name = format!("{}/settled.json", folder(key));
        let settled = record.to_json();
        let (bound, settled) =
            join(self.create(&binding_name, &binding), self.create(&settled_name, &settled)).await;
        if let Created::Existing(existing) = bound?
            && existing != binding.as_bytes()
        {
            return Ok(Recorded::BoundElsewhere(record.transaction));
        }
        settled.map(|_| Recorded::Done)
    }
}

fn location(name: &str) -> Result<Path, LedgerFault> {
    Path::parse(name).map_err(|error| LedgerFault::Unreadable(error.to_string()))
}

fn parse<T: Message>(name: &str, json: &[u8]) -> Result<T, LedgerFault> {
    T::from_json(json).map_err(|error| LedgerFault::Unreadable(format!("{name}: {error}")))
}
