//! The agent and the merchant together, whatever goes wrong between and around them: the built agent
//! buys once, and what moved on the chain, what its ledger says, and how it exits are held against
//! each other. `faults` are the facilitator's and the chain's, `tricks` the hostile merchant's, `clocks`
//! those that are not right.

#![expect(clippy::unwrap_used, reason = "tests")]

mod agent;
mod clocks;
mod faults;
#[path = "../loop/market.rs"]
#[expect(dead_code, reason = "the loop's market has more to look at")]
mod market;
mod tricks;
