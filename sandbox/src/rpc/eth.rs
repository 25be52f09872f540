//! The methods that readers and senders use, as Base's nodes have them. Nothing here makes blocks
//! or moves time.

use super::error::RpcError;
use super::params::{Params, Span};
use super::render;
use super::render::{data, quantity};
use super::sight::Sight;
use crate::chain::{BASE_FEE, Block, BlockError, BlockId, CHAIN_ID, Chain, PRIORITY_FEE, Receipt};
use alloy_primitives::B256;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many blocks one question about logs may cover. Public endpoints stop between 1,000 and
/// 100,000 (reth's default); this is in the middle, so that readers learn to page.
pub const LOG_BLOCKS_MAX: u64 = 10_000;

/// How many logs one answer may have. Source: reth, `rpc.max-logs-per-response`.
pub const LOGS_MAX: usize = 20_000;

/// How many blocks a fee history may cover. Source: geth, `maxHeaderHistory`.
pub const FEE_HISTORY_BLOCKS_MAX: u64 = 1_024;

type Answer = Result<Value, RpcError>;

/// `None`: no such method here.
pub(super) fn perform(
    chain: &Chain,
    sight: Sight,
    method: &str,
    params: &Params,
) -> Option<Answer> {
    let node = Node { chain, sight };
    Some(match method {
        "eth_chainId" => Ok(quantity(CHAIN_ID)),
        "net_version" => Ok(json!(CHAIN_ID.to_string())),
        "web3_clientVersion" => Ok(json!(concat!("x402-sandbox/", env!("CARGO_PKG_VERSION")))),
        "eth_syncing" => Ok(json!(false)),
        // The node holds no keys: senders sign for themselves.
        "eth_accounts" => Ok(json!([])),
        "eth_gasPrice" => Ok(quantity(BASE_FEE + PRIORITY_FEE)),
        "eth_maxPriorityFeePerGas" => Ok(quantity(PRIORITY_FEE)),
        "eth_feeHistory" => node.fee_history(params),
        "eth_blockNumber" => node.sight.head(chain).map(|it| quantity(it.number)),
        "eth_getBlockByNumber" => node.block(params.block(0, BlockId::Latest), params),
        "eth_getBlockByHash" => node.block(params.hash(0).map(BlockId::Hash), params),
        "eth_getBlockReceipts" => node.block_receipts(params),
        "eth_getTransactionByHash" => node.transaction(params),
        "eth_getTransactionReceipt" => node.receipt(params),
        "eth_getLogs" => node.logs(params),
        "eth_getBalance" => node.balance(params),
        "eth_getTransactionCount" => node.nonce(params),
        "eth_getCode" => node.code(params),
        "eth_getStorageAt" => node.storage(params),
        "eth_call" => node.call(params),
        "eth_estimateGas" => node.estimate_gas(params),
        "eth_sendRawTransaction" => node.submit(params),
        _ => return None,
    })
}

/// A chain as one node sees it.
struct Node<'a> {
    chain: &'a Chain,
    sight: Sight,
}

