//! The doors themselves: `/sandbox` over HTTP, callers that leave, and a sandbox that is dropped.

use crate::call::{Ending, get, post, send, send_patiently};
use crate::payment::{Payment, START, payee};
use crate::settling::transfers;
use sandbox::chain::Mining;
use sandbox::faults::Endpoint;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_test_in_any_language_orders_faults_moves_time_and_reads_the_journal() {
    let options = Options::by_hand(START).mining(Mining::Interval);
    let sandbox = Sandbox::start(options).await.unwrap();
    let ordered = post(&sandbox, "/sandbox/faults", &json!({ "fault": "verify:429*1" })).await;
    assert_eq!(ordered.json(), json!({ "faults": ["verify:429=1*1"] }));
    let payment = Payment::new("over http");
    post(&sandbox, "/verify", &payment.v2()).await;
    assert_eq!(get(&sandbox, "/sandbox/faults").await.json(), json!({ "faults": [] }));

    let journal = get(&sandbox, "/sandbox/journal").await.json();
    assert_eq!(journal["counts"], json!({ "verify": 1, "settle": 0, "supported": 0 }));
    let expected = json!({
        "number": 1,
        "at": START,
        "endpoint": "verify",
        "payment": payment.key().to_string(),
        "fault": "429=1",
        "answered": true,
        "status": 429,
        "finding": "nothing",
        "transaction": null,
    });
    assert_eq!(journal["calls"], json!([expected]));

    let moved = post(&sandbox, "/sandbox/clock", &json!({ "advance": 5 })).await.json();
    assert_eq!(moved["now"], json!(START + 5));
    assert_eq!(moved["block"], json!({ "number": 2, "timestamp": START + 4 }));
    let mined = post(&sandbox, "/sandbox/mine", &json!({ "blocks": 3 })).await.json();
    assert_eq!(mined["block"], json!({ "number": 5, "timestamp": START + 10 }));
    let path = format!("/sandbox/balance/{}", payee());
    assert_eq!(get(&sandbox, &path).await.json()["usdc"], json!("1000000"));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_a_sentence() {
    let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
    let url = sandbox.facilitator_url();
    #[rustfmt::skip]
    let rows = [
        ("POST",   "/sandbox/faults",       r#"{"fault":"settle:sulk"}"#,             400, "there is no fault of this name; see fault --help"),
        ("POST",   "/sandbox/faults",       "[]",                                     400, "the body must be a JSON object"),
        ("DELETE", "/sandbox/faults/bank",  "",                                       400, "no endpoint is called \"bank\""),
        ("POST",   "/sandbox/faucet",       r#"{"address":"me"}"#,                    400, "an address must be 0x and 40 hexadecimal digits"),
        ("POST",   "/sandbox/mine",         r#"{"blocks":0}"#,                        400, "blocks must be from 1 to 1000"),
        ("POST",   "/sandbox/clock",        "{}",                                     400, "the body must be {\"advance\": SECONDS}"),
        ("PUT",    "/sandbox/clock",        "{}",                                     404, "no such path and method below /sandbox"),
    ];
    for (method, path, body, status, sentence) in rows {
        let answer = send(&url, method, path, body).await.answer();
        let expected: Value = json!({ "error": sentence });
        assert_eq!((answer.status, answer.json()), (status, expected), "{method} {path}");
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_does_not_stop_the_settlement() {
    let options = Options::by_hand(START).mining(Mining::Manual);
    let sandbox = Sandbox::start(options).await.unwrap();
    sandbox.faults().order("settle:delay=100*1").unwrap();
    let payment = Payment::new("left");
    let body = payment.v2().to_string();
    let patience = Duration::from_millis(20);
    let url = sandbox.facilitator_url();
    drop(send_patiently(&url, "POST", "/settle", &body, patience).await);
    assert_eq!(sandbox.journal().count(Endpoint::Settle), 1);
    while sandbox.journal().entries()[0].said.is_none() {
        sandbox.chain().mine();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sandbox.journal().entries()[0].said.as_ref().unwrap().finding, "settled");
    assert_eq!(transfers(sandbox.chain()), 1);
}

#[tokio::test]
async fn a_dropped_sandbox_ends_its_connections_and_frees_its_ports() {
    let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
    sandbox.faults().order("verify:hang").unwrap();
    let (facilitator, rpc) = (sandbox.facilitator_url(), sandbox.rpc_url());
    let body = Payment::new("hanging").v2().to_string();
    let url = facilitator.clone();
    let hanging = tokio::spawn(async move {
        let patience = Duration::from_secs(5);
        send_patiently(&url, "POST", "/verify", &body, patience).await
    });
    while sandbox.journal().count(Endpoint::Verify) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(sandbox);
    let ending = hanging.await;
    assert!(!matches!(ending, Ok(Ending::Unfinished(_))), "the connection has ended");
    for url in [facilitator, rpc] {
        let connected = TcpStream::connect(url.strip_prefix("http://").unwrap()).await;
        assert!(connected.is_err(), "nobody listens at {url}");
    }
}
