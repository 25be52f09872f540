//! Killed over a ledger and files in a folder.

use crate::gate::Moment::{Answered, Asked};
use crate::market::{Market, Place};
use crate::story::{At, BOUND, CLAIM, NOTHING, Row, SERVED, SETTLED, WAITED, again, play};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "before verify",                 at: At::Facilitator("/verify", Asked),
          settles: 0, transfers: 0, records: NOTHING, settles_in_all: 1, then: SERVED },
    Row { name: "after verify",                  at: At::Facilitator("/verify", Answered),
          settles: 0, transfers: 0, records: NOTHING, settles_in_all: 1, then: SERVED },
    Row { name: "before the claim",              at: At::Stop("before-claim"),
          settles: 0, transfers: 0, records: NOTHING, settles_in_all: 1, then: SERVED },
    Row { name: "during the claim",              at: At::Stop("during-claim"),
          settles: 0, transfers: 0, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "after the claim, before settle", at: At::Facilitator("/settle", Asked),
          settles: 0, transfers: 0, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "during settle, the facilitator has it and moves the money later",
                                                 at: At::Late("/settle"),
          settles: 0, transfers: 0, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "during settle, the money has moved", at: At::Facilitator("/settle", Answered),
          settles: 1, transfers: 1, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "after settle",                  at: At::Stop("before-binding"),
          settles: 1, transfers: 1, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "after binding the transaction", at: At::Stop("after-binding"),
          settles: 1, transfers: 1, records: BOUND,   settles_in_all: 1, then: WAITED },
    Row { name: "before the settled record",     at: At::Stop("before-settled"),
          settles: 1, transfers: 1, records: BOUND,   settles_in_all: 1, then: WAITED },
    Row { name: "after the settled record",      at: At::Stop("after-settled"),
          settles: 1, transfers: 1, records: SETTLED, settles_in_all: 1, then: SERVED },
    Row { name: "before the first byte",         at: At::Stop("before-first-byte"),
          settles: 1, transfers: 1, records: SETTLED, settles_in_all: 1, then: SERVED },
    Row { name: "in mid-body",                   at: At::Stop("in-mid-body"),
          settles: 1, transfers: 1, records: SETTLED, settles_in_all: 1, then: SERVED },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merchant_killed_over_a_folder_charges_once_and_delivers() {
    play(ROWS, |_| Place::Disk).await;
}

/// The money has moved, and the disk has nothing but what it was made to keep.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_during_settle_takes_no_claim_with_it() {
    let name = "a power cut during settle";
    let mut market = Market::new(Place::Disk).await;
    market.open().await;
    let payment = market.payment(1).await;
    let mut held = market.facilitator.hold("POST", "/settle", Answered);
    let sale = market.buy(&payment);
    held.reached().await;
    market.kill();
    market.lose_what_was_not_forced();
    assert_eq!(market.records().await, NOTHING, "the disk has forgotten it");
    market.open().await;
    assert_eq!(market.records().await, CLAIM, "the journal has not");
    assert_eq!(again(name, &market, &payment).await, WAITED);
    assert_eq!((market.settles(), market.transfers()), (1, 1), "charged once");
    drop(sale);
}