impl Node<'_> {
    fn balance(&self, params: &Params) -> Answer {
        let at = self.place(params, 1, BlockId::Latest)?;
        Ok(quantity(self.chain.balance(params.address(0)?, at)?))
    }

    fn nonce(&self, params: &Params) -> Answer {
        let at = self.place(params, 1, BlockId::Latest)?;
        Ok(quantity(self.chain.nonce(params.address(0)?, at)?))
    }

    fn code(&self, params: &Params) -> Answer {
        let at = self.place(params, 1, BlockId::Latest)?;
        Ok(data(self.chain.code(params.address(0)?, at)?))
    }

    fn storage(&self, params: &Params) -> Answer {
        let at = self.place(params, 2, BlockId::Latest)?;
        let value = self.chain.storage(params.address(0)?, params.slot(1)?, at)?;
        Ok(data(B256::from(value)))
    }

    fn call(&self, params: &Params) -> Answer {
        params.nothing_at(2, "state overrides")?;
        params.nothing_at(3, "block overrides")?;
        let at = self.place(params, 1, BlockId::Latest)?;
        Ok(data(self.chain.call(&params.call(0)?, at)?))
    }

    /// At the block to come unless another one is named: that is where the transaction will be.
    fn estimate_gas(&self, params: &Params) -> Answer {
        params.nothing_at(2, "state overrides")?;
        let at = self.place(params, 1, BlockId::Pending)?;
        Ok(quantity(self.chain.estimate_gas(&params.call(0)?, at)?))
    }

    fn submit(&self, params: &Params) -> Answer {
        Ok(data(self.chain.submit(&params.bytes(0)?)?))
    }

    fn block(&self, id: Result<BlockId, RpcError>, params: &Params) -> Answer {
        let Some(block) = found(self.sight.block(self.chain, id?))? else { return Ok(Value::Null) };
        let receipts = self.receipts_of(&block);
        let bytes = receipts.iter().map(|it| render::transaction_bytes(&it.transaction)).sum();
        let full = params.flag(1)?;
        let full = full.then(|| receipts.iter().map(|it| render::mined_transaction(it)).collect());
        Ok(render::block(&block, full, bytes))
    }

    fn block_receipts(&self, params: &Params) -> Answer {
        let id = params.block(0, BlockId::Latest)?;
        let Some(block) = found(self.sight.block(self.chain, id))? else { return Ok(Value::Null) };
        Ok(self.receipts_of(&block).iter().map(|it| render::receipt(it)).collect())
    }

    fn transaction(&self, params: &Params) -> Answer {
        let hash = params.hash(0)?;
        let mined = self.chain.receipt(hash).filter(|it| self.sees(it));
        if let Some(receipt) = mined {
            return Ok(render::mined_transaction(&receipt));
        }
        let known = self.chain.transaction(hash).filter(|_| self.chain.receipt(hash).is_none());
        Ok(known.map_or(Value::Null, |it| render::pending_transaction(&it)))
    }

    fn receipt(&self, params: &Params) -> Answer {
        let receipt = self.chain.receipt(params.hash(0)?).filter(|it| self.sees(it));
        Ok(receipt.map_or(Value::Null, |it| render::receipt(&it)))
    }

    fn logs(&self, params: &Params) -> Answer {
        let (filter, span) = params.log_filter(0)?;
        let (first, last) = match span {
            Span::Block(hash) => {
                let number = self.sight.block(self.chain, BlockId::Hash(hash))?.number;
                (number, number)
            }
            Span::Blocks(from, to) => (self.bound(from)?, self.bound(to)?),
        };
        let head = self.sight.head(self.chain)?.number;
        if first > last {
            return Err(RpcError::InvalidParams("invalid block range params".to_owned()));
        }
        if first > head {
            let why = "block range extends beyond current head block";
            return Err(RpcError::InvalidParams(why.to_owned()));
        }
        if last - first >= LOG_BLOCKS_MAX {
            let why = format!("query exceeds max block range {LOG_BLOCKS_MAX}");
            return Err(RpcError::InvalidParams(why));
        }
        let range = (BlockId::Number(first), BlockId::Number(last.min(head)));
        let entries = self.chain.logs(&filter, range, LOGS_MAX)?;
        if entries.len() > LOGS_MAX {
            let why = format!("query exceeds max results {LOGS_MAX}");
            return Err(RpcError::InvalidParams(why));
        }
        Ok(entries.iter().map(render::log).collect())
    }

    /// One end of a range. A number may lie beyond the newest block, a tag stands for one.
    fn bound(&self, id: BlockId) -> Result<u64, RpcError> {
        if let BlockId::Number(number) = id {
            return Ok(number);
        }
        Ok(self.sight.block(self.chain, id)?.number)
    }

    fn fee_history(&self, params: &Params) -> Answer {
        let newest = self.sight.block(self.chain, params.block(1, BlockId::Latest)?)?;
        let oldest = self.chain.block(BlockId::Earliest)?.number;
        let available = (newest.number + 1 - oldest).min(FEE_HISTORY_BLOCKS_MAX);
        let count = params.number(0)?.min(available);
        let first = newest.number + 1 - count;
        let blocks = (first..=newest.number).map(|it| self.chain.block(BlockId::Number(it)));
        let blocks = blocks.collect::<Result<Vec<_>, BlockError>>()?;
        let percentiles = params.list_length(2)?;
        let fees = vec![quantity(BASE_FEE); blocks.len() + 1];
        let mut history = json!({
            "oldestBlock": quantity(first),
            "baseFeePerGas": fees,
            "gasUsedRatio": blocks.iter().map(|it| fullness(it)).collect::<Vec<_>>(),
        });
        if percentiles > 0 {
            let tips = vec![quantity(PRIORITY_FEE); percentiles];
            history["reward"] = json!(vec![tips; blocks.len()]);
        }
        Ok(history)
    }

    fn place(
        &self,
        params: &Params,
        index: usize,
        otherwise: BlockId,
    ) -> Result<BlockId, RpcError> {
        self.sight.resolve(self.chain, params.block(index, otherwise)?)
    }

    fn receipts_of(&self, block: &Block) -> Vec<Arc<Receipt>> {
        block.transactions().iter().filter_map(|it| self.chain.receipt(*it)).collect()
    }

    fn sees(&self, receipt: &Receipt) -> bool {
        self.sight.reaches(self.chain, receipt.block_number)
    }
}

/// An unknown block is no error where blocks are asked for: it is `null`.
fn found(block: Result<Arc<Block>, RpcError>) -> Result<Option<Arc<Block>>, RpcError> {
    match block {
        Ok(block) => Ok(Some(block)),
        Err(error) if error == BlockError::Unknown.into() => Ok(None),
        Err(error) => Err(error),
    }
}

fn fullness(block: &Block) -> f64 {
    let header = block.header();
    let in_millionths = header.gas_used.saturating_mul(1_000_000) / header.gas_limit;
    f64::from(u32::try_from(in_millionths).unwrap_or(u32::MAX)) / 1_000_000.0
}
