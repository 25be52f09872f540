//! Every fault: what the caller sees, and what has happened on the chain by then.

use crate::call::{Answer, Ending, send, send_patiently};
use crate::payment::{PRICE, Payment, START, payer};
use crate::settling::transfers;
use sandbox::faults::{Early, Endpoint, FaultSpec, TABLE};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long to listen to silence and to drips. Whatever ends by itself may take longer.
fn patience(fault: &str) -> Duration {
    let endless = fault.starts_with("hang") || fault.starts_with("drip");
    if endless { Duration::from_millis(500) } else { Duration::from_secs(20) }
}

/// What a caller can tell about an ending, in a few words.
fn seen(ending: &Ending, sandbox: &Sandbox) -> String {
    match ending {
        Ending::Reset => "reset".to_owned(),
        Ending::Unfinished(bytes) if bytes.is_empty() => "silence".to_owned(),
        Ending::Unfinished(_) => "a drip".to_owned(),
        Ending::Answer(answer) => format!("{} {}", answer.status, content(answer, sandbox)),
    }
}

fn content(answer: &Answer, sandbox: &Sandbox) -> String {
    let length = answer.header("content-length").and_then(|it| it.parse().ok());
    if length.is_some_and(|it: usize| it > answer.body.len()) {
        return "cut short".to_owned();
    }
    if answer.body.len() > 10 * 1024 * 1024 {
        return "huge".to_owned();
    }
    let headers = ["location", "retry-after"].map(|it| answer.header(it));
    if let Some(value) = headers.into_iter().flatten().next() {
        return value.to_owned();
    }
    let Ok(value) = serde_json::from_slice::<Value>(&answer.body) else {
        return "not JSON".to_owned();
    };
    described(&value, sandbox)
}

/// Only what is not as it would be in a plain success.
fn described(value: &Value, sandbox: &Sandbox) -> String {
    let mut words = Vec::new();
    let verdict = value.get("isValid").or(value.get("success"));
    words.push(verdict.map_or("no verdict".to_owned(), Value::to_string));
    for reason in ["invalidReason", "errorReason"] {
        words.extend(value[reason].as_str().map(str::to_owned));
    }
    if let Some(hash) = value["transaction"].as_str() {
        let known = hash.parse().is_ok_and(|hash| sandbox.chain().transaction(hash).is_some());
        words.push(match hash {
            _ if known => "hash".to_owned(),
            "" => "no hash".to_owned(),
            _ => format!("hash of nothing ({})", hash.len()),
        });
        let network = value["network"].as_str().filter(|it| *it != "eip155:84532");
        words.extend(network.map(|it| format!("on {it}")));
        words.extend(value["amount"].as_str().map(|it| format!("for {it}")));
    }
    let payer = payer().address().to_checksum(None);
    words.extend((value["payer"] != json!(payer)).then(|| "by another".to_owned()));
    words.join(", ")
}

async fn met(endpoint: Endpoint, fault: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
    sandbox.faults().order(&format!("{endpoint}:{fault}*1")).unwrap();
    let body = Payment::new("a fault").v2().to_string();
    let (method, path, body) = match endpoint {
        Endpoint::Verify => ("POST", "/verify", body),
        Endpoint::Settle => ("POST", "/settle", body),
        Endpoint::Supported => ("GET", "/supported", String::new()),
        Endpoint::Rpc => ("POST", "/", block_number()),
    };
    let base = match endpoint {
        Endpoint::Rpc => sandbox.rpc_url(),
        Endpoint::Verify | Endpoint::Settle | Endpoint::Supported => sandbox.facilitator_url(),
    };
    let ending = send_patiently(&base, method, path, &body, patience(fault)).await;
    let seen = seen(&ending, &sandbox);
    (sandbox, seen)
}

fn block_number() -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": [] }).to_string()
}

/// The names of all faults that can happen at an endpoint.
fn names(endpoint: Endpoint) -> BTreeSet<&'static str> {
    TABLE.iter().filter(|it| it.endpoints.contains(&endpoint)).map(|it| it.name).collect()
}

fn covered<'a>(faults: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    faults.into_iter().map(|it| it.split('=').next().unwrap()).collect()
}

const OK: &str = "200 true, hash";

