//! Letting a host out of a volume.
//!
//! ```text
//! [turn] ──▶ disconnect ──▶ the attachment is gone
//!               │ gives up
//!               └──▶ error_detaching, the volume as it was
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{AttachStatus, AttachmentId, Connector, OperationId, Volume, VolumeId, VolumeStatus};
use serde::{Deserialize, Serialize};
use store::attachments::Edit;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::leaving::{StillIn, let_out, turn};
use super::others::{Leave, leave};
use super::{key, resource};
use crate::failure::unknown_phase;
use crate::messages::{self, About, Detail};
use crate::{Requester, Tools, volume, volume_queue};

pub(crate) const KIND: &str = "attachment.disconnect";

/// Waiting for what is done to another attachment of the volume.
const TURN: &str = "turn";
/// Letting the host out.
const DISCONNECT: &str = "disconnect";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    volume_id: VolumeId,
    /// None for a host that had connected without an attachment (`os-terminate_connection`).
    attachment_id: Option<AttachmentId>,
    /// None where nobody said who was in.
    connector: Option<Connector>,
    /// What the volume was before.
    before: (VolumeStatus, AttachStatus),
}

/// Admits it. The attachment, if it is about one, is detaching from now on, and whatever was under way to connect it is
/// given up.
pub(super) fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    volume: &Volume,
    attachment_id: Option<AttachmentId>,
    connector: Option<Connector>,
) -> Result<(OperationId, String), StoreError> {
    let resource = attachment_id.map_or_else(|| key(volume.id), resource);
    let queue = volume_queue(volume::backend(volume).unwrap_or_default());
    if let Some(id) = attachment_id {
        if let Some(begun) = operations::pending(conn, &resource, KIND)? {
            return Ok((begun, queue));
        }
        operations::give_up(conn, &resource, super::connect::KIND)?;
        let edit = Edit { status: Some(AttachStatus::Detaching), ..Edit::default() };
        store::attachments::edit(conn, id, &edit)?;
        store::attachments::settle(conn, volume.id)?;
    }
    let before = (volume.status, volume.attach_status);
    let args = Args { volume_id: volume.id, attachment_id, connector, before };
    let new = NewOperation {
        args: serde_json::to_string(&args).unwrap_or_default(),
        ..who.operation(KIND, resource, queue.clone(), DISCONNECT)
    };
    Ok((operations::admit_in_turn(conn, new, &key(volume.id), TURN)?, queue))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        TURN => turn(operation, args.volume_id, DISCONNECT),
        DISCONNECT => disconnect(tools, operation, args, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn disconnect(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let about = (args.volume_id, args.attachment_id);
    match let_out(tools, operation, about, args.connector.clone(), progress).await {
        Ok(()) => Step::done(move |conn| finish(conn, &args)),
        Err(StillIn::Wait(step)) => *step,
        Err(StillIn::GaveUp(why)) => failed(operation, args, why),
    }
}

fn finish(conn: &Conn<'_>, args: &Args) -> Result<(), StoreError> {
    match leave(conn, args.volume_id, args.attachment_id, args.connector.as_ref())? {
        Leave::Nothing => {}
        Leave::Host(host) => store::guests::remove(conn, args.volume_id, &host)?,
        Leave::Everybody => store::guests::remove_all(conn, args.volume_id)?,
    }
    let Some(id) = args.attachment_id else {
        // As `os-unreserve` does.
        let any = !store::attachments::of_volume(conn, args.volume_id)?.is_empty();
        let rested = if any { VolumeStatus::InUse } else { VolumeStatus::Available };
        store::volumes::set_status_from(conn, args.volume_id, &[VolumeStatus::Attaching], rested)?;
        return Ok(());
    };
    store::attachments::remove(conn, id)?;
    store::attachments::settle(conn, args.volume_id)
}

/// The host may still be in, so the volume stays what it was.
fn failed(operation: &OperationRow, args: Args, why: String) -> Step {
    let (operation, told) = (operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let (status, attach_status) = args.before;
            if let Some(id) = args.attachment_id {
                let edit = Edit { status: Some(AttachStatus::ErrorDetaching), ..Edit::default() };
                store::attachments::edit(conn, id, &edit)?;
                let rested = if status == VolumeStatus::Detaching { VolumeStatus::InUse } else { status };
                let interim = [VolumeStatus::Detaching, VolumeStatus::Available];
                if store::volumes::set_status_from(conn, args.volume_id, &interim, rested)? {
                    let edit =
                        store::volumes::Edit { attach_status: Some(attach_status), ..Default::default() };
                    store::volumes::edit(conn, args.volume_id, &edit)?;
                }
            }
            let subject =
                (operation.project_id.clone(), operation.request_id.clone(), args.volume_id.to_string());
            messages::tell(conn, subject, About::Volume, Action::UpdateAttachment, &Detail::Backend(told))
        }),
    }
}
