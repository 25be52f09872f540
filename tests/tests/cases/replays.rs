//! Group R: payments that the ledger knows, under their names and without.

use serde_json::json;

use crate::case::{AGAIN, Ask, Case, SALE, SERVED, SOLD, buy, get, play};
use crate::hands::submit;
use crate::http::Reply;
use crate::market::{GOODS, Market, NOW, PRICE};
use crate::pay::{Pay, pay};
use crate::settle::once;
use crate::watch::How;

const USED: &str = "409 payment_already_used";
const CONFLICT: &str = "409 payment_identifier_conflict";
const DOWN: &str = "503 ledger_unavailable";
const NAME: &str = "a-name-only-the-payer-knows";
const STRANGER: &str = "198.51.100.66";
/// A sale under a name.
const NAMED_SALE: &str = "recall, open, named, verify, name, claim, settle, record";
const NAMED_AGAIN: &str = "recall, open, named, owns, reopen";
const NAMED_SOLD: &str = "claim identifier settled transaction";

fn named(payment: Pay, name: &str) -> Pay {
    payment.with("/extensions", json!({ "payment-identifier": { "info": { "id": name } } }))
}

fn settled_once(market: &Market, _: &Reply) {
    use sandbox::faults::Endpoint::{Settle, Verify};
    let journal = market.sandbox.journal();
    assert_eq!((journal.count(Verify), journal.count(Settle)), (1, 1));
    assert_eq!(market.earned(), PRICE);
}

#[tokio::test]
async fn a_settled_payment_buys_nothing_more() {
    play([
        Case::new("R03")
            .ask(buy(pay(1)), SERVED, SALE)
            .ask(get("/premium/b").paying(pay(1)), USED, "recall, open")
            .then(settled_once)
            .leaves(SOLD, PRICE),
        Case::new("R04")
            .ask(buy(named(pay(1), NAME)), SERVED, NAMED_SALE)
            .ask(buy(named(pay(1), NAME)).from(STRANGER), SERVED, NAMED_AGAIN)
            .then(settled_once)
            .then(|market, got| {
                let receipt = got.message("payment-response").unwrap();
                assert_eq!(receipt["transaction"], market.record("settled")["transaction"]);
            })
            // The payment's own window is over by then, the name's is not.
            .later(14 * 60)
            .ask(buy(named(once(1), NAME)).from(STRANGER), SERVED, "recall, named, owns, reopen")
            .leaves(NAMED_SOLD, PRICE),
        Case::new("R05")
            .ask(buy(named(pay(1), NAME)), SERVED, NAMED_SALE)
            .ask(buy(pay(1)).from(STRANGER), USED, "recall, open")
            .ask(
                buy(named(pay(1), "a-name-that-is-guessed")).from(STRANGER),
                USED,
                "recall, open, named",
            )
            .then(settled_once)
            .leaves(NAMED_SOLD, PRICE),
        Case::new("R06")
            .ask(buy(named(pay(1), NAME)), SERVED, NAMED_SALE)
            .ask(
                buy(named(pay(2), NAME)).from(STRANGER),
                SERVED,
                "recall, open, named, recall, owns, reopen",
            )
            .then(settled_once)
            .leaves(NAMED_SOLD, PRICE),
        Case::new("R07")
            .ask(buy(named(pay(1), NAME)), SERVED, NAMED_SALE)
            .ask(
                get("/premium/b").paying(named(pay(2), NAME)),
                CONFLICT,
                "recall, open, named, recall",
            )
            .then(settled_once)
            .leaves(NAMED_SOLD, PRICE),
        names(),
        Case::new("R15")
            // At the other merchant.
            .act(|market| submit(market, &pay(1)))
            .ask(buy(pay(1)), USED, "recall, open, verify, recall")
            .leaves("", PRICE),
        Case::new("R09")
            .ask(buy(named(once(1), NAME)), SERVED, NAMED_SALE)
            .later(121)
            .ask(buy(once(1)), USED, "recall")
            .later(15 * 60 - 121)
            .ask(buy(named(once(1), NAME)), SERVED, "recall, named, owns, reopen")
            .later(1)
            .ask(buy(named(once(1), NAME)), USED, "recall, named")
            .leaves(NAMED_SOLD, PRICE),
        Case::new("R10")
            .ask(buy(pay(1)), SERVED, SALE)
            .act(|market| market.publish("premium/a", &b"another object"[..]))
            .ask(buy(pay(1)), "410 object_gone", AGAIN)
            .then(|_, got| assert!(!got.body.ends_with(b"another object")))
            .act(|market| market.publish("premium/a", GOODS))
            .leaves(SOLD, PRICE),
    ])
    .await;
}

