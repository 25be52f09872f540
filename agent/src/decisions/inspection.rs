//! A 402 taken apart and judged, without paying and without a key.

use serde_json::Value;
use wire::networks::{KnownAsset, KnownNetwork};
use wire::{AtomicAmount, OnchainAddress, U256, WireError, header, v1};

use super::challenge::{Challenge, Offer, Version};
use super::choice::{Deal, Declined, choose, judge};
use super::remark::{Oddity, Remark};
use super::target::Target;
use super::terms::{Terms, WINDOW_MAX};

/// What was seen on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What was asked for.
    pub target: &'a Target,
    /// The HTTP status.
    pub status: u16,
    /// Every `PAYMENT-REQUIRED`.
    pub headers: &'a [&'a [u8]],
    /// The body, if it was small enough to be a challenge.
    pub body: &'a [u8],
    /// `Cache-Control`.
    pub cache_control: Option<&'a str>,
    /// `Access-Control-Expose-Headers`.
    pub exposed: Option<&'a str>,
}

/// A reply to an unpaid request, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// What was asked for, after redirects.
    pub target: Target,
    /// The HTTP status. With anything but 402 the rest is empty.
    pub status: u16,
    /// The v2 challenge.
    pub v2: Option<Challenge>,
    /// The v1 challenge.
    pub v1: Option<Challenge>,
    /// What this agent would pay under the terms, or why none of the offers.
    pub choice: Result<Deal, Vec<Declined>>,
    /// What is odd.
    pub remarks: Vec<Remark>,
}

impl Inspection {
    /// Explains what was seen, for a payer with these terms.
    #[must_use]
    pub fn of(seen: &Seen<'_>, terms: &Terms) -> Self {
        let mut it = Self {
            target: seen.target.clone(),
            status: seen.status,
            v2: None,
            v1: None,
            choice: Err(Vec::new()),
            remarks: Vec::new(),
        };
        if seen.status != 402 {
            return it;
        }
        it.read(seen);
        it.remark_on_reply(seen);
        for challenge in [&it.v2, &it.v1].into_iter().flatten() {
            let remarks = remarks_on(challenge, seen.target, terms);
            it.remarks.extend(remarks);
        }
        if let Some(challenge) = it.v2.as_ref().or(it.v1.as_ref()) {
            it.choice = choose(challenge, seen.target, terms);
        }
        it
    }

    /// Every offer of both versions, v2 first.
    pub fn offers(&self) -> impl Iterator<Item = (Version, &Offer)> {
        let challenges = [&self.v2, &self.v1].into_iter().flatten();
        challenges.flat_map(|it| it.offers().iter().map(|offer| (it.version(), offer)))
    }

    fn note(&mut self, oddity: Oddity) {
        self.remarks.push(Remark { offer: None, oddity });
    }

    fn read(&mut self, seen: &Seen<'_>) {
        match seen.headers {
            [] => self.note(Oddity::NoHeader),
            [value] => {
                if value.len() > header::CHALLENGE_SENT_BYTES_MAX {
                    self.note(Oddity::LargeHeader(value.len()));
                }
                match Challenge::from_header(value) {
                    Ok(challenge) => self.v2 = Some(challenge),
                    Err(why) => self.note(Oddity::UnreadableHeader(why)),
                }
            }
            [_, _, ..] => self.note(Oddity::SeveralHeaders),
        }
        match v1_in(seen.body) {
            None => self.note(Oddity::NoBody),
            Some(Ok(challenge)) => self.v1 = Some(challenge),
            Some(Err(why)) => self.note(Oddity::UnreadableBody(why)),
        }
    }

    fn remark_on_reply(&mut self, seen: &Seen<'_>) {
        if !seen.target.is_confidential() {
            self.note(Oddity::PlainHttp);
        }
        if !lists(seen.cache_control, "no-store") {
            self.note(Oddity::Cacheable);
        }
        if self.v2.is_some() && !lists(seen.exposed, header::PAYMENT_REQUIRED) {
            self.note(Oddity::NotExposed);
        }
        let identifier = |it: &Challenge| {
            let info = &it.document()["extensions"]["payment-identifier"]["info"];
            info["required"] == Value::Bool(true)
        };
        if self.v2.as_ref().is_some_and(identifier) {
            self.note(Oddity::IdentifierRequired);
        }
        if let (Some(new), Some(old)) = (&self.v2, &self.v1)
            && !old.offers().iter().all(|it| new.offers().iter().any(|other| same(it, other)))
        {
            self.note(Oddity::VersionsDiffer);
        }
        let real = |testnet: bool| {
            move |(_, offer): (Version, &Offer)| {
                network(offer).is_some_and(|network| network.testnet == testnet)
            }
        };
        if self.offers().any(real(true)) && self.offers().any(real(false)) {
            self.note(Oddity::PlayMoneyTakenToo);
        }
    }
}

/// A v1 challenge, if the body claims to be one.
fn v1_in(body: &[u8]) -> Option<Result<Challenge, WireError>> {
    let document = wire::json::parse(body).ok()?;
    (document.get("x402Version")? == v1::VERSION).then(|| Challenge::from_body(body))
}

/// Is this word an element of a comma-separated header?
fn lists(header: Option<&str>, word: &str) -> bool {
    header.is_some_and(|it| {
        it.split(',').any(|it| it.trim() == "*" || it.trim().eq_ignore_ascii_case(word))
    })
}

fn same(one: &Offer, other: &Offer) -> bool {
    let terms = |it: &Offer| -> (Option<u64>, AtomicAmount, OnchainAddress, OnchainAddress) {
        let chain = it.network.as_ref().and_then(wire::Network::chain_id);
        (chain, it.amount, it.asset.clone(), it.pay_to.clone())
    };
    terms(one) == terms(other)
}

/// The offer's network, if the table has it.
#[must_use]
pub fn network(offer: &Offer) -> Option<&'static KnownNetwork> {
    offer.network.as_ref()?.known()
}

/// The offer's token, if the table has it.
#[must_use]
pub fn asset(offer: &Offer) -> Option<&'static KnownAsset> {
    let token = offer.asset.evm()?;
    network(offer)?.assets().find(|it| it.address == token.evm())
}

fn remarks_on(challenge: &Challenge, target: &Target, terms: &Terms) -> Vec<Remark> {
    if challenge.offers().is_empty() {
        return vec![Remark { offer: None, oddity: Oddity::NoOffers }];
    }
    let about = |offer: &Offer| {
        let place = Some((challenge.version(), offer.index));
        let oddities = oddities_of(offer, target, terms).into_iter();
        oddities.map(move |oddity| Remark { offer: place, oddity }).collect::<Vec<_>>()
    };
    challenge.offers().iter().flat_map(about).collect()
}

fn oddities_of(offer: &Offer, target: &Target, terms: &Terms) -> Vec<Oddity> {
    let mut oddities = Vec::new();
    if let Err(refusal) = judge(offer, target, terms) {
        oddities.push(Oddity::Refused(refusal));
    }
    if offer.max_timeout > WINDOW_MAX {
        oddities.push(Oddity::LongWindow(offer.max_timeout));
    }
    if offer.amount == AtomicAmount::ZERO {
        oddities.push(Oddity::PriceZero);
    }
    let dollar = asset(offer).and_then(|it| U256::from(10).checked_pow(U256::from(it.decimals)));
    if dollar.is_some_and(|dollar| offer.amount.units() > dollar) {
        oddities.push(Oddity::PriceOverDollar);
    }
    oddities
}
