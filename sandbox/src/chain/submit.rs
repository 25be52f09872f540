//! From the bytes of a signed transaction to one that the pool may take, by the rules and in the
//! words of geth. It looks at no block and at no other transaction than this one.

use super::block::{BASE_FEE, BLOCK_GAS_LIMIT, Transaction};
use super::config::CHAIN_ID;
use super::evm::SPEC;
use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{EthereumTxEnvelope, Transaction as _, TxEnvelope, TxType};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::U256;
use revm::context::TxEnv;
use revm::context_interface::cfg::gas::calculate_initial_tx_gas_for_tx;
use revm::context_interface::either::Either;
use std::fmt;

/// The largest transaction. Source: geth, `txMaxSize` (128 KiB).
pub const TRANSACTION_BYTES_MAX: usize = 128 * 1024;

/// Why a transaction was not taken. Nothing of it reached the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitError {
    /// These bytes are no transaction.
    Undecodable(String),
    /// A transaction, but with blobs, which layer 2 chains do not take.
    UnsupportedType,
    /// Larger than [`TRANSACTION_BYTES_MAX`].
    Oversized(usize),
    /// It could be replayed on other chains.
    Unprotected,
    /// Signed for this other chain.
    WrongChain(u64),
    /// The signature is nobody's.
    BadSignature,
    /// The tip exceeds the whole fee.
    TipAboveCap,
    /// It offers less per gas than the base fee.
    FeeBelowBase(u128),
    /// It asks for more gas than a block has.
    GasAboveBlock(u64),
    /// It cannot pay even for being included.
    GasBelowMinimum {
        /// What it offers.
        gas: u64,
        /// What it needs.
        needed: u64,
    },
    /// This nonce is used. Sign again with the next one.
    NonceTooLow {
        /// The account's next nonce.
        next: u64,
        /// The transaction's nonce.
        nonce: u64,
    },
    /// The sender cannot pay for gas and value.
    InsufficientFunds {
        /// What it has.
        balance: U256,
        /// What it needs.
        cost: U256,
    },
    /// This very transaction waits in the pool. It need not be sent again.
    AlreadyKnown,
    /// Another one with this nonce waits, and this one does not offer enough more.
    Underpriced,
    /// Too many transactions wait.
    PoolFull,
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(why) => f.write_str(why),
            Self::UnsupportedType => f.write_str("transaction type not supported"),
            Self::Oversized(size) => {
                write!(f, "oversized data: transaction size {size}, limit {TRANSACTION_BYTES_MAX}")
            }
            Self::Unprotected => {
                f.write_str("only replay-protected (EIP-155) transactions allowed over RPC")
            }
            Self::WrongChain(have) => {
                write!(f, "invalid chain id for signer: have {have} want {CHAIN_ID}")
            }
            Self::BadSignature => f.write_str("invalid sender: invalid transaction v, r, s values"),
            Self::TipAboveCap => {
                f.write_str("max priority fee per gas higher than max fee per gas")
            }
            Self::FeeBelowBase(fee) => write!(
                f,
                "max fee per gas less than block base fee: maxFeePerGas: {fee}, baseFee: {BASE_FEE}"
            ),
            Self::GasAboveBlock(gas) => {
                write!(f, "exceeds block gas limit: gas {gas}, limit {BLOCK_GAS_LIMIT}")
            }
            Self::GasBelowMinimum { gas, needed } => {
                write!(f, "intrinsic gas too low: gas {gas}, minimum needed {needed}")
            }
            Self::NonceTooLow { next, nonce } => {
                write!(f, "nonce too low: next nonce {next}, tx nonce {nonce}")
            }
            Self::InsufficientFunds { balance, cost } => write!(
                f,
                "insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}",
                cost.saturating_sub(*balance)
            ),
            Self::AlreadyKnown => f.write_str("already known"),
            Self::Underpriced => f.write_str("replacement transaction underpriced"),
            Self::PoolFull => f.write_str("txpool is full"),
        }
    }
}

impl std::error::Error for SubmitError {}

/// A transaction that is well formed, signed for this chain, and able to pay for its inclusion.
#[derive(Debug, Clone)]
pub(super) struct Admissible {
    pub(super) transaction: std::sync::Arc<Transaction>,
    pub(super) environment: TxEnv,
}

impl Admissible {
    pub(super) fn decode(raw: &[u8]) -> Result<Self, SubmitError> {
        if raw.len() > TRANSACTION_BYTES_MAX {
            return Err(SubmitError::Oversized(raw.len()));
        }
        let envelope = TxEnvelope::decode_2718_exact(raw)
            .map_err(|error| SubmitError::Undecodable(error.to_string()))?;
        Self::new(envelope)
    }

    pub(super) fn new(envelope: TxEnvelope) -> Result<Self, SubmitError> {
        if envelope.tx_type() == TxType::Eip4844 {
            return Err(SubmitError::UnsupportedType);
        }
        match envelope.chain_id() {
            None => return Err(SubmitError::Unprotected),
            Some(CHAIN_ID) => {}
            Some(other) => return Err(SubmitError::WrongChain(other)),
        }
        let from = envelope.recover_signer().map_err(|_| SubmitError::BadSignature)?;
        let transaction = Transaction { envelope, from };
        let environment = environment(&transaction);
        check_fees_and_gas(&environment)?;
        Ok(Self { transaction: transaction.into(), environment })
    }

    /// Everything that the sender may have to pay.
    pub(super) fn cost(&self) -> U256 {
        let price = U256::from(self.environment.gas_price);
        let gas = U256::from(self.environment.gas_limit).saturating_mul(price);
        gas.saturating_add(self.environment.value)
    }
}

fn check_fees_and_gas(transaction: &TxEnv) -> Result<(), SubmitError> {
    if transaction.gas_priority_fee.is_some_and(|tip| tip > transaction.gas_price) {
        return Err(SubmitError::TipAboveCap);
    }
    if transaction.gas_price < u128::from(BASE_FEE) {
        return Err(SubmitError::FeeBelowBase(transaction.gas_price));
    }
    if transaction.gas_limit > BLOCK_GAS_LIMIT {
        return Err(SubmitError::GasAboveBlock(transaction.gas_limit));
    }
    let minimum = calculate_initial_tx_gas_for_tx(transaction, SPEC, None);
    let needed = minimum.initial_total_gas().max(minimum.floor_gas());
    if transaction.gas_limit < needed {
        return Err(SubmitError::GasBelowMinimum { gas: transaction.gas_limit, needed });
    }
    Ok(())
}

fn environment(transaction: &Transaction) -> TxEnv {
    let envelope: &EthereumTxEnvelope<_> = &transaction.envelope;
    let delegations = envelope.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: envelope.tx_type() as u8,
        caller: transaction.from,
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: envelope.max_priority_fee_per_gas(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: delegations.iter().cloned().map(Either::Left).collect(),
    }
}
