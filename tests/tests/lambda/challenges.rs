//! What needs no neighbour: challenges, and whatever strangers send.

use std::time::Duration;

use sandbox::world::Options;
use serde_json::Value;

use crate::events::get;
use crate::market::{GOODS, Market, ORIGIN};
use crate::runtime_api::Outcome;

#[tokio::test]
async fn a_challenge_states_the_public_url_and_leaves_the_length_to_the_platform() {
    let market = Market::open(Options::instant()).await;
    let got = market.function.ask(&get("/premium/a.json")).await;
    assert_eq!(got.ending(), "402 payment_required");
    let challenge = got.message("payment-required").unwrap();
    assert_eq!(challenge["resource"]["url"], format!("{ORIGIN}/premium/a.json"));
    assert_eq!(got.header("cache-control"), Some("no-store"));
    assert_eq!(got.header("access-control-allow-origin"), Some("*"));
    assert_eq!(got.header("content-length"), None);
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["x402Version"], 1, "version 1 payers read the body");
}

#[tokio::test]
async fn documents_and_the_page_for_people_leave_the_function_as_they_leave_the_server() {
    let market = Market::open(Options::instant()).await;
    for path in ["/openapi.json", "/.well-known/x402", "/llms.txt", "/robots.txt"] {
        let whole = market.function.ask(&get(path)).await;
        assert_eq!((whole.status, whole.invites_payment()), (200, false), "{path}");
        assert_eq!(whole.header("cache-control"), Some("public, max-age=300"), "{path}");
        assert!(String::from_utf8_lossy(&whole.body).contains(ORIGIN), "{path}");
        let etag = whole.header("etag").unwrap();
        let known = market.function.ask(&get(path).header("if-none-match", etag)).await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
    }
    let person = get("/premium/a.json").header("accept", "text/html,*/*;q=0.8");
    let page = market.function.ask(&person.header("sec-fetch-mode", "navigate")).await;
    let json = market.function.ask(&get("/premium/a.json")).await;
    assert_eq!(page.status, 402);
    assert_eq!(page.header("payment-required"), json.header("payment-required"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.starts_with(b"<!doctype html>"));
    assert_eq!(market.sold(), 0);
}

#[tokio::test]
async fn methods_and_paths_are_judged_as_they_stood_in_the_request_line() {
    let market = Market::open(Options::instant()).await;
    #[rustfmt::skip]
    let rows = [
        // method    raw path                         reply
        ("GET",      "/free/a.txt",                   "200 object"),
        ("HEAD",     "/free/a.txt",                   "200 object"),
        ("HEAD",     "/premium/a.json",               "402 object"),
        ("OPTIONS",  "/premium/a.json",               "204 object"),
        ("POST",     "/premium/a.json",               "405 method_not_allowed"),
        ("DELETE",   "/free/a.txt",                   "405 method_not_allowed"),
        ("GET",      "/",                             "404 not_found"),
        ("GET",      "/free/",                        "404 not_found"),
        ("GET",      "/free/nothing",                 "404 not_found"),
        ("GET",      "/merchant.toml",                "404 not_found"),
        ("GET",      "/premium",                      "402 payment_required"),
        ("GET",      "//premium/a.json",              "400 ambiguous_path"),
        ("GET",      "/free/../premium/a.json",       "400 ambiguous_path"),
        ("GET",      "/free/%2e%2e/premium/a.json",   "400 ambiguous_path"),
        ("GET",      "/free/..%2fpremium/a.json",     "400 ambiguous_path"),
        ("GET",      "/%70remium/a.json",             "400 ambiguous_path"),
        ("GET",      "/premium%2Fa.json",             "400 ambiguous_path"),
        ("GET",      "/premium\\a.json",              "400 ambiguous_path"),
        ("GET",      "/%2570remium/a.json",           "400 ambiguous_path"),
        ("GET",      "/premium/a b.json",             "400 ambiguous_path"),
        ("GET",      "/premium/é.json",               "400 ambiguous_path"),
        ("GET",      "/free/a.txt?/premium/a.json",   "404 not_found"),
        ("GET",      "/premium/a.json?free=1",        "402 payment_required"),
        ("GET",      "",                              "400 ambiguous_path"),
    ];
    for (method, path, reply) in rows {
        let got = market.function.ask(&get(path).method(method)).await;
        assert_eq!(got.ending(), reply, "{method} {path}");
        assert_eq!(got.status == 402, got.header("payment-required").is_some(), "{path}");
        assert_eq!(method != "GET", got.body.is_empty() || got.status == 405, "{method} {path}");
    }
    let preflight = market.function.ask(&get("/premium/a.json").method("OPTIONS")).await;
    assert!(
        preflight.header("access-control-allow-headers").unwrap().contains("PAYMENT-SIGNATURE")
    );
}

#[tokio::test]
async fn payments_that_cannot_be_one_are_refused_without_asking_anyone() {
    let market = Market::open(Options::instant()).await;
    let payment = market.payment("/premium/a.json", 1).await;
    let asked = market.sandbox.journal().entries().len();
    let large = "A".repeat(20 * 1024);
    #[rustfmt::skip]
    let rows = [
        (get("/premium/a.json").paying("%%%"),                              "400 invalid_payload"),
        (get("/premium/a.json").paying("e30="),                             "400 invalid_x402_version"),
        (get("/premium/a.json").paying("caf\u{e9}"),                        "400 invalid_payload"),
        // Two headers of one name arrive as one, joined by a comma, which no base64 has.
        (payment.clone().paying("e30="),                                    "400 invalid_payload"),
        (payment.clone().header("x-payment", "e30="),                       "400 invalid_payload"),
        (get("/premium/a.json").paying(&large),                             "431 header_too_large"),
        (payment.clone().method("HEAD"),                                    "400 object"),
        (get("/premium/").paying(&payment.headers[0].1),                    "404 not_found"),
    ];
    for (ask, reply) in rows {
        let got = market.function.ask(&ask).await;
        assert_eq!(got.ending(), reply, "{ask:?}");
        assert!(!got.invites_payment());
    }
    assert_eq!(market.sandbox.journal().entries().len(), asked, "the facilitator was not asked");
}

#[tokio::test]
async fn one_environment_answers_many_and_survives_what_is_no_request() {
    let market = Market::open(Options::instant()).await;
    for event in [r#"{"key1":"hush"}"#, "[]", r#"{"Records":[]}"#] {
        let got = market.function.api.invoke(event.into(), Duration::from_secs(30)).await;
        let Outcome::Error(error) = got else { panic!("{got:?}") };
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains("the event is not a request to a function URL"), "{message}");
    }
    for _ in 0..20 {
        let odd = get("/premium/a.json").header("user-agent", "caf\u{e9}");
        assert_eq!(market.function.ask(&odd).await.status, 402);
        let got = market.function.ask(&get("/free/a.txt")).await;
        assert_eq!((got.status, &got.body[..]), (200, GOODS));
        assert_eq!(got.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    assert_eq!(market.function.lines().len(), 40);
}

#[tokio::test]
async fn an_environment_that_lives_long_does_not_grow() {
    let market = Market::open(Options::instant()).await;
    let rounds = async |count: u32| {
        for _ in 0..count {
            assert_eq!(market.function.ask(&get("/premium/a.json")).await.status, 402);
        }
        // Linux tells; elsewhere there is nothing to compare.
        market.function.memory_kib().unwrap_or_default()
    };
    let (early, late) = (rounds(200).await, rounds(2_000).await);
    assert!(late < early + 4 * 1024, "from {early} KiB to {late} KiB");
}
