//! The pools as the scheduler sees them, for whoever wants to know why volumes go where they go.

use model::refusal::Noun;
use model::service::{Binary, Service, backend_of, pool_of};
use model::{Refusal, Timestamp, VolumeType};
use placement::{Capacity, PoolState, Request};
use serde_json::{Map, Value};
use store::Conn;

use crate::placing::KnownPools;
use crate::{Desk, Refused, Settings};

/// Which pools.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only those that the scheduler's filters let through for this volume type, by name or identifier.
    pub volume_type: Option<String>,
    /// Only those that report these capabilities.
    pub capabilities: Vec<(String, String)>,
}

/// A pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolView {
    /// `host@backend#pool`, or `cluster@backend#pool`.
    pub name: String,
    /// What it reported, brought up to date by what was placed since.
    pub capabilities: Map<String, Value>,
}

/// The pools that take new volumes: of services that are up, enabled and not frozen.
///
/// # Errors
/// Not found for a volume type that is not there; or the store's own failure.
pub async fn list(desk: &Desk, wanted: Wanted) -> Result<Vec<PoolView>, Refused> {
    let settings = std::sync::Arc::clone(&desk.settings);
    desk.store.read(move |conn| read(conn, &settings, &wanted)).await
}

fn read(conn: &Conn<'_>, settings: &Settings, wanted: &Wanted) -> Result<Vec<PoolView>, Refused> {
    let mut known = KnownPools::default();
    let pools = known.refresh(conn, settings.service_down_time_s, ("", 0))?;
    let suitable = match &wanted.volume_type {
        Some(asked) => suitable(settings, &find_type(conn, asked)?, pools),
        None => (0..pools.len()).collect(),
    };
    let open = |pool: &PoolState| pool.service.up && pool.service.enabled && !pool.service.frozen;
    let indexed = pools.iter().enumerate().filter(|(index, pool)| suitable.contains(index) && open(pool));
    let mut views: Vec<PoolView> = indexed.map(|(_, pool)| view(pool)).collect();
    views.sort_by(|one, other| one.name.cmp(&other.name));
    // The members of a cluster have the same pools.
    views.dedup_by(|one, other| one.name == other.name);
    views.retain(|pool| is_wanted(pool, wanted));
    Ok(views)
}

/// The pools that pass the filters for a volume of this type, of whatever size.
fn suitable(settings: &Settings, volume_type: &VolumeType, pools: &[PoolState]) -> Vec<usize> {
    let specs = volume_type.extra_specs.0.iter();
    let request = Request {
        extra_specs: specs.map(|(key, value)| (key.clone(), Some(value.clone()))).collect(),
        ..Request::create(0)
    };
    match placement::choose(&settings.placement, &request, pools, || 0.0) {
        Ok(choice) => choice.ranked().iter().map(|ranked| ranked.index).collect(),
        Err(_) => Vec::new(),
    }
}

fn find_type(conn: &Conn<'_>, asked: &str) -> Result<VolumeType, Refused> {
    let id = asked.parse().ok();
    let by_id = id.map(|id| store::volume_types::get(conn, id)).transpose()?.flatten();
    let found = match by_id {
        Some(found) => Some(found),
        None => store::volume_types::by_name(conn, asked)?,
    };
    let noun = if id.is_some() { Noun::VolumeType } else { Noun::VolumeTypeByName };
    found.ok_or_else(|| Refusal::not_found(noun, asked).into())
}

fn view(pool: &PoolState) -> PoolView {
    let mut capabilities = pool.capabilities.clone();
    let mut set = |key: &str, value: Value| capabilities.insert(key.to_owned(), value);
    if let Some(free) = pool.free {
        set("free_capacity_gb", capacity(free));
    }
    set("allocated_capacity_gb", gib(pool.allocated_gib));
    set("provisioned_capacity_gb", gib(pool.provisioned_gib));
    if let Some(preferred) = pool.storage_protocol.first() {
        set("storage_protocol", preferred.as_str().into());
    }
    set("backend_state", "up".into());
    let reported_ms = i64::try_from(pool.reported_at_ms).unwrap_or(i64::MAX / 1000);
    set("timestamp", Timestamp(0).plus_millis(reported_ms).to_string().into());
    PoolView { name: name(pool), capabilities }
}

