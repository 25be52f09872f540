//! Group X: well-formed payments that do not pay for what is asked for. The ledger is asked first,
//! because a payment that was submitted before must be recognised; nobody else is.

use serde_json::{Value, json};
use wire::{Authorization, UnixTime};

use crate::case::{Ask, Case, SALE, SERVED, SOLD, buy, get, play, text};
use crate::market::PRICE;
use crate::pay::{pay, set};

const NO_MATCH: &str = "402 no_matching_payment_requirements";
const VALUE: &str = "402 invalid_exact_evm_payload_authorization_value_mismatch";
const PAYEE: &str = "402 invalid_exact_evm_payload_recipient_mismatch";
const WINDOW: &str = "402 invalid_exact_evm_payload_authorization_valid_before";
const ELSEWHERE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
/// The one call for a payment that does not fit.
const LOOKED_UP: &str = "recall";

fn accepting(member: &'static str, value: impl Into<Value>) -> Ask {
    buy(pay(1).with(member, value))
}

#[tokio::test]
async fn what_does_not_fit_is_asked_of_nobody() {
    play([
        Case::new("X01")
            .ask(
                buy(pay(1)
                    .signing(|it| Authorization { value: 999.into(), ..it })
                    .with("/accepted/amount", "999")),
                NO_MATCH,
                LOOKED_UP,
            )
            .then(|_, got| {
                let challenge = got.message("payment-required").unwrap();
                assert_eq!(text(&challenge, "/accepts/0/amount"), "1000", "our own price");
            }),
        Case::new("X02").ask(
            buy(pay(1).signing(|it| Authorization { value: 999.into(), ..it })),
            VALUE,
            LOOKED_UP,
        ),
        Case::new("X03").ask(
            buy(pay(1).signing(|it| Authorization { value: 1001.into(), ..it })),
            VALUE,
            LOOKED_UP,
        ),
        Case::new("X04")
            .differs(
                "another accepted.payTo names no offer of ours; only the signed one mismatches",
            )
            .ask(accepting("/accepted/payTo", ELSEWHERE), NO_MATCH, LOOKED_UP)
            .ask(
                buy(pay(1).signing(|it| Authorization { to: ELSEWHERE.parse().unwrap(), ..it })),
                PAYEE,
                LOOKED_UP,
            ),
        Case::new("X05").ask(
            buy(pay(1).with("/accepted/asset", ELSEWHERE).with("/accepted/extra/name", "USD Coin")),
            NO_MATCH,
            LOOKED_UP,
        ),
        Case::new("X06").ask(accepting("/accepted/network", "eip155:8453"), NO_MATCH, LOOKED_UP),
        Case::new("X07")
            .ask(accepting("/accepted/maxTimeoutSeconds", 61), NO_MATCH, LOOKED_UP)
            .ask(accepting("/accepted/extra/name", "USD Coin"), NO_MATCH, LOOKED_UP)
            .ask(accepting("/accepted/extra/more", "of theirs"), SERVED, SALE)
            .then(|market, _| {
                for asked in market.asked.lock().unwrap().iter() {
                    let asked: Value = serde_json::from_slice(asked).unwrap();
                    assert_eq!(
                        asked["paymentRequirements"]["extra"],
                        json!({ "name": "USDC", "version": "2" }),
                        "our own requirements"
                    );
                }
            })
            .leaves(SOLD, PRICE),
        // 14 seconds are the least that may be left, and a minute is what clocks may differ by.
        Case::new("X08")
            .ask(ending_in(13), WINDOW, LOOKED_UP)
            .ask(ending_in(14), SERVED, SALE)
            .leaves(SOLD, PRICE),
        Case::new("X09")
            .ask(ending_in(121), WINDOW, LOOKED_UP)
            .ask(ending_in(120), SERVED, SALE)
            .leaves(SOLD, PRICE),
        Case::new("X10").ask(starting_at_its_end(), "400 invalid_payload", "").ask(
            buy(pay(1).json(|it| {
                let end = it["payload"]["authorization"]["validBefore"].clone();
                let later = end.as_str().unwrap().parse::<u64>().unwrap() + 1;
                set(it, "/payload/authorization/validAfter", later.to_string().into());
            })),
            "400 invalid_payload",
            "",
        ),
        Case::new("X11")
            .ask(get("/premium/gold/a").paying(pay(1).offer_of("/premium/a")), NO_MATCH, LOOKED_UP)
            // Not bound: it still buys what it was signed for.
            .ask(buy(pay(1)), SERVED, SALE)
            .leaves(SOLD, PRICE),
        Case::new("X12")
            .differs("there is no grace for old prices: the payer signs the new one, uncharged")
            .ask(
                buy(pay(1)
                    .signing(|it| Authorization { value: 2000.into(), ..it })
                    .with("/accepted/amount", "2000")),
                NO_MATCH,
                LOOKED_UP,
            )
            .then(|_, got| {
                let challenge = got.message("payment-required").unwrap();
                assert_eq!(text(&challenge, "/accepts/0/amount"), "1000", "the new price");
            }),
    ])
    .await;
}

/// A payment whose window closes so many seconds from now.
fn ending_in(seconds: u64) -> Ask {
    buy(pay(1).signing_at(move |it, now| Authorization {
        valid_before: UnixTime::from_seconds(now + seconds),
        ..it
    }))
}

fn starting_at_its_end() -> Ask {
    buy(pay(1).signing(|it| Authorization { valid_after: it.valid_before, ..it }))
}
