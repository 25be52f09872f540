//! Several payments in one transaction: each transfer serves its own payment, at whichever door, and
//! no other one.

use alloy_sol_types::{SolCall, sol};
use sandbox::chain::CallRequest;
use sandbox::token::USDC;
use sandbox::world::Options;
use serde_json::Value;
use wire::Address;

use crate::payer::Signed;
use crate::street::{ONE_HOST, Street, Who};

sol! {
    struct Call3 { address target; bool allowFailure; bytes callData; }
    function aggregate3(Call3[] calls) external payable;
}

/// Source: viem 2.57.1, `baseSepolia.contracts.multicall3`.
const MULTICALL3: &str = "0xcA11bde05977b3631167028862bE2a173976CA11";
const PATHS: [&str; 3] = ["/premium/a.json", "/premium/b.json", "/premium/a.json"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_payer_of_a_batch_is_served() {
    let options = Options::instant().fault("verify:valid*3").unwrap();
    let street = Street::open(options, &ONE_HOST[..2]).await;
    let payments = [1, 2, 3].map(|nonce| street.sign(nonce));
    submit(&street, &payments);
    assert_eq!(street.transfers(), 3);
    let mut transactions = Vec::new();
    for (number, (payment, path)) in payments.iter().zip(PATHS).enumerate() {
        let who = Who { viewer: u8::try_from(number).unwrap(), name: None };
        let got = street.buy(number, path, payment, who).await;
        assert_eq!(got.ending(), "200 object", "payment {number}\n{}", street.log());
        transactions.push(got.message("payment-response").unwrap()["transaction"].take());
        let again = street.buy(number + 1, path, payment, who).await;
        assert_eq!(again.ending(), "200 object", "payment {number}, again at another door");
    }
    transactions.dedup();
    assert_eq!(transactions.len(), 1, "all of them were settled by one transaction");
    assert_eq!(street.transfers(), 3, "and none a second time");

    // One more, alike in all but the nonce, which the batch did not hold: it has to pay for itself.
    let got = street.buy(0, PATHS[0], &street.sign(4), Who { viewer: 9, name: None }).await;
    assert_eq!(got.ending(), "200 object");
    let other: Value = got.message("payment-response").unwrap()["transaction"].take();
    assert_eq!((transactions.contains(&other), street.transfers()), (false, 4));
}

/// Sends all payments to the chain in one transaction, as a facilitator might to save gas.
fn submit(street: &Street, payments: &[Signed]) {
    let calls = payments.iter().map(|payment| Call3 {
        target: USDC,
        allowFailure: false,
        callData: payment.call().abi_encode().into(),
    });
    let call = aggregate3Call { calls: calls.collect() };
    let multicall: Address = MULTICALL3.parse().unwrap();
    let request = CallRequest::to(multicall.evm(), call.abi_encode());
    street.sandbox.chain().send(&sandbox::accounts::testers()[5], &request).unwrap();
}
