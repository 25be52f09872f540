#![doc = include_str!("../README.md")]

pub mod aftermath;
pub mod agent;
#[cfg(feature = "agentcore")]
pub mod agentcore;
#[cfg(feature = "agentcore")]
pub mod aws;
pub mod book;
pub mod builder;
pub mod chain;
pub mod conformance;
pub mod decisions;
pub mod discover;
pub mod error;
pub mod event;
pub mod guard;
mod handover;
pub mod inspect;
#[cfg(feature = "keystore")]
pub mod keystore;
#[cfg(feature = "kms")]
pub mod kms;
mod knock;
#[cfg(feature = "ledger")]
pub mod ledger;
pub mod purse;
mod reading;
pub mod response;
pub mod server_text;
pub mod sessions;
pub mod signer;
mod spending;
#[cfg(feature = "mcp")]
pub mod tools;
pub mod transport;
pub mod world;

pub use agent::{Agent, Quote, Quoted};
pub use builder::AgentBuilder;
pub use decisions::receipt::{Receipt, Standing};
pub use decisions::terms::Terms;
pub use error::PayError;
pub use event::{Event, Observer};
#[cfg(feature = "ledger")]
pub use ledger::Ledger;
pub use purse::Purse;
pub use response::Response;
pub use signer::{LocalKey, Signer};
