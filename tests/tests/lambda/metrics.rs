//! What the function tells its operator: a line for each request, with the metrics in it, and the
//! trace that the facilitator is told.

use std::collections::BTreeMap;

use sandbox::world::Options;
use serde_json::Value;

use crate::events::{X_RAY, get};
use crate::function::Function;
use crate::market::{Market, package};
use crate::payer::sign;
use crate::stub::Stub;

/// The metrics of a line: name, dimensions and value, as `CloudWatch` would read them.
fn metrics(line: &Value) -> BTreeMap<String, String> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let mut found = BTreeMap::new();
    for directive in directives {
        assert_eq!(directive["Namespace"], "x402-merchant");
        let dimensions = directive["Dimensions"][0].as_array().unwrap();
        let dimensions: Vec<&str> =
            dimensions.iter().map(|it| line[it.as_str().unwrap()].as_str().unwrap()).collect();
        let name = directive["Metrics"][0]["Name"].as_str().unwrap();
        let times = line[name].as_array().map(|values| format!("{} times", values.len()));
        let value = times.unwrap_or_else(|| line[name].to_string());
        found.insert(format!("{name} {}", dimensions.join(" ")), value);
    }
    assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000);
    found
}

#[tokio::test]
async fn every_request_leaves_one_line_with_its_metrics_and_without_secrets() {
    let market = Market::open(Options::instant()).await;
    let payment = market.payment("/premium/a.json", 1).await;
    market.function.ask(&payment).await;
    market.function.ask(&get("/free/a.txt")).await;
    market.function.ask(&get("//")).await;
    let lines = market.function.lines();
    let told: Vec<String> =
        lines.iter().map(|it| format!("{} {} {}", it["path"], it["status"], it["code"])).collect();
    #[rustfmt::skip]
    assert_eq!(told, [
        r#""/premium/a.json" 402 "payment_required""#,
        r#""/premium/a.json" 200 "paid""#,
        r#""/free/a.txt" 200 "free""#,
        r#""//" 400 "ambiguous_path""#,
    ]);
    let asset = "eip155:84532/0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    let expect = |rows: &[(&str, &str)]| -> BTreeMap<String, String> {
        rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(
        metrics(&lines[0]),
        expect(&[("Requests shop", "1"), ("Challenges shop", "1"), ("ColdStarts shop", "1")])
    );
    let paid = metrics(&lines[1]);
    assert_eq!(paid["Verified shop"], "1");
    assert_eq!(paid["Settled shop"], "1");
    assert_eq!(paid[&format!("Revenue shop {asset}")], "1000.0");
    assert_eq!(paid["FacilitatorLatency shop"], "2 times");
    assert!(paid.contains_key("StorageLatency shop") && !paid.contains_key("ColdStarts shop"));
    assert!(paid.keys().all(|it| !it.contains("Failures") && !it.contains("Unknown")));
    assert_eq!(metrics(&lines[3])["Refusals shop ambiguous_path"], "1");
    assert_eq!(lines[1]["client"], "198.51.100.7");
    assert_eq!(lines[1]["trace"], "1-5759e988-bd862e3fe1be46a994272793");
    assert!(
        lines[1]["payment.nonce"].is_string() && lines[1]["settlement.transaction"].is_string()
    );
    let log = market.function.log();
    assert!(!log.contains("hush"), "query strings and keys are in no log: {log}");
    assert!(!log.contains(&payment.headers[0].1[..40]), "signatures are in no log");
}

#[tokio::test]
async fn what_must_be_looked_at_is_counted() {
    let options = Options::instant().fault("settle:reset-after-settling*1").unwrap();
    let market = Market::open(options).await;
    assert_eq!(market.buy("/premium/a.json", 1).await.ending(), "503 settlement_unknown");
    let counted = metrics(&market.function.lines()[1]);
    assert_eq!(counted["UnknownSettlements shop"], "1");
    assert_eq!(counted["FacilitatorFailures shop"], "1");
    assert_eq!(counted["Refusals shop settlement_unknown"], "1");
}

#[tokio::test]
async fn the_facilitator_learns_which_trace_it_is_asked_in() {
    const FACILITATOR: &[(&str, u16, &str)] =
        &[("/verify", 400, r#"{"isValid":false,"invalidReason":"insufficient_funds"}"#)];
    let facilitator = Stub::start(FACILITATOR).await;
    let function = Function::start_in(package(&facilitator.url()), &[]).await;
    let challenge = function.ask(&get("/premium/a.json")).await;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let payment = sign(1, 0, now).header(&challenge);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ask = get("/premium/a.json").paying(&payment).header("traceparent", parent);
    assert_eq!(function.ask(&ask).await.status, 402);
    let asked = &facilitator.asked("/verify")[0];
    assert_eq!(asked.headers["traceparent"], parent);
    assert_eq!(asked.headers["x-amzn-trace-id"], X_RAY);
    assert_eq!(function.lines()[1]["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
}
