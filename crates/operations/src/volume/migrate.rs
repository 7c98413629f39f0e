//! Moving a volume to another backend. [`super::relocate`] has the phases.

use ledger::{Progress, Step};
use model::service::{Binary, backend_of, pool_of};
use model::{MigrationStatus, Refusal, Volume, VolumeId, VolumeStatus, status};
use store::operations::{self, NewOperation, OperationRow};
use store::volumes::Edit;
use store::{Conn, StoreError};

use super::relocate::{self, Args};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, volume, volume_queue};

pub(crate) const KIND: &str = "volume.migrate";

/// Replication statuses in which the backend keeps no other copy.
const NOT_REPLICATED: [&str; 2] = ["disabled", "not-capable"];

/// Where to, and how.
#[derive(Debug, Clone)]
pub struct Migrate {
    /// `host@backend#pool`, or `host@backend` for any of its pools.
    pub host: String,
    /// Whether `host` is the name of a cluster, `cluster@backend`: any of its members will do.
    pub is_cluster: bool,
    /// Whether nothing else may be done meanwhile to a volume that nobody uses. Attaching it otherwise ends the migration.
    pub lock: bool,
}

/// Accepts that a volume goes to another backend.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeId, to: Migrate) -> Result<(), Refused> {
    let who = who.clone();
    let asks_compute = desk.compute.is_some();
    let queue = desk.admit(move |conn, settings| admit(conn, (settings, asks_compute), &who, id, to)).await?;
    desk.hints.give(&queue);
    Ok(())
}

/// Why what is attached stays where it is, where nobody can be asked to copy it.
pub(super) const NO_COMPUTE: &str =
    "only the compute service can copy what a server writes to, and none is configured ([nova])";

fn admit(
    conn: &Conn<'_>,
    (settings, asks_compute): (&Settings, bool),
    who: &Requester,
    id: VolumeId,
    to: Migrate,
) -> Result<String, Refused> {
    let volume = volume::find(conn, who, id)?;
    let host = destination(conn, settings, &to)?;
    check(conn, &volume, &host, asks_compute)?;
    check_reach(conn, settings, &volume, &host)?;
    volume::check_not_frozen(conn, &volume)?;
    volume::check_not_held(conn, &volume)?;
    // A server that has the volume goes on using it.
    let meanwhile = match volume.status {
        VolumeStatus::Available if to.lock => VolumeStatus::Maintenance,
        status => status,
    };
    let edit = Edit {
        status: Some(meanwhile),
        migration_status: Some(Some(MigrationStatus::Starting)),
        ..Edit::default()
    };
    store::volumes::edit(conn, id, &edit)?;
    let args = Args {
        before: volume.status,
        meanwhile,
        destination: Some(host),
        new_type: None,
        may_move: true,
        zone: None,
        failure: None,
        refused_at: None,
        hidden: None,
        shown: None,
        there: None,
        offered: false,
    };
    begin(conn, who, &volume, KIND, &args)
}

/// Admits the operation: at once, or after what an earlier move has left is gone. Says which queue it is in.
pub(super) fn begin(
    conn: &Conn<'_>,
    who: &Requester,
    volume: &Volume,
    kind: &'static str,
    args: &Args,
) -> Result<String, Refused> {
    let (queue, phase) = match store::copies::get(conn, volume.id)? {
        Some(left) => (volume_queue(backend_of(&left.host)), relocate::CLEAR),
        None => (SCHEDULER_QUEUE.to_owned(), relocate::PLACE),
    };
    let new = NewOperation {
        args: args.to_json(),
        ..who.operation(kind, volume::key(volume.id), queue.clone(), phase)
    };
    operations::admit(conn, &new)?;
    Ok(queue)
}

/// The host that is named, or one of the cluster that is. Its service has to be able to work.
fn destination(conn: &Conn<'_>, settings: &Settings, to: &Migrate) -> Result<String, Refused> {
    let now = conn.now();
    let named = to.host.as_str();
    let mut services = store::services::list(conn)?;
    services.retain(|it| {
        let is_meant = match to.is_cluster {
            true => it.cluster_name.as_deref() == Some(backend_of(named)),
            false => it.host == backend_of(named),
        };
        is_meant && it.binary == Binary::Volume && !it.disabled && it.is_up(now, settings.service_down_time_s)
    });
    let Some(service) = services.into_iter().next() else {
        return Err(Refusal::BadRequest(format!("Invalid host: No available service named '{named}'")).into());
    };
    Ok(match pool_of(named) {
        Some(pool) => format!("{}#{pool}", service.host),
        None => service.host,
    })
}

/// Whether its backend keeps another copy, which would not come along.
pub(super) fn is_replicated(volume: &Volume) -> bool {
    volume.replication_status.as_deref().is_some_and(|status| !NOT_REPLICATED.contains(&status))
}

fn check(conn: &Conn<'_>, volume: &Volume, host: &str, asks_compute: bool) -> Result<(), Refused> {
    let id = volume.id;
    let is_same_pool = volume.host.as_deref().is_none_or(|now| now == host);
    let good = status::MOVABLE.contains(&volume.status)
        && !volume.is_migrating()
        && !is_replicated(volume)
        && volume.group_id.is_none()
        && !is_same_pool
        && !is_in_its_cluster(conn, volume, host)?
        && store::snapshots::of_volume(conn, id)?.is_empty();
    if !good {
        let why = format!(
            "Volume {id} status must be available or in-use, must not be migrating, have snapshots, be replicated, \
             be part of a group and destination host/cluster must be different than the current one"
        );
        return Err(Refusal::InvalidVolume(why).into());
    }
    if is_attached(conn, volume)? && !asks_compute {
        let why = format!("Volume {id} is attached: {NO_COMPUTE}.");
        return Err(Refusal::InvalidVolume(why).into());
    }
    if volume.host.as_deref().is_some_and(|now| backend_of(now) == host) {
        let why = format!("Invalid host: volume {id} is on {host} already");
        return Err(Refusal::BadRequest(why).into());
    }
    Ok(())
}

/// Whether the backend of `host` is of the cluster that the volume is in: its members have one storage.
fn is_in_its_cluster(conn: &Conn<'_>, volume: &Volume, host: &str) -> Result<bool, StoreError> {
    let cluster_of = |host: &str| {
        let service = store::services::get(conn, Binary::Volume, backend_of(host))?;
        Ok::<_, StoreError>(service.and_then(|service| service.cluster_name))
    };
    let cluster = volume.host.as_deref().map(cluster_of).transpose()?.flatten();
    Ok(cluster.is_some() && cluster == cluster_of(host)?)
}

/// Refuses a destination of which is known that nobody could copy to it what is not attached. A backend that is down now
/// may be up when a pool is chosen.
fn check_reach(conn: &Conn<'_>, settings: &Settings, volume: &Volume, host: &str) -> Result<(), Refused> {
    let Some(home) = volume::backend(volume) else { return Ok(()) };
    if is_attached(conn, volume)? {
        return Ok(());
    }
    let reach = relocate::Reach::read(conn, settings, home)?;
    match reach.why_not(host) {
        Some(why) if reach.is_home_up() => Err(Refusal::BadRequest(format!("Invalid host: {why}")).into()),
        _ => Ok(()),
    }
}

fn is_attached(conn: &Conn<'_>, volume: &Volume) -> Result<bool, StoreError> {
    let used = volume.status == VolumeStatus::InUse;
    Ok(used || !store::attachments::of_volume(conn, volume.id)?.is_empty())
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    relocate::step(tools, operation, progress).await
}
