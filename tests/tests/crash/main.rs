//! R14: the built merchant, killed where it hurts: `kill -9` at each moment of a sale, over a folder
//! and over S3, then a new process and the same payment again. The money moves at most once, and
//! where it moved, the object arrives. Until then no reply asks for another payment.

#![expect(clippy::unwrap_used, reason = "tests")]

mod anywhere;
mod bucket;
mod client;
mod disk;
mod gate;
#[path = "../loop/http.rs"]
mod http;
mod market;
#[expect(dead_code, reason = "the loop's tests sign more kinds of payments")]
#[path = "../loop/payer.rs"]
mod payer;
mod process;
#[path = "../storage/relay.rs"]
mod relay;
#[expect(dead_code, reason = "the storages' tests use more of it")]
#[path = "../storage/s3.rs"]
mod s3;
mod story;
