//! `x402-agent conformance` against a seller that keeps every rule, and against one for each rule that
//! breaks it: the rule is found broken, and no other.

use serde_json::Value;
use tempfile::tempdir;

use crate::command::{Ran, run, run_with};
use crate::seller::{Seller, verdict};
use crate::server::{Act, Server};
use crate::wares::KEY;

const UNPAID: [&str; 24] = [
    "status-402",
    "challenge-header",
    "challenge-base64",
    "challenge-version",
    "challenge-accepts",
    "offer-members",
    "offer-forms",
    "offer-domain",
    "resource-url",
    "extensions",
    "challenge-size",
    "challenge-stable",
    "body",
    "v1-body",
    "no-store",
    "cors",
    "head",
    "garbage-payment",
    "hollow-payment",
    "garbage-v1-payment",
    "two-payments",
    "oversize-payment",
    "forged-payment",
    "lenient-payment",
];

const PAID: [&str; 8] = [
    "tampered-payment",
    "paid-200",
    "payment-response",
    "paid-private",
    "replay",
    "elsewhere",
    "v1-payment",
    "wrong-amount",
];

async fn ask(seller: &Seller, flags: &[&str]) -> Ran {
    let folder = tempdir().unwrap();
    let url = format!("{}/goods", seller.url);
    let flags = [&["conformance", &url, "--json"], flags].concat();
    run_with(folder.path(), &flags, &[]).await
}

async fn pay(seller: &Seller) -> Ran {
    let folder = tempdir().unwrap();
    let (url, also) = (format!("{}/goods", seller.url), format!("{}/other", seller.url));
    let flags = ["conformance", &url, "--pay", "--also", &also, "--ledger", "ledger", "--json"];
    run(folder.path(), &flags).await
}

fn with_verdict(report: &Value, verdict: &str) -> Vec<String> {
    let rules = report["rules"].as_array().unwrap().iter();
    let found = rules.filter(|it| it["verdict"] == verdict);
    found.map(|it| it["rule"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_seller_that_keeps_every_rule_conforms_and_is_not_paid() {
    let seller = Seller::open("").await;
    let ran = ask(&seller, &["--strict"]).await;
    let report = ran.json();
    assert_eq!((ran.exit, &report["conforms"]), (0, &Value::Bool(true)), "{report:#}");
    assert_eq!(with_verdict(&report, "holds"), UNPAID, "{report:#}");
    assert_eq!(with_verdict(&report, "not_applicable"), PAID);
    assert_eq!(seller.sales(), 0, "nothing was sold");
}

#[tokio::test]
async fn every_rule_that_is_broken_is_found_and_no_other() {
    for flaw in UNPAID {
        let seller = Seller::open(flaw).await;
        let ran = ask(&seller, &["--strict"]).await;
        let report = ran.json();
        assert_eq!(with_verdict(&report, "broken"), [flaw], "{report:#}");
        assert_eq!((ran.exit, &report["conforms"]), (14, &Value::Bool(false)), "{flaw}");
        assert_eq!(seller.sales(), 0, "{flaw}");
    }
}

#[tokio::test]
async fn purchases_are_judged_where_they_are_wanted() {
    let seller = Seller::open("").await;
    let ran = pay(&seller).await;
    let report = ran.json();
    let all = [&UNPAID[..], &PAID].concat();
    assert_eq!(
        (ran.exit, with_verdict(&report, "holds")),
        (0, all.iter().map(|it| (*it).into()).collect()),
        "{report:#}"
    );
    assert_eq!(seller.sales(), 2, "once by each version");
    let said = format!("{report}{}", ran.err);
    assert!(!said.contains(KEY.trim_start_matches("0x")), "the key was told");
}

#[tokio::test]
async fn every_rule_about_purchases_that_is_broken_is_found_and_no_other() {
    for flaw in PAID {
        let seller = Seller::open(flaw).await;
        let ran = pay(&seller).await;
        let report = ran.json();
        assert_eq!(with_verdict(&report, "broken"), [flaw], "{report:#}");
        let advised = ["paid-private", "v1-payment"].contains(&flaw);
        assert_eq!(ran.exit, if advised { 0 } else { 14 }, "{flaw}");
    }
}

#[tokio::test]
async fn advice_counts_only_where_it_is_told_to() {
    let seller = Seller::open("cors").await;
    assert_eq!(ask(&seller, &[]).await.exit, 0);
    assert_eq!(ask(&seller, &["--strict"]).await.exit, 14);
}

#[tokio::test]
async fn terms_bind_what_is_bought_for_a_judgement() {
    let seller = Seller::open("").await;
    let folder = tempdir().unwrap();
    let url = format!("{}/goods", seller.url);
    let flags = ["conformance", &url, "--pay", "--max-price", "$0.009", "--ledger", "l", "--json"];
    let ran = run(folder.path(), &flags).await;
    let report = ran.json();
    assert_eq!((ran.exit, verdict(&report, "paid-200")), (0, "unknown"), "{report:#}");
    assert_eq!(seller.sales(), 0);
    let flags = ["conformance", &url, "--pay"];
    assert_eq!(run_with(folder.path(), &flags, &[]).await.exit, 3, "no key");
    assert_eq!(seller.sales(), 0);
}

#[tokio::test]
async fn a_report_for_people_and_one_for_ci() {
    let seller = Seller::open("garbage-payment").await;
    let folder = tempdir().unwrap();
    let url = format!("{}/goods", seller.url);
    let flags = ["conformance", &url, "--junit", "report.xml", "--verbose"];
    let ran = run_with(folder.path(), &flags, &[]).await;
    for words in [
        "holds    status-402          an unpaid request is answered 402\n",
        "BROKEN   garbage-payment     a payment that is no base64 is refused with 4xx\n",
        "500 invalid_payload\n",
        "(x402 v2, transports/http: Error Handling)\n",
        "DOES NOT CONFORM: 23 hold, 1 broken, 8 not applicable, 0 unknown\n",
    ] {
        assert!(ran.text().contains(words), "{words}: {}", ran.text());
    }
    let xml = std::fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(xml.contains("tests=\"32\" failures=\"1\" errors=\"0\" skipped=\"8\""), "{xml}");
}

#[tokio::test]
async fn what_is_no_seller_is_told_apart() {
    let folder = tempdir().unwrap();
    let server = Server::start().await;
    server.script(vec![Act::Close; 20]);
    #[rustfmt::skip]
    let rows = [
        ("http://127.0.0.1:1/".to_owned(),     4),
        ("http://shop.example/".to_owned(),    5),
        ("shop".to_owned(),                    2),
        // Nobody is blamed for what could not be seen.
        (server.url("/goods"),                 0),
    ];
    for (url, exit) in rows {
        let ran = run_with(folder.path(), &["conformance", &url], &[]).await;
        assert_eq!(ran.exit, exit, "{url}: {}", ran.err);
    }
    let free = Server::start().await;
    let ran = run_with(folder.path(), &["conformance", &free.url("/goods"), "--json"], &[]).await;
    assert_eq!(
        (ran.exit, with_verdict(&ran.json(), "broken")),
        (14, vec!["status-402".to_owned()])
    );
}
