//! Which URL leads where: the facilitator's endpoints, the chain's JSON-RPC, and `/sandbox` for
//! whoever runs the sandbox. It routes; the answers are made elsewhere.

mod admin;

pub use admin::BLOCKS_MINED_MAX;

use crate::chain::Chain;
use crate::delivery::{Delivery, Reply};
use crate::facilitator::{Desk, Journal};
use crate::faults::{Endpoint, Fault, Faults, Moment, Trouble, View};
use crate::rpc::{self, Sight};
use crate::server::{Call, Handler};
use hyper::{Method, StatusCode};
use serde_json::json;

/// The facilitator's door, with the operator's entrance at `/sandbox`.
#[derive(Debug)]
pub struct FacilitatorFront {
    desk: Desk,
    admin: admin::Admin,
}

/// The node's door. Any path will do, since public nodes have their keys there.
#[derive(Debug)]
pub struct RpcFront {
    chain: Chain,
    faults: Faults,
}

impl FacilitatorFront {
    /// A door to this desk.
    #[must_use]
    pub fn new(chain: Chain, desk: Desk, faults: Faults, journal: Journal) -> Self {
        Self { desk, admin: admin::Admin { chain, faults, journal } }
    }
}

impl Handler for FacilitatorFront {
    async fn handle(&self, call: Call) -> Delivery {
        match (call.uri.path(), &call.method) {
            ("/verify", &Method::POST) => self.desk.verify(&call.body).await,
            ("/settle", &Method::POST) => self.desk.settle(&call.body).await,
            ("/supported", &Method::GET) => self.desk.supported().await,
            ("/verify" | "/settle" | "/supported", _) => {
                Reply::empty(StatusCode::METHOD_NOT_ALLOWED).into()
            }
            (path, _) if path == "/sandbox" || path.starts_with("/sandbox/") => {
                self.admin.answer(&call).into()
            }
            _ => Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "not found" })).into(),
        }
    }
}

impl RpcFront {
    /// A door to a node of this chain, which meets the faults ordered for `rpc`.
    #[must_use]
    pub fn new(chain: Chain, faults: Faults) -> Self {
        Self { chain, faults }
    }

    fn answer(&self, sight: Sight, body: &[u8]) -> Reply {
        match rpc::answer(&self.chain, sight, body) {
            Some(value) => Reply::json(StatusCode::OK, &value),
            None => Reply::empty(StatusCode::NO_CONTENT),
        }
    }
}

impl Handler for RpcFront {
    async fn handle(&self, call: Call) -> Delivery {
        if call.method != Method::POST {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED).into();
        }
        let clear = Sight::default();
        match self.faults.take(Endpoint::Rpc) {
            None | Some(Fault::Answer(_)) => self.answer(clear, &call.body).into(),
            Some(Fault::View(View::Stale(lag_blocks))) => {
                self.answer(Sight { lag_blocks, ..clear }, &call.body).into()
            }
            Some(Fault::View(View::Disagree)) => {
                self.answer(Sight { contrary: true, ..clear }, &call.body).into()
            }
            Some(Fault::Trouble(Trouble::Delay(span), Moment::Before | Moment::AfterSettling)) => {
                tokio::time::sleep(span).await;
                self.answer(clear, &call.body).into()
            }
            Some(Fault::Trouble(trouble, _)) => {
                Delivery::troubled(self.answer(clear, &call.body), &trouble)
            }
        }
    }
}
