//! What only the neighbours can tell. Each answer has a time limit, and no probe moves money.

mod content;
mod facilitator;
mod ledger;

use std::time::Duration;

use super::finding::Finding;
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
    // Neither storage is opened, or made, in a place that must not be used.
    if let Err(error) = settings.check_folders() {
        findings.push(Finding::of_settings(&error));
        let unasked = || "not opened".to_owned();
        return Probed { facilitators, content: unasked(), ledger: unasked() };
    }
    let content = content::look(settings, findings).await;
    let ledger = ledger::attempt(settings, findings).await;
    Probed { facilitators, content, ledger }
}
