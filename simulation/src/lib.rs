//! The merchant's walk under every fault at once. Clock, chance, facilitator, chain, content and the
//! ledger's storage are models in one thread; a seed decides what goes wrong, and replays it exactly.
//! After every step the laws are checked.

mod agenda;
mod chain;
mod chance;
mod clients;
mod clock;
mod executor;
mod facilitator;
mod laws;
mod mutation;
mod network;
mod payments;
mod process;
mod promise;
mod records;
mod rpc;
mod run;
mod scenario;
mod shelf;
mod world;

pub use mutation::Mutation;
pub use run::{Ending, Simulator};
