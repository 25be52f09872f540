//! Time and chance, as ports, so that tests own both.

use std::fmt;
use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wire::{Nonce, UnixTime};

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// The wall clock. Not required to be monotonic.
    fn now(&self) -> UnixTime;

    /// Returns after this span.
    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send;
}

/// Draws nonces.
pub trait Randomness: Send + Sync {
    /// 32 bytes that nobody can predict and that never come again.
    fn nonce(&self) -> Result<Nonce, NoRandomness>;
}

/// The operating system gave no random bytes. Nothing can be signed without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRandomness;

/// The machine's own clock and the operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the clock behind the port")]
    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime::EPOCH.after(since)
    }

    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(span)
    }
}

impl Randomness for System {
    fn nonce(&self) -> Result<Nonce, NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Nonce::new(bytes))
    }
}

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gave no random bytes")
    }
}

impl std::error::Error for NoRandomness {}
