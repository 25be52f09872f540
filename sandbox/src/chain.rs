//! Base Sepolia as a value: an EVM, a clock, blocks every two seconds. [`Chain`] is the handle that
//! everybody shares. It opens no socket and starts no task: blocks that are due are made when
//! somebody looks, which nobody can tell from a chain that ticks by itself.

mod block;
mod call;
mod clock;
mod config;
mod core;
mod draft;
mod evm;
mod genesis;
mod history;
mod logs;
mod pool;
mod read;
mod send;
mod state;
mod submit;

pub use block::{BASE_FEE, BLOCK_GAS_LIMIT, Block, BlockId, LogEntry, Receipt, Transaction};
pub use call::{CallError, CallRequest, Revert};
pub use config::{BLOCK_SECONDS, CHAIN_ID, ChainConfig, Endowment, Finality, Mining, Time};
pub use core::{CATCH_UP_BLOCKS_MAX, NotLater};
pub use history::{BLOCKS_KEPT, BlockError, TRANSACTIONS_KEPT};
pub use logs::{LogFilter, TOPICS_MAX};
pub use pool::{POOL_TRANSACTIONS_MAX, REPLACEMENT_BUMP_PERCENT};
pub use send::{GAS_LIMIT_UNASKED, PRIORITY_FEE};
pub use submit::{SubmitError, TRANSACTION_BYTES_MAX};

use alloy_primitives::B256;
use core::Core;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use submit::Admissible;
use tokio::sync::watch;

/// A handle on one chain. Clones are handles on the same chain.
#[derive(Debug, Clone)]
pub struct Chain {
    core: Arc<Mutex<Core>>,
    /// The number of the newest block, for those who wait.
    newest: watch::Sender<u64>,
}

impl Chain {
    /// A new chain with block 0, in which the token and the endowments stand.
    #[must_use]
    pub fn new(config: &ChainConfig) -> Self {
        let core = Arc::new(Mutex::new(Core::new(config)));
        Self { core, newest: watch::Sender::new(0) }
    }

    // ---- Time ----

    /// The chain's unix time, in seconds. On a chain with a rhythm no block is ahead of it.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.with(|core| core.clock.now().as_secs())
    }

    /// By how much the chain's time was moved by hand, in all.
    #[must_use]
    pub fn time_added(&self) -> Duration {
        self.with(|core| core.clock.added())
    }

    /// Lets time pass; blocks that fall due are made.
    pub fn advance(&self, by: Duration) {
        self.with(|core| core.clock.advance(by));
        self.with(|_| ());
    }

    /// Lets time pass until this unix second, if it is not past already.
    pub fn advance_to(&self, unix_seconds: u64) {
        self.with(|core| core.clock.advance_to(unix_seconds));
        self.with(|_| ());
    }

    /// Makes the next block now, with everything in the pool, and moves the clock on to its time.
    #[expect(clippy::must_use_candidate, reason = "most callers want the block made, not seen")]
    pub fn mine(&self) -> Arc<Block> {
        self.with(|core| {
            core.mine();
            core.history.head().clone()
        })
    }

    /// Sets the time of the next block, which must be later than the newest one's. The clock
    /// follows when that block is made.
    pub fn set_next_timestamp(&self, unix_seconds: u64) -> Result<(), NotLater> {
        self.with(|core| core.set_next_timestamp(unix_seconds))
    }

    // ---- Transactions ----

    /// Takes a signed transaction as it travels (EIP-2718 or legacy) and lets it wait for the next
    /// block. Repeating it is harmless: it is known, or its nonce is used.
    pub fn submit(&self, raw: &[u8]) -> Result<B256, SubmitError> {
        let admissible = Admissible::decode(raw)?;
        self.with(|core| core.submit(admissible))
    }

    /// The receipt, as soon as there is one; `None` if nobody here has heard of the transaction.
    pub async fn wait_for_receipt(&self, hash: B256) -> Option<Arc<Receipt>> {
        let mut newest = self.newest.subscribe();
        loop {
            let (receipt, waiting, pause) = self.with(|core| {
                let receipt = core.history.receipt(hash).cloned();
                (receipt, core.pool.find(hash).is_some(), core.until_next_block())
            });
            if receipt.is_some() || !waiting {
                return receipt;
            }
            next_block(&mut newest, pause).await;
        }
    }

    /// The block with this number, as soon as there is one; `None` if it is forgotten.
    pub async fn wait_for_block(&self, number: u64) -> Option<Arc<Block>> {
        let mut newest = self.newest.subscribe();
        loop {
            let (found, pause) = self.with(|core| {
                (core.history.block(BlockId::Number(number)).cloned(), core.until_next_block())
            });
            match found {
                Ok(block) => return Some(block),
                Err(BlockError::Forgotten) => return None,
                Err(BlockError::Unknown) => next_block(&mut newest, pause).await,
            }
        }
    }

    /// One look at the chain, or one change. The blocks that are due are made first, and whoever
    /// waits for a block learns of new ones.
    ///
    /// A panic in one caller must not take the chain away from the others, so a poisoned lock is
    /// taken all the same.
    fn with<T>(&self, look: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.catch_up();
        let seen = look(&mut core);
        let number = core.history.head().number;
        drop(core);
        self.newest.send_if_modified(|newest| {
            let advanced = number > *newest;
            *newest = number.max(*newest);
            advanced
        });
        seen
    }
}

/// Until a block is made by somebody, or is due.
async fn next_block(newest: &mut watch::Receiver<u64>, pause: Option<Duration>) {
    match pause {
        // Either way the caller looks again.
        Some(pause) => drop(tokio::time::timeout(pause, newest.changed()).await),
        None => drop(newest.changed().await),
    }
}
