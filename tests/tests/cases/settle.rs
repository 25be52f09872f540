//! Group S: what the facilitator says at settle and how it fails to, as far as the chain or the
//! facilitator itself ends the doubt.

use sandbox::facilitator::Dialect;
use sandbox::faults::Endpoint;
use wire::{Authorization, UnixTime};

use crate::case::{Ask, Case, SALE, SERVED, SOLD, buy, play, text};
use crate::hands::{cancel, submit};
use crate::http::Reply;
use crate::market::{GOODS, Market, NOW, PRICE, Shop};
use crate::pay::{Pay, key, pay};
use crate::stub::Saying;

const UNKNOWN: &str = "503 settlement_unknown";
/// The hash of no transaction.
const HASH: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";
const OVER: &str = "402 invalid_exact_evm_payload_authorization_valid_before";
const USED: &str = "402 invalid_exact_evm_nonce_already_used";
/// A sale that only the chain knows of at first.
const SEEN: &str = "recall, open, verify, claim, settle, chain, record";
/// One that stays in doubt.
const DOUBT: &str = "recall, open, verify, claim, settle, chain, stop";
/// One that stays in doubt where the chain is not asked.
const UNASKED: &str = "recall, open, verify, claim, settle, stop";
/// The next request with the same payment, which finds it on the chain.
const FOUND: &str = "recall, open, take over, reopen, chain, record";
/// What a sale leaves that was resolved by the next request.
const RESOLVED: &str = "attempt-1 claim settled stopped-0 transaction";

/// The payment as it was signed at first, whatever time it is.
pub(crate) fn once(nonce: u8) -> Pay {
    let valid_before = UnixTime::from_seconds(NOW + 60);
    pay(nonce).signing_at(move |it, _| Authorization { valid_before, ..it })
}

/// A payment that may be too early for the next block.
fn valid_since_now(payment: Pay) -> Pay {
    payment
        .signing_at(|it, now| Authorization { valid_after: UnixTime::from_seconds(now - 1), ..it })
}

fn again() -> Ask {
    buy(once(1))
}

fn off() -> Shop {
    Shop { onchain: "off", ..Shop::default() }
}

pub(crate) fn stubbed() -> Shop {
    Shop { stubbed: true, ..Shop::default() }
}

