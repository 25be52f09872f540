//! The built merchant under load for a while: many payers at a time, thousands of connections, a
//! facilitator, a chain endpoint and a ledger that fail and recover. In the end every payment that
//! moved money bought its object, none moved it twice, and the memory is where it was.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long purchases take is what is measured")]

#[expect(dead_code, reason = "the crash tests look at an answer while it comes")]
#[path = "../crash/client.rs"]
mod client;
mod crowd;
mod figures;
#[expect(dead_code, reason = "a connection may die here")]
#[path = "../loop/http.rs"]
mod http;
mod market;
mod payer;
#[path = "../crash/process.rs"]
mod process;
#[expect(dead_code, reason = "the storages' tests use more of it")]
#[path = "../storage/proxy.rs"]
mod proxy;
#[path = "../storage/relay.rs"]
mod relay;
#[expect(dead_code, reason = "the storages' tests use more of it")]
#[path = "../storage/s3.rs"]
mod s3;
mod weather;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use figures::Figures;
use market::Market;
use s3::S3;

/// How much, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// How long purchases are begun. Those under way then are waited for.
    pub(crate) span: Duration,
    /// Payers at a time, each with one payment at a time.
    pub(crate) payers: u8,
    /// Connections that ask for the price now and then, and stay.
    pub(crate) connections: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_seconds_of_it_lose_no_payment_and_charge_none_twice() {
    let load = Load { span: Duration::from_secs(8), payers: 16, connections: 200 };
    let market = Market::open(None, load).await;
    let figures = soak(market, load).await;
    assert!(figures.bought() > 0, "{}", figures.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes two minutes; scripts/soak runs it"]
async fn a_minute_of_it_loses_no_payment_and_charges_none_twice() {
    let load = Load { span: Duration::from_mins(1), payers: 64, connections: 3000 };
    let s3 = S3::start(&["files", "ledger"]).await.expect("an S3 server");
    let market = Market::open(Some(s3), load).await;
    let figures = soak(market, load).await;
    figures.publish();
}

/// Plays it, and checks what must hold whatever the load.
async fn soak(market: Market, load: Load) -> Figures {
    let market = Arc::new(market);
    let over = Arc::new(AtomicBool::new(false));
    let crowd = crowd::gather(market.address, load.connections, &over);
    let weather = tokio::spawn(weather::change(Arc::clone(&market), Arc::clone(&over)));
    let memory = tokio::spawn(figures::watch_memory(Arc::clone(&market), Arc::clone(&over)));
    let payers = (0..load.payers)
        .map(|number| tokio::spawn(payer::shop(Arc::clone(&market), number, Arc::clone(&over))));
    let (payers, began): (Vec<_>, _) = (payers.collect(), Instant::now());
    tokio::time::sleep(load.span).await;
    over.store(true, Ordering::Relaxed);
    weather.await.unwrap();
    let mut purchases = Vec::new();
    for payer in payers {
        purchases.extend(payer.await.unwrap());
    }
    let took = began.elapsed();
    let asked = crowd.asked().await;
    let memory = memory.await.unwrap();
    let figures = Figures::new(load, took, purchases, asked, memory, &market);
    figures.check();
    figures
}
