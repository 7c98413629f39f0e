//! The pools as the scheduler sees them: the last report of each, brought up to date by the counters of its row. The pools
//! of the members of a cluster are one storage, and what is placed on one of them is taken off all of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::Timestamp;
use model::pool::Pool;
use model::service::{Binary, Cluster, Service as ServiceRow, backend_of, pool_of};
use placement::{Capacity, PoolState, ReportDefaults, Service, read_report};
use store::{Conn, StoreError};

/// Reports that were read and understood. Reading one again costs parsing; bringing one up to date does not.
#[derive(Default)]
pub(crate) struct KnownPools {
    /// Every row that was read: its pool and the time of its report.
    read: Vec<(String, Timestamp)>,
    /// The pools whose reports could be understood, in the order of the rows.
    states: Vec<PoolState>,
    /// What each of them said before anything was charged.
    reported: Vec<Reported>,
}

struct Reported {
    free: Option<Capacity>,
    provisioned_gib: f64,
    /// Whether that is still the last word.
    sharp: bool,
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
        if !self.covers(&rows) {
            self.read(&rows, conn)?;
        }
        let services = services(conn, service_down_time_s)?;
        let shared = shared(&rows, &services);
        let charged_storage = storage(charged.0, &services);
        let mut rows = rows.iter();
        for (state, reported) in self.states.iter_mut().zip(&mut self.reported) {
            let Some(row) = rows.find(|row| row.host == state.host) else { break };
            let its_storage = storage(&row.host, &services);
            let row = shared.get(&its_storage).unwrap_or(row);
            let thought_away = if its_storage == charged_storage { charged.1 } else { 0 };
            bring_up_to_date(state, reported, row, thought_away);
            reported.sharp = row.is_sharp(thought_away);
            if let Some(service) = services.get(backend_of(&state.host)) {
                state.service = Arc::clone(service);
                state.cluster_name = cluster_pool(service.cluster_name.as_deref(), &state.host);
            }
        }
        Ok(&self.states)
    }

    /// Every pool as it stood when they were last read.
    pub(super) fn pools(&self) -> &[PoolState] {
        &self.states
    }

    /// Whether the report of the pool `host` is the last word on what is free there.
    pub(super) fn is_sharp(&self, host: &str) -> bool {
        let mut pools = self.states.iter().zip(&self.reported);
        pools.find(|(state, _)| state.host == host).is_none_or(|(_, reported)| reported.sharp)
    }

    fn covers(&self, rows: &[Pool]) -> bool {
        self.read.iter().map(|(host, at)| (host, at)).eq(rows.iter().map(|row| (&row.host, &row.reported_at)))
    }

    fn read(&mut self, rows: &[Pool], conn: &Conn<'_>) -> Result<(), StoreError> {
        *self = Self::default();
        for row in rows {
            self.read.push((row.host.clone(), row.reported_at));
            let text = store::pools::report_of(conn, &row.host)?;
            let Some(state) = parse(row, &text) else { continue };
            let (free, provisioned_gib) = (state.free, state.provisioned_gib);
            self.reported.push(Reported { free, provisioned_gib, sharp: false });
            self.states.push(state);
        }
        Ok(())
    }
}

/// The name of the pool `host` of a member of `cluster`, with the cluster's name in place of the host's.
pub(super) fn cluster_pool(cluster: Option<&str>, host: &str) -> Option<String> {
    let (cluster, pool) = (cluster?, pool_of(host)?);
    Some(format!("{cluster}#{pool}"))
}

/// What a pool is of: its backend, or the cluster that looks after it, and its name there.
type Storage<'a> = (&'a str, Option<&'a str>);

fn storage<'a>(host: &'a str, services: &'a HashMap<String, Arc<Service>>) -> Storage<'a> {
    let backend = backend_of(host);
    let cluster = services.get(backend).and_then(|service| service.cluster_name.as_deref());
    (cluster.unwrap_or(backend), pool_of(host))
}

/// The storages of clusters, each with the counters of all its members.
fn shared<'a>(rows: &'a [Pool], services: &'a HashMap<String, Arc<Service>>) -> HashMap<Storage<'a>, Pool> {
    let mut shared: HashMap<Storage<'a>, Pool> = HashMap::new();
    let is_shared =
        |row: &&Pool| services.get(&row.backend).is_some_and(|service| service.cluster_name.is_some());
    for row in rows.iter().filter(is_shared) {
        let its_storage = storage(&row.host, services);
        let sum = match shared.remove(&its_storage) {
            Some(others) => others.with(row),
            None => row.clone(),
        };
        shared.insert(its_storage, sum);
    }
    shared
}

/// A report that cannot be read leaves its pool out, and the log says why.
fn parse(row: &Pool, text: &str) -> Option<PoolState> {
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
    report.pools.into_iter().next()
}

fn services(conn: &Conn<'_>, service_down_time_s: i64) -> Result<HashMap<String, Arc<Service>>, StoreError> {
    let now = conn.now();
    let clusters = store::clusters::list(conn)?;
    let volume_services =
        store::services::list(conn)?.into_iter().filter(|service| service.binary == Binary::Volume);
    let volume_services: Vec<ServiceRow> = volume_services.collect();
    let works = |row: &ServiceRow| row.is_up(now, service_down_time_s) && row.backend_up;
    let working = volume_services.iter().filter(|row| works(row));
    let working: HashSet<String> = working.filter_map(|row| row.cluster_name.clone()).collect();
    let service = |row: ServiceRow| {
        // Another member of its cluster stands in for a dead one.
        let up = works(&row) || row.cluster_name.as_ref().is_some_and(|cluster| working.contains(cluster));
        (row.host.clone(), Arc::new(service(row, &clusters, up)))
    };
    Ok(volume_services.into_iter().map(service).collect())
}

fn service(row: ServiceRow, clusters: &[Cluster], up: bool) -> Service {
    let cluster = clusters.iter().find(|it| Some(&it.name) == row.cluster_name.as_ref());
    Service {
        up,
        host: row.host,
        cluster_name: row.cluster_name,
        availability_zone: row.availability_zone,
        enabled: !row.disabled && !cluster.is_some_and(|cluster| cluster.disabled),
        frozen: row.frozen || cluster.is_some_and(|cluster| cluster.frozen),
    }
}

#[allow(clippy::cast_precision_loss, reason = "sizes in GiB are far below 2^53")]
fn bring_up_to_date(state: &mut PoolState, reported: &Reported, row: &Pool, thought_away_gib: u64) {
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
}
