//! S23: who hangs up has paid all the same, and can come back for it.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::case::{SALE, SOLD};
use crate::http::{ask, request};
use crate::market::{GOODS, Market, PRICE, Shop, VIEWER};
use crate::pay::pay;

#[tokio::test]
async fn a_payer_that_hangs_up_during_the_settlement() {
    let market = Market::open(Shop::default()).await;
    let challenge = ask(market.address, "GET", "/premium/a", &[]).await;
    let challenge = challenge.message("payment-required").unwrap();
    let payment = pay(1);
    let mut headers = payment.headers(&challenge, market.sandbox.chain().now());
    let (name, payment) = headers.next().unwrap();
    let headers = [(name, payment.as_str()), (VIEWER, "192.0.2.1")];

    market.sandbox.faults().order("settle:delay=200*1").unwrap();
    let mut stream = TcpStream::connect(market.address).await.unwrap();
    stream.write_all(&request("GET", "/premium/a", &headers)).await.unwrap();
    market.calls.made("settle").await;
    drop(stream);
    market.calls.made("record").await;
    assert_eq!(market.calls.take(), SALE, "the sale goes on without its payer");

    let got = ask(market.address, "GET", "/premium/a", &headers).await;
    assert_eq!((got.status, &got.body[..]), (200, GOODS));
    assert_eq!((market.records().as_str(), market.earned()), (SOLD, PRICE));
}
