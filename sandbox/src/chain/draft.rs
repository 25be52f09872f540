//! A block in the making: collects what its transactions did, and seals it under one hash. It
//! executes nothing and knows no state.

use super::block::{BASE_FEE, Block, Contents, Receipt};
use super::evm::Surroundings;
use super::state::Undo;
use super::submit::Admissible;
use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::{EthereumReceipt, Transaction as _, TxReceipt};
use alloy_primitives::{B256, Bloom, Bytes, Log};
use revm::context::result::{ExecutionResult, Output};

#[derive(Debug)]
pub(super) struct Draft {
    pub(super) around: Surroundings,
    pub(super) gas_used: u64,
    pub(super) undo: Undo,
    receipts: Vec<Receipt>,
    logs: u64,
}

impl Draft {
    pub(super) fn new(around: Surroundings) -> Self {
        Self { around, gas_used: 0, undo: Undo::default(), receipts: Vec::new(), logs: 0 }
    }

    pub(super) fn add(&mut self, included: &Admissible, result: ExecutionResult) {
        let gas_used = result.tx_gas_used();
        self.gas_used += gas_used;
        let ending = Ending::of(result);
        let transaction = included.transaction.clone();
        let receipt = Receipt {
            block_number: self.around.number,
            block_hash: B256::ZERO, // known when the block is sealed
            block_timestamp: self.around.timestamp,
            index: self.receipts.len() as u64,
            success: ending.success,
            revert: ending.revert,
            gas_used,
            cumulative_gas_used: self.gas_used,
            effective_gas_price: transaction.envelope.effective_gas_price(Some(BASE_FEE)),
            contract_address: ending.created,
            first_log_index: self.logs,
            logs: ending.logs,
            transaction,
        };
        self.logs += receipt.logs.len() as u64;
        self.receipts.push(receipt);
    }

    pub(super) fn seal(mut self, parent_hash: B256) -> (Block, Vec<Receipt>, Undo) {
        let Surroundings { number, timestamp } = self.around;
        let block = Block::seal(number, timestamp, parent_hash, self.contents());
        for receipt in &mut self.receipts {
            receipt.block_hash = block.hash;
        }
        (block, self.receipts, self.undo)
    }

    fn contents(&self) -> Option<Box<Contents>> {
        if self.receipts.is_empty() {
            return None;
        }
        let envelopes: Vec<_> = self.receipts.iter().map(|it| &it.transaction.envelope).collect();
        let receipts: Vec<_> =
            self.receipts.iter().map(|it| consensus(it).into_with_bloom()).collect();
        Some(Box::new(Contents {
            transactions: envelopes.iter().map(|it| *it.tx_hash()).collect(),
            gas_used: self.gas_used,
            logs_bloom: receipts.iter().fold(Bloom::ZERO, |all, it| all | it.logs_bloom),
            transactions_root: calculate_transaction_root(&envelopes),
            receipts_root: calculate_receipt_root(&receipts),
        }))
    }
}

/// The part of a receipt that the block's hash covers.
fn consensus(receipt: &Receipt) -> EthereumReceipt {
    EthereumReceipt {
        tx_type: receipt.transaction.envelope.tx_type(),
        success: receipt.success,
        cumulative_gas_used: receipt.cumulative_gas_used,
        logs: receipt.logs.clone(),
    }
}

struct Ending {
    success: bool,
    revert: Option<Bytes>,
    created: Option<alloy_primitives::Address>,
    logs: Vec<Log>,
}

impl Ending {
    fn of(result: ExecutionResult) -> Self {
        let failed = |revert| Self { success: false, revert, created: None, logs: Vec::new() };
        match result {
            ExecutionResult::Success { output, logs, .. } => {
                let created = match output {
                    Output::Create(_, address) => address,
                    Output::Call(_) => None,
                };
                Self { success: true, revert: None, created, logs }
            }
            ExecutionResult::Revert { output, .. } => failed(Some(output)),
            ExecutionResult::Halt { .. } => failed(None),
        }
    }
}
