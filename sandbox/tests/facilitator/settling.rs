//! What settling does, and what it does not do twice.

use crate::call::{Answer, get, post};
use crate::payment::{PRICE, Payment, START, payee, payer};
use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use sandbox::chain::{BlockId, LogFilter, Mining};
use sandbox::facilitator::{Facilitator, Manners};
use sandbox::faults::Endpoint;
use sandbox::token::{FiatToken, USDC};
use sandbox::{Chain, Options, Sandbox};
use serde_json::{Value, json};
use std::time::Duration;

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::by_hand(START)).await.unwrap()
}

/// How many transfers of the token there ever were.
pub(crate) fn transfers(chain: &Chain) -> usize {
    let filter = LogFilter::of(USDC, &[FiatToken::Transfer::SIGNATURE_HASH]);
    chain.logs(&filter, (BlockId::Earliest, BlockId::Latest), 1_000).unwrap().len()
}

#[tokio::test]
async fn a_payment_verifies_settles_and_moves_the_money_in_both_versions() {
    for (version, network) in [(1, "base-sepolia"), (2, "eip155:84532")] {
        let sandbox = sandbox().await;
        let payment = Payment::new("loop");
        let body = if version == 1 { payment.v1() } else { payment.v2() };
        let before = sandbox.chain().usdc_balance(payee());

        let verdict = post(&sandbox, "/verify", &body).await;
        let from = payer().address().to_checksum(None);
        assert_eq!(verdict.json(), json!({ "isValid": true, "payer": from }));
        assert_eq!(transfers(sandbox.chain()), 0, "verify changes nothing");

        let answer = post(&sandbox, "/settle", &body).await;
        let settled = answer.json();
        assert_eq!((answer.status, &settled["success"]), (200, &json!(true)), "{settled}");
        assert_eq!((&settled["payer"], &settled["network"]), (&json!(from), &json!(network)));
        let hash = settled["transaction"].as_str().unwrap().parse().unwrap();
        let receipt = sandbox.chain().receipt(hash).unwrap();
        assert!(receipt.success);
        assert_eq!(receipt.transaction.from, Facilitator::address());
        let paid = sandbox.chain().usdc_balance(payee()) - before;
        assert_eq!((paid, transfers(sandbox.chain())), (U256::from(PRICE), 1));
        assert!(sandbox.chain().authorization_state(payment.from, payment.nonce));

        let calls: Vec<_> = sandbox
            .journal()
            .of(&payment.key())
            .into_iter()
            .map(|it| {
                let said = it.said.unwrap();
                (it.endpoint, said.status, said.finding, said.transaction)
            })
            .collect();
        assert_eq!(
            calls,
            [
                (Endpoint::Verify, Some(200), "valid".to_owned(), None),
                (Endpoint::Settle, Some(200), "settled".to_owned(), Some(hash)),
            ]
        );
    }
}

#[tokio::test]
async fn supported_names_both_versions_and_the_account_that_submits() {
    let sandbox = sandbox().await;
    let expected = json!({
        "kinds": [
            { "x402Version": 2, "scheme": "exact", "network": "eip155:84532" },
            { "x402Version": 1, "scheme": "exact", "network": "base-sepolia" },
        ],
        "extensions": [],
        "signers": { "eip155:*": [Facilitator::address().to_checksum(None)] },
    });
    assert_eq!(get(&sandbox, "/supported").await.json(), expected);
    assert_eq!(sandbox.journal().count(Endpoint::Supported), 1);
}

#[tokio::test]
async fn a_settled_payment_is_refused_as_used_at_verify_and_at_settle() {
    let sandbox = sandbox().await;
    let body = Payment::new("twice").v2();
    assert_eq!(post(&sandbox, "/settle", &body).await.json()["success"], json!(true));
    let used = json!("invalid_exact_evm_nonce_already_used");
    assert_eq!(post(&sandbox, "/verify", &body).await.json()["invalidReason"], used);
    let again = post(&sandbox, "/settle", &body).await.json();
    assert_eq!((&again["errorReason"], &again["transaction"]), (&used, &json!("")));
    assert_eq!(transfers(sandbox.chain()), 1);
}

