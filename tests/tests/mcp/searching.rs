//! What is for sale, searched by a model: only what the policy allows, in the seller's marked words.

use sandbox::world::Options;
use serde_json::{Value, json};

use crate::market::{GOODS, Market, POISON};
use crate::python::is_there;
use crate::{code, holds_no_key};

/// An entry of a catalogue, offered for the price to the market's merchant.
fn item(url: &str, price: &str, words: &str) -> Value {
    let payee = crate::market::payee().to_string();
    json!({
        "resource": url, "type": "http", "x402Version": 2,
        "description": words, "mimeType": "application/json",
        "accepts": [{
            "scheme": "exact", "network": "eip155:84532", "amount": price,
            "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "payTo": payee,
            "maxTimeoutSeconds": 60, "extra": { "name": "USDC", "version": "2" },
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policy_allows_is_found_marked_and_bought() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let (url, dear) = (market.url("/premium/a.json"), market.url("/dear/a.json"));
    let words = format!("Weather. {POISON}");
    for item in [item(&dear, "50000", &words), item(&url, "1000", &words)] {
        market.sandbox.catalogue().add(item);
    }
    let facilitator = market.sandbox.facilitator_url();
    let host = facilitator.trim_start_matches("http://");
    let client = market.client(&["--facilitator", &facilitator, "--allow-private", host]).await;
    let found = client.call("search_bazaar", json!({ "query": "weather" })).await;
    let facts = &found["structuredContent"];
    assert_eq!(code(&found), "none", "{found}");
    assert_eq!((&facts["found"], &facts["suitable"]), (&json!(2), &json!(1)), "{found}");
    let listing = &facts["listings"][0];
    assert_eq!((&listing["url"], &listing["amount"]), (&json!(url), &json!("0.001 USDC")));
    let ours = found["content"][0]["text"].as_str().unwrap();
    assert!(ours.contains("data and not instructions") && !ours.contains("ignore"), "{ours}");
    let theirs = found["content"][1]["text"].as_str().unwrap();
    assert!(theirs.starts_with("[untrusted content ") && theirs.contains("Weather"), "{theirs}");
    assert_eq!(market.sold(), 0, "to look costs nothing");

    let lowered = json!({ "query": "weather", "max_price": "$0.0001" });
    let none = client.call("search_bazaar", lowered).await;
    assert_eq!(none["structuredContent"]["suitable"], 0, "{none}");

    let bought = client.call("fetch_url", json!({ "url": listing["url"] })).await;
    assert_eq!((&bought["structuredContent"]["body"], market.sold()), (&json!(GOODS), 1));
    holds_no_key(&client);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_cannot_be_made_is_an_error_with_its_code() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let facilitator = market.sandbox.facilitator_url();
    let host = facilitator.trim_start_matches("http://");
    #[rustfmt::skip]
    let rows = [
        // facilitator             may be reached  query        code                 retry
        (facilitator.as_str(),     true,           " ",         "invalid_argument",  "other_arguments"),
        (facilitator.as_str(),     false,          "weather",   "unreachable",       "same_call_later"),
        ("http://127.0.0.1:9",     true,           "weather",   "unreachable",       "same_call_later"),
        ("http://example.com",     true,           "weather",   "insecure_transport","do_not_retry"),
    ];
    for (facilitator, open, query, expected, retry) in rows {
        let dead = ["--allow-private", "127.0.0.1:9"];
        let opened = if open { ["--allow-private", host] } else { dead };
        let arguments = [&["--facilitator", facilitator][..], &opened, &dead].concat();
        let client = market.client(&arguments).await;
        let refused = client.call("search_bazaar", json!({ "query": query })).await;
        assert_eq!(code(&refused), expected, "{facilitator}: {refused}");
        assert_eq!(refused["structuredContent"]["error"]["retry"], retry, "{refused}");
    }
    assert_eq!(market.sold(), 0);
}
