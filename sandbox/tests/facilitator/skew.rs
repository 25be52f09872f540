//! Payments that are valid from now on. The token wants a block's time to be later than
//! `validAfter`, so what the wall clock allows the chain still refuses until the next block.

use crate::call::post;
use crate::payment::{Payment, START};
use crate::settling::transfers;
use sandbox::chain::{BlockId, Mining};
use sandbox::facilitator::Facilitator;
use sandbox::{Options, Sandbox};
use serde_json::json;
use std::time::Duration;

const VALID_AFTER: &str = "invalid_exact_evm_payload_authorization_valid_after";
const SIMULATION: &str = "invalid_exact_evm_transaction_simulation_failed";

/// Two-second blocks at even seconds, on a clock that moves when told to.
async fn sandbox() -> Sandbox {
    let options = Options::by_hand(START).mining(Mining::Interval);
    Sandbox::start(options).await.unwrap()
}

async fn verified(sandbox: &Sandbox, payment: &Payment) -> String {
    let verdict = post(sandbox, "/verify", &payment.v2()).await.json();
    verdict["invalidReason"].as_str().unwrap_or("valid").to_owned()
}

/// Settles, with a block as soon as there is a transaction.
async fn settled(sandbox: &Sandbox, payment: &Payment) -> String {
    let (chain, body) = (sandbox.chain(), payment.v2());
    let ticking = async {
        while chain.nonce(Facilitator::address(), BlockId::Pending) == Ok(0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        chain.mine();
        std::future::pending::<()>().await;
    };
    let answer = tokio::select! {
        answer = post(sandbox, "/settle", &body) => answer,
        () = ticking => unreachable!(),
    };
    answer.json()["errorReason"].as_str().unwrap_or("settled").to_owned()
}

#[tokio::test]
async fn verify_looks_at_the_newest_block_and_settle_at_the_one_to_come() {
    #[rustfmt::skip]
    let rows = [
        // seconds since the block, validAfter from the block, verify,     settle
        (0,                         -1,                        "valid",     "settled"),
        (1,                         -1,                        "valid",     "settled"),
        // "now", right at the block and one second later.
        (0,                          0,                        SIMULATION,  VALID_AFTER),
        (1,                          1,                        SIMULATION,  VALID_AFTER),
        // Past by the wall clock, which is also the clock of the estimate.
        (1,                          0,                        SIMULATION,  "settled"),
        // Later than the wall clock: refused without asking the chain.
        (0,                          1,                        VALID_AFTER, VALID_AFTER),
        (1,                          2,                        VALID_AFTER, VALID_AFTER),
        (1,                          3,                        VALID_AFTER, VALID_AFTER),
    ];
    for (passed, after, at_verify, at_settle) in rows {
        let row = format!("{passed} s after the block, validAfter {after:+}");
        let sandbox = sandbox().await;
        sandbox.chain().advance(Duration::from_secs(passed));
        let mut payment = Payment::new(&row);
        payment.valid_after = START.checked_add_signed(after).unwrap();
        assert_eq!(verified(&sandbox, &payment).await, at_verify, "{row}");
        assert_eq!(settled(&sandbox, &payment).await, at_settle, "{row}");
        assert_eq!(transfers(sandbox.chain()), usize::from(at_settle == "settled"), "{row}");
    }
}

#[tokio::test]
async fn valid_from_now_on_becomes_valid_with_the_next_block() {
    let sandbox = sandbox().await;
    sandbox.chain().advance(Duration::from_secs(1));
    let mut payment = Payment::new("now");
    payment.valid_after = sandbox.chain().now();
    let verdict = post(&sandbox, "/verify", &payment.v2()).await.json();
    assert_eq!(verdict["invalidReason"], json!(SIMULATION));
    let words = "FiatTokenV2: authorization is not yet valid";
    assert!(verdict["invalidMessage"].as_str().unwrap().ends_with(words), "{verdict}");
    sandbox.chain().advance(Duration::from_secs(1));
    assert_eq!(verified(&sandbox, &payment).await, "valid", "the same bytes, one block later");
}

#[tokio::test]
async fn at_settle_the_rejection_carries_the_tokens_words() {
    let sandbox = sandbox().await;
    let mut payment = Payment::new("words");
    payment.valid_after = START;
    let answer = post(&sandbox, "/settle", &payment.v2()).await.json();
    assert_eq!(answer["errorReason"], json!(VALID_AFTER));
    assert!(answer["errorMessage"].as_str().unwrap().contains("not yet valid"), "{answer}");
    let answer = post(&sandbox, "/settle", &payment.v1()).await.json();
    assert!(answer["errorReason"].as_str().unwrap().contains("not yet valid"), "{answer}");
    assert_eq!(transfers(sandbox.chain()), 0);
}

#[tokio::test]
async fn with_real_blocks_now_fails_and_a_block_later_passes() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let next = sandbox.chain().head().number + 1;
    // Right after a block, so that the next one does not come in between.
    sandbox.chain().wait_for_block(next).await.unwrap();
    let mut payment = Payment::new("real now");
    payment.valid_after = sandbox.chain().now();
    payment.valid_before = payment.valid_after + 60;
    assert_eq!(verified(&sandbox, &payment).await, SIMULATION);
    sandbox.chain().wait_for_block(next + 1).await.unwrap();
    assert_eq!(verified(&sandbox, &payment).await, "valid");
}
