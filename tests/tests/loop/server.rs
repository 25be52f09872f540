//! The server itself: raw requests as strangers send them, broken files, and an orderly end.

use std::time::Duration;

use sandbox::world::Options;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::{Reply, ask, request};
use crate::market::{GOODS, Market};
use crate::payer::sign;

#[tokio::test]
async fn raw_paths_are_judged_as_they_stood_in_the_request_line() {
    let market = Market::open(Options::instant()).await;
    #[rustfmt::skip]
    let rows = [
        // request target                        status
        ("/premium/a.json",                      402),
        ("/premium",                             402),
        ("/premium/",                            402),
        ("/premium?x=/free/a.txt",               402),
        ("http://evil.test/premium/a.json",      402),
        ("//premium/a.json",                     400),
        ("/premium//a.json",                     400),
        ("/./premium/a.json",                    400),
        ("/free/../premium/a.json",              400),
        ("/free/%2e%2e/premium/a.json",          400),
        ("/free/..%2fpremium/a.json",            400),
        ("/%70remium/a.json",                    400),
        ("/premium%2Fa.json",                    400),
        ("/premium%5Ca.json",                    400),
        ("/premium\\a.json",                     400),
        ("/%2570remium/a.json",                  400),
        ("/premium/%c0%ae",                      400),
        ("/premium/a%",                          400),
        ("/premium/a%00",                        400),
        ("/premium/a%0a",                        400),
        ("/premium/a%E2%80%A8",                  400),
        ("/premium%EF%BC%8Fa.json",              400),
        ("/PREMIUM/a.json",                      404),
        ("/premiumfoo",                          404),
    ];
    for (target, status) in rows {
        let got = ask(market.address, "GET", target, &[]).await;
        assert_eq!(got.status, status, "{target}");
        assert_eq!(got.invites_payment(), status == 402, "{target}");
        assert!(!got.body.windows(6).any(|it| it == &GOODS[2..8]), "{target}");
    }
}

#[tokio::test]
async fn head_announces_what_get_would_send_and_sends_nothing() {
    let market = Market::open(Options::instant()).await;
    for path in ["/premium/a.json", "/free/a.txt", "/nothing"] {
        let get = ask(market.address, "GET", path, &[]).await;
        let head = ask(market.address, "HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        let length = get.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()), "{path}");
        assert_eq!(head.header("payment-required"), get.header("payment-required"), "{path}");
    }
}

#[tokio::test]
async fn oversized_requests_are_refused_and_others_go_on() {
    let market = Market::open(Options::instant()).await;
    let payment = "A".repeat(20 * 1024);
    let large = [("payment-signature", payment.as_str())];
    assert_eq!(ask(market.address, "GET", "/premium/a.json", &large).await.status, 431);
    let huge = "A".repeat(100 * 1024);
    let huge = [("x-anything", huge.as_str())];
    assert_eq!(ask(market.address, "GET", "/premium/a.json", &huge).await.status, 431);
    assert_eq!(ask(market.address, "GET", "/premium/a.json", &[]).await.status, 402);
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let market = Market::open(Options::instant()).await;
    let mut stream = TcpStream::connect(market.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET /free/a.txt HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(GOODS) {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed too early");
        }
        assert_eq!(Reply::parse(&bytes).body, GOODS);
    }
}

/// Larger than what sockets buffer, so that most of it is unread when the file is cut.
#[tokio::test]
async fn a_file_cut_short_breaks_the_connection_and_never_looks_whole() {
    let market = Market::open(Options::instant()).await;
    let file = market.content("free/large.bin");
    let size: u64 = 64 * 1024 * 1024;
    std::fs::File::create(&file).unwrap().set_len(size).unwrap();
    let mut stream = TcpStream::connect(market.address).await.unwrap();
    stream.write_all(&request("GET", "/free/large.bin", &[])).await.unwrap();
    let mut bytes = vec![0; 1024];
    stream.read_exact(&mut bytes).await.unwrap();
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(1024).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    let reply = Reply::parse(&[bytes, rest].concat());
    assert_eq!(reply.header("content-length"), Some(size.to_string().as_str()));
    assert!((reply.body.len() as u64) < size, "the client can see that bytes are missing");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_the_sale() {
    let mut market = Market::open(Options::instant().fault("settle:delay=500*1").unwrap()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json", &[]).await;
    let payment = sign(1, 0, market.sandbox.chain().now()).header(&challenge);
    let address = market.address;
    let sale = tokio::spawn(async move {
        ask(address, "GET", "/premium/a.json", &[("payment-signature", &payment)]).await
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    market.stop();
    let got = sale.await.unwrap();
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    (&mut market.server).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn every_request_leaves_one_line_without_secrets() {
    let mut market = Market::open(Options::instant()).await;
    let challenge = ask(market.address, "GET", "/premium/a.json?token=hush", &[]).await;
    let signed = sign(1, 0, market.sandbox.chain().now());
    let payment = signed.header(&challenge);
    for _ in 0..2 {
        ask(market.address, "GET", "/premium/a.json", &[("payment-signature", &payment)]).await;
    }
    ask(market.address, "GET", "/free/a.txt", &[]).await;
    market.stop();
    (&mut market.server).await.unwrap();
    let log = std::fs::read_to_string(market.folder.path().join("access.log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let told = lines.iter().map(|it| format!("{} {} {}", it["path"], it["status"], it["code"]));
    let told: Vec<_> = told.collect();
    #[rustfmt::skip]
    assert_eq!(told, [
        r#""/premium/a.json" 402 "payment_required""#,
        r#""/premium/a.json" 200 "paid""#,
        r#""/premium/a.json" 200 "again""#,
        r#""/free/a.txt" 200 "free""#,
    ]);
    assert_eq!(lines[1]["payment.nonce"], signed.authorization.nonce.to_string());
    assert!(lines[1]["settlement.transaction"].is_string());
    assert!(!log.contains("hush") && !log.contains(&payment[..40]), "{log}");
}
