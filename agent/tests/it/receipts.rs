//! What a server says about the payment is judged. Content with a doubtful receipt is handed out
//! and marked.

use agent::decisions::receipt::{ReceiptDoubt, Standing};
use agent::server_text::ServerText;
use serde_json::{Value, json};
use wire::header::encode_json;

use crate::scene::{after_demand, play, terms};
use crate::server::Reply;
use crate::wares::{HASH, delivery, settlement};

fn said(name: &str, value: Value) -> Reply {
    let mut settlement = settlement();
    settlement[name] = value;
    delivery(&settlement)
}

fn without(name: &str) -> Reply {
    let mut settlement = settlement();
    settlement.as_object_mut().unwrap().remove(name);
    delivery(&settlement)
}

fn doubled() -> Reply {
    let reply = delivery(&settlement());
    let (name, value) = reply.headers[0].clone();
    reply.header(&name, value)
}

/// AG19.
#[tokio::test]
async fn a_receipt_must_be_about_our_payment() {
    let failed = |why: Option<&str>| ReceiptDoubt::Failed(why.map(ServerText::clean));
    let unknown = |doubt| Standing::Unknown(doubt);
    let mut refused = settlement();
    refused["success"] = false.into();
    refused["errorReason"] = "insufficient_funds".into();
    #[rustfmt::skip]
    let rows = [
        ("sound",                    delivery(&settlement()),                           Standing::Settled),
        ("payer in small letters",   said("payer", settlement()["payer"].as_str().unwrap().to_lowercase().into()), Standing::Settled),
        ("network's old name",       said("network", json!("base-sepolia")),            Standing::Settled),
        ("amount repeated",          said("amount", json!("10000")),                    Standing::Settled),
        ("no receipt",               Reply::new(200).body("the report\n"),              unknown(ReceiptDoubt::Missing)),
        ("garbage",                  Reply::new(200).header("PAYMENT-RESPONSE", "%%"),  unknown(ReceiptDoubt::Unreadable)),
        ("two receipts",             doubled(),                                         unknown(ReceiptDoubt::Unreadable)),
        ("success as text",          said("success", json!("true")),                    unknown(ReceiptDoubt::Unreadable)),
        ("failed",                   said("success", json!(false)),                     unknown(failed(None))),
        ("failed, with a reason",    delivery(&refused),                                unknown(failed(Some("insufficient_funds")))),
        ("another network",          said("network", json!("eip155:8453")),             unknown(ReceiptDoubt::Network)),
        ("no network",               without("network"),                                unknown(ReceiptDoubt::Network)),
        ("another payer",            said("payer", json!(format!("0x{}", "11".repeat(20)))), unknown(ReceiptDoubt::Payer)),
        ("no payer",                 without("payer"),                                  unknown(ReceiptDoubt::Payer)),
        ("another amount",           said("amount", json!("10001")),                    unknown(ReceiptDoubt::Amount)),
        ("no transaction",           said("transaction", json!("")),                    unknown(ReceiptDoubt::Transaction)),
        ("no hash",                  said("transaction", json!("0x1234")),              unknown(ReceiptDoubt::Transaction)),
    ];
    for (claim, reply, standing) in rows {
        let body = reply.body.clone();
        let ending = play(terms(), |url| after_demand(url, [reply.into()])).await;
        assert_eq!((ending.signatures, ending.payments.len()), (1, 1), "{claim}");
        let (received, receipt) = ending.outcome.unwrap();
        assert_eq!(received, body, "{claim}: the content is handed out all the same");
        assert_eq!(receipt.unwrap().standing, standing, "{claim}");
    }
}

#[tokio::test]
async fn a_receipt_leads_to_the_explorer() {
    let ending = play(terms(), |url| after_demand(url, [delivery(&settlement()).into()])).await;
    let receipt = ending.outcome.unwrap().1.unwrap();
    let url = format!("https://sepolia.basescan.org/tx/{HASH}");
    assert_eq!(receipt.explorer_url(), Some(url));
    assert_eq!(receipt.exposure.price(), "0.01 USDC");
}

/// v1 servers answer in v1's header; a v2 server may send both, and then v2's counts.
#[tokio::test]
async fn the_newer_header_counts() {
    let bad = encode_json(b"{\"success\":false}");
    let both = delivery(&settlement()).header("X-PAYMENT-RESPONSE", bad);
    let ending = play(terms(), |url| after_demand(url, [both.into()])).await;
    assert!(ending.outcome.unwrap().1.unwrap().is_settled());
}
