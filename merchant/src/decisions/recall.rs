//! What a payment that the ledger knows already may get. Never a 402: it may have been charged.

use wire::UnixTime;

use crate::decisions::codes::Code;
use crate::decisions::records::Entry;
use crate::decisions::refusal::Refusal;

/// Judges a payment that is bound already. `resource` is the public URL that it is presented for.
#[must_use]
pub fn judge(entry: &Entry, resource: &str, now: UnixTime) -> Refusal {
    if entry.claim.resource != resource {
        return Refusal::new(Code::PaymentAlreadyUsed);
    }
    match &entry.settled {
        // The whole payment is public on the chain by now: presenting it again proves nothing.
        Some(_) => Refusal::new(Code::PaymentAlreadyUsed),
        None if now <= entry.claim.lease_until => Refusal::new(Code::SettlementInProgress),
        None => Refusal::new(Code::SettlementUnknown),
    }
}
