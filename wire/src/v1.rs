//! x402 version 1, the legacy: the challenge is the 402's JSON body, networks have short names, and
//! a payment names only scheme and network. `AgentCore` and several command lines still pay so.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::address::OnchainAddress;
use crate::amount::AtomicAmount;
use crate::error::WireError;
use crate::exact::Eip3009Payload;
use crate::json::Message;
use crate::members::Members;
use crate::v2::{insert_text, versioned};

/// The value of `x402Version` in every message of this module.
pub const VERSION: u64 = 1;

/// A challenge, as the body of a 402.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentRequired {
    /// Why there is no content.
    pub error: Option<String>,
    /// The offers, any one of which pays for the resource.
    pub accepts: Vec<PaymentRequirements>,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// One offer, together with what is for sale.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentRequirements {
    /// How the payment is made: `exact`.
    pub scheme: String,
    /// Short network name, such as `base-sepolia`. Not a CAIP-2 name; see
    /// [`Network::parse_any`](crate::Network::parse_any).
    pub network: String,
    /// How much, in atomic units. Called maximum; for `exact` it is the price.
    pub max_amount_required: AtomicAmount,
    /// The resource's public URL.
    pub resource: String,
    /// For people and catalogues.
    pub description: String,
    /// Media type of the content.
    pub mime_type: String,
    /// Who is paid.
    pub pay_to: OnchainAddress,
    /// How long the payment stays valid, in whole seconds.
    pub max_timeout: Duration,
    /// The token.
    pub asset: OnchainAddress,
    /// The token's EIP-712 `name` and `version`.
    pub extra: Map<String, Value>,
    /// Further members, `outputSchema` among them.
    pub unknown: Map<String, Value>,
}

/// A payment. Travels in `X-PAYMENT`.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentPayload {
    /// How the payment is made.
    pub scheme: String,
    /// Short network name.
    pub network: String,
    /// The signed authorization.
    pub payload: Eip3009Payload,
    /// Further members.
    pub unknown: Map<String, Value>,
}

impl PaymentRequirements {
    /// Reads the offer's members.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        Ok(Self {
            scheme: members.text("scheme")?,
            network: members.text("network")?,
            max_amount_required: members.noun("maxAmountRequired")?,
            resource: members.text("resource")?,
            description: members.optional_text("description")?.unwrap_or_default(),
            mime_type: members.optional_text("mimeType")?.unwrap_or_default(),
            pay_to: members.noun("payTo")?,
            max_timeout: Duration::from_secs(members.integer("maxTimeoutSeconds")?),
            asset: members.noun("asset")?,
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
        map.insert("network".into(), self.network.clone().into());
        map.insert("maxAmountRequired".into(), self.max_amount_required.to_string().into());
        map.insert("resource".into(), self.resource.clone().into());
        // Early v1 clients demand both texts, empty or not.
        map.insert("description".into(), self.description.clone().into());
        map.insert("mimeType".into(), self.mime_type.clone().into());
        map.insert("payTo".into(), self.pay_to.to_string().into());
        map.insert("maxTimeoutSeconds".into(), self.max_timeout.as_secs().into());
        map.insert("asset".into(), self.asset.to_string().into());
        if !self.extra.is_empty() {
            map.insert("extra".into(), Value::Object(self.extra.clone()));
        }
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
            accepts: accepts
                .into_iter()
                .map(PaymentRequirements::read)
                .collect::<Result<_, _>>()?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(VERSION);
        insert_text(&mut map, "error", self.error.as_deref());
        let accepts = self.accepts.iter().map(Message::to_value).collect();
        map.insert("accepts".into(), Value::Array(accepts));
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl PaymentPayload {
    /// Reads the payment's members, the version first.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        members.version(VERSION)?;
        Ok(Self {
            scheme: members.text("scheme")?,
            network: members.text("network")?,
            payload: Eip3009Payload::read(members.nested("payload")?)?,
            unknown: members.rest(),
        })
    }
}

impl Message for PaymentPayload {
    fn from_value(value: Value) -> Result<Self, WireError> {
        Self::read(Members::of_document(value)?)
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(VERSION);
        map.insert("scheme".into(), self.scheme.clone().into());
        map.insert("network".into(), self.network.clone().into());
        map.insert("payload".into(), self.payload.to_value());
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}
