//! A payer that signs for real and can be told to sign oddly.

use alloy_sol_types::SolCall;
use sandbox::chain::{CallRequest, Chain};
use sandbox::token::FiatToken;
use serde_json::{Value, json};
use wire::eip712::TokenDomain;
use wire::header::encode_json;
use wire::signature::SecretKey;
use wire::{Address, Authorization, Eip3009Payload, Message, Nonce, PaymentKey, U256, UnixTime};

use crate::http::Reply;
use crate::market::{PRICE, payee};

/// A signed payment for something under `/premium/`.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) authorization: Authorization,
    payload: Eip3009Payload,
}

/// Who pays: the sandbox's second test account.
pub(crate) fn key() -> SecretKey {
    SecretKey::from_bytes(&sandbox::accounts::testers()[1].secret()).unwrap()
}

/// A payment valid from then for a minute from now on, with this nonce.
pub(crate) fn sign(nonce: u8, valid_after: u64, now: u64) -> Signed {
    let authorization = Authorization {
        from: key().address(),
        to: payee(),
        value: PRICE.into(),
        valid_after: UnixTime::from_seconds(valid_after),
        valid_before: UnixTime::from_seconds(now + 60),
        nonce: Nonce::new([nonce; 32]),
    };
    let signature = key().sign(domain().digest(&authorization));
    let payload = Eip3009Payload { signature, authorization, unknown: serde_json::Map::new() };
    Signed { authorization, payload }
}

fn domain() -> TokenDomain {
    TokenDomain { name: "USDC".into(), version: "2".into(), chain_id: 84532, asset: asset() }
}

fn asset() -> Address {
    wire::networks::by_chain_id(84532).unwrap().asset.address.into()
}

impl Signed {
    /// The payment's key in ledgers.
    pub(crate) fn key(&self) -> PaymentKey {
        PaymentKey::of(84532, asset(), &self.authorization)
    }

    /// The `PAYMENT-SIGNATURE` that answers this challenge.
    pub(crate) fn header(&self, challenge: &Reply) -> String {
        let challenge = challenge.message("payment-required").unwrap();
        let payment = wire::v2::PaymentPayload::echoing(&challenge, 0, &self.payload).unwrap();
        encode_json(payment.to_string().as_bytes())
    }

    /// Submits the payment to the chain, as anyone can who has seen it.
    pub(crate) fn submit_by_hand(&self, chain: &Chain) {
        let request = CallRequest::to(sandbox::token::USDC, self.call().abi_encode());
        chain.send(&sandbox::accounts::testers()[5], &request).unwrap();
    }

    /// The call of the token that settles the payment.
    pub(crate) fn call(&self) -> FiatToken::transferWithAuthorization_1Call {
        let it = &self.authorization;
        FiatToken::transferWithAuthorization_1Call {
            from: it.from.evm(),
            to: it.to.evm(),
            value: it.value.units(),
            validAfter: U256::from(it.valid_after.seconds()),
            validBefore: U256::from(it.valid_before.seconds()),
            nonce: it.nonce.evm(),
            signature: self.payload.signature.bytes().to_vec().into(),
        }
    }

    /// The `X-PAYMENT` of version 1.
    pub(crate) fn v1_header(&self) -> String {
        let payment: Value = json!({
            "x402Version": 1, "scheme": "exact", "network": "base-sepolia",
            "payload": self.payload.to_value(),
        });
        encode_json(payment.to_string().as_bytes())
    }
}
