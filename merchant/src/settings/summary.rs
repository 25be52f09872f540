//! The routes for people: what the operator's commands print. Decides nothing about a request.

use wire::{Address, Network};

use super::parties::network_name;
use super::tokens::Token;
use crate::decisions::offer::Offer;

/// A route as it was configured.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteSummary {
    /// The prefix, in its canonical spelling.
    pub path: String,
    /// What it costs, in each way to pay; empty where it is free.
    pub offers: Vec<OfferSummary>,
    /// What is for sale.
    pub description: Option<String>,
    /// Media type of the objects.
    pub mime_type: Option<String>,
    /// What some names cost instead; the first that fits counts.
    pub exceptions: Vec<ExceptionSummary>,
    /// Is the facilitator asked to list the objects?
    pub listed: bool,
    /// The least and the most, in dollars, that an object may ask for itself.
    pub bounds: Option<[String; 2]>,
}

/// Names below a route that have a price of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct ExceptionSummary {
    /// The form of the names, below the route.
    pub files: String,
    /// What these cost, in each way to pay; empty where they are free.
    pub offers: Vec<OfferSummary>,
}

impl RouteSummary {
    /// All that is offered below the route.
    pub fn all_offers(&self) -> impl Iterator<Item = &OfferSummary> {
        self.offers.iter().chain(self.exceptions.iter().flat_map(|it| &it.offers))
    }
}

/// One way to pay.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferSummary {
    /// The offer as the gate compares it.
    pub offer: Offer,
    /// The price in whole tokens.
    pub price: String,
    /// The token's ticker.
    pub symbol: String,
    /// The network's name.
    pub network: String,
    /// The token's decimals.
    pub decimals: u8,
}

impl OfferSummary {
    pub(super) fn new(offer: Offer, token: &Token) -> Self {
        Self {
            price: offer.requirements().amount.to_decimal(token.decimals),
            symbol: token.symbol.clone(),
            decimals: token.decimals,
            network: network_name(&offer.requirements().network),
            offer,
        }
    }

    /// Is the price one in dollars? It is in the tokens that are listed for their networks.
    #[must_use]
    pub fn is_in_dollars(&self) -> bool {
        let network = Network::evm(self.offer.chain_id());
        let mut listed = network.known().into_iter().flat_map(wire::networks::KnownNetwork::assets);
        listed.any(|it| Address::from(it.address) == self.offer.asset())
    }

    /// Is the network one of play money? Nothing where that is not known.
    #[must_use]
    pub fn is_testnet(&self) -> Option<bool> {
        Network::evm(self.offer.chain_id()).known().map(|it| it.testnet)
    }
}
