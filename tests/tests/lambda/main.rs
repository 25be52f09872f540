//! The Lambda's built binary, driven over the Runtime API as the platform drives it: events in,
//! streamed responses out. Below it real neighbours: folders, an S3 server, the sandbox.

#![expect(clippy::unwrap_used, reason = "tests")]

mod challenges;
mod events;
mod failures;
mod function;
#[path = "../loop/http.rs"]
mod http;
mod market;
mod metrics;
#[expect(dead_code, reason = "the loop's tests look at what was signed, too")]
#[path = "../loop/payer.rs"]
mod payer;
#[path = "../storage/proxy.rs"]
mod proxy;
mod redirects;
#[path = "../storage/relay.rs"]
mod relay;
mod runtime_api;
#[path = "../storage/s3.rs"]
mod s3;
mod sales;
mod start;
mod stub;
mod watch;
