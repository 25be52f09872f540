//! `limits.sales`: who comes when enough are being served is told so at once, and costs nobody anything.

use futures_util::future::join_all;
use wire::header::encode_json;

use crate::desk::Desk;
use crate::http::{Reply, ask};
use crate::market::{Market, assert_comes_back_later};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sale_too_many_is_turned_away_before_anybody_is_asked() {
    const SALES: usize = 3;
    const CROWD: usize = 200;
    let desk = Desk::closed().await;
    let market = Market::open(&format!("sales = {SALES}"), &desk.url).await;
    let mut payments = Vec::new();
    for nonce in 0..u8::try_from(CROWD).unwrap() {
        payments.push(encode_json(market.payment(nonce).await.to_string().as_bytes()));
    }
    let (told, mut replies) = tokio::sync::mpsc::unbounded_channel::<Reply>();
    for payment in payments.clone() {
        let (told, to) = (told.clone(), market.address);
        tokio::spawn(async move {
            let paid = [("payment-signature", payment.as_str())];
            told.send(ask(to, "GET", "/premium/a.json", &paid).await).unwrap();
        });
    }
    for _ in 0..CROWD - SALES {
        let turned_away = replies.recv().await.unwrap();
        assert_comes_back_later(&turned_away, "too many payments are under way");
    }
    assert!(desk.asked() <= SALES, "{} calls", desk.asked());
    assert!(market.is_untouched(), "nothing was claimed");
    // Whoever does not pay is served all the same.
    assert_eq!(market.get("/premium/a.json", &[]).await.status, 402);
    assert_eq!(market.get("/free/a.txt", &[]).await.status, 200);

    desk.open();
    for _ in 0..SALES {
        assert_eq!(replies.recv().await.unwrap().ending(), "402 insufficient_funds");
    }
    // The same payments, later; as many at once as may be.
    for few in payments.chunks(SALES).take(4) {
        let again = few.iter().map(async |payment| {
            market.get("/premium/a.json", &[("payment-signature", payment)]).await
        });
        for reply in join_all(again).await {
            assert_eq!(reply.ending(), "402 insufficient_funds");
        }
    }
}
