//! The paywall: decides what a request may have, takes the payment through a facilitator, and sends
//! the object. Never charged twice, never charged for nothing, never served unpaid.

#[cfg(feature = "edge")]
pub mod adapters;
#[cfg(feature = "edge")]
pub mod assembly;
#[cfg(feature = "server")]
pub mod cli;
pub mod decisions;
#[cfg(feature = "edge")]
pub mod front;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "edge")]
pub mod ports;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "edge")]
pub mod settings;
#[cfg(feature = "edge")]
pub mod walk;
