//! Every task of the process, so that none is forgotten when it ends.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{Blocking, Pulse, Tracer};

/// Starts tasks, tells them to stop, and waits for them. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    tasks: Arc<Mutex<JoinSet<()>>>,
    stop: watch::Sender<bool>,
    pulse: Pulse,
    blocking: Blocking,
    tracer: Tracer,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self {
            tasks: Arc::default(),
            stop: watch::Sender::new(false),
            pulse: Pulse::default(),
            blocking: Blocking::default(),
            tracer: Tracer::default(),
        }
    }
}

impl Supervisor {
    /// One whose tasks have their blocking calls run by `blocking`.
    #[must_use]
    pub fn with_blocking(blocking: Blocking) -> Self {
        Self { blocking, ..Self::default() }
    }

    /// One whose tasks tell `tracer` what they do.
    #[must_use]
    pub fn traced(tracer: Tracer) -> Self {
        Self { tracer, ..Self::default() }
    }

    /// Whom its tasks tell what they do.
    #[must_use]
    pub const fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Where its tasks run what blocks.
    #[must_use]
    pub const fn blocking(&self) -> &Blocking {
        &self.blocking
    }

    /// Starts a task that watches [`Supervisor::stopping`] and returns soon after.
    #[allow(clippy::disallowed_methods, reason = "the one place where tasks are started")]
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Becomes true when the process is to end.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// What the tasks are at that must not take long.
    #[must_use]
    pub const fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Whether the process is to end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Tells every task to stop and waits up to `grace`; whatever runs on is cut off. Returns whether all ended
    /// by themselves.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.stop.send_replace(true);
        let ended = tokio::time::timeout(grace, async {
            loop {
                let mut tasks =
                    std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
                if tasks.is_empty() {
                    return;
                }
                while tasks.join_next().await.is_some() {}
            }
        });
        let in_time = ended.await.is_ok();
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        in_time
    }
}