/// The fault, what the caller sees, and how many transfers there are then.
#[rustfmt::skip]
const AT_SETTLE: &[(&str, &str, usize)] = &[
    // fault                          what the caller sees                                     transfers
    ("delay=20",                      OK,                                                            1),
    ("hang",                          "silence",                                                     0),
    ("reset",                         "reset",                                                       0),
    ("5xx=502",                       "502 not JSON",                                                0),
    ("garbage",                       "200 not JSON",                                                0),
    ("truncated",                     "200 cut short",                                               0),
    ("huge",                          "200 huge",                                                    0),
    ("drip",                          "a drip",                                                      0),
    ("429=7",                         "429 7",                                                       0),
    ("redirect=http://127.0.0.1:1/",  "307 http://127.0.0.1:1/",                                     0),
    ("redirect=302,http://a/",        "302 http://a/",                                               0),
    ("delay-after-settling=20",       OK,                                                            1),
    ("hang-after-settling",           "silence",                                                     1),
    ("reset-after-settling",          "reset",                                                       1),
    ("5xx-after-settling=504",        "504 not JSON",                                                1),
    ("garbage-after-settling",        "200 not JSON",                                                1),
    ("truncated-after-settling",      "200 cut short",                                               1),
    ("huge-after-settling",           "200 huge",                                                    1),
    ("drip-after-settling",           "a drip",                                                      1),
    ("refuse=kyt_risk_detected",      "200 false, kyt_risk_detected, no hash",                       0),
    ("too-early=invalid_payment_early", "400 false, invalid_payment_early, no hash",                 0),
    ("settlement-pending",            "200 false, settlement_pending, hash",                         1),
    ("failure-after-settling",        "200 false, invalid_exact_evm_transaction_failed, no hash",    1),
    ("failure-after-settling=unexpected_error", "200 false, unexpected_error, no hash",              1),
    ("wrong-payer",                   "200 true, hash, by another",                                  1),
    ("wrong-network",                 "200 true, hash, on eip155:8453",                              1),
    ("wrong-amount",                  "200 true, hash, for 1001",                                    1),
    ("wrong-hash",                    "200 true, hash of nothing (66)",                              1),
    ("empty-hash",                    "200 true, no hash",                                           1),
    ("malformed-hash",                "200 true, hash of nothing (6)",                               1),
    ("success-as-text",               "200 \"true\", hash",                                          1),
    ("success-missing",               "200 no verdict, hash",                                        1),
    ("no-transfer",                   "200 true, hash of nothing (66)",                              0),
];

#[tokio::test]
async fn each_fault_of_settle_shows_the_caller_this_and_leaves_so_many_transfers() {
    assert_eq!(PRICE, 1_000, "the wrong amount is one more");
    assert_eq!(covered(AT_SETTLE.iter().map(|(fault, ..)| *fault)), names(Endpoint::Settle));
    for &(fault, expected, moved) in AT_SETTLE {
        let (sandbox, seen) = met(Endpoint::Settle, fault).await;
        assert_eq!((seen.as_str(), transfers(sandbox.chain())), (expected, moved), "{fault}");
        let payment = Payment::new("a fault");
        let used = sandbox.chain().authorization_state(payment.from, payment.nonce);
        assert_eq!(used, moved == 1, "{fault}");
        let entry = &sandbox.journal().of(&payment.key())[0];
        let spelled = format!("settle:{fault}").parse::<FaultSpec>().unwrap().fault.to_string();
        assert_eq!(entry.fault, Some(spelled));
        let said = entry.said.as_ref().unwrap();
        assert_eq!(said.transaction.is_some(), moved == 1, "{fault}: {said:?}");
        // Whatever went wrong: the same payment again never moves the money twice.
        let body = payment.v2().to_string();
        send(&sandbox.facilitator_url(), "POST", "/settle", &body).await.answer();
        assert_eq!(transfers(sandbox.chain()), 1, "{fault}");
    }
}

