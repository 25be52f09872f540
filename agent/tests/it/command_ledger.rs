//! What the ledger shows: every fact of a purchase, and nothing that could be spent.

use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::command::{Ran, run, shop};
use crate::scene::{after_demand, honest};
use crate::server::{Reply, Server};
use crate::wares::{HASH, KEY, PAYEE, PAYER, offer};

async fn ledger(folder: &Path, arguments: &[&str]) -> Ran {
    run(folder, &[&["ledger"], arguments, &["--ledger", "book"]].concat()).await
}

async fn two_purchases(folder: &Path) -> (Server, Server) {
    let (good, url) = shop(|url| honest(url, vec![offer()])).await;
    assert_eq!(run(folder, &["get", &url, "--ledger", "book"]).await.exit, 0);
    let (bad, url) = shop(|url| after_demand(url, [Reply::new(400).into()])).await;
    assert_eq!(run(folder, &["get", &url, "--ledger", "book"]).await.exit, 7);
    (good, bad)
}

#[tokio::test]
async fn purchases_are_listed_shown_and_exported() {
    let folder = tempdir().unwrap();
    two_purchases(folder.path()).await;
    let listed = ledger(folder.path(), &["list"]).await;
    let lines: Vec<_> = listed.text().lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("settled") && lines[0].contains("0.01 USDC"), "{}", lines[0]);
    assert!(lines[1].contains("signed"), "{}", lines[1]);

    let shown = ledger(folder.path(), &["show", "1", "--json"]).await.json();
    assert_eq!((&shown["payer"], &shown["payTo"]), (&Value::from(PAYER), &Value::from(PAYEE)));
    assert_eq!((&shown["transaction"], &shown["sends"]), (&Value::from(HASH), &Value::from(1)));
    let missing = ledger(folder.path(), &["show", "3"]).await;
    assert_eq!((missing.exit, missing.err.as_str()), (2, "error: the ledger has no purchase 3\n"));

    let csv = ledger(folder.path(), &["export"]).await;
    let csv: Vec<_> = csv.text().lines().map(|line| line.split(',').count()).collect();
    assert_eq!(csv, [17, 17, 17]);
    let json = ledger(folder.path(), &["export", "--format", "json"]).await.json();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(json[0], shown);
}

/// AG22.
#[tokio::test]
async fn nothing_shown_can_be_spent() {
    let folder = tempdir().unwrap();
    let (good, bad) = two_purchases(folder.path()).await;
    let signature = |server: &Server| {
        let payment = server.payments().remove(0);
        let json = wire::header::decode_json(payment.as_bytes(), 16 << 10).unwrap();
        let json: Value = serde_json::from_slice(&json).unwrap();
        (payment, json["payload"]["signature"].as_str().unwrap()[2..].to_owned())
    };
    let secrets = [signature(&good), signature(&bad)];
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["show", "1"],
        &["show", "2", "--json"],
        &["export"],
        &["export", "--format", "json"],
    ] {
        let ran = ledger(folder.path(), arguments).await;
        assert_eq!(ran.exit, 0, "{}", ran.err);
        let all = format!("{}{}", ran.text(), ran.err);
        assert!(!all.contains(&KEY[2..]), "{arguments:?}");
        for (payment, signature) in &secrets {
            assert!(!all.contains(payment) && !all.contains(signature), "{arguments:?}");
        }
    }
    let stored = std::fs::read(folder.path().join("book")).unwrap();
    let key = &KEY.as_bytes()[2..];
    assert!(!stored.windows(key.len()).any(|it| it == key), "the ledger holds no key");
}
