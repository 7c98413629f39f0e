//! The pools as the scheduler sees them: the last report of each, brought up to date by the counters of its row. The pools
//! of the members of a cluster are one storage, and what is placed on one of them is taken off all of them.

use std::collections::HashMap;
use std::sync::Arc;

use model::Timestamp;
use model::pool::Pool;
use model::service::{backend_of, pool_of};
use placement::{Capacity, PoolState, ReportDefaults, Service, read_report};
use store::{Conn, StoreError};

use super::services::{Services, Storage};

/// Reports that were read and understood. Reading one again costs parsing; bringing one up to date does not.
#[derive(Default)]
pub(crate) struct KnownPools {
    /// Every row that was read: its pool and the time of its report.
    read: Vec<(String, Timestamp)>,
    /// The pools whose reports could be understood, in the order of the rows.
    states: Vec<PoolState>,
    /// What each of them said before anything was charged.
    reported: Vec<Reported>,
    /// Where each of them is among `states`.
    positions: HashMap<String, usize>,
}

/// What a report said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reported {
    free: Option<Capacity>,
    provisioned_gib: f64,
    /// Whether that is still the last word.
    sharp: bool,
}

/// A pool with what its report said; none when that could not be understood.
pub(super) type Understood = Option<(PoolState, Reported)>;

/// What was read of the database at one moment.
pub(super) struct Seen {
    rows: Vec<Pool>,
    /// The reports of those pools of which none so new was known.
    fresh: HashMap<String, Understood>,
    services: Services,
}

/// One pool at one moment, and those that are the same storage.
pub(super) struct SeenOne {
    pub(super) state: PoolState,
    reported_at: Timestamp,
    same_storage: Vec<String>,
    /// What all of them are charged with.
    sum: Pool,
}

impl KnownPools {
    /// Every pool as it stands in this transaction; `charged` is a pool and GiB to be thought away.
    pub(crate) fn refresh(
        &mut self,
        conn: &Conn<'_>,
        service_down_time_s: i64,
        charged: (&str, u64),
    ) -> Result<&[PoolState], StoreError> {
        let rows = store::pools::list(conn)?;
        let since = self.oldest_change(&rows);
        self.take_in(&mut Seen::read(conn, rows, since, service_down_time_s)?, charged);
        Ok(&self.states)
    }

    /// Every pool as it stood when they were last read.
    pub(super) fn pools(&self) -> &[PoolState] {
        &self.states
    }

    /// How many pools have reported.
    pub(super) fn count(&self) -> usize {
        self.read.len()
    }

    /// Whether the report of the pool `host` is the last word on what is free there.
    pub(super) fn is_sharp(&self, host: &str) -> bool {
        self.positions.get(host).is_none_or(|position| self.reported[*position].sharp)
    }

    /// The time of the oldest report among `rows` that is not known; none when all are.
    pub(super) fn oldest_change(&self, rows: &[Pool]) -> Option<Timestamp> {
        self.unknown(rows).map(|row| row.reported_at).min()
    }

