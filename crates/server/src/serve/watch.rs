//! Whether the process truly works, for the service manager: its database answers it, or says why it does not, and nobody
//! stands where he should only pass.
//!
//! A database that is away is no reason to end a process: what it has in hand goes on when the database is back. One
//! that neither answers nor fails for half the watchdog's period is, like a worker who does not come back from it.

use std::sync::Arc;
use std::time::Duration;

use ledger::Supervisor;
use store::{Store, StoreError};
use tokio::time::{sleep, timeout};

use crate::manager::Manager;

/// How often a manager without a watchdog is told how the process is.
const STATUS_EVERY: Duration = Duration::from_secs(15);
/// Looks in each period of a watchdog.
const LOOKS: u32 = 4;

/// How the process is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// As it should.
    Well,
    /// It works as far as it can without a database.
    NoDatabase(String),
    /// It hangs, and this is where.
    Stuck(String),
}

/// Starts to look again and again, and to tell a manager that listens, until the process ends. `serving` is what it serves.
pub(super) fn start(manager: &Arc<Manager>, serving: String, store: Store, supervisor: &Supervisor) {
    if !manager.listens() {
        return;
    }
    let (manager, looked_after, mut stopping) =
        (Arc::clone(manager), supervisor.clone(), supervisor.stopping());
    supervisor.spawn(async move {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            () = watch(&manager, &serving, &store, &looked_after) => {}
        }
    });
}

async fn watch(manager: &Manager, serving: &str, store: &Store, supervisor: &Supervisor) {
    let (every, limit) = match manager.watchdog() {
        Some(period) => (period / LOOKS, period / 2),
        None => (STATUS_EVERY, STATUS_EVERY * 2),
    };
    let mut last = None;
    loop {
        let finding = look(store, supervisor, limit).await;
        if !matches!(finding, Finding::Stuck(_)) {
            manager.still_works();
        }
        if last.as_ref() != Some(&finding) {
            manager.status(&match &finding {
                Finding::Well => format!("serving {serving}"),
                Finding::NoDatabase(why) => format!("serving {serving}; the database cannot be used: {why}"),
                Finding::Stuck(place) => format!("stuck: {place}"),
            });
            if let Finding::Stuck(place) = &finding {
                tracing::error!(place, "the process is stuck");
            }
            last = Some(finding);
        }
        sleep(every).await;
    }
}

/// Reads and commits nothing, and looks for who has been too long at what should be over soon.
async fn look(store: &Store, supervisor: &Supervisor, limit: Duration) -> Finding {
    if let Some((what, took)) = supervisor.pulse().longest()
        && took > limit
    {
        return Finding::Stuck(format!("{what} has taken {} s", took.as_secs()));
    }
    let both = async {
        store.read(|_| Ok::<_, StoreError>(())).await?;
        store.write(|_| Ok::<_, StoreError>(())).await
    };
    match timeout(limit, both).await {
        Ok(Ok(())) => Finding::Well,
        Ok(Err(error)) => Finding::NoDatabase(error.chain()),
        Err(_) => Finding::Stuck(format!("the database has not answered for {} s", limit.as_secs())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::mpsc;

    use store::{Database, Options};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(300);

    fn store(home: &tempfile::TempDir) -> Store {
        Store::open(Options::of(Database::File(home.path().join("database")))).unwrap()
    }

    #[tokio::test]
    async fn who_does_not_come_back_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let (store, supervisor) = (store(&home), Supervisor::default());
        let generous = Duration::from_secs(60);
        let stretch = supervisor.pulse().begin("claiming in scheduler");
        assert_eq!(look(&store, &supervisor, generous).await, Finding::Well);
        sleep(Duration::from_millis(20)).await;
        let finding = look(&store, &supervisor, Duration::from_millis(10)).await;
        assert_eq!(finding, Finding::Stuck("claiming in scheduler has taken 0 s".to_owned()));
        drop(stretch);
        assert_eq!(look(&store, &supervisor, generous).await, Finding::Well);
    }

    #[tokio::test]
    async fn a_database_that_does_not_answer_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let (store, supervisor) = (store(&home), Supervisor::default());
        let (begun, began) = tokio::sync::oneshot::channel();
        let begun = std::sync::Arc::new(std::sync::Mutex::new(Some(begun)));
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        let slow = store.clone();
        let slow = async move {
            let write = slow.write(move |_| {
                begun.lock().unwrap().take().map(|begun| begun.send(()));
                let _ = wait.lock().unwrap().recv();
                Ok::<_, StoreError>(())
            });
            write.await
        };
        let looked = async {
            began.await.unwrap();
            let finding = look(&store, &supervisor, LIMIT).await;
            drop(go_on);
            finding
        };
        let (written, finding) = tokio::join!(slow, looked);
        written.unwrap();
        assert!(matches!(finding, Finding::Stuck(place) if place.contains("has not answered")));
        assert_eq!(look(&store, &supervisor, Duration::from_secs(60)).await, Finding::Well);
    }
}
