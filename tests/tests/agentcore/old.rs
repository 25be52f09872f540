//! Version 1 of x402: a server that says what it wants in the body only.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::scene::Scene;

/// Stands before a merchant and takes version 2 out of its answers. Gives its own address.
async fn years_ago(merchant: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(relay(stream, merchant));
        }
    });
    address
}

async fn relay(mut payer: TcpStream, merchant: SocketAddr) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        (payer.read_buf(&mut request).await.ok()? > 0).then_some(())?;
    }
    let end = request.len() - 2;
    request.splice(end.., *b"connection: close\r\n\r\n");
    let mut shop = TcpStream::connect(merchant).await.ok()?;
    shop.write_all(&request).await.ok()?;
    let mut reply = Vec::new();
    shop.read_to_end(&mut reply).await.ok()?;
    // What it says of itself, it says of this address.
    let here = payer.local_addr().ok()?.to_string();
    let text = String::from_utf8(reply).unwrap().replace(&merchant.to_string(), &here);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let gone = |it: &&str| it.starts_with("payment-") || it.starts_with("content-length");
    let kept = head.split("\r\n").filter(|it| !gone(&it.to_lowercase().as_str()));
    let kept = kept.collect::<Vec<_>>().join("\r\n");
    let length = body.len();
    let reply = format!("{kept}\r\ncontent-length: {length}\r\n\r\n{body}");
    payer.write_all(reply.as_bytes()).await.ok()
}

#[tokio::test]
async fn version_1_is_paid_by_the_same_wallet() {
    let scene = Scene::open().await;
    let before = years_ago(scene.market.address).await;
    let url = format!("http://{before}/premium/a.json");
    let ending = scene.buy_at(&url).await;
    assert_eq!((ending.code, scene.market.sold()), ("paid", 1), "{ending:?}");
    let books = scene.amazon.books();
    let call = books.calls.iter().find(|it| it.path == "/payments/processPayment").unwrap();
    let input = &call.body["paymentInput"]["cryptoX402"];
    assert_eq!(input["version"], "1");
    assert_eq!(input["payload"]["maxAmountRequired"], "1000");
    assert_eq!(input["payload"]["network"], "base-sepolia");
}
