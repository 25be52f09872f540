//! What a chain is made with: its clock, its rhythm, its first balances. Nothing here changes once
//! the chain runs.

use crate::accounts::{operator, testers};
use crate::token::ONE_USDC;
use alloy_primitives::{Address, U256};

/// Base Sepolia. Source: docs.base.org, "Network information".
pub const CHAIN_ID: u64 = 84532;

/// Base makes a block every two seconds, at even seconds of unix time (the genesis of Base Sepolia
/// is 1695768288). Source: docs.base.org and the chain itself.
pub const BLOCK_SECONDS: u64 = 2;

/// Where the chain's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// The machine's clock.
    System,
    /// Stands still at this unix second until it is advanced by hand.
    Manual(u64),
}

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mining {
    /// Every [`BLOCK_SECONDS`], as Base does, whether there are transactions or not.
    Interval,
    /// One block for each transaction, at once.
    Automine,
    /// Only when asked.
    Manual,
}

/// How many blocks the tags `safe` and `finalized` lag behind `latest`.
///
/// One process makes this chain and never takes a block back, so each block is final at once and
/// both lags are zero unless a test wants to see how a reader copes. (On Base `finalized` is some
/// 15 to 20 minutes behind.)
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Finality {
    /// Lag of `safe`, in blocks.
    pub safe_blocks: u64,
    /// Lag of `finalized`, in blocks.
    pub finalized_blocks: u64,
}

/// What an account owns in the first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endowment {
    /// Whose.
    pub owner: Address,
    /// In wei.
    pub ether: U256,
    /// In atomic units, six decimals.
    pub usdc: U256,
}

/// Everything that a chain is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainConfig {
    /// Its clock.
    pub time: Time,
    /// Its rhythm.
    pub mining: Mining,
    /// Its tags.
    pub finality: Finality,
    /// Its first balances. The operator's ether comes on top.
    pub endowments: Vec<Endowment>,
}

impl Default for ChainConfig {
    /// Base Sepolia on this machine's clock, with ten rich test accounts.
    fn default() -> Self {
        Self {
            time: Time::System,
            mining: Mining::Interval,
            finality: Finality::default(),
            endowments: testers().iter().map(|it| Endowment::ample(it.address())).collect(),
        }
    }
}

impl ChainConfig {
    /// The same chain on a clock that tests drive by hand.
    #[must_use]
    pub fn by_hand(unix_seconds: u64) -> Self {
        Self { time: Time::Manual(unix_seconds), ..Self::default() }
    }
}

impl Endowment {
    /// More than any test spends: 10,000 ETH and 1,000,000 USDC.
    #[must_use]
    pub fn ample(owner: Address) -> Self {
        Self { owner, ether: whole_ether(10_000), usdc: U256::from(1_000_000 * ONE_USDC) }
    }

    /// The operator pays for the faucet, so it has ether beyond counting, and no token.
    pub(super) fn of_operator() -> Self {
        let owner = operator().address();
        Self { owner, ether: whole_ether(1_000_000_000), usdc: U256::ZERO }
    }
}

fn whole_ether(count: u64) -> U256 {
    U256::from(count) * U256::from(1_000_000_000_000_000_000_u64)
}
