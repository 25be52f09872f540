//! The ledger's records: what is written about a payment, and what a reader may conclude. Records
//! are only ever created, never overwritten.

use serde_json::{Map, Value};
use wire::members::Members;
use wire::{AtomicAmount, Message, PaymentKey, TxHash, UnixTime, WireError, v2};

use crate::decisions::budget::{LEASE, RECORD_MARGIN};
use crate::decisions::evidence::VoidCause;
use crate::decisions::order::{Order, Settled};

/// Format of the records. A reader refuses a number that it does not know.
const FORMAT: u64 = 1;

/// `claim.json`: the payment is bound to this resource, and settling may have begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Tells this claim from another one's of the same moment: when the answer to a write is lost,
    /// reading the record back shows whose it is.
    pub id: String,
    /// Public URL of the resource that the payment is bound to.
    pub resource: String,
    /// The object as it was opened before the money moved.
    pub object: ObjectPin,
    /// The offer that was taken. A later change of price does not touch it.
    pub requirements: v2::PaymentRequirements,
    /// End of the payment's window.
    pub valid_before: UnixTime,
    /// When the claim was made.
    pub claimed_at: UnixTime,
    /// Until then, only the claimant settles.
    pub lease_until: UnixTime,
    /// Earliest time at which the record may be cleaned up.
    pub expires_at: UnixTime,
    /// The payer's own name for the purchase, hashed.
    pub identifier: Option<String>,
    /// Where the request came from.
    pub client: Option<String>,
}

/// What pins an object's content: the version that was opened is the version that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectPin {
    /// The object's key.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// Entity tag of the storage.
    pub etag: Option<String>,
    /// Version of the storage, where it keeps versions.
    pub version: Option<String>,
}

/// `settled.json`: the money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettledRecord {
    /// The transaction that moved it.
    pub transaction: TxHash,
    /// How much, in atomic units.
    pub amount: AtomicAmount,
    /// When the settlement was learnt of.
    pub settled_at: UnixTime,
    /// The chain shows this payment's own transfer in the transaction, so that it counts beside
    /// other payments in the same one. Without it, it is the facilitator's word.
    pub seen: bool,
}

/// `void.json`: the chain proves that the money did not move and never can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoidRecord {
    /// What proves it.
    pub cause: VoidCause,
    /// When that was learnt.
    pub found_at: UnixTime,
}

/// `attempt-<n>.json`: a later request took over a claim that nobody was working on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Tells this attempt from another one's of the same moment.
    pub id: String,
    /// Until then, only its maker settles.
    pub lease_until: UnixTime,
}

/// `identifiers/<hash>.json`: the first payment that goes by the payer's own name for a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The payment.
    pub payment: PaymentKey,
    /// End of its window, where the record says it.
    pub valid_before: Option<UnixTime>,
}

/// All that the ledger holds about one payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The first record of every payment.
    pub claim: Claim,
    /// There once the money is known to have moved.
    pub settled: Option<SettledRecord>,
    /// There once it is known never to.
    pub void: Option<VoidRecord>,
    /// How often the claim was taken over.
    pub attempts: u32,
    /// Until then somebody works on it: the end of the last lease, or nothing when its holder said
    /// that it has stopped.
    pub lease_until: Option<UnixTime>,
}

/// Facts about the request that a claim records.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    /// A fresh random name for the claim.
    pub id: &'a str,
    /// Public URL of the resource.
    pub resource: &'a str,
    /// The opened object.
    pub object: &'a ObjectPin,
    /// Where the request came from.
    pub client: Option<&'a str>,
    /// Hash of the payer's own name for the purchase.
    pub identifier: Option<&'a str>,
}

impl Claim {
    /// The claim of a request on its payment.
    #[must_use]
    pub fn new(order: &Order, by: Claimant<'_>, now: UnixTime) -> Self {
        let valid_before = order.authorization().valid_before;
        Self {
            id: by.id.to_owned(),
            resource: by.resource.to_owned(),
            object: by.object.clone(),
            requirements: order.requirements().clone(),
            valid_before,
            claimed_at: now,
            lease_until: now.after(LEASE),
            expires_at: valid_before.max(now).after(RECORD_MARGIN),
            identifier: by.identifier.map(str::to_owned),
            client: by.client.map(str::to_owned),
        }
    }
}

impl SettledRecord {
    /// The record of a settlement.
    #[must_use]
    pub fn new(settled: &Settled, now: UnixTime) -> Self {
        Self {
            transaction: settled.settlement().transaction,
            amount: settled.order().requirements().amount,
            settled_at: now,
            seen: settled.settlement().seen,
        }
    }
}

impl Named {
    /// The payment of this order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let valid_before = Some(order.authorization().valid_before);
        Self { payment: *order.key(), valid_before }
    }

    /// Has the payment's window closed? Unclaimed until then, it is never charged.
    #[must_use]
    pub fn is_over(&self, now: UnixTime) -> bool {
        self.valid_before.is_some_and(|end| end <= now)
    }
}

impl Attempt {
    /// An attempt that begins now.
    #[must_use]
    pub fn new(id: String, now: UnixTime) -> Self {
        Self { id, lease_until: now.after(LEASE) }
    }
}

