//! `x402-facilitator-local` with `x402-chain-eip155`, as its documentation puts them together.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;
use x402_chain_eip155::chain::config::Eip155ChainConfig;
use x402_chain_eip155::chain::{Eip155ChainProvider, Eip155ChainReference};
use x402_chain_eip155::{V1Eip155Exact, V2Eip155Exact};
use x402_facilitator_local::{FacilitatorLocal, handlers};
use x402_types::chain::{ChainId, ChainProviderOps, ChainRegistry, FromConfig};
use x402_types::scheme::{
    SchemeBlueprints, SchemeConfig, SchemeRegistry, X402SchemeFacilitator,
    X402SchemeFacilitatorBuilder,
};

use crate::{Ending, listen, told};

pub async fn serve() -> Ending {
    let inner = json!({ "signers": [told("PRIVATE_KEY")?], "rpc": [{ "http": told("RPC_URL")? }] });
    let config = Eip155ChainConfig {
        chain_reference: Eip155ChainReference::new(84532),
        inner: serde_json::from_value(inner)?,
    };
    let provider = Chain(Arc::new(Eip155ChainProvider::from_config(&config).await?));
    let chains = ChainRegistry::new(HashMap::from([(config.chain_id(), provider)]));
    let blueprints =
        SchemeBlueprints::new().and_register(V1Eip155Exact).and_register(V2Eip155Exact);
    let schemes: Vec<SchemeConfig> = serde_json::from_value(json!([
        { "id": "v1-eip155-exact", "chains": "eip155:*" },
        { "id": "v2-eip155-exact", "chains": "eip155:*" },
    ]))?;
    let facilitator = FacilitatorLocal::new(SchemeRegistry::build(chains, blueprints, &schemes));
    listen("facilitator", handlers::routes().with_state(Arc::new(facilitator))).await
}

/// The registry hands out references, the schemes want a provider of their own.
struct Chain(Arc<Eip155ChainProvider>);

impl ChainProviderOps for Chain {
    fn signer_addresses(&self) -> Vec<String> {
        self.0.signer_addresses()
    }

    fn chain_id(&self) -> ChainId {
        self.0.chain_id()
    }
}

type Built = Result<Box<dyn X402SchemeFacilitator>, Box<dyn std::error::Error>>;

impl X402SchemeFacilitatorBuilder<&Chain> for V1Eip155Exact {
    fn build(&self, chain: &Chain, config: Option<serde_json::Value>) -> Built {
        X402SchemeFacilitatorBuilder::build(self, Arc::clone(&chain.0), config)
    }
}

impl X402SchemeFacilitatorBuilder<&Chain> for V2Eip155Exact {
    fn build(&self, chain: &Chain, config: Option<serde_json::Value>) -> Built {
        X402SchemeFacilitatorBuilder::build(self, Arc::clone(&chain.0), config)
    }
}
