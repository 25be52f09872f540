//! Setting an agent up: who pays, on which terms; and what tests replace.

use std::sync::Arc;

use crate::agent::Agent;
use crate::decisions::terms::Terms;
use crate::event::Observer;
use crate::purse::Purse;
use crate::response::BODY_BYTES_MAX;
use crate::signer::Signer;
use crate::transport::{Patience, Transport, TransportError};
use crate::world::{Clock, Randomness, System};

/// Sets an [`Agent`] up.
pub struct AgentBuilder<S, W = System> {
    signer: S,
    terms: Terms,
    world: W,
    patience: Patience,
    observer: Option<Arc<dyn Observer>>,
    body_limit: u64,
    purse: Option<Purse>,
    transport: Option<Transport>,
}

impl<S: Signer> Agent<S> {
    /// An agent that pays from this signer's account and within these terms.
    pub fn builder(signer: S, terms: Terms) -> AgentBuilder<S> {
        AgentBuilder {
            signer,
            terms,
            world: System,
            patience: Patience::default(),
            observer: None,
            body_limit: BODY_BYTES_MAX,
            purse: None,
            transport: None,
        }
    }
}

impl<S: Signer, W: Clock + Randomness> AgentBuilder<S, W> {
    /// Another clock and another source of nonces.
    pub fn world<V: Clock + Randomness>(self, world: V) -> AgentBuilder<S, V> {
        let Self { signer, terms, patience, observer, body_limit, purse, transport, .. } = self;
        AgentBuilder { signer, terms, world, patience, observer, body_limit, purse, transport }
    }

    /// How long to wait for a server.
    #[must_use]
    pub fn patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Sends its requests this way: behind a guard, or over connections that others use too. How long
    /// it waits is then the transport's own matter.
    #[must_use]
    pub fn transport(self, transport: Transport) -> Self {
        Self { transport: Some(transport), ..self }
    }

    /// Who is told about every step.
    #[must_use]
    pub fn observer(self, observer: impl Observer + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// Keeps purchases in a ledger and within budgets. Without a purse, only the terms limit what
    /// one purchase costs, and nothing limits how many there are.
    #[must_use]
    pub fn purse(self, purse: Purse) -> Self {
        Self { purse: Some(purse), ..self }
    }

    /// Largest content that is received, in bytes.
    #[must_use]
    pub fn body_limit(self, bytes: u64) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// The agent.
    pub fn build(self) -> Result<Agent<S, W>, TransportError> {
        let Self { signer, terms, world, patience, observer, body_limit, purse, transport } = self;
        let transport = transport.map_or_else(|| Transport::new(patience), Ok)?;
        Ok(Agent { signer, terms, world, transport, observer, body_limit, purse })
    }
}
