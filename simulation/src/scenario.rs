//! What a seed draws before a run begins: who takes part, and how bad things are.

use merchant::walk::Onchain;

use crate::chance::Chance;

/// Most merchants' processes in one run.
pub(crate) const MERCHANTS_MAX: usize = 3;

/// The circumstances of one run.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "circumstances that have nothing to do with each other"
)]
pub(crate) struct Scenario {
    /// Processes over one ledger.
    pub(crate) merchants: usize,
    /// How many seconds each one's clock is ahead of the chain's; behind, where negative.
    pub(crate) skews: [i64; MERCHANTS_MAX],
    pub(crate) onchain: Onchain,
    /// RPC endpoints. With two, the second may lie.
    pub(crate) endpoints: usize,
    pub(crate) endpoint_lies: bool,
    /// Of a thousand messages, how many go wrong.
    pub(crate) trouble: u64,
    /// Of a thousand polls of a merchant's task, after how many its process crashes.
    pub(crate) crashes: u64,
    /// Crash after this poll of all, whatever chance says.
    pub(crate) crash_after: Option<u64>,
    /// From then on nothing goes wrong any more, in ms.
    pub(crate) calm_at: u64,
    /// When everybody gives up, in ms.
    pub(crate) over_at: u64,
    pub(crate) facilitator: Manner,
    /// Of a thousand transactions, how many are never mined or very late.
    pub(crate) dropped: u64,
    /// Of a thousand transactions, how many are outrun by a copy.
    pub(crate) front_runs: u64,
    /// The storage keeps versions.
    pub(crate) versions: bool,
    /// Of a thousand creates, how many are answered by a conflict that left no record.
    pub(crate) conflicts: u64,
    /// Redelivery by client address is on.
    pub(crate) same_client: bool,
    pub(crate) buyers: usize,
    pub(crate) thieves: usize,
    pub(crate) rogues: usize,
    /// The publisher replaces or withdraws objects.
    pub(crate) publishes: bool,
}

/// How the facilitator behaves.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// What it says of a nonce that it spent before.
    pub(crate) replays: Replay,
    /// It looks at the balance before the nonce.
    pub(crate) balance_first: bool,
    /// How long it waits for a receipt, in ms.
    pub(crate) patience: u64,
    /// It submits the payments of one block in one transaction.
    pub(crate) batches: bool,
    /// Of a thousand settlements, how many it calls pending at once.
    pub(crate) pending: u64,
    /// Of a thousand settlements, of how many it says that they succeeded, and does nothing.
    pub(crate) lies: u64,
    /// Of a thousand calls, how many end in an answer without a verdict.
    pub(crate) garbage: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    Success,
    NonceUsed,
    UnexpectedError,
}

impl Scenario {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let onchain = chance.pick(&[Onchain::Off, Onchain::Doubt, Onchain::Doubt, Onchain::Always]);
        let endpoints = chance.pick(&[0, 1, 1, 2]);
        let calm_at = chance.between(10_000, 55_000);
        let skewed = chance.permille(300);
        let mut skew = || i64::try_from(chance.between(0, 20)).unwrap_or(0) - 10;
        let skews = [0; MERCHANTS_MAX].map(|none| if skewed { skew() } else { none });
        Self {
            merchants: chance.index(MERCHANTS_MAX) + 1,
            skews,
            onchain,
            endpoints,
            endpoint_lies: endpoints == 2 && chance.permille(300),
            trouble: chance.pick(&[0, 10, 30, 100, 250]),
            crashes: chance.pick(&[0, 0, 3, 20, 60]),
            crash_after: None,
            calm_at,
            // Where doubt has no end, nothing is waited for.
            over_at: if onchain == Onchain::Off || endpoints == 0 {
                calm_at + 20_000
            } else {
                calm_at + 110_000
            },
            facilitator: Manner::draw(chance),
            dropped: chance.pick(&[0, 0, 50, 300]),
            front_runs: chance.pick(&[0, 0, 100, 500]),
            versions: chance.permille(500),
            conflicts: chance.pick(&[0, 0, 50, 200]),
            same_client: chance.permille(800),
            buyers: chance.index(3) + 1,
            thieves: chance.pick(&[0, 0, 1]),
            rogues: chance.pick(&[0, 0, 1, 2]),
            publishes: chance.permille(200),
        }
    }

    /// One merchant, one buyer, and nothing that goes wrong by chance.
    pub(crate) fn quiet() -> Self {
        Self {
            merchants: 1,
            skews: [0; MERCHANTS_MAX],
            onchain: Onchain::Doubt,
            endpoints: 1,
            endpoint_lies: false,
            trouble: 0,
            crashes: 0,
            crash_after: None,
            calm_at: 30_000,
            over_at: 140_000,
            facilitator: Manner {
                replays: Replay::NonceUsed,
                balance_first: false,
                patience: 10_000,
                batches: false,
                pending: 0,
                lies: 0,
                garbage: 0,
            },
            dropped: 0,
            front_runs: 0,
            versions: false,
            conflicts: 0,
            same_client: true,
            buyers: 1,
            thieves: 0,
            rogues: 0,
            publishes: false,
        }
    }
}

impl Manner {
    fn draw(chance: &mut Chance) -> Self {
        let replays = [Replay::Success, Replay::NonceUsed, Replay::UnexpectedError];
        Self {
            replays: chance.pick(&replays),
            balance_first: chance.permille(500),
            patience: chance.between(3_000, 20_000),
            batches: chance.permille(100),
            pending: chance.pick(&[0, 0, 100, 500]),
            lies: chance.pick(&[0, 0, 0, 200]),
            garbage: chance.pick(&[0, 0, 50, 200]),
        }
    }
}
