//! Payments for the tests: well-formed, unsigned (no neighbour here checks a signature), and easily
//! spoilt.

use serde_json::{Value, json};
use wire::header::encode_json;

use crate::world::NOW;

pub(crate) const ASSET: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
pub(crate) const PAYEE: &str = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
pub(crate) const PAYER: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
pub(crate) const HASH: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

/// A payment for `/premium/`, valid since ever and for the next 60 seconds.
pub(crate) fn payment() -> Value {
    json!({
        "x402Version": 2,
        "resource": { "url": "https://files.test/premium/a" },
        "accepted": {
            "scheme": "exact", "network": "eip155:84532", "amount": "1000", "asset": ASSET,
            "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": { "name": "USDC", "version": "2" },
        },
        "payload": {
            "signature": format!("0x{}1b", "11".repeat(64)),
            "authorization": {
                "from": PAYER, "to": PAYEE, "value": "1000", "validAfter": "0",
                "validBefore": (NOW + 60).to_string(),
                "nonce": format!("0x{}", "8e".repeat(32)),
            },
        },
    })
}

/// The payment with one member replaced; the path is a JSON pointer.
pub(crate) fn payment_with(pointer: &str, value: impl Into<Value>) -> Value {
    let mut payment = payment();
    set(&mut payment, pointer, value.into());
    payment
}

pub(crate) fn set(payment: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = payment.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    parent.as_object_mut().unwrap().insert(name.to_owned(), value);
}

/// The header that carries a payment.
pub(crate) fn header(payment: &Value) -> (&'static str, String) {
    ("payment-signature", encode_json(payment.to_string().as_bytes()))
}

/// A version 1 payment and its header.
pub(crate) fn v1_header(network: &str) -> (&'static str, String) {
    let payment = json!({
        "x402Version": 1, "scheme": "exact", "network": network, "payload": payment()["payload"],
    });
    ("x-payment", encode_json(payment.to_string().as_bytes()))
}

pub(crate) fn valid() -> Value {
    json!({ "isValid": true, "payer": PAYER })
}

pub(crate) fn invalid(reason: &str) -> Value {
    json!({ "isValid": false, "invalidReason": reason, "payer": PAYER })
}

pub(crate) fn settled() -> Value {
    json!({ "success": true, "payer": PAYER, "transaction": HASH, "network": "eip155:84532" })
}

/// A settlement that failed for this reason, with this transaction or none.
pub(crate) fn unsettled(reason: &str, transaction: &str) -> Value {
    json!({ "success": false, "errorReason": reason, "transaction": transaction, "network": "eip155:84532" })
}
