//! `x402-merchant check`: tries a configuration out before money depends on it. Asks the facilitator
//! and touches the storages; moves no money and changes nothing that it does not undo.

mod advice;
pub(super) mod doctor;
mod finding;
mod probes;
mod report;
mod table;

use std::path::Path;

use serde_json::json;

use self::finding::{Finding, Weight};
use self::report::Report;
use super::load::{LoadError, load};
use super::{Exit, Output};
use crate::assembly;

pub(super) async fn run(
    config: &Path,
    environment: Vec<(String, String)>,
    output: Output,
    json: bool,
) -> Exit {
    let mut settings = match load(config, environment) {
        Ok(settings) => settings,
        Err(error) if json => {
            Output::say(&format!("{:#}", refusal(&error)));
            return Exit::Configuration;
        }
        Err(error) => {
            output.complain(&error.to_string());
            return Exit::Configuration;
        }
    };
    let mut findings = advice::on(&settings);
    if let Err(error) = assembly::fetch_secrets(&mut settings).await {
        findings.push(unfetched(&error));
    }
    let probed = probes::all(&settings, &mut findings).await;
    let report = Report { settings: &settings, probed, findings };
    if json {
        Output::say(&format!("{:#}", report.json()));
    } else {
        Output::say(&report.text(output.paint()));
    }
    report.exit()
}

fn unfetched(error: &assembly::AssemblyError) -> Finding {
    let remedy = "correct the name, the rights or the region";
    Finding::new(Weight::Error, "facilitator.token", error.to_string(), remedy)
}

/// The JSON where there is nothing to check.
fn refusal(error: &LoadError) -> serde_json::Value {
    let finding = match error {
        LoadError::Refused(_, error) => Finding::of_settings(error),
        LoadError::Missing(config) => Finding::new(
            Weight::Error,
            config,
            "does not exist",
            "name a configuration with --config or X402_CONFIG",
        ),
        LoadError::Unreadable(problem) => Finding::new(
            Weight::Error,
            "the configuration",
            problem,
            "correct its rights or its name",
        ),
    };
    json!({ "ok": false, "problems": [finding.json()] })
}
