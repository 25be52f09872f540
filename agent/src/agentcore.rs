//! Amazon Bedrock AgentCore Payments: a wallet at Coinbase or Privy that Amazon signs with, within a
//! session's limit. Names, paths and shapes are those of the service's model, as of
//! `aws-sdk-bedrockagentcore` 1.83.0 and `aws-sdk-bedrockagentcorecontrol` 1.97.0.

pub mod account;
pub mod control;
pub mod order;
pub mod outcome;
pub mod payments;
pub mod remedy;
pub mod removal;
pub mod setup;
pub mod wallet;

pub use account::Account;
pub use control::Control;
pub use payments::{Payments, SessionStanding};
pub use wallet::AgentCoreWallet;

/// What Amazon calls the service in signatures.
pub const SIGNING_NAME: &str = "bedrock-agentcore";

/// The service that pays, as endpoints have it.
pub const PAYMENTS: &str = "bedrock-agentcore";

/// The service that sets up, as endpoints have it.
pub const CONTROL: &str = "bedrock-agentcore-control";
