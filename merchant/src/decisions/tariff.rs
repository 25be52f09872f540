//! Prices that objects carry themselves, in the storage's metadata, within bounds that the
//! configuration sets. Whatever an object says, nothing is sold below or above these: what does not
//! fit counts as nothing said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use wire::{AtomicAmount, Price, v2};

use crate::decisions::offer::{ChallengeTemplate, Offer, Welcome};
use crate::decisions::page::{Page, PriceTag};
use crate::decisions::policy::PricedRoute;

/// Metadata's name for the price of an object.
pub const PRICE: &str = "x402-price";
/// The same where names hold no hyphens (Azure Blob Storage).
pub const PRICE_UNDERSCORED: &str = "x402_price";
/// Decimals in which prices are compared: as many as a price can have.
const DECIMALS: u8 = 18;
/// Challenges that are kept ready, one for each price. Each has some kilobytes.
const KEPT_MAX: usize = 256;

/// One way to pay for goods, with what people are told of it.
#[derive(Debug, Clone)]
pub struct Ware {
    /// The offer.
    pub offer: Offer,
    /// The token's decimals.
    pub decimals: u8,
    /// The token's ticker.
    pub symbol: String,
    /// The network's name.
    pub network: String,
    /// Is it play money?
    pub testnet: bool,
}

/// All that a challenge is made of.
#[derive(Debug, Clone)]
pub struct Goods {
    /// At least one.
    pub wares: Vec<Ware>,
    /// What is for sale; its URL is left open.
    pub resource: v2::ResourceInfo,
    /// Scheme, host and port of its URL.
    pub origin: String,
    /// Who is welcome besides those who pay and go.
    pub welcome: Welcome,
    /// What is declared for catalogues.
    pub declared: v2::Extensions,
    /// What the page for people links to; nothing where there is no page.
    pub links: Option<Vec<&'static str>>,
}

/// Goods whose objects may carry a price.
#[derive(Debug)]
pub struct Tariff {
    goods: Goods,
    least: AtomicAmount,
    most: AtomicAmount,
    kept: Mutex<HashMap<String, Arc<PricedRoute>>>,
}

/// What an object says of its price.
#[derive(Debug, Clone)]
pub enum Carried {
    /// Nothing: the route's own holds.
    Nothing,
    /// Something that is no price, or one outside the bounds: the route's own holds, too.
    Unfit,
    /// A price, and the offers at it.
    Price(Arc<PricedRoute>),
}

impl Goods {
    /// The route at these prices.
    #[must_use]
    pub fn route(&self) -> PricedRoute {
        let offers: Vec<Offer> = self.wares.iter().map(|it| it.offer.clone()).collect();
        let declared = self.declared.clone();
        let challenge = ChallengeTemplate::listed(
            &offers,
            &self.resource,
            &self.origin,
            self.welcome,
            declared,
        );
        let tag = |it: &Ware| PriceTag {
            price: format!(
                "{} {}",
                it.offer.requirements().amount.to_decimal(it.decimals),
                it.symbol
            ),
            network: it.network.clone(),
            testnet: it.testnet,
        };
        let challenge = match &self.links {
            Some(links) => {
                let tags: Vec<_> = self.wares.iter().map(tag).collect();
                challenge.with_page(Page::new(self.resource.description.as_deref(), &tags, links))
            }
            None => challenge,
        };
        PricedRoute { offers, challenge, mime_type: self.resource.mime_type.clone(), tariff: None }
    }

    /// The same goods at this price, if each token can express it.
    #[must_use]
    pub fn at(&self, price: &Price) -> Option<Self> {
        let priced = |it: &Ware| {
            let amount = price.to_atomic(it.decimals).ok()?;
            Some(Ware { offer: it.offer.at(amount), ..it.clone() })
        };
        let wares = self.wares.iter().map(priced).collect::<Option<_>>()?;
        Some(Self { wares, ..self.clone() })
    }
}

impl Tariff {
    /// Goods that may carry prices within these bounds, both included. Nothing where there is no
    /// price within them, or one of nothing.
    #[must_use]
    pub fn new(goods: Goods, least: &Price, most: &Price) -> Option<Self> {
        let (least, most) = (least.to_atomic(DECIMALS).ok()?, most.to_atomic(DECIMALS).ok()?);
        let sound = AtomicAmount::ZERO < least && least <= most;
        sound.then(|| Self { goods, least, most, kept: Mutex::default() })
    }

    /// Is the price within the bounds?
    #[must_use]
    pub fn allows(&self, price: &Price) -> bool {
        let amount = price.to_atomic(DECIMALS);
        price.ticker().is_none() && amount.is_ok_and(|it| self.least <= it && it <= self.most)
    }

