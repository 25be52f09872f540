//! Payments and offers as merchants send them to a facilitator, right by default and wrong on
//! demand.

use alloy_primitives::{Address, B256, U256, keccak256};
use sandbox::accounts::{Account, testers};
use sandbox::token::USDC;
use serde_json::{Value, json};
use wire::eip712::TokenDomain;
use wire::{Authorization, PaymentKey, UnixTime};

/// A quiet second in November 2023, and a block boundary.
pub(crate) const START: u64 = 1_700_000_000;

pub(crate) const PRICE: u64 = 1_000;

pub(crate) fn payer() -> &'static Account {
    &testers()[1]
}

pub(crate) fn payee() -> Address {
    testers()[2].address()
}

/// A payment with the offer that it is for. Every field may be made wrong.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) signer: Account,
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) value: u64,
    pub(crate) valid_after: u64,
    pub(crate) valid_before: u64,
    pub(crate) nonce: B256,
    pub(crate) pay_to: Address,
    pub(crate) amount: u64,
    pub(crate) asset: Address,
    pub(crate) chain_id: u64,
    /// EIP-712 name and version, in the offer and in the signature.
    pub(crate) domain: (&'static str, &'static str),
    /// Changed after signing.
    pub(crate) signature: Option<Vec<u8>>,
}

impl Payment {
    /// The price from the payer to the payee, good for an hour from [`START`] on.
    pub(crate) fn new(nonce: &str) -> Self {
        Self {
            signer: payer().clone(),
            from: payer().address(),
            to: payee(),
            value: PRICE,
            valid_after: 0,
            valid_before: START + 3_600,
            nonce: keccak256(nonce),
            pay_to: payee(),
            amount: PRICE,
            asset: USDC,
            chain_id: 84532,
            domain: ("USDC", "2"),
            signature: None,
        }
    }

    pub(crate) fn authorization(&self) -> Authorization {
        Authorization {
            from: self.from.into(),
            to: self.to.into(),
            value: self.value.into(),
            valid_after: UnixTime::from_seconds(self.valid_after),
            valid_before: UnixTime::from_seconds(self.valid_before),
            nonce: self.nonce.into(),
        }
    }

    pub(crate) fn key(&self) -> PaymentKey {
        PaymentKey::of(self.chain_id, self.asset.into(), &self.authorization())
    }

    pub(crate) fn signature(&self) -> Vec<u8> {
        let domain = TokenDomain {
            name: self.domain.0.to_owned(),
            version: self.domain.1.to_owned(),
            chain_id: self.chain_id,
            asset: self.asset.into(),
        };
        let signed = || self.signer.sign(domain.digest(&self.authorization())).as_bytes().to_vec();
        self.signature.clone().unwrap_or_else(signed)
    }

    fn payload(&self) -> Value {
        let signature = alloy_primitives::hex::encode_prefixed(self.signature());
        json!({ "signature": signature, "authorization": self.authorization().to_value() })
    }

    fn extra(&self) -> Value {
        json!({ "name": self.domain.0, "version": self.domain.1 })
    }

    /// The offer of version 2.
    pub(crate) fn offer(&self) -> Value {
        json!({
            "scheme": "exact",
            "network": format!("eip155:{}", self.chain_id),
            "amount": U256::from(self.amount).to_string(),
            "asset": self.asset.to_checksum(None),
            "payTo": self.pay_to.to_checksum(None),
            "maxTimeoutSeconds": 60,
            "extra": self.extra(),
        })
    }

    /// The body of `verify` and `settle`.
    pub(crate) fn v2(&self) -> Value {
        json!({
            "x402Version": 2,
            "paymentPayload": {
                "x402Version": 2, "accepted": self.offer(), "payload": self.payload(),
            },
            "paymentRequirements": self.offer(),
        })
    }

    /// The same in version 1.
    pub(crate) fn v1(&self) -> Value {
        json!({
            "x402Version": 1,
            "paymentPayload": {
                "x402Version": 1, "scheme": "exact", "network": "base-sepolia",
                "payload": self.payload(),
            },
            "paymentRequirements": {
                "scheme": "exact",
                "network": "base-sepolia",
                "maxAmountRequired": U256::from(self.amount).to_string(),
                "resource": "http://127.0.0.1/file",
                "description": "",
                "mimeType": "text/plain",
                "payTo": self.pay_to.to_checksum(None),
                "maxTimeoutSeconds": 60,
                "asset": self.asset.to_checksum(None),
                "extra": self.extra(),
            },
        })
    }
}
