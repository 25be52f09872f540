//! The facilitator from outside: what callers see over HTTP, and what happened on the chain.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod call;
mod checks;
mod command_line;
mod dialects;
mod discovery;
mod faults;
mod front;
mod payment;
mod peer;
mod settling;
mod skew;
mod wallets;
