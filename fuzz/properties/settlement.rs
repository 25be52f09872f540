//! A facilitator's answer to `/settle`: success only where every field of it fits, by a reading of its
//! own; a new payment only where nothing can have been sent; unknown in every other case.

use std::time::Duration;

use merchant::decisions::faults::FacilitatorFault;
use merchant::decisions::offer::{Offer, OfferTerms};
use merchant::decisions::order::{AfterSettle, AfterVerify, Claimed, Order, Presented, Stop};
use merchant::decisions::payment::Payment;
use serde_json::{Map, Value};
use wire::eip712::TokenDomain;
use wire::{
    Authorization, Eip3009Payload, Message, Nonce, SettlementResponse, SignatureBytes, UnixTime,
    VerifyResponse, v2,
};

const NOW: u64 = 1_800_000_000;
const PRICE: u64 = 1000;
const PAYER: &str = "0x857b06519E91e3A54538791bDbb0E22373e36b66";
const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
const ASSET: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";

/// Panics where a property does not hold.
pub(crate) fn check(input: &[u8]) {
    // parse → print → parse.
    let answer = SettlementResponse::from_json(input);
    if let Ok(answer) = &answer {
        assert_eq!(SettlementResponse::from_json(answer.to_json().as_bytes()).as_ref(), Ok(answer));
    }
    let answer = answer.map_err(|_| FacilitatorFault::Unreadable(200));
    let order = order();
    let now = UnixTime::from_seconds(NOW);
    for (first, claimed) in [(true, claimed(&order)), (false, Claimed::taken_over(order.clone()))] {
        match claimed.judge(answer.clone(), now) {
            AfterSettle::Serve(settled) => {
                let transaction = settled.settlement().transaction.to_string();
                assert!(succeeds(input, &transaction), "{settled:?}");
            }
            AfterSettle::SendAgain(again, wait) => {
                assert!(wait <= Duration::from_secs(3) && again.order() == &order);
            }
            AfterSettle::End(unsettled) => match unsettled.weigh(None) {
                Ok(settled) => panic!("without any evidence: {settled:?}"),
                Err(Stop::Refuse(refusal)) => {
                    assert_eq!(refusal.code().status().as_u16(), 503);
                    let told = refusal.settlement();
                    assert!(told.is_none_or(|it| !it.success), "{told:?}");
                }
                Err(Stop::Challenge(..)) => {
                    assert!(first && denies(input), "a new payment is asked for");
                }
                Err(stop @ (Stop::NotModified(_) | Stop::OutsideRange(_))) => panic!("{stop:?}"),
            },
        }
    }
}

/// Does every member say so, read by another reader of JSON?
fn succeeds(input: &[u8], transaction: &str) -> bool {
    let Ok(Value::Object(answer)) = serde_json::from_slice(input) else { return false };
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let absent = |name: &str| answer.get(name).is_none_or(Value::is_null);
    let hash = text("transaction").unwrap_or_default();
    let digits = hash.strip_prefix("0x").unwrap_or_default();
    answer.get("success") == Some(&Value::Bool(true))
        && digits.len() == 64
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
        && hash.eq_ignore_ascii_case(transaction)
        && matches!(text("network"), Some("eip155:84532" | "base-sepolia"))
        && (absent("payer") || text("payer").is_some_and(|it| it.eq_ignore_ascii_case(PAYER)))
        && (absent("amount") || text("amount") == Some("1000"))
}

/// Does it say that nothing came of it, naming no transaction?
fn denies(input: &[u8]) -> bool {
    let Ok(Value::Object(answer)) = serde_json::from_slice(input) else { return false };
    let empty = |it: &Value| it.is_null() || it == "";
    answer.get("success") == Some(&Value::Bool(false))
        && answer.get("transaction").is_none_or(empty)
        && ["errorReason", "error_reason", "errorMessage"].iter().any(|it| answer.contains_key(*it))
}

fn claimed(order: &Order) -> Claimed {
    let valid = VerifyResponse { is_valid: true, ..VerifyResponse::default() };
    let after = Presented::new(order.clone()).judge(Ok(valid), UnixTime::from_seconds(NOW));
    let AfterVerify::Claim(verified) = after else { panic!("{after:?}") };
    verified.claimed()
}

fn order() -> Order {
    let address = |text: &str| text.parse().expect("an address");
    let token = TokenDomain {
        name: "USDC".into(),
        version: "2".into(),
        chain_id: 84532,
        asset: address(ASSET),
    };
    let max_timeout = Duration::from_mins(1);
    let terms = OfferTerms { amount: PRICE.into(), pay_to: address(PAYEE), max_timeout, token };
    let offer = Offer::exact(terms);
    let authorization = Authorization {
        from: address(PAYER),
        to: address(PAYEE),
        value: PRICE.into(),
        valid_after: UnixTime::from_seconds(0),
        valid_before: UnixTime::from_seconds(NOW + 60),
        nonce: Nonce::new([7; 32]),
    };
    let signature: SignatureBytes = format!("0x{}", "11".repeat(65)).parse().expect("a signature");
    let payload = Eip3009Payload { signature, authorization, unknown: Map::new() };
    let payment = v2::PaymentPayload {
        resource: None,
        accepted: offer.requirements().clone(),
        payload,
        extensions: v2::Extensions::default(),
        unknown: Map::new(),
    };
    Order::new(&offer, &Payment::V2(Box::new(payment)))
}
