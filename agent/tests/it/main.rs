//! The agent against servers that misbehave, over real HTTP. A row is a rule; what must not be sent
//! is asserted as well as what must.

mod paying;
mod scene;
mod server;
mod wares;
