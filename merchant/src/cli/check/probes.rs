//! What only the neighbours can tell. Each answer has a time limit, and no probe moves money.

mod chain;
mod content;
mod facilitator;
mod ledger;

use std::time::Duration;

use super::finding::Finding;
use crate::assembly;
use crate::decisions::budget;
use crate::settings::Settings;

/// How long one answer may take: as long as a payer would wait for `/verify`.
const ANSWER_MAX: Duration = budget::VERIFY;

/// What each neighbour was found to do, in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probed {
    /// One for each, in the configuration's order.
    pub(super) facilitators: Vec<String>,
    pub(super) content: String,
    pub(super) ledger: String,
}

/// Asks all neighbours, and adds what is wrong to the findings.
pub(super) async fn all(settings: &Settings, findings: &mut Vec<Finding>) -> Probed {
    let facilitators = facilitator::ask(settings, findings).await;
    if let Ok(endpoints) = assembly::chain(settings) {
        chain::ask(settings, &endpoints, findings).await;
    }
    let (content, ledger) = storages(settings, findings).await;
    Probed { facilitators, content, ledger }
}

/// The same, and what `doctor` looks for besides.
pub(super) async fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    facilitator::ask(settings, findings).await;
    storages(settings, findings).await;
    if let Ok(endpoints) = assembly::chain(settings) {
        let heads = chain::ask(settings, &endpoints, findings).await;
        chain::examine(settings, &endpoints, &heads, findings).await;
    }
}

async fn storages(settings: &Settings, findings: &mut Vec<Finding>) -> (String, String) {
    // Neither storage is opened, or made, in a place that must not be used.
    if let Err(error) = settings.check_folders() {
        findings.push(Finding::of_settings(&error));
        let unasked = || "not opened".to_owned();
        return (unasked(), unasked());
    }
    let content = content::look(settings, findings).await;
    let ledger = ledger::attempt(settings, findings).await;
    (content, ledger)
}
