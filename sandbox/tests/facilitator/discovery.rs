//! What the facilitator's Bazaar lists: what was settled and declared itself, and nothing else.

use crate::call::{get, post, send};
use crate::payment::{Payment, START};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

const GOODS: &str = "https://shop.example/premium/a.json";

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::by_hand(START)).await.unwrap()
}

/// A payment that echoes this declaration.
fn declaring(name: &str, url: &str, bazaar: &Value) -> Value {
    let mut body = Payment::new(name).v2();
    body["paymentPayload"]["resource"] =
        json!({ "url": url, "description": "A report on weather", "mimeType": "application/json" });
    body["paymentPayload"]["extensions"] = json!({ "bazaar": bazaar });
    body
}

fn over_http() -> Value {
    json!({ "info": { "input": { "type": "http", "method": "GET" } }, "schema": {} })
}

fn urls(page: &Value, list: &str) -> Vec<String> {
    page[list]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["resource"].as_str().unwrap().into())
        .collect()
}

#[tokio::test]
async fn a_settled_payment_that_declares_its_resource_lists_it() {
    let sandbox = sandbox().await;
    let mut body = declaring("declared", &format!("{GOODS}?q=1#part"), &over_http());
    body["paymentPayload"]["resource"]["serviceName"] = "Weather".into();
    body["paymentPayload"]["resource"]["tags"] =
        json!(["a", "b", "c", "d", "e", "f", "", "\u{1b}[2J", "x".repeat(33)]);
    assert_eq!(post(&sandbox, "/verify", &body).await.status, 200);
    assert_eq!(sandbox.catalogue().all(), [] as [Value; 0], "nothing was paid yet");
    assert_eq!(post(&sandbox, "/settle", &body).await.json()["success"], true);
    let page = get(&sandbox, "/discovery/resources").await.json();
    let expected = json!({
        "x402Version": 2,
        "items": [{
            "resource": GOODS, "type": "http", "x402Version": 2,
            "description": "A report on weather", "mimeType": "application/json",
            "serviceName": "Weather", "tags": ["a", "b", "c", "d", "e"],
            "extensions": { "bazaar": over_http() },
            "lastUpdated": "2023-11-14T22:13:20Z",
            "accepts": [Payment::new("").offer()],
        }],
        "pagination": { "limit": 100, "offset": 0, "total": 1 },
    });
    assert_eq!(page, expected);
    // Sold again: the same entry.
    let again = declaring("again", GOODS, &over_http());
    assert_eq!(post(&sandbox, "/settle", &again).await.json()["success"], true);
    assert_eq!(sandbox.catalogue().all().len(), 1);
}

#[tokio::test]
async fn what_was_not_sold_or_does_not_declare_itself_is_not_listed() {
    let sandbox = sandbox().await;
    let mut refused = declaring("refused", GOODS, &over_http());
    refused["paymentRequirements"]["amount"] = "1001".into();
    let mut nameless = declaring("nameless", GOODS, &over_http());
    nameless["paymentPayload"]["resource"] = Value::Null;
    #[rustfmt::skip]
    let rows = [
        ("refused",           refused,                                                        false),
        ("no declaration",    Payment::new("plain").v2(),                                     true),
        ("no kind",           declaring("no kind", GOODS, &json!({ "info": {} })),            true),
        ("not an object",     declaring("no object", GOODS, &json!("http")),                  true),
        ("no URL",            nameless,                                                       true),
        ("not a URL",         declaring("not a url", "premium/a.json", &over_http()),         true),
        ("version 1 without", Payment::new("v1").v1(),                                        true),
    ];
    for (name, body, settled) in rows {
        let answer = post(&sandbox, "/settle", &body).await.json();
        assert_eq!(answer["success"] == true, settled, "{name}: {answer}");
        assert_eq!(sandbox.catalogue().all(), [] as [Value; 0], "{name}");
    }
}