pub(crate) fn valid() -> Saying {
    Saying::ok(r#"{"isValid":true}"#)
}

fn paid(market: &Market, _: &Reply) {
    assert_eq!(market.earned(), PRICE, "the money moved all the same");
}

fn unpaid(market: &Market, _: &Reply) {
    assert_eq!(market.earned(), 0, "no money moved");
}

/// The receipt tells what the chain has.
fn true_receipt(market: &Market, got: &Reply) {
    assert_eq!(got.body, GOODS);
    let receipt = got.message("payment-response").unwrap();
    let transaction = text(&receipt, "/transaction").parse().unwrap();
    assert!(market.sandbox.chain().receipt(transaction).is_some_and(|it| it.success));
    assert_eq!(text(&receipt, "/network"), "eip155:84532");
    assert_eq!(text(&receipt, "/payer"), key().address().to_string());
    assert_eq!(receipt["success"], true);
    let settles = market.sandbox.journal().count(Endpoint::Settle);
    assert_eq!((settles, market.earned()), (1, PRICE));
}

#[tokio::test]
async fn settled_whatever_is_said() {
    let hasty = |shop| Shop { hasty: true, ..shop };
    play([
        Case::new("S01").ask(buy(pay(1)), SERVED, SALE).then(true_receipt).leaves(SOLD, PRICE),
        Case::new("S02")
            .differs("the chain ends the doubt in the same request where an endpoint is configured")
            .at(hasty(off()))
            .fault("settle:hang-after-settling*1")
            .ask(buy(pay(1)), UNKNOWN, UNASKED)
            .then(paid)
            .leaves("claim stopped-0", PRICE)
            .at(hasty(Shop::default()))
            .fault("settle:hang-after-settling*1")
            .ask(buy(pay(1)), SERVED, SEEN)
            .then(true_receipt)
            .leaves(SOLD, PRICE),
        Case::new("S03")
            .fault("settle:reset-after-settling*1")
            .fault("rpc:5xx*1")
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .then(paid)
            .ask(again(), SERVED, FOUND)
            .then(true_receipt)
            .leaves(RESOLVED, PRICE),
        Case::new("S04")
            .differs("as S02: the chain ends the doubt in the same request where it is asked")
            .at(off())
            .fault("settle:5xx-after-settling=502*1")
            .ask(buy(pay(1)), UNKNOWN, UNASKED)
            .then(paid)
            .leaves("claim stopped-0", PRICE)
            .at(Shop::default())
            .fault("settle:5xx-after-settling=502*1")
            .ask(buy(pay(1)), SERVED, SEEN)
            .then(true_receipt)
            .leaves(SOLD, PRICE),
        Case::new("S05")
            .at(Shop { dialect: Dialect::Cdp, ..Shop::default() })
            .fault("settle:settlement-pending*1")
            .ask(buy(pay(1)), SERVED, "recall, open, verify, claim, settle, settle, record")
            .then(the_same_bytes)
            .leaves(SOLD, PRICE),
        pending_twice(),
        Case::new("S09")
            .act(|market| submit(market, &pay(1)))
            .fault("verify:valid*1")
            .ask(buy(pay(1)), SERVED, SEEN)
            .then(true_receipt)
            .leaves(SOLD, PRICE),
        Case::new("S22")
            .fault("settle:too-early*1")
            .ask(
                buy(valid_since_now(pay(1))),
                SERVED,
                "recall, open, verify, claim, settle, wait 2s, settle, record",
            )
            .then(the_same_bytes)
            .leaves(SOLD, PRICE),
    ])
    .await;
}

fn the_same_bytes(market: &Market, _: &Reply) {
    let asked = market.asked.lock().unwrap();
    let [verify, first, second] = &asked[..] else { panic!("verify, and settle twice") };
    assert!(verify == first && first == second, "the same bytes");
}

/// The money has moved by then, but the node is a block behind.
fn pending_twice() -> Case {
    let pending = Saying {
        status: 500,
        ..Saying::ok(format!(
            r#"{{"success":false,"errorReason":"settlement_pending","transaction":"{HASH}",
            "network":"eip155:84532"}}"#
        ))
    };
    Case::new("S06")
        .at(stubbed())
        .act(|market| submit(market, &pay(1)))
        .says(valid())
        .says(pending.clone())
        .says(pending)
        .fault("rpc:stale=1*1")
        .ask(
            buy(pay(1)),
            "503 settlement_pending",
            "recall, open, verify, claim, settle, settle, chain, stop",
        )
        .then(the_same_bytes)
        .then(|_, got| told(got, "settlement_pending"))
        .ask(again(), SERVED, FOUND)
        .leaves(RESOLVED, PRICE)
}

/// A reply in doubt names the transaction that may have moved the money.
fn told(got: &Reply, reason: &str) {
    let news = got.message("payment-response").unwrap();
    assert_eq!((text(&news, "/transaction"), text(&news, "/errorReason")), (HASH, reason));
    assert_eq!(news["success"], false);
}

