//! Several merchants, each a process of the released binary, over one ledger: in a folder and in
//! S3. Whatever races whatever, a payment is settled once, buys one thing, and no reply but the
//! buyer's holds a byte of it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod batches;
mod copies;
#[path = "../loop/http.rs"]
mod http;
mod names;
#[expect(dead_code, reason = "the loop's tests sign more kinds of payments")]
#[path = "../loop/payer.rs"]
mod payer;
#[path = "../crash/process.rs"]
mod process;
#[path = "../storage/queue.rs"]
mod queue;
#[path = "../storage/relay.rs"]
mod relay;
#[expect(dead_code, reason = "the storages' tests use more of it")]
#[path = "../storage/s3.rs"]
mod s3;
mod siblings;
mod strangers;
mod street;

/// What the loop's payer needs to know of the market.
mod market {
    pub(crate) use crate::street::{PRICE, payee};
}