#[tokio::test]
async fn templates_tools_and_the_legacy_have_names_of_their_own() {
    let sandbox = sandbox().await;
    let mut templated = over_http();
    templated["routeTemplate"] = "/premium/:name".into();
    let mut hostile = over_http();
    hostile["routeTemplate"] = "/%2e%2e/admin".into();
    let tool = |name: &str| json!({ "info": { "input": { "type": "mcp", "toolName": name } } });
    let mut legacy = Payment::new("legacy").v1();
    legacy["paymentRequirements"]["outputSchema"] =
        json!({ "input": { "type": "http", "method": "GET", "discoverable": true } });
    let mut hidden = legacy.clone();
    hidden["paymentRequirements"]["outputSchema"]["input"]["discoverable"] = false.into();
    hidden["paymentPayload"] = Payment::new("hidden").v1()["paymentPayload"].clone();
    let mcp = "https://shop.example/mcp";
    #[rustfmt::skip]
    let rows = [
        (declaring("t", GOODS, &templated), "https://shop.example/premium/:name", 1),
        (declaring("h", GOODS, &hostile),   GOODS,                                2),
        (declaring("m", mcp, &tool("one")), mcp,                                  3),
        (declaring("n", mcp, &tool("two")), mcp,                                  4),
        (legacy,                            "http://127.0.0.1/file",              5),
        (hidden,                            "http://127.0.0.1/file",              5),
    ];
    for (body, url, count) in rows {
        assert_eq!(post(&sandbox, "/settle", &body).await.json()["success"], true, "{url}");
        let all = sandbox.catalogue().all();
        assert_eq!((all.len(), all.last().unwrap()["resource"].as_str()), (count, Some(url)));
    }
    assert_eq!(sandbox.catalogue().all()[4]["x402Version"], 1);
}

#[tokio::test]
async fn lists_and_searches_have_filters_and_pages() {
    let sandbox = sandbox().await;
    for (index, (kind, network, words)) in [
        ("http", "eip155:84532", "weather in Oslo"),
        ("mcp", "eip155:84532", "weather tool"),
        ("http", "base", "football results"),
        ("http", "eip155:8453", "weather and football"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut offer = Payment::new("").offer();
        offer["network"] = network.into();
        let item = json!({
            "resource": format!("https://shop.example/{index}"), "type": kind,
            "description": words, "accepts": [offer],
        });
        let listed = post(&sandbox, "/sandbox/discovery", &item).await.json();
        assert_eq!(listed, json!({ "listed": index + 1 }));
    }
    let payee = Payment::new("").offer()["payTo"].as_str().unwrap().to_lowercase();
    #[rustfmt::skip]
    let rows = [
        ("resources?limit=2",                          "items",     &[0, 1][..]),
        ("resources?limit=2&offset=2",                 "items",     &[2, 3]),
        ("resources?offset=4",                         "items",     &[]),
        ("resources?type=mcp",                         "items",     &[1]),
        ("resources?network=eip155:8453",              "items",     &[2, 3]),
        ("resources?network=base-sepolia&type=http",   "items",     &[0]),
        ("resources?scheme=upto",                      "items",     &[]),
        ("resources?extensions=bazaar",                "items",     &[]),
        ("resources?unheard=of",                       "items",     &[0, 1, 2, 3]),
        ("search?query=weather",                       "resources", &[0, 1, 3]),
        ("search?query=Football%20WEATHER",            "resources", &[3, 0, 1, 2]),
        ("search?query=weather+football&limit=1",      "resources", &[3]),
        ("search?query=weather&limit=2&cursor=2",      "resources", &[3]),
        ("search?query=chess",                         "resources", &[]),
    ];
    for (query, list, expected) in rows {
        let page = get(&sandbox, &format!("/discovery/{query}")).await.json();
        let expected: Vec<_> =
            expected.iter().map(|it| format!("https://shop.example/{it}")).collect();
        assert_eq!(urls(&page, list), expected, "{query}");
    }
    let paid_to = get(&sandbox, &format!("/discovery/resources?payTo={payee}")).await.json();
    assert_eq!(urls(&paid_to, "items").len(), 4);
    let first = get(&sandbox, "/discovery/search?query=weather&limit=2").await.json();
    assert_eq!(first["partialResults"], true);
    assert_eq!(first["pagination"], json!({ "limit": 2, "cursor": "2" }));
    let last = get(&sandbox, "/discovery/search?query=weather&limit=2&cursor=2").await.json();
    assert_eq!(last["pagination"], json!({ "limit": 2, "cursor": null }));
    for bad in ["search", "search?query=+", "resources?limit=0", "resources?offset=-1"] {
        assert_eq!(get(&sandbox, &format!("/discovery/{bad}")).await.status, 400, "{bad}");
    }
    let url = sandbox.facilitator_url();
    assert_eq!(send(&url, "POST", "/discovery/search", "{}").await.answer().status, 405);
    send(&url, "DELETE", "/sandbox/discovery", "").await.answer();
    assert_eq!(sandbox.catalogue().all(), [] as [Value; 0]);
}
