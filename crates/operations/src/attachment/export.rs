//! Exporting an attached volume anew, to every host that is in: what exports it may have lost it.
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

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    volume_id: VolumeId,
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
        admit(conn, volume, host)?;
    }
    Ok(is_due)
}

/// Whether a host is in, or something is being done to let one in or out.
pub(crate) fn is_used(conn: &Conn<'_>, volume: VolumeId) -> Result<bool, StoreError> {
    Ok(!hosts(conn, volume)?.is_empty() || operations::holder(conn, &key(volume))?.is_some())
}

fn admit(conn: &Conn<'_>, volume: &Volume, host: &str) -> Result<(), StoreError> {
    let new = NewOperation {
        kind: KIND,
        resource: key(volume.id),
        project_id: volume.project_id.clone(),
        user_id: volume.user_id.clone(),
        request_id: None,
        queue: volume_queue(host),
        phase: EXPORT,
        args: serde_json::to_string(&Args { volume_id: volume.id }).unwrap_or_default(),
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
        EXPORT => export(tools, operation, args.volume_id, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn export(tools: &Tools, operation: &OperationRow, id: VolumeId, progress: &Progress) -> Step {
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
