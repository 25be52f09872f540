//! What the payer agrees to, said before any server is asked. A server's text never changes it.

use std::time::Duration;

use wire::networks::{KnownAsset, KnownNetwork, NETWORKS};
use wire::price::PriceError;
use wire::{Address, AtomicAmount, Network, Price};

/// Longest time that a signature of ours stays usable. A server may ask for a year; whoever
/// intercepts the signature could then wait for the wallet to be filled. 300 s is the
/// `maxTimeoutSeconds` that the reference servers ask for by default (`@x402/core` 2.27.0).
pub const WINDOW_MAX: Duration = Duration::from_mins(5);

/// Shortest window worth signing for: facilitators refuse a payment that ends within 6 s
/// (`@x402/evm` 2.27.0), and a block of 2 s must fit in.
pub const WINDOW_MIN: Duration = Duration::from_secs(8);

const _: () = assert!(WINDOW_MIN.as_secs() < WINDOW_MAX.as_secs());

/// The payer's limits for one purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    max_price: Price,
    also: Option<Price>,
    networks: Vec<Network>,
    payees: Vec<Address>,
    tokens: Vec<String>,
    window_max: Duration,
}

impl Terms {
    /// Up to this price, on every network that we know, to anyone. A price finer than a listed
    /// token can express is an error: it would be rounded somewhere.
    pub fn up_to(max_price: Price) -> Result<Self, PriceError> {
        expressible(&max_price)?;
        let (networks, payees, tokens) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { max_price, also: None, networks, payees, tokens, window_max: WINDOW_MAX })
    }

    /// And up to this price: the lower of the two holds. Narrows, and never widens.
    pub fn and_up_to(self, price: Price) -> Result<Self, PriceError> {
        expressible(&price)?;
        Ok(Self { also: Some(price), ..self })
    }

    /// Only on these networks; the earlier ones are preferred when two offers cost the same. None
    /// means all that we know.
    #[must_use]
    pub fn on_networks(self, networks: Vec<Network>) -> Self {
        Self { networks, ..self }
    }

    /// Only to these payees. None means anyone.
    #[must_use]
    pub fn to_payees(self, payees: Vec<Address>) -> Self {
        Self { payees, ..self }
    }

    /// Only in these tokens, by their tickers (`USDC`). None means all that we know.
    #[must_use]
    pub fn in_tokens(self, tokens: Vec<String>) -> Self {
        Self { tokens, ..self }
    }

    /// No signature stays usable for longer than this, however long a server asks for. Kept between
    /// [`WINDOW_MIN`] and [`WINDOW_MAX`].
    #[must_use]
    pub fn signed_for_at_most(self, window: Duration) -> Self {
        Self { window_max: window.clamp(WINDOW_MIN, WINDOW_MAX), ..self }
    }

    /// The longest time that a signature stays usable.
    #[must_use]
    pub fn window_max(&self) -> Duration {
        self.window_max
    }

    /// The most that one purchase may cost, in atomic units of this token; nothing when the limit
    /// is in another token, or the token is not among those allowed.
    #[must_use]
    pub fn limit_in(&self, asset: &KnownAsset) -> Option<AtomicAmount> {
        if !self.tokens.is_empty() && !self.tokens.iter().any(|it| it == asset.symbol) {
            return None;
        }
        let meant = |price: &Price| {
            let meant = price.ticker().is_none_or(|ticker| ticker == asset.symbol);
            if meant { price.to_atomic(asset.decimals).ok() } else { None }
        };
        let limit = meant(&self.max_price)?;
        match &self.also {
            Some(price) => meant(price).map(|also| limit.min(also)),
            None => Some(limit),
        }
    }

    /// The network's rank of preference, or nothing if it is not allowed.
    #[must_use]
    pub fn rank(&self, network: &Network) -> Option<usize> {
        if self.networks.is_empty() {
            let chain_id = network.chain_id()?;
            return NETWORKS.iter().position(|it| it.chain_id == chain_id);
        }
        self.networks.iter().position(|it| it == network)
    }

    /// May this account be paid?
    #[must_use]
    pub fn allows_payee(&self, payee: Address) -> bool {
        self.payees.is_empty() || self.payees.contains(&payee)
    }
}

/// Can every token that this price is meant in express it?
fn expressible(price: &Price) -> Result<(), PriceError> {
    for asset in NETWORKS.iter().flat_map(KnownNetwork::assets) {
        if price.ticker().is_none_or(|ticker| ticker == asset.symbol) {
            price.to_atomic(asset.decimals)?;
        }
    }
    Ok(())
}
