//! What a transaction settled, told from the chain and from nowhere else.

use std::time::Duration;

use serde_json::json;
use tempfile::tempdir;

use crate::command::{run, shop};
use crate::reconciling::{doubt, sandbox, settle};
use crate::server::Reply;
use crate::wares::{PAYEE, PAYER};

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_payment_is_told_with_all_that_the_chain_knows() {
    let (folder, sandbox) = (tempdir().unwrap(), sandbox().await);
    let payment = doubt(folder.path()).await;
    let settled = settle(&sandbox, &payment).await;
    let hash = settled["transaction"].as_str().unwrap();
    sandbox.chain().advance(Duration::from_secs(6));
    sandbox.chain().mine();
    let rpc = sandbox.rpc_url();
    let asked = ["settlement", hash, "--rpc", &rpc];

    let ran = run(folder.path(), &[&asked[..], &["--json"]].concat()).await;
    assert_eq!(ran.exit, 0, "{}", ran.err);
    let told = ran.json();
    let expected = [
        ("settled", json!(true)),
        ("succeeded", json!(true)),
        ("network", json!("eip155:84532")),
        ("transaction", json!(hash)),
        ("explorer", json!(format!("https://sepolia.basescan.org/tx/{hash}"))),
    ];
    for (name, value) in expected {
        assert_eq!(told[name], value, "{name}: {told}");
    }
    assert!(told["blocksAgo"].as_u64().is_some_and(|it| it >= 1), "{told}");
    assert!(told["secondsAgo"].as_u64().is_some_and(|it| it >= 5), "{told}");
    let payments = told["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "{told}");
    let ledger = run(folder.path(), &["ledger", "show", "1", "--ledger", "ledger", "--json"]).await;
    let expected = [
        ("payer", json!(PAYER)),
        ("payTo", json!(PAYEE)),
        ("amount", json!("10000")),
        ("price", json!("0.01")),
        ("symbol", json!("USDC")),
        ("nonce", ledger.json()["nonce"].clone()),
    ];
    for (name, value) in expected {
        assert_eq!(payments[0][name], value, "{name}: {told}");
    }

    let ran = run(folder.path(), &asked).await;
    assert_eq!(ran.exit, 0, "{}", ran.err);
    assert!(ran.text().starts_with("settled in block "), "{}", ran.text());
    for words in [&format!("{PAYER} paid 0.01 USDC"), &format!("to {PAYEE}"), "by authorization 0x"]
    {
        assert!(ran.text().contains(words), "{}", ran.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_does_not_show_is_not_told_as_settled() {
    let (folder, sandbox) = (tempdir().unwrap(), sandbox().await);
    let (rpc, hash) = (sandbox.rpc_url(), format!("0x{}", "12".repeat(32)));
    let ran = run(folder.path(), &["settlement", &hash, "--rpc", &rpc, "--json"]).await;
    let told = ran.json();
    assert_eq!((ran.exit, &told["found"], &told["settled"]), (13, &json!(false), &json!(false)));
    let ran = run(folder.path(), &["settlement", &hash, "--rpc", &rpc]).await;
    assert_eq!(ran.exit, 13);
    assert!(ran.text().starts_with("not found: "), "{}", ran.text());

    // An endpoint of another chain, one that talks nonsense, one that must not be asked.
    let (lying, _) = shop(|_| vec![Reply::new(200).body("{\"result\":\"0x1\"}").into()]).await;
    let nonsense = lying.url("/");
    #[rustfmt::skip]
    let rows = [
        (vec!["settlement", &hash, "--rpc", &rpc, "--network", "base"],  4),
        (vec!["settlement", &hash, "--rpc", &nonsense],                  4),
        (vec!["settlement", &hash, "--rpc", "http://127.0.0.1:1/"],      4),
        (vec!["settlement", &hash, "--rpc", "http://rpc.example/"],      2),
        (vec!["settlement", "0x1234", "--rpc", &rpc],                    2),
    ];
    for (arguments, exit) in rows {
        let ran = run(folder.path(), &arguments).await;
        assert_eq!((ran.exit, ran.text()), (exit, ""), "{arguments:?}: {}", ran.err);
    }
}