fn names() -> Case {
    let bad = [
        "a".repeat(15),
        "a".repeat(129),
        "a name with spaces".into(),
        "a-näme-with-umlauts".into(),
    ];
    let bad = bad.iter().map(|name| buy(named(pay(1), name)));
    let case = Case::new("R08").differs(
        "a name is advertised and never required: what a payer may leave out cannot be demanded",
    );
    let refused = |case: Case, ask: Ask| case.ask(ask, "400 invalid_payload", "");
    bad.fold(case, refused)
        .ask(buy(named(pay(1), &"a".repeat(16))), SERVED, NAMED_SALE)
        .ask(buy(named(pay(2), &"a".repeat(128))), SERVED, NAMED_SALE)
        .ask(buy(pay(3)), SERVED, SALE)
        .leaves(
            "claim claim claim identifier identifier settled settled settled \
             transaction transaction transaction",
            3 * PRICE,
        )
}

#[tokio::test]
async fn the_ledger_fails() {
    play([
        Case::new("R12")
            .differs("the claim follows verify, so a ledger that fails there costs one verify")
            .broken(&[("recall", How::Down)])
            .ask(buy(pay(1)), DOWN, "recall, open")
            .broken(&[("recall", How::Silent)])
            .ask(buy(pay(1)), DOWN, "recall, wait 3s, open")
            .broken(&[("claim", How::Down)])
            .ask(buy(pay(1)), DOWN, "recall, open, verify, claim")
            .broken(&[])
            .ask(buy(pay(1)), SERVED, SALE)
            .leaves(SOLD, PRICE),
        Case::new("R13")
            .differs(
                "the record is not tried again at once: the next request finds it on the chain",
            )
            .broken(&[("record", How::Down)])
            .ask(buy(pay(1)), SERVED, SALE)
            .broken(&[])
            .ask(buy(pay(1)), "503 settlement_in_progress", "recall, open")
            .later(31)
            .ask(buy(once(1)), SERVED, "recall, open, take over, reopen, chain, record")
            .leaves("attempt-1 claim settled transaction", PRICE),
        Case::new("R16")
            .fault("settle:reset*1")
            .broken(&[("stop", How::Down)])
            .ask(
                buy(pay(1)),
                "503 settlement_unknown",
                "recall, open, verify, claim, settle, chain, stop",
            )
            .broken(&[])
            .ask(buy(pay(1)), "503 settlement_in_progress", "recall, open")
            .later(31)
            .ask(buy(once(1)), SERVED, "recall, open, take over, reopen, chain, settle, record")
            .then(|market, _| {
                let asked = market.asked.lock().unwrap();
                assert!(
                    asked.len() == 3 && asked.iter().all(|it| *it == asked[0]),
                    "the same bytes"
                );
            })
            .leaves("attempt-1 claim settled transaction", PRICE),
        Case::new("R17")
            .differs(
                "there is nothing to set: a record is kept for a week after the window at least",
            )
            .ask(buy(pay(1)), SERVED, SALE)
            .then(|market, _| {
                let week = 7 * 24 * 60 * 60;
                let claim = market.record("claim");
                assert_eq!(claim["valid_before"], NOW + 60);
                assert_eq!(claim["expires_at"], NOW + 60 + week);
            })
            .leaves(SOLD, PRICE),
    ])
    .await;
}
