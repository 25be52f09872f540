//! The ports' adapters to the real world. The only modules of the paywall that do IO.

pub mod api_key;
pub mod buckets;
pub mod content;
pub mod desk;
pub mod facilitator;
pub mod facilitators;
pub mod file_body;
pub mod folder;
pub mod ledger;
mod records;
mod resume;
pub mod rpc;
pub mod secrets;
pub mod stores;
pub mod system_clock;
pub mod tls;
pub mod trace_context;
