//! One row for each reason to refuse a payment, and the order in which a facilitator finds them.

use crate::call::{Answer, post, send};
use crate::payment::{PRICE, Payment, START, payer};
use crate::settling::transfers;
use alloy_primitives::{Address, U256, uint};
use alloy_sol_types::SolCall;
use sandbox::accounts::{operator, testers};
use sandbox::chain::CallRequest;
use sandbox::token::{FiatToken, USDC};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::by_hand(START)).await.unwrap()
}

/// Order of secp256k1's group.
const N: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

type Spoil = fn(&mut Payment);

/// What is wrong with the payment, and what the TypeScript facilitator calls it at verify and at
/// settle.
#[rustfmt::skip]
const SPOILED: &[(&str, Spoil, &str, &str)] = &[
    ("paid to another",        |it| it.to = Address::repeat_byte(9),      "invalid_exact_evm_recipient_mismatch", "="),
    ("one less than the price", |it| it.value = PRICE - 1,                "invalid_exact_evm_payload_authorization_value_mismatch", "="),
    ("one more than the price", |it| it.value = PRICE + 1,                "invalid_exact_evm_payload_authorization_value_mismatch", "="),
    ("expires in 5 s",         |it| it.valid_before = START + 5,          "invalid_exact_evm_payload_authorization_valid_before", "="),
    ("valid in 1 s",           |it| it.valid_after = START + 1,           "invalid_exact_evm_payload_authorization_valid_after", "="),
    ("signed by another",      |it| it.signer = testers()[5].clone(),     "invalid_exact_evm_signature", "="),
    ("signature of 64 bytes",  |it| it.signature = Some(vec![1; 64]),     "invalid_exact_evm_signature", "="),
    ("signature with v = 29",  |it| it.signature = Some(with_v(it, 29)),  "invalid_exact_evm_signature", "="),
    ("signature with v = 0/1", |it| it.signature = Some(low_v(it)),       "invalid_exact_evm_transaction_simulation_failed", "invalid_exact_evm_signature"),
    ("signature with high s",  |it| it.signature = Some(high_s(it)),      "invalid_exact_evm_transaction_simulation_failed", "invalid_exact_evm_signature"),
    ("wallet to be deployed",  |it| it.signature = Some([0x64, 0x92].repeat(20)), "eip6492_factory_not_allowed", "="),
    ("too little money",       |it| poor(it),                             "invalid_exact_evm_insufficient_balance", "="),
    ("another token name",     |it| it.domain = ("USD Coin", "2"),        "invalid_exact_evm_token_name_mismatch", "invalid_exact_evm_signature"),
    ("another token version",  |it| it.domain = ("USDC", "1"),            "invalid_exact_evm_token_version_mismatch", "invalid_exact_evm_signature"),
    ("no EIP-712 name",        |it| it.domain = ("", "2"),                "invalid_exact_evm_missing_eip712_domain", "="),
    ("an asset without code",  |it| it.asset = Address::repeat_byte(7),   "asset_not_deployed_contract", "="),
];

fn with_v(payment: &Payment, v: u8) -> Vec<u8> {
    let mut signature = payment.signature();
    signature[64] = v;
    signature
}

fn low_v(payment: &Payment) -> Vec<u8> {
    with_v(payment, payment.signature()[64] - 27)
}

