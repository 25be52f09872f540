//! x402 version 2: the messages between a payer and a merchant.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::address::OnchainAddress;
use crate::amount::AtomicAmount;
use crate::eip712::TokenDomain;
use crate::error::WireError;
use crate::exact::Eip3009Payload;
use crate::json::Message;
use crate::key::PaymentKey;
use crate::members::Members;
use crate::network::Network;

/// The value of `x402Version` in every message of this module.
pub const VERSION: u64 = 2;

/// The extensions of a message, by key; each one's inside is the extension's own business.
pub type Extensions = Map<String, Value>;

/// A challenge: what the merchant wants for the resource. Travels in `PAYMENT-REQUIRED`.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentRequired {
    /// Why there is no content: a code, or prose from other servers.
    pub error: Option<String>,
    /// What is for sale.
    pub resource: ResourceInfo,
    /// The offers, any one of which pays for the resource.
    pub accepts: Vec<PaymentRequirements>,
    /// Advertised extensions.
    pub extensions: Extensions,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// What is for sale.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResourceInfo {
    /// The resource's public URL.
    pub url: String,
    /// For people and catalogues.
    pub description: Option<String>,
    /// Media type of the content.
    pub mime_type: Option<String>,
    /// Further members (`serviceName`, `tags`, `iconUrl`…).
    pub unknown: Map<String, Value>,
}

/// One offer: pay this much of this asset to this address, in this way.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentRequirements {
    /// How the payment is made: `exact`, `upto`…
    pub scheme: String,
    /// The chain.
    pub network: Network,
    /// How much, in atomic units of the asset.
    pub amount: AtomicAmount,
    /// The token.
    pub asset: OnchainAddress,
    /// Who is paid.
    pub pay_to: OnchainAddress,
    /// How long the payment stays valid: the payer derives `validBefore` from it. Whole seconds.
    pub max_timeout: Duration,
    /// The scheme's details; for `exact` on EVM chains the token's EIP-712 `name` and `version`.
    pub extra: Map<String, Value>,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// A payment. Travels in `PAYMENT-SIGNATURE`.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentPayload {
    /// The payer's copy of what is for sale. A claim, not a fact.
    pub resource: Option<ResourceInfo>,
    /// The payer's copy of the offer that it takes. A claim, not a fact.
    pub accepted: PaymentRequirements,
    /// The signed authorization.
    pub payload: Eip3009Payload,
    /// Extensions, echoed or filled in.
    pub extensions: Extensions,
    /// Further members.
    pub unknown: Map<String, Value>,
}

impl PaymentRequirements {
    /// The token's EIP-712 domain as this offer states it; nothing when the offer is not for an EVM
    /// chain or does not name the domain.
    #[must_use]
    pub fn token_domain(&self) -> Option<TokenDomain> {
        let text = |name: &str| self.extra.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(TokenDomain {
            name: text("name")?,
            version: text("version")?,
            chain_id: self.network.chain_id()?,
            asset: self.asset.evm()?,
        })
    }

    /// Reads the offer's members.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        Ok(Self {
            scheme: members.text("scheme")?,
            network: members.noun("network")?,
            amount: members.noun("amount")?,
            asset: members.noun("asset")?,
            pay_to: members.noun("payTo")?,
            max_timeout: Duration::from_secs(members.integer("maxTimeoutSeconds")?),
            extra: members.opaque_object("extra")?,
            unknown: members.rest(),
        })
    }
}

impl Message for PaymentRequirements {
    fn from_value(value: Value) -> Result<Self, WireError> {
        Self::read(Members::of_document(value)?)
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("scheme".into(), self.scheme.clone().into());
        map.insert("network".into(), self.network.to_string().into());
        map.insert("amount".into(), self.amount.to_string().into());
        map.insert("asset".into(), self.asset.to_string().into());
        map.insert("payTo".into(), self.pay_to.to_string().into());
        map.insert("maxTimeoutSeconds".into(), self.max_timeout.as_secs().into());
        if !self.extra.is_empty() {
            map.insert("extra".into(), Value::Object(self.extra.clone()));
        }
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl ResourceInfo {
    /// Reads the resource's members.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        Ok(Self {
            url: members.text("url")?,
            description: members.optional_text("description")?,
            mime_type: members.optional_text("mimeType")?,
            unknown: members.rest(),
        })
    }
}

