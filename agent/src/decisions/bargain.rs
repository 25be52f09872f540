//! Which listings this payer would buy, and for how much. Judged by the same rules as a challenge;
//! when it comes to buying, the challenge is judged again.

use std::fmt;

use wire::UnixTime;

use super::budget::{self, Asked, Denial, Facts, Micros, Policy};
use super::challenge::Offer;
use super::choice::{self, Deal};
use super::inspection::asset;
use super::listing::{Kind, Listing};
use super::refusal::Refusal;
use super::terms::Terms;

/// A listing, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Bargain {
    /// What is listed.
    pub listing: Listing,
    /// What this agent would pay, or why it would not.
    pub verdict: Result<Deal, Obstacle>,
}

/// Why a listing would not be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Not something that one GET brings.
    NotAGet,
    /// The URL has names where values belong.
    Template,
    /// Plain http to another machine.
    Insecure,
    /// There is no offer, or none that can be read.
    NoOffer,
    /// None of the offers is within the terms.
    Refused(Refusal),
    /// Policy does not permit it.
    Denied(Denial),
}

/// Judges listings, and puts what would be bought first, the cheapest on top; among equals the
/// facilitator's order stays.
#[must_use]
pub fn rank(listings: Vec<Listing>, terms: &Terms, policy: &Policy) -> Vec<Bargain> {
    let judged = listings.into_iter().map(|listing| {
        let verdict = judge(&listing, terms, policy);
        Bargain { listing, verdict }
    });
    let mut bargains: Vec<_> = judged.collect();
    bargains.sort_by_key(|it| (it.verdict.is_err(), it.price()));
    bargains
}

/// Keeps the offers in this token, by its ticker or its address.
pub fn only_in(listing: &mut Listing, token: &str) {
    listing.offers.retain(|offer| {
        asset(offer).is_some_and(|it| it.symbol.eq_ignore_ascii_case(token))
            || offer.asset.to_string().eq_ignore_ascii_case(token)
    });
}

fn judge(listing: &Listing, terms: &Terms, policy: &Policy) -> Result<Deal, Obstacle> {
    let get = listing.method.as_ref().is_none_or(|it| it.as_str() == "GET");
    if listing.kind != Kind::Http || !get {
        return Err(Obstacle::NotAGet);
    }
    if listing.is_template() {
        return Err(Obstacle::Template);
    }
    if !listing.url.is_confidential() {
        return Err(Obstacle::Insecure);
    }
    let mut farthest = None;
    let mut best: Option<Deal> = None;
    for offer in &listing.offers {
        match choice::judge(offer, &listing.url, terms) {
            Err(refusal) => farthest = farthest.max(Some(refusal)),
            Ok(deal) => {
                let better = best.as_ref().is_none_or(|it| deal.order() < it.order());
                best = if better { Some(deal) } else { best };
            }
        }
    }
    let Some(deal) = best else {
        return Err(farthest.map_or(Obstacle::NoOffer, Obstacle::Refused));
    };
    let asked = Asked {
        host: &listing.url.host(),
        price: Micros::of(deal.amount(), deal.asset()),
        now: UnixTime::EPOCH,
        // Whether somebody would agree shows when it is bought.
        approved: true,
    };
    // As if nothing had been spent yet: what was is the ledger's to say, when it is bought.
    let nothing =
        Facts { windows: vec![Micros::default(); policy.windows.len()], ..Facts::default() };
    budget::judge(policy, None, &asked, &nothing).map_err(Obstacle::Denied)?;
    Ok(deal)
}

impl Bargain {
    /// The price in dollars: of the deal, else of the cheapest offer in a token that is known.
    #[must_use]
    pub fn price(&self) -> Option<Micros> {
        let shown = self.shown()?;
        asset(shown).map(|it| Micros::of(shown.amount, it))
    }

    /// The offer to show: the one that would be taken, else the cheapest, else the first.
    #[must_use]
    pub fn shown(&self) -> Option<&Offer> {
        if let Ok(deal) = &self.verdict {
            return Some(deal.offer());
        }
        let priced = |it: &&Offer| asset(it).map(|known| Micros::of(it.amount, known));
        let offers = || self.listing.offers.iter();
        offers().filter(|it| priced(it).is_some()).min_by_key(priced).or_else(|| offers().next())
    }
}

impl Obstacle {
    /// The stable code: the refusal's or the denial's own where there is one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAGet => "not_a_get",
            Self::Template => "url_is_a_template",
            Self::Insecure => "insecure_transport",
            Self::NoOffer => "no_offer",
            Self::Refused(it) => it.code(),
            Self::Denied(it) => it.code(),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAGet => f.write_str("this agent buys what a GET brings"),
            Self::Template => f.write_str("its URL has names where values belong"),
            Self::Insecure => f.write_str("plain http: a payment could be intercepted"),
            Self::NoOffer => f.write_str("it makes no offer that can be read"),
            Self::Refused(why) => why.fmt(f),
            Self::Denied(why) => why.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::decisions::listing::Page;

