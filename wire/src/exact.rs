//! What the payer signs in the `exact` scheme on EVM chains: an EIP-3009 authorization.

use serde_json::{Map, Value, json};

use crate::address::Address;
use crate::amount::AtomicAmount;
use crate::error::WireError;
use crate::hex::{Nonce, SignatureBytes};
use crate::json::Message;
use crate::members::Members;
use crate::time::UnixTime;

/// The scheme's name in `scheme`.
pub const EXACT: &str = "exact";

/// The fields of EIP-3009's `TransferWithAuthorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much, in atomic units.
    pub value: AtomicAmount,
    /// The block's time must be strictly greater.
    pub valid_after: UnixTime,
    /// The block's time must be strictly less.
    pub valid_before: UnixTime,
    /// Spent at most once for each payer and token.
    pub nonce: Nonce,
}

/// The `payload` of an `exact` payment on an EVM chain: the authorization and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eip3009Payload {
    /// Over the EIP-712 digest of the authorization.
    pub signature: SignatureBytes,
    /// What was signed.
    pub authorization: Authorization,
    /// Further members, kept for the facilitator.
    pub unknown: Map<String, Value>,
}

impl Authorization {
    /// Reads the six members and refuses any other: an unread member next to signed ones could
    /// mean something to another reader.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        let it = Self {
            from: members.noun("from")?,
            to: members.noun("to")?,
            value: members.noun("value")?,
            valid_after: members.noun("validAfter")?,
            valid_before: members.noun("validBefore")?,
            nonce: members.noun("nonce")?,
        };
        members.nothing_else().map(|()| it)
    }

    /// The members as they travel.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "from": self.from.to_string(),
            "to": self.to.to_string(),
            "value": self.value.to_string(),
            "validAfter": self.valid_after.to_string(),
            "validBefore": self.valid_before.to_string(),
            "nonce": self.nonce.to_string(),
        })
    }
}

impl Eip3009Payload {
    /// Reads the payload's members.
    pub fn read(mut members: Members) -> Result<Self, WireError> {
        Ok(Self {
            signature: members.noun("signature")?,
            authorization: Authorization::read(members.nested("authorization")?)?,
            unknown: members.rest(),
        })
    }
}

impl Message for Eip3009Payload {
    fn from_value(value: Value) -> Result<Self, WireError> {
        Self::read(Members::of_document(value)?)
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("signature".into(), self.signature.to_string().into());
        map.insert("authorization".into(), self.authorization.to_value());
        map.extend(self.unknown.clone());
        Value::Object(map)
    }
}
