//! The configuration: text and environment in, nouns out, or one sentence that names the setting,
//! what is wrong with it and the remedy. Refuses to guess: whatever could sell for nothing, pay a
//! stranger or serve the ledger stops the start.
//!
//! Reading is a pure function; the one look at the disk is [`Settings::check_folders`].

mod bucket;
mod client;
mod cloud;
mod discovery;
mod document;
mod environment;
mod error;
mod facilitator;
mod folders;
mod kept;
mod keys;
mod limits;
mod location;
mod nearest;
mod offers;
mod origin;
mod parties;
mod routes;
mod rules;
mod secret;
mod summary;
mod text;
mod tokens;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use url::Url;

use crate::decisions::policy::Policy;
use crate::walk::Rules;
use document::Document;

pub use bucket::{Bucket, S3Options, Service};
pub use cloud::CloudEnvironment;
pub use error::SettingsError;
pub use facilitator::{Access, FacilitatorSettings, host};
pub use kept::KeptSecret;
pub use limits::Limits;
pub use location::Location;
pub use offers::ACCEPTS_MAX;
pub use routes::{PATH_BYTES_RESERVED, ROUTES_MAX};
pub use secret::{Keeper, Secret, SecretReference};
pub use summary::{ExceptionSummary, OfferSummary, RouteSummary};

/// Where the server listens unless told otherwise: this machine only, because a paywall belongs
/// behind a CDN or a proxy that speaks TLS. 4021 is the port of the SDKs' examples.
const LISTEN_DEFAULT: &str = "127.0.0.1:4021";

/// Everything that an operator decides, checked.
#[derive(Debug)]
pub struct Settings {
    /// The routes with their offers, under the public origin.
    pub policy: Policy,
    /// The same routes for people, in the configuration's order.
    pub routes: Vec<RouteSummary>,
    /// Where the objects are.
    pub content: Location,
    /// Objects of more bytes are not sent but fetched from the storage itself, by a signed URL.
    pub redirect_above: Option<u64>,
    /// Where the ledger is.
    pub ledger: LedgerSettings,
    /// Who verifies and settles.
    pub facilitator: FacilitatorSettings,
    /// Who stands in for it, in this order.
    pub fallbacks: Vec<FacilitatorSettings>,
    /// Credentials and places of storage services and keepers of secrets.
    pub cloud: CloudEnvironment,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Bounds on what one client may take.
    pub limits: Limits,
    /// When the chain is asked, and for how long a bought object is sent again.
    pub rules: Rules,
    /// Who is asked about which chain.
    pub rpc: HashMap<u64, Vec<Url>>,
}

/// Where payments are remembered, and how firmly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSettings {
    /// Where the records are.
    pub location: Location,
    /// Is a record forced to the disk before it counts? Without it, a power cut can forget a claim
    /// that was answered already.
    pub fsync: bool,
}

impl Settings {
    /// Reads the configuration. Relative folders are meant from `base`, the configuration file's
    /// own folder; `env` overrides single settings (`X402_PAY_TO`, `X402_LIMITS__CONNECTIONS`).
    pub fn load(
        toml_text: &str,
        base: &Path,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let env: Vec<_> = env.collect();
        let cloud = CloudEnvironment::of(&env);
        let mut table = keys::parse(toml_text)?;
        let overrides = environment::apply(&mut table, env.into_iter())?;
        let document = keys::document(table)?;
        let settings = Self::of_document(document, base).map_err(|error| overrides.blame(error))?;
        Ok(Self { cloud, ..settings })
    }

    fn of_document(document: Document, base: &Path) -> Result<Self, SettingsError> {
        let origin = origin::public(document.public_url.as_deref())?;
        let limits = Limits::of_document(&document.limits)?;
        let rules = rules::rules(&document)?;
        let defaults =
            offers::Defaults::of_document(&document, limits.max_timeout, rules.redelivery)?;
        let sold = routes::read(&document.routes, &defaults, &origin)?;
        let sold = discovery::publish(sold, &document.discovery, &origin);
        let content = location::required("content.url", document.content.url.as_deref(), base)?;
        let ledger = location::required("ledger.url", document.ledger.url.as_deref(), base)?;
        folders::keep_apart(&content, &ledger, base)?;
        let redirect_above = redirect_above(document.content.redirect_above, &content)?;
        carries_prices(&sold.summaries, &content)?;
        let viewer = client::viewer(document.client.address.as_deref())?;
        let facilitator = FacilitatorSettings::of_document(&document.facilitator, base)?;
        Ok(Self {
            rules,
            rpc: rules::endpoints(&document, facilitator.is_local())?,
            policy: sold.policy.believing(viewer),
            routes: sold.summaries,
            content,
            redirect_above,
            ledger: LedgerSettings {
                location: ledger,
                fsync: document.ledger.fsync.unwrap_or(true),
            },
            fallbacks: FacilitatorSettings::fallbacks(&document.facilitator, &facilitator, base)?,
            facilitator,
            cloud: CloudEnvironment::default(),
            listen: listen(document.server.listen.as_deref())?,
            limits,
        })
    }

    /// All facilitators, the first one first.
    pub fn facilitators(&self) -> impl Iterator<Item = &FacilitatorSettings> {
        std::iter::once(&self.facilitator).chain(&self.fallbacks)
    }

    /// Looks at the disk: is the content where the configuration says, and apart from the ledger
    /// even where symbolic links are followed? Asks nothing of storages elsewhere.
    pub fn check_folders(&self) -> Result<(), SettingsError> {
        folders::check(&self.content, &self.ledger.location)
    }
}

/// Files in a folder have no metadata.
fn carries_prices(routes: &[RouteSummary], content: &Location) -> Result<(), SettingsError> {
    let Some(index) = routes.iter().position(|it| it.bounds.is_some()) else { return Ok(()) };
    if !matches!(content, Location::File(_)) {
        return Ok(());
    }
    let problem = "needs content in a bucket, whose objects can carry a price";
    let remedy = "remove price_min and price_max, or name a bucket";
    Err(SettingsError::new(format!("routes[{index}].price_max"), problem, remedy))
}

/// Only a storage service can hand an object over without us.
fn redirect_above(bytes: Option<i64>, content: &Location) -> Result<Option<u64>, SettingsError> {
    const KEY: &str = "content.redirect_above";
    let Some(bytes) = bytes else { return Ok(None) };
    if content.bucket().is_none() {
        let problem = "needs content in a bucket, whose service hands large objects over";
        return Err(SettingsError::new(KEY, problem, "remove the line, or name a bucket"));
    }
    let above = u64::try_from(bytes).ok();
    above
        .map(Some)
        .ok_or_else(|| SettingsError::new(KEY, format!("is {bytes}"), "write a number of bytes"))
}

fn listen(text: Option<&str>) -> Result<SocketAddr, SettingsError> {
    let text = text.unwrap_or(LISTEN_DEFAULT);
    text.parse().map_err(|_| {
        let remedy = format!("write an IP address and a port, such as \"{LISTEN_DEFAULT}\"");
        SettingsError::new("server.listen", format!("{text:?} is not a socket address"), remedy)
    })
}

#[cfg(test)]
mod tests;
