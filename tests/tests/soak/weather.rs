//! What goes wrong while it lasts: one neighbour after the other fails for a while and recovers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::market::Market;
use crate::proxy::Trouble;

/// How long each of them lasts, and the calm between two of them.
const SPELL: Duration = Duration::from_millis(1500);
/// How slow the ledger is when it is slow.
const SLOW: Duration = Duration::from_millis(200);

/// Everything that fails until further notice; nothing of it says so politely.
const FAULTS: [&str; 10] = [
    "settle:reset-after-settling",
    "verify:5xx=503",
    "settle:5xx-after-settling=502",
    "settle:5xx=500",
    "settle:failure-after-settling",
    "verify:reset",
    "settle:garbage-after-settling",
    "settle:settlement-pending",
    "settle:garbage",
    "settle:delay-after-settling=700",
];

/// Changes the weather until it is over, and leaves none of it behind. In every other storm the chain
/// cannot be asked either; in every third the ledger is slow.
pub(crate) async fn change(market: Arc<Market>, over: Arc<AtomicBool>) {
    let faults = market.sandbox.faults();
    let slow = |trouble| {
        if let Some(storage) = &market.storage {
            storage.always(trouble);
        }
    };
    for (number, fault) in (0_usize..).zip(FAULTS.iter().cycle()) {
        if over.load(Ordering::Relaxed) {
            break;
        }
        faults.order(fault).unwrap();
        if number.is_multiple_of(2) {
            faults.order("rpc:5xx").unwrap();
        }
        if number.is_multiple_of(3) {
            slow(Trouble::Slow(SLOW));
        }
        tokio::time::sleep(SPELL).await;
        faults.clear(None);
        slow(Trouble::None);
        tokio::time::sleep(SPELL).await;
    }
}
