//! The signature behind the services: EIP-3009 with a real key, and the lies that it can be told.

use std::collections::VecDeque;

use agent::world::{Clock, System};
use serde_json::{Map, Value};
use wire::eip712::TokenDomain;
use wire::{Authorization, Eip3009Payload, Message, Network, Nonce, UnixTime};

use super::payments::Mischief;
use super::wallet_key;

/// The signed authorization for an offer. Valid since ten minutes ago, as most signers have it, unless
/// it is told to begin now, as the service does.
pub(super) fn prove(offer: &Value, count: u32, mischief: &VecDeque<Mischief>) -> Option<Value> {
    let text = |name: &str| offer.get(name).and_then(Value::as_str);
    let now = System.now().seconds();
    let window = offer.get("maxTimeoutSeconds")?.as_u64()?;
    let (after, before) = match mischief.front() {
        Some(Mischief::Window(seconds)) => (now, now + seconds),
        _ => (now - 600, now + window),
    };
    let mut nonce = [0xac; 32];
    nonce[..4].copy_from_slice(&count.to_be_bytes());
    let mut authorization = Authorization {
        from: wallet_key().address(),
        to: text("payTo")?.parse().ok()?,
        value: text("amount").or_else(|| text("maxAmountRequired"))?.parse().ok()?,
        valid_after: UnixTime::from_seconds(after),
        valid_before: UnixTime::from_seconds(before),
        nonce: Nonce::new(nonce),
    };
    if let Some(Mischief::Instead(member, value)) = mischief.front() {
        match *member {
            "to" => authorization.to = value.parse().ok()?,
            "from" => authorization.from = value.parse().ok()?,
            "value" => authorization.value = value.parse().ok()?,
            "validAfter" => authorization.valid_after = value.parse().ok()?,
            "nonce" => authorization.nonce = value.parse().ok()?,
            _ => return None,
        }
    }
    let domain = TokenDomain {
        name: offer.pointer("/extra/name")?.as_str()?.to_owned(),
        version: offer.pointer("/extra/version")?.as_str()?.to_owned(),
        chain_id: Network::parse_any(text("network")?).ok()?.chain_id()?,
        asset: text("asset")?.parse().ok()?,
    };
    let signature = wallet_key().sign(domain.digest(&authorization));
    Some(Eip3009Payload { signature, authorization, unknown: Map::new() }.to_value())
}
