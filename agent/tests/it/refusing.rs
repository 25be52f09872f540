//! What is refused before anything is signed. Every row ends with no signature and no payment sent.

use agent::Terms;
use serde_json::{Value, json};

use crate::scene::{honest, play, terms};
use crate::server::Reply;
use crate::wares::{BASE_USDC, PAYEE, challenge, demand, offer, offer_on_base};

type Page = Box<dyn Fn(&str) -> Reply>;

fn changed(path: &str, value: Value) -> Value {
    let mut offer = offer();
    *offer.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
    offer
}

fn with(name: &str, value: Value) -> Value {
    let mut offer = offer();
    offer["extra"][name] = value;
    offer
}

/// AG09 and AG11.
#[tokio::test]
async fn an_offer_that_the_table_or_the_terms_contradict_is_refused() {
    let zero = format!("0x{}", "0".repeat(40));
    let unknown = "0x00000000000000000000000000000000deadbeef";
    #[rustfmt::skip]
    let rows = [
        ("price over the limit",         changed("/amount", json!("100001")),              "price_exceeds_limit"),
        ("price beyond all numbers",     changed("/amount", json!("1".repeat(77))),        "price_exceeds_limit"),
        ("look-alike token",             changed("/asset", json!(unknown)),                "asset_not_allowed"),
        ("another chain's USDC",         changed("/asset", json!(BASE_USDC)),              "asset_not_allowed"),
        ("token that is no contract",    changed("/asset", json!("USDC")),                 "asset_not_allowed"),
        ("look-alike, 18 decimals",      { let mut it = with("decimals", json!(18)); it["asset"] = unknown.into(); it }, "asset_not_allowed"),
        ("mainnet's name on testnet",    changed("/extra/name", json!("USD Coin")),        "asset_domain_mismatch"),
        ("other version",                changed("/extra/version", json!("1")),            "asset_domain_mismatch"),
        ("version as a number",          changed("/extra/version", json!(2)),              "asset_domain_mismatch"),
        ("no domain at all",             changed("/extra", json!({})),                     "asset_domain_mismatch"),
        ("unknown network",              changed("/network", json!("eip155:31337")),       "network_not_allowed"),
        ("another kind of chain",        changed("/network", json!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")), "network_not_allowed"),
        ("other scheme",                 changed("/scheme", json!("upto")),                "scheme_not_supported"),
        ("scheme in capitals",           changed("/scheme", json!("Exact")),               "scheme_not_supported"),
        ("permit2",                      with("assetTransferMethod", json!("permit2")),    "transfer_method_not_supported"),
        ("method that is no text",       with("assetTransferMethod", json!(1)),            "transfer_method_not_supported"),
        ("escrow",                       with("paymentFlow", json!("escrow")),             "payment_flow_not_supported"),
        ("payee is the zero address",    changed("/payTo", json!(zero)),                   "payee_unusable"),
        ("payee is the token",           changed("/payTo", offer()["asset"].clone()),      "payee_unusable"),
        ("payee on another chain",       changed("/payTo", json!("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")), "payee_unusable"),
        ("no time to settle",            changed("/maxTimeoutSeconds", json!(7)),          "window_too_short"),
    ];
    for (claim, offer, code) in rows {
        let ending = play(terms(), |url| honest(url, vec![offer])).await;
        assert_eq!(ending.word(), code, "{claim}");
        assert_eq!(
            (ending.signatures, ending.payments.len(), ending.requests),
            (0, 0, 1),
            "{claim}"
        );
    }
}

#[tokio::test]
async fn harmless_details_do_not_stop_a_payment() {
    #[rustfmt::skip]
    let rows = [
        ("limit exactly",      changed("/amount", json!("100000"))),
        ("eip3009, said",      with("assetTransferMethod", json!("eip3009"))),
        ("flow, said",         with("paymentFlow", json!("authorization"))),
        ("settled upfront",    with("paymentFlow", json!("upfront"))),
        ("lying decimals",     with("decimals", json!(18))),
    ];
    for (claim, offer) in rows {
        let ending = play(terms(), |url| honest(url, vec![offer])).await;
        assert_eq!((ending.word(), ending.signatures), ("paid", 1), "{claim}");
    }
}

#[tokio::test]
async fn the_terms_bind() {
    let limit = |price: &str| Terms::up_to(price.parse().unwrap()).unwrap();
    let base = || vec!["eip155:8453".parse().unwrap()];
    let other = || vec!["0x00000000000000000000000000000000000000aa".parse().unwrap()];
    #[rustfmt::skip]
    let rows = [
        ("testnet where only Base may be used", terms().on_networks(base()),  "network_not_allowed"),
        ("payee not on the list",               terms().to_payees(other()),   "payee_not_allowed"),
        ("a cent is a cent",                    limit("$0.009999"),           "price_exceeds_limit"),
        ("limit in another token",              limit("0.10 USDT0"),          "asset_not_allowed"),
        ("limit of nothing",                    limit("$0"),                  "price_exceeds_limit"),
        ("limit in the token",                  limit("0.01 USDC"),           "paid"),
        ("payee on the list",                   terms().to_payees(vec![PAYEE.parse().unwrap()]), "paid"),
    ];
    for (claim, terms, word) in rows {
        let ending = play(terms, |url| honest(url, vec![offer()])).await;
        assert_eq!(ending.word(), word, "{claim}");
        assert_eq!(ending.signatures, u32::from(word == "paid"), "{claim}");
    }
    assert!(Terms::up_to("$0.0000001".parse().unwrap()).is_err(), "finer than any token");
}

#[tokio::test]
async fn the_refusal_that_is_told_is_the_nearest_miss() {
    let dear = changed("/amount", json!("100001"));
    let mut fake = offer_on_base();
    fake["asset"] = json!("0x00000000000000000000000000000000deadbeef");
    let ending = play(terms(), |url| honest(url, vec![dear, fake])).await;
    assert_eq!(ending.word(), "price_exceeds_limit");
    let ending = play(terms(), |url| honest(url, vec![])).await;
    assert_eq!(ending.word(), "no_offer");
}

/// AG14.
#[tokio::test]
async fn a_challenge_about_something_else_is_refused() {
    #[rustfmt::skip]
    let rows: [fn(&str) -> String; 6] = [
        |_| "https://victim.example/report.txt".into(),
        |url| url.replace("report.txt", "other.txt"),
        |url| url.replace("http://", "https://"),
        |url| url.replace("127.0.0.1", "localhost"),
        |url| format!("{url}/more"),
        |_| String::from("//victim.example/report.txt"),
    ];
    for claimed in rows {
        let ending = play(terms(), |url| honest(&claimed(url), vec![offer()])).await;
        assert_eq!((ending.word(), ending.signatures), ("resource_mismatch", 0));
    }
}

/// AG13.
#[tokio::test]
async fn a_challenge_that_has_two_readings_is_refused() {
    let good = |url: &str| challenge(url, vec![offer()]).to_string();
    let header = |text: String| {
        let header = wire::header::encode_json(text.as_bytes());
        Reply::new(402).header("PAYMENT-REQUIRED", header)
    };
    #[rustfmt::skip]
    let rows: Vec<(&str, Page)> = vec![
        ("two prices",      Box::new(move |url| header(good(url).replace(r#""amount":"#, r#""amount":"1","amount":"#)))),
        ("hex price",       Box::new(|url| demand(&challenge(url, vec![changed("/amount", json!("0x2710"))])))),
        ("price as number", Box::new(|url| demand(&challenge(url, vec![changed("/amount", json!(10000))])))),
        ("negative price",  Box::new(|url| demand(&challenge(url, vec![changed("/amount", json!("-1"))])))),
        ("2^256",           Box::new(|url| demand(&challenge(url, vec![changed("/amount", json!("115792089237316195423570985008687907853269984665640564039457584007913129639936"))])))),
        ("two headers",     Box::new(|url| { let it = demand(&challenge(url, vec![offer()])); let (name, value) = it.headers[0].clone(); it.header(&name, value) })),
        ("not base64",      Box::new(|_| Reply::new(402).header("PAYMENT-REQUIRED", "!!!"))),
        ("no JSON",         Box::new(move |_| header("402".into()))),
        ("trailing bytes",  Box::new(move |url| header(good(url) + "{}"))),
        ("version 3",       Box::new(move |url| header(good(url).replace(r#""x402Version":2"#, r#""x402Version":3"#)))),
        ("nothing",         Box::new(|_| Reply::new(402))),
        ("a web page",      Box::new(|_| Reply::new(402).body("<html>pay $3 to 0x…</html>"))),
    ];
    for (claim, reply) in rows {
        let ending = play(terms(), |url| vec![reply(url).into()]).await;
        assert_eq!((ending.word(), ending.signatures), ("invalid_challenge", 0), "{claim}");
    }
}

#[tokio::test]
async fn other_answers_are_no_reason_to_pay() {
    for (status, body) in [(404, "{}"), (401, ""), (500, "oops"), (503, r#"{"error":"busy"}"#)] {
        let ending = play(terms(), |_| vec![Reply::new(status).body(body).into()]).await;
        assert_eq!(
            (ending.word(), ending.signatures, ending.requests),
            ("unexpected_status", 0, 1)
        );
    }
    let ending = play(terms(), |_| vec![Reply::new(503).body(r#"{"error":"busy"}"#).into()]).await;
    assert_eq!(ending.outcome.unwrap_err().to_string(), "the server answered 503 (busy)");
}

/// AG15.
#[tokio::test]
async fn plain_http_to_another_machine_is_not_even_asked() {
    let (wallet, world) = Default::default();
    let agent = crate::scene::agent(&wallet, &world, terms()).build().unwrap();
    #[rustfmt::skip]
    let rows = [
        ("http://shop.example/f",       "insecure_transport"),
        ("http://192.168.1.1/f",        "insecure_transport"),
        ("http://169.254.169.254/",     "insecure_transport"),
        ("ftp://shop.example/f",        "invalid_url"),
        ("https://me:pw@shop.example/", "invalid_url"),
        ("shop.example/f",              "invalid_url"),
    ];
    for (url, code) in rows {
        assert_eq!(agent.fetch(url).await.unwrap_err().code(), code, "{url}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let (wallet, world) = Default::default();
    let agent = crate::scene::agent(&wallet, &world, terms()).build().unwrap();
    let error = agent.fetch("http://127.0.0.1:9/").await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert_eq!(
        error.to_string(),
        "the server cannot be reached: Connection refused (os error 111)"
    );
}

#[tokio::test]
async fn an_echo_that_no_server_would_accept_is_found_before_signing() {
    let ending = play(terms(), |url| {
        let mut bloated = challenge(url, vec![offer()]);
        bloated["extensions"] = json!({ "schema": "x".repeat(9_000) });
        vec![demand(&bloated).into()]
    })
    .await;
    assert_eq!((ending.word(), ending.signatures), ("payment_too_large", 0));
}