impl Message for ResourceInfo {
    fn from_value(value: Value) -> Result<Self, WireError> {
        Self::read(Members::of_document(value)?)
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("url".into(), self.url.clone().into());
        insert_text(&mut map, "description", self.description.as_deref());
        insert_text(&mut map, "mimeType", self.mime_type.as_deref());
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl Message for PaymentRequired {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.version(VERSION)?;
        let accepts = members.nested_list("accepts")?;
        Ok(Self {
            error: members.optional_text("error")?,
            resource: ResourceInfo::read(members.nested("resource")?)?,
            accepts: accepts
                .into_iter()
                .map(PaymentRequirements::read)
                .collect::<Result<_, _>>()?,
            extensions: members.opaque_object("extensions")?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(VERSION);
        insert_text(&mut map, "error", self.error.as_deref());
        map.insert("resource".into(), self.resource.to_value());
        let accepts = self.accepts.iter().map(Message::to_value).collect();
        map.insert("accepts".into(), Value::Array(accepts));
        insert_extensions(&mut map, &self.extensions);
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl PaymentPayload {
    /// The payment's key, if it is for an EVM chain and an EVM token.
    #[must_use]
    pub fn key(&self) -> Option<PaymentKey> {
        let chain_id = self.accepted.network.chain_id()?;
        Some(PaymentKey::of(chain_id, self.accepted.asset.evm()?, &self.payload.authorization))
    }

    /// Reads the payment's members. `x402Version` is looked at first: with another version the
    /// other members mean something else.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        members.version(VERSION)?;
        Ok(Self {
            resource: members.optional_nested("resource")?.map(ResourceInfo::read).transpose()?,
            accepted: PaymentRequirements::read(members.nested("accepted")?)?,
            payload: Eip3009Payload::read(members.nested("payload")?)?,
            extensions: members.opaque_object("extensions")?,
            unknown: members.rest(),
        })
    }

    /// A payment as it travels, built on the challenge's own JSON. Many servers compare the echo
    /// with their offer member by member and letter by letter, so what they sent goes back as they
    /// sent it, and not as our types would spell it.
    #[must_use]
    pub fn echoing(challenge: &Value, accepted: usize, payload: &Eip3009Payload) -> Option<Value> {
        let accepted = challenge.get("accepts")?.get(accepted)?.clone();
        let mut map = versioned(VERSION);
        if let Some(resource) = challenge.get("resource").filter(|it| it.is_object()) {
            map.insert("resource".into(), resource.clone());
        }
        map.insert("accepted".into(), accepted);
        map.insert("payload".into(), payload.to_value());
        if let Some(Value::Object(extensions)) = challenge.get("extensions") {
            insert_extensions(&mut map, extensions);
        }
        Some(Value::Object(map))
    }
}

impl Message for PaymentPayload {
    fn from_value(value: Value) -> Result<Self, WireError> {
        Self::read(Members::of_document(value)?)
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(VERSION);
        if let Some(resource) = &self.resource {
            map.insert("resource".into(), resource.to_value());
        }
        map.insert("accepted".into(), self.accepted.to_value());
        map.insert("payload".into(), self.payload.to_value());
        insert_extensions(&mut map, &self.extensions);
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

pub(crate) fn versioned(version: u64) -> Map<String, Value> {
    let Value::Object(map) = json!({ "x402Version": version }) else { return Map::new() };
    map
}

pub(crate) fn insert_text(map: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        map.insert(name.to_owned(), text.into());
    }
}

pub(crate) fn insert_extensions(map: &mut Map<String, Value>, extensions: &Extensions) {
    if !extensions.is_empty() {
        map.insert("extensions".into(), Value::Object(extensions.clone()));
    }
}
