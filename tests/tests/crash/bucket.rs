//! Killed over a ledger and files in S3: the binary as it is released, because every step of a sale
//! is seen by a neighbour.

use std::sync::Arc;

use crate::gate::Moment::{Answered, Asked};
use crate::market::{PATH, Place, goods};
use crate::s3::S3;
use crate::story::{At, BOUND, CLAIM, NOTHING, Row, SERVED, SETTLED, WAITED, play};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "before verify",                 at: At::Facilitator("/verify", Asked),
          settles: 0, transfers: 0, records: NOTHING, settles_in_all: 1, then: SERVED },
    Row { name: "after verify",                  at: At::Facilitator("/verify", Answered),
          settles: 0, transfers: 0, records: NOTHING, settles_in_all: 1, then: SERVED },
    Row { name: "before the claim",              at: At::Record("/claim.json", Asked),
          settles: 0, transfers: 0, records: NOTHING, settles_in_all: 1, then: SERVED },
    Row { name: "during the claim",              at: At::Record("/claim.json", Answered),
          settles: 0, transfers: 0, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "after the claim, before settle", at: At::Facilitator("/settle", Asked),
          settles: 0, transfers: 0, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "during settle, the facilitator has it and moves the money later",
                                                 at: At::Late("/settle"),
          settles: 0, transfers: 0, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "during settle, the money has moved", at: At::Facilitator("/settle", Answered),
          settles: 1, transfers: 1, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "after settle",                  at: At::Record("/transactions/", Asked),
          settles: 1, transfers: 1, records: CLAIM,   settles_in_all: 1, then: WAITED },
    Row { name: "after binding the transaction", at: At::Record("/transactions/", Answered),
          settles: 1, transfers: 1, records: BOUND,   settles_in_all: 1, then: WAITED },
    Row { name: "before the settled record",     at: At::Record("/settled.json", Asked),
          settles: 1, transfers: 1, records: BOUND,   settles_in_all: 1, then: WAITED },
    Row { name: "after the settled record",      at: At::Record("/settled.json", Answered),
          settles: 1, transfers: 1, records: SETTLED, settles_in_all: 1, then: SERVED },
    Row { name: "before the first byte",         at: At::Body(0),
          settles: 1, transfers: 1, records: SETTLED, settles_in_all: 1, then: SERVED },
    Row { name: "in mid-body",                   at: At::Body(goods_half()),
          settles: 1, transfers: 1, records: SETTLED, settles_in_all: 1, then: SERVED },
];

const fn goods_half() -> usize {
    crate::market::GOODS_BYTES / 2
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merchant_killed_over_s3_charges_once_and_delivers() {
    let Some(s3) = S3::start(&["files", "ledger"]).await else { return };
    s3.object("files", &PATH[1..], &[], &goods()).await;
    let s3 = Arc::new(s3);
    play(ROWS, |number| Place::Bucket(Arc::clone(&s3), format!("row-{number}"))).await;
}
