//! What a merchant writes: offers, challenges, receipts, replies. All of it honest, to be spoiled by
//! the tricks.

use super::line::Act;
use super::till::Sale;
use crate::chain::CHAIN_ID;
use crate::token::USDC;
use alloy_primitives::Address;
use serde_json::{Value, json};
use std::fmt::Write;
use wire::header::encode_json;

/// The price of everything, in atomic units of USDC: a tenth of a cent.
pub(super) const PRICE: u64 = 1_000;

/// What an honest sale delivers.
pub(super) const GOODS: &str = "what was paid for\n";

/// Where a trick is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage<'a> {
    pub(super) origin: &'a str,
    /// Another origin, with nobody on it that should ever see a payment.
    pub(super) elsewhere: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) pay_to: Address,
    /// How often this trick has named a price before.
    pub(super) earlier: u32,
}

/// A status, headers and a body, as they are: nothing is checked or escaped.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Stage<'_> {
    /// The usual offer.
    pub(super) fn offer(&self) -> Value {
        json!({
            "scheme": "exact", "network": format!("eip155:{CHAIN_ID}"), "amount": PRICE.to_string(),
            "asset": USDC.to_checksum(None), "payTo": self.pay_to.to_checksum(None),
            "maxTimeoutSeconds": 60, "extra": { "name": "USDC", "version": "2" },
        })
    }

    /// The usual offer with this member replaced; by a JSON pointer.
    pub(super) fn offer_but(&self, pointer: &str, value: Value) -> Value {
        let mut offer = self.offer();
        if let Some(member) = offer.pointer_mut(pointer) {
            *member = value;
        }
        offer
    }

    /// A challenge with these offers.
    pub(super) fn challenge(&self, accepts: Vec<Value>) -> Value {
        json!({
            "x402Version": 2, "error": "payment_required",
            "resource": {
                "url": format!("{}{}", self.origin, self.path),
                "description": "A report", "mimeType": "text/plain",
            },
            "accepts": accepts,
        })
    }

    /// The same offer as a version 1 challenge, which travels in the body.
    pub(super) fn challenge_v1(&self) -> Value {
        json!({
            "x402Version": 1, "error": "payment_required",
            "accepts": [{
                "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": PRICE.to_string(),
                "resource": format!("{}{}", self.origin, self.path),
                "description": "A report", "mimeType": "text/plain",
                "payTo": self.pay_to.to_checksum(None), "maxTimeoutSeconds": 60,
                "asset": USDC.to_checksum(None), "extra": { "name": "USDC", "version": "2" },
            }],
        })
    }

    /// A 402 with this offer only.
    pub(super) fn demand(&self, offer: Value) -> Act {
        Reply::demand(&self.challenge(vec![offer]).to_string()).into()
    }

    /// A 402 with the usual offer only.
    pub(super) fn ask(&self) -> Act {
        self.demand(self.offer())
    }
}

impl Sale {
    /// An honest receipt.
    pub(super) fn receipt(&self) -> Value {
        json!({
            "success": true, "transaction": self.transaction.to_string(),
            "network": format!("eip155:{CHAIN_ID}"), "payer": self.payer.to_checksum(None),
        })
    }

    /// An honest receipt with this member replaced or added.
    pub(super) fn receipt_but(&self, name: &str, value: Value) -> Value {
        let mut receipt = self.receipt();
        receipt[name] = value;
        receipt
    }
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn text(body: &str) -> Self {
        Self::status(200).header("content-type", "text/plain; charset=utf-8").body(body)
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::status(200).header("content-type", "application/json").body(value.to_string())
    }

    /// A 402 with this text as its challenge, whether it is one or not.
    pub(super) fn demand(challenge: &str) -> Self {
        Self::demand_raw(&encode_json(challenge.as_bytes()))
    }

    /// A 402 with exactly this value in `PAYMENT-REQUIRED`.
    pub(super) fn demand_raw(value: &str) -> Self {
        Self::status(402).header("payment-required", value).body("{}")
    }

    /// The content with this receipt.
    pub(super) fn deliver(receipt: &Value) -> Self {
        Self::text(GOODS).header("payment-response", encode_json(receipt.to_string().as_bytes()))
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Status line and headers, with the blank line that ends them. No length: whoever sends a head
    /// alone lies about it, or means to go on for ever.
    pub(super) fn head(&self) -> Vec<u8> {
        [self.open_head().as_bytes(), b"\r\n"].concat()
    }

    /// Status line and headers, and no end of them.
    pub(super) fn open_head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Hostile\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head
    }
}

impl From<Reply> for Act {
    fn from(reply: Reply) -> Self {
        let length = reply.body.len().to_string();
        let Reply { body, .. } = reply.clone();
        Self::Say([reply.header("content-length", length).head(), body].concat())
    }
}
