//! Who keeps a backup.

use model::service::{Binary, Service};
use model::{Refusal, Volume};
use store::{Conn, StoreError};

use crate::{Refused, Settings, backup_queue, volume};

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
/// that host once it lives again. `near` is a host that is preferred to it, when something there is needed.
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
    let near = near.and_then(volume::backend).map(host_of);
    let at = |wanted: &str| living.iter().find(|service| service.host == wanted);
    let found = near.and_then(at).or_else(|| at(host)).or_else(|| living.first());
    Ok(backup_queue(found.map_or(host, |service| service.host.as_str())))
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