    /// What follows from what an object carries: a price in dollars, such as `$0.05`. Challenges are
    /// kept by price and not by entity tag, which some storages leave as it was when only metadata
    /// change.
    #[must_use]
    pub fn of(&self, carried: Option<&str>) -> Carried {
        let Some(text) = carried else { return Carried::Nothing };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = kept.get(text) {
            return Carried::Price(Arc::clone(route));
        }
        let price = text.parse().ok().filter(|price| self.allows(price));
        let Some(goods) = price.and_then(|price| self.goods.at(&price)) else {
            return Carried::Unfit;
        };
        let route = Arc::new(goods.route());
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(text.to_owned(), Arc::clone(&route));
        Carried::Price(route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use wire::eip712::TokenDomain;
    use wire::{Address, Network};

    fn ware(chain_id: u64) -> Ware {
        let known = Network::evm(chain_id).known().unwrap();
        Ware {
            offer: Offer::exact(crate::decisions::offer::OfferTerms {
                amount: AtomicAmount::from(1000),
                pay_to: Address::new([0x11; 20]),
                max_timeout: Duration::from_mins(1),
                token: TokenDomain {
                    name: known.asset.eip712_name.into(),
                    version: known.asset.eip712_version.into(),
                    chain_id,
                    asset: known.asset.address.into(),
                },
            }),
            decimals: known.asset.decimals,
            symbol: known.asset.symbol.into(),
            network: known.name.into(),
            testnet: known.testnet,
        }
    }

    fn tariff() -> Tariff {
        let goods = Goods {
            wares: vec![ware(8453), ware(137)],
            resource: v2::ResourceInfo::default(),
            origin: "https://x.test".into(),
            welcome: Welcome::default(),
            declared: v2::Extensions::new(),
            links: Some(vec![]),
        };
        Tariff::new(goods, &"$0.01".parse().unwrap(), &"$1".parse().unwrap()).unwrap()
    }

    #[test]
    fn an_object_says_its_price_within_the_bounds_or_nothing() {
        let tariff = tariff();
        #[rustfmt::skip]
        let rows = [
            (None,                "nothing"),
            (Some("$0.01"),       "10000 10000"),
            (Some("$0.05"),       "50000 50000"),
            (Some("$1"),          "1000000 1000000"),
            (Some("$1.00"),       "1000000 1000000"),
            (Some("$0.000001"),   "unfit"),
            (Some("$0.009999"),   "unfit"),
            (Some("$1.000001"),   "unfit"),
            (Some("$0.0500001"),  "unfit"),
            (Some("$0"),          "unfit"),
            (Some("$-1"),         "unfit"),
            (Some("0.05 USDC"),   "unfit"),
            (Some("0.05"),        "unfit"),
            (Some(" $0.05"),      "unfit"),
            (Some("$0.05\u{0}"),  "unfit"),
            (Some(""),            "unfit"),
        ];
        for (carried, expected) in rows {
            let found = match tariff.of(carried) {
                Carried::Nothing => "nothing".to_owned(),
                Carried::Unfit => "unfit".to_owned(),
                Carried::Price(route) => {
                    assert!(route.tariff.is_none());
                    let amounts =
                        route.offers.iter().map(|it| it.requirements().amount.to_string());
                    amounts.collect::<Vec<_>>().join(" ")
                }
            };
            assert_eq!(found, expected, "{carried:?}");
        }
    }

    #[test]
    fn a_price_is_made_once_and_many_prices_do_not_pile_up() {
        let tariff = tariff();
        let made = |text: &str| match tariff.of(Some(text)) {
            Carried::Price(route) => route,
            Carried::Nothing | Carried::Unfit => panic!("{text}"),
        };
        assert!(Arc::ptr_eq(&made("$0.02"), &made("$0.02")));
        for cents in 0..2000 {
            made(&format!("$0.{:04}", 100 + cents));
        }
        assert!(tariff.kept.lock().unwrap().len() <= KEPT_MAX);
        let challenge = made("$0.02").challenge.header_json("/a", "payment_required");
        assert!(challenge.contains("\"amount\":\"20000\""), "{challenge}");
        assert!(made("$0.02").challenge.page().is_some());
    }

    #[test]
    fn bounds_leave_room_for_a_price() {
        for (least, most) in [("$0", "$1"), ("$1", "$0.5")] {
            let bounds = (least.parse().unwrap(), most.parse().unwrap());
            let goods = tariff().goods;
            assert!(Tariff::new(goods, &bounds.0, &bounds.1).is_none(), "{least} {most}");
        }
    }
}
