//! Puts the paywall together from its settings, for whichever front it gets. Opens what the settings
//! name and takes no decision of its own.

use std::sync::Arc;

use http::header::AUTHORIZATION;

use crate::adapters::api_key::ApiKey;
use crate::adapters::content::StoreContent;
use crate::adapters::desk::Desk;
use crate::adapters::facilitator::{Credentials, HttpFacilitator, SetUpError};
use crate::adapters::facilitators::{Facilitators, Member};
use crate::adapters::folder::Folder;
use crate::adapters::ledger::StoreLedger;
use crate::adapters::rpc::HttpChain;
use crate::adapters::secrets::{self, SecretError};
use crate::adapters::stores::{self, StoreError};
use crate::adapters::system_clock::SystemClock;
use crate::settings::{Access, FacilitatorSettings, Location, Settings, SettingsError};
use crate::walk::Merchant;

/// The paywall over real neighbours.
pub type RealMerchant = Merchant<Facilitators, StoreContent, StoreLedger, SystemClock, HttpChain>;

/// Why the paywall could not be put together.
#[derive(Debug)]
pub enum AssemblyError {
    /// A setting cannot be used.
    Settings(SettingsError),
    /// A storage cannot be opened.
    Storage(StoreError),
    /// The facilitator cannot be set up.
    Facilitator(SetUpError),
    /// A secret that is kept elsewhere cannot be fetched.
    Secret(SecretError),
}

impl std::fmt::Display for AssemblyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings(error) => error.fmt(f),
            Self::Storage(error) => error.fmt(f),
            Self::Facilitator(error) => error.fmt(f),
            Self::Secret(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AssemblyError {}

/// Fetches the secrets that the settings only name. Asks nobody where they name none.
pub async fn fetch_secrets(settings: &mut Settings) -> Result<(), AssemblyError> {
    let all = std::iter::once(&mut settings.facilitator).chain(&mut settings.fallbacks);
    for facilitator in all {
        for secret in facilitator.secrets_mut() {
            let Some(kept) = secret.kept() else { continue };
            let text = secrets::fetch(&settings.cloud, kept).await;
            let text = text.map_err(AssemblyError::Secret)?;
            secret.keep(&text).map_err(AssemblyError::Settings)?;
        }
    }
    Ok(())
}

/// Puts the paywall together. Secrets must be fetched by then.
pub fn merchant(settings: Settings) -> Result<RealMerchant, AssemblyError> {
    settings.check_folders().map_err(AssemblyError::Settings)?;
    // One for both: what is looked up and opened at once is one visit.
    let desk = Desk::new();
    Ok(Merchant {
        facilitator: facilitators(&settings)?,
        content: content(&settings, desk.clone())?,
        ledger: ledger_by(&settings, desk)?,
        clock: SystemClock::start(),
        chain: chain(&settings)?,
        rules: settings.rules,
        policy: Arc::new(settings.policy),
    })
}

fn facilitators(settings: &Settings) -> Result<Facilitators, AssemblyError> {
    let members = settings.facilitators().map(|it| {
        let facilitator = facilitator(it)?;
        Ok(Member { name: it.host(), facilitator })
    });
    Ok(Facilitators::new(members.collect::<Result<_, _>>()?, SystemClock::start()))
}

/// One facilitator over HTTP.
pub fn facilitator(settings: &FacilitatorSettings) -> Result<HttpFacilitator, AssemblyError> {
    let credentials = credentials(settings).map_err(AssemblyError::Settings)?;
    HttpFacilitator::new(&settings.url, credentials).map_err(AssemblyError::Facilitator)
}

fn credentials(settings: &FacilitatorSettings) -> Result<Credentials, SettingsError> {
    let mut credentials = Credentials::default();
    for (name, value) in &settings.headers {
        credentials.headers.push((name.clone(), value.secret()?.expose().to_owned()));
    }
    match &settings.access {
        Access::Open => {}
        Access::Token(token) => {
            let value = format!("Bearer {}", token.secret()?.expose());
            credentials.headers.push((AUTHORIZATION, value));
        }
        Access::Key(id, secret) => {
            let key = ApiKey::read(id.clone(), secret.secret()?.expose());
            let unreadable = |problem| {
                let remedy = "copy it again: base64 of 64 bytes (Ed25519), or PEM (ES256)";
                SettingsError::new(secret.setting(), problem, remedy)
            };
            credentials.key = Some(Arc::new(key.map_err(unreadable)?));
        }
    }
    Ok(credentials)
}

/// The chain through the endpoints that are configured.
pub fn chain(settings: &Settings) -> Result<HttpChain, AssemblyError> {
    HttpChain::new(settings.rpc.clone())
        .map_err(|error| AssemblyError::Facilitator(SetUpError(error)))
}

/// The ledger where it is configured.
pub fn ledger(settings: &Settings) -> Result<StoreLedger, AssemblyError> {
    ledger_by(settings, Desk::new())
}

fn ledger_by(settings: &Settings, desk: Desk) -> Result<StoreLedger, AssemblyError> {
    // Opened as any store is, so that a folder that cannot be used is told in the same words.
    let store = stores::ledger(&settings.ledger, &settings.cloud);
    let store = store.map_err(AssemblyError::Storage)?;
    Ok(match &settings.ledger.location {
        Location::File(path) => {
            let folder = Folder::open(path.clone(), settings.ledger.fsync, desk);
            let failed = |error| StoreError(format!("cannot open {}: {error}", path.display()));
            let folder = folder.map_err(failed).map_err(AssemblyError::Storage)?;
            StoreLedger::in_folder(folder)
        }
        Location::Memory | Location::Bucket(_) => StoreLedger::new(store),
    })
}

fn content(settings: &Settings, desk: Desk) -> Result<StoreContent, AssemblyError> {
    let opened = stores::content(&settings.content, &settings.cloud);
    let (store, bucket) = opened.map_err(AssemblyError::Storage)?;
    let content = match &settings.content {
        Location::File(_) => StoreContent::in_folder(store, desk),
        Location::Memory | Location::Bucket(_) => StoreContent::new(store),
    };
    Ok(match (settings.redirect_above, bucket) {
        (Some(above), Some(bucket)) => content.redirecting(above, bucket),
        (Some(_) | None, _) => content,
    })
}
