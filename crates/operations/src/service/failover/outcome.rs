//! How a failover ended, for the services and for each volume.

use std::collections::HashSet;

use ledger::{Next, Step};
use model::message::Action;
use model::service::{ReplicationStatus, Service};
use model::{Volume, VolumeId, VolumeStatus};
use ports::volume::replication::FailedOver;
use store::operations::OperationRow;
use store::volumes::Replicated;
use store::{Conn, StoreError};

use crate::messages::{self, About, Detail};
use crate::volume;

/// Why a service that has been failed over takes no new volumes.
const FAILED_OVER: &str = "failed-over";

/// Says of a service, and of its cluster, how its replication is.
pub(super) fn set_status(
    conn: &Conn<'_>,
    service: &Service,
    status: ReplicationStatus,
    active: Option<&str>,
) -> Result<(), StoreError> {
    store::services::set_replication(conn, &service.host, status, active)?;
    match &service.cluster_name {
        Some(cluster) => store::clusters::set_replication(conn, cluster, status, active),
        None => Ok(()),
    }
}

/// The other site, or the first one again, has taken over. `asked` are the volumes that the driver was asked for; what
/// became of them meanwhile is read again.
pub(super) fn done(
    operation: &OperationRow,
    service: Service,
    asked: HashSet<VolumeId>,
    site: Option<String>,
    taken: FailedOver,
) -> Step {
    let operation = operation.clone();
    Step::done(move |conn| {
        let (binary, host) = (service.binary, service.host.as_str());
        match &site {
            Some(site) => {
                set_status(conn, &service, ReplicationStatus::FailedOver, Some(site))?;
                store::services::set_disabled(conn, binary, host, true, Some(FAILED_OVER))?;
            }
            None => {
                set_status(conn, &service, ReplicationStatus::Enabled, None)?;
                if service.disabled_reason.as_deref() == Some(FAILED_OVER) {
                    store::services::set_disabled(conn, binary, host, false, None)?;
                }
            }
        }
        take_groups_along(conn, host, site.as_deref())?;
        for volume in store::volumes::on_backend(conn, host)? {
            match &site {
                _ if !asked.contains(&volume.id) => {}
                Some(site) if taken.lost.contains(&volume.id) => lose(conn, &operation, &volume, site)?,
                Some(_) => keep(conn, &volume, ReplicationStatus::FailedOver)?,
                None => come_back(conn, &volume)?,
            }
        }
        Ok(())
    })
}

/// Groups that are replicated by themselves work where their backend does.
fn take_groups_along(conn: &Conn<'_>, host: &str, site: Option<&str>) -> Result<(), StoreError> {
    for group in store::groups::on_backend(conn, host)? {
        let status = match (group.replication_status, site) {
            (ReplicationStatus::Enabled | ReplicationStatus::FailedOver, Some(_)) => {
                ReplicationStatus::FailedOver
            }
            (ReplicationStatus::FailedOver, None) => ReplicationStatus::Enabled,
            _ => continue,
        };
        store::groups::set_replication(conn, group.id, status, site)?;
    }
    Ok(())
}

/// A volume that the other site does not have.
fn lose(conn: &Conn<'_>, operation: &OperationRow, volume: &Volume, site: &str) -> Result<(), StoreError> {
    let failed = ReplicationStatus::FailoverError.as_str();
    if volume.replication_status.as_deref() == Some(failed) || volume.status.is_transitional() {
        return Ok(());
    }
    let now = Replicated {
        status: VolumeStatus::Error,
        previous_status: Some(volume.status),
        replication_status: Some(failed),
    };
    store::volumes::set_replicated(conn, volume.id, &now)?;
    let subject = (volume.project_id.clone(), operation.request_id.clone(), volume.id.to_string());
    let why = format!("volume {} is not replicated to {site}", volume.id);
    messages::tell(conn, subject, About::Volume, Action::FailOver, &Detail::Backend(why))
}

/// A volume that the other site has.
fn keep(conn: &Conn<'_>, volume: &Volume, replication: ReplicationStatus) -> Result<(), StoreError> {
    let now = Replicated {
        status: volume.status,
        previous_status: volume.previous_status,
        replication_status: Some(replication.as_str()),
    };
    store::volumes::set_replicated(conn, volume.id, &now)
}

/// A volume at the first site, which has everything. It may have been detached while it was lost.
fn come_back(conn: &Conn<'_>, volume: &Volume) -> Result<(), StoreError> {
    match volume.replication_status.as_deref().and_then(|word| word.parse().ok()) {
        Some(ReplicationStatus::FailoverError) => {
            let status = match volume.previous_status.filter(|_| volume.status == VolumeStatus::Error) {
                Some(before) => volume::rested(conn, volume.id, before)?,
                None => volume.status,
            };
            let now = Replicated { status, previous_status: None, replication_status: None };
            store::volumes::set_replicated(conn, volume.id, &now)
        }
        Some(ReplicationStatus::FailedOver) => keep(conn, volume, ReplicationStatus::Enabled),
        _ => Ok(()),
    }
}

/// The site that was asked for is none: everything is as it was.
pub(super) fn no_such_site(operation: &OperationRow, service: Service, why: String) -> Step {
    let status = match service.active_backend_id {
        Some(_) => ReplicationStatus::FailedOver,
        None => ReplicationStatus::Enabled,
    };
    ended(operation, service, status, why)
}

/// No site has taken over.
pub(super) fn failed(operation: &OperationRow, service: Service, why: String) -> Step {
    ended(operation, service, ReplicationStatus::FailoverError, why)
}

fn ended(operation: &OperationRow, service: Service, status: ReplicationStatus, why: String) -> Step {
    tracing::error!(backend = service.host, why, "not failed over");
    let (operation, told) = (operation.clone(), Detail::Backend(why.clone()));
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            set_status(conn, &service, status, service.active_backend_id.as_deref())?;
            messages::write(conn, &operation, About::Service, Action::FailOver, &told)
        }),
    }
}
