//! When nothing takes what is to be placed: whether that is the last word.
//!
//! A refusal is held back for a report that may disprove it: a sharper one of a backend that seems full, or the first
//! one of a backend that was just started. Nothing is waited for when all is known.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use ledger::{Hints, Next};
use model::Timestamp;
use model::service::{Binary, Service, backend_of};
use placement::{Refusal, Refused};
use store::{Conn, StoreError};

use super::KnownPools;
use crate::{failure, report_hint};

/// How long a refusal is held back for a sharper report, in microseconds. A pool on which something is always in the
/// making has no such report.
const MAX_WAIT_FOR_REPORTS_US: i64 = 5_000_000;
/// How often to look whether the report has come.
const LOOK_FOR_REPORTS: Duration = Duration::from_millis(200);
/// Most backends that are named as those that have not reported.
const MAX_NAMED: usize = 4;

/// Why no pool takes it.
#[derive(Debug)]
pub(crate) struct Nowhere {
    /// Pool by pool, with numbers.
    pub(super) why: String,
    /// Whether it could be otherwise by other reports, and is not what is asked for in itself.
    pub(super) is_by_reports: bool,
    /// The backends (`host@backend`) whose pools seem full by reports that are not the last word.
    pub(super) unsure: Vec<String>,
    /// The backends of which nothing is known.
    pub(super) unheard: Unheard,
}

/// Backends that have not reported since they were started.
#[derive(Debug, Default)]
pub(crate) struct Unheard {
    /// `host@backend` of each.
    hosts: Vec<String>,
    /// Whether one of them was started so lately that it may still report, or no backend has ever reported: then the
    /// first one may be about to be started.
    is_expected: bool,
    /// How long a first report is waited for, in microseconds.
    patience_us: i64,
}

impl Unheard {
    /// Those among the backends that `is_meant` names. As long as a service may be silent before it is thought dead
    /// (`service_down_time`), so long its first report is waited for.
    pub(super) fn look(
        conn: &Conn<'_>,
        service_down_time_s: i64,
        is_meant: impl Fn(&Service) -> bool,
    ) -> Result<Self, StoreError> {
        let (now, patience_us) = (conn.now(), service_down_time_s.saturating_mul(1_000_000));
        let mut last_reports: HashMap<String, Timestamp> = HashMap::new();
        for pool in store::pools::list(conn)? {
            let last = last_reports.entry(pool.backend).or_insert(pool.reported_at);
            *last = (*last).max(pool.reported_at);
        }
        let has_reported = |service: &Service, since: Timestamp| {
            last_reports.get(&service.host).is_some_and(|last| *last >= since)
        };
        let mut unheard = Self { hosts: Vec::new(), is_expected: last_reports.is_empty(), patience_us };
        for service in store::services::list(conn)? {
            let Some(started_at) = service.started_at else { continue };
            let may_serve = service.binary == Binary::Volume && !service.disabled && is_meant(&service);
            if may_serve && !has_reported(&service, started_at) {
                unheard.is_expected |= now.since(started_at) <= patience_us;
                unheard.hosts.push(service.host);
            }
        }
        Ok(unheard)
    }

    fn names(&self) -> String {
        let named = self.hosts.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        match (self.hosts.len(), self.hosts.len().saturating_sub(MAX_NAMED)) {
            (0, _) => "any backend".to_owned(),
            (_, 0) => named,
            (_, more) => format!("{named} and {more} more"),
        }
    }
}

impl Nowhere {
    /// What the reports that are there say, for all that is known.
    pub(super) fn by_reports(why: String) -> Self {
        Self { why, is_by_reports: true, unsure: Vec::new(), unheard: Unheard::default() }
    }

    /// What to wait for before this is believed; or why there is no place, when there is nothing to wait for, or it was
    /// waited long enough since `refused_at`, the first refusal.
    pub(crate) fn wait(
        &self,
        conn: &Conn<'_>,
        hints: &Hints,
        refused_at: &mut Option<Timestamp>,
    ) -> Result<Next, String> {
        let (now, why) = (conn.now(), &self.why);
        let since = *refused_at.get_or_insert(now);
        let waited_us = now.since(since);
        if self.unheard.is_expected && waited_us <= self.unheard.patience_us {
            let what = format!("the first report of {}: {why}", self.unheard.names());
            return Ok(failure::wait(conn, since, &what));
        }
        if self.unsure.is_empty() || waited_us > MAX_WAIT_FOR_REPORTS_US {
            return Err(self.last_word(waited_us / 1_000_000));
        }
        for backend in &self.unsure {
            hints.give(&report_hint(backend));
        }
        let what = format!("a report of {}: {why}", self.unsure.join(", "));
        Ok(Next::Wait { after: LOOK_FOR_REPORTS, what })
    }

    fn last_word(&self, waited_s: i64) -> String {
        let (why, names) = (&self.why, self.unheard.names());
        match (self.unheard.is_expected, self.unheard.hosts.is_empty()) {
            (true, _) => format!("{why}; waited {waited_s} s for the first report of {names}"),
            (false, false) => format!("{why}; {names} did not report since the start"),
            (false, true) => why.clone(),
        }
    }
}

/// The backends whose pools seem full by reports that are not the last word.
pub(super) fn unsure(refused: &Refused, known: &KnownPools) -> Vec<String> {
    let Refused::NoPool(exclusions) = refused else { return Vec::new() };
    let full = exclusions.each().iter().filter(|exclusion| {
        let refusal = &exclusion.refusal;
        matches!(
            refusal,
            Refusal::TooSmall { .. } | Refusal::ReallyFull { .. } | Refusal::OverSubscribed { .. }
        )
    });
    let unsure = full.filter(|exclusion| !known.is_sharp(&exclusion.backend_id));
    let backends: BTreeSet<&str> = unsure.map(|exclusion| backend_of(&exclusion.backend_id)).collect();
    backends.into_iter().map(str::to_owned).collect()
}
