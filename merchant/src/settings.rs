//! The configuration: text and environment in, nouns out, or one sentence that names the setting,
//! what is wrong with it and the remedy. Refuses to guess: whatever could sell for nothing, pay a
//! stranger or serve the ledger stops the start.
//!
//! Reading is a pure function; the one look at the disk is [`Settings::check_folders`].

mod document;
mod environment;
mod error;
mod facilitator;
mod folders;
mod keys;
mod limits;
mod location;
mod nearest;
mod offers;
mod origin;
mod parties;
mod routes;
mod secret;
mod summary;
mod text;
mod tokens;

use std::net::SocketAddr;
use std::path::Path;

use crate::decisions::policy::Policy;
use document::Document;

pub use error::SettingsError;
pub use facilitator::FacilitatorSettings;
pub use limits::Limits;
pub use location::Location;
pub use offers::ACCEPTS_MAX;
pub use routes::{PATH_BYTES_RESERVED, ROUTES_MAX};
pub use secret::Secret;
pub use summary::{OfferSummary, RouteSummary};

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
    /// Where the ledger is.
    pub ledger: LedgerSettings,
    /// Who verifies and settles.
    pub facilitator: FacilitatorSettings,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Bounds on what one client may take.
    pub limits: Limits,
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
        let mut table = keys::parse(toml_text)?;
        let overrides = environment::apply(&mut table, env)?;
        let document = keys::document(table)?;
        Self::of_document(document, base).map_err(|error| overrides.blame(error))
    }

    fn of_document(document: Document, base: &Path) -> Result<Self, SettingsError> {
        let origin = origin::public(document.public_url.as_deref())?;
        let limits = Limits::of_document(&document.limits)?;
        let defaults = offers::Defaults::of_document(&document, limits.max_timeout)?;
        let sold = routes::read(&document.routes, &defaults, &origin)?;
        let content = location::required("content.url", document.content.url.as_deref(), base)?;
        let ledger = location::required("ledger.url", document.ledger.url.as_deref(), base)?;
        folders::keep_apart(&content, &ledger, base)?;
        Ok(Self {
            policy: sold.policy,
            routes: sold.summaries,
            content,
            ledger: LedgerSettings {
                location: ledger,
                fsync: document.ledger.fsync.unwrap_or(true),
            },
            facilitator: FacilitatorSettings::of_document(&document.facilitator)?,
            listen: listen(document.server.listen.as_deref())?,
            limits,
        })
    }

    /// Looks at the disk: is the content where the configuration says, and apart from the ledger
    /// even where symbolic links are followed? Asks nothing of storages elsewhere.
    pub fn check_folders(&self) -> Result<(), SettingsError> {
        folders::check(&self.content, &self.ledger.location)
    }
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
