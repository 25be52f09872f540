//! Methods that no node of Base has: they move time, make blocks and hand out money. Their names
//! and shapes are those of other development chains, as far as these have them.

use super::error::RpcError;
use super::params::Params;
use super::render::data;
use crate::chain::Chain;
use serde_json::{Value, json};
use std::time::Duration;

type Answer = Result<Value, RpcError>;

/// `None`: no such method here.
pub(super) fn perform(chain: &Chain, method: &str, params: &Params) -> Option<Answer> {
    Some(match method {
        "evm_mine" => mine(chain, params),
        "evm_increaseTime" => increase_time(chain, params),
        "evm_setNextBlockTimestamp" => set_next_timestamp(chain, params),
        "sandbox_faucet" => faucet(chain, params),
        _ => return None,
    })
}

/// One block now, at the given time if there is one.
fn mine(chain: &Chain, params: &Params) -> Answer {
    if let Some(timestamp) = params.optional_number(0)? {
        chain.set_next_timestamp(timestamp)?;
    }
    chain.mine();
    Ok(json!("0x0"))
}

/// Answers by how many seconds time was moved in all.
fn increase_time(chain: &Chain, params: &Params) -> Answer {
    chain.advance(Duration::from_secs(params.number(0)?));
    Ok(json!(chain.time_added().as_secs()))
}

fn set_next_timestamp(chain: &Chain, params: &Params) -> Answer {
    chain.set_next_timestamp(params.number(0)?)?;
    Ok(Value::Null)
}

/// Address, atomic units of USDC, wei; answers the hashes of the transactions that bring them.
fn faucet(chain: &Chain, params: &Params) -> Answer {
    let usdc = params.optional_quantity(1)?.unwrap_or_default();
    let ether = params.optional_quantity(2)?.unwrap_or_default();
    let hashes = chain.faucet(params.address(0)?, usdc, ether)?;
    Ok(hashes.iter().map(data).collect())
}
