//! Challenges and receipts as an honest server writes them, to be spoiled by the tests.

use serde_json::{Value, json};
use wire::header::encode_json;

use crate::server::Reply;

/// The payer in every test: the key of the bytes 1 to 32 would do as well, it owns nothing.
pub(crate) const KEY: &str = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
pub(crate) const PAYER: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
pub(crate) const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
pub(crate) const BASE_SEPOLIA_USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
pub(crate) const BASE_USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
pub(crate) const HASH: &str = "0x8f4c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7";

/// An offer of 0.01 USDC on Base Sepolia.
pub(crate) fn offer() -> Value {
    json!({
        "scheme": "exact", "network": "eip155:84532", "amount": "10000",
        "asset": BASE_SEPOLIA_USDC, "payTo": PAYEE, "maxTimeoutSeconds": 60,
        "extra": { "name": "USDC", "version": "2" },
    })
}

/// The same offer on Base.
pub(crate) fn offer_on_base() -> Value {
    let mut offer = offer();
    offer["network"] = "eip155:8453".into();
    offer["asset"] = BASE_USDC.into();
    offer["extra"]["name"] = "USD Coin".into();
    offer
}

/// A v2 challenge with these offers.
pub(crate) fn challenge(url: &str, accepts: Vec<Value>) -> Value {
    json!({
        "x402Version": 2, "error": "payment_required",
        "resource": { "url": url, "description": "A report", "mimeType": "text/plain" },
        "accepts": accepts,
    })
}

/// The v1 challenge with the one offer.
pub(crate) fn challenge_v1(url: &str) -> Value {
    json!({
        "x402Version": 1, "error": "payment_required",
        "accepts": [{
            "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "10000",
            "resource": url, "description": "A report", "mimeType": "text/plain",
            "payTo": PAYEE, "maxTimeoutSeconds": 60, "asset": BASE_SEPOLIA_USDC,
            "extra": { "name": "USDC", "version": "2" },
        }],
    })
}

/// A 402 with this challenge in its header.
pub(crate) fn demand(challenge: &Value) -> Reply {
    let header = encode_json(challenge.to_string().as_bytes());
    Reply::new(402).header("PAYMENT-REQUIRED", header).body("{}")
}

/// What an honest server says of a settled payment.
pub(crate) fn settlement() -> Value {
    json!({
        "success": true, "transaction": HASH, "network": "eip155:84532", "payer": PAYER,
    })
}

/// The content with this receipt.
pub(crate) fn delivery(settlement: &Value) -> Reply {
    let header = encode_json(settlement.to_string().as_bytes());
    Reply::new(200)
        .header("PAYMENT-RESPONSE", header)
        .header("content-type", "text/plain")
        .body("the report\n")
}
