//! Group L: which bytes are sent, and what the storage may do to a sale.

use crate::case::{AGAIN, Case, SALE, SERVED, SOLD, buy, get, play};
use crate::http::Reply;
use crate::market::{GOODS, Market, PRICE};
use crate::pay::pay;
use crate::watch::How;

const DOWN: &str = "503 storage_unavailable";
const UNPAID: &str = "402 payment_required";
/// What a function URL's buffered answer may hold, and one byte (AWS Lambda quotas).
const LARGE: usize = 6 * 1024 * 1024 + 1;
/// The tag of the first object that was published.
const TAG: &str = "\"0\"";

#[tokio::test]
async fn what_cannot_be_delivered_is_not_charged() {
    play([
        Case::new("L01")
            .differs(
                "nothing is buffered, so no size is refused: bodies stream, or a 303 hands over",
            )
            .act(|market| market.publish("premium/a", vec![b'x'; LARGE]))
            .ask(buy(pay(1)), SERVED, SALE)
            .then(|_, got| assert!(got.body == vec![b'x'; LARGE], "the whole of it"))
            .leaves(SOLD, PRICE),
        Case::new("L02")
            .differs("the code is storage_unavailable, as at every other time of the same trouble")
            .broken(&[("open", How::Down)])
            .ask(buy(pay(1)), DOWN, "recall, open")
            .alarms("the storage is unavailable")
            .broken(&[("open", How::Silent)])
            .ask(buy(pay(1)), DOWN, "recall, open, wait 3s")
            .broken(&[])
            .ask(buy(pay(1)), SERVED, SALE)
            .leaves(SOLD, PRICE),
        Case::new("L03")
            .broken(&[("read", How::Down)])
            .ask(buy(pay(1)), "503 delivery_pending", SALE)
            .then(|_, got| {
                let receipt = got.message("payment-response").expect("a receipt");
                assert_eq!(receipt["success"], true);
            })
            .broken(&[])
            .ask(buy(pay(1)), SERVED, AGAIN)
            .then(whole)
            .leaves(SOLD, PRICE),
    ])
    .await;
}

#[tokio::test]
async fn a_payment_buys_the_whole() {
    play([
        Case::new("L04").ask(get("/premium/a").header("range", "bytes=0-0"), UNPAID, ""),
        Case::new("L05")
            .ask(buy(pay(1)).header("range", "bytes=0-0"), SERVED, SALE)
            .then(|market, got| {
                whole(market, got);
                assert_eq!(got.header("accept-ranges"), Some("none"));
            })
            // What was bought may be fetched again in parts.
            .ask(buy(pay(1)).header("range", "bytes=0-0"), "206 object", AGAIN)
            .then(|_, got| {
                assert_eq!(got.body, GOODS[..1]);
                assert_eq!(got.header("content-range"), Some("bytes 0-0/13"));
            })
            .leaves(SOLD, PRICE),
        Case::new("L06")
            .differs(
                "a 304 follows the charge, but not the delivery: what is bought may be had already",
            )
            .ask(get("/premium/a").header("if-none-match", TAG), UNPAID, "")
            .ask(buy(pay(1)).header("if-none-match", TAG), SERVED, SALE)
            .then(|market, got| {
                whole(market, got);
                assert_eq!(got.header("etag"), Some(TAG), "the condition would have held");
            })
            .ask(buy(pay(1)).header("if-none-match", TAG), "304 nothing", AGAIN)
            .ask(buy(pay(2)).header("if-none-match", "*"), SERVED, SALE)
            .leaves(crate::case::sold(2), 2 * PRICE),
        Case::new("L11")
            .ask(buy(pay(1)), SERVED, SALE)
            .then(|market, got| {
                whole(market, got);
                assert_eq!(got.header("cache-control"), Some("private, no-store"));
                assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
                for name in ["age", "expires", "vary", "set-cookie"] {
                    assert_eq!(got.header(name), None, "{name}");
                }
            })
            .leaves(SOLD, PRICE),
    ])
    .await;
}

#[tokio::test]
async fn other_methods() {
    let mut other = Case::new("L10");
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PURGE", "get", "Get"] {
        for ask in [get("/premium/a"), get("/free/a.txt"), buy(pay(1))] {
            other = other
                .ask(ask.method(method), "405 method_not_allowed", "")
                .then(|_, got| assert_eq!(got.header("allow"), Some("GET, HEAD, OPTIONS")));
        }
    }
    play([
        Case::new("L07").ask(get("/premium/a").method("HEAD"), "402 nothing", ""),
        Case::new("L08").ask(buy(pay(1)).method("HEAD"), "400 nothing", ""),
        Case::new("L09").ask(get("/premium/a").method("OPTIONS"), "204 nothing", "").then(
            |_, got| {
                let has = |name: &str, words: &[&str]| {
                    let value = got.header(name).unwrap_or_else(|| panic!("{name}"));
                    assert!(words.iter().all(|it| value.contains(it)), "{name}: {value}");
                };
                has("access-control-allow-origin", &["*"]);
                has("access-control-allow-methods", &["GET", "HEAD", "OPTIONS"]);
                has("access-control-allow-headers", &["PAYMENT-SIGNATURE", "X-PAYMENT"]);
                has("access-control-expose-headers", &["PAYMENT-REQUIRED", "PAYMENT-RESPONSE"]);
            },
        ),
        other,
    ])
    .await;
}

fn whole(_: &Market, got: &Reply) {
    assert_eq!(got.body, GOODS);
    assert_eq!(got.header("content-length"), Some("13"));
}
