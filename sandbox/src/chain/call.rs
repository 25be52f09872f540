//! Questions to contracts: what would this call return, and how much gas would it take? Nothing
//! that is asked here changes the chain.

use super::block::BLOCK_GAS_LIMIT;
use super::evm::{Surroundings, simulate};
use super::history::BlockError;
use super::state::{BlockHashes, StateView};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_sol_types::{Panic, Revert as RevertReason, SolError};
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, InvalidTransaction};
use std::fmt;

/// A call passes at most 63/64 of its gas on, and geth leaves the inner call its stipend.
/// Source: EIP-150, and `eth/gasestimator` of geth.
const STIPEND: u64 = 2_300;

/// An estimate may be too high by this much. Source: geth, `estimateGasErrorRatio` (0.015).
const ESTIMATE_ERROR_PER_MILLE: u64 = 15;

/// A call, or a transaction before it is signed. Fees are not part of it: questions are free.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// In whose name; the zero address when nobody is named.
    pub from: Option<Address>,
    /// Whom; nobody means the creation of a contract.
    pub to: Option<Address>,
    /// Wei to send along.
    pub value: U256,
    /// Selector and arguments.
    pub data: Bytes,
    /// At most this much gas.
    pub gas: Option<u64>,
}

impl CallRequest {
    /// A call of a contract.
    #[must_use]
    pub fn to(to: Address, data: impl Into<Bytes>) -> Self {
        Self { to: Some(to), data: data.into(), ..Self::default() }
    }

    /// The same call in somebody's name.
    #[must_use]
    pub fn from(mut self, from: Address) -> Self {
        self.from = Some(from);
        self
    }

    fn question(&self, gas_limit: u64) -> TxEnv {
        TxEnv {
            caller: self.from.unwrap_or_default(),
            kind: self.to.map_or(TxKind::Create, TxKind::Call),
            value: self.value,
            data: self.data.clone(),
            gas_limit,
            chain_id: None,
            ..TxEnv::default()
        }
    }
}

/// The contract said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert {
    /// What it said, as bytes.
    pub data: Bytes,
}

impl Revert {
    /// What it said in words, when it used `require` or ran into a panic of the compiler.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let words = RevertReason::abi_decode(&self.data).map(|it| it.reason);
        words.or_else(|_| Panic::abi_decode(&self.data).map(|it| it.to_string())).ok()
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "execution reverted: {reason}"),
            None => f.write_str("execution reverted"),
        }
    }
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The contract refused. Another call, or the same one later, may succeed.
    Revert(Revert),
    /// It ran out of gas, or into an invalid instruction.
    Halt(String),
    /// It could not be asked: value without funds, gas below the minimum.
    Invalid(String),
    /// There is no such block to ask at.
    Block(BlockError),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revert(revert) => revert.fmt(f),
            Self::Halt(why) | Self::Invalid(why) => f.write_str(why),
            Self::Block(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CallError {}

impl From<BlockError> for CallError {
    fn from(error: BlockError) -> Self {
        Self::Block(error)
    }
}

/// What the call returns.
pub(super) fn call<H: BlockHashes>(
    view: &StateView<'_, H>,
    around: Surroundings,
    request: &CallRequest,
) -> Result<Bytes, CallError> {
    let limit = request.gas.unwrap_or(BLOCK_GAS_LIMIT).min(BLOCK_GAS_LIMIT);
    let (output, _) = ask(view, around, request.question(limit))?;
    Ok(output)
}

/// The smallest gas limit, within geth's tolerance, with which the call succeeds.
pub(super) fn estimate_gas<H: BlockHashes>(
    view: &StateView<'_, H>,
    around: Surroundings,
    request: &CallRequest,
) -> Result<u64, CallError> {
    let ceiling = request.gas.unwrap_or(BLOCK_GAS_LIMIT).min(BLOCK_GAS_LIMIT);
    let (_, spent) = ask(view, around, request.question(ceiling))?;
    let succeeds = |gas| ask(view, around, request.question(gas)).is_ok();

    let (mut too_low, mut enough) = (spent.saturating_sub(1), ceiling);
    let likely = (spent + STIPEND) * 64 / 63;
    if likely < enough {
        if succeeds(likely) { enough = likely } else { too_low = likely }
    }
    while too_low + 1 < enough && (enough - too_low) * 1_000 / enough >= ESTIMATE_ERROR_PER_MILLE {
        let middle = too_low.midpoint(enough);
        if succeeds(middle) { enough = middle } else { too_low = middle }
    }
    Ok(enough)
}

/// Output, and the gas spent before refunds.
fn ask<H: BlockHashes>(
    view: &StateView<'_, H>,
    around: Surroundings,
    question: TxEnv,
) -> Result<(Bytes, u64), CallError> {
    let done = simulate(view, around, question).map_err(|it| CallError::Invalid(refusal(&it)))?;
    match done.result {
        ExecutionResult::Success { output, gas, .. } => {
            Ok((output.into_data(), gas.total_gas_spent().max(gas.floor_gas())))
        }
        ExecutionResult::Revert { output, .. } => Err(CallError::Revert(Revert { data: output })),
        ExecutionResult::Halt { reason, .. } => Err(CallError::Halt(reason.to_string())),
    }
}

/// In the words of geth where clients look for them.
fn refusal(invalid: &InvalidTransaction) -> String {
    if let InvalidTransaction::LackOfFundForMaxFee { fee, balance } = invalid {
        return format!("insufficient funds for gas * price + value: have {balance} want {fee}");
    }
    invalid.to_string()
}
