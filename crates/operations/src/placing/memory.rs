//! The pools that this process remembers between decisions.
//!
//! Of few pools all are read and locked for each decision, which is then by what is. Of many, one is chosen from what is
//! remembered, and only that one is locked and looked at again before anything is placed there: what is remembered says
//! where to look first, and what is there decides. So nothing is promised twice, however old the memory is, and
//! decisions about different pools do not wait for each other.
//!
//! Whoever waits for the database holds nothing of this: its rows may be locked by another one of this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use placement::{Policy, Request};
use store::{Conn, Store, StoreError};
use tokio::time::Instant;

use super::pools::{KnownPools, Seen, SeenOne};
use super::{Outcome, random_fraction};
use crate::Settings;

/// How old what is remembered of many pools may be where something is about to be placed, for each of them: a small part
/// of the time goes into reading them, however many there are…
const AGE_FOR_EACH: Duration = Duration::from_micros(100);
/// …but no older than this.
const MAX_AGE: Duration = Duration::from_secs(5);
/// What is older says nothing of which pool is the best.
const TOO_OLD: Duration = Duration::from_secs(30);
/// How many pools are looked at again, one after the other, before all are.
const TRIES: usize = 4;

/// The memory of a process. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Memory {
    kept: Arc<Mutex<Kept>>,
    /// Held by who reads all pools anew.
    looking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Kept {
    pools: KnownPools,
    /// When they were last read, all of them.
    read_at: Option<Instant>,
}

impl Kept {
    fn is_older_than(&self, age: Duration) -> bool {
        self.read_at.is_none_or(|at| at.elapsed() > age)
    }
}

/// How old what is remembered of so many pools may be.
fn allowed_age(pools: usize) -> Duration {
    AGE_FOR_EACH.saturating_mul(u32::try_from(pools).unwrap_or(u32::MAX)).min(MAX_AGE)
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self, few: usize) -> bool {
        let kept = self.kept();
        let count = kept.pools.count();
        kept.read_at.is_none() || (count > few && kept.is_older_than(allowed_age(count)))
    }

    /// Reads all pools anew if there are many and what is remembered of them is old.
    pub(super) async fn refresh(&self, store: &Store, settings: &Settings) -> Result<(), StoreError> {
        let (few, down_time_s) = (settings.few_pools, settings.service_down_time_s);
        if !self.is_due(few) {
            return Ok(());
        }
        let _turn = self.looking.lock().await;
        if !self.is_due(few) {
            return Ok(());
        }
        let memory = self.clone();
        store.read(move |conn| memory.exactly(conn, down_time_s, ("", 0), |_| ())).await
    }

    /// Decides by all pools as they stand in this transaction, or in this snapshot; `charged` is a pool and GiB to be
    /// thought away.
    pub(super) fn exactly<T>(
        &self,
        conn: &Conn<'_>,
        service_down_time_s: i64,
        charged: (&str, u64),
        decide: impl FnOnce(&KnownPools) -> T,
    ) -> Result<T, StoreError> {
        let read_at = Instant::now();
        let rows = store::pools::list(conn)?;
        let mut since = self.kept().pools.oldest_change(&rows);
        let mut seen = Seen::read(conn, rows, since, service_down_time_s)?;
        loop {
            let mut kept = self.kept();
            if kept.pools.take_in(&mut seen, charged) {
                kept.read_at = Some(read_at);
                return Ok(decide(&kept.pools));
            }
            // Somebody who looked at another moment has taken in other reports meanwhile.
            since = since.into_iter().chain(kept.pools.oldest_change(seen.rows())).min();
            drop(kept);
            seen.read_reports(conn, since)?;
        }
    }

    /// Chooses among many pools that are remembered; none when the answer needs all of them as they are.
    pub(super) fn choose(
        &self,
        conn: &Conn<'_>,
        settings: &Settings,
        request: &Request,
        charged: (&str, u64),
    ) -> Result<Option<Outcome>, StoreError> {
        let policy = &settings.placement;
        for host in self.candidates(settings, request) {
            let known = |host: &str, at| self.kept().pools.known(host, at);
            let seen = SeenOne::read(conn, &host, settings.service_down_time_s, charged, known)?;
            let Some(seen) = seen else { continue };
            if !fits(policy, request, &seen) {
                continue;
            }
            let placed = Outcome::placed(&seen.state);
            // What was thought away is charged already.
            let gib = if charged.1 == 0 { request.demand.asked_gib() } else { 0 };
            self.kept().pools.charge(seen, gib);
            return Ok(Some(placed));
        }
        Ok(None)
    }

    /// The pools that seem to be the best, the very best first.
    fn candidates(&self, settings: &Settings, request: &Request) -> Vec<String> {
        let kept = self.kept();
        let is_bound = request.resource_backend.is_some();
        if kept.pools.count() <= settings.few_pools || (!is_bound && kept.is_older_than(TOO_OLD)) {
            return Vec::new();
        }
        let pools = kept.pools.pools();
        match placement::choose(&settings.placement, request, pools, random_fraction) {
            Ok(choice) => {
                let best = choice.ranked().iter().take(TRIES);
                best.map(|ranked| pools[ranked.index].host.clone()).collect()
            }
            Err(_) => Vec::new(),
        }
    }
}

fn fits(policy: &Policy, request: &Request, seen: &SeenOne) -> bool {
    placement::choose(policy, request, std::slice::from_ref(&seen.state), random_fraction).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
mod tests;
