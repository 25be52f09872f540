//! The blocks and receipts that the chain remembers. A sandbox may run for weeks, so the oldest
//! ones are forgotten, and a question about them is refused rather than answered wrongly.

use super::block::{Block, BlockId, LogEntry, Receipt};
use super::config::Finality;
use super::logs::LogFilter;
use super::state::{BlockHashes, Undo};
use alloy_primitives::B256;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

/// One day of blocks; empty ones take some 300 bytes each.
pub const BLOCKS_KEPT: usize = 43_200;

/// Transactions with their receipts and what they overwrote take some 3 kB each.
pub const TRANSACTIONS_KEPT: usize = 100_000;

/// Why there is no answer about a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockError {
    /// No such block, or not yet.
    Unknown,
    /// Older than what is kept.
    Forgotten,
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "header not found",
            Self::Forgotten => "pruned history unavailable",
        })
    }
}

impl std::error::Error for BlockError {}

#[derive(Debug)]
pub(super) struct History {
    finality: Finality,
    /// Never empty; numbers are consecutive.
    sealed: VecDeque<Sealed>,
    numbers: HashMap<B256, u64>,
    receipts: HashMap<B256, Arc<Receipt>>,
}

#[derive(Debug)]
struct Sealed {
    block: Arc<Block>,
    undo: Undo,
}

impl History {
    pub(super) fn starting_with(genesis: Block, finality: Finality) -> Self {
        let mut history = Self {
            finality,
            sealed: VecDeque::new(),
            numbers: HashMap::new(),
            receipts: HashMap::new(),
        };
        history.append(genesis, Vec::new(), Undo::default());
        history
    }

    pub(super) fn append(&mut self, block: Block, receipts: Vec<Receipt>, undo: Undo) {
        self.numbers.insert(block.hash, block.number);
        for receipt in receipts {
            self.receipts.insert(receipt.transaction.hash(), Arc::new(receipt));
        }
        self.sealed.push_back(Sealed { block: Arc::new(block), undo });
        while self.sealed.len() > BLOCKS_KEPT
            || (self.receipts.len() > TRANSACTIONS_KEPT && self.sealed.len() > 1)
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.sealed.pop_front() else { return };
        self.numbers.remove(&oldest.block.hash);
        for hash in oldest.block.transactions() {
            self.receipts.remove(hash);
        }
    }

    pub(super) fn head(&self) -> &Arc<Block> {
        &self
            .sealed
            .back()
            .expect("the history starts with a block and never forgets the last")
            .block
    }

    fn first_number(&self) -> u64 {
        self.head().number + 1 - self.sealed.len() as u64
    }

    /// The number of an existing block; `Pending` stands for the newest.
    pub(super) fn number_of(&self, id: BlockId) -> Result<u64, BlockError> {
        let head = self.head().number;
        let first = self.first_number();
        let number = match id {
            BlockId::Latest | BlockId::Pending => head,
            BlockId::Safe => head.saturating_sub(self.finality.safe_blocks).max(first),
            BlockId::Finalized => head.saturating_sub(self.finality.finalized_blocks).max(first),
            BlockId::Earliest => first,
            BlockId::Number(number) => number,
            BlockId::Hash(hash) => *self.numbers.get(&hash).ok_or(BlockError::Unknown)?,
        };
        match number {
            _ if number > head => Err(BlockError::Unknown),
            _ if number < first => Err(BlockError::Forgotten),
            _ => Ok(number),
        }
    }

    pub(super) fn block(&self, id: BlockId) -> Result<&Arc<Block>, BlockError> {
        let number = self.number_of(id)?;
        let back = usize::try_from(self.head().number - number).unwrap_or(usize::MAX);
        let sealed = self.sealed.iter().rev().nth(back);
        sealed.map(|it| &it.block).ok_or(BlockError::Unknown)
    }

    pub(super) fn receipt(&self, hash: B256) -> Option<&Arc<Receipt>> {
        self.receipts.get(&hash)
    }

    /// What to lay over the present state to see it as it was after this block.
    pub(super) fn undo_to(&self, number: u64) -> Undo {
        let mut past = Undo::default();
        for sealed in self.sealed.iter().rev().take_while(|it| it.block.number > number) {
            past.overlay(&sealed.undo);
        }
        past
    }

    /// The logs that match, in order, but no more than one above `limit`: enough to see that it was
    /// exceeded.
    pub(super) fn logs(
        &self,
        filter: &LogFilter,
        first: u64,
        last: u64,
        limit: usize,
    ) -> Vec<LogEntry> {
        let skipped =
            usize::try_from(first.saturating_sub(self.first_number())).unwrap_or(usize::MAX);
        let blocks = self.sealed.iter().skip(skipped).map(|it| &it.block);
        let range = blocks.take_while(|it| it.number <= last);
        let receipts = range.flat_map(|it| it.transactions()).filter_map(|it| self.receipt(*it));
        let entries = receipts.flat_map(|it| it.entries());
        entries.filter(|it| filter.matches(&it.log)).take(limit.saturating_add(1)).collect()
    }
}

impl BlockHashes for History {
    fn block_hash(&self, number: u64) -> B256 {
        self.block(BlockId::Number(number)).map(|it| it.hash).unwrap_or_default()
    }
}
