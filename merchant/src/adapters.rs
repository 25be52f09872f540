//! The ports' adapters to the real world. The only modules of the paywall that do IO.

pub mod content;
pub mod facilitator;
pub mod file_body;
pub mod ledger;
pub mod stores;
pub mod system_clock;
