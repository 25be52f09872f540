//! JSON-RPC as the nodes of Base speak it: bytes of a request in, the answer out. It opens no
//! socket and has no faults of its own, except that it can be told to see the chain wrongly.

mod dev;
mod envelope;
mod error;
mod eth;
mod node;
mod params;
mod render;
mod sight;

pub use envelope::{BATCH_CALLS_MAX, answer};
pub use error::RpcError;
pub use eth::{FEE_HISTORY_BLOCKS_MAX, LOG_BLOCKS_MAX, LOGS_MAX};
pub use node::Node;
pub use sight::Sight;
