//! The chain's time: the machine's clock or one that stands still, plus what was added by hand. It
//! never runs backwards by hand, and it makes no blocks.

use super::config::{BLOCK_SECONDS, Time};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Debug)]
pub(super) struct Clock {
    time: Time,
    added: Duration,
}

impl Clock {
    pub(super) fn new(time: Time) -> Self {
        Self { time, added: Duration::ZERO }
    }

    /// Since the unix epoch. A machine whose clock stands before 1970 is at 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the chain's clock")]
    pub(super) fn now(&self) -> Duration {
        let base = match self.time {
            Time::System => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Time::Manual(seconds) => Duration::from_secs(seconds),
        };
        base + self.added
    }

    pub(super) fn added(&self) -> Duration {
        self.added
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.added += by;
    }

    /// To the start of this second; does nothing when it has passed.
    pub(super) fn advance_to(&mut self, unix_seconds: u64) {
        self.added += Duration::from_secs(unix_seconds).saturating_sub(self.now());
    }

    /// How long to sleep until then; nothing to sleep for when time stands still.
    pub(super) fn until(&self, unix_seconds: u64) -> Option<Duration> {
        match self.time {
            Time::System => Some(Duration::from_secs(unix_seconds).saturating_sub(self.now())),
            Time::Manual(_) => None,
        }
    }
}

/// The last block boundary that is not after this second.
pub(super) fn boundary(unix_seconds: u64) -> u64 {
    unix_seconds - unix_seconds % BLOCK_SECONDS
}
