//! Base Sepolia on one machine: an EVM chain with 2-second blocks and an EIP-3009 USDC, for
//! everyone who tests x402. It moves no real money and refuses to be reachable from outside unless
//! somebody binds it there.

pub mod accounts;
pub mod catalogue;
pub mod chain;
pub mod delivery;
pub mod facilitator;
pub mod faults;
pub mod front;
pub mod hostile;
pub mod rpc;
pub mod server;
pub mod token;
pub mod world;

pub use chain::{Chain, ChainConfig};
pub use world::{Options, Sandbox, StartError};

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
