//! Does a payment take one of our offers? Decided from the request and the configuration alone.

use wire::{PaymentKey, UnixTime, v2};

use crate::decisions::budget::{CLOCK_SLACK, WINDOW_LEFT_MIN};
use crate::decisions::offer::Offer;
use crate::decisions::payment::Payment;
use crate::decisions::policy::PricedRoute;

/// Why a well-formed payment does not pay for the resource: the reason in the 402 that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch(pub &'static str);

const NO_MATCH: Mismatch = Mismatch("no_matching_payment_requirements");
const WRONG_AMOUNT: Mismatch = Mismatch("invalid_exact_evm_payload_authorization_value_mismatch");
const WRONG_RECIPIENT: Mismatch = Mismatch("invalid_exact_evm_payload_recipient_mismatch");
const WRONG_END: Mismatch = Mismatch("invalid_exact_evm_payload_authorization_valid_before");

/// The word of `@x402/core` 2.27.0.
const ALTERED: Mismatch = Mismatch("extension_echo_mismatch");

/// The key under which the ledger may know this payment, whether or not it takes an offer of ours:
/// a payment that was submitted before must be recognised even where the price has changed since.
#[must_use]
pub fn key(route: &PricedRoute, payment: &Payment) -> Option<PaymentKey> {
    let network = match payment {
        Payment::V2(payment) => return payment.key(),
        Payment::V1(_, network) => network,
    };
    if let Some(offer) = candidate(route, payment) {
        let authorization = payment.authorization();
        return Some(PaymentKey::of(offer.chain_id(), offer.asset(), authorization));
    }
    // Version 1 does not name the asset. On a network that is not offered any more it was most
    // likely the one that everybody offers there.
    let network = network.as_ref()?;
    let asset = network.known()?.asset.address.into();
    Some(PaymentKey::of(network.chain_id()?, asset, payment.authorization()))
}

/// The offer that the payment takes: named by the payer, found among ours, and signed for exactly
/// its price, its payee and a window of sensible length.
pub fn admit<'a>(
    route: &'a PricedRoute,
    payment: &Payment,
    now: UnixTime,
) -> Result<&'a Offer, Mismatch> {
    let offer = candidate(route, payment).ok_or(NO_MATCH)?;
    let signed = payment.authorization();
    let requirements = offer.requirements();
    if requirements.pay_to.evm() != Some(signed.to) {
        return Err(WRONG_RECIPIENT);
    }
    // Exactly: some facilitators accept more than the price, and the payer would never see it again.
    if requirements.amount != signed.value {
        return Err(WRONG_AMOUNT);
    }
    let latest = now.after(requirements.max_timeout).after(CLOCK_SLACK);
    if signed.valid_before < now.after(WINDOW_LEFT_MIN) || signed.valid_before > latest {
        return Err(WRONG_END);
    }
    if !is_echoed(route, payment) {
        return Err(ALTERED);
    }
    Ok(offer)
}

/// Extensions are version 2's.
fn is_echoed(route: &PricedRoute, payment: &Payment) -> bool {
    match (route.challenge.listing(), payment) {
        (Some(listing), Payment::V2(payment)) => listing.is_echoed_by(&payment.extensions),
        (Some(_) | None, _) => true,
    }
}

/// The offer that the payment names.
fn candidate<'a>(route: &'a PricedRoute, payment: &Payment) -> Option<&'a Offer> {
    match payment {
        Payment::V2(payment) => {
            route.offers.iter().find(|it| is_ours(it.requirements(), &payment.accepted))
        }
        Payment::V1(payment, network) => {
            let network = network.as_ref()?;
            let named = |it: &&Offer| {
                it.v1_network().is_some()
                    && it.requirements().scheme == payment.scheme
                    && it.requirements().network == *network
            };
            // Version 1 does not name the asset: among several on one network the price decides.
            let value = payment.payload.authorization.value;
            let exact =
                route.offers.iter().filter(named).find(|it| it.requirements().amount == value);
            exact.or_else(|| route.offers.iter().find(named))
        }
    }
}

/// Every member that decides about money equals ours; the payer's `extra` may hold more than ours.
fn is_ours(ours: &v2::PaymentRequirements, theirs: &v2::PaymentRequirements) -> bool {
    ours.scheme == theirs.scheme
        && ours.network == theirs.network
        && ours.amount == theirs.amount
        && ours.asset == theirs.asset
        && ours.pay_to == theirs.pay_to
        && ours.max_timeout == theirs.max_timeout
        && ours.extra.iter().all(|(name, value)| theirs.extra.get(name) == Some(value))
}
