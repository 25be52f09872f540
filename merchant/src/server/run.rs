//! Runs the paywall as a server until it is told to stop.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::assembly;
use crate::front::access_log::AccessLog;
use crate::settings::Settings;

pub use crate::assembly::{AssemblyError, RealMerchant, merchant};

/// Why the server did not start.
#[derive(Debug)]
pub enum ServeError {
    /// The paywall cannot be put together.
    Assembly(AssemblyError),
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Assembly(error) => error.fmt(f),
            Self::Listen(address, error) => {
                write!(f, "cannot listen on {address}: {error}; change server.listen")
            }
        }
    }
}

impl std::error::Error for ServeError {}

/// Serves until SIGINT or SIGTERM. `ready` is told the address once connections are accepted.
pub async fn run(mut settings: Settings, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let (listen, limits) = (settings.listen, settings.limits);
    assembly::fetch_secrets(&mut settings).await.map_err(ServeError::Assembly)?;
    let merchant = merchant(settings).map_err(ServeError::Assembly)?;
    let cannot_listen = |error| ServeError::Listen(listen, error);
    let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
    ready(listener.local_addr().map_err(cannot_listen)?);
    super::descriptors::count(&limits);
    let log = AccessLog::to(std::io::stdout());
    super::serve(listener, merchant, limits, log, told_to_stop()).await;
    Ok(())
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
