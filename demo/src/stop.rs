//! The wish to end, in every form in which a terminal says it.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for Ctrl-C, a closed terminal and a polite kill, from its making on.
pub(crate) struct Stop([Signal; 3]);

impl Stop {
    pub(crate) fn listen() -> Result<Self, String> {
        let on = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        Ok(Self([
            on(SignalKind::interrupt())?,
            on(SignalKind::terminate())?,
            on(SignalKind::hangup())?,
        ]))
    }

    /// Returns when somebody wants it to end.
    pub(crate) async fn told(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
            _ = hangup.recv() => (),
        }
    }
}
