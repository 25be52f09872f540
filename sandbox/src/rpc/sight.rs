//! How well a node sees the chain. The node is the only thing that is wrong here: the chain itself
//! stays as it is.

use super::error::RpcError;
use super::params::Params;
use crate::chain::{Block, BlockError, BlockId, Chain};
use crate::token::FiatToken;
use alloy_sol_types::SolCall;
use serde_json::{Value, json};
use std::sync::Arc;

/// Clear by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sight {
    /// The node is this many blocks behind: it knows nothing of newer ones.
    pub lag_blocks: u64,
    /// The node is on another chain: to it every authorization is in the opposite state, and no
    /// transaction has a receipt or left a log.
    pub contrary: bool,
}

impl Sight {
    /// The newest block that the node sees.
    pub(super) fn head(self, chain: &Chain) -> Result<Arc<Block>, RpcError> {
        let head = chain.head();
        match self.lag_blocks {
            0 => Ok(head),
            lag => {
                let seen = BlockId::Number(head.number.saturating_sub(lag));
                let oldest = || chain.block(BlockId::Earliest);
                Ok(chain.block(seen).or_else(|_| oldest())?)
            }
        }
    }

    pub(super) fn block(self, chain: &Chain, id: BlockId) -> Result<Arc<Block>, RpcError> {
        Ok(chain.block(self.resolve(chain, id)?)?)
    }

    /// The block that the node means by this.
    pub(super) fn resolve(self, chain: &Chain, id: BlockId) -> Result<BlockId, RpcError> {
        if self.lag_blocks == 0 {
            return Ok(id);
        }
        let head = self.head(chain)?.number;
        match id {
            BlockId::Latest | BlockId::Pending => Ok(BlockId::Number(head)),
            BlockId::Safe | BlockId::Finalized | BlockId::Earliest => {
                Ok(BlockId::Number(chain.block(id)?.number.min(head)))
            }
            BlockId::Number(_) | BlockId::Hash(_) if chain.block(id)?.number <= head => Ok(id),
            BlockId::Number(_) | BlockId::Hash(_) => Err(BlockError::Unknown.into()),
        }
    }

    /// Whether the node has heard of this block, given by its number.
    pub(super) fn reaches(self, chain: &Chain, number: u64) -> bool {
        self.lag_blocks == 0 || self.head(chain).is_ok_and(|head| number <= head.number)
    }

    /// What the node says instead of the truth.
    pub(super) fn distorted(self, method: &str, params: &Params, truth: Value) -> Value {
        if !self.contrary {
            return truth;
        }
        match method {
            "eth_call" if asks_authorization_state(params) => opposite(&truth),
            "eth_getTransactionReceipt" => Value::Null,
            "eth_getLogs" | "eth_getBlockReceipts" => json!([]),
            _ => truth,
        }
    }
}

fn asks_authorization_state(params: &Params) -> bool {
    let call = params.call(0);
    call.is_ok_and(|it| it.data.starts_with(&FiatToken::authorizationStateCall::SELECTOR))
}

/// The other one of Solidity's two booleans.
fn opposite(boolean: &Value) -> Value {
    let is_true = boolean.as_str().is_some_and(|it| it.ends_with('1'));
    json!(format!("0x{:064x}", u8::from(!is_true)))
}
