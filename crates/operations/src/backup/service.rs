//! Who keeps a backup.

use std::collections::BTreeSet;

use model::service::{Binary, Service};
use model::{Refusal, Volume};
use store::operations::{self, Claim};
use store::{Conn, StoreError};

use crate::{Refused, Settings, backup_queue, volume};

/// Most operations of a dead host that are handed over in one transaction.
const MOST_AT_ONCE: usize = 64;

/// The service that is to keep a new backup: one of `zone` that lives and is enabled, on the host of the volume's backend
/// if there is one, else the one that has been there longest.
///
/// # Errors
/// 503 when there is none.
pub(super) fn choose(
    conn: &Conn<'_>,
    settings: &Settings,
    zone: &str,
    volume: Option<&Volume>,
) -> Result<Service, Refused> {
    let living = living(conn, settings)?.into_iter().filter(|service| service.availability_zone == zone);
    let near = volume.and_then(volume::backend).map(host_of);
    nearest(living, near).ok_or_else(|| none_found().into())
}

/// A service that is to keep a backup that is there already: any that lives and is enabled.
///
/// # Errors
/// 503 when there is none.
pub(super) fn choose_any(conn: &Conn<'_>, settings: &Settings) -> Result<Service, Refused> {
    nearest(living(conn, settings)?.into_iter(), None).ok_or_else(|| none_found().into())
}

/// No service keeps backups.
fn none_found() -> Refusal {
    Refusal::Unavailable("Service cinder-backup could not be found.".to_owned())
}

/// The queue of whoever goes on with a backup that `host` keeps: that host if it lives, else another one that does, else
/// that host once it lives again. Hosts that reach the volume `near` are preferred to it, when that is needed.
///
/// # Errors
/// The store's own.
pub(crate) fn queue_for(
    conn: &Conn<'_>,
    settings: &Settings,
    host: &str,
    near: Option<&Volume>,
) -> Result<String, StoreError> {
    let living = living(conn, settings)?;
    let near = near.map(|volume| hosts_near(conn, volume)).transpose()?.unwrap_or_default();
    let at = |wanted: &str| living.iter().find(|service| service.host == wanted);
    let found = near.iter().find_map(|near| at(near)).or_else(|| at(host)).or_else(|| living.first());
    Ok(backup_queue(found.map_or(host, |service| service.host.as_str())))
}

/// The hosts that reach a volume: that of its backend, and those of the other members of its cluster.
fn hosts_near(conn: &Conn<'_>, volume: &Volume) -> Result<Vec<String>, StoreError> {
    let Some(backend) = volume::backend(volume) else { return Ok(Vec::new()) };
    let mut hosts = vec![host_of(backend).to_owned()];
    let service = store::services::get(conn, Binary::Volume, backend)?;
    if let Some(cluster) = service.and_then(|service| service.cluster_name) {
        let others = store::clusters::others(conn, &cluster, backend)?;
        hosts.extend(others.iter().map(|other| host_of(&other.host).to_owned()));
    }
    Ok(hosts)
}

/// Hands what waits for hosts that no longer live to those that do, each to one that reaches its volume where there is
/// one. What a dead host was doing waits until its claim has ended. Answers with the queues to hint at.
///
/// # Errors
/// The store's own.
pub fn take_over(conn: &Conn<'_>, settings: &Settings) -> Result<BTreeSet<String>, StoreError> {
    let (now, patience_s, mut given) = (conn.now(), settings.service_down_time_s, BTreeSet::new());
    let mut up = store::services::list(conn)?;
    up.retain(|service| service.binary == Binary::Backup && service.is_up(now, patience_s));
    for (queue, _) in operations::depths(conn)? {
        let Some(host) = queue.strip_prefix(&backup_queue("")) else { continue };
        if up.iter().any(|service| service.host == host) {
            continue;
        }
        for operation in operations::due(conn, &queue, now, MOST_AT_ONCE)? {
            let volume = volume_of(conn, &operation.resource)?;
            let to = queue_for(conn, settings, host, volume.as_ref())?;
            let (claim, phase, args) = (Claim::from(&operation), &operation.phase, &operation.args);
            if to != queue && operations::advance(conn, claim, phase, args, Some(&to))? {
                given.insert(to);
            }
        }
    }
    Ok(given)
}

/// The volume of an operation on a backup or on a volume.
fn volume_of(conn: &Conn<'_>, resource: &str) -> Result<Option<Volume>, StoreError> {
    let id = match super::of_key(resource) {
        Some(backup) => store::backups::get(conn, backup)?.map(|backup| backup.volume_id),
        None => volume::of_key(resource),
    };
    Ok(id.map(|id| store::volumes::get(conn, id)).transpose()?.flatten())
}

fn nearest(living: impl Iterator<Item = Service>, near: Option<&str>) -> Option<Service> {
    let mut living: Vec<Service> = living.collect();
    let found = living.iter().position(|service| Some(service.host.as_str()) == near).unwrap_or(0);
    (found < living.len()).then(|| living.swap_remove(found))
}

fn living(conn: &Conn<'_>, settings: &Settings) -> Result<Vec<Service>, StoreError> {
    let (now, patience_s) = (conn.now(), settings.service_down_time_s);
    let mut services = store::services::list(conn)?;
    services.retain(|service| {
        service.binary == Binary::Backup
            && !service.disabled
            && service.backend_up
            && service.is_up(now, patience_s)
    });
    Ok(services)
}

fn host_of(backend: &str) -> &str {
    backend.split_once('@').map_or(backend, |(host, _)| host)
}
