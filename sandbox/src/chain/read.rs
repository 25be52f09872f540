//! Answers from the chain as it stands: blocks, receipts, logs, state, calls. Nothing here changes
//! anything.

use super::Chain;
use super::block::{Block, BlockId, LogEntry, Receipt, Transaction};
use super::call::{self, CallError, CallRequest};
use super::history::BlockError;
use super::logs::LogFilter;
use crate::token::{self, FiatToken};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use std::sync::Arc;

impl Chain {
    /// The newest block.
    #[must_use]
    pub fn head(&self) -> Arc<Block> {
        self.with(|core| core.history.head().clone())
    }

    /// A block. `Pending` is the newest one too: the block to come has no contents yet.
    pub fn block(&self, id: BlockId) -> Result<Arc<Block>, BlockError> {
        self.with(|core| core.history.block(id).cloned())
    }

    /// The time that the next block will have, as far as is known now.
    #[must_use]
    pub fn next_timestamp(&self) -> u64 {
        self.with(|core| core.next().timestamp)
    }

    /// A transaction that is in a block or waits for one.
    #[must_use]
    pub fn transaction(&self, hash: B256) -> Option<Arc<Transaction>> {
        self.with(|core| {
            let mined = core.history.receipt(hash).map(|it| it.transaction.clone());
            mined.or_else(|| core.pool.find(hash).cloned())
        })
    }

    /// What became of a transaction, if it is in a block.
    #[must_use]
    pub fn receipt(&self, hash: B256) -> Option<Arc<Receipt>> {
        self.with(|core| core.history.receipt(hash).cloned())
    }

    /// The logs from one block to another, both included, oldest first. There may be `limit` of
    /// them and one more, by which the caller sees that there are too many.
    pub fn logs(
        &self,
        filter: &LogFilter,
        blocks: (BlockId, BlockId),
        limit: usize,
    ) -> Result<Vec<LogEntry>, BlockError> {
        self.with(|core| {
            let first = core.history.number_of(blocks.0)?;
            let last = core.history.number_of(blocks.1)?;
            Ok(core.history.logs(filter, first, last, limit))
        })
    }

    /// Wei that an account has.
    pub fn balance(&self, account: Address, at: BlockId) -> Result<U256, BlockError> {
        self.with(|core| Ok(core.at(at)?.0.account(account).balance))
    }

    /// An account's next nonce. At `Pending`, what waits in the pool counts.
    pub fn nonce(&self, account: Address, at: BlockId) -> Result<u64, BlockError> {
        self.with(|core| {
            let mined = core.at(at)?.0.account(account).nonce;
            let pending = at == BlockId::Pending;
            Ok(if pending { core.pool.next_nonce(account, mined) } else { mined })
        })
    }

    /// The code at an address; empty for people.
    pub fn code(&self, account: Address, at: BlockId) -> Result<Bytes, BlockError> {
        self.with(|core| {
            let code = core.at(at)?.0.account(account).code;
            Ok(code.map(|it| it.original_bytes()).unwrap_or_default())
        })
    }

    /// One slot of a contract's storage.
    pub fn storage(&self, account: Address, slot: U256, at: BlockId) -> Result<U256, BlockError> {
        self.with(|core| Ok(core.at(at)?.0.slot(account, slot)))
    }

    /// What a call returns. At `Latest` it sees the newest block's time, at `Pending` the time of
    /// the block to come: an authorization may be too early for the one and good for the other.
    pub fn call(&self, request: &CallRequest, at: BlockId) -> Result<Bytes, CallError> {
        self.with(|core| {
            let (view, around) = core.at(at)?;
            call::call(&view, around, request)
        })
    }

    /// The gas that a transaction needs. Signers ask at `Pending`, since that is where it will be.
    pub fn estimate_gas(&self, request: &CallRequest, at: BlockId) -> Result<u64, CallError> {
        self.with(|core| {
            let (view, around) = core.at(at)?;
            call::estimate_gas(&view, around, request)
        })
    }

    /// USDC that an account has, in atomic units, as of the newest block.
    #[must_use]
    pub fn usdc_balance(&self, account: Address) -> U256 {
        self.ask_token(&FiatToken::balanceOfCall { account })
    }

    /// Whether an authorization is used or canceled, as of the newest block.
    #[must_use]
    pub fn authorization_state(&self, authorizer: Address, nonce: B256) -> bool {
        self.ask_token(&FiatToken::authorizationStateCall { authorizer, nonce })
    }

    /// A question that the token answers to everybody.
    fn ask_token<C: SolCall>(&self, question: &C) -> C::Return {
        let request = CallRequest::to(token::USDC, question.abi_encode());
        let answer = self.call(&request, BlockId::Latest).expect("the token answers view calls");
        C::abi_decode_returns(&answer).expect("the token answers as its interface says")
    }
}
