//! The size and shape of one request, and of what a facilitator says to it.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::header::{PAYMENT_HEADER_BYTES_MAX, PAYMENT_JSON_BYTES_MAX, encode_json};

use crate::desk::{Desk, REFUSAL};
use crate::http::{Reply, request};
use crate::market::Market;

/// `limits.header_bytes`, unless set.
const HEADER_BYTES: usize = 32_768;

/// A head of so many bytes.
fn head(bytes: usize) -> Vec<u8> {
    let fill = |count| request("GET", "/premium/a.json", &[("x-fill", &"a".repeat(count))]);
    let head = fill(bytes - fill(0).len());
    assert_eq!(head.len(), bytes);
    head
}

async fn send(market: &Market, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(market.address).await.unwrap();
    // Fails where the answer comes before the end of what is asked.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    if answer.is_empty() { 0 } else { Reply::parse(&answer).status }
}

#[tokio::test]
async fn heads_have_a_size() {
    let market = Market::unpaid("").await;
    let headers = |count: usize| {
        // Two are there already.
        let names: Vec<_> = (0..count - 2).map(|n| format!("x-{n}")).collect();
        let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "a")).collect();
        request("GET", "/premium/a.json", &headers)
    };
    let target = |bytes: usize| request("GET", &format!("/premium/{}", "a".repeat(bytes)), &[]);
    #[rustfmt::skip]
    let rows = [
        // what                                          bytes                        status
        ("a head of 32,768 bytes",                       head(HEADER_BYTES),          402),
        ("a head of one byte more",                      head(HEADER_BYTES + 1),      431),
        ("a head of a megabyte",                         head(1024 * 1024),           431),
        ("100 headers",                                  headers(100),                402),
        ("101 headers",                                  headers(101),                431),
        ("a key of 1,024 bytes",                         target(1024 - 8),            402),
        ("a key of 1,025 bytes",                         target(1025 - 8),            404),
        ("a path of 8,193 bytes",                        target(8193),                404),
        ("a path of 65,536 bytes",                       target(65_536),              431),
    ];
    for (what, bytes, status) in rows {
        assert_eq!(send(&market, &bytes).await, status, "{what}");
    }
    assert_eq!(market.get("/free/a.txt", &[]).await.status, 200);
}

/// Nobody reads it, and nobody waits for it.
#[tokio::test]
async fn a_body_is_neither_read_nor_waited_for() {
    let market = Market::unpaid("").await;
    for framing in [("content-length", "1000000000"), ("transfer-encoding", "chunked")] {
        for path in ["/premium/a.json", "/free/a.txt"] {
            let reply = market.get(path, &[framing]).await;
            assert!(matches!(reply.status, 402 | 200), "{path} {framing:?}: {}", reply.status);
        }
    }
}

#[tokio::test]
async fn payments_have_a_size_and_a_depth() {
    let desk = Desk::answering(REFUSAL.into()).await;
    let market = Market::open("", &desk.url).await;
    let payment = market.payment(1).await;
    let filled = |bytes: usize| {
        let with = |count| with_extension(&payment, json!("a".repeat(count)));
        let text = with(bytes - with(0).len());
        assert_eq!(text.len(), bytes);
        text
    };
    // As text: to write such a value takes as deep a stack as to read it.
    let nested = |depth: usize| {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        with_extension(&payment, json!("here")).replace("\"here\"", &deep)
    };
    #[rustfmt::skip]
    let rows = [
        // what                                payment                            reply                        asked
        ("8,192 bytes",                        filled(PAYMENT_JSON_BYTES_MAX),     "402 insufficient_funds",    1),
        // One byte more fits into the same base64.
        ("8,194 bytes",                        filled(PAYMENT_JSON_BYTES_MAX + 2), "431 header_too_large",      0),
        ("127 levels",                         nested(127 - 2),                    "402 insufficient_funds",    1),
        ("128 levels",                         nested(128 - 2),                    "400 invalid_payload",       0),
        ("2,000 levels",                       nested(2_000),                      "400 invalid_payload",       0),
    ];
    for (what, payment, reply, asked) in rows {
        let before = desk.asked();
        let header = encode_json(payment.as_bytes());
        let got = market.get("/premium/a.json", &[("payment-signature", &header)]).await;
        assert_eq!((got.ending().as_str(), desk.asked() - before), (reply, asked), "{what}");
    }
    assert_eq!(encode_json(&[b' '; PAYMENT_JSON_BYTES_MAX]).len(), PAYMENT_HEADER_BYTES_MAX);
    assert!(market.is_untouched());
}

fn with_extension(payment: &Value, value: Value) -> String {
    let mut payment = payment.clone();
    payment["extensions"] = json!({ "x": value });
    payment.to_string()
}

#[tokio::test]
async fn a_facilitators_answer_has_a_size() {
    for (bytes, reply) in
        [(64 * 1024, "402 insufficient_funds"), (64 * 1024 + 1, "503 facilitator_unavailable")]
    {
        let blanks = " ".repeat(bytes - REFUSAL.len());
        let desk = Desk::answering(format!("{REFUSAL}{blanks}")).await;
        let market = Market::open("", &desk.url).await;
        let header = encode_json(market.payment(1).await.to_string().as_bytes());
        let got = market.get("/premium/a.json", &[("payment-signature", &header)]).await;
        assert_eq!(got.ending(), reply, "{bytes} bytes");
        assert!(market.is_untouched());
    }
}
