//! The records of the chain: transactions, receipts, logs, blocks, and the questions "which block?".
//! They are made once, when a block is made, and never change.

use alloy_consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy_consensus::{Header, TxEnvelope};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, address};
use std::sync::Arc;

/// Gas of one block. Ethereum's own limit of 2025; ours is never near it.
pub const BLOCK_GAS_LIMIT: u64 = 60_000_000;

/// Wei per gas, 0.001 gwei, the order of magnitude of Base Sepolia. It is constant: a chain of one
/// machine has no congestion to price.
pub const BASE_FEE: u64 = 1_000_000;

/// Who receives the tips: the `SequencerFeeVault`, as on every OP stack chain.
pub(super) const FEE_RECIPIENT: Address = address!("4200000000000000000000000000000000000011");

/// Marks our headers, and with that our block hashes, as not those of Base Sepolia.
const EXTRA_DATA: &[u8] = b"x402-sandbox";

/// Which block a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockId {
    /// The newest block.
    Latest,
    /// The state after the newest block, at the time of the block to come. Transactions that wait
    /// in the pool do not count, as on OP stack nodes, except for an account's next nonce.
    Pending,
    /// See [`Finality`](super::Finality).
    Safe,
    /// See [`Finality`](super::Finality).
    Finalized,
    /// The oldest block that is kept: at first block 0.
    Earliest,
    /// By number.
    Number(u64),
    /// By hash.
    Hash(B256),
}

/// A signed transaction whose signer is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Transaction {
    /// As it was signed.
    pub envelope: TxEnvelope,
    /// Who signed it.
    pub from: Address,
}

impl Transaction {
    /// Its name everywhere.
    #[must_use]
    pub fn hash(&self) -> B256 {
        *self.envelope.tx_hash()
    }
}

/// What became of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction itself.
    pub transaction: Arc<Transaction>,
    /// The block that includes it.
    pub block_number: u64,
    /// The same block.
    pub block_hash: B256,
    /// When, in unix seconds.
    pub block_timestamp: u64,
    /// Its place in the block.
    pub index: u64,
    /// Whether it did what it was meant to. A transaction that reverted is in the block all the
    /// same, and paid for its gas.
    pub success: bool,
    /// What a reverted transaction returned. Nodes do not keep this; it is here for tests.
    pub revert: Option<Bytes>,
    /// Gas that it used.
    pub gas_used: u64,
    /// Gas that it and all before it in the block used.
    pub cumulative_gas_used: u64,
    /// Wei per gas that it paid.
    pub effective_gas_price: u128,
    /// The contract that it created.
    pub contract_address: Option<Address>,
    /// Its logs, in order.
    pub logs: Vec<Log>,
    /// The place of its first log among the logs of the block.
    pub first_log_index: u64,
}

impl Receipt {
    /// Its logs with everything that says where they are.
    pub fn entries(&self) -> impl Iterator<Item = LogEntry> + '_ {
        (self.first_log_index..).zip(&self.logs).map(|(log_index, log)| LogEntry {
            log: log.clone(),
            block_number: self.block_number,
            block_hash: self.block_hash,
            block_timestamp: self.block_timestamp,
            transaction_hash: self.transaction.hash(),
            transaction_index: self.index,
            log_index,
        })
    }
}

/// A log and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Address, topics and data.
    pub log: Log,
    /// The block that holds it.
    pub block_number: u64,
    /// The same block.
    pub block_hash: B256,
    /// When, in unix seconds.
    pub block_timestamp: u64,
    /// The transaction that emitted it.
    pub transaction_hash: B256,
    /// That transaction's place in the block.
    pub transaction_index: u64,
    /// The log's place in the block.
    pub log_index: u64,
}

/// A block. Empty ones, which are nearly all, take little room.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// Counted from 0.
    pub number: u64,
    /// Unix seconds, always later than the parent's.
    pub timestamp: u64,
    /// Hash of [`Block::header`].
    pub hash: B256,
    /// Hash of the block before; zero for block 0.
    pub parent_hash: B256,
    contents: Option<Box<Contents>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) transactions: Vec<B256>,
    pub(super) gas_used: u64,
    pub(super) logs_bloom: Bloom,
    pub(super) transactions_root: B256,
    pub(super) receipts_root: B256,
}

impl Block {
    pub(super) fn seal(
        number: u64,
        timestamp: u64,
        parent_hash: B256,
        contents: Option<Box<Contents>>,
    ) -> Self {
        let mut block = Self { number, timestamp, hash: B256::ZERO, parent_hash, contents };
        block.hash = block.header().hash_slow();
        block
    }

    /// Its transactions, in order.
    #[must_use]
    pub fn transactions(&self) -> &[B256] {
        self.contents.as_ref().map_or(&[], |it| &it.transactions)
    }

    /// The header that the hash is of. Real in every field but the state root, which is zero: the
    /// sandbox keeps no state trie and serves no proofs.
    #[must_use]
    pub fn header(&self) -> Header {
        let contents = self.contents.as_deref();
        Header {
            parent_hash: self.parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: FEE_RECIPIENT,
            transactions_root: contents.map_or(EMPTY_ROOT_HASH, |it| it.transactions_root),
            receipts_root: contents.map_or(EMPTY_ROOT_HASH, |it| it.receipts_root),
            logs_bloom: contents.map(|it| it.logs_bloom).unwrap_or_default(),
            number: self.number,
            gas_limit: BLOCK_GAS_LIMIT,
            gas_used: contents.map_or(0, |it| it.gas_used),
            timestamp: self.timestamp,
            extra_data: Bytes::from_static(EXTRA_DATA),
            base_fee_per_gas: Some(BASE_FEE),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        }
    }
}
