//! Budgets of time: what is left of a phase, and what takes too long.

use std::time::Duration;

use futures_util::future::{Either, select};

use crate::decisions::faults::LedgerFault;
use crate::ports::Clock;

/// What is left of a phase's time. Waiting for a block has its own budget and does not count.
pub(super) struct Budget<'a, C> {
    clock: &'a C,
    until: Duration,
}

impl<'a, C: Clock> Budget<'a, C> {
    pub(super) fn new(clock: &'a C, span: Duration) -> Self {
        Self { clock, until: clock.uptime() + span }
    }

    pub(super) fn limit(&self) -> Duration {
        self.until.saturating_sub(self.clock.uptime())
    }

    pub(super) async fn pause(&mut self, wait: Duration) {
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
            self.until += wait;
        }
    }
}

/// The future's result, or nothing when it takes longer than the limit.
pub(super) async fn within<T>(
    clock: &impl Clock,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let future = std::pin::pin!(future);
    let alarm = std::pin::pin!(clock.sleep(limit));
    match select(future, alarm).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(((), _)) => None,
    }
}

/// What a ledger that does not answer in time amounts to.
pub(super) fn too_slow<T>() -> Result<T, LedgerFault> {
    Err(LedgerFault::Unavailable("no answer in time".into()))
}
