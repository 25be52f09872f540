//! The chain as one value: state, history, pool and clock, and the making of blocks. It is neither
//! shared nor asynchronous; [`Chain`](super::Chain) is.

use super::block::{BLOCK_GAS_LIMIT, Block, BlockId};
use super::clock::{Clock, boundary};
use super::config::{BLOCK_SECONDS, ChainConfig, Mining};
use super::draft::Draft;
use super::evm::{Surroundings, execute};
use super::genesis;
use super::history::{BlockError, History};
use super::pool::Pool;
use super::state::{State, StateView, Undo};
use super::submit::{Admissible, SubmitError};
use alloy_primitives::B256;
use revm::context::result::InvalidTransaction;
use std::time::Duration;

/// When time jumps further than this (a laptop slept, a test skipped a year), the chain makes the
/// first and the last block of the gap and leaves out the others. One hour of blocks.
pub const CATCH_UP_BLOCKS_MAX: u64 = 1_800;

#[derive(Debug)]
pub(super) struct Core {
    pub(super) clock: Clock,
    pub(super) history: History,
    pub(super) pool: Pool,
    mining: Mining,
    next_timestamp: Option<u64>,
    state: State,
}

/// A timestamp that the next block cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLater {
    /// The timestamp of the newest block, which the next one must exceed.
    pub newest: u64,
}

impl std::fmt::Display for NotLater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the next block must be later than {}", self.newest)
    }
}

impl std::error::Error for NotLater {}

impl Core {
    pub(super) fn new(config: &ChainConfig) -> Self {
        let clock = Clock::new(config.time);
        let now = clock.now().as_secs();
        let timestamp = match config.mining {
            Mining::Interval => boundary(now),
            Mining::Automine | Mining::Manual => now,
        };
        let genesis = Block::seal(0, timestamp, B256::ZERO, None);
        Self {
            clock,
            history: History::starting_with(genesis, config.finality),
            pool: Pool::default(),
            mining: config.mining,
            next_timestamp: None,
            state: genesis::state(config),
        }
    }

    // ---- Time ----

    /// Makes the blocks that are due.
    pub(super) fn catch_up(&mut self) {
        if self.mining != Mining::Interval {
            return;
        }
        let missed = self.clock.now().as_secs().saturating_sub(self.newest()) / BLOCK_SECONDS;
        if missed > CATCH_UP_BLOCKS_MAX {
            self.produce();
            let last = boundary(self.clock.now().as_secs());
            self.next_timestamp = Some(last).filter(|it| *it > self.newest());
        }
        while self.newest() + BLOCK_SECONDS <= self.clock.now().as_secs() {
            self.produce();
        }
    }

    /// The next block, now. On a chain with a rhythm, time moves on to when it would have come.
    pub(super) fn mine(&mut self) {
        if self.mining == Mining::Interval {
            let due = self.newest() + BLOCK_SECONDS;
            self.clock.advance_to(due);
        }
        self.produce();
    }

    /// How long until the next block comes by itself.
    pub(super) fn until_next_block(&self) -> Option<Duration> {
        match self.mining {
            Mining::Interval => self.clock.until(self.newest() + BLOCK_SECONDS),
            Mining::Automine | Mining::Manual => None,
        }
    }

    /// Sets the time of the next block. The clock follows when that block is made, so that the
    /// chain goes on from there.
    pub(super) fn set_next_timestamp(&mut self, unix_seconds: u64) -> Result<(), NotLater> {
        let newest = self.newest();
        if unix_seconds <= newest {
            return Err(NotLater { newest });
        }
        self.next_timestamp = Some(unix_seconds);
        Ok(())
    }

    fn newest(&self) -> u64 {
        self.history.head().timestamp
    }

    /// The block to come, as far as it is known.
    pub(super) fn next(&self) -> Surroundings {
        let newest = self.newest();
        let timestamp = self.next_timestamp.unwrap_or_else(|| match self.mining {
            Mining::Interval => newest + BLOCK_SECONDS,
            Mining::Automine | Mining::Manual => self.clock.now().as_secs().max(newest + 1),
        });
        Surroundings { number: self.history.head().number + 1, timestamp }
    }

    // ---- State ----

    /// The state after the newest block.
    pub(super) fn present(&self) -> StateView<'_, History> {
        StateView { state: &self.state, past: Undo::default(), hashes: &self.history }
    }

    /// The state after a block, and what code sees around itself when it is called there.
    pub(super) fn at(
        &self,
        id: BlockId,
    ) -> Result<(StateView<'_, History>, Surroundings), BlockError> {
        if id == BlockId::Pending {
            return Ok((self.present(), self.next()));
        }
        let block = self.history.block(id)?;
        let past = self.history.undo_to(block.number);
        let view = StateView { state: &self.state, past, hashes: &self.history };
        Ok((view, Surroundings { number: block.number, timestamp: block.timestamp }))
    }

    // ---- Blocks ----

    /// Checks what only the state can tell and lets the transaction wait for its block.
    pub(super) fn submit(&mut self, admissible: Admissible) -> Result<B256, SubmitError> {
        let sender = self.present().account(admissible.transaction.from);
        let nonce = admissible.environment.nonce;
        if nonce < sender.nonce {
            return Err(SubmitError::NonceTooLow { next: sender.nonce, nonce });
        }
        let cost = admissible.cost();
        if sender.balance < cost {
            return Err(SubmitError::InsufficientFunds { balance: sender.balance, cost });
        }
        let hash = self.pool.add(admissible)?;
        if self.mining == Mining::Automine {
            self.produce();
        }
        Ok(hash)
    }

    /// Makes one block of everything in the pool that fits and can pay.
    fn produce(&mut self) {
        let around = self.next();
        let mut draft = Draft::new(around);
        for admissible in self.pool.drain() {
            let from = admissible.transaction.from;
            let early = admissible.environment.nonce > self.present().account(from).nonce;
            if early || draft.gas_used + admissible.environment.gas_limit > BLOCK_GAS_LIMIT {
                // It was in the pool a moment ago, so there is room for it.
                drop(self.pool.add(admissible));
                continue;
            }
            if let Err(error) = self.include(&admissible, &mut draft) {
                let transaction = admissible.transaction.hash();
                tracing::warn!(%transaction, %error, "dropped a transaction that became invalid");
            }
        }
        let parent_hash = self.history.head().hash;
        let (block, receipts, undo) = draft.seal(parent_hash);
        self.history.append(block, receipts, undo);
        if self.next_timestamp.take().is_some() {
            self.clock.advance_to(around.timestamp);
        }
    }

    fn include(&mut self, it: &Admissible, draft: &mut Draft) -> Result<(), InvalidTransaction> {
        let done = execute(&self.present(), draft.around, it.environment.clone())?;
        self.state.commit(done.state, &mut draft.undo);
        draft.add(it, done.result);
        Ok(())
    }
}
