//! All that can be done before the first request: settings, secrets, connections. A start that fails
//! says why in one sentence, to the log and to the platform.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::World;
use super::meter::{Meter, Metered, STREAM_BYTES_MAX};
use super::metrics::Metrics;
use super::warm_up;
use crate::adapters::buckets;
use crate::adapters::content::StoreContent;
use crate::adapters::facilitators::Facilitators;
use crate::adapters::ledger::StoreLedger;
use crate::adapters::rpc::HttpChain;
use crate::adapters::system_clock::SystemClock;
use crate::assembly::{self, AssemblyError};
use crate::front::Front;
use crate::front::access_log::AccessLog;
use crate::settings::{Location, Settings, SettingsError};
use crate::walk::Merchant;

/// Larger objects are handed over by the bucket unless the configuration says otherwise. A function
/// URL streams 2 MB/s after the first 6 MB (AWS Lambda, "Response streaming"): this many take 13
/// seconds, and the function is paid for each of them.
const REDIRECT_ABOVE_DEFAULT: u64 = 32 * 1024 * 1024;
/// The configuration's name in the package.
const CONFIGURATION: &str = "merchant.toml";

pub(super) type RealFront = Front<
    Metered<Facilitators>,
    Metered<StoreContent>,
    Metered<StoreLedger>,
    SystemClock,
    HttpChain,
>;

/// Why the function cannot start.
#[derive(Debug)]
pub(super) enum StartError {
    /// The configuration cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// A setting cannot be used.
    Settings(SettingsError),
    /// The paywall cannot be put together.
    Assembly(AssemblyError),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(
                f,
                "cannot read {}: {error}; put {CONFIGURATION} into the package, or name it in \
                 X402_CONFIG",
                path.display()
            ),
            Self::Settings(error) => error.fmt(f),
            Self::Assembly(error) => error.fmt(f),
        }
    }
}

/// The front, ready to answer. The first challenge needs no network.
pub(super) async fn front(world: &World) -> Result<RealFront, StartError> {
    let package = PathBuf::from(world.get("LAMBDA_TASK_ROOT").unwrap_or("."));
    let mut settings = settings(world, &package)?;
    assembly::fetch_secrets(&mut settings).await.map_err(StartError::Assembly)?;
    let offers = warm_up::Offers::of(&settings);
    let sales_max = settings.limits.sales;
    let merchant = assembly::merchant(settings).map_err(StartError::Assembly)?;
    let facilitators = merchant.facilitator.members().iter().map(|it| it.facilitator.clone());
    warm_up::begin(&package, offers, facilitators.collect());
    let meter = Meter::default();
    let function = world.get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or("unknown").to_owned();
    let metrics = Metrics::new(function, meter.clone());
    let log = AccessLog::at_once(std::io::stdout(), move |line, members| {
        metrics.add(line, members);
    });
    let merchant = Merchant {
        policy: Arc::clone(&merchant.policy),
        facilitator: meter.on(merchant.facilitator),
        content: meter.on(merchant.content),
        ledger: meter.on(merchant.ledger),
        clock: merchant.clock,
        chain: merchant.chain,
        rules: merchant.rules,
    };
    // The platform freezes the process when a response has ended: what is not done by then may never
    // be.
    Ok(Front::new(merchant, log, sales_max).persisting_first())
}

fn settings(world: &World, package: &Path) -> Result<Settings, StartError> {
    let path = package.join(world.get("X402_CONFIG").unwrap_or(CONFIGURATION));
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| StartError::Unreadable(path, error))?;
    let settings = Settings::load(&text, package, world.environment.iter().cloned());
    let mut settings = settings.map_err(StartError::Settings)?;
    if settings.ledger.location == Location::Memory {
        let problem = "is memory, and every instance of a function has its own: one payment could \
                       buy many files";
        let remedy = "name a bucket, such as \"s3://bucket/ledger\"";
        return Err(StartError::Settings(SettingsError::new("ledger.url", problem, remedy)));
    }
    if settings.content.bucket().is_some() {
        let above = settings.redirect_above.unwrap_or(REDIRECT_ABOVE_DEFAULT);
        settings.redirect_above = Some(above.min(STREAM_BYTES_MAX));
    }
    Ok(settings)
}

/// Tells the platform why the start failed, so that whoever calls the function learns it, too (AWS
/// Lambda developer guide, "Initialization error").
pub(super) async fn report(world: &World, sentence: &str) {
    let Some(api) = world.get("AWS_LAMBDA_RUNTIME_API") else { return };
    let Ok(client) = buckets::client() else { return };
    let body = json!({ "errorType": "Runtime.InitError", "errorMessage": sentence }).to_string();
    let report = client
        .post(format!("http://{api}/2018-06-01/runtime/init/error"))
        .header("lambda-runtime-function-error-type", "Runtime.InitError")
        .body(body);
    // The log has the sentence already.
    let _ = report.send().await;
}

impl World {
    fn get(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(it, _)| it == name).map(|(_, text)| text.as_str())
    }
}