/// The name of the n-th purchase under one payer's name, by that name's hash: the first bears it
/// plainly, and the next when all before it are proven void.
#[must_use]
pub fn nth_name(sha256: &str, bearer: u32) -> String {
    if bearer < 2 { sha256.to_owned() } else { format!("{sha256}-{bearer}") }
}

/// The record that says which payment goes by the payer's own name for it.
#[must_use]
pub fn identifier_record(sha256: &str) -> String {
    format!("identifiers/{sha256}.json")
}

/// Where the records of payments are.
pub const PAYMENTS: &str = "payments";

/// The folder of a payment's records: `payments/<chain>/<asset>/<payer>/<nonce>`.
#[must_use]
pub fn folder(key: &PaymentKey) -> String {
    format!("{PAYMENTS}/{key}")
}

/// The record that binds a transaction to the first payment that it settled:
/// `transactions/<chain>/<hash>.json`. Others in the same transaction must be seen on the chain.
#[must_use]
pub fn transaction_record(key: &PaymentKey, transaction: TxHash) -> String {
    transaction_on(key.chain_id, transaction)
}

/// The same record, for a transaction of this chain.
#[must_use]
pub fn transaction_on(chain_id: u64, transaction: TxHash) -> String {
    format!("transactions/{chain_id}/{transaction}.json")
}

fn seconds(members: &mut Members, name: &str) -> Result<UnixTime, WireError> {
    members.integer(name).map(UnixTime::from_seconds)
}

fn insert(map: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    map.insert(name.into(), value.into());
}

fn insert_some(map: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        insert(map, name, value);
    }
}

impl Message for Claim {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.format(FORMAT)?;
        let mut object = members.nested("object")?;
        Ok(Self {
            id: members.text("id")?,
            resource: members.text("resource")?,
            object: ObjectPin {
                key: object.text("key")?,
                size: object.integer("size")?,
                etag: object.optional_text("etag")?,
                version: object.optional_text("version")?,
            },
            requirements: v2::PaymentRequirements::read(members.nested("requirements")?)?,
            valid_before: seconds(&mut members, "valid_before")?,
            claimed_at: seconds(&mut members, "claimed_at")?,
            lease_until: seconds(&mut members, "lease_until")?,
            expires_at: seconds(&mut members, "expires_at")?,
            identifier: members.optional_text("identifier_sha256")?,
            client: members.optional_text("client")?,
        })
    }

    fn to_value(&self) -> Value {
        let mut object = Map::new();
        insert(&mut object, "key", self.object.key.as_str());
        insert(&mut object, "size", self.object.size);
        insert_some(&mut object, "etag", self.object.etag.as_deref());
        insert_some(&mut object, "version", self.object.version.as_deref());
        let mut map = Map::new();
        insert(&mut map, "format", FORMAT);
        insert(&mut map, "id", self.id.as_str());
        insert(&mut map, "resource", self.resource.as_str());
        insert(&mut map, "object", object);
        insert(&mut map, "requirements", self.requirements.to_value());
        insert(&mut map, "valid_before", self.valid_before.seconds());
        insert(&mut map, "claimed_at", self.claimed_at.seconds());
        insert(&mut map, "lease_until", self.lease_until.seconds());
        insert(&mut map, "expires_at", self.expires_at.seconds());
        insert_some(&mut map, "identifier_sha256", self.identifier.as_deref());
        insert_some(&mut map, "client", self.client.as_deref());
        Value::Object(map)
    }
}

impl Message for SettledRecord {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.format(FORMAT)?;
        Ok(Self {
            transaction: members.noun("transaction")?,
            amount: members.noun("amount")?,
            settled_at: seconds(&mut members, "settled_at")?,
            seen: members.optional("seen_on_chain") == Some(Value::Bool(true)),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        insert(&mut map, "format", FORMAT);
        insert(&mut map, "transaction", self.transaction.to_string());
        insert(&mut map, "amount", self.amount.to_string());
        insert(&mut map, "settled_at", self.settled_at.seconds());
        if self.seen {
            insert(&mut map, "seen_on_chain", true);
        }
        Value::Object(map)
    }
}

impl Message for VoidRecord {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.format(FORMAT)?;
        Ok(Self {
            cause: VoidCause::of_reason(&members.text("reason")?),
            found_at: seconds(&mut members, "found_at")?,
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        insert(&mut map, "format", FORMAT);
        insert(&mut map, "reason", self.cause.reason());
        insert(&mut map, "found_at", self.found_at.seconds());
        Value::Object(map)
    }
}

impl Message for Named {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.format(FORMAT)?;
        let payment = members.noun("payment")?;
        let end = members.optional("valid_before").and_then(|it| it.as_u64());
        Ok(Self { payment, valid_before: end.map(UnixTime::from_seconds) })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        insert(&mut map, "format", FORMAT);
        insert(&mut map, "payment", self.payment.to_string());
        if let Some(end) = self.valid_before {
            insert(&mut map, "valid_before", end.seconds());
        }
        Value::Object(map)
    }
}

impl Message for Attempt {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.format(FORMAT)?;
        let id = members.text("id")?;
        Ok(Self { id, lease_until: seconds(&mut members, "lease_until")? })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        insert(&mut map, "format", FORMAT);
        insert(&mut map, "id", self.id.as_str());
        insert(&mut map, "lease_until", self.lease_until.seconds());
        Value::Object(map)
    }
}
