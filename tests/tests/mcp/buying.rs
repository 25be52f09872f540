//! What a model can buy, and that it buys it once.

use sandbox::world::Options;
use serde_json::json;

use crate::market::{GOODS, Market};
use crate::python::is_there;
use crate::{code, holds_no_key};

#[tokio::test(flavor = "multi_thread")]
async fn a_model_buys_within_its_budget_and_no_more() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    // Both ages of the protocol.
    for (mode, ledger, sold) in [("auto", "first", 2), ("legacy", "second", 4)] {
        let arguments = market.arguments(&["--budget", "$0.002", "--ledger", ledger]);
        let client = market.client_with(&arguments, mode).await;
        let url = market.url("/premium/a.json");

        let price = client.call("check_price", json!({ "url": url })).await;
        let facts = &price["structuredContent"];
        assert_eq!((&facts["amount"], &facts["allowed"]), (&json!("0.001 USDC"), &json!(true)));
        assert_eq!(market.sold(), sold - 2, "a price is free");

        let bought = client.call("fetch_url", json!({ "url": url })).await;
        let facts = &bought["structuredContent"];
        assert_eq!((code(&bought), &facts["body"]), ("none", &json!(GOODS)), "{bought}");
        assert_eq!((&facts["untrusted"], &facts["complete"]), (&json!(true), &json!(true)));
        let payment = &facts["payment"];
        assert_eq!((&payment["paid"], &payment["receipt"]), (&json!(true), &json!("settled")));
        assert_eq!(payment["amount"], "0.001 USDC");
        let transaction = payment["transaction"].as_str().unwrap();
        assert!(transaction.starts_with("0x") && transaction.len() == 66, "{transaction}");

        // AG23: whatever else a model says, the same URL is the same purchase.
        for key in ["one", "two"] {
            let arguments = json!({ "url": url, "idempotency_key": key, "client_token": key });
            let again = client.call("fetch_url", arguments).await;
            assert_eq!(again["structuredContent"]["body"], GOODS);
            assert_eq!(again["structuredContent"]["boughtBefore"], true);
        }
        assert_eq!(market.sold(), sold - 1);

        let other = client.call("fetch_url", json!({ "url": market.url("/premium/b.json") })).await;
        assert_eq!(code(&other), "none");
        let beyond =
            client.call("fetch_url", json!({ "url": market.url("/premium/c.json") })).await;
        assert_eq!(code(&beyond), "budget_exceeded");
        assert_eq!(beyond["structuredContent"]["error"]["retry"], "do_not_retry");
        assert!(beyond["content"][0]["text"].as_str().unwrap().contains("Do not retry"));
        assert_eq!(market.sold(), sold);

        let left = client.call("get_payment_session", json!({})).await;
        let facts = &left["structuredContent"];
        assert_eq!(facts["spent"], json!({ "value": "0.002", "currency": "USD" }), "{left}");
        assert_eq!(facts["budget"]["left"], json!({ "value": "0", "currency": "USD" }));
        holds_no_key(&client);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_read_and_never_raised() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let mut create = std::process::Command::new(crate::python::program("x402-agent"));
    create.env_clear().current_dir(market.folder.path());
    create.args(["session", "create", "--limit", "$0.0015", "--sessions", "sessions", "--json"]);
    let created = create.output().unwrap();
    let created: serde_json::Value = serde_json::from_slice(&created.stdout).unwrap();
    let session = created["id"].as_str().unwrap();

    let client = market.client(&["--sessions", "sessions", "--session", session]).await;
    let before = client.call("get_payment_session", json!({})).await;
    let facts = &before["structuredContent"];
    assert_eq!((&facts["paymentSessionId"], &facts["status"]), (&json!(session), &json!("open")));
    assert_eq!(facts["limits"]["maxSpendAmount"]["value"], "0.0015");

    for (file, expected) in [("a", "none"), ("b", "session_exceeded")] {
        let url = market.url(&format!("/premium/{file}.json"));
        assert_eq!(code(&client.call("fetch_url", json!({ "url": url })).await), expected);
    }
    let after = client.call("get_payment_session", json!({})).await;
    let left = &after["structuredContent"]["availableLimits"]["availableSpendAmount"];
    assert_eq!(left, &json!({ "value": "0.0005", "currency": "USD" }));
    assert_eq!(market.sold(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_say_what_they_are_and_only_those_allowed_are_there() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let client = market.client(&[]).await;
    let tools = client.order(json!({ "do": "list" })).await["result"].clone();
    let told: Vec<_> = tools
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (it["name"].as_str().unwrap(), it["annotations"]["readOnlyHint"].as_bool().unwrap())
        })
        .collect();
    #[rustfmt::skip]
    assert_eq!(told, [
        ("fetch_url", false), ("check_price", true), ("search_bazaar", true),
        ("get_payment_instrument", true), ("list_payment_instruments", true),
        ("get_payment_session", true),
    ]);
    for tool in tools.as_array().unwrap() {
        assert_eq!(tool["annotations"]["destructiveHint"], false, "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        // Nothing by which a model could say whom, how much, from where or how often.
        let taken: Vec<_> = tool["inputSchema"]["properties"].as_object().unwrap().keys().collect();
        let harmless =
            |it: &&String| ["url", "query", "max_price", "offset"].contains(&it.as_str());
        assert!(taken.iter().all(harmless), "{taken:?}");
    }
    let instrument = client.call("get_payment_instrument", json!({})).await;
    let id = instrument["structuredContent"]["paymentInstrumentId"].as_str().unwrap();
    let own = wire::Address::from(sandbox::accounts::testers()[0].address()).to_string();
    assert_eq!(id, own);
    let all = client.call("list_payment_instruments", json!({})).await;
    assert_eq!(all["structuredContent"]["paymentInstruments"][0]["paymentInstrumentId"], own);
    holds_no_key(&client);

    let client = market.client(&["--tool", "check_price"]).await;
    let tools = client.order(json!({ "do": "list" })).await["result"].clone();
    assert_eq!(tools.as_array().unwrap().len(), 1);
    let arguments = json!({ "url": market.url("/premium/a.json") });
    let order = json!({ "do": "call", "tool": "fetch_url", "arguments": arguments });
    let refused = client.order(order).await;
    assert!(refused["error"].as_str().unwrap().contains("no such tool"), "{refused}");
    assert_eq!(market.sold(), 0);
}

/// The caller leaves at some moment of the purchase, at another one in each round.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_cancelled_call_paid_for_is_there_when_it_is_asked_for_again() {
    if !is_there() {
        return;
    }
    let slow = Options::instant().fault("settle:delay-after-settling=700*3").unwrap();
    let market = Market::open(slow).await;
    let client = market.client(&[]).await;
    for (count, (file, patience)) in [("a", 0.01), ("b", 0.1), ("c", 0.4)].into_iter().enumerate() {
        let url = market.url(&format!("/premium/{file}.json"));
        let _ = client.call_briefly("fetch_url", json!({ "url": url }), patience).await;
        let again = client.call("fetch_url", json!({ "url": url })).await;
        assert_eq!(again["structuredContent"]["body"], GOODS, "{again}");
        assert_eq!(market.sold(), count as u64 + 1, "paid once");
    }
}
