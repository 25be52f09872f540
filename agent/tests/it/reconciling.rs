//! Doubt ends on the chain: what moved is settled, what can no longer move is released, and nothing
//! else changes.

use std::path::Path;
use std::time::Duration;

use agent::Ledger;
use agent::decisions::purchase::Stage;
use sandbox::world::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::tempdir;
use wire::U256;

use crate::command::{run, shop};
use crate::scene::{after_demand, honest};
use crate::server::Reply;
use crate::wares::{BASE_SEPOLIA_USDC, HASH, PAYEE, PAYER, offer};

/// A chain on which the test key has a dollar.
pub(crate) async fn sandbox() -> Sandbox {
    let funds = vec![(PAYER.parse::<wire::Address>().unwrap().evm(), U256::from(1_000_000))];
    Sandbox::start(Options { funds, ..Options::instant() }).await.unwrap()
}

/// One payment in doubt; its header's value.
pub(crate) async fn doubt(folder: &Path) -> String {
    let (server, url) = shop(|url| after_demand(url, [Reply::new(400).into()])).await;
    let ran = run(folder, &["get", &url, "--ledger", "ledger", "--budget", "$0.01"]).await;
    assert_eq!(ran.exit, 7, "{}", ran.err);
    server.payments().remove(0)
}

/// Gives a payment to the facilitator, as a merchant would.
pub(crate) async fn settle(sandbox: &Sandbox, payment: &str) -> Value {
    let json = wire::header::decode_json(payment.as_bytes(), 16 << 10).unwrap();
    let payment: Value = serde_json::from_slice(&json).unwrap();
    let body = json!({
        "x402Version": 2, "paymentPayload": payment, "paymentRequirements": payment["accepted"],
    });
    let url = format!("{}/settle", sandbox.facilitator_url());
    // Another test may have done so; one is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
    let request = request.header("content-type", "application/json").body(body.to_string());
    serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

async fn reconcile(folder: &Path, rpc: &str) -> (i32, Value) {
    let ran = run(folder, &["reconcile", "--rpc", rpc, "--ledger", "ledger", "--json"]).await;
    (ran.exit, serde_json::from_str(ran.text()).unwrap_or_default())
}

fn stages(folder: &Path) -> Vec<Stage> {
    let all = Ledger::open(&folder.join("ledger")).unwrap().all().unwrap();
    all.into_iter().map(|it| it.stage).collect()
}

/// AG04.
#[tokio::test(flavor = "multi_thread")]
async fn an_unused_payment_is_released_after_its_window_and_not_before() {
    let (folder, sandbox) = (tempdir().unwrap(), sandbox().await);
    doubt(folder.path()).await;
    let (exit, told) = reconcile(folder.path(), &sandbox.rpc_url()).await;
    assert_eq!((exit, &told["proof"]), (8, &json!("open")), "{told}");
    assert_eq!(stages(folder.path()), [Stage::Signed]);

    sandbox.chain().advance(Duration::from_secs(60 + 121));
    sandbox.chain().mine();
    let (exit, told) = reconcile(folder.path(), &sandbox.rpc_url()).await;
    assert_eq!((exit, &told["proof"]), (0, &json!("void")), "{told}");
    assert_eq!(stages(folder.path()), [Stage::Released]);

    let (_server, url) = shop(|url| honest(url, vec![offer()])).await;
    let ran = run(folder.path(), &["get", &url, "--ledger", "ledger", "--budget", "$0.01"]).await;
    assert_eq!(ran.exit, 0, "the budget is free again: {}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_taken_is_settled_by_its_transaction() {
    let (folder, sandbox) = (tempdir().unwrap(), sandbox().await);
    let value = doubt(folder.path()).await;
    let settled = settle(&sandbox, &value).await;
    assert_eq!(settled["success"], true, "{settled}");

    let (exit, told) = reconcile(folder.path(), &sandbox.rpc_url()).await;
    assert_eq!((exit, &told["proof"]), (0, &json!("settled")), "{told}");
    assert_eq!(told["transaction"], settled["transaction"]);
    assert_eq!(stages(folder.path()), [Stage::Settled]);
    let payee = PAYEE.parse::<wire::Address>().unwrap().evm();
    assert_eq!(sandbox.chain().usdc_balance(payee), U256::from(10_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_cannot_be_read_proves_nothing() {
    let folder = tempdir().unwrap();
    doubt(folder.path()).await;
    let (lying, _) = shop(|_| vec![Reply::new(200).body("{\"result\":\"0x1\"}").into()]).await;
    let endpoints = ["http://127.0.0.1:1/", "http://rpc.example/", "ftp://x/", &lying.url("/")];
    for url in endpoints {
        let (exit, told) = reconcile(folder.path(), url).await;
        assert_eq!((exit, &told["proof"]), (8, &json!("unclear")), "{url}: {told}");
        assert_eq!(stages(folder.path()), [Stage::Signed], "{url}");
    }
}

/// What the sandbox calls Base Sepolia is not it: unused there, the payment would seem void.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_chain_is_not_asked_about_a_purchase_on_this_machine() {
    let folder = tempdir().unwrap();
    doubt(folder.path()).await;
    let ran = run(folder.path(), &["reconcile", "--ledger", "ledger", "--json"]).await;
    let told = ran.json();
    assert_eq!((ran.exit, &told["proof"]), (8, &json!("unclear")), "{told}");
    let problem = told["problem"].as_str().unwrap();
    for words in ["on this machine", "--rpc URL", "https://sepolia.base.org"] {
        assert!(problem.contains(words), "{words}: {problem}");
    }
    assert_eq!(stages(folder.path()), [Stage::Signed]);
    let ran = run(folder.path(), &["reconcile", "--ledger", "ledger"]).await;
    assert!(ran.exit == 8 && ran.text().contains("--rpc URL"), "{}", ran.text());
}

/// One transaction may hold many payments: ours paid somebody else, another one paid our payee.
#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_of_another_authorization_settles_nothing() {
    let used = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";
    let transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let word = |hex: &str| format!("0x{:0>64}", hex.trim_start_matches("0x").to_lowercase());
    let log = |topics: Value, data: &str| {
        json!({ "address": BASE_SEPOLIA_USDC, "topics": topics, "data": data,
                "transactionHash": HASH })
    };
    let moved = |to: &str| log(json!([transfer, word(PAYER), word(to)]), &word("2710"));
    let (other, stranger) = (word("99"), format!("0x{}", "5".repeat(40)));
    for (claim, first, proof) in
        [("ours", PAYEE, "settled"), ("another one's", stranger.as_str(), "unclear")]
    {
        let folder = tempdir().unwrap();
        doubt(folder.path()).await;
        let all = Ledger::open(&folder.path().join("ledger")).unwrap().all().unwrap();
        let nonce = all[0].exposure.key.nonce.to_string();
        let ours = log(json!([used, word(PAYER), nonce]), "0x");
        let theirs = log(json!([used, word(PAYER), other]), "0x");
        let logs = [ours.clone(), moved(first), theirs, moved(PAYEE)];
        let answers = [
            json!("0x14a34"),
            json!({ "number": "0x0", "timestamp": "0x1" }),
            json!(word("1")),
            json!([ours]),
            json!({ "status": "0x1", "logs": logs }),
        ];
        let answer = |it: &Value| Reply::new(200).body(json!({ "result": it }).to_string()).into();
        let (_node, url) = shop(|_| answers.iter().map(answer).collect()).await;
        let (_, told) = reconcile(folder.path(), &url).await;
        assert_eq!(told["proof"], proof, "{claim}: {told}");
        let stage = if proof == "settled" { Stage::Settled } else { Stage::Signed };
        assert_eq!(stages(folder.path()), [stage], "{claim}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_is_read_from_the_chain_that_was_meant() {
    let (folder, sandbox) = (tempdir().unwrap(), sandbox().await);
    let rpc = sandbox.rpc_url();
    let usual = ["wallet", "balance", "--rpc", &rpc];
    let ran = run(folder.path(), &usual).await;
    assert_eq!(
        (ran.exit, ran.text()),
        (0, "1 USDC on Base Sepolia (test network)\n"),
        "{}",
        ran.err
    );
    let ran = run(folder.path(), &[&usual[..], &["--address", PAYEE, "--json"]].concat()).await;
    assert_eq!((ran.exit, &ran.json()["amount"]), (0, &json!("0")), "{}", ran.err);
    let ran = run(folder.path(), &[&usual[..], &["--network", "base"]].concat()).await;
    assert_eq!((ran.exit, ran.text()), (4, ""), "{}", ran.err);
    let ran = run(folder.path(), &["wallet", "balance", "--rpc", "http://rpc.example/"]).await;
    assert_eq!((ran.exit, ran.text()), (2, ""), "{}", ran.err);
}
