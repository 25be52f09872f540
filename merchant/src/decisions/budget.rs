//! How long each step may take. Callers give up after 30 seconds (`AgentCore`'s HTTP client, and
//! CloudFront's default origin read timeout); a caller that gave up after paying is the case that
//! this product exists to avoid, so the steps are budgeted and the sum is checked by the compiler.

use std::time::Duration;

/// How long the most impatient caller waits for the first byte.
pub const CALLER_PATIENCE: Duration = Duration::from_secs(30);
/// What must be left of the caller's patience for networks and queues.
const MARGIN: Duration = Duration::from_secs(2);

/// All calls of `/verify` for one request together.
pub const VERIFY: Duration = Duration::from_secs(5);
/// One wait for the next block, spent at most once for a request, at verify or at settle.
pub const BLOCK_WAIT: Duration = Duration::from_secs(3);
/// All calls of `/settle` for one request together.
pub const SETTLE: Duration = Duration::from_secs(15);
/// From a settled payment to the first byte of the object.
pub const FIRST_BYTE: Duration = Duration::from_secs(2);
/// Asking the chain, all endpoints at once.
pub const EVIDENCE: Duration = Duration::from_secs(3);
/// One ledger or storage operation.
pub const STORAGE: Duration = Duration::from_secs(3);

/// Base and Base Sepolia make a block every two seconds (Base documentation, "Block building").
pub const BLOCK: Duration = Duration::from_secs(2);

const _: () = assert!(
    VERIFY.as_millis() + BLOCK_WAIT.as_millis() + SETTLE.as_millis() + FIRST_BYTE.as_millis()
        <= CALLER_PATIENCE.as_millis() - MARGIN.as_millis()
);

/// Can a sale that begins now come to its end? A platform that stops the process in between would
/// leave a payment in doubt, so a sale that cannot be finished is not begun.
#[must_use]
pub fn fits(time_left: Duration) -> bool {
    time_left >= SALE
}

/// From a payment to the object's first byte at the worst: recall and open at once, verify, claim,
/// settle, ask the chain, record.
pub const SALE: Duration = Duration::from_secs(
    VERIFY.as_secs()
        + BLOCK_WAIT.as_secs()
        + SETTLE.as_secs()
        + EVIDENCE.as_secs()
        + FIRST_BYTE.as_secs()
        + 3 * STORAGE.as_secs(),
);

/// How long a claim keeps others from taking the payment over. Longer than any honest holder can
/// take, so that nobody settles beside a living one.
pub const LEASE: Duration = Duration::from_secs(30);

const _: () =
    assert!(LEASE.as_millis() > VERIFY.as_millis() + BLOCK_WAIT.as_millis() + SETTLE.as_millis());
const _: () = assert!(LEASE.as_millis() >= CALLER_PATIENCE.as_millis());

/// The least that must remain of a payment's window when it arrives: facilitators want 6 seconds
/// (`@x402/evm`, x402-rs), and verify and the block wait come before they look a second time.
pub const WINDOW_LEFT_MIN: Duration = Duration::from_secs(14);

const _: () =
    assert!(WINDOW_LEFT_MIN.as_millis() >= VERIFY.as_millis() + BLOCK_WAIT.as_millis() + 6_000);

/// How much further than the offer's `maxTimeoutSeconds` a payment's window may reach, for clocks
/// that differ. A longer window would keep doubt, and the ledger's record, alive for longer.
pub const CLOCK_SLACK: Duration = Duration::from_mins(1);

/// A payment that becomes valid later than this is not a matter of block times, and no wait within
/// the caller's patience helps it.
pub const SKEW_MAX: Duration = Duration::from_secs(10);

/// How long a ledger record must outlive the payment's window at least.
pub const RECORD_MARGIN: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sale_is_begun_only_when_it_can_end() {
        #[rustfmt::skip]
        let rows = [
            // seconds left  begun
            (0,              false),
            (15,             false),
            (36,             false),
            (37,             true),
            (900,            true),
        ];
        for (seconds, begun) in rows {
            assert_eq!(fits(Duration::from_secs(seconds)), begun, "{seconds} s");
        }
    }
}
