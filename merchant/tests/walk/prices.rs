//! Objects that carry their own price: nobody is charged another price than they signed, whenever it
//! changes, and nothing is sold outside the bounds.

use merchant::decisions::faults::FacilitatorFault::TimedOut;
use serde_json::Value;

use crate::payments::*;
use crate::world::{Got, OBJECT, World};

const CARRYING: &str = "[[routes]]\npath = \"/own/\"\nprice = \"$0.001\"\n\
                        price_min = \"$0.001\"\nprice_max = \"$1\"\n";

async fn world() -> World {
    let world = World::with_rules(CARRYING).await;
    world.publish("own/plain", OBJECT).await;
    world.publish_at("own/dear", OBJECT, "$0.05").await;
    world
}

/// The amount that a challenge asks for, in both of its versions.
fn asked(got: &Got) -> String {
    let header = got.message("payment-required").unwrap();
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    let amount = header["accepts"][0]["amount"].as_str().unwrap();
    assert_eq!(body["accepts"][0]["maxAmountRequired"], amount);
    amount.to_owned()
}

fn paying(amount: &str) -> [(&'static str, String); 1] {
    let mut payment = payment();
    set(&mut payment, "/accepted/amount", amount.into());
    set(&mut payment, "/payload/authorization/value", amount.into());
    [header(&payment)]
}

#[tokio::test]
async fn a_challenge_asks_for_what_the_object_carries() {
    let world = world().await;
    for (key, price) in [("low", "$0.0001"), ("high", "$2"), ("none", "cheap"), ("zero", "$0")] {
        world.publish_at(&format!("own/{key}"), OBJECT, price).await;
    }
    #[rustfmt::skip]
    let rows = [
        // path             asks for          calls
        ("/own/dear",      Some("50000"),    "open"),
        ("/own/plain",     Some("1000"),     "open"),
        ("/own/low",       Some("1000"),     "open"),
        ("/own/high",      Some("1000"),     "open"),
        ("/own/none",      Some("1000"),     "open"),
        ("/own/zero",      Some("1000"),     "open"),
        ("/own/missing",   None,             "open"),
        ("/own/",          Some("1000"),     ""),
        ("/premium/a",     Some("1000"),     ""),
    ];
    for (path, amount, calls) in rows {
        let got = world.get(path, &[]).await;
        match amount {
            Some(amount) => assert_eq!(asked(&got), amount, "{path}"),
            None => assert_eq!(got.ending(), "404 not_found", "{path}"),
        }
        assert_eq!(world.calls(), calls, "{path}");
        assert!(!got.body.windows(6).any(|it| it == b"answer"), "{path}: no byte of the object");
    }
    *world.merchant.content.broken.lock().unwrap() = true;
    assert_eq!(world.get("/own/dear", &[]).await.ending(), "503 storage_unavailable");
}

#[tokio::test]
async fn what_is_signed_is_what_the_object_carries_or_nothing_is_charged() {
    #[rustfmt::skip]
    let rows = [
        // path          signed     ending                                     asks for
        ("/own/dear",  "50000",   "200 object",                                None),
        ("/own/plain", "1000",    "200 object",                                None),
        ("/own/dear",  "1000",    "402 no_matching_payment_requirements",      Some("50000")),
        ("/own/plain", "50000",   "402 no_matching_payment_requirements",      Some("1000")),
        ("/own/dear",  "50001",   "402 no_matching_payment_requirements",      Some("50000")),
    ];
    for (path, signed, ending, asks) in rows {
        let world = world().await;
        world.verify_answers(&[Ok(valid())]);
        world.settle_answers(&[Ok(settled())]);
        let got = world.get(path, &paying(signed)).await;
        assert_eq!(got.ending(), ending, "{path} for {signed}");
        match asks {
            None => {
                assert_eq!(world.calls(), "recall, open, verify, claim, settle, record", "{path}");
                let request: Value = serde_json::from_slice(&world.facilitator_asked()[0]).unwrap();
                assert_eq!(request["paymentRequirements"]["amount"], signed, "{path}");
            }
            Some(amount) => {
                assert_eq!(asked(&got), amount, "{path}: the price that it would take");
                assert_eq!(world.calls(), "recall, open", "{path}: nobody is asked for money");
            }
        }
    }
}

#[tokio::test]
async fn a_price_that_changes_after_the_challenge_charges_nobody_another_one() {
    let world = world().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Ok(settled())]);
    assert_eq!(asked(&world.get("/own/dear", &[]).await), "50000");
    for (price, amount) in [("$0.06", "60000"), ("$0.04", "40000")] {
        world.publish_at("own/dear", OBJECT, price).await;
        world.calls();
        let got = world.get("/own/dear", &paying("50000")).await;
        assert_eq!(got.ending(), "402 no_matching_payment_requirements");
        assert_eq!(asked(&got), amount);
        assert_eq!(world.calls(), "recall, open");
    }
    world.publish_at("own/dear", OBJECT, "$0.05").await;
    assert_eq!(world.get("/own/dear", &paying("50000")).await.ending(), "200 object");
}

/// Once a payment may have been submitted, no change of the price leads to a 402.
#[tokio::test]
async fn a_payment_in_doubt_stays_what_it_was_when_the_price_changes() {
    let world = world().await;
    world.verify_answers(&[Ok(valid())]);
    world.settle_answers(&[Err(TimedOut), Ok(settled())]);
    let first = world.get("/own/dear", &paying("50000")).await;
    assert_eq!(first.ending(), "503 settlement_unknown");
    world.calls();
    // Memory keeps no versions: the object is another one now, and so it is not sent for this.
    world.publish_at("own/dear", OBJECT, "$0.06").await;
    let second = world.get("/own/dear", &paying("50000")).await;
    assert!(second.status.as_u16() != 402 && !second.invites_payment(), "{}", second.ending());
    assert!(!world.calls().contains("verify"));
}
