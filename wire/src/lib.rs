//! The protocol's nouns: x402 messages, headers, amounts, networks. Pure: text in, typed values
//! out, and no way to reach a network, a clock or an environment variable.
//!
//! Text becomes a noun once, at the edge. Every noun has one spelling, so that two spellings of one
//! price or one nonce can never be taken for two payments.

pub mod address;
pub mod amount;
pub mod eip712;
pub mod error;
pub mod exact;
pub mod facilitator;
pub mod header;
pub mod hex;
pub mod json;
pub mod key;
pub mod members;
pub mod network;
pub mod networks;
pub mod price;
pub mod settlement;
#[cfg(feature = "signature")]
pub mod signature;
pub mod time;
pub mod v1;
pub mod v2;

pub use address::{Address, OnchainAddress};
pub use alloy_primitives::{B256, U256};
pub use amount::AtomicAmount;
pub use error::{Problem, WireError};
pub use exact::{Authorization, Eip3009Payload};
pub use hex::{Nonce, SignatureBytes, TxHash};
pub use json::Message;
pub use key::PaymentKey;
pub use network::Network;
pub use price::Price;
pub use settlement::{SettlementResponse, VerifyResponse};
pub use time::UnixTime;
