//! A payer that buys one thing after the other: it signs once for each and presents that payment
//! until it has the file, or is told in so many words that it was not charged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wire::eip712::TokenDomain;
use wire::header::encode_json;
use wire::signature::SecretKey;
use wire::{Address, Authorization, Eip3009Payload, Nonce, UnixTime};

use crate::client::Asking;
use crate::http::Reply;
use crate::market::{GOODS, Market, PATH, PRICE, payee};

/// What it waits before it presents a payment again.
const PAUSE: Duration = Duration::from_millis(400);
/// How often it does, at most.
const TRIES_MAX: usize = 400;
/// How long a payment is valid: a purchase that is cut off waits for a lease of half a minute.
const WINDOW: u64 = 200;

/// One payment, and what became of it.
#[derive(Debug)]
pub(crate) struct Purchase {
    /// The money left the payer, as the chain has it.
    pub(crate) moved: bool,
    /// The file arrived, whole.
    pub(crate) served: bool,
    /// Another payment was asked for in its place.
    pub(crate) invited: bool,
    pub(crate) took: Duration,
    /// How often it ended how.
    pub(crate) endings: BTreeMap<String, u64>,
}

/// The key of the payer with this number.
pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number + 1; 32]).unwrap()
}

/// Buys until it is over; the last purchase is brought to its end.
pub(crate) async fn shop(market: Arc<Market>, number: u8, over: Arc<AtomicBool>) -> Vec<Purchase> {
    let mut purchases = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let count = u64::try_from(purchases.len()).unwrap();
        let Some(challenge) = Asking::begin(market.address, PATH, None).end().await else {
            continue;
        };
        if challenge.status == 402 {
            purchases.push(buy(&market, number, count, &challenge).await);
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
    purchases
}

async fn buy(market: &Market, number: u8, count: u64, challenge: &Reply) -> Purchase {
    let signed = sign(number, count, market.sandbox.chain().now());
    let authorization = signed.authorization;
    let challenge = challenge.message("payment-required").unwrap();
    let payment = wire::v2::PaymentPayload::echoing(&challenge, 0, &signed).unwrap();
    let payment = encode_json(payment.to_string().as_bytes());
    let began = Instant::now();
    let (mut served, mut invited, mut endings) = (false, false, BTreeMap::new());
    for _ in 0..TRIES_MAX {
        let reply = Asking::begin(market.address, PATH, Some(&payment)).end().await;
        let ending = reply.as_ref().map_or_else(|| "no answer".to_owned(), Reply::ending);
        *endings.entry(ending).or_insert(0) += 1;
        served = reply.as_ref().is_some_and(|it| it.status == 200 && it.body == GOODS);
        invited = reply.as_ref().is_some_and(Reply::invites_payment);
        if served || invited {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let took = began.elapsed();
    let chain = market.sandbox.chain();
    let moved = chain.authorization_state(authorization.from.evm(), authorization.nonce.evm());
    Purchase { moved, served, invited, took, endings }
}

fn sign(number: u8, count: u64, now: u64) -> Eip3009Payload {
    let key = key(number);
    let mut nonce = [number; 32];
    nonce[..8].copy_from_slice(&count.to_be_bytes());
    let authorization = Authorization {
        from: key.address(),
        to: payee(),
        value: PRICE.into(),
        valid_after: UnixTime::from_seconds(0),
        valid_before: UnixTime::from_seconds(now + WINDOW),
        nonce: Nonce::new(nonce),
    };
    let asset: Address = wire::networks::by_chain_id(84532).unwrap().asset.address.into();
    let domain = TokenDomain { name: "USDC".into(), version: "2".into(), chain_id: 84532, asset };
    let signature = key.sign(domain.digest(&authorization));
    Eip3009Payload { signature, authorization, unknown: serde_json::Map::new() }
}
