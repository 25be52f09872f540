//! The same findings in the words of three facilitators.

use crate::call::post;
use crate::payment::{PRICE, Payment, START};
use crate::settling::transfers;
use sandbox::accounts::testers;
use sandbox::chain::Mining;
use sandbox::facilitator::{Dialect, Facilitator, Manners};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::time::Duration;

async fn sandbox(dialect: Dialect, mining: Mining) -> Sandbox {
    let mut options = Options::by_hand(START).mining(mining);
    options.manners = Manners { dialect, receipt_patience: Duration::from_millis(50) };
    Sandbox::start(options).await.unwrap()
}

type Spoil = fn(&mut Payment);

/// What is wrong, and what x402-rs and CDP say about it.
type Row = (&'static str, Spoil, (u16, &'static str), (u16, &'static str));

#[tokio::test]
async fn each_flaw_has_a_status_and_a_reason_in_each_dialect_at_verify() {
    #[rustfmt::skip]
    let rows: [Row; 8] = [
        //                                                          x402-rs                                   cdp
        ("underpaid",   |it| it.value = PRICE - 1,                  (400, "invalid_payment_amount"),          (200, "invalid_exact_evm_payload_authorization_value")),
        ("expires",     |it| it.valid_before = START + 3,           (400, "invalid_payment_expired"),         (200, "invalid_exact_evm_payload_authorization_valid_before")),
        ("later",       |it| it.valid_after = START + 9,            (400, "invalid_payment_early"),           (200, "invalid_exact_evm_payload_authorization_valid_after")),
        ("now",         |it| it.valid_after = START,                (500, "unexpected_error"),                (200, "invalid_payload")),
        ("elsewhere",   |it| it.to = testers()[7].address(),        (400, "recipient_mismatch"),              (200, "invalid_exact_evm_payload_recipient_mismatch")),
        ("forged",      |it| it.signer = testers()[5].clone(),      (500, "unexpected_error"),                (200, "invalid_exact_evm_payload_signature")),
        ("poor",        |it| { it.value = 1 << 50; it.amount = it.value; }, (400, "insufficient_funds"),      (200, "insufficient_funds")),
        ("unserved",    |it| it.chain_id = 8453,                    (400, "unsupported_chain"),               (400, "invalid_payload")),
    ];
    for (flaw, spoil, x402_rs, cdp) in rows {
        for (dialect, (status, reason)) in [(Dialect::X402Rs, x402_rs), (Dialect::Cdp, cdp)] {
            let sandbox = sandbox(dialect, Mining::Automine).await;
            let mut payment = Payment::new(flaw);
            spoil(&mut payment);
            let answer = post(&sandbox, "/verify", &payment.v2()).await;
            let value = answer.json();
            let expected = (status, &json!(reason), &json!(false));
            let got = (answer.status, &value["invalidReason"], &value["isValid"]);
            assert_eq!(got, expected, "{flaw} in {dialect}");
        }
    }
}

#[tokio::test]
async fn x402_rs_names_neither_payer_nor_network_in_a_failure_and_wraps_the_chains_words() {
    let sandbox = sandbox(Dialect::X402Rs, Mining::Automine).await;
    let body = Payment::new("replayed").v2();
    let first = post(&sandbox, "/settle", &body).await;
    assert_eq!((first.status, &first.json()["success"]), (200, &json!(true)));
    let used = "execution reverted: FiatTokenV2: authorization is used or canceled";
    let again = post(&sandbox, "/settle", &body).await;
    let expected = json!({
        "success": false, "network": "", "transaction": "",
        "errorReason": "unexpected_error", "errorMessage": used, "payer": "",
    });
    assert_eq!((again.status, again.json()), (500, expected));
    let verdict = post(&sandbox, "/verify", &body).await;
    let expected = json!({
        "isValid": false, "invalidReason": "unexpected_error", "invalidReasonDetails": used,
        "payer": "",
    });
    assert_eq!((verdict.status, verdict.json()), (500, expected));
}

#[tokio::test]
async fn only_x402_rs_takes_more_than_the_price() {
    for dialect in Dialect::ALL {
        let sandbox = sandbox(dialect, Mining::Automine).await;
        let mut payment = Payment::new("overpaid");
        payment.value = PRICE + 1;
        let verdict = post(&sandbox, "/verify", &payment.v2()).await.json();
        assert_eq!(verdict["isValid"], json!(dialect == Dialect::X402Rs), "{dialect}");
    }
}

#[tokio::test]
async fn a_pending_settlement_keeps_its_hash_in_all_but_one_dialect() {
    let rows = [
        (Dialect::Ts, 200, "settlement_pending", true),
        (Dialect::X402Rs, 500, "unexpected_error", false),
        (Dialect::Cdp, 500, "settlement_pending", true),
    ];
    for (dialect, status, reason, with_hash) in rows {
        let sandbox = sandbox(dialect, Mining::Manual).await;
        let answer = post(&sandbox, "/settle", &Payment::new("pending").v2()).await;
        let value = answer.json();
        assert_eq!((answer.status, &value["errorReason"]), (status, &json!(reason)), "{dialect}");
        assert_eq!(value["transaction"] != json!(""), with_hash, "{dialect}");
        sandbox.chain().mine();
        assert_eq!(transfers(sandbox.chain()), 1, "it was in flight all the same");
    }
}

#[tokio::test]
async fn version_1_of_the_typescript_facilitator_loses_the_hash_of_a_pending_settlement() {
    let sandbox = sandbox(Dialect::Ts, Mining::Manual).await;
    let value = post(&sandbox, "/settle", &Payment::new("pending").v1()).await.json();
    let reason = value["errorReason"].as_str().unwrap();
    assert!(reason.starts_with("Timed out while waiting for transaction"), "{reason}");
    assert_eq!(value["transaction"], json!(""));
    sandbox.chain().mine();
    assert_eq!(transfers(sandbox.chain()), 1);
}

#[tokio::test]
async fn the_signers_stand_under_the_chain_or_under_the_family() {
    let address = Facilitator::address().to_checksum(None);
    for (dialect, key) in
        [(Dialect::Ts, "eip155:*"), (Dialect::X402Rs, "eip155:84532"), (Dialect::Cdp, "eip155:*")]
    {
        let sandbox = sandbox(dialect, Mining::Automine).await;
        let supported = crate::call::get(&sandbox, "/supported").await.json();
        let signers: Value = json!({ key: [address] });
        assert_eq!(supported["signers"], signers);
    }
}
