//! Payers that are contracts: they are asked whether a signature is good (EIP-1271).

use crate::call::post;
use crate::payment::{Payment, START};
use crate::settling::transfers;
use alloy_primitives::{Address, U256, hex};
use sandbox::accounts::testers;
use sandbox::chain::CallRequest;
use sandbox::{Options, Sandbox};
use serde_json::json;

/// The first part of a contract that returns its 4 bytes whatever it is asked, and the last part.
/// PUSH14 (PUSH4 …, PUSH1 224, SHL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN), then it is returned.
const WALLET: (&str, &str) = ("6d63", "60e01b5f5260205ff35f52600e6012f3");

/// Source: EIP-1271.
const GOOD: &str = "1626ba7e";

fn wallet(sandbox: &Sandbox, answer: &str) -> Address {
    let data = hex::decode([WALLET.0, answer, WALLET.1].concat()).unwrap();
    let creation = CallRequest { data: data.into(), ..CallRequest::default() };
    let hash = sandbox.chain().send(&testers()[3], &creation).unwrap();
    let wallet = sandbox.chain().receipt(hash).unwrap().contract_address.unwrap();
    sandbox.chain().faucet(wallet, U256::from(5_000), U256::ZERO).unwrap();
    wallet
}

#[tokio::test]
async fn a_contract_pays_if_it_says_so_and_with_signatures_of_any_length() {
    for length in [1, 65, 200] {
        for (answer, reason) in
            [(GOOD, json!(null)), ("ffffffff", json!("invalid_exact_evm_signature"))]
        {
            let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
            let mut payment = Payment::new("a wallet");
            payment.from = wallet(&sandbox, answer);
            payment.signature = Some(vec![7; length]);
            let before = transfers(sandbox.chain());
            let verdict = post(&sandbox, "/verify", &payment.v2()).await.json();
            assert_eq!(verdict["invalidReason"], reason, "{length} bytes: {verdict}");
            let settled = post(&sandbox, "/settle", &payment.v2()).await.json();
            assert_eq!(settled["errorReason"], reason, "{length} bytes: {settled}");
            let moved = transfers(sandbox.chain()) - before;
            assert_eq!(moved, usize::from(reason.is_null()));
        }
    }
}
