//! Do the JSON-RPC endpoints answer, and for the right chain? `doctor` goes on: do clocks, endpoints
//! and the token's own domain agree, and is the payee ours alone? Reads, and moves nothing.

use std::time::Duration;

use reqwest::Url;
use wire::{Address, UnixTime};

use super::super::finding::{Finding, Weight};
use crate::adapters::facilitator::HttpFacilitator;
use crate::adapters::rpc::HttpChain;
use crate::adapters::rpc::survey::Head;
use crate::adapters::system_clock::SystemClock;
use crate::assembly;
use crate::decisions::budget;
use crate::ports::{Clock, Ledger};
use crate::settings::{OfferSummary, Settings, host};

/// Clocks may differ by so much: half of what payers and facilitators forgive
/// ([`budget::SKEW_MAX`]), which then still holds when another clock errs the other way.
const SKEW_MAX: Duration = Duration::from_secs(budget::SKEW_MAX.as_secs() / 2);
/// A newest block older than this is no newest block: ten blocks of Base, and the slowest answer.
const LAG_MAX: Duration = Duration::from_secs(30);
/// Endpoints of one chain may be so many blocks apart: half a minute on Base.
const APART_MAX: u64 = 15;

/// Asks every endpoint where it is. Returns those that answer, with what they said.
pub(super) async fn ask<'a>(
    settings: &'a Settings,
    chain: &HttpChain,
    findings: &mut Vec<Finding>,
) -> Vec<(u64, &'a Url, Head)> {
    let mut heads = Vec::new();
    let mut chains: Vec<_> = settings.rpc.iter().collect();
    chains.sort_by_key(|(chain_id, _)| **chain_id);
    for (chain_id, endpoints) in chains {
        let offered = |it: &OfferSummary| it.offer.chain_id() == *chain_id;
        if !settings.routes.iter().flat_map(|it| &it.offers).any(offered) {
            continue;
        }
        for endpoint in endpoints {
            let place = host(endpoint);
            match chain.head(endpoint).await {
                None => findings.push(Finding::new(
                    Weight::Warning,
                    "onchain.rpc",
                    format!("{place} does not answer, so doubt about payments stays"),
                    "start it, or name another endpoint",
                )),
                Some(head) if head.chain_id != *chain_id => findings.push(Finding::new(
                    Weight::Error,
                    "onchain.rpc",
                    format!("{place} is of chain {}, and not of {chain_id}", head.chain_id),
                    "name an endpoint of that network",
                )),
                Some(head) => heads.push((*chain_id, endpoint, head)),
            }
        }
    }
    heads
}

/// Everything that `doctor` wants to know beyond `check`.
pub(super) async fn examine(
    settings: &Settings,
    chain: &HttpChain,
    heads: &[(u64, &Url, Head)],
    findings: &mut Vec<Finding>,
) {
    let now = SystemClock::start().now();
    let clock_is_wrong = clocks(settings, findings).await;
    for (chain_id, endpoint, head) in heads {
        if !clock_is_wrong {
            findings.extend(lag(&host(endpoint), *head, now));
        }
        for (other_chain, other, further) in heads {
            if other_chain == chain_id && further.number > head.number + APART_MAX {
                findings.push(Finding::new(
                    Weight::Error,
                    "onchain.rpc",
                    format!(
                        "{} is {} blocks behind {}, so they prove nothing together",
                        host(endpoint),
                        further.number - head.number,
                        host(other)
                    ),
                    "replace the one that is behind",
                ));
            }
        }
    }
    domains(settings, chain, heads, findings).await;
    payees(settings, chain, heads, findings).await;
}

fn lag(place: &str, head: Head, now: UnixTime) -> Option<Finding> {
    let wrong = |problem: String, remedy: &str| {
        Some(Finding::new(Weight::Error, "onchain.rpc", problem, remedy))
    };
    if now.since(head.time) > LAG_MAX {
        let age = now.since(head.time).as_secs();
        let problem = format!("{place} has no block of the last {age} s, so doubt ends late");
        return wrong(problem, "replace it; if others say the same, look at the network's status");
    }
    if head.time.since(now) > SKEW_MAX {
        let ahead = head.time.since(now).as_secs();
        let problem =
            format!("{place} has a block {ahead} s in the future of this machine's clock");
        return wrong(problem, "set this machine's clock by NTP");
    }
    None
}