#[tokio::test]
async fn ten_identical_settlements_make_one_transfer() {
    for mining in [Mining::Automine, Mining::Interval] {
        let options = Options::by_hand(START).mining(mining);
        let sandbox = Sandbox::start(options).await.unwrap();
        let body = Payment::new("race").v2();
        let calls = (0..10).map(|_| post(&sandbox, "/settle", &body));
        let race = futures_util::future::join_all(calls);
        let ticking = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                sandbox.chain().mine();
            }
        };
        let answers = tokio::select! { answers = race => answers, () = ticking => unreachable!() };
        let answers: Vec<Value> = answers.iter().map(Answer::json).collect();
        let won = answers.iter().filter(|it| it["success"] == json!(true)).count();
        assert_eq!((won, transfers(sandbox.chain())), (1, 1), "{answers:?}");
        let known = [
            json!("invalid_exact_evm_nonce_already_used"),
            json!("invalid_exact_evm_transaction_failed"),
        ];
        let lost = answers.iter().filter(|it| it["success"] == json!(false));
        assert!(lost.into_iter().all(|it| known.contains(&it["errorReason"])), "{answers:?}");
    }
}

#[tokio::test]
async fn a_block_that_does_not_come_leaves_the_settlement_pending_and_the_next_call_resolves_it() {
    let mut options = Options::by_hand(START).mining(Mining::Manual);
    options.manners = Manners { receipt_patience: Duration::from_millis(30), ..Manners::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let body = Payment::new("pending").v2();
    let first = post(&sandbox, "/settle", &body).await.json();
    assert_eq!(first["errorReason"], json!("settlement_pending"));
    let second = post(&sandbox, "/settle", &body).await.json();
    assert_eq!(second, first, "the same transaction, still without a block");
    sandbox.chain().mine();
    let third = post(&sandbox, "/settle", &body).await.json();
    assert_eq!((&third["success"], &third["transaction"]), (&json!(true), &first["transaction"]));
    assert_eq!(transfers(sandbox.chain()), 1);
}

#[tokio::test]
async fn somebody_elses_submission_makes_the_facilitators_own_fail_on_chain() {
    let options = Options::by_hand(START).mining(Mining::Manual);
    let sandbox = Sandbox::start(options).await.unwrap();
    let body = Payment::new("front-run").v2();
    // Two facilitators with one payment, both before the block.
    let (first, second, ()) =
        tokio::join!(post(&sandbox, "/settle", &body), post(&sandbox, "/settle", &body), async {
            let sent = || sandbox.chain().nonce(Facilitator::address(), BlockId::Pending);
            while sent() != Ok(2) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            sandbox.chain().mine();
        });
    let mut reasons = [first.json(), second.json()].map(|it| it["errorReason"].clone());
    reasons.sort_by_key(ToString::to_string);
    assert_eq!(reasons, [json!("invalid_exact_evm_transaction_failed"), Value::Null]);
    assert_eq!(transfers(sandbox.chain()), 1);
}

#[tokio::test]
async fn with_real_blocks_a_settlement_takes_as_long_as_the_next_block() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let mut payment = Payment::new("real time");
    payment.valid_before = sandbox.chain().now() + 60;
    let head = sandbox.chain().head().number;
    let settled = post(&sandbox, "/settle", &payment.v2()).await.json();
    assert_eq!(settled["success"], json!(true), "{settled}");
    let hash = settled["transaction"].as_str().unwrap().parse().unwrap();
    let receipt = sandbox.chain().receipt(hash).unwrap();
    assert!((head + 1..=head + 2).contains(&receipt.block_number));
    assert_eq!(receipt.block_timestamp % 2, 0, "blocks stand at even seconds");
}
