//! The way of a process to the database, and the time that its calls take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::Blocking;
use model::Timestamp;
use store::StoreError;
use store::simulated::{Link, Passage};
use tokio::time::{Instant, sleep_until};

use super::Design;
use super::node::Node;
use super::site::lock;

/// After how long a process gives up a database that says nothing (`store::engine::server`).
pub(super) const SILENCE: Duration = Duration::from_secs(15);
const LOST: &str = "the database says nothing";

/// The way of a life to the database.
pub(super) struct Way {
    pub(super) node: Arc<Node>,
    pub(super) is_dead: Arc<AtomicBool>,
}

/// Calls of a life that take up to two times a second and a half, and of a hundred so many much longer.
pub(super) fn paced(way: &Arc<Way>, long_percent: u64) -> Blocking {
    let way = Arc::clone(way);
    Blocking::paced(Arc::new(move || {
        let way = Arc::clone(&way);
        Box::pin(async move {
            let site = &way.node.site;
            if site.happens(long_percent) {
                site.wait(5_000, 40_000).await
            } else {
                site.wait(1, 1_500).await
            }
            way.moves().await;
        })
    }))
}

impl Way {
    /// Waits while the process stands still, and for ever when it is dead.
    async fn moves(&self) {
        loop {
            if self.is_dead.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let until = *lock(&self.node.stands_still);
            if until <= Instant::now() {
                return;
            }
            self.rest(until).await;
            // Who wakes does not do everything at once.
            self.node.site.wait(1, 20).await;
        }
    }

    /// Waits until something is over, or all has healed.
    async fn rest(&self, until: Instant) {
        while Instant::now() < until && !self.node.site.is_healed() {
            sleep_until(until.min(Instant::now() + Duration::from_secs(1))).await;
        }
    }

    /// One way of a message.
    async fn pass(&self) -> Result<(), StoreError> {
        self.moves().await;
        let site = &self.node.site;
        if site.happens(1) {
            site.wait(20, 3_000).await
        } else {
            site.wait(1, 4).await
        }
        let arrives =
            if *lock(&site.database_away) > Instant::now() { Err(LOST) } else { self.through().await };
        self.moves().await;
        arrives.map_err(StoreError::Injected)
    }

    /// Waits for a network that is cut: what was sent is sent again until it arrives, or nobody waits any longer.
    async fn through(&self) -> Result<(), &'static str> {
        let sent = Instant::now();
        loop {
            let (now, until) = (Instant::now(), *lock(&self.node.cut_off));
            if until <= now {
                return Ok(());
            }
            if now >= sent + SILENCE {
                return Err(LOST);
            }
            self.rest(until.min(sent + SILENCE)).await;
            self.node.site.wait(1, 2_000).await;
        }
    }
}

impl Link for Way {
    fn now(&self) -> Timestamp {
        let ahead_us = match self.node.site.design {
            Design::HostClocks => self.node.ahead_us.load(Ordering::Relaxed),
            Design::Real | Design::HintsOnly => 0,
        };
        Timestamp(self.node.site.now().0 + ahead_us)
    }

    fn there(&self) -> Passage<'_> {
        Box::pin(self.pass())
    }

    fn back(&self) -> Passage<'_> {
        Box::pin(self.pass())
    }
}
