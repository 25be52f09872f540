//! What a payment that the ledger knows already may get. Never a 402 before it is proven void: it
//! may have been charged.

use std::time::Duration;

use wire::{Authorization, PaymentKey, UnixTime};

use crate::decisions::codes::Code;
use crate::decisions::records::{Claim, Entry, SettledRecord};
use crate::decisions::refusal::Refusal;

/// For how long, and on what proof, an object is sent again to who bought it.
///
/// After settlement the whole payment stands on the chain for all to read, so presenting it again
/// proves nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redelivery {
    /// With the same `payment-identifier`, which is not on the chain.
    pub window: Duration,
    /// From the same client address; nothing turns it off.
    pub same_client: Option<Duration>,
}

impl Default for Redelivery {
    fn default() -> Self {
        Self {
            // AWS WAF's window for retries with a payment identifier (AWS documentation).
            window: Duration::from_mins(15),
            // Long enough for a retry after a broken connection; CloudFront's own come at once.
            same_client: Some(Duration::from_mins(2)),
        }
    }
}

/// Who presents a payment again.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Public URL of what is asked for.
    pub resource: &'a str,
    /// What was signed.
    pub authorization: &'a Authorization,
    /// Where the request came from.
    pub client: Option<&'a str>,
    /// Hash of the payer's own name for the purchase.
    pub identifier: Option<&'a str>,
}

/// What follows for a payment that is bound already.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// A reply without content.
    Refuse(Refusal),
    /// Proven void: a new payment is welcome, for this reason.
    Void(&'static str),
    /// Bought, and asked for again by who bought it.
    Redeliver(SettledRecord),
    /// Nobody works on it: take it over as the attempt of this number, and resolve.
    TakeOver(u32),
}

/// Judges a payment that is bound already.
#[must_use]
pub fn judge(entry: &Entry, asker: Asker<'_>, terms: Redelivery, now: UnixTime) -> Known {
    let already_used = || Known::Refuse(Refusal::new(Code::PaymentAlreadyUsed));
    if entry.claim.resource != asker.resource || !is_the_claimed(&entry.claim, asker.authorization)
    {
        return already_used();
    }
    if let Some(settled) = entry.settled {
        let bought = is_the_buyer(&entry.claim, asker, terms, settled.settled_at, now);
        return if bought { Known::Redeliver(settled) } else { already_used() };
    }
    match (entry.void, entry.lease_until) {
        (Some(void), _) => Known::Void(void.cause.reason()),
        (None, Some(lease)) if now <= lease => {
            Known::Refuse(Refusal::new(Code::SettlementInProgress))
        }
        (None, _) => Known::TakeOver(entry.attempts + 1),
    }
}

/// Judges another payment under the name of this purchase. It is never charged: either the first
/// one buys, or it is in doubt, or the name is used for something else.
#[must_use]
pub fn judge_namesake(
    entry: &Entry,
    asker: Asker<'_>,
    first: PaymentKey,
    terms: Redelivery,
    now: UnixTime,
) -> Known {
    if entry.claim.resource != asker.resource || first.payer != asker.authorization.from {
        return Known::Refuse(Refusal::new(Code::PaymentIdentifierConflict));
    }
    match (entry.settled, entry.lease_until) {
        (Some(settled), _) if is_the_buyer(&entry.claim, asker, terms, settled.settled_at, now) => {
            Known::Redeliver(settled)
        }
        (Some(_), _) => Known::Refuse(Refusal::new(Code::PaymentIdentifierConflict)),
        (None, Some(lease)) if now <= lease => Known::Refuse(Refusal::new(Code::SettlementUnknown)),
        (None, _) => Known::TakeOver(entry.attempts + 1),
    }
}

/// The key names payer and nonce only: another amount or payee under the same nonce is another
/// authorization, of which at most one can ever be charged.
fn is_the_claimed(claim: &Claim, presented: &Authorization) -> bool {
    claim.requirements.amount == presented.value
        && claim.requirements.pay_to.evm() == Some(presented.to)
        && claim.valid_before == presented.valid_before
}

/// Does the asker prove to be who made the purchase? `since` is when the redelivery windows began.
#[must_use]
pub fn is_the_buyer(
    claim: &Claim,
    asker: Asker<'_>,
    terms: Redelivery,
    since: UnixTime,
    now: UnixTime,
) -> bool {
    let same =
        |ours: &Option<String>, theirs: Option<&str>| ours.is_some() && ours.as_deref() == theirs;
    let named = same(&claim.identifier, asker.identifier) && now <= since.after(terms.window);
    let client = terms.same_client.is_some_and(|window| now <= since.after(window));
    named || client && same(&claim.client, asker.client)
}
