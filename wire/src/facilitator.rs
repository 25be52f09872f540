//! What a merchant asks a facilitator.

use serde_json::{Map, Value};

use crate::error::WireError;
use crate::json::Message;
use crate::members::Members;
use crate::network::Network;
use crate::v2::{PaymentPayload, PaymentRequirements, VERSION, versioned};

/// The body of `POST /verify` and of `POST /settle`: the same for both, and meant to be, so that
/// what is settled is byte for byte what was verified.
#[derive(Debug, Clone, PartialEq)]
pub struct FacilitatorRequest {
    /// The payment.
    pub payment: PaymentPayload,
    /// The offer that it is judged against: always the merchant's own.
    pub requirements: PaymentRequirements,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// The same body in version 1, as older merchants send it.
#[derive(Debug, Clone, PartialEq)]
pub struct FacilitatorRequestV1 {
    /// The payment.
    pub payment: crate::v1::PaymentPayload,
    /// The offer that it is judged against.
    pub requirements: crate::v1::PaymentRequirements,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// The answer to `GET /supported`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SupportedResponse {
    /// What the facilitator settles.
    pub kinds: Vec<SupportedKind>,
    /// Extensions that it takes part in.
    pub extensions: Vec<String>,
    /// The addresses that it submits from, by network or network pattern (`eip155:*`).
    pub signers: Map<String, Value>,
    /// Further members.
    pub unknown: Map<String, Value>,
}

/// One combination that a facilitator settles.
#[derive(Debug, Clone, PartialEq)]
pub struct SupportedKind {
    /// Protocol version of the messages.
    pub x402_version: u64,
    /// Payment scheme.
    pub scheme: String,
    /// CAIP-2 name in version 2, short name in version 1.
    pub network: String,
    /// The scheme's details.
    pub extra: Map<String, Value>,
    /// Further members.
    pub unknown: Map<String, Value>,
}

impl Message for FacilitatorRequest {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.version(VERSION)?;
        Ok(Self {
            payment: PaymentPayload::read(members.nested("paymentPayload")?)?,
            requirements: PaymentRequirements::read(members.nested("paymentRequirements")?)?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(VERSION);
        map.insert("paymentPayload".into(), self.payment.to_value());
        map.insert("paymentRequirements".into(), self.requirements.to_value());
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl Message for FacilitatorRequestV1 {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        members.version(crate::v1::VERSION)?;
        let requirements = members.nested("paymentRequirements")?;
        Ok(Self {
            payment: crate::v1::PaymentPayload::read(members.nested("paymentPayload")?)?,
            requirements: crate::v1::PaymentRequirements::read(requirements)?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(crate::v1::VERSION);
        map.insert("paymentPayload".into(), self.payment.to_value());
        map.insert("paymentRequirements".into(), self.requirements.to_value());
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl SupportedResponse {
    /// Does the facilitator settle version 2 payments of this scheme on this network?
    #[must_use]
    pub fn settles(&self, scheme: &str, network: &Network) -> bool {
        let network = network.to_string();
        let matches = |kind: &SupportedKind| {
            kind.x402_version == VERSION
                && kind.scheme == scheme
                && (kind.network == network
                    || kind.network.strip_suffix('*').is_some_and(|it| network.starts_with(it)))
        };
        self.kinds.iter().any(matches)
    }
}

impl Message for SupportedResponse {
    fn from_value(value: Value) -> Result<Self, WireError> {
        let mut members = Members::of_document(value)?;
        let kinds = members.nested_list("kinds")?;
        let names = members.optional("extensions");
        let names = names.as_ref().and_then(Value::as_array).into_iter().flatten();
        Ok(Self {
            kinds: kinds.into_iter().map(SupportedKind::read).collect::<Result<_, _>>()?,
            extensions: names.filter_map(|it| it.as_str().map(str::to_owned)).collect(),
            signers: members.opaque_object("signers")?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        let kinds = self.kinds.iter().map(SupportedKind::to_value).collect();
        map.insert("kinds".into(), Value::Array(kinds));
        map.insert("extensions".into(), self.extensions.clone().into());
        map.insert("signers".into(), Value::Object(self.signers.clone()));
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}

impl SupportedKind {
    fn read(mut members: Members) -> Result<Self, WireError> {
        Ok(Self {
            x402_version: members.integer("x402Version")?,
            scheme: members.text("scheme")?,
            network: members.text("network")?,
            extra: members.opaque_object("extra")?,
            unknown: members.rest(),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = versioned(self.x402_version);
        map.insert("scheme".into(), self.scheme.clone().into());
        map.insert("network".into(), self.network.clone().into());
        if !self.extra.is_empty() {
            map.insert("extra".into(), Value::Object(self.extra.clone()));
        }
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}