    /// Those of `rows` whose reports are not known.
    fn unknown<'r>(&self, rows: &'r [Pool]) -> impl Iterator<Item = &'r Pool> {
        let mut known = self.read.iter().peekable();
        rows.iter().filter(move |row| {
            // Both are in the order of their hosts.
            while known.next_if(|(host, _)| *host < row.host).is_some() {}
            known.next_if(|(host, _)| *host == row.host).is_none_or(|(_, at)| *at != row.reported_at)
        })
    }

    /// Takes in what was read; `charged` is a pool and GiB to be thought away. False when reports are missing: then
    /// nothing is taken in.
    pub(super) fn take_in(&mut self, seen: &mut Seen, charged: (&str, u64)) -> bool {
        if !self.unknown(&seen.rows).all(|row| seen.fresh.contains_key(&row.host)) {
            return false;
        }
        if !seen.fresh.is_empty() || self.read.len() != seen.rows.len() {
            self.rebuild(seen);
        }
        let (rows, services) = (&seen.rows, &seen.services);
        let shared = shared(rows, services);
        let charged_storage = services.storage(charged.0);
        let mut rows = rows.iter();
        for (state, reported) in self.states.iter_mut().zip(&mut self.reported) {
            let Some(row) = rows.find(|row| row.host == state.host) else { break };
            let its_storage = services.storage(&row.host);
            let row = shared.get(&its_storage).unwrap_or(row);
            let thought_away = if its_storage == charged_storage { charged.1 } else { 0 };
            bring_up_to_date(state, reported, row, thought_away);
            let service = services.of_pool(&state.host);
            serve(state, service);
        }
        true
    }

    /// Keeps what was known of the reports that are not fresh.
    fn rebuild(&mut self, seen: &mut Seen) {
        let mut old = std::mem::take(self);
        let known = old.states.drain(..).zip(old.reported.drain(..));
        let mut known: HashMap<String, (PoolState, Reported)> =
            known.map(|(state, reported)| (state.host.clone(), (state, reported))).collect();
        for row in &seen.rows {
            self.read.push((row.host.clone(), row.reported_at));
            let understood = match seen.fresh.remove(&row.host) {
                Some(fresh) => fresh,
                None => known.remove(&row.host),
            };
            let Some((state, reported)) = understood else { continue };
            self.positions.insert(row.host.clone(), self.states.len());
            self.reported.push(reported);
            self.states.push(state);
        }
    }

    /// The pool `host` with its report of `at`, if that is known.
    pub(super) fn known(&self, host: &str, at: Timestamp) -> Understood {
        let position = *self.positions.get(host)?;
        let read = self.read.binary_search_by(|(known, _)| known.as_str().cmp(host)).ok()?;
        (self.read[read].1 == at).then(|| (self.states[position].clone(), self.reported[position]))
    }

    /// Takes in one pool that is charged with `gib` GiB in this moment.
    pub(super) fn charge(&mut self, seen: SeenOne, gib: u64) {
        let SeenOne { state, reported_at, same_storage, mut sum, .. } = seen;
        for counter in [&mut sum.allocated_gib, &mut sum.placed_gib] {
            *counter = counter.saturating_add(gib);
        }
        sum.volumes = sum.volumes.saturating_add(u64::from(gib > 0));
        let read = self.read.binary_search_by(|(known, _)| known.as_str().cmp(&state.host));
        let is_known = read.is_ok_and(|read| self.read[read].1 == reported_at);
        for host in same_storage {
            let Some(position) = self.positions.get(&host).copied() else { continue };
            // What another report says is read with all the others.
            if is_known {
                bring_up_to_date(&mut self.states[position], &mut self.reported[position], &sum, 0);
            }
        }
    }
}

impl Seen {
    /// Reads what `rows` do not say: reports no older than `since`, and the services.
    pub(super) fn read(
        conn: &Conn<'_>,
        rows: Vec<Pool>,
        since: Option<Timestamp>,
        service_down_time_s: i64,
    ) -> Result<Self, StoreError> {
        let services = Services::all(conn, service_down_time_s)?;
        let mut seen = Self { rows, fresh: HashMap::new(), services };
        seen.read_reports(conn, since)?;
        Ok(seen)
    }

    /// Reads the reports no older than `since`.
    pub(super) fn read_reports(
        &mut self,
        conn: &Conn<'_>,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let reports = since.map(|since| store::pools::reports_since(conn, since)).transpose()?;
        let reports: HashMap<String, String> = reports.into_iter().flatten().collect();
        let understand = |row: &Pool| Some((row.host.clone(), parse(row, reports.get(&row.host)?)));
        self.fresh = self.rows.iter().filter_map(understand).collect();
        Ok(())
    }

    pub(super) fn rows(&self) -> &[Pool] {
        &self.rows
    }
}

