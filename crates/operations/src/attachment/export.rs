//! Exporting an attached volume anew, to every host that is in: what exports it may have lost it. And exporting it to nobody
//! else, where somebody has looked and found others.
//!
//! ```text
//! [turn] ──▶ export ──▶ done
//!               └ gives up, late: failed, and whoever owns the volume is told
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{AttachMode, AttachStatus, Attachment, Connector, Volume, VolumeId};
use ports::volume::Access;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{connect, driver_ref, key, leaving};
use crate::failure::{GIVEN_UP, store_failed, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Tools, failure, volume, volume_queue};

pub(crate) const KIND: &str = "attachment.export";

/// Waiting for what is done to an attachment of the volume.
const TURN: &str = "turn";
/// Letting everybody in who is in.
const EXPORT: &str = "export";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    volume_id: VolumeId,
    /// Initiators that were seen to be let in, and are no host's that is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    strangers: Vec<String>,
}

/// Admits it for every volume of the backend `host` that a host is in to, and where it is not under way. How many those
/// are.
///
/// # Errors
/// The store's own.
pub fn admit_all(conn: &Conn<'_>, host: &str) -> Result<usize, StoreError> {
    let mut admitted = 0;
    for volume in store::volumes::on_backend(conn, host)? {
        admitted += usize::from(admit_for(conn, &volume, host)?);
    }
    Ok(admitted)
}

/// The same for `volume`, which is on the backend `host`; says whether it was.
pub(crate) fn admit_for(conn: &Conn<'_>, volume: &Volume, host: &str) -> Result<bool, StoreError> {
    let is_due =
        !hosts(conn, volume.id)?.is_empty() && operations::pending(conn, &key(volume.id), KIND)?.is_none();
    if is_due {
        admit(conn, volume, host, Vec::new())?;
    }
    Ok(is_due)
}

/// Whether a host is in, or something is being done to let one in or out.
pub(crate) fn is_used(conn: &Conn<'_>, volume: VolumeId) -> Result<bool, StoreError> {
    Ok(!hosts(conn, volume)?.is_empty() || is_busy(conn, volume)?)
}

/// Admits it for a volume whose export is not what the rows say: `strangers` are let out, and where nobody is in nothing is
/// left of it. False where something else is done about its attachments just now.
///
/// # Errors
/// The store's own.
pub fn admit_repair(conn: &Conn<'_>, volume: &Volume, strangers: Vec<String>) -> Result<bool, StoreError> {
    let Some(host) = volume::backend(volume) else { return Ok(false) };
    if is_busy(conn, volume.id)? {
        return Ok(false);
    }
    admit(conn, volume, host, strangers)?;
    Ok(true)
}

/// Whether something is done about the volume's attachments.
///
/// # Errors
/// The store's own.
pub fn is_busy(conn: &Conn<'_>, volume: VolumeId) -> Result<bool, StoreError> {
    Ok(operations::holder(conn, &key(volume))?.is_some())
}

/// The hosts that are in to a volume.
///
/// # Errors
/// The store's own.
pub fn who_is_in(conn: &Conn<'_>, volume: VolumeId) -> Result<Vec<Connector>, StoreError> {
    Ok(hosts(conn, volume)?.into_iter().map(|(connector, _)| connector).collect())
}

fn admit(conn: &Conn<'_>, volume: &Volume, host: &str, strangers: Vec<String>) -> Result<(), StoreError> {
    let new = NewOperation {
        kind: KIND,
        resource: key(volume.id),
        project_id: volume.project_id.clone(),
        user_id: volume.user_id.clone(),
        request_id: None,
        queue: volume_queue(host),
        phase: EXPORT,
        args: serde_json::to_string(&Args { volume_id: volume.id, strangers }).unwrap_or_default(),
        reads: Vec::new(),
    };
    operations::admit_in_turn(conn, new, &key(volume.id), TURN).map(drop)
}

/// Who is in, each host once.
fn hosts(conn: &Conn<'_>, volume: VolumeId) -> Result<Vec<(Connector, Access)>, StoreError> {
    let mut hosts: Vec<(Connector, Access)> = Vec::new();
    let attached = store::attachments::of_volume(conn, volume)?.into_iter().filter_map(|attachment| {
        let Attachment { status, connector: Some(connector), mode, .. } = attachment else { return None };
        let is_out = matches!(status, AttachStatus::Reserved | AttachStatus::ErrorAttaching);
        (!is_out).then(|| (connector, mode.unwrap_or(AttachMode::ReadWrite)))
    });
    for (connector, mode) in attached.chain(store::guests::of_volume(conn, volume)?) {
        let access = connect::access(mode);
        match hosts.iter_mut().find(|(known, _)| known.is_same_host(&connector)) {
            // A host that may write through one attachment may write.
            Some((_, known)) if access == Access::Write => *known = access,
            Some(_) => {}
            None => hosts.push((connector, access)),
        }
    }
    Ok(hosts)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        TURN => leaving::turn(operation, args.volume_id, EXPORT),
        EXPORT => export(tools, operation, args, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn export(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let Args { volume_id: id, strangers } = args;
    if operation.abandoned {
        return failed(operation, id, GIVEN_UP.to_owned());
    }
    let read = tools.store.read(move |conn| Ok((store::volumes::get(conn, id)?, hosts(conn, id)?)));
    let (volume, hosts) = match read.await {
        Ok((Some(volume), hosts)) => (volume, hosts),
        Ok((None, _)) => return vanished(),
        Err(error) => return store_failed(&error),
    };
    let mut target = match driver_ref(tools, &volume).await {
        Ok(target) => target,
        Err(error) => return store_failed(&error),
    };
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, id, "its backend is not one of this process".to_owned());
    };
    let thing = volume::key(id);
    let exported = tools.effects.run(&thing, backend, progress, move |driver, work| {
        let is_in = |name: &&String| hosts.iter().any(|(host, _)| host.initiator() == Some(name.as_str()));
        for stranger in strangers.iter().filter(|name| !is_in(name)).filter_map(|name| initiator(name)) {
            driver.disconnect(work, &target, Some(&stranger))?;
        }
        if hosts.is_empty() {
            driver.disconnect(work, &target, None)?;
        }
        let mut kept = None;
        for (connector, access) in &hosts {
            let connection = driver.connect(work, &target, connector, *access)?;
            // What the first host has to know the others have to know too.
            target.provider_auth = connection.export.provider_auth.clone().or(target.provider_auth);
            kept = Some(connection);
        }
        Ok(kept)
    });
    match exported.await {
        Ok(None) => Step::done(|_| Ok(())),
        Ok(Some(connection)) => Step::done(move |conn| connect::keep_export(conn, id, &connection)),
        Err(error) => failure::again_and_again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, id, why)),
    }
}

/// A host of which nothing is known but its name for iSCSI.
fn initiator(name: &str) -> Option<Connector> {
    Connector::new(Map::from_iter([("initiator".to_owned(), Value::from(name))])).ok()
}

/// The volume stays what it was; whoever uses it may wait for its disk in vain, and is told.
fn failed(operation: &OperationRow, id: VolumeId, why: String) -> Step {
    let subject = (operation.project_id.clone(), operation.request_id.clone(), id.to_string());
    let told = why.clone();
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            messages::tell(conn, subject, About::Volume, Action::UpdateAttachment, &Detail::Backend(told))
        }),
    }
}
