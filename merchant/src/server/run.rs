//! Puts the paywall together from its settings and runs it until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use object_store::ObjectStore;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::adapters::content::StoreContent;
use crate::adapters::facilitator::{HttpFacilitator, SetUpError};
use crate::adapters::ledger::StoreLedger;
use crate::adapters::stores::{self, StoreError};
use crate::adapters::system_clock::SystemClock;
use crate::server::access_log::AccessLog;
use crate::settings::{LedgerSettings, Location, Settings, SettingsError};
use crate::walk::Merchant;

/// Why the server did not start.
#[derive(Debug)]
pub enum ServeError {
    /// A folder that the configuration names cannot serve.
    Folders(SettingsError),
    /// A storage cannot be opened.
    Storage(StoreError),
    /// The facilitator cannot be set up.
    Facilitator(SetUpError),
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folders(error) => error.fmt(f),
            Self::Storage(error) => error.fmt(f),
            Self::Facilitator(error) => error.fmt(f),
            Self::Listen(address, error) => {
                write!(f, "cannot listen on {address}: {error}; change server.listen")
            }
        }
    }
}

impl std::error::Error for ServeError {}

/// The paywall over real neighbours.
pub type RealMerchant = Merchant<HttpFacilitator, StoreContent, StoreLedger, SystemClock>;

/// Serves until SIGINT or SIGTERM. `ready` is told the address once connections are accepted.
pub async fn run(settings: Settings, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let (listen, limits) = (settings.listen, settings.limits);
    let merchant = merchant(settings)?;
    let cannot_listen = |error| ServeError::Listen(listen, error);
    let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
    ready(listener.local_addr().map_err(cannot_listen)?);
    let log = AccessLog::to(std::io::stdout());
    super::serve(listener, merchant, limits, log, told_to_stop()).await;
    Ok(())
}

/// Puts the paywall together.
pub fn merchant(settings: Settings) -> Result<RealMerchant, ServeError> {
    settings.check_folders().map_err(ServeError::Folders)?;
    let bearer = settings.facilitator.bearer.as_ref().map(crate::settings::Secret::expose);
    let facilitator = HttpFacilitator::new(&settings.facilitator.url, bearer);
    Ok(Merchant {
        facilitator: facilitator.map_err(ServeError::Facilitator)?,
        content: StoreContent::new(content_store(&settings.content).map_err(ServeError::Storage)?),
        ledger: StoreLedger::new(ledger_store(&settings.ledger).map_err(ServeError::Storage)?),
        clock: SystemClock::start(),
        policy: Arc::new(settings.policy),
    })
}

/// The store of the objects.
pub fn content_store(location: &Location) -> Result<Arc<dyn ObjectStore>, StoreError> {
    match location {
        Location::Memory => Ok(stores::memory()),
        Location::File(folder) => stores::folder(folder),
    }
}

/// The store of the ledger.
pub fn ledger_store(ledger: &LedgerSettings) -> Result<Arc<dyn ObjectStore>, StoreError> {
    match &ledger.location {
        Location::Memory => Ok(stores::memory()),
        Location::File(folder) => stores::ledger_folder(folder, ledger.fsync),
    }
}

async fn told_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            // Without the signal there is still Ctrl-C.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => (),
        _ = tokio::signal::ctrl_c() => (),
    }
}