impl SeenOne {
    /// The pool `host` as it stands in this transaction, which locks it and those that are the same storage; `charged` is
    /// a pool and GiB to be thought away. None when it is there no more, or its report cannot be understood.
    pub(super) fn read(
        conn: &Conn<'_>,
        host: &str,
        service_down_time_s: i64,
        charged: (&str, u64),
        known: impl FnOnce(&str, Timestamp) -> Understood,
    ) -> Result<Option<Self>, StoreError> {
        let services = Services::beside(conn, backend_of(host), service_down_time_s)?;
        let is_shared = services.of_pool(host).is_some_and(|service| service.cluster_name.is_some());
        let same_storage = match pool_of(host).filter(|_| is_shared) {
            Some(pool) => services.pools_called(pool),
            None => vec![host.to_owned()],
        };
        let (mut own, mut sum) = (None, None::<Pool>);
        for other in &same_storage {
            let Some(row) = store::pools::get(conn, other)? else { continue };
            if other == host {
                own = Some(row.reported_at);
            }
            sum = Some(match sum {
                Some(others) => others.with(&row),
                None => row,
            });
        }
        let (Some(reported_at), Some(sum)) = (own, sum) else { return Ok(None) };
        let understood = match known(host, reported_at) {
            Some(known) => Some(known),
            None => {
                let text = store::pools::report_of(conn, host)?;
                let (host, backend) = (host.to_owned(), backend_of(host).to_owned());
                parse(&Pool { host, backend, reported_at, ..sum.clone() }, &text)
            }
        };
        let Some((mut state, mut reported)) = understood else { return Ok(None) };
        let is_charged = services.storage(charged.0) == services.storage(host);
        bring_up_to_date(&mut state, &mut reported, &sum, if is_charged { charged.1 } else { 0 });
        serve(&mut state, services.of_pool(host));
        Ok(Some(Self { state, reported_at, same_storage, sum }))
    }
}

/// The name of the pool `host` of a member of `cluster`, with the cluster's name in place of the host's.
pub(super) fn cluster_pool(cluster: Option<&str>, host: &str) -> Option<String> {
    let (cluster, pool) = (cluster?, pool_of(host)?);
    Some(format!("{cluster}#{pool}"))
}

/// The storages of clusters, each with the counters of all its members.
fn shared<'a>(rows: &'a [Pool], services: &'a Services) -> HashMap<Storage<'a>, Pool> {
    let mut shared: HashMap<Storage<'a>, Pool> = HashMap::new();
    let is_shared =
        |row: &&Pool| services.of_pool(&row.host).is_some_and(|service| service.cluster_name.is_some());
    for row in rows.iter().filter(is_shared) {
        let its_storage = services.storage(&row.host);
        let sum = match shared.remove(&its_storage) {
            Some(others) => others.with(row),
            None => row.clone(),
        };
        shared.insert(its_storage, sum);
    }
    shared
}

/// A report that cannot be read leaves its pool out, and the log says why.
fn parse(row: &Pool, text: &str) -> Understood {
    let unreadable =
        |why: String| tracing::error!(pool = row.host, why, "the report of a pool cannot be read");
    let report = serde_json::from_str(text).map_err(|error| unreadable(error.to_string())).ok()?;
    let service = Arc::new(Service {
        host: row.backend.clone(),
        cluster_name: None,
        availability_zone: String::new(),
        up: false,
        enabled: false,
        frozen: false,
    });
    let at_ms = u64::try_from(row.reported_at.0 / 1000).unwrap_or(0);
    let report = read_report(&service, &report, at_ms, &ReportDefaults::default())
        .map_err(|error| unreadable(error.to_string()))
        .ok()?;
    let state = report.pools.into_iter().next()?;
    let reported = Reported { free: state.free, provisioned_gib: state.provisioned_gib, sharp: false };
    Some((state, reported))
}

/// Notes who looks after a pool.
fn serve(state: &mut PoolState, service: Option<&Arc<Service>>) {
    let Some(service) = service else { return };
    state.service = Arc::clone(service);
    state.cluster_name = cluster_pool(service.cluster_name.as_deref(), &state.host);
}

#[allow(clippy::cast_precision_loss, reason = "sizes in GiB are far below 2^53")]
fn bring_up_to_date(state: &mut PoolState, reported: &mut Reported, row: &Pool, thought_away_gib: u64) {
    let allocated_gib = row.allocated_gib.saturating_sub(thought_away_gib) as f64;
    // What others put there, or what a removed volume left: all that the report saw beyond our own.
    let foreign_gib = (reported.provisioned_gib - row.at_report.allocated_gib as f64).max(0.0);
    let unseen_gib = row.unseen_gib().saturating_sub(thought_away_gib) as f64;
    state.allocated_gib = allocated_gib;
    state.provisioned_gib = allocated_gib + foreign_gib;
    state.volume_count = row.volumes;
    state.free = reported.free.map(|free| match free {
        Capacity::Gib(gib) => Capacity::Gib((gib - unseen_gib).max(0.0)),
        endless => endless,
    });
    reported.sharp = row.is_sharp(thought_away_gib);
}
