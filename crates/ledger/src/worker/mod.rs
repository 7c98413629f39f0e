//! A worker: claims what is due in one queue and carries it on, several operations at a time.

mod carry;
mod traced;

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use store::operations::{self, Claim, OperationRow};
use store::{Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use crate::{Handler, Hints, Supervisor};

/// Most operations claimed in one transaction.
const MAX_CLAIM: usize = 64;

/// How a worker works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `host/{incarnation}`: who holds the claims.
    pub owner: String,
    /// How long a claim holds without renewal, in milliseconds.
    pub lease_ms: i64,
    /// How long to sleep without a hint.
    pub poll: Duration,
    /// Most operations at the same time.
    pub concurrency: usize,
}

impl Settings {
    /// The usual settings for the holder `owner`.
    #[must_use]
    pub fn of(owner: impl Into<String>) -> Self {
        Self { owner: owner.into(), lease_ms: 30_000, poll: Duration::from_secs(1), concurrency: 32 }
    }
}

/// The worker of one queue.
pub struct Worker {
    queue: String,
    store: Store,
    hints: Hints,
    handler: Arc<dyn Handler>,
    supervisor: Supervisor,
    settings: Arc<Settings>,
    places: Arc<Semaphore>,
}

impl Worker {
    /// Starts a worker of `queue`.
    pub fn start(
        queue: impl Into<String>,
        store: Store,
        hints: Hints,
        handler: Arc<dyn Handler>,
        supervisor: &Supervisor,
        settings: Settings,
    ) {
        let places = Arc::new(Semaphore::new(settings.concurrency));
        let worker = Self {
            queue: queue.into(),
            store,
            hints,
            handler,
            supervisor: supervisor.clone(),
            settings: Arc::new(settings),
            places,
        };
        supervisor.spawn(Arc::new(worker).serve());
    }

    async fn serve(self: Arc<Self>) {
        let hint = self.hints.of(&self.queue);
        let mut stopping = self.supervisor.stopping();
        loop {
            let pause = match self.claim_due().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(queue = self.queue, error = error.chain(), "cannot claim operations");
                    self.settings.poll
                }
            };
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = hint.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Claims as much as there are places for, starts it, and says how long to sleep at most.
    async fn claim_due(self: &Arc<Self>) -> Result<Duration, StoreError> {
        loop {
            if self.supervisor.is_stopping() {
                return Ok(self.settings.poll);
            }
            let Some(mut places) = self.free_places().await else { return Ok(self.settings.poll) };
            let most = places.num_permits();
            // From here on nothing is waited for but the database.
            let _soon_over = self.supervisor.pulse().begin(&format!("claiming in {}", self.queue));
            let since = Instant::now();
            let claimed = self.claim(most).await?;
            let came = claimed.len();
            for operation in claimed {
                let Some(place) = places.split(1) else { break };
                let worker = Arc::clone(self);
                self.supervisor.spawn(async move { worker.carry(operation, since, place).await });
            }
            drop(places);
            if came < most {
                return self.until_next_due().await;
            }
        }
    }

    /// Waits for one place and takes what else is free.
    async fn free_places(&self) -> Option<OwnedSemaphorePermit> {
        let mut places = Arc::clone(&self.places).acquire_owned().await.ok()?;
        while places.num_permits() < MAX_CLAIM {
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(more) => places.merge(more),
                Err(_) => break,
            }
        }
        Some(places)
    }

    async fn claim(&self, most: usize) -> Result<Vec<OperationRow>, StoreError> {
        let queue = self.queue.clone();
        let due = self.store.read(move |conn| operations::due(conn, &queue, conn.now(), most)).await?;
        if due.is_empty() {
            return Ok(due);
        }
        let settings = Arc::clone(&self.settings);
        // Those of them that would be ours.
        let ours = due.iter().map(|operation| Claim { fence: operation.fence + 1, ..Claim::from(operation) });
        let ours: Vec<Claim> = ours.collect();
        let claims = self.store.write(move |conn| {
            let lease_until = conn.now().plus_millis(settings.lease_ms);
            let mut claimed = Vec::with_capacity(due.len());
            for mut operation in due {
                if operations::claim(conn, &operation, &settings.owner, lease_until)? {
                    operation.fence += 1;
                    claimed.push(operation);
                }
            }
            Ok::<_, StoreError>(claimed)
        });
        match claims.await {
            Ok(claimed) => Ok(claimed),
            Err(error) => {
                self.give_back(ours).await;
                Err(error)
            }
        }
    }

    /// Lets anybody go on at once with what may be claimed by us, and tries until the leases would do the same.
    async fn give_back(&self, claims: Vec<Claim>) {
        let lease = Duration::from_millis(u64::try_from(self.settings.lease_ms).unwrap_or(0));
        let until = Instant::now() + lease;
        loop {
            let (claims, settings) = (claims.clone(), Arc::clone(&self.settings));
            let given = self.store.write(move |conn| {
                claims.iter().try_for_each(|claim| operations::give_back(conn, *claim, &settings.owner))
            });
            let Err(error) = given.await else { return };
            if self.supervisor.is_stopping() || Instant::now() + self.settings.poll > until {
                tracing::warn!(error = error.chain(), "cannot give claims back; their leases will");
                return;
            }
            sleep(self.settings.poll).await;
        }
    }

    async fn until_next_due(&self) -> Result<Duration, StoreError> {
        let queue = self.queue.clone();
        let (now, next) = self
            .store
            .read(move |conn| Ok::<_, StoreError>((conn.now(), operations::next_due(conn, &queue)?)))
            .await?;
        let until = |next: Timestamp| Duration::from_micros(u64::try_from(next.since(now)).unwrap_or(0));
        Ok(next.map_or(self.settings.poll, until).clamp(Duration::from_millis(5), self.settings.poll))
    }
}
