//! Our facilitator beside the TypeScript one on the same chain: the same payments, the same answers;
//! and its catalogue as their client reads it.

use crate::call::post;
use crate::payment::{Payment, START};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::io::Write;
use tokio::process::Command;

const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facilitator/peer");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/facilitator");

/// Whether Node.js is here. In CI it has to be.
#[expect(clippy::disallowed_methods, reason = "CI is asked for by name")]
async fn has_node() -> bool {
    let found = Command::new("node").arg("--version").output().await;
    let found = found.is_ok_and(|it| it.status.success());
    let in_ci = std::env::var("CI").is_ok_and(|it| it == "true");
    assert!(found || !in_ci, "Node.js is missing in CI");
    if !found {
        // Past the capture of the test runner, which would hide it.
        drop(writeln!(std::io::stderr(), "SKIPPED for want of Node.js: comparing facilitators"));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_typescript_facilitator_answers_the_same_to_the_same_payments() {
    if !has_node().await {
        return;
    }
    let installed = Command::new(format!("{PEER}/install")).status().await.unwrap();
    assert!(installed.success(), "peer/install failed");
    let sandbox = Sandbox::start(Options::instant()).await.unwrap();
    let mut compare = Command::new("node");
    compare.arg(format!("{PEER}/compare.mjs"));
    compare.args([&sandbox.facilitator_url(), &sandbox.rpc_url(), TOOLS]);
    let output = compare.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_typescript_client_reads_our_catalogue() {
    if !has_node().await {
        return;
    }
    let installed = Command::new(format!("{PEER}/install")).status().await.unwrap();
    assert!(installed.success(), "peer/install failed");
    let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
    for name in ["a", "b"] {
        let mut body = Payment::new(name).v2();
        let url = format!("https://shop.example/{name}");
        body["paymentPayload"]["resource"] = json!({ "url": url, "description": "Weather" });
        let bazaar = json!({ "info": { "input": { "type": "http", "method": "GET" } } });
        body["paymentPayload"]["extensions"] = json!({ "bazaar": bazaar });
        assert_eq!(post(&sandbox, "/settle", &body).await.json()["success"], true);
    }
    let mut read = Command::new("node");
    read.arg(format!("{PEER}/discover.mjs")).args([&sandbox.facilitator_url(), TOOLS]);
    let output = read.output().await.unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let (a, b) = ("https://shop.example/a", "https://shop.example/b");
    let expected = json!({ "listed": [[a, "1000"], [b, "1000"]], "found": [a, b] });
    assert_eq!(told, expected, "{}", String::from_utf8_lossy(&output.stderr));
}
