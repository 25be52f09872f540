//! Which URL leads where: the facilitator's endpoints, the chain's JSON-RPC, and `/sandbox` for
//! whoever runs the sandbox. It routes; the answers are made elsewhere.

mod admin;

pub use admin::{BLOCKS_MINED_MAX, known_accounts};

use crate::catalogue::BadQuery;
use crate::chain::Chain;
use crate::delivery::{Delivery, Reply};
use crate::facilitator::{Desk, Journal};
use crate::faults::{Endpoint, Fault, Faults, Trouble, View};
use crate::rpc::{Node, Sight};
use crate::server::{Call, Handler};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// The facilitator's door, with the operator's entrance at `/sandbox`.
#[derive(Debug)]
pub struct FacilitatorFront {
    desk: Desk,
    admin: admin::Admin,
}

/// The node's door, where the faults ordered for `rpc` are met. Any path will do, since public
/// nodes have their keys there.
#[derive(Debug)]
pub struct RpcFront {
    node: Node,
    faults: Faults,
}

impl FacilitatorFront {
    /// A door to this desk.
    #[must_use]
    pub fn new(chain: Chain, desk: Desk, faults: Faults, journal: Journal) -> Self {
        let catalogue = desk.catalogue().clone();
        Self { desk, admin: admin::Admin { chain, faults, journal, catalogue } }
    }
}

impl Handler for FacilitatorFront {
    async fn handle(&self, call: Call) -> Delivery {
        match (call.uri.path(), &call.method) {
            ("/verify", &Method::POST) => self.desk.verify(&call.body).await,
            ("/settle", &Method::POST) => self.desk.settle(&call.body).await,
            ("/supported", &Method::GET) => self.desk.supported().await,
            ("/discovery/resources", &Method::GET) => {
                page(self.desk.catalogue().list(call.uri.query().unwrap_or_default()))
            }
            ("/discovery/search", &Method::GET) => {
                page(self.desk.catalogue().search(call.uri.query().unwrap_or_default()))
            }
            (
                "/verify" | "/settle" | "/supported" | "/discovery/resources" | "/discovery/search",
                _,
            ) => Reply::empty(StatusCode::METHOD_NOT_ALLOWED).into(),
            (path, _) if path == "/sandbox" || path.starts_with("/sandbox/") => {
                self.admin.answer(&call).into()
            }
            _ => Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "not found" })).into(),
        }
    }
}

fn page(found: Result<Value, BadQuery>) -> Delivery {
    match found {
        Ok(page) => Reply::json(StatusCode::OK, &page).into(),
        Err(why) => {
            Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": why.to_string() })).into()
        }
    }
}

impl RpcFront {
    /// A door to this node.
    #[must_use]
    pub fn new(node: Node, faults: Faults) -> Self {
        Self { node, faults }
    }
}

impl Handler for RpcFront {
    async fn handle(&self, call: Call) -> Delivery {
        let sight = match self.faults.take(Endpoint::Rpc) {
            None | Some(Fault::Answer(_)) => Sight::default(),
            Some(Fault::View(View::Stale(lag_blocks))) => Sight { lag_blocks, ..Sight::default() },
            Some(Fault::View(View::Disagree)) => Sight { contrary: true, ..Sight::default() },
            Some(Fault::Trouble(Trouble::Delay(span), _)) => {
                tokio::time::sleep(span).await;
                Sight::default()
            }
            Some(Fault::Trouble(trouble, _)) => {
                return Delivery::troubled(Reply::told_to_fail(), &trouble);
            }
        };
        self.node.reply(&call, sight).into()
    }
}
