//! The whole loop over real HTTP on loopback: a real payer's signature, the merchant's server, the
//! sandbox's facilitator and its EVM. What the chain says afterwards is what counts.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "how long an answer takes is part of the contract")]

mod conformance;
mod delivery;
mod discover;
mod discovery;
mod doctor;
mod e2e;
mod endpoints;
mod faults;
mod http;
mod ledger;
mod market;
mod operator;
mod payer;
mod sales;
mod server;
mod standby;
