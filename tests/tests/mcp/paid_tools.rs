//! Tools of a server that other teams' libraries make: x402's for Python, and the protocol's SDK.

use std::time::Duration;

use sandbox::world::Options;
use serde_json::json;
use tokio::net::TcpStream;

use crate::market::{Market, payee};
use crate::process::Process;
use crate::python::{Client, is_there, script};
use crate::{code, holds_no_key};

/// A seller, and a client of an agent that may buy there.
async fn street(market: &Market, more: &[&str]) -> (Process, Client) {
    let port = tests::free_port();
    let (facilitator, address) = (market.sandbox.facilitator_url(), format!("127.0.0.1:{port}"));
    let mut command = script("seller.py");
    command.args([&facilitator, &payee().to_string(), &port.to_string()]);
    let seller = Process::start(&mut command);
    for _ in 0..1200 {
        if TcpStream::connect(&address).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let policy = format!(
        "[mcp]\nallow_private = [\"{address}\"]\n[[mcp.servers]]\nname = \"weather\"\n\
         url = \"http://{address}/mcp\"\n"
    );
    std::fs::write(market.folder.path().join("policy.toml"), policy).unwrap();
    let client = market.client(&[&["--policy", "policy.toml"], more].concat()).await;
    (seller, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_of_another_teams_server_is_paid_for_once() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let (seller, client) = street(&market, &[]).await;
    let listed = client.call("list_paid_tools", json!({ "server": "weather" })).await;
    let tools = listed["structuredContent"]["tools"].as_array().unwrap_or_else(|| {
        panic!("{listed} {}", seller.all());
    });
    let names: Vec<_> = tools.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["get_weather", "get_forecast", "ping"]);
    assert_eq!(listed["structuredContent"]["untrusted"], true);

    let call = |tool: &str, city: &str| json!({ "server": "weather", "tool": tool, "arguments": { "city": city } });
    let bought = client.call("call_paid_tool", call("get_weather", "Bern")).await;
    assert_eq!(code(&bought), "none", "{bought} {}", seller.all());
    let facts = &bought["structuredContent"];
    assert!(facts["body"].as_str().unwrap().starts_with("Bern: sunny (1)"), "{bought}");
    assert_eq!((&facts["untrusted"], &facts["failed"]), (&json!(true), &json!(false)));
    assert_eq!(facts["payment"]["receipt"], "settled", "{bought}");
    assert_eq!(market.sold(), 1);

    // AG23: the same call is the same purchase, whatever a model adds.
    let mut again = call("get_weather", "Bern");
    again["idempotency_key"] = json!("another");
    let again = client.call("call_paid_tool", again).await;
    assert_eq!(again["structuredContent"]["boughtBefore"], true);
    assert_eq!(market.sold(), 1);
    let other = client.call("call_paid_tool", call("get_weather", "Basel")).await;
    assert_eq!(code(&other), "none");
    assert_eq!(market.sold(), 2);

    #[rustfmt::skip]
    let rows = [
        (call("get_forecast", "Bern"),                                             "price_exceeds_limit"),
        (json!({ "server": "elsewhere", "tool": "get_weather" }),                  "invalid_argument"),
        (json!({ "server": "http://127.0.0.1/mcp", "tool": "get_weather" }),       "invalid_argument"),
        (json!({ "server": "weather", "tool": "no such#tool" }),                   "invalid_url"),
        (json!({ "server": "weather", "tool": "get_weather", "arguments": [] }),   "invalid_argument"),
    ];
    for (arguments, expected) in rows {
        let refused = client.call("call_paid_tool", arguments.clone()).await;
        assert_eq!(code(&refused), expected, "{arguments}");
    }
    let free = client.call("call_paid_tool", json!({ "server": "weather", "tool": "ping" })).await;
    assert_eq!(free["structuredContent"]["payment"], json!({ "paid": false }), "{free}");
    assert_eq!(market.sold(), 2);
    holds_no_key(&client);
}

/// The money has moved and the seller does not know: it asks to be paid again, and is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_whose_seller_lost_the_settlement_is_not_paid_for_twice() {
    if !is_there() {
        return;
    }
    let fails = Options::instant().fault("settle:failure-after-settling*1").unwrap();
    let market = Market::open(fails).await;
    let (_seller, client) = street(&market, &[]).await;
    let call =
        json!({ "server": "weather", "tool": "get_weather", "arguments": { "city": "Bern" } });
    for _ in 0..2 {
        let refused = client.call("call_paid_tool", call.clone()).await;
        assert_eq!(code(&refused), "payment_rechallenged", "{refused}");
        assert_eq!(refused["structuredContent"]["error"]["moneyMoved"], "maybe");
        assert_eq!(market.sold(), 1, "one signature, one transfer");
    }
    let left = client.call("get_payment_session", json!({})).await;
    assert_eq!(left["structuredContent"]["spent"]["value"], "0.001", "in doubt, and counted");
}