#[tokio::test]
async fn unsettled_until_proven() {
    let x402_rs = Saying {
        status: 500,
        ..Saying::ok(
            r#"{"success":false,"network":"","transaction":"","errorReason":"unexpected_error"}"#,
        )
    };
    let reverted = Saying::ok(format!(
        r#"{{"success":false,"network":"eip155:84532","transaction":"{HASH}",
        "errorReason":"invalid_exact_evm_transaction_failed"}}"#
    ));
    play([
        Case::new("S07")
            .at(stubbed())
            .says(valid())
            .says(x402_rs.clone())
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .then(|_, got| assert_eq!(got.header("payment-response"), None, "no hash is known"))
            .leaves("claim stopped-0", 0),
        Case::new("S08")
            .at(stubbed())
            .says(valid())
            .says(x402_rs)
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .later(62)
            .ask(again(), OVER, "recall, take over, reopen, chain, void")
            .then(unpaid)
            .ask(again(), OVER, "recall")
            .leaves("attempt-1 claim stopped-0 void", 0),
        Case::new("S10")
            .act(|market| cancel(market, &pay(1)))
            .fault("verify:valid*1")
            .ask(buy(pay(1)), USED, "recall, open, verify, claim, settle, chain, void, stop")
            .leaves("claim stopped-0 void", 0),
        Case::new("S11")
            .act(|market| submit(market, &pay(1)))
            .fault("verify:valid*1")
            .fault("rpc:5xx*1")
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .ask(again(), SERVED, FOUND)
            .leaves(RESOLVED, PRICE),
        Case::new("S16")
            .fault("settle:refuse=insufficient_funds*1")
            .ask(buy(pay(1)), "402 insufficient_funds", DOUBT)
            .then(unpaid)
            .leaves("claim stopped-0", 0)
            .at(Shop::default())
            .fault("settle:refuse=insufficient_funds*1")
            .fault("rpc:5xx*1")
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .leaves("claim stopped-0", 0)
            .at(Shop::default())
            .fault("settle:failure-after-settling=insufficient_funds*1")
            .ask(buy(pay(1)), SERVED, SEEN)
            .leaves(SOLD, PRICE)
            // The first try moved the payer's last money and did not say so: the second finds none.
            .at(off())
            .fault("settle:failure-after-settling=unexpected_error*1")
            .fault("settle:refuse=insufficient_funds*1")
            .ask(
                buy(valid_since_now(pay(1))),
                UNKNOWN,
                "recall, open, verify, claim, settle, wait 2s, settle, stop",
            )
            .then(paid)
            .leaves("claim stopped-0", PRICE),
        Case::new("S17")
            .at(stubbed())
            .says(valid())
            .says(reverted.clone())
            .ask(buy(pay(1)), UNKNOWN, DOUBT)
            .then(|_, got| told(got, "settlement_unknown"))
            .says(reverted)
            .ask(again(), UNKNOWN, "recall, open, take over, reopen, chain, settle, chain, stop")
            .then(|_, got| told(got, "settlement_unknown"))
            .later(62)
            .ask(again(), OVER, "recall, take over, reopen, chain, void")
            .leaves("attempt-1 attempt-2 claim stopped-0 stopped-1 void", 0),
        Case::new("S20")
            .act(|market| market.calls.slow_down("verify", std::time::Duration::from_secs(13)))
            .ask(
                buy(pay(1).signing_at(|it, now| Authorization {
                    valid_before: UnixTime::from_seconds(now + 14),
                    ..it
                })),
                OVER,
                "recall, open, verify, recall",
            )
            .then(|market, _| assert_eq!(market.sandbox.journal().count(Endpoint::Settle), 0)),
    ])
    .await;
}

/// A client that knows nothing of all this signs another payment when it gets a 402, and only then.
#[tokio::test]
async fn a_naive_client_pays_once() {
    #[rustfmt::skip]
    let faults = [
        "reset-after-settling", "5xx-after-settling=502", "garbage-after-settling",
        "truncated-after-settling", "huge-after-settling", "failure-after-settling",
        "failure-after-settling=unexpected_error",
    ];
    let mut case = Case::new("S21");
    for fault in faults {
        case = case
            .at(Shop::default())
            .fault(format!("settle:{fault}*1"))
            .fault("rpc:5xx*1")
            .ask(again(), UNKNOWN, DOUBT)
            .ask(again(), SERVED, FOUND)
            .leaves(RESOLVED, PRICE);
    }
    play([case]).await;
}
