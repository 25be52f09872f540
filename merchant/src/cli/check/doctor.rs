//! `x402-merchant doctor`: everything that `check` tries, and what only shows over time: clocks,
//! endpoints that lag or disagree, a token that signs otherwise, a payee that others sell for, too.

use std::path::Path;

use serde_json::json;

use super::finding::{Finding, Weight};
use super::{advice, probes, refusal};
use crate::assembly;
use crate::cli::load::load;
use crate::cli::{Exit, Output};
use crate::front::events;

pub(in crate::cli) async fn run(
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
    // An endpoint that fails says why only there.
    events::to_standard_error();
    let mut findings = advice::on(&settings);
    if let Err(error) = assembly::fetch_secrets(&mut settings).await {
        findings.push(super::unfetched(&error));
    }
    probes::examine(&settings, &mut findings).await;
    findings.sort_by_key(|it| it.weight);
    let ill = findings.iter().any(|it| it.weight == Weight::Error);
    if json {
        let problems: Vec<_> = findings.iter().map(Finding::json).collect();
        Output::say(&format!("{:#}", json!({ "ok": !ill, "problems": problems })));
    } else {
        for finding in &findings {
            Output::say(&finding.text(output.paint()));
        }
        let errors = findings.iter().filter(|it| it.weight == Weight::Error).count();
        let warnings = findings.len() - errors;
        Output::say(&match (errors, warnings) {
            (0, 0) => "nothing found: in good health".to_owned(),
            _ => format!("found: errors {errors}, warnings {warnings}"),
        });
    }
    if ill { Exit::Problems } else { Exit::Done }
}
