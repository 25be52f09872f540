//! What only the neighbours can tell: does the facilitator settle what is offered, are there
//! objects, and does the ledger refuse a second create? Each probe has a time limit, and what it
//! writes it removes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use tokio::time::timeout;
use wire::exact::EXACT;

use super::finding::{Finding, Weight};
use crate::adapters::facilitator::HttpFacilitator;
use crate::adapters::system_clock::SystemClock;
use crate::decisions::faults::FacilitatorFault;
use crate::decisions::path::CanonicalPath;
use crate::ports::Clock;
use crate::server::run::{content_store, ledger_store};
use crate::settings::{OfferSummary, RouteSummary, Secret, Settings};

/// How long one answer may take: as long as a payer would wait for `/verify`.
const ANSWER_MAX: Duration = crate::decisions::budget::VERIFY;

/// What each neighbour was found to do, in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probed {
    pub(super) facilitator: String,
    pub(super) content: String,
    pub(super) ledger: String,
}

/// Asks all neighbours, and adds what is wrong to the findings.
pub(super) async fn all(settings: &Settings, findings: &mut Vec<Finding>) -> Probed {
    let facilitator = facilitator(settings, findings).await;
    // Neither storage is opened, or made, in a place that must not be used.
    if let Err(error) = settings.check_folders() {
        findings.push(Finding::of_settings(&error));
        let unasked = || "not opened".to_owned();
        return Probed { facilitator, content: unasked(), ledger: unasked() };
    }
    let content = content(settings, findings).await;
    let ledger = ledger(settings, findings).await;
    Probed { facilitator, content, ledger }
}

async fn facilitator(settings: &Settings, findings: &mut Vec<Finding>) -> String {
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
    let offers = distinct_networks(settings);
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

async fn content(settings: &Settings, findings: &mut Vec<Finding>) -> String {
    let wrong = |problem: String| {
        let remedy = "correct the location or its rights";
        Finding::new(Weight::Error, "content.url", problem, remedy)
    };
    let store = match content_store(&settings.content) {
        Ok(store) => store,
        Err(error) => {
            findings.push(wrong(error.to_string()));
            return "cannot be opened".into();
        }
    };
    let mut stocked = 0;
    for (index, route) in settings.routes.iter().enumerate() {
        match timeout(ANSWER_MAX, covers_object(&store, route)).await {
            Ok(Ok(true)) => stocked += 1,
            Ok(Ok(false)) => findings.push(Finding::new(
                Weight::Warning,
                format!("routes[{index}].path"),
                format!("{:?} covers no object yet", route.path),
                "put files there, or correct the path",
            )),
            Ok(Err(error)) => {
                findings.push(wrong(format!("cannot be read: {error}")));
                return "cannot be read".into();
            }
            Err(_) => {
                findings.push(wrong(format!("does not answer within {} s", ANSWER_MAX.as_secs())));
                return "does not answer".into();
            }
        }
    }
    match (stocked, settings.routes.len()) {
        (0, _) => "has no object on any route".into(),
        (stocked, all) if stocked == all => "has objects on every route".into(),
        (stocked, all) => format!("has objects on {stocked} of {all} routes"),
    }
}

/// Is there an object at the route's path, or below it?
async fn covers_object(store: &Arc<dyn ObjectStore>, route: &RouteSummary) -> Result<bool, Error> {
    let prefix = CanonicalPath::of_target(&route.path)
        .ok()
        .and_then(|it| Path::parse(it.key().trim_end_matches('/')).ok())
        .unwrap_or_default();
    let below = (!prefix.as_ref().is_empty()).then_some(&prefix);
    match store.list(below).next().await {
        Some(Ok(_)) => return Ok(true),
        Some(Err(Error::NotFound { .. })) | None => {}
        Some(Err(error)) => return Err(error),
    }
    match store.head(&prefix).await {
        Ok(_) => Ok(true),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(_) if below.is_none() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn ledger(settings: &Settings, findings: &mut Vec<Finding>) -> String {
    let mut wrong = |problem: String, remedy: &str| {
        findings.push(Finding::new(Weight::Error, "ledger.url", problem, remedy));
    };
    let store = match ledger_store(&settings.ledger) {
        Ok(store) => store,
        Err(error) => {
            wrong(error.to_string(), "correct the location or its rights");
            return "cannot be opened".into();
        }
    };
    match timeout(ANSWER_MAX, creates_once(&store)).await {
        Ok(Ok(true)) => "refuses to create a record twice".into(),
        Ok(Ok(false)) => {
            let problem = "created one record twice, so one payment could buy two files";
            wrong(problem.into(), "use a storage that honours conditional writes");
            "creates a record twice".into()
        }
        Ok(Err(error)) => {
            wrong(format!("cannot be written: {error}"), "correct the location or its rights");
            "cannot be written".into()
        }
        Err(_) => {
            let problem = format!("does not answer within {} s", ANSWER_MAX.as_secs());
            wrong(problem, "correct the location, or use a nearer storage");
            "does not answer".into()
        }
    }
}

/// Creates a record and tries to create it again. The only thing that the whole ledger rests on.
async fn creates_once(store: &Arc<dyn ObjectStore>) -> Result<bool, Error> {
    let path = Path::from(format!("check-{}.json", SystemClock::start().fresh_id()));
    let create = || {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.put_opts(&path, PutPayload::from_static(b"{}"), options)
    };
    create().await?;
    let second = create().await;
    // A ledger that lets nobody delete keeps one small file; that is its right.
    let _ = store.delete(&path).await;
    match second {
        Ok(_) => Ok(false),
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
