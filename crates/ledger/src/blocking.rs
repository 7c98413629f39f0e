//! Calls that block: drivers, external programs, hashes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

/// Waits for as long as a call is to take: before its effect, and again after it.
pub type Pace = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Where they run: on the blocking threads of the runtime, or, in a simulation, between two waits of its own making.
#[derive(Clone, Default)]
pub struct Blocking {
    pace: Option<Pace>,
}

impl Blocking {
    /// Calls that take as long as `pace` says, all on the thread of the runtime, one after the other.
    #[must_use]
    pub fn paced(pace: Pace) -> Self {
        Self { pace: Some(pace) }
    }

    /// Starts a call. It goes on when nobody waits for it any longer.
    pub fn start<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        let Some(pace) = self.pace.clone() else { return spawn_blocking(call) };
        #[allow(
            clippy::disallowed_methods,
            reason = "what blocks is waited for by nobody, here as on its thread"
        )]
        tokio::spawn(async move {
            pace().await;
            let answer = call();
            pace().await;
            answer
        })
    }
}