    const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";

    fn item(name: &str, amount: &str) -> Value {
        json!({
            "resource": format!("https://a.example/{name}"), "type": "http",
            "accepts": [{ "scheme": "exact", "network": "eip155:84532", "amount": amount,
                          "asset": USDC, "payTo": "0x00000000000000000000000000000000000000aa",
                          "extra": {} }],
        })
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut it = item("a", "1000");
        match it.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => it[pointer.trim_start_matches('/')] = value,
        }
        it
    }

    fn ranked(items: &[Value], policy: &Policy) -> Vec<Bargain> {
        let body = json!({ "items": items }).to_string();
        let terms = Terms::up_to("$0.10".parse().unwrap()).unwrap();
        rank(Page::read(body.as_bytes()).unwrap().listings, &terms, policy)
    }

    #[test]
    fn what_would_be_bought_comes_first_and_the_cheapest_on_top() {
        let mut dear_first = item("two", "3000");
        dear_first["accepts"].as_array_mut().unwrap().push(item("", "500")["accepts"][0].clone());
        let items = [
            item("dear", "5000000"),
            item("b", "2000"),
            dear_first,
            item("a", "2000"),
            item("c", "1"),
        ];
        let found = ranked(&items, &Policy::default());
        let names: Vec<_> = found.iter().map(|it| it.listing.url.url().path()).collect();
        assert_eq!(names, ["/c", "/two", "/b", "/a", "/dear"]);
        assert_eq!(found[1].price(), Some(Micros::new(500)));
        assert_eq!(found[4].verdict, Err(Obstacle::Refused(Refusal::PriceExceedsLimit)));
    }

    #[test]
    fn every_obstacle_is_named() {
        let limited = Policy { per_payment: Some(Micros::new(999)), ..Policy::default() };
        let elsewhere = Policy { hosts: vec!["b.example".into()], ..Policy::default() };
        let window =
            budget::Window { span: std::time::Duration::from_secs(1), limit: Micros::new(9) };
        let windowed = Policy { windows: vec![window], ..Policy::default() };
        let free = Policy::default();
        let method = json!({ "bazaar": { "info": { "input": { "method": "POST" } } } });
        #[rustfmt::skip]
        let rows = [
            (item("a", "1000"),                                          &free,      "bought"),
            (changed("/type", json!("mcp")),                             &free,      "not_a_get"),
            (changed("/type", json!("ftp")),                             &free,      "not_a_get"),
            (changed("/extensions", method),                             &free,      "not_a_get"),
            (changed("/resource", json!("https://a.example/:id")),       &free,      "url_is_a_template"),
            (changed("/resource", json!("http://a.example/f")),          &free,      "insecure_transport"),
            (changed("/resource", json!("http://127.0.0.1:1/f")),        &free,      "bought"),
            (changed("/accepts", json!([])),                             &free,      "no_offer"),
            (changed("/accepts/0/scheme", json!("upto")),                &free,      "scheme_not_supported"),
            (changed("/accepts/0/network", json!("solana:EtWTRABZaYq")), &free,      "network_not_allowed"),
            (changed("/accepts/0/amount", json!("100001")),              &free,      "price_exceeds_limit"),
            (changed("/accepts/0/extra", json!({ "name": "USDX", "version": "2" })), &free, "asset_domain_mismatch"),
            (item("a", "1000"),                                          &limited,   "payment_limit_exceeded"),
            (item("a", "1000"),                                          &elsewhere, "host_not_allowed"),
            (item("a", "1000"),                                          &windowed,  "window_budget_exceeded"),
            (item("a", "9"),                                             &windowed,  "bought"),
        ];
        for (item, policy, expected) in rows {
            let found = ranked(std::slice::from_ref(&item), policy);
            let word = found[0].verdict.as_ref().map_or_else(|it| it.code(), |_| "bought");
            assert_eq!(word, expected, "{item}");
        }
    }

    #[test]
    fn a_token_is_meant_by_its_ticker_or_its_address() {
        for (token, kept) in [("usdc", 1), ("EURC", 0), (&*USDC.to_lowercase(), 1)] {
            let mut listing = ranked(&[item("a", "1")], &Policy::default()).remove(0).listing;
            only_in(&mut listing, token);
            assert_eq!(listing.offers.len(), kept, "{token}");
        }
    }
}
