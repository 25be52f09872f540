//! Payments as the ledger knows them: keys, claims and records that differ where it matters.

use merchant::decisions::records::{Claim, ObjectPin, SettledRecord};
use wire::{Address, Message, Nonce, PaymentKey, TxHash, UnixTime, v2};

/// When everything here happens.
pub(crate) const NOW: u64 = 1_800_000_000;

/// The key of a payment with this nonce.
pub(crate) fn key(nonce: u8) -> PaymentKey {
    PaymentKey {
        chain_id: 84532,
        asset: address("0x036CbD53842c5426634e7929541eC2318f3dCF7e"),
        payer: address("0x857b06519E91e3A54538791bDbb0E22373e36b66"),
        nonce: Nonce::new([nonce; 32]),
    }
}

/// A claim by whoever goes by this name.
pub(crate) fn claim(id: &str) -> Claim {
    let at = UnixTime::from_seconds;
    Claim {
        id: id.to_owned(),
        resource: format!("https://files.example.com/premium/{id}"),
        object: ObjectPin {
            key: format!("premium/{id}"),
            size: 13,
            etag: Some("\"tag\"".into()),
            version: Some("1".into()),
        },
        requirements: requirements(),
        valid_before: at(NOW + 60),
        claimed_at: at(NOW),
        lease_until: at(NOW + 30),
        expires_at: at(NOW + 864_000),
        identifier: None,
        client: Some("198.51.100.7".into()),
    }
}

/// A settlement by the transaction with this hash.
pub(crate) fn settled(hash: u8) -> SettledRecord {
    SettledRecord {
        transaction: transaction(hash),
        amount: "1000".parse().unwrap(),
        settled_at: UnixTime::from_seconds(NOW + 2),
        seen: false,
    }
}

pub(crate) fn transaction(hash: u8) -> TxHash {
    format!("0x{}", format!("{hash:02x}").repeat(32)).parse().unwrap()
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn requirements() -> v2::PaymentRequirements {
    v2::PaymentRequirements::from_json(
        br#"{"scheme":"exact","network":"eip155:84532","amount":"1000",
        "asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "payTo":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","maxTimeoutSeconds":60,
        "extra":{"name":"USDC","version":"2"}}"#,
    )
    .unwrap()
}