/// The other signature of the same key over the same digest.
fn high_s(payment: &Payment) -> Vec<u8> {
    let mut signature = payment.signature();
    let s = N - U256::from_be_slice(&signature[32..64]);
    signature[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    signature[64] = 55 - signature[64];
    signature
}

/// The payer has a million USDC.
fn poor(payment: &mut Payment) {
    payment.value = 1_000_000_000_001;
    payment.amount = payment.value;
}

#[tokio::test]
async fn each_flaw_of_a_payment_is_refused_for_its_own_reason_and_nothing_moves() {
    for (flaw, spoil, at_verify, at_settle) in SPOILED {
        let sandbox = sandbox().await;
        let mut payment = Payment::new(flaw);
        spoil(&mut payment);
        let from = json!(payer().address().to_checksum(None));

        let verdict = post(&sandbox, "/verify", &payment.v2()).await;
        let value = verdict.json();
        assert_eq!((verdict.status, &value["isValid"]), (200, &json!(false)), "{flaw}");
        assert_eq!(
            (&value["invalidReason"], &value["payer"]),
            (&json!(at_verify), &from),
            "{flaw}"
        );

        let answer = post(&sandbox, "/settle", &payment.v2()).await;
        let value = answer.json();
        let expected = if *at_settle == "=" { at_verify } else { at_settle };
        assert_eq!((answer.status, &value["success"]), (200, &json!(false)), "{flaw}");
        assert_eq!((&value["errorReason"], &value["payer"]), (&json!(expected), &from), "{flaw}");
        assert_eq!(
            (&value["transaction"], &value["network"]),
            (&json!(""), &json!("eip155:84532"))
        );
        assert_eq!(transfers(sandbox.chain()), 0, "{flaw}");
    }
}

#[tokio::test]
async fn the_last_second_that_is_early_enough_passes() {
    let sandbox = sandbox().await;
    let mut payment = Payment::new("six seconds");
    payment.valid_before = START + 6;
    assert_eq!(post(&sandbox, "/verify", &payment.v2()).await.json()["isValid"], json!(true));
}

#[tokio::test]
async fn version_1_has_its_own_word_for_a_wrong_value_and_passes_the_chains_words_on_as_reason() {
    let sandbox = sandbox().await;
    let mut payment = Payment::new("v1");
    payment.value = PRICE - 1;
    let value = post(&sandbox, "/verify", &payment.v1()).await.json();
    assert_eq!(value["invalidReason"], json!("invalid_exact_evm_authorization_value"));

    let mut payment = Payment::new("v1 too poor");
    poor(&mut payment);
    let value = post(&sandbox, "/verify", &payment.v1()).await.json();
    assert_eq!(value["invalidReason"], json!("invalid_exact_evm_insufficient_balance"));
    assert_eq!(value["invalidMessage"], Value::Null);
    let value = post(&sandbox, "/settle", &payment.v1()).await.json();
    let reason = value["errorReason"].as_str().unwrap();
    assert!(reason.ends_with("\nERC20: transfer amount exceeds balance"), "{reason}");
}

type Rewrite = fn(&mut Value);

#[tokio::test]
async fn what_payment_and_offer_disagree_on_is_refused_before_anything_is_looked_at() {
    #[rustfmt::skip]
    let rows: [(&str, Rewrite, u16, &str, Value); 8] = [
        ("paid on another network",  |it| it["paymentPayload"]["accepted"]["network"] = json!("eip155:8453"),
            200, "invalidReason", json!("invalid_exact_evm_network_mismatch")),
        ("paid by another scheme",   |it| it["paymentPayload"]["accepted"]["scheme"] = json!("upto"),
            200, "invalidReason", json!("invalid_exact_evm_scheme")),
        ("an unserved network",      |it| it["paymentRequirements"]["network"] = json!("eip155:8453"),
            500, "error", json!("No facilitator registered for scheme: exact and network: eip155:8453")),
        ("an unserved scheme",       |it| it["paymentRequirements"]["scheme"] = json!("upto"),
            500, "error", json!("No facilitator registered for scheme: upto and network: eip155:84532")),
        ("another version",          |it| it["x402Version"] = json!(3),
            400, "error", json!("x402Version must be the integer 2")),
        ("no payment",               |it| it["paymentPayload"] = Value::Null,
            400, "error", json!("paymentPayload is missing")),
        ("a number for a value",     |it| it["paymentPayload"]["payload"]["authorization"]["value"] = json!(1000),
            400, "error", json!("paymentPayload.payload.authorization.value must be a decimal string without sign, blanks or leading zeros")),
        ("a payee of another chain", |it| it["paymentRequirements"]["payTo"] = json!("EPjFWdd5"),
            400, "error", json!("paymentRequirements.payTo must be an EVM address")),
    ];
    for (what, rewrite, status, member, expected) in rows {
        let sandbox = sandbox().await;
        let mut body = Payment::new(what).v2();
        rewrite(&mut body);
        let answer = post(&sandbox, "/verify", &body).await;
        assert_eq!((answer.status, &answer.json()[member]), (status, &expected), "{what}");
        let answer = post(&sandbox, "/settle", &body).await;
        let member = if member == "error" { "error" } else { "errorReason" };
        assert_eq!((answer.status, &answer.json()[member]), (status, &expected), "{what}");
        assert_eq!(transfers(sandbox.chain()), 0);
    }
}

#[tokio::test]
async fn the_first_flaw_in_the_order_of_the_checks_is_the_one_that_is_named() {
    // Each payment has one flaw less than the one before.
    let flaws: [(Spoil, &str); 6] = [
        (|it| it.domain = ("", ""), "invalid_exact_evm_missing_eip712_domain"),
        (|it| it.signer = testers()[5].clone(), "invalid_exact_evm_signature"),
        (|it| it.to = Address::repeat_byte(9), "invalid_exact_evm_recipient_mismatch"),
        (|it| it.valid_before = START, "invalid_exact_evm_payload_authorization_valid_before"),
        (|it| it.valid_after = START + 9, "invalid_exact_evm_payload_authorization_valid_after"),
        (|it| it.value = 2, "invalid_exact_evm_payload_authorization_value_mismatch"),
    ];
    let sandbox = sandbox().await;
    for first in 0..flaws.len() {
        let mut payment = Payment::new("many flaws");
        flaws[first..].iter().for_each(|(spoil, _)| spoil(&mut payment));
        let value = post(&sandbox, "/verify", &payment.v2()).await.json();
        assert_eq!(value["invalidReason"], json!(flaws[first].1));
    }
}

/// A transaction of the token's administration.
fn administer(sandbox: &Sandbox, call: &impl SolCall) {
    let request = CallRequest::to(USDC, call.abi_encode());
    let hash = sandbox.chain().send(operator(), &request).unwrap();
    assert!(sandbox.chain().receipt(hash).unwrap().success);
}

#[tokio::test]
async fn a_blocked_payer_and_a_paused_token_fail_in_the_simulation_with_the_tokens_words() {
    let blocked = sandbox().await;
    administer(&blocked, &FiatToken::blacklistCall { account: payer().address() });
    let paused = sandbox().await;
    administer(&paused, &FiatToken::pauseCall {});
    for (sandbox, words) in
        [(blocked, "Blacklistable: account is blacklisted"), (paused, "Pausable: paused")]
    {
        let body = Payment::new(words).v2();
        let verdict = post(&sandbox, "/verify", &body).await.json();
        let failed = json!("invalid_exact_evm_transaction_simulation_failed");
        assert_eq!(verdict["invalidReason"], failed);
        assert!(verdict["invalidMessage"].as_str().unwrap().contains(words), "{verdict}");
        let answer = post(&sandbox, "/settle", &body).await.json();
        assert_eq!(answer["errorReason"], json!("invalid_exact_evm_transaction_failed"));
        assert!(answer["errorMessage"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[tokio::test]
async fn unknown_paths_methods_and_bodies_are_told_apart() {
    let sandbox = sandbox().await;
    let url = sandbox.facilitator_url();
    let huge = "x".repeat(1024 * 1024 + 1);
    #[rustfmt::skip]
    let rows = [
        ("GET",  "/verify",    "",     405),
        ("POST", "/supported", "",     405),
        ("POST", "/",          "",     404),
        ("POST", "/verify/",   "{}",   404),
        ("POST", "/settle",    "{",    400),
        ("POST", "/settle",    &huge,  413),
    ];
    for (method, path, body, expected) in rows {
        let Answer { status, .. } = send(&url, method, path, body).await.answer();
        assert_eq!(status, expected, "{method} {path}");
    }
}