/// The name of a pool: that of its cluster comes before that of its host.
fn name(pool: &PoolState) -> String {
    match (&pool.service.cluster_name, pool_of(&pool.host)) {
        (Some(cluster), Some(name)) => format!("{cluster}#{name}"),
        _ => pool.host.clone(),
    }
}

fn capacity(capacity: Capacity) -> Value {
    match capacity {
        Capacity::Gib(size_gib) => gib(size_gib),
        Capacity::Infinite => "infinite".into(),
        Capacity::Unknown => "unknown".into(),
    }
}

/// A whole number where it is one, else two decimals.
fn gib(size_gib: f64) -> Value {
    let rounded = (size_gib * 100.0).round() / 100.0;
    #[allow(clippy::cast_possible_truncation, reason = "a capacity in GiB is far below 2^63")]
    if rounded.fract() == 0.0 { (rounded as i64).into() } else { rounded.into() }
}

fn is_wanted(pool: &PoolView, wanted: &Wanted) -> bool {
    wanted.name.as_ref().is_none_or(|name| pool.name == *name)
        && wanted.capabilities.iter().all(|(key, value)| reports(pool.capabilities.get(key), value))
}

/// Whether a capability is what a client wrote: a word for a flag, digits for a number, the text itself for a text.
fn reports(capability: Option<&Value>, asked: &str) -> bool {
    match capability {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => {
            let words = ["1", "t", "true", "on", "y", "yes"];
            words.iter().any(|word| word.eq_ignore_ascii_case(asked.trim())) == *flag
        }
        Some(Value::String(text)) => text == asked,
        Some(Value::Number(number)) => asked.trim().parse().ok() == number.as_f64(),
        Some(Value::Array(_) | Value::Object(_)) => false,
    }
}

/// What the backend `host` (`host@backend` or `cluster@backend`) reported of itself: the first of its pools speaks for it.
/// Empty when none has reported.
///
/// # Errors
/// A refusal when no service looks after it; or the store's own failure.
pub async fn capabilities(desk: &Desk, host: String) -> Result<Map<String, Value>, Refused> {
    desk.store.read(move |conn| capabilities_of(conn, &host)).await
}

pub(crate) fn capabilities_of(conn: &Conn<'_>, host: &str) -> Result<Map<String, Value>, Refused> {
    let backend = backend_of(host);
    let services = store::services::list(conn)?;
    let is_meant =
        |service: &&Service| service.host == backend || service.cluster_name.as_deref() == Some(backend);
    let of_volumes = services.iter().filter(|service| service.binary == Binary::Volume);
    let hosts: Vec<&str> = of_volumes.filter(is_meant).map(|service| service.host.as_str()).collect();
    if hosts.is_empty() {
        return Err(Refusal::Absent(format!("Can't find service: {host}")).into());
    }
    let pools = store::pools::list(conn)?;
    let mut of_backend = pools.iter().filter(|pool| hosts.contains(&pool.backend.as_str()));
    let named = of_backend.clone().find(|pool| pool_of(&pool.host) == pool_of(host));
    match named.or_else(|| of_backend.next()) {
        Some(pool) => Ok(first_pool(&store::pools::report_of(conn, &pool.host)?)),
        None => Ok(Map::new()),
    }
}

/// The pool in a report of one.
fn first_pool(report: &str) -> Map<String, Value> {
    let report: Value = serde_json::from_str(report).unwrap_or_default();
    let pool = report.get("pools").and_then(|pools| pools.get(0)).unwrap_or(&report);
    pool.as_object().cloned().unwrap_or_default()
}
