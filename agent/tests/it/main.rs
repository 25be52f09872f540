//! The agent against servers that misbehave, over real HTTP. A row is a rule; what must not be sent
//! is asserted as well as what must.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod bodies;
mod budgets;
mod choosing;
mod clocks;
mod codes;
mod command;
mod command_conformance;
mod command_discover;
mod command_get;
mod command_inspect;
mod command_keys;
mod command_ledger;
mod command_manual;
mod command_policy;
mod command_session;
mod command_settlement;
mod command_wallet;
mod crowds;
mod events;
mod guarding;
mod hostile;
mod keystores;
mod killed;
#[cfg(feature = "kms")]
mod kms;
mod memory;
mod paying;
mod purses;
mod receipts;
mod reconciling;
mod redirects;
mod refusing;
mod resending;
mod scene;
mod secrets;
mod seller;
mod server;
mod sudden_ends;
mod tidy;
mod wallet_secrets;
mod wallets;
mod wares;
