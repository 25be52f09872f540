//! The offers of a route: what it costs on which network, and who is paid. Refuses whatever could
//! be paid with less than the operator meant.

use std::time::Duration;

use wire::{Address, Network, Price};

use super::discovery;
use super::document::{Accept, Document, Route};
use super::parties::{evm, networks, payee};
use super::tokens::Token;
use super::{OfferSummary, SettingsError};
use crate::decisions::offer::{Offer, OfferTerms, Welcome};
use crate::decisions::recall::Redelivery;

/// Most offers of one route: each adds about 450 bytes to a challenge of at most 8 KiB.
pub const ACCEPTS_MAX: usize = 12;

/// What holds for every route that does not say otherwise.
pub(super) struct Defaults {
    pay_to: Option<Address>,
    networks: Option<Vec<Network>>,
    max_timeout: Duration,
    pub(super) welcome: Welcome,
    /// What the page for people links to; nothing where there is none.
    pub(super) page_links: Option<Vec<&'static str>>,
    /// Are facilitators asked to list what is sold?
    pub(super) bazaar: bool,
    /// What every challenge declares for statistics.
    pub(super) builder_code: Option<String>,
}

impl Defaults {
    pub(super) fn of_document(
        document: &Document,
        max_timeout: Duration,
        redelivery: Redelivery,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            pay_to: document.pay_to.as_deref().map(|it| payee("pay_to", it)).transpose()?,
            networks: document
                .networks
                .as_deref()
                .map(|it| networks("networks", it))
                .transpose()?,
            max_timeout,
            page_links: discovery::page_links(&document.discovery),
            bazaar: document.discovery.bazaar.unwrap_or(false),
            builder_code: discovery::builder_code(&document.discovery)?,
            welcome: Welcome {
                v1: document.v1.unwrap_or(true),
                // Who could not come back with it needs no name.
                named: !redelivery.window.is_zero(),
            },
        })
    }
}

/// The offers of a priced route, in the configuration's order.
pub(super) fn of_route(
    key: &str,
    route: &Route,
    defaults: &Defaults,
) -> Result<Vec<OfferSummary>, SettingsError> {
    let pay_to = match route.pay_to.as_deref() {
        Some(text) => Some(payee(&format!("{key}.pay_to"), text)?),
        None => defaults.pay_to,
    };
    let mut offers = Vec::new();
    if let Some(text) = route.price.as_deref() {
        let price_key = format!("{key}.price");
        let price = price(&price_key, text)?;
        for network in networks_of(&format!("{key}.networks"), route, defaults)? {
            let token = Token::of_price(&price_key, &price, &network)?;
            let amount = token.amount(&price_key, text, &price)?;
            offers.push(offer(token, amount, pay_to, defaults)?);
        }
    }
    for (index, accept) in route.accepts.iter().enumerate() {
        let key = format!("{key}.accepts[{index}]");
        offers.push(of_accept(&key, accept, pay_to, defaults)?);
    }
    check_together(key, &offers)?;
    Ok(offers)
}

fn networks_of(
    key: &str,
    route: &Route,
    defaults: &Defaults,
) -> Result<Vec<Network>, SettingsError> {
    match (&route.networks, &defaults.networks) {
        (Some(texts), _) => networks(key, texts),
        (None, Some(all)) => Ok(all.clone()),
        (None, None) => Err(SettingsError::new(
            "networks",
            "is missing",
            "name the networks to be paid on, such as networks = [\"base-sepolia\"]",
        )),
    }
}

fn of_accept(
    key: &str,
    accept: &Accept,
    pay_to: Option<Address>,
    defaults: &Defaults,
) -> Result<OfferSummary, SettingsError> {
    let missing = |name: &str, remedy: &str| {
        SettingsError::new(format!("{key}.{name}"), "is missing", remedy)
    };
    let network = accept.network.as_deref();
    let network = network.ok_or_else(|| missing("network", "name the offer's network"))?;
    let network = evm(&format!("{key}.network"), network)?;
    let text = accept.price.as_deref();
    let text = text.ok_or_else(|| missing("price", "write what an object costs there"))?;
    let price_key = format!("{key}.price");
    let price = price(&price_key, text)?;
    let token = match &accept.asset {
        Some(asset) => Token::of_asset(&format!("{key}.asset"), asset, &network)?,
        None => Token::of_price(&price_key, &price, &network)?,
    };
    let amount = token.amount(&price_key, text, &price)?;
    let pay_to = match accept.pay_to.as_deref() {
        Some(text) => Some(payee(&format!("{key}.pay_to"), text)?),
        None => pay_to,
    };
    offer(token, amount, pay_to, defaults)
}

fn price(key: &str, text: &str) -> Result<Price, SettingsError> {
    text.parse().map_err(|_| {
        SettingsError::new(
            key,
            format!("{text:?} is not a price"),
            "write an exact decimal such as \"$0.001\" or \"0.10 USDC\"",
        )
    })
}

fn offer(
    token: Token,
    amount: wire::AtomicAmount,
    pay_to: Option<Address>,
    defaults: &Defaults,
) -> Result<OfferSummary, SettingsError> {
    let Some(pay_to) = pay_to else {
        let remedy = "set it to the address that is to be paid, \"0x\" and 40 hexadecimal digits";
        return Err(SettingsError::new("pay_to", "is missing", remedy));
    };
    let terms = OfferTerms {
        amount,
        pay_to,
        max_timeout: defaults.max_timeout,
        token: token.domain.clone(),
    };
    Ok(OfferSummary::new(Offer::exact(terms), &token))
}

/// What no offer shows alone.
fn check_together(key: &str, offers: &[OfferSummary]) -> Result<(), SettingsError> {
    if offers.len() > ACCEPTS_MAX {
        let problem = format!("has {} ways to pay", offers.len());
        let remedy = format!("leave at most {ACCEPTS_MAX}");
        return Err(SettingsError::new(key, problem, remedy));
    }
    let is_payee = |it: &OfferSummary| {
        let contract = it.offer.asset();
        offers.iter().any(|other| other.offer.requirements().pay_to.evm() == Some(contract))
    };
    if let Some(it) = offers.iter().find(|it| is_payee(it)) {
        return Err(SettingsError::new(
            key,
            format!("pays the contract of {}: what is sent there is lost", it.symbol),
            "write the address of your wallet as pay_to",
        ));
    }
    for (index, it) in offers.iter().enumerate() {
        let same = |other: &&OfferSummary| {
            (other.offer.chain_id(), other.offer.asset()) == (it.offer.chain_id(), it.offer.asset())
        };
        if offers[..index].iter().any(|other| same(&other)) {
            let problem = format!("offers {} on {} twice", it.symbol, it.network);
            return Err(SettingsError::new(key, problem, "keep one of the two"));
        }
    }
    one_kind_of_money(key, offers)
}

/// Whoever may choose pays with play money.
fn one_kind_of_money(key: &str, offers: &[OfferSummary]) -> Result<(), SettingsError> {
    let of_kind = |testnet| offers.iter().find(|it| it.is_testnet().unwrap_or(false) == testnet);
    let (Some(play), Some(real)) = (of_kind(true), of_kind(false)) else { return Ok(()) };
    Err(SettingsError::new(
        key,
        format!(
            "can be paid with real money on {} and with play money on {}",
            real.network, play.network
        ),
        "split it into routes of one kind, or every payer takes the play money",
    ))
}
