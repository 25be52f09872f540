//! What every row of the suite comes down to: where the merchant dies, what the world knows then,
//! and how the same payment ends at its successor.

use std::time::Duration;

use crate::gate::Moment;
use crate::market::{Market, Place, goods};

/// What a client waits before it presents a payment again.
const PAUSE: Duration = Duration::from_millis(500);
/// How often it does: for longer than a claim's lease of half a minute.
const TRIES_MAX: usize = 180;

/// A death, and what comes after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) at: At,
    /// Calls of `/settle` that the facilitator got before.
    pub(crate) settles: u64,
    /// Transfers on the chain before.
    pub(crate) transfers: u64,
    /// Records of the ledger before.
    pub(crate) records: &'static [&'static str],
    /// Calls of `/settle` in all.
    pub(crate) settles_in_all: u64,
    /// How the payment ends when it is presented again and again.
    pub(crate) then: &'static [&'static str],
}

/// Where the merchant dies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// Where it stops by itself, between two steps of its own.
    Stop(&'static str),
    /// Where its facilitator holds a request or an answer.
    Facilitator(&'static str, Moment),
    /// The same, and the request goes on after the death.
    Late(&'static str),
    /// Where its bucket holds the creation of a record, or the answer to it.
    Record(&'static str, Moment),
    /// Where its bucket has sent this much of the object's bytes, and the client has got half of that.
    Body(usize),
}

/// Records, by the moment of their creation.
pub(crate) const NOTHING: &[&str] = &[];
pub(crate) const CLAIM: &[&str] = &["claim.json"];
pub(crate) const BOUND: &[&str] = &["claim.json", "transaction"];
pub(crate) const SETTLED: &[&str] = &["claim.json", "settled.json", "transaction"];

/// Nobody is in the way.
pub(crate) const SERVED: &[&str] = &["200 object"];
/// A claim that has no end is left alone for as long as its holder may live.
pub(crate) const WAITED: &[&str] = &["503 settlement_in_progress", "200 object"];

/// Plays all the rows at once, each in a market of its own.
pub(crate) async fn play(rows: &'static [Row], place: impl Fn(usize) -> Place) {
    let rows = rows.iter().enumerate().map(|(number, row)| {
        let place = place(number);
        tokio::spawn(async move { die_and_try_again(row, Market::new(place).await).await })
    });
    for row in rows.collect::<Vec<_>>() {
        row.await.unwrap();
    }
}

async fn die_and_try_again(row: &Row, mut market: Market) {
    let name = row.name;
    match row.at {
        At::Stop(moment) => market.open_until(moment).await,
        At::Facilitator(..) | At::Late(_) | At::Record(..) | At::Body(_) => market.open().await,
    }
    let payment = market.payment(1).await;
    let storage = || market.storage.as_ref().expect("a bucket");
    let mut held = match row.at {
        At::Stop(_) => None,
        At::Facilitator(path, moment) => Some(market.facilitator.hold("POST", path, moment)),
        At::Late(path) => Some(market.facilitator.hold("POST", path, Moment::Asked)),
        At::Record(record, moment) => Some(storage().hold("PUT", record, moment)),
        At::Body(bytes) => Some(storage().hold("GET", "/files/", Moment::Through(bytes))),
    };
    let mut sale = market.buy(&payment);
    match &mut held {
        None => market.stopped().await,
        Some(held) => held.reached().await,
    }
    if let At::Body(bytes) = row.at {
        sale.has_got(bytes / 2).await;
        market.has_recorded(row.records).await;
    }
    market.kill();

    if let Some(reply) = sale.end().await {
        assert!(!reply.invites_payment(), "{name}: {}", reply.ending());
        assert!(row.transfers > 0 || reply.status != 200, "{name}: served unpaid");
    }
    let left = (market.settles(), market.transfers(), market.records().await);
    let expected = (row.settles, row.transfers, row.records.iter().map(ToString::to_string));
    assert_eq!(left, (expected.0, expected.1, expected.2.collect()), "{name}: when it died");

    market.open().await;
    if let (At::Late(_), Some(held)) = (row.at, held.take()) {
        held.let_on();
    }
    assert_eq!(again(name, &market, &payment).await, row.then, "{name}");
    let ended = (market.settles(), market.transfers(), market.records().await);
    assert_eq!((ended.0, ended.1), (row.settles_in_all, 1), "{name}: in the end");
    assert!(SETTLED.iter().all(|it| ended.2.iter().any(|had| had == it)), "{name}: {:?}", ended.2);
}

/// Presents the payment again until it is served. Returns how it ended, each ending once in a row.
pub(crate) async fn again(name: &str, market: &Market, payment: &str) -> Vec<String> {
    let mut endings: Vec<String> = Vec::new();
    for _ in 0..TRIES_MAX {
        let reply = market.buy(payment).end().await;
        let reply = reply.unwrap_or_else(|| panic!("{name}: no answer\n{}", market.log()));
        assert!(!reply.invites_payment(), "{name}: {endings:?}, then {}", reply.ending());
        if endings.last() != Some(&reply.ending()) {
            endings.push(reply.ending());
        }
        if reply.status == 200 {
            assert!(reply.body == goods(), "{name}: {} bytes", reply.body.len());
            assert_eq!(reply.message("payment-response").unwrap()["success"], true, "{name}");
            return endings;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{name}: never served: {endings:?}\n{}", market.log())
}