/// Compares this machine's clock with the facilitators'. True if it is wrong.
async fn clocks(settings: &Settings, findings: &mut Vec<Finding>) -> bool {
    let mut wrong = false;
    for facilitator in settings.facilitators() {
        let Ok(http) = assembly::facilitator(facilitator) else { continue };
        let Some(theirs) = HttpFacilitator::date(&http, super::ANSWER_MAX).await else { continue };
        let now = SystemClock::start().now();
        let (behind, ahead) = (theirs.since(now), now.since(theirs));
        if behind.max(ahead) > SKEW_MAX {
            let seconds = behind.max(ahead).as_secs();
            let direction = if behind > ahead { "behind" } else { "ahead of" };
            findings.push(Finding::new(
                Weight::Error,
                "the clock",
                format!("is {seconds} s {direction} that of {}, so honest payments look too early or too late", facilitator.host()),
                "set this machine's clock by NTP, or ask whoever runs the facilitator",
            ));
            wrong = true;
        }
    }
    wrong
}

/// Is the EIP-712 domain that payers sign for the token's own?
async fn domains(
    settings: &Settings,
    chain: &HttpChain,
    heads: &[(u64, &Url, Head)],
    findings: &mut Vec<Finding>,
) {
    for (offer, endpoint) in
        distinct(settings, heads, |it| it.offer.requirements().asset.to_string())
    {
        let requirements = offer.offer.requirements();
        let Some(domain) = requirements.token_domain() else { continue };
        let theirs = chain.domain_separator(endpoint, domain.asset).await;
        let wrong = match theirs {
            None => "has no DOMAIN_SEPARATOR at its contract, so no payment can be signed for it",
            Some(theirs) if theirs != domain.separator() => {
                "has another EIP-712 name or version on the chain, so every signature fails"
            }
            Some(_) => continue,
        };
        findings.push(Finding::new(
            Weight::Error,
            "routes",
            format!("take {} on {}, which {wrong}", offer.symbol, offer.network),
            "correct asset.name and asset.version, or the asset's address",
        ));
    }
}

/// Do payments arrive that this ledger does not know? Then another one sells for the same payee, and
/// a payment to one can be taken for a payment to the other.
async fn payees(
    settings: &Settings,
    chain: &HttpChain,
    heads: &[(u64, &Url, Head)],
    findings: &mut Vec<Finding>,
) {
    let Ok(ledger) = assembly::ledger(settings) else { return };
    let place = |it: &OfferSummary| {
        let requirements = it.offer.requirements();
        format!("{} {}", requirements.asset, requirements.pay_to)
    };
    for (offer, endpoint) in distinct(settings, heads, place) {
        let requirements = offer.offer.requirements();
        let Some((asset, payee)) = requirements.asset.evm().zip(requirements.pay_to.evm()) else {
            continue;
        };
        let of: (u64, Address, Address) = (offer.offer.chain_id(), asset, payee);
        let Some(payments) = chain.recent_payments(endpoint, of).await else {
            findings.push(Finding::new(
                Weight::Warning,
                "pay_to",
                format!("{payee} could not be looked up at {}", host(endpoint)),
                "name an endpoint that serves eth_getLogs",
            ));
            continue;
        };
        for payment in payments {
            if matches!(ledger.recall(&payment.key).await, Ok(None)) {
                findings.push(Finding::new(
                    Weight::Error,
                    "pay_to",
                    format!(
                        "{payee} was paid on {} in {}, and this ledger knows nothing of it: \
                         another ledger takes payments for the same address",
                        offer.network, payment.transaction
                    ),
                    "give each ledger an address of its own",
                ));
                break;
            }
        }
    }
}

/// One offer for each of what is named, with an endpoint of its chain.
fn distinct<'a>(
    settings: &'a Settings,
    heads: &[(u64, &'a Url, Head)],
    name: impl Fn(&OfferSummary) -> String,
) -> Vec<(&'a OfferSummary, &'a Url)> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for offer in settings.routes.iter().flat_map(|it| &it.offers) {
        let chain_id = offer.offer.chain_id();
        let named = format!("{chain_id} {}", name(offer));
        let endpoint = heads.iter().find(|(it, _, _)| *it == chain_id);
        if let Some((_, endpoint, _)) = endpoint
            && !seen.contains(&named)
        {
            seen.push(named);
            found.push((offer, *endpoint));
        }
    }
    found
}
