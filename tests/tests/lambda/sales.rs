//! Paid requests through the function: from folders, from S3, in one environment and in several.

use std::time::Duration;

use sandbox::world::Options;
use wire::header::decode_json;

use crate::events::get;
use crate::function::Function;
use crate::market::{GOODS, Market, configuration};
use crate::proxy::{Proxy, Trouble};
use crate::s3::{S3, url_at};

#[tokio::test]
async fn a_payment_buys_the_file_once() {
    let market = Market::open(Options::instant()).await;
    let payment = market.payment("/premium/a.json", 1).await;
    let got = market.function.ask(&payment).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    let receipt = got.message("payment-response").unwrap();
    assert_eq!(receipt["success"], true);
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!(got.header("cache-control"), Some("private, no-store"));
    assert!(got.header("etag").unwrap().starts_with('"'));
    // CloudFront repeats a request whose answer was lost: the same address gets it again.
    let again = market.function.ask(&payment).await;
    assert_eq!((again.status, &again.body[..]), (200, GOODS));
    let mut elsewhere = payment.clone();
    elsewhere.path = "/premium/b.json".into();
    assert_eq!(market.function.ask(&elsewhere).await.ending(), "409 payment_already_used");
    let mut stranger = payment;
    stranger.headers.retain(|(name, _)| name != "cloudfront-viewer-address");
    for stranger in [
        stranger.clone().header("cloudfront-viewer-address", "198.51.100.8:4711"),
        stranger.clone().header("x-forwarded-for", "198.51.100.7"),
        stranger,
    ] {
        let got = market.function.ask(&stranger).await;
        assert_eq!(got.ending(), "409 payment_already_used", "{stranger:?}");
    }
    assert_eq!(market.sold(), 1);
}

#[tokio::test]
async fn content_and_ledger_in_s3_sell_across_environments() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    let public = ("cache-control", "public, max-age=86400");
    let typed =
        [("content-type", "application/vnd.answer+json"), ("content-language", "de"), public];
    s3.object("files", "premium/a.json", &typed, GOODS).await;
    s3.object("files", "free/a.txt", &[public], GOODS).await;
    let (content, ledger) = (s3.url("files"), s3.url("ledger"));
    let market = Market::open_at(Options::instant(), &content, &ledger).await;
    let free = market.function.ask(&get("/free/a.txt")).await;
    assert_eq!(
        (free.status, free.header("content-type")),
        (200, Some("text/plain; charset=utf-8"))
    );
    assert_eq!(free.header("cache-control"), Some(public.1));
    let range = get("/free/a.txt").header("range", "bytes=2-7");
    let part = market.function.ask(&range).await;
    assert_eq!((part.status, &part.body[..]), (206, &GOODS[2..8]));
    assert_eq!(part.header("content-range"), Some("bytes 2-7/13"));
    let payment = market.payment("/premium/a.json", 1).await;
    let got = market.function.ask(&payment).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    assert_eq!(got.header("content-type"), Some("application/vnd.answer+json"));
    assert_eq!(got.header("content-language"), Some("de"));
    assert_eq!(got.header("cache-control"), Some("private, no-store"), "whatever the bucket says");
    // Another environment of the function knows what this one sold.
    let text = configuration(&content, &ledger, &market.sandbox.facilitator_url());
    let other = Function::start(&text, &[]).await;
    let mut elsewhere = payment;
    elsewhere.path = "/premium/b.json".into();
    assert_eq!(other.ask(&elsewhere).await.ending(), "409 payment_already_used");
    assert_eq!(market.sold(), 1);
}

/// Verify and settle take 100 ms each, and the storage 20: one round trip of it for recall and open
/// together, one for the claim, and one for the record.
#[tokio::test]
async fn storage_adds_its_own_round_trips_and_no_more() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    s3.object("files", "premium/a.json", &[], GOODS).await;
    let proxy = Proxy::before(&s3.address).await;
    let options = Options::instant().fault("verify:delay=100").unwrap();
    let options = options.fault("settle:delay=100").unwrap();
    let (content, ledger) = (url_at("files", &proxy.address), url_at("ledger", &proxy.address));
    let market = Market::open_at(options, &content, &ledger).await;
    assert_eq!(market.buy("/premium/a.json", 1).await.status, 200);
    proxy.always(Trouble::Slow(Duration::from_millis(20)));
    let payment = market.payment("/premium/a.json", 2).await;
    let before = proxy.seen().len();
    assert_eq!(market.function.ask(&payment).await.status, 200);
    let seen = proxy.seen();
    let kinds: Vec<&str> = seen[before..].iter().map(|line| kind(line)).collect();
    let (first, rest) = kinds.split_at(2);
    assert!(first.contains(&"recall") && first.contains(&"open"), "{kinds:?}");
    assert_eq!(rest[0], "claim", "{kinds:?}");
    assert!(rest[1..].iter().all(|it| *it == "record"), "{kinds:?}");
    let line = &market.function.lines()[3];
    let took = line["duration_us"].as_u64().unwrap() / 1000;
    assert!(took >= 260, "{took} ms");
    // Three round trips of the storage, each with moto's own few milliseconds; not five.
    let spent: f64 =
        line["StorageLatency"].as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).sum();
    println!("paid request: {took} ms; storage operations: {spent} ms in all, {kinds:?}");
}

fn kind(line: &str) -> &'static str {
    match line {
        line if line.starts_with("GET /files/") => "open",
        line if line.starts_with("GET /ledger/") => "recall",
        line if line.contains("/claim.json") => "claim",
        line if line.starts_with("PUT /ledger/") => "record",
        _ => "other",
    }
}

#[tokio::test]
async fn a_version_1_payer_is_served() {
    let market = Market::open(Options::instant()).await;
    let signed = crate::payer::sign(1, 0, market.sandbox.chain().now());
    let ask = get("/premium/a.json").header("x-payment", &signed.v1_header());
    let got = market.function.ask(&ask).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    let receipt = decode_json(got.header("x-payment-response").unwrap().as_bytes(), 8192).unwrap();
    assert!(String::from_utf8_lossy(&receipt).contains("\"success\":true"));
}
