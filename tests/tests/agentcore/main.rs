//! Amazon Bedrock AgentCore Payments as the agent uses it: set-up, status, removal, and whole purchases
//! from the merchant, over HTTP on loopback. The services are a stand-in that was written from their
//! model; the signatures, the merchant, the facilitator and the chain are real.

#![expect(clippy::unwrap_used, reason = "tests")]

mod amazon;
mod commands;
mod lies;
#[expect(dead_code, reason = "the loop's tests use more of it")]
#[path = "../loop/market.rs"]
mod market;
mod old;
mod paying;
mod scene;
mod setting_up;
