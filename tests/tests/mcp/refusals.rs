//! AG16: where a model cannot send the agent, and how it is told.

use sandbox::world::Options;
use serde_json::json;
use tokio::net::TcpListener;

use crate::market::Market;
use crate::python::is_there;
use crate::{code, holds_no_key};

#[tokio::test(flavor = "multi_thread")]
async fn ag16_what_is_not_on_the_internet_is_not_reached() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let client = market.client(&[]).await;
    // Somebody who would notice a connection.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    #[rustfmt::skip]
    let rows = [
        format!("https://127.0.0.1:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://0x7f000001:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("https://0.0.0.0:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[fd00:ec2::254]/".to_owned(),
        "https://metadata.google.internal/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://192.168.0.1/".to_owned(),
        "https://100.64.0.1/".to_owned(),
        "https://[64:ff9b::a9fe:a9fe]/".to_owned(),
        "https://printer.local/".to_owned(),
    ];
    for url in &rows {
        for tool in ["fetch_url", "check_price"] {
            let refused = client.call(tool, json!({ "url": url })).await;
            assert_eq!(code(&refused), "blocked_address", "{tool} {url}");
            assert_eq!(refused["structuredContent"]["error"]["retry"], "do_not_retry");
            assert_eq!(refused["structuredContent"]["error"]["moneyMoved"], "no");
        }
    }
    let unseen = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
    assert!(unseen.is_err(), "somebody connected");
    assert_eq!(market.sold(), 0);
    holds_no_key(&client);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policy_does_not_allow_is_an_error_with_its_code() {
    if !is_there() {
        return;
    }
    let market = Market::open(Options::instant()).await;
    let client = market.client(&[]).await;
    let premium = market.url("/premium/a.json");
    #[rustfmt::skip]
    let rows = [
        (json!({ "url": market.url("/dear/a.json") }),             "price_exceeds_limit", "do_not_retry"),
        (json!({ "url": market.url("/dear/a.json"), "max_price": "$1" }), "price_exceeds_limit", "do_not_retry"),
        (json!({ "url": premium, "max_price": "$0.0005" }),        "price_exceeds_limit", "do_not_retry"),
        (json!({ "url": premium, "max_price": 1 }),                "invalid_argument",    "other_arguments"),
        (json!({ "url": premium, "max_price": "cheap" }),          "invalid_argument",    "other_arguments"),
        (json!({}),                                                "invalid_argument",    "other_arguments"),
        (json!({ "url": "file:///etc/passwd" }),                   "invalid_url",         "other_arguments"),
        (json!({ "url": "http://shop.example/" }),                 "insecure_transport",  "do_not_retry"),
        (json!({ "url": market.url("/free/none.txt") }),            "unexpected_status",   "do_not_retry"),
    ];
    for (arguments, expected, retry) in rows {
        let refused = client.call("fetch_url", arguments.clone()).await;
        assert_eq!(code(&refused), expected, "{arguments}");
        assert_eq!(refused["structuredContent"]["error"]["retry"], retry, "{arguments}");
    }
    assert_eq!(market.sold(), 0);
    // Nothing there, which this seller says to those who pay only: not charged, and not known to be.
    let nothing =
        client.call("fetch_url", json!({ "url": market.url("/premium/none.json") })).await;
    assert_eq!(code(&nothing), "payment_rejected");
    assert_eq!(nothing["structuredContent"]["error"]["moneyMoved"], "maybe");
    assert_eq!(market.sold(), 0);
    let free = client.call("fetch_url", json!({ "url": market.url("/free/a.txt") })).await;
    assert_eq!(free["structuredContent"]["payment"], json!({ "paid": false }));
}
