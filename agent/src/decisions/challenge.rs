//! A 402's offers in one form, whether the challenge is of version 2 or 1. Keeps what the server
//! sent beside it, because the echo must be theirs letter by letter; judges nothing.

use std::time::Duration;

use serde_json::{Map, Value};
use wire::{AtomicAmount, Message, Network, OnchainAddress, Problem, WireError, header, v1, v2};

use crate::server_text::ServerText;

/// The protocol version that a challenge is written in, and so the payment that answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The legacy: JSON body, `X-PAYMENT`.
    V1,
    /// `PAYMENT-REQUIRED`, `PAYMENT-SIGNATURE`.
    V2,
}

/// What a server wants before it hands something out.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    version: Version,
    document: Value,
    offers: Vec<Offer>,
    reason: Option<ServerText>,
}

/// One of a challenge's offers. Everything here is the server's word.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Its place in `accepts`.
    pub index: usize,
    /// How the payment is made: `exact`, `upto`…
    pub scheme: String,
    /// The chain; nothing when a v1 name is not known to us.
    pub network: Option<Network>,
    /// The chain as the server names it.
    pub network_name: ServerText,
    /// How much, in atomic units of the asset.
    pub amount: AtomicAmount,
    /// The token.
    pub asset: OnchainAddress,
    /// Who is paid.
    pub pay_to: OnchainAddress,
    /// How long the server wants the payment to stay valid.
    pub max_timeout: Duration,
    /// The scheme's details.
    pub extra: Map<String, Value>,
    /// The URL of what is for sale.
    pub resource: String,
    /// What is for sale, in the server's words.
    pub description: Option<ServerText>,
    /// Media type of what is for sale.
    pub mime_type: Option<ServerText>,
}

impl Challenge {
    /// Reads the value of `PAYMENT-REQUIRED`. Larger than 16 KiB is refused before it is decoded.
    pub fn from_header(value: &[u8]) -> Result<Self, WireError> {
        Self::from_v2(wire::json::parse(&header::decode_json(
            value,
            header::CHALLENGE_HEADER_BYTES_MAX,
        )?)?)
    }

    /// Reads a 402's body: a version 1 challenge, or a copy of a version 2 one for clients that
    /// cannot read headers.
    pub fn from_body(body: &[u8]) -> Result<Self, WireError> {
        let document = wire::json::parse(body)?;
        match document.get("x402Version").and_then(Value::as_u64) {
            Some(v1::VERSION) => Self::from_v1(document),
            Some(v2::VERSION) => Self::from_v2(document),
            Some(_) | None => {
                Err(WireError::new("x402Version", Problem::Expected("the integer 1 or 2")))
            }
        }
    }

    fn from_v2(document: Value) -> Result<Self, WireError> {
        let message = v2::PaymentRequired::from_value(document.clone())?;
        let resource = message.resource;
        let offers = message.accepts.into_iter().enumerate().map(|(index, it)| Offer {
            index,
            scheme: it.scheme,
            network_name: ServerText::clean(&it.network.to_string()),
            network: Some(it.network),
            amount: it.amount,
            asset: it.asset,
            pay_to: it.pay_to,
            max_timeout: it.max_timeout,
            extra: it.extra,
            resource: resource.url.clone(),
            description: resource.description.as_deref().map(ServerText::clean),
            mime_type: resource.mime_type.as_deref().map(ServerText::clean),
        });
        let offers = offers.collect();
        let reason = message.error.as_deref().map(ServerText::clean);
        Ok(Self { version: Version::V2, document, offers, reason })
    }

    fn from_v1(document: Value) -> Result<Self, WireError> {
        let message = v1::PaymentRequired::from_value(document.clone())?;
        let offers = message.accepts.into_iter().enumerate().map(|(index, it)| Offer {
            index,
            scheme: it.scheme,
            network: Network::parse_any(&it.network).ok(),
            network_name: ServerText::clean(&it.network),
            amount: it.max_amount_required,
            asset: it.asset,
            pay_to: it.pay_to,
            max_timeout: it.max_timeout,
            extra: it.extra,
            resource: it.resource,
            description: Some(ServerText::clean(&it.description)).filter(|it| !it.is_empty()),
            mime_type: Some(ServerText::clean(&it.mime_type)).filter(|it| !it.is_empty()),
        });
        let offers = offers.collect();
        let reason = message.error.as_deref().map(ServerText::clean);
        Ok(Self { version: Version::V1, document, offers, reason })
    }

    /// The version that the payment must be written in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The challenge as the server wrote it.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every offer, in the server's order.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// Why there is no content, in the server's words.
    #[must_use]
    pub fn reason(&self) -> Option<&ServerText> {
        self.reason.as_ref()
    }
}

impl Offer {
    /// A text among the scheme's details.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.extra.get(name).and_then(Value::as_str)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn v2_document() -> Value {
        json!({
            "x402Version": 2, "error": "payment_required",
            "resource": {"url": "https://a.example/f", "mimeType": "text/plain"},
            "accepts": [{
                "scheme": "exact", "network": "eip155:84532", "amount": "1000",
                "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
                "payTo": "0x00000000000000000000000000000000000000aa",
                "maxTimeoutSeconds": 60, "extra": {"name": "USDC", "version": "2"},
            }],
        })
    }

    fn v1_document() -> Value {
        json!({
            "x402Version": 1, "error": "payment_required",
            "accepts": [{
                "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "1000",
                "resource": "https://a.example/f", "description": "", "mimeType": "text/plain",
                "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
                "payTo": "0x00000000000000000000000000000000000000aa",
                "maxTimeoutSeconds": 60, "extra": {"name": "USDC", "version": "2"},
            }],
        })
    }

    #[test]
    fn both_versions_read_as_the_same_offer() {
        let new = Challenge::from_body(v2_document().to_string().as_bytes()).unwrap();
        let old = Challenge::from_body(v1_document().to_string().as_bytes()).unwrap();
        assert_eq!((new.version(), old.version()), (Version::V2, Version::V1));
        let name = ServerText::clean("eip155:84532");
        let legacy = Offer { network_name: name, ..old.offers()[0].clone() };
        assert_eq!(new.offers(), [legacy]);
        assert_eq!(new.document(), &v2_document());
    }

    #[test]
    fn amounts_have_one_spelling_or_the_challenge_is_invalid() {
        let bad = [json!("0x3e8"), json!("1e6"), json!("-1"), json!(1000), json!(""), json!("01")];
        let above = format!("1{}", "0".repeat(78));
        for amount in bad.into_iter().chain([json!(above)]) {
            for (mut document, name) in
                [(v2_document(), "amount"), (v1_document(), "maxAmountRequired")]
            {
                document["accepts"][0][name] = amount.clone();
                let error = Challenge::from_body(document.to_string().as_bytes()).unwrap_err();
                assert_eq!(error.field(), format!("accepts[0].{name}"), "{amount}");
            }
        }
    }

    #[test]
    fn unknown_versions_are_not_guessed_at() {
        for version in [json!(3), json!("2"), json!(null), json!(2.0)] {
            let mut document = v2_document();
            document["x402Version"] = version;
            let error = Challenge::from_body(document.to_string().as_bytes()).unwrap_err();
            assert_eq!(error.field(), "x402Version");
        }
    }
}
