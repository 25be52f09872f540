//! Payers that other people wrote, against sellers whose facilitator settles and then fails. What
//! counts is how often the chain was charged, and whether the payer has the file.

#![expect(clippy::unwrap_used, reason = "tests")]

mod comparison;
mod node;
mod ours;
#[path = "../crash/process.rs"]
mod process;
mod rules;
mod seller;

use futures_util::StreamExt;

use node::{Node, Payer};
use seller::{Seller, trial};

/// How many purchases go on at a time: each has a chain and a seller's process.
const AT_A_TIME: usize = 8;

/// Every way in which the sandbox's facilitator can fail once the money has moved.
#[rustfmt::skip]
const AFTER_SETTLING: [&str; 22] = [
    "settle:reset-after-settling*1",
    "settle:5xx-after-settling=500*1",
    "settle:5xx-after-settling=502*1",
    "settle:5xx-after-settling=503*1",
    "settle:5xx-after-settling=504*1",
    "settle:garbage-after-settling*1",
    "settle:truncated-after-settling*1",
    "settle:huge-after-settling*1",
    "settle:hang-after-settling*1",
    "settle:drip-after-settling*1",
    "settle:delay-after-settling=1000*1",
    "settle:settlement-pending*2",
    "settle:failure-after-settling*1",
    "settle:failure-after-settling=insufficient_funds*1",
    "settle:wrong-payer*1",
    "settle:wrong-network*1",
    "settle:wrong-amount*1",
    "settle:wrong-hash*1",
    "settle:empty-hash*1",
    "settle:malformed-hash*1",
    "settle:success-as-text*1",
    "settle:success-missing*1",
];

/// Ways to fail while nothing has moved, and what a payer who asks once gets.
#[rustfmt::skip]
const BEFORE_SETTLING: [(&str, &str); 8] = [
    ("verify:reset*2",                      "503 facilitator_unavailable, charged 0"),
    ("verify:5xx=500*1",                    "503 facilitator_unavailable, charged 0"),
    ("verify:garbage*1",                    "503 facilitator_unavailable, charged 0"),
    ("settle:reset*1",                      "503 settlement_unknown, charged 0"),
    ("settle:5xx=502*1",                    "503 settlement_unknown, charged 0"),
    ("settle:garbage*1",                    "503 settlement_unknown, charged 0"),
    ("settle:429*1",                        "503 settlement_unknown, charged 0"),
    ("settle:refuse=insufficient_funds*1",  "402 insufficient_funds, charged 0"),
];

const BOUGHT: &str = "200 file, charged 1";

/// What each purchase comes to, and how often it was signed for.
async fn endings(payer: Payer, faults: Vec<&'static str>) -> Option<Vec<(String, u64)>> {
    let node = Node::start()?;
    let trials = faults.into_iter().map(|fault| trial(&node, Seller::Ours, payer, fault));
    let outcomes: Vec<_> = futures_util::stream::iter(trials).buffered(AT_A_TIME).collect().await;
    Some(outcomes.iter().map(|it| (it.told(), it.ending.signatures)).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_asks_once_is_charged_once_and_has_the_file_where_the_money_moved() {
    let rows: Vec<_> =
        AFTER_SETTLING.map(|it| (it, BOUGHT)).into_iter().chain(BEFORE_SETTLING).collect();
    let faults = rows.iter().map(|(fault, _)| *fault).collect();
    let Some(endings) = endings(Payer::Once, faults).await else { return };
    for ((fault, expected), (ending, signatures)) in rows.iter().zip(&endings) {
        assert_eq!((ending.as_str(), *signatures), (*expected, 1), "{fault}");
    }
}

/// It pays again whenever it is asked to, so it must not be asked once the money has moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_naive_payer_is_charged_once_and_has_the_file_whatever_fails() {
    let before = BEFORE_SETTLING.map(|(fault, _)| fault);
    let faults: Vec<_> = AFTER_SETTLING.into_iter().chain(before).collect();
    let Some(endings) = endings(Payer::Naive, faults.clone()).await else { return };
    for (fault, (ending, signatures)) in faults.iter().zip(&endings) {
        assert_eq!(ending, BOUGHT, "{fault}");
        let asked_twice = fault.contains("refuse=");
        assert_eq!(*signatures, if asked_twice { 2 } else { 1 }, "{fault}");
    }
}

/// Without the chain's evidence a payer may be left waiting, but is charged no second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_chain_a_naive_payer_is_charged_no_more_than_once() {
    let Some(node) = Node::start() else { return };
    let trials = ["settle:reset-after-settling*1", "settle:failure-after-settling*1"]
        .map(|fault| trial(&node, Seller::OursWithoutChain, Payer::Naive, fault));
    for outcome in futures_util::future::join_all(trials).await {
        assert_eq!(outcome.told(), "503 settlement_unknown, charged 1");
        assert_eq!(outcome.ending.signatures, 1);
        assert!(outcome.ending.statuses[1..].iter().all(|it| *it == 503), "{outcome:?}");
    }
}
