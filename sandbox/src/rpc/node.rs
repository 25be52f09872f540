//! The node as an HTTP endpoint: `POST` with JSON, open to pages from anywhere. How it sees the
//! chain is told to it with each call.

use super::envelope::answer;
use super::sight::Sight;
use crate::chain::Chain;
use crate::delivery::{Delivery, Reply};
use crate::server::{Call, Handler};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
};
use hyper::{Method, StatusCode};

/// An RPC node of this chain.
#[derive(Debug, Clone)]
pub struct Node {
    chain: Chain,
}

impl Node {
    /// A node that follows this chain.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self { chain }
    }

    /// The answer of a node with this sight. Errors of JSON-RPC travel with status 200.
    #[must_use]
    pub fn reply(&self, call: &Call, sight: Sight) -> Reply {
        let reply = match call.method {
            Method::POST => match answer(&self.chain, sight, &call.body) {
                Some(answer) => Reply::json(StatusCode::OK, &answer),
                None => Reply::empty(StatusCode::OK),
            },
            Method::OPTIONS => Reply::empty(StatusCode::NO_CONTENT)
                .with(ACCESS_CONTROL_ALLOW_METHODS, "POST")
                .with(ACCESS_CONTROL_ALLOW_HEADERS, "*"),
            _ => Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with(ALLOW, "POST, OPTIONS"),
        };
        reply.with(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
    }
}

/// A node without faults.
impl Handler for Node {
    async fn handle(&self, call: Call) -> Delivery {
        self.reply(&call, Sight::default()).into()
    }
}
