//! Killed over a ledger and files in a folder.

use crate::gate::Moment::{Answered, Asked};
use crate::market::Place;
use crate::story::{At, BOUND, CLAIM, NOTHING, Row, SERVED, SETTLED, WAITED, play};

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
