//! Do the facilitators settle what is offered? Asks `/supported` and nothing that moves money.

use wire::exact::EXACT;

use super::super::finding::{Finding, Weight};
use super::ANSWER_MAX;
use crate::assembly;
use crate::decisions::faults::FacilitatorFault;
use crate::decisions::listing::BAZAAR;
use crate::settings::{Access, FacilitatorSettings, OfferSummary, Settings};

/// Asks each facilitator, and says in a few words what it does.
pub(super) async fn ask(settings: &Settings, findings: &mut Vec<Finding>) -> Vec<String> {
    let offers = distinct_networks(settings);
    let listing = settings.routes.iter().any(|it| it.listed);
    let mut words = Vec::new();
    for facilitator in settings.facilitators() {
        words.push(if offers.is_empty() {
            "not needed: everything is free".into()
        } else {
            let alone = settings.fallbacks.is_empty();
            ask_one(facilitator, &offers, alone, listing, findings).await
        });
    }
    words
}

async fn ask_one(
    settings: &FacilitatorSettings,
    offers: &[&OfferSummary],
    alone: bool,
    listing: bool,
    findings: &mut Vec<Finding>,
) -> String {
    if settings.secrets().any(|it| it.kept().is_some()) {
        // Its secret could not be fetched, which is a finding already.
        return "not asked".into();
    }
    let mut wrong = |weight, setting: String, problem: &str, remedy: &str| {
        findings.push(Finding::new(weight, setting, problem, remedy));
    };
    let asked = match assembly::facilitator(settings) {
        Ok(facilitator) => facilitator.supported(ANSWER_MAX).await,
        Err(error) => {
            let remedy = "correct its URL, token, key or headers";
            wrong(Weight::Error, settings.table.clone(), &error.to_string(), remedy);
            return "not asked".into();
        }
    };
    let supported = match asked {
        Ok(supported) => supported,
        Err(fault) => {
            let (words, setting, remedy) = explain(fault, &settings.access);
            let (weight, so) = if alone {
                (Weight::Error, "so nothing can be sold")
            } else {
                (Weight::Warning, "so others must stand in for it")
            };
            wrong(weight, settings.key(setting), &format!("{words}, {so}"), remedy);
            return words;
        }
    };
    let (settled, missing): (Vec<_>, Vec<_>) = offers
        .iter()
        .copied()
        .partition(|it| supported.settles(EXACT, &it.offer.requirements().network));
    for offer in &missing {
        let problem = format!("does not settle payments on {}", offer.network);
        let remedy = "name another facilitator, or remove the network";
        wrong(Weight::Error, settings.key("url"), &problem, remedy);
    }
    if listing && !supported.extensions.iter().any(|it| it == BAZAAR) {
        let problem = "does not say that it keeps a catalogue, so nothing is listed there";
        let remedy = "name one that lists the extension bazaar, or set bazaar = false";
        wrong(Weight::Warning, settings.key("url"), problem, remedy);
    }
    if settled.is_empty() {
        return "settles nothing that is offered".into();
    }
    let names: Vec<_> = settled.iter().map(|it| it.network.as_str()).collect();
    format!("settles on {}", names.join(", "))
}

fn distinct_networks(settings: &Settings) -> Vec<&OfferSummary> {
    let mut distinct: Vec<&OfferSummary> = Vec::new();
    for offer in settings.routes.iter().flat_map(|it| &it.offers) {
        if distinct.iter().all(|it| it.network != offer.network) {
            distinct.push(offer);
        }
    }
    distinct
}

/// What a fault means, whose setting it is, and what to do.
fn explain(fault: FacilitatorFault, access: &Access) -> (String, &'static str, &'static str) {
    const URL: &str = "url";
    let correct = "correct the URL, or ask whoever runs it";
    match fault {
        FacilitatorFault::Unreachable => {
            ("cannot be reached".into(), URL, "start it, or correct the URL")
        }
        FacilitatorFault::TimedOut => {
            (format!("does not answer within {} s", ANSWER_MAX.as_secs()), URL, correct)
        }
        FacilitatorFault::Broken => ("breaks the connection".into(), URL, correct),
        FacilitatorFault::Unreadable(status @ (401 | 403)) => {
            let words = format!("refuses our credentials (status {status})");
            match access {
                Access::Key(..) => (words, "key_secret", "set the API key that it gave you"),
                Access::Open | Access::Token(_) => {
                    (words, "token", "set the token that it gave you")
                }
            }
        }
        FacilitatorFault::Unreadable(status @ 300..=399) => {
            let words = format!("redirects (status {status}), and redirects are not followed");
            (words, URL, "name the URL that it redirects to")
        }
        FacilitatorFault::Unreadable(status) => {
            (format!("does not list what it settles (status {status})"), URL, correct)
        }
        FacilitatorFault::Busy(_) => {
            ("has too many requests".into(), URL, "try again later, or name another one")
        }
    }
}
