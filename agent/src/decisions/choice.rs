//! Which offer is taken: judged against the table of tokens and the payer's terms, the cheapest
//! first. Names, decimals and domains come from the table; the server's text only has to agree.

use std::time::Duration;

use wire::eip712::TokenDomain;
use wire::networks::{KnownAsset, KnownNetwork};
use wire::{Address, AtomicAmount, U256};

use super::challenge::{Challenge, Offer};
use super::refusal::Refusal;
use super::target::Target;
use super::terms::{Terms, WINDOW_MIN};

/// Prices of tokens with fewer decimals are compared as if they had this many: the EVM's habitual
/// maximum.
const COMPARED_DECIMALS: u8 = 18;

/// An offer that passed. Its fields come from the table and from checked text; only [`judge`]
/// makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Deal {
    offer: Offer,
    network: &'static KnownNetwork,
    asset: &'static KnownAsset,
    pay_to: Address,
    rank: usize,
    compared: U256,
    window: Duration,
    window_max: Duration,
}

impl Deal {
    /// The offer as the server made it.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The network that the payment is made on.
    #[must_use]
    pub fn network(&self) -> &'static KnownNetwork {
        self.network
    }

    /// The token that is paid with.
    #[must_use]
    pub fn asset(&self) -> &'static KnownAsset {
        self.asset
    }

    /// Who is paid.
    #[must_use]
    pub fn pay_to(&self) -> Address {
        self.pay_to
    }

    /// How much, in atomic units of the token.
    #[must_use]
    pub fn amount(&self) -> AtomicAmount {
        self.offer.amount
    }

    /// How long the payment stays valid: as the server wants it, within the terms.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// The longest that the terms allow.
    #[must_use]
    pub fn window_max(&self) -> Duration {
        self.window_max
    }

    /// The token's EIP-712 domain, from the table.
    #[must_use]
    pub fn domain(&self) -> TokenDomain {
        TokenDomain {
            name: self.asset.eip712_name.to_owned(),
            version: self.asset.eip712_version.to_owned(),
            chain_id: self.network.chain_id,
            asset: self.asset.address.into(),
        }
    }

    /// Cheapest first; then the preferred network; then the server's order.
    pub(super) fn order(&self) -> (U256, usize, usize) {
        (self.compared, self.rank, self.offer.index)
    }
}

/// Judges one offer for this URL under these terms.
pub fn judge(offer: &Offer, target: &Target, terms: &Terms) -> Result<Deal, Refusal> {
    check_form(offer, target)?;
    let chain = offer.network.as_ref().ok_or(Refusal::NetworkNotAllowed)?;
    let network = chain.known().ok_or(Refusal::NetworkNotAllowed)?;
    let rank = terms.rank(chain).ok_or(Refusal::NetworkNotAllowed)?;
    let token = offer.asset.evm().ok_or(Refusal::AssetNotAllowed)?;
    let asset = network.assets().find(|it| it.address == token.evm());
    let asset = asset.ok_or(Refusal::AssetNotAllowed)?;
    let limit = terms.limit_in(asset).ok_or(Refusal::AssetNotAllowed)?;
    let domain = (offer.detail("name"), offer.detail("version"));
    if domain != (Some(asset.eip712_name), Some(asset.eip712_version)) {
        return Err(Refusal::AssetDomainMismatch);
    }
    let pay_to = usable_payee(offer, asset).ok_or(Refusal::PayeeUnusable)?;
    if !terms.allows_payee(pay_to) {
        return Err(Refusal::PayeeNotAllowed);
    }
    if offer.max_timeout < WINDOW_MIN {
        return Err(Refusal::WindowTooShort);
    }
    if offer.amount > limit {
        return Err(Refusal::PriceExceedsLimit);
    }
    let compared = comparable(offer.amount, asset.decimals).ok_or(Refusal::PriceExceedsLimit)?;
    let window_max = terms.window_max();
    let window = offer.max_timeout.min(window_max);
    Ok(Deal { offer: offer.clone(), network, asset, pay_to, rank, compared, window, window_max })
}

fn check_form(offer: &Offer, target: &Target) -> Result<(), Refusal> {
    if !target.is_resource(&offer.resource) {
        return Err(Refusal::ResourceMismatch);
    }
    if offer.scheme != wire::exact::EXACT {
        return Err(Refusal::SchemeNotSupported);
    }
    match offer.extra.get("assetTransferMethod") {
        None => {}
        Some(method) if method == "eip3009" => {}
        Some(_) => return Err(Refusal::TransferMethodNotSupported),
    }
    match offer.extra.get("paymentFlow") {
        None => Ok(()),
        // Both move the money once, by the one authorization; they differ in when.
        Some(flow) if flow == "authorization" || flow == "upfront" => Ok(()),
        Some(_) => Err(Refusal::PaymentFlowNotSupported),
    }
}

/// `FiatToken` reverts on transfers to the zero address and to itself.
fn usable_payee(offer: &Offer, asset: &KnownAsset) -> Option<Address> {
    let pay_to = offer.pay_to.evm()?;
    (!pay_to.evm().is_zero() && pay_to.evm() != asset.address).then_some(pay_to)
}

/// All listed tokens are dollars, so amounts compare once they have the same decimals.
fn comparable(amount: AtomicAmount, decimals: u8) -> Option<U256> {
    let missing = COMPARED_DECIMALS.checked_sub(decimals)?;
    amount.units().checked_mul(U256::from(10).checked_pow(U256::from(missing))?)
}

/// An offer that is not taken, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Declined {
    /// The offer as the server made it.
    pub offer: Offer,
    /// The first check that it failed.
    pub refusal: Refusal,
}

/// The best of a challenge's offers, or why each was refused, in the server's order. Depends on
/// nothing but its arguments: the same challenge always leads to the same choice.
pub fn choose(
    challenge: &Challenge,
    target: &Target,
    terms: &Terms,
) -> Result<Deal, Vec<Declined>> {
    let mut declined = Vec::new();
    let mut best: Option<Deal> = None;
    for offer in challenge.offers() {
        match judge(offer, target, terms) {
            Err(refusal) => declined.push(Declined { offer: offer.clone(), refusal }),
            Ok(deal) => {
                let better = best.as_ref().is_none_or(|best| deal.order() < best.order());
                best = if better { Some(deal) } else { best };
            }
        }
    }
    best.ok_or(declined)
}