#[tokio::test]
async fn each_fault_of_verify_shows_the_caller_this_and_changes_nothing() {
    #[rustfmt::skip]
    let rows = [
        ("delay=20",                  "200 true"),
        ("hang",                      "silence"),
        ("reset",                     "reset"),
        ("5xx",                       "503 not JSON"),
        ("garbage",                   "200 not JSON"),
        ("truncated",                 "200 cut short"),
        ("huge",                      "200 huge"),
        ("drip",                      "a drip"),
        ("429",                       "429 1"),
        ("redirect=308,/elsewhere",   "308 /elsewhere"),
        ("refuse=anything at all",    "200 false, anything at all"),
        ("too-early",                 "200 false, invalid_exact_evm_payload_authorization_valid_after"),
        ("valid",                     "200 true"),
    ];
    assert_eq!(covered(rows.map(|(fault, _)| fault)), names(Endpoint::Verify));
    for (fault, expected) in rows {
        let (sandbox, seen) = met(Endpoint::Verify, fault).await;
        assert_eq!((seen.as_str(), transfers(sandbox.chain())), (expected, 0), "{fault}");
    }
}

#[tokio::test]
async fn supported_and_rpc_fail_on_the_wire_like_the_others() {
    #[rustfmt::skip]
    let rows = [
        ("delay=20",       "200 no verdict, by another"),
        ("hang",           "silence"),
        ("reset",          "reset"),
        ("5xx",            "503 not JSON"),
        ("garbage",        "200 not JSON"),
        ("truncated",      "200 cut short"),
        ("huge",           "200 huge"),
        ("drip",           "a drip"),
        ("429",            "429 1"),
    ];
    for endpoint in [Endpoint::Supported, Endpoint::Rpc] {
        let elsewhere = covered(["redirect", "stale", "disagree"]);
        let here = names(endpoint).difference(&elsewhere).copied().collect();
        assert_eq!(covered(rows.map(|(fault, _)| fault)), here);
        for (fault, expected) in rows {
            assert_eq!(met(endpoint, fault).await.1, expected, "{endpoint}:{fault}");
        }
    }
}

#[tokio::test]
async fn every_spelling_of_too_early_can_be_had_at_verify_and_at_settle() {
    for (name, early) in Early::all() {
        for endpoint in [Endpoint::Verify, Endpoint::Settle] {
            let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
            sandbox.faults().order(&format!("{endpoint}:too-early={name}*1")).unwrap();
            let body = Payment::new(name).v2().to_string();
            let url = sandbox.facilitator_url();
            let answer = send(&url, "POST", &format!("/{endpoint}"), &body).await.answer();
            let value = answer.json();
            let (verdict, prefix) = match endpoint {
                Endpoint::Verify => ("isValid", "invalid"),
                Endpoint::Settle | Endpoint::Supported | Endpoint::Rpc => ("success", "error"),
            };
            let said = value[format!("{prefix}Message")].as_str();
            assert_eq!((answer.status, &value[verdict]), (early.status, &json!(false)));
            assert_eq!(value[format!("{prefix}Reason")], json!(early.reason));
            assert_eq!(said, early.message, "{name}");
            assert_eq!(transfers(sandbox.chain()), 0);
        }
    }
}

#[tokio::test]
async fn a_stale_node_is_behind_and_a_disagreeing_one_says_the_opposite() {
    let sandbox = Sandbox::start(Options::by_hand(START)).await.unwrap();
    let payment = Payment::new("two nodes");
    let body = payment.v2().to_string();
    send(&sandbox.facilitator_url(), "POST", "/settle", &body).await.answer();
    let other = sandbox::faults::Faults::default();
    let second = sandbox.another_rpc(&other).await.unwrap();
    sandbox.faults().order("rpc:stale=1*1").unwrap();
    other.order("rpc:disagree").unwrap();

    let ask = async |url: &str, method: &str, params: Value| {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        send(url, "POST", "/", &call.to_string()).await.answer().json()["result"].clone()
    };
    let url = sandbox.rpc_url();
    assert_eq!(ask(&url, "eth_blockNumber", json!([])).await, json!("0x0"), "one block behind");
    assert_eq!(ask(&url, "eth_blockNumber", json!([])).await, json!("0x1"));
    let padded = alloy_primitives::hex::encode(payment.from.into_word());
    let data = format!("0xe94a0102{padded}{:x}", payment.nonce);
    let call = json!([{ "to": payment.asset.to_checksum(None), "data": data }, "latest"]);
    let honest = ask(&url, "eth_call", call.clone()).await;
    let contrary = ask(&second.url(), "eth_call", call).await;
    assert!(honest.as_str().unwrap().ends_with('1'), "{honest}");
    assert!(contrary.as_str().unwrap().ends_with('0'), "{contrary}");
}
