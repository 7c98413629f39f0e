//! That an upload is still this process's.
//!
//! Who is silent for longer than the lease is taken for dead, and another process ends the upload, after which the image may
//! take other data under the same name. So nothing is named by who does not know that it holds the upload.

use std::time::Duration;

use store::{Store, StoreError};
use tokio::time::{Instant, sleep_until};

use crate::image::{Denied, Images};

/// Nothing is begun when only this part of the lease is left.
const LAST_PART: u32 = 6;
/// How long to wait when the database did not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);

/// The hold of an upload.
pub(super) struct Hold {
    database: Store,
    worker: String,
    lease: Duration,
    lease_ms: i64,
    /// Since when it holds for a lease, by our own clock.
    renewed: Instant,
    /// When to renew it.
    next: Instant,
    is_lost: bool,
}

impl Hold {
    /// That of an upload which is about to be admitted.
    pub(super) fn begin(images: &Images, worker: String) -> Self {
        let lease_ms = images.upload_lease_ms;
        let lease = Duration::from_millis(u64::try_from(lease_ms).unwrap_or(0));
        let renewed = Instant::now();
        let database = images.desk.store.clone();
        Self { database, worker, lease, lease_ms, renewed, next: renewed + lease / 3, is_lost: false }
    }

    /// Does `work`, which is waited for in any case, and renews meanwhile.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = sleep_until(self.next), if !self.is_lost => self.renew().await,
            }
        }
    }

    /// Makes sure that nobody else has the upload, nor will in the next moment.
    pub(super) async fn ensure(&mut self) -> Result<(), Denied> {
        if self.next <= Instant::now() {
            self.renew().await;
        }
        if self.is_lost || self.renewed.elapsed() > self.lease - self.lease / LAST_PART {
            let why = "The upload was not said to go on for too long.";
            return Err(Denied::Unavailable(why.to_owned()));
        }
        Ok(())
    }

    async fn renew(&mut self) {
        if let Err(error) = self.ask().await {
            tracing::error!(error = StoreError::chain(&error), "cannot say that an upload goes on");
        }
    }

    /// Renews it; whether it is still ours.
    pub(super) async fn ask(&mut self) -> Result<bool, StoreError> {
        let (worker, lease_ms) = (self.worker.clone(), self.lease_ms);
        let begun = Instant::now();
        self.next = begun + AFTER_TROUBLE;
        let renewed = self
            .database
            .write(move |conn| store::image_uploads::renew(conn, &worker, conn.now().plus_millis(lease_ms)));
        let is_ours = renewed.await?;
        self.is_lost = !is_ours;
        if is_ours {
            self.renewed = begun;
            self.next = begun + self.lease / 3;
        }
        Ok(is_ours)
    }
}
