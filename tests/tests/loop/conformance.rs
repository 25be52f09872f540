//! Our merchant, judged by the agent's rules for sellers: every one holds, and what was tried without
//! paying cost nobody anything.

use std::process::Command;

use sandbox::faults::Endpoint;
use sandbox::world::Options;
use serde_json::Value;

use crate::e2e::{key, programs};
use crate::market::Market;

/// Waits on the test's own thread: the market runs on others.
fn judged(market: &Market, more: &[&str]) -> (Option<i32>, Value) {
    let mut agent = Command::new(programs().join("x402-agent"));
    agent
        .env_clear()
        .env("X402_PRIVATE_KEY", key())
        .current_dir(market.folder.path())
        .args(["conformance", &market.url("/premium/a.json"), "--json", "--strict"])
        .args(more);
    let output = agent.output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

fn count(report: &Value, verdict: &str) -> usize {
    let rules = report["rules"].as_array().unwrap().iter();
    rules.filter(|it| it["verdict"] == verdict).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn our_merchant_keeps_every_rule_without_being_paid() {
    let market = Market::open(Options::instant()).await;
    let (code, report) = judged(&market, &[]);
    assert_eq!((code, count(&report, "holds")), (Some(0), 24), "{report:#}");
    assert_eq!((count(&report, "broken"), count(&report, "unknown")), (0, 0), "{report:#}");
    assert_eq!(market.sandbox.journal().count(Endpoint::Settle), 0, "nobody settled anything");
    assert_eq!((market.sold(), market.records()), (0, Vec::<String>::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn our_merchant_keeps_every_rule_about_purchases() {
    let market = Market::open(Options::instant()).await;
    let also = market.url("/premium/b.json");
    let (code, report) = judged(&market, &["--pay", "--also", &also, "--ledger", "purchases"]);
    assert_eq!((code, count(&report, "holds")), (Some(0), 32), "{report:#}");
    assert_eq!(market.sold(), 2, "once by each version, and nothing for less than the price");
}
