//! Signals: SIGTERM and SIGINT end the process, SIGHUP has it read again what can be read again.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Failure;

/// What a signal asks for.
pub(super) enum Asked {
    /// To end.
    End,
    /// To read configuration again.
    Reload,
}

/// The signals that are listened to.
pub(super) struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| format!("cannot listen to signals: {error}"));
        Ok(Self {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
            hup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for one that asks to end.
    pub(super) async fn end(&mut self) {
        while let Asked::Reload = self.next().await {}
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.term.recv() => Asked::End,
            _ = self.int.recv() => Asked::End,
            _ = self.hup.recv() => Asked::Reload,
        }
    }
}
