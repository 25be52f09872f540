//! Does the facilitator settle what is offered? Asks `/supported` and nothing that moves money.

use wire::exact::EXACT;

use super::super::finding::{Finding, Weight};
use super::ANSWER_MAX;
use crate::adapters::facilitator::HttpFacilitator;
use crate::decisions::faults::FacilitatorFault;
use crate::settings::{OfferSummary, Secret, Settings};

/// Asks the facilitator, and says in a few words what it does.
pub(super) async fn ask(settings: &Settings, findings: &mut Vec<Finding>) -> String {
    let offers = distinct_networks(settings);
    if offers.is_empty() {
        return "not needed: everything is free".into();
    }
    let bearer = settings.facilitator.bearer.as_ref().map(Secret::expose);
    let mut wrong = |setting: &str, problem: &str, remedy: &str| {
        findings.push(Finding::new(Weight::Error, setting, problem, remedy));
    };
    let asked = match HttpFacilitator::new(&settings.facilitator.url, bearer) {
        Ok(facilitator) => facilitator.supported(ANSWER_MAX).await,
        Err(error) => {
            wrong("facilitator", &error.to_string(), "correct its URL or its token");
            return "not asked".into();
        }
    };
    let supported = match asked {
        Ok(supported) => supported,
        Err(fault) => {
            let (words, setting, remedy) = explain(fault);
            wrong(setting, &format!("{words}, so nothing can be sold"), remedy);
            return words;
        }
    };
    let (settled, missing): (Vec<_>, Vec<_>) = offers
        .into_iter()
        .partition(|it| supported.settles(EXACT, &it.offer.requirements().network));
    for offer in &missing {
        let problem = format!("does not settle payments on {}", offer.network);
        wrong("facilitator.url", &problem, "name another facilitator, or remove the network");
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
fn explain(fault: FacilitatorFault) -> (String, &'static str, &'static str) {
    const URL: &str = "facilitator.url";
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
            (words, "facilitator.token", "set the token that it gave you")
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
