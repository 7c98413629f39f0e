//! Telling the compute service what happened to a volume that servers use: at least once, for as long as it takes.
//!
//! ```text
//! tell ──▶ done
//!  └ nobody answers: again, after a pause that grows
//! ```

use std::sync::Arc;
use std::time::Duration;

use ledger::{Next, Step};
use model::{OperationId, VolumeId};
use ports::{ComputeError, ComputeEvent};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use crate::cause::Cause;
use crate::failure::{GIVEN_UP, unknown_phase};
use crate::{COMPUTE_QUEUE, Tools};

pub(crate) const KIND: &str = "compute.event";

/// Telling.
const TELL: &str = "tell";

/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    event: String,
    servers: Vec<String>,
    volume_id: VolumeId,
}

/// Admits it, in the transaction that ends what `cause` did to the volume. Nothing when no server uses the volume, or no
/// compute service is configured.
pub(crate) fn admit(
    conn: &Conn<'_>,
    is_configured: bool,
    cause: &OperationRow,
    event: ComputeEvent,
    volume_id: VolumeId,
) -> Result<(), StoreError> {
    if !is_configured {
        return Ok(());
    }
    let attachments = store::attachments::of_volume(conn, volume_id)?;
    let servers: Vec<String> = attachments.into_iter().filter_map(|it| it.instance_uuid).collect();
    if servers.is_empty() {
        return Ok(());
    }
    let args = Args { event: event.name().to_owned(), servers, volume_id };
    let resource = format!("event/{}", OperationId::random());
    let operation = Cause::of(cause).operation(KIND, resource, COMPUTE_QUEUE.to_owned(), TELL);
    let new = NewOperation { args: serde_json::to_string(&args).unwrap_or_default(), ..operation };
    operations::admit(conn, &new).map(drop)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let Some(event) = ComputeEvent::from_name(&args.event).filter(|_| operation.phase == TELL) else {
        return unknown_phase(operation);
    };
    if operation.abandoned {
        let next = Next::Failed(GIVEN_UP.to_owned());
        return Step::Advance { next, args: None, change: Box::new(|_| Ok(())) };
    }
    match tell(tools, event, args).await {
        Ok(()) => Step::done(|_| Ok(())),
        Err(error) => Step::Retry { after: pause(tools, operation.attempts), why: error.to_string() },
    }
}

async fn tell(tools: &Tools, event: ComputeEvent, args: Args) -> Result<(), ComputeError> {
    let Some(compute) = tools.compute.as_ref().map(Arc::clone) else {
        return Err(ComputeError::Unavailable("no compute service is configured".to_owned()));
    };
    let told =
        tokio::task::spawn_blocking(move || compute.tell(event, &args.servers, &args.volume_id.to_string()));
    told.await.unwrap_or_else(|error| Err(ComputeError::Unavailable(error.to_string())))
}

/// Doubled with each failed try.
fn pause(tools: &Tools, attempts: u64) -> Duration {
    let doubled = tools.settings.first_retry_ms.saturating_mul(1 << attempts.min(20));
    Duration::from_millis(doubled).min(MAX_PAUSE)
}
