//! Killed at no moment in particular: sale after sale, each a little later into it than the last.

use std::time::Duration;

use crate::market::{Market, Place};
use crate::story::again;

/// How many sales are cut off.
const SALES: u8 = 24;
/// How much later each one is. All of them together reach beyond a whole sale.
const STEP: Duration = Duration::from_millis(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_a_merchant_is_killed_every_payment_moves_money_once_and_buys_the_object() {
    let mut market = Market::new(Place::Disk).await;
    let mut payments = Vec::new();
    for number in 0..SALES {
        market.open().await;
        let payment = market.payment(number).await;
        let sale = market.buy(&payment);
        tokio::time::sleep(STEP * u32::from(number)).await;
        market.kill();
        if let Some(reply) = sale.end().await {
            assert!(!reply.invites_payment(), "sale {number}: {}", reply.ending());
        }
        payments.push(payment);
    }
    let before = market.transfers();
    market.open().await;
    let market = &market;
    let all = payments.iter().zip(0_u8..).map(|(payment, number)| async move {
        again(&format!("sale {number}, {before} of them had moved money"), market, payment).await
    });
    futures_util::future::join_all(all).await;
    assert_eq!(market.transfers(), u64::from(SALES));
}
